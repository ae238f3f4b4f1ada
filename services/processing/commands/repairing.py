"""Repairs of what the agency has in hand, by two supervisors; and what it does about those of the desk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.processing import tables
from services.processing.commands import acting
from services.processing.commands.at_hand import case_to_change, line_of
from services.processing.commands.correcting import CORRECTION_OVERDUE
from services.processing.commands.hearing import counting_of, heard_of, keep_alarms
from services.processing.domain.case import Case, counted_anew, must_allow
from services.processing.domain.deadline import ONE_MINUTE
from services.processing.domain.journal import JournalLine
from services.processing.domain.lifecycle import ASKED, HEARD, LIFECYCLE
from services.processing.domain.repair import repaired
from shared import repairs, timers
from shared.contracts.events import DossierRepaired
from shared.contracts.peers import Service
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, DeadlineClock, Holder, State
from shared.officers import Officer
from shared.repairs import HeldElsewhere, Past, Repair
from shared.runtime import Transaction
from shared.wire import Envelope


@dataclass(frozen=True)
class Repairs:
    """Where the case may go back to, by whoever has it in hand, and what was proposed."""

    possible: tuple[State, ...]
    repairs: Sequence[Repair]


async def show(tx: Transaction, name: str, officer: Officer) -> Repairs:
    case = await tables.load_case(tx, name)
    officer.must_see(case.offices.all(), f"case {name}")
    possible = tuple(sorted(_legal(case, await _past(tx, case))))
    return Repairs(possible, await repairs.listed(tx, tables.repair, case.id))


async def propose(tx: Transaction, name: str, officer: Officer, version: int, *, to: State, ticket: str, reason: str) -> Repair:
    """Raises HeldElsewhere, NoSuchPredecessor."""
    before = await case_to_change(tx, name, officer, version)
    past = await _past(tx, before)
    _must_be_ours(before, past)
    must_allow(before, Action.REPAIR)
    repairs.must_be_legal(to, _legal(before, past))
    await tables.add_line(tx, before.id, line_of(tx, Action.REPAIR, officer, before, before, f"{to} ({ticket}): {reason}"))
    return await repairs.propose(
        tx, tables.repair, before.id, before.state, to, ticket=ticket, reason=reason, by=officer, version=before.version
    )


async def approve(tx: Transaction, name: str, repair_id: UUID, officer: Officer) -> Case:
    """Made at once, and told. Raises NotFound, RepairDecided, SecondSupervisorNeeded, Changed."""
    before = await tables.load_case(tx, name)
    officer.must_act_for({before.offices.competent}, before.offices.all(), f"case {name}")
    await tx.once()
    tx.about = await acting.known(tx, before)
    repair = await repairs.to_approve(tx, tables.repair, before.id, repair_id, by=officer, version=before.version)
    left_at = (await _past(tx, before)).left_at[repair.to_state]
    note = f"{repair.ticket}: {repair.reason} ({repair.proposed_by})"
    line = JournalLine(tx.now, "repair", officer.name, before.state, repair.to_state, before.offices.competent, note)
    told = DossierRepaired(
        from_state=before.state,
        to_state=repair.to_state,
        left_at=left_at,
        repaired_at=tx.now,
        ticket=repair.ticket,
        proposed_by=repair.proposed_by,
        approved_by=officer.name,
    )
    saved = await _made(tx, before, repair.to_state, left_at, repair.ticket, line, told)
    await repairs.made(tx, tables.repair, repair, by=officer)
    return saved


async def desk_repaired(tx: Transaction, event: DossierRepaired, envelope: Envelope) -> None:
    """The baton is the agency's again where the state is; its clock has run on meanwhile. A submission has no case."""
    before = await tables.find_case(tx, envelope.subject)
    if before:
        line = heard_of(event, envelope, before.state, event.to_state)
        await _made(tx, before, event.to_state, event.left_at, event.ticket, line)


async def _made(
    tx: Transaction, before: Case, to: State, left_at: datetime, ticket: str, line: JournalLine, *told: DossierRepaired
) -> Case:
    counting = await counting_of(tx, before)
    after = repaired(before, to, left_at, ticket=ticket, now=tx.now)
    if STATES[to].clock is not DeadlineClock.ENDED or after.intervals != before.intervals:
        after = counted_anew(after, counting)
    saved = await tables.save_case(tx, before, after, line, *told)
    await keep_alarms(tx, saved, counting, since=tx.now)
    due_at = saved.correction.due_at if saved.correction else None
    await timers.keep(tx, saved.id, {CORRECTION_OVERDUE: due_at and max(due_at, tx.now) + ONE_MINUTE})
    return saved


async def _past(tx: Transaction, case: Case) -> Past:
    return repairs.past_of(await tables.load_journal(tx, case.id))


def _legal(case: Case, past: Past) -> frozenset[State]:
    moves = [(at, one.to) for (at, _), one in LIFECYCLE.items()] + [(at, one.to) for (at, _), one in ASKED.items()]
    heard = [(at, to) for (at, _), to in HEARD.items()]
    legal = repairs.legal_predecessors([*moves, *heard], past, case.state, accepted=True)
    return legal if case.fee and not case.fee.settled_at else legal - {State.AWAITING_FEE}  # it would wait for nothing


def _must_be_ours(case: Case, past: Past) -> None:
    holder = STATES[case.state].holder
    if holder is Holder.DESK or (holder is Holder.WHO_HELD_IT and past.moved_by != Service.PROCESSING):
        raise HeldElsewhere(f"The desk has it in hand: propose it there, POST /v1/dossiers/{case.id}/repairs.")
