"""Undoing a mistaken or double reception the same day: the desk's supervisor asks, the agency, which has it in hand, answers."""

from dataclasses import replace

from services.intake import tables
from services.intake.commands.alarms import HAND_OVER_DUE
from services.intake.commands.hearing import follow
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared import timers
from shared.contracts.events import AnnulmentDeclined, AnnulmentGround, AnnulmentRequested, DossierAnnulled
from shared.contracts.states import State
from shared.errors import InvalidInput
from shared.officers import Officer
from shared.runtime import Transaction
from shared.wire import Envelope


async def request(
    tx: Transaction, name: str, *, ground: AnnulmentGround, instead: str | None, reason: str, by: Officer, version: int
) -> Dossier:
    """Asked of the agency; until it answers the dossier stays received. Raises NotFound, InvalidInput for what is no double of it."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.REQUEST_ANNULMENT)
    if instead:
        other = await tables.load_dossier(tx, instead)
        by.must_see(other.offices.all(), f"dossier {instead}")
        _must_be_the_same(before, other)
    after = replace(before, annulment_asked_at=tx.now, annulment_declined_at=None)
    note = f"{ground} {instead}: {reason}" if instead else f"{ground}: {reason}"
    line = JournalLine(Move.REQUEST_ANNULMENT, by.name, before.state, state, before.offices.receiving, note)
    event = AnnulmentRequested(ground=ground, reason=reason, requested_by=by.name, instead=instead)
    return await tables.save_dossier(tx, before, after, line, event)


def _must_be_the_same(dossier: Dossier, other: Dossier) -> None:
    if other.id == dossier.id or other.state is State.ANNULLED or other.procedure.key != dossier.procedure.key:
        raise InvalidInput(f"{other.code} is no earlier reception of this dossier: another one of the same procedure, which stands.")


async def agency_annulled(tx: Transaction, event: DossierAnnulled, envelope: Envelope) -> None:
    """It counts nowhere; its code stays, marked, and is never given again. What was paid is to be given back."""
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(before, state=next_state(before, Move.ANNUL), annulment_asked_at=None, reason=event.reason)
    await follow(tx, before, after, event.requested_by, event.instead or event.reason, envelope)
    await timers.keep(tx, before.id, {HAND_OVER_DUE: None})


async def agency_declined(tx: Transaction, event: AnnulmentDeclined, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(before, annulment_asked_at=None, annulment_declined_at=event.declined_at)
    await follow(tx, before, after, event.officer or envelope.source, event.state, envelope)
