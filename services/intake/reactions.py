"""Door 2, peers: for each event the others tell, what the desk does about it."""

from typing import Final

from services.intake.commands import annulling, hearing
from shared.contracts.events import (
    AnnulmentDeclined,
    DecisionIssued,
    DossierAnnulled,
    DossierApologised,
    DossierApologyDue,
    DossierCompleted,
    DossierDueSoon,
    DossierDueToday,
    DossierExtended,
    DossierOverdue,
    DossierResumed,
    DossierSuspended,
    DossierSuspensionOver,
    DossierTakenUp,
    Event,
    FeeRequested,
    FeeSettled,
    MessageFailed,
    MessageSent,
    PapersHandedOver,
    PapersTakenOver,
    StepCompleted,
    SupplementRequested,
)
from shared.messaging import Reaction

REACTIONS: Final[dict[type[Event], Reaction]] = {
    DossierTakenUp: hearing.agency_took_up,
    DossierAnnulled: annulling.agency_annulled,
    AnnulmentDeclined: annulling.agency_declined,
    SupplementRequested: hearing.agency_asked_for_more,
    FeeRequested: hearing.agency_asked_for_a_fee,
    FeeSettled: hearing.agency_goes_on,
    DossierSuspended: hearing.agency_suspended,
    DossierResumed: hearing.agency_resumed,
    DossierExtended: hearing.agency_promised_again,
    DossierApologised: hearing.agency_promised_again,
    DossierDueSoon: hearing.clock_spoke,
    DossierDueToday: hearing.clock_spoke,
    DossierApologyDue: hearing.clock_spoke,
    DossierSuspensionOver: hearing.clock_spoke,
    DossierOverdue: hearing.clock_spoke,
    StepCompleted: hearing.step_was_completed,
    DecisionIssued: hearing.decision_was_issued,
    DossierCompleted: hearing.agency_completed,
    PapersHandedOver: hearing.papers_were_handed_over,
    PapersTakenOver: hearing.papers_were_taken_over,
    MessageSent: hearing.message_went_out,
    MessageFailed: hearing.message_went_out,
}
