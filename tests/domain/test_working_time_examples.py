"""Every published or constructed example, through the function it speaks of."""

import csv
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from shared.clock import VIETNAM
from shared.working_time import (
    Calendar,
    DueClock,
    OfficeHours,
    TimeLimit,
    Unit,
    allotment_minutes,
    apology_due_at,
    due,
    next_working_day,
    opening_at,
    parse_sessions,
    working_days_between,
)

CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))
with Path("tests/domain/data/deadline_examples.csv").open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines))

Row = dict[str, str]


def rows(kind: str) -> pytest.MarkDecorator:
    chosen = [row for row in ROWS if row["kind"] == kind]
    return pytest.mark.parametrize("row", chosen, ids=[row["id"] for row in chosen])


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def dates_in(text: str) -> list[date]:
    return [date.fromisoformat(found) for found in re.findall(r"\d{4}-\d\d-\d\d", text)]


@rows("case")
def test_a_case_is_due_when_the_example_says(row: Row) -> None:
    limit = TimeLimit(Decimal(row["amount"]) if row["amount"] else None, Unit(row["unit"]))
    cutoff = time.fromisoformat(row["cutoff"]) if row["cutoff"] else None

    found = due(local(row["accepted_local"]), limit, calendar=CALENDAR, hours=OfficeHours.parse(row["sessions"]), cutoff=cutoff)

    if " " in row["due_expected"]:
        assert found.at == local(row["due_expected"])
    else:  # the example names a date, not a clock
        assert found.at.date() == date.fromisoformat(row["due_expected"])
    assert found.provisional is ("PROVISIONAL" in row["origin"])


def rolled_to_a_working_day(row: Row) -> None:
    """D001, D002: a last day that is a day off ends with the next working day."""
    last_day = dates_in(row["accepted_local"])[0]
    the_day_before = datetime(last_day.year, last_day.month, last_day.day - 1, 9, tzinfo=VIETNAM)

    found = due(the_day_before, TimeLimit(Decimal(1), Unit.DAY), calendar=CALENDAR)

    assert found.at.date() == date.fromisoformat(row["due_expected"])


def papers_handed_over(row: Row) -> None:
    """D058, D059: papers go on the same day; what came after 15:00 at the beginning of the next working day."""
    received = local(row["accepted_local"])
    in_time = received.time() <= time(15)

    if in_time:
        found = due(received, TimeLimit(None, Unit.SAME_DAY), calendar=CALENDAR, cutoff=time(15)).at
    else:
        found = opening_at(next_working_day(received.date(), CALENDAR), CALENDAR)

    assert found == local(row["due_expected"])


RULES: dict[str, Callable[[Row], None]] = {
    "end falls on rest day": rolled_to_a_working_day,
    "transfer to competent agency": papers_handed_over,
}


@rows("rule")
def test_a_rule_holds_as_the_example_says(row: Row) -> None:
    RULES[row["unit"]](row)


@rows("equivalence")
def test_amounts_are_equal_as_the_example_says(row: Row) -> None:
    parts = [Decimal(part.rstrip("h")) for part in row["amount"].split("+")]
    total = Decimal(re.findall(r"([\d.]+) working day", row["due_expected"])[0])

    minutes = sum(allotment_minutes(part, Unit(row["unit"])) for part in parts)

    assert minutes == allotment_minutes(total, Unit.WORKING_DAY)


@rows("apology")
def test_an_apology_is_out_on_the_last_working_day_before_the_due_date(row: Row) -> None:
    due_on, expected = dates_in(row["accepted_local"])[0], dates_in(row["due_expected"])[-1]

    found = apology_due_at(due_on, CALENDAR)

    assert found == datetime(expected.year, expected.month, expected.day, 17, tzinfo=VIETNAM)


@rows("post")
def test_the_post_counts_working_days_as_the_example_says(row: Row) -> None:
    posted, expected = dates_in(row["accepted_local"])[0], dates_in(row["due_expected"])[0]

    if row["unit"] == "start event":  # the signing of the hand-over record is the acceptance: the clock starts there, to the minute
        handed_over = local(row["due_expected"])
        found = due(handed_over, TimeLimit(Decimal(1), Unit.WORKING_DAY), calendar=CALENDAR)
        assert found.at.time() == handed_over.time()
        assert working_days_between(posted, found.at.date(), CALENDAR) == 1
    else:
        found = due(
            datetime(posted.year, posted.month, posted.day, 9, tzinfo=VIETNAM),
            TimeLimit(Decimal(row["amount"]), Unit.WORKING_DAY),
            calendar=CALENDAR,
            due_clock=DueClock.END_OF_DAY,
        )
        assert found.at.date() == next_calendar_day(expected)
        assert working_days_between(posted, expected, CALENDAR) == int(row["amount"])


def next_calendar_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def test_no_example_is_left_out() -> None:
    assert {row["kind"] for row in ROWS} == {"case", "rule", "equivalence", "apology", "post"}
    assert len(ROWS) == 89


def test_the_standard_day_is_the_one_the_examples_use() -> None:
    assert {parse_sessions(row["sessions"]) for row in ROWS if row["sessions"].startswith("07:00")} == {
        parse_sessions("07:00-11:30 13:30-17:00")
    }
