"""A fact about a dossier becomes the messages its people get."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.notifications.domain.audience import addresses
from services.notifications.domain.message import EXPIRES_AFTER, Message
from services.notifications.domain.subject import Subject
from services.notifications.domain.texts import Template
from services.notifications.domain.words import words_for
from shared.contracts.events import Event
from shared.ids import uuid7


def compose(
    said: Sequence[Template], event: Event, subject: Subject, offices: Mapping[str, str], *, event_id: UUID, now: datetime
) -> tuple[Message, ...]:
    """One message per template, channel and recipient. `offices`: names by code, as far as they are known."""
    words = words_for(event, subject, offices)
    return tuple(
        Message(
            id=uuid7(),
            dossier_id=subject.id,
            event_id=event_id,
            event=event.type,
            template=template.name,
            channel=address.channel,
            recipient=address.recipient,
            subject_line=spoken[0],
            text=spoken[1],
            created_at=now,
            expires_at=now + EXPIRES_AFTER,
        )
        for template in said
        for address in addresses(subject.contacts)
        if (spoken := template.says_by(address.channel, words))
    )
