"""The catalogue in memory: current procedures, who is competent for them, and the calendars. Re-read when its revision has moved."""

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.dialects.postgresql import insert

from services.intake import tables
from services.intake.calendars import no_calendar
from services.intake.domain.calendars import key_for
from services.intake.domain.catalogue import ProcedureVersion, read_procedure
from services.intake.domain.choices import PlainDay
from shared.contracts.time import PLAIN_TERMS, TimeTerms
from shared.errors import NotFound
from shared.folding import fold
from shared.office_tree import OfficeTree
from shared.runtime import Runtime, Transaction
from shared.working_time import Calendar, OfficeHours

LOOKED_AT_EVERY_SECONDS = 1.0


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
    _entries: dict[str, Entry] = field(default_factory=dict)
    _competent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _in_force: dict[str, UUID] = field(default_factory=dict)
    _calendars: dict[UUID, Calendar] = field(default_factory=dict)
    _hours: dict[str, OfficeHours] = field(default_factory=dict)
    _names: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    """Of each procedure in force its national code and its name without diacritics; read when somebody searches by it."""
    _looked_at: float = 0.0

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

    async def keys_of(self, tx: Transaction, wanted: str) -> tuple[str, ...]:
        """The procedures with this key or national code; where there are none, those whose names hold all these words."""
        await self.look(tx)
        if not self._names:
            content = tables.procedure_version.c.content
            named = select(tables.procedure.c.key, content["code"].astext.label("code"), content["name"].astext.label("name")).join(
                tables.procedure_version, tables.procedure.c.version_id == tables.procedure_version.c.id
            )
            self._names = {row.key: (row.code, fold(row.name)) for row in await tx.run(named)}
        exactly = tuple(key for key, (code, _) in self._names.items() if wanted in (key, code))
        words = set(fold(wanted).split())
        return exactly or tuple(sorted(key for key, (_, name) in self._names.items() if words and words.issubset(name.split())))

    async def calendar_for(self, tx: Transaction, office: str, offices: OfficeTree) -> Calendar:
        """What an office works by; its `version` is the id of the version. Raises NoCalendar: without one no date is promised."""
        version = self._in_force.get(key_for(office, self._in_force, offices))
        if version is None:
            raise no_calendar()
        if version not in self._calendars:
            rows = select(tables.calendar_version.c.rows).where(tables.calendar_version.c.id == version)
            self._calendars[version] = Calendar.parse((await tx.run(rows)).scalar_one(), version=str(version))
        return self._calendars[version]

    def hours_of(self, sessions: str | None) -> OfficeHours:
        name = sessions or ""
        if name not in self._hours:
            self._hours[name] = OfficeHours.parse(name) if name else OfficeHours()
        return self._hours[name]

    async def _read_again(self, tx: Transaction) -> None:
        self._entries, self._names = {}, {}
        competent: dict[str, list[str]] = defaultdict(list)
        for row in await tx.run(select(tables.competence).order_by(tables.competence.c.office)):
            competent[row.procedure].append(row.office)
        self._competent = {key: tuple(offices) for key, offices in competent.items()}
        in_force = {row.key: row.version_id for row in await tx.run(select(tables.calendar.c.key, tables.calendar.c.version_id))}
        held = set(in_force.values())
        self._in_force = in_force
        self._calendars = {version: kept for version, kept in self._calendars.items() if version in held}

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


async def raise_revision(tx: Transaction) -> None:
    """Whoever keeps the catalogue in memory looks at this number."""
    fresh = insert(tables.catalogue_revision).values(only=True, number=1)
    await tx.run(fresh.on_conflict_do_update(index_elements=["only"], set_={"number": tables.catalogue_revision.c.number + 1}))


def catalogue_of(runtime: Runtime) -> Catalogue:
    return runtime.facts["catalogue"]
