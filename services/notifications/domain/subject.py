"""A dossier as the voice knows it: what to call it, in which state it is, and where its people can be reached."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.notifications.domain.audience import Contact, contacts_of
from shared.contracts.events import (
    DossierAmended,
    DossierAnnulled,
    DossierCompleted,
    DossierReceived,
    DossierRepaired,
    DossierResolvedOnTheSpot,
    DossierResumed,
    DossierReturned,
    DossierStopped,
    DossierSuspended,
    DossierTakenUp,
    DossierWithdrawn,
    Event,
    FeePaid,
    FeeReduced,
    FeeRequested,
    FeeSettled,
    PostalEvent,
    PostalItemBooked,
    PostalItemLost,
    PostalItemSentBack,
    Reappointment,
    Receipt,
    ResultUnclaimed,
    ReworkGranted,
    SubmissionFeeRequested,
    SubmissionReceived,
    SubmissionRedirected,
    SubmissionRefused,
    SubmissionSupplemented,
    SubmissionSupplementRequested,
    SubmissionWithdrawn,
    SupplementAccepted,
    SupplementRequested,
)
from shared.contracts.people import Channel, Offices, ReturnWay
from shared.contracts.states import State

# What is not here leaves the state as it is. A postal item that was delivered waits for `dossier.returned`.
MIRROR: Final[dict[type[Event], State]] = {
    SubmissionReceived: State.SUBMITTED,
    SubmissionSupplementRequested: State.INTAKE_SUPPLEMENT,
    SubmissionSupplemented: State.SUBMITTED,
    SubmissionFeeRequested: State.INTAKE_FEE,
    SubmissionRefused: State.NOT_ACCEPTED,
    SubmissionWithdrawn: State.WITHDRAWN,
    DossierReceived: State.RECEIVED,
    DossierResolvedOnTheSpot: State.RETURNED,
    DossierTakenUp: State.IN_PROGRESS,
    SupplementRequested: State.AWAITING_SUPPLEMENT,
    SupplementAccepted: State.IN_PROGRESS,
    DossierStopped: State.STOPPED,
    FeeRequested: State.AWAITING_FEE,
    FeeSettled: State.IN_PROGRESS,
    DossierWithdrawn: State.WITHDRAWN,
    ReworkGranted: State.IN_PROGRESS,
    DossierAnnulled: State.ANNULLED,
    DossierSuspended: State.SUSPENDED,
    DossierResumed: State.IN_PROGRESS,
    DossierCompleted: State.COMPLETED,
    ResultUnclaimed: State.UNCLAIMED,
    PostalItemBooked: State.IN_POST,
    PostalItemSentBack: State.COMPLETED,
    PostalItemLost: State.COMPLETED,
    DossierReturned: State.RETURNED,
}

RETURNING: Final = frozenset({State.COMPLETED, State.IN_POST, State.UNCLAIMED})


@dataclass(frozen=True)
class Subject:
    """`version` counts changes, `told` our events about it. Before it has a code it is a submission."""

    id: UUID
    version: int
    told: int
    state: State
    procedure: str
    channel: Channel
    offices: Offices
    contacts: tuple[Contact, ...]
    code: str | None = None
    national_code: str | None = None
    submitted_at: datetime | None = None
    accepted_at: datetime | None = None
    appointment_at: datetime | None = None
    return_way: ReturnWay = ReturnWay.DESK
    lookup_secret: str | None = None


def introduced(dossier_id: UUID, event: SubmissionReceived | Receipt, known: Subject | None) -> Subject:
    """The subject as `event` introduces it; what was known of it as a submission stays."""
    state = MIRROR[type(event)]
    subject = Subject(
        id=dossier_id,
        version=known.version if known else 1,
        told=known.told if known else 0,
        state=state,
        procedure=event.procedure.name,
        channel=event.channel,
        offices=event.offices,
        contacts=contacts_of(event.people),
        national_code=known.national_code if known else None,
        submitted_at=known.submitted_at if known else None,
    )
    if isinstance(event, SubmissionReceived):
        state = State.INTAKE_FEE if event.fee_awaited else state
        return replace(subject, state=state, national_code=event.national_code, submitted_at=event.submitted_at)
    return replace(
        subject,
        code=event.code,
        accepted_at=event.accepted_at,
        appointment_at=event.appointment_at,
        return_way=event.result_wanted.way,
        lookup_secret=event.lookup_secret,
    )


def concerns_people(subject: Subject, event: Event) -> bool:
    """A postal item concerns people once it carries the result; the one that brought the dossier does not."""
    return not isinstance(event, PostalEvent) or subject.state in RETURNING


def mirrored(subject: Subject, event: Event) -> Subject:
    """The subject after `event`, in the state its holder has put it in."""
    if isinstance(event, DossierResumed | Reappointment | FeeSettled):
        subject = replace(subject, appointment_at=event.appointment_at)
    if isinstance(event, FeePaid | FeeReduced) and subject.state is State.INTAKE_FEE and not event.still_awaited:
        return replace(subject, state=State.SUBMITTED)
    if isinstance(event, DossierAmended):
        subject = replace(subject, contacts=contacts_of(event.people), return_way=event.result_wanted.way)
    if isinstance(event, SubmissionRedirected):
        subject = replace(subject, offices=event.offices)
    if isinstance(event, DossierRepaired):
        return replace(subject, state=event.to_state)
    return replace(subject, state=MIRROR.get(type(event), subject.state)) if concerns_people(subject, event) else subject
