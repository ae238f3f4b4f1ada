"""What becomes of a case that goes back to a state it was in: its intervals as they were then, its last step open again."""

from dataclasses import replace
from datetime import datetime

from services.processing.domain.case import Case
from services.processing.domain.intervals import Intervals, StopKind
from services.processing.domain.workflow import Steps, before_the_result
from shared.contracts.states import STATES, DeadlineClock, State


def repaired(case: Case, to: State, left_at: datetime, *, ticket: str, now: datetime) -> Case:
    """As if it had not left `to` at `left_at`. What people were promised, and a decision that was issued, stay."""
    after = replace(case, state=to, returned_at=None, returned_by=None, intervals=_as_before(case.intervals, to, left_at))
    if STATES[to].clock is DeadlineClock.ENDED:
        return after
    if task := case.correction:
        over = replace(task, declined_at=now, declined_reason=ticket)
        after = replace(after, corrections=(*case.corrections[:-1], over))
    after = replace(
        after, completed_at=None, result=None, stopped_at=None, result_handed_over_at=None, result_at_desk_at=None, rework_asked_at=None
    )
    if to is State.RECEIVED:
        after = replace(after, taken_up_at=None, taken_up_by=None)
    return replace(after, steps=_open_again(case.steps, case.completed_at) if case.completed_at else case.steps)


def _as_before(intervals: Intervals, to: State, left_at: datetime) -> Intervals:
    """What began since never was; where the clock stood, it stands on."""
    kept = tuple(one for one in intervals if one.started_at < left_at)
    stood = STATES[to].clock is DeadlineClock.STOPPED or (to is State.AWAITING_FEE and bool(kept) and kept[-1].kind is StopKind.FEE)
    if kept and stood:
        return (*kept[:-1], replace(kept[-1], ended_at=None))
    return kept


def _open_again(steps: Steps, completed_at: datetime) -> Steps:
    """The completion closed the step in work; what began with it, after the result, has not begun."""
    steps = before_the_result(steps, completed_at)
    current = max((step.number for step in steps if step.began_at), default=None)
    return tuple(
        replace(step, done_at=None, done_by=None)
        if step.done_at == completed_at and (step.number == current or not step.began_at)
        else step
        for step in steps
    )
