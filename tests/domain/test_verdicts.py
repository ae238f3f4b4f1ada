"""The three verdicts: by the promise, by the period in law, and as the index of Decision 766 counts."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import VIETNAM
from shared.verdicts import Asked, Times, Verdict, by_index_766, verdicts

ON_TIME, OVERDUE = Verdict.ON_TIME, Verdict.OVERDUE


def march(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, second, tzinfo=VIETNAM)


PROMISED = Times(appointment_at=march(12, 14, 30), period_ends_at=march(13, 0))


def judged(times: Times, now: datetime) -> tuple[Verdict, Verdict, Verdict]:
    found = verdicts(times, now)
    return found.by_appointment, found.by_law, found.by_index_766


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (march(12, 14, 30), (ON_TIME, ON_TIME, ON_TIME)),
        (march(12, 14, 30, 59), (ON_TIME, ON_TIME, ON_TIME)),
        (march(12, 14, 31), (OVERDUE, ON_TIME, OVERDUE)),
        (march(13, 0), (OVERDUE, ON_TIME, OVERDUE)),
        (march(13, 0, 1), (OVERDUE, OVERDUE, OVERDUE)),
    ],
)
def test_after_the_appointment_it_is_late_by_promise_and_after_midnight_by_law(now: datetime, expected: tuple[Verdict, ...]) -> None:
    assert judged(PROMISED, now) == expected


def test_what_ended_in_time_stays_in_time() -> None:
    ended = Times(PROMISED.appointment_at, PROMISED.period_ends_at, ended_at=march(12, 9))

    assert judged(ended, march(30, 9)) == (ON_TIME, ON_TIME, ON_TIME)


def test_while_the_clock_stands_only_the_index_goes_on_counting() -> None:
    standing = Times(PROMISED.appointment_at, stopped_since=march(11, 9))

    assert judged(standing, march(30, 9)) == (ON_TIME, ON_TIME, OVERDUE)


def test_lateness_once_it_happened_is_not_undone_by_a_new_count() -> None:
    counted_anew = Times(march(30, 9), march(31, 0), late_since=march(12, 14, 30), ended_at=march(20, 9))

    assert judged(counted_anew, march(20, 9)) == (OVERDUE, ON_TIME, ON_TIME)


def test_the_index_ends_a_dossier_with_its_only_supplement_request() -> None:
    asked = Times(PROMISED.appointment_at, supplements=[Asked(march(12, 9))])

    assert by_index_766(asked, march(30, 9)) is ON_TIME


def test_for_the_index_waiting_for_a_second_supplement_is_late() -> None:
    twice = Times(march(30, 9), supplements=[Asked(march(10, 9), march(11, 9)), Asked(march(12, 9))])

    assert by_index_766(twice, march(12, 10)) is OVERDUE


@given(st.integers(0, 20_000), st.integers(0, 10_000))
def test_the_index_gives_back_exactly_the_time_of_a_completed_supplement(worked: int, supplement: int) -> None:
    asked_at = march(10, 9)
    back_at = asked_at + timedelta(minutes=supplement)
    ended_at = back_at + timedelta(minutes=worked)
    given_back = Times(PROMISED.appointment_at, ended_at=ended_at, supplements=[Asked(asked_at, back_at)])
    without = Times(PROMISED.appointment_at, ended_at=ended_at - timedelta(minutes=supplement))

    assert by_index_766(given_back, ended_at) is by_index_766(without, ended_at)
