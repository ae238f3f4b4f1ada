"""Limits that follow one another: promised as one date at reception, each counted from its own start afterwards."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from services.intake.domain.appointment import appointment
from services.intake.domain.catalogue import Limit
from services.intake.domain.choices import LimitChoice
from shared.clock import VIETNAM
from shared.working_time import STANDARD_HOURS, Calendar, CalendarUnknown, TimeLimit, Unit, due

CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def chain(*limits: tuple[str, Unit]) -> tuple[LimitChoice, ...]:
    return tuple(LimitChoice(TimeLimit(Decimal(amount), unit), Limit(kind="fixed", text=f"{amount} {unit}")) for amount, unit in limits)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        # As their sum where the unit is the same: 7 days at once, not 3 rolled to Monday and 4 from there.
        ([("2", Unit.WORKING_DAY), ("3", Unit.WORKING_DAY)], "2026-03-19T13:30"),
        ([("3", Unit.DAY), ("4", Unit.DAY)], "2026-03-19T17:00"),
        ([("0.5", Unit.WORKING_DAY), ("0.5", Unit.WORKING_DAY)], "2026-03-13T13:30"),
        # One after the other where it is not: Friday 13 at 13:30, then Sunday 15, rolled to Monday.
        ([("1", Unit.WORKING_DAY), ("2", Unit.DAY)], "2026-03-16T17:00"),
        ([("2", Unit.DAY), ("2", Unit.WORKING_HOUR)], "2026-03-17T09:00"),
    ],
)
def test_limits_in_sequence_are_promised_as_one_date(limits: list[tuple[str, Unit]], expected: str) -> None:
    accepted_at = at("2026-03-12T12:00")  # a Thursday, in the lunch break, which ends at 13:30

    found = appointment(accepted_at, chain(*limits), calendar=CALENDAR, hours=STANDARD_HOURS)

    assert found.at == at(expected)


def test_each_limit_of_a_chain_counts_from_its_own_start_not_from_the_end_of_the_one_before() -> None:
    first, second = chain(("3", Unit.WORKING_DAY), ("2", Unit.WORKING_DAY))
    accepted_at, done_early_at = at("2026-02-11T09:00"), at("2026-02-13T10:00")  # the next working day is after Tết

    promised = appointment(accepted_at, (first, second), calendar=CALENDAR, hours=STANDARD_HOURS)
    stages = [due(start, one.time_limit, calendar=CALENDAR).at for start, one in ((accepted_at, first), (done_early_at, second))]

    assert promised.at == at("2026-02-25T09:00")
    assert stages == [at("2026-02-23T09:00"), at("2026-02-24T10:00")]


def test_a_chain_is_provisional_where_one_of_its_limits_is() -> None:
    limits = chain(("2", Unit.DAY), ("5", Unit.WORKING_DAY))

    over_tet = appointment(at("2027-02-01T09:00"), limits, calendar=CALENDAR, hours=STANDARD_HOURS)
    after = appointment(at("2027-02-15T09:00"), limits, calendar=CALENDAR, hours=STANDARD_HOURS)

    assert (over_tet.provisional, after.provisional) == (True, False)


def test_a_chain_names_the_year_its_last_limit_leads_into() -> None:
    limits = chain(("1", Unit.MONTH), ("5", Unit.WORKING_DAY))

    with pytest.raises(CalendarUnknown, match="2028"):
        appointment(at("2027-11-30T09:00"), limits, calendar=CALENDAR, hours=STANDARD_HOURS)
