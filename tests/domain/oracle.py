"""Due dates the slow way, written from the contract's words alone: dates by counting them, hours by walking minute after minute.

It shares no code with `shared/working_time`, only the shape of the question, and knows local time without an offset.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
ONE_MINUTE = timedelta(minutes=1)

Clocks = list[tuple[int, int]]


class YearUnknown(Exception):
    """The oracle looked at a date of a year without rows."""


class Halt(NamedTuple):
    begins: datetime
    ends: datetime | None
    policy: str


class Verdict(NamedTuple):
    due_at: datetime | None
    period_ends_at: datetime | None
    provisional: bool = False
    late_since: datetime | None = None
    late_by_law_since: datetime | None = None
    stopped_since: datetime | None = None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


def at(day: date, minute: int) -> datetime:
    return midnight(day) + minute * ONE_MINUTE


def minute_after_midnight(instant: datetime) -> int:
    return instant.hour * 60 + instant.minute


@dataclass
class Oracle:
    """`rows` is kind and status by date; `week` the sessions by weekday as minutes after midnight."""

    rows: dict[date, tuple[str, str]]
    week: list[Clocks]
    amount: Decimal | None
    unit: str
    due_clock: str = "same_clock"
    cutoff: int | None = None
    asked: set[date] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.years = {day.year for day in self.rows}
        self.asked_for_day_one: set[date] = set()

    # -- dates and sessions

    def is_working(self, day: date) -> bool:
        if day.year not in self.years:
            raise YearUnknown(day.year)
        self.asked.add(day)
        kind = self.rows[day][0] if day in self.rows else ""
        return kind == "makeup" or (day.weekday() <= 4 and kind != "off")

    def sessions(self, day: date) -> Clocks:
        if not self.is_working(day):
            return []
        return self.week[0] if day in self.rows else self.week[day.weekday()]

    def closing(self, day: date) -> datetime:
        return at(day, max(end for _, end in self.sessions(day)))

    def opening(self, day: date) -> datetime:
        return at(day, min(begin for begin, _ in self.sessions(day)))

    def next_working(self, day: date, count: int = 1) -> date:
        while count:
            day += ONE_DAY
            count -= self.is_working(day)
        return day

    def roll(self, day: date) -> date:
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def session_minutes(self, start: datetime) -> Iterator[tuple[date, int]]:
        """Every minute of a session from `start` on: its date and the minute after midnight it begins with."""
        day, not_before = start.date(), minute_after_midnight(start)
        while True:
            for begin, end in self.sessions(day):
                for minute in range(begin, end):
                    if minute >= not_before:
                        yield day, minute
            day, not_before = day + ONE_DAY, 0

    def consume(self, start: datetime, minutes: int) -> tuple[datetime, date]:
        """The instant at which the last minute ends (the first session minute where there is none) and its date."""
        for number, (day, minute) in enumerate(self.session_minutes(start), start=1):
            if not minutes:
                return at(day, minute), day
            if number == minutes:
                return at(day, minute + 1), day
        raise AssertionError

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """Looks at no date on which none of the minutes could lie."""
        from_here, until = (start.date(), minute_after_midnight(start)), (end.date(), minute_after_midnight(end))
        total, day = 0, start.date()
        while (day, 0) < until:
            minutes = [(day, minute) for begin, finish in self.sessions(day) for minute in range(begin, finish)]
            total += sum(from_here <= minute < until for minute in minutes)
            day += ONE_DAY
        return total

    # -- the table of limits

    def count(self, start: datetime) -> tuple[datetime, date, date]:
        """The due instant under same_clock, its date, and the date before rolling."""
        today = start.date()
        day_one = None
        if self.unit != "same_day" and self.cutoff is not None and (not self.is_working(today) or start > at(today, self.cutoff)):
            day_one = self.next_working(today)
        self.asked_for_day_one = set(self.asked)
        if self.unit == "same_day":
            assert self.cutoff is not None
            if self.is_working(today) and start <= min(at(today, self.cutoff), self.closing(today)):
                return self.closing(today), today, today
            day = self.next_working(today)
            return self.closing(day), day, day
        assert self.amount is not None
        if self.unit == "working_day":
            due, day = self.count_working_days(start, day_one)
            return due, day, day
        if self.unit == "working_hour":
            minutes = int((self.amount * 60).to_integral_value(ROUND_CEILING))
            due, day = self.consume(self.opening(day_one) if day_one else start, minutes)
            return due, day, day
        if self.unit == "hour":
            minutes = int((self.amount * 60).to_integral_value(ROUND_CEILING))
            due = (self.opening(day_one) if day_one else start) + minutes * ONE_MINUTE
            return due, due.date(), due.date()
        number = int(self.amount)
        if self.unit == "day":
            last = day_one + (number - 1) * ONE_DAY if day_one else today + number * ONE_DAY
        else:
            last = month_later(day_one or today, number)
        day = self.roll(last)
        return self.closing(day), day, last

    def count_working_days(self, start: datetime, day_one: date | None) -> tuple[datetime, date]:
        assert self.amount is not None
        whole = int(self.amount)
        fraction = self.amount - whole
        if not fraction:
            return self.nth_working_day(start, whole, day_one)
        if whole:
            from_here, _ = self.nth_working_day(start, whole, day_one)
        else:
            from_here = self.opening(day_one) if day_one else start
        totals = [sum(end - begin for begin, end in self.week[weekday]) for weekday in range(5)]
        ordinary = max(totals, key=lambda total: (totals.count(total), total))
        due = self.consume(from_here, int((fraction * ordinary).to_integral_value(ROUND_CEILING)))
        return min(due, self.ceiling(start, whole + 1, day_one) or due)

    def ceiling(self, start: datetime, whole: int, day_one: date | None) -> tuple[datetime, date] | None:
        """A larger limit is never due earlier: where days are of unequal length, the next whole number bounds a fraction."""
        try:
            return replace(self, asked=set()).nth_working_day(start, whole, day_one)
        except YearUnknown:
            return None

    def nth_working_day(self, start: datetime, number: int, day_one: date | None) -> tuple[datetime, date]:
        today = start.date()
        day = self.next_working(today, number)
        if day_one:
            return self.closing(day), day
        minute = minute_after_midnight(start)
        clock = None
        sessions = self.sessions(today)
        if any(begin <= minute <= end for begin, end in sessions):
            clock = minute
        elif any(begin > minute for begin, _ in sessions):
            clock = min(begin for begin, _ in sessions if begin > minute)
        if clock is None:
            return self.closing(day), day
        there = self.sessions(day)
        if any(begin <= clock <= end for begin, end in there):
            return at(day, clock), day
        later = [begin for begin, _ in there if begin > clock]
        return (at(day, min(later)) if later else self.closing(day)), day

    # -- stops and policies

    def judge(self, accepted: datetime, halts: Sequence[Halt] = ()) -> Verdict | YearUnknown:
        """The verdict, or the year that would have to be known for it."""
        try:
            return self.weigh(accepted, halts)
        except YearUnknown as unknown:
            return unknown

    def weigh(self, accepted: datetime, halts: Sequence[Halt]) -> Verdict:
        accepted = accepted.replace(second=0, microsecond=0)
        due, day, last = self.count(accepted)
        late = late_by_law = None
        for begins, ends, policy in halts:
            if policy == "pause" and begins >= due:
                continue
            if policy == "restart":
                if begins >= due:
                    late = late or due
                if begins >= self.period_end(due, day):
                    late_by_law = late_by_law or self.period_end(due, day)
            if ends is None:
                return Verdict(None, None, False, late, late_by_law, begins)
            if policy == "restart":
                self.asked.clear()
                due, day, last = self.count(ends)
            elif self.unit in ("day", "month"):
                self.asked = set(self.asked_for_day_one)  # where the end would have rolled to before no longer matters
                last += ends.date() - begins.date()
                day = self.roll(last)
                due = self.closing(day)
            elif self.unit == "hour":
                due += ends - begins
                day = due.date()
            else:
                due, day = self.consume(ends, self.minutes_between(begins, due))
        appointed = due
        if self.due_clock == "close_of_business" and self.unit == "working_day":
            appointed = self.closing(day)
        elif self.due_clock == "end_of_day":
            appointed = self.period_end(due, day)
        return Verdict(appointed, max(appointed, self.period_end(due, day)), self.leans(), late, late_by_law)

    def leans(self) -> bool:
        """Whether a row not yet decided, which makes its date other than its weekday, was looked at."""
        undecided = {day for day in self.asked if day in self.rows and self.rows[day][1] == "provisional"}
        return any((self.rows[day][0] == "makeup") == (day.weekday() >= 5) for day in undecided)

    def period_end(self, due: datetime, day: date) -> datetime:
        whole = self.amount is None or self.amount == int(self.amount)
        if self.unit in ("day", "month", "same_day") or (self.unit == "working_day" and whole):
            return midnight(day) + ONE_DAY
        return due


def month_later(day: date, number: int) -> date:
    """The same day of the month, or the last there is."""
    months = day.year * 12 + day.month - 1 + number
    for wanted in (day.day, 30, 29, 28):
        try:
            return date(months // 12, months % 12 + 1, min(wanted, day.day))
        except ValueError:
            continue
    raise AssertionError
