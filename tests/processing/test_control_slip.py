"""The control slip: every hand-over of a dossier with its two sides, printed from the journal."""

from typing import Any

from shared.contracts.events import (
    CorrectionKind,
    CorrectionRequested,
    CorrectionReturned,
    DossierReturned,
    PapersHandedOver,
    ResultAtDesk,
    ReworkGranted,
)
from shared.contracts.people import ReturnWay
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


async def test_papers_handed_to_another_office_are_drawn_where_they_went(desk: Desk, officer: Staff) -> None:
    case = await desk.receives(**promised())
    await desk.tells(case, PapersHandedOver(from_office=DESK, to_office=ELSEWHERE, handed_over_by="Nông Thị Tiếp"))
    await desk.tells(case, PapersHandedOver(from_office=ELSEWHERE, to_office=AGENCY, handed_over_by="Lò Văn Chuyển"))

    (_, first, second) = await rows_of(officer, case)

    assert sides(first) == (DESK, ELSEWHERE, "Nông Thị Tiếp", None)
    assert sides(second) == (ELSEWHERE, AGENCY, "Lò Văn Chuyển", None)


async def test_a_share_goes_to_its_agency_and_comes_back_in_time_or_late(desk: Desk, stack: Stack, officer: Staff) -> None:
    other = staff(stack, "case_officer", ELSEWHERE, name="Lý Văn Môi")
    case = await desk.receives(**promised())
    await officer.does(case, "take-up")
    await officer.does(case, "open-child", {"office": ELSEWHERE, "work": "Thẩm định", "amount": "1", "unit": "working_day"})
    stack.clock.set(at(11, 9))
    await other.caller.post(f"/cases/{case}/complete-child", {"note": "Đủ điều kiện"})

    given, back = (await rows_of(officer, case))[-2:]

    assert (sides(given), given["note"]) == ((AGENCY, ELSEWHERE, "Trần Văn Bình", None), "1. Thẩm định")
    assert (sides(back), back["note"], back["result_label"]) == ((ELSEWHERE, AGENCY, "Lý Văn Môi", None), "Đủ điều kiện", "Quá hạn")


async def done(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> Any:
    case = await desk.receives(**promised())
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")
    await officer.does(case, "pass-on")
    await leader.does(case, "issue-decision", DECISION)
    await officer.does(case, "complete", {"outcome": "granted"})
    stack.clock.move(hours=1)
    return case


async def test_a_result_that_comes_back_for_rework_is_a_row(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    case = await done(desk, stack, officer, leader)
    await leader.does(case, "request-rework", {"reason": "Sai số"})
    await desk.tells(case, ReworkGranted(granted_at=stack.clock.now(), reason="Sai số"))

    row = (await rows_of(officer, case))[-1]

    assert (sides(row), row["note"]) == ((DESK, AGENCY, None, None), "Sai số")


async def test_a_corrected_result_goes_back_and_forth_and_out_again(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    case = await done(desk, stack, officer, leader)
    await desk.tells(case, DossierReturned(way=ReturnWay.DESK, returned_at=stack.clock.now()))
    stack.clock.move(hours=1)
    asked = CorrectionRequested(
        number=1, kind=CorrectionKind.CORRECT, reason="Sai tên", requested_at=stack.clock.now(), requested_by="Nông Thị Tiếp"
    )
    await desk.tells(case, asked)
    await officer.does(case, "correct-result", {"outcome": "granted", "document_number": "2/GP"})
    stack.clock.move(hours=1)
    await officer.does(case, "hand-over-result")
    stack.clock.move(hours=1)
    await desk.tells(case, ResultAtDesk(handed_over_by="Trần Văn Bình", taken_over_by="Nông Thị Tiếp"))
    await desk.tells(case, CorrectionReturned(number=1, way=ReturnWay.DESK, returned_at=stack.clock.now()))

    told = [sides(row) for row in (await rows_of(officer, case))[-4:]]

    assert told == [
        (DESK, "Người nộp hồ sơ", None, None),
        (DESK, AGENCY, "Nông Thị Tiếp", None),
        (AGENCY, DESK, "Trần Văn Bình", "Nông Thị Tiếp"),
        (DESK, "Người nộp hồ sơ", None, None),
    ]


async def test_who_does_not_see_the_case_does_not_see_its_slip(desk: Desk, stack: Stack) -> None:
    case = await desk.receives(**promised())

    assert (await staff(stack, "case_officer", ELSEWHERE).caller.get(f"/cases/{case}/control-slip")).status_code == 404
