"""What the clock says by itself: timers that are due tell the desk and the journal, many at a time; the case itself stays as it is."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import ColumnElement, insert, true, update

from services.processing import tables
from services.processing.domain.deadline import Alarm
from services.processing.tables import case
from shared.contracts.events import DeadlineAlarm, DossierApologyDue, DossierDueSoon, DossierDueToday, DossierOverdue, DossierSuspensionOver
from shared.contracts.states import STATES, DeadlineClock, State
from shared.ids import uuid7
from shared.runtime import Transaction
from shared.timers import Handler, Timer

TOLD: Final[Mapping[Alarm, type[DeadlineAlarm]]] = {
    Alarm.DUE_SOON: DossierDueSoon,
    Alarm.APOLOGY_DUE: DossierApologyDue,
    Alarm.DUE_TODAY: DossierDueToday,
    Alarm.OVERDUE: DossierOverdue,
    Alarm.SUSPENSION_OVER: DossierSuspensionOver,
}
RUNNING: Final = [state for state, meaning in STATES.items() if meaning.clock is DeadlineClock.RUNS]


def _concerned(alarm: Alarm) -> list[State]:
    """In which states it still says something."""
    return [State.SUSPENDED] if alarm is Alarm.SUSPENSION_OVER else RUNNING


def _time_passes(alarm: Alarm) -> ColumnElement[bool]:
    """In some states the clock stands only by the law of the sector."""
    return true() if alarm is Alarm.SUSPENSION_OVER else case.c.stopped_since.is_(None)


async def ring(tx: Transaction, alarm: Alarm, timers: list[Timer]) -> None:
    """Tells of every case whose clock still runs; `told` moves and `version` does not, so that no officer's If-Match fails."""
    subjects = [timer.subject for timer in timers]
    rung = (
        update(case)
        .where(case.c.id.in_(subjects), case.c.state.in_(_concerned(alarm)), _time_passes(alarm))
        .values(told=case.c.told + 1)
        .returning(case.c.id, case.c.told, case.c.state, case.c.appointment_at, case.c.competent)
    )
    rows = (await tx.run(rung)).all()
    if not rows:
        return
    lines = [
        {"id": uuid7(), "case_id": row.id, "at": tx.now, "action": alarm, "by": "clock", "source": "processing"}
        | {"from_state": row.state, "to_state": row.state, "office": row.competent}
        for row in rows
    ]
    await tx.run(insert(tables.journal), lines)
    await tx.publish_many([(row.id, row.told, TOLD[alarm](due_at=row.appointment_at, office=row.competent)) for row in rows])


def _of(alarm: Alarm) -> Handler:
    async def handle(tx: Transaction, timers: list[Timer]) -> None:
        await ring(tx, alarm, timers)

    return handle


HANDLERS: Final[Mapping[str, Handler]] = {str(alarm): _of(alarm) for alarm in Alarm}
