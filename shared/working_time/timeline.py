"""The working minutes of an office laid out once, so that each question about them is one look-up.

A minute is counted from the beginning of day 1 of the common era in local time: `date.toordinal() * 1440 + clock`.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from shared.errors import NotUnderstood
from shared.working_time.office_hours import MINUTES_PER_DAY, Sessions

AFTER_CLOSING = -1


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
    next_minute: tuple[int, ...]
    """The first session minute at or after a clock, else AFTER_CLOSING."""
    before: tuple[int, ...]
    """How many session minutes lie before a clock."""
    end_of: tuple[int, ...]
    """The clock at which the n-th session minute ends."""


@lru_cache(maxsize=128)
def day_shape(sessions: Sessions) -> DayShape:
    """Tables for one day's sessions, which are in order."""
    clocks = range(MINUTES_PER_DAY + 1)
    worked = [any(s.begins <= clock < s.ends for s in sessions) for clock in clocks]
    touched = [any(s.begins <= clock <= s.ends for s in sessions) for clock in clocks]
    following = [next((s.begins for s in sessions if s.begins > clock), AFTER_CLOSING) for clock in clocks]
    return DayShape(
        opening=sessions[0].begins,
        closing=sessions[-1].ends,
        minutes=sum(worked),
        resting_clock=tuple(clock if touched[clock] else following[clock] for clock in clocks),
        next_minute=tuple(clock if worked[clock] else following[clock] for clock in clocks),
        before=tuple(accumulate(worked[:-1], initial=0)),
        end_of=(sessions[0].begins, *(clock + 1 for clock in clocks if worked[clock])),
    )


class Moment(NamedTuple):
    """A minute of the timeline, and the day it belongs to: closing time may be 24:00."""

    minute: int
    day: int


class Timeline:
    """Every day of a run of known years: which are worked, and how many session minutes lie before each.

    Days are ordinals. Every method raises CalendarUnknown instead of leaving the run.
    """

    __slots__ = ("before", "first", "last", "shapes", "upto", "varies", "working")

    def __init__(self, first: int, shapes: Sequence[DayShape | None]) -> None:
        self.first = first
        self.last = first + len(shapes) - 1
        self.shapes = shapes
        self.working = [first + offset for offset, shape in enumerate(shapes) if shape]
        self.upto = list(accumulate(1 if shape else 0 for shape in shapes))
        self.before = list(accumulate((shape.minutes for shape in shapes if shape), initial=0))
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

    def working_day(self, number: int) -> int:
        """The working day with this number, counted from 0 at the beginning of the run."""
        if number < 0:
            raise unknown(self.first - 1)
        if number >= len(self.working):
            raise unknown(self.last + 1)
        return self.working[number]

    def after(self, day: int, count: int) -> int:
        """The count-th working day after a day, which itself does not count."""
        return self.working_day(self.upto[day - self.first] + count - 1)

    def reaches(self, day: int, count: int) -> bool:
        """Whether the count-th working day after a day lies in the run."""
        return self.upto[day - self.first] + count <= len(self.working)

    def at_or_after(self, day: int) -> int:
        """The day itself if it is worked, else the next working day."""
        return day if self.shape(day) else self.after(day, 1)

    def minutes_before(self, minute: int) -> int:
        """How many session minutes of the run lie before this minute."""
        day, clock = divmod(minute, MINUTES_PER_DAY)
        shape = self.shape(day)
        number = self.upto[day - self.first]
        return self.before[number - 1] + shape.before[clock] if shape else self.before[number]

    def end_of(self, minute: int) -> Moment:
        """Where the minute-th session minute of the run ends; `minute` is at least 1."""
        if minute > self.before[-1]:
            raise unknown(self.last + 1)
        number = bisect_left(self.before, minute) - 1
        day = self.working[number]
        return Moment(day * MINUTES_PER_DAY + self.worked(day).end_of[minute - self.before[number]], day)

    def beginning_of(self, minute: int) -> Moment:
        """Where the session minute after the first `minute` ones of the run begins."""
        ends = self.end_of(minute + 1)
        return Moment(ends.minute - 1, ends.day)

    def consumed(self, start: int, minutes: int) -> Moment:
        """Where the last of so many session minutes from `start` on ends; with none, the first session minute from there."""
        done = self.minutes_before(start)
        return self.end_of(done + minutes) if minutes else self.beginning_of(done)

    def opening(self, day: int) -> Moment:
        return Moment(day * MINUTES_PER_DAY + self.worked(day).opening, day)

    def closing(self, day: int) -> Moment:
        return Moment(day * MINUTES_PER_DAY + self.worked(day).closing, day)


def unknown(day: int) -> CalendarUnknown:
    """The error that names the year of a day outside the known years."""
    return CalendarUnknown(date.fromordinal(min(max(day, 1), date.max.toordinal())).year)
