"""A case goes its way: taken up, passed from step to step, decided, completed; the desk hears of each turn."""

from datetime import datetime, timedelta

from shared.contracts.events import PapersHandedOver
from tests.processing.conftest import AGENCY, DECISION, DESK, Desk, Staff, at, told
from tests.stack import Stack


async def test_a_dossier_received_becomes_a_case_with_its_steps_and_due_times(desk: Desk, officer: Staff) -> None:
    case = await desk.receives()

    shown = await officer.sees(case)

    assert (shown["state"], shown["state_label"], shown["verdict"]) == ("received", "Được tiếp nhận", "on_time")
    assert [(step["status"], step["actor"]) for step in shown["steps"]] == [
        ("current", "Bộ phận Một cửa"),
        ("next", "Chuyên viên"),
        ("later", "Lãnh đạo"),
        ("later", "Bộ phận Một cửa"),
    ]
    planned = [step["planned_due_at"] and datetime.fromisoformat(step["planned_due_at"]) for step in shown["steps"]]
    assert planned == [at(9, 14), at(11, 14), at(12, 8), None]
    assert datetime.fromisoformat(shown["steps"][0]["due_at"]) == at(9, 14)
    assert [action["action"] for action in shown["possible_actions"]] == ["take_up", "return_for_supplement"]
    assert shown["people"][0]["name"] == "Lê Thị Mai"


async def test_from_take_up_to_completion_every_turn_is_told_and_journalled(
    desk: Desk, stack: Stack, officer: Staff, leader: Staff
) -> None:
    case = await desk.receives()

    await officer.does(case, "take-up")
    await officer.does(case, "pass-on", {"note": "đủ giấy tờ"})
    await officer.does(case, "pass-on")
    await leader.does(case, "issue-decision", DECISION)
    done = await officer.does(case, "complete", {"outcome": "granted", "document_number": "45/GP"})

    assert (done["state"], done["current_step"]) == ("completed", None)
    assert await told(stack, case) == [
        ("dossier.taken_up", 1),
        ("step.completed", 2),
        ("step.completed", 3),
        ("decision.issued", 4),
        ("dossier.completed", 5),
    ]
    shown = await officer.sees(case)
    assert [(line["action"], line["by"], line["to_state"]) for line in shown["journal"]] == [
        ("receive", "Cán bộ tiếp nhận", "received"),
        ("take_up", "Trần Văn Bình", "in_progress"),
        ("pass_on", "Trần Văn Bình", "in_progress"),
        ("pass_on", "Trần Văn Bình", "in_progress"),
        ("issue_decision", "Nguyễn Văn An", "in_progress"),
        ("complete", "Trần Văn Bình", "completed"),
    ]
    assert [step["done_at"] is not None for step in shown["steps"]] == [True, True, True, False]
    assert [step["after_the_result"] for step in shown["steps"]] == [False, False, False, True]
    assert (shown["result"]["outcome"], shown["decision"]["number"], shown["verdict"]) == ("granted", "12/QĐ", "on_time")


async def test_the_time_of_a_step_is_counted_from_the_moment_it_becomes_current(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives()
    await officer.does(case, "take-up")

    stack.clock.set(at(9, 10))
    await officer.does(case, "pass-on")

    step = (await officer.sees(case))["steps"][1]
    assert datetime.fromisoformat(step["due_at"]) == at(11, 10)
    assert datetime.fromisoformat(step["planned_due_at"]) == at(11, 14)


async def test_no_step_is_due_after_the_appointment(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives()
    await officer.does(case, "take-up")

    stack.clock.set(at(11, 16))
    await officer.does(case, "pass-on")

    assert datetime.fromisoformat((await officer.sees(case))["step_due_at"]) == at(12, 8)


async def test_after_the_appointment_a_case_is_overdue_and_stays_so_when_it_is_completed_late(
    desk: Desk, stack: Stack, officer: Staff
) -> None:
    case = await desk.receives(process=None)
    await officer.does(case, "take-up")

    stack.clock.set(at(12, 8) + timedelta(seconds=59))
    on_the_minute = (await officer.sees(case))["verdict"]
    stack.clock.set(at(12, 8, 1))
    await officer.does(case, "complete", {"outcome": "refused", "reasons": "không đủ điều kiện"})
    stack.clock.move(days=30)

    assert on_the_minute == "on_time"
    assert (await officer.sees(case))["verdict"] == "overdue"


async def test_papers_are_taken_over_and_the_result_is_handed_to_the_desk(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives(process=None)
    await desk.tells(case, PapersHandedOver(from_office=DESK, to_office=AGENCY, handed_over_by="Cán bộ tiếp nhận"))

    await officer.does(case, "take-over-papers", {"taken_over_by": "Văn thư"})
    await officer.does(case, "take-up")
    await officer.does(case, "complete", {"outcome": "refused", "reasons": "không đủ điều kiện"})
    await officer.does(case, "hand-over-result", {"note": "một bản"})

    shown = await officer.sees(case)
    assert (shown["papers_handed_over_by"], shown["papers_taken_over_by"]) == ("Cán bộ tiếp nhận", "Văn thư")
    assert shown["result_handed_over_at"] is not None
    assert await told(stack, case) == [
        ("papers.taken_over", 1),
        ("dossier.taken_up", 2),
        ("dossier.completed", 3),
        ("papers.handed_over", 4),
    ]


async def test_without_a_process_a_case_has_one_step_with_the_whole_limit(desk: Desk, officer: Staff) -> None:
    case = await desk.receives(process=None)

    shown = await officer.sees(case)

    assert [(step["action"], datetime.fromisoformat(step["due_at"])) for step in shown["steps"]] == [("Giải quyết hồ sơ", at(12, 8))]


async def test_a_case_answers_to_its_code_too(desk: Desk, officer: Staff) -> None:
    case = await desk.receives(code="H50.01-260309-0007")

    assert (await officer.sees("H50.01-260309-0007"))["id"] == str(case)
