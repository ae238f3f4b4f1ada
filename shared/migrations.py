"""Which migration a schema should be at: the highest number in its folder."""

import asyncio
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent.parent / "migrations"


@cache
def head_of(schema: str) -> str:
    return max(path.name[:4] for path in (FOLDER / schema).glob("[0-9][0-9][0-9][0-9]_*.py"))


async def upgrade(schema: str, url: str) -> None:
    """Bring a schema to its head, as the role that owns it. Only one process migrates at a time; the others wait and find it done."""
    await asyncio.to_thread(_upgrade, schema, url)


def _upgrade(schema: str, url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(FOLDER / "alembic.ini", ini_section=schema)
    config.attributes["url"] = url
    command.upgrade(config, "head")
