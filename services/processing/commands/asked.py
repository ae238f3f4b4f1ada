"""Wishes of the desk's side about a case in the agency's hands: taken up or declined by rule, never left without an answer.

The case row decides: an officer's move and the wish meet at its version, and whichever is written first is what the other finds.
"""

from dataclasses import replace

from services.processing import tables
from services.processing.commands.hearing import heard_of
from services.processing.domain.deadline import Alarm
from services.processing.domain.journal import JournalLine
from services.processing.domain.lifecycle import ASKED
from shared import timers
from shared.contracts.events import AnnulmentDeclined, AnnulmentRequested, DossierAnnulled
from shared.runtime import Transaction
from shared.wire import Envelope


async def annulment_requested(tx: Transaction, event: AnnulmentRequested, envelope: Envelope) -> None:
    """Nobody has begun to work on it: its reception is undone. Otherwise it goes on, and the desk is told who has it."""
    before = await tables.load_case(tx, envelope.subject)
    await tables.add_line(tx, before.id, heard_of(event, envelope, before.state, before.state))
    if (granted := ASKED.get((before.state, type(event)))) is None:
        line = JournalLine(tx.now, "decline_annulment", "processing", before.state, before.state, before.offices.competent)
        declined = AnnulmentDeclined(declined_at=tx.now, state=before.state, officer=before.taken_up_by)
        return await tables.tell(tx, before.id, line, declined)
    after = replace(before, state=granted.to)
    line = JournalLine(tx.now, "annul", event.requested_by, before.state, after.state, before.offices.receiving, event.reason)
    told = DossierAnnulled(
        annulled_at=tx.now, ground=event.ground, reason=event.reason, requested_by=event.requested_by, instead=event.instead
    )
    await tables.save_case(tx, before, after, line, told)
    await timers.keep(tx, before.id, dict.fromkeys(Alarm))
