"""Supplements the agency asked for after acceptance: what comes, whether it is all, and the end of waiting."""

from dataclasses import replace

from services.intake import tables
from services.intake.commands.alarms import LAPSED, first_morning_after
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared import timers
from shared.contracts.events import DossierStopped, Event, SupplementAccepted, SupplementLapsed
from shared.officers import Officer
from shared.runtime import Transaction


async def accept_supplement(tx: Transaction, name: str, *, by: Officer, version: int) -> Dossier:
    """All that was asked for is there: the agency has the baton again. Source: law.RESTART_AFTER_SUPPLEMENT."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    after = replace(before, state=next_state(before, Move.ACCEPT_SUPPLEMENT), closing_proposed_at=None)
    assert before.supplement_sent_at
    line = JournalLine(Move.ACCEPT_SUPPLEMENT, by.name, before.state, after.state, before.offices.receiving)
    saved = await tables.save_dossier(tx, before, after, line, SupplementAccepted(sent_at=before.supplement_sent_at, accepted_at=tx.now))
    await timers.keep(tx, saved.id, {LAPSED: None})
    return saved


async def return_supplement(tx: Transaction, name: str, *, reason: str, by: Officer, version: int) -> Dossier:
    """What came is not all that was asked for: the dossier goes on waiting, and its period goes on running.

    Where that is over already, the closing is proposed now: while the papers lay there to be looked at, it was not.
    """
    before = await dossier_to_change(tx, name, by=by, version=version)
    after = replace(before, state=next_state(before, Move.RETURN_SUPPLEMENT), supplement_sent_at=None)
    ends_at = before.supplement_ends_at
    lapsed: list[Event] = []
    if ends_at and not before.closing_proposed_at and tx.now >= await first_morning_after(tx, before.offices.receiving, ends_at):
        after = replace(after, closing_proposed_at=tx.now)
        lapsed = [SupplementLapsed(ended_at=ends_at)]
    line = JournalLine(Move.RETURN_SUPPLEMENT, by.name, before.state, after.state, before.offices.receiving, reason)
    return await tables.save_dossier(tx, before, after, line, *lapsed)


async def close(tx: Transaction, name: str, *, reason: str, by: Officer, version: int) -> Dossier:
    """Nothing complete came in time. Source: law.SUPPLEMENT_WITHIN."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    after = replace(before, state=next_state(before, Move.CLOSE), reason=reason, adjustment_asked=None)
    line = JournalLine(Move.CLOSE, by.name, before.state, after.state, before.offices.receiving, reason)
    saved = await tables.save_dossier(tx, before, after, line, DossierStopped(stopped_at=tx.now, reason=reason))
    await timers.keep(tx, saved.id, {LAPSED: None})
    return saved
