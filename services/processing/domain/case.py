"""A case: what the agency knows of a dossier, as one frozen value; what may be done with it now, and what then becomes of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.processing.domain.deadline import Counting, Verdict, verdict
from services.processing.domain.lifecycle import HEARD, LIFECYCLE, possible_actions
from services.processing.domain.workflow import Step, Steps, begun, with_step
from shared.contracts.events import DossierReturned, Event, Outcome, PapersHandedOver, ProcedureRef, Result, ResultAtDesk, SignedDecision
from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.permissions import Action
from shared.contracts.states import State
from shared.errors import ActionNotAllowed, Flaw, InvalidInput


@dataclass(frozen=True)
class Case:
    """`version` counts changes, `told` our events about it. Steps are there in full, or empty where nobody asked for them."""

    id: UUID
    version: int
    told: int
    state: State
    code: str
    procedure: ProcedureRef
    offices: Offices
    channel: Channel
    people: tuple[Person, ...]
    accepted_at: datetime
    appointment_at: datetime
    limit_text: str
    received_by: str
    result_wanted: ReturnWish
    case: str | None = None
    level: str | None = None
    calendar_version: UUID | None = None
    on_the_spot: bool = False
    steps: Steps = ()
    taken_up_at: datetime | None = None
    taken_up_by: str | None = None
    papers_handed_over_at: datetime | None = None
    papers_handed_over_by: str | None = None
    papers_taken_over_at: datetime | None = None
    papers_taken_over_by: str | None = None
    decision: SignedDecision | None = None
    decision_issued_at: datetime | None = None
    result: Result | None = None
    completed_at: datetime | None = None
    result_handed_over_at: datetime | None = None
    result_at_desk_at: datetime | None = None
    returned_at: datetime | None = None
    returned_by: ReturnWay | None = None

    @property
    def current(self) -> Step | None:
        """The step that has the case now."""
        return next((step for step in self.steps if step.began_at and not step.done_at), None)

    @property
    def next(self) -> Step | None:
        """The step that will have it then."""
        return next((step for step in self.steps if not step.began_at), None) if self.current else None

    @property
    def current_step(self) -> int | None:
        return self.current.number if self.current else None

    @property
    def step_due_at(self) -> datetime | None:
        return self.current.due_at if self.current else None

    def verdict(self, now: datetime) -> Verdict:
        return verdict(self.appointment_at, self.completed_at, now)

    @property
    def possible_actions(self) -> tuple[Action, ...]:
        return tuple(action for action in possible_actions(self.state) if not why_not(self, action))


# ------------------------------------------------------------------------------------------------ may it be done?


def must_allow(case: Case, action: Action) -> None:
    """Raises ActionNotAllowed, which says what is possible instead."""
    if (case.state, action) not in LIFECYCLE:
        raise _not_allowed(case, f"{str(action).replace('_', ' ').capitalize()} is not possible while the dossier is {case.state}.")
    if reason := why_not(case, action):
        raise _not_allowed(case, reason)


def why_not(case: Case, action: Action) -> str | None:
    """What the facts of this case have against an action that its state allows."""
    match action:
        case Action.PASS_ON if case.next is None:
            return "This is the last step: complete the case instead."
        case Action.COMPLETE if ahead := [step.number for step in case.steps if not step.began_at and step.counted]:
            return f"Step {ahead[0]} comes before the completion: pass the case on first."
        case Action.ISSUE_DECISION if case.decision:
            return f"The decision was issued already: number {case.decision.number} of {case.decision.signed_on.isoformat()}."
        case Action.TAKE_OVER_PAPERS if case.papers_handed_over_at is None:
            return "No papers have been handed over to the agency."
        case Action.TAKE_OVER_PAPERS if case.papers_taken_over_at:
            return "The papers that were handed over have been taken over already."
        case Action.HAND_OVER_RESULT if case.result_handed_over_at or case.result_at_desk_at:
            return "The result has been handed over to the desk already."
        case _:
            return None


def _not_allowed(case: Case, detail: str) -> ActionNotAllowed:
    return ActionNotAllowed(detail, about=case)


# ------------------------------------------------------------------------------------------------ what becomes of it


def taken_up(case: Case, *, by: str, now: datetime) -> Case:
    return replace(case, state=LIFECYCLE[case.state, Action.TAKE_UP].to, taken_up_at=now, taken_up_by=by)


def passed_on(case: Case, *, by: str, note: str | None, now: datetime, counting: Counting) -> Case:
    """The current step is done, the next one begins."""
    assert case.current
    done = replace(case.current, done_at=now, done_by=by, note=note)
    return replace(case, steps=begun(with_step(case.steps, done), done.number + 1, now, counting))


def decided(case: Case, decision: SignedDecision, *, today: date, now: datetime) -> Case:
    if decision.signed_on > today:
        raise InvalidInput("Please correct: /signed_on.", Flaw("/signed_on", "A decision is not signed in the future."))
    return replace(case, decision=decision, decision_issued_at=now)


NEEDS_DECISION: Final = frozenset({Outcome.GRANTED, Outcome.PARTLY})


def completed(case: Case, result: Result, *, by: str, now: datetime) -> Case:
    """The result is attached, the clock ends, the baton goes to the desk. What is left of the steps closes with it.

    What is granted rests on a decision issued; a refusal is a notice with its reasons and may do without. Source: law.COMPLETION.
    """
    if result.outcome in NEEDS_DECISION and case.decision is None:
        raise _not_allowed(case, "Nothing is granted without a decision: issue the decision first.")
    if result.outcome is Outcome.REFUSED and not (result.reasons and result.reasons.strip()):
        raise InvalidInput("Please correct: /reasons.", Flaw("/reasons", "A refusal says why."))
    closed = tuple(step if step.done_at else replace(step, done_at=now, done_by=by) for step in case.steps)
    return replace(case, state=LIFECYCLE[case.state, Action.COMPLETE].to, result=result, completed_at=now, steps=closed)


def papers_taken_over(case: Case, *, by: str, now: datetime) -> Case:
    return replace(case, papers_taken_over_at=now, papers_taken_over_by=by)


def result_handed_over(case: Case, *, now: datetime) -> Case:
    return replace(case, result_handed_over_at=now)


def heard(case: Case, event: Event, at: datetime) -> Case:
    """What the desk told us of: its moves are mirrored, its facts kept."""
    mirrored = replace(case, state=HEARD.get((case.state, type(event)), case.state))
    match event:
        case PapersHandedOver() if event.to_office == case.offices.competent:
            handed_over = replace(mirrored, papers_handed_over_at=at, papers_handed_over_by=event.handed_over_by)
            return replace(handed_over, papers_taken_over_at=None, papers_taken_over_by=None)
        case ResultAtDesk():
            return replace(mirrored, result_at_desk_at=at)
        case DossierReturned():
            return replace(mirrored, returned_at=event.returned_at, returned_by=event.way)
        case _:
            return mirrored
