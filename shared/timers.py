"""Stored timers: what is to happen at a moment of domain time, kept as a row until it has happened.

`keep` sets, moves or cancels timers in the transaction that changes the reason. The chore deletes due ones and calls their handlers
in one transaction, so each fires exactly once, whoever crashes, and the oldest first after days of standing still. Of one subject
only the first fires at a time: what it changes, the next one sees.

A moment is domain time; `try_at`, when a timer whose handler failed is tried again, is machine time.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import is_away, persistently
from shared.runtime import Chore, Runtime, Transaction

logger = structlog.get_logger()

BATCH_SIZE: Final = 500
EVERY_SECONDS: Final = 0.25
FIRST_RETRY_SECONDS: Final = 1.0
LONGEST_RETRY_SECONDS: Final = 300.0


def tables(metadata: MetaData) -> None:
    """The timers of a service."""
    Table(
        "timer",
        metadata,
        Column("subject", Uuid, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("due_at", DateTime(timezone=True), nullable=False),
        Column("attempts", Integer, nullable=False, server_default="0"),
        Column("try_at", DateTime(timezone=True)),
        Column("last_error", Text),
        Index("timer_due", "due_at"),
        Index("timer_failing", "try_at", postgresql_where=text("attempts > 0")),
    )


@dataclass(frozen=True)
class Timer:
    """At `due_at` something of this `kind` is to happen about `subject`."""

    subject: UUID
    kind: str
    due_at: datetime


Handler = Callable[[Transaction, list[Timer]], Awaitable[None]]
"""What happens when timers of one kind are due: all of them, each of another subject, in order of `due_at`."""


class NoHandler(Exception):
    """Nobody here knows what to do about timers of this kind."""


# ------------------------------------------------------------------------------------------------ kept

_KEEP: Final = """
with wanted as (select * from unnest(:subjects, :kinds, :moments) as wanted (subject, kind, due_at)),
cancelled as (
    delete from {schema}.timer using wanted
    where timer.subject = wanted.subject and timer.kind = wanted.kind and wanted.due_at is null)
insert into {schema}.timer (subject, kind, due_at)
select subject, kind, due_at from wanted where due_at is not null order by subject, kind
on conflict (subject, kind) do update set due_at = excluded.due_at, attempts = 0, try_at = null, last_error = null
where timer.due_at <> excluded.due_at
"""


async def keep(tx: Transaction, subject: UUID, timers: Mapping[str, datetime | None]) -> None:
    """Set or move each kind of timer to its moment, or cancel it (None); kinds not named stay as they are.

    What has fired is forgotten: given again, it fires again, at once if its moment is past. First change the subject's own row, then
    keep its timers, so that its timers and its officers take turns at that row.
    """
    await keep_many(tx, [(subject, timers)])


async def keep_many(tx: Transaction, timers: Sequence[tuple[UUID, Mapping[str, datetime | None]]]) -> None:
    """The same for many subjects in one statement; of two that name the same timer the later counts."""
    wanted = {(subject, kind): due_at for subject, kinds in timers for kind, due_at in kinds.items()}
    if wanted:
        subjects, kinds = zip(*wanted, strict=True)
        values = {"subjects": list(subjects), "kinds": list(kinds), "moments": list(wanted.values())}
        await tx.run(_sql(_KEEP, tx.runtime.service), values)


# ------------------------------------------------------------------------------------------------ fired

# Asked row by row, in the order of the index: a join would read all timers for each batch. A copy that has claimed the first of a
# subject has not committed yet, so this one still sees it, and leaves the subject's others alone.
_CLAIM: Final = """
with due as (
    select subject, kind from {schema}.timer
    where due_at <= :now and attempts = 0
      and kind = (select first.kind from {schema}.timer as first
                  where first.subject = timer.subject and first.attempts = 0 order by first.due_at, first.kind limit 1)
    order by due_at limit :size for update skip locked)
delete from {schema}.timer using due where timer.subject = due.subject and timer.kind = due.kind
returning timer.subject, timer.kind, timer.due_at
"""

# Shorter than the second after which the database ends a deadlock: an officer who holds a case that we want, and wants its timer
# that we hold, must not be the one who loses.
_YIELD_TO_OFFICERS: Final = "select set_config('lock_timeout', '300ms', true)"

_CLAIM_ONE: Final = """
delete from {schema}.timer
where subject = :subject and kind = :kind and due_at = :due_at and coalesce(try_at <= now(), true) returning true
"""

_FAILED: Final = """
update {schema}.timer set attempts = attempts + 1, last_error = :error,
    try_at = now() + make_interval(secs => (0.8 + 0.2 * random()) * least(:longest, :first * 2 ^ least(attempts, 16)))
where subject = :subject and kind = :kind and due_at = :due_at
returning attempts
"""

_TO_TRY_AGAIN: Final = """
select subject, kind, due_at from {schema}.timer where attempts > 0 and try_at <= now() and due_at <= :now order by try_at limit :size
"""


def chore(handlers: Mapping[str, Handler], *, size: int = BATCH_SIZE, every_seconds: float = EVERY_SECONDS) -> Chore:
    """Fires timers as they come due, by the handler of each kind. Any number of copies may run."""
    return Chore("fire timers", every_seconds, partial(_fire, handlers=handlers, size=size))


async def _fire(runtime: Runtime, *, handlers: Mapping[str, Handler], size: int) -> bool:
    """A batch of those that are due, then each that failed before. Whether there may be more to do at once."""
    fired = await _fire_together(runtime, handlers, size)
    async with runtime.transaction() as tx:
        failed = await tx.run(_sql(_TO_TRY_AGAIN, runtime.service), {"now": tx.now, "size": size})
        again = [Timer(*row) for row in failed.all()]
    for timer in again:
        await _fire_alone(runtime, handlers, timer)
    return fired


async def _fire_together(runtime: Runtime, handlers: Mapping[str, Handler], size: int) -> bool:
    """In one transaction; if any of it fails, each goes alone."""
    timers: list[Timer] = []

    async def attempt() -> None:
        async with runtime.transaction() as tx:
            claimed = await tx.run(_sql(_CLAIM, runtime.service), {"now": tx.now, "size": size})
            timers[:] = sorted((Timer(*row) for row in claimed.all()), key=lambda timer: (timer.kind, timer.due_at, timer.subject))
            if timers:
                await tx.run(_sql(_YIELD_TO_OFFICERS, runtime.service))
            for kind, of_a_kind in groupby(timers, key=lambda timer: timer.kind):
                await _handler(handlers, kind)(tx, list(of_a_kind))

    try:
        await persistently(attempt)
    except Exception as error:
        if is_away(error) or not timers:
            raise
        logger.warning("timers.taken_apart", timers=len(timers), error=type(error).__name__)
    else:
        return bool(timers)
    for timer in sorted(timers, key=lambda timer: timer.due_at):
        await _fire_alone(runtime, handlers, timer)
    return True


async def _fire_alone(runtime: Runtime, handlers: Mapping[str, Handler], timer: Timer) -> None:
    """If it is still there: another copy may have fired it meanwhile, an officer may have moved it. If it fails it stays, for later."""
    named = {"subject": timer.subject, "kind": timer.kind, "due_at": timer.due_at}

    async def attempt() -> None:
        async with runtime.transaction() as tx:
            await tx.run(_sql(_YIELD_TO_OFFICERS, runtime.service))
            if (await tx.run(_sql(_CLAIM_ONE, runtime.service), named)).scalar():
                await _handler(handlers, timer.kind)(tx, [timer])

    try:
        await persistently(attempt)
    except Exception as error:
        if is_away(error):
            raise
        backoff = {"error": type(error).__name__, "first": FIRST_RETRY_SECONDS, "longest": LONGEST_RETRY_SECONDS}
        async with runtime.transaction() as tx:
            attempts = (await tx.run(_sql(_FAILED, runtime.service), named | backoff)).scalar()
        logger.error("timer.failed", subject=str(timer.subject), kind=timer.kind, attempts=attempts, exc_info=error)


def _handler(handlers: Mapping[str, Handler], kind: str) -> Handler:
    if kind not in handlers:
        raise NoHandler(f"Timers of kind {kind} are not known here.")
    return handlers[kind]


# ------------------------------------------------------------------------------------------------ seen

_IN_SIGHT: Final = """
select (select count(*) from (select from {schema}.timer where due_at <= :now limit 10000) as first_ones) as waiting_overdue,
       (select count(*) from (select from {schema}.timer where attempts > 0 limit 10000) as first_ones) as failing,
       (select min(due_at) from {schema}.timer where due_at > :now) as next_due_at
"""


async def in_sight(connection: AsyncConnection, schema: str, now: datetime) -> dict[str, Any]:
    """For /health/ready: how many are due and have not fired (failing ones among them), and when the next one will be."""
    row = (await connection.execute(_sql(_IN_SIGHT, schema), {"now": now})).one()
    next_due_at = row.next_due_at and row.next_due_at.astimezone(now.tzinfo).isoformat()
    return {"waiting_overdue": row.waiting_overdue, "failing": row.failing, "next_due_at": next_due_at}


_ARRAYS: Final[dict[str, Any]] = {"subjects": Uuid(), "kinds": Text(), "moments": DateTime(timezone=True)}


@cache
def _sql(statement: str, schema: str) -> TextClause:
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in _ARRAYS.items() if f":{name}" in statement]
    return text(statement.format(schema=schema)).bindparams(*arrays)
