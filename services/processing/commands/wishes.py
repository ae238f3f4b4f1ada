"""Wishes across the baton: what the applicant wants while the agency has the dossier, what a leader wants back from the desk."""

from dataclasses import replace

from services.processing import tables
from services.processing.commands.at_hand import at_hand, line_of
from services.processing.commands.hearing import counting_of, heard_of, keep_alarms
from services.processing.commands.moves import with_alarms
from services.processing.domain import case as rules
from services.processing.domain.case import Case, StopProposal
from services.processing.domain.journal import JournalLine
from shared.contracts.events import (
    AdjustmentDeclined,
    AdjustmentRequested,
    AdjustmentTakenUp,
    DossierStopped,
    DossierWithdrawn,
    ReworkGranted,
    ReworkRequested,
    WithdrawalDeclined,
    WithdrawalRequested,
)
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, DeadlineClock, Holder
from shared.officers import Officer
from shared.runtime import Transaction
from shared.wire import Envelope

DECIDED = "Quyết định đã được ban hành trước khi có yêu cầu."
ENDED = "Hồ sơ đã giải quyết xong trước khi có yêu cầu."

# ------------------------------------------------------------------------------------------------ asked by the other side


async def withdrawal_was_requested(tx: Transaction, event: WithdrawalRequested, envelope: Envelope) -> None:
    """By rule, without discretion: withdrawn, unless the decision is issued. What was sent back to the desk meanwhile is the desk's to
    end, which it does as soon as it hears of that.
    """
    before = await tables.load_case(tx, envelope.subject)
    asked = heard_of(event, envelope, before.state, before.state)
    await tables.add_line(tx, before.id, asked)
    if STATES[before.state].holder is Holder.DESK and before.completed_at is None:
        return
    if (after := rules.withdrawn(before, now=tx.now)) is None:
        told = WithdrawalDeclined(reason=DECIDED if before.decision else ENDED, decision=before.decision)
        line = JournalLine(tx.now, "decline_withdrawal", "rule", before.state, before.state, before.offices.competent, told.reason)
        await tables.tell(tx, before.id, line, told)
        return
    line = JournalLine(tx.now, "withdraw", "rule", before.state, after.state, before.offices.competent, event.reason)
    await with_alarms(tx, before, after, line, DossierWithdrawn(withdrawn_at=tx.now, reason=event.reason))


async def adjustment_was_requested(tx: Transaction, event: AdjustmentRequested, envelope: Envelope) -> None:
    """It waits for an officer, who takes it up or declines it with a reason; after the decision it is declined by rule. While papers are
    awaited the desk may answer; what it has not answered when they are all there, it leaves to the agency.
    """
    before = await tables.load_case(tx, envelope.subject)
    line = heard_of(event, envelope, before.state, before.state)
    if STATES[before.state].clock is DeadlineClock.ENDED or before.decision:
        await tables.add_line(tx, before.id, line)
        told = AdjustmentDeclined(reason=DECIDED if before.decision else ENDED)
        by_rule = JournalLine(tx.now, Action.DECLINE_ADJUSTMENT, "rule", before.state, before.state, before.offices.competent, told.reason)
        return await tables.tell(tx, before.id, by_rule, told)
    await tables.save_case(tx, before, replace(before, adjustment_asked=event.content), replace(line, note=event.content))


async def rework_was_granted(tx: Transaction, event: ReworkGranted, envelope: Envelope) -> None:
    """The baton is the agency's again."""
    before = await tables.load_case(tx, envelope.subject)
    counting = await counting_of(tx, before)
    after = rules.reworked(before, now=tx.now, counting=counting)
    line = replace(heard_of(event, envelope, before.state, after.state), note=event.reason)
    saved = await tables.save_case(tx, before, after, line)
    await keep_alarms(tx, saved, counting, since=tx.now)


# ------------------------------------------------------------------------------------------------ answered, and asked, here


async def take_up_adjustment(tx: Transaction, name: str, officer: Officer, version: int, *, note: str | None = None) -> Case:
    """The officer works with the changed content from now on."""
    before = await at_hand(tx, name, officer, version, Action.TAKE_UP_ADJUSTMENT)
    after = replace(before, adjustment_asked=None)
    line = line_of(tx, Action.TAKE_UP_ADJUSTMENT, officer, before, after, note)
    return await tables.save_case(tx, before, after, line, AdjustmentTakenUp(officer=officer.name))


async def decline_adjustment(tx: Transaction, name: str, officer: Officer, version: int, *, reason: str) -> Case:
    before = await at_hand(tx, name, officer, version, Action.DECLINE_ADJUSTMENT)
    after = replace(before, adjustment_asked=None)
    line = line_of(tx, Action.DECLINE_ADJUSTMENT, officer, before, after, reason)
    return await tables.save_case(tx, before, after, line, AdjustmentDeclined(reason=reason))


async def propose_stop(tx: Transaction, name: str, officer: Officer, version: int, *, ground: str) -> Case:
    """The first of two people, with the ground in the law of the sector; a later proposal takes the place of an earlier one."""
    before = await at_hand(tx, name, officer, version, Action.PROPOSE_STOP)
    after = replace(before, stop_proposed=StopProposal(ground, officer.name, officer.id, tx.now))
    return await tables.save_case(tx, before, after, line_of(tx, Action.PROPOSE_STOP, officer, before, after, ground))


async def stop(tx: Transaction, name: str, officer: Officer, version: int, *, note: str | None = None) -> Case:
    """The second person: it ends without a result, on the ground that was proposed. What they say to it stays in the journal."""
    before = await at_hand(tx, name, officer, version, Action.STOP)
    after = rules.stopped(before, now=tx.now)
    assert before.stop_proposed
    said = f"{before.stop_proposed.ground} ({before.stop_proposed.by})" + (f": {note}" if note else "")
    line = line_of(tx, Action.STOP, officer, before, after, said)
    return await with_alarms(tx, before, after, line, DossierStopped(stopped_at=tx.now, reason=before.stop_proposed.ground))


async def request_rework(tx: Transaction, name: str, officer: Officer, version: int, *, reason: str) -> Case:
    """The desk has it in hand: it gives it back unless a form of the result was delivered."""
    before = await at_hand(tx, name, officer, version, Action.REQUEST_REWORK)
    after = replace(before, rework_asked_at=tx.now)
    line = line_of(tx, Action.REQUEST_REWORK, officer, before, after, reason)
    return await tables.save_case(tx, before, after, line, ReworkRequested(requested_at=tx.now, reason=reason, by=officer.name))
