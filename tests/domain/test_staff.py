"""Officers as a list names them, who stands in for whom on which day, and whose turn it is."""

from datetime import date

import pytest

from services.processing.domain.assignment import Assigning, Method, chosen
from services.processing.domain.staff import RegisteredOfficer, Staff, StaffRefused, read_staff
from shared.contracts.permissions import Role
from shared.office_tree import Office, OfficeTree

HEAD = "subject,name,office,roles,valid_from,valid_to\n"


def test_a_row_is_read_with_all_it_says() -> None:
    (officer,) = read_staff("\ufeff" + HEAD + "lan, Nguyễn Thị Lan ,H50.02,case_officer;leader,2025-07-01,2026-12-31\n")

    roles = frozenset({Role.CASE_OFFICER, Role.LEADER})
    assert officer == RegisteredOfficer("lan", "Nguyễn Thị Lan", "H50.02", roles, date(2025, 7, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("subject,name\nlan,Lan\n", "lacks the columns office, roles, valid_from, valid_to"),
        (HEAD + ",Lan,H50.02,leader,,\n", "line 2 the subject is missing"),
        (HEAD + "lan,Lan,H50.02,boss,,\n", "line 2 'boss' is no role"),
        (HEAD + "lan,Lan,H50.02,leader,1/7/2025,\n", "line 2 valid_from: '1/7/2025' is not a date"),
        (HEAD + "lan,Lan,H50.02,leader,,,x\n", "line 2 there are more cells than columns"),
        (HEAD + "lan,Lan,H50.02,leader,,\nlan,Lan,H50.02,leader,,\n", "lan is listed twice"),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_its_lines(text: str, said: str) -> None:
    with pytest.raises(StaffRefused) as refused:
        read_staff(text)

    assert said in refused.value.detail


@pytest.mark.parametrize(
    ("last", "loads", "in_turn", "least"),
    [
        (None, {}, "a", "a"),
        ("a", {}, "b", "b"),
        ("c", {}, "a", "a"),
        ("bb", {"a": 2, "b": 1, "c": 1}, "c", "c"),
        ("c", {"a": 1, "b": 0, "c": 0}, "a", "b"),
    ],
)
def test_whose_turn_it_is(last: str | None, loads: dict[str, int], in_turn: str, least: str) -> None:
    assert chosen(Method.ROUND_ROBIN, ["c", "a", "b"], loads, last) == in_turn
    assert chosen(Method.LEAST_LOADED, ["c", "a", "b"], loads, last) == least
    assert chosen(Method.LEAVE, ["c", "a", "b"], loads, last) is None
    assert chosen(Method.ROUND_ROBIN, [], loads, last) is None


def test_a_merged_office_assigns_as_its_successor_says() -> None:
    old = Office("H1.1", "Cũ", valid_to=date(2025, 6, 30))
    offices = OfficeTree.of([old, Office("H1.2", "Mới", valid_from=date(2025, 7, 1), predecessors=("H1.1",))])
    staff = Staff(assigning={"H1.1": Assigning(claim_hours=1), "H1.2": Assigning(claim_hours=2)})

    before, after = (staff.assigning_of("H1.1", day, offices) for day in (date(2025, 6, 30), date(2025, 7, 1)))

    assert before
    assert after
    assert (before[1].claim_hours, after[1].claim_hours) == (1, 2)
