"""The working minutes of an office laid out once, so that each question about them is one look-up.

A *minute* is counted in local time from the beginning of the common era: `date.toordinal() * 1440 + clock`; a *day* is an ordinal.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from shared.errors import NotUnderstood
from shared.working_time.office_hours import MINUTES_PER_DAY, OfficeHours, Sessions

AFTER_CLOSING: Final = -1
NOTHING_BEFORE: Final = (0,) * MINUTES_PER_DAY
NEVER: Final = 1 << 62

Moment = tuple[int, int]
"""A minute and the day it belongs to, which is not the minute's own where an office closes at 24:00."""


class CalendarUnknown(NotUnderstood):
    """The holidays of a year this date depends on are not loaded."""

    def __init__(self, year: int) -> None:
        super().__init__(f"The calendar has no rows for {year}: load that year before computing dates in it.", year=year)
        self.year = year


class DayShape(NamedTuple):
    """The sessions of one day as tables over its clock, 0 to 1440."""

    opening: int
    closing: int
    minutes: int
    resting_clock: tuple[int, ...]
    """The clock itself within a session (both ends included), else where the next session begins, else AFTER_CLOSING."""
    before: tuple[int, ...]
    """How many session minutes lie before a clock."""
    end_of: tuple[int, ...]
    """The clock at which the n-th session minute ends, n from 1."""


@lru_cache(maxsize=128)
def day_shape(sessions: Sessions) -> DayShape:
    """Tables for one day's sessions, which are in order and at least one."""
    clocks = range(MINUTES_PER_DAY + 1)
    worked = [any(s.begins <= clock < s.ends for s in sessions) for clock in clocks]
    touched = [any(s.begins <= clock <= s.ends for s in sessions) for clock in clocks]
    following = [next((s.begins for s in sessions if s.begins > clock), AFTER_CLOSING) for clock in clocks]
    return DayShape(
        opening=sessions[0].begins,
        closing=sessions[-1].ends,
        minutes=sum(worked),
        resting_clock=tuple(clock if touched[clock] else following[clock] for clock in clocks),
        before=tuple(accumulate(worked[:-1], initial=0)),
        end_of=(AFTER_CLOSING, *(clock + 1 for clock in clocks if worked[clock])),
    )


class Timeline:
    """The days of known years without a gap: which are worked, and how many session minutes lie before each.

    Every method raises CalendarUnknown rather than leave those years.
    """

    __slots__ = ("before", "ends", "first", "last", "shapes", "tables", "upto", "varies", "working")

    def __init__(self, first: int, shapes: Sequence[DayShape | None]) -> None:
        self.first = first
        self.last = first + len(shapes) - 1
        self.shapes = shapes
        self.working = [first + offset for offset, shape in enumerate(shapes) if shape]
        self.upto = list(accumulate(1 if shape else 0 for shape in shapes))
        self.before = list(accumulate((shape.minutes for shape in shapes if shape), initial=0))
        self.tables = {
            day: (self.before[upto - 1], shape.before) if shape else (self.before[upto], NOTHING_BEFORE)
            for day, upto, shape in zip(range(first, self.last + 1), self.upto, shapes, strict=True)
        }
        self.ends = [(day, day * MINUTES_PER_DAY, self.worked(day).end_of) for day in self.working]
        self.varies = len({id(shape) for shape in shapes if shape}) > 1

    def shape(self, day: int) -> DayShape | None:
        """The sessions of a working day, None for a day off."""
        if not self.first <= day <= self.last:
            raise unknown(day)
        return self.shapes[day - self.first]

    def worked(self, day: int) -> DayShape:
        """The sessions of a day that is known to be worked."""
        shape = self.shapes[day - self.first]
        assert shape is not None
        return shape

    def after(self, day: int, count: int) -> int:
        """The count-th working day after a day, which itself does not count."""
        number = self.upto[day - self.first] + count - 1
        if number >= len(self.working):
            raise unknown(self.last + 1)
        return self.working[number]

    def ahead_of(self, day: int, count: int) -> int:
        """The count-th working day before a day, which itself does not count."""
        number = self.upto[day - self.first] - count - (1 if self.shapes[day - self.first] else 0)
        if number < 0:
            raise unknown(self.first - 1)
        return self.working[number]

    def reaches(self, day: int, count: int) -> bool:
        """Whether the count-th working day after a day lies in these years."""
        return self.upto[day - self.first] + count <= len(self.working)

    def at_or_after(self, day: int) -> int:
        """The day itself if it is worked, else the next working day."""
        return day if self.shape(day) else self.after(day, 1)

    def at_or_ahead_of(self, day: int) -> int:
        """The day itself if it is worked, else the working day before it."""
        return day if self.shape(day) else self.ahead_of(day, 1)

    def minutes_before(self, minute: int) -> int:
        """How many session minutes of these years lie before a minute."""
        try:
            before, table = self.tables[minute // MINUTES_PER_DAY]
        except KeyError:
            if minute == (self.last + 1) * MINUTES_PER_DAY:  # the closing time of a last day that ends at 24:00
                return self.before[-1]
            raise unknown(minute // MINUTES_PER_DAY) from None
        return before + table[minute % MINUTES_PER_DAY]

    def minutes_between(self, start: int, end: int) -> int:
        """How many session minutes lie from one minute to another, which is not earlier."""
        return self.minutes_before(end) - self.minutes_before(start)

    def end_of(self, ordinal: int) -> Moment:
        """Where the session minute with this number ends; the first of these years has number 1."""
        number = bisect_left(self.before, ordinal) - 1
        if number < 0:
            raise unknown(self.first - 1)
        try:
            day, midnight, table = self.ends[number]
        except IndexError:
            raise unknown(self.last + 1) from None
        return midnight + table[ordinal - self.before[number]], day

    def consumed(self, start: int, minutes: int) -> Moment:
        """Where the last of so many session minutes from `start` on ends; with none, the first session minute from there."""
        done = self.minutes_before(start)
        if minutes:
            return self.end_of(done + minutes)
        ends, day = self.end_of(done + 1)
        return ends - 1, day

    def run_on(self, due: int, stopped: int, resumed: int) -> Moment:
        """Where the session minutes from `stopped` to `due` end, if they run on from `resumed`: `consumed` in one go."""
        try:
            at_due, table_of_due = self.tables[due // MINUTES_PER_DAY]
            at_stop, table_of_stop = self.tables[stopped // MINUTES_PER_DAY]
            at_resuming, table_of_resuming = self.tables[resumed // MINUTES_PER_DAY]
            done = at_resuming + table_of_resuming[resumed % MINUTES_PER_DAY]
            ordinal = done + at_due + table_of_due[due % MINUTES_PER_DAY] - at_stop - table_of_stop[stopped % MINUTES_PER_DAY]
            number = bisect_left(self.before, ordinal) - 1
            day, midnight, table = self.ends[number]
        except (KeyError, IndexError):  # out of these years, or at their very end: the long way says which
            return self.consumed(resumed, self.minutes_between(stopped, due))
        if ordinal == done:
            return self.consumed(resumed, 0)
        return midnight + table[ordinal - self.before[number]], day

    def opening(self, day: int) -> int:
        return day * MINUTES_PER_DAY + self.worked(day).opening

    def closing(self, day: int) -> int:
        return day * MINUTES_PER_DAY + self.worked(day).closing


class Office:
    """A calendar as worked by one office: its known years, and the days on which the calendar is not yet decided."""

    __slots__ = ("hours", "latest", "timelines", "undecided", "undecided_from")

    def __init__(self, hours: OfficeHours, timelines: Sequence[Timeline], undecided: Sequence[int]) -> None:
        self.hours = hours
        self.timelines = timelines
        self.latest = timelines[-1]
        self.undecided = undecided
        self.undecided_from = undecided[0] if undecided else NEVER

    def timeline(self, day: int) -> Timeline:
        """The known years around a day. Raises CalendarUnknown."""
        if self.latest.first <= day <= self.latest.last:
            return self.latest
        for timeline in self.timelines:
            if timeline.first <= day <= timeline.last:
                return timeline
        raise unknown(day)

    def leans(self, first: int, last: int) -> bool:
        """Whether a row that is not yet decided changes a day from `first` to `last`, both included."""
        if last < self.undecided_from:
            return False
        at = bisect_left(self.undecided, first)
        return at < len(self.undecided) and self.undecided[at] <= last


def unknown(day: int) -> CalendarUnknown:
    """The error that names the year of a day outside the known years."""
    return CalendarUnknown(date.fromordinal(min(max(day, 1), date.max.toordinal())).year)
