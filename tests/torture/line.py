"""The bad line: before each service a small HTTP proxy that shares calls between its copies, and does to some what real lines do."""

import asyncio
import contextlib
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

from demo.stack import LOCAL

PATIENCE_SECONDS: Final = 40.0


class Fault(StrEnum):
    """What may happen to a call."""

    DELAY = "delayed"
    HOLD = "held until the caller has given up"
    CUT_REQUEST = "request cut in mid-body"
    CUT_ANSWER = "answer cut in mid-body"
    ERROR_BEFORE = "answered 500, never delivered"
    ERROR_AFTER = "answered 500, though delivered"
    TWICE = "delivered twice"


RATES: Final[Mapping[Fault, float]] = {
    Fault.DELAY: 0.03,
    Fault.HOLD: 0.002,
    Fault.CUT_REQUEST: 0.008,
    Fault.CUT_ANSWER: 0.01,
    Fault.ERROR_BEFORE: 0.01,
    Fault.ERROR_AFTER: 0.01,
    Fault.TWICE: 0.02,
}

_ERROR: Final = b"HTTP/1.1 500 Internal Server Error\r\ncontent-type: text/plain\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION: Final = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


class Gone(Exception):
    """Nobody answers, or not to the end."""


@dataclass
class BadLine:
    """One service's address, as clients and peers know it. `hold_seconds` is longer than a client waits."""

    copies: list[int]
    chance: random.Random
    hold_seconds: float
    port: int
    rates: Mapping[Fault, float] = field(default_factory=lambda: RATES)
    calm: bool = False
    faults: Counter[Fault] = field(default_factory=Counter[Fault])
    calls: int = 0
    events_doubled: int = 0
    """Of the calls delivered twice, those that carried events."""
    unanswered: int = 0
    _calls_at_work: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._answer, LOCAL, self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._calls_at_work:
            task.cancel()
        await asyncio.gather(*self._calls_at_work, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._calls_at_work.add(task)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS + self.hold_seconds):
                await self._carry(await _read_request(reader), writer)
        except (Gone, OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.unanswered += 1
        finally:
            self._calls_at_work.discard(task)
            writer.close()

    async def _carry(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        fault = self._draw()
        self.faults.update([fault] if fault else [])
        match fault:
            case Fault.DELAY:
                await asyncio.sleep(self.chance.uniform(0.02, 0.4))
            case Fault.HOLD:
                await asyncio.sleep(self.hold_seconds)
            case Fault.CUT_REQUEST:
                return await self._deliver_half(request)
            case Fault.ERROR_BEFORE:
                return await _say(writer, _ERROR)
            case _:
                pass
        if fault is Fault.TWICE:
            self.events_doubled += request.startswith(b"POST /events")
            first, second = await asyncio.gather(self._deliver(request), self._deliver(request), return_exceptions=True)
            answer = self.chance.choice((first, second))
            if isinstance(answer, BaseException):
                raise answer
        else:
            answer = await self._deliver(request)
        if fault is Fault.ERROR_AFTER:
            answer = _ERROR
        await _say(writer, answer[: len(answer) // 2] if fault is Fault.CUT_ANSWER else answer)

    def _draw(self) -> Fault | None:
        point = self.chance.random()
        if self.calm:
            return None
        for fault, rate in self.rates.items():
            if point < rate:
                return fault
            point -= rate
        return None

    async def _deliver(self, request: bytes) -> bytes:
        """To the next copy that can be reached; what breaks off after that is the caller's to repeat."""
        reader, writer = await self._reach_a_copy()
        try:
            writer.write(request)
            await writer.drain()
            answer = await reader.read(-1)
        finally:
            writer.close()
        if not answer:
            raise Gone("the copy was killed under the call")
        return answer

    async def _deliver_half(self, request: bytes) -> None:
        _, writer = await self._reach_a_copy()
        writer.write(request[: len(request) * 3 // 4])
        with contextlib.suppress(OSError):
            await writer.drain()
        writer.close()

    async def _reach_a_copy(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self.copies:
            self.copies.append(self.copies.pop(0))
            with contextlib.suppress(OSError):
                return await asyncio.open_connection(LOCAL, self.copies[-1])
        raise Gone("all copies are down")


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Whole, and asking for a connection of its own: so the end of the answer is the end of the stream."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return _CONNECTION.sub(b"", head)[:-4] + b"\r\nconnection: close\r\n\r\n" + body


async def _say(writer: asyncio.StreamWriter, answer: bytes) -> None:
    writer.write(answer)
    await writer.drain()
