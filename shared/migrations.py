"""Which migration a schema should be at: the highest number in its folder."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

FOLDER: Final = Path(__file__).parent.parent / "migrations"


@cache
def head_of(schema: str) -> str:
    return max(path.name[:4] for path in (FOLDER / schema).glob("[0-9][0-9][0-9][0-9]_*.py"))


async def upgrade(schema: str, url: str) -> None:
    """Bring a schema to its head, as the role that owns it. Only one process migrates at a time; the others wait and find it done."""
    if await version_of(schema, url) == head_of(schema):
        return  # Alembic takes a second to find that out
    await asyncio.to_thread(_upgrade, schema, url)


async def version_of(schema: str, url: str) -> str | None:
    """The migration a schema is at; none if it has never been migrated."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        exists = await connection.scalar(text("select to_regclass(:name)"), {"name": f"{schema}.alembic_version"})
        return await connection.scalar(text(f"select version_num from {schema}.alembic_version")) if exists else None


def _upgrade(schema: str, url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(FOLDER / "alembic.ini", ini_section=schema)
    config.attributes["url"] = url
    command.upgrade(config, "head")
