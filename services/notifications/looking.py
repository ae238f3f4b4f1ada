"""Looking at messages: what an officer may see of them, and how sending goes. Nothing here changes anything."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, literal_column, select

from services.notifications.domain.audience import masked
from services.notifications.domain.message import MessageState
from services.notifications.tables import QUEUED, attempt, message, subject, within
from shared.errors import NotFound
from shared.officers import Officer
from shared.runtime import Runtime, Transaction

HIDDEN: Final = "••••"
FAILED: Final[Any] = literal_column(f"'{MessageState.FAILED}'")


@dataclass(frozen=True)
class Wanted:
    """Which messages: `dossier` by id or by code, `after` the last one of the page before."""

    dossier: str | None
    channel: str | None
    state: MessageState | None
    after: UUID | None
    limit: int


@dataclass(frozen=True)
class MessageSeen:
    """A message as officers may see it: the recipient masked, the citizen's secret hidden."""

    id: UUID
    dossier_id: UUID
    dossier_code: str | None
    event: str
    template: str
    channel: str
    recipient: str
    state: MessageState
    attempts: int
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    last_error: str | None
    copy_of: UUID | None
    asked_by: str | None
    subject_line: str | None
    text: str


@dataclass(frozen=True)
class MessageWithTries(MessageSeen):
    """Every attempt besides, the first one first."""

    tries: tuple[Row[Any], ...]


@dataclass(frozen=True)
class MessagePage:
    messages: tuple[MessageSeen, ...]
    next: str | None


async def page(tx: Transaction, wanted: Wanted, *, by: Officer) -> MessagePage:
    """The newest first."""
    statement = _messages().where(within(by.scope)).order_by(message.c.id.desc()).limit(wanted.limit + 1)
    if wanted.dossier is not None:
        statement = statement.where(_named(wanted.dossier))
    if wanted.channel is not None:
        statement = statement.where(message.c.channel == wanted.channel)
    if wanted.state is not None:
        statement = statement.where(message.c.state == wanted.state)
    if wanted.after is not None:
        statement = statement.where(message.c.id < wanted.after)
    rows = (await tx.run(statement)).all()
    seen = tuple(_seen(row) for row in rows[: wanted.limit])
    return MessagePage(seen, str(seen[-1].id) if len(rows) > wanted.limit else None)


async def one(tx: Transaction, message_id: UUID, *, by: Officer) -> MessageWithTries:
    """Raises NotFound."""
    row = (await tx.run(_messages().where(message.c.id == message_id, within(by.scope)))).one_or_none()
    if row is None:
        raise NotFound("There is no message here, or it lies outside your offices.")
    tries = await tx.run(select(attempt).where(attempt.c.message_id == message_id).order_by(attempt.c.number))
    return MessageWithTries(**vars(_seen(row)), tries=tuple(tries))


async def messages_in_sight(runtime: Runtime) -> dict[str, Any]:
    """For /health/ready: what waits, how long already (machine time), and what failed in the last day (domain time)."""
    waiting = message.c.state == QUEUED
    async with runtime.transaction() as tx:
        oldest = func.extract("epoch", func.now() - func.min(message.c.queued_at))
        queued = (await tx.run(select(func.count().label("number"), oldest.label("oldest")).where(waiting))).one()
        failed = select(func.count()).where(message.c.state == FAILED, message.c.settled_at > tx.now - timedelta(days=1))
        failed_count = (await tx.run(failed)).scalar_one()
    return {"queued": queued.number, "oldest_seconds": round(float(queued.oldest or 0), 1), "failed_in_last_day": failed_count}


def _messages() -> Select[Any]:
    about = (subject.c.code.label("dossier_code"), subject.c.lookup_secret)
    return select(message, *about).join(subject, subject.c.id == message.c.dossier_id)


def _named(dossier: str) -> Any:
    try:
        return subject.c.id == UUID(dossier)
    except ValueError:
        return subject.c.code == dossier


def _seen(row: Row[Any]) -> MessageSeen:
    return MessageSeen(
        id=row.id,
        dossier_id=row.dossier_id,
        dossier_code=row.dossier_code,
        event=row.event,
        template=row.template,
        channel=row.channel,
        recipient=masked(row.channel, row.recipient),
        state=MessageState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        expires_at=row.expires_at,
        settled_at=row.settled_at,
        last_error=row.last_error,
        copy_of=row.copy_of,
        asked_by=row.asked_by,
        subject_line=row.subject_line,
        text=row.text.replace(row.lookup_secret, HIDDEN) if row.lookup_secret else row.text,
    )
