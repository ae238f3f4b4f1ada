"""A result that is wrong, or was lost: the desk passes the wish on, the agency makes it once more, the desk returns it again.

The dossier stays where it is; how far the new result is stands beside its state.
"""

from dataclasses import replace
from datetime import datetime

from services.intake import tables
from services.intake.commands.alarms import UNCLAIMED
from services.intake.commands.hearing import follow
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.dossier import Correction, Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared import timers
from shared.contracts.events import CorrectionDeclined, CorrectionDone, CorrectionKind, CorrectionRequested
from shared.contracts.states import State
from shared.officers import Officer
from shared.runtime import Transaction
from shared.wire import Envelope


async def request(tx: Transaction, name: str, *, reason: str, by: Officer, version: int) -> Dossier:
    """What lies at the desk is not handed out any more. Source: law.CORRECTION."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.REQUEST_CORRECTION)
    after, event = asked_for(before, CorrectionKind.CORRECT, reason, by=by.name, now=tx.now)
    line = JournalLine(Move.REQUEST_CORRECTION, by.name, before.state, state, before.offices.returning, reason)
    saved = await tables.save_dossier(tx, before, after, line, event)
    await timers.keep(tx, saved.id, {UNCLAIMED: None})
    return saved


def asked_for(dossier: Dossier, kind: CorrectionKind, reason: str, *, by: str, now: datetime) -> tuple[Dossier, CorrectionRequested]:
    """The result is to be made once more; nothing that may be handed out lies at the desk until then."""
    number = 1 + (dossier.correction.number if dossier.correction else 0)
    asked = replace(dossier, correction=Correction(number=number, kind=kind, asked_at=now), result_at_desk_at=None)
    return asked, CorrectionRequested(number=number, kind=kind, reason=reason, requested_at=now, requested_by=by)


def delivered(dossier: Dossier, at: datetime) -> Dossier:
    """What was handed out is the corrected result, where there is one."""
    if not (dossier.correction and dossier.corrected_is_owed):
        return dossier
    return replace(dossier, correction=dossier.correction.model_copy(update={"returned_at": at}))


async def agency_corrected(tx: Transaction, event: CorrectionDone, envelope: Envelope) -> None:
    """The new result counts from now on; of a dossier that has not ended, both its forms are owed again."""
    before = await tables.load_dossier(tx, envelope.subject)
    assert before.correction
    online = before.delivered_online_at if before.state is State.RETURNED else None
    done = before.correction.model_copy(update={"done_at": event.done_at})
    after = replace(before, result=event.result, correction=done, delivered_online_at=online)
    await follow(tx, before, after, event.officer, event.result.document_number, envelope)


async def agency_declined(tx: Transaction, event: CorrectionDeclined, envelope: Envelope) -> None:
    """The result stands as it is; the desk takes it over again before it hands it out."""
    before = await tables.load_dossier(tx, envelope.subject)
    assert before.correction
    after = replace(before, correction=before.correction.model_copy(update={"declined_at": event.declined_at}))
    await follow(tx, before, after, event.officer, event.reason, envelope)
