"""Due dates per second in one process, beside numpy's busday_offset and a loop over the days for the subset these can do.

Alone: python -m tests.bench.due_dates
"""

import gc
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final, TypeVar

import numpy

from shared.clock import VIETNAM
from shared.working_time import Calendar, DayKind, Stop, TimeLimit, Unit, due

CALENDAR: Final = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))
CASES: Final = 50_000
ROUNDS: Final = 5
TARGET: Final = 100_000
TARGET_WITH_STOPS: Final = 50_000
ONE_DAY: Final = timedelta(days=1)

Dates = Sequence[date]
Found = TypeVar("Found")


def main() -> None:
    random = Random(118)
    starts = [datetime(2025, 1, 2, tzinfo=VIETNAM) + timedelta(minutes=random.randrange(500 * 24 * 60)) for _ in range(CASES)]
    limits = [TimeLimit(Decimal(random.randint(1, 30)), Unit.WORKING_DAY) for _ in range(CASES)]
    stops = [_two_stops(random, start) for start in starts]

    ours, rate = _measured(lambda: [due(start, limit, calendar=CALENDAR) for start, limit in zip(starts, limits, strict=True)])
    _, rate_with_stops = _measured(
        lambda: [due(start, limit, calendar=CALENDAR, stops=two) for start, limit, two in zip(starts, limits, stops, strict=True)]
    )
    print(f"{'due dates per second, one process':34}  {'rate':>10}  {'of ours':>7}   target")
    _line("whole working days", rate, rate, TARGET)
    _line("  with two stops", rate_with_stops, rate, TARGET_WITH_STOPS)

    days, counts = [start.date() for start in starts], [limit.whole for limit in limits]
    expected = [one.at.date() for one in ours]
    _compare("a loop over the days, dates only", lambda: _day_by_day(days, counts), rate, expected)
    _compare("numpy.busday_offset, one by one", lambda: _with_numpy_singly(days, counts), rate, expected)
    _compare("numpy.busday_offset, all at once", lambda: _with_numpy(days, counts), rate, expected)


def _two_stops(random: Random, start: datetime) -> tuple[Stop, Stop]:
    """A pause within three days of the start, and another within three days of its end."""
    first = start + timedelta(minutes=random.randrange(4320))
    back = first + timedelta(minutes=random.randrange(7200))
    second = back + timedelta(minutes=random.randrange(4320))
    return Stop(first, back), Stop(second, second + timedelta(minutes=random.randrange(7200)))


def _measured(work: Callable[[], Found]) -> tuple[Found, float]:
    """What comes out, and due dates per second in the best of the rounds: what disturbs can only slow down.

    Garbage is collected between them, as timeit does it: answers are kept here for comparison only.
    """
    seconds: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        began = time.perf_counter()
        found = work()
        seconds.append(time.perf_counter() - began)
        gc.enable()
    return found, CASES / min(seconds)


def _compare(name: str, work: Callable[[], Dates], ours: float, expected: Dates) -> None:
    found, rate = _measured(work)
    _line(name, rate, ours)
    wrong = [place for place, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other]
    if wrong:
        raise SystemExit(f"{name}: {len(wrong)} dates differ, the first is {found[wrong[0]]} and not {expected[wrong[0]]}")


def _line(name: str, rate: float, ours: float, target: int | None = None) -> None:
    print(f"{name:34}  {rate:>10,.0f}  {rate / ours:>7.2f}   {f'{target:,}' if target else ''}")


# -- other ways, which know dates but no clocks, no cut-offs, no stops and no years that are not loaded ---------------------


def _day_by_day(days: Dates, counts: Sequence[int]) -> list[date]:
    return [_walked(day, count) for day, count in zip(days, counts, strict=True)]


def _walked(day: date, count: int) -> date:
    while count:
        day += ONE_DAY
        count -= CALENDAR.is_working_day(day)
    return day


def _numpy_calendar() -> "numpy.busdaycalendar":
    """numpy knows days off but no day made up for: a make-up Saturday is worked here, and every other Saturday is a day off."""
    makeups = {day.on for day in CALENDAR.days if day.kind is DayKind.MAKEUP}
    years = range(min(CALENDAR.known_years), max(CALENDAR.known_years) + 1)
    every_day = (date(years[0], 1, 1) + timedelta(days=number) for number in range(366 * len(years)))
    saturdays = [day for day in every_day if day.weekday() == 5 and day not in makeups]
    off = [day.on for day in CALENDAR.days if day.kind is DayKind.OFF]
    return numpy.busdaycalendar(weekmask="1111110", holidays=[*off, *saturdays])


def _with_numpy(days: Dates, counts: Sequence[int]) -> list[date]:
    """From the last working day up to the start on, so that the day of acceptance never counts, worked or not."""
    found = numpy.busday_offset(numpy.array(days, dtype="datetime64[D]"), numpy.array(counts), roll="backward", busdaycal=NUMPY_CALENDAR)
    return found.tolist()


def _with_numpy_singly(days: Dates, counts: Sequence[int]) -> list[date]:
    return [
        numpy.busday_offset(day, count, roll="backward", busdaycal=NUMPY_CALENDAR).item() for day, count in zip(days, counts, strict=True)
    ]


NUMPY_CALENDAR: Final = _numpy_calendar()


if __name__ == "__main__":
    main()
