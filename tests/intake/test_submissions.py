"""Submissions: pushed, corrected, asked about once, supplemented, accepted, refused, withdrawn."""

from typing import Any

import pytest

from tests.builders import AGENCY, DESK, a_submission, an_application
from tests.intake.conftest import Desk

CODE = "G22-261121-000001"


async def pushed(desk: Desk, **changed: Any) -> str:
    answer = await desk.portal.post("/submissions", a_submission(CODE, **changed))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def push(desk: Desk, **changed: Any) -> Any:
    """As the portal does: without a key of its own, for the national code serves as one."""
    headers = {"authorization": f"Bearer {desk.portal.token}"}
    return await desk.anyone.post("/submissions", json=a_submission(CODE, **changed), headers=headers)


async def test_a_push_waits_for_the_desk_without_a_code(desk: Desk) -> None:
    answer = await push(desk)

    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in ("state", "code", "national_code", "version")} == {
        "state": "submitted",
        "code": None,
        "national_code": CODE,
        "version": 1,
    }
    assert await desk.told(answer.json()["id"]) == ["submission.received"]
    assert (await desk.officer.get(f"/submissions/{answer.json()['id']}")).status_code == 200


async def test_the_same_push_again_gets_the_same_answer_and_changes_nothing(desk: Desk) -> None:
    first = await push(desk)
    again = await push(desk)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert await desk.told(first.json()["id"]) == ["submission.received"]


async def test_a_changed_push_brings_the_submission_up_to_date(desk: Desk) -> None:
    first = await push(desk)
    changed = await push(desk, applicant={"name": "Nông Thị Mẫu Mới", "phone": "0912345678"})

    assert (changed.status_code, changed.json()["id"], changed.json()["version"]) == (200, first.json()["id"], 2)
    shown = await desk.shows(first.json()["id"])
    assert shown["people"][0]["name"] == "Nông Thị Mẫu Mới"
    assert await desk.told(first.json()["id"]) == ["submission.received", "submission.received"]


async def test_a_push_that_goes_back_to_an_earlier_one_is_a_correction_and_no_repeat(desk: Desk) -> None:
    first = await push(desk)
    await push(desk, applicant={"name": "Nông Thị Mẫu Mới", "phone": "0912345678"})
    back = await push(desk)

    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert (await desk.shows(first.json()["id"]))["people"][0]["name"] == a_submission(CODE)["applicant"]["name"]


async def test_a_national_code_stays_with_its_procedure(desk: Desk) -> None:
    await push(desk)

    answer = await push(desk, procedure="HT-1.014464")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "HT-1.014465" in answer.json()["detail"]


async def test_the_clock_starts_at_acceptance_not_at_submission(desk: Desk) -> None:
    submission = await pushed(desk, submitted_at="2026-03-06T16:00:00+07:00")
    desk.clock.move(days=1)

    accepted = await desk.tries(submission, "accept", under="submissions")

    assert accepted.status_code == 200
    told = accepted.json()
    assert (told["id"], told["code"]) == (submission, f"{AGENCY}-260310-0001")
    assert told["accepted_at"] == "2026-03-10T08:00:00+07:00"
    assert told["appointment_at"] == "2026-03-13T08:00:00+07:00"
    assert told["receipt"]["code"] == told["code"]
    shown = await desk.shows(told["code"])
    assert (shown["state"], shown["submitted_at"], shown["channel"]) == ("received", "2026-03-06T16:00:00+07:00", "online")
    assert await desk.told(submission) == ["submission.received", "dossier.received"]


async def test_an_accepted_submission_may_be_looked_up_with_the_secret_of_its_receipt(desk: Desk) -> None:
    accepted = (await desk.tries(await pushed(desk), "accept", under="submissions")).json()

    found = await desk.anyone.get(f"/lookup/{accepted['code']}", params={"secret": accepted["receipt"]["lookup_secret"]})

    assert found.json()["state"] == "received"


async def test_what_is_incomplete_is_not_accepted(desk: Desk) -> None:
    submission = await pushed(desk, papers=[])

    answer = await desk.tries(submission, "accept", under="submissions")

    assert (answer.status_code, answer.json()["code"]) == (422, "papers_missing")
    assert (await desk.shows(submission))["state"] == "submitted"


async def test_a_supplement_is_asked_for_once_and_answered_by_a_push(desk: Desk) -> None:
    submission = await pushed(desk, papers=[])
    wanted = {"papers": ["Đơn đề nghị"], "reason": "Thiếu đơn"}

    asked = await desk.tries(submission, "supplement-requests", wanted, under="submissions")
    answered = await push(desk)
    second = await desk.tries(submission, "supplement-requests", wanted, under="submissions")
    accepted = await desk.tries(submission, "accept", under="submissions")

    assert (asked.status_code, asked.json()["state"]) == (200, "intake_supplement")
    assert (answered.status_code, answered.json()["state"]) == (200, "submitted")
    assert (second.status_code, second.json()["code"]) == (409, "action_not_allowed")
    assert accepted.status_code == 200
    assert await desk.told(submission) == [
        "submission.received",
        "submission.supplement_requested",
        "submission.supplemented",
        "dossier.received",
    ]


async def test_a_supplement_may_be_brought_to_the_desk(desk: Desk) -> None:
    submission = await pushed(desk, papers=[])
    await desk.does(submission, "supplement-requests", {"papers": ["Đơn"], "reason": "Thiếu đơn"}, under="submissions")

    brought = await desk.officer.post(f"/dossiers/{submission}/supplements", {"papers": [{"number": 1, "originals": 1}]})
    accepted = await desk.tries(submission, "accept", under="submissions")

    assert (brought.status_code, brought.json()["state"]) == (201, "submitted")
    assert accepted.status_code == 200


async def test_nobody_supplements_what_was_not_asked_for(desk: Desk) -> None:
    submission = await pushed(desk)

    answer = await desk.officer.post(f"/dossiers/{submission}/supplements", {"papers": [{"number": 1, "originals": 1}]})

    assert answer.status_code == 409


async def test_a_refusal_gives_its_reason_and_is_final(desk: Desk) -> None:
    submission = await pushed(desk)

    refused = await desk.does(submission, "refuse", {"reason": "Không thuộc thẩm quyền"}, under="submissions")
    accepted = await desk.tries(submission, "accept", under="submissions")

    assert refused["state"] == "not_accepted"
    assert (await desk.shows(submission))["reason"] == "Không thuộc thẩm quyền"
    assert accepted.status_code == 409
    assert await desk.told(submission) == ["submission.received", "submission.refused"]


async def test_a_refusal_without_a_reason_is_none(desk: Desk) -> None:
    answer = await desk.tries(await pushed(desk), "refuse", {"reason": " "}, under="submissions")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/reason"


@pytest.mark.parametrize("asked_before", [False, True])
async def test_before_acceptance_the_applicant_may_take_it_back(desk: Desk, asked_before: bool) -> None:
    submission = await pushed(desk)
    if asked_before:
        await desk.does(submission, "supplement-requests", {"papers": ["Đơn"], "reason": "Thiếu"}, under="submissions")

    withdrawn = await desk.portal.post(f"/dossiers/{submission}/withdrawals")
    accepted = await desk.tries(submission, "accept", under="submissions")

    assert (withdrawn.status_code, withdrawn.json()["state"]) == (202, "withdrawn")
    assert (accepted.status_code, accepted.json()["code"]) == (409, "action_not_allowed")
    assert accepted.json()["possible_actions"] == []


async def test_a_move_that_is_not_possible_says_what_is_instead(desk: Desk) -> None:
    submission = await pushed(desk)
    await desk.does(submission, "supplement-requests", {"papers": ["Đơn"], "reason": "Thiếu"}, under="submissions")

    answer = await desk.tries(submission, "accept", under="submissions")

    assert answer.status_code == 409
    shown = await desk.shows(submission)
    assert answer.json()["possible_actions"] == shown["possible_actions"]
    assert {action["action"] for action in shown["possible_actions"]} == {"supplement", "refuse", "withdraw", "amend"}
    assert {action["href"] for action in shown["possible_actions"]} >= {f"/v1/submissions/{submission}/refuse"}


async def test_what_came_but_is_not_all_is_recorded_and_changes_nothing(desk: Desk) -> None:
    submission = await pushed(desk)
    await desk.does(submission, "supplement-requests", {"papers": ["Đơn", "Bản vẽ"], "reason": "Thiếu"}, under="submissions")

    answer = await desk.officer.post(
        f"/dossiers/{submission}/supplements", {"papers": [{"name": "Đơn", "originals": 1}], "complete": False}
    )

    assert (answer.status_code, answer.json()["state"]) == (201, "intake_supplement")
    line = (await desk.officer.get(f"/dossiers/{submission}/timeline")).json()["lines"][-1]
    assert (line["action"], line["to_state"]) == ("supplement", "intake_supplement")
    assert "submission.supplemented" not in await desk.told(submission)


async def test_whoever_decided_on_an_old_version_reads_again_first(desk: Desk) -> None:
    submission = await pushed(desk)
    await push(desk, representative={"name": "Trần Văn Thay"})

    stale = await desk.officer.post(f"/submissions/{submission}/accept", version=1)
    missing = await desk.officer.post(f"/submissions/{submission}/accept")

    assert (stale.status_code, stale.json()["code"]) == (412, "changed")
    assert "version 2" in stale.json()["detail"]
    assert (missing.status_code, missing.json()["code"]) == (428, "version_missing")
    assert (await desk.shows(submission))["state"] == "submitted"


async def test_an_incomplete_visit_at_the_counter_becomes_a_submission(desk: Desk) -> None:
    missing = await desk.officer.post("/dossiers", an_application(papers=[]))

    answer = await desk.officer.post(missing.json()["instead"]["href"].removeprefix("/v1"), an_application(papers=[], channel="desk"))

    assert answer.status_code == 201
    assert (await desk.shows(answer.json()["id"]))["channel"] == "desk"


async def test_an_incomplete_dossier_from_the_post_keeps_its_postal_item(desk: Desk) -> None:
    item = {"carrier": "simulator", "tracking_number": "EF000000001VN"}

    answer = await desk.officer.post("/submissions", an_application(papers=[], channel="post", postal_item=item))
    again = await desk.officer.post("/submissions", an_application(papers=[], channel="post", postal_item=item))

    assert answer.status_code == 201
    assert [(one["direction"], one["tracking_number"]) for one in (await desk.shows(answer.json()["id"]))["postal_items"]] == [
        ("in", "EF000000001VN")
    ]
    assert (again.status_code, again.json()["code"]) == (409, "tracking_number_used")


async def test_a_submission_names_offices_that_exist(desk: Desk) -> None:
    answer = await desk.portal.post("/submissions", a_submission(returning_office="H27.999"))

    assert answer.status_code == 404
    assert "H27.999" in answer.json()["detail"]


async def test_papers_of_a_submission_are_shown_by_name(desk: Desk) -> None:
    submission = await pushed(desk)

    (paper,) = (await desk.shows(submission))["papers"]
    assert paper["name"].startswith("Đơn đề nghị sửa đổi")


async def test_the_portal_pushes_for_the_desk_it_names_within_its_province(desk: Desk) -> None:
    inside = await desk.portal.post("/submissions", a_submission())
    outside = await desk.portal.post("/submissions", a_submission(receiving_office="H14.001"))

    assert (await desk.shows(inside.json()["id"]))["offices"]["receiving"] == DESK
    assert outside.status_code == 404
