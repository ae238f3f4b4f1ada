"""What else a desk asks of working time: the same count forwards, backwards and in between.

Every function raises CalendarUnknown for a year it needs and has no rows of.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from shared.working_time.calendar import Calendar
from shared.working_time.due_date import Due, due
from shared.working_time.instants import instant_of, minute_of
from shared.working_time.limits import DueClock, LimitWrong, Stop, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, MINUTES_PER_HOUR, STANDARD_HOURS, STANDARD_SEASON, OfficeHours
from shared.working_time.rules import months_later
from shared.working_time.timeline import Timeline

# -- dates ---------------------------------------------------------------------------------------------------------------


def next_working_day(on: date, calendar: Calendar) -> date:
    """The first working day after a date."""
    return date.fromordinal(_line(on, calendar).after(on.toordinal(), 1))


def last_working_day_before(on: date, calendar: Calendar) -> date:
    """The last working day that lies at least one day before a date."""
    return date.fromordinal(_line(on, calendar).ahead_of(on.toordinal(), 1))


def working_days_between(after: date, upto: date, calendar: Calendar) -> int:
    """How many working days come after one date, up to and with another: the first never counts, as in a time limit."""
    timeline = _line(after, calendar)
    timeline.shape(upto.toordinal())
    return max(timeline.upto[upto.toordinal() - timeline.first] - timeline.upto[after.toordinal() - timeline.first], 0)


def latest_filing_day(event_on: date, limit: TimeLimit, calendar: Calendar) -> date:
    """The last working day on which to file what has to come so long before an event, whose own day does not count.

    Counted backwards, a period whose far end is a day off reaches back to the working day before it. Raises LimitWrong for limits
    that are not in whole days or months. Sources: law.FIRST_DAY_NOT_COUNTED, law.LAST_WORKING_DAY_BEFORE.
    """
    event = event_on.toordinal()
    if limit.unit is Unit.WORKING_DAY and limit.ends_with_a_day:
        return date.fromordinal(_line(event_on, calendar).ahead_of(event, limit.whole))
    if limit.unit not in (Unit.DAY, Unit.MONTH):
        raise LimitWrong("Only limits in whole days or months are counted backwards from an event.")
    far_end = event - limit.whole if limit.unit is Unit.DAY else months_later(event, -limit.whole)
    return date.fromordinal(_line(date.fromordinal(far_end), calendar).at_or_ahead_of(far_end))


def apology_due_at(due_on: date, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> datetime:
    """Until when an apology has to be out: closing time of the last working day at least one day before the due date.

    Sources: law.APOLOGY_ONE_DAY_BEFORE, law.LAST_WORKING_DAY_BEFORE.
    """
    return closing_at(last_working_day_before(due_on, calendar), calendar, hours)


def opening_at(on: date, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> datetime:
    """When a date's first session begins. Raises LimitWrong for a day off."""
    _must_be_worked(on, calendar)
    return instant_of(_line(on, calendar, hours).opening(on.toordinal()))


def closing_at(on: date, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> datetime:
    """When a date's last session ends. Raises LimitWrong for a day off."""
    _must_be_worked(on, calendar)
    return instant_of(_line(on, calendar, hours).closing(on.toordinal()))


# -- working minutes -----------------------------------------------------------------------------------------------------


def add_working_minutes(start: datetime, minutes: int, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> datetime:
    """The instant at which the last of so many session minutes from `start` ends; with 0, the first session minute from there."""
    if minutes < 0:
        raise LimitWrong("Working minutes are added forwards; latest_start is the way back.")
    begins = minute_of(start)
    return instant_of(calendar.at(hours).timeline(begins // MINUTES_PER_DAY).consumed(begins, minutes)[0])


def latest_start(due_at: datetime, minutes: int, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> datetime:
    """The latest moment at which so many working minutes may begin and still be done by `due_at`."""
    ends = minute_of(due_at)
    if minutes <= 0:
        return instant_of(ends)
    timeline = calendar.at(hours).timeline(ends // MINUTES_PER_DAY)
    first_minute_ends, _ = timeline.end_of(timeline.minutes_before(ends) - minutes + 1)
    return instant_of(first_minute_ends - 1)


def working_minutes_between(start: datetime, end: datetime, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> int:
    """The session minutes from one instant to another; 0 if the other is not later."""
    begins, ends = minute_of(start), minute_of(end)
    if ends <= begins:
        return 0
    office = calendar.at(hours)
    timeline = office.timeline(begins // MINUTES_PER_DAY)
    return timeline.minutes_between(begins, ends)


def allotment_minutes(amount: Decimal, unit: Unit, hours: OfficeHours = STANDARD_HOURS) -> int:
    """The working minutes of a step's allotment, a remainder of a minute rounded up; 0 for a step that is not counted.

    A day is an ordinary day of the office's last season. Raises LimitWrong for what is not counted in working time.
    Source: law.EIGHT_HOUR_DAY.
    """
    per_unit = {
        Unit.WORKING_DAY: (hours.seasons[-1] if hours.seasons else STANDARD_SEASON).ordinary_minutes,
        Unit.WORKING_HOUR: MINUTES_PER_HOUR,
    }
    if unit not in per_unit:
        raise LimitWrong(f"An allotment in {unit} has no fixed working minutes.")
    return TimeLimit(amount, unit).minutes(per_unit[unit]) if amount else 0


# -- how far a dossier is ------------------------------------------------------------------------------------------------


class Lateness(NamedTuple):
    """Whether something is late, and by how many working minutes: none yet where it became late outside sessions."""

    is_late: bool
    working_minutes: int


def lateness(due_at: datetime, at: datetime, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> Lateness:
    """How late something due at one instant is at another. The due instant itself is in time."""
    return Lateness(minute_of(at) > minute_of(due_at), working_minutes_between(due_at, at, calendar, hours))


class Progress(NamedTuple):
    """How much working time a dossier has used since its clock last began, and how much is left."""

    used_minutes: int
    left_minutes: int | None
    """None while the clock is set back: the whole limit will begin again."""
    due: Due


def progress(
    accepted_at: datetime,
    limit: TimeLimit,
    now: datetime,
    *,
    calendar: Calendar,
    hours: OfficeHours = STANDARD_HOURS,
    due_clock: DueClock = DueClock.SAME_CLOCK,
    cutoff: time | None = None,
    stops: Sequence[Stop] = (),
) -> Progress:
    """How far a dossier is at `now`: stops that begin later are not yet known, one that ends later is still open."""
    known = tuple(_as_known(stop, now) for stop in sorted(stops, key=_beginning) if minute_of(stop.started_at) <= minute_of(now))
    so_far = due(accepted_at, limit, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=known)
    stands = known[-1] if so_far.stopped_since else None
    due_at, here = so_far.due_at, now
    if stands:
        here = stands.started_at
        before = due(accepted_at, limit, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=known[:-1])
        due_at = before.due_at if stands.policy is StopPolicy.PAUSE else None
    left = None if due_at is None else working_minutes_between(here, due_at, calendar, hours)
    return Progress(_used(accepted_at, here, known, calendar, hours), left, so_far)


def _used(accepted_at: datetime, here: datetime, stops: Sequence[Stop], calendar: Calendar, hours: OfficeHours) -> int:
    """The working minutes from the last beginning up to here, pauses left out."""
    used, began = 0, accepted_at
    for stop in stops:
        if stop.ended_at is None:
            break
        used += working_minutes_between(began, stop.started_at, calendar, hours)
        used = 0 if stop.policy is StopPolicy.RESTART else used
        began = stop.ended_at
    return used + working_minutes_between(began, here, calendar, hours)


def _as_known(stop: Stop, now: datetime) -> Stop:
    still_open = stop.ended_at is None or minute_of(stop.ended_at) > minute_of(now)
    return replace(stop, ended_at=None) if still_open else stop


def _beginning(stop: Stop) -> tuple[int, bool]:
    return minute_of(stop.started_at), stop.ended_at is None


def _line(on: date, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> Timeline:
    return calendar.at(hours).timeline(on.toordinal())


def _must_be_worked(on: date, calendar: Calendar) -> None:
    if not calendar.is_working_day(on):
        raise LimitWrong(f"{on} is no working day: it has neither opening nor closing.")
