"""Interlinked procedures: other agencies have their share of a case, in sequence or at once, each with its own limit and clock."""

from datetime import datetime
from typing import Any

import pytest

from shared.contracts.events import ProcedurePublished, ProcedureRef
from shared.contracts.peers import Service
from shared.ids import uuid7
from tests.processing.conftest import AGENCY, DECISION, DESK, ELSEWHERE, PROCEDURE, Desk, Staff, at, staff, told
from tests.processing.test_clock_of_a_case import GROUND, promised
from tests.stack import Stack, rows


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def a_share(**changed: Any) -> dict[str, Any]:
    return {"office": ELSEWHERE, "work": "Thẩm định về môi trường", "amount": "2", "unit": "working_day"} | changed


@pytest.fixture
def other(stack: Stack) -> Staff:
    """An officer of an agency that neither received nor leads the case."""
    return staff(stack, "case_officer", ELSEWHERE)


async def in_progress(desk: Desk, officer: Staff) -> Any:
    case = await desk.receives(**promised())
    await officer.does(case, "take-up")
    return case


async def ends(who: Staff, case: Any, action: str = "complete-child", **body: Any) -> Any:
    return await who.caller.post(f"/cases/{case}/{action}", body)


async def shares(officer: Staff, case: Any) -> list[dict[str, Any]]:
    return (await officer.sees(case))["children"]


async def test_an_agency_sees_the_case_as_soon_as_it_has_a_share_and_not_before(desk: Desk, officer: Staff, other: Staff) -> None:
    case = await in_progress(desk, officer)
    before = await other.caller.get(f"/cases/{case}")

    await officer.does(case, "open-child", a_share())

    assert before.status_code == 404
    shown = await other.sees(case)
    assert {action["action"] for action in shown["possible_actions"]} == {"complete_child", "send_back_child"}
    (line,) = (await other.caller.get("/worklist/children")).json()["items"]
    assert (line["code"], line["work"], instant(line["due_at"])) == (shown["code"], "Thẩm định về môi trường", at(11, 8))


async def test_the_whole_ends_after_its_parts(desk: Desk, stack: Stack, officer: Staff, leader: Staff, other: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "pass-on")
    await officer.does(case, "pass-on")
    await officer.does(case, "open-child", a_share())

    refused = await leader.tries(case, "issue-decision", DECISION)
    done = await ends(other, case, document_number="12/TB", note="Đủ điều kiện")
    decided = await leader.tries(case, "issue-decision", DECISION)

    assert (refused.status_code, done.status_code, decided.status_code) == (409, 201, 200)
    assert "Share 1" in refused.json()["detail"]
    assert [event for event, _ in await told(stack, case)][-3:] == ["child_case.opened", "child_case.ended", "decision.issued"]


async def test_in_sequence_a_share_waits_for_the_one_before_it(desk: Desk, stack: Stack, officer: Staff, other: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())
    await officer.does(case, "open-child", a_share(work="Xác nhận", after=1))
    stack.clock.set(at(10, 9))

    waiting = (await shares(officer, case))[1]
    await ends(other, case, number=1)

    begun = (await shares(officer, case))[1]
    assert (waiting["standing"], waiting["due_at"]) == ("waiting", None)
    assert (begun["standing"], instant(begun["began_at"]), instant(begun["due_at"])) == ("open", at(10, 9), at(12, 9))


async def test_a_share_stands_while_the_clock_of_the_case_stands(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())
    stack.clock.set(at(10, 8))
    await leader.does(case, "suspend", GROUND)

    (standing,) = await shares(officer, case)
    stack.clock.set(at(17, 8))
    await leader.does(case, "resume")

    (share,) = await shares(officer, case)
    assert (standing["standing"], standing["verdict"]) == ("stopped", None)
    assert instant(share["due_at"]) == at(18, 8)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [("1", "same_day"), ("0.3", "day"), ("1E+300", "working_day"), ("401", "day"), ("14", "month"), ("0.5", "month"), ("9601", "hour")],
)
async def test_a_limit_nobody_can_count_is_refused_to_who_gives_it(desk: Desk, officer: Staff, amount: str, unit: str) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())

    at_once = await officer.tries(case, "open-child", a_share(work="Xác nhận", amount=amount, unit=unit))
    after_another = await officer.tries(case, "open-child", a_share(work="Xác nhận", amount=amount, unit=unit, after=1))

    assert (at_once.status_code, after_another.status_code) == (422, 422)


OPEN_STATES = {
    "in_progress": (),
    "awaiting_fee": ("request-fee", {"fees": [{"name": "Lệ phí", "amount": 1000}], "reason": "Thông báo thuế"}),
    "suspended": ("suspend", GROUND),
    "awaiting_supplement": ("return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"}),
}


async def brought_to(state: str, case: Any, stack: Stack) -> None:
    if OPEN_STATES[state]:
        await staff(stack, "case_officer,leader", AGENCY).does(case, *OPEN_STATES[state])


@pytest.mark.parametrize("state", OPEN_STATES)
async def test_a_share_ends_whatever_the_case_waits_for(desk: Desk, stack: Stack, officer: Staff, other: Staff, state: str) -> None:
    case = await in_progress(desk, officer)
    for work in ("Xác nhận", "Thẩm định", "Đo đạc"):
        await officer.does(case, "open-child", a_share(work=work))
    await brought_to(state, case, stack)

    offered = {action["action"] for action in (await other.sees(case))["possible_actions"]}
    done, sent_back = await ends(other, case, number=1), await ends(other, case, "send-back-child", number=2, note="Không thuộc thẩm quyền")
    cancelled = await officer.tries(case, "cancel-child", {"number": 3, "reason": "Không còn cần thiết"})

    assert offered == {"complete_child", "send_back_child"}
    assert [answer.status_code for answer in (done, sent_back, cancelled)] == [201, 201, 200]
    assert ((await officer.sees(case))["state"], [share["standing"] for share in await shares(officer, case)]) == (
        state,
        ["done", "sent_back", "cancelled"],
    )


@pytest.mark.parametrize("state", OPEN_STATES)
async def test_an_opinion_is_given_whatever_the_case_waits_for(desk: Desk, stack: Stack, officer: Staff, other: Staff, state: str) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "request-consultation", {"office": ELSEWHERE, "question": "?", "amount": "2", "unit": "working_day"})
    await brought_to(state, case, stack)

    answer = await other.caller.post(f"/cases/{case}/answer-consultation", {"opinion": "agrees", "content": "Đồng ý"})

    assert (answer.status_code, (await officer.sees(case))["state"]) == (201, state)


async def test_a_share_that_is_late_is_told_of_once_and_stays_late(desk: Desk, stack: Stack, officer: Staff, other: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())
    version = (await officer.sees(case))["version"]
    stack.clock.set(at(11, 9))
    await stack.settle()
    await stack.settle()

    (late,) = await shares(officer, case)
    done = await ends(other, case)

    assert [event for event, _ in await told(stack, case)].count("child_case.overdue") == 1
    assert (instant(late["overdue_at"]), late["verdict"], done.json()["verdict"]) == (at(11, 9), "overdue", "overdue")
    assert (await officer.sees(case))["version"] == version + 1
    assert not await rows(stack.runtime(Service.PROCESSING), "select 1 from processing.timer where kind = 'child_overdue'")


async def test_only_the_agency_that_has_a_share_ends_it(desk: Desk, officer: Staff, other: Staff, stack: Stack) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())

    by_the_lead = await ends(officer, case)
    by_the_desk = await ends(staff(stack, "case_officer", DESK), case)
    sent_back = await ends(other, case, "send-back-child", note="Không thuộc thẩm quyền")
    again = await ends(other, case)

    assert (by_the_lead.status_code, by_the_desk.status_code, sent_back.status_code, again.status_code) == (403, 403, 201, 409)
    assert (await shares(officer, case))[0]["standing"] == "sent_back"


async def test_the_lead_takes_a_share_back_and_what_comes_after_it_begins(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())
    await officer.does(case, "open-child", a_share(work="Xác nhận", after=1))

    wrong = await officer.tries(case, "cancel-child", {"number": 7, "reason": "Không còn cần"})
    await officer.does(case, "cancel-child", {"number": 1, "reason": "Không còn cần"})

    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/number")
    assert [share["standing"] for share in await shares(officer, case)] == ["cancelled", "open"]


@pytest.mark.parametrize(
    ("share", "pointer"),
    [
        (a_share(office=AGENCY), "/office"),
        (a_share(office="H99"), "/office"),
        (a_share(after=3), "/after"),
        (a_share(amount="0"), "/amount"),
        (a_share(amount="1.5", unit="month"), "/amount"),
    ],
    ids=["the lead itself", "no such office", "after nothing", "no time", "part of a month"],
)
async def test_a_share_that_cannot_be_is_refused_by_field(desk: Desk, officer: Staff, share: dict[str, Any], pointer: str) -> None:
    case = await in_progress(desk, officer)

    answer = await officer.tries(case, "open-child", share)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_case_that_is_withdrawn_takes_its_shares_with_it(desk: Desk, stack: Stack, officer: Staff, other: Staff) -> None:
    from shared.contracts.events import WithdrawalRequested

    case = await in_progress(desk, officer)
    await officer.does(case, "open-child", a_share())
    await desk.tells(case, WithdrawalRequested(requested_at=stack.clock.now()))

    assert [share["standing"] for share in await shares(officer, case)] == ["cancelled"]
    assert (await ends(other, case)).status_code == 409
    assert (await other.caller.get("/worklist/children")).json()["items"] == []


# -- groups of procedures -----------------------------------------------------------------------------------------------

MEMBERS = ["Đăng ký khai sinh", "Đăng ký thường trú"]


async def test_a_group_of_procedures_ends_with_the_result_of_each(desk: Desk, officer: Staff, leader: Staff) -> None:
    version = uuid7()
    content = PROCEDURE | {"is_group_of_procedures": True, "member_procedures": MEMBERS}
    await desk.tells("X-1", ProcedurePublished(version_id=version, key="X-1", number=2, plain_day="calendar", content=content))
    case = await desk.receives(procedure=ProcedureRef(key="X-1", version_id=version, name="Liên thông"), **promised(process=None))
    await officer.does(case, "take-up")
    await leader.does(case, "issue-decision", DECISION)
    granted = {"procedure": MEMBERS[0], "outcome": "granted", "document_number": "KS-1"}
    refused = {"procedure": MEMBERS[1], "outcome": "refused", "reasons": "Chưa đủ điều kiện"}

    too_few = await officer.tries(case, "complete", {"outcome": "granted", "members": [granted]})
    wrong_whole = await officer.tries(case, "complete", {"outcome": "granted", "members": [granted, refused]})
    await officer.does(case, "complete", {"outcome": "partly", "members": [granted, refused]})

    assert (too_few.status_code, wrong_whole.status_code) == (422, 422)
    assert MEMBERS[1] in too_few.json()["errors"][0]["detail"]
    assert [one["outcome"] for one in (await officer.sees(case))["result"]["members"]] == ["granted", "refused"]
