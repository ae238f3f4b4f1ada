"""Domain time as the play knows it: stories sleep until an instant; when all of them sleep, the clock goes to the next one."""

import asyncio
import contextlib
import heapq
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, Final

from shared.clock import VIETNAM, FileClock
from shared.contracts.peers import Service
from shared.working_time import Calendar

# When people act. Few instants, so that many do so at once.
HOURS: Final = (time(8, 0), time(9, 45), time(14, 0), time(15, 45))


class CurtainFalls(Exception):
    """The play ends before the instant that a story waits for: what is open stays open."""


def instants(calendar: Calendar, first: date, last: date) -> tuple[datetime, ...]:
    """Every instant at which something may happen, on working days only."""
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(datetime.combine(day, hour, VIETNAM) for day in days if calendar.is_working_day(day) for hour in HOURS)


Waiting = asyncio.Future[None]


@dataclass
class Stage:
    """`move` brings the clock to another day, past every timer that is due until then; `at_each` shows how far the play is."""

    clock: FileClock
    instants: tuple[datetime, ...]
    rest: Callable[[], Awaitable[None]]
    move: Callable[[datetime], Awaitable[None]]
    at_each: Callable[[datetime], None]
    _awake: int = 0
    _all_asleep: asyncio.Event = field(default_factory=asyncio.Event)
    _sleepers: list[tuple[datetime, int, Waiting]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)
    _shut: dict[Service, list[Waiting]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.clock.now()

    # ------------------------------------------------------------------------------------------------ for stories

    async def until(self, instant: datetime) -> None:
        """Sleep. Raises CurtainFalls for an instant after the last."""
        if instant > self.instants[-1]:
            raise CurtainFalls
        if instant > self.now:
            waiting: Waiting = asyncio.get_running_loop().create_future()
            heapq.heappush(self._sleepers, (instant, next(self._order), waiting))
            await self._asleep(waiting)

    def later(self, steps: int = 1) -> datetime:
        """So many instants from now. Raises CurtainFalls."""
        ahead = [instant for instant in self.instants if instant > self.now]
        if steps > len(ahead):
            raise CurtainFalls
        return ahead[steps - 1]

    def between(self, first: datetime, last: datetime) -> list[datetime]:
        """The instants after `first`, up to `last`."""
        return [instant for instant in self.instants if first < instant <= last]

    async def open_again(self, service: Service) -> bool:
        """Sleep while `service` is known to be down. Whether it was."""
        if service not in self._shut:
            return False
        waiting: Waiting = asyncio.get_running_loop().create_future()
        self._shut[service].append(waiting)
        await self._asleep(waiting)
        return True

    async def _asleep(self, waiting: Waiting) -> None:
        self._awake -= 1
        if not self._awake:
            self._all_asleep.set()
        await waiting

    # ------------------------------------------------------------------------------------------------ for the director

    def shut(self, service: Service) -> None:
        self._shut.setdefault(service, [])

    def open(self, service: Service) -> None:
        self._wake(self._shut.pop(service))

    async def play(self, *stories: Coroutine[Any, Any, None]) -> None:
        """All of them to their ends. The first that fails ends the play."""
        self._awake = len(stories)
        async with asyncio.TaskGroup() as group:
            for story in stories:
                group.create_task(self._told(story))
            while True:
                await self._all_asleep.wait()
                if not self._sleepers:
                    return
                await self._go_on()

    async def _told(self, story: Coroutine[Any, Any, None]) -> None:
        with contextlib.suppress(CurtainFalls):
            await story
        self._awake -= 1
        if not self._awake:
            self._all_asleep.set()

    async def _go_on(self) -> None:
        instant = self._sleepers[0][0]
        if instant.date() > self.now.date() and not self._shut:
            await self.move(instant)
        else:
            self.clock.set(instant, runs=False)
        self.at_each(instant)
        awakened: list[Waiting] = []
        while self._sleepers and self._sleepers[0][0] == instant:
            awakened.append(heapq.heappop(self._sleepers)[2])
        self._wake(awakened)

    def _wake(self, sleepers: list[Waiting]) -> None:
        self._awake += len(sleepers)
        if self._awake:
            self._all_asleep.clear()
        for waiting in sleepers:
            waiting.set_result(None)
