"""Repairs of what the desk has in hand, by two supervisors; and what it does about those of the agency."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.intake import tables
from services.intake.commands.alarms import (
    ANSWER_DUE,
    FEE_UNPAID,
    LAPSED,
    SUBMISSION_LAPSED,
    UNCLAIMED,
    answer_due_at,
    first_morning_after,
    submission_lapse,
)
from services.intake.commands.hearing import follow
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import LIFECYCLE, Move, next_state
from services.intake.domain.repair import repaired
from services.intake.domain.unclaimed import next_call_at
from shared import repairs, timers
from shared.contracts.events import DossierRepaired
from shared.contracts.peers import Service
from shared.contracts.states import STATES, Holder, State
from shared.officers import Officer
from shared.repairs import HeldElsewhere, Past, Repair
from shared.runtime import Transaction
from shared.wire import Envelope


@dataclass(frozen=True)
class Repairs:
    """Where the dossier may go back to, by whoever has it in hand, and what was proposed."""

    possible: tuple[State, ...]
    repairs: Sequence[Repair]


async def show(tx: Transaction, name: str, *, by: Officer) -> Repairs:
    dossier = await tables.load_dossier(tx, name)
    by.must_see(dossier.offices.all(), f"dossier {name}")
    possible = tuple(sorted(_legal(dossier, await _past(tx, dossier))))
    return Repairs(possible, await repairs.listed(tx, tables.repair, dossier.id))


async def propose(tx: Transaction, name: str, *, to: State, ticket: str, reason: str, by: Officer, version: int) -> Repair:
    """Raises HeldElsewhere, NoSuchPredecessor."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    past = await _past(tx, before)
    _must_be_ours(before, past)
    next_state(before, Move.PROPOSE_REPAIR)
    repairs.must_be_legal(to, _legal(before, past))
    line = JournalLine(Move.PROPOSE_REPAIR, by.name, before.state, before.state, before.offices.receiving, f"{to} ({ticket}): {reason}")
    await tables.add_line(tx, before.id, line)
    return await repairs.propose(
        tx, tables.repair, before.id, before.state, to, ticket=ticket, reason=reason, by=by, version=before.version
    )


async def approve(tx: Transaction, name: str, repair_id: UUID, *, by: Officer) -> Dossier:
    """Made at once, and told. Raises NotFound, RepairDecided, SecondSupervisorNeeded, Changed."""
    before = await dossier_to_change(tx, name, by=by)
    repair = await repairs.to_approve(tx, tables.repair, before.id, repair_id, by=by, version=before.version)
    past = await _past(tx, before)
    after = await _with_its_dates(tx, repaired(before, repair.to_state, tx.now))
    note = f"{repair.ticket}: {repair.reason} ({repair.proposed_by})"
    line = JournalLine("repair", by.name, before.state, after.state, before.offices.receiving, note)
    event = DossierRepaired(
        from_state=before.state,
        to_state=after.state,
        left_at=past.left_at[after.state],
        repaired_at=tx.now,
        ticket=repair.ticket,
        proposed_by=repair.proposed_by,
        approved_by=by.name,
    )
    saved = await tables.save_dossier(tx, before, after, line, event)
    await _keep_timers(tx, saved)
    await repairs.made(tx, tables.repair, repair, by=by)
    return saved


async def agency_repaired(tx: Transaction, event: DossierRepaired, envelope: Envelope) -> None:
    """The baton is the desk's again where the state is; then the desk waits for what it waited for before."""
    before = await tables.load_dossier(tx, envelope.subject)
    after = await _with_its_dates(tx, repaired(before, event.to_state, tx.now))
    await follow(tx, before, after, event.approved_by, f"{event.ticket} ({event.proposed_by})", envelope)
    await _keep_timers(tx, after)


async def _past(tx: Transaction, dossier: Dossier) -> Past:
    lines = await tx.run(select(tables.journal).where(tables.journal.c.dossier_id == dossier.id).order_by(tables.journal.c.number))
    return repairs.past_of(lines)


def _legal(dossier: Dossier, past: Past) -> frozenset[State]:
    moves = [(at, step.to) for (at, _), step in LIFECYCLE.items()]
    legal = repairs.legal_predecessors(moves, past, dossier.state, accepted=dossier.code is not None)
    return legal if dossier.fee_awaited else legal - {State.INTAKE_FEE, State.AWAITING_FEE}  # it would wait for nothing


def _must_be_ours(dossier: Dossier, past: Past) -> None:
    holder = STATES[dossier.state].holder
    if holder is Holder.AGENCY or (holder is Holder.WHO_HELD_IT and past.moved_by != Service.INTAKE):
        raise HeldElsewhere(f"The agency has it in hand: propose it there, POST /v1/cases/{dossier.id}/repairs.")


async def _with_its_dates(tx: Transaction, after: Dossier) -> Dossier:
    """A submission is answered, or completed, within the time it would have now."""
    match after.state:
        case State.SUBMITTED:
            return replace(after, answer_due_at=await answer_due_at(tx, after.offices.receiving, after.procedure.key))
        case State.INTAKE_SUPPLEMENT:
            lapse = await submission_lapse(tx, after.offices.receiving, after.procedure.key)
            return replace(after, supplement_ends_at=lapse and lapse.ends_at)
        case _:
            return after


async def _keep_timers(tx: Transaction, after: Dossier) -> None:
    """What the clock will have to say of it where it now is; nothing of what it would have said where it was."""
    kept: dict[str, datetime | None] = dict.fromkeys((ANSWER_DUE, LAPSED, SUBMISSION_LAPSED, UNCLAIMED, FEE_UNPAID))
    match after.state:
        case State.SUBMITTED:
            kept[ANSWER_DUE] = after.answer_due_at
        case State.INTAKE_FEE | State.AWAITING_FEE:
            kept[FEE_UNPAID] = tx.now + after.time_terms.fee_reminder_after
        case State.INTAKE_SUPPLEMENT if after.supplement_ends_at:
            kept[SUBMISSION_LAPSED] = await first_morning_after(tx, after.offices.receiving, after.supplement_ends_at)
        case State.AWAITING_SUPPLEMENT if after.supplement_ends_at:
            kept[LAPSED] = await first_morning_after(tx, after.offices.receiving, after.supplement_ends_at)
        case State.COMPLETED | State.UNCLAIMED if after.result_at_desk_at:
            kept[UNCLAIMED] = next_call_at(after.result_at_desk_at, tx.now)
        case _:
            pass
    await timers.keep(tx, after.id, kept)
