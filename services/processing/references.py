"""Our copies of procedures, calendars and office hours: versions never change, so each is read once and kept in memory."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.processing import tables
from services.processing.domain.consultation import AnswerLimit
from services.processing.domain.progress import Published, published_of
from services.processing.domain.workflow import Steps, steps_of
from shared.clock import VIETNAM
from shared.contracts.events import NATIONAL_CALENDAR
from shared.errors import Later
from shared.offices import OfficeCache
from shared.runtime import Runtime, Transaction
from shared.working_time import Calendar, OfficeHours, Unit

LONG_SECONDS = 300
ASKED_LATELY_SECONDS = 60


@dataclass
class References:
    """What a case needs before it can be opened. What is not here yet makes its event wait; after five minutes health shows it."""

    _calendars: dict[UUID, Calendar] = field(default_factory=dict)
    _lengthened: dict[tuple[UUID, UUID], Calendar] = field(default_factory=dict)
    _steps: dict[tuple[UUID, int | None], Steps] = field(default_factory=dict)
    _published: dict[tuple[UUID, int | None], Published] = field(default_factory=dict)
    _missed: dict[str, tuple[float, float]] = field(default_factory=dict)
    """When each was missed first, and last."""

    async def steps(self, tx: Transaction, version_id: UUID, process: int | None) -> Steps:
        """The steps of a process, not yet planned. Raises Later, ProcessUnknown."""
        if (version_id, process) not in self._steps:
            version = tables.procedure_version
            row = (await tx.run(select(version.c.content, version.c.plain_day).where(version.c.id == version_id))).one_or_none()
            self._found(f"procedure version {version_id}", row)
            assert row
            self._steps[version_id, process] = steps_of(row.content, process, row.plain_day)
        return self._steps[version_id, process]

    async def members(self, tx: Transaction, version_id: UUID) -> tuple[str, ...]:
        """The procedures of a group that has one dossier; none where it is a single procedure, or they are not listed."""
        version = tables.procedure_version
        listed = select(version.c.content["member_procedures"]).where(version.c.id == version_id)
        return tuple((await tx.run(listed)).scalar() or ())

    async def published(self, tx: Transaction, version_id: UUID, process: int | None) -> Published:
        """What else its source says of a process. Raises Later, ProcessUnknown."""
        if (version_id, process) not in self._published:
            self._published[version_id, process] = published_of(await self._content(tx, version_id), process)
        return self._published[version_id, process]

    async def _content(self, tx: Transaction, version_id: UUID) -> Mapping[str, Any]:
        version = tables.procedure_version
        found = (await tx.run(select(version.c.content).where(version.c.id == version_id))).scalar()
        self._found(f"procedure version {version_id}", found)
        assert found is not None
        return found

    async def consultation_limit(self, tx: Transaction, version_id: UUID) -> AnswerLimit | None:
        """How long a consulted office has, where the procedure says so. Raises Later."""
        published: Mapping[str, Any] | None = (await self._content(tx, version_id)).get("consultation_limit")
        if published is None:
            return None
        return AnswerLimit(Decimal(str(published["amount"])), Unit(published["unit"]), published["text"], published=True)

    async def calendar(self, tx: Transaction, version_id: UUID | None) -> Calendar | None:
        """Raises Later."""
        if version_id is not None and version_id not in self._calendars:
            version = tables.calendar_version
            rows = (await tx.run(select(version.c.rows).where(version.c.id == version_id))).scalar()
            self._found(f"calendar version {version_id}", rows)
            assert rows is not None
            self._calendars[version_id] = Calendar.parse(rows, version=str(version_id))
        return self._calendars[version_id] if version_id else None

    async def calendar_until_now(self, tx: Transaction, version_id: UUID | None) -> Calendar | None:
        """A version, and for years after those it knows the newest one of the same key: a case may outlast what it was received under.

        Raises Later.
        """
        known = await self.calendar(tx, version_id)
        if known is None or tx.now.astimezone(VIETNAM).year + 1 in known.known_years:
            return known
        version = tables.calendar_version
        key = select(version.c.key).where(version.c.id == version_id).scalar_subquery()
        newest = select(version.c.id).where(version.c.key == key).order_by(version.c.number.desc(), version.c.published_at.desc()).limit(1)
        newest_id = (await tx.run(newest)).scalar()
        if version_id is None or newest_id in (None, version_id):
            return known
        if (version_id, newest_id) not in self._lengthened:
            newer = await self.calendar(tx, newest_id)
            self._lengthened[version_id, newest_id] = known.followed_by(newer) if newer else known
        return self._lengthened[version_id, newest_id]

    async def newest_calendar(self, tx: Transaction, key: str = NATIONAL_CALENDAR) -> Calendar:
        """The newest version of the calendar of that key. Raises Later."""
        version = tables.calendar_version
        newest = select(version.c.id).where(version.c.key == key).order_by(version.c.number.desc(), version.c.published_at.desc()).limit(1)
        calendar = await self.calendar(tx, (await tx.run(newest)).scalar())
        if calendar is None:
            raise Later(f"No calendar {key} has been published yet.")
        return calendar

    async def hours(self, tx: Transaction, code: str) -> OfficeHours:
        """The sessions of an office. Raises Later."""
        offices: OfficeCache = tx.runtime.facts["offices"]
        if known := (await offices.tree(tx)).get(code):
            return OfficeHours.parse(known.sessions or "")
        # The tree in memory may be a second old.
        row = (await tx.run(select(tables.office.c.sessions).where(tables.office.c.code == code))).one_or_none()
        self._found(f"office {code}", row)
        assert row
        return OfficeHours.parse(row.sessions or "")

    async def health(self, _runtime: Runtime) -> list[str]:
        """What events have been waiting for, for too long. What is no longer asked for was found, here or by another copy."""
        now = time.monotonic()
        return sorted(
            name for name, (first, last) in self._missed.items() if now - first > LONG_SECONDS and now - last < ASKED_LATELY_SECONDS
        )

    def _found(self, name: str, value: Any) -> None:
        if value is None:
            now = time.monotonic()
            self._missed[name] = (self._missed.get(name, (now, now))[0], now)
            raise Later(f"The {name} has not been published here yet.")
        self._missed.pop(name, None)


def references_of(tx: Transaction) -> References:
    return tx.runtime.facts["references"]
