"""What happened to the clock of a case: stops as intervals, new dates as rows; and how the case stands because of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from shared.contracts.time import TimeTerms
from shared.working_time import (
    Calendar,
    CalendarUnknown,
    Explanation,
    InstantWrong,
    OfficeHours,
    Started,
    Stop,
    StopPolicy,
    add_working_minutes,
    due_in_a_row,
    explain_in_a_row,
    working_minutes_between,
)


class StopKind(StrEnum):
    """Why the clock stands."""

    SUSPENSION = "suspension"
    SUPPLEMENT = "supplement"
    FEE = "fee"
    NOT_COUNTED = "not_counted"
    """At a step of the process whose time the source does not count, while counted work is still ahead."""


@dataclass(frozen=True)
class Interval:
    """The clock does not run from `started_at` until just before `ended_at` (None: it still stands)."""

    started_at: datetime
    kind: StopKind
    policy: StopPolicy
    ground: str
    by: str
    until: date | None = None
    """The last day on which it should end, where that is known."""
    ended_at: datetime | None = None


Intervals = tuple[Interval, ...]


@dataclass(frozen=True)
class NewDate:
    """A new appointment told to the citizen: an extension asked for in time, or a late apology. Source: law.APPOINTED_ONCE_MORE."""

    at: datetime
    earlier: datetime
    appointment_at: datetime
    reason: str
    signer: str
    in_time: bool
    """Of an apology, what is judged is `earlier`: it moves when a stop ends that began before it had passed."""


NewDates = tuple[NewDate, ...]


@dataclass(frozen=True)
class Standing:
    """How the time of a case stands. While the clock stands, only `stopped_since` and lateness that had already happened are set."""

    due_at: datetime | None
    """The internal limit, by the terms of acceptance and every interval since."""
    period_ends_at: datetime | None
    late_since: datetime | None = None
    late_by_law_since: datetime | None = None
    stopped_since: datetime | None = None
    provisional: bool = False


def standing(
    accepted_at: datetime,
    terms: TimeTerms,
    by_hand: datetime,
    intervals: Intervals,
    calendar: Calendar | None,
    hours: OfficeHours,
    started: Started | None = None,
) -> Standing:
    """From acceptance, through every interval, to the due instant. Limits in a row run one after the other, each from its own start
    event once that has happened; a restart begins with the first again. Without a published limit, or without a calendar, `by_hand`
    is moved by the pauses.

    Raises CalendarUnknown for a year whose holidays are not loaded.
    """
    stops = [Stop(each.started_at, each.ended_at, each.policy) for each in intervals]
    if not terms.limits or calendar is None:
        return _by_hand(by_hand, stops, calendar, hours)
    found = due_in_a_row(
        accepted_at,
        [limit.value() for limit in terms.limits],
        calendar=calendar,
        hours=hours,
        due_clock=terms.due_clock,
        cutoff=terms.cutoff,
        stops=stops,
        started=started,
    )
    return Standing(found.due_at, found.period_ends_at, found.late_since, found.late_by_law_since, found.stopped_since, found.provisional)


def explained(
    accepted_at: datetime,
    terms: TimeTerms,
    intervals: Intervals,
    calendar: Calendar,
    hours: OfficeHours,
    started: Started | None = None,
) -> list[Explanation]:
    """The count of `standing`, told day by day: nothing for a date set by hand."""
    if not terms.limits:
        return []
    return explain_in_a_row(
        accepted_at,
        [limit.value() for limit in terms.limits],
        calendar=calendar,
        hours=hours,
        due_clock=terms.due_clock,
        cutoff=terms.cutoff,
        stops=[Stop(each.started_at, each.ended_at, each.policy) for each in intervals],
        started=started,
    )


def _by_hand(at: datetime, stops: Sequence[Stop], calendar: Calendar | None, hours: OfficeHours) -> Standing:
    """A date set by hand has no limit to count again: every stop gives the working time back that was left."""
    for stop in stops:
        if stop.started_at >= at:
            continue
        if stop.ended_at is None:
            return Standing(None, None, stopped_since=stop.started_at)
        at = _moved(at, stop.started_at, stop.ended_at, calendar, hours)
    return Standing(at, at)


def _moved(at: datetime, stopped: datetime, resumed: datetime, calendar: Calendar | None, hours: OfficeHours) -> datetime:
    """The working minutes left when the clock stopped run on from when it runs again."""
    if calendar is None:
        return at + (resumed - stopped)
    return max(at, add_working_minutes(resumed, working_minutes_between(stopped, at, calendar, hours), calendar, hours))


def moved_by(at: datetime, interval: Interval, calendar: Calendar | None, hours: OfficeHours) -> datetime:
    """A date promised by hand after an interval that has ended. Where the calendar ends before, the same length of time later."""
    assert interval.ended_at
    if interval.started_at >= at:
        return at
    try:
        return _moved(at, interval.started_at, interval.ended_at, calendar, hours)
    except (CalendarUnknown, InstantWrong):
        return at + (interval.ended_at - interval.started_at)


def promise_moved_by(at: datetime, told_at: datetime, interval: Interval, calendar: Calendar | None, hours: OfficeHours) -> datetime:
    """A date that people were told at `told_at`: what was left of the interval from then on moves it."""
    assert interval.ended_at
    begun = min(max(interval.started_at, told_at), interval.ended_at)
    return moved_by(at, replace(interval, started_at=begun), calendar, hours)


def ended(intervals: Intervals, at: datetime) -> Intervals:
    """The open interval ends."""
    return (*intervals[:-1], replace(intervals[-1], ended_at=at))


def is_open(intervals: Intervals) -> bool:
    return bool(intervals) and intervals[-1].ended_at is None
