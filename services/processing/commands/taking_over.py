"""The papers of many cases arrive on one slip: taken over together, with the second name; what was not there is said."""

from dataclasses import dataclass

from sqlalchemy import any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from services.processing import tables
from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.journal import JournalLine
from services.processing.domain.lifecycle import LIFECYCLE
from services.processing.tables import case
from shared.contracts.events import PapersTakenOver
from shared.contracts.permissions import Action
from shared.errors import Flaw, InvalidInput, NotFound
from shared.officers import Officer
from shared.runtime import Transaction


@dataclass(frozen=True)
class TakenOver:
    """Of a slip, by code: what was taken over, what was not there, what cannot be taken over in its present state."""

    slip: str
    taken_over_by: str
    taken_over: tuple[str, ...]
    missing: tuple[str, ...]
    not_possible: tuple[str, ...]


async def take_over_together(tx: Transaction, slip: str, officer: Officer, *, missing: tuple[str, ...], by: str | None) -> TakenOver:
    """What of the slip is still open, but for what was not there. Raises NotFound, InvalidInput, Changed."""
    mine = case.c.competent == any_(literal(sorted(officer.scope), ARRAY(TEXT)))
    listed = select(case.c.id).where(case.c.papers_slip == slip, case.c.papers_taken_over_at.is_(None), mine).order_by(case.c.id)
    ids = (await tx.run(listed)).scalars().all()
    if not ids:
        raise NotFound(f"No papers of slip {slip} are waited for here, or they are for none of your offices.")
    await tx.once()
    cases = [await tables.load_case(tx, str(found)) for found in ids]
    if strangers := sorted(set(missing) - {found.code for found in cases}):
        raise InvalidInput("Please correct: /missing.", *(Flaw("/missing", f"{code} is not open on this slip.") for code in strangers))
    name = by or officer.name
    taken, stuck = [], []
    for found in cases:
        if found.code in missing:
            await tables.add_line(tx, found.id, _line(tx, "papers_missing", name, found, slip))
        elif (found.state, Action.TAKE_OVER_PAPERS) not in LIFECYCLE:
            stuck.append(found.code)
        else:
            told = PapersTakenOver(office=found.offices.competent, taken_over_by=name)
            after = rules.papers_taken_over(found, by=name, now=tx.now)
            await tables.save_case(tx, found, after, _line(tx, Action.TAKE_OVER_PAPERS, name, found, slip), told)
            taken.append(found.code)
    return TakenOver(slip, name, tuple(taken), tuple(sorted(missing)), tuple(stuck))


def _line(tx: Transaction, action: str, by: str, found: Case, slip: str) -> JournalLine:
    return JournalLine(tx.now, action, by, found.state, found.state, found.offices.competent, slip)
