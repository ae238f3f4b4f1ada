"""A run: the stage is set, players play while trouble is made, everybody comes to rest, the books are compared."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.torture import audit, trouble
from tests.torture.audit import Audit, Finding
from tests.torture.ledger import Ledger
from tests.torture.players import Line, Player
from tests.torture.stage import CLIENT_SECONDS, Stage

AT_ONCE: Final = 24
LAST_SECONDS: Final = 60.0
REST_SECONDS: Final = 60.0


@dataclass
class Report:
    """All there is to say about a run."""

    seed: int
    seconds: float
    audit: Audit
    ledger: Ledger
    stage: Stage

    @property
    def clean(self) -> bool:
        return self.audit.clean

    def lines(self) -> list[str]:
        """For people."""
        counts, ledger = self.audit.counts, self.ledger
        told = [f"{finding:<58}{counts[finding]:>8}" for finding in (*Finding.ALL, *Finding.ALSO)]
        happened = {
            "dossiers played to their end": len(ledger.ended),
            **self.audit.facts,
            "calls on the bad line": sum(line.calls for line in self.stage.lines.values()),
            "calls repeated by clients": ledger.repeated,
            "moves decided again": ledger.decided_again,
            "calls cut by a kill or an outage": sum(line.unanswered for line in self.stage.lines.values()),
            **self.stage.counts,
            **{f"calls {fault}": times for fault, times in sorted(self.stage.faults.items())},
        }
        told += ["", *(f"{name:<58}{count:>8}" for name, count in happened.items())]
        for name, count in sorted(self.stage.complaints().items()):
            told.append(f"logged as an error: {name:<38}{count:>8}")
        for finding, examples in self.audit.examples.items():
            told += ["", finding, *(f"    {example}" for example in examples)]
        return [*told, "", f"seed {self.seed}, {self.seconds:.0f} s: {'nothing lost, nothing doubled' if self.clean else 'FAILED'}"]


async def torture(
    stage: Stage,
    *,
    dossiers: int,
    kills: int,
    seconds: float,
    last_seconds: float = LAST_SECONDS,
    rest_seconds: float = REST_SECONDS,
    stop_when: Callable[[Stage], bool] = lambda stage: False,
    say: Callable[[str], None] = print,
) -> Report:
    """`stage` is not yet set. Ends by itself: after `seconds` nothing more is begun, and what is begun has `last_seconds` to end."""
    began, ledger = time.monotonic(), Ledger()
    blows = trouble.plan(stage.seed, dossiers=dossiers, kills=kills, copies=stage.copies)
    async with stage:
        urls = {service: stage.url_of(service) for service in stage.lines}
        limits = httpx.Limits(max_connections=4 * AT_ONCE, max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=CLIENT_SECONDS, limits=limits, trust_env=False) as http:
            line = Line(stage.home, http, urls, ledger)
            showing = asyncio.create_task(_show(stage, ledger, dossiers, began, say))
            over = asyncio.Event()
            try:
                async with asyncio.timeout(seconds + last_seconds) as limit, asyncio.TaskGroup() as group:
                    stopping = group.create_task(_stop(limit, lambda: stop_when(stage)))
                    group.create_task(trouble.make(stage, blows, lambda: len(ledger.ended), over))
                    await _play_all(line, dossiers, stage.seed, until=time.monotonic() + seconds)
                    over.set()
                    stopping.cancel()
            except TimeoutError:
                ledger.failures.append(f"not done {last_seconds:.0f} s after the last was begun")
            finally:
                showing.cancel()
            if len(ledger.lives) < dossiers:
                ledger.failures.append(f"after {seconds:.0f} s only {len(ledger.lives)} of {dossiers} dossiers had been begun")
            stage.calm_down()
            await _until_at_rest(stage, rest_seconds)
        await stage.stop_services()  # The books of three services are read one after the other.
        found = await audit.audit(stage.urls, ledger)
    return Report(stage.seed, time.monotonic() - began, found, ledger, stage)


async def _stop(limit: asyncio.Timeout, stop_when: Callable[[], bool]) -> None:
    while not stop_when():
        await asyncio.sleep(0.1)
    limit.reschedule(asyncio.get_running_loop().time())


async def _play_all(line: Line, dossiers: int, seed: int, *, until: float) -> None:
    numbers = iter(range(1, dossiers + 1))

    async def one_after_the_other() -> None:
        for number in numbers:
            if time.monotonic() > until:
                break
            await Player.of(line, number, seed).play()

    await asyncio.gather(*(one_after_the_other() for _ in range(min(AT_ONCE, dossiers))))


async def _until_at_rest(stage: Stage, seconds: float) -> None:
    """Two looks in a row: one alone may miss what passed from a service not yet seen to one seen before."""
    until, rested = time.monotonic() + seconds, 0
    while time.monotonic() < until and rested < 2:
        rested = 0 if await audit.waiting(stage.urls) else rested + 1
        await asyncio.sleep(0.3)


async def _show(stage: Stage, ledger: Ledger, dossiers: int, began: float, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(5)
        counts = stage.counts
        say(
            f"{time.monotonic() - began:5.0f} s  {len(ledger.ended):5} of {dossiers} dossiers, {counts['services killed']} services and "
            f"{counts['databases killed']} databases killed, {stage.faults.total()} faults, {ledger.repeated} calls repeated"
        )


def home_of(parent: Path, seed: int) -> Path:
    """A home of its own for this run."""
    return parent / f"seed-{seed}-{time.time_ns() // 1_000_000:x}"
