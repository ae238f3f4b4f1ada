"""Who acts: the desk, the agency, the portal, the postman. Each does over HTTP what its people do by hand, and notes every answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

from demo.calls import Answer, Caller, Line, Unexpected
from demo.script import Beginning, Competence, Postman, Story, calendar
from services.intake.domain.tracking_number import make_s10
from shared.contracts.peers import Service
from shared.contracts.people import Channel, ReturnWay
from shared.contracts.states import State
from shared.wire import Signer

CARRIER: Final = "simulator"
SEEN_WITHIN_SECONDS: Final = 60
MOST_QUESTIONS: Final = 12
MISSING: Final = "papers_missing"


class NotReceivable(Exception):
    """The desk cannot receive this procedure, and says why."""


@dataclass
class Entry:
    """What a service acknowledged of one dossier; it is held to it at the end."""

    id: str
    story: Story
    state: State
    code: str | None = None
    on_the_spot: bool = False
    versions: dict[Service, int] = field(default_factory=dict)
    """As last read; they may have moved on since."""
    named: dict[str, Any] = field(default_factory=dict)
    """What the form says of case, level and papers; the desk reads it there."""


@dataclass
class Book:
    """Every acknowledgement of the play, kept outside the services."""

    entries: dict[str, Entry] = field(default_factory=dict)
    asked_back: int = 0
    supplements: int = 0
    suspended: int = 0
    paid_online: int = 0
    apologies: int = 0
    given_up: list[str] = field(default_factory=list)

    def opened(self, story: Story, told: dict[str, Any], state: State, *, on_the_spot: bool = False) -> Entry:
        versions = {Service.INTAKE: told["version"]}
        entry = self.entries[told["id"]] = Entry(told["id"], story, state, told.get("code"), on_the_spot, versions)
        return entry

    def count(self, *states: State) -> int:
        return sum(entry.state in states for entry in self.entries.values())


Body = dict[str, Any]


def application(story: Story) -> Body:
    """What people say of themselves and of what they want."""
    body: Body = {
        "procedure": story.competence.procedure,
        "channel": story.channel,
        "receiving_office": story.competence.desk,
        "competent_office": story.competence.office,
        "applicant": story.applicant.body(),
        "result": {"way": story.way, "electronic_only": story.way is ReturnWay.ONLINE},
    }
    if story.representative:
        body["representative"] = story.representative.body()
    return body


def _on_a_working_day(at: datetime) -> datetime:
    """The same clock, that day or the next one worked: nobody is told to come on a day off."""
    worked = calendar()
    while not worked.is_working_day(at.date()):
        at += timedelta(days=1)
    return at


def answered(problem: Body, terms: Body, chance: Random, now: datetime) -> Body:
    """What to add to `terms`, as an officer with the papers on the desk would. Raises NotReceivable."""
    match problem["code"]:
        case "choice_needed" if problem["choices"]:
            choice = chance.choice(problem["choices"])
            return {problem["field"]: [choice] if problem["field"] == "paper_cases" else choice}
        case "papers_missing":
            return {"papers": terms.get("papers", []) + [paper_on_the_desk(paper) for paper in problem["missing"]]}
        case "appointment_needed":
            at = _on_a_working_day(now + timedelta(days=chance.choice((5, 7, 12))))
            return {"appointment_at": at.isoformat(), "appointment_reason": "Thời hạn công bố không tính được ngày trả"}
        case "invalid_input" if not terms.get("papers"):
            return {"papers": [{"name": "Đơn đề nghị", "originals": 1}, {"name": "Bản sao giấy tờ kèm theo", "copies": 1}]}
        case _:
            raise NotReceivable(f"{problem['code']}: {problem['detail']}")


def paper_on_the_desk(missing: Body) -> Body:
    originals, copies = missing["originals"], missing["copies"]
    return {"number": missing["number"], "originals": originals or (not copies) * 1, "copies": copies}


def paper_as_a_file(missing: Body) -> Body:
    return {"number": missing["number"], "copies": 1, "file": f"https://portal.example.org/files/{missing['number']}"}


@dataclass
class Company:
    """All who act, on one line and over one book."""

    line: Line
    book: Book
    carrier_signs: Signer
    _serials: "count[int]" = field(default_factory=lambda: count(10000001))

    @property
    def stage(self) -> Any:
        assert self.line.stage
        return self.line.stage

    # ------------------------------------------------------------------------------------------------ the desk

    async def receive(self, story: Story) -> Entry:
        """At the desk or from the post, complete after some asking back; on the spot where the story wants it so."""
        terms = application(story)
        if story.channel is Channel.POST:
            terms["postal_item"] = {"carrier": CARRIER, "tracking_number": self._tracking_number("RA")}
        on_the_spot = story.beginning is Beginning.ON_THE_SPOT
        if on_the_spot:
            terms["on_the_spot"] = _decided_at_once(story, self.stage.now)
        desk = desk_of(story.competence)
        received = await self._agreed(story, terms, lambda terms: self.line.post(desk, Service.INTAKE, "/dossiers", terms))
        return self.book.opened(story, received, State.RETURNED if on_the_spot else State.RECEIVED, on_the_spot=on_the_spot)

    async def _agreed(self, story: Story, terms: Body, ask: Callable[[Body], Awaitable[Answer]], *stop_at: str) -> Body:
        """Ask, answer what is asked back, ask again, until the answer is yes, or a problem named in `stop_at`. `terms` grow with it."""
        for _ in range(MOST_QUESTIONS):
            answer = await ask(terms)
            if answer.status != 422 or answer.body["code"] in stop_at:
                return answer.wanted(200, 201, *((422,) if stop_at else ()))
            self.book.asked_back += 1
            if answer.body["code"] == "fees_not_paid":
                terms["fees"] = [*await self._fees_paid(terms), *map(_stated, answer.body["to_state"])]
            else:
                terms |= answered(answer.body, terms, story.chance, self.stage.now)
        raise Unexpected(f"{story.competence.procedure}: the desk asks and asks, in spite of {terms}")

    async def _fees_paid(self, terms: Body) -> list[Body]:
        quoted = {name: terms[name] for name in ("procedure", "channel", *CHOICES) if name in terms}
        told = (await self.line.post(desk_at(terms["receiving_office"]), Service.INTAKE, "/quotes", quoted)).wanted(200)
        return [
            {"name": fee["name"] or "Phí, lệ phí", "amount": fee["amount"], "paid": True, "method": "cash"}
            for fee in told["fees"]
            if fee["amount"] is not None
        ]

    async def accept(self, entry: Entry) -> None:
        """What was submitted becomes a dossier; what turns out to be missing is asked for once."""
        story = entry.story
        desk = desk_of(story.competence)
        terms, own = dict(entry.named), f"/submissions/{entry.id}"

        async def ask(terms: Body) -> Answer:
            return await self._at_its_version(entry, desk, Service.INTAKE, own, f"{own}/accept", terms)

        while True:
            told = await self._agreed(story, terms, ask, MISSING)
            if told.get("code") != MISSING:
                entry.code, entry.state = told["code"], State.RECEIVED
                return
            await self.request_supplement(entry, told["missing"])
            await self.stage.until(self.stage.later(2))
            await self.supplement(entry, told["missing"])
            await self.stage.until(self.stage.later())

    async def request_supplement(self, entry: Entry, missing: list[Body]) -> None:
        asked = {"papers": [paper["name"] for paper in missing], "reason": "Hồ sơ chưa đủ giấy tờ theo quy định"}
        await self._desk_moves(entry, f"/submissions/{entry.id}/supplement-requests", asked)
        self.book.supplements += 1

    async def supplement(self, entry: Entry, missing: list[Body]) -> None:
        """By the portal what came online, at the counter all else."""
        online = entry.story.channel is Channel.ONLINE
        by = portal_of(entry.story.competence) if online else desk_of(entry.story.competence)
        papers = [(paper_as_a_file if online else paper_on_the_desk)(paper) for paper in missing]
        told = (await self.line.post(by, Service.INTAKE, f"/dossiers/{entry.id}/supplements", {"papers": papers})).wanted(201)
        entry.state = State(told["state"])
        entry.versions[Service.INTAKE] = told["version"]

    async def fee_before_acceptance(self, entry: Entry) -> None:
        """Asked for where the published rules come to a sum; people pay on the portal."""
        own, desk = f"/dossiers/{entry.id}", desk_of(entry.story.competence)
        asked = {"reason": "Nộp phí, lệ phí trước khi tiếp nhận"}
        told = await self._at_its_version(entry, desk, Service.INTAKE, own, f"/submissions/{entry.id}/fee-requests", asked)
        if told.status == 409:
            return  # nothing is owed, or the sum is stated at acceptance
        told.wanted(200)
        await self._pay_online(entry)

    async def _pay_online(self, entry: Entry) -> None:
        """All that the dossier waits for."""
        own, number = f"/dossiers/{entry.id}", f"BL{entry.story.number:05}"
        waiting = (await self.line.get(desk_of(entry.story.competence), Service.INTAKE, own)).wanted(200)["fee_awaited"]
        payment = {"amount": waiting, "method": "online", "online": "portal", "receipt_number": number}
        told = (await self.line.post(portal_of(entry.story.competence), Service.INTAKE, f"{own}/payments", payment)).wanted(201)
        entry.state, entry.versions[Service.INTAKE] = State(told["state"]), told["version"]
        self.book.paid_online += 1

    async def refuse(self, entry: Entry) -> None:
        reason = {"reason": "Hồ sơ không thuộc thẩm quyền giải quyết của cơ quan"}
        await self._desk_moves(entry, f"/submissions/{entry.id}/refuse", reason)

    async def withdraw(self, entry: Entry) -> None:
        online = entry.story.channel is Channel.ONLINE
        by = portal_of(entry.story.competence) if online else desk_of(entry.story.competence)
        reason = {"reason": "Người nộp không còn nhu cầu"}
        told = (await self.line.post(by, Service.INTAKE, f"/dossiers/{entry.id}/withdrawals", reason)).wanted(202)
        entry.state = State(told["state"])
        entry.versions[Service.INTAKE] = told["version"]

    async def hand_over_papers(self, entry: Entry) -> None:
        await self._desk_moves(entry, f"/dossiers/{entry.id}/hand-overs", {"note": "Bàn giao hồ sơ giấy"})

    async def result_at_desk(self, entry: Entry) -> None:
        by = {"handed_over_by": officer_of(entry.story.competence).name}
        await self._desk_moves(entry, f"/dossiers/{entry.id}/result-at-desk", by)

    async def hand_out(self, entry: Entry) -> None:
        body: Body = {"way": "desk", "collected_by": "applicant", "identity_paper": "identity_card"}
        if entry.story.representative:
            body |= {"collected_by": "representative", "authorisation": "Giấy ủy quyền"}
        await self._desk_moves(entry, f"/dossiers/{entry.id}/returns", body)

    async def deliver_online(self, entry: Entry) -> None:
        body = {"way": "online", "reference": f"https://portal.example.org/results/{entry.code}"}
        await self._desk_moves(entry, f"/dossiers/{entry.id}/returns", body)

    async def post_result(self, entry: Entry) -> str:
        """The tracking number."""
        number = self._tracking_number("RR")
        item = {"carrier": CARRIER, "tracking_number": number}
        await self._desk_moves(entry, f"/dossiers/{entry.id}/postal-items", item)
        return number

    async def hears_of_completion(self, entry: Entry) -> None:
        """Until the desk knows that the agency is done."""
        desk = desk_of(entry.story.competence)
        path = f"/dossiers/{entry.id}"
        await self._seen(entry, desk, Service.INTAKE, path, lambda dossier: dossier["state"] == State.COMPLETED)

    async def _desk_moves(self, entry: Entry, path: str, body: Body) -> None:
        own, desk = f"/dossiers/{entry.id}", desk_of(entry.story.competence)
        told = (await self._at_its_version(entry, desk, Service.INTAKE, own, path, body)).wanted(200, 201)
        entry.state = State(told["state"])

    # ------------------------------------------------------------------------------------------------ the agency

    async def case_of(self, entry: Entry, *, papers: bool) -> Body:
        """The case, once the agency has heard of it, and of its papers where they were handed over."""
        officer = officer_of(entry.story.competence)
        ready: Callable[[Body], bool] = lambda case: not papers or case["papers_handed_over_at"]  # noqa: E731
        return await self._seen(entry, officer, Service.PROCESSING, f"/cases/{entry.id}", ready)

    async def agency_moves(self, entry: Entry, action: str, body: Body | None = None, *, by: Caller | None = None) -> Body:
        own, by = f"/cases/{entry.id}", by or officer_of(entry.story.competence)
        told = (await self._at_its_version(entry, by, Service.PROCESSING, own, f"{own}/{action}", body)).wanted(200)
        entry.state = State(told["state"])
        return told

    async def ask_for_more(self, entry: Entry) -> None:
        """The agency misses a paper: the desk has the dossier until it has come."""
        asked = {"papers": [MISSED], "reason": "Cần bổ sung theo ý kiến thẩm định", "irregular": "Theo ý kiến của cơ quan thẩm định"}
        await self.agency_moves(entry, "return-for-supplement", asked, by=supervisor_of(entry.story.competence))
        self.book.supplements += 1

    async def bring_what_was_missed(self, entry: Entry) -> Body:
        """Brought to the counter and found complete; the case as the agency then has it again."""
        desk, own = desk_of(entry.story.competence), f"/dossiers/{entry.id}"
        await self._seen(entry, desk, Service.INTAKE, own, lambda dossier: dossier["state"] == State.AWAITING_SUPPLEMENT)
        brought = {"papers": [{"name": MISSED, "originals": 1}]}
        told = (await self.line.post(desk, Service.INTAKE, f"{own}/supplements", brought)).wanted(201)
        entry.versions[Service.INTAKE] = told["version"]
        await self._desk_moves(entry, f"{own}/supplement-acceptances", {})
        officer = officer_of(entry.story.competence)
        return await self._seen(entry, officer, Service.PROCESSING, f"/cases/{entry.id}", lambda case: case["state"] == State.IN_PROGRESS)

    async def ask_for_a_fee(self, entry: Entry) -> None:
        fee = {"fees": [{"name": "Lệ phí theo thông báo", "amount": 150000}], "reason": "Thông báo nghĩa vụ tài chính"}
        await self.agency_moves(entry, "request-fee", fee)

    async def pay_the_fee(self, entry: Entry) -> Body:
        """Once the desk has heard of it; the case goes on by itself."""
        desk, own = desk_of(entry.story.competence), f"/dossiers/{entry.id}"
        await self._seen(entry, desk, Service.INTAKE, own, lambda dossier: dossier["state"] == State.AWAITING_FEE)
        await self._pay_online(entry)
        officer = officer_of(entry.story.competence)
        case = await self._seen(entry, officer, Service.PROCESSING, f"/cases/{entry.id}", lambda case: case["state"] == State.IN_PROGRESS)
        entry.state = State.IN_PROGRESS
        return case

    async def suspend(self, entry: Entry) -> None:
        until = self.stage.now.date() + timedelta(days=14)
        ground = {"ground": "Chờ kết quả giám định theo pháp luật chuyên ngành", "until": until.isoformat()}
        await self.agency_moves(entry, "suspend", ground, by=leader_of(entry.story.competence))
        self.book.suspended += 1

    async def resume(self, entry: Entry) -> Body:
        return await self.agency_moves(entry, "resume", by=leader_of(entry.story.competence))

    async def apologise(self, entry: Entry) -> None:
        """Late already: people are told another date."""
        at = _on_a_working_day(self.stage.now + timedelta(days=3))
        new = {"appointment_at": at.isoformat(), "reason": "Khối lượng hồ sơ lớn"}
        await self.agency_moves(entry, "apologise", new, by=leader_of(entry.story.competence))
        self.book.apologies += 1

    async def decide(self, entry: Entry) -> None:
        """The leader signs what is granted; what is refused goes out with its reasons."""
        story, today = entry.story, self.stage.now.date()
        if story.granted:
            decision = {"number": f"{story.number}/QĐ-VD", "signed_on": today.isoformat(), "signer": leader_of(story.competence).name}
            await self.agency_moves(entry, "issue-decision", decision, by=leader_of(story.competence))
        await self.agency_moves(entry, "complete", _result(story))

    # ------------------------------------------------------------------------------------------------ the portal

    async def submit(self, story: Story) -> Entry:
        """Pushed by the portal with a national code, its form filled as the desk's quote says; or left incomplete at the counter."""
        body = application(story)
        online = story.channel is Channel.ONLINE
        by = portal_of(story.competence) if online else desk_of(story.competence)
        quoted = {name: body[name] for name in ("procedure", "channel")}
        quote = await self._agreed(story, quoted, lambda terms: self.line.post(by, Service.INTAKE, "/quotes", terms))
        named = {name: quoted[name] for name in CHOICES if name in quoted}
        papers = [paper_as_a_file(paper) if online else paper_on_the_desk(paper) for paper in quote["papers"] if paper["need"] == "always"]
        if story.beginning is not Beginning.COMPLETE:
            papers = papers[1:]
        if not quote["papers"]:
            papers = [{"name": "Đơn đề nghị", "copies": 1}]
        body |= named | {"papers": papers}
        if online:
            body |= {"national_code": f"000.00.00.G22-{story.begins_at:%y%m%d}-{story.number:06}"}
            body |= {"submitted_at": (self.stage.now - timedelta(minutes=17)).isoformat()}
        submitted = (await self.line.post(by, Service.INTAKE, "/submissions", body)).wanted(201)
        entry = self.book.opened(story, submitted, State(submitted["state"]))
        entry.named = named
        return entry

    # ------------------------------------------------------------------------------------------------ the postman

    async def carrier_reports(self, entry: Entry, tracking_number: str, code: str, leads_to: State, cause: str | None = None) -> None:
        report = {"tracking_number": tracking_number, "code": code, "at": self.stage.now.isoformat(), "cause": cause}
        body = json.dumps(report).encode()
        told = (await self.line.signed(Service.INTAKE, f"/postal-events/{CARRIER}", body, self.carrier_signs.sign(body))).wanted(200)
        if told["effect"] not in ("moved", "duplicate"):
            raise Unexpected(f"The carrier's report {code} of {tracking_number} was answered {told}.")
        entry.state = leads_to

    def _tracking_number(self, service: str) -> str:
        return make_s10(service, next(self._serials))

    # ------------------------------------------------------------------------------------------------ common

    async def _at_its_version(self, entry: Entry, by: Caller, service: Service, own: str, path: str, body: Body | None) -> Answer:
        """Change what was last seen; look again where it was changed in between."""
        while True:
            if service not in entry.versions:
                seen = await self.line.get(by, service, own)
                entry.versions[service] = seen.wanted(200)["version"]
            answer = await self.line.post(by, service, path, body, version=entry.versions[service])
            if answer.status in (200, 201):
                entry.versions[service] = answer.body["version"]
            if answer.status != 412:
                return answer
            del entry.versions[service]

    async def _seen(self, entry: Entry, by: Caller, service: Service, path: str, ready: Callable[[Body], Any]) -> Body:
        """Look until what happened elsewhere has arrived here."""
        until = asyncio.get_running_loop().time() + SEEN_WITHIN_SECONDS
        pause = 0.02
        while True:
            answer = await self.line.get(by, service, path)
            if answer.status != 404 and ready(answer.wanted(200)):
                entry.versions[service] = answer.body["version"]
                return answer.body
            if asyncio.get_running_loop().time() > until:
                raise Unexpected(f"{service} has not heard of {path} within {SEEN_WITHIN_SECONDS} seconds: {answer.body}")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 0.5)


MISSED: Final = "Bản cam kết của người nộp"
SMALL_FEE: Final = 20_000


def _stated(fee: Body) -> Body:
    """What no rule gives is what the officer says, within what is published."""
    amount = min(max(SMALL_FEE, fee["at_least"] or 0), fee["at_most"] or SMALL_FEE)
    return {"name": fee["name"], "amount": amount, "paid": True, "method": "cash"}


CHOICES: Final = ("case", "level", "applicant_kind", "process_case", "paper_cases")


def desk_at(office: str) -> Caller:
    return Caller("desk_officer", (office,))


def desk_of(competence: Competence) -> Caller:
    return desk_at(competence.desk)


def officer_of(competence: Competence) -> Caller:
    return Caller("case_officer", (competence.office,))


def supervisor_of(competence: Competence) -> Caller:
    return Caller("supervisor", (competence.office,))


def leader_of(competence: Competence) -> Caller:
    return Caller("leader", (competence.office,))


def portal_of(competence: Competence) -> Caller:
    """The portal serves a whole province."""
    return Caller("portal", (competence.office.partition(".")[0],))


def _decided_at_once(story: Story, now: datetime) -> Body:
    decision = {"number": f"{story.number}/QĐ-VD", "signed_on": now.date().isoformat(), "signer": leader_of(story.competence).name}
    return _result(story) | ({"decision": decision} if story.granted else {})


def _result(story: Story) -> Body:
    if story.granted:
        return {"outcome": "granted", "document_number": f"{story.number}/GP-VD"}
    return {"outcome": "refused", "reasons": "Không đủ điều kiện theo quy định"}


__all__ = ["Book", "Company", "Entry", "NotReceivable", "Postman", "answered", "application"]
