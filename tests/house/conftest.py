"""All three services side by side, with one office tree and one procedure: what the house promises, it promises for each."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio

from services.intake import app as intake
from services.intake.commands import reference
from services.intake.commands.calendars import load_calendar
from services.intake.domain.catalogue_file import read_entry
from services.intake.domain.offices import read_offices
from services.notifications import app as notifications
from services.processing import app as processing
from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, OFFICIAL_CALENDAR, SIMPLE, an_application, an_entry
from tests.stack import Caller, Stack, rows

PLANS = {Service.INTAKE: intake.PLAN, Service.PROCESSING: processing.PLAN, Service.NOTIFICATIONS: notifications.PLAN}
OFFICES = "\n".join(
    [
        "code,name,parent,level,valid_from,valid_to,predecessors,sessions",
        "H27,Tỉnh,,cấp tỉnh,,,,",
        f"{DESK},Bộ phận Một cửa,H27,cấp tỉnh,,,,",
        f"{AGENCY},Sở,H27,cấp tỉnh,,,,",
        "H14,Tỉnh khác,,cấp tỉnh,,,,",
        "H14.001,Một cửa tỉnh khác,H14,cấp tỉnh,,,,",
    ]
)


@dataclass
class House:
    """The services; and for each something to ask for by name."""

    stack: Stack
    dossier: str = ""
    submission: str = ""
    message: str = ""

    def caller(self, service: Service, role: str, *offices: str) -> Caller:
        return self.stack.caller(service, role, *offices)

    async def sends(self, service: Service, method: str, path: str, **options: Any) -> httpx.Response:
        """Whatever one likes, with no token and no key."""
        async with httpx.AsyncClient(transport=self.stack.switchboard, base_url=f"http://{service}") as client:
            return await client.request(method, path, **options)

    def forgets(self) -> None:
        """What the services remember for a second of the offices and the catalogue."""
        for service in Service:
            self.stack.runtime(service).facts["offices"]._asked_at = 0.0
        catalogue = self.stack.runtime(Service.INTAKE).facts["catalogue"]
        catalogue.revision, catalogue._looked_at = -1, 0.0

    async def moves_in(self) -> None:
        await self.stack.empty()
        self.forgets()
        desk = self.stack.runtime(Service.INTAKE)
        async with desk.transaction() as tx:
            await reference.load_offices(tx, read_offices(OFFICES))
            await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8"))
            await reference.load_catalogue(tx, [read_entry(json.dumps(an_entry(SIMPLE)).encode())])
            await reference.bind(tx, AGENCY, SIMPLE, by="test")
        officer = self.caller(Service.INTAKE, "desk_officer", DESK)
        self.dossier = (await officer.post("/dossiers", an_application())).json()["id"]
        self.submission = (await officer.post("/submissions", an_application(papers=[]))).json()["id"]
        await self.stack.settle(chores=False)
        (message, *_) = await rows(self.stack.runtime(Service.NOTIFICATIONS), "select id from notifications.message")
        self.message = str(message["id"])
        self.forgets()  # offices may have been asked for while they were still arriving


@pytest_asyncio.fixture(scope="session")
async def built_house(home: Path, database_urls: dict[Service, str]) -> AsyncIterator[House]:
    stack = Stack(home)
    for service, plan in PLANS.items():
        stack.add(service, plan.create_app, plan.settings, database_urls[service])
    yield House(stack)
    await stack.close()


@pytest_asyncio.fixture(scope="module")
async def house(built_house: House) -> House:
    await built_house.moves_in()
    return built_house
