"""Domain time: moved forward for all processes of a home, never back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.clock import VIETNAM, ClockNeverGoesBack, FileClock, SystemClock

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)


def test_a_clock_without_a_file_shows_the_machines_time_in_viet_nam(tmp_path: Path) -> None:
    shown = FileClock(tmp_path).now()

    assert abs(shown - datetime.now(UTC)) < timedelta(seconds=5)
    assert shown.utcoffset() == timedelta(hours=7)


def test_the_system_clock_is_in_viet_nam_too() -> None:
    assert SystemClock().now().utcoffset() == timedelta(hours=7)


def test_a_clock_that_stands_shows_what_was_set(tmp_path: Path) -> None:
    far = datetime(2030, 1, 1, 8, 0, tzinfo=VIETNAM)

    FileClock(tmp_path).set(far, runs=False)

    assert FileClock(tmp_path).now() == far


def test_a_clock_that_runs_goes_on_from_there(tmp_path: Path) -> None:
    far = datetime(2030, 1, 1, 8, 0, tzinfo=VIETNAM)

    FileClock(tmp_path).set(far, runs=True)

    first = FileClock(tmp_path).now()
    assert far <= first < far + timedelta(seconds=60)
    assert FileClock(tmp_path).now() > first


def test_another_process_sees_the_move_at_once(tmp_path: Path) -> None:
    mine, theirs = FileClock(tmp_path), FileClock(tmp_path)
    mine.set(datetime(2030, 1, 1, 8, 0, tzinfo=VIETNAM), runs=False)
    assert theirs.now().year == 2030

    mine.set(datetime(2031, 1, 1, 8, 0, tzinfo=VIETNAM), runs=False)

    assert theirs.now().year == 2031


def test_it_never_goes_back(tmp_path: Path) -> None:
    clock = FileClock(tmp_path)
    clock.set(datetime(2030, 1, 1, 8, 0, tzinfo=VIETNAM), runs=False)

    with pytest.raises(ClockNeverGoesBack, match="cannot go back"):
        clock.set(datetime(2029, 12, 31, 8, 0, tzinfo=VIETNAM), runs=False)

    assert clock.now().year == 2030
