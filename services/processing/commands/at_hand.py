"""The case an officer wants to do something to, as they saw it; and the line the journal gets of it."""

from collections.abc import Callable

from services.processing import tables
from services.processing.commands import acting
from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.journal import JournalLine
from shared.contracts.permissions import Action
from shared.errors import Changed
from shared.officers import Officer
from shared.runtime import Transaction


async def at_hand(tx: Transaction, name: str, officer: Officer, version: int, action: Action | Callable[[Case], Action]) -> Case:
    """The case as the officer saw it, who may act on it, in a state that allows it. Raises ActionNotAllowed, and what is raised below."""
    case = await case_to_change(tx, name, officer, version)
    wanted = action if isinstance(action, Action) else action(case)
    rules.must_allow(case, wanted)
    return acting.taken_on(case, officer, wanted)


async def case_to_change(tx: Transaction, name: str, officer: Officer, version: int) -> Case:
    """Raises NotFound outside the scope, NotPermitted for offices that look on, FirstAnswer for a repeat, Changed."""
    case = await tables.load_case(tx, name)
    officer.must_act_for({case.offices.competent}, case.seen_by, f"case {name}")
    await tx.once()
    if case.version != version:
        raise Changed(f"The case is at version {case.version} now; you decided on version {version}.")
    known = await acting.known(tx, case)
    tx.about = known
    return known


def line_of(
    tx: Transaction, action: Action, officer: Officer, before: Case, after: Case, note: str | None = None, by: str | None = None
) -> JournalLine:
    return JournalLine(tx.now, action, by or officer.name, before.state, after.state, before.offices.competent, note)
