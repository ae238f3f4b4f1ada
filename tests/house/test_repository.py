"""The repository itself: migrations make the tables the code knows, settings are listed, imports keep their direction."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData
from sqlalchemy.ext.asyncio import create_async_engine

from services.intake.settings import IntakeSettings
from services.notifications.settings import NotificationsSettings
from services.processing.settings import ProcessingSettings
from shared.contracts.peers import Service
from shared.migrations import FOLDER
from shared.settings import ServiceSettings

ROOT: Final = Path(__file__).parents[2]
SETTINGS: Final = (IntakeSettings, ProcessingSettings, NotificationsSettings)


def differences(service: Service, connection: Connection) -> list[Any]:
    """What a new migration would have to do so that the schema is as `tables.py` says."""
    metadata: MetaData = importlib.import_module(f"services.{service}.tables").metadata
    options = {
        "version_table_schema": service.value,
        "include_schemas": True,
        "include_name": lambda name, kind, _: name == service if kind == "schema" else True,
    }
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


@pytest.mark.parametrize("service", Service)
async def test_migrations_make_the_tables_the_code_knows(database_urls: dict[Service, str], service: Service) -> None:
    engine = create_async_engine(database_urls[service])
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda plain: differences(service, plain))
    await engine.dispose()

    assert found == []


@pytest.mark.parametrize("service", Service)
def test_migrations_are_numbered_without_gaps(service: Service) -> None:
    numbers = sorted(int(path.name[:4]) for path in (FOLDER / service).glob("[0-9]*.py"))

    assert numbers == list(range(1, len(numbers) + 1))


def test_imports_keep_their_direction() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 0, done.stdout


def names_of(settings: type[ServiceSettings]) -> set[str]:
    return {field.alias or f"MOTCUA_{name.upper()}" for name, field in settings.model_fields.items()}


def test_the_example_of_an_environment_lists_every_setting_and_no_other() -> None:
    example = ROOT / "deploy" / ".env.example"
    if not example.exists():
        pytest.skip("there is no example yet")

    listed = set(re.findall(r"^#?\s*([A-Z][A-Z_]+)=", example.read_text("utf-8"), re.MULTILINE))
    wanted = set.union(*(names_of(settings) for settings in SETTINGS))
    assert wanted - listed == set()
    assert {name for name in listed - wanted if name.startswith("MOTCUA_")} == set()


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.__name__)
def test_no_secret_has_a_default(settings: type[ServiceSettings]) -> None:
    for name, field in settings.model_fields.items():
        if "SecretStr" in str(field.annotation):
            assert field.is_required() or not field.get_default(call_default_factory=True, validated_data={}), name


def tracked() -> list[Path]:
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if told.returncode:
        pytest.skip("not a checkout")
    return [ROOT / name for name in told.stdout.split("\0") if name]


def test_nothing_mentions_the_machine_it_was_written_on() -> None:
    # Put together here, so that this file does not find itself.
    foreign = re.compile(
        "|".join(("/wor" + "k/", "/roo" + "t/", "/hom" + "e/[a-z]", "sand" + "box", "cla" + "ude", "anth" + "ropic")), re.IGNORECASE
    )
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in tracked()
        if path.is_file() and path.suffix in {".py", ".md", ".toml", ".yml", ".yaml", ".sql", ".ini", ".sh", "", ".cfg", ".json"}
        for line in path.read_text("utf-8", errors="ignore").splitlines()
        if foreign.search(line)
    ]

    assert found == []
