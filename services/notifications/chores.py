"""Door 3, time: messages are sent, and given up when they are too old. Each channel has a chore of its own: one that is slow
or away holds nobody else up."""

import asyncio
import time
from functools import partial
from typing import Final

import structlog

from services.notifications import commands, tables
from services.notifications.channels import CHANNELS
from services.notifications.channels.channel import Channel, Outgoing, Refused, Unreachable
from services.notifications.domain.message import Attempt, Message, MessageState, Outcome
from services.notifications.settings import NotificationsSettings
from shared import database
from shared.runtime import Chore, Runtime

log = structlog.get_logger()

SENT_AT_ONCE: Final = 8
GIVEN_UP_AT_ONCE: Final = 50
RECORD_AGAIN_SECONDS: Final = 0.2
RECORD_FOR_SECONDS: Final = 10.0


async def send_messages(runtime: Runtime, *, channel: str) -> bool:
    """Claim, call, record. Whether there may be more to do at once: not while the gateway is away."""
    messages = await claim_due(runtime, channel)
    sending = asyncio.gather(*(send(runtime, message) for message in messages), return_exceptions=True)
    try:
        outcomes = await asyncio.shield(sending)
    except asyncio.CancelledError:
        # We are to stop, but the gateway may have these already: hear its answers first, or they go out twice.
        await sending
        raise
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return len(messages) == SENT_AT_ONCE and any(outcome is not Outcome.UNREACHABLE for outcome in outcomes)


async def claim_due(runtime: Runtime, channel: str) -> list[Message]:
    assert isinstance(runtime.settings, NotificationsSettings)
    async with runtime.transaction() as tx:
        return await tables.claim_due(tx, channel, size=SENT_AT_ONCE, lease_seconds=runtime.settings.message_lease_seconds)


async def send(runtime: Runtime, message: Message) -> Outcome:
    """One attempt. No connection and no lock is held while the gateway thinks."""
    attempt = await call(runtime.facts["channels"][message.channel], message)
    after = await record(runtime, message, attempt)
    tell = log.warning if after.state is MessageState.FAILED else log.info
    tell(
        f"message.{attempt.outcome}",
        message=str(message.id),
        dossier=str(message.dossier_id),
        channel=message.channel,
        attempts=after.attempts,
        error=attempt.error,
    )
    return attempt.outcome


async def call(channel: Channel, message: Message) -> Attempt:
    try:
        sent = await channel.send(Outgoing(message.id, message.recipient, message.subject_line, message.text))
    except Refused as error:
        return Attempt(Outcome.REFUSED, str(error))
    except Unreachable as error:
        return Attempt(Outcome.UNREACHABLE, str(error))
    except Exception as error:
        # A fault of ours must cost neither the message nor its neighbours. Its words may hold the recipient, so they are not kept.
        log.error("channel.failed", message=str(message.id), channel=message.channel, error=type(error).__name__)
        return Attempt(Outcome.UNREACHABLE, f"A fault in the channel itself: {type(error).__name__}.")
    return Attempt(Outcome.SENT, reference=sent.reference)


async def record(runtime: Runtime, message: Message, attempt: Attempt) -> Message:
    """Written down even if the database has to come back first: forgotten, the message would go out twice."""
    until = time.monotonic() + RECORD_FOR_SECONDS
    while True:
        try:
            async with runtime.transaction() as tx:
                return await commands.record(tx, message.id, attempt)
        except Exception as error:
            if not (database.is_away(error) or database.is_clash(error)) or time.monotonic() > until:
                raise
        await asyncio.sleep(RECORD_AGAIN_SECONDS)


async def give_up_old_messages(runtime: Runtime) -> bool:
    async with runtime.transaction() as tx:
        return await commands.give_up_old(tx, size=GIVEN_UP_AT_ONCE) == GIVEN_UP_AT_ONCE


CHORES: Final = (
    *(Chore(f"send messages by {name}", 0.5, partial(send_messages, channel=name)) for name in CHANNELS),
    Chore("give up old messages", 5.0, give_up_old_messages),
)
