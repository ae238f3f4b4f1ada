"""Calendars: the nation's, and offices' own days laid over it. Everyone looks; of administrators one proposes, another approves."""

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Body, Query
from pydantic import AfterValidator, Field
from sqlalchemy import select

from services.intake import calendars, tables
from services.intake.api import bodies
from services.intake.commands import calendar_previews, calendar_proposals
from services.intake.commands.calendar_proposals import Proposal, ProposalState, Shown
from shared.clock import VIETNAM
from shared.contracts.permissions import Action
from shared.contracts.previews import CalendarPreview
from shared.days import Day
from shared.doors import Door, FreeDoor, Page, Tx, View
from shared.officers import Officer, may
from shared.runtime import Transaction
from shared.working_time import CalendarDay, DayKind, DayStatus, OfficeHoursWrong, parse_sessions

router = APIRouter(tags=["calendars"], route_class=Door)
free = APIRouter(tags=["calendars"], route_class=FreeDoor)


# ------------------------------------------------------------------------------------------------ what people send


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1:
        raise ValueError("this is one line of text")
    return text


def _sessions(text: str) -> str:
    try:
        parse_sessions(text)
    except OfficeHoursWrong as error:
        raise ValueError(error.detail) from error
    return text


Line = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_one_line)]


class DayBody(bodies.Body):
    """A date that is not what its weekday says, with where that is decided. A make-up day may bring sessions of its own."""

    date: Day
    kind: DayKind
    name: Line
    source: Line
    status: DayStatus
    sessions: Annotated[str, Field(max_length=200), AfterValidator(_sessions)] = ""

    def day(self) -> CalendarDay:
        return CalendarDay(self.date, self.kind, self.name, self.source, self.status, parse_sessions(self.sessions))


EXAMPLE: Final = [
    {
        "date": "2026-06-17",
        "kind": "off",
        "name": "Ngày truyền thống của tỉnh",
        "source": "QĐ của UBND tỉnh",
        "status": "announced",
    }
]
Days = Annotated[list[DayBody], Field(max_length=1000), Body(examples=[EXAMPLE])]


# ------------------------------------------------------------------------------------------------ what they see


class CalendarRow(View):
    """A calendar in the list, as it is in force."""

    key: str
    number: int
    version_id: UUID
    based_on: str | None
    own_days: int
    provisional_days: int
    loaded_at: datetime


class CalendarPage(Page):
    calendars: tuple[CalendarRow, ...]


class DayView(View):
    """A row of a calendar."""

    date: date
    kind: DayKind
    name: str
    source: str
    status: DayStatus
    sessions: str | None


class DayWithOrigin(DayView):
    """And the key of the calendar whose own row it is."""

    origin: str


class CalendarView(View):
    """A calendar, whole. `calendar` is the key of the one in force: an office without one works by that of an office above it."""

    key: str
    calendar: str
    number: int
    version_id: UUID
    loaded_at: datetime
    provisional: bool
    days: tuple[DayWithOrigin, ...]


class ChangesView(View):
    """What a proposal makes of the calendar in force; a changed date is shown as it would be."""

    added: tuple[DayView, ...]
    removed: tuple[DayView, ...]
    changed: tuple[DayView, ...]


class ProposalView(View):
    """A proposal. `moved`: the calendar has another version since, so it cannot be approved any more."""

    id: UUID
    key: str
    state: ProposalState
    moved: bool
    changes: ChangesView | None


class ProposalRow(ProposalView):
    """And who proposed and decided it."""

    proposed_at: datetime
    proposed_by: str
    decided_at: datetime | None
    decided_by: str | None


class Proposals(View):
    proposals: tuple[ProposalRow, ...]


class Decided(View):
    """What became of a proposal, and the version it made."""

    id: UUID
    key: str
    state: ProposalState
    version_id: UUID | None


# ------------------------------------------------------------------------------------------------ routes


@router.get("/calendars", response_model=CalendarPage, summary="The calendars in force")
async def list_calendars(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_OFFICES)],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: str | None = None,
) -> CalendarPage:
    return await _page(tx, limit, after)


@router.get("/calendars/{key}", response_model=CalendarView, summary="A calendar, whole, with whose each row is")
async def show_calendar(
    key: str,
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_OFFICES)],
    year: Annotated[int | None, Query(ge=1, le=9999)] = None,
    number: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An earlier version of this very calendar")] = None,
) -> CalendarView:
    """The key is `national`, or an office: what it works by."""
    return await _show(tx, key, year, number)


@router.put("/calendars/{key}", response_model=ProposalView, status_code=202, summary="Propose the own days of an office's calendar")
async def propose(key: str, body: Days, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_CALENDARS)]) -> ProposalView:
    """The body lists all own days of the office; nothing changes before another administrator approves."""
    return _proposal(await calendar_proposals.propose(tx, key, [row.day() for row in body], by=officer))


@free.post("/calendars/{key}/previews", summary="Which open dossiers would move, from when to when: a dry run")
async def preview(key: str, body: Days, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_CALENDARS)]) -> CalendarPreview:
    """The body lists all own days of the office, as in a proposal. The agency is asked; nothing changes."""
    return await calendar_previews.preview(tx, key, [row.day() for row in body], by=officer)


@router.get("/calendars/{key}/proposals", response_model=Proposals, summary="What is proposed for a calendar, newest first")
async def list_proposals(key: str, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_CALENDARS)]) -> Proposals:
    return Proposals(proposals=tuple(map(_row, await calendar_proposals.proposals(tx, key, by=officer))))


@router.post("/calendars/{key}/proposals/{proposal_id}/approvals", response_model=Decided, summary="Approve what another proposed")
async def approve(key: str, proposal_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_CALENDARS)]) -> Decided:
    return _decided(await calendar_proposals.approve(tx, key, proposal_id, by=officer))


@router.post("/calendars/{key}/proposals/{proposal_id}/withdrawals", response_model=Decided, summary="Take one's own proposal back")
async def withdraw(key: str, proposal_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_CALENDARS)]) -> Decided:
    return _decided(await calendar_proposals.withdraw(tx, key, proposal_id, by=officer))


# ------------------------------------------------------------------------------------------------ from rows to views


async def _page(tx: Transaction, limit: int, after: str | None) -> CalendarPage:
    version, current, base = tables.calendar_version, tables.calendar, tables.calendar_version.alias()
    statement = select(*version.c, base.c.key.label("base")).join(current, current.c.version_id == version.c.id)
    statement = statement.outerjoin(base, base.c.id == version.c.based_on).order_by(version.c.key).limit(limit + 1)
    rows = list(await tx.run(statement.where(version.c.key > after) if after else statement))
    shown = tuple(_in_list(row) for row in rows[:limit])
    return CalendarPage(calendars=shown, next=shown[-1].key if len(rows) > limit else None)


def _in_list(row: Any) -> CalendarRow:
    own = calendars.read_days(row.own_rows)
    return CalendarRow(
        key=row.key,
        number=row.number,
        version_id=row.id,
        based_on=row.base,
        own_days=len(own),
        provisional_days=sum(day.status is DayStatus.PROVISIONAL for day in own),
        loaded_at=row.loaded_at.astimezone(VIETNAM),
    )


async def _show(tx: Transaction, key: str, year: int | None, number: int | None) -> CalendarView:
    version = await calendars.version_of(tx, key, number) if number else (await calendars.read(tx)).of_office(key)
    days = await calendars.days_of(tx, version, year=year)
    return CalendarView(
        key=key,
        calendar=version.key,
        number=version.number,
        version_id=version.id,
        loaded_at=version.loaded_at.astimezone(VIETNAM),
        provisional=any(one.day.status is DayStatus.PROVISIONAL for one in days),
        days=tuple(DayWithOrigin(**_day(one.day).model_dump(), origin=one.origin) for one in days),
    )


def _day(day: CalendarDay) -> DayView:
    sessions = " ".join(map(str, day.sessions)) or None
    return DayView(date=day.on, kind=day.kind, name=day.name, source=day.source, status=day.status, sessions=sessions)


def _proposal(shown: Shown) -> ProposalView:
    own = shown.proposal
    made = shown.changes and ChangesView(
        added=tuple(map(_day, shown.changes.added)),
        removed=tuple(map(_day, shown.changes.removed)),
        changed=tuple(map(_day, shown.changes.changed)),
    )
    return ProposalView(id=own.id, key=own.key, state=own.state, moved=shown.moved, changes=made)


def _row(shown: Shown) -> ProposalRow:
    own = shown.proposal
    return ProposalRow(
        **dict(_proposal(shown)),
        proposed_at=own.proposed_at.astimezone(VIETNAM),
        proposed_by=own.proposed_by,
        decided_at=own.decided_at and own.decided_at.astimezone(VIETNAM),
        decided_by=own.decided_by,
    )


def _decided(proposal: Proposal) -> Decided:
    return Decided(id=proposal.id, key=proposal.key, state=proposal.state, version_id=proposal.made_version)


router.include_router(free)
