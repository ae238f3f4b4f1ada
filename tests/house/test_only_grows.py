"""The journal only grows, and so do the log of events, the book of money and that of the staff: the database refuses all else."""

import importlib
from typing import Final

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.exc import DBAPIError

from shared.contracts.peers import Service
from shared.only_grows import GUARD, ONLY_GROWS
from tests.house.conftest import House
from tests.stack import rows

INTAKE, PROCESSING, NOTIFICATIONS = Service
GROWING: Final = {
    INTAKE: {"journal", "event", "fee_entry"},
    PROCESSING: {"journal", "event", "staff_log"},
    NOTIFICATIONS: {"event"},
}
ALL: Final = [(service, table) for service, tables in GROWING.items() for table in sorted(tables)]


@pytest.mark.parametrize("service", Service)
async def test_what_only_grows_is_guarded_by_the_database(house: House, service: Service) -> None:
    metadata: MetaData = importlib.import_module(f"services.{service}.tables").metadata
    query = (
        "select relname::text as name from pg_trigger join pg_class on pg_class.oid = tgrelid"
        f" where tgname = '{GUARD}' and tgenabled = 'O' and relnamespace = '{service}'::regnamespace"
    )

    said = {table.name for table in metadata.sorted_tables if table.info == ONLY_GROWS}
    guarded = {row["name"] for row in await rows(house.stack.runtime(service), query)}

    assert said == guarded == GROWING[service]


@pytest.mark.parametrize("change", ["update {} set {} = {}", "delete from {}", "truncate {}"])
@pytest.mark.parametrize(("service", "table"), ALL)
async def test_the_service_itself_can_neither_change_it_nor_take_anything_away(
    house: House, service: Service, table: str, change: str
) -> None:
    runtime = house.stack.runtime(service)
    before = await rows(runtime, f"select count(*) as n from {service}.{table}")
    column = "at" if table != "event" else "time"

    with pytest.raises(DBAPIError, match=f"{table} only grows"):
        async with runtime.engine.begin() as connection:
            await connection.execute(text(change.format(f"{service}.{table}", column, column)))

    assert await rows(runtime, f"select count(*) as n from {service}.{table}") == before


async def test_what_happens_is_still_written(house: House) -> None:
    for service in (INTAKE, PROCESSING):
        assert await rows(house.stack.runtime(service), f"select 1 from {service}.journal limit 1")
    assert await rows(house.stack.runtime(INTAKE), "select 1 from intake.event limit 1")
