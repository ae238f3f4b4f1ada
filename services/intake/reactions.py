"""Door 2, peers: for each event the others tell, what the desk does about it."""

from typing import Final

from services.intake.commands import hearing
from shared.contracts.events import (
    DecisionIssued,
    DossierCompleted,
    DossierTakenUp,
    Event,
    MessageFailed,
    MessageSent,
    PapersHandedOver,
    PapersTakenOver,
    StepCompleted,
)
from shared.messaging import Reaction

REACTIONS: Final[dict[type[Event], Reaction]] = {
    DossierTakenUp: hearing.agency_took_up,
    StepCompleted: hearing.step_was_completed,
    DecisionIssued: hearing.decision_was_issued,
    DossierCompleted: hearing.agency_completed,
    PapersHandedOver: hearing.papers_were_handed_over,
    PapersTakenOver: hearing.papers_were_taken_over,
    MessageSent: hearing.message_went_out,
    MessageFailed: hearing.message_went_out,
}
