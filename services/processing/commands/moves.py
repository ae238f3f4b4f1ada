"""What officers of the agency do to a case. Each move is written, journalled and told in one transaction."""

from services.processing import tables
from services.processing.commands.hearing import counting_of
from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.journal import JournalLine
from shared.clock import VIETNAM
from shared.contracts.events import (
    DecisionIssued,
    DossierCompleted,
    DossierTakenUp,
    PapersHandedOver,
    PapersTakenOver,
    Result,
    SignedDecision,
    StepCompleted,
)
from shared.contracts.permissions import Action
from shared.errors import Changed
from shared.officers import Officer
from shared.runtime import Transaction


async def _at_hand(tx: Transaction, name: str, officer: Officer, version: int, action: Action) -> Case:
    """The case as the officer saw it, who may act on it, in a state that allows it.

    Raises NotFound outside the scope, NotPermitted for offices that look on, FirstAnswer for a repeat, Changed, ActionNotAllowed.
    """
    case = await tables.load_case(tx, name)
    officer.must_act_for({case.offices.competent}, case.offices.all(), f"case {name}")
    await tx.once()
    if case.version != version:
        raise Changed(f"The case is at version {case.version} now; you decided on version {version}.")
    rules.must_allow(case, action)
    return case


async def take_up(tx: Transaction, name: str, officer: Officer, version: int, *, note: str | None = None) -> Case:
    before = await _at_hand(tx, name, officer, version, Action.TAKE_UP)
    after = rules.taken_up(before, by=officer.name, now=tx.now)
    told = DossierTakenUp(taken_up_at=tx.now, officer=officer.name)
    return await tables.save_case(tx, before, after, _line(tx, Action.TAKE_UP, officer, before, after, note), told)


async def pass_on(tx: Transaction, name: str, officer: Officer, version: int, *, note: str | None = None) -> Case:
    """The current step is done; the next one has the case, its time counted from now."""
    before = await _at_hand(tx, name, officer, version, Action.PASS_ON)
    counting = await counting_of(tx, before.appointment_at, before.calendar_version, before.offices.competent)
    after = rules.passed_on(before, by=officer.name, note=note, now=tx.now, counting=counting)
    done, current = before.current, after.current
    assert done
    assert current
    told = StepCompleted(
        step=done.number,
        actor=done.actor,
        completed_at=tx.now,
        due_at=done.due_at,
        officer=officer.name,
        next_step=current.number,
        next_actor=current.actor,
    )
    return await tables.save_case(tx, before, after, _line(tx, Action.PASS_ON, officer, before, after, note), told)


async def take_over_papers(tx: Transaction, name: str, officer: Officer, version: int, *, taken_over_by: str | None = None) -> Case:
    """The second name of the hand-over: the officer's own, unless another took the papers."""
    before = await _at_hand(tx, name, officer, version, Action.TAKE_OVER_PAPERS)
    by = taken_over_by or officer.name
    after = rules.papers_taken_over(before, by=by, now=tx.now)
    told = PapersTakenOver(office=before.offices.competent, taken_over_by=by)
    return await tables.save_case(tx, before, after, _line(tx, Action.TAKE_OVER_PAPERS, officer, before, after, by=by), told)


async def hand_over_result(
    tx: Transaction, name: str, officer: Officer, version: int, *, handed_over_by: str | None = None, note: str | None = None
) -> Case:
    """The papers of the result leave for the desk that returns them; people may come once the desk says it has them."""
    before = await _at_hand(tx, name, officer, version, Action.HAND_OVER_RESULT)
    by = handed_over_by or officer.name
    after = rules.result_handed_over(before, now=tx.now)
    told = PapersHandedOver(from_office=before.offices.competent, to_office=before.offices.returning, handed_over_by=by, note=note)
    return await tables.save_case(tx, before, after, _line(tx, Action.HAND_OVER_RESULT, officer, before, after, note, by), told)


async def issue_decision(tx: Transaction, name: str, officer: Officer, version: int, decision: SignedDecision) -> Case:
    """Once; from here on nothing can be withdrawn."""
    before = await _at_hand(tx, name, officer, version, Action.ISSUE_DECISION)
    after = rules.decided(before, decision, today=tx.now.astimezone(VIETNAM).date(), now=tx.now)
    line = _line(tx, Action.ISSUE_DECISION, officer, before, after, f"{decision.number}, {decision.signed_on:%d/%m/%Y}, {decision.signer}")
    return await tables.save_case(tx, before, after, line, DecisionIssued(decision=decision))


async def complete(tx: Transaction, name: str, officer: Officer, version: int, result: Result) -> Case:
    """The clock ends; the desk has the baton."""
    before = await _at_hand(tx, name, officer, version, Action.COMPLETE)
    after = rules.completed(before, result, by=officer.name, now=tx.now)
    told = DossierCompleted(completed_at=tx.now, appointment_at=before.appointment_at, result=result, decision=before.decision)
    return await tables.save_case(tx, before, after, _line(tx, Action.COMPLETE, officer, before, after, result.reasons), told)


def _line(
    tx: Transaction, action: Action, officer: Officer, before: Case, after: Case, note: str | None = None, by: str | None = None
) -> JournalLine:
    return JournalLine(tx.now, action, by or officer.name, before.state, after.state, before.offices.competent, note)
