"""A private PostgreSQL in the home directory, for tests and for the embedded mode, when no DATABASE_URL is given.

Any number of processes may use it at once. Everything is in home/postgres, the socket's directory aside:

    data, log, password        the server's
    socket                     the path of the socket's directory, and of the home it is for
    users                      locked, shared, by everyone who uses the server: the last one out stops it
    turn                       locked by whoever is starting or stopping it
    alive                      locked by the server and all its children, so by nobody once the last of them is gone
"""

import fcntl
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from shared.home import kept
from shared.postgres_binaries import PostgresUnavailable, find_binaries, version_of

PORT: Final = 5432
LONGEST_SOCKET_PATH: Final = 103  # what macOS allows; Linux allows four bytes more
PATIENCE_SECONDS: Final = 60
PAUSE_SECONDS: Final = 0.02

SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "log_line_prefix": "%m [%p] ",
    # The log must not hold what the rows hold: names, phones, citizen ids.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
DURABLE: Final = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
NOT_DURABLE: Final = dict.fromkeys(DURABLE, "off")


class LocalPostgres:
    """One user's share of the server in `home`. All methods block; asynchronous code calls them in a thread."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """`durable=False` is for tests: faster, and a power cut loses data. It is the one who starts the server that decides."""
        self._root = home.absolute() / "postgres"
        self._data = self._root / "data"
        self._durable = durable
        self._binaries = find_binaries()
        self._share: int | None = None

    @property
    def owner_url(self) -> str:
        """For SQLAlchemy. It stays the same when the server is started again."""
        return f"postgresql+asyncpg://{self._address}"

    @property
    def dsn(self) -> str:
        """For psql, asyncpg itself, and whatever else speaks libpq's language."""
        return f"postgresql://{self._address}"

    @property
    def _address(self) -> str:
        password = kept(self._root, "password", _new_password)
        # Unless the port is said, PGPORT in the environment is believed.
        return f"motcua:{password}@/motcua?host={quote(self._socket_directory, safe='')}&port={PORT}"

    @property
    def _socket_directory(self) -> str:
        return (self._root / "socket").read_text().splitlines()[0]

    def start(self) -> Self:
        """Take a share in the server, starting it if it does not run. Raises PostgresUnavailable."""
        if self._share is None:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._turn():
                share = _open(self._root / "users")
                fcntl.flock(share, fcntl.LOCK_SH)
                try:
                    self._revive()
                except BaseException:
                    os.close(share)
                    raise
                self._share = share
        return self

    def stop(self) -> None:
        """Give the share back; the last one out stops the server."""
        if self._share is not None:
            with self._turn():
                fcntl.flock(self._share, fcntl.LOCK_UN)
                os.close(self._share)
                self._share = None
                if (nobody_left := _locked(self._root / "users")) is not None:
                    os.close(nobody_left)
                    self._shut_down()

    def ensure_running(self) -> None:
        """Start the server again if it was killed under us. For any sharer whose connections fail; costs 10 ms if all is well."""
        with self._turn():
            self._revive()

    def listens(self) -> bool:
        """Whether somebody stands at the socket: the cheapest sign of life, for looking often."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(3)
                line.connect(f"{self._socket_directory}/.s.PGSQL.{PORT}")
            return True
        except OSError:
            return False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @contextmanager
    def _turn(self) -> Generator[None]:
        descriptor = _open(self._root / "turn")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _revive(self) -> None:
        server: subprocess.Popen[bytes] | None = None
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if time.monotonic() > give_up_at:
                raise PostgresUnavailable(f"The PostgreSQL on {self._data} does not answer.{self._log_tail()}")
            if server and server.poll() is not None:
                if server.returncode != -signal.SIGKILL:
                    shutil.rmtree(self._socket_directory, ignore_errors=True)
                    raise PostgresUnavailable(f"PostgreSQL did not start (exit code {server.returncode}).{self._log_tail()}")
                server = None
            # After kill -9 of the server its children live on for about a second, and a start in that second would fail.
            if server is None and (alive := _locked(self._root / "alive")) is not None:
                try:
                    server = self._launch(alive)
                finally:
                    os.close(alive)
            time.sleep(PAUSE_SECONDS)

    def _launch(self, alive: int) -> subprocess.Popen[bytes]:
        """A server that inherits the descriptor `alive`, and with it the lock."""
        if not self._data.exists():
            self._create(alive)
        self._check_version()
        directory = self._make_socket_directory()
        # A dead server's, since `alive` is ours: their process ids may be somebody else's by now, and would stop the new one.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        (directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        place = str(directory).replace('"', '""')
        settings = SETTINGS | {"unix_socket_directories": f'"{place}"'} | (DURABLE if self._durable else NOT_DURABLE)
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with (self._root / "log").open("ab") as log:
            server = subprocess.Popen(
                self._command(self._binaries / "postgres", "-D", self._data, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[alive],
                env=_environment(),
                # Ctrl-C at the terminal is for us; we stop the server when we are done.
                start_new_session=True,
            )
        # Somebody must collect it when it ends, whoever stops it.
        threading.Thread(target=server.wait, name="postgres", daemon=True).start()
        return server

    def _create(self, alive: int) -> None:
        """Make the data directory, under another name first: a kill in the middle must not leave half a database."""
        unfinished = self._root / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        kept(self._root, "password", _new_password)
        # The builtin locale folds Vietnamese case the same way on every system.
        builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        locale = builtin if version_of(self._binaries) >= 17 else ("--locale=C.UTF-8",)
        self._run(
            alive,
            *(self._binaries / "initdb", "-D", unfinished, "--username=motcua", f"--pwfile={self._root / 'password'}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", *locale, "--data-checksums", "--no-instructions"),
            *(() if self._durable else ("--no-sync",)),
        )
        # In single-user mode nobody else can come in before the doors are set.
        self._run(
            alive,
            *(self._binaries / "postgres", "--single", "-D", unfinished, "template1"),
            told="CREATE DATABASE motcua\nREVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC\n",
        )
        unfinished.rename(self._data)
        _sync(self._root)

    def _check_version(self) -> None:
        made_by, ours = (self._data / "PG_VERSION").read_text().strip(), version_of(self._binaries)
        if made_by != str(ours):
            raise PostgresUnavailable(
                f"The data in {self._data} were made by PostgreSQL {made_by}, and the programs in {self._binaries} are version {ours}. "
                "Name the bin directory of the former in MOTCUA_POSTGRES_BIN, or move the data with pg_upgrade."
            )

    def _run(self, alive: int, *command: str | Path, told: str = "") -> None:
        done = subprocess.run(
            self._command(*command),
            input=told,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[alive],
            env=_environment(),
            start_new_session=True,
            check=False,
        )
        # In single-user mode a refused statement leaves the exit code at 0.
        if done.returncode != 0 or "ERROR:" in done.stdout:
            name = Path(command[0]).name
            raise PostgresUnavailable(f"{name} failed (exit code {done.returncode}):\n{done.stdout[-2000:]}")

    def _command(self, *command: str | Path) -> list[str]:
        words = [str(word) for word in command]
        if os.geteuid() != 0:
            return words
        writes_to = [str(self._root)]
        if self._data.exists():
            writes_to.append(self._socket_directory)
        return [sys.executable, "-I", "-S", str(Path(__file__).with_name("unprivileged.py")), *writes_to, "--", *words]

    def _make_socket_directory(self) -> Path:
        """The one used last time, for the URLs that are out there; else a fresh one. Never one that another user made.

        A copied home brings along a note about a socket that is still the other's.
        """
        noted = self._root / "socket"
        if noted.exists() and noted.read_text().splitlines()[1] == str(self._root):
            known = Path(self._socket_directory)
            with suppress(OSError):
                known.mkdir(mode=0o700)
                return known
            with suppress(OSError):
                if known.lstat().st_uid == self._data.stat().st_uid and not known.is_symlink():
                    return known
        fresh = Path(tempfile.mkdtemp(prefix="motcua-", dir=_temporary_directory()))
        unfinished = self._root / "socket.new"
        unfinished.write_text(f"{fresh}\n{self._root}\n")
        unfinished.rename(noted)
        return fresh

    def _answers(self) -> bool:
        if not (self._root / "socket").exists():
            return False
        address = ("-h", self._socket_directory, "-p", str(PORT), "-U", "motcua", "-d", "motcua")
        question = [self._binaries / "pg_isready", "--quiet", "--timeout=3", *address]
        return subprocess.run(question, env=_environment(), check=False).returncode == 0

    def _shut_down(self) -> None:
        """Fast, and if that takes too long at once, which costs the next start a recovery but nobody a row."""
        for order, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10)):
            # A server that does not answer is dead or dying: its process id may be somebody else's by now.
            if self._answers():
                with suppress(ProcessLookupError):
                    os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), order)
            give_up_at = time.monotonic() + seconds
            while time.monotonic() < give_up_at:
                if (all_gone := _locked(self._root / "alive")) is not None:
                    os.close(all_gone)
                    shutil.rmtree(self._socket_directory, ignore_errors=True)
                    return
                time.sleep(PAUSE_SECONDS)
        raise PostgresUnavailable(f"PostgreSQL did not stop.{self._log_tail()}")

    def _log_tail(self) -> str:
        log = self._root / "log"
        lines = log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f" The end of its log, {log}:", *lines])


def _temporary_directory() -> str:
    """The system's, unless a socket's path would be too long there, or be read as a list of hosts."""
    usual = tempfile.gettempdir()
    example = f"{usual}/motcua-12345678/.s.PGSQL.{PORT}"
    return usual if len(os.fsencode(example)) <= LONGEST_SOCKET_PATH and not set(",:") & set(usual) else "/tmp"


def _environment() -> dict[str, str]:
    """Ours without what steers PostgreSQL: PGPORT, PGDATA, the language of its log."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))} | {"TZ": "UTC"}


def _new_password() -> str:
    return secrets.token_urlsafe(24)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _locked(path: Path) -> int | None:
    """A descriptor that holds the exclusive lock on `path` until it is closed, or None if somebody else has it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _sync(directory: Path) -> None:
    """Make a rename in `directory` outlive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
