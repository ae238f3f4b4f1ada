"""Reference data as intake publishes it: every version is kept, a version that comes again replaces itself."""

from collections.abc import Mapping

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from services.processing import tables
from shared import offices
from shared.contracts.events import CalendarPublished, OfficePublished, ProcedurePublished
from shared.runtime import Transaction
from shared.wire import Envelope


async def keep_procedure(tx: Transaction, event: ProcedurePublished, _envelope: Envelope) -> None:
    await _keep(tx, tables.procedure_version, event.model_dump() | {"id": event.version_id})


async def keep_calendar(tx: Transaction, event: CalendarPublished, _envelope: Envelope) -> None:
    await _keep(tx, tables.calendar_version, event.model_dump() | {"id": event.version_id})


async def keep_office(tx: Transaction, event: OfficePublished, envelope: Envelope) -> None:
    await offices.keep(tx, tables.office, event, told=envelope.sequence)


async def _keep(tx: Transaction, table: Table, told: Mapping[str, object]) -> None:
    values = {name: value for name, value in told.items() if name in table.c}
    fresh = insert(table).values(values)
    await tx.run(fresh.on_conflict_do_update(index_elements=["id"], set_={name: fresh.excluded[name] for name in values if name != "id"}))
