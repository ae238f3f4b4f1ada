"""Calendars: loading one, and keeping those that lie over it in step. Every version is told; loading twice changes nothing."""

from collections.abc import Sequence

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.intake import calendars, tables
from services.intake.calendars import Calendars, Version
from services.intake.catalogue import raise_revision
from services.intake.domain.calendars import must_be_rows
from shared.contracts.events import NATIONAL_CALENDAR, CalendarPublished
from shared.ids import uuid7
from shared.runtime import Transaction
from shared.working_time import CalendarDay, read_days, write_days

OPERATOR = "operator"


async def load_calendar(tx: Transaction, rows: str, *, key: str = NATIONAL_CALENDAR) -> tuple[str, ...]:
    """The calendars that got a new version: this one and those laid over it; none where nothing is new.

    For an office, `rows` are its own only. Raises CalendarWrong, CalendarRowsWrong, NotFound, NoCalendar.
    """
    own = read_days(rows)
    known = await to_change(tx)
    if key != NATIONAL_CALENDAR:
        must_be_rows(own, known.whole(base_for(known, key)))
    return await lay(tx, known, key, own, by=OPERATOR)


async def to_change(tx: Transaction) -> Calendars:
    """All calendars, held so that nobody else changes one before this transaction ends."""
    await tx.run(text(f"lock table {tables.calendar.fullname} in share row exclusive mode"))
    return await calendars.read(tx)


def base_for(known: Calendars, key: str) -> Version:
    """What the calendar of an office lies over, or would. Raises NotFound, NoCalendar."""
    in_force = known.of_office(key)
    return known.base_of(key) or in_force


async def lay(tx: Transaction, known: Calendars, key: str, own: Sequence[CalendarDay], *, by: str) -> tuple[str, ...]:
    """Give a calendar these own rows, and a new version to all that lie over it. Raises CalendarWrong."""
    if key in known.in_force and known.in_force[key].own_rows == write_days(own):
        return ()
    await _publish(tx, known, key, own, by)
    return (key, *await _keep_in_step(tx, known, by))


async def keep_in_step(tx: Transaction) -> tuple[str, ...]:
    """After offices moved in their tree: calendars that now lie over another one get a new version."""
    return await _keep_in_step(tx, await to_change(tx), OPERATOR)


async def _keep_in_step(tx: Transaction, known: Calendars, by: str) -> tuple[str, ...]:
    moved: list[str] = []
    for key in known.from_the_top():
        version, base = known.in_force[key], known.base_of(key)
        if base and version.based_on != base.id:
            await _publish(tx, known, key, version.own, by)
            moved.append(key)
    return tuple(moved)


async def _publish(tx: Transaction, known: Calendars, key: str, own: Sequence[CalendarDay], by: str) -> None:
    before, base = known.in_force.get(key), known.base_of(key)
    whole = write_days(known.merged(key, own).days)
    number = before.number + 1 if before else 1
    version = Version(uuid7(), key, number, write_days(own), base.id if base else None, tx.now)
    await tx.run(
        insert(tables.calendar_version).values(
            id=version.id,
            key=key,
            number=number,
            rows=whole,
            own_rows=version.own_rows,
            based_on=version.based_on,
            loaded_at=tx.now,
            loaded_by=by,
        )
    )
    told = tables.calendar.c.told
    fresh = insert(tables.calendar).values(key=key, version_id=version.id, told=1)
    again = fresh.on_conflict_do_update(index_elements=["key"], set_={"version_id": version.id, "told": told + 1}).returning(told)
    event = CalendarPublished(version_id=version.id, key=key, number=number, rows=whole, published_at=tx.now)
    await tx.publish(f"calendar:{key}", (await tx.run(again)).scalar_one(), event)
    await raise_revision(tx)
    known.in_force[key] = version


async def resend(tx: Transaction) -> int:
    """Publish every calendar in force again; one comes after what it lies over."""
    version, current = tables.calendar_version, tables.calendar
    rows = (await tx.run(select(version, current.c.told).join(current, current.c.version_id == version.c.id).order_by(version.c.id))).all()
    for row in rows:
        await tx.run(update(current).where(current.c.key == row.key).values(told=row.told + 1))
        event = CalendarPublished(version_id=row.id, key=row.key, number=row.number, rows=row.rows, published_at=tx.now)
        await tx.publish(f"calendar:{row.key}", row.told + 1, event)
    return len(rows)
