"""The catalogue in memory: current procedures, who is competent for them, and the calendar. Re-read when its revision has moved."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Text, cast, select

from services.intake import tables
from services.intake.domain.catalogue import ProcedureVersion, read_procedure
from services.intake.domain.choices import PlainDay
from shared.contracts.time import PLAIN_TERMS, TimeTerms
from shared.errors import NotFound, Unavailable
from shared.runtime import Runtime, Transaction
from shared.working_time import Calendar, OfficeHours

LOOKED_AT_EVERY_SECONDS = 1.0
NATIONAL_CALENDAR = "national"


class NoCalendar(Unavailable):
    """No official calendar is loaded, so no due date can be computed."""


@dataclass(frozen=True)
class Entry:
    """The version of a procedure that is in force, with the offices competent for it, as of a revision of the catalogue."""

    revision: int
    version_id: UUID
    number: int
    procedure: ProcedureVersion
    plain_day: PlainDay
    valid_from: date | None
    valid_to: date | None
    competent: tuple[str, ...]
    policies: TimeTerms = PLAIN_TERMS
    """How an administrator has its time counted; a dossier takes them along from its acceptance."""

    def open_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass
class Catalogue:
    """What reception looks up before it decides; entries are read when first asked for."""

    revision: int = -1
    calendar_version: UUID | None = None
    _calendar: Calendar | None = None
    _entries: dict[str, Entry] = field(default_factory=dict)
    _competent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _hours: dict[str, OfficeHours] = field(default_factory=dict)
    _looked_at: float = 0.0

    @property
    def calendar(self) -> Calendar:
        """Raises NoCalendar: without the official calendar no date is promised."""
        if self._calendar is None:
            raise NoCalendar("Load the official calendar first: motcua calendar load FILE.")
        return self._calendar

    async def look(self, tx: Transaction, *, now: bool = False) -> None:
        """Forget what has changed since; at most once a second, unless asked to look `now`."""
        if not now and time.monotonic() - self._looked_at < LOOKED_AT_EVERY_SECONDS:
            return
        if self.revision >= 0:
            self._looked_at = time.monotonic()  # one looks for all who come meanwhile; the statement asks for the revision again
        revision = (await tx.run(select(tables.catalogue_revision.c.number))).scalar() or 0
        if revision != self.revision:
            await self._read_again(tx)
            self.revision = revision
        self._looked_at = time.monotonic()

    async def entry(self, tx: Transaction, key: str) -> Entry:
        """Raises NotFound."""
        await self.look(tx)
        # While it is read the catalogue may change, and these entries be forgotten; what was read goes with them.
        entries = self._entries
        if key not in entries:
            entries[key] = await self._read(tx, key)
        return entries[key]

    def hours_of(self, sessions: str | None) -> OfficeHours:
        name = sessions or ""
        if name not in self._hours:
            self._hours[name] = OfficeHours.parse(name) if name else OfficeHours()
        return self._hours[name]

    async def _read_again(self, tx: Transaction) -> None:
        self._entries = {}
        competent: dict[str, list[str]] = defaultdict(list)
        for row in await tx.run(select(tables.competence).order_by(tables.competence.c.office)):
            competent[row.procedure].append(row.office)
        self._competent = {key: tuple(offices) for key, offices in competent.items()}
        calendar = select(tables.calendar_version).join(tables.calendar, tables.calendar.c.version_id == tables.calendar_version.c.id)
        if row := (await tx.run(calendar.where(tables.calendar.c.key == NATIONAL_CALENDAR))).one_or_none():
            self._calendar = Calendar.parse(row.rows, version=str(row.id))
            self.calendar_version = row.id

    async def _read(self, tx: Transaction, key: str) -> Entry:
        version, revision = tables.procedure_version, self.revision
        statement = (
            select(version, cast(version.c.content, Text).label("text"), tables.procedure.c.policies)
            .join(tables.procedure, tables.procedure.c.version_id == version.c.id)
            .where(tables.procedure.c.key == key)
        )
        if (row := (await tx.run(statement)).one_or_none()) is None:
            raise NotFound(f"There is no procedure {key} in the catalogue.")
        return Entry(
            revision=revision,
            version_id=row.id,
            number=row.number,
            procedure=read_procedure(row.text),
            plain_day=PlainDay(row.plain_day),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            competent=self._competent.get(key, ()),
            policies=TimeTerms.model_validate(row.policies) if row.policies else PLAIN_TERMS,
        )


def catalogue_of(runtime: Runtime) -> Catalogue:
    return runtime.facts["catalogue"]
