"""Due dates at the edges: clocks, turns of the calendar, stops, policies, and what is not known."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.clock import VIETNAM
from shared.working_time import (
    Calendar,
    CalendarDay,
    CalendarUnknown,
    CalendarWrong,
    DayKind,
    DayStatus,
    Due,
    DueClock,
    InstantWrong,
    LimitWrong,
    OfficeHours,
    OfficeHoursWrong,
    Season,
    StillStopped,
    Stop,
    StopPolicy,
    StopWrong,
    TimeLimit,
    Unit,
    due,
    parse_sessions,
)

CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))
STANDARD = parse_sessions("07:00-11:30 13:30-17:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def working_days(amount: str) -> TimeLimit:
    return TimeLimit(Decimal(amount), Unit.WORKING_DAY)


def working_hours(amount: str) -> TimeLimit:
    return TimeLimit(Decimal(amount), Unit.WORKING_HOUR)


def days(amount: str) -> TimeLimit:
    return TimeLimit(Decimal(amount), Unit.DAY)


def pause(start: str, end: str | None = None) -> Stop:
    return Stop(at(start), at(end) if end else None, StopPolicy.PAUSE)


def restart(start: str, end: str | None = None) -> Stop:
    return Stop(at(start), at(end) if end else None, StopPolicy.RESTART)


def due_of(accepted_at: str, limit: TimeLimit, *stops: Stop, hours: str = "", cutoff: time | None = None) -> Due:
    return due(at(accepted_at), limit, calendar=CALENDAR, hours=OfficeHours.parse(hours), cutoff=cutoff, stops=stops)


# -- the clock of the acceptance -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted_at", "expected"),
    [
        ("2026-03-09T06:59", "2026-03-10T07:00"),
        ("2026-03-09T07:00", "2026-03-10T07:00"),
        ("2026-03-09T11:30:00", "2026-03-10T11:30"),
        ("2026-03-09T11:30:59", "2026-03-10T11:30"),
        ("2026-03-09T11:31", "2026-03-10T13:30"),
        ("2026-03-09T12:00", "2026-03-10T13:30"),
        ("2026-03-09T17:00", "2026-03-10T17:00"),
        ("2026-03-09T17:01", "2026-03-10T17:00"),
        ("2026-03-09T23:59", "2026-03-10T17:00"),
        ("2026-03-14T09:00", "2026-03-16T17:00"),
    ],
)
def test_a_day_is_due_at_the_clock_of_the_acceptance_or_the_next_the_office_has(accepted_at: str, expected: str) -> None:
    assert due_of(accepted_at, working_days("1")).due_at == at(expected)


def test_a_clock_the_due_day_does_not_have_becomes_its_next_session_or_its_closing() -> None:
    week = (STANDARD, parse_sessions("08:00-10:00 15:00-16:00"), STANDARD, STANDARD, STANDARD, (), ())
    hours = OfficeHours((Season(week),))

    at_eleven = due(at("2026-03-09T11:00"), working_days("1"), calendar=CALENDAR, hours=hours)
    at_half_past_four = due(at("2026-03-09T16:30"), working_days("1"), calendar=CALENDAR, hours=hours)

    assert at_eleven.due_at == at("2026-03-10T15:00")
    assert at_half_past_four.due_at == at("2026-03-10T16:00")


def test_an_acceptance_abroad_is_read_in_vietnamese_time() -> None:
    utc = datetime.fromisoformat("2026-03-09T07:30:00+00:00")

    assert due(utc, working_days("3"), calendar=CALENDAR).due_at == at("2026-03-12T14:30")


def test_an_evening_in_utc_may_be_the_next_day_here() -> None:
    utc = datetime.fromisoformat("2026-03-09T17:30:00Z")  # Tuesday, half an hour past midnight
    stop = Stop(datetime.fromisoformat("2026-03-10T02:00:00Z"), datetime.fromisoformat("2026-03-11T03:15:00Z"))

    found = due(utc, working_days("1"), calendar=CALENDAR, stops=[stop])

    assert due(utc, working_days("1"), calendar=CALENDAR).due_at == at("2026-03-11T07:00")
    assert found.due_at == at("2026-03-12T08:15")
    assert found.due_at is not None
    assert found.due_at.isoformat() == "2026-03-12T08:15:00+07:00"


def test_an_instant_without_offset_is_refused() -> None:
    with pytest.raises(InstantWrong, match="offset"):
        due(datetime(2026, 3, 9, 14, 30), working_days("3"), calendar=CALENDAR)  # noqa: DTZ001


# -- turns of the calendar -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted_at", "amount", "expected"),
    [
        ("2026-01-10T09:00", "1", "2026-01-12T09:00"),  # a Saturday made up for 2 January
        ("2026-01-09T09:00", "1", "2026-01-10T09:00"),
        ("2026-08-22T11:45", "1", "2026-08-24T13:30"),  # a Saturday made up for 31 August
        ("2026-08-22T23:59", "1", "2026-08-24T17:00"),
        ("2026-11-24T09:00", "1", "2026-11-25T17:00"),  # the new holiday
        ("2026-11-24T23:59", "2", "2026-11-26T17:00"),
        ("2026-02-13T17:00", "1", "2026-02-23T17:00"),  # the last afternoon before Tết
    ],
)
def test_holidays_and_make_up_days_are_counted_as_decreed(accepted_at: str, amount: str, expected: str) -> None:
    assert due_of(accepted_at, working_days(amount)).due_at == at(expected)


def test_four_hundred_working_days_are_counted_to_the_day() -> None:
    assert due_of("2025-03-10T10:00", working_days("400")).due_at == at("2026-10-13T10:00")


ODD_CLOCKS = ("11:30:00", "11:30:59", "12:00", "17:00", "23:59")


@pytest.mark.parametrize(
    ("accepted_on", "amount", "expected"),
    [
        # Saturdays made up for, to be worked like any day
        ("2026-01-10", "0.125", ["10T14:30", "10T14:30", "10T14:30", "12T08:00", "12T08:00"]),
        ("2026-01-10", "1", ["12T11:30", "12T11:30", "12T13:30", "12T17:00", "12T17:00"]),
        ("2026-08-22", "0.125", ["22T14:30", "22T14:30", "22T14:30", "24T08:00", "24T08:00"]),
        ("2026-08-22", "1", ["24T11:30", "24T11:30", "24T13:30", "24T17:00", "24T17:00"]),
        # a Tuesday off: whatever the clock, counting begins with Wednesday
        ("2026-11-24", "0.125", ["25T08:00"] * 5),
        ("2026-11-24", "1", ["25T17:00"] * 5),
    ],
)
def test_odd_clocks_on_odd_days_are_due_as_counted_by_hand(accepted_on: str, amount: str, expected: list[str]) -> None:
    found = [due_of(f"{accepted_on}T{clock}", working_days(amount)) for clock in ODD_CLOCKS]

    assert [one.due_at for one in found] == [at(f"{accepted_on[:8]}{one}") for one in expected]


def test_four_hundred_days_from_an_odd_day_lean_on_what_is_not_decided_and_need_the_years_they_cross() -> None:
    found = [due_of(f"2026-01-10T{clock}", working_days("400")) for clock in ODD_CLOCKS]

    assert [one.due_at for one in found] == [at(f"2027-08-20T{clock}") for clock in ("11:30", "11:30", "13:30", "17:00", "17:00")]
    assert all(one.provisional for one in found)
    for accepted_on in ("2026-08-22", "2026-11-24"):  # these end in March and in June 2028
        with pytest.raises(CalendarUnknown, match="2028"):
            due_of(f"{accepted_on}T12:00", working_days("400"))


def test_a_saturday_desk_does_not_make_a_working_day() -> None:
    hours = OfficeHours((Season((*(STANDARD,) * 5, parse_sessions("07:30-11:00"), ())),))

    found = due(at("2026-03-13T10:00"), working_days("1"), calendar=CALENDAR, hours=hours)

    assert found.due_at == at("2026-03-16T10:00")


def test_a_make_up_day_has_the_sessions_of_a_monday() -> None:
    monday = parse_sessions("08:00-12:00")
    hours = OfficeHours((Season((monday, *(STANDARD,) * 6)),))

    found = due(at("2026-08-21T18:00"), working_days("1"), calendar=CALENDAR, hours=hours)

    assert found.due_at == at("2026-08-22T12:00")


def test_a_make_up_day_has_its_own_sessions_where_the_calendar_says_so() -> None:
    calendar = CALENDAR.with_days(
        [CalendarDay(date(2026, 8, 22), DayKind.MAKEUP, "Làm bù", "tỉnh", sessions=parse_sessions("07:00-09:00"))]
    )

    assert due(at("2026-08-21T18:00"), working_days("1"), calendar=calendar).due_at == at("2026-08-22T09:00")


def test_seasons_change_the_sessions_on_their_dates() -> None:
    summer = Season((parse_sessions("06:30-11:00 13:30-17:00"),) * 7, date(2026, 4, 16), date(2026, 10, 15))
    hours = OfficeHours((summer,))

    before = due(at("2026-04-14T18:00"), working_hours("1"), calendar=CALENDAR, hours=hours)
    within = due(at("2026-04-15T18:00"), working_hours("1"), calendar=CALENDAR, hours=hours)

    assert before.due_at == at("2026-04-15T08:00")
    assert within.due_at == at("2026-04-16T07:30")


def test_weekdays_and_seasons_are_read_as_they_are_written_in_the_list_of_offices() -> None:
    winter, summer = parse_sessions("07:30-11:30 13:00-17:00"), parse_sessions("06:30-11:00 13:30-17:00")
    short = parse_sessions("07:00-11:00")

    read = OfficeHours.parse(
        "07:30-11:30 13:00-17:00 sat 07:00-11:00 ;"
        "2026-04-16..2026-10-15 mon-thu 06:30-11:00 13:30-17:00 fri 07:00-11:00; 2027-01-01.. 07:00-11:00"
    )

    assert read == OfficeHours(
        (
            Season((*(winter,) * 5, short, winter)),
            Season((*(summer,) * 4, short, (), ()), date(2026, 4, 16), date(2026, 10, 15)),
            Season((short,) * 7, date(2027, 1, 1)),
        )
    )


# -- units ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted_at", "amount", "expected"),
    [
        ("2026-03-09T10:30", "0.125", "2026-03-09T11:30"),
        ("2026-03-09T11:30", "0.125", "2026-03-09T14:30"),
        ("2026-03-09T16:30", "0.125", "2026-03-10T07:30"),
        ("2026-03-09T11:45", "1.125", "2026-03-10T14:30"),
        ("2026-03-09T23:59", "0.5", "2026-03-10T11:00"),
        ("2026-03-14T10:00", "1.25", "2026-03-17T09:00"),
        ("2026-03-09T07:00", "0.0001", "2026-03-09T07:01"),
    ],
)
def test_a_fraction_of_a_day_is_worked_off_in_sessions(accepted_at: str, amount: str, expected: str) -> None:
    found = due_of(accepted_at, working_days(amount))

    assert found.due_at == at(expected)
    assert found.period_ends_at == found.due_at


def test_a_fraction_over_short_days_is_never_due_after_the_next_whole_day() -> None:
    short_friday = OfficeHours((Season((*(STANDARD,) * 4, parse_sessions("07:00-09:00"), (), ())),))

    fraction = due(at("2026-03-12T08:00"), working_days("1.9"), calendar=CALENDAR, hours=short_friday)
    whole = due(at("2026-03-12T08:00"), working_days("2"), calendar=CALENDAR, hours=short_friday)

    assert fraction.due_at == whole.due_at == at("2026-03-16T08:00")


def test_a_step_that_ends_with_the_morning_ends_in_the_morning() -> None:
    assert due_of("2026-03-09T09:30", working_hours("2")).due_at == at("2026-03-09T11:30")


def test_the_remainder_of_a_minute_rounds_up() -> None:
    assert due_of("2026-03-09T08:00", working_hours("0.33")).due_at == at("2026-03-09T08:20")


def test_calendar_days_and_months_end_at_closing_of_a_working_day() -> None:
    assert due_of("2026-04-11T09:00", days("20")).due_at == at("2026-05-04T17:00")
    assert due_of("2026-01-31T09:00", TimeLimit(Decimal(1), Unit.MONTH)).due_at == at("2026-03-02T17:00")
    assert due_of("2024-01-31T09:00", TimeLimit(Decimal(1), Unit.MONTH)).due_at == at("2024-02-29T17:00")


def test_plain_hours_run_through_the_night() -> None:
    assert due_of("2026-03-06T16:30", TimeLimit(Decimal("2.5"), Unit.HOUR)).due_at == at("2026-03-06T19:00")


@pytest.mark.parametrize(
    ("accepted_at", "cutoff", "expected"),
    [
        ("2026-03-13T15:00:59", time(15), "2026-03-13T17:00"),
        ("2026-03-13T15:01", time(15), "2026-03-16T17:00"),
        ("2026-03-13T17:00", time(20), "2026-03-13T17:00"),
        ("2026-03-13T17:01", time(20), "2026-03-16T17:00"),  # the cut-off is never later than closing
        ("2026-03-14T09:00", time(15), "2026-03-16T17:00"),
        ("2026-03-13T05:00", time(15), "2026-03-13T17:00"),
    ],
)
def test_a_limit_of_the_same_day_is_kept_until_the_cut_off(accepted_at: str, cutoff: time, expected: str) -> None:
    assert due_of(accepted_at, TimeLimit(None, Unit.SAME_DAY, cutoff)).due_at == at(expected)


def test_a_limit_of_the_same_day_needs_a_cut_off() -> None:
    with pytest.raises(LimitWrong, match="cut-off"):
        due_of("2026-03-13T15:00", TimeLimit(None, Unit.SAME_DAY))


@pytest.mark.parametrize("accepted_at", ["2026-03-13T15:01", "2026-03-14T09:00"])
@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (working_days("3"), "2026-03-18T17:00"),
        (working_days("1.25"), "2026-03-17T09:00"),
        (working_days("0.25"), "2026-03-16T09:00"),
        (working_hours("3"), "2026-03-16T10:00"),
        (TimeLimit(Decimal(3), Unit.HOUR), "2026-03-16T10:00"),
        (days("3"), "2026-03-18T17:00"),
        (TimeLimit(Decimal(1), Unit.MONTH), "2026-04-16T17:00"),
    ],
)
def test_after_the_cut_off_the_next_working_day_is_day_one(accepted_at: str, limit: TimeLimit, expected: str) -> None:
    assert due_of(accepted_at, limit, cutoff=time(15)).due_at == at(expected)


def test_at_the_cut_off_it_is_not_yet_after_it() -> None:
    assert due_of("2026-03-13T15:00:59", working_days("1"), cutoff=time(15)).due_at == at("2026-03-16T15:00")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1000001", "1e-13", "1e999999"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    with pytest.raises(LimitWrong):
        working_days(amount)


@pytest.mark.parametrize("unit", [Unit.DAY, Unit.MONTH])
def test_days_and_months_are_whole(unit: Unit) -> None:
    assert TimeLimit(Decimal("2.0"), unit).whole == 2
    with pytest.raises(LimitWrong, match="whole"):
        TimeLimit(Decimal("0.5"), unit)


# -- policies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "policy", "due_at", "period_ends_at"),
    [
        (working_days("1"), DueClock.SAME_CLOCK, "2026-03-10T09:00", "2026-03-11T00:00"),
        (working_days("1"), DueClock.CLOSE_OF_BUSINESS, "2026-03-10T17:00", "2026-03-11T00:00"),
        (working_days("1"), DueClock.END_OF_DAY, "2026-03-11T00:00", "2026-03-11T00:00"),
        (working_days("1.5"), DueClock.SAME_CLOCK, "2026-03-10T15:00", "2026-03-10T15:00"),
        (working_days("1.5"), DueClock.CLOSE_OF_BUSINESS, "2026-03-10T17:00", "2026-03-10T17:00"),
        (working_days("1.5"), DueClock.END_OF_DAY, "2026-03-10T15:00", "2026-03-10T15:00"),
        (working_hours("1"), DueClock.CLOSE_OF_BUSINESS, "2026-03-09T10:00", "2026-03-09T10:00"),
        (working_hours("1"), DueClock.END_OF_DAY, "2026-03-09T10:00", "2026-03-09T10:00"),
        (days("2"), DueClock.SAME_CLOCK, "2026-03-11T17:00", "2026-03-12T00:00"),
        (days("2"), DueClock.END_OF_DAY, "2026-03-12T00:00", "2026-03-12T00:00"),
        (TimeLimit(Decimal(1), Unit.HOUR), DueClock.END_OF_DAY, "2026-03-09T10:00", "2026-03-09T10:00"),
    ],
)
def test_the_policy_moves_the_clock_and_the_law_ends_with_the_day(
    limit: TimeLimit, policy: DueClock, due_at: str, period_ends_at: str
) -> None:
    found = due(at("2026-03-09T09:00"), limit, calendar=CALENDAR, due_clock=policy)

    assert (found.due_at, found.period_ends_at) == (at(due_at), at(period_ends_at))


# -- stops ---------------------------------------------------------------------------------------------------------------


def test_a_pause_lets_the_remaining_working_minutes_run_on() -> None:
    found = due_of("2026-03-09T14:30", working_days("3"), pause("2026-03-10T09:00", "2026-03-12T10:15"))

    assert found.due_at == at("2026-03-16T15:45")


def test_a_pause_over_tet_takes_the_holidays_with_it() -> None:
    found = due_of("2026-02-12T09:00", working_days("3"), pause("2026-02-13T10:00", "2026-02-20T10:00"))

    assert found.due_at == at("2026-02-24T16:00")


def test_calendar_days_paused_over_tet_move_by_all_its_dates_and_a_restart_begins_after_it() -> None:
    # 10 days from 12 February end on 22, a Sunday; 13 to 23 February are 10 more.
    paused = due_of("2026-02-12T09:00", days("10"), pause("2026-02-13T10:00", "2026-02-23T10:00"))
    restarted = due_of("2026-02-12T09:00", working_days("1"), restart("2026-02-13T08:59", "2026-02-20T10:00"))

    assert paused.due_at == at("2026-03-04T17:00")
    assert (restarted.due_at, restarted.late_since) == (at("2026-02-23T17:00"), None)


def test_a_pause_that_leaves_no_working_minute_ends_with_the_first_one() -> None:
    found = due_of("2026-03-09T12:00", working_days("1"), pause("2026-03-10T12:00", "2026-03-12T18:00"))

    assert found.due_at == at("2026-03-13T07:00")


def test_a_pause_at_the_due_instant_changes_nothing() -> None:
    paused = due_of("2026-03-09T09:00", working_days("1"), pause("2026-03-10T09:00", "2026-03-12T09:00"))
    still_open = due_of("2026-03-09T09:00", working_days("1"), pause("2026-03-10T09:00"))

    assert paused == still_open == due_of("2026-03-09T09:00", working_days("1"))


def test_days_are_paused_by_dates_and_roll_only_once() -> None:
    # 10 days end on Saturday 21 March; two days of pause make it Monday, not Wednesday.
    found = due_of("2026-03-11T09:00", days("10"), pause("2026-03-12T16:59", "2026-03-14T07:00"))

    assert found.due_at == at("2026-03-23T17:00")


def test_plain_hours_are_paused_by_the_exact_length() -> None:
    found = due_of("2026-03-09T09:00", TimeLimit(Decimal(2), Unit.HOUR), pause("2026-03-09T10:00", "2026-03-09T22:07"))

    assert found.due_at == at("2026-03-09T23:07")


def test_policies_are_applied_once_after_the_last_stop() -> None:
    stops = (pause("2026-03-10T08:00", "2026-03-10T10:00"), pause("2026-03-10T15:00", "2026-03-11T08:00"))

    found = due(at("2026-03-09T09:00"), working_days("1"), calendar=CALENDAR, stops=stops, due_clock=DueClock.END_OF_DAY)

    assert found.due_at == at("2026-03-11T00:00") == found.period_ends_at


def test_a_restart_gives_the_whole_limit_again() -> None:
    found = due_of("2026-03-09T09:00", working_days("10"), restart("2026-03-12T09:00", "2026-03-18T10:00"))

    assert found == due_of("2026-03-18T10:00", working_days("10"))


def test_a_restart_after_the_cut_off_counts_from_the_next_working_day() -> None:
    found = due_of("2026-03-09T09:00", working_days("1"), restart("2026-03-09T10:00", "2026-03-18T15:01"), cutoff=time(15))

    assert found.due_at == at("2026-03-19T17:00")


def test_lateness_is_not_undone_by_a_restart() -> None:
    same_day = due_of("2026-03-09T09:00", working_days("1"), restart("2026-03-10T09:00", "2026-03-18T10:00"))
    days_later = due_of("2026-03-09T09:00", working_days("1"), restart("2026-03-11T00:00", "2026-03-18T10:00"))

    assert same_day.due_at == days_later.due_at == at("2026-03-19T10:00")
    assert (same_day.late_since, same_day.late_by_law_since) == (at("2026-03-10T09:00"), None)
    assert (days_later.late_since, days_later.late_by_law_since) == (at("2026-03-10T09:00"), at("2026-03-11T00:00"))


@pytest.mark.parametrize("policy", list(DueClock))
def test_whether_a_limit_had_passed_at_a_restart_is_judged_before_any_policy(policy: DueClock) -> None:
    """Policies other than `same_clock` are applied once, at the end: the due instant so far is the receipt's, 09:00."""
    stop = restart("2026-03-10T15:00", "2026-03-18T10:00")

    found = due(at("2026-03-09T09:00"), working_days("1"), calendar=CALENDAR, due_clock=policy, stops=[stop])

    assert (found.late_since, found.late_by_law_since) == (at("2026-03-10T09:00"), None)


@pytest.mark.parametrize("policy", list(DueClock))
def test_whether_a_limit_was_due_at_a_pause_is_judged_before_any_policy(policy: DueClock) -> None:
    """A pause that starts at or after the due instant so far changes nothing: the date would be no other if nobody had paused."""
    stop = pause("2026-03-10T15:00", "2026-03-12T10:00")

    paused = due(at("2026-03-09T09:00"), working_days("1"), calendar=CALENDAR, due_clock=policy, stops=[stop])

    assert paused == due(at("2026-03-09T09:00"), working_days("1"), calendar=CALENDAR, due_clock=policy)


@pytest.mark.parametrize(
    ("accepted_at", "stop", "expected"),
    [
        # Due at 13:30; 480 working minutes are left at noon, and the last of them ends with the morning.
        ("2026-03-09T12:00", pause("2026-03-09T12:00", "2026-03-09T12:30"), "2026-03-10T11:30"),
        ("2026-03-09T12:00", pause("2026-03-09T14:00", "2026-03-09T14:00"), "2026-03-10T11:30"),
        # Due on Monday at 07:00: the minutes that are left at noon are Friday's.
        ("2026-03-13T06:00", pause("2026-03-13T12:00", "2026-03-13T13:00"), "2026-03-13T17:00"),
        # None are left: the first session minute from the end of the pause on.
        ("2026-03-13T06:00", pause("2026-03-13T22:00", "2026-03-14T23:00"), "2026-03-16T07:00"),
        ("2026-03-09T12:00", pause("2026-03-10T11:30", "2026-03-10T11:45"), "2026-03-10T13:30"),
        ("2026-03-09T12:00", pause("2026-03-10T11:30", "2026-03-10T14:10"), "2026-03-10T14:10"),
    ],
)
def test_the_minutes_left_after_a_pause_are_consumed_as_hours_are(accepted_at: str, stop: Stop, expected: str) -> None:
    """Consumed as for `working_hour`: what ends with a session ends then, not when the next begins; no working minute is lost."""
    assert due_of(accepted_at, working_days("1"), stop).due_at == at(expected)


@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        # 10 days from 11 March end on Saturday 21, rolled to Monday 23 at 17:00.
        (pause("2026-03-21T10:00", "2026-03-22T10:00"), "2026-03-23T17:00"),  # to Sunday 22
        (pause("2026-03-22T10:00", "2026-03-24T10:00"), "2026-03-23T17:00"),  # to Monday 23, though the pause lasts longer
        (pause("2026-03-23T16:59", "2026-03-26T08:00"), "2026-03-24T17:00"),  # to Tuesday 24
        (pause("2026-03-23T17:00", "2026-03-26T08:00"), "2026-03-23T17:00"),  # the due instant has come
    ],
)
def test_a_pause_on_the_days_an_end_rolled_over_moves_the_end_before_it_rolled(stop: Stop, expected: str) -> None:
    """The days between the dates are added to the unrolled end; rolling happens once, after the last interval."""
    assert due_of("2026-03-11T09:00", days("10"), stop).due_at == at(expected)


def test_a_restart_on_the_days_an_end_rolled_over_is_in_time() -> None:
    """The due instant is the rolled one: on Sunday a limit that ends on Monday has not passed."""
    found = due_of("2026-03-11T09:00", days("10"), restart("2026-03-22T10:00", "2026-03-25T10:00"))

    assert (found.due_at, found.late_since) == (at("2026-04-06T17:00"), None)


@pytest.mark.parametrize(
    ("limit", "restarted_at", "expected"),
    [
        (working_days("1"), "2026-03-18T15:00", "2026-03-19T15:00"),
        (working_days("1"), "2026-03-18T15:01", "2026-03-19T17:00"),
        (working_days("1"), "2026-03-21T09:00", "2026-03-23T17:00"),  # a Saturday
        (days("3"), "2026-03-18T15:01", "2026-03-23T17:00"),  # Thursday 19 is day 1, Saturday 21 the last
        (TimeLimit(Decimal(1), Unit.MONTH), "2026-03-18T15:01", "2026-04-20T17:00"),  # from the 19th; 19 April is a Sunday
        (working_hours("2"), "2026-03-18T15:01", "2026-03-19T09:00"),
        (TimeLimit(None, Unit.SAME_DAY), "2026-03-18T15:01", "2026-03-19T17:00"),
    ],
)
def test_a_limit_that_starts_again_starts_by_the_cut_off_too(limit: TimeLimit, restarted_at: str, expected: str) -> None:
    """The whole limit starts again by the rules above, of which the cut-off is one."""
    found = due_of("2026-03-09T09:00", limit, restart("2026-03-09T09:30", restarted_at), cutoff=time(15))

    assert found.due_at == at(expected)


def test_the_first_due_instant_that_passed_is_the_one_remembered() -> None:
    stops = (restart("2026-03-10T12:00", "2026-03-12T10:00"), restart("2026-03-20T09:00", "2026-03-23T09:00"))

    assert due_of("2026-03-09T09:00", working_days("1"), *stops).late_since == at("2026-03-10T09:00")


@pytest.mark.parametrize("stop", [pause("2026-03-10T08:59"), restart("2026-03-10T08:59")])
def test_while_the_clock_stands_there_is_no_due_date(stop: Stop) -> None:
    found = due_of("2026-03-09T09:00", working_days("1"), stop)

    assert found == Due(None, None, stopped_since=at("2026-03-10T08:59"))
    with pytest.raises(StillStopped):
        _ = found.at


def test_an_open_restart_keeps_the_lateness_that_had_happened() -> None:
    found = due_of("2026-03-09T09:00", working_days("1"), restart("2026-03-10T09:00"))

    assert (found.due_at, found.stopped_since, found.late_since) == (None, at("2026-03-10T09:00"), at("2026-03-10T09:00"))


def test_stops_are_applied_in_the_order_they_began() -> None:
    first, second = pause("2026-03-10T09:00", "2026-03-10T10:00"), restart("2026-03-10T10:00", "2026-03-11T10:00")

    assert due_of("2026-03-09T14:30", working_days("3"), second, first) == due_of("2026-03-09T14:30", working_days("3"), first, second)


@pytest.mark.parametrize(
    ("stops", "complaint"),
    [
        ([pause("2026-03-10T09:00", "2026-03-10T08:59")], "Stop 1 .*2026-03-10T09:00.*ends before it starts"),
        ([pause("2026-03-09T08:59", "2026-03-10T08:59")], "Stop 1 .*starts before the acceptance"),
        ([pause("2026-03-10T09:00", "2026-03-11T09:00"), pause("2026-03-11T08:59", "2026-03-12T09:00")], "Stop 2 .*overlaps stop 1"),
        ([pause("2026-03-12T09:00", "2026-03-13T09:00"), pause("2026-03-11T09:00")], "Stop 1 .*overlaps stop 2"),
        ([pause("2026-12-10T09:00"), pause("2026-12-11T09:00")], "Stop 2 .*overlaps stop 1"),
    ],
)
def test_a_stop_that_cannot_be_is_named(stops: list[Stop], complaint: str) -> None:
    with pytest.raises(StopWrong, match=complaint):
        due_of("2026-03-09T09:00", working_days("10"), *stops)


def test_stops_that_touch_do_not_overlap() -> None:
    found = due_of(
        "2026-03-09T09:00", working_days("1"), pause("2026-03-09T10:00", "2026-03-10T10:00"), pause("2026-03-10T10:00", "2026-03-11T10:00")
    )

    assert found == due_of("2026-03-09T09:00", working_days("1"), pause("2026-03-09T10:00", "2026-03-11T10:00"))


def test_a_stop_in_the_minute_of_acceptance_is_after_it() -> None:
    stop = Stop(at("2026-03-09T09:00:10"), at("2026-03-10T09:00:59"))

    found = due(at("2026-03-09T09:00:50"), working_days("1"), calendar=CALENDAR, stops=[stop])

    assert found.due_at == at("2026-03-11T09:00")


# -- what the calendar knows ---------------------------------------------------------------------------------------------


def only(*years: int) -> Calendar:
    return Calendar(tuple(day for day in CALENDAR.days if day.on.year in years))


@pytest.mark.parametrize("limit", [working_days("5"), working_hours("40"), days("5"), TimeLimit(Decimal(1), Unit.MONTH)])
def test_a_calendar_without_next_year_says_which_year_is_missing(limit: TimeLimit) -> None:
    with pytest.raises(CalendarUnknown, match="2027") as raised:
        due(at("2026-12-29T09:00"), limit, calendar=only(2026))

    assert raised.value.year == 2027


def test_the_year_of_the_acceptance_must_be_known_where_its_day_matters() -> None:
    with pytest.raises(CalendarUnknown, match="2025"):
        due(at("2025-12-31T09:00"), working_days("1"), calendar=only(2026))

    assert due(at("2025-12-31T09:00"), days("5"), calendar=only(2026)).due_at == at("2026-01-05T17:00")
    assert due(at("2031-12-31T23:00"), TimeLimit(Decimal(2), Unit.HOUR), calendar=only(2026)).due_at == at("2032-01-01T01:00")


def test_the_last_known_day_may_close_at_midnight() -> None:
    found = due(
        at("2026-12-30T23:59"),
        days("1"),
        calendar=only(2026),
        hours=OfficeHours.parse("08:00-12:00 20:00-24:00"),
        stops=[pause("2026-12-31T08:00", "2026-12-31T09:00")],
    )
    in_hours = due(
        at("2026-12-30T20:00"),
        working_hours("12"),
        calendar=only(2026),
        hours=OfficeHours.parse("08:00-12:00 20:00-24:00"),
        stops=[pause("2026-12-31T08:00", "2026-12-31T08:00")],
    )

    assert found.due_at == in_hours.due_at == found.period_ends_at == at("2027-01-01T00:00")


def test_a_gap_between_known_years_is_not_bridged() -> None:
    calendar = only(2024, 2026)

    with pytest.raises(CalendarUnknown, match="2025"):
        due(at("2024-12-31T09:00"), working_days("1"), calendar=calendar)
    assert due(at("2024-12-20T09:00"), TimeLimit(Decimal(13), Unit.MONTH), calendar=calendar).due_at == at("2026-01-20T17:00")
    assert calendar.is_working_day(date(2024, 12, 31))


def test_local_rows_make_no_further_year_known() -> None:
    local_holiday = CalendarDay(date(2028, 4, 3), DayKind.OFF, "Lễ hội của tỉnh", "UBND tỉnh")

    with pytest.raises(CalendarUnknown, match="2028"):
        CALENDAR.with_days([local_holiday]).is_working_day(date(2028, 4, 4))


def test_a_due_date_that_leans_on_a_provisional_row_says_so() -> None:
    across = due_of("2027-02-03T09:00", working_days("1"))
    before = due_of("2027-02-02T09:00", working_days("1"))
    after = due_of("2027-03-01T09:00", working_days("1"))
    days_over_it = due_of("2027-01-20T09:00", days("40"))
    days_onto_it = due_of("2027-01-20T09:00", days("15"))

    assert [found.provisional for found in (across, before, after, days_over_it, days_onto_it)] == [True, False, False, False, True]


def test_whether_the_day_of_acceptance_is_worked_matters_where_there_is_a_cut_off() -> None:
    saturday = CalendarDay(date(2026, 3, 14), DayKind.MAKEUP, "Dự kiến", "", DayStatus.PROVISIONAL)
    calendar = CALENDAR.with_days([saturday])

    with_cutoff = due(at("2026-03-14T09:00"), days("10"), calendar=calendar, cutoff=time(15))
    without = due(at("2026-03-14T09:00"), days("10"), calendar=calendar)

    assert (with_cutoff.provisional, without.provisional) == (True, False)


def test_a_pause_that_carries_the_rest_over_a_provisional_row_leans_on_it() -> None:
    found = due_of("2027-01-28T09:00", working_days("2"), pause("2027-01-29T09:00", "2027-02-03T16:00"))

    assert found.due_at == at("2027-02-11T16:00")
    assert found.provisional


def test_a_restart_past_a_provisional_row_no_longer_leans_on_it() -> None:
    found = due_of("2027-02-03T09:00", working_days("1"), restart("2027-02-03T10:00", "2027-03-01T09:00"))

    assert not found.provisional


def test_a_holiday_on_a_sunday_decides_nothing() -> None:
    sunday = CalendarDay(date(2026, 3, 15), DayKind.OFF, "Dự kiến", "", DayStatus.PROVISIONAL)

    assert not due(at("2026-03-13T09:00"), working_days("1"), calendar=CALENDAR.with_days([sunday])).provisional


def test_every_public_holiday_of_the_law_is_a_day_off_in_the_calendar() -> None:
    for year in range(2019, 2027):
        missing = [day for day in holidays.country_holidays("VN", years=year) if CALENDAR.is_working_day(day)]
        assert not missing, missing


@pytest.mark.parametrize(
    ("csv_text", "complaint"),
    [
        ("date,kind,name\n2026-01-01,off,Tết\n", "lacks the columns source, status"),
        ("date,kind,name,source,status\n2026-01-01,off,Tết,,announced\n2026-13-01,off,x,,announced\n", "Line 3"),
        ("date,kind,name,source,status\n2026-01-01,holiday,Tết,,announced\n", "Line 2"),
        ("date,kind,name,source,status\n2026-01-01,off,Tết,,\n", "Line 2"),
        ("date,kind,name,source,status\n2026-01-01,off,Tết,,announced\n2026-01-01,makeup,x,,announced\n", "two rows for 2026-01-01"),
        ("date,kind,name,source,status\n", "no rows"),
        ("", "lacks the columns"),
    ],
)
def test_a_calendar_that_cannot_be_read_says_where(csv_text: str, complaint: str) -> None:
    with pytest.raises(CalendarWrong, match=complaint):
        Calendar.parse(csv_text)


@pytest.mark.parametrize("text", ["07:00", "7-11", "11:30-07:00", "07:00-11:30 11:00-12:00", "07:00-25:00", "07:61-08:00"])
def test_office_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(OfficeHoursWrong):
        parse_sessions(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("07:00-11:30 foo 07:00-11:00", "'foo'"),
        ("07:00-11:30 fri-mon 07:00-11:00", "'fri-mon'"),
        ("07:00-11:30 mon-wed 07:00-11:00 wed 07:00-10:00", "'wed'"),
        ("mon-thu 07:00-11:30", "Monday to Friday"),
        ("07:00-11:30;", "Monday to Friday"),
        ("2026-13-01.. 07:00-11:30", "2026-13-01"),
        ("2026-10-15..2026-04-16 07:00-11:30", "ends before it begins"),
        ("07:00-11:30 2026-04-16.. 07:00-11:30", "clock"),
    ],
)
def test_seasons_and_weekdays_that_cannot_be_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(OfficeHoursWrong, match=complaint):
        OfficeHours.parse(text)


# -- larger is never earlier ---------------------------------------------------------------------------------------------

SHORT_DAYS = OfficeHours((Season((STANDARD, parse_sessions("08:00-10:00"), STANDARD, parse_sessions("13:00-17:30"), STANDARD, (), ())),))
QUARTERS = st.integers(1, 200).map(lambda quarters: Decimal(quarters) / 4)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    minutes=st.integers(0, 500_000),
    unit=st.sampled_from([unit for unit in Unit if unit is not Unit.SAME_DAY]),
    amounts=st.tuples(QUARTERS, QUARTERS).map(sorted),
    hours=st.sampled_from([OfficeHours(), SHORT_DAYS]),
    cutoff=st.sampled_from([None, time(15)]),
)
def test_a_larger_limit_is_never_due_earlier(
    minutes: int, unit: Unit, amounts: list[Decimal], hours: OfficeHours, cutoff: time | None
) -> None:
    if unit in (Unit.DAY, Unit.MONTH):
        amounts = [Decimal(int(amount / 4) + 1) for amount in amounts]
    accepted_at = at("2025-01-01T00:00") + timedelta(minutes=minutes)

    smaller, larger = (due(accepted_at, TimeLimit(amount, unit), calendar=CALENDAR, hours=hours, cutoff=cutoff) for amount in amounts)

    assert smaller.at <= larger.at
    assert accepted_at <= smaller.at <= (smaller.period_ends_at or smaller.at)
