"""The private PostgreSQL: ours alone, shared by many processes, and it loses no row it has acknowledged."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.local_postgres import LocalPostgres
from shared.postgres_binaries import PostgresUnavailable, find_binaries, version_of

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
SHARER = """
import sys
from pathlib import Path
from shared.local_postgres import LocalPostgres

with LocalPostgres(Path(sys.argv[1]), durable=False) as server:
    print(server.owner_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPostgres]:
    home = tmp_path_factory.mktemp("home") / ("Một Cửa, a long way down " * 4) / "and 100% \"odd\" 'too'"
    with LocalPostgres(home) as server:
        yield server


@pytest.fixture(scope="module")
def stopped_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("stopped")
    LocalPostgres(home, durable=False).start().stop()
    return home


@pytest.fixture
def home(tmp_path: Path, stopped_home: Path) -> Path:
    """A home whose server has run before; a copy is made faster than a database."""
    return Path(shutil.copytree(stopped_home, tmp_path / "home"))


@pytest.fixture
def empty_home(tmp_path: Path) -> Path:
    return tmp_path / "empty"


@pytest.fixture
def somebody() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with us."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


async def ask(server: LocalPostgres, question: str) -> Any:
    engine = create_async_engine(server.owner_url)
    try:
        async with engine.connect() as connection:
            return await connection.scalar(text(question))
    finally:
        await engine.dispose()


def root_of(server: LocalPostgres) -> Path:
    return server._root


def postmaster(server: LocalPostgres) -> int:
    return int((root_of(server) / "data" / "postmaster.pid").read_text().split()[0])


async def processes(server: LocalPostgres) -> set[int]:
    children = await ask(server, "SELECT array_agg(pid) FROM pg_stat_activity")
    return {postmaster(server), *children}


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def eventually(holds: Callable[[], bool]) -> bool:
    for _ in range(100):
        if holds():
            return True
        await asyncio.sleep(0.02)
    return False


def a_sharer(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SHARER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def started(sharer: subprocess.Popen[str]) -> str:
    assert sharer.stdout
    return sharer.stdout.readline().strip()


def leaves(sharer: subprocess.Popen[str]) -> int:
    sharer.communicate(timeout=20)
    return sharer.returncode


# Ours alone


async def test_the_url_reaches_a_durable_database_that_knows_vietnamese(server):
    assert await ask(server, "SELECT current_database() || ' ' || current_user") == "motcua motcua"
    assert await ask(server, "SELECT lower('ĐẶNG THỊ ƯỚC')") == "đặng thị ước"
    assert await ask(server, "SELECT bool_and(setting = 'on') FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit')") is True


async def test_the_dsn_reaches_it_too(server):
    connection = await asyncpg.connect(server.dsn)

    assert await connection.fetchval("SELECT current_database()") == "motcua"
    await connection.close()


async def test_a_port_in_the_environment_leads_nobody_astray(server, monkeypatch):
    monkeypatch.setenv("PGPORT", "6000")

    server.ensure_running()

    assert await ask(server, "SELECT current_setting('port')") == "5432"


async def test_it_listens_on_no_port(server):
    assert await ask(server, "SHOW listen_addresses") == ""
    assert await ask(server, "SELECT inet_server_addr()") is None


@pytest.mark.parametrize("database", ["motcua", "postgres"])
@pytest.mark.parametrize("password", ["wrong", ""])
async def test_nobody_comes_in_without_the_password(server, database, password):
    url = make_url(server.dsn).set(password=password, database=database)

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url.render_as_string(hide_password=False), passfile=str(root_of(server) / "no such file"))


def test_only_its_owner_may_look_into_its_files(server):
    root, socket = root_of(server), Path(str(make_url(server.dsn).query["host"]))

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root, root / "data", root / "password")}

    assert modes == {"postgres": 0o700, "data": 0o700, "password": 0o600}
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert root not in socket.parents


def test_ctrl_c_at_the_terminal_does_not_reach_it(server):
    assert os.getsid(postmaster(server)) != os.getsid(0)


# Started and stopped


async def test_after_the_stop_no_process_and_no_socket_is_left_and_the_next_start_finds_the_rows(home):
    with LocalPostgres(home) as server:
        url, before = server.owner_url, await processes(server)
        connection = await asyncpg.connect(server.dsn)
        await connection.execute("CREATE TABLE dossier AS SELECT 'H01' AS code")

    assert await eventually(lambda: not any(map(lives, before)))
    assert not os.path.lexists(str(make_url(url).query["host"]))
    with LocalPostgres(home) as again:
        assert await ask(again, "SELECT code FROM dossier") == "H01"
        assert again.owner_url == url


async def test_a_start_that_was_cut_off_is_begun_anew(empty_home):
    half_made = empty_home / "postgres" / "data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18")

    with LocalPostgres(empty_home, durable=False) as server:
        assert await ask(server, "SELECT 1") == 1


@pytest.mark.parametrize(("name", "is_used"), [("a b%c'd\"é", True), ("so deep" * 12, False), ("seven:eight,nine", False)])
async def test_any_temporary_directory_will_do(home, monkeypatch, name, is_used):
    with tempfile.TemporaryDirectory(prefix=name, dir="/tmp") as directory:
        monkeypatch.setattr(tempfile, "tempdir", directory)

        with LocalPostgres(home, durable=False) as server:
            assert await ask(server, "SELECT 1") == 1
            assert (directory in make_url(server.dsn).query["host"]) is is_used


async def test_a_copied_home_has_a_server_and_a_socket_of_its_own(home, tmp_path):
    copy = Path(shutil.copytree(home, tmp_path / "copy"))

    with LocalPostgres(home, durable=False) as server, LocalPostgres(copy, durable=False) as other:
        assert server.owner_url != other.owner_url
        assert await ask(server, "SELECT 1") == await ask(other, "SELECT 1") == 1


def test_a_server_that_cannot_start_says_why(home):
    (home / "postgres" / "data" / "global" / "pg_control").unlink()

    with pytest.raises(PostgresUnavailable, match=r"did not start(.|\n)*pg_control"):
        LocalPostgres(home).start()


def test_data_of_another_version_are_left_alone(home):
    (home / "postgres" / "data" / "PG_VERSION").write_text("9.6")

    with pytest.raises(PostgresUnavailable, match=r"made by PostgreSQL 9\.6"):
        LocalPostgres(home).start()


# Killed


async def test_no_acknowledged_row_is_lost_when_the_server_is_killed(home):
    acknowledged: list[int] = []

    async def write(dsn: str) -> None:
        connection = await asyncpg.connect(dsn)
        try:
            while True:
                acknowledged.append(await connection.fetchval("INSERT INTO dossier DEFAULT VALUES RETURNING id"))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            connection.terminate()

    with LocalPostgres(home) as server:
        url, dsn = server.owner_url, server.dsn
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE dossier (id bigint GENERATED ALWAYS AS IDENTITY)")
        await connection.close()

        for _ in range(2):
            writers = asyncio.gather(*(write(dsn) for _ in range(4)))
            await asyncio.sleep(0.3)
            os.kill(postmaster(server), signal.SIGKILL)
            await writers
            await asyncio.gather(*(asyncio.to_thread(server.ensure_running) for _ in range(3)))

        connection = await asyncpg.connect(dsn)
        present = {row["id"] for row in await connection.fetch("SELECT id FROM dossier")}
        await connection.close()
        assert len(acknowledged) > 50
        assert set(acknowledged) <= present
        assert server.owner_url == url


async def test_a_dead_servers_process_id_may_be_somebody_elses_by_now(home, somebody):
    with LocalPostgres(home, durable=False) as server:
        pid_file, dead = root_of(server) / "data" / "postmaster.pid", postmaster(server)
        os.kill(dead, signal.SIGKILL)
        assert await eventually(lambda: not lives(dead))
        pid_file.write_text(pid_file.read_text().replace(str(dead), str(somebody.pid), 1))

        server.ensure_running()

        assert await ask(server, "SELECT 1") == 1
        assert somebody.poll() is None


async def test_a_server_that_was_killed_can_still_be_left(home):
    with LocalPostgres(home, durable=False) as server:
        before = await processes(server)
        os.kill(postmaster(server), signal.SIGKILL)

    assert await eventually(lambda: not any(map(lives, before)))


# Shared


async def test_of_many_that_start_at_once_one_starts_the_server_and_the_last_one_out_stops_it(empty_home):
    sharers = [a_sharer(empty_home) for _ in range(8)]
    urls = {started(sharer) for sharer in sharers}
    observer = LocalPostgres(empty_home)
    before = await processes(observer)

    assert [leaves(sharer) for sharer in sharers[1:]] == [0] * 7
    assert await ask(observer, "SELECT 1") == 1
    assert leaves(sharers[0]) == 0

    assert urls == {observer.owner_url}
    assert (empty_home / "postgres" / "log").read_text().count("starting PostgreSQL") == 1
    assert await eventually(lambda: not any(map(lives, before)))


async def test_who_is_killed_gives_back_the_share_and_does_not_take_the_server_along(home):
    with a_sharer(home) as killed:
        url = started(killed)
        with LocalPostgres(home) as server:
            before = await processes(server)
            killed.kill()
            killed.wait()

            assert await ask(server, "SELECT 1") == 1
            assert server.owner_url == url

    assert await eventually(lambda: not any(map(lives, before)))


# Found on the machine


@pytest.mark.skipif(not DEBIAN_15.exists(), reason="Debian's PostgreSQL 15 is not installed")
async def test_an_older_server_of_the_machine_will_do(empty_home, monkeypatch):
    monkeypatch.setenv("MOTCUA_POSTGRES_BIN", str(DEBIAN_15))

    with LocalPostgres(empty_home, durable=False) as server:
        assert version_of(find_binaries()) == 15
        assert (await ask(server, "SHOW server_version")).startswith("15.")
        assert await ask(server, "SELECT lower('ĐẶNG')") == "đặng"


def test_a_wrong_place_for_the_binaries_is_named(home, tmp_path, monkeypatch):
    monkeypatch.setenv("MOTCUA_POSTGRES_BIN", str(tmp_path))

    with pytest.raises(PostgresUnavailable, match=str(tmp_path)):
        LocalPostgres(home)


# Where the kernel gives root no user namespace: what belongs to nobody is run by nobody


@pytest.fixture
def nobodys_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    home.chmod(0o755)
    yield home
    shutil.rmtree(home)


def belongs_to_nobody(home: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    (home / "postgres").mkdir(mode=0o700, exist_ok=True)
    os.chown(home / "postgres", nobody.pw_uid, nobody.pw_gid)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root need become somebody else")
async def test_root_can_run_it_as_nobody(nobodys_home, stopped_home):
    if any(not parent.stat().st_mode & stat.S_IXOTH for parent in find_binaries().parents):
        pytest.skip("the binaries lie where nobody may not go")
    shutil.copytree(stopped_home / "postgres", nobodys_home / "postgres")
    belongs_to_nobody(nobodys_home)

    for _ in range(2):
        with LocalPostgres(nobodys_home, durable=False) as server:
            assert await ask(server, "SELECT 1") == 1
            assert os.stat(f"/proc/{postmaster(server)}").st_uid == pwd.getpwnam("nobody").pw_uid


@pytest.mark.skipif(os.geteuid() != 0, reason="only root need become somebody else")
def test_the_directory_that_is_in_nobodys_way_is_named(nobodys_home):
    closed = nobodys_home / "closed"
    (closed / "home").mkdir(parents=True)
    closed.chmod(0o700)
    belongs_to_nobody(closed / "home")

    with pytest.raises(PostgresUnavailable, match=f"may not enter {closed},"):
        LocalPostgres(closed / "home").start()
