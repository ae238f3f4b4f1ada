"""How much work lies where: summed from places kept as cases move, folded by a chore, and counted afresh on an operator's word."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, any_, cast, func, literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from services.processing import tables
from services.processing.domain.workload import HELD, NO_DAY, NOBODY, DueBucket, bucket_of
from services.processing.tables import case, work_count
from shared.clock import VIETNAM
from shared.contracts.states import State
from shared.officers import Officer
from shared.runtime import Runtime, Transaction

FOLD_AT_ONCE: Final = 10_000
_WHO: Final = func.coalesce(case.c.assignee, literal_column(f"'{NOBODY}'"))
_DUE_ON: Final = func.coalesce(
    cast(func.timezone(literal_column(f"'{VIETNAM}'"), case.c.step_due_at), Date), literal_column(f"date '{NO_DAY}'")
)


@dataclass(frozen=True)
class Counted:
    """So many open steps of an office with one officer (none: the unit's), in one state, in one bucket of due times."""

    office: str
    assignee: str | None
    state: State
    due: DueBucket
    number: int


async def counts(
    tx: Transaction, officer: Officer, *, offices: frozenset[str], assignee: str | None, state: State | None
) -> tuple[Counted, ...]:
    """From the places; of what is due today it is looked up how much is overdue by now, which is bounded by one day's work.

    `assignee`: a subject, "" for nobody, None for all.
    """
    now = tx.now.astimezone(VIETNAM)
    today = now.date()
    found: dict[tuple[str, str, str, DueBucket], int] = {}
    for row in await tx.run(_places(offices & officer.scope, assignee, state)):
        key = row.office, row.assignee, row.state, bucket_of(row.due_on, today)
        found[key] = found.get(key, 0) + int(row.number)
    for row in await tx.run(_late_since_morning(offices & officer.scope, assignee, state, now.replace(second=0, microsecond=0))):
        for bucket, number in ((DueBucket.TODAY, -row.number), (DueBucket.OVERDUE, row.number)):
            key = row.competent, row.assignee, row.state, bucket
            found[key] = found.get(key, 0) + number
    counted = (Counted(office, who or None, State(at), due, number) for (office, who, at, due), number in sorted(found.items()))
    return tuple(one for one in counted if one.number)


def _places(offices: frozenset[str], assignee: str | None, state: State | None) -> Any:
    place = work_count.c
    query = select(place.office, place.assignee, place.state, place.due_on, func.sum(place.number).label("number"))
    query = query.where(*_within(place.office, offices, place.assignee, assignee, place.state, state))
    return query.group_by(place.office, place.assignee, place.state, place.due_on)


def _late_since_morning(offices: frozenset[str], assignee: str | None, state: State | None, now: Any) -> Any:
    """Steps of today whose time was over before this minute."""
    query = select(case.c.competent, _WHO.label("assignee"), case.c.state, func.count().label("number"))
    query = query.where(*_within(case.c.competent, offices, _WHO, assignee, case.c.state, state))
    today = now.replace(hour=0, minute=0)
    query = query.where(case.c.current_step.is_not(None), case.c.state.in_(HELD), case.c.step_due_at >= today, case.c.step_due_at < now)
    return query.group_by(case.c.competent, _WHO, case.c.state)


def _within(
    office: Any, offices: frozenset[str], assignee: Any, wanted: str | None, state: Any, in_state: State | None
) -> list[ColumnElement[bool]]:
    asked = [office == any_(literal(sorted(offices), ARRAY(TEXT)))]
    asked += [assignee == wanted] if wanted is not None else []
    return asked + ([state == in_state] if in_state else [])


# ------------------------------------------------------------------------------------------------ folding

# One copy at a time; readers see the places either before or after. Rows that a move writes meanwhile stay for the next time.
_FOLD: Final = text(
    """
with fresh as (
    delete from processing.work_count where id in (
        select id from processing.work_count where not folded order by id limit :size for update skip locked)
    returning office, assignee, state, due_on, number),
moved as (select office, assignee, state, due_on, sum(number) as number from fresh group by office, assignee, state, due_on),
kept as (
    delete from processing.work_count using moved
    where work_count.folded and work_count.office = moved.office and work_count.assignee = moved.assignee
      and work_count.state = moved.state and work_count.due_on = moved.due_on
    returning work_count.office, work_count.assignee, work_count.state, work_count.due_on, work_count.number),
folded as (
    insert into processing.work_count (office, assignee, state, due_on, number, folded)
    select office, assignee, state, due_on, sum(number), true
    from (select * from moved union all select * from kept) as one
    group by office, assignee, state, due_on having sum(number) <> 0)
select count(*) from fresh
"""
)


async def fold(runtime: Runtime) -> bool:
    """Many small rows of a place become one; whether there may be more."""
    async with runtime.transaction() as tx:
        if not (await tx.run(select(func.pg_try_advisory_xact_lock(func.hashtext("processing.work_count"))))).scalar_one():
            return False
        return (await tx.run(_FOLD, {"size": FOLD_AT_ONCE})).scalar_one() == FOLD_AT_ONCE


# ------------------------------------------------------------------------------------------------ counting afresh


async def rebuild(tx: Transaction) -> int:
    """Count all open steps again; moves wait meanwhile. How many places there are."""
    await tx.run(text("lock table processing.work_count in share row exclusive mode"))
    await tx.run(text("delete from processing.work_count"))
    waiting = case.c.current_step.is_not(None), case.c.state.in_(HELD)
    places = select(case.c.competent, _WHO, case.c.state, _DUE_ON, func.count(), literal(True)).where(*waiting)
    columns = ["office", "assignee", "state", "due_on", "number", "folded"]
    grouped = places.group_by(case.c.competent, _WHO, case.c.state, _DUE_ON)
    return (await tx.run(tables.work_count.insert().from_select(columns, grouped))).rowcount
