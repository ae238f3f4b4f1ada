"""What the clock says by itself at the desk: answers, hand-overs, supplements and results that have waited too long."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, insert, update

from services.intake import tables
from services.intake.calendars import NoCalendar
from services.intake.catalogue import catalogue_of
from services.intake.domain.lifecycle import LIFECYCLE, Move
from services.intake.domain.unclaimed import next_call_at
from services.intake.tables import dossier
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import (
    Event,
    FeeUnpaid,
    PapersHandOverDue,
    ResultUnclaimed,
    SubmissionAnswerDue,
    SubmissionLapsed,
    SupplementLapsed,
)
from shared.contracts.people import ReturnWay
from shared.contracts.states import State
from shared.ids import uuid7
from shared.office_tree import OfficeTree
from shared.runtime import Transaction
from shared.timers import Handler, Timer
from shared.working_time import (
    Calendar,
    CalendarUnknown,
    OfficeHours,
    TimeLimit,
    Unit,
    add_working_minutes,
    closing_at,
    due,
    next_working_day,
    opening_at,
)

ANSWER_DUE, HAND_OVER_DUE, LAPSED, UNCLAIMED = "answer_due", "hand_over_due", "supplement_lapsed", "unclaimed"
FEE_UNPAID = "fee_unpaid"
SUBMISSION_LAPSED: Final = "submission_lapsed"

SAME_DAY_UNTIL_HOUR: Final = 15


async def answer_due_at(tx: Transaction, office: str, procedure: str) -> datetime | None:
    """Eight working hours from now, or what the procedure says; None where no calendar says what those are.

    Source: law.ANSWER_WITHIN_8_HOURS.
    """
    try:
        entry = await catalogue_of(tx.runtime).entry(tx, procedure)
        calendar, hours = await _counted_by(tx, office)
        return add_working_minutes(tx.now, entry.policies.answer_hours * 60, calendar, hours)
    except (NoCalendar, CalendarUnknown):
        return None


async def hand_over_due_at(tx: Transaction, office: str) -> datetime | None:
    """The same day until closing; received after 15:00, at the next opening. Source: law.HAND_OVER_OF_PAPERS."""
    local = tx.now.astimezone(VIETNAM)
    try:
        calendar, hours = await _counted_by(tx, office)
        if calendar.is_working_day(local.date()) and local.hour < SAME_DAY_UNTIL_HOUR:
            return max(local, closing_at(local.date(), calendar, hours))
        return opening_at(next_working_day(local.date(), calendar), calendar, hours)
    except (NoCalendar, CalendarUnknown):
        return None


@dataclass(frozen=True)
class Lapse:
    """24:00 of the last day to complete a submission, and the first working morning after."""

    ends_at: datetime
    proposed_at: datetime


async def submission_lapse(tx: Transaction, office: str, procedure: str) -> Lapse | None:
    """So many days from now as the procedure says; None where no calendar says when they end. Source: law.LAPSED_SUBMISSION."""
    try:
        policies = (await catalogue_of(tx.runtime).entry(tx, procedure)).policies
        calendar, hours = await _counted_by(tx, office)
        days = TimeLimit(Decimal(policies.submission_days or policies.supplement_days), Unit.DAY)
        last = due(tx.now, days, calendar=calendar, hours=hours).at.astimezone(VIETNAM).date()
        ends_at = datetime.combine(last + timedelta(days=1), time(), VIETNAM)
        return Lapse(ends_at, opening_at(next_working_day(last, calendar), calendar, hours))
    except (NoCalendar, CalendarUnknown):
        return None


async def first_morning_after(tx: Transaction, office: str, ends_at: datetime) -> datetime:
    """Opening on the first working day after a period that ended at 24:00; where no calendar says which, the morning after."""
    last = (ends_at - timedelta(minutes=1)).astimezone(VIETNAM).date()
    try:
        calendar, hours = await _counted_by(tx, office)
        return opening_at(next_working_day(last, calendar), calendar, hours)
    except (NoCalendar, CalendarUnknown):
        return ends_at + timedelta(hours=7)


async def _counted_by(tx: Transaction, office: str) -> tuple[Calendar, OfficeHours]:
    """What an office works by. Raises NoCalendar."""
    catalogue = catalogue_of(tx.runtime)
    await catalogue.look(tx)
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    known = offices.get(office)
    return await catalogue.calendar_for(tx, office, offices), catalogue.hours_of(known.sessions if known else None)


@dataclass(frozen=True)
class Waiting:
    """In which states an alarm still says something, what it tells, and what else of the row moves with it."""

    states: Collection[State]
    told: Callable[[Row[Any], Timer], Event]
    proposes_closing: bool = False
    unanswered: bool = False
    """Only while nothing has come of what was asked for: what has come, the desk looks at first."""
    owing: bool = False
    """Only while a fee that was asked for is owed: the agency may not have heard yet that it is paid."""


WAITING: Final[Mapping[str, Waiting]] = {
    ANSWER_DUE: Waiting({State.SUBMITTED}, lambda row, timer: SubmissionAnswerDue(due_at=timer.due_at, office=row.receiving)),
    SUBMISSION_LAPSED: Waiting(
        {State.INTAKE_SUPPLEMENT},
        lambda row, timer: SubmissionLapsed(ended_at=row.supplement_ends_at or timer.due_at),
        proposes_closing=True,
    ),
    HAND_OVER_DUE: Waiting(
        {State.RECEIVED, State.IN_PROGRESS, State.AWAITING_FEE, State.SUSPENDED},
        lambda row, timer: PapersHandOverDue(due_at=timer.due_at, office=row.receiving),
    ),
    LAPSED: Waiting(
        {State.AWAITING_SUPPLEMENT},
        lambda row, timer: SupplementLapsed(ended_at=row.supplement_ends_at or timer.due_at),
        proposes_closing=True,
        unanswered=True,
    ),
    FEE_UNPAID: Waiting(
        {State.INTAKE_FEE, State.AWAITING_FEE},
        lambda row, timer: FeeUnpaid(still_awaited=row.fee_awaited, since=row.fee_asked_at or timer.due_at, office=row.receiving),
        owing=True,
    ),
}


async def ring(tx: Transaction, kind: str, due_ones: list[Timer]) -> None:
    """Tells of every dossier that still waits; `told` moves and `version` does not, so that no officer's If-Match fails."""
    waiting = WAITING[kind]
    changed = {"closing_proposed_at": tx.now} if waiting.proposes_closing else {}
    waits = dossier.c.state.in_(waiting.states)
    if waiting.unanswered:
        waits &= dossier.c.supplement_sent_at.is_(None)
    if waiting.owing:
        waits &= dossier.c.fee_awaited > 0
    await _tell(tx, kind, due_ones, waiting.told, waits, changed)


async def call_for_unclaimed(tx: Transaction, due_ones: list[Timer]) -> None:
    """The first call marks the result as unclaimed, which every officer must see: a change like any other. Later ones only remind.

    Whoever gets the result online is not called to the desk.
    """
    called = dossier.c.result_way != ReturnWay.ONLINE
    marked = LIFECYCLE[State.COMPLETED, Move.MARK_UNCLAIMED].to
    again = await _tell(tx, UNCLAIMED, due_ones, _unclaimed, called & (dossier.c.state == marked), {})
    fresh = {"state": marked, "version": dossier.c.version + 1}
    lying = called & (dossier.c.state == State.COMPLETED) & dossier.c.result_at_desk_at.is_not(None)
    first = await _tell(tx, UNCLAIMED, due_ones, _unclaimed, lying, fresh, came_from=State.COMPLETED)
    await timers.keep_many(tx, [(row.id, {UNCLAIMED: next_call_at(row.result_at_desk_at, tx.now)}) for row in (*again, *first)])


def _unclaimed(row: Row[Any], timer: Timer) -> ResultUnclaimed:
    return ResultUnclaimed(at_desk_since=row.result_at_desk_at or timer.due_at, office=row.returning)


async def _tell(
    tx: Transaction,
    action: str,
    due_ones: list[Timer],
    told: Callable[[Row[Any], Timer], Event],
    waiting: ColumnElement[bool],
    changed: dict[str, Any],
    came_from: State | None = None,
) -> list[Row[Any]]:
    """The rows that still wait, each with its journal line and its event, in three statements however many they are."""
    of = {timer.subject: timer for timer in due_ones}
    rung = update(dossier).where(dossier.c.id.in_(of), waiting).values(changed | {"told": dossier.c.told + 1}).returning(dossier)
    rows = list((await tx.run(rung)).all())
    if rows:
        lines = [
            {"id": uuid7(), "dossier_id": row.id, "at": tx.now, "action": action, "by": "clock", "source": "intake"}
            | {"from_state": came_from or row.state, "to_state": row.state, "office": row.receiving}
            for row in rows
        ]
        await tx.run(insert(tables.journal), lines)
        await tx.publish_many([(row.id, row.told, told(row, of[row.id])) for row in rows])
    return rows


def _of(kind: str) -> Handler:
    async def handle(tx: Transaction, due_ones: list[Timer]) -> None:
        await ring(tx, kind, due_ones)

    return handle


HANDLERS: Final[Mapping[str, Handler]] = {kind: _of(kind) for kind in WAITING} | {UNCLAIMED: call_for_unclaimed}
