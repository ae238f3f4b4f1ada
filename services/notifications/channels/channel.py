"""A channel carries one message to one person. Here is what all channels promise, and the two ways they may fail."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One message on its way out. Without a repr: it would carry a person's number and name into the first log that prints it."""

    id: UUID
    recipient: str
    subject: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted by the gateway, under `reference`: what to quote when one asks the gateway about it."""

    reference: str


class ChannelError(Exception):
    """The message did not go out. Its words are stored and logged, so they hold codes, never the recipient or the text."""


class Refused(ChannelError):
    """No, for ever: this recipient or this message will not be accepted however often it is tried."""


class Unreachable(ChannelError):
    """Not now: the gateway is away, busy, or not yet rightly set up, which is ours to mend and no reason to give a message up."""


class Channel(Protocol):
    async def send(self, message: Outgoing) -> Sent:
        """Raises Refused or Unreachable. After Unreachable the message may have gone out all the same:
        it is sent again under the same id, which the gateway is told as our reference."""
        ...

    async def aclose(self) -> None: ...
