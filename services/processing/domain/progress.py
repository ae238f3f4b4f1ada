"""How far a case is: its steps, its stages and every visit, each judged against its own due time. Lateness is arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from services.processing.domain.case import Case
from services.processing.domain.deadline import Counting
from services.processing.domain.intervals import moved_by
from services.processing.domain.workflow import ProcessUnknown, Step, Visit
from shared.verdicts import Verdict, is_late
from shared.working_time import Unit


@dataclass(frozen=True)
class StageTotal:
    """A published sub-total."""

    stage: str
    amount: Decimal
    unit: Unit


@dataclass(frozen=True)
class Published:
    """What a source says of a process beside its steps."""

    name: str = ""
    case: str | None = None
    total: str | None = None
    stage_totals: tuple[StageTotal, ...] = ()
    branching: str | None = None


def published_of(content: Mapping[str, Any], process: int | None) -> Published:
    """Raises ProcessUnknown."""
    processes: Sequence[Mapping[str, Any]] = content.get("processes", ())
    if process is None:
        return Published(content.get("name", ""))
    if not 0 <= process < len(processes):
        raise ProcessUnknown(f"The procedure version has {len(processes)} processes, none in place {process}.")
    said = processes[process]
    totals = tuple(StageTotal(one["stage"], Decimal(str(one["amount"])), Unit(one["unit"])) for one in said.get("stage_totals", ()))
    return Published(content.get("name", ""), said.get("case"), said.get("total", {}).get("text"), totals, said.get("branching"))


@dataclass(frozen=True)
class Punctuality:
    """Whether something was done in time, or still can be; None where nothing bound it, or it has not begun."""

    verdict: Verdict | None = None
    late_by_minutes: int | None = None
    """In working minutes of the competent office; None where it is not late, or no calendar tells."""


def of_step(step: Step, case: Case, counting: Counting, now: datetime) -> Punctuality:
    if step.began_at is None:
        return Punctuality()
    return punctuality(step.due_at, step.done_at or case.stopped_since or case.stopped_at or now, counting)


def of_visit(visit: Visit, counting: Counting) -> Punctuality:
    return punctuality(visit.due_at, visit.ended_at, counting)


def punctuality(due_at: datetime | None, at: datetime, counting: Counting) -> Punctuality:
    """The due instant itself is in time."""
    if due_at is None:
        return Punctuality()
    if not is_late(due_at, at):
        return Punctuality(Verdict.ON_TIME)
    return Punctuality(Verdict.OVERDUE, counting.working_minutes(due_at, at))


@dataclass(frozen=True)
class Stage:
    """Steps in a row under one published heading, with a due time of their own: by the published sub-total from the moment the first
    of them began, or when the last of them is planned to be done.
    """

    name: str
    first_step: int
    last_step: int
    total: StageTotal | None
    planned_due_at: datetime | None
    began_at: datetime | None
    due_at: datetime | None
    done_at: datetime | None
    punctuality: Punctuality


def stages(case: Case, published: Published, counting: Counting, now: datetime) -> tuple[Stage, ...]:
    totals = {total.stage: total for total in published.stage_totals}
    rows = ((name, tuple(steps)) for name, steps in groupby(case.steps, key=lambda step: step.stage))
    return tuple(_stage(name, steps, totals.get(name), case, counting, now) for name, steps in rows if name)


def _stage(name: str, steps: tuple[Step, ...], total: StageTotal | None, case: Case, counting: Counting, now: datetime) -> Stage:
    counted = [step for step in steps if step.counted] or list(steps)
    began_at = next((step.began_at for step in steps if step.began_at), None)
    done = [step.done_at for step in counted]
    done_at = max(at for at in done if at) if all(done) else None
    planned = next((step.planned_due_at for step in reversed(steps) if step.planned_due_at), None)
    due_at = _moved(counting.due(began_at, total.amount, total.unit), began_at, case, counting) if total and began_at else planned
    judged = punctuality(due_at, done_at or case.stopped_since or now, counting) if began_at else Punctuality()
    return Stage(name, steps[0].number, steps[-1].number, total, planned, began_at, due_at, done_at, judged)


def _moved(due_at: datetime, began_at: datetime, case: Case, counting: Counting) -> datetime:
    """By every stop since; never beyond the limit."""
    for stop in case.intervals:
        if stop.ended_at and stop.started_at >= began_at:
            due_at = moved_by(due_at, stop, counting.calendar, counting.hours)
    return min(due_at, counting.ends_at)
