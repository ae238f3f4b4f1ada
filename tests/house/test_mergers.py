"""Offices that are merged away: their successors see, act, assign and return what they had; new dossiers are the successors' alone."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest_asyncio

from services.intake.commands import reference
from services.intake.domain.offices import read_offices
from services.processing.staff import StaffCache
from shared.clock import VIETNAM
from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, SIMPLE, an_application
from tests.house.conftest import House
from tests.stack import MONDAY_MORNING, Caller

NEW_DESK, NEW_AGENCY = "H27.002", "H27.031"
TUESDAY = datetime(2026, 3, 10, 8, 0, tzinfo=VIETNAM)
MERGED = "\n".join(
    [
        "code,name,parent,level,valid_from,valid_to,predecessors,sessions",
        f"{DESK},Bộ phận Một cửa,H27,cấp tỉnh,,2026-03-09,,",
        f"{AGENCY},Sở,H27,cấp tỉnh,,2026-03-09,,",
        f"{NEW_DESK},Trung tâm Phục vụ hành chính công,H27,cấp tỉnh,2026-03-10,,{DESK},",
        f"{NEW_AGENCY},Sở hợp nhất,H27,cấp tỉnh,2026-03-10,,{AGENCY},",
    ]
)


class Merged:
    """A dossier received on Monday; on Tuesday its desk and its agency are others."""

    def __init__(self, house: House) -> None:
        self.house, self.stack = house, house.stack
        self.desk = house.caller(Service.INTAKE, "desk_officer", NEW_DESK)
        self.officer = house.caller(Service.PROCESSING, "case_officer", NEW_AGENCY)
        self.leader = house.caller(Service.PROCESSING, "leader,administrator", NEW_AGENCY)
        self.dossier = self.code = ""

    async def on_monday(self) -> None:
        receiver = self.house.caller(Service.INTAKE, "desk_officer", DESK)
        received = (await receiver.post("/dossiers", an_application())).json()
        self.dossier, self.code = received["id"], received["code"]
        await self.stack.settle()

    async def on_tuesday(self) -> None:
        self.stack.clock.set(TUESDAY)
        async with self.stack.runtime(Service.INTAKE).transaction() as tx:
            await reference.load_offices(tx, read_offices(MERGED))
        await self.stack.settle()
        self.house.forgets()

    async def does(self, who: Caller, what: str, body: Any = None) -> Any:
        path = f"/{'dossiers' if who is self.desk else 'cases'}/{self.dossier}"
        version = (await who.get(path)).json()["version"]
        answer = await who.post(f"{path}/{what}", body, version=version)
        assert answer.is_success, answer.text
        await self.stack.settle()
        return answer.json()


@pytest_asyncio.fixture
async def merged(built_house: House) -> AsyncIterator[Merged]:
    built_house.stack.clock.instant = MONDAY_MORNING
    await built_house.moves_in()
    built_house.stack.runtime(Service.PROCESSING).facts["staff"] = StaffCache(seconds=-1.0)
    merged = Merged(built_house)
    await merged.on_monday()
    await merged.on_tuesday()
    yield merged
    built_house.stack.clock.instant = MONDAY_MORNING


async def test_the_successors_carry_a_dossier_of_the_merged_offices_to_its_end(merged: Merged) -> None:
    worklist = (await merged.officer.get("/worklist")).json()["items"]
    await merged.does(merged.desk, "hand-overs", {"to_office": NEW_AGENCY})
    await merged.does(merged.officer, "take-over-papers")
    await merged.does(merged.officer, "take-up")
    await merged.does(merged.officer, "complete", {"outcome": "refused", "reasons": "Không đủ điều kiện"})
    await merged.does(merged.officer, "hand-over-result")
    await merged.does(merged.desk, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    returned = await merged.does(merged.desk, "returns", {"identity_paper": "identity_card"})

    assert merged.dossier in {line["id"] for line in worklist}
    assert returned["state"] == "returned"
    assert merged.code.startswith(f"{AGENCY}-260309-")
    assert (await merged.officer.get(f"/cases/{merged.code}")).json()["state"] == "returned"


async def test_cases_of_the_merged_office_are_assigned_as_its_successor_says(merged: Merged) -> None:
    registered = {"name": "Lan", "office": AGENCY, "roles": ["case_officer"]}  # nobody has told the registry of the merger yet
    await merged.leader.put("/officers/lan", registered)

    await merged.leader.put(f"/offices/{NEW_AGENCY}/assigning", {"rules": [{"method": "round_robin"}]})
    await merged.stack.settle()

    shown = (await merged.officer.get(f"/cases/{merged.dossier}")).json()
    assert shown["assigned"]["name"] == "Lan"


async def test_the_merged_offices_receive_nothing_new_and_name_who_does(merged: Merged) -> None:
    old = merged.house.caller(Service.INTAKE, "desk_officer", DESK)
    administrator = merged.house.caller(Service.INTAKE, "administrator", "H27")

    at_the_old_desk = await old.post("/dossiers", an_application())
    for_the_old_agency = await merged.desk.post("/dossiers", an_application())
    await administrator.put(f"/offices/{NEW_AGENCY}/procedures/{SIMPLE}")
    merged.house.forgets()
    for_the_new = await merged.desk.post("/dossiers", an_application(competent_office=NEW_AGENCY))

    assert (at_the_old_desk.status_code, for_the_old_agency.status_code) == (404, 404)
    assert f"passed to {NEW_DESK} Trung tâm Phục vụ hành chính công" in at_the_old_desk.json()["detail"]
    assert f"passed to {NEW_AGENCY} Sở hợp nhất" in for_the_old_agency.json()["detail"]
    assert (for_the_new.status_code, for_the_new.json()["code"][:7]) == (201, NEW_AGENCY)


async def test_who_still_carries_a_token_of_the_merged_office_sees_only_what_was_its(merged: Merged) -> None:
    old = merged.house.caller(Service.PROCESSING, "case_officer", AGENCY)

    assert (await old.get(f"/cases/{merged.dossier}")).status_code == 200
    assert (await old.get(f"/worklist/counts?office={NEW_AGENCY}")).json()["by_office"].keys() <= {AGENCY}
