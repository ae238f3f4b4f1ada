"""Repairs: a dossier that is in the wrong state by mistake goes back to one it really was in, by two supervisors and with a ticket.

One proposes, another approves, of the service that has the dossier in hand. The rows of `repair` say who did; what a repair makes of
the facts of a dossier is each service's own to say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, DateTime, Integer, MetaData, Row, Table, Text, Uuid, insert, select, update

from shared.contracts.states import STATES, DeadlineClock, State
from shared.errors import Changed, Conflict, NotFound, NotPermitted
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction

_INSTANT: Final = DateTime(timezone=True)
ENDED: Final = frozenset(state for state, meaning in STATES.items() if meaning.clock is DeadlineClock.ENDED)


class SecondSupervisorNeeded(NotPermitted):
    """Who proposed a repair does not approve it: another supervisor must."""


class RepairDecided(Conflict):
    """This repair was made before."""


class NoSuchPredecessor(Conflict):
    """A repair leads back to a state the dossier really was in, from which it could come to where it is."""


class HeldElsewhere(Conflict):
    """Who has the dossier in hand repairs it; that is the other side."""


class RepairState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    MADE = "made"


@dataclass(frozen=True)
class Repair:
    """Proposed on what was seen at `seen_version`; it is approved while that still stands."""

    id: UUID
    subject: UUID
    from_state: State
    to_state: State
    ticket: str
    reason: str
    seen_version: int
    state: RepairState
    proposed_at: datetime
    proposed_by: str
    proposed_by_id: str
    decided_at: datetime | None = None
    decided_by: str | None = None


@dataclass(frozen=True)
class Past:
    """What the journal says of a dossier: where it was, when it last left each state, who made the last move."""

    been: frozenset[State]
    left_at: dict[State, datetime]
    moved_by: str | None


def tables(metadata: MetaData) -> Table:
    return Table(
        "repair",
        metadata,
        Column("id", Uuid, primary_key=True),
        Column("subject", Uuid, nullable=False, index=True),
        Column("from_state", Text, nullable=False),
        Column("to_state", Text, nullable=False),
        Column("ticket", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("seen_version", Integer, nullable=False),
        Column("state", Text, nullable=False),
        Column("proposed_at", _INSTANT, nullable=False),
        Column("proposed_by", Text, nullable=False),
        Column("proposed_by_id", Text, nullable=False),
        Column("decided_at", _INSTANT),
        Column("decided_by", Text),
    )


# ------------------------------------------------------------------------------------------------ which way back


def past_of(lines: Iterable[Row[Any]]) -> Past:
    """From journal lines in order. A line that leaves the state as it is moves nothing. What was completed and then taken up again
    is not left for a repair to go back to: its result is no more.
    """
    been: set[State] = set()
    left_at: dict[State, datetime] = {}
    moved_by = None
    for line in lines:
        if line.to_state:
            been.add(State(line.to_state))
        if line.from_state and line.to_state and line.from_state != line.to_state:
            left_at[State(line.from_state)] = line.at
            if line.to_state not in ENDED:
                left_at = {state: at for state, at in left_at.items() if state not in ENDED}
            moved_by = line.source
    return Past(frozenset(been), left_at, moved_by)


def legal_predecessors(moves: Iterable[tuple[State | None, State]], past: Past, now: State, *, accepted: bool) -> frozenset[State]:
    """States it really was in and has left, from which the table leads to where it is now.

    Acceptance is not undone: the code is given, the receipt handed out. That is what annulment and withdrawal are for.
    """
    edges = set(moves)
    leading: set[State] = {now}
    while more := {at for at, to in edges if at and to in leading} - leading:
        leading |= more
    found = (leading & past.been & set(past.left_at)) - {now}
    if accepted:
        found = {state for state in found if STATES[state].clock is not DeadlineClock.NOT_STARTED}
    return frozenset(found)


def must_be_legal(to: State, legal: frozenset[State]) -> None:
    if to not in legal:
        raise NoSuchPredecessor(f"It cannot go back to {to}.", choices=sorted(legal))


# ------------------------------------------------------------------------------------------------ four eyes


async def propose(
    tx: Transaction, table: Table, subject: UUID, now: State, to: State, *, ticket: str, reason: str, by: Officer, version: int
) -> Repair:
    repair = Repair(uuid7(), subject, now, to, ticket, reason, version, RepairState.OPEN, tx.now, by.name, by.id)
    await tx.run(insert(table).values({field.name: getattr(repair, field.name) for field in fields(Repair)}))
    return repair


async def to_approve(tx: Transaction, table: Table, subject: UUID, repair_id: UUID, *, by: Officer, version: int) -> Repair:
    """The proposal, held. Raises NotFound, RepairDecided, SecondSupervisorNeeded, Changed where the dossier moved since."""
    found = select(table).where(table.c.id == repair_id, table.c.subject == subject).with_for_update()
    if (row := (await tx.run(found)).one_or_none()) is None:
        raise NotFound(f"There is no repair {repair_id} proposed for this dossier.")
    repair = _repair_of(row)
    if repair.state is not RepairState.OPEN:
        raise RepairDecided(f"{repair.decided_by} approved it before.")
    if repair.proposed_by_id == by.id:
        raise SecondSupervisorNeeded("You proposed this yourself: another supervisor must approve it.")
    if repair.seen_version != version:
        raise Changed(f"The dossier is at version {version} now; the repair was proposed on {repair.seen_version}. Propose it again.")
    return repair


async def made(tx: Transaction, table: Table, repair: Repair, *, by: Officer) -> None:
    decided = {"state": RepairState.MADE, "decided_at": tx.now, "decided_by": by.name}
    await tx.run(update(table).where(table.c.id == repair.id).values(decided))


async def listed(tx: Transaction, table: Table, subject: UUID) -> Sequence[Repair]:
    """The newest first."""
    rows = await tx.run(select(table).where(table.c.subject == subject).order_by(table.c.id.desc()))
    return [_repair_of(row) for row in rows]


def _repair_of(row: Row[Any]) -> Repair:
    plain: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(Repair)}
    words: dict[str, Any] = {"from_state": State(row.from_state), "to_state": State(row.to_state), "state": RepairState(row.state)}
    return Repair(**plain | words)
