"""How each unit of a time limit is counted, one function per rule, and what a pause does to it."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from shared.working_time.limits import LimitWrong, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, MINUTES_PER_HOUR, clock_minute
from shared.working_time.timeline import AFTER_CLOSING, Moment, Office, Timeline

MONTHS_PER_YEAR: Final = 12

# What is made for every date asked for: the class's own call would take as long as the counting.
NEW: Final = tuple.__new__


class Count(NamedTuple):
    """A limit as counted so far, in minutes and days of the timeline."""

    began: int
    """The instant of acceptance, or the end of the stop that set the clock back."""
    day_one: int | None
    """The first day counted, where the cut-off put the beginning off."""
    due: int
    """By the clock of the receipt, before any other policy."""
    day: int
    """The date of `due`."""
    last_day: int
    """The same, except for calendar days and months: there before it rolls to a working day."""
    provisional: bool
    """Whether a calendar row that is not yet decided had a say."""
    provisional_start: bool = False
    """Whether it had one in where counting began: for periods in days and months, whose end may still move and roll elsewhere."""


def begin(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """Count the whole limit from an instant. Raises CalendarUnknown."""
    return BEGIN[limit.unit](office, limit, cutoff, start)


def first_day(office: Office, cutoff: int | None, start: int) -> int | None:
    """After the cut-off, or on a day off, counting begins with the next working day, its day 1. Source: law.CUTOFF."""
    if cutoff is None:
        return None
    day, clock = divmod(start, MINUTES_PER_DAY)
    timeline = office.timeline(day)
    return timeline.after(day, 1) if timeline.shape(day) is None or clock > cutoff else None


# -- one rule per unit -------------------------------------------------------------------------------------------------


def working_days(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """The N-th working day after the day of acceptance, which never counts. Source: law.FIRST_DAY_NOT_COUNTED."""
    day_one = first_day(office, cutoff, start)
    today = start // MINUTES_PER_DAY
    timeline = office.timeline(today)
    if limit.fraction[0]:
        due, day = part_of_a_day(office, timeline, limit, start, day_one)
    else:
        due, day = whole_days(timeline, limit.whole, start, day_one)
    return NEW(Count, (start, day_one, due, day, day, office.leans(today, day), False))


def whole_days(timeline: Timeline, count: int, start: int, day_one: int | None) -> Moment:
    """The date by law, the clock as on the receipt (law.SAME_CLOCK); closing time where counting began with an opening."""
    today, clock = divmod(start, MINUTES_PER_DAY)
    day = timeline.after(today, count)
    here, there = timeline.shapes[today - timeline.first], timeline.worked(day)
    clock = here.resting_clock[clock] if here and day_one is None else AFTER_CLOSING
    if clock != AFTER_CLOSING and here is not there:  # the due day may have other sessions than the day of acceptance
        clock = there.resting_clock[clock]
    return day * MINUTES_PER_DAY + (there.closing if clock == AFTER_CLOSING else clock), day


def part_of_a_day(office: Office, timeline: Timeline, limit: TimeLimit, start: int, day_one: int | None) -> Moment:
    """The whole days, then the fraction of the office's ordinary day in working minutes. Source: law.EIGHT_HOUR_DAY.

    Never later than the next whole number of days, even where the days it falls on are short ones.
    """
    minutes = limit.fraction_of(office.hours.ordinary_minutes(date.fromordinal(start // MINUTES_PER_DAY)))
    if limit.whole:
        start_of_part, _ = whole_days(timeline, limit.whole, start, day_one)
    else:
        start_of_part = start if day_one is None else timeline.opening(day_one)
    due = timeline.consumed(start_of_part, minutes)
    if timeline.varies and timeline.reaches(start // MINUTES_PER_DAY, limit.whole + 1):
        return min(due, whole_days(timeline, limit.whole + 1, start, day_one))
    return due


def working_hours(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """So many session minutes from the instant on; what ends with the morning ends then. Source: law.HOURS_START_AT_ONCE."""
    day_one = first_day(office, cutoff, start)
    today = start // MINUTES_PER_DAY
    timeline = office.timeline(today)
    begins = start if day_one is None else timeline.opening(day_one)
    due, day = timeline.consumed(begins, limit.minutes(MINUTES_PER_HOUR))
    return Count(start, day_one, due, day, day, office.leans(today, day))


def hours_by_the_clock(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """Plain hours run from the instant, day and night. Source: law.HOURS_START_AT_ONCE."""
    day_one = first_day(office, cutoff, start)
    begins = start if day_one is None else office.timeline(day_one).opening(day_one)
    due = begins + limit.minutes(MINUTES_PER_HOUR)
    day = due // MINUTES_PER_DAY
    return Count(start, day_one, due, day, day, provisional_start(office, cutoff, start, day_one))


def calendar_days(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """All days count but the first; the end rolls to a working day. Source: law.FIRST_DAY_NOT_COUNTED."""
    day_one = first_day(office, cutoff, start)
    uncounted = start // MINUTES_PER_DAY if day_one is None else day_one - 1
    last_day = uncounted + limit.whole
    return rolled(office, start, day_one, last_day, provisional_start=provisional_start(office, cutoff, start, day_one))


def months(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """The same day of the month, or the month's last; the end rolls to a working day. Source: law.END_OF_MONTH."""
    day_one = first_day(office, cutoff, start)
    last_day = months_later(start // MINUTES_PER_DAY if day_one is None else day_one, limit.whole)
    return rolled(office, start, day_one, last_day, provisional_start=provisional_start(office, cutoff, start, day_one))


def months_later(day: int, count: int) -> int:
    """The same day of the month so many months later (earlier if negative), or the month's last day."""
    try:
        on = date.fromordinal(day)
        year, month = divmod(on.year * MONTHS_PER_YEAR + on.month - 1 + count, MONTHS_PER_YEAR)
        return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1])).toordinal()
    except ValueError:
        raise LimitWrong("The limit leads out of the years a calendar can have.") from None


def rolled(office: Office, began: int, day_one: int | None, last_day: int, *, provisional_start: bool) -> Count:
    """A period whose last day is a day off ends with the next working day. Source: law.ROLLS_TO_WORKING_DAY."""
    timeline = office.timeline(last_day)
    day = timeline.at_or_after(last_day)
    provisional = provisional_start or office.leans(last_day, day)
    return Count(began, day_one, timeline.closing(day), day, last_day, provisional, provisional_start)


def provisional_start(office: Office, cutoff: int | None, start: int, day_one: int | None) -> bool:
    """Whether a row not yet decided says where counting begins: with a cut-off that depends on the day of acceptance being worked."""
    today = start // MINUTES_PER_DAY
    return cutoff is not None and office.leans(today, today if day_one is None else day_one)


def same_day(office: Office, limit: TimeLimit, cutoff: int | None, start: int) -> Count:
    """Until the cut-off (never later than closing) today's closing time, then the next working day's. Source: law.CUTOFF."""
    today, clock = divmod(start, MINUTES_PER_DAY)
    timeline = office.timeline(today)
    here = timeline.shape(today)
    in_time = here is not None and clock <= min(same_day_cutoff(limit, cutoff), here.closing)
    day = today if in_time else timeline.after(today, 1)
    return Count(start, None if in_time else day, timeline.closing(day), day, day, office.leans(today, day))


def same_day_cutoff(limit: TimeLimit, cutoff: int | None) -> int:
    own = cutoff if limit.cutoff is None else clock_minute(limit.cutoff)
    if own is None:
        raise LimitWrong("A limit of the same day needs a cut-off: the clock until which a dossier is still done today.")
    return own


BEGIN: Final[dict[Unit, Callable[[Office, TimeLimit, int | None, int], Count]]] = {
    Unit.WORKING_DAY: working_days,
    Unit.WORKING_HOUR: working_hours,
    Unit.DAY: calendar_days,
    Unit.MONTH: months,
    Unit.HOUR: hours_by_the_clock,
    Unit.SAME_DAY: same_day,
}


# -- a pause, per unit -------------------------------------------------------------------------------------------------


def rest_in_working_minutes(office: Office, count: Count, stopped: int, resumed: int) -> Count:
    """The working minutes that were left run on from the moment the clock runs again. Source: law.PAUSE_BY_PROCEDURE.

    They are consumed as hours are: what was due when a session begins is then due when the session before it ends, even after a
    pause in which nobody would have worked. Not a working minute is lost by that.
    """
    from_day = resumed // MINUTES_PER_DAY
    timeline = office.timeline(stopped // MINUTES_PER_DAY)
    if from_day <= timeline.last:
        due, day = timeline.run_on(count.due, stopped, resumed)
    else:  # it runs on in other years, with a gap between
        due, day = office.timeline(from_day).consumed(resumed, timeline.minutes_between(stopped, count.due))
    provisional = count.provisional or (day >= office.undecided_from and office.leans(from_day, day))
    return NEW(Count, (count.began, count.day_one, due, day, day, provisional, False))


def rest_in_days(office: Office, count: Count, stopped: int, resumed: int) -> Count:
    """The days between the two dates move the end before it rolls: rolling happens once. Source: law.PAUSE_BY_PROCEDURE.

    A pause on the days off over which the end has rolled still begins before the due instant, and moves the end before it rolls.
    """
    paused = resumed // MINUTES_PER_DAY - stopped // MINUTES_PER_DAY
    return rolled(office, count.began, count.day_one, count.last_day + paused, provisional_start=count.provisional_start)


def rest_by_the_clock(office: Office, count: Count, stopped: int, resumed: int) -> Count:
    """The pause is added by its exact length. Source: law.PAUSE_BY_PROCEDURE."""
    due = count.due + resumed - stopped
    day = due // MINUTES_PER_DAY
    return Count(count.began, count.day_one, due, day, day, count.provisional)


REST: Final[dict[Unit, Callable[[Office, Count, int, int], Count]]] = {
    Unit.WORKING_DAY: rest_in_working_minutes,
    Unit.WORKING_HOUR: rest_in_working_minutes,
    Unit.SAME_DAY: rest_in_working_minutes,
    Unit.DAY: rest_in_days,
    Unit.MONTH: rest_in_days,
    Unit.HOUR: rest_by_the_clock,
}
