"""The environment of all three histories: the section's name is the schema, the service's own role makes its own tables."""

import asyncio
import importlib
import os
from typing import Any

from alembic import context
from alembic.operations.ops import CreateTableOp, ExecuteSQLOp, MigrationScript
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.only_grows import ONLY_GROWS, function_of, guard_of

config = context.config
schema = config.config_ini_section
metadata: MetaData = importlib.import_module(f"services.{schema}.tables").metadata


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Autogenerate looks at our own schema only, or it would drop the others' tables."""
    return name == schema if kind == "schema" else True


def guard_what_only_grows(_context: Any, _revision: Any, directives: list[MigrationScript]) -> None:
    """A new table that only grows gets its guard in the migration that makes it. Autogenerate itself knows no triggers."""
    made = directives[0].upgrade_ops
    assert made is not None
    growing = [
        op.table_name
        for op in made.ops
        if isinstance(op, CreateTableOp) and metadata.tables[f"{schema}.{op.table_name}"].info == ONLY_GROWS
    ]
    if growing:
        made.ops += [ExecuteSQLOp(function_of(schema)), *(ExecuteSQLOp(guard_of(schema, table)) for table in growing)]


def migrate(connection: Connection) -> None:
    # One migration at a time, however many copies start; a table in use makes it wait 5 s at most.
    connection.execute(text("select pg_advisory_lock(hashtext(:schema))"), {"schema": f"migrate {schema}"})
    connection.execute(text("set lock_timeout = '5s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=schema,
        include_schemas=True,
        include_name=include_name,
        compare_server_default=False,
        process_revision_directives=guard_what_only_grows,
    )
    with context.begin_transaction():
        context.run_migrations()


async def connect() -> None:
    url = config.attributes.get("url") or os.environ[f"MOTCUA_{schema.upper()}_DATABASE_URL"]
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


asyncio.run(connect())
