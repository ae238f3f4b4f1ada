"""Real Postgres for every test: one private server a run, one database a test module's stack, tables emptied between tests."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from shared import migrations, roles
from shared.contracts.peers import Service
from shared.local_postgres import LocalPostgres

# Tests say themselves in which mode and with which settings a service runs; whoever starts them must not.
for name in [name for name in os.environ if name.startswith("MOTCUA_") and name not in {"MOTCUA_LONG", "MOTCUA_POSTGRES_BIN"}] + [
    "DATABASE_URL"
]:
    os.environ.pop(name, None)

# The default renderer shows every local variable of every frame, which takes it seconds per exception.
structlog.configure(processors=[structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)])


LONGEST = ("test_torture.py", "test_whole_life.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, and nobody waits for it alone at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[LocalPostgres]:
    with LocalPostgres(home, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def database_urls(home: Path, postgres: LocalPostgres) -> dict[Service, str]:
    """Migrated schemas, each with the URL of the role that owns it."""
    passwords = roles.service_passwords(home)
    urls = {service: roles.service_url(postgres.owner_url, service, passwords[service]) for service in Service}

    async def prepare() -> None:
        await roles.prepare(postgres.owner_url, passwords)
        for service, url in urls.items():
            await migrations.upgrade(service, url)

    asyncio.run(prepare())
    return urls
