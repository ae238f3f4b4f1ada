"""Local calendars: an office's own holidays and make-up days, laid over the calendar of what it lies under. Pure."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.events import NATIONAL_CALENDAR
from shared.errors import Flaw, InvalidInput
from shared.office_tree import OfficeTree
from shared.working_time import Calendar, CalendarDay, DayKind


class CalendarRowsWrong(InvalidInput):
    """These rows cannot stand in this calendar; none of them was taken."""


@dataclass(frozen=True)
class Changes:
    """What another calendar makes of the dates of this one."""

    added: tuple[CalendarDay, ...]
    removed: tuple[CalendarDay, ...]
    changed: tuple[CalendarDay, ...]
    """As they would be."""


def key_for(office: str, known: Container[str], tree: OfficeTree) -> str:
    """Whose calendar an office works by: its own, else that of the nearest office above it that has one, else the national one."""
    return next((code for code in tree.upwards(office) if code in known), NATIONAL_CALENDAR)


def base_of(key: str, known: Container[str], tree: OfficeTree) -> str | None:
    """The calendar that the calendar of an office is laid over; the national one lies over none."""
    if key == NATIONAL_CALENDAR:
        return None
    return next((code for code in tree.upwards(key) if code != key and code in known), NATIONAL_CALENDAR)


def laid_over(base: Calendar, own: Sequence[CalendarDay], *, version: str = "") -> Calendar:
    """For each date the own row, else the base's. Years that the base does not know stay unknown: own rows of theirs wait."""
    return base.with_days((day for day in own if day.on.year in base.known_years), version=version)


def changes(before: Calendar, after: Calendar) -> Changes:
    return Changes(
        added=tuple(day for day in after.days if before.day(day.on) is None),
        removed=tuple(day for day in before.days if after.day(day.on) is None),
        changed=tuple(day for day in after.days if before.day(day.on) not in (None, day)),
    )


def must_be_rows(own: Sequence[CalendarDay], base: Calendar) -> None:
    """Raises CalendarRowsWrong naming row and field."""
    if flaws := [*_without_a_word(own), *_twice(own), *_unknown_years(own, base), *_closed_sessions(own)]:
        raise CalendarRowsWrong("Please correct " + "; ".join(f"{flaw.pointer}: {flaw.detail}" for flaw in flaws[:5]), *flaws)


def _without_a_word(own: Sequence[CalendarDay]) -> list[Flaw]:
    return [
        Flaw(f"/{place}/{field}", f"the row of {day.on} says nothing here")
        for place, day in enumerate(own)
        for field in ("name", "source")
        if not getattr(day, field)
    ]


def _twice(own: Sequence[CalendarDay]) -> list[Flaw]:
    first: dict[date, int] = {}
    return [
        Flaw(f"/{place}/date", f"{day.on} stands already in row {first[day.on]}")
        for place, day in enumerate(own)
        if first.setdefault(day.on, place) != place
    ]


def _unknown_years(own: Sequence[CalendarDay], base: Calendar) -> list[Flaw]:
    """A local row would make its whole year look known."""
    return [
        Flaw(f"/{place}/date", f"the calendar above has no rows for {day.on.year} yet")
        for place, day in enumerate(own)
        if day.on.year not in base.known_years
    ]


def _closed_sessions(own: Sequence[CalendarDay]) -> list[Flaw]:
    return [
        Flaw(f"/{place}/sessions", f"{day.on} is off: only a make-up day has sessions")
        for place, day in enumerate(own)
        if day.sessions and day.kind is DayKind.OFF
    ]
