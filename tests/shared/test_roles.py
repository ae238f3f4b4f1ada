"""A role per service: it owns its own schema, and the database itself keeps it out of the others'."""

import asyncio
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url

from shared.local_postgres import LocalPostgres
from shared.postgres_binaries import find_binaries
from shared.roles import prepare, service_passwords, service_url

ROLES_SQL = Path(__file__).parents[2] / "deploy" / "roles.sql"
WHAT_IS_PREPARED = """
SELECT nspname::text AS name, nspowner::regrole::text AS owner, nspacl::text AS rights FROM pg_namespace WHERE nspname !~ '^pg_'
UNION ALL SELECT 'database', datdba::regrole::text, datacl::text FROM pg_database WHERE datname = current_database()
UNION ALL SELECT rolname, rolcanlogin::text, rolconfig::text FROM pg_roles WHERE rolname ~ '^motcua_'
UNION ALL SELECT extname, extnamespace::regnamespace::text, NULL FROM pg_extension WHERE extname = 'pg_trgm'
ORDER BY 1
"""


@pytest.fixture(scope="module")
def superuser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of our own: roles belong to the whole server."""
    with LocalPostgres(tmp_path_factory.mktemp("home"), durable=False) as server:
        yield server.owner_url


@pytest.fixture(scope="module")
async def owner(superuser: str) -> str:
    """Where an administrator gives us a database, its owner is no superuser."""
    await run(superuser, "CREATE ROLE dba LOGIN CREATEROLE PASSWORD 'p'", "CREATE DATABASE office OWNER dba", "SELECT 1")
    return make_url(superuser).set(username="dba", password="p", database="office").render_as_string(hide_password=False)


@pytest.fixture(scope="module")
async def passwords(owner: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    passwords = service_passwords(tmp_path_factory.mktemp("passwords"))
    await prepare(owner, passwords)
    return passwords


async def run(url: str, *statements: str) -> Any:
    """The rows of the last one."""
    connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return [tuple(row) for row in await connection.fetch(statements[-1])]
    finally:
        await connection.close()


def run_script(psql: Path, url: str) -> None:
    subprocess.run([psql, "--quiet", "--no-psqlrc", "--dbname", url, "--file", ROLES_SQL], check=True, capture_output=True)


async def test_a_service_owns_its_schema_and_finds_words_with_trigrams(owner, passwords):
    desk = service_url(owner, "intake", passwords["intake"])

    rows = await run(desk, "CREATE TABLE intake.dossier AS SELECT 'Đặng' AS name", "SELECT name FROM intake.dossier WHERE name % 'đặng'")

    assert rows == [("Đặng",)]
    assert await run(desk, "SELECT current_user::text, current_schemas(false)::text[]") == [("motcua_intake", ["public"])]


@pytest.mark.parametrize(
    "trespass",
    [
        "SELECT * FROM processing.secret",
        "INSERT INTO processing.secret VALUES (2)",
        "CREATE TABLE processing.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (id int)",
        "SET ROLE motcua_processing",
        "ALTER ROLE motcua_processing PASSWORD 'mine'",
    ],
)
async def test_a_service_stays_in_its_schema(owner, passwords, trespass):
    agency = service_url(owner, "processing", passwords["processing"])
    await run(agency, "CREATE TABLE IF NOT EXISTS processing.secret (id int)", "TABLE processing.secret")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(service_url(owner, "intake", passwords["intake"]), trespass)

    assert await run(agency, "TABLE processing.secret") == []


async def test_a_service_may_not_enter_the_other_databases(owner, passwords):
    elsewhere = make_url(service_url(owner, "intake", passwords["intake"])).set(database="postgres")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await run(elsewhere.render_as_string(hide_password=False), "SELECT 1")


async def test_a_peers_password_opens_nothing(owner, passwords):
    with pytest.raises(asyncpg.InvalidPasswordError):
        await run(service_url(owner, "intake", passwords["processing"]), "SELECT 1")


async def test_to_prepare_again_and_at_once_changes_nothing_but_passwords(owner, passwords):
    before = await run(owner, WHAT_IS_PREPARED)

    await asyncio.gather(*(prepare(owner, passwords | {"intake": 'it\'s "new" $1 :x %s'}) for _ in range(4)))

    assert await run(owner, WHAT_IS_PREPARED) == before
    assert await run(service_url(owner, "intake", 'it\'s "new" $1 :x %s'), "SELECT 1") == [(1,)]
    await prepare(owner, passwords)


async def test_odd_names_are_only_names(owner):
    await prepare(owner, {'x"; DROP SCHEMA intake; --': "odd"})

    assert await run(owner, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'x%'") == [(1,)]
    await run(owner, 'DROP SCHEMA "x""; DROP SCHEMA intake; --"', 'DROP OWNED BY "motcua_x""; DROP SCHEMA intake; --"', "SELECT 1")
    await run(owner, 'DROP ROLE "motcua_x""; DROP SCHEMA intake; --"', "SELECT 1")


async def test_a_superuser_can_prepare_a_second_database(superuser, passwords):
    await prepare(superuser, passwords)

    desk = service_url(superuser, "intake", passwords["intake"])
    assert await run(desk, "CREATE TABLE intake.dossier (id int)", "TABLE intake.dossier") == []


async def test_the_administrators_script_prepares_the_same(superuser, owner, passwords):
    if not (psql := find_binaries() / "psql").exists():
        pytest.skip("these binaries come without psql")
    await run(superuser, "CREATE DATABASE by_hand OWNER dba", "SELECT 1")
    by_hand = make_url(owner).set(database="by_hand", drivername="postgresql").render_as_string(hide_password=False)

    for _ in range(2):
        run_script(psql, by_hand)

    assert await run(by_hand, WHAT_IS_PREPARED) == await run(owner, WHAT_IS_PREPARED)


def test_passwords_are_made_once_and_kept_from_others(tmp_path):
    first, second = service_passwords(tmp_path), service_passwords(tmp_path)

    assert first == second
    assert set(first) == {"intake", "processing", "notifications"}
    assert len({password for password in first.values() if len(password) >= 32}) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
