"""The steps of a case: read from the published process, planned one after the other, begun one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.processing.domain.deadline import Counting
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
    the result out often does, and the case may be completed before it.
    """

    number: int
    printed_no: str
    stage: str | None = None
    actor: str | None = None
    action: str | None = None
    text: str | None = None
    allotment: Allotment | None = None
    counted: bool = True
    planned_due_at: datetime | None = None
    began_at: datetime | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    note: str | None = None


Steps = tuple[Step, ...]


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


def begun(steps: Steps, number: int, at: datetime, counting: Counting) -> Steps:
    """The step becomes the current one: its time is counted from now, or goes on for those who share it."""
    step = steps[number - 1]
    return with_step(steps, replace(step, began_at=at, due_at=_due(steps, step, at, counting)))


def _due(steps: Steps, step: Step, at: datetime, counting: Counting) -> datetime:
    if step.allotment is None:
        return counting.ends_at
    shared = (other.due_at for other in steps if other.began_at and other.allotment and other.allotment.holder == step.allotment.holder)
    return next(shared, None) or counting.due(at, step.allotment.amount, step.allotment.unit)


def with_step(steps: Steps, step: Step) -> Steps:
    return (*steps[: step.number - 1], step, *steps[step.number :])
