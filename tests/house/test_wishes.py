"""Wishes across the baton, race by race: what is asked of whoever does not have the dossier in hand has one answer, and both sides know."""

from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, an_application
from tests.house.conftest import House
from tests.house.test_waiting import MISSING, Waiting, march, waiting
from tests.stack import Caller

__all__ = ["waiting"]

DECISION = {"number": "12/QĐ-UBND", "signed_on": "2026-03-09", "signer": "Nguyễn Thị Hoa"}
GROUND = {"ground": "Khoản 3 Điều 12 Nghị định chuyên ngành: đối tượng không còn"}


class Agency:
    """Officers at work on one case; nothing travels until told to."""

    def __init__(self, waiting: Waiting) -> None:
        self.waiting = waiting
        self.officer = waiting.officer
        self.leader = waiting.house.caller(Service.PROCESSING, "leader,case_officer", AGENCY)

    async def does(self, dossier: str, action: str, body: Any = None, *, by: Caller | None = None) -> Any:
        version = (await self.waiting.case(dossier))["version"]
        return await (by or self.leader).post(f"/cases/{dossier}/{action}", body, version=version)

    async def completes(self, dossier: str) -> None:
        for action, body in (("take-up", None), ("issue-decision", DECISION), ("complete", {"outcome": "granted"})):
            answer = await self.does(dossier, action, body)
            assert answer.status_code == 200, answer.text


@pytest_asyncio.fixture
async def agency(waiting: Waiting) -> Agency:
    return Agency(waiting)


async def online(house: House, waiting: Waiting) -> str:
    """A dossier that was filed online and accepted."""
    portal = house.caller(Service.INTAKE, "portal", DESK)
    submitted = (await portal.post("/submissions", an_application(channel="online"))).json()
    answer = await waiting.desk.post(f"/submissions/{submitted['id']}/accept", {}, version=submitted["version"])
    assert answer.status_code == 200, answer.text
    await house.stack.settle()
    return submitted["id"]


async def asks_back(waiting: Waiting, dossier: str, reason: str = "Không còn nhu cầu") -> Any:
    return await waiting.desk.post(f"/dossiers/{dossier}/withdrawals", {"reason": reason})


# -- withdrawal asked, agency signs the decision -----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["received", "in_progress", "suspended"])
async def test_what_is_asked_back_before_the_decision_is_withdrawn_without_discretion(waiting: Waiting, agency: Agency, state: str) -> None:
    dossier = await waiting.received()
    if state != "received":
        await agency.does(dossier, "take-up")
    if state == "suspended":
        await agency.does(dossier, "suspend", {"ground": "Chờ kết quả đo đạc", "until": "2026-03-31"})
    await waiting.stack.settle()

    answer = await asks_back(waiting, dossier)
    asked = (await waiting.shown(dossier))["state"]
    await waiting.stack.settle()

    assert (answer.status_code, asked) == (202, state)
    assert await waiting.states(dossier) == {"withdrawn"}
    assert (await waiting.told(dossier, Service.PROCESSING))[-1] == "dossier.withdrawn"
    assert (await waiting.messages(dossier))[-1].startswith("dossier_withdrawn: ")
    assert (await waiting.case(dossier))["possible_actions"] == []


async def test_withdrawal_first_then_the_decision_is_refused(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await agency.does(dossier, "take-up")
    await waiting.stack.settle()
    await asks_back(waiting, dossier)
    await waiting.stack.settle()

    answer = await agency.does(dossier, "issue-decision", DECISION)

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")
    assert "withdrawn" in answer.json()["detail"]


async def test_decision_first_then_the_withdrawal_is_declined_with_number_and_date(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await agency.does(dossier, "take-up")
    await waiting.stack.settle()
    await agency.does(dossier, "issue-decision", DECISION)
    answer = await asks_back(waiting, dossier)
    await waiting.stack.settle()

    assert answer.status_code == 202
    assert await waiting.states(dossier) == {"in_progress"}
    assert (await waiting.shown(dossier))["withdrawal_asked_at"] is None
    assert (await waiting.told(dossier, Service.PROCESSING))[-1] == "withdrawal.declined"
    assert (await waiting.messages(dossier))[-1].startswith("withdrawal_declined: ")
    again = await asks_back(waiting, dossier)
    assert (again.status_code, "12/QĐ-UBND" in again.json()["detail"]) == (409, True)


async def test_asked_back_while_the_agency_completes_is_declined_and_the_result_waits_at_the_desk(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await waiting.stack.settle()
    await agency.completes(dossier)
    await asks_back(waiting, dossier)
    await waiting.stack.settle()

    assert await waiting.states(dossier) == {"completed"}
    assert (await waiting.shown(dossier))["withdrawal_asked_at"] is None


async def test_asked_back_while_the_agency_sends_it_back_for_a_supplement_the_desk_ends_it(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await agency.does(dossier, "return-for-supplement", MISSING)
    await asks_back(waiting, dossier)
    await waiting.stack.settle()

    assert await waiting.states(dossier) == {"withdrawn"}
    assert (await waiting.told(dossier, Service.INTAKE))[-2:] == ["withdrawal.requested", "dossier.withdrawn"]
    assert "dossier.withdrawn" not in await waiting.told(dossier, Service.PROCESSING)


async def test_what_the_desk_has_in_hand_it_ends_itself(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)

    answer = await asks_back(waiting, dossier)

    assert (answer.status_code, answer.json()["state"]) == (202, "withdrawn")
    await waiting.at(march(30, 9))
    assert await waiting.states(dossier) == {"withdrawn"}
    assert "supplement.lapsed" not in await waiting.told(dossier, Service.INTAKE)
    assert [stop["ended_at"] is not None for stop in (await waiting.case(dossier))["clock_stops"]] == [True]
    assert (await waiting.case(dossier))["verdict"] == "on_time"


async def test_a_withdrawal_is_asked_for_once_at_a_time(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await asks_back(waiting, dossier)

    again = await asks_back(waiting, dossier)

    assert (again.status_code, again.json()["code"]) == (409, "action_not_allowed")
    await waiting.stack.settle()


# -- the portal changes what the desk accepts ---------------------------------------------------------------------------


async def test_an_adjustment_waits_for_an_officer_and_the_decision_waits_for_the_answer(
    house: House, waiting: Waiting, agency: Agency
) -> None:
    dossier = await online(house, waiting)
    await agency.does(dossier, "take-up")
    await waiting.stack.settle()
    portal = house.caller(Service.INTAKE, "portal", DESK)

    asked = await portal.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích thành 102 m2"})
    await waiting.stack.settle()
    too_soon = await agency.does(dossier, "issue-decision", DECISION)
    taken_up = await agency.does(dossier, "take-up-adjustment")
    await waiting.stack.settle()

    assert (asked.status_code, too_soon.status_code, taken_up.status_code) == (202, 409, 200)
    assert "take_up_adjustment" in {action["action"] for action in too_soon.json()["possible_actions"]}
    assert (await waiting.shown(dossier))["adjustment_asked"] is None
    assert (await waiting.messages(dossier))[-1].startswith("adjustment_taken_up: ")


async def test_an_adjustment_declined_says_why(house: House, waiting: Waiting, agency: Agency) -> None:
    dossier = await online(house, waiting)
    await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Xin đổi sang thủ tục khác"})
    await waiting.stack.settle()

    answer = await agency.does(dossier, "decline-adjustment", {"reason": "Thuộc một thủ tục khác"})
    await waiting.stack.settle()

    assert answer.status_code == 200
    lines = (await waiting.desk.get(f"/dossiers/{dossier}/timeline")).json()["lines"]
    assert [line["note"] for line in lines if line["action"] == "adjustment.declined"] == ["Thuộc một thủ tục khác"]


async def test_an_adjustment_that_crosses_the_decision_is_declined_by_rule(house: House, waiting: Waiting, agency: Agency) -> None:
    dossier = await online(house, waiting)
    await agency.does(dossier, "take-up")
    await waiting.stack.settle()
    await agency.does(dossier, "issue-decision", DECISION)
    await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})
    await waiting.stack.settle()

    assert (await waiting.told(dossier, Service.PROCESSING))[-1] == "adjustment.declined"
    assert (await waiting.shown(dossier))["adjustment_asked"] is None
    assert (await waiting.case(dossier))["adjustment_asked"] is None


async def test_while_a_supplement_is_awaited_the_desk_answers(house: House, waiting: Waiting) -> None:
    dossier = await online(house, waiting)
    await waiting.asks(dossier)
    await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})
    await waiting.stack.settle()

    answer = await waiting.desk_does(dossier, "adjustment-answers", {"declined_because": "Nộp cùng giấy tờ bổ sung"})

    assert answer.status_code == 200
    assert (await waiting.told(dossier, Service.INTAKE))[-1] == "adjustment.declined"
    assert (await waiting.case(dossier))["adjustment_asked"] is None


@pytest.mark.parametrize("crossing", [False, True])
async def test_what_the_desk_leaves_unanswered_when_papers_are_there_the_agency_answers(
    house: House, waiting: Waiting, agency: Agency, crossing: bool
) -> None:
    dossier = await online(house, waiting)
    if crossing:  # asked before the desk has heard that papers are missing
        await agency.does(dossier, "return-for-supplement", MISSING)
    else:
        await waiting.asks(dossier)
    await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})
    await waiting.stack.settle()
    await waiting.brings(dossier)

    accepted = await waiting.desk_does(dossier, "supplement-acceptances")
    too_soon = await agency.does(dossier, "issue-decision", DECISION)
    answer = await agency.does(dossier, "take-up-adjustment")
    await waiting.stack.settle()

    assert [one.status_code for one in (accepted, too_soon, answer)] == [200, 409, 200]
    assert ((await waiting.shown(dossier))["adjustment_asked"], (await waiting.case(dossier))["adjustment_asked"]) == (None, None)
    assert (await waiting.messages(dossier))[-1].startswith("adjustment_taken_up: ")


@pytest.mark.parametrize("asked_first", [False, True])
async def test_what_the_desk_answers_while_it_waits_for_papers_the_agency_need_not(
    house: House, waiting: Waiting, agency: Agency, asked_first: bool
) -> None:
    dossier = await online(house, waiting)
    await agency.does(dossier, "take-up")
    await waiting.stack.settle()
    if asked_first:
        await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})
        await waiting.stack.settle()
    await waiting.asks(dossier)
    if not asked_first:
        await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})
    await waiting.brings(dossier)
    open_at_both = ((await waiting.shown(dossier))["adjustment_asked"], (await waiting.case(dossier))["adjustment_asked"])

    version = (await waiting.shown(dossier))["version"]
    answer = await waiting.desk.post(f"/dossiers/{dossier}/adjustment-answers", {}, version=version)
    await waiting.desk_does(dossier, "supplement-acceptances")  # both travel together
    decided = await agency.does(dossier, "issue-decision", DECISION)
    await waiting.stack.settle()

    assert open_at_both == ("Sửa diện tích", "Sửa diện tích")
    assert (answer.status_code, decided.status_code) == (200, 200)
    assert (await waiting.case(dossier))["adjustment_asked"] is None


async def test_what_ends_for_want_of_papers_leaves_no_wish_open(house: House, waiting: Waiting) -> None:
    dossier = await online(house, waiting)
    await waiting.asks(dossier)
    await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})
    await waiting.at(march(30, 9))

    answer = await waiting.desk_does(dossier, "closures", {"reason": "Không bổ sung"})

    assert answer.status_code == 200, answer.text
    assert ((await waiting.shown(dossier))["adjustment_asked"], (await waiting.case(dossier))["adjustment_asked"]) == (None, None)


async def test_only_what_was_filed_online_is_adjusted(waiting: Waiting) -> None:
    dossier = await waiting.received()

    answer = await waiting.desk.post(f"/dossiers/{dossier}/adjustments", {"content": "Sửa diện tích"})

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")


# -- stopped by two people ----------------------------------------------------------------------------------------------


async def test_it_takes_two_people_to_end_a_case_without_a_result(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await agency.does(dossier, "take-up")
    alone = await agency.does(dossier, "stop")
    await agency.does(dossier, "propose-stop", GROUND)
    by_the_same = await agency.does(dossier, "stop")
    other = waiting.stack.caller(Service.PROCESSING, "leader", AGENCY, name="Phạm Văn Trưởng")
    stopped = await agency.does(dossier, "stop", {"note": "Đã kiểm tra tại hiện trường"}, by=other)
    await waiting.stack.settle()

    assert (alone.status_code, by_the_same.status_code, stopped.status_code) == (409, 409, 200)
    assert await waiting.states(dossier) == {"stopped"}
    assert (await waiting.shown(dossier))["reason"] == GROUND["ground"]
    assert (await waiting.messages(dossier))[-1].startswith("dossier_stopped: ")
    case = await waiting.case(dossier)
    assert case["stop_proposed"] is None
    assert case["journal"][-1]["note"].endswith(": Đã kiểm tra tại hiện trường")
    assert "hiện trường" not in (await waiting.messages(dossier))[-1]


# -- a leader wants the result back while the desk hands it over --------------------------------------------------------


async def test_what_was_not_handed_over_comes_back_and_all_the_time_since_counts(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await agency.completes(dossier)
    await waiting.stack.settle()
    await waiting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    await waiting.at(march(16, 8))

    answer = await agency.does(dossier, "request-rework", {"reason": "Sai tên trong giấy phép"})
    await waiting.stack.settle()

    assert answer.status_code == 200
    assert await waiting.states(dossier) == {"in_progress"}
    shown, case = await waiting.shown(dossier), await waiting.case(dossier)
    assert (shown["result"], shown["result_at_desk_at"], shown["completed_at"]) == (None, None, None)
    assert (case["result"], case["decision"], case["verdict"]) == (None, None, "overdue")
    assert (await waiting.messages(dossier))[-1].startswith("rework_granted: ")
    assert "complete" not in {action["action"] for action in (await waiting.shown(dossier))["possible_actions"]}
    for action, body in (("issue-decision", DECISION | {"number": "13/QĐ-UBND"}), ("complete", {"outcome": "granted"})):
        assert (await agency.does(dossier, action, body)).status_code == 200
    await waiting.stack.settle()
    assert await waiting.states(dossier) == {"completed"}


async def test_what_the_desk_hands_over_meanwhile_stays_handed_over(waiting: Waiting, agency: Agency) -> None:
    dossier = await waiting.received()
    await agency.completes(dossier)
    await waiting.stack.settle()
    await waiting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})

    asked = await agency.does(dossier, "request-rework", {"reason": "Sai tên"})
    version = (await waiting.shown(dossier))["version"]
    handed_over = await waiting.desk.post(
        f"/dossiers/{dossier}/returns", {"way": "desk", "collected_by": "applicant", "identity_paper": "identity_card"}, version=version
    )
    await waiting.stack.settle()

    assert (asked.status_code, handed_over.status_code) == (200, 200), handed_over.text
    assert await waiting.states(dossier) == {"returned"}
    assert (await waiting.told(dossier, Service.INTAKE))[-1] == "rework.declined"
    assert (await waiting.case(dossier))["rework_asked_at"] is None
