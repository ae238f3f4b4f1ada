"""Reference data: procedures, offices, who is competent. Every change is told, and loading twice changes nothing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Text, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from services.intake import tables
from services.intake.catalogue import raise_revision
from services.intake.commands import calendars
from services.intake.domain.catalogue_file import Entry
from services.intake.domain.catalogue_warnings import CatalogueWarning, warnings_of
from services.intake.domain.choices import PlainDay
from shared.contracts.events import OfficePublished, ProcedurePublished
from shared.contracts.time import TimeTerms
from shared.errors import NotFound
from shared.ids import uuid7
from shared.office_tree import Office, OfficeTree
from shared.offices import keep, office_of
from shared.runtime import Transaction


@dataclass(frozen=True)
class Loaded:
    """What loading a catalogue did."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    warnings: tuple[CatalogueWarning, ...] = ()


async def load_catalogue(
    tx: Transaction, entries: Sequence[Entry], *, plain_day: PlainDay | None = None, valid_from: date | None = None
) -> Loaded:
    """New entries are added, changed ones become a new version; dossiers keep the version they were received under.

    `plain_day` None: as the entry was read before (an administrator may have set it), calendar days for a new one.
    """
    known = {row.key: row for row in await tx.run(_current())}
    warnings = warnings_of((entry.procedure for entry in entries), on=tx.now.date())
    new = changed = 0
    for entry in entries:
        before = known.get(entry.key)
        reading = plain_day or (PlainDay(before.plain_day) if before else PlainDay.CALENDAR)
        if before and _same(before, entry, reading, valid_from):
            continue
        new, changed = new + (before is None), changed + (before is not None)
        await _publish(tx, entry, before, reading, valid_from, [warning for warning in warnings if warning.entry == entry.key])
    if new or changed:
        await raise_revision(tx)
    return Loaded(new, changed, len(entries) - new - changed, warnings)


def _current() -> Any:
    version, procedure = tables.procedure_version, tables.procedure
    return select(version, procedure.c.told).join(procedure, procedure.c.version_id == version.c.id)


def _same(before: Row[Any], entry: Entry, plain_day: PlainDay, valid_from: date | None) -> bool:
    return (
        before.content_hash == entry.content_hash
        and before.plain_day == plain_day
        and before.valid_from == (valid_from or entry.procedure.effective_on)
    )


async def _publish(
    tx: Transaction,
    entry: Entry,
    before: Row[Any] | None,
    plain_day: PlainDay,
    valid_from: date | None,
    warnings: Iterable[CatalogueWarning],
) -> None:
    number = before.number + 1 if before else 1
    told = before.told + 1 if before else 1
    event = ProcedurePublished(
        version_id=uuid7(),
        key=entry.key,
        number=number,
        plain_day=plain_day,
        valid_from=valid_from or entry.procedure.effective_on,
        content=json.loads(entry.content),
    )
    await tx.run(
        insert(tables.procedure_version).values(
            id=event.version_id,
            key=entry.key,
            number=number,
            content=cast(literal(entry.content, Text), JSONB),
            content_hash=entry.content_hash,
            plain_day=plain_day,
            valid_from=event.valid_from,
            warnings=[{"field": warning.field, "text": warning.text} for warning in warnings],
            loaded_at=tx.now,
        )
    )
    current = {"version_id": event.version_id, "plain_day": plain_day, "told": told}
    fresh = insert(tables.procedure).values(key=entry.key, **current)
    await tx.run(fresh.on_conflict_do_update(index_elements=["key"], set_=current))
    await tx.publish(entry.key, told, event)


async def load_offices(tx: Transaction, offices: Sequence[Office]) -> int:
    """Insert or change offices; how many changed. Raises OfficesRefused where they and those known before make no tree."""
    rows = {row.code: row for row in await tx.run(select(tables.office))}
    known = {code: office_of(row) for code, row in rows.items()}
    OfficeTree(known | {office.code: office for office in offices}).must_hold_together()
    changed = [office for office in offices if known.get(office.code) != office]
    for office in changed:
        event = OfficePublished(**asdict(office))
        told = rows[office.code].told + 1 if office.code in rows else 1
        await keep(tx, tables.office, event, told=told)
        await tx.publish(f"office:{office.code}", told, event)
    if changed:
        await calendars.keep_in_step(tx)
        await raise_revision(tx)
    return len(changed)


async def bind(tx: Transaction, office_code: str, key: str, *, by: str) -> None:
    """Make an office competent for a procedure. Raises NotFound."""
    if not (await tx.run(select(tables.office.c.code).where(tables.office.c.code == office_code))).scalar():
        raise NotFound(f"There is no office {office_code}.")
    if not (await tx.run(select(tables.procedure.c.key).where(tables.procedure.c.key == key))).scalar():
        raise NotFound(f"There is no procedure {key} in the catalogue.")
    bound = insert(tables.competence).values(office=office_code, procedure=key, bound_at=tx.now, bound_by=by).on_conflict_do_nothing()
    if (await tx.run(bound)).rowcount:
        await raise_revision(tx)


async def set_policies(tx: Transaction, key: str, policies: TimeTerms) -> None:
    """How the time of dossiers is counted that are accepted from now on; those received keep their terms. Raises NotFound."""
    table = tables.procedure
    changed = update(table).where(table.c.key == key).values(policies=policies.model_dump(mode="json", exclude={"limits"}))
    if not (await tx.run(changed)).rowcount:
        raise NotFound(f"There is no procedure {key} in the catalogue.")
    await raise_revision(tx)


async def revision(tx: Transaction) -> int:
    return (await tx.run(select(func.max(tables.catalogue_revision.c.number)))).scalar() or 0


async def resend(tx: Transaction, kind: str) -> int:
    """Publish the present version of every entry of a kind as a new event; peers take them as upserts by version."""
    publish = {"procedure.published": _resend_procedures, "office.published": _resend_offices, "calendar.published": calendars.resend}
    return await publish[kind](tx)


async def _resend_procedures(tx: Transaction) -> int:
    rows = (await tx.run(_current())).all()
    for row in rows:
        await tx.run(update(tables.procedure).where(tables.procedure.c.key == row.key).values(told=row.told + 1))
        event = ProcedurePublished(
            version_id=row.id,
            key=row.key,
            number=row.number,
            plain_day=row.plain_day,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            content=row.content,
        )
        await tx.publish(row.key, row.told + 1, event)
    return len(rows)


async def _resend_offices(tx: Transaction) -> int:
    rows = (await tx.run(select(tables.office))).mappings().all()
    for row in rows:
        await tx.run(update(tables.office).where(tables.office.c.code == row["code"]).values(told=row["told"] + 1))
        await tx.publish(f"office:{row['code']}", row["told"] + 1, OfficePublished.model_validate(dict(row)))
    return len(rows)
