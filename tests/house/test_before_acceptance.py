"""A submission that lapses, belongs to another office, or to nobody here: through all three services."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, PROVINCE, an_application
from tests.house.conftest import House
from tests.house.test_waiting import Waiting, instant, march
from tests.stack import MONDAY_MORNING

ASKED = {"papers": ["Đơn đề nghị"], "reason": "Thiếu đơn"}


class Submissions(Waiting):
    """A submission left at the counter; each call lets everything come to rest."""

    async def pushed(self) -> str:
        answer = await self.desk.post("/submissions", an_application(papers=[], receiving_office=DESK))
        assert answer.status_code == 201, answer.text
        await self.stack.settle()
        return answer.json()["id"]

    async def does(self, submission: str, what: str, body: Any = None, *, by: Any = None, version: int | None = None) -> Any:
        version = version or (await self.shown(submission))["version"]
        answer = await (by or self.desk).post(f"/submissions/{submission}/{what}", body, version=version)
        await self.stack.settle()
        return answer


@pytest_asyncio.fixture
async def submissions(house: House) -> AsyncIterator[Submissions]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Submissions(house)
    house.stack.clock.instant = MONDAY_MORNING


# ------------------------------------------------------------------------------------------------ nothing complete came


async def test_a_submission_nobody_completes_may_be_ended_on_the_first_working_morning_after(submissions: Submissions) -> None:
    submission = await submissions.pushed()
    await submissions.does(submission, "supplement-requests", ASKED)
    await submissions.at(march(24, 23, 59))
    too_early = await submissions.does(submission, "closures")
    await submissions.at(march(25, 7))
    proposed = await submissions.shown(submission)
    ended = await submissions.does(submission, "closures")

    assert (too_early.status_code, too_early.json()["code"]) == (409, "action_not_allowed")
    assert "lapse" not in {action["action"] for action in too_early.json()["possible_actions"]}
    assert instant(proposed["supplement_ends_at"]) == march(25, 0)
    assert "lapse" in {action["action"] for action in proposed["possible_actions"]}
    assert (ended.status_code, ended.json()["state"]) == (200, "not_accepted")
    assert await submissions.told(submission, Service.INTAKE) == [
        "submission.received",
        "submission.supplement_requested",
        "submission.lapsed",
        "submission.refused",
    ]
    asked, lapsed = (await submissions.messages(submission))[-2:]
    assert asked.startswith("submission_supplement_requested:")
    assert "hết ngày 24/03/2026" in asked
    assert lapsed.startswith("submission_lapsed:")


async def test_what_is_complete_before_the_desk_ends_it_is_looked_at_however_late_it_came(submissions: Submissions) -> None:
    submission = await submissions.pushed()
    await submissions.does(submission, "supplement-requests", ASKED)
    await submissions.at(march(25, 7))
    await submissions.desk.post(f"/dossiers/{submission}/supplements", {"papers": [{"number": 1, "originals": 1}]})

    ended = await submissions.does(submission, "closures")

    shown = await submissions.shown(submission)
    assert (ended.status_code, shown["state"], shown["closing_proposed_at"]) == (409, "submitted", None)


async def test_a_submission_completed_in_time_is_never_proposed_to_be_ended(submissions: Submissions) -> None:
    submission = await submissions.pushed()
    await submissions.does(submission, "supplement-requests", ASKED)
    await submissions.desk.post(f"/dossiers/{submission}/supplements", {"papers": [{"number": 1, "originals": 1}]})
    await submissions.at(march(31, 9))

    assert "submission.lapsed" not in await submissions.told(submission, Service.INTAKE)


async def test_the_procedure_says_how_long_a_submission_waits(submissions: Submissions) -> None:
    administrator = submissions.house.caller(Service.INTAKE, "administrator", PROVINCE)
    await administrator.put("/procedures/HT-1.014465/policies", {"submission_days": 5})
    submissions.house.forgets()
    submission = await submissions.pushed()

    await submissions.does(submission, "supplement-requests", ASKED)

    assert instant((await submissions.shown(submission))["supplement_ends_at"]) == march(17, 0)
    await administrator.put("/procedures/HT-1.014465/policies", {})
    submissions.house.forgets()


# ------------------------------------------------------------------------------------------------ it belongs elsewhere


async def test_a_submission_goes_on_at_the_right_office_and_its_answer_is_due_as_before(submissions: Submissions) -> None:
    submission = await submissions.pushed()
    before = await submissions.shown(submission)
    await submissions.at(march(9, 10))

    answer = await submissions.does(submission, "redirect", {"receiving_office": PROVINCE, "reason": "Nơi cư trú thuộc địa bàn khác"})

    there = submissions.house.caller(Service.INTAKE, "desk_officer", PROVINCE)
    after = (await there.get(f"/submissions/{submission}")).json()
    assert (answer.status_code, after["state"], after["answer_due_at"]) == (200, "submitted", before["answer_due_at"])
    assert after["offices"] == {"receiving": PROVINCE, "competent": AGENCY, "supervising": PROVINCE, "returning": PROVINCE}
    assert (await submissions.messages(submission))[-1].startswith("submission_redirected: Hồ sơ ")
    assert "đến Tỉnh để tiếp nhận" in (await submissions.messages(submission))[-1]
    accepted = await submissions.does(submission, "accept", {"papers": [{"number": 1, "originals": 1}]}, by=there, version=after["version"])
    assert accepted.status_code == 200, accepted.text


async def test_who_gave_it_away_sees_it_no_more_and_still_gets_the_first_answer_to_a_repeat(submissions: Submissions) -> None:
    submission = await submissions.pushed()
    body = {"receiving_office": PROVINCE, "reason": "Nơi cư trú thuộc địa bàn khác"}
    version = (await submissions.shown(submission))["version"]
    answers = [await submissions.desk.post(f"/submissions/{submission}/redirect", body, version=version, key="once") for _ in range(2)]

    gone = await submissions.desk.post(f"/submissions/{submission}/refuse", {"reason": "x"}, version=version + 1)

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert gone.status_code == 404
    assert (await submissions.desk.get(f"/submissions/{submission}")).status_code == 404


async def test_an_unanswered_submission_is_told_of_at_the_office_it_was_passed_to(submissions: Submissions) -> None:
    submission = await submissions.pushed()
    await submissions.does(submission, "redirect", {"receiving_office": PROVINCE, "reason": "Khác địa bàn"})
    await submissions.at(march(10, 8))

    assert (await submissions.told(submission, Service.INTAKE))[-1] == "submission.answer_due"


async def test_where_none_of_ours_is_competent_it_ends_and_the_applicant_is_told_who_is(submissions: Submissions) -> None:
    submission = await submissions.pushed()

    answer = await submissions.does(submission, "redirect", {"not_competent": "Sở Tư pháp tỉnh Hà Tĩnh", "reason": "Khác tỉnh"})

    assert (answer.status_code, answer.json()["state"]) == (200, "not_accepted")
    assert (await submissions.messages(submission))[-1].endswith("Xin nộp tại: Sở Tư pháp tỉnh Hà Tĩnh.")


async def test_it_is_passed_on_to_another_office_that_may_decide_it(submissions: Submissions) -> None:
    submission = await submissions.pushed()

    nowhere = await submissions.does(submission, "redirect", {"reason": "Khác địa bàn"})
    same = await submissions.does(submission, "redirect", {"receiving_office": DESK, "reason": "Khác địa bàn"})
    unknown = await submissions.does(submission, "redirect", {"receiving_office": "H27.999", "reason": "Khác địa bàn"})
    incompetent = await submissions.does(submission, "redirect", {"competent_office": DESK, "reason": "Khác địa bàn"})
    await submissions.does(submission, "supplement-requests", ASKED)
    asked = await submissions.does(submission, "redirect", {"receiving_office": PROVINCE, "reason": "Khác địa bàn"})

    assert [answer.status_code for answer in (nowhere, same, unknown, incompetent, asked)] == [422, 422, 404, 422, 409]
    assert (await submissions.shown(submission))["offices"]["receiving"] == DESK
