"""Four eyes on a calendar: one administrator proposes an office's own days, another one approves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from services.intake import calendars, tables
from services.intake.calendars import Calendars
from services.intake.commands.calendars import base_for, lay, to_change
from services.intake.domain.calendars import Changes, changes, must_be_rows
from shared.contracts.events import NATIONAL_CALENDAR
from shared.errors import Conflict, NotFound, NotPermitted
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction
from shared.working_time import CalendarDay, read_days, write_days

MOST_SHOWN = 100


class FourEyes(NotPermitted):
    """Who proposed a change does not approve it: another administrator must."""


class ProposalNotTheirs(NotPermitted):
    """Only who proposed a change withdraws it."""


class ProposalDecided(Conflict):
    """This proposal was applied or withdrawn before."""


class CalendarMoved(Conflict):
    """The calendar has another version since this was proposed: look again, and propose again."""


class NothingToPropose(Conflict):
    """These are the calendar's own rows already."""


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Proposal:
    """Own rows for the calendar of an office. `seen_version` is what the office worked by when they were proposed."""

    id: UUID
    key: str
    state: ProposalState
    own_rows: str
    seen_version: UUID
    proposed_at: datetime
    proposed_by: str
    proposed_by_id: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    made_version: UUID | None = None

    @property
    def own(self) -> tuple[CalendarDay, ...]:
        return read_days(self.own_rows)


@dataclass(frozen=True)
class Shown:
    """A proposal; while it is open, with what it would change now, and whether the calendar has moved since."""

    proposal: Proposal
    changes: Changes | None
    moved: bool


async def propose(tx: Transaction, key: str, own: Sequence[CalendarDay], *, by: Officer) -> Shown:
    """Raises NotFound, NotPermitted, CalendarRowsWrong, NothingToPropose."""
    known = await calendars.read(tx)
    _must_be_theirs(known, key, by)
    await tx.once()
    must_be_rows(own, known.whole(base_for(known, key)))
    rows = write_days(own)
    if rows == (known.in_force[key].own_rows if key in known.in_force else write_days(())):
        raise NothingToPropose(f"The calendar of {key} has these own rows already.")
    proposal = Proposal(uuid7(), key, ProposalState.OPEN, rows, known.of_office(key).id, tx.now, by.name, by.id)
    await tx.run(insert(tables.calendar_proposal).values(_columns(proposal)))
    return _shown(known, proposal)


async def approve(tx: Transaction, key: str, proposal_id: UUID, *, by: Officer) -> Proposal:
    """Apply it. Raises NotFound, FourEyes, ProposalDecided, CalendarMoved."""
    known = await to_change(tx)
    _must_be_theirs(known, key, by)
    await tx.once()
    proposal = await _open(tx, key, proposal_id)
    if proposal.proposed_by_id == by.id:
        raise FourEyes(f"You proposed this yourself: another administrator for {key} must approve it.")
    if known.of_office(key).id != proposal.seen_version:
        raise CalendarMoved(f"The calendar of {key} has another version since {proposal.proposed_at.isoformat()}.")
    await lay(tx, known, key, proposal.own, by=by.name)
    return await _decide(tx, proposal, ProposalState.APPLIED, by, known.in_force[key].id)


async def withdraw(tx: Transaction, key: str, proposal_id: UUID, *, by: Officer) -> Proposal:
    """Raises NotFound, ProposalNotTheirs, ProposalDecided."""
    _must_be_theirs(await calendars.read(tx), key, by)
    await tx.once()
    proposal = await _open(tx, key, proposal_id)
    if proposal.proposed_by_id != by.id:
        raise ProposalNotTheirs(f"{proposal.proposed_by} proposed this; leave it unapproved if you disagree.")
    return await _decide(tx, proposal, ProposalState.WITHDRAWN, by, None)


async def proposals(tx: Transaction, key: str, *, by: Officer) -> list[Shown]:
    """Newest first. Raises NotFound, NotPermitted."""
    known = await calendars.read(tx)
    _must_be_theirs(known, key, by)
    statement = _select().where(tables.calendar_proposal.c.key == key).order_by(tables.calendar_proposal.c.id.desc()).limit(MOST_SHOWN)
    return [_shown(known, Proposal(**row)) for row in (await tx.run(statement)).mappings()]


def _must_be_theirs(known: Calendars, key: str, by: Officer) -> None:
    """Everyone sees every calendar; it is changed by administrators of its office, or of one above. Raises NotFound, NotPermitted."""
    if key == NATIONAL_CALENDAR:
        raise NotPermitted("The national calendar is loaded by the operator: motcua calendar load FILE.")
    if known.tree.get(key) is None:
        raise NotFound(f"There is no office {key}, and no calendar of that name.")
    if not by.sees([key]):
        raise NotPermitted(f"The calendar of {key} is for administrators of {key}, or of an office above it.")


async def _open(tx: Transaction, key: str, proposal_id: UUID) -> Proposal:
    table = tables.calendar_proposal
    row = (await tx.run(_select().where(table.c.id == proposal_id, table.c.key == key).with_for_update())).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no proposal {proposal_id} for the calendar of {key}.")
    if row["state"] != ProposalState.OPEN:
        raise ProposalDecided(f"This proposal was {row['state']} on {row['decided_at'].isoformat()}.", state=row["state"])
    return Proposal(**row)


async def _decide(tx: Transaction, proposal: Proposal, state: ProposalState, by: Officer, made_version: UUID | None) -> Proposal:
    table = tables.calendar_proposal
    decided = {"state": state, "decided_at": tx.now, "decided_by": by.name, "decided_by_id": by.id, "made_version": made_version}
    row = await tx.run(update(table).where(table.c.id == proposal.id).values(decided).returning(*_select().selected_columns))
    return Proposal(**row.mappings().one())


def _shown(known: Calendars, proposal: Proposal) -> Shown:
    if proposal.state != ProposalState.OPEN:
        return Shown(proposal, None, moved=False)
    now = known.of_office(proposal.key)
    would_be = known.merged(proposal.key, proposal.own)
    return Shown(proposal, changes(known.whole(now), would_be), moved=now.id != proposal.seen_version)


def _columns(proposal: Proposal) -> dict[str, Any]:
    return {column.name: getattr(proposal, column.name) for column in _select().selected_columns}


def _select() -> Any:
    table = tables.calendar_proposal
    return select(*(column for column in table.c if column.name in Proposal.__dataclass_fields__))
