"""Clients as real ones are: they play dossiers along several paths, repeat a call with its key until it is answered, and read again
what has happened before they decide anew."""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from services.intake.domain.tracking_number import make_s10
from shared.contracts.peers import Service
from shared.contracts.states import State
from shared.home import kept
from shared.tokens import development_token
from shared.wire import Signer
from tests.stack import MONDAY_MORNING
from tests.torture.ledger import Ledger, Life, Path
from tests.torture.stage import DECIDED_BY

INTAKE, PROCESSING = Service.INTAKE, Service.PROCESSING
WEIGHTS: Final[Mapping[Path, int]] = {Path.DESK: 20, Path.ONLINE: 16, Path.POST: 12, Path.ON_THE_SPOT: 34, Path.REFUSED: 18}
CARRIER: Final = "simulator"
LONGEST_PAUSE_SECONDS: Final = 1.5
NO_SUCH_NUMBER: Final = "0912000000"

Body = dict[str, Any]


class CannotGoOn(Exception):
    """A service answered what no dossier can go on with."""


@dataclass
class Line:
    """Calls to the services by their public addresses."""

    home: FilePath
    http: httpx.AsyncClient
    urls: Mapping[Service, str]
    ledger: Ledger
    pause_seconds: float = 0.2
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def token(self, role: str, office: str) -> str:
        if (role, office) not in self._tokens:
            self._tokens[role, office] = development_token(self.home, role=role, offices=(office,), name=f"{role} {office}", mandate=True)
        return self._tokens[role, office]

    async def ask(
        self, service: Service, method: str, path: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        """The same call, again and again, until somebody answers it."""
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await self.http.request(method, f"{self.urls[service]}/v1{path}", headers=headers, content=content)
                if answer.status_code < 500:
                    return answer
            self.ledger.repeated += 1
            await asyncio.sleep(self.pause_seconds * random.uniform(0.5, 1.5))

    async def look(self, service: Service, role: str, office: str, path: str) -> Body | None:
        """What a service shows; nothing if it does not know it (yet)."""
        answer = await self.ask(service, "GET", path, {"authorization": f"Bearer {self.token(role, office)}"})
        if answer.status_code == 404:
            return None
        return _wanted(answer, 200)

    async def post(
        self, service: Service, role: str, office: str, path: str, body: Body, *, key: str | None = None, version: int | None = None
    ) -> httpx.Response:
        """With one key for all its repetitions; "" leaves it out."""
        headers = {"authorization": f"Bearer {self.token(role, office)}", "content-type": "application/json"}
        headers |= {"idempotency-key": key or str(uuid4())} if key != "" else {}
        headers |= {"if-match": f'"{version}"'} if version is not None else {}
        return await self.ask(service, "POST", path, headers, json.dumps(body).encode())


def _wanted(answer: httpx.Response, *statuses: int) -> Body:
    if answer.status_code not in statuses:
        raise CannotGoOn(f"{answer.request.method} {answer.request.url.path} was answered {answer.status_code}: {answer.text[:300]}")
    return answer.json()


@dataclass
class Player:
    """Plays one dossier from beginning to end."""

    line: Line
    life: Life
    chance: random.Random

    def __post_init__(self) -> None:
        self.procedure = self.chance.choices(list(DECIDED_BY), (4, 1, 1))[0]
        self.agency = DECIDED_BY[self.procedure]
        self.province = self.agency.partition(".")[0]
        self.desk = f"{self.province}.001"
        self.versions: dict[Service, int] = {}

    @classmethod
    def of(cls, line: Line, number: int, seed: int) -> "Player":
        chance = random.Random(f"{seed} dossier {number}")
        path = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        addresses = chance.choices((0, 1, 2), (30, 60, 10))[0]
        life = Life(number, path, addresses)
        line.ledger.lives.append(life)
        return cls(line, life, chance)

    async def play(self) -> None:
        try:
            match self.life.path:
                case Path.DESK:
                    await self.over_the_counter()
                case Path.ONLINE:
                    await self.online()
                case Path.POST:
                    await self.by_post()
                case Path.ON_THE_SPOT:
                    await self.on_the_spot()
                case Path.REFUSED:
                    await self.refused()
        except CannotGoOn as error:
            self.line.ledger.failures.append(f"dossier {self.life.number} ({self.life.path}, {self.life.id}): {error}")

    # ------------------------------------------------------------------------------------------------ the paths

    async def over_the_counter(self) -> None:
        await self._received(self._application("desk"))
        await self._desk("hand_over_papers", "hand-overs", {"note": "Bàn giao hồ sơ giấy"})
        await self._agency("take_over_papers", "take-over-papers")
        await self._works(granted=self.chance.random() < 0.8)
        await self._agency("hand_over_result", "hand-over-result")
        await self._desk("take_over_result", "result-at-desk", {"handed_over_by": "Lê Văn Lý"}, since=State.COMPLETED)
        await self._desk("return_at_desk", "returns", {"way": "desk", "identity_paper": "receipt"})
        self.life.ends_as = State.RETURNED

    async def online(self) -> None:
        await self._pushed()
        await self._desk("accept", "accept", {"papers": _PAPERS}, of="submissions")
        await self._works(granted=True)
        await self._desk("deliver_online", "returns", {"way": "online", "reference": "https://example.org/r"}, since=State.COMPLETED)
        self.life.ends_as = State.RETURNED

    async def by_post(self) -> None:
        item = {"carrier": CARRIER, "tracking_number": self._tracking_number("RA")}
        await self._received(self._application("post", postal_item=item, result={"way": "post"}))
        await self._works(granted=True)
        await self._desk("take_over_result", "result-at-desk", {"handed_over_by": "Lê Văn Lý"}, since=State.COMPLETED)
        out = self._tracking_number("RR")
        await self._desk("post", "postal-items", {"carrier": CARRIER, "tracking_number": out})
        codes = ["accepted", "delivered"] if self.chance.random() < 0.7 else ["accepted", "attempt_failed", "held", "collected"]
        for place, code in enumerate(codes):
            await self._carrier_reports(out, code, place)
        self.life.ends_as = State.RETURNED

    async def on_the_spot(self) -> None:
        await self._received(
            self._application("desk", on_the_spot={"outcome": "granted", "document_number": "1/BS"}), "resolve_on_the_spot"
        )
        self.life.ends_as = State.RETURNED

    async def refused(self) -> None:
        await self._pushed()
        asked = {"papers": ["Bản sao giấy tờ"], "reason": "Thiếu giấy tờ"}
        await self._desk("request_supplement", "supplement-requests", asked, of="submissions")
        answer = await self.line.post(INTAKE, "portal", self.province, f"/dossiers/{self.life.id}/supplements", {"papers": _PAPERS})
        self.versions[INTAKE] = _wanted(answer, 201)["version"]
        self.life.moves[INTAKE, "supplement"] += 1
        await self._desk("refuse", "refuse", {"reason": "Không thuộc thẩm quyền giải quyết"}, of="submissions")
        self.life.ends_as = State.NOT_ACCEPTED

    async def _works(self, *, granted: bool) -> None:
        """The agency, from take-up to completion."""
        case = await self._agency("take_up", "take-up")
        last = max(step["number"] for step in case["steps"] if step["counted"])
        for number in range(case["current_step"], last):
            await self._agency("pass_on", "pass-on", done=lambda seen, after=number: (seen["current_step"] or 99) > after)
        if granted:
            decision = {"number": f"{self.life.number}/QĐ", "signed_on": MONDAY_MORNING.date().isoformat(), "signer": "Nguyễn Thị Hoa"}
            await self._agency("issue_decision", "issue-decision", decision, role="leader")
            result = {"outcome": "granted", "document_number": f"{self.life.number}/GP"}
        else:
            result = {"outcome": "refused", "reasons": "Không đủ điều kiện"}
        await self._agency("complete", "complete", result)

    # ------------------------------------------------------------------------------------------------ beginnings

    def _application(self, channel: str, **more: Any) -> Body:
        applicant: Body = {"name": f"Người nộp {self.life.number}", "address": "Tổ 1, phường Núi Rùa"}
        if self.life.addresses:
            applicant["phone"] = NO_SUCH_NUMBER if self.chance.random() < 0.04 else f"0912{self.life.number:05}1"
        if self.life.addresses == 2:
            applicant["email"] = f"nguoi.nop.{self.life.number}@example.org"
        offices = {"receiving_office": self.desk, "competent_office": self.agency}
        return {"procedure": self.procedure, "channel": channel, "applicant": applicant, "papers": _PAPERS} | offices | more

    async def _received(self, body: Body, move: str = "receive") -> None:
        self._begun(_wanted(await self.line.post(INTAKE, "desk_officer", self.desk, "/dossiers", body), 201), move)

    async def _pushed(self) -> None:
        """The portal sends no key: the national code is one."""
        body = self._application("online", national_code=f"000.00.00.{self.province}-260309-{self.life.number:06}")
        body |= {"result": {"way": "online", "electronic_only": True}}
        self._begun(_wanted(await self.line.post(INTAKE, "portal", self.province, "/submissions", body, key=""), 201), "submit")

    def _begun(self, told: Body, move: str) -> None:
        self.life.id, self.life.code = UUID(told["id"]), told.get("code")
        self.versions[INTAKE] = told["version"]
        self.life.moves[INTAKE, move] += 1

    # ------------------------------------------------------------------------------------------------ moves

    async def _desk(self, move: str, noun: str, body: Body, *, of: str = "dossiers", since: State | None = None) -> None:
        """`since`: not before the desk has heard of this state."""
        if since:
            await self._seen(INTAKE, "desk_officer", self.desk, f"/dossiers/{self.life.id}", lambda seen: seen["state"] == since)
        told = await self._move(INTAKE, "desk_officer", self.desk, f"/{of}/{self.life.id}", noun, move, body)
        self.life.code = told.get("code") or self.life.code

    async def _agency(
        self, move: str, noun: str, body: Body | None = None, *, role: str = "case_officer", done: Callable[[Body], bool] | None = None
    ) -> Body:
        path = f"/cases/{self.life.id}"
        await self._move(PROCESSING, role, self.agency, path, noun, move, body or {}, done)
        if move == "take_up":
            return await self._seen(PROCESSING, role, self.agency, path, lambda seen: seen["current_step"])
        return {}

    async def _move(
        self,
        service: Service,
        role: str,
        office: str,
        path: str,
        noun: str,
        move: str,
        body: Body,
        done: Callable[[Body], bool] | None = None,
    ) -> Body:
        """Decide on what was seen; if it has changed, or is not possible yet, look again before deciding anew."""
        while True:
            if service not in self.versions:
                await self._seen(service, role, office, path, lambda seen: True)
            answer = await self.line.post(service, role, office, f"{path}/{noun}", body, version=self.versions[service])
            if answer.status_code in (200, 201):
                told = answer.json()
                self.versions[service] = told["version"]
                self.life.moves[service, move] += 1
                return told
            if answer.status_code not in (404, 409, 412):
                _wanted(answer)
            self.line.ledger.decided_again += 1
            seen = await self._seen(service, role, office, path, lambda seen: True)
            if (done or _DONE.get(move, _never))(seen):
                self.line.ledger.denied.append(f"{service} {move} of {self.life.id}: answered {answer.status_code}, yet done")
                self.life.moves[service, move] += 1
                return seen
            await asyncio.sleep(self.line.pause_seconds)

    async def _seen(self, service: Service, role: str, office: str, path: str, ready: Callable[[Body], Any]) -> Body:
        pause = self.line.pause_seconds
        while True:
            seen = await self.line.look(service, role, office, path)
            if seen is not None and ready(seen):
                self.versions[service] = seen["version"]
                return seen
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 1.6, LONGEST_PAUSE_SECONDS)

    async def _carrier_reports(self, tracking_number: str, code: str, place: int) -> None:
        report = {"tracking_number": tracking_number, "code": code, "at": (MONDAY_MORNING + timedelta(minutes=place)).isoformat()}
        body = json.dumps(report).encode()
        signer = Signer(_simulator_secret(self.line.home))
        while True:
            headers = {"content-type": "application/json"} | signer.sign(body)
            answer = await self.line.ask(INTAKE, "POST", f"/postal-events/{CARRIER}", headers, body)
            if answer.status_code != 412:  # the dossier was changed under the report: carriers send it again
                break
        if _wanted(answer, 200)["effect"] not in ("moved", "duplicate"):
            raise CannotGoOn(f"{code} of {tracking_number}: {answer.text}")
        self.life.moves[INTAKE, f"postal_item_{code}"] += 1

    def _tracking_number(self, kind: str) -> str:
        return make_s10(kind, 10_000_000 + self.life.number)


_PAPERS: Final = [{"name": "Đơn đề nghị", "originals": 1}]
_DONE: Final[Mapping[str, Callable[[Body], bool]]] = {
    "take_over_papers": lambda seen: bool(seen["papers_taken_over_at"]),
    "take_up": lambda seen: bool(seen["taken_up_at"]),
    "issue_decision": lambda seen: bool(seen["decision"]),
    "complete": lambda seen: bool(seen["completed_at"]),
    "hand_over_result": lambda seen: bool(seen["result_handed_over_at"]),
    "accept": lambda seen: bool(seen["code"]),
    "request_supplement": lambda seen: bool(seen["supplement_asked"]),
    "refuse": lambda seen: seen["state"] == State.NOT_ACCEPTED,
    "take_over_result": lambda seen: bool(seen["result_at_desk_at"]),
    "return_at_desk": lambda seen: bool(seen["returned_at"]),
    "deliver_online": lambda seen: bool(seen["returned_at"]),
    "post": lambda seen: seen["state"] == State.IN_POST,
}


def _never(_seen: Body) -> bool:
    return False


def _simulator_secret(home: FilePath) -> Any:
    from pydantic import SecretStr

    def missing() -> str:
        raise CannotGoOn("intake has not made the simulator's secret")

    return SecretStr(kept(home, "simulator-secret", missing))
