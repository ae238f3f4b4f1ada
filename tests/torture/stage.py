"""The processes of a run: copies of each service behind their bad lines, the gateways, the database; each killed by its own pid."""

import asyncio
import contextlib
import json
import os
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx

from demo.stack import LOCAL, ROOT, is_free
from services.intake.catalogue import Catalogue
from services.intake.commands import reference
from services.intake.commands.calendars import load_calendar
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.offices import read_offices
from services.intake.settings import IntakeSettings
from services.intake.tables import office
from shared import migrations, roles
from shared.clock import FileClock
from shared.contracts.peers import Service
from shared.local_postgres import LocalPostgres
from shared.service import runtime_for
from tests.builders import OFFICIAL_CALENDAR
from tests.stack import MONDAY_MORNING
from tests.torture.line import RATES, BadLine, Fault

DATA: Final = ROOT / "demo" / "data"
# Three real procedures without a published list of papers or a fee, and who decides them.
DECIDED_BY: Final[Mapping[str, str]] = {"DT-D16": "H20.020", "DT-D55": "H20.101", "CB-1.012990": "H14.010"}
STARTING_SECONDS: Final = 90
STOPPING_SECONDS: Final = 15
CLIENT_SECONDS: Final = 6.0

TRACEBACK_ENDS: Final = re.compile(r"[\w.]+(Error|Exception|Failed|Missing)\b")

Copy = tuple[Service, int]


class StageFailed(Exception):
    """The curtain could not rise, or fell too early."""


@dataclass
class Nursery:
    """Starts processes by forking one that has imported everything; tells when one ends."""

    process: asyncio.subprocess.Process
    _listening: asyncio.Task[None] | None = None
    _started: asyncio.Queue[int] = field(default_factory=asyncio.Queue[int])
    _ends: dict[int, asyncio.Future[int]] = field(default_factory=dict[int, "asyncio.Future[int]"])
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    async def open(cls) -> Self:
        pipe = asyncio.subprocess.PIPE
        nursery = cls(await _start("tests.torture.nursery", environment=dict(os.environ), stdin=pipe, stdout=pipe))
        nursery._listening = asyncio.create_task(nursery._listen())
        return nursery

    async def start(self, module: str, environment: Mapping[str, str], log: Path) -> int:
        """The new process's id."""
        assert self.process.stdin
        async with self._turn:
            self.process.stdin.write(json.dumps({"module": module, "environment": dict(environment), "log": str(log)}).encode() + b"\n")
            if not (pid := await asyncio.wait_for(self._started.get(), STARTING_SECONDS)):
                raise StageFailed("The nursery has ended; what it said stands above.")
            return pid

    async def ended(self, pid: int) -> int:
        """Wait for a process we started; its exit code."""
        return await asyncio.shield(self._ends[pid])

    async def close(self) -> None:
        """All are told to stop, and waited for."""
        assert self.process.stdin
        self.process.stdin.close()
        await self.process.wait()
        if self._listening:
            await self._listening

    async def _listen(self) -> None:
        assert self.process.stdout
        async for line in self.process.stdout:
            fact = json.loads(line)
            if pid := fact.get("started"):
                self._ends[pid] = asyncio.get_running_loop().create_future()
                self._started.put_nowait(pid)
            else:
                self._ends[fact["ended"]].set_result(fact["code"])
        self._started.put_nowait(0)


@dataclass
class Stage:
    """`modules` says what is started for a service: the service itself, or one that is broken on purpose. `nursery` is closed with
    the stage, unless it was lent."""

    home: Path
    seed: int
    copies: int = 2
    modules: Mapping[Service, str] = field(default_factory=dict[Service, str])
    rates: Mapping[Fault, float] = field(default_factory=lambda: RATES)
    nursery: Nursery | None = None
    lines: dict[Service, BadLine] = field(default_factory=dict[Service, BadLine])
    urls: dict[Service, str] = field(default_factory=dict[Service, str])
    """Each service's own role at the database, for reading."""
    counts: Counter[str] = field(default_factory=Counter[str])
    ended_by_themselves: Counter[Service] = field(default_factory=Counter[Service])
    _ports: dict[Copy, int] = field(default_factory=dict[Copy, int])
    _running: dict[Copy, int] = field(default_factory=dict[Copy, int])
    _watchers: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def __aenter__(self) -> Self:
        self._exits = contextlib.AsyncExitStack()
        try:
            await self._rise()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def _rise(self) -> None:
        if self.nursery is None:
            self.nursery = await Nursery.open()
            self._exits.push_async_callback(self.nursery.close)
        self.postgres = LocalPostgres(self.home)
        self._exits.push_async_callback(asyncio.to_thread, self.postgres.stop)
        gateways = await _start("demo.gateways", environment=dict(os.environ), stdout=asyncio.subprocess.PIPE)
        self._exits.push_async_callback(_end, gateways)
        self.urls = await prepare(self.home, self.postgres)
        ports = iter(_free_ports(len(Service) * (self.copies + 1)))
        for service in Service:
            own = [next(ports) for _ in range(self.copies)]
            self._ports |= {(service, number): port for number, port in enumerate(own)}
            chance = random.Random(f"{self.seed} {service}")
            line = BadLine(own, chance, hold_seconds=CLIENT_SECONDS + 2, port=next(ports), rates=self.rates, calm=True)
            self.lines[service] = await self._exits.enter_async_context(line)
        await self._hear_of_gateways(gateways)
        self._exits.push_async_callback(self.stop_services)
        for copy in self._ports:
            await self.start(copy)
        await asyncio.gather(*(self._until_ready(copy) for copy in self._ports))
        for line in self.lines.values():
            line.calm = False

    # ------------------------------------------------------------------------------------------------ for players and troublemakers

    def url_of(self, service: Service) -> str:
        return f"http://{LOCAL}:{self.lines[service].port}"

    async def start(self, copy: Copy) -> None:
        service, number = copy
        assert self.nursery
        module = self.modules.get(service, f"services.{service}")
        pid = await self.nursery.start(module, self._environment(copy), self.home / "logs" / f"{service}-{number}.log")
        self._running[copy] = pid
        self.counts["services started"] += 1
        watcher = asyncio.create_task(self._watch(copy, pid))
        self._watchers.add(watcher)
        watcher.add_done_callback(self._watchers.discard)

    async def kill(self, copy: Copy) -> bool:
        """kill -9: no farewell, nothing finished. Whether there was anyone to kill."""
        assert self.nursery
        if (pid := self._running.pop(copy, None)) is None:
            return False
        os.kill(pid, signal.SIGKILL)
        self.counts["services killed"] += 1
        await self.nursery.ended(pid)
        return True

    def kill_database(self) -> bool:
        """kill -9 of the postmaster of our home; the services bring it back."""
        try:
            pid = int((self.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
        except (OSError, ValueError, IndexError):
            return False
        self.counts["databases killed"] += 1
        return True

    async def stop_services(self) -> None:
        """Nothing moves any more; the database stays. Done once, it is soon done again."""
        assert self.nursery
        running = list(self._running.values())
        self._running.clear()
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        for pid in running:
            try:
                await asyncio.wait_for(self.nursery.ended(pid), STOPPING_SECONDS)
            except TimeoutError:
                self.counts["services that did not stop"] += 1
                os.kill(pid, signal.SIGKILL)

    def all_copies_of(self, service: Service) -> list[Copy]:
        return [(service, number) for number in range(self.copies)]

    @property
    def faults(self) -> Counter[Fault]:
        return sum((line.faults for line in self.lines.values()), Counter[Fault]())

    def calm_down(self) -> None:
        for line in self.lines.values():
            line.calm = True

    def complaints(self) -> dict[str, int]:
        """What the services logged as failures, by event name."""
        found: Counter[str] = Counter()
        for file in (self.home / "logs").glob("*-*.log"):
            for line in file.read_text(errors="replace").splitlines():
                if '"level": "error"' in line:
                    with contextlib.suppress(ValueError):
                        found[str(json.loads(line).get("event"))] += 1
                elif TRACEBACK_ENDS.match(line):
                    found[line[:100]] += 1
        return dict(found)

    # ------------------------------------------------------------------------------------------------ inside

    async def _watch(self, copy: Copy, pid: int) -> None:
        """As a container's restart policy would: who ends by itself is started again."""
        assert self.nursery
        await self.nursery.ended(pid)
        if self._running.get(copy) == pid:
            del self._running[copy]
            self.counts["services ended by themselves"] += 1
            self.ended_by_themselves[copy[0]] += 1
            await asyncio.sleep(0.5)
            await self.start(copy)

    async def _until_ready(self, copy: Copy) -> None:
        until = asyncio.get_running_loop().time() + STARTING_SECONDS
        async with httpx.AsyncClient(trust_env=False) as client:
            while asyncio.get_running_loop().time() < until:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get(f"http://{LOCAL}:{self._ports[copy]}/health/ready", timeout=5)).status_code == 200:
                        return
                await asyncio.sleep(0.1)
        raise StageFailed(f"{copy[0]} {copy[1]} is not ready after {STARTING_SECONDS} s; see {self.home / 'logs'}.")

    async def _hear_of_gateways(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), STARTING_SECONDS)
        if not line:
            raise StageFailed("The gateways did not start.")
        self.gateways: dict[str, Any] = json.loads(line)

    def _environment(self, copy: Copy) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_") and "DATABASE_URL" not in name}
        own = {
            "MOTCUA_MODE": "development",
            "MOTCUA_HOME": str(self.home),
            "MOTCUA_BIND": f"{LOCAL}:{self._ports[copy]}",
            "MOTCUA_DATABASE_CONNECTIONS": "4",
            "MOTCUA_LOG_LEVEL": "WARNING",
            "MOTCUA_SMS_URL": self.gateways["sms_url"],
            "MOTCUA_SMTP_HOST": self.gateways["smtp_host"],
            "MOTCUA_SMTP_PORT": str(self.gateways["smtp_port"]),
            # A sender that was killed lets its messages go soon, so that the end need not be waited for.
            "MOTCUA_SMS_TIMEOUT_SECONDS": "4",
            "MOTCUA_SMTP_TIMEOUT_SECONDS": "4",
            "MOTCUA_MESSAGE_LEASE_SECONDS": "8",
        }
        peers = {f"MOTCUA_{service.upper()}_URL": self.url_of(service) for service in Service}
        return inherited | own | peers | {"TORTURE_SERVICE": copy[0]}


async def prepare(home: Path, postgres: LocalPostgres) -> dict[Service, str]:
    """A running database with schemas, roles and reference data, as an operator leaves it; once done, it is soon done again."""
    (home / "logs").mkdir(parents=True, exist_ok=True)
    clock = FileClock(home)
    if clock.setting() is None:
        clock.set(MONDAY_MORNING, runs=True)
    await asyncio.to_thread(postgres.start)
    passwords = roles.service_passwords(home)
    await roles.prepare(postgres.owner_url, passwords)
    urls = {service: roles.service_url(postgres.owner_url, service, passwords[service]) for service in Service}
    for service, url in urls.items():
        await migrations.upgrade(service, url)
    await load_reference_data(home, urls[Service.INTAKE])
    return urls


async def load_reference_data(home: Path, url: str, *, clock: Any = None) -> None:
    """Offices, calendar, three procedures and who decides them, as an operator and an administrator would load them."""
    entries = [entry for entry in read_catalogue((DATA / "procedures.yaml").read_bytes()) if entry.key in DECIDED_BY]
    settings = IntakeSettings(mode="development", home=home)
    runtime = runtime_for(settings, office=office, reactions={}, chores=(), database_url=url, clock=clock)
    runtime.facts["catalogue"] = Catalogue()
    try:
        async with runtime.transaction() as tx:
            await reference.load_offices(tx, read_offices((DATA / "offices.csv").read_text("utf-8-sig")))
            await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8-sig"))
            await reference.load_catalogue(tx, entries)
            for key, decides in DECIDED_BY.items():
                await reference.bind(tx, decides, key, by="torture")
    finally:
        await runtime.stop()


async def _start(
    module: str, *, environment: dict[str, str], stdin: int = asyncio.subprocess.DEVNULL, stdout: int
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=ROOT,
        env=environment,
        stdin=stdin,
        stdout=stdout,
        start_new_session=True,  # Ctrl-C is for us
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOPPING_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_ports(count: int) -> list[int]:
    """Below the range from which the system takes ports for outgoing calls: a killed copy finds its port free again."""
    chance, found = random.SystemRandom(), list[int]()
    while len(found) < count:
        port = chance.randrange(20000, 30000)
        if port not in found and is_free(port):
            found.append(port)
    return found
