"""Random due-date cases, each of them asked of the fast module and of the slow one."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final, NamedTuple, TypedDict

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

NATIONAL: Final = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))


def a_calendar(*rows: tuple[str, str, str]) -> Calendar:
    days = [CalendarDay(date.fromisoformat(on), DayKind(kind), "", "", DayStatus(status)) for on, kind, status in rows]
    return NATIONAL.with_days(days)


CALENDARS: Final = {
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
WEEKS: Final[list[list[Clocks]]] = [
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
EDGES: Final = [[edge for sessions in week for session in sessions for edge in session] for week in WEEKS]
TURNS: Final = [
    date.fromisoformat(turn)
    for turn in (
        "2026-01-01",
        "2026-01-10",
        "2026-02-13",
        "2026-02-23",
        "2026-03-02",
        "2026-04-24",
        "2026-08-21",
        "2026-11-23",
        "2026-12-30",
    )
]
PARTS: Final = [Decimal(part) for part in ("0.125", "0.25", "0.5", "0.333", "0.999", "0.0001")]
CUTOFFS: Final = [0, 600, 900, 960, 1020, 1439]
THE_YEAR: Final = date(2026, 1, 1)


class Case(NamedTuple):
    calendar: str
    week: int
    accepted: datetime
    amount: Decimal | None
    unit: Unit
    due_clock: DueClock
    cutoff: int | None
    stops: list[Halt]


def a_case(random: Random) -> Case:
    week = random.randrange(len(WEEKS))
    accepted = an_acceptance(random, week)
    unit = random.choice(list(Unit))
    cutoff = random.choice(CUTOFFS) if random.random() < 0.5 else None
    if unit is Unit.SAME_DAY and cutoff is None:
        cutoff = 900
    return Case(
        random.choice(list(CALENDARS)),
        week,
        accepted,
        an_amount(random, unit),
        unit,
        random.choice(list(DueClock)),
        cutoff,
        some_stops(random, accepted),
    )


def an_acceptance(random: Random, week: int) -> datetime:
    """Any instant of 2026, more often one near a turn of the calendar or the edge of a session."""
    day = random.choice(TURNS) if random.random() < 0.5 else THE_YEAR + timedelta(days=random.randrange(365))
    day += timedelta(days=random.randrange(5))
    minute = random.choice(EDGES[week]) + random.choice((-1, 0, 0, 1)) if random.random() < 0.5 else random.randrange(1440)
    minute = min(max(minute, 0), 1439)
    return datetime.combine(day, time(minute // 60, minute % 60, random.choice((0, 0, 59))))


def an_amount(random: Random, unit: Unit) -> Decimal | None:
    match unit:
        case Unit.SAME_DAY:
            return None
        case Unit.MONTH:
            return Decimal(random.randint(1, random.choice((3, 9))))
        case Unit.DAY:
            return Decimal(random.randint(1, random.choice((3, 45))))
        case _ if random.random() < 0.6:
            return random.randint(0, random.choice((2, 8))) + random.choice(PARTS)
        case _:
            return Decimal(random.randint(1, random.choice((3, 45))))


def some_stops(random: Random, accepted: datetime) -> list[Halt]:
    """Up to three in order, some of them touching, empty or (the last) still open."""
    found: list[Halt] = []
    here = accepted.replace(second=0)
    for _ in range(random.choice((0, 0, 1, 2, 3))):
        begins = here + a_while(random)
        here = begins + a_while(random)
        found.append(Halt(begins, here, random.choice(("pause", "pause", "restart"))))
    if found and random.random() < 0.2:
        found[-1] = found[-1]._replace(ends=None)
    return found


def a_while(random: Random) -> timedelta:
    return timedelta(minutes=random.choice((0, 1, 1440, *(random.randint(0, most) for most in (600, 2_000, 2_000, 30_000)))))


# -- the two answers -----------------------------------------------------------------------------------------------------


def found_slowly(case: Case) -> Verdict | int:
    """The verdict, or the year that would have to be known for it."""
    rows = {day.on: (day.kind.value, day.status.value) for day in CALENDARS[case.calendar].days}
    oracle = Oracle(rows, WEEKS[case.week], case.amount, case.unit.value, case.due_clock.value, case.cutoff)
    found = oracle.judge(case.accepted, case.stops)
    return int(str(found)) if isinstance(found, YearUnknown) else found


def found_fast(case: Case) -> Verdict | int:
    accepted_at, limit, options = arguments(case)
    try:
        answer = due(accepted_at, limit, calendar=CALENDARS[case.calendar], **options)
    except CalendarUnknown as unknown:
        return unknown.year
    return Verdict(
        naive(answer.due_at),
        naive(answer.period_ends_at),
        answer.provisional,
        naive(answer.late_since),
        naive(answer.late_by_law_since),
        naive(answer.stopped_since),
    )


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


def naive(instant: datetime | None) -> datetime | None:
    return instant and instant.replace(tzinfo=None)


def local(instant: datetime) -> datetime:
    return instant.replace(tzinfo=VIETNAM)
