"""A message to one person by one channel: its life, its attempts, its end."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.notifications.domain.audience import Address

EXPIRES_AFTER: Final = timedelta(days=7)
FIRST_RETRY_SECONDS: Final = 2.0
LONGEST_RETRY_SECONDS: Final = 300.0


class MessageState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    EXPIRED = "expired"


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


# What went out went out: it counts as sent, even if it was given up while the gateway still thought about it.
LIFE: Final[dict[tuple[MessageState, Outcome], MessageState]] = {
    (MessageState.QUEUED, Outcome.SENT): MessageState.SENT,
    (MessageState.QUEUED, Outcome.REFUSED): MessageState.FAILED,
    (MessageState.QUEUED, Outcome.UNREACHABLE): MessageState.QUEUED,
    (MessageState.FAILED, Outcome.SENT): MessageState.SENT,
    (MessageState.EXPIRED, Outcome.SENT): MessageState.SENT,
}


@dataclass(frozen=True)
class Attempt:
    """One call of a gateway. `error` holds codes, never the recipient or the text."""

    outcome: Outcome
    error: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class Message:
    """`id` is what the gateway is told as our reference. A copy was asked for by an officer and stems from no event of its own."""

    id: UUID
    dossier_id: UUID
    event: str
    template: str
    channel: str
    recipient: str = field(repr=False)
    subject_line: str | None = field(repr=False)
    text: str = field(repr=False)
    created_at: datetime
    expires_at: datetime
    event_id: UUID | None = None
    copy_of: UUID | None = None
    asked_by: str | None = None
    state: MessageState = MessageState.QUEUED
    attempts: int = 0
    reference: str | None = None
    last_error: str | None = None
    settled_at: datetime | None = None


def tried(message: Message, attempt: Attempt, *, now: datetime) -> Message:
    """The message after an attempt."""
    state = LIFE.get((message.state, attempt.outcome), message.state)
    return replace(
        message,
        state=state,
        attempts=message.attempts + 1,
        reference=attempt.reference or message.reference,
        last_error=attempt.error,
        settled_at=message.settled_at if state is message.state else now,
    )


def copied(message: Message, new_id: UUID, *, by: str, now: datetime) -> Message:
    """The same words to the same person once more, as a message of its own: under the old id the gateway would drop it."""
    return replace(
        message,
        id=new_id,
        event_id=None,
        copy_of=message.copy_of or message.id,
        asked_by=by,
        state=MessageState.QUEUED,
        attempts=0,
        reference=None,
        last_error=None,
        settled_at=None,
        created_at=now,
        expires_at=now + EXPIRES_AFTER,
    )


def address_of(message: Message) -> Address:
    return Address(message.channel, message.recipient)


def sent_on(message: Message, new_id: UUID, *, to: str) -> Message:
    """What never left goes to the right address: of the same event and with the same words, under an id the gateway does not know."""
    fresh = replace(message, id=new_id, recipient=to, state=MessageState.QUEUED, attempts=0)
    return replace(fresh, reference=None, last_error=None, settled_at=None)


def wait_seconds(attempts: int, chance: float) -> float:
    """How long to wait after so many attempts in vain, machine time: doubled each time, up to half of it left to `chance` (0 to 1)."""
    return min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts - 1, 16)) * (1 - chance / 2)
