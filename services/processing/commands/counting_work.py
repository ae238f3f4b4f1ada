"""How much work lies where: summed from places kept as cases move, folded by a chore, and counted afresh on an operator's word."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Row, Select, any_, cast, func, literal, literal_column, select, text, tuple_
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from services.processing import tables
from services.processing.domain.workload import HELD, NO_DAY, NOBODY, SOON_DAYS, WHOEVER, DueBucket
from services.processing.tables import case, work_count
from shared.clock import VIETNAM
from shared.contracts.states import State
from shared.runtime import Runtime, Transaction

FOLD_AT_ONCE: Final = 10_000
OFFICER_BY_OFFICER: Final = 20
"""Offices of which each officer is counted: a province has too many to be read."""
_WHO: Final = func.coalesce(case.c.assignee, literal_column(f"'{NOBODY}'"))
_DUE_ON: Final = func.coalesce(
    cast(func.timezone(literal_column(f"'{VIETNAM}'"), case.c.step_due_at), Date), literal_column(f"date '{NO_DAY}'")
)


Buckets = dict[DueBucket, int]


@dataclass(frozen=True)
class Counts:
    """The same open steps, counted by when they are due, by office and by state; and of each officer ("": of the unit) by when.

    Of more than a few offices nobody asks officer by officer: None then.
    """

    by_due: Buckets
    by_office: dict[str, int]
    by_state: dict[State, int]
    by_assignee: dict[str, Buckets] | None


async def counts(tx: Transaction, *, offices: frozenset[str], assignee: str | None, state: State | None) -> Counts:
    """From the places; of what is due today it is looked up how much is overdue by now, which is bounded by one day's work.

    `assignee`: an id, "" for nobody, None for all.
    """
    now = tx.now.astimezone(VIETNAM).replace(second=0, microsecond=0)
    each = assignee is not None or len(offices) <= OFFICER_BY_OFFICER
    found = Counts(dict.fromkeys(DueBucket, 0), {}, {}, {} if each else None)
    for row in await tx.run(_places(offices, WHOEVER if assignee is None else assignee, state, now.date())):
        _put(found, row)
    if assignee is None and each:
        for row in await tx.run(_places(offices, None, state, now.date())):
            if row.assignee is not None:
                _add(found, row.assignee, DueBucket(row.due), int(row.number))
    for row in await tx.run(_late_since_morning(offices, assignee, state, now)):
        for bucket, number in ((DueBucket.TODAY, -row.number), (DueBucket.OVERDUE, row.number)):
            found.by_due[bucket] += number
            _add(found, row.assignee, bucket, number)
    return found


def _put(found: Counts, row: Row[Any]) -> None:
    number = int(row.number)
    if row.office is not None:
        found.by_office[row.office] = number
    elif row.state is not None:
        found.by_state[State(row.state)] = number
    else:
        found.by_due[DueBucket(row.due)] += number
        if row.assignee != WHOEVER:
            _add(found, row.assignee, DueBucket(row.due), number)


def _add(found: Counts, assignee: str, bucket: DueBucket, number: int) -> None:
    if found.by_assignee is not None:
        theirs = found.by_assignee.setdefault(assignee, {})
        theirs[bucket] = theirs.get(bucket, 0) + number


def _places(offices: frozenset[str], assignee: str | None, state: State | None, today: date) -> Select[*tuple[Any, ...]]:
    """Added up where they lie: a row for each office, each state, and each officer's buckets. `assignee` None: of every officer."""
    place = work_count.c
    due = sql_case(
        (place.due_on < today, literal_column("'overdue'")),
        (place.due_on == today, literal_column("'today'")),
        (place.due_on <= today + timedelta(days=SOON_DAYS), literal_column("'soon'")),
        else_=literal_column("'later'"),
    )
    asked = _within(place.office, offices, place.assignee, assignee, place.state, state)
    places = select(place.office, place.assignee, place.state, due.label("due"), place.number).where(*asked).subquery().c
    sets = func.grouping_sets(tuple_(places.office), tuple_(places.state), tuple_(places.assignee, places.due))
    added = func.sum(places.number).label("number")
    return select(places.office, places.assignee, places.state, places.due, added).group_by(sets).having(func.sum(places.number) != 0)


def _late_since_morning(offices: frozenset[str], assignee: str | None, state: State | None, now: datetime) -> Select[*tuple[Any, ...]]:
    """Steps of today whose time was over before this minute."""
    query = select(_WHO.label("assignee"), func.count().label("number"))
    query = query.where(*_within(case.c.competent, offices, _WHO, assignee, case.c.state, state))
    today = now.replace(hour=0, minute=0)
    query = query.where(case.c.current_step.is_not(None), case.c.state.in_(HELD), case.c.step_due_at >= today, case.c.step_due_at < now)
    return query.group_by(_WHO)


def _within(
    office: Any, offices: frozenset[str], assignee: Any, wanted: str | None, state: Any, in_state: State | None
) -> list[ColumnElement[bool]]:
    asked = [office == any_(literal(sorted(offices), ARRAY(TEXT)))]
    asked += [assignee == wanted if wanted is not None else assignee != WHOEVER]
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
        return await fold_some(tx)


async def fold_some(tx: Transaction) -> bool:
    if not (await tx.run(select(func.pg_try_advisory_xact_lock(func.hashtext("processing.work_count"))))).scalar_one():
        return False
    return (await tx.run(_FOLD, {"size": FOLD_AT_ONCE})).scalar_one() == FOLD_AT_ONCE


# ------------------------------------------------------------------------------------------------ counting afresh


async def rebuild(tx: Transaction) -> int:
    """Count all open steps again; moves wait meanwhile. How many places there are."""
    await tx.run(text("lock table processing.work_count in share row exclusive mode"))
    await tx.run(text("delete from processing.work_count"))
    places = 0
    for who in (_WHO, literal_column(f"'{WHOEVER}'")):
        counted = select(case.c.competent, who, case.c.state, _DUE_ON, func.count(), literal(True))
        counted = counted.where(case.c.current_step.is_not(None), case.c.state.in_(HELD))
        grouped = counted.group_by(case.c.competent, *([who] if who is _WHO else []), case.c.state, _DUE_ON)
        columns = ["office", "assignee", "state", "due_on", "number", "folded"]
        places += (await tx.run(tables.work_count.insert().from_select(columns, grouped))).rowcount
    return places
