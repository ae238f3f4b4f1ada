"""The steps of a case: read from the published process, planned one after the other, begun one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from services.processing.domain.deadline import Counting
from services.processing.domain.step_role import StepRole, role_of
from shared.contracts.time import TimeTerms
from shared.errors import NotUnderstood
from shared.working_time import Unit

OUTSIDE_THE_LIMIT: Final = frozenset({"not_counted", "office_hours"})
WORKING: Final = frozenset({"working_day", "working_hour"})
WHOLE_CASE: Final = "Giải quyết hồ sơ"


class ProcessUnknown(NotUnderstood):
    """The procedure version has no such process."""


@dataclass(frozen=True)
class Allotment:
    """The time of a step, or of several together: `holder` is the number of the step the source prints it beside."""

    amount: Decimal
    unit: Unit
    holder: int


@dataclass(frozen=True)
class Step:
    """One step of a case. `number` is its place from 1; the number printed may repeat or restart.

    Without an allotment nothing bounds it but the appointment. Not `counted`: its time lies outside the limit, as that of handing
    the result out often does, and the case may be completed before it. What stands after `planned_due_at` is of the present round:
    a step the case comes back to begins again, and the earlier visits are in the history.
    """

    number: int
    printed_no: str
    stage: str | None = None
    actor: str | None = None
    action: str | None = None
    text: str | None = None
    kind: str = "not_stated"
    """How its time was published (docs/catalogue.md)."""
    allotment: Allotment | None = None
    counted: bool = True
    planned_due_at: datetime | None = None
    began_at: datetime | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    note: str | None = None

    @property
    def skipped(self) -> bool:
        """It never began: the case went past it, for a reason."""
        return self.done_at is not None and self.began_at is None

    @property
    def role(self) -> StepRole | None:
        """Whose it is by the published actor; None: nobody's in particular."""
        return role_of(self.actor)

    @property
    def by_applicant(self) -> bool:
        """The published actor is whoever applies, and nobody else."""
        return self.role is StepRole.APPLICANT


Steps = tuple[Step, ...]


class Leaving(StrEnum):
    """How the case left a step."""

    DONE = "done"
    PASSED_BACK = "passed_back"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Visit:
    """The case was at a step, and left it: who had it, when it was due, when it was done. Of a skipped step it never began."""

    step: int
    leaving: Leaving
    ended_at: datetime
    by: str | None
    began_at: datetime | None = None
    due_at: datetime | None = None
    to_step: int | None = None
    reason: str | None = None


Visits = tuple[Visit, ...]


# ------------------------------------------------------------------------------------------------ reading


def steps_of(content: Mapping[str, Any], process: int | None, plain_day: str) -> Steps:
    """The steps of a published process, not yet planned; without a process, one step with the whole limit. Raises ProcessUnknown."""
    if process is None:
        return (Step(1, "1", action=WHOLE_CASE),)
    processes: Sequence[Mapping[str, Any]] = content.get("processes", ())
    if not 0 <= process < len(processes):
        raise ProcessUnknown(f"The procedure version has {len(processes)} processes, none in place {process}.")
    published: Sequence[Mapping[str, Any]] = processes[process]["steps"]
    counts_work = plain_day == "working", _counts_working_time(processes[process])
    allotments = {step["seq"]: _allotment(number, step["allotted"], *counts_work) for number, step in enumerate(published, 1)}
    return tuple(_step(number, step, allotments) for number, step in enumerate(published, 1))


def one_per_limit(terms: TimeTerms) -> Steps:
    """Limits that run one after the other, each from its own start event: a step each, and its end begins the next."""
    return tuple(
        Step(
            number,
            str(number),
            limit.stage,
            action=limit.stage or WHOLE_CASE,
            text=limit.text,
            kind="fixed" if limit.amount else "not_stated",
            allotment=Allotment(limit.amount, limit.unit, number) if limit.amount else None,
        )
        for number, limit in enumerate(terms.limits, 1)
    )


def is_one_per_limit(steps: Steps, terms: TimeTerms) -> bool:
    return len(steps) == len(terms.limits) > 1 and all(
        step.allotment and (step.stage, step.allotment.amount, step.allotment.unit) == (limit.stage, limit.amount, limit.unit)
        for step, limit in zip(steps, terms.limits, strict=True)
    )


def _step(number: int, published: Mapping[str, Any], allotments: Mapping[int, Allotment | None]) -> Step:
    allotted: Mapping[str, Any] = published["allotted"]
    shared: bool = allotted["kind"] == "shared"
    return Step(
        number=number,
        printed_no=published["printed_no"],
        stage=published.get("stage"),
        actor=published.get("actor"),
        action=published.get("action"),
        text=allotted.get("text"),
        kind=allotted["kind"],
        allotment=allotments.get(allotted["with_seq"] if shared else published["seq"]),
        counted=allotted["kind"] not in OUTSIDE_THE_LIMIT,
    )


def _allotment(number: int, allotted: Mapping[str, Any], plain_day_is_worked: bool, process_counts_work: bool) -> Allotment | None:
    """A plain day is read as the version says; part of one is worked, where the process counts working time at all."""
    if allotted["kind"] != "fixed":
        return None
    amount, unit = Decimal(str(allotted["amount"])), Unit(allotted["unit"])
    if unit is Unit.DAY and (plain_day_is_worked or (amount % 1 and process_counts_work)):
        unit = Unit.WORKING_DAY
    if unit is Unit.MONTH and amount % 1:
        return None  # nobody says how long part of a month is
    return Allotment(amount, unit, number)


def _counts_working_time(process: Mapping[str, Any]) -> bool:
    """By its totals or steps, or by saying how long a day is."""
    totals = [process.get("total", {}), *process.get("totals", ()), *process.get("stage_totals", ())]
    spans = (*totals, *(step["allotted"] for step in process["steps"]))
    return bool(process.get("hours_per_day")) or any(span.get("unit") in WORKING for span in spans)


# ------------------------------------------------------------------------------------------------ planning


def planned(steps: Steps, accepted_at: datetime, counting: Counting) -> Steps:
    """When each step should be done, if each begins when the one before it ends; steps without an allotment take no time.

    Allotments in a row that are counted in one unit are counted as their sum, as the limit itself is: otherwise each would roll to
    a working day by itself. Time shared by several steps counts once, where the first of them stands.
    """
    course: list[Step] = []
    begins = reached = accepted_at
    unit, total = None, Decimal(0)
    held: set[int] = set()
    for step in steps:
        time = step.allotment
        if time and time.holder not in held:
            held.add(time.holder)
            if time.unit is not unit:
                begins, unit, total = reached, time.unit, Decimal(0)
            total += time.amount
            reached = max(reached, counting.due(begins, total, time.unit))
        course.append(replace(step, planned_due_at=min(reached, counting.ends_at) if time else None))
    return tuple(course)


# ------------------------------------------------------------------------------------------------ going from step to step


def opened(steps: Steps, at: datetime, counting: Counting) -> Steps:
    """At acceptance: what the applicant alone did to file is over, the first step after it has the case."""
    first = next((step.number for step in steps if not step.by_applicant or step.allotment), 1)
    filed = tuple(replace(step, began_at=at, done_at=at) if step.number < first else step for step in steps)
    return begun(filed, first, at, counting)


def begun(steps: Steps, number: int, at: datetime, counting: Counting) -> Steps:
    """The step becomes the current one: its time is counted from now, or goes on for those who share it.

    Nothing binds a step at which the clock stands.
    """
    step = steps[number - 1]
    due_at = None if stops_the_clock(steps, number) else _due(steps, step, at, counting)
    return with_step(steps, replace(step, began_at=at, due_at=due_at, done_at=None, done_by=None, note=None))


def begun_again(steps: Steps, number: int, at: datetime, counting: Counting) -> Steps:
    """The case comes back to an earlier step: it and all after it begin a new round. Time shared with steps before it goes on."""
    fresh = tuple(_untouched(step) if step.number >= number else step for step in steps)
    return begun(fresh, number, at, counting)


def stops_the_clock(steps: Steps, number: int) -> bool:
    """Whether the source leaves the time of this step out of the total while counted work is still to come.

    "Không tính thời gian" after the last counted step is the handing out of the result: there the clock has nothing to stop for.
    """
    return steps[number - 1].kind == "not_counted" and any(step.counted for step in steps[number:])


def after_the_result(steps: Steps, number: int) -> bool:
    """Nothing counted comes at or behind it: the case may be completed before it."""
    return not any(step.counted for step in steps[number - 1 :])


def result_made(steps: Steps, at: datetime) -> Steps:
    """At the completion: the first step after the result begins."""
    first = next((step for step in steps if _awaits_return(steps, step)), None)
    return with_step(steps, _begun(first, at)) if first else steps


def result_at_desk(steps: Steps, at: datetime) -> Steps:
    """What comes between the result and its return is done by then; the last step, that of handing it out, begins."""
    return tuple((_begun(step, at) if step is steps[-1] else _done(step, at)) if _awaits_return(steps, step) else step for step in steps)


def result_returned(steps: Steps, at: datetime) -> Steps:
    return tuple(_done(step, at) if _awaits_return(steps, step) else step for step in steps)


def _awaits_return(steps: Steps, step: Step) -> bool:
    return step.done_at is None and after_the_result(steps, step.number)


def _begun(step: Step, at: datetime) -> Step:
    return replace(step, began_at=step.began_at or at)


def _done(step: Step, at: datetime) -> Step:
    return replace(_begun(step, at), done_at=at)


def before_the_result(steps: Steps, made_at: datetime) -> Steps:
    """As it was before the completion at `made_at`: what began with it, or since, has not begun. What it closed stays closed."""

    def began_since(step: Step) -> bool:
        return after_the_result(steps, step.number) and bool(step.began_at and step.began_at >= made_at) and step.done_at != made_at

    return tuple(_untouched(step) if began_since(step) else step for step in steps)


def _untouched(step: Step) -> Step:
    return replace(step, began_at=None, due_at=None, done_at=None, done_by=None, note=None)


def _due(steps: Steps, step: Step, at: datetime, counting: Counting) -> datetime:
    if step.allotment is None:
        return counting.ends_at
    holder = step.allotment.holder
    shared = (
        other.due_at
        for other in reversed(steps)
        if other.number != step.number and other.due_at and other.allotment and other.allotment.holder == holder
    )
    return next(shared, None) or counting.due(at, step.allotment.amount, step.allotment.unit)


def with_step(steps: Steps, step: Step) -> Steps:
    return (*steps[: step.number - 1], step, *steps[step.number :])
