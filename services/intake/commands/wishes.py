"""Wishes across the baton: what the applicant wants while the agency has the dossier; what the agency wants back from the desk."""

from collections.abc import Sequence
from dataclasses import replace

from services.intake import tables
from services.intake.commands import hearing, submissions
from services.intake.commands.alarms import HAND_OVER_DUE, LAPSED, UNCLAIMED
from services.intake.commands.hearing import follow, note
from services.intake.commands.opening import dossier_to_change, dossier_to_tell_of
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import LIFECYCLE, Move, next_state, why_not
from services.intake.domain.reception import PaperReceived
from shared import timers
from shared.contracts.events import (
    AdjustmentDeclined,
    AdjustmentRequested,
    AdjustmentTakenUp,
    DossierStopped,
    DossierWithdrawn,
    ReworkDeclined,
    ReworkGranted,
    ReworkRequested,
    SupplementRequested,
    WithdrawalDeclined,
    WithdrawalRequested,
)
from shared.officers import Officer
from shared.runtime import Transaction
from shared.wire import Envelope

NOTHING_WAITED_FOR = {LAPSED: None, HAND_OVER_DUE: None, UNCLAIMED: None}
HANDED_OVER = "Kết quả đã được trao, đang trên đường trả, hoặc đang được sửa."

# ------------------------------------------------------------------------------------------------ the applicant's


async def withdraw(tx: Transaction, name: str, *, reason: str | None, by: Officer) -> Dossier:
    """What the desk has in hand ends at once; what the agency has is asked of it. Never once the decision is issued.

    Source: law.WITHDRAWAL.
    """
    before = await dossier_to_tell_of(tx, name, by=by)
    if before.code is None:
        return await submissions.withdraw(tx, before, reason=reason, by=by)
    if (before.state, Move.ASK_WITHDRAWAL) not in LIFECYCLE:
        line = JournalLine(Move.WITHDRAW, by.name, before.state, next_state(before, Move.WITHDRAW), before.offices.receiving, reason)
        return await _withdrawn(tx, before, line, reason)
    state = next_state(before, Move.ASK_WITHDRAWAL)
    line = JournalLine(Move.ASK_WITHDRAWAL, by.name, before.state, state, before.offices.receiving, reason)
    told = WithdrawalRequested(requested_at=tx.now, reason=reason)
    return await tables.save_dossier(tx, before, replace(before, withdrawal_asked_at=tx.now, reason=reason), line, told)


async def agency_asked_for_more(tx: Transaction, event: SupplementRequested, envelope: Envelope) -> None:
    """Where the agency sent it back before it heard that the applicant wants it back, the desk has it in hand now, and ends it."""
    dossier = await hearing.agency_asked_for_more(tx, event, envelope)
    if dossier.withdrawal_asked_at:
        line = JournalLine(Move.WITHDRAW, "rule", dossier.state, next_state(dossier, Move.WITHDRAW), dossier.offices.receiving)
        await _withdrawn(tx, dossier, line, dossier.reason)


async def _withdrawn(tx: Transaction, before: Dossier, line: JournalLine, reason: str | None) -> Dossier:
    after = replace(
        before,
        state=LIFECYCLE[before.state, Move.WITHDRAW].to,
        reason=reason,
        withdrawal_asked_at=None,
        adjustment_asked=None,
        closing_proposed_at=None,
    )
    saved = await tables.save_dossier(tx, before, after, line, DossierWithdrawn(withdrawn_at=tx.now, reason=reason))
    await timers.keep(tx, saved.id, NOTHING_WAITED_FOR)
    return saved


async def ask_adjustment(tx: Transaction, name: str, *, content: str, papers: Sequence[PaperReceived], by: Officer) -> Dossier:
    """Who filed online wants the content changed. Papers that come with it are kept, whatever the answer. Source: law.ADJUSTMENT."""
    before = await dossier_to_tell_of(tx, name, by=by)
    state = next_state(before, Move.ASK_ADJUSTMENT)
    names = tuple(str(paper.paper) for paper in papers)
    line = JournalLine(Move.ASK_ADJUSTMENT, by.name, before.state, state, before.offices.receiving, content)
    told = AdjustmentRequested(requested_at=tx.now, content=content, papers=names)
    saved = await tables.save_dossier(tx, before, replace(before, adjustment_asked=content), line, told)
    await submissions.keep_papers(tx, saved, papers, replaced=False)
    return saved


async def answer_adjustment(tx: Transaction, name: str, *, declined_because: str | None, by: Officer, version: int) -> Dossier:
    """While the desk has the dossier in hand, it answers."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    move = Move.DECLINE_ADJUSTMENT if declined_because else Move.TAKE_UP_ADJUSTMENT
    line = JournalLine(move, by.name, before.state, next_state(before, move), before.offices.receiving, declined_because)
    told = AdjustmentDeclined(reason=declined_because) if declined_because else AdjustmentTakenUp(officer=by.name)
    return await tables.save_dossier(tx, before, replace(before, adjustment_asked=None), line, told)


# ------------------------------------------------------------------------------------------------ the agency's answers


async def agency_withdrew(tx: Transaction, event: DossierWithdrawn, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    state = next_state(before, Move.WITHDRAWN)
    after = replace(before, state=state, reason=event.reason, withdrawal_asked_at=None, adjustment_asked=None)
    await follow(tx, before, after, envelope.source, event.reason, envelope)
    await timers.keep(tx, before.id, NOTHING_WAITED_FOR)


async def withdrawal_was_declined(tx: Transaction, event: WithdrawalDeclined, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(before, withdrawal_asked_at=None, reason=None)
    await follow(tx, before, after, envelope.source, event.reason, envelope)


async def adjustment_was_answered(tx: Transaction, event: AdjustmentTakenUp | AdjustmentDeclined, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    said = event.reason if isinstance(event, AdjustmentDeclined) else event.officer
    await follow(tx, before, replace(before, adjustment_asked=None), envelope.source, said, envelope)


async def agency_stopped(tx: Transaction, event: DossierStopped, envelope: Envelope) -> None:
    before = await tables.load_dossier(tx, envelope.subject)
    after = replace(before, state=next_state(before, Move.STOP), reason=event.reason, adjustment_asked=None)
    await follow(tx, before, after, envelope.source, event.reason, envelope)
    await timers.keep(tx, before.id, NOTHING_WAITED_FOR)


async def rework_was_requested(tx: Transaction, event: ReworkRequested, envelope: Envelope) -> None:
    """By rule: given back while no form of the result is out of the desk's hands. Source: law.REWORK."""
    before = await tables.load_dossier(tx, envelope.subject)
    await note(tx, event.by, event.reason, envelope)
    office = before.offices.returning
    if (before.state, Move.GIVE_BACK) not in LIFECYCLE or why_not(before, Move.GIVE_BACK):
        line = JournalLine("decline_rework", "rule", before.state, before.state, office, HANDED_OVER)
        return await tables.tell_of_dossier(tx, before.id, line, ReworkDeclined(reason=HANDED_OVER))
    after = replace(before, state=next_state(before, Move.GIVE_BACK), completed_at=None, result=None, decision=None, result_at_desk_at=None)
    line = JournalLine(Move.GIVE_BACK, "rule", before.state, after.state, office, event.reason)
    await tables.save_dossier(tx, before, after, line, ReworkGranted(granted_at=tx.now, reason=event.reason))
    await timers.keep(tx, before.id, {UNCLAIMED: None})
