"""A result that is wrong, or was lost on its way, is made once more under the same code, and people are told each time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY, ELSEWHERE
from tests.house.conftest import House
from tests.house.test_unclaimed import Lying, carrier_reports
from tests.house.test_waiting import instant, march
from tests.stack import MONDAY_MORNING

WRONG = {"reason": "Sai năm sinh trên giấy phép"}
RIGHT = {"outcome": "granted", "document_number": "2/GP"}


class Correcting(Lying):
    async def returned(self, **more: Any) -> str:
        dossier = await self.lies(**more)
        await self.desk_does(dossier, "returns")
        return dossier

    async def agency_does(self, dossier: str, what: str, body: Any = None, *, role: str = "case_officer") -> Any:
        who = self.house.caller(Service.PROCESSING, role, AGENCY)
        answer = await who.post(f"/cases/{dossier}/{what}", body, version=(await self.case(dossier))["version"])
        await self.stack.settle()
        return answer

    async def posts(self, dossier: str, number: str) -> Any:
        return await self.desk_does(dossier, "postal-items", {"carrier": "simulator", "tracking_number": number})

    async def reported(self, number: str, code: str) -> None:
        await carrier_reports(self, {"tracking_number": number, "code": code, "at": self.stack.clock.now().isoformat()})

    async def last_words(self, dossier: str) -> str:
        return (await self.messages(dossier))[-1].split(":")[0]

    async def can(self, dossier: str) -> set[str]:
        return {action["action"] for action in (await self.shown(dossier))["possible_actions"]}


@pytest_asyncio.fixture
async def correcting(house: House) -> AsyncIterator[Correcting]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Correcting(house)
    house.stack.clock.instant = MONDAY_MORNING


async def test_a_wrong_result_is_corrected_and_returned_again_while_the_dossier_stays_returned(correcting: Correcting) -> None:
    dossier = await correcting.returned()
    asked = await correcting.desk_does(dossier, "corrections", WRONG)
    told = [await correcting.last_words(dossier)]
    task = (await correcting.case(dossier))["corrections"][0]
    done = await correcting.agency_does(dossier, "correct-result", RIGHT)
    told.append(await correcting.last_words(dossier))
    early = await correcting.desk_does(dossier, "corrected-returns")
    await correcting.agency_does(dossier, "hand-over-result")
    taken = await correcting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    told.append(await correcting.last_words(dossier))
    again = await correcting.desk_does(dossier, "corrected-returns", {"identity_paper": "identity_card"})
    told.append(await correcting.last_words(dossier))
    twice = await correcting.desk_does(dossier, "corrected-returns")

    assert [one.status_code for one in (asked, done, early, taken, again, twice)] == [202, 200, 409, 200, 200, 409]
    assert (task["reason"], task["done_at"], instant(task["due_at"])) == (WRONG["reason"], None, march(12, 8))
    assert told == ["correction_requested", "correction_done", "result_at_desk", "correction_returned"]
    assert await correcting.states(dossier) == {"returned"}
    shown, case = await correcting.shown(dossier), await correcting.case(dossier)
    assert shown["result"]["document_number"] == case["result"]["document_number"] == "2/GP"
    assert shown["correction"]["returned_at"]
    assert (case["corrections"][0]["replaced"]["outcome"], case["corrections"][0]["verdict"]) == ("granted", "on_time")


async def test_it_is_no_dossier_that_was_received(correcting: Correcting) -> None:
    dossier = await correcting.returned()
    before = (await correcting.desk.get("/dossiers")).json()["dossiers"], (await correcting.officer.get("/cases")).json()["items"]
    accepted = (await correcting.case(dossier))["completed_at"], (await correcting.case(dossier))["verdict"]

    await correcting.desk_does(dossier, "corrections", WRONG)

    after = (await correcting.desk.get("/dossiers")).json()["dossiers"], (await correcting.officer.get("/cases")).json()["items"]
    assert [len(one) for one in before] == [len(one) for one in after]
    assert ((await correcting.case(dossier))["completed_at"], (await correcting.case(dossier))["verdict"]) == accepted


async def test_what_waits_to_be_corrected_is_listed_for_the_agency_due_first_and_told_of_when_it_is_late(correcting: Correcting) -> None:
    dossier = await correcting.returned()
    await correcting.desk_does(dossier, "corrections", WRONG)
    listed = (await correcting.officer.get("/corrections")).json()["items"]
    elsewhere = correcting.house.caller(Service.PROCESSING, "case_officer", ELSEWHERE)
    await correcting.at(march(12, 8))
    in_time = await correcting.told(dossier, Service.PROCESSING)
    await correcting.at(march(12, 8, 1))

    mine = [(line["id"], line["kind"], line["overdue"]) for line in listed if line["id"] == dossier]
    assert mine == [(dossier, "correct", False)]
    assert (await elsewhere.get("/corrections")).json()["items"] == []
    assert "correction.overdue" not in in_time
    assert (await correcting.told(dossier, Service.PROCESSING))[-1] == "correction.overdue"
    await correcting.agency_does(dossier, "correct-result", RIGHT)
    assert (await correcting.case(dossier))["corrections"][0]["verdict"] == "overdue"
    assert dossier not in [line["id"] for line in (await correcting.officer.get("/corrections")).json()["items"]]


async def test_nothing_is_handed_out_while_it_is_being_corrected(correcting: Correcting) -> None:
    dossier = await correcting.lies()
    await correcting.desk_does(dossier, "corrections", WRONG)
    returned = await correcting.desk_does(dossier, "returns")
    posted = await correcting.posts(dossier, "EF000000101VN")
    can = await correcting.can(dossier)
    twice = await correcting.desk_does(dossier, "corrections", WRONG)
    await correcting.agency_does(dossier, "correct-result", RIGHT)
    early = await correcting.desk_does(dossier, "returns")
    await correcting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    handed_out = await correcting.desk_does(dossier, "returns")

    assert [one.status_code for one in (returned, posted, twice, early, handed_out)] == [409, 409, 409, 409, 200]
    assert can == {"amend"}
    shown = await correcting.shown(dossier)
    assert (shown["state"], bool(shown["correction"]["returned_at"])) == ("returned", True)
    assert "return_corrected" not in await correcting.can(dossier)


async def test_what_was_in_the_post_meanwhile_was_the_wrong_one_and_the_right_one_is_still_owed(correcting: Correcting) -> None:
    dossier = await correcting.lies(result={"way": "post"})
    await correcting.posts(dossier, "EF000000102VN")
    await correcting.at(MONDAY_MORNING + timedelta(hours=1))
    await correcting.desk_does(dossier, "corrections", WRONG)
    await correcting.agency_does(dossier, "correct-result", RIGHT)
    await correcting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    await correcting.at(MONDAY_MORNING + timedelta(hours=2))
    await correcting.reported("EF000000102VN", "delivered")
    owed = await correcting.shown(dossier)
    body = {"way": "post", "carrier": "simulator", "tracking_number": "EF000000103VN"}
    again = await correcting.desk_does(dossier, "corrected-returns", body)
    await correcting.reported("EF000000103VN", "delivered")

    assert (owed["state"], owed["correction"]["returned_at"], again.status_code) == ("returned", None, 200)
    assert await correcting.states(dossier) == {"returned"}
    assert (await correcting.messages(dossier))[-1].endswith("Mã vận đơn: EF000000103VN.")
    assert [item["state"] for item in (await correcting.shown(dossier))["postal_items"]] == ["delivered", "delivered"]


async def test_a_leader_says_why_a_result_stands_and_the_desk_goes_on_with_it(correcting: Correcting) -> None:
    dossier = await correcting.lies()
    await correcting.desk_does(dossier, "corrections", WRONG)

    officer = await correcting.agency_does(dossier, "decline-correction", {"reason": "Đúng với hồ sơ"})
    leader = await correcting.agency_does(dossier, "decline-correction", {"reason": "Đúng với hồ sơ"}, role="leader")

    assert (officer.status_code, leader.status_code, await correcting.last_words(dossier)) == (403, 200, "correction_declined")
    await correcting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    assert (await correcting.desk_does(dossier, "returns")).status_code == 200


async def test_a_result_lost_in_the_post_is_issued_again_by_itself(correcting: Correcting) -> None:
    dossier = await correcting.lies(result={"way": "post"})
    await correcting.posts(dossier, "EF000000104VN")
    await correcting.reported("EF000000104VN", "lost")
    lost = [line.split(":")[0] for line in await correcting.messages(dossier)][-1]
    nothing_to_post = await correcting.posts(dossier, "EF000000105VN")
    task = (await correcting.case(dossier))["corrections"][0]
    issued = await correcting.agency_does(dossier, "correct-result", RIGHT)
    await correcting.agency_does(dossier, "hand-over-result")
    await correcting.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    posted = await correcting.posts(dossier, "EF000000105VN")
    await correcting.reported("EF000000105VN", "delivered")

    assert (lost, nothing_to_post.status_code) == ("postal_item_lost", 409)
    assert (task["kind"], task["asked_by"]) == ("reissue", "simulator")
    assert (issued.status_code, posted.status_code, await correcting.states(dossier)) == (200, 201, {"returned"})
    assert "result_reissued" in [line.split(":")[0] for line in await correcting.messages(dossier)]
    assert (await correcting.shown(dossier))["correction"]["returned_at"]


async def test_what_was_sent_back_is_told_and_waits_at_the_desk_without_a_new_one(correcting: Correcting) -> None:
    dossier = await correcting.lies(result={"way": "post"})
    await correcting.posts(dossier, "EF000000106VN")
    await correcting.reported("EF000000106VN", "sent_back")

    assert await correcting.last_words(dossier) == "postal_item_sent_back"
    assert (await correcting.case(dossier))["corrections"] == []
    assert (await correcting.desk_does(dossier, "returns")).status_code == 200


async def test_what_is_being_corrected_is_not_asked_back_for_rework_besides(correcting: Correcting) -> None:
    dossier, other = await correcting.lies(), await correcting.lies()
    await correcting.desk_does(dossier, "corrections", WRONG)
    known = await correcting.agency_does(dossier, "request-rework", {"reason": "Sai năm sinh"}, role="leader")
    version = (await correcting.shown(other))["version"]
    await correcting.desk.post(f"/dossiers/{other}/corrections", WRONG, version=version)
    crossing = await correcting.agency_does(other, "request-rework", {"reason": "Sai năm sinh"}, role="leader")

    assert (known.status_code, crossing.status_code) == (409, 200)
    assert await correcting.states(other) == {"completed"}
    assert (await correcting.told(other, Service.INTAKE))[-2:] == ["correction.requested", "rework.declined"]
    done = await correcting.agency_does(other, "correct-result", RIGHT)
    assert done.status_code == 200


async def test_nobody_corrects_what_nobody_asked_for_and_nothing_is_asked_for_before_there_is_a_result(correcting: Correcting) -> None:
    fresh, returned = await correcting.received(), await correcting.returned()

    too_early = await correcting.desk_does(fresh, "corrections", WRONG)
    unasked = await correcting.agency_does(returned, "correct-result", RIGHT)
    nothing = await correcting.agency_does(returned, "hand-over-result")

    assert [one.status_code for one in (too_early, unasked, nothing)] == [409, 409, 409]
    assert await correcting.can(returned) == {"request_correction"}
    assert (await correcting.case(returned))["possible_actions"] == []
