"""Which dates are worked: the calendar of holidays and make-up days, each row with its source."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cached_property
from io import StringIO
from itertools import pairwise
from typing import Final

from shared.errors import NotUnderstood
from shared.working_time.office_hours import SATURDAY, OfficeHours, OfficeHoursWrong, Sessions, parse_sessions
from shared.working_time.timeline import CalendarUnknown, Office, Timeline, day_shape

# Offices may be sent by strangers with each case: what is kept ready for them is bounded.
OFFICES_KEPT: Final = 256
COLUMNS: Final = ("date", "kind", "name", "source", "status")


class CalendarWrong(NotUnderstood):
    """This calendar cannot be read."""


class DayKind(StrEnum):
    """What a row makes of its date."""

    OFF = "off"
    MAKEUP = "makeup"


class DayStatus(StrEnum):
    """Whether a row has been decided by the authority competent for it."""

    ANNOUNCED = "announced"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One date that is not what its weekday says. A make-up day may bring sessions of its own; none = those of a Monday."""

    on: date
    kind: DayKind
    name: str
    source: str
    status: DayStatus = DayStatus.ANNOUNCED
    sessions: Sessions = ()

    @property
    def changes_the_week(self) -> bool:
        """Whether the date would be another without this row: a holiday on a Sunday takes nothing away."""
        return (self.kind is DayKind.OFF) == (self.on.weekday() < SATURDAY) or bool(self.sessions)


@dataclass(frozen=True)
class Calendar:
    """Holidays and make-up days of the years it knows: those with a row, unless they are named."""

    days: tuple[CalendarDay, ...]
    known_years: frozenset[int] = frozenset()
    version: str = ""

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.days, key=lambda day: day.on))
        for earlier, later in pairwise(ordered):
            if earlier.on == later.on:
                raise CalendarWrong(f"The calendar has two rows for {later.on}.")
        if not ordered and not self.known_years:
            raise CalendarWrong("The calendar has no rows.")
        object.__setattr__(self, "days", ordered)
        if not self.known_years:
            object.__setattr__(self, "known_years", frozenset(day.on.year for day in ordered))

    @classmethod
    def parse(cls, csv_text: str, *, version: str = "") -> "Calendar":
        """Read CSV `date,kind,name,source,status` (`sessions` may follow). Raises CalendarWrong naming the line."""
        return cls(read_days(csv_text), version=version)

    def with_days(self, days: Iterable[CalendarDay], *, version: str = "") -> "Calendar":
        """This calendar with local rows laid over it; they replace rows of the same date and make no further year known."""
        merged = {day.on: day for day in self.days} | {day.on: day for day in days}
        return replace(self, days=tuple(merged.values()), version=version or self.version)

    def followed_by(self, later: "Calendar") -> "Calendar":
        """This calendar, and another for the years after the last one it knows."""
        last = max(self.known_years)
        years = frozenset(year for year in later.known_years if year > last)
        days = tuple(day for day in later.days if day.on.year in years)
        return replace(self, days=(*self.days, *days), known_years=self.known_years | years)

    def day(self, on: date) -> CalendarDay | None:
        """The row of a date, if it has one."""
        return self._by_date.get(on)

    def is_working_day(self, on: date) -> bool:
        """Monday to Friday and not off, or a make-up day. Raises CalendarUnknown."""
        if on.year not in self.known_years:
            raise CalendarUnknown(on.year)
        return self._is_worked(on)

    def sessions(self, on: date, hours: OfficeHours) -> Sessions:
        """The sessions of a date at an office; none if it is no working day. Raises CalendarUnknown."""
        if not self.is_working_day(on):
            return ()
        row = self.day(on)  # a row of a working day is a make-up day's
        return (row.sessions or hours.sessions(on, makeup=True)) if row else hours.sessions(on)

    def at(self, hours: OfficeHours) -> Office:
        """This calendar as worked by an office, laid out once."""
        return self._offices.get(hours) or self._lay_out(hours)

    @cached_property
    def _by_date(self) -> dict[date, CalendarDay]:
        return {day.on: day for day in self.days}

    @cached_property
    def _provisional(self) -> list[int]:
        return [d.on.toordinal() for d in self.days if d.status is DayStatus.PROVISIONAL and d.changes_the_week]

    @cached_property
    def _offices(self) -> dict[OfficeHours, Office]:
        return {}

    def _is_worked(self, on: date) -> bool:
        row = self._by_date.get(on)
        return on.weekday() < SATURDAY if row is None else row.kind is DayKind.MAKEUP

    def _lay_out(self, hours: OfficeHours) -> Office:
        while len(self._offices) >= OFFICES_KEPT:
            self._offices.pop(next(iter(self._offices)), None)
        timelines = [self._run(hours, first, last) for first, last in _runs(self.known_years)]
        return self._offices.setdefault(hours, Office(hours, timelines, self._provisional))

    def _run(self, hours: OfficeHours, first: date, last: date) -> Timeline:
        dates = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
        sessions = (self.sessions(on, hours) for on in dates)
        return Timeline(first.toordinal(), [day_shape(worked) if worked else None for worked in sessions])


def read_days(csv_text: str) -> tuple[CalendarDay, ...]:
    """The rows of a calendar file, perhaps none. Raises CalendarWrong naming the line."""
    reader = csv.DictReader(csv_text.removeprefix("\ufeff").splitlines())
    missing = set(COLUMNS) - set(reader.fieldnames or ())
    if missing:
        raise CalendarWrong(f"The calendar lacks the columns {', '.join(sorted(missing))}.")
    return tuple(_read_row(row, reader.line_num) for row in reader)


def write_days(days: Iterable[CalendarDay]) -> str:
    """The same as CSV in one spelling: by date, and with `sessions` only where a day brings its own."""
    ordered = sorted(days, key=lambda day: day.on)
    columns = (*COLUMNS, "sessions") if any(day.sessions for day in ordered) else COLUMNS
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for day in ordered:
        sessions = " ".join(map(str, day.sessions))
        writer.writerow((day.on.isoformat(), day.kind, day.name, day.source, day.status, sessions)[: len(columns)])
    return text.getvalue()


def _runs(years: frozenset[int]) -> list[tuple[date, date]]:
    """The known years as runs without a gap."""
    firsts = sorted(year for year in years if year - 1 not in years)
    lasts = sorted(year for year in years if year + 1 not in years)
    return [(date(first, 1, 1), date(last, 12, 31)) for first, last in zip(firsts, lasts, strict=True)]


def _read_row(row: dict[str, str | None], line: int) -> CalendarDay:
    text = {column: (value or "").strip() for column, value in row.items() if isinstance(value, str)}
    try:
        return CalendarDay(
            on=date.fromisoformat(text["date"]),
            kind=DayKind(text["kind"]),
            name=text["name"],
            source=text["source"],
            status=DayStatus(text["status"]),
            sessions=parse_sessions(text.get("sessions", "")),
        )
    except (KeyError, ValueError, OfficeHoursWrong) as error:
        raise CalendarWrong(f"Line {line} of the calendar cannot be read: {error}.") from None
