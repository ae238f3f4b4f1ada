"""What the voice can do: get to know a dossier, follow it, record how a message fared, send one again, give old ones up."""

import random
from collections.abc import Sequence
from uuid import UUID

import structlog

from services.notifications import tables
from services.notifications.domain.audience import readdressed
from services.notifications.domain.compose import compose
from services.notifications.domain.message import Attempt, Message, MessageState, address_of, copied, sent_on, tried, wait_seconds
from services.notifications.domain.subject import Subject, introduced, mirrored
from services.notifications.domain.texts import overtaken_by, what_to_say
from shared.contracts.events import DossierAmended, Event, MessageFailed, MessageSent, Receipt, SubmissionReceived
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction

log = structlog.get_logger()

OVERTAKEN = "overtaken by events"
TOO_OLD = "not sent in time"
READDRESSED = "the address was corrected"


async def get_to_know(tx: Transaction, dossier_id: UUID, event: SubmissionReceived | Receipt, *, event_id: UUID) -> None:
    """A submission or a dossier begins, or the one becomes the other."""
    subject = introduced(dossier_id, event, await tables.find_subject(tx, dossier_id))
    await tables.save_subject(tx, subject)
    await _say(tx, subject, event, event_id=event_id)


async def follow(tx: Transaction, dossier_id: UUID, event: Event, *, event_id: UUID) -> None:
    """Something happened to a dossier: keep its state, and tell people what concerns them. Raises Later for one we do not know."""
    before = await tables.load_subject(tx, dossier_id)
    after = mirrored(before, event)
    if after != before:
        await tables.save_subject(tx, after)
    await _say(tx, after, event, event_id=event_id)


async def amend(tx: Transaction, dossier_id: UUID, event: DossierAmended, *, event_id: UUID) -> None:
    """People are reached where they really are from now on; what still waits to go to a wrong address goes to the right one instead."""
    before = await tables.load_subject(tx, dossier_id)
    after = mirrored(before, event)
    if after != before:
        await tables.save_subject(tx, after)
    moved = readdressed(before.contacts, after.contacts)
    given_up = await tables.expire(tx, dossier_id, tables.addressed_to(moved))
    await _tell_given_up(tx, dossier_id, given_up, READDRESSED)
    await tables.insert_messages(tx, [sent_on(message, uuid7(), to=to) for message in given_up if (to := moved[address_of(message)])])
    await _say(tx, after, event, event_id=event_id)


async def _say(tx: Transaction, subject: Subject, event: Event, *, event_id: UUID) -> None:
    if templates := overtaken_by(event):
        given_up = await tables.expire(tx, subject.id, tables.overtaken(templates))
        await _tell_given_up(tx, subject.id, given_up, OVERTAKEN)
    if subject.contacts and (said := what_to_say(event, subject)):
        offices = await tables.office_names(tx, subject.offices)
        await tables.insert_messages(tx, compose(said, event, subject, offices, event_id=event_id, now=tx.now))


async def record(tx: Transaction, message_id: UUID, attempt: Attempt) -> Message:
    """How an attempt ended. What is settled by it is told, once: a late answer to a settled message is only written down."""
    before = await tables.load_message(tx, message_id)
    after = tried(before, attempt, now=tx.now)
    await tables.save_attempt(tx, after, attempt, try_again_in_seconds=wait_seconds(after.attempts, random.random()))
    if after.state is not before.state:
        await tables.tell(tx, after.dossier_id, _end_of(tx, after, attempt.error or ""))
    return after


async def give_up_old(tx: Transaction, *, size: int) -> int:
    """Messages that could not be sent before they expired; how many dossiers had such."""
    dossiers = await tables.dossiers_with_old_messages(tx, size=size)
    for dossier_id in dossiers:
        await tables.load_subject(tx, dossier_id)
        await _tell_given_up(tx, dossier_id, await tables.expire(tx, dossier_id, tables.too_old(tx.now)), TOO_OLD)
    return len(dossiers)


async def resend(tx: Transaction, message_id: UUID, *, officer: Officer) -> Message:
    """A message that waits is tried at once; one that is settled goes out as a fresh copy. Raises NotFound."""
    message, subject = await tables.find_message(tx, message_id)
    officer.must_see(subject.offices.all(), "message")
    await tx.once()
    if message.state is MessageState.QUEUED:
        await tables.try_at_once(tx, message.id)
        return message
    copy = copied(message, uuid7(), by=officer.name, now=tx.now)
    await tables.insert_messages(tx, [copy])
    log.info("message.copied", message=str(copy.id), copy_of=str(message.id), dossier=str(subject.id))
    return copy


async def _tell_given_up(tx: Transaction, dossier_id: UUID, messages: Sequence[Message], reason: str) -> None:
    for message in messages:
        log.info("message.given_up", message=str(message.id), dossier=str(dossier_id), template=message.template, reason=reason)
    await tables.tell(tx, dossier_id, *(_end_of(tx, message, reason) for message in messages))


def _end_of(tx: Transaction, message: Message, reason: str) -> MessageSent | MessageFailed:
    facts = {
        "message_id": message.id,
        "template": message.template,
        "channel": message.channel,
        "at": tx.now,
        "attempts": message.attempts,
    }
    if message.state is MessageState.SENT:
        return MessageSent.model_validate(facts)
    return MessageFailed.model_validate(facts | {"reason": reason})
