"""The calendars as they stand in the database: which hold now, and how each lies over another."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.intake import tables
from services.intake.domain.calendars import base_of, key_for, laid_over
from shared.contracts.events import NATIONAL_CALENDAR
from shared.errors import NotFound, Unavailable
from shared.office_tree import OfficeTree
from shared.offices import office_of
from shared.runtime import Transaction
from shared.working_time import Calendar, CalendarDay, read_days


class NoCalendar(Unavailable):
    """No official calendar is loaded, so no due date can be computed."""


def no_calendar() -> NoCalendar:
    return NoCalendar("Load the official calendar first: motcua calendar load FILE.")


@dataclass(frozen=True)
class Version:
    """A version of a calendar: its own rows, and the version they are laid over."""

    id: UUID
    key: str
    number: int
    own_rows: str
    based_on: UUID | None
    loaded_at: datetime

    @cached_property
    def own(self) -> tuple[CalendarDay, ...]:
        return read_days(self.own_rows)


@dataclass(frozen=True)
class Day:
    """A row of a whole calendar, and the key of the calendar whose own row it is."""

    day: CalendarDay
    origin: str


@dataclass
class Calendars:
    """The calendars in force by key, with the offices they are for."""

    in_force: dict[str, Version]
    tree: OfficeTree
    _whole: dict[UUID, Calendar] = field(default_factory=dict)

    def of_office(self, code: str) -> Version:
        """What an office works by. Raises NotFound, NoCalendar."""
        if code != NATIONAL_CALENDAR and self.tree.get(code) is None:
            raise NotFound(f"There is no office {code}, and no calendar of that name.")
        return self._held(key_for(code, self.in_force, self.tree))

    def base_of(self, key: str) -> Version | None:
        """Raises NoCalendar."""
        below = base_of(key, self.in_force, self.tree)
        return self._held(below) if below else None

    def from_the_top(self) -> list[str]:
        """The keys of offices' calendars, each after all that may lie under it."""
        return sorted(self.in_force.keys() - {NATIONAL_CALENDAR}, key=lambda key: (len(list(self.tree.upwards(key))), key))

    def whole(self, version: Version) -> Calendar:
        """As published: own rows over those of the base in force."""
        if version.id not in self._whole:
            self._whole[version.id] = self.merged(version.key, version.own)
        return self._whole[version.id]

    def merged(self, key: str, own: Sequence[CalendarDay]) -> Calendar:
        """What a calendar of these own rows would be. Raises CalendarWrong, NoCalendar."""
        base = self.base_of(key)
        return laid_over(self.whole(base), own) if base else Calendar(tuple(own))

    def _held(self, key: str) -> Version:
        if key not in self.in_force:
            raise no_calendar()
        return self.in_force[key]


async def read(tx: Transaction) -> Calendars:
    version, current = tables.calendar_version, tables.calendar
    held = await tx.run(_versions().join(current, current.c.version_id == version.c.id))
    offices = await tx.run(select(tables.office))
    return Calendars({row.key: Version(*row) for row in held}, OfficeTree.of(office_of(row) for row in offices))


async def version_of(tx: Transaction, key: str, number: int) -> Version:
    """Raises NotFound."""
    version = tables.calendar_version
    row = (await tx.run(_versions().where(version.c.key == key, version.c.number == number))).one_or_none()
    if row is None:
        raise NotFound(f"The calendar {key} has no version {number}.")
    return Version(*row)


async def days_of(tx: Transaction, version: Version, *, year: int | None = None) -> list[Day]:
    """The rows of a version, whole, each with whose it is."""
    layers, own = [version], tables.calendar_version
    while layers[-1].based_on:
        layers.append(Version(*(await tx.run(_versions().where(own.c.id == layers[-1].based_on))).one()))
    whole = Calendar(layers[-1].own)
    for layer in reversed(layers[:-1]):
        whole = laid_over(whole, layer.own)
    origins = {day.on: layer.key for layer in reversed(layers) for day in layer.own}
    return [Day(day, origins[day.on]) for day in whole.days if year in (None, day.on.year)]


def _versions() -> Any:
    version = tables.calendar_version
    return select(version.c.id, version.c.key, version.c.number, version.c.own_rows, version.c.based_on, version.c.loaded_at)
