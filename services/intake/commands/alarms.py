"""What the clock says by itself at the desk: answers, hand-overs, supplements and results that have waited too long."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, insert, update

from services.intake import tables
from services.intake.calendars import NoCalendar
from services.intake.catalogue import catalogue_of
from services.intake.tables import dossier
from shared.clock import VIETNAM
from shared.contracts.events import Event, FeeUnpaid, PapersHandOverDue, ResultUnclaimed, SubmissionAnswerDue, SupplementLapsed
from shared.contracts.states import State
from shared.ids import uuid7
from shared.office_tree import OfficeTree
from shared.runtime import Transaction
from shared.timers import Handler, Timer
from shared.working_time import Calendar, CalendarUnknown, OfficeHours, add_working_minutes, closing_at, next_working_day, opening_at

ANSWER_DUE, HAND_OVER_DUE, LAPSED, UNCLAIMED = "answer_due", "hand_over_due", "supplement_lapsed", "unclaimed"
FEE_UNPAID = "fee_unpaid"

SAME_DAY_UNTIL_HOUR: Final = 15
UNCLAIMED_AFTER: Final = timedelta(days=30)
"""After so long a result at the desk is called for again. Source: law.UNCLAIMED_RESULT."""


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


async def _counted_by(tx: Transaction, office: str) -> tuple[Calendar, OfficeHours]:
    """What an office works by. Raises NoCalendar."""
    catalogue = catalogue_of(tx.runtime)
    await catalogue.look(tx)
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    known = offices.get(office)
    return await catalogue.calendar_for(tx, office, offices), catalogue.hours_of(known.sessions if known else None)


Told = Callable[[Row[Any], Timer], Event]
WAITING: Final[Mapping[str, tuple[frozenset[State], Told]]] = {
    ANSWER_DUE: (frozenset({State.SUBMITTED}), lambda row, timer: SubmissionAnswerDue(due_at=timer.due_at, office=row.receiving)),
    HAND_OVER_DUE: (
        frozenset({State.RECEIVED, State.IN_PROGRESS, State.AWAITING_FEE, State.SUSPENDED}),
        lambda row, timer: PapersHandOverDue(due_at=timer.due_at, office=row.receiving),
    ),
    LAPSED: (frozenset({State.AWAITING_SUPPLEMENT}), lambda row, timer: SupplementLapsed(ended_at=row.supplement_ends_at or timer.due_at)),
    FEE_UNPAID: (
        frozenset({State.INTAKE_FEE, State.AWAITING_FEE}),
        lambda row, timer: FeeUnpaid(still_awaited=row.fee_awaited, since=row.fee_asked_at or timer.due_at, office=row.receiving),
    ),
    UNCLAIMED: (
        frozenset({State.COMPLETED}),
        lambda row, timer: ResultUnclaimed(at_desk_since=row.result_at_desk_at or timer.due_at, office=row.returning),
    ),
}


async def ring(tx: Transaction, kind: str, due: list[Timer]) -> None:
    """Tells of every dossier that still waits; `told` moves and `version` does not, so that no officer's If-Match fails."""
    states, told = WAITING[kind]
    of = {timer.subject: timer for timer in due}
    changed: dict[str, Any] = {"told": dossier.c.told + 1} | ({"closing_proposed_at": tx.now} if kind == LAPSED else {})
    rung = update(dossier).where(dossier.c.id.in_(of), dossier.c.state.in_(states)).values(changed).returning(dossier)
    if kind == FEE_UNPAID:  # the agency may not have heard yet that it is paid
        rung = rung.where(dossier.c.fee_awaited > 0)
    rows = (await tx.run(rung)).all()
    if not rows:
        return
    lines = [
        {"id": uuid7(), "dossier_id": row.id, "at": tx.now, "action": kind, "by": "clock", "source": "intake"}
        | {"from_state": row.state, "to_state": row.state, "office": row.receiving}
        for row in rows
    ]
    await tx.run(insert(tables.journal), lines)
    await tx.publish_many([(row.id, row.told, told(row, of[row.id])) for row in rows])


def _of(kind: str) -> Handler:
    async def handle(tx: Transaction, due: list[Timer]) -> None:
        await ring(tx, kind, due)

    return handle


HANDLERS: Final[Mapping[str, Handler]] = {kind: _of(kind) for kind in WAITING}
