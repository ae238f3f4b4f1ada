"""A process turns: back to an earlier step, past steps a branch leaves out, and out of the clock where the source counts no time."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.events import DossierReturned, ProcedurePublished, ProcedureRef, ResultAtDesk
from shared.contracts.people import ReturnWay
from shared.contracts.time import CountedLimit, TimeTerms
from shared.ids import uuid7
from shared.working_time import Unit
from tests.processing.conftest import AGENCY, DECISION, Desk, Staff, a_step, at, days, staff, told
from tests.stack import Stack

REASON = "Không đồng ý: thiếu căn cứ"
FIVE_DAYS = TimeTerms(limits=(CountedLimit(amount=5, unit=Unit.WORKING_DAY, text="05 ngày làm việc"),))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def no_time(seq: int, actor: str) -> dict[str, Any]:
    return a_step(seq, actor, kind="not_counted", text="Không tính thời gian")


async def a_case_of(desk: Desk, *steps: dict[str, Any], stage_totals: list[dict[str, Any]] | None = None, **changed: Any) -> UUID:
    """Of a procedure of its own; five working days, from Monday at eight."""
    version = uuid7()
    process = {"steps_complete": True, "steps": list(steps)} | ({"stage_totals": stage_totals} if stage_totals else {})
    content = {"id": f"X-{version}", "name": "Cấp giấy phép", "processes": [process]}
    await desk.tells(
        f"X-{version}", ProcedurePublished(version_id=version, key=f"X-{version}", number=1, plain_day="calendar", content=content)
    )
    procedure = ProcedureRef(key=f"X-{version}", version_id=version, name="Cấp giấy phép")
    return await desk.receives(procedure=procedure, time_terms=FIVE_DAYS, appointment_at=at(16, 8), **changed)


FOUR_STEPS = (
    a_step(1, "Chuyên viên", **days(1)),
    a_step(2, "Trưởng phòng", **days(1)),
    a_step(3, "Lãnh đạo", **days(1)),
    a_step(4, "Văn thư", **days(1)),
)


# -- back --------------------------------------------------------------------------------------------------------------


async def test_a_case_goes_back_to_an_earlier_step_and_keeps_every_visit(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS)
    await officer.does(case, "take-up")
    stack.clock.set(at(9, 10))
    await officer.does(case, "pass-on", {"note": "trình"})
    stack.clock.set(at(10, 14))
    await officer.does(case, "pass-on")

    stack.clock.set(at(11, 9))
    await officer.does(case, "pass-on", {"to_step": 1, "reason": REASON})

    shown = await officer.sees(case)
    assert [step["status"] for step in shown["steps"]] == ["current", "next", "later", "later"]
    assert instant(shown["current"]["due_at"]) == at(12, 9)
    assert shown["steps"][1]["began_at"] is None
    told_of = [(visit["step"], visit["leaving"], visit["to_step"], visit["verdict"], visit["late_by_minutes"]) for visit in shown["visits"]]
    assert told_of == [
        (1, "done", 2, "on_time", None),
        (2, "done", 3, "overdue", 120),
        (3, "passed_back", 1, "on_time", None),
    ]
    assert (shown["visits"][2]["reason"], shown["visits"][2]["by"]) == (REASON, "Trần Văn Bình")
    assert [name for name, _ in await told(stack, case)][-1] == "step.passed_back"
    assert (shown["journal"][-1]["action"], shown["journal"][-1]["note"]) == ("pass_back", REASON)


async def test_the_time_of_a_step_visited_again_never_ends_after_the_limit(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS)
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")

    stack.clock.set(at(13, 16))
    await officer.does(case, "pass-back", {"to_step": 1, "reason": REASON})

    assert instant((await officer.sees(case))["step_due_at"]) == at(16, 8)


async def test_time_shared_by_several_steps_goes_on_when_the_case_comes_back_among_them(desk: Desk, stack: Stack, officer: Staff) -> None:
    shared = {"kind": "shared", "with_seq": 1}
    case = await a_case_of(desk, a_step(1, "A", **days(2), covers_seq=[1, 2, 3]), a_step(2, "B", **shared), a_step(3, "C", **shared))
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")
    await officer.does(case, "pass-on")
    stack.clock.set(at(10, 8))

    among = await officer.does(case, "pass-back", {"to_step": 2, "reason": REASON})
    first = await officer.does(case, "pass-back", {"to_step": 1, "reason": REASON})

    assert (instant(among["step_due_at"]), instant(first["step_due_at"])) == (at(11, 8), at(12, 8))


async def test_from_the_last_step_a_case_goes_back_though_it_goes_on_no_more(desk: Desk, officer: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS[:2])
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")

    offered = {action["action"] for action in (await officer.sees(case))["possible_actions"]}
    moved = await officer.does(case, "pass-on", {"to_step": 1, "reason": REASON})

    assert "pass_back" in offered
    assert "pass_on" not in offered
    assert moved["current_step"] == 1


async def test_a_case_that_went_back_is_not_complete_until_its_steps_are_done_again(desk: Desk, officer: Staff, leader: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS[:2])
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")
    await leader.does(case, "issue-decision", DECISION)
    await officer.does(case, "pass-back", {"to_step": 1, "reason": REASON})

    refused = await officer.tries(case, "complete", {"outcome": "granted"})

    assert (refused.status_code, "Step 2 comes before" in refused.json()["detail"]) == (409, True)


# -- past --------------------------------------------------------------------------------------------------------------


async def test_a_branch_goes_past_steps_with_a_reason_and_the_case_can_be_completed(desk: Desk, officer: Staff, leader: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS)
    await officer.does(case, "take-up")

    await leader.does(case, "pass-on", {"to_step": 4, "reason": "Không phải trình UBND tỉnh", "note": "đủ"})
    await leader.does(case, "issue-decision", DECISION)
    await officer.does(case, "complete", {"outcome": "granted"})

    shown = await officer.sees(case)
    assert [step["status"] for step in shown["steps"]] == ["done", "skipped", "skipped", "done"]
    assert [(visit["step"], visit["leaving"]) for visit in shown["visits"]] == [(1, "done"), (2, "skipped"), (3, "skipped"), (4, "done")]
    assert {step["note"] for step in shown["steps"][1:3]} == {"Không phải trình UBND tỉnh"}


@pytest.mark.parametrize("head", ["leader", "supervisor"])
async def test_a_step_of_a_leader_is_skipped_by_one_and_by_nobody_else(desk: Desk, stack: Stack, officer: Staff, head: str) -> None:
    case = await a_case_of(desk, a_step(1, "Chuyên viên", **days(1)), a_step(2, "Văn thư", **days(1)), *FOUR_STEPS[2:])
    await officer.does(case, "take-up")

    refused = await officer.tries(case, "pass-on", {"to_step": 4, "reason": REASON})
    past_a_clerk = await officer.does(case, "pass-on", {"to_step": 3, "reason": REASON})
    await officer.does(case, "pass-back", {"to_step": 1, "reason": REASON})
    allowed = await staff(stack, head, AGENCY).does(case, "pass-on", {"to_step": 4, "reason": REASON})

    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "Step 3 is a leader's (Lãnh đạo): only a leader or supervisor goes past it.",
    )
    assert "pass_on" in {action["action"] for action in refused.json()["possible_actions"]}
    assert (past_a_clerk["current_step"], allowed["current_step"]) == (3, 4)
    assert [step["role"] for step in (await officer.sees(case))["steps"]] == ["officer", "officer", "leader", "officer"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"to_step": 3}, "/reason"),
        ({"to_step": 1}, "/reason"),
        ({"to_step": 2, "reason": REASON}, "/to_step"),
        ({"to_step": 5, "reason": REASON}, "/to_step"),
        ({"to_step": 0, "reason": REASON}, "/to_step"),
    ],
)
async def test_a_step_out_of_order_needs_a_reason_and_must_be_there(
    body: dict[str, Any], pointer: str, desk: Desk, officer: Staff, leader: Staff
) -> None:
    case = await a_case_of(desk, *FOUR_STEPS)
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")
    before = await officer.sees(case)

    answer = await leader.tries(case, "pass-on", body | ({"to_step": 4} if body == {"to_step": 3} else {}))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await officer.sees(case))["version"] == before["version"]


async def test_there_is_nothing_before_the_first_step(desk: Desk, officer: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS)
    await officer.does(case, "take-up")

    answer = await officer.tries(case, "pass-back", {"to_step": 1, "reason": REASON})

    assert (answer.status_code, answer.json()["detail"]) == (409, "There is no step before this one.")


# -- out of the clock --------------------------------------------------------------------------------------------------


async def test_the_clock_stands_at_a_step_whose_time_the_source_does_not_count(desk: Desk, stack: Stack, officer: Staff) -> None:
    """As B13 of the published process of LS-KHCN-01: the applicant completes the dossier, "Không tính thời gian"."""
    case = await a_case_of(
        desk, a_step(1, "Hội đồng", **days(2)), no_time(2, "Tổ chức thực hiện TTHC"), a_step(3, "Chuyên viên", **days(3))
    )
    await officer.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await officer.does(case, "pass-on")

    waiting = await officer.sees(case)
    stack.clock.set(at(17, 8))
    kept = (await officer.sees(case))["verdict"]
    await officer.does(case, "pass-on")

    assert (waiting["stopped_since"], waiting["due_at"], waiting["current"]["due_at"]) == (waiting["current"]["began_at"], None, None)
    assert [(stop["kind"], stop["policy"], stop["ground"]) for stop in waiting["clock_stops"]] == [
        ("not_counted", "pause", "2: Không tính thời gian")
    ]
    assert kept == "on_time"
    shown = await officer.sees(case)
    assert (instant(shown["due_at"]), instant(shown["appointment_at"]), instant(shown["step_due_at"])) == (at(23, 8), at(23, 8), at(20, 8))
    assert [name for name, _ in await told(stack, case)] == ["dossier.taken_up", "step.completed", "step.completed", "dossier.resumed"]


async def test_while_the_clock_stands_for_a_step_no_second_stop_begins_and_no_alarm_rings(
    desk: Desk, stack: Stack, officer: Staff, leader: Staff
) -> None:
    case = await a_case_of(desk, a_step(1, "A", **days(1)), no_time(2, "Tổ chức"), a_step(3, "C", **days(1)))
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")

    refused = await leader.tries(case, "suspend", {"ground": "Luật", "until": "2026-03-31"})
    stack.clock.set(at(31, 8))
    await stack.settle()

    assert (refused.status_code, "clock stands already" in refused.json()["detail"]) == (409, True)
    assert "dossier.overdue" not in [name for name, _ in await told(stack, case)]


async def test_once_the_decision_is_issued_no_step_stops_the_clock(desk: Desk, officer: Staff, leader: Staff) -> None:
    case = await a_case_of(desk, a_step(1, "A", **days(1)), no_time(2, "Tổ chức"), a_step(3, "C", **days(1)))
    await officer.does(case, "take-up")
    await leader.does(case, "issue-decision", DECISION)

    await officer.does(case, "pass-on")

    assert (await officer.sees(case))["stopped_since"] is None


async def test_what_the_applicant_did_to_file_is_over_at_acceptance(desk: Desk, officer: Staff) -> None:
    """As B1 of HT-1.003006: the enterprise files, in office hours; the agency begins with B2."""
    filing = a_step(1, "Tổ chức", kind="office_hours", text="Giờ hành chính")
    case = await a_case_of(desk, filing, a_step(2, "Chuyên viên", kind="immediate", text="Ngay sau khi nhận đủ hồ sơ hợp lệ"))

    shown = await officer.sees(case)

    assert [(step["status"], step["by_applicant"]) for step in shown["steps"]] == [("done", True), ("current", False)]


async def test_steps_after_the_result_are_done_as_the_desk_tells(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    after = (no_time(2, "Văn thư"), no_time(3, "Chuyên viên"), no_time(4, "Bộ phận Một cửa"))
    case = await a_case_of(desk, a_step(1, "Chuyên viên", **days(1)), *after)
    await officer.does(case, "take-up")
    await leader.does(case, "issue-decision", DECISION)
    stack.clock.set(at(10, 9))
    await officer.does(case, "complete", {"outcome": "granted"})
    made = await officer.sees(case)
    stack.clock.set(at(11, 9))
    await desk.tells(case, ResultAtDesk(handed_over_by="Văn thư", taken_over_by="Cán bộ"))
    there = await officer.sees(case)
    stack.clock.set(at(13, 9))
    await desk.tells(case, DossierReturned(way=ReturnWay.DESK, returned_at=at(13, 9)))

    returned = await officer.sees(case)
    assert [[step["status"] for step in shown["steps"]] for shown in (made, there, returned)] == [
        ["done", "current", "next", "later"],
        ["done", "done", "done", "current"],
        ["done", "done", "done", "done"],
    ]
    assert (made["current"]["number"], made["current_step"], there["current"]["number"]) == (2, None, 4)
    assert [(instant(step["began_at"]), instant(step["done_at"])) for step in returned["steps"][1:]] == [
        (at(10, 9), at(11, 9)),
        (at(11, 9), at(11, 9)),
        (at(11, 9), at(13, 9)),
    ]


async def test_delivered_online_the_steps_after_the_result_end_with_the_return(
    desk: Desk, stack: Stack, officer: Staff, leader: Staff
) -> None:
    case = await a_case_of(desk, a_step(1, "Chuyên viên", **days(1)), no_time(2, "Bộ phận Một cửa"))
    await officer.does(case, "take-up")
    await leader.does(case, "issue-decision", DECISION)
    await officer.does(case, "complete", {"outcome": "granted"})

    stack.clock.set(at(13, 9))
    await desk.tells(case, DossierReturned(way=ReturnWay.ONLINE, returned_at=at(13, 9)))

    last = (await officer.sees(case))["steps"][1]
    assert (last["status"], instant(last["began_at"]), instant(last["done_at"])) == ("done", at(9, 8), at(13, 9))


# -- stages ------------------------------------------------------------------------------------------------------------


async def test_each_stage_is_due_by_its_own_published_total(desk: Desk, stack: Stack, officer: Staff) -> None:
    """As CB-2.000286: ten days at the commune, fifteen at the province, each with a total of its own."""
    commune, province = "I Cấp xã (02 ngày)", "II Cấp tỉnh (02 ngày)"
    steps = [step | {"stage": commune if step["seq"] < 3 else province} for step in FOUR_STEPS]
    totals = [{"stage": stage, "amount": 2, "unit": "working_day"} for stage in (commune, province)]
    case = await a_case_of(desk, *steps, stage_totals=totals)
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")
    stack.clock.set(at(12, 8))
    await officer.does(case, "pass-on")

    first, second = (await officer.sees(case))["stages"]

    assert (first["name"], first["total"], instant(first["due_at"]), instant(first["done_at"])) == (
        commune,
        "2 working_day",
        at(11, 8),
        at(12, 8),
    )
    assert (first["verdict"], first["late_by_minutes"]) == ("overdue", 480)
    assert (instant(second["planned_due_at"]), instant(second["began_at"]), instant(second["due_at"])) == (at(13, 8), at(12, 8), at(16, 8))


async def test_a_case_says_what_is_done_current_and_next_and_how_late(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case_of(desk, *FOUR_STEPS)
    await officer.does(case, "take-up")
    await officer.does(case, "pass-on")

    stack.clock.set(at(10, 10, 20))
    shown = await officer.sees(case)

    assert ([step["number"] for step in shown["done"]], shown["current"]["number"], shown["next"]["number"]) == ([1], 2, 3)
    assert (shown["current"]["verdict"], shown["current"]["late_by_minutes"]) == ("overdue", 140)
    assert (shown["done"][0]["verdict"], shown["next"]["verdict"]) == ("on_time", None)
    assert shown["process"] == 0


async def test_the_index_is_told_of_beforehand_where_a_step_is_not_counted(desk: Desk, officer: Staff) -> None:
    case = await a_case_of(desk, a_step(1, "A", **days(1)), no_time(2, "Tổ chức"), a_step(3, "C", **days(1)))
    await officer.does(case, "take-up")

    before = (await officer.sees(case))["scores_late"]
    await officer.does(case, "pass-on")

    assert "không trừ thời gian của bước" in before["pass_on"]
    assert "pass_on" not in (await officer.sees(case))["scores_late"]
