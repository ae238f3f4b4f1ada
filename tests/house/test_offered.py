"""What is listed as possible is possible: for this caller, today."""

from datetime import timedelta
from typing import Any

import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY, PROVINCE
from tests.house.test_waiting import MISSING, Waiting, instant, march, waiting
from tests.house.test_wishes import GROUND, Agency
from tests.stack import Caller

__all__ = ["waiting"]


@pytest_asyncio.fixture
async def agency(waiting: Waiting) -> Agency:
    return Agency(waiting)


def offered(shown: dict[str, Any]) -> set[str]:
    return {action["action"] for action in shown["possible_actions"]}


async def in_work(agency: Agency) -> str:
    dossier = await agency.waiting.received()
    await agency.does(dossier, "take-up")
    return dossier


async def sees(who: Caller, dossier: str) -> set[str]:
    return offered((await who.get(f"/cases/{dossier}")).json())


async def test_a_portal_is_not_offered_to_remind_the_agency(waiting: Waiting) -> None:
    dossier = await waiting.received()
    portal = waiting.house.caller(Service.INTAKE, "portal", PROVINCE)

    shown = offered((await portal.get(f"/dossiers/{dossier}")).json())
    reminded = await portal.post(f"/dossiers/{dossier}/reminders")

    assert shown == {"ask_withdrawal"}
    assert reminded.status_code == 403


async def test_who_proposed_a_stop_is_not_offered_to_be_the_second_person(agency: Agency) -> None:
    dossier = await in_work(agency)
    await agency.does(dossier, "propose-stop", GROUND)
    second = agency.waiting.stack.caller(Service.PROCESSING, "leader", AGENCY, name="Lê Thị Lan")

    assert "stop" not in await sees(agency.leader, dossier)
    assert "stop" in await sees(second, dossier)
    assert (await agency.does(dossier, "stop", by=agency.leader)).status_code == 409


async def test_a_second_supplement_is_offered_to_supervisors_only(agency: Agency) -> None:
    waiting, dossier = agency.waiting, await in_work(agency)
    before = await sees(waiting.officer, dossier)
    await waiting.asks(dossier)
    await waiting.brings(dossier)
    await waiting.desk_does(dossier, "supplement-acceptances")

    assert "return_for_supplement" in before
    assert "return_for_supplement" not in await sees(waiting.officer, dossier)
    assert "return_for_supplement" in await sees(waiting.supervisor, dossier)


async def test_a_supplement_after_three_working_days_is_offered_to_supervisors_only(agency: Agency) -> None:
    waiting, dossier = agency.waiting, await in_work(agency)
    waiting.stack.clock.set(march(12, 23, 59))
    in_time = await sees(waiting.officer, dossier)
    waiting.stack.clock.set(march(13, 8))

    assert "return_for_supplement" in in_time
    assert "return_for_supplement" not in await sees(waiting.officer, dossier)
    assert "return_for_supplement" in await sees(waiting.supervisor, dossier)
    assert "due by" in (await agency.does(dossier, "return-for-supplement", MISSING, by=waiting.officer)).json()["detail"]


async def test_an_extension_is_offered_while_it_is_in_time_and_a_second_apology_to_supervisors(agency: Agency) -> None:
    waiting, dossier = agency.waiting, await in_work(agency)
    in_time = await sees(agency.leader, dossier)
    promised = instant((await waiting.case(dossier))["appointment_at"])
    waiting.stack.clock.set(promised)
    late = await sees(agency.leader, dossier)
    new = {"appointment_at": (promised + timedelta(days=7)).isoformat(), "reason": "Cần xác minh thực địa"}
    await agency.does(dossier, "apologise", new)
    head = waiting.house.caller(Service.PROCESSING, "leader,supervisor", AGENCY)

    assert {"extend", "apologise"} <= in_time
    assert late & {"extend", "apologise"} == {"apologise"}
    assert "apologise" not in await sees(agency.leader, dossier)
    assert "apologise" in await sees(head, dossier)
