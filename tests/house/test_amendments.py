"""A slip of the pen is set right wherever the dossier is, and everyone who must know it does: through all three services."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import APPLICANT, DESK, an_application
from tests.house.conftest import House
from tests.house.test_unclaimed import ITEM, Lying
from tests.stack import MONDAY_MORNING, rows

RIGHT = APPLICANT | {"phone": "0987654321"}


class Amending(Lying):
    async def amends(self, dossier: str, *, reason: str = "Ghi nhầm số điện thoại", supervisor: bool = False, **body: Any) -> Any:
        who = self.house.caller(Service.INTAKE, "desk_officer,supervisor", DESK) if supervisor else self.desk
        version = (await self.shown(dossier))["version"]
        answer = await who.post(f"/dossiers/{dossier}/amendments", body | {"reason": reason}, version=version)
        await self.stack.settle()
        return answer

    async def sms(self, dossier: str) -> list[tuple[str, str, str]]:
        query = "select template, recipient, state from notifications.message where dossier_id = :id and channel = 'sms' order by number"
        found = await rows(self.stack.runtime(Service.NOTIFICATIONS), query, id=dossier)
        return [(row["template"], row["recipient"], row["state"]) for row in found]


@pytest_asyncio.fixture
async def amending(house: House) -> AsyncIterator[Amending]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Amending(house)
    house.stack.clock.instant = MONDAY_MORNING


async def test_the_desk_corrects_a_number_while_the_agency_works_and_the_state_stays(amending: Amending) -> None:
    dossier = await amending.received()
    await amending.officer.post(f"/cases/{dossier}/take-up", version=1)
    await amending.stack.settle()

    answer = await amending.amends(dossier, applicant=RIGHT)

    assert (answer.status_code, answer.json()["state"], set(answer.json())) == (200, "in_progress", {"id", "code", "state", "version"})
    assert await amending.states(dossier) == {"in_progress"}
    shown, case = await amending.shown(dossier), await amending.case(dossier)
    assert shown["people"][0]["phone"] == case["people"][0]["phone"] == "+84987654321"
    assert (await amending.told(dossier, Service.INTAKE))[-1] == "dossier.amended"


async def test_what_had_not_left_for_the_wrong_number_goes_to_the_right_one(amending: Amending) -> None:
    dossier = await amending.received()

    await amending.amends(dossier, applicant=RIGHT)

    assert await amending.sms(dossier) == [
        ("dossier_received", "+84912345678", "expired"),
        ("dossier_received", "+84987654321", "queued"),
        ("dossier_amended", "+84987654321", "queued"),
    ]
    lines = (await amending.desk.get(f"/dossiers/{dossier}/timeline")).json()["lines"]
    assert "sms: dossier_received (the address was corrected)" in [line["note"] for line in lines]


async def test_who_has_no_number_any_more_is_written_to_no_number(amending: Amending) -> None:
    dossier = await amending.received()

    await amending.amends(dossier, applicant={name: value for name, value in APPLICANT.items() if name != "phone"})

    assert await amending.sms(dossier) == [("dossier_received", "+84912345678", "expired")]


async def test_a_number_that_stays_keeps_its_messages(amending: Amending) -> None:
    dossier = await amending.received()

    await amending.amends(dossier, applicant=APPLICANT | {"address": "Tổ 2, phường Thục Phán"})

    assert [state for _, _, state in await amending.sms(dossier)] == ["queued", "queued"]


async def test_the_first_receipt_stays_and_the_amended_one_says_that_it_is_one(amending: Amending) -> None:
    dossier = await amending.received()
    first = (await amending.shown(dossier))["receipt"]

    await amending.amends(dossier, result={"way": "post"}, reason="Ghi nhầm cách nhận")
    await amending.stack.settle()
    await amending.amends(dossier, applicant=RIGHT)

    shown = await amending.shown(dossier)
    assert (shown["receipt"], shown["receipt"]["result_way"]) == (first, "desk")
    one, two = shown["amendments"]
    assert (one["number"], one["changed"], one["reason"]) == (1, ["result.way"], "Ghi nhầm cách nhận")
    assert one["receipt"] == first | {"result_way": "post", "amended": {"number": 1, "at": MONDAY_MORNING.isoformat()}}
    assert (two["changed"], two["receipt"]["result_way"], two["receipt"]["amended"]["number"]) == (["applicant.phone"], "post", 2)
    kept = await rows(amending.stack.runtime(Service.INTAKE), "select people_before from intake.amendment where number = 2")
    assert kept[0]["people_before"][0]["phone"] == "+84912345678"


async def test_the_way_back_that_was_corrected_is_the_one_that_counts(amending: Amending) -> None:
    dossier = await amending.received(result={"way": "online"})

    await amending.amends(dossier, result={"way": "desk"})

    assert (await amending.case(dossier))["result_wanted"]["way"] == "desk"
    found = await rows(
        amending.stack.runtime(Service.NOTIFICATIONS), "select return_way from notifications.subject where id = :d", d=dossier
    )
    assert found[0]["return_way"] == "desk"


async def test_who_is_to_fetch_it_after_all_is_called_for_it(amending: Amending) -> None:
    dossier = await amending.lies(result={"way": "online"})
    await amending.at(MONDAY_MORNING + timedelta(days=40))
    await amending.amends(dossier, result={"way": "desk"})
    await amending.at(MONDAY_MORNING + timedelta(days=80))

    assert (await amending.states(dossier), await amending.calls(dossier)) == ({"unclaimed"}, 1)


async def test_another_name_and_another_number_are_another_person_unless_a_supervisor_says_otherwise(amending: Amending) -> None:
    dossier = await amending.received()
    other = APPLICANT | {"name": "Nông Văn Khác", "identity_number": "004190000009"}

    refused = await amending.amends(dossier, applicant=other)
    allowed = await amending.amends(dossier, applicant=other, supervisor=True)

    assert (refused.status_code, refused.json()["code"]) == (409, "action_not_allowed")
    assert allowed.status_code == 200


async def test_a_submission_is_amended_too_and_has_no_receipt_to_print(amending: Amending) -> None:
    pushed = (await amending.desk.post("/submissions", an_application(papers=[]))).json()["id"]
    await amending.stack.settle()

    answer = await amending.amends(pushed, applicant=RIGHT)

    assert answer.status_code == 200
    assert [line["receipt"] for line in (await amending.shown(pushed))["amendments"]] == [None]
    parked = await rows(amending.stack.runtime(Service.INTAKE), "select count(*) as n from intake.delivery")
    assert parked[0]["n"] == 0


async def test_what_is_over_on_its_way_or_the_same_is_not_amended(amending: Amending) -> None:
    dossier = await amending.lies(result={"way": "post"})
    same = await amending.amends(dossier, applicant=APPLICANT)
    nowhere = await amending.amends(dossier, applicant={name: value for name, value in APPLICANT.items() if name != "address"})
    await amending.desk_does(dossier, "postal-items", ITEM | {"tracking_number": "EF000000079VN"})
    on_its_way = await amending.amends(dossier, result={"way": "desk"})
    number = await amending.amends(dossier, applicant=RIGHT)
    other = await amending.lies()
    await amending.desk_does(other, "returns")
    over = await amending.amends(other, applicant=RIGHT)

    assert [one.status_code for one in (same, nowhere, on_its_way, number, over)] == [422, 422, 409, 200, 409]


@pytest.mark.parametrize("wish", [{"way": "online"}, {"way": "desk", "electronic_only": True}])
async def test_what_is_owed_on_paper_is_not_written_off_once_the_electronic_result_was_delivered(
    amending: Amending, wish: dict[str, Any]
) -> None:
    dossier = await amending.lies()
    await amending.desk_does(dossier, "returns", {"way": "online", "reference": "sha256:9f86d081"})

    answer = await amending.amends(dossier, result=wish)

    assert answer.status_code == 409
