"""The agency alone; intake is played by hand: it signs, numbers its events and brings them to the door."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.processing.app import create_app
from services.processing.settings import ProcessingSettings
from shared import wire
from shared.contracts.events import CalendarPublished, DossierReceived, Event, OfficePublished, ProcedurePublished, ProcedureRef
from shared.contracts.peers import Service
from shared.contracts.people import Channel, Offices, Part, Person, ReturnWish
from shared.ids import uuid7
from shared.wire import Envelope
from tests.builders import OFFICIAL_CALENDAR
from tests.stack import MONDAY_MORNING, Caller, Stack, rows

PROVINCE, DESK, AGENCY, ELSEWHERE = "H50", "H50.01", "H50.02", "H50.03"
OFFICES = Offices(receiving=DESK, competent=AGENCY, supervising=PROVINCE, returning=DESK)
PROCEDURE_VERSION, CALENDAR_VERSION = uuid7(), uuid7()
APPLICANT = Person(part=Part.APPLICANT, name="Lê Thị Mai", identity_number="001122334455", phone="0900000001")


def a_step(seq: int, actor: str, **allotted: Any) -> dict[str, Any]:
    return {"seq": seq, "printed_no": str(seq), "actor": actor, "action": f"Việc {seq}", "allotted": allotted}


def days(amount: float) -> dict[str, Any]:
    return {"kind": "fixed", "amount": amount, "unit": "working_day", "text": f"{amount} ngày làm việc"}


# Three working days, and the return of the result, which is not counted.
PROCEDURE = {
    "id": "X-1",
    "name": "Cấp giấy phép",
    "processes": [
        {
            "steps_complete": True,
            "total": {"kind": "fixed", "amount": 3, "unit": "working_day", "text": "03 ngày làm việc"},
            "steps": [
                a_step(1, "Bộ phận Một cửa", **days(0.5)),
                a_step(2, "Chuyên viên", **days(2)),
                a_step(3, "Lãnh đạo", **days(0.5)),
                a_step(4, "Bộ phận Một cửa", kind="not_counted", text="Không tính thời gian"),
            ],
        }
    ],
}


def a_dossier(**changed: Any) -> DossierReceived:
    """Received on Monday at eight, promised for Thursday at eight."""
    told: dict[str, Any] = {
        "code": f"H50.01-260309-{uuid7().hex[-6:]}",
        "procedure": ProcedureRef(key="X-1", version_id=PROCEDURE_VERSION, name="Cấp giấy phép", code="1.000001"),
        "offices": OFFICES,
        "channel": Channel.DESK,
        "accepted_at": MONDAY_MORNING,
        "appointment_at": MONDAY_MORNING + timedelta(days=3),
        "limit_text": "03 ngày làm việc",
        "calendar_version": CALENDAR_VERSION,
        "received_by": "Cán bộ tiếp nhận",
        "result_wanted": ReturnWish(),
        "people": (APPLICANT,),
        "process": 0,
    }
    return DossierReceived(**told | changed)


@dataclass
class Desk:
    """Plays intake, or another peer."""

    stack: Stack
    source: str = "intake"
    sequences: Counter[str] = field(default_factory=Counter)

    def envelope(self, subject: object, event: Event, *, sequence: int | None = None, seen: dict[str, int] | None = None) -> Envelope:
        if sequence is None:
            self.sequences[str(subject)] += 1
        number = sequence or self.sequences[str(subject)]
        data = event.model_dump(mode="json", exclude_none=True)
        return Envelope(uuid7(), event.type, self.source, str(subject), number, seen or {}, self.stack.clock.now(), None, data)

    async def brings(self, *envelopes: Envelope) -> httpx.Response:
        return await self.brings_body([wire.write(envelope) for envelope in envelopes])

    async def brings_body(self, clouds: list[dict[str, Any]], **changed: str) -> httpx.Response:
        body = json.dumps(clouds).encode()
        headers = {"content-type": wire.BATCH} | self.stack.runtime(Service.PROCESSING).signer.sign(body) | changed
        async with httpx.AsyncClient(transport=self.stack.switchboard) as client:
            return await client.post("http://processing/events", content=body, headers=headers)

    async def tells(self, subject: object, event: Event, **more: Any) -> None:
        """An event that is taken."""
        answer = await self.brings(self.envelope(subject, event, **more))
        assert answer.status_code == 204, answer.text

    async def publishes(self) -> None:
        """The reference data every dossier of these tests was received under."""
        procedure = ProcedurePublished(version_id=PROCEDURE_VERSION, key="X-1", number=1, plain_day="calendar", content=PROCEDURE)
        calendar = CalendarPublished(
            version_id=CALENDAR_VERSION, key="national", number=1, rows=OFFICIAL_CALENDAR.read_text("utf-8"), published_at=MONDAY_MORNING
        )
        offices = [(code, None if code == PROVINCE else PROVINCE) for code in (PROVINCE, DESK, AGENCY, ELSEWHERE)]
        answer = await self.brings(
            self.envelope("X-1", procedure),
            self.envelope("calendar:national", calendar),
            *(
                self.envelope(f"office:{code}", OfficePublished(code=code, name=code, parent=parent, level="cấp xã"))
                for code, parent in offices
            ),
        )
        assert answer.status_code == 204, answer.text

    async def receives(self, **changed: Any) -> UUID:
        """A dossier that has become a case."""
        dossier_id = uuid7()
        await self.tells(dossier_id, a_dossier(**changed))
        return dossier_id


@dataclass
class Staff:
    """An officer of the agency at work; each move names the version just read."""

    caller: Caller

    async def sees(self, case: object) -> dict[str, Any]:
        answer = await self.caller.get(f"/cases/{case}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tries(
        self, case: object, action: str, body: Any = None, *, version: int | None = None, key: str | None = None
    ) -> httpx.Response:
        seen = version if version is not None else (await self.sees(case))["version"]
        return await self.caller.post(f"/cases/{case}/{action}", body, version=seen, key=key)

    async def does(self, case: object, action: str, body: Any = None) -> dict[str, Any]:
        answer = await self.tries(case, action, body)
        assert answer.status_code == 200, answer.text
        return answer.json()


DECISION = {"number": "12/QĐ", "signed_on": "2026-03-09", "signer": "Nguyễn Văn An"}


@pytest_asyncio.fixture(scope="session")
async def agency_service(home: Path, database_urls: dict[Service, str]) -> AsyncIterator[Stack]:
    stack = Stack(home)
    stack.add(Service.PROCESSING, create_app, ProcessingSettings, database_urls[Service.PROCESSING])
    yield stack
    await stack.close()


@pytest_asyncio.fixture
async def stack(agency_service: Stack) -> AsyncIterator[Stack]:
    agency_service.clock.instant = MONDAY_MORNING
    await agency_service.empty()
    agency_service.runtime(Service.PROCESSING).facts["offices"]._asked_at = 0.0  # what was emptied is not remembered
    agency_service.runtime(Service.PROCESSING).facts["staff"].seconds = -1.0  # nor is what a test has just registered waited for
    yield agency_service


@pytest.fixture
def intake(stack: Stack) -> Desk:
    return Desk(stack)


@pytest_asyncio.fixture
async def desk(intake: Desk) -> Desk:
    await intake.publishes()
    return intake


def staff(stack: Stack, role: str, *offices: str, **claims: Any) -> Staff:
    return Staff(stack.caller(Service.PROCESSING, role, *offices, **claims))


@pytest.fixture
def officer(stack: Stack) -> Staff:
    return staff(stack, "case_officer", AGENCY, name="Trần Văn Bình")


@pytest.fixture
def leader(stack: Stack) -> Staff:
    return staff(stack, "leader", AGENCY, name="Nguyễn Văn An")


async def told(stack: Stack, case: UUID) -> list[tuple[str, int]]:
    """What the agency published about a case."""
    query = "select type, sequence from processing.event where subject = :subject order by sequence"
    found = await rows(stack.runtime(Service.PROCESSING), query, subject=str(case))
    return [(row["type"].removeprefix("vn.motcua.").removesuffix(".v1"), row["sequence"]) for row in found]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In March 2026."""
    return MONDAY_MORNING.replace(day=day, hour=hour, minute=minute)
