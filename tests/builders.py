"""What tests bring to the doors: applications, entries of a catalogue, and events of a peer that is played by hand."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from shared import wire
from shared.contracts.events import (
    CorrectionDone,
    CorrectionKind,
    DecisionIssued,
    DossierCompleted,
    DossierTakenUp,
    Event,
    Outcome,
    Result,
    SignedDecision,
)
from shared.contracts.peers import Service
from shared.ids import uuid7
from tests.stack import Stack

# An entry of the demo's catalogue with one published paper, three working days, no fee, decided by H27.030.
SIMPLE = "HT-1.014465"
DESK, AGENCY, PROVINCE = "H27.001", "H27.030", "H27"
ELSEWHERE = "H14.001"
OFFICIAL_CALENDAR = Path(__file__).parents[1] / "shared" / "official_calendar.csv"

APPLICANT: dict[str, Any] = {
    "name": "Nông Thị Mẫu",
    "identity_number": "004190000001",
    "phone": "0912345678",
    "email": "mau@example.org",
    "address": "Tổ 1, phường Thục Phán, tỉnh Cao Bằng",
}


def an_application(procedure: str = SIMPLE, **changed: Any) -> dict[str, Any]:
    """The body of a reception; `None` leaves a field out."""
    told: dict[str, Any] = {"procedure": procedure, "applicant": APPLICANT, "papers": [{"number": 1, "originals": 1}]} | changed
    return {name: value for name, value in told.items() if value is not None}


def a_submission(national_code: str | None = None, **changed: Any) -> dict[str, Any]:
    """What the portal pushes."""
    told = {"national_code": national_code or f"G22-{uuid4().hex}", "channel": "online", "receiving_office": DESK}
    return an_application(**told | changed)


def an_entry(key: str, **changed: Any) -> dict[str, Any]:
    """An entry valid under the catalogue's schema: three working days and one paper."""
    told: dict[str, Any] = {
        "id": key,
        "name": f"Thủ tục {key}",
        "field": "Thử nghiệm",
        "jurisdiction": "Hà Tĩnh",
        "limits": [{"kind": "fixed", "amount": 3, "unit": "working_day", "text": "03 ngày làm việc"}],
        "components": [{"name": "Đơn đề nghị", "originals": 1}],
        "source": [{"url": "https://example.org/qd"}],
    } | changed
    return {name: value for name, value in told.items() if value is not None}


GRANTED = Result(outcome=Outcome.GRANTED, document_number="45/GP", document_reference="sha256:9f86d081")
DECISION = SignedDecision(number="123/QĐ", signed_on=date(2026, 3, 11), signer="Nguyễn Thị Hoa")


@dataclass
class PlayedPeer:
    """A peer without a service behind it: it numbers and signs its events, and brings them to the door of `to`."""

    stack: Stack
    source: Service
    to: Service
    told: Counter[str] = field(default_factory=Counter)

    def envelope(self, subject: object, event: Event, **changed: Any) -> dict[str, Any]:
        self.told[str(subject)] += 1
        envelope = wire.Envelope(
            id=uuid7(),
            type=event.type,
            source=self.source,
            subject=str(subject),
            sequence=self.told[str(subject)],
            seen={},
            time=self.stack.clock.now(),
            traceparent=None,
            data=event.model_dump(mode="json", exclude_none=True),
        )
        return wire.write(envelope) | changed

    async def brings(self, *clouds: dict[str, Any], signed: bool = True, media: str = wire.BATCH) -> httpx.Response:
        body = json.dumps(clouds).encode()
        signature = self.stack.runtime(self.to).signer.sign(body if signed else b"something else")
        async with httpx.AsyncClient(transport=self.stack.switchboard) as client:
            return await client.post(f"http://{self.to}/events", content=body, headers=signature | {"content-type": media})

    async def tells(self, subject: object, *events: Event) -> None:
        answer = await self.brings(*(self.envelope(subject, event) for event in events))
        assert answer.status_code == 204, answer.text

    async def takes_up(self, dossier: object) -> None:
        await self.tells(dossier, DossierTakenUp(taken_up_at=self.stack.clock.now(), officer="Trần Văn Bình"))

    async def issues_again(self, dossier: object, number: int = 1) -> None:
        """What was lost, or wrong, is there once more."""
        now = self.stack.clock.now()
        done = CorrectionDone(number=number, kind=CorrectionKind.REISSUE, result=GRANTED, done_at=now, due_at=now, officer="Trần Văn Bình")
        await self.tells(dossier, done)

    async def completes(self, dossier: object, result: Result = GRANTED) -> None:
        """Took it up, decided, completed: the result is ready, and still lies at the agency."""
        now = self.stack.clock.now()
        completed = DossierCompleted(completed_at=now, appointment_at=now, result=result, decision=DECISION)
        await self.takes_up(dossier)
        await self.tells(dossier, DecisionIssued(decision=DECISION), completed)
