"""The clock of a case: suspended and resumed, a new date told in time or too late, three verdicts, and the alarms of the clock."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.clock import VIETNAM
from shared.contracts.events import CalendarPublished, DossierReceived, SupplementAccepted
from shared.contracts.peers import Service
from shared.contracts.time import CountedLimit, TimeTerms
from shared.ids import uuid7
from shared.working_time import Unit
from tests.builders import OFFICIAL_CALENDAR
from tests.processing.conftest import AGENCY, DECISION, ELSEWHERE, Desk, Staff, a_dossier, at, staff, told
from tests.stack import Stack, rows

THREE_DAYS = TimeTerms(limits=(CountedLimit(amount=Decimal(3), unit=Unit.WORKING_DAY, text="03 ngày làm việc"),))
GROUND = {"ground": "Chờ kết quả đo đạc theo pháp luật đất đai", "until": "2026-03-31"}


def promised(**changed: Any) -> dict[str, Any]:
    return {"time_terms": THREE_DAYS, **changed}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def alarms(stack: Stack, case: object) -> dict[str, datetime]:
    found = await rows(stack.runtime(Service.PROCESSING), "select kind, due_at from processing.timer where subject = :case", case=case)
    return {row["kind"]: row["due_at"] for row in found}


# -- limits in sequence, each from its own start event -------------------------------------------------------------------

APPOINTED_THEN_CARD = TimeTerms(
    limits=(
        CountedLimit(amount=Decimal(20), unit=Unit.DAY, stage="Chủ tịch quyết định bổ nhiệm", text="20 ngày kể từ ngày nhận hồ sơ"),
        CountedLimit(amount=Decimal(10), unit=Unit.DAY, stage="Cấp thẻ", text="10 ngày kể từ ngày nhận quyết định bổ nhiệm"),
    )
)


async def test_the_second_limit_runs_from_its_own_start_event_and_the_promise_stays(desk: Desk, stack: Stack, officer: Staff) -> None:
    promise = datetime(2026, 4, 8, 17, tzinfo=VIETNAM)
    case = await desk.receives(time_terms=APPOINTED_THEN_CARD, appointment_at=promise, process=None)
    await officer.does(case, "take-up")
    received = await officer.sees(case)
    stack.clock.set(at(13, 9))
    await officer.does(case, "pass-on", {"note": "Đã có quyết định bổ nhiệm"})

    shown = await officer.sees(case)

    assert [(step["action"], step["allotted"]) for step in shown["steps"]] == [
        ("Chủ tịch quyết định bổ nhiệm", "20 ngày kể từ ngày nhận hồ sơ"),
        ("Cấp thẻ", "10 ngày kể từ ngày nhận quyết định bổ nhiệm"),
    ]
    assert (instant(received["due_at"]), instant(received["steps"][0]["due_at"])) == (promise, at(30, 17))
    assert (instant(shown["due_at"]), instant(shown["steps"][1]["due_at"])) == (at(23, 17), at(23, 17))
    assert instant(shown["appointment_at"]) == promise
    (told,) = (await officer.caller.get(f"/cases/{case}/explanation")).json()
    assert instant(told["due_at"]) == at(23, 17)


# -- suspended and resumed ---------------------------------------------------------------------------------------------


async def test_acceptance_stores_limit_and_end_of_the_period_in_law(desk: Desk, officer: Staff) -> None:
    case = await desk.receives(**promised())

    shown = await officer.sees(case)

    assert (instant(shown["due_at"]), instant(shown["period_ends_at"])) == (at(12, 8), at(13, 0))
    assert instant(shown["first_appointment_at"]) == at(12, 8)
    assert shown["verdicts"] == {"by_appointment": "on_time", "by_law": "on_time", "by_index_766": "on_time"}


async def test_while_the_clock_stands_there_is_no_due_date_and_then_the_time_left_runs_on(
    desk: Desk, stack: Stack, leader: Staff, officer: Staff
) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await leader.does(case, "suspend", GROUND)

    standing = await officer.sees(case)
    stack.clock.set(at(17, 8))
    moved = await leader.does(case, "resume")

    assert (standing["state"], standing["due_at"], instant(standing["stopped_since"])) == ("suspended", None, at(10, 8))
    assert instant(moved["appointment_at"]) == at(19, 8)
    shown = await officer.sees(case)
    assert (instant(shown["due_at"]), instant(shown["first_appointment_at"])) == (at(19, 8), at(12, 8))
    assert [(stop["kind"], stop["ground"]) for stop in shown["clock_stops"]] == [("suspension", GROUND["ground"])]
    assert [event for event, _ in await told(stack, case)][-2:] == ["dossier.suspended", "dossier.resumed"]


async def test_an_officer_can_read_out_why_a_case_is_due_when_it_is(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await leader.does(case, "suspend", GROUND)
    stack.clock.set(at(17, 8))
    await leader.does(case, "resume")

    (told,) = (await leader.caller.get(f"/cases/{case}/explanation")).json()

    assert told["due_at"] == (await leader.sees(case))["due_at"]
    said = " ".join(told["explanation"]["sentences"])
    assert "Hồ sơ được tiếp nhận lúc" in said
    assert "10/03/2026" in said
    assert "Nghị định 118/2025/NĐ-CP" in said


async def test_a_date_set_by_hand_has_nothing_to_explain(desk: Desk, leader: Staff) -> None:
    case = await desk.receives()

    assert (await leader.caller.get(f"/cases/{case}/explanation")).json() == []


async def test_a_step_in_work_is_due_later_by_the_time_the_clock_stood(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    before = instant((await leader.sees(case))["step_due_at"])
    stack.clock.set(at(9, 10))
    await leader.does(case, "suspend", GROUND)
    stack.clock.set(at(11, 10))
    await leader.does(case, "resume")

    assert (before, instant((await leader.sees(case))["step_due_at"])) == (at(9, 14), at(11, 14))


async def test_a_date_set_by_hand_moves_by_the_working_time_that_was_left(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives()
    await leader.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await leader.does(case, "suspend", GROUND)
    stack.clock.set(at(11, 8))

    assert instant((await leader.does(case, "resume"))["appointment_at"]) == at(13, 8)


async def test_a_suspension_names_its_ground_and_ends_after_today(desk: Desk, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")

    without = await leader.tries(case, "suspend", {"until": "2026-03-31"})
    today = await leader.tries(case, "suspend", GROUND | {"until": "2026-03-09"})

    assert (without.status_code, today.status_code) == (422, 422)
    assert today.json()["errors"][0]["pointer"] == "/until"


# -- a new date --------------------------------------------------------------------------------------------------------


NEW_DATE = {"appointment_at": "2026-03-20T16:00:00+07:00", "reason": "Cần xác minh thực địa"}


async def test_an_extension_in_time_moves_the_promise_once_and_keeps_the_first(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    stack.clock.set(at(11, 17))

    moved = await leader.does(case, "extend", NEW_DATE)
    again = await leader.tries(case, "extend", NEW_DATE | {"appointment_at": "2026-03-25T16:00:00+07:00"})

    assert instant(moved["appointment_at"]) == at(20, 16)
    assert (again.status_code, "allows it once" in again.json()["detail"]) == (409, True)
    stack.clock.set(at(20, 15))
    shown = await leader.sees(case)
    assert instant(shown["first_appointment_at"]) == at(12, 8)
    assert (shown["verdicts"]["by_appointment"], shown["verdicts"]["by_law"]) == ("on_time", "overdue")


async def test_a_minute_too_late_for_an_extension_an_apology_is_due_and_the_dossier_stays_late(
    desk: Desk, stack: Stack, leader: Staff
) -> None:
    case = await desk.receives(**promised())
    stack.clock.set(at(11, 17, 1))

    refused = await leader.tries(case, "extend", NEW_DATE)
    await leader.does(case, "apologise", NEW_DATE)
    stack.clock.set(at(13, 8))
    shown = await leader.sees(case)

    assert (refused.status_code, "17:00 11/03/2026" in refused.json()["detail"]) == (409, True)
    assert "apologise" in {action["action"] for action in refused.json()["possible_actions"]}
    assert instant(shown["appointment_at"]) == at(20, 16)
    assert set(shown["verdicts"].values()) == {"overdue"}
    assert [event for event, _ in await told(stack, case)] == ["dossier.apologised"]


async def test_while_the_clock_stands_an_extension_is_in_time_if_it_was_when_it_stopped(desk: Desk, stack: Stack, leader: Staff) -> None:
    case, late = await desk.receives(**promised()), await desk.receives(**promised())
    stack.clock.set(at(10, 8))
    await leader.does(case, "take-up")
    await leader.does(case, "suspend", GROUND)
    stack.clock.set(at(12, 7, 30))
    await leader.does(late, "take-up")
    await leader.does(late, "suspend", GROUND)
    stack.clock.set(at(16, 8))

    extended = await leader.tries(case, "extend", NEW_DATE)
    too_late = await leader.tries(late, "extend", NEW_DATE)
    stack.clock.set(at(17, 8))
    await leader.does(case, "resume")

    assert (extended.status_code, too_late.status_code) == (200, 409)
    # One working day was left of the stop when people were told the new date.
    assert instant((await leader.sees(case))["appointment_at"]) == at(23, 16)


async def test_an_apology_while_papers_are_awaited_forgives_nothing_and_costs_nothing(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await leader.does(case, "return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"})
    stack.clock.set(at(11, 8))

    apologised = await leader.does(case, "apologise", NEW_DATE)
    told_then = instant((await leader.sees(case))["appointment_at"])
    stack.clock.set(at(13, 8))
    await desk.tells(case, SupplementAccepted(sent_at=at(13, 8), accepted_at=at(13, 8)))

    shown = await leader.sees(case)
    assert (apologised["state"], told_then) == ("awaiting_supplement", at(20, 16))
    assert (shown["state"], instant(shown["due_at"]), instant(shown["appointment_at"])) == ("in_progress", at(18, 8), at(24, 16))
    stack.clock.set(at(18, 8))
    in_time = (await leader.sees(case))["verdicts"]["by_appointment"]
    stack.clock.set(at(18, 9))
    assert (in_time, (await leader.sees(case))["verdicts"]["by_appointment"]) == ("on_time", "overdue")


async def test_a_second_apology_needs_a_supervisor(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    stack.clock.set(at(13, 8))
    later = NEW_DATE | {"appointment_at": "2026-03-27T16:00:00+07:00"}
    await leader.does(case, "apologise", NEW_DATE)

    refused = await leader.tries(case, "apologise", later)
    both = staff(stack, "leader,supervisor", AGENCY)
    allowed = await both.does(case, "apologise", later)

    assert (refused.status_code, instant(allowed["appointment_at"])) == (409, at(27, 16))


@pytest.mark.parametrize("when", ["2026-03-12T08:00:00+07:00", "2026-03-01T08:00:00+07:00"])
async def test_a_new_date_lies_after_the_one_promised(when: str, desk: Desk, leader: Staff) -> None:
    case = await desk.receives(**promised())

    answer = await leader.tries(case, "extend", NEW_DATE | {"appointment_at": when})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/appointment_at")


@pytest.mark.parametrize("action", ["extend", "apologise"])
async def test_nobody_is_told_to_come_on_a_day_off(action: str, desk: Desk, leader: Staff) -> None:
    case = await desk.receives(**promised())

    answer = await leader.tries(case, action, NEW_DATE | {"appointment_at": "2026-03-22T09:00:00+07:00"})

    assert (answer.status_code, answer.json()["errors"][0]["detail"]) == (422, "22/03/2026 is no working day.")


async def test_a_case_says_which_lawful_act_would_score_late(desk: Desk, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")

    warned = (await leader.sees(case))["scores_late"]

    assert set(warned) == {"suspend", "apologise"}
    assert "766" in warned["suspend"]


# -- what the clock says by itself -------------------------------------------------------------------------------------


async def test_the_alarms_of_a_case_are_set_with_its_acceptance(desk: Desk, stack: Stack) -> None:
    case = await desk.receives(**promised())

    assert await alarms(stack, case) == {
        "due_soon": at(11, 10),
        "apology_due": at(11, 17),
        "due_today": at(12, 7),
        "overdue": at(12, 8, 1),
    }


async def test_each_alarm_is_told_once_and_changes_no_version(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives(**promised())
    before = (await officer.sees(case))["version"]

    for moment in (at(11, 9), at(11, 10), at(11, 17), at(12, 7), at(12, 8), at(12, 8, 1), at(13, 8)):
        stack.clock.set(moment)
        await stack.settle()

    assert [event for event, _ in await told(stack, case)] == [
        "dossier.due_soon",
        "dossier.apology_due",
        "dossier.due_today",
        "dossier.overdue",
    ]
    shown = await officer.sees(case)
    assert shown["version"] == before
    assert [line["action"] for line in shown["journal"]][-4:] == ["due_soon", "apology_due", "due_today", "overdue"]


async def test_while_the_clock_stands_nothing_is_said_and_then_the_alarms_have_moved(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await leader.does(case, "suspend", GROUND)
    standing = await alarms(stack, case)
    stack.clock.set(at(17, 8))
    await leader.does(case, "resume")

    assert standing == {"suspension_over": datetime(2026, 4, 1, 7, tzinfo=VIETNAM)}
    assert (await alarms(stack, case))["overdue"] == at(19, 8, 1)


async def test_an_overdue_case_that_is_resumed_is_not_called_overdue_again(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    stack.clock.set(at(13, 8))
    await stack.settle()
    await leader.does(case, "suspend", GROUND)
    stack.clock.set(at(16, 8))
    await leader.does(case, "resume")
    await stack.settle()

    assert [event for event, _ in await told(stack, case)].count("dossier.overdue") == 1


async def test_a_suspension_that_nobody_ends_is_told_of_the_morning_after_its_last_day(desk: Desk, stack: Stack, leader: Staff) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")
    await leader.does(case, "suspend", GROUND | {"until": "2026-03-13"})
    stack.clock.set(at(16, 7))
    await stack.settle()

    assert [event for event, _ in await told(stack, case)][-1] == "dossier.suspension_over"


async def test_a_completed_case_has_no_alarms_left(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    case = await desk.receives(**promised(process=None))
    await officer.does(case, "take-up")
    await leader.does(case, "issue-decision", DECISION)
    await officer.does(case, "complete", {"outcome": "granted"})

    assert await alarms(stack, case) == {}


async def test_after_days_of_standing_still_what_is_due_is_told_at_once(desk: Desk, stack: Stack) -> None:
    case = await desk.receives(**promised())

    stack.clock.set(at(20, 8))
    await stack.settle()

    assert len(await told(stack, case)) == 4


def test_an_old_event_without_terms_is_still_read() -> None:
    data = a_dossier().model_dump(mode="json", exclude={"time_terms"})

    assert DossierReceived.model_validate(data).time_terms == TimeTerms()


@pytest.mark.parametrize("papers", [[""], ["x" * 2001], ["  "]])
async def test_what_is_missing_is_named_in_words(desk: Desk, leader: Staff, papers: list[str]) -> None:
    case = await desk.receives(**promised())
    await leader.does(case, "take-up")

    answer = await leader.tries(case, "return-for-supplement", {"papers": papers, "reason": "Thiếu"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/papers/0")


# -- beyond the calendar -------------------------------------------------------------------------------------------------

UNTIL_2026 = "\n".join(line for line in OFFICIAL_CALENDAR.read_text("utf-8").splitlines() if not line.startswith("2027"))
DECEMBER = datetime(2026, 12, 28, 8, tzinfo=VIETNAM)


async def over_the_new_year(desk: Desk, stack: Stack) -> Any:
    """Received when nobody had yet decided on the holidays of the year to come."""
    stack.clock.set(DECEMBER)
    old = uuid7()
    await desk.tells(
        "calendar:national", CalendarPublished(version_id=old, key="national", number=2, rows=UNTIL_2026, published_at=DECEMBER)
    )
    return await desk.receives(**promised(accepted_at=DECEMBER, appointment_at=DECEMBER + timedelta(days=3), calendar_version=old))


async def test_the_supplement_of_next_year_is_counted_by_the_calendar_of_next_year(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await over_the_new_year(desk, stack)
    new = CalendarPublished(version_id=uuid7(), key="national", number=3, rows=OFFICIAL_CALENDAR.read_text("utf-8"), published_at=DECEMBER)
    await officer.does(case, "take-up")
    await officer.does(case, "return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"})
    await desk.tells("calendar:national", new)
    stack.clock.set(datetime(2027, 1, 4, 8, tzinfo=VIETNAM))

    await desk.tells(case, SupplementAccepted(sent_at=stack.clock.now(), accepted_at=stack.clock.now()))

    shown = await officer.sees(case)
    assert (instant(shown["due_at"]), shown["appointment_at"]) == (datetime(2027, 1, 7, 8, tzinfo=VIETNAM), shown["due_at"])


async def test_in_a_year_nobody_knows_the_promise_moves_by_as_long_as_the_clock_stood(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await over_the_new_year(desk, stack)
    await officer.does(case, "take-up")
    share = {"office": ELSEWHERE, "work": "Thẩm định", "amount": "2", "unit": "working_day"}
    await officer.does(case, "open-child", share)
    too_long = await officer.tries(case, "open-child", share | {"work": "Đo đạc", "amount": "30"})
    await officer.does(case, "return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"})
    stack.clock.set(datetime(2027, 1, 4, 8, tzinfo=VIETNAM))

    taken = await desk.brings(desk.envelope(case, SupplementAccepted(sent_at=stack.clock.now(), accepted_at=stack.clock.now())))

    shown = await officer.sees(case)
    assert (too_long.status_code, taken.status_code, shown["state"]) == (422, 204, "in_progress")
    assert instant(shown["appointment_at"]) == instant(shown["due_at"]) == DECEMBER + timedelta(days=10)
    assert [share["due_at"] for share in shown["children"]] == [shown["due_at"]]
