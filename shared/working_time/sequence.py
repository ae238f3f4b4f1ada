"""Several limits in a row: each starts where the one before it ended."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from shared.working_time.calendar import Calendar
from shared.working_time.due_date import Due, due
from shared.working_time.explanation import Explanation, explain
from shared.working_time.limits import DueClock, Stop, StopPolicy, TimeLimit
from shared.working_time.office_hours import STANDARD_HOURS, OfficeHours


class Started(NamedTuple):
    """The start event of a later limit in a row: so many limits lie behind it, and it happened at that instant."""

    behind: int
    at: datetime


def due_in_a_row(
    accepted_at: datetime,
    limits: Sequence[TimeLimit],
    *,
    calendar: Calendar,
    hours: OfficeHours = STANDARD_HOURS,
    due_clock: DueClock = DueClock.SAME_CLOCK,
    cutoff: time | None = None,
    stops: Sequence[Stop] = (),
    started: Started | None = None,
) -> Due:
    """When the last of them has run out. A stop belongs to the limit it falls into; a restart begins with the first limit again.

    Limits that follow each other in one unit are printed, and counted, as their sum. The cut-off is asked where the first begins,
    the clock is moved to the one the policy names where the last ends. Where the start event of a later limit is known, what is left
    is counted from it, and never ends later than the sum that was printed. Raises CalendarUnknown, StopWrong.
    """
    if started and not _restarted_since(started, stops):
        printed = due_in_a_row(accepted_at, limits, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops)
        left = due_in_a_row(
            started.at, limits[started.behind :], calendar=calendar, hours=hours, due_clock=due_clock, stops=_from(started.at, stops)
        )
        if printed.due_at is None or left.due_at is None or left.due_at >= printed.due_at:
            return printed
        return printed._replace(due_at=left.due_at, period_ends_at=left.period_ends_at, provisional=left.provisional)
    added = added_up(limits)
    if len(added) == 1:
        return due(accepted_at, added[0], calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops)
    began, pauses = accepted_at, list[Stop]()
    late_since = late_by_law_since = None
    for stop in sorted(stops, key=lambda stop: stop.started_at):
        if stop.policy is StopPolicy.PAUSE:
            pauses.append(stop)
            continue
        so_far = _run(began, added, calendar, hours, due_clock, cutoff, pauses)
        if so_far.due_at and so_far.period_ends_at:  # lateness, once it happened, is never undone
            late_since = late_since or (so_far.due_at if stop.started_at >= so_far.due_at else None)
            late_by_law_since = late_by_law_since or (so_far.period_ends_at if stop.started_at >= so_far.period_ends_at else None)
        if stop.ended_at is None:
            return Due(None, None, False, late_since, late_by_law_since, stop.started_at)
        began, pauses = stop.ended_at, []
    found = _run(began, added, calendar, hours, due_clock, cutoff, pauses)
    return found._replace(late_since=late_since, late_by_law_since=late_by_law_since)


def explain_in_a_row(
    accepted_at: datetime,
    limits: Sequence[TimeLimit],
    *,
    calendar: Calendar,
    hours: OfficeHours = STANDARD_HOURS,
    due_clock: DueClock = DueClock.SAME_CLOCK,
    cutoff: time | None = None,
    stops: Sequence[Stop] = (),
    started: Started | None = None,
) -> list[Explanation]:
    """The same count, told limit by limit; of several limits only since the last restart, or since the start event of a later one
    where that made the end earlier. Raises what `due_in_a_row` raises.
    """
    if started and not _restarted_since(started, stops):
        counted = due_in_a_row(
            accepted_at, limits, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops, started=started
        )
        own, left = _from(started.at, stops), limits[started.behind :]
        told = explain_in_a_row(started.at, left, calendar=calendar, hours=hours, due_clock=due_clock, stops=own)
        if counted.due_at and told[-1].due.due_at == counted.due_at:
            return told
    added = added_up(limits)
    if len(added) == 1:
        return [explain(accepted_at, added[0], calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops)]
    ordered = sorted(stops, key=lambda stop: stop.started_at)
    began, told = accepted_at, list[Explanation]()
    for stop in [one for one in ordered if one.policy is StopPolicy.RESTART and one.ended_at][-1:]:
        began, ordered = stop.ended_at or began, ordered[ordered.index(stop) + 1 :]
    for number, limit in enumerate(added, 1):
        clock = due_clock if number == len(added) else DueClock.SAME_CLOCK
        first_cutoff = cutoff if number == 1 else None
        own = _from(began, ordered)
        told.append(explain(began, limit, calendar=calendar, hours=hours, due_clock=clock, cutoff=first_cutoff, stops=own))
        if (ended := told[-1].due.due_at) is None:
            break
        began = ended
    return told


def added_up(limits: Sequence[TimeLimit]) -> list[TimeLimit]:
    """Neighbours of one unit as their sum."""
    summed: list[TimeLimit] = []
    for limit in limits:
        last = summed[-1] if summed else None
        if last and last.unit is limit.unit and last.amount is not None and limit.amount is not None:
            summed[-1] = TimeLimit(last.amount + limit.amount, limit.unit)
        else:
            summed.append(limit)
    return summed


def _run(
    start: datetime,
    limits: Sequence[TimeLimit],
    calendar: Calendar,
    hours: OfficeHours,
    due_clock: DueClock,
    cutoff: time | None,
    stops: Sequence[Stop],
) -> Due:
    began, provisional, first_cutoff = start, False, cutoff
    for limit in limits[:-1]:
        found = due(began, limit, calendar=calendar, hours=hours, cutoff=first_cutoff, stops=_from(began, stops))
        if found.due_at is None:
            return found
        began, provisional, first_cutoff = found.due_at, provisional or found.provisional, None
    found = due(began, limits[-1], calendar=calendar, hours=hours, due_clock=due_clock, cutoff=first_cutoff, stops=_from(began, stops))
    return found._replace(provisional=found.provisional or provisional)


def _from(start: datetime, stops: Sequence[Stop]) -> list[Stop]:
    return [stop for stop in stops if stop.started_at >= start]


def _restarted_since(started: Started, stops: Sequence[Stop]) -> bool:
    """The whole limit began again after that event, or stands until it does."""
    return any(stop.policy is StopPolicy.RESTART and (stop.ended_at is None or stop.ended_at > started.at) for stop in stops)
