"""What becomes of a dossier that goes back to a state it was in: what came after is as if it had not been, the journal keeps it."""

from dataclasses import replace
from datetime import datetime

from services.intake.domain.dossier import Dossier
from shared.contracts.people import ReturnWay
from shared.contracts.states import STATES, DeadlineClock, State


def repaired(dossier: Dossier, to: State, now: datetime) -> Dossier:
    """Decisions and dates that people were told stay; results and returns do not outlast the state they belong to."""
    online = dossier.delivered_online_at if dossier.returned_by is not ReturnWay.ONLINE else None
    after = replace(dossier, state=to, returned_at=None, returned_by=None, delivered_online_at=online)
    task = dossier.correction
    if task and task.returned_at and task.returned_at == dossier.returned_at:
        after = replace(after, correction=task.model_copy(update={"returned_at": None}))
    if STATES[to].clock is DeadlineClock.ENDED:
        return after
    if task and dossier.is_being_corrected:
        after = replace(after, correction=task.model_copy(update={"declined_at": now}))
    after = replace(after, completed_at=None, result=None, result_at_desk_at=None, delivered_online_at=None)
    return replace(after, annulment_asked_at=None, annulment_declined_at=None, closing_proposed_at=None, reason=None)
