"""Every change asks who, when and on what: each refusal is a problem that says what it is, and changes nothing."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.processing import tables
from services.processing.domain.journal import JournalLine
from shared.contracts.peers import Service
from shared.contracts.states import State
from shared.errors import Changed
from shared.ids import uuid7
from tests.processing.conftest import AGENCY, DECISION, DESK, ELSEWHERE, PROVINCE, Desk, Staff, staff, told
from tests.stack import Stack, rows

ACTIONS = ["take-up", "pass-on", "take-over-papers", "hand-over-result", "issue-decision", "complete"]
BODIES: dict[str, Any] = {"issue-decision": DECISION, "complete": {"outcome": "granted", "document_number": "45/GP"}}


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def in_progress(desk: Desk, officer: Staff, **changed: Any) -> UUID:
    case = await desk.receives(**changed)
    await officer.does(case, "take-up")
    return case


# -- who ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ACTIONS)
async def test_without_a_token_nothing_moves(action: str, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()

    answer = await staff(stack, "").tries(case, action, BODIES.get(action), version=1)

    assert problem(answer) == (401, "not_authenticated")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("role", ["desk_officer", "administrator", "portal"])
async def test_a_role_that_may_not_is_refused(role: str, action: str, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()

    answer = await staff(stack, role, PROVINCE).tries(case, action, BODIES.get(action), version=1)

    assert problem(answer) == (403, "not_permitted")


async def test_a_decision_is_issued_by_a_leader_only(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer)

    assert problem(await officer.tries(case, "issue-decision", DECISION)) == (403, "not_permitted")


@pytest.mark.parametrize("action", ACTIONS)
async def test_outside_the_offices_a_case_does_not_exist(action: str, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    stranger = staff(stack, "leader", ELSEWHERE)

    hidden = await stranger.tries(case, action, BODIES.get(action), version=1)
    missing = await stranger.tries(uuid7(), action, BODIES.get(action), version=1)

    assert problem(hidden) == problem(missing) == (404, "not_found")
    assert (await stranger.caller.get(f"/cases/{case}")).status_code == 404


async def test_offices_that_only_look_on_see_the_case_and_may_not_move_it(desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    onlooker = staff(stack, "case_officer", DESK)

    shown = await onlooker.sees(case)
    answer = await onlooker.tries(case, "take-up")

    assert (shown["state"], shown["possible_actions"]) == ("received", [])
    assert problem(answer) == (403, "not_permitted")


async def test_an_office_acts_for_those_under_it(desk: Desk, stack: Stack) -> None:
    case = await desk.receives()

    assert (await staff(stack, "case_officer", PROVINCE).does(case, "take-up"))["state"] == "in_progress"


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["pass-on", "take-over-papers", "hand-over-result", "issue-decision", "complete"])
async def test_what_the_state_does_not_allow_is_refused_with_what_it_does(action: str, desk: Desk, leader: Staff) -> None:
    case = await desk.receives()

    answer = await leader.tries(case, action, BODIES.get(action))

    assert problem(answer) == (409, "action_not_allowed")
    assert [(one["action"], one["href"]) for one in answer.json()["possible_actions"]][:1] == [("take_up", f"/v1/cases/{case}/take-up")]


async def test_a_case_is_taken_up_once(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer)

    assert problem(await officer.tries(case, "take-up")) == (409, "action_not_allowed")


async def test_the_last_step_is_completed_not_passed_on(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer, process=None)

    answer = await officer.tries(case, "pass-on")

    assert problem(answer) == (409, "action_not_allowed")
    assert answer.json()["detail"] == "This is the last step: complete the case instead."


async def test_a_case_is_not_completed_before_its_steps(desk: Desk, officer: Staff, leader: Staff) -> None:
    case = await in_progress(desk, officer)
    await leader.does(case, "issue-decision", DECISION)

    answer = await officer.tries(case, "complete", {"outcome": "granted", "document_number": "45/GP"})

    assert problem(answer) == (409, "action_not_allowed")
    assert "Step 2 comes before" in answer.json()["detail"]


async def test_nothing_is_granted_without_a_decision(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer, process=None)

    assert problem(await officer.tries(case, "complete", {"outcome": "granted", "document_number": "45/GP"})) == (409, "action_not_allowed")


async def test_a_decision_is_issued_once(desk: Desk, officer: Staff, leader: Staff) -> None:
    case = await in_progress(desk, officer)
    await leader.does(case, "issue-decision", DECISION)

    answer = await leader.tries(case, "issue-decision", DECISION)

    assert problem(answer) == (409, "action_not_allowed")
    assert "12/QĐ" in answer.json()["detail"]


# -- on what -----------------------------------------------------------------------------------------------------------


async def test_a_move_says_which_version_it_was_decided_on(desk: Desk, officer: Staff) -> None:
    case = await desk.receives()

    assert problem(await officer.caller.post(f"/cases/{case}/take-up")) == (428, "version_missing")


async def test_a_move_decided_on_what_has_changed_is_refused(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer)

    assert problem(await officer.tries(case, "pass-on", version=1)) == (412, "changed")


async def test_of_two_officers_at_once_one_wins_and_the_other_is_told(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await in_progress(desk, officer)
    colleague = staff(stack, "case_officer", AGENCY, name="Phạm Thu Hà")

    answers = await asyncio.gather(*(each.tries(case, "pass-on", version=2) for each in (officer, colleague)))

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert (await officer.sees(case))["current_step"] == 2
    assert [kind for kind, _ in await told(stack, case)] == ["dossier.taken_up", "step.completed"]


async def test_of_two_decisions_on_the_same_version_the_second_is_not_written(desk: Desk, stack: Stack) -> None:
    case = str(await desk.receives())
    runtime = stack.runtime(Service.PROCESSING)
    line = JournalLine(stack.clock.now(), "take_up", "Bình")

    async with runtime.transaction() as one:
        seen_by_one = await tables.load_case(one, case)
        async with runtime.transaction() as other:
            seen_by_other = await tables.load_case(other, case)
            await tables.save_case(other, seen_by_other, replace(seen_by_other, state=State.IN_PROGRESS), line)

        with pytest.raises(Changed):
            await tables.save_case(one, seen_by_one, replace(seen_by_one, state=State.IN_PROGRESS), line)


async def test_a_change_needs_a_key(desk: Desk, officer: Staff) -> None:
    case = await desk.receives()
    headers = {"authorization": f"Bearer {officer.caller.token}", "if-match": '"1"'}

    answer = await officer.caller.client.post(f"/cases/{case}/take-up", headers=headers)

    assert problem(answer) == (400, "key_missing")


async def test_a_move_repeated_with_its_key_gets_its_first_answer(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await in_progress(desk, officer)

    first = await officer.tries(case, "pass-on", version=2, key="k1")
    await officer.does(case, "pass-on")
    again = await officer.tries(case, "pass-on", version=2, key="k1")

    assert (again.status_code, again.json(), again.headers["etag"]) == (200, first.json(), first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"
    assert (await officer.sees(case))["current_step"] == 3


async def test_the_same_key_at_once_moves_once(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives()

    answers = await asyncio.gather(*(officer.tries(case, "take-up", version=1, key="k1") for _ in range(3)))

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert await told(stack, case) == [("dossier.taken_up", 1)]


async def test_a_key_used_for_another_body_is_refused(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.tries(case, "pass-on", {"note": "một"}, version=2, key="k1")

    assert problem(await officer.tries(case, "pass-on", {"note": "hai"}, version=3, key="k1")) == (409, "key_reused")


async def test_a_refused_move_frees_its_key(desk: Desk, officer: Staff) -> None:
    case = await in_progress(desk, officer)

    refused = await officer.tries(case, "pass-on", version=1, key="k1")
    again = await officer.tries(case, "pass-on", version=2, key="k1")

    assert (refused.status_code, again.status_code) == (412, 200)


@pytest.mark.parametrize(
    ("action", "body", "pointer"),
    [
        ("complete", {}, "/outcome"),
        ("complete", {"outcome": "perhaps"}, "/outcome"),
        ("complete", {"outcome": "refused"}, "/reasons"),
        ("complete", {"outcome": "refused", "reasons": "  "}, "/reasons"),
        ("complete", {"outcome": "granted", "extra": 1}, "/extra"),
        ("issue-decision", DECISION | {"number": " "}, "/number"),
        ("issue-decision", DECISION | {"signed_on": "2026-02-30"}, "/signed_on"),
        ("issue-decision", DECISION | {"signed_on": "2026-03-10"}, "/signed_on"),
        ("pass-on", {"note": "a\0b"}, "/note"),
        ("pass-on", {"note": 7}, "/note"),
    ],
)
async def test_a_body_that_is_not_understood_is_refused_by_place(
    action: str, body: dict[str, Any], pointer: str, desk: Desk, officer: Staff, leader: Staff
) -> None:
    case = await in_progress(desk, officer, process=None)

    answer = await leader.tries(case, action, body)

    assert problem(answer) == (422, "invalid_input")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("name", ["%00", "H50%00", "x" * 101])
async def test_a_name_no_case_can_have_is_refused(name: str, desk: Desk, officer: Staff) -> None:
    assert (await officer.caller.get(f"/cases/{name}")).status_code == 422


# -- what is remembered ------------------------------------------------------------------------------------------------


async def test_what_is_remembered_with_a_key_names_no_person(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await in_progress(desk, officer)
    await officer.does(case, "pass-on", {"note": "gọi Lê Thị Mai"})

    answers = await rows(stack.runtime(Service.PROCESSING), "select answer from processing.key")

    assert len(answers) == 2
    assert not any("Mai" in row["answer"] or "Bình" in row["answer"] for row in answers)
