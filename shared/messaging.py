"""Events over HTTP that are neither lost nor taken twice.

Out: `publish_many` writes an event into the log, with one small delivery row per peer, in the transaction that made it true. A `Relay`
per peer sends them, per subject strictly in order, and deletes a delivery when it was taken.
In: `take_in` takes each event once, in order, causes before effects, in the transaction of its reaction. One row per subject and
source, `position`, is dedupe, order and lock at once.

All waiting here is machine time; the moved clock of a test or a demo expires nothing.
"""

import asyncio
import contextlib
import json
import random
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

import httpx
import structlog
from pydantic import ValidationError
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Row,
    SmallInteger,
    Table,
    Text,
    TextClause,
    Uuid,
    bindparam,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import database, log, wire
from shared.contracts.events import EVENTS, Event
from shared.contracts.peers import Service
from shared.errors import Changed, DomainError, Later
from shared.ids import uuid7
from shared.only_grows import ONLY_GROWS
from shared.wire import Envelope, Signer, Verdict

logger = structlog.get_logger()

PARTITIONS: Final = 16
BATCH_SIZE: Final = 100
LEASE_SECONDS: Final = 10.0
RENEW_SECONDS: Final = 3.0
POLL_SECONDS: Final = 0.25
IDLE_POLL_SECONDS: Final = 2.0
FIRST_RETRY_SECONDS: Final = 0.05
LONGEST_RETRY_SECONDS: Final = 2.0
LONGEST_RETRY_OF_A_SUSPECT_SECONDS: Final = 60.0
REFUSALS_TO_PARK: Final = 5
PARK_AFTER_SECONDS: Final = 600
ANSWER_SECONDS: Final = 30.0


def tables(metadata: MetaData) -> None:
    """The tables of the exchange, in the schema of a service."""
    Table(
        "event",
        metadata,
        Column("number", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("seen", JSONB, nullable=False, server_default=text("'{}'")),
        Column("time", DateTime(timezone=True), nullable=False),
        Column("traceparent", Text),
        Column("data", JSONB, nullable=False),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Index("event_subject_sequence", "subject", "sequence", unique=True),
        info=ONLY_GROWS,
    )
    Table(
        "delivery",
        metadata,
        Column("subscriber", Text, primary_key=True),
        Column("number", BigInteger, primary_key=True),
        Column("partition", SmallInteger, nullable=False),
    )
    Table(
        "refusal",
        metadata,
        Column("subscriber", Text, primary_key=True),
        Column("subject", Text, primary_key=True),
        Column("times", Integer, nullable=False),
        Column("first_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        Column("parked_at", DateTime(timezone=True)),
        Column("reason", Text, nullable=False),
    )
    Table(
        "relay_lease",
        metadata,
        Column("subscriber", Text, primary_key=True),
        Column("partition", SmallInteger, primary_key=True),
        Column("holder", Uuid, nullable=False),
        Column("until", DateTime(timezone=True), nullable=False),
    )
    Table(
        "position",
        metadata,
        Column("source", Text, primary_key=True),
        Column("subject", Text, primary_key=True),
        Column("last", Integer, nullable=False),
    )


def partition_of(subject: str) -> int:
    """Which of the partitions carries a subject: the same in every process and for ever."""
    return zlib.crc32(subject.encode()) % PARTITIONS


# ------------------------------------------------------------------------------------------------ out: the log

_PUBLISH: Final = """
with told as (
    select * from unnest(:ids, :types, :subjects, :sequences, :partitions, :data)
        as told (id, type, subject, sequence, partition, data)),
written as (
    insert into {schema}.event (id, type, subject, sequence, seen, time, traceparent, data)
    select id, type, subject, sequence,
           coalesce((select jsonb_object_agg(source, last) from {schema}.position
                     where source = any(:subscribers) and position.subject = told.subject), '{{}}'),
           :now, :traceparent, cast(data as jsonb)
    from told order by subject, sequence
    returning number, id)
insert into {schema}.delivery (subscriber, number, partition)
select subscriber, number, partition from written join told using (id), unnest(:subscribers) as subscriber
"""

Told = tuple[str, int, Event]
"""A subject, the sequence of an event about it, and the event."""


async def publish_many(connection: AsyncConnection, source: Service, told: Sequence[Told], now: datetime) -> None:
    """Write events into the log, about any number of subjects, with a delivery for each peer: one statement.

    The caller has just raised each subject's own counter to the sequence of its last event; the lock on that row keeps the order
    until the commit.
    """
    if not told:
        return
    values = {
        "now": now,
        "traceparent": log.traceparent(),
        "ids": [uuid7() for _ in told],
        "types": [event.type for _, _, event in told],
        "subjects": [subject for subject, _, _ in told],
        "sequences": [sequence for _, sequence, _ in told],
        "partitions": [partition_of(subject) for subject, _, _ in told],
        "data": [event.model_dump_json(exclude_none=True) for _, _, event in told],
        "subscribers": list(source.peers),
    }
    await connection.execute(_sql(_PUBLISH, source), values)


_ARRAYS: Final[dict[str, Any]] = {
    "ids": Uuid(),
    "types": Text(),
    "sequences": Integer(),
    "partitions": SmallInteger(),
    "data": Text(),
    "subscribers": Text(),
    "sources": Text(),
    "lasts": Integer(),
    "held": SmallInteger(),
    "waiting": Text(),
    "numbers": BigInteger(),
    "subjects": Text(),
}


@cache
def _sql(statement: str, schema: str) -> TextClause:
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in _ARRAYS.items() if f":{name}" in statement]
    return text(statement.format(schema=schema)).bindparams(*arrays)


# ------------------------------------------------------------------------------------------------ out: the relay

_HOLD: Final = """
insert into {schema}.relay_lease as lease (subscriber, partition, holder, until)
select :subscriber, partition, :me, now() + make_interval(secs => :seconds) from generate_series(0, :of - 1) as partition
on conflict (subscriber, partition) do update set holder = excluded.holder, until = excluded.until
where lease.holder = excluded.holder or lease.until < now()
returning partition
"""

_LET_GO: Final = "update {schema}.relay_lease set until = now() where subscriber = :subscriber and holder = :me"

_NEXT: Final = """
select event.number, event.id, event.type, event.subject, event.sequence, event.seen, event.time, event.traceparent, event.data
from {schema}.delivery join {schema}.event using (number)
where delivery.subscriber = :subscriber and delivery.partition = any(:held) and event.subject <> all(:waiting)
  and not exists (select from {schema}.refusal
                  where refusal.subscriber = :subscriber and refusal.subject = event.subject and refusal.parked_at is not null)
  and (cast(:suspect as text) is null or event.subject = :suspect)
order by delivery.number limit :size
"""

_TAKEN: Final = """
with gone as (delete from {schema}.delivery where subscriber = :subscriber and number = any(:numbers))
delete from {schema}.refusal where subscriber = :subscriber and subject = any(:subjects)
"""

_REFUSED: Final = """
insert into {schema}.refusal as known (subscriber, subject, times, reason) values (:subscriber, :subject, 1, :reason)
on conflict (subscriber, subject) do update
set times = known.times + 1, reason = excluded.reason,
    parked_at = case when known.times + 1 >= :times and known.first_at < now() - make_interval(secs => :seconds) then now() end
returning parked_at is not null
"""


class NoVerdict(Exception):
    """The peer said nothing that could be understood: it is down, slow, or fell over something in the batch."""


@dataclass
class Wait:
    """A subject that others need not wait for: tried again at `try_at` (monotonic seconds)."""

    tries: int = 0
    try_at: float = 0.0
    alone: bool = False

    def once_more(self) -> None:
        self.try_at = time.monotonic() + backoff(self.tries, LONGEST_RETRY_OF_A_SUSPECT_SECONDS if self.alone else LONGEST_RETRY_SECONDS)
        self.tries += 1


def backoff(tries: int, longest: float = LONGEST_RETRY_SECONDS) -> float:
    """Seconds to wait before the next try: 50 ms at first, doubled each time up to `longest`, a fifth of it left to chance."""
    return min(longest, FIRST_RETRY_SECONDS * 2 ** min(tries, 16)) * random.uniform(0.8, 1.0)


@dataclass
class Relay:
    """Carries this service's deliveries to one peer. Any number of copies may run: each holds partitions by a lease.

    Two that both believe they hold a partition do no harm: the inbox decides.
    """

    engine: AsyncEngine
    source: Service
    subscriber: str
    url: str
    http: httpx.AsyncClient
    signer: Signer
    me: UUID = field(default_factory=uuid7)
    size: int = BATCH_SIZE
    held: list[int] = field(default_factory=list)
    held_until: float = 0.0
    delivered_at: float = 0.0
    failures: int = 0
    waiting: dict[str, Wait] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Relay for ever."""
        while True:
            self.wake.clear()
            try:
                busy = await self.step()
            except Exception as error:
                if not database.is_away(error):
                    logger.exception("relay.failed", subscriber=self.subscriber)
                self.failures += 1
                busy = False
            if not busy:
                await self.rest()

    async def rest(self) -> None:
        """Until something is published here, a waiting subject is due, or the poll comes round."""
        active = time.monotonic() - self.delivered_at < 60
        pause = POLL_SECONDS if active else IDLE_POLL_SECONDS
        if self.failures:
            await asyncio.sleep(backoff(self.failures))
            return
        if self.waiting:
            pause = min(pause, max(0.01, min(wait.try_at for wait in self.waiting.values()) - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.wake.wait(), pause)

    async def step(self) -> bool:
        """Send one batch; whether there may be more to do at once."""
        await self.hold()
        events = await self.fetch()
        if not events:
            return False
        try:
            verdicts = await self.send([event for _, event in events])
        except NoVerdict as error:
            return self.suspect(events, error)
        await self.record(events, verdicts)
        self.failures = 0
        return True

    async def hold(self) -> None:
        """Take every partition that is free, keep those we have."""
        if time.monotonic() < self.held_until - LEASE_SECONDS + RENEW_SECONDS:
            return
        asked = time.monotonic()
        values = {"subscriber": self.subscriber, "me": self.me, "seconds": LEASE_SECONDS, "of": PARTITIONS}
        async with self.engine.begin() as connection:
            rows = await connection.execute(self._sql(_HOLD), values)
            self.held = [row.partition for row in rows]
        self.held_until = asked + LEASE_SECONDS

    async def let_go(self) -> None:
        """Give the partitions back at once, for a copy that takes over."""
        async with self.engine.begin() as connection:
            await connection.execute(self._sql(_LET_GO), {"subscriber": self.subscriber, "me": self.me})

    async def fetch(self) -> list[tuple[int, Envelope]]:
        """The oldest deliveries, in order of (subject, sequence); a suspect that is due goes alone."""
        now = time.monotonic()
        suspect = next((subject for subject, wait in self.waiting.items() if wait.alone and wait.try_at <= now), None)
        aside = [subject for subject, wait in self.waiting.items() if subject != suspect and (wait.alone or wait.try_at > now)]
        values = {
            "subscriber": self.subscriber,
            "held": self.held,
            "waiting": aside,
            "suspect": suspect,
            "size": (size := 1 if suspect else self.size),
        }
        async with self.engine.connect() as connection:
            rows = (await connection.execute(self._sql(_NEXT), values)).all()
        if len(rows) < size:
            # Nothing is left of those who were due and did not come: another copy delivered it, or it is parked.
            self.forget({suspect} if suspect else self.waiting.keys() - set(aside) - {row.subject for row in rows})
        events = [(row.number, self.envelope(row)) for row in rows]
        return sorted(events, key=lambda event: (event[1].subject, event[1].sequence))

    def forget(self, subjects: Iterable[str]) -> None:
        """They need not wait any longer."""
        for subject in subjects:
            self.waiting.pop(subject, None)

    def envelope(self, row: Row[Any]) -> Envelope:
        return Envelope(row.id, row.type, self.source, row.subject, row.sequence, row.seen, row.time, row.traceparent, row.data)

    async def send(self, events: Sequence[Envelope]) -> list[tuple[Verdict, str]]:
        """One verdict per event. Raises NoVerdict."""
        body = json.dumps([wire.write(event) for event in events], ensure_ascii=False).encode()
        headers = {"content-type": wire.BATCH} | self.signer.sign(body)
        try:
            # httpx limits each read; a peer that answers one byte at a time would still hold us for ever.
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self.http.post(f"{self.url}/events", content=body, headers=headers, timeout=ANSWER_SECONDS)
            return _verdicts(answer, len(events))
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as error:
            raise NoVerdict(f"{type(error).__name__}: {error}") from error

    async def record(self, events: Sequence[tuple[int, Envelope]], verdicts: Sequence[tuple[Verdict, str]]) -> None:
        """Forget what was taken; let what was not wait, its later events behind it."""
        taken = [(number, event.subject) for (number, event), (verdict, _) in zip(events, verdicts, strict=True) if verdict in _DONE]
        async with self.engine.begin() as connection:
            if taken:
                numbers, subjects = zip(*taken, strict=True)
                values = {"subscriber": self.subscriber, "numbers": list(numbers), "subjects": sorted(set(subjects))}
                await connection.execute(self._sql(_TAKEN), values)
                self.delivered_at = time.monotonic()
            for (_, event), (verdict, reason) in zip(events, verdicts, strict=True):
                if verdict is Verdict.REFUSED:
                    await self.count_refusal(connection, event, reason)
        self.forget(subject for _, subject in taken)
        for subject in {event.subject for (_, event), (verdict, _) in zip(events, verdicts, strict=True) if verdict not in _DONE}:
            self.waiting.setdefault(subject, Wait()).once_more()
        self.size = min(BATCH_SIZE, self.size * 2)

    async def count_refusal(self, connection: AsyncConnection, event: Envelope, reason: str) -> None:
        values = {"subscriber": self.subscriber, "subject": event.subject, "reason": reason[:500]}
        limits = {"times": REFUSALS_TO_PARK, "seconds": PARK_AFTER_SECONDS}
        parked = (await connection.execute(self._sql(_REFUSED), values | limits)).scalar_one()
        logger.error("event.parked" if parked else "event.refused", subscriber=self.subscriber, id=str(event.id), type=event.type)

    def suspect(self, events: Sequence[tuple[int, Envelope]], error: NoVerdict) -> bool:
        """No verdict: send half next time, down to one; the one that still gets none waits by itself, and others go on: at once, if
        it was known to be like that, for then it says nothing about the peer."""
        logger.warning("relay.no_verdict", subscriber=self.subscriber, events=len(events), error=str(error)[:200])
        if len(events) == 1 and not isinstance(error.__cause__, httpx.ConnectError):
            wait = self.waiting.setdefault(events[0][1].subject, Wait())
            known, wait.alone = wait.alone, True
            wait.once_more()
            if known:
                return True
        self.failures += 1
        self.size = max(1, len(events) // 2)
        return False

    def _sql(self, statement: str) -> TextClause:
        return _sql(statement, self.source)


_DONE: Final = (Verdict.TAKEN, Verdict.HAD)


def _verdicts(answer: httpx.Response, count: int) -> list[tuple[Verdict, str]]:
    if answer.status_code == 204:
        return [(Verdict.TAKEN, "")] * count
    if answer.status_code == 207:
        told = answer.json()["verdicts"]
        if len(told) != count:
            raise ValueError("as many verdicts as events were expected")
        return [(Verdict(verdict["verdict"]), str(verdict.get("reason", ""))) for verdict in told]
    if count == 1 and answer.status_code == 503 and "retry-after" in answer.headers:
        return [(Verdict.LATER, "")]
    if count == 1 and answer.status_code == 422:
        return [(Verdict.REFUSED, str(answer.json().get("detail", "")))]
    raise ValueError(f"answered {answer.status_code}")


# ------------------------------------------------------------------------------------------------ in: the inbox

# Ours to take if it is the next from this source about this subject, and we have had everything its writer had.
_TURN: Final = """
with enough as (
    select not exists (
        select from unnest(:sources, :lasts) as cause (source, last)
        left join {schema}.position as mine on mine.source = cause.source and mine.subject = :subject
        where coalesce(mine.last, 0) < cause.last) as causes_known),
moved as (
    update {schema}.position set last = :sequence
    where source = :source and subject = :subject and last = :sequence - 1 and (select causes_known from enough) returning 1),
started as (
    insert into {schema}.position (source, subject, last)
    select :source, :subject, 1 where :sequence = 1 and (select causes_known from enough)
    on conflict do nothing returning 1)
select exists (select from moved) or exists (select from started) as ours,
       coalesce((select last from {schema}.position where source = :source and subject = :subject), 0) >= :sequence as had
"""

Reaction = Callable[[Any, Any, Envelope], Awaitable[None]]
"""What a service does about an event: (transaction, event, envelope)."""


async def heard(tx: Any, event: Any, envelope: Envelope) -> None:
    """For events that concern us only in that their effects must not come before them."""


async def take_in(
    begin: Callable[[], Any], me: Service, reactions: Mapping[type[Event], Reaction], events: Sequence[Envelope]
) -> list[tuple[Verdict, str]]:
    """A verdict per event, in the order they were given. The batch is one transaction; if any of it fails, each goes alone."""
    order = sorted(range(len(events)), key=lambda place: (events[place].subject, events[place].sequence))
    verdicts: dict[int, tuple[Verdict, str]] = {}
    try:
        found = await database.persistently(lambda: _take_together(begin, me, reactions, [events[place] for place in order]))
        verdicts = dict(zip(order, ((verdict, "") for verdict in found), strict=True))
    except Exception:
        for place in order:
            verdicts[place] = await _take_alone(begin, me, reactions, events[place])
    return [verdicts[place] for place in range(len(events))]


async def _take_together(
    begin: Callable[[], Any], me: Service, reactions: Mapping[type[Event], Reaction], events: Sequence[Envelope]
) -> list[Verdict]:
    async with begin() as tx:
        return [await _take(tx, me, reactions, event) for event in events]


async def _take_alone(
    begin: Callable[[], Any], me: Service, reactions: Mapping[type[Event], Reaction], event: Envelope
) -> tuple[Verdict, str]:
    try:
        verdicts = await database.persistently(lambda: _take_together(begin, me, reactions, [event]))
        return verdicts[0], ""
    except (Later, Changed) as error:
        return Verdict.LATER, error.detail
    except Exception as error:
        if database.is_away(error):
            return Verdict.LATER, "the database cannot be reached"
        logger.error("event.not_taken", id=str(event.id), type=event.type, subject=event.subject, exc_info=error)
        return Verdict.REFUSED, error.detail if isinstance(error, DomainError) else type(error).__name__


async def _take(tx: Any, me: Service, reactions: Mapping[type[Event], Reaction], event: Envelope) -> Verdict:
    causes = {source: last for source, last in event.seen.items() if source != me}
    values = {"source": event.source, "subject": event.subject, "sequence": event.sequence}
    turn = (await tx.run(_sql(_TURN, me), values | {"sources": list(causes), "lasts": list(causes.values())})).one()
    if not turn.ours:
        return Verdict.HAD if turn.had else Verdict.LATER
    kind = EVENTS.get(event.type)
    if kind is None:
        raise DomainError(f"Events of type {event.type} are not known here.")
    try:
        fact = kind.model_validate(event.data)
    except ValidationError as error:
        raise DomainError(f"{event.type} does not read: {error.error_count()} fields are wrong.") from error
    log.start_trace(event.traceparent)
    await reactions[kind](tx, fact, event)
    return Verdict.TAKEN
