"""Door 2, peers: what the voice does about each thing they tell."""

from typing import Final
from uuid import UUID

from services.notifications import commands, tables
from shared import offices
from shared.contracts.events import (
    AdjustmentDeclined,
    AdjustmentRequested,
    AdjustmentTakenUp,
    AnnulmentDeclined,
    AnnulmentRequested,
    CalendarPublished,
    CorrectionDeclined,
    CorrectionDone,
    CorrectionOverdue,
    CorrectionRequested,
    CorrectionReturned,
    DecisionIssued,
    DossierAmended,
    DossierAnnulled,
    DossierApologised,
    DossierApologyDue,
    DossierAssigned,
    DossierCompleted,
    DossierDueSoon,
    DossierDueToday,
    DossierExtended,
    DossierOverdue,
    DossierReceived,
    DossierReminded,
    DossierResolvedOnTheSpot,
    DossierResumed,
    DossierReturned,
    DossierStopped,
    DossierSuspended,
    DossierSuspensionOver,
    DossierTakenUp,
    DossierWithdrawn,
    Event,
    OfficePublished,
    PapersHandedOver,
    PapersHandOverDue,
    PapersTakenOver,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemHeld,
    PostalItemLost,
    PostalItemPosted,
    PostalItemSentBack,
    ProcedurePublished,
    Receipt,
    ResultAtDesk,
    ResultDelivered,
    ResultUnclaimed,
    ReworkDeclined,
    ReworkGranted,
    ReworkRequested,
    StepCompleted,
    SubmissionAnswerDue,
    SubmissionLapsed,
    SubmissionReceived,
    SubmissionRedirected,
    SubmissionRefused,
    SubmissionSupplemented,
    SubmissionSupplementRequested,
    SubmissionWithdrawn,
    SupplementAccepted,
    SupplementLapsed,
    SupplementReceived,
    SupplementRequested,
    WithdrawalDeclined,
    WithdrawalRequested,
)
from shared.messaging import Reaction, heard
from shared.runtime import Transaction
from shared.wire import Envelope


async def begin(tx: Transaction, event: SubmissionReceived | Receipt, envelope: Envelope) -> None:
    await commands.get_to_know(tx, UUID(envelope.subject), event, event_id=envelope.id)


async def follow(tx: Transaction, event: Event, envelope: Envelope) -> None:
    await commands.follow(tx, UUID(envelope.subject), event, event_id=envelope.id)


async def amend(tx: Transaction, event: DossierAmended, envelope: Envelope) -> None:
    await commands.amend(tx, UUID(envelope.subject), event, event_id=envelope.id)


async def keep_office(tx: Transaction, event: OfficePublished, _envelope: Envelope) -> None:
    await offices.keep(tx, tables.office, event)


REACTIONS: Final[dict[type[Event], Reaction]] = {
    SubmissionReceived: begin,
    SubmissionSupplementRequested: follow,
    SubmissionSupplemented: follow,
    SubmissionRefused: follow,
    SubmissionRedirected: follow,
    SubmissionLapsed: heard,
    SubmissionWithdrawn: follow,
    DossierReceived: begin,
    DossierResolvedOnTheSpot: begin,
    DossierTakenUp: follow,
    SupplementRequested: follow,
    SupplementReceived: heard,
    SupplementAccepted: follow,
    SupplementLapsed: heard,
    DossierStopped: follow,
    WithdrawalRequested: heard,
    WithdrawalDeclined: follow,
    DossierWithdrawn: follow,
    AdjustmentRequested: heard,
    AdjustmentTakenUp: follow,
    AdjustmentDeclined: follow,
    ReworkRequested: heard,
    ReworkGranted: follow,
    ReworkDeclined: heard,
    DossierAmended: amend,
    AnnulmentRequested: heard,
    DossierAnnulled: follow,
    AnnulmentDeclined: heard,
    CorrectionRequested: follow,
    CorrectionDone: follow,
    CorrectionDeclined: follow,
    CorrectionOverdue: heard,
    CorrectionReturned: follow,
    SubmissionAnswerDue: heard,
    PapersHandOverDue: heard,
    ResultUnclaimed: follow,
    DossierSuspended: follow,
    DossierResumed: follow,
    DossierExtended: follow,
    DossierApologised: follow,
    DossierDueSoon: heard,
    DossierDueToday: heard,
    DossierApologyDue: heard,
    DossierSuspensionOver: heard,
    DossierOverdue: heard,
    StepCompleted: heard,
    DossierAssigned: heard,
    DossierReminded: heard,
    DecisionIssued: heard,
    DossierCompleted: follow,
    PapersHandedOver: heard,
    PapersTakenOver: heard,
    ResultAtDesk: follow,
    ResultDelivered: follow,
    DossierReturned: follow,
    PostalItemBooked: follow,
    PostalItemPosted: follow,
    PostalItemAttemptFailed: follow,
    PostalItemHeld: follow,
    PostalItemDelivered: follow,
    PostalItemSentBack: follow,
    PostalItemLost: follow,
    OfficePublished: keep_office,
    ProcedurePublished: heard,
    CalendarPublished: heard,
}
