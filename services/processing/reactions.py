"""Door 2, peers: what the agency does about each event intake and notifications tell."""

from typing import Final

from services.processing.commands import wishes
from services.processing.commands.asked import annulment_requested
from services.processing.commands.correcting import correction_requested
from services.processing.commands.fees import hear_of_money, hear_of_reminder
from services.processing.commands.hearing import close_on_the_spot, hear, open_case
from services.processing.commands.reference import keep_calendar, keep_office, keep_procedure
from services.processing.commands.reminding import be_reminded
from services.processing.commands.repairing import desk_repaired
from shared.contracts import events
from shared.contracts.events import Event
from shared.messaging import Reaction, heard

REACTIONS: Final[dict[type[Event], Reaction]] = {
    events.ProcedurePublished: keep_procedure,
    events.OfficePublished: keep_office,
    events.CalendarPublished: keep_calendar,
    events.SubmissionReceived: heard,
    events.SubmissionSupplementRequested: heard,
    events.SubmissionSupplemented: heard,
    events.SubmissionFeeRequested: heard,
    events.FeePaid: hear_of_money,
    events.FeeReduced: hear_of_money,
    events.FeeRefunded: heard,
    events.FeeUnpaid: hear_of_reminder,
    events.SubmissionRefused: heard,
    events.SubmissionRedirected: heard,
    events.SubmissionLapsed: heard,
    events.SubmissionWithdrawn: heard,
    events.DossierReceived: open_case,
    events.DossierResolvedOnTheSpot: close_on_the_spot,
    events.PapersHandedOver: hear,
    events.PapersTakenOver: hear,
    events.SubmissionAnswerDue: heard,
    events.SupplementReceived: hear,
    events.SupplementAccepted: hear,
    events.SupplementLapsed: hear,
    events.DossierStopped: hear,
    events.DossierAmended: hear,
    events.WithdrawalRequested: wishes.withdrawal_was_requested,
    events.DossierWithdrawn: hear,
    events.AdjustmentRequested: wishes.adjustment_was_requested,
    events.AdjustmentTakenUp: hear,
    events.AdjustmentDeclined: hear,
    events.ReworkGranted: wishes.rework_was_granted,
    events.ReworkDeclined: hear,
    events.AnnulmentRequested: annulment_requested,
    events.CorrectionRequested: correction_requested,
    events.CorrectionReturned: hear,
    events.DossierRepaired: desk_repaired,
    events.PapersHandOverDue: hear,
    events.DossierReminded: be_reminded,
    events.ResultUnclaimed: hear,
    events.ResultAtDesk: hear,
    events.ResultDelivered: hear,
    events.DossierReturned: hear,
    events.PostalItemBooked: hear,
    events.PostalItemPosted: hear,
    events.PostalItemAttemptFailed: hear,
    events.PostalItemHeld: hear,
    events.PostalItemDelivered: hear,
    events.PostalItemSentBack: hear,
    events.PostalItemLost: hear,
    events.MessageSent: heard,
    events.MessageFailed: heard,
}
