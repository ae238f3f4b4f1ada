"""A result that nobody fetches: marked, called for more and more seldom, handed out whenever somebody comes."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY
from tests.house.conftest import House
from tests.house.test_waiting import Waiting, instant, march
from tests.stack import MONDAY_MORNING

ITEM = {"carrier": "simulator", "tracking_number": "EF000000077VN"}


class Lying(Waiting):
    """A dossier whose result lies at the desk since Monday morning."""

    async def lies(self, **more: Any) -> str:
        dossier = await self.received(**more)
        leader = self.house.caller(Service.PROCESSING, "case_officer,leader", AGENCY)
        for what, body in (
            ("take-up", None),
            ("issue-decision", {"number": "1/QĐ", "signed_on": "2026-03-09", "signer": "Nguyễn Thị Hoa"}),
            ("complete", {"outcome": "granted", "document_number": "45/GP"}),
        ):
            answer = await leader.post(f"/cases/{dossier}/{what}", body, version=(await self.case(dossier))["version"])
            assert answer.is_success, answer.text
        await self.stack.settle()
        await self.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
        return dossier

    async def calls(self, dossier: str) -> int:
        return (await self.told(dossier, Service.INTAKE)).count("result.unclaimed")


@pytest_asyncio.fixture
async def lying(house: House) -> AsyncIterator[Lying]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Lying(house)
    house.stack.clock.instant = MONDAY_MORNING


async def test_after_a_month_it_is_unclaimed_in_all_three_services_and_people_are_called(lying: Lying) -> None:
    dossier = await lying.lies()
    await lying.at(MONDAY_MORNING + timedelta(days=30, minutes=-1))
    before = await lying.states(dossier)
    version = (await lying.shown(dossier))["version"]
    await lying.at(MONDAY_MORNING + timedelta(days=30))

    assert (before, await lying.states(dossier)) == ({"completed"}, {"unclaimed"})
    shown = await lying.shown(dossier)
    assert (shown["version"], shown["label"]) == (version + 1, "Chờ nhận kết quả (đã nhắc)")
    assert (await lying.messages(dossier))[-1].startswith("result_unclaimed:")


async def test_it_is_called_for_more_and_more_seldom_and_after_two_years_no_more(lying: Lying) -> None:
    dossier = await lying.lies()
    calls = {}
    for day in (30, 59, 60, 119, 120, 240, 480, 960, 1920):
        await lying.at(MONDAY_MORNING + timedelta(days=day))
        calls[day] = await lying.calls(dossier)

    assert calls == {30: 1, 59: 1, 60: 2, 119: 2, 120: 3, 240: 4, 480: 5, 960: 5, 1920: 5}
    assert await lying.states(dossier) == {"unclaimed"}


@pytest.mark.parametrize(
    ("way", "path", "body", "state"),
    [
        ("desk", "returns", {"identity_paper": "identity_card"}, "returned"),
        ("desk", "returns", {"way": "online", "reference": "sha256:9f86d081"}, "unclaimed"),
        ("post", "postal-items", ITEM, "in_post"),
    ],
)
async def test_what_was_unclaimed_is_handed_out_as_from_the_start(
    lying: Lying, way: str, path: str, body: dict[str, Any], state: str
) -> None:
    dossier = await lying.lies(result={"way": way})
    await lying.at(MONDAY_MORNING + timedelta(days=31))

    answer = await lying.desk_does(dossier, path, body)

    assert answer.is_success, answer.text
    assert await lying.states(dossier) == {state}
    await lying.at(MONDAY_MORNING + timedelta(days=70))
    assert await lying.calls(dossier) == (2 if state == "unclaimed" else 1)


async def test_whoever_gets_the_result_online_is_not_called_to_the_desk(lying: Lying) -> None:
    dossier = await lying.lies(result={"way": "online"})
    await lying.at(MONDAY_MORNING + timedelta(days=31))

    assert (await lying.states(dossier), await lying.calls(dossier)) == ({"completed"}, 0)


async def test_a_month_begins_when_the_post_brought_it_back(lying: Lying) -> None:
    dossier = await lying.lies(result={"way": "post"})
    await lying.desk_does(dossier, "postal-items", ITEM | {"tracking_number": "EF000000078VN"})
    await lying.at(march(20, 9))
    report = {"tracking_number": "EF000000078VN", "code": "sent_back", "at": "2026-03-20T09:00:00+07:00"}
    await carrier_reports(lying, report)
    came_back = await lying.shown(dossier)
    await lying.at(march(20, 9) + timedelta(days=29))
    early = await lying.calls(dossier)
    await lying.at(march(20, 9) + timedelta(days=30))

    assert (came_back["state"], instant(came_back["result_at_desk_at"])) == ("completed", march(20, 9))
    assert (early, await lying.calls(dossier), await lying.states(dossier)) == (0, 1, {"unclaimed"})


async def carrier_reports(waiting: Waiting, report: dict[str, Any]) -> None:
    body = json.dumps(report).encode()
    signed = waiting.stack.runtime(Service.INTAKE).facts["carrier_signers"]["simulator"].sign(body)
    headers = {"content-type": "application/json"} | signed
    answer = await waiting.house.sends(Service.INTAKE, "POST", "/v1/postal-events/simulator", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    await waiting.stack.settle()
