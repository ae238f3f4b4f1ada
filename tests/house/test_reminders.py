"""The desk that watches over a dossier asks the agency how it stands: heard there, once a day, in both journals."""

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import DESK, an_application
from tests.house.conftest import House
from tests.house.test_waiting import Waiting, march
from tests.stack import MONDAY_MORNING


@pytest_asyncio.fixture
async def waiting(built_house: House) -> AsyncIterator[Waiting]:
    built_house.stack.clock.instant = MONDAY_MORNING
    await built_house.moves_in()
    yield Waiting(built_house)
    built_house.stack.clock.instant = MONDAY_MORNING


async def test_the_supervising_desk_reminds_the_agency_once_a_day(waiting: Waiting) -> None:
    dossier = await waiting.received()
    version = (await waiting.case(dossier))["version"]

    first = await waiting.desk.post(f"/dossiers/{dossier}/reminders", {"note": "Người dân hỏi tiến độ"})
    again = await waiting.desk.post(f"/dossiers/{dossier}/reminders")
    await waiting.at(march(10, 8))
    next_day = await waiting.desk.post(f"/dossiers/{dossier}/reminders")
    await waiting.stack.settle()

    assert (first.status_code, again.status_code, next_day.status_code) == (202, 409, 202)
    assert "today" in again.json()["detail"]
    assert "remind" not in {one["action"] for one in again.json()["possible_actions"]}
    case = await waiting.case(dossier)
    assert (case["reminders"], case["reminded_at"], case["version"]) == (2, "2026-03-10T08:00:00+07:00", version)
    assert [(line["note"], line["office"]) for line in case["journal"] if line["action"] == "remind"] == [
        ("Người dân hỏi tiến độ", DESK),
        (None, DESK),
    ]
    timeline = (await waiting.desk.get(f"/dossiers/{dossier}/timeline")).json()["lines"]
    assert [line["action"] for line in timeline].count("remind") == 2
    listed = (await waiting.officer.get("/worklist")).json()["items"]
    assert {line["id"]: line["reminders"] for line in listed}[dossier] == 2


async def test_of_two_who_remind_at_once_one_is_heard(waiting: Waiting) -> None:
    dossier = await waiting.received()

    answers = await asyncio.gather(*(waiting.desk.post(f"/dossiers/{dossier}/reminders") for _ in range(3)))
    await waiting.stack.settle()

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409]
    assert (await waiting.case(dossier))["reminders"] == 1


async def test_an_office_that_neither_received_it_nor_watches_over_it_does_not_remind(waiting: Waiting) -> None:
    province = waiting.house.caller(Service.INTAKE, "supervisor", "H27")
    other = waiting.house.caller(Service.INTAKE, "supervisor", "H14.001")
    received = await waiting.desk.post("/dossiers", an_application(supervising_office="H27", returning_office="H14.001"))
    assert received.status_code == 201, received.text
    await waiting.stack.settle()
    path = f"/dossiers/{received.json()['id']}/reminders"

    assert [(await who.post(path)).status_code for who in (other, province)] == [403, 202]


async def test_what_is_done_is_not_asked_for(waiting: Waiting) -> None:
    dossier = await waiting.received()
    for action, body in (("take-up", {}), ("complete", {"outcome": "refused", "reasons": "Không đủ điều kiện"})):
        version = (await waiting.case(dossier))["version"]
        await waiting.officer.post(f"/cases/{dossier}/{action}", body, version=version)
    await waiting.stack.settle()

    answer = await waiting.desk.post(f"/dossiers/{dossier}/reminders")

    assert (answer.status_code, "while the dossier is completed" in answer.json()["detail"]) == (409, True)
