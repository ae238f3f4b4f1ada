"""Several limits in a row: counted one after the other, neighbours of one unit as their sum, stops where they fall."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import VIETNAM
from shared.working_time import Calendar, Due, DueClock, Started, Stop, StopPolicy, TimeLimit, Unit, due, due_in_a_row, explain_in_a_row

CALENDAR = Calendar.parse((Path(__file__).parents[2] / "shared" / "official_calendar.csv").read_text("utf-8-sig"))
THREE_DAYS, TWO_DAYS = TimeLimit(Decimal(3), Unit.WORKING_DAY), TimeLimit(Decimal(2), Unit.WORKING_DAY)
FOUR_HOURS = TimeLimit(Decimal(4), Unit.WORKING_HOUR)


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=VIETNAM)


MONDAY = march(9, 8)


def in_a_row(
    *limits: TimeLimit, stops: tuple[Stop, ...] = (), due_clock: DueClock = DueClock.SAME_CLOCK, started: Started | None = None
) -> Due:
    return due_in_a_row(MONDAY, limits, calendar=CALENDAR, stops=stops, due_clock=due_clock, started=started)


def test_neighbours_of_one_unit_are_counted_as_their_sum() -> None:
    assert in_a_row(THREE_DAYS, TWO_DAYS) == due(MONDAY, TimeLimit(Decimal(5), Unit.WORKING_DAY), calendar=CALENDAR)


def test_the_next_limit_begins_where_the_one_before_it_ended() -> None:
    """Thursday at eight, then four hours: three and a half before lunch, the rest after it."""
    assert in_a_row(THREE_DAYS, FOUR_HOURS).due_at == march(12, 14)


def test_the_clock_is_moved_to_closing_time_at_the_very_end_only() -> None:
    found = in_a_row(FOUR_HOURS, THREE_DAYS, due_clock=DueClock.CLOSE_OF_BUSINESS)

    assert found.due_at == march(12, 17)


def test_a_pause_moves_the_limit_it_falls_into_and_all_that_follow() -> None:
    paused = Stop(march(10, 8), march(11, 8))

    assert in_a_row(THREE_DAYS, FOUR_HOURS, stops=(paused,)).due_at == march(13, 14)


def test_a_pause_in_the_second_limit_leaves_the_first_alone() -> None:
    paused = Stop(march(12, 9), march(13, 9))

    assert in_a_row(THREE_DAYS, FOUR_HOURS, stops=(paused,)).due_at == march(13, 14)


def test_a_restart_begins_with_the_first_limit_again_and_forgives_nothing() -> None:
    restarted = Stop(march(16, 8), march(17, 8), StopPolicy.RESTART)

    found = in_a_row(THREE_DAYS, FOUR_HOURS, stops=(restarted,))

    assert (found.due_at, found.late_since) == (march(20, 14), march(12, 14))


def test_while_a_restart_is_open_there_is_no_due_date() -> None:
    found = in_a_row(THREE_DAYS, FOUR_HOURS, stops=(Stop(march(10, 8), None, StopPolicy.RESTART),))

    assert (found.due_at, found.stopped_since, found.late_since) == (None, march(10, 8), None)


@given(st.integers(0, 20 * 24 * 60), st.integers(0, 10 * 24 * 60))
def test_a_pause_never_makes_the_end_of_days_and_hours_earlier(begins: int, lasts: int) -> None:
    stopped = MONDAY + timedelta(minutes=begins)
    paused = Stop(stopped, stopped + timedelta(minutes=lasts))
    without = in_a_row(THREE_DAYS, FOUR_HOURS).at

    assert in_a_row(THREE_DAYS, FOUR_HOURS, stops=(paused,)).at >= without - timedelta(hours=2)


@pytest.mark.parametrize("amount", [1, 2, 5])
def test_one_limit_alone_is_counted_as_ever(amount: int) -> None:
    limit = TimeLimit(Decimal(amount), Unit.DAY)
    stop = Stop(march(9, 9), march(9, 10), StopPolicy.RESTART)

    assert in_a_row(limit, stops=(stop,)) == due(MONDAY, limit, calendar=CALENDAR, stops=[stop])


# -- each from its own start event -------------------------------------------------------------------------------------

TWENTY_DAYS, TEN_DAYS = TimeLimit(Decimal(20), Unit.DAY), TimeLimit(Decimal(10), Unit.DAY)


def test_a_later_limit_runs_from_its_own_start_event_once_that_has_happened() -> None:
    """Twenty days for the appointment to office and ten for the card: appointed on the sixth day, the card is due ten days on."""
    found = in_a_row(TWENTY_DAYS, TEN_DAYS, started=Started(1, march(15, 9)))

    assert (in_a_row(TWENTY_DAYS, TEN_DAYS).due_at, found.due_at) == (datetime(2026, 4, 8, 17, tzinfo=VIETNAM), march(25, 17))
    assert found.period_ends_at == march(26, 0)


def test_a_start_event_that_came_late_does_not_put_off_what_was_printed() -> None:
    late = Started(1, datetime(2026, 4, 2, 9, tzinfo=VIETNAM))

    assert in_a_row(TWENTY_DAYS, TEN_DAYS, started=late) == in_a_row(TWENTY_DAYS, TEN_DAYS)


def test_a_pause_after_the_start_event_moves_the_limit_that_runs() -> None:
    paused = Stop(march(16, 8), march(19, 8))

    assert in_a_row(TWENTY_DAYS, TEN_DAYS, started=Started(1, march(15, 9)), stops=(paused,)).due_at == march(30, 17)


def test_a_restart_after_the_start_event_begins_with_the_whole_again() -> None:
    restarted = Stop(march(16, 8), march(19, 8), StopPolicy.RESTART)
    whole = in_a_row(TWENTY_DAYS, TEN_DAYS, stops=(restarted,))

    assert in_a_row(TWENTY_DAYS, TEN_DAYS, started=Started(1, march(15, 9)), stops=(restarted,)) == whole


@pytest.mark.parametrize("started", [march(10, 9), march(15, 9), march(31, 9)])
def test_what_is_explained_is_what_was_counted(started: datetime) -> None:
    event = Started(1, started)

    told = explain_in_a_row(MONDAY, [TWENTY_DAYS, TEN_DAYS], calendar=CALENDAR, started=event)

    assert told[-1].due.due_at == in_a_row(TWENTY_DAYS, TEN_DAYS, started=event).due_at
