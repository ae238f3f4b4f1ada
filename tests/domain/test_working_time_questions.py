"""The same count asked backwards and in between."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import VIETNAM
from shared.working_time import (
    Calendar,
    CalendarUnknown,
    Lateness,
    LimitWrong,
    OfficeHours,
    Stop,
    StopPolicy,
    TimeLimit,
    Unit,
    add_working_minutes,
    allotment_minutes,
    apology_due_at,
    closing_at,
    due,
    last_working_day_before,
    lateness,
    latest_filing_day,
    latest_start,
    next_working_day,
    opening_at,
    progress,
    working_days_between,
    working_minutes_between,
)

CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))
FIVE_DAYS = TimeLimit(Decimal(5), Unit.WORKING_DAY)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


# -- dates ---------------------------------------------------------------------------------------------------------------


def test_the_working_days_around_tet_are_found_both_ways() -> None:
    assert next_working_day(date(2026, 2, 13), CALENDAR) == date(2026, 2, 23)
    assert last_working_day_before(date(2026, 2, 23), CALENDAR) == date(2026, 2, 13)
    assert last_working_day_before(date(2026, 2, 18), CALENDAR) == date(2026, 2, 13)


def test_the_first_of_two_dates_never_counts() -> None:
    assert working_days_between(date(2026, 2, 12), date(2026, 2, 24), CALENDAR) == 3
    assert working_days_between(date(2026, 2, 14), date(2026, 2, 22), CALENDAR) == 0
    assert working_days_between(date(2026, 2, 24), date(2026, 2, 12), CALENDAR) == 0


def test_an_apology_is_due_at_closing_of_the_last_working_day_before() -> None:
    assert apology_due_at(date(2026, 11, 25), CALENDAR) == at("2026-11-23T17:00")
    assert apology_due_at(date(2026, 3, 23), CALENDAR, OfficeHours.parse("07:30-11:30 13:30-16:45")) == at("2026-03-20T16:45")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (FIVE_DAYS, date(2026, 2, 9)),
        (TimeLimit(Decimal(5), Unit.DAY), date(2026, 2, 13)),  # the 18th lies in Tết
        (TimeLimit(Decimal(1), Unit.MONTH), date(2026, 1, 23)),
    ],
)
def test_a_limit_counted_backwards_reaches_the_working_day_before(limit: TimeLimit, expected: date) -> None:
    assert latest_filing_day(date(2026, 2, 23), limit, CALENDAR) == expected


@pytest.mark.parametrize("limit", [TimeLimit(Decimal(8), Unit.WORKING_HOUR), TimeLimit(Decimal("0.5"), Unit.WORKING_DAY)])
def test_hours_are_not_counted_backwards_from_a_date(limit: TimeLimit) -> None:
    with pytest.raises(LimitWrong):
        latest_filing_day(date(2026, 2, 23), limit, CALENDAR)


def test_a_day_off_has_neither_opening_nor_closing() -> None:
    assert opening_at(date(2026, 8, 22), CALENDAR) == at("2026-08-22T07:00")
    with pytest.raises(LimitWrong, match="2026-08-23"):
        closing_at(date(2026, 8, 23), CALENDAR)


@pytest.mark.parametrize(
    ("on", "year"), [(date(2019, 1, 1), 2018), (date(2018, 5, 1), 2018), (date(2028, 1, 3), 2028)], ids=["before", "within", "after"]
)
def test_years_not_loaded_are_named(on: date, year: int) -> None:
    with pytest.raises(CalendarUnknown, match=str(year)):
        last_working_day_before(on, CALENDAR)


# -- working minutes -----------------------------------------------------------------------------------------------------


def test_working_minutes_skip_lunch_night_and_weekend() -> None:
    assert add_working_minutes(at("2026-03-13T16:00"), 90, CALENDAR) == at("2026-03-16T07:30")
    assert working_minutes_between(at("2026-03-13T11:00"), at("2026-03-16T07:30"), CALENDAR) == 30 + 210 + 30
    assert working_minutes_between(at("2026-03-13T17:00"), at("2026-03-16T07:00"), CALENDAR) == 0
    assert working_minutes_between(at("2026-03-16T08:00"), at("2026-03-13T08:00"), CALENDAR) == 0


def test_no_minutes_lead_to_the_first_session_minute() -> None:
    assert add_working_minutes(at("2026-03-13T11:30"), 0, CALENDAR) == at("2026-03-13T13:30")
    with pytest.raises(LimitWrong):
        add_working_minutes(at("2026-03-13T11:30"), -1, CALENDAR)


def test_a_step_may_start_as_late_as_its_minutes_still_fit() -> None:
    assert latest_start(at("2026-03-16T08:00"), 60, CALENDAR) == at("2026-03-16T07:00")
    assert latest_start(at("2026-03-16T08:00"), 61, CALENDAR) == at("2026-03-13T16:59")
    assert latest_start(at("2026-03-16T14:30"), 60, CALENDAR) == at("2026-03-16T13:30")


@settings(max_examples=250, deadline=None, derandomize=True)
@given(offset=st.integers(0, 500_000), minutes=st.integers(1, 5_000))
def test_the_latest_start_is_the_last_one_that_is_done_in_time(offset: int, minutes: int) -> None:
    due_at = at("2025-02-01T00:00") + timedelta(minutes=offset)

    start = latest_start(due_at, minutes, CALENDAR)

    assert add_working_minutes(start, minutes, CALENDAR) <= due_at
    assert add_working_minutes(start + timedelta(minutes=1), minutes, CALENDAR) > due_at


def test_an_allotment_is_a_share_of_the_offices_own_day() -> None:
    short_day = OfficeHours.parse("08:00-11:00 13:00-16:00")

    assert allotment_minutes(Decimal("0.25"), Unit.WORKING_DAY) == 120
    assert allotment_minutes(Decimal("0.25"), Unit.WORKING_DAY, short_day) == 90
    assert allotment_minutes(Decimal("1.5"), Unit.WORKING_HOUR) == 90
    assert allotment_minutes(Decimal(0), Unit.WORKING_DAY) == 0
    with pytest.raises(LimitWrong):
        allotment_minutes(Decimal(1), Unit.MONTH)


# -- how far a dossier is ------------------------------------------------------------------------------------------------


def test_the_due_instant_itself_is_in_time() -> None:
    due_at = at("2026-03-13T16:00")

    assert lateness(due_at, at("2026-03-13T16:00:59"), CALENDAR) == Lateness(is_late=False, working_minutes=0)
    assert lateness(due_at, at("2026-03-16T07:30"), CALENDAR) == Lateness(is_late=True, working_minutes=90)
    assert lateness(at("2026-03-13T17:00"), at("2026-03-14T09:00"), CALENDAR) == Lateness(is_late=True, working_minutes=0)


def test_progress_leaves_pauses_out_and_adds_up_to_the_limit() -> None:
    accepted, now = at("2026-03-09T09:00"), at("2026-03-12T10:00")
    stops = [Stop(at("2026-03-10T09:00"), at("2026-03-11T09:00"))]

    found = progress(accepted, FIVE_DAYS, now, calendar=CALENDAR, stops=stops)

    assert found.used_minutes == 480 + 480 + 60
    assert found.used_minutes + (found.left_minutes or 0) == 5 * 480
    assert found.due == due(accepted, FIVE_DAYS, calendar=CALENDAR, stops=stops)


def test_while_the_clock_stands_what_is_left_stays() -> None:
    stops = [Stop(at("2026-03-10T09:00"), at("2026-03-30T09:00"))]

    on_the_day, much_later = (
        progress(at("2026-03-09T09:00"), FIVE_DAYS, now, calendar=CALENDAR, stops=stops)
        for now in (at("2026-03-10T09:00"), at("2026-03-27T09:00"))
    )

    assert on_the_day == much_later
    assert (much_later.used_minutes, much_later.left_minutes) == (480, 4 * 480)
    assert much_later.due.stopped_since == at("2026-03-10T09:00")


def test_a_restart_begins_again_with_nothing_used() -> None:
    stops = [Stop(at("2026-03-10T09:00"), at("2026-03-12T09:00"), StopPolicy.RESTART)]

    waiting = progress(at("2026-03-09T09:00"), FIVE_DAYS, at("2026-03-11T09:00"), calendar=CALENDAR, stops=stops)
    running = progress(at("2026-03-09T09:00"), FIVE_DAYS, at("2026-03-13T09:00"), calendar=CALENDAR, stops=stops)

    assert waiting.left_minutes is None
    assert (running.used_minutes, running.left_minutes) == (480, 4 * 480)


def test_a_stop_that_has_not_begun_is_not_yet_known() -> None:
    stops = [Stop(at("2026-03-11T09:00"), at("2026-03-12T09:00"))]

    found = progress(at("2026-03-09T09:00"), FIVE_DAYS, at("2026-03-10T09:00"), calendar=CALENDAR, stops=stops)

    assert found.due == due(at("2026-03-09T09:00"), FIVE_DAYS, calendar=CALENDAR)
