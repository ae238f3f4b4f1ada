"""Due-date cases as the contract writes them, good and bad."""

import json
from pathlib import Path

import pytest

from shared.due_cases import answer_case
from shared.working_time import Calendar, OfficeHours

CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))
CASE = json.loads(
    """{"id": "c1", "accepted_at": "2026-03-09T14:30:00+07:00", "limit": {"amount": "3", "unit": "working_day"},
    "due_clock": "same_clock", "cutoff": null, "sessions": null,
    "stops": [{"from": "2026-03-10T09:00:00+07:00", "to": "2026-03-12T10:15:00+07:00", "policy": "pause"}]}"""
)


def test_the_case_of_the_contract_has_the_answer_of_the_contract() -> None:
    assert answer_case(CASE, CALENDAR) == {
        "id": "c1",
        "due_at": "2026-03-16T15:45:00+07:00",
        "period_ends_at": "2026-03-17T00:00:00+07:00",
    }


def test_what_may_be_left_out_has_its_default() -> None:
    short = {"accepted_at": CASE["accepted_at"], "limit": CASE["limit"]}

    assert answer_case(short, CALENDAR) == answer_case({**CASE, "id": None, "stops": []}, CALENDAR)


def test_an_office_counts_by_its_own_hours_unless_the_case_names_some() -> None:
    hour = {**CASE, "stops": [], "limit": {"amount": "2", "unit": "working_hour"}}
    afternoons = OfficeHours.parse("13:30-15:00")

    by_office = answer_case(hour, CALENDAR, hours=afternoons)
    by_case = answer_case({**hour, "sessions": [["13:00", "15:00"], ["07:30", "11:30"]]}, CALENDAR, hours=afternoons)

    assert by_office["due_at"] == "2026-03-10T15:00:00+07:00"
    assert by_case["due_at"] == "2026-03-10T09:00:00+07:00"


def test_a_limit_of_the_same_day_has_no_amount_but_a_cut_off() -> None:
    case = {**CASE, "stops": [], "limit": {"amount": None, "unit": "same_day"}, "cutoff": "14:00"}

    assert answer_case(case, CALENDAR)["due_at"] == "2026-03-10T17:00:00+07:00"


def test_an_open_stop_leaves_only_since_when() -> None:
    case = {**CASE, "stops": [{"from": "2026-03-10T09:00:30+07:00", "to": None, "policy": "pause"}]}

    assert answer_case(case, CALENDAR) == {"id": "c1", "stopped_since": "2026-03-10T09:00:00+07:00"}


def test_lateness_and_reservations_are_carried_where_they_are() -> None:
    late = {**CASE, "stops": [{"from": "2026-03-20T09:00:00+07:00", "to": "2026-03-23T09:00:00+07:00", "policy": "restart"}]}
    provisional = {**CASE, "accepted_at": "2027-02-03T09:00:00+07:00", "stops": []}

    assert answer_case(late, CALENDAR)["late_since"] == "2026-03-12T14:30:00+07:00"
    assert answer_case(provisional, CALENDAR)["provisional"] is True


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"accepted_at": "2026-03-09T14:30:00"}, "offset"),
        ({"accepted_at": "yesterday"}, "accepted_at"),
        ({"accepted_at": None}, "accepted_at"),
        ({"accepted_at": "0001-01-01T00:00:00+14:00"}, "no rows for 1:"),
        ({"limit": None}, "limit"),
        ({"limit": {"amount": "3", "unit": "fortnight"}}, "limit/unit"),
        ({"limit": {"amount": "three", "unit": "day"}}, "limit/amount"),
        ({"limit": {"amount": 0.5, "unit": "working_day"}}, "limit/amount"),
        ({"limit": {"amount": True, "unit": "working_day"}}, "limit/amount"),
        ({"limit": {"amount": "1e999999", "unit": "hour"}}, "amount"),
        ({"limit": {"amount": None, "unit": "day"}}, "needs an amount"),
        ({"limit": {"amount": None, "unit": "same_day"}}, "cut-off"),
        ({"limit": {"amount": "1000000", "unit": "month"}}, "years"),
        ({"limit": {"amount": "1", "unit": "month"}, "accepted_at": "9999-12-31T23:59:59-23:59"}, "years"),
        ({"limit": {"amount": "1", "unit": "hour"}, "accepted_at": "9999-12-31T23:59:59-23:59", "stops": []}, "years"),
        ({"limit": {"amount": "NaN", "unit": "day"}}, "amount"),
        ({"limit": {"amount": float("nan"), "unit": "day"}}, "limit/amount"),
        ({"limit": {"amount": "400", "unit": "working_day"}, "accepted_at": "2026-11-24T08:00:00+07:00", "stops": None}, "2028"),
        ({"due_clock": "noon"}, "due_clock"),
        ({"cutoff": 15}, "cutoff"),
        ({"cutoff": "25:00"}, "cutoff"),
        ({"sessions": []}, "sessions"),
        ({"sessions": [["07:00"]]}, "sessions"),
        ({"sessions": [["11:00", "07:00"]]}, "07:00"),
        ({"sessions": "07:00-11:00"}, "sessions"),
        ({"stops": {}}, "stops"),
        ({"stops": [3]}, "stops/0"),
        ({"stops": [{"from": "2026-03-10T09:00:00+07:00", "to": None, "policy": "nap"}]}, "stops/0/policy"),
        ({"stops": [{"from": "2026-03-10T09:00:00+07:00", "to": "2026-03-10T08:00:00+07:00", "policy": "pause"}]}, "Stop 1"),
    ],
)
def test_a_bad_case_answers_with_its_error_and_nothing_else(change: dict[str, object], complaint: str) -> None:
    answer = answer_case({**CASE, **change}, CALENDAR)

    assert set(answer) == {"id", "error"}
    assert answer["id"] == "c1"
    assert complaint in str(answer["error"])


@pytest.mark.parametrize("nonsense", [None, 3, "case", [], [CASE]])
def test_what_is_no_case_at_all_is_answered_too(nonsense: object) -> None:
    assert set(answer_case(nonsense, CALENDAR)) == {"id", "error"}


@pytest.mark.parametrize("unsayable", [float("nan"), float("inf"), ["c1"], {}])
def test_an_id_that_is_no_name_is_not_said_again(unsayable: object) -> None:
    answer = answer_case({**CASE, "id": unsayable}, CALENDAR)

    assert (set(answer), answer["id"]) == ({"id", "error"}, None)
    assert "id is a text" in str(answer["error"])


def test_an_explained_answer_can_be_written_as_json() -> None:
    answer = answer_case(CASE, CALENDAR, explained=True)

    written = json.loads(json.dumps(answer))["explanation"]

    assert answer["due_at"] == "2026-03-16T15:45:00+07:00"
    assert written["days"][1] == {
        "date": "2026-03-10",
        "counted": True,
        "reason": "working_day",
        "number": 1,
        "name": None,
        "source": None,
        "provisional": False,
    }
    assert written["stops"][0]["changed_the_date"] is True
    assert written["sentences"][-2] == "Thời hạn theo luật kết thúc lúc 24 giờ 00 ngày 16/03/2026 (thứ Hai)."
