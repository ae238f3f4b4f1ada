"""What the desk tells us: dossiers received become cases; its later moves and facts are mirrored in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.processing import tables
from services.processing.domain.case import Case, heard
from services.processing.domain.deadline import Counting
from services.processing.domain.journal import JournalLine
from services.processing.domain.workflow import begun, planned
from services.processing.references import references_of
from shared.contracts.events import (
    DossierReceived,
    DossierResolvedOnTheSpot,
    Event,
    PapersHandedOver,
    PapersTakenOver,
    PostalEvent,
    Receipt,
    ResultAtDesk,
)
from shared.contracts.people import ReturnWay
from shared.contracts.states import State
from shared.errors import NotFound
from shared.runtime import Transaction
from shared.wire import Envelope


async def open_case(tx: Transaction, event: DossierReceived, envelope: Envelope) -> None:
    """A case with the steps of its process; the first is current from acceptance on. Raises Later while a version it names is not here."""
    counting = await counting_of(tx, event.appointment_at, event.calendar_version, event.offices.competent)
    steps = await references_of(tx).steps(tx, event.procedure.version_id, event.process)
    course = begun(planned(steps, event.accepted_at, counting), 1, event.accepted_at, counting)
    await tables.insert_case(tx, _case(event, envelope, state=State.RECEIVED, steps=course), _received(event, envelope, State.RECEIVED))


async def close_on_the_spot(tx: Transaction, event: DossierResolvedOnTheSpot, envelope: Envelope) -> None:
    """Received, decided and handed over by the desk in one call: nothing is left to do here."""
    case = _case(
        event,
        envelope,
        state=State.RETURNED,
        on_the_spot=True,
        decision=event.decision,
        decision_issued_at=event.accepted_at if event.decision else None,
        result=event.result,
        completed_at=event.accepted_at,
        returned_at=event.accepted_at,
        returned_by=ReturnWay.DESK,
    )
    await tables.insert_case(tx, case, _received(event, envelope, State.RETURNED))


async def hear(tx: Transaction, event: Event, envelope: Envelope) -> None:
    """A fact of the desk about a case; also about a submission, if it is the post's: that one has no case yet."""
    try:
        before = await tables.load_case(tx, envelope.subject)
    except NotFound:
        if isinstance(event, PostalEvent):
            return
        raise
    after = heard(before, event, envelope.time)
    line = _heard_of(event, envelope, before.state, after.state)
    if after == before:
        return await tables.add_line(tx, before.id, line)
    await tables.save_case(tx, before, after, line)


async def counting_of(tx: Transaction, appointment_at: datetime, calendar_version: UUID | None, office: str) -> Counting:
    """How the time of a case is counted. Raises Later."""
    references = references_of(tx)
    return Counting(appointment_at, await references.calendar(tx, calendar_version), await references.hours(tx, office))


def _case(event: Receipt, envelope: Envelope, *, state: State, **more: Any) -> Case:
    named: dict[str, Any] = {name: getattr(event, name) for name in Receipt.model_fields if name != "lookup_secret"}
    return Case(id=UUID(envelope.subject), version=1, told=0, state=state, **named | more)


def _received(event: Receipt, envelope: Envelope, state: State) -> JournalLine:
    action = "receive" if state is State.RECEIVED else "resolve_on_the_spot"
    return JournalLine(
        envelope.time,
        action,
        event.received_by,
        to_state=state,
        office=event.offices.receiving,
        source=envelope.source,
        event_id=envelope.id,
    )


def _heard_of(event: Event, envelope: Envelope, before: State, after: State) -> JournalLine:
    """In the words of the event: who did it where, as far as it says so."""
    by, office = envelope.source, None
    match event:
        case PapersHandedOver():
            by, office = event.handed_over_by, event.from_office
        case PapersTakenOver():
            by, office = event.taken_over_by, event.office
        case ResultAtDesk():
            by = event.taken_over_by
        case PostalEvent():
            by = event.carrier
        case _:
            pass
    action = event.type.removeprefix("vn.motcua.").removesuffix(".v1")
    return JournalLine(envelope.time, action, by, before, after, office, source=envelope.source, event_id=envelope.id)
