"""Door 1, people: what was told about a dossier, whether it arrived, and once more please."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from services.notifications import commands, looking
from services.notifications.channels import CHANNELS
from services.notifications.domain.message import Message, MessageState, Outcome
from services.notifications.domain.texts import SAID, Said
from services.notifications.looking import MessagePage, MessageWithTries, Wanted
from shared.contracts.permissions import Action
from shared.doors import Door, Page, Tx, View
from shared.officers import Officer, may

router = APIRouter(tags=["messages"], route_class=Door)

ChannelName = Annotated[str, Query(pattern=f"^({'|'.join(CHANNELS)})$", examples=["sms"])]


class MessageRow(View):
    """A message in a list. The recipient is masked."""

    id: UUID
    dossier_id: UUID
    dossier_code: str | None = Field(examples=["H26.22-260309-0001"])
    event: str = Field(examples=["vn.motcua.dossier.received.v1"])
    template: str = Field(examples=["dossier_received"])
    channel: str = Field(examples=["sms"])
    recipient: str = Field(examples=["+8490****123"])
    state: MessageState
    attempts: int
    created_at: AwareDatetime
    expires_at: AwareDatetime
    settled_at: AwareDatetime | None
    last_error: str | None
    copy_of: UUID | None
    asked_by: str | None


class AttemptView(View):
    number: int
    at: AwareDatetime
    outcome: Outcome
    error: str | None
    reference: str | None


class MessageView(MessageRow):
    """A message with its words and every attempt to send it. The citizen's secret is hidden in the text."""

    subject_line: str | None
    text: str
    tries: tuple[AttemptView, ...]


class MessagesView(Page):
    messages: tuple[MessageRow, ...]


class ResendView(View):
    """What will be sent: the message itself where it still waits, else a fresh copy."""

    id: UUID
    copy_of: UUID | None
    state: MessageState


class TemplateView(View):
    event: str
    template: str
    channel: str
    subject_line: str | None
    text: str


@router.get("/messages", response_model=MessagesView, summary="Messages within your offices, the newest first")
async def list_messages(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_MESSAGES)],
    dossier: Annotated[str | None, Query(description="Id or code")] = None,
    channel: ChannelName | None = None,
    state: MessageState | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: UUID | None = None,
) -> MessagePage:
    return await looking.page(tx, Wanted(dossier, channel, state, after, limit), by=officer)


@router.get("/messages/{message_id}", response_model=MessageView, summary="A message, its words, every attempt")
async def show_message(message_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.SEE_MESSAGES)]) -> MessageWithTries:
    return await looking.one(tx, message_id, by=officer)


@router.post("/messages/{message_id}/resend", status_code=202, response_model=ResendView, summary="Send it once more")
async def resend_message(message_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.RESEND_MESSAGE)]) -> Message:
    return await commands.resend(tx, message_id, officer=officer)


@router.get("/templates", response_model=tuple[TemplateView, ...], summary="What is said of each fact, by channel")
async def list_templates(tx: Tx, officer: Annotated[Officer, may(Action.SEE_TEMPLATES)]) -> tuple[Said, ...]:
    return SAID
