"""The exchange by itself: the three services with nothing in them but the line between them, on the real tables and over HTTP.

A toy service counts what it tells about a subject in `telling`, and writes down what it took in `effect`, in the transaction of
the reaction, as real ones do with dossiers and journals. So `effect` shows what took effect, how often and in which order.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Column, MetaData, Table, Text, text

from services.intake.settings import IntakeSettings
from services.notifications.settings import NotificationsSettings
from services.processing.settings import ProcessingSettings
from shared import exchange as operator
from shared import wire
from shared.clock import Clock
from shared.contracts.events import EVENTS, Event, PapersTakenOver
from shared.contracts.peers import Service
from shared.errors import DomainError, Later
from shared.ids import uuid7
from shared.messaging import Relay
from shared.runtime import Runtime, Transaction
from shared.service import app_for, runtime_for
from shared.settings import ServiceSettings
from shared.wire import Envelope, Verdict
from tests.stack import MONDAY_MORNING, Stack, Switchboard, rows

INTAKE, PROCESSING, NOTIFICATIONS = Service.INTAKE, Service.PROCESSING, Service.NOTIFICATIONS
SETTINGS: dict[Service, type[ServiceSettings]] = {
    INTAKE: IntakeSettings,
    PROCESSING: ProcessingSettings,
    NOTIFICATIONS: NotificationsSettings,
}
FACT = PapersTakenOver(office="H26", taken_over_by="Lê Văn Lý")
NO_OFFICE = Table("office", MetaData(), Column("code", Text))

Took = tuple[str, str, int]
"""(source, subject, sequence) of an event that took effect."""


class BrokenLine(httpx.TransportError):
    """The answer never came."""


@dataclass
class Line(Switchboard):
    """The line between the services. `carry` decides what becomes of a delivery: None as usual, or how it goes wrong."""

    carry: Callable[[str, list[dict[str, Any]]], str | None] = lambda host, clouds: None
    batches: list[tuple[str, list[tuple[str, int]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def sizes(self) -> list[int]:
        return [len(batch) for _, batch in self.batches]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path != "/events":
            return await super().handle_async_request(request)
        host, clouds = request.url.host, json.loads(await request.aread())
        self.batches.append((host, [(cloud["subject"], int(cloud["sequence"])) for cloud in clouds]))
        fate = self.carry(host, clouds)
        if fate == "answers 500":
            return httpx.Response(500, request=request)
        if fate == "answers 502":
            return httpx.Response(502, request=request)
        answer = await super().handle_async_request(request)
        if fate == "twice":
            return await super().handle_async_request(request)
        if fate == "cut":
            raise BrokenLine("cut before the answer", request=request)
        return answer


@dataclass
class Mood:
    """How a toy service takes what it is told: which subjects it refuses, which it postpones and how often, which break it."""

    refuses: set[str] = field(default_factory=set)
    postpones: Counter[str] = field(default_factory=Counter)


@dataclass
class Exchange:
    """The three toy services and the line between them."""

    stack: Stack
    line: Line
    moods: dict[Service, Mood] = field(default_factory=lambda: {service: Mood() for service in Service})

    def runtime(self, service: Service) -> Runtime:
        return self.stack.runtime(service)

    def relay(self, source: Service, subscriber: Service) -> Relay:
        return next(relay for relay in self.runtime(source).relays if relay.subscriber == subscriber)

    def another_copy_of(self, relay: Relay) -> Relay:
        """The same relay in a second process of the service."""
        return Relay(relay.engine, relay.source, relay.subscriber, relay.url, relay.http, relay.signer)

    async def tells(self, source: Service, subject: str, times: int = 1, *, event: Event = FACT) -> None:
        """Each in a transaction of its own, as things happen."""
        for _ in range(times):
            async with self.runtime(source).transaction() as tx:
                await tell(tx, subject, event)

    async def runs(self, *relays: Relay, seconds: float = 5.0, until: Callable[[], bool] | None = None) -> None:
        """Let relays run until they have nothing more to send, or `until` holds."""
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            busy = [await relay.step() for relay in relays]
            if until and until():
                return
            if not any(busy):
                if not until and not any(relay.failures or relay.waiting for relay in relays):
                    return
                await asyncio.gather(*(relay.rest() for relay in relays))
        if until:
            raise AssertionError("what was waited for did not come")

    async def settles(self) -> None:
        await self.stack.settle()

    async def took(self, service: Service) -> list[Took]:
        """What took effect there, in the order in which it did."""
        found = await rows(self.runtime(service), f"select source, subject, sequence from {service}.effect order by number")
        return [(row["source"], row["subject"], row["sequence"]) for row in found]

    async def waiting_for(self, source: Service, subscriber: Service) -> list[tuple[str, int]]:
        """What is still to be delivered."""
        query = f"""select subject, sequence from {source}.delivery join {source}.event using (number)
                    where subscriber = :subscriber order by number"""
        return [(row["subject"], row["sequence"]) for row in await rows(self.runtime(source), query, subscriber=subscriber)]

    async def run(self, service: Service, statement: str, **values: Any) -> None:
        async with self.runtime(service).engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def parked(self, source: Service) -> list[operator.Parked]:
        async with self.runtime(source).engine.connect() as connection:
            return await operator.parked(connection, source)

    async def refused_once_more(self, relay: Relay, subject: str) -> None:
        """Let it be due, and let a relay that nobody else disturbs send it."""
        tries = relay.waiting[subject].tries
        await self.runs(relay, until=lambda: subject not in relay.waiting or relay.waiting[subject].tries > tries)

    async def parks(self, relay: Relay, subject: str) -> None:
        """Refused often enough, and for long enough."""
        await self.runs(relay, until=lambda: subject in relay.waiting and relay.waiting[subject].tries >= 5)
        await self.run(relay.source, f"update {relay.source}.refusal set first_at = first_at - interval '11 minutes'")
        await self.refused_once_more(relay, subject)
        assert await self.parked(relay.source)

    async def health(self, service: Service) -> dict[str, Any]:
        async with httpx.AsyncClient(transport=self.line, base_url=f"http://{service}") as client:
            return (await client.get("/health/ready")).json()

    async def verdicts(self, me: Service, *events: Envelope) -> list[Verdict]:
        """Straight at the inbox."""
        return [verdict for verdict, _ in await self.runtime(me).take_in(events)]

    async def brings(self, me: Service, *events: Envelope, signed: dict[str, str] | None = None) -> httpx.Response:
        """Over HTTP, rightly signed unless `signed` says otherwise."""
        body = json.dumps([wire.write(event) for event in events]).encode()
        headers = {"content-type": wire.BATCH} | (signed or self.runtime(me).signer.sign(body))
        async with httpx.AsyncClient(transport=self.line) as client:
            return await client.post(f"http://{me}/events", content=body, headers=headers)


async def tell(tx: Transaction, subject: str, *events: Event) -> None:
    """As a real service does: raise the subject's own counter, then publish."""
    raise_counter = text(f"""insert into {tx.runtime.service}.telling (subject, told) values (:subject, :times)
                             on conflict (subject) do update set told = telling.told + excluded.told returning told""")
    told = (await tx.run(raise_counter, {"subject": subject, "times": len(events)})).scalar_one()
    await tx.publish(subject, told, *events)


def an_event(source: Service, subject: str, sequence: int, *, seen: dict[str, int] | None = None, event: Event = FACT) -> Envelope:
    data = event.model_dump(mode="json")
    return Envelope(uuid7(), event.type, source, subject, sequence, seen or {}, MONDAY_MORNING, None, data)


def in_order(took: Sequence[Took]) -> bool:
    """Whether each source's events about each subject took effect once, from the first on, without a hole."""
    last: Counter[tuple[str, str]] = Counter()
    for source, subject, sequence in took:
        if sequence != last[source, subject] + 1:
            return False
        last[source, subject] = sequence
    return True


async def open_exchange(home: Path, database_urls: dict[Service, str]) -> Exchange:
    line = Line()
    exchange = Exchange(Stack(home, switchboard=line), line)

    def create_app(settings: ServiceSettings, url: str, *, clock: Clock, http: httpx.AsyncClient, start: bool) -> FastAPI:
        mood = exchange.moods[settings.service]

        async def react(tx: Transaction, _event: Event, envelope: Envelope) -> None:
            if envelope.subject in mood.refuses:
                raise DomainError("This is beyond us.")
            if mood.postpones[envelope.subject] > 0:
                mood.postpones[envelope.subject] -= 1
                raise Later("Not just now.")
            values = {"source": envelope.source, "subject": envelope.subject, "sequence": envelope.sequence}
            statement = f"insert into {settings.service}.effect (source, subject, sequence) values (:source, :subject, :sequence)"
            await tx.run(text(statement), values)

        reactions = dict.fromkeys(EVENTS.values(), react)
        runtime = runtime_for(settings, office=NO_OFFICE, reactions=reactions, chores=(), database_url=url, clock=clock, http=http)
        return app_for(runtime, title=settings.service, description="A toy", routers=[], start=start)

    for service in Service:
        exchange.stack.add(service, create_app, SETTINGS[service], database_urls[service])
        await exchange.run(
            service,
            f"create table {service}.effect (number bigint generated always as identity, source text, subject text, sequence int)",
        )
        await exchange.run(service, f"create table {service}.telling (subject text primary key, told int not null)")
    return exchange


async def close_exchange(exchange: Exchange) -> None:
    await exchange.stack.empty()
    for service in Service:
        await exchange.run(service, f"drop table {service}.effect, {service}.telling")
    await exchange.stack.close()


async def fresh(exchange: Exchange) -> None:
    """Forget everything between tests."""
    await exchange.stack.empty()
    exchange.line.batches.clear()
    exchange.line.down.clear()
    exchange.line.carry = lambda host, clouds: None
    for mood in exchange.moods.values():
        mood.refuses.clear()
        mood.postpones.clear()
    for service in Service:
        runtime = exchange.runtime(service)
        runtime.relays[:] = [exchange.another_copy_of(relay) for relay in runtime.relays]
