"""The fast module against the slow one: 2,000 random cases, or 100,000 with MOTCUA_LONG=1."""

import os
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple, TypedDict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.clock import VIETNAM
from shared.working_time import (
    Calendar,
    CalendarDay,
    CalendarUnknown,
    DayKind,
    DayStatus,
    DueClock,
    OfficeHours,
    Season,
    Session,
    Stop,
    StopPolicy,
    TimeLimit,
    Unit,
    due,
)
from tests.domain.oracle import Clocks, Halt, Oracle, Verdict, YearUnknown

CASES = settings(
    max_examples=100_000 if os.environ.get("MOTCUA_LONG") else 2_000,
    deadline=None,
    derandomize=not os.environ.get("MOTCUA_LONG"),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
)
NATIONAL = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))


def a_calendar(*rows: tuple[str, str, str]) -> Calendar:
    days = [CalendarDay(date.fromisoformat(on), DayKind(kind), "", "", DayStatus(status)) for on, kind, status in rows]
    return NATIONAL.with_days(days)


CALENDARS = {
    "national": NATIONAL,
    "a broken March": a_calendar(
        ("2026-03-03", "off", "provisional"),
        ("2026-03-07", "makeup", "announced"),
        ("2026-03-14", "makeup", "provisional"),
        ("2026-03-17", "off", "announced"),
        ("2026-03-18", "makeup", "announced"),
        ("2026-03-21", "off", "provisional"),
    ),
    "no June": a_calendar(*((f"2026-06-{day:02}", "off", "announced") for day in range(2, 30))),
    "2026 alone": Calendar(tuple(day for day in NATIONAL.days if day.on.year == 2026)),
}
WEEKS: list[list[Clocks]] = [
    [[(420, 690), (810, 1020)]] * 7,
    [[(450, 690), (780, 1020)]] * 7,
    [[(480, 720), (780, 1020)]] * 7,
    [[(415, 655), (805, 992)]] * 7,
    [[(540, 960)]] * 7,
    [[(360, 420), (500, 501), (700, 900), (900, 1000)]] * 7,
    [[(0, 300), (1200, 1440)]] * 7,
    [[(420, 690), (810, 1020)]] * 4 + [[(420, 690)]] * 2 + [[]],
    [[(420, 690), (810, 1020)], [(480, 600)], [(420, 690), (810, 1020)], [(600, 1100)], [(500, 700), (720, 730)], [], []],
]
TURNS = ["2026-01-01", "2026-01-10", "2026-02-13", "2026-02-23", "2026-03-02", "2026-04-24", "2026-08-21", "2026-11-23", "2026-12-30"]


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31)) | st.sampled_from([date.fromisoformat(turn) for turn in TURNS])
UPTO_FOUR = st.integers(0, 4)
MINUTES = st.integers(0, 1439)
EDGES = [st.sampled_from([edge for sessions in week for session in sessions for edge in session]) for week in WEEKS]
SECONDS = st.sampled_from([0, 0, 59])
UNITS = st.sampled_from(list(Unit))
FEW = st.integers(1, 3) | st.integers(1, 9)
MANY = st.integers(1, 3) | st.integers(1, 45)
PARTS = st.sampled_from(["0", "0.125", "0.25", "0.5", "0.333", "0.999", "0.0001"]).map(Decimal)
LENGTHS = st.integers(0, 2_000) | st.integers(0, 30_000) | st.sampled_from([0, 1, 1440])
POLICIES = st.sampled_from(["pause", "pause", "restart"])
CUTOFFS = st.none() | st.sampled_from([0, 600, 900, 960, 1020, 1439])
DUE_CLOCKS = st.sampled_from(list(DueClock))


class Case(NamedTuple):
    calendar: str
    week: int
    accepted: datetime
    amount: Decimal | None
    unit: Unit
    due_clock: DueClock
    cutoff: int | None
    stops: list[Halt]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    week = draw(st.sampled_from(range(len(WEEKS))))
    accepted = draw(acceptances(week))
    unit = draw(UNITS)
    cutoff = draw(CUTOFFS)
    amount = draw(amounts(unit))
    if unit is Unit.SAME_DAY and cutoff is None:
        cutoff = 900
    return Case(draw(st.sampled_from(list(CALENDARS))), week, accepted, amount, unit, draw(DUE_CLOCKS), cutoff, draw(halts(accepted)))


@st.composite
def acceptances(draw: st.DrawFn, week: int) -> datetime:
    """Any instant of 2026, more often one near a turn of the calendar or the edge of a session."""
    day = draw(DAYS) + timedelta(days=draw(UPTO_FOUR))
    minute = draw(MINUTES) if draw(st.booleans()) else draw(EDGES[week]) + draw(UPTO_FOUR) // 2 - 1
    minute = min(max(minute, 0), 1439)
    return datetime.combine(day, time(minute // 60, minute % 60, draw(SECONDS)))


@st.composite
def amounts(draw: st.DrawFn, unit: Unit) -> Decimal | None:
    match unit:
        case Unit.SAME_DAY:
            return None
        case Unit.MONTH:
            return Decimal(draw(FEW))
        case Unit.DAY:
            return Decimal(draw(MANY))
        case _:
            part = draw(PARTS)
            return draw(FEW) - 1 + part if part else Decimal(draw(MANY))


@st.composite
def halts(draw: st.DrawFn, accepted: datetime) -> list[Halt]:
    """Up to three stops in order, some of them touching, empty or (the last) still open."""
    found: list[Halt] = []
    here = accepted.replace(second=0)
    for _ in range(draw(UPTO_FOUR) - 1):
        begins = here + timedelta(minutes=draw(LENGTHS))
        here = begins + timedelta(minutes=draw(LENGTHS))
        found.append(Halt(begins, here, draw(POLICIES)))
    if found and draw(UPTO_FOUR) == 4:
        found[-1] = found[-1]._replace(ends=None)
    return found


def found_slowly(case: Case) -> Verdict | YearUnknown:
    rows = {day.on: (day.kind.value, day.status.value) for day in CALENDARS[case.calendar].days}
    return Oracle(rows, WEEKS[case.week], case.amount, case.unit.value, case.due_clock.value, case.cutoff).judge(case.accepted, case.stops)


class Options(TypedDict):
    hours: OfficeHours
    due_clock: DueClock
    cutoff: time | None
    stops: list[Stop]


def arguments(case: Case) -> tuple[datetime, TimeLimit, Options]:
    """The case as the fast module is asked."""
    options = Options(
        hours=OfficeHours((Season(tuple(tuple(Session(*clocks) for clocks in day) for day in WEEKS[case.week])),)),
        due_clock=case.due_clock,
        cutoff=None if case.cutoff is None else time(case.cutoff // 60, case.cutoff % 60),
        stops=[Stop(local(stop.begins), stop.ends and local(stop.ends), StopPolicy(stop.policy)) for stop in case.stops],
    )
    return local(case.accepted), TimeLimit(case.amount, case.unit), options


def found_fast(case: Case) -> Verdict:
    accepted_at, limit, options = arguments(case)
    answer = due(accepted_at, limit, calendar=CALENDARS[case.calendar], **options)
    return Verdict(
        naive(answer.due_at),
        naive(answer.period_ends_at),
        answer.provisional,
        naive(answer.late_since),
        naive(answer.late_by_law_since),
        naive(answer.stopped_since),
    )


def naive(instant: datetime | None) -> datetime | None:
    return instant and instant.replace(tzinfo=None)


def local(instant: datetime) -> datetime:
    return instant.replace(tzinfo=VIETNAM)


@CASES
@given(cases())
def test_every_due_date_is_the_one_found_by_walking_minute_by_minute(case: Case) -> None:
    expected = found_slowly(case)

    if isinstance(expected, YearUnknown):
        with pytest.raises(CalendarUnknown, match=str(expected)):
            found_fast(case)
    else:
        assert found_fast(case) == expected
