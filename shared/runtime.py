"""What a running service stands on: its database, its clock, its line to the peers, the things it does by itself."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import structlog
from sqlalchemy import Executable
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import database, log, messaging
from shared.clock import Clock
from shared.contracts.events import Event
from shared.contracts.peers import Service
from shared.database import HotLine
from shared.keys import Key, KeyLedger
from shared.messaging import Reaction, Relay
from shared.settings import ServiceSettings
from shared.tokens import Tokens
from shared.wire import Envelope, Signer, Verdict

logger = structlog.get_logger()


@dataclass
class Transaction:
    """One request, one event or one chore: everything it reads and writes, at one instant `now` of domain time.

    It opens with the first statement and is committed by the runtime, before any answer leaves. Commands never commit.
    """

    runtime: "Runtime"
    now: datetime
    key: Key | None = None
    published: bool = False
    about: object = None
    """The one dossier or case a request wants to change, once it is open: a refusal (409) then says what can be done with it instead."""
    _connection: AsyncConnection | None = None

    async def connection(self) -> AsyncConnection:
        if self._connection is None:
            self._connection = await self.runtime.engine.connect()
        return self._connection

    async def run(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return await (await self.connection()).execute(statement, values)

    async def at_once(self, statement: str, *values: Any) -> list[Any]:
        """Run one statement that is a whole transaction by itself, beside this one: no round trip for begin and commit."""
        return await self.runtime.hot_line.fetch(statement, *values)

    async def publish(self, subject: object, told: int, *events: Event) -> None:
        """Tell the peers, in the transaction that makes it true. `told` is the subject's counter after these events."""
        first = told - len(events) + 1
        await self.publish_many([(subject, first + place, event) for place, event in enumerate(events)])

    async def publish_many(self, told: Sequence[tuple[object, int, Event]]) -> None:
        """The same for many subjects at once: of each event its subject, and the subject's counter after it."""
        events = [(str(subject), sequence, event) for subject, sequence, event in told]
        await messaging.publish_many(await self.connection(), self.runtime.service, events, self.now)
        self.published = self.published or bool(events)

    async def once(self) -> None:
        """Claim the request's Idempotency-Key; a repeat ends here, with its first answer. Call it after the caller was checked."""
        if self.key and not self.key.claimed:
            await self.runtime.keys.claim(await self.connection(), self.key)

    async def give_up(self) -> None:
        """Nothing of it happened; what is written of its failure goes into a transaction of its own, which needs the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.rollback()
            await connection.close()

    async def close(self, *, commit: bool) -> None:
        if self._connection is None:
            return
        try:
            if commit:
                await self._connection.commit()
            else:
                await self._connection.rollback()
        finally:
            await self._connection.close()


@dataclass(frozen=True)
class Chore:
    """Something a service does by itself, again and again: `do` says whether there is more to do at once.

    Claimed work only: any number of copies of a service may run.
    """

    name: str
    every_seconds: float
    do: Callable[["Runtime"], Awaitable[bool]]


@dataclass
class Runtime:
    """A running service. `facts` holds what its own code keeps beside it: caches, channels, carriers."""

    service: Service
    settings: ServiceSettings
    engine: AsyncEngine
    hot_line: HotLine
    clock: Clock
    signer: Signer
    tokens: Tokens
    reactions: Mapping[type[Event], Reaction]
    chores: Sequence[Chore]
    http: httpx.AsyncClient = field(default_factory=httpx.AsyncClient)
    facts: dict[str, Any] = field(default_factory=dict)
    relays: list[Relay] = field(default_factory=list)
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What else is to be closed when it stops."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.keys = KeyLedger(self.service)
        self.relays = [
            Relay(self.engine, self.service, peer, self.settings.url_of(peer), self.http, self.signer) for peer in self.service.peers
        ]

    @contextlib.asynccontextmanager
    async def transaction(self, key: Key | None = None) -> AsyncGenerator[Transaction]:
        """Commits when the block ends, rolls back when it fails, and wakes the relays after a commit that told something."""
        tx = Transaction(self, self.clock.now(), key)
        try:
            yield tx
        except BaseException:
            await tx.close(commit=False)
            raise
        await tx.close(commit=True)
        if tx.published:
            self.wake_relays()

    def wake_relays(self) -> None:
        for relay in self.relays:
            relay.wake.set()

    async def take_in(self, events: Sequence[Envelope]) -> list[tuple[Verdict, str]]:
        """The inbox: a verdict per event."""
        return await messaging.take_in(self.transaction, self.service, self.reactions, events)

    async def start(self) -> None:
        """Set relays and chores going."""
        for relay in self.relays:
            self._tasks.append(asyncio.create_task(relay.run(), name=f"relay to {relay.subscriber}"))
        for chore in self.chores:
            self._tasks.append(asyncio.create_task(self._again_and_again(chore), name=chore.name))

    async def stop(self) -> None:
        """Stop them, give leases back, close the pools."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for relay in self.relays:
            with contextlib.suppress(Exception):
                await relay.let_go()
        for close in self.closing:
            await close()
        await self.http.aclose()
        await self.hot_line.close()
        await self.engine.dispose()

    async def _again_and_again(self, chore: Chore) -> None:
        while True:
            more = False
            try:
                log.start_trace()
                more = await chore.do(self)
            except Exception as error:
                if database.is_away(error):
                    logger.warning("chore.waits_for_database", chore=chore.name)
                else:
                    logger.exception("chore.failed", chore=chore.name)
            if not more:
                await asyncio.sleep(chore.every_seconds)
