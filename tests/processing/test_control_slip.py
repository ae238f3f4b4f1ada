"""The control slip: every hand-over of a dossier with its two sides, printed from the journal."""

from typing import Any

from shared.contracts.events import PapersHandedOver, ResultAtDesk
from tests.processing.conftest import AGENCY, DECISION, DESK, ELSEWHERE, Desk, Staff, at, staff
from tests.processing.test_clock_of_a_case import promised
from tests.stack import Stack


async def rows_of(officer: Staff, case: Any) -> list[dict[str, Any]]:
    answer = await officer.caller.get(f"/cases/{case}/control-slip")
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def sides(row: dict[str, Any]) -> tuple[str, str, str | None, str | None]:
    return row["from_unit"], row["to_unit"], row["given_by"], row["taken_by"]


async def test_papers_have_two_names_each_time(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives(**promised())
    handed_over = PapersHandedOver(from_office=DESK, to_office=AGENCY, handed_over_by="Nông Thị Tiếp")
    await desk.tells(case, handed_over)
    stack.clock.set(at(9, 15))

    on_its_way = (await rows_of(officer, case))[-1]
    await officer.does(case, "take-over-papers", {"taken_over_by": "Trần Văn Nhận"})

    (received, papers) = await rows_of(officer, case)
    assert sides(received) == ("Người nộp hồ sơ", DESK, None, "Cán bộ tiếp nhận")
    assert (on_its_way["taken_at"], sides(papers)) == (None, (DESK, AGENCY, "Nông Thị Tiếp", "Trần Văn Nhận"))


async def test_each_step_and_the_whole_say_whether_they_were_in_time(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await officer.does(case, "take-up")
    stack.clock.set(at(10, 9))
    await officer.does(case, "pass-on")
    await officer.does(case, "pass-on")
    await leader.does(case, "issue-decision", DECISION)
    await officer.does(case, "complete", {"outcome": "granted"})
    await officer.does(case, "hand-over-result")
    await desk.tells(case, ResultAtDesk(handed_over_by="Trần Văn Bình", taken_over_by="Nông Thị Tiếp"))

    told = [(row["from_unit"], row["to_unit"], row["result_label"]) for row in await rows_of(officer, case)]

    assert told == [
        ("Người nộp hồ sơ", DESK, None),
        (DESK, AGENCY, None),
        ("Bộ phận Một cửa", "Chuyên viên", "Quá hạn"),
        ("Chuyên viên", "Lãnh đạo", "Trước hạn"),
        (AGENCY, DESK, "Trước hạn"),
        (AGENCY, DESK, None),
    ]
    assert sides((await rows_of(officer, case))[-1]) == (AGENCY, DESK, "Trần Văn Bình", "Nông Thị Tiếp")


async def test_who_does_not_see_the_case_does_not_see_its_slip(desk: Desk, stack: Stack) -> None:
    case = await desk.receives(**promised())

    assert (await staff(stack, "case_officer", ELSEWHERE).caller.get(f"/cases/{case}/control-slip")).status_code == 404
