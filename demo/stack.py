"""The real processes of a stack: started, waited for, killed and stopped, each by its own pid and nothing else."""

import asyncio
import contextlib
import ctypes
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import httpx

from shared.contracts.peers import Service
from shared.local_postgres import LocalPostgres

ROOT: Final = Path(__file__).parent.parent
LOCAL: Final = "127.0.0.1"
USUAL_PORTS: Final[dict[Service, int]] = {Service.INTAKE: 8001, Service.PROCESSING: 8002, Service.NOTIFICATIONS: 8003}
STARTING_SECONDS: Final = 60
STOPPING_SECONDS: Final = 10
LOCK: Final = "lock"


class StackFailed(Exception):
    """A process did not start, or ended by itself."""


class HomeTaken(Exception):
    """Another run holds this home."""


# ------------------------------------------------------------------------------------------------ the home


@contextlib.contextmanager
def held(home: Path) -> Generator[None]:
    """The home is ours as long as this lasts. Raises HomeTaken."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeTaken(f"Another run is at work in {home}; wait for it, or stop it with Ctrl-C.") from None
        yield


def emptied(home: Path, *names: str) -> None:
    """Throw away what an earlier run left: all of it, or the named things only."""
    if (home / "postgres" / "data" / "postmaster.pid").exists():
        # It was killed with everything else: started once more, it stops as it should and leaves no socket behind.
        LocalPostgres(home).start().stop()
    for left in [home / name for name in names] or [path for path in home.iterdir() if path.name != LOCK]:
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink(missing_ok=True)


# ------------------------------------------------------------------------------------------------ ports


def free_ports() -> dict[Service, int]:
    """Below the range from which the system takes ports for outgoing calls: a killed service finds its port free again."""
    chance = random.SystemRandom()
    found: dict[Service, int] = {}
    while len(found) < len(Service):
        port = chance.randrange(20000, 30000)
        if port not in found.values() and is_free(port):
            found[list(Service)[len(found)]] = port
    return found


def usual_ports() -> dict[Service, int]:
    """8001 to 8003 where they are free, others where not."""
    others = free_ports()
    return {service: port if is_free(port) else others[service] for service, port in USUAL_PORTS.items()}


def is_free(port: int) -> bool:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOCAL, port))
        except OSError:
            return False
    return True


# ------------------------------------------------------------------------------------------------ the processes


class Stack:
    """The gateways' simulators, the embedded database and the three services, in one home."""

    def __init__(self, home: Path, choose_ports: Callable[[], dict[Service, int]] = free_ports) -> None:
        self.home = home
        self.logs = home / "logs"
        self.letters = home / "delivered.jsonl"
        self.postgres = LocalPostgres(home)
        self.gateways: dict[str, Any] = {}
        self._choose_ports = choose_ports
        self._ports: dict[Service, int] = choose_ports()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._database: asyncio.Future[Any] | None = None

    def url_of(self, service: Service) -> str:
        return f"http://{LOCAL}:{self._ports[service]}"

    def pid_of(self, service: Service) -> int:
        return self._running[service].pid

    @property
    def environment(self) -> dict[str, str]:
        """For the services and the operator's command: ours, and nothing of what the caller's shell says of another stack."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_") and name != "DATABASE_URL"}
        own = {"MOTCUA_MODE": "development", "MOTCUA_HOME": str(self.home)}
        urls = {f"MOTCUA_{service.upper()}_URL": self.url_of(service) for service in Service}
        gateways = {
            "MOTCUA_SMS_URL": self.gateways.get("sms_url"),
            "MOTCUA_SMTP_HOST": self.gateways.get("smtp_host"),
            "MOTCUA_SMTP_PORT": self.gateways.get("smtp_port"),
        }
        return inherited | own | urls | {name: str(value) for name, value in gateways.items() if value}

    async def __aenter__(self) -> "Stack":
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start_database(self) -> None:
        """Our share in the embedded server, so that it stays while services come and go."""
        self._database = asyncio.ensure_future(asyncio.to_thread(self.postgres.start))
        await asyncio.shield(self._database)

    async def start_gateways(self) -> None:
        process = await self._start("gateways", "demo.gateways", "--file", str(self.letters), stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), STARTING_SECONDS)
        if not line:
            raise StackFailed("The gateways' simulators did not start.")
        self.gateways = json.loads(line)

    async def start_services(self) -> None:
        """All three; on other ports if somebody took one of ours in between."""
        for tries_left in (2, 1, 0):
            try:
                await asyncio.gather(*(self.start_service(service) for service in Service))
                return
            except StackFailed:
                taken = [service for service in Service if "address already in use" in self.tail(service)]
                if not taken or not tries_left:
                    raise
                await asyncio.gather(*(self._end(service) for service in Service))
                self._ports = self._choose_ports()

    async def start_service(self, service: Service) -> None:
        """Until it says that it is ready."""
        process = await self._start(service, f"services.{service}")
        until = asyncio.get_running_loop().time() + STARTING_SECONDS
        async with httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"{self.url_of(service)}/health/ready", timeout=5)).status_code == 200:
                        return
                if process.returncode is not None:
                    raise StackFailed(f"{service} ended with exit code {process.returncode} while it started.")
                if asyncio.get_running_loop().time() > until:
                    raise StackFailed(f"{service} is not ready after {STARTING_SECONDS} seconds.")
                await asyncio.sleep(0.05)

    async def kill(self, service: Service) -> int:
        """kill -9: no farewell, nothing finished."""
        process = self._running.pop(service)
        process.kill()
        await process.wait()
        return process.pid

    async def operator(self, *words: str) -> str:
        """The operator's command, as an operator would type it. Its last line; raises StackFailed with what it complained of."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services",
            *words,
            cwd=ROOT,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_end_with_us,
        )
        name = f"motcua {' '.join(words)}"
        self._running[name] = process
        said, complained = await process.communicate()
        del self._running[name]
        with (self.logs / "operator.log").open("ab") as log:
            log.write(b"$ " + name.encode() + b"\n" + said + complained)
        if process.returncode:
            raise StackFailed(f"`{name}` ended with exit code {process.returncode}: {complained.decode().strip()[-2000:]}")
        return said.decode().strip().splitlines()[-1]

    def must_be_well(self) -> None:
        """Raises StackFailed if one ended although nobody asked."""
        if died := [name for name, process in self._running.items() if process.returncode is not None]:
            raise StackFailed(f"{', '.join(died)} ended by itself.")

    async def stop(self) -> None:
        """All that was started: services first, so that their last messages still find a gateway; the database last."""
        await asyncio.gather(*(self._end(name) for name in list(self._running) if name != "gateways"))
        await self._end("gateways")
        if self._database:
            # A thread that is starting a server cannot be called back: what it started is stopped after it.
            await asyncio.wait([self._database])
            await asyncio.to_thread(self.postgres.stop)

    def tail(self, name: str, lines: int = 15) -> str:
        file = self.logs / f"{name}.log"
        return "\n".join(file.read_text(errors="replace").splitlines()[-lines:]) if file.exists() else ""

    async def _start(self, name: str, module: str, *words: str, stdout: int | IO[Any] | None = None) -> asyncio.subprocess.Process:
        with (self.logs / f"{name}.log").open("ab") as log:
            # A session of its own: Ctrl-C is for us, and we stop the others in order.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                *words,
                cwd=ROOT,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_us,
            )
        self._running[name] = process
        return process

    async def _end(self, name: str) -> None:
        process = self._running.pop(name, None)
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOPPING_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_us() -> None:
    """Between fork and exec: if this run is killed without a chance to clean up, the system tells its processes to end (Linux only)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def home_from(environment: Mapping[str, str], *below: str) -> Path:
    return Path(environment.get("MOTCUA_HOME") or "var").absolute().joinpath(*below)
