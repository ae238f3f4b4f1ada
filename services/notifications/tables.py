"""The rows of schema `notifications`: dossiers as the voice knows them, messages, every attempt to send one."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    Uuid,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from services.notifications.domain.audience import Address, Contact
from services.notifications.domain.message import Attempt, Message, MessageState
from services.notifications.domain.subject import Subject
from shared.contracts.events import Event
from shared.contracts.people import Channel, Offices, Part, ReturnWay
from shared.contracts.states import State
from shared.errors import Later, NotFound
from shared.runtime import Transaction
from shared.service import common_tables

metadata: Final = MetaData(schema="notifications")
office: Final = common_tables(metadata)

_INSTANT: Final = DateTime(timezone=True)

subject: Final = Table(
    "subject",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    Column("code", Text, unique=True),
    Column("national_code", Text),
    Column("procedure", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("receiving", Text, nullable=False),
    Column("competent", Text, nullable=False),
    Column("supervising", Text, nullable=False),
    Column("returning", Text, nullable=False),
    Column("contacts", JSONB, nullable=False),
    Column("submitted_at", _INSTANT),
    Column("accepted_at", _INSTANT),
    Column("appointment_at", _INSTANT),
    Column("return_way", Text, nullable=False),
    Column("lookup_secret", Text),
)

# `try_at`, `lease_until` and `queued_at` are machine time, all other instants domain time.
message: Final = Table(
    "message",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("dossier_id", Uuid, nullable=False),
    Column("event_id", Uuid),
    Column("event", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("subject_line", Text),
    Column("text", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reference", Text),
    Column("last_error", Text),
    Column("copy_of", Uuid),
    Column("asked_by", Text),
    Column("created_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT, nullable=False),
    Column("settled_at", _INSTANT),
    Column("queued_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("try_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("lease_until", _INSTANT),
    Index("message_once", "event_id", "template", "recipient", "channel", unique=True),
    Index("message_dossier", "dossier_id", "number"),
    Index("message_number", "number", unique=True),
    Index("message_queued", "channel", "try_at", postgresql_where=text("state = 'queued'")),
    Index("message_before", "dossier_id", "channel", "number", postgresql_where=text("state = 'queued'")),
    Index("message_expiring", "expires_at", postgresql_where=text("state = 'queued'")),
    Index("message_failed", "settled_at", postgresql_where=text("state = 'failed'")),
)

attempt: Final = Table(
    "attempt",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("dossier_id", Uuid, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("error", Text),
    Column("reference", Text),
)

# ------------------------------------------------------------------------------------------------ subjects


# Statements of the hot paths are built once: building one costs more than running it.
_HELD_SUBJECT: Final = select(subject).where(subject.c.id == bindparam("dossier")).with_for_update()
_SUBJECT_COLUMNS: Final = tuple(column.name for column in subject.columns)
_SAVED: Final = insert(subject)
_SAVE_SUBJECT: Final = _SAVED.on_conflict_do_update(
    index_elements=["id"],
    set_={name: _SAVED.excluded[name] for name in _SUBJECT_COLUMNS if name not in {"id", "version", "told"}}
    | {"version": subject.c.version + 1},
)
_RAISE_TOLD: Final = (
    update(subject).where(subject.c.id == bindparam("dossier")).values(told=subject.c.told + bindparam("more")).returning(subject.c.told)
)


async def find_subject(tx: Transaction, dossier_id: UUID) -> Subject | None:
    """The subject, held until the transaction ends: facts from both peers, senders and officers meet at this row, and only here.

    Whoever touches a dossier's messages takes it first, so nobody waits in a circle.
    """
    row = (await tx.run(_HELD_SUBJECT, {"dossier": dossier_id})).one_or_none()
    return subject_of(row) if row else None


async def load_subject(tx: Transaction, dossier_id: UUID) -> Subject:
    """Raises Later: whoever told of it told first how it began, and that is still on its way."""
    if (found := await find_subject(tx, dossier_id)) is None:
        raise Later(f"The beginning of dossier {dossier_id} has not been heard here yet.")
    return found


async def save_subject(tx: Transaction, after: Subject) -> None:
    """Write a subject that is held, or new."""
    await tx.run(_SAVE_SUBJECT, _subject_columns(after))


async def tell(tx: Transaction, dossier_id: UUID, *events: Event) -> None:
    """Tell the peers about a dossier; it does not change by that."""
    if events:
        told = await tx.run(_RAISE_TOLD, {"dossier": dossier_id, "more": len(events)})
        await tx.publish(dossier_id, told.scalar_one(), *events)


async def office_names(tx: Transaction, offices: Offices) -> dict[str, str]:
    """By code, from memory; one that was told of a moment ago is looked up."""
    tree = await tx.runtime.facts["offices"].tree(tx)
    known = {code: found.name for code in offices.all() if (found := tree.get(code))}
    if len(known) == len(offices.all()):
        return known
    rows = await tx.run(select(office.c.code, office.c.name).where(office.c.code.in_(offices.all())))
    return {row.code: row.name for row in rows}


def subject_of(row: Row[Any]) -> Subject:
    """The row as the domain knows it."""
    plain = {field.name: getattr(row, field.name) for field in fields(Subject) if field.name in subject.c}
    read: dict[str, Any] = {
        "state": State(row.state),
        "channel": Channel(row.channel),
        "offices": offices_of(row),
        "contacts": tuple(Contact(Part(told["part"]), told.get("phone"), told.get("email")) for told in row.contacts),
        "return_way": ReturnWay(row.return_way),
    }
    return Subject(**plain | read)


def offices_of(row: Row[Any]) -> Offices:
    return Offices(receiving=row.receiving, competent=row.competent, supervising=row.supervising, returning=row.returning)


def within(scope: frozenset[str]) -> Any:
    """Whether one of the dossier's four offices lies in `scope`."""
    return or_(*(subject.c[name].in_(scope) for name in Offices.model_fields))


def _subject_columns(value: Subject) -> dict[str, Any]:
    plain = {field.name: getattr(value, field.name) for field in fields(Subject) if field.name in subject.c}
    contacts = [{name: told for name, told in asdict(contact).items() if told} for contact in value.contacts]
    return plain | value.offices.model_dump() | {"contacts": contacts}


# ------------------------------------------------------------------------------------------------ messages

# Spelt out, not a parameter: only so does the planner see that the partial indexes fit.
QUEUED: Final[Any] = literal_column(f"'{MessageState.QUEUED}'")

_MINE: Final = tuple(message.c[field.name] for field in fields(Message))


_INSERT_MESSAGES: Final = insert(message).on_conflict_do_nothing()

# The subject comes first in the list, so its row is locked first.
_HELD_MESSAGE: Final = (
    select(*_MINE)
    .select_from(subject.join(message, message.c.dossier_id == subject.c.id))
    .where(message.c.id == bindparam("message"))
    .with_for_update()
)
_SAVE_ATTEMPT: Final = text("""
with made as (
    insert into notifications.attempt (message_id, number, dossier_id, at, outcome, error, reference)
    values (:id, :attempts, :dossier_id, :now, :outcome, :error, :made_reference))
update notifications.message
set state = :state, attempts = :attempts, reference = :reference, last_error = :error, settled_at = :settled_at, lease_until = null,
    try_at = now() + make_interval(secs => :seconds)
where id = :id
""")

_CLAIM: Final = text(f"""
with due as (
    select id from notifications.message
    where state = 'queued' and channel = :channel and try_at <= now() and expires_at > :now
      and (lease_until is null or lease_until < now())
      and not exists (
          select from notifications.message as earlier
          where earlier.state = 'queued' and earlier.dossier_id = message.dossier_id and earlier.channel = message.channel
            and earlier.recipient = message.recipient and earlier.number < message.number)
    order by try_at limit :size for update skip locked)
update notifications.message set lease_until = now() + make_interval(secs => :seconds)
from due where message.id = due.id
returning {", ".join(f"message.{column.name}" for column in _MINE)}
""")


async def insert_messages(tx: Transaction, messages: Sequence[Message]) -> None:
    """Each event, template, recipient and channel once; the second is not written."""
    if messages:
        await tx.run(_INSERT_MESSAGES, [_message_columns(one) for one in messages])


async def load_message(tx: Transaction, message_id: UUID) -> Message:
    """The message, held with its subject."""
    return message_of((await tx.run(_HELD_MESSAGE, {"message": message_id})).one())


async def save_attempt(tx: Transaction, after: Message, made: Attempt, *, try_again_in_seconds: float) -> None:
    """Write how an attempt changed a message that is held, and the attempt itself."""
    values = {**_message_columns(after), "outcome": made.outcome, "error": made.error, "made_reference": made.reference}
    await tx.run(_SAVE_ATTEMPT, values | {"now": tx.now, "seconds": try_again_in_seconds})


async def claim_due(tx: Transaction, channel: str, *, size: int, lease_seconds: float) -> list[Message]:
    """Messages whose time has come, ours alone until the lease ends. A person hears of a dossier in the order things happened."""
    rows = await tx.run(_CLAIM, {"channel": channel, "now": tx.now, "size": size, "seconds": lease_seconds})
    return [message_of(row) for row in rows]


async def expire(tx: Transaction, dossier_id: UUID, *conditions: Any) -> list[Message]:
    """Give up the unsent messages of a dossier that is held, where `conditions` hold."""
    given_up = (
        update(message)
        .where(message.c.dossier_id == dossier_id, message.c.state == QUEUED, *conditions)
        .values(state=MessageState.EXPIRED, settled_at=tx.now)
        .returning(*_MINE)
    )
    return [message_of(row) for row in await tx.run(given_up)]


def overtaken(templates: Iterable[str]) -> Any:
    return message.c.template.in_(templates)


def addressed_to(addresses: Iterable[Address]) -> Any:
    return tuple_(message.c.channel, message.c.recipient).in_([(one.channel, one.recipient) for one in addresses])


def too_old(now: datetime) -> Any:
    return message.c.expires_at <= now


async def dossiers_with_old_messages(tx: Transaction, *, size: int) -> list[UUID]:
    """In the order in which all take them, so that nobody waits in a circle."""
    found = select(message.c.dossier_id).where(message.c.state == QUEUED, too_old(tx.now)).distinct().limit(size)
    return sorted(row.dossier_id for row in await tx.run(found))


async def find_message(tx: Transaction, message_id: UUID) -> tuple[Message, Subject]:
    """A message with its dossier, both held. Raises NotFound."""
    dossier_id = (await tx.run(select(message.c.dossier_id).where(message.c.id == message_id))).scalar_one_or_none()
    if dossier_id is None or (about := await find_subject(tx, dossier_id)) is None:
        raise NotFound("There is no message here, or it lies outside your offices.")
    return await load_message(tx, message_id), about


async def try_at_once(tx: Transaction, message_id: UUID) -> None:
    await tx.run(update(message).where(message.c.id == message_id).values(try_at=func.now()))


def message_of(row: Row[Any]) -> Message:
    """The row as the domain knows it."""
    return replace(Message(**{field.name: getattr(row, field.name) for field in fields(Message)}), state=MessageState(row.state))


def _message_columns(value: Message) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(Message)}
