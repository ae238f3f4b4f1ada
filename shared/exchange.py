"""What an operator does about the event exchange: see what is parked, replay it, let a subscriber join."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging import partition_of


@dataclass(frozen=True)
class Parked:
    """A subject whose events one subscriber refused again and again; its later events wait behind, everything else flows."""

    source: str
    subscriber: str
    subject: str
    times: int
    parked_at: datetime
    reason: str
    waiting: int


_PARKED: Final = """
select refusal.subscriber, refusal.subject, refusal.times, refusal.parked_at, refusal.reason,
       (select count(*) from {schema}.delivery join {schema}.event using (number)
        where delivery.subscriber = refusal.subscriber and event.subject = refusal.subject) as waiting
from {schema}.refusal where refusal.parked_at is not null order by refusal.parked_at
"""

_REPLAY: Final = "delete from {schema}.refusal where cast(:subject as text) is null or subject = :subject"

_LOG: Final = "select number, subject from {schema}.event where number > :after order by number limit 5000"
_DELIVER: Final = """
insert into {schema}.delivery (subscriber, number, partition)
select :subscriber, number, partition from unnest(cast(:numbers as bigint[]), cast(:partitions as smallint[])) as missed (number, partition)
on conflict do nothing
"""


async def parked(connection: AsyncConnection, schema: str) -> list[Parked]:
    rows = await connection.execute(text(_PARKED.format(schema=schema)))
    return [Parked(schema, row.subscriber, row.subject, row.times, row.parked_at, row.reason, row.waiting) for row in rows]


async def replay(connection: AsyncConnection, schema: str, subject: str | None = None) -> int:
    """Let parked events (of one subject) be tried again at the next look of the relay."""
    return (await connection.execute(text(_REPLAY.format(schema=schema)), {"subject": subject})).rowcount


async def join(connection: AsyncConnection, schema: str, subscriber: str) -> int:
    """Write deliveries of the whole log for a subscriber that is new, or was restored from a backup; what it had, it answers so."""
    after = joined = 0
    while rows := (await connection.execute(text(_LOG.format(schema=schema)), {"after": after})).all():
        partitions = [partition_of(row.subject) for row in rows]
        values = {"subscriber": subscriber, "numbers": [row.number for row in rows], "partitions": partitions}
        joined += (await connection.execute(text(_DELIVER.format(schema=schema)), values)).rowcount
        after = rows[-1].number
    return joined
