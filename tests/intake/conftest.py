"""The desk alone, with the demo's catalogue, offices and calendar; the agency and the carriers are played by hand."""

import csv
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.intake.app import create_app
from services.intake.catalogue import Catalogue
from services.intake.commands import reference
from services.intake.commands.calendars import load_calendar
from services.intake.domain.catalogue_file import Entry, read_catalogue, read_entry
from services.intake.domain.choices import PlainDay
from services.intake.domain.offices import read_offices
from services.intake.settings import IntakeSettings
from shared.contracts.peers import Service
from shared.runtime import Runtime
from tests.builders import AGENCY, DESK, OFFICIAL_CALENDAR, PROVINCE, PlayedPeer, an_application
from tests.stack import MONDAY_MORNING, Caller, Stack, forget, rows

DATA = Path(__file__).parents[2] / "demo" / "data"
REFERENCE = {"office", "procedure", "procedure_version", "competence", "calendar", "calendar_version", "catalogue_revision", "name_word"}


@cache
def published() -> tuple[Entry, ...]:
    return read_catalogue((DATA / "procedures.yaml").read_bytes())


@dataclass
class Desk:
    """The service, an officer at it, and those who are played: the agency, the carrier."""

    stack: Stack
    url: str
    agency: PlayedPeer = field(init=False)

    def __post_init__(self) -> None:
        self.agency = PlayedPeer(self.stack, Service.PROCESSING, Service.INTAKE)

    @property
    def clock(self) -> Any:
        return self.stack.clock

    @property
    def runtime(self) -> Runtime:
        return self.stack.runtime(Service.INTAKE)

    def caller(self, role: str, *offices: str, **claims: Any) -> Caller:
        return self.stack.caller(Service.INTAKE, role, *offices, **claims)

    @cached_property
    def officer(self) -> Caller:
        return self.caller("desk_officer", DESK, name="Lê Thị Tiếp Nhận")

    @cached_property
    def portal(self) -> Caller:
        return self.caller("portal", PROVINCE)

    @cached_property
    def administrator(self) -> Caller:
        return self.caller("administrator", PROVINCE)

    @cached_property
    def anyone(self) -> httpx.AsyncClient:
        """No token."""
        return httpx.AsyncClient(transport=self.stack.switchboard, base_url="http://intake/v1")

    def officer_of(self, procedure: str) -> Caller:
        """Someone at the one-stop desk of the province that decides a procedure of the demo."""
        province = competence()[procedure].partition(".")[0]
        return self.caller("desk_officer", f"{province}.001")

    async def receives(self, procedure: str = "", *, by: Caller | None = None, **changed: Any) -> dict[str, Any]:
        body = an_application(**({"procedure": procedure} if procedure else {}), **changed)
        answer = await (by or self.officer).post("/dossiers", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def shows(self, dossier: object) -> dict[str, Any]:
        answer = await self.officer.get(f"/dossiers/{dossier}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tries(
        self, dossier: object, path: str, body: Any = None, *, under: str = "dossiers", by: Caller | None = None
    ) -> httpx.Response:
        """A move that decides on the version just read."""
        version = (await self.shows(dossier))["version"]
        return await (by or self.officer).post(f"/{under}/{dossier}/{path}", body, version=version)

    async def does(self, dossier: object, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        answer = await self.tries(dossier, path, body, **more)
        assert answer.is_success, answer.text
        return answer.json()

    async def carrier_reports(self, tracking_number: str, code: str, *, at: str, **more: Any) -> str:
        """What the report did."""
        answer = await self.carrier_sends({"tracking_number": tracking_number, "code": code, "at": at, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["effect"]

    async def carrier_sends(self, report: dict[str, Any], **changed: str) -> httpx.Response:
        body = json.dumps(report).encode()
        signed = self.runtime.facts["carrier_signers"]["simulator"].sign(body)
        headers = {"content-type": "application/json"} | signed | changed
        return await self.anyone.post("/postal-events/simulator", content=body, headers=headers)

    async def publishes(
        self, *entries: dict[str, Any], offices: Sequence[str] = (AGENCY,), valid_from: date | None = None, plain_day: str = "calendar"
    ) -> reference.Loaded:
        """Entries loaded as the operator's command does, each decided by `offices`."""
        read = [read_entry(json.dumps(entry).encode()) for entry in entries]
        async with self.runtime.transaction() as tx:
            loaded = await reference.load_catalogue(tx, read, plain_day=PlainDay(plain_day), valid_from=valid_from)
            for entry in read:
                for office in offices:
                    await reference.bind(tx, office, entry.key, by="test")
        await self.looks_at_the_catalogue()
        return loaded

    async def looks_at_the_catalogue(self) -> None:
        """What lies in memory is looked at once a second; tests do not wait."""
        async with self.runtime.transaction() as tx:
            await self.runtime.facts["catalogue"].look(tx, now=True)

    async def rows(self, query: str, **values: Any) -> list[Any]:
        return await rows(self.runtime, query, **values)

    async def count(self, table: str) -> int:
        return (await self.rows(f"select count(*) as n from intake.{table}"))[0]["n"]

    async def told(self, dossier: object) -> list[str]:
        """What the desk told its peers about a dossier, in order."""
        found = await self.rows("select type from intake.event where subject = :s order by sequence", s=str(dossier))
        return [row["type"].removeprefix("vn.motcua.").removesuffix(".v1") for row in found]

    async def forgets(self) -> None:
        """All but the reference data, which is the same for every test."""
        await forget(self.runtime, keeping=REFERENCE | {"alembic_version"})
        self.agency.told.clear()
        self.clock.instant = MONDAY_MORNING

    async def has_its_catalogue(self) -> None:
        """Load what another module's tests may have emptied."""
        if await self.count("competence") >= len(competence()):
            return
        self.runtime.facts["catalogue"] = Catalogue()
        self.runtime.facts["offices"]._asked_at = 0.0
        async with self.runtime.transaction() as tx:
            await reference.load_offices(tx, read_offices((DATA / "offices.csv").read_text("utf-8")))
            await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8"))
            await reference.load_catalogue(tx, published())
            for procedure, office in competence().items():
                await reference.bind(tx, office, procedure, by="test")


@cache
def competence() -> dict[str, str]:
    with (DATA / "competence.csv").open(encoding="utf-8") as file:
        return {row["procedure"]: row["office"] for row in csv.DictReader(file)}


@pytest_asyncio.fixture(scope="session")
async def running_desk(home: Path, database_urls: dict[Service, str]) -> AsyncIterator[Desk]:
    stack = Stack(home)
    stack.add(Service.INTAKE, create_app, IntakeSettings, database_urls[Service.INTAKE])
    yield Desk(stack, database_urls[Service.INTAKE])
    await stack.close()


@pytest.fixture
async def desk(running_desk: Desk) -> Desk:
    await running_desk.has_its_catalogue()
    await running_desk.forgets()
    return running_desk
