"""A town of two desks, two agencies, a portal and a carrier, on the real services: who lives there, and what its books must say."""

import json
from collections import Counter, defaultdict
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from services.intake.api.views import HREFS
from services.intake.commands import reference
from services.intake.commands.calendars import load_calendar
from services.intake.domain.catalogue_file import read_entry
from services.intake.domain.offices import read_offices
from services.notifications.app import create_app as create_notifications
from services.processing.api.requests import NEEDS
from shared import wire
from shared.contracts.peers import Service
from shared.contracts.time import TimeTerms
from shared.doors import schema_of
from shared.messaging import BATCH_SIZE, Relay
from shared.only_grows import GUARD
from shared.runtime import Runtime
from shared.working_time import Stop, StopPolicy, due
from tests.builders import AGENCY, APPLICANT, DESK, ELSEWHERE, OFFICIAL_CALENDAR, an_application, an_entry
from tests.flows import model_of_life as model
from tests.flows.exchange import SETTINGS, Line
from tests.flows.model_of_life import CALENDAR, RULES, Actor, Moment
from tests.flows.test_exchange_lives import CREATE, Gateway
from tests.stack import MONDAY_MORNING, Caller, Stack
from tests.torture.audit import audit_books

INTAKE, PROCESSING, NOTIFICATIONS = Service.INTAKE, Service.PROCESSING, Service.NOTIFICATIONS
OTHER_DESK, OTHER_AGENCY = "H27.002", "H27.031"
OFFICES: Final = "\n".join(
    [
        "code,name,parent,level,valid_from,valid_to,predecessors,sessions",
        "H27,Tỉnh,,cấp tỉnh,,,,",
        *(f"{code},{name},H27,cấp tỉnh,,,," for code, name in ((DESK, "Một cửa A"), (OTHER_DESK, "Một cửa B"))),
        *(f"{code},{name},H27,cấp tỉnh,,,," for code, name in ((AGENCY, "Sở A"), (OTHER_AGENCY, "Sở B"))),
        "H14,Tỉnh khác,,cấp tỉnh,,,,",
        f"{ELSEWHERE},Một cửa tỉnh khác,H14,cấp tỉnh,,,,",
    ]
)


def _lasting(amount: int, unit: str) -> dict[str, Any]:
    return {"kind": "fixed", "amount": amount, "unit": unit, "text": f"{amount} {unit}"}


NOT_COUNTED: Final = {"kind": "not_counted", "text": "Không tính thời gian"}
STEPS: Final = [
    {"seq": number, "printed_no": f"B{number}", "actor": actor, "allotted": allotted}
    for number, (actor, allotted) in enumerate(
        (
            ("Chuyên viên", _lasting(2, "working_day")),
            ("Tổ chức, cá nhân", NOT_COUNTED),
            ("Trưởng phòng", _lasting(1, "working_day")),
            ("Văn thư", _lasting(1, "working_day")),
        ),
        1,
    )
]
PROCEDURES: Final[Mapping[str, tuple[dict[str, Any], str, TimeTerms]]] = {
    "LIFE-1": ({}, AGENCY, TimeTerms()),
    "LIFE-2": (
        {
            "limits": [_lasting(4, "working_day")],
            "processes": [{"steps_complete": True, "total": _lasting(4, "working_day"), "steps": STEPS}],
        },
        OTHER_AGENCY,
        TimeTerms(supplement=StopPolicy.PAUSE, fee_pauses="Luật chuyên ngành"),
    ),
    "LIFE-3": (
        {"limits": [_lasting(10, "day")], "fees": [{"name": "Lệ phí", "amount": 50000}]},
        AGENCY,
        TimeTerms(supplement_days=5, submission_days=3),
    ),
}
"""Entry, who decides, policies: a plain one; steps, one of them not counted, supplement and fee pause; calendar days, a fee, short
periods to answer."""


def _actor(name: str, roles: str, office: str, **more: Any) -> Actor:
    return Actor(name, frozenset(roles.split(",")), office, **more)


OVERSEER: Final = _actor("Giám sát", "desk_officer,case_officer,leader,supervisor,portal", "H27")
"""Sees all and may do all: shows what a service knows."""
OTHER_OVERSEER: Final = _actor("Phó giám sát", "supervisor", "H27")
ACTORS: Final[Mapping[Service, tuple[Actor, ...]]] = {
    INTAKE: (
        _actor("An", "desk_officer", DESK),
        _actor("Bình", "supervisor", DESK, mandate=True),
        _actor("Cổng", "portal", "H27"),
        _actor("Dung", "desk_officer", OTHER_DESK),
        _actor("Sở", "case_officer", AGENCY),
        _actor("Sở hai mặt", "desk_officer", AGENCY),
        _actor("Xa", "supervisor", ELSEWHERE),
    ),
    PROCESSING: (
        _actor("Hoa", "case_officer,leader", "H27"),
        _actor("Giang", "case_officer", AGENCY),
        _actor("Hạnh", "case_officer,supervisor", AGENCY),
        *model.COLLEAGUES,
        _actor("Lan", "leader", AGENCY),
        _actor("Quầy", "desk_officer", DESK),
        _actor("Xa", "leader,case_officer", ELSEWHERE),
    ),
}
PATHS: Final = {
    INTAKE: {str(move): f"/{path}" for move, (path, _) in HREFS.items()},
    PROCESSING: {str(action): f"/cases/{{id}}/{action.replace('_', '-')}" for action in NEEDS},
}
SCHEMAS: Final = {
    INTAKE: {str(move): schema_of(body) for move, (_, body) in HREFS.items()},
    PROCESSING: {str(action): schema_of(body) for action, body in NEEDS.items()},
}
MOVES: Final = {service: sorted(PATHS[service]) for service in (INTAKE, PROCESSING)}
ROW: Final = {INTAKE: ("dossier", "dossier_id"), PROCESSING: ("case", "case_id")}
MANY: Final = 20
ABOUT_DOSSIERS: Final = "subject ~ '^[0-9a-f]{8}-[0-9a-f]{4}-'"
ON_THE_DAY: Final = {"applicant": APPLICANT}


class Untrue(AssertionError):
    """What the services did is not what a dossier's life allows."""


def must(true: Any, *said: object) -> None:
    if not true:
        raise Untrue(" ".join(str(part) for part in said))


@dataclass
class Town:
    """The services, the people, and what was seen so far."""

    stack: Stack
    line: Line
    urls: dict[Service, str]
    books: dict[Service, asyncpg.Connection] = field(default_factory=dict)
    kept: dict[Service, set[str]] = field(default_factory=dict)
    callers: dict[tuple[Service, Actor], Caller] = field(default_factory=dict)
    serial: int = 0
    dossiers: list[str] = field(default_factory=list)
    national: dict[str, str] = field(default_factory=dict)
    items: list[str] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)
    seen: "Seen" = field(default_factory=lambda: Seen())

    # -------------------------------------------------------------------------------------------- built, and empty again

    @classmethod
    async def build(cls, home: Path, urls: dict[Service, str]) -> "Town":
        line = Line()
        stack = Stack(home, switchboard=line)
        for service in Service:
            create = CREATE[service]
            if service is NOTIFICATIONS:
                create = partial(create_notifications, channels={"sms": Gateway(), "email": Gateway()})
            stack.add(service, create, SETTINGS[service], urls[service])
        town = cls(stack, line, urls)
        await stack.empty()
        async with stack.runtime(INTAKE).transaction() as tx:
            await reference.load_offices(tx, read_offices(OFFICES))
            await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8"))
            for key, (more, decides, policies) in PROCEDURES.items():
                await reference.load_catalogue(tx, [read_entry(json.dumps(an_entry(key, **more)).encode())])
                await reference.bind(tx, decides, key, by="test")
                await reference.set_policies(tx, key, policies)
        await stack.settle(chores=False)
        await town._says_how_it_assigns()
        for service in Service:
            town.books[service] = await asyncpg.connect(urls[service].replace("postgresql+asyncpg", "postgresql"))
            tables = await town.books[service].fetch("select tablename from pg_tables where schemaname = $1", str(service))
            town.kept[service] = {
                row["tablename"]
                for row in tables
                if await town.books[service].fetchval(f'select exists (select from {service}."{row["tablename"]}")')
            }
            town.kept[service] |= {"alembic_version"}
            everything = {row["tablename"] for row in tables}
            guards = await town.books[service].fetch(
                "select tgrelid::regclass::text as guarded from pg_trigger join pg_class on pg_class.oid = tgrelid"
                " where tgname = $1 and relnamespace = cast($2::text as regnamespace)",
                GUARD,
                str(service),
            )
            town._emptying[service] = "; ".join(
                [f"alter table {row['guarded']} disable trigger {GUARD}" for row in guards]
                + [f"delete from {service}.{name} where {ABOUT_DOSSIERS}" for name in ("event", "position", "refusal")]
                + [f'delete from {service}."{name}"' for name in sorted(everything - town.kept[service] - {"refusal"})]
                + [f"alter table {row['guarded']} enable trigger {GUARD}" for row in guards]
            )
        for service, actors in ACTORS.items():
            for actor in (*actors, OVERSEER, OTHER_OVERSEER):
                more = {"name": actor.name, "mandate": actor.mandate}
                town.callers[service, actor] = stack.caller(service, ",".join(sorted(actor.roles)), actor.office, **more)
        return town

    async def _says_how_it_assigns(self) -> None:
        """One of the agencies; whoever may have its cases is registered."""
        administrator = self.stack.caller(PROCESSING, "administrator", "H27")
        everybody = [*model.COLLEAGUES, ACTORS[PROCESSING][0], OVERSEER, OTHER_OVERSEER]
        told = [
            {"subject": one.subject, "name": one.name, "office": one.office, "roles": sorted(one.roles & model.WORKS_ON_CASES)}
            for one in everybody
        ]
        must((await administrator.put("/officers", told)).is_success, told)
        rules = [{"method": "least_loaded", "actor": "Chuyên viên", "officers": [one.subject for one in model.COLLEAGUES]}]
        answer = await administrator.put(f"/offices/{model.WHERE_CASES_ARE_ASSIGNED}/assigning", {"rules": rules})
        must(answer.is_success, answer.text)

    _emptying: dict[Service, str] = field(default_factory=dict)

    async def moves_in(self) -> None:
        """Nobody has brought anything yet; it is Monday morning."""
        self.line.down.clear()
        self.line.carry = lambda host, clouds: None
        for service in Service:
            await self.books[service].execute(self._emptying[service])
            for relay in self.runtime(service).relays:
                at_ease(relay)
        self.stack.clock.instant = MONDAY_MORNING
        self.serial, self.dossiers, self.national, self.items = 0, [], {}, []
        self.accepted, self.done, self.seen = set(), Counter(), Seen()

    async def close(self) -> None:
        for connection in self.books.values():
            await connection.close()
        for caller in self.callers.values():
            await caller.client.aclose()
        await self.stack.empty()
        await self.stack.close()

    # -------------------------------------------------------------------------------------------- what anybody can do

    @property
    def now(self) -> datetime:
        return self.stack.clock.now()

    def runtime(self, service: Service) -> Runtime:
        return self.stack.runtime(service)

    def up(self, service: Service) -> bool:
        return service not in self.line.down

    def next_serial(self) -> int:
        self.serial += 1
        return self.serial

    async def asks(self, answering: Awaitable[httpx.Response]) -> httpx.Response:
        """Whatever is answered is an answer of ours, or a problem in the agreed shape; never a failure on our side."""
        answer = await answering
        if answer.is_success:
            return answer
        request = f"{answer.request.method} {answer.request.url.path}"
        must(answer.status_code < 500, request, "->", answer.status_code, answer.text)
        must(answer.headers["content-type"] == "application/problem+json", request, answer.headers)
        told = answer.json()
        must({"type", "title", "status", "detail", "code"} <= set(told), request, told)
        must(told["code"] != "action_not_allowed" or "possible_actions" in told, request, "does not say what is possible instead", told)
        return answer

    async def looks(self, service: Service, dossier: str, actor: Actor = OVERSEER) -> dict[str, Any] | None:
        path = f"/dossiers/{dossier}" if service is INTAKE else f"/cases/{dossier}"
        answer = await self.asks(self.callers[service, actor].get(path))
        must(answer.status_code in (200, 403, 404), answer.text)
        return answer.json() if answer.is_success else None

    async def sends(
        self, service: Service, actor: Actor, action: str, dossier: str, body: Any, version: int | None, key: str | None = None
    ) -> httpx.Response:
        path = PATHS[service][action].format(id=dossier)
        return await self.asks(self.callers[service, actor].post(path, body, version=version, key=key))

    def moment(self, view: Mapping[str, Any], actor: Actor) -> Moment:
        return Moment(view, actor, self.now)

    # -------------------------------------------------------------------------------------------- how events travel

    def relay(self, source: Service, peer: Service) -> Relay:
        return next(relay for relay in self.runtime(source).relays if relay.subscriber == peer)

    async def travels(self, way: tuple[Service, Service], *, size: int, fate: str | None) -> None:
        source, peer = way
        if not self.up(source):
            return
        relay = self.relay(source, peer)
        at_ease(relay, size)
        self.line.carry = lambda host, clouds: fate
        await relay.step()
        self.line.carry = lambda host, clouds: None
        at_ease(relay)

    async def comes_again(self, way: tuple[Service, Service], which: int) -> None:
        """Any event ever told is brought by itself: once more, or before it is its turn."""
        source, peer = way
        log = await self.books[source].fetch(f"select * from {source}.event where {ABOUT_DOSSIERS} order by number")
        if not log or not self.up(peer):
            return
        taken = {row["subject"]: row["last"] for row in await self._positions(peer, source)}
        too_soon = [row for row in log if row["sequence"] > taken.get(row["subject"], 0) + 1]
        choice = too_soon if too_soon and which % 2 else log
        row = choice[which // 2 % len(choice)]
        envelope = wire.Envelope(
            row["id"],
            row["type"],
            source,
            row["subject"],
            row["sequence"],
            json.loads(row["seen"]),
            row["time"],
            row["traceparent"],
            json.loads(row["data"]),
        )
        before = await self._position(peer, source, row["subject"])
        body = json.dumps([wire.write(envelope)]).encode()
        headers = self.runtime(source).signer.sign(body) | {"content-type": wire.BATCH}
        async with httpx.AsyncClient(transport=self.line) as client:
            answer = await client.post(f"http://{peer}/events", content=body, headers=headers)
        after = await self._position(peer, source, row["subject"])
        told = f"{source} told {peer} once more of {row['type']} {row['sequence']} after {before}: {answer.status_code} {answer.text}"
        if row["sequence"] <= before:
            must((answer.status_code, after) == (204, before), told)
        elif row["sequence"] > before + 1:
            must((answer.status_code, after) == (503, before), told)
        else:
            must((answer.status_code, after) in ((204, before + 1), (503, before)), told)

    async def _positions(self, peer: Service, source: Service) -> list[asyncpg.Record]:
        return await self.books[peer].fetch(f"select subject, last from {peer}.position where source = $1", str(source))

    async def _position(self, peer: Service, source: Service, subject: str) -> int:
        query = f"select last from {peer}.position where source = $1 and subject = $2"
        return await self.books[peer].fetchval(query, str(source), subject) or 0

    async def does_chores(self, service: Service) -> None:
        if self.up(service):
            for chore in self.runtime(service).chores:
                if chore.every_seconds < 3600:
                    await chore.do(self.runtime(service))

    async def all_arrives(self) -> None:
        """What was told is heard by everybody who is there."""
        for service in Service:
            for relay in self.runtime(service).relays:
                at_ease(relay)
        for _ in range(MANY):
            busy = False
            for source in Service:
                for relay in self.runtime(source).relays:
                    if self.up(source) and self.up(Service(relay.subscriber)):
                        busy = await relay.step() or busy
            if not busy:
                return
        raise Untrue("events do not arrive")

    async def rests(self) -> None:
        """Everybody is back, and everything that was under way has arrived."""
        self.line.down.clear()
        for service in Service:
            for relay in self.runtime(service).relays:
                at_ease(relay)
        for _ in range(MANY):
            await self.stack.settle()
            if not await self._is_under_way():
                return
        raise Untrue("the services do not come to rest")

    async def _is_under_way(self) -> bool:
        """What a chore told last has perhaps not left yet."""
        queued = "select exists (select from notifications.message where state = 'queued')"
        waits = [await self.books[service].fetchval(f"select exists (select from {service}.delivery)") for service in Service]
        return any(waits) or bool(await self.books[NOTIFICATIONS].fetchval(queued))

    async def carrier_reports(self, report: Mapping[str, Any]) -> httpx.Response:
        body = json.dumps(report).encode()
        signed = self.runtime(INTAKE).facts["carrier_signers"]["simulator"].sign(body)
        async with httpx.AsyncClient(transport=self.line, base_url="http://intake/v1") as client:
            return await self.asks(
                client.post("/postal-events/simulator", content=body, headers=signed | {"content-type": "application/json"})
            )

    # -------------------------------------------------------------------------------------------- what the books must say, always

    async def must_add_up(self) -> None:
        for service in (INTAKE, PROCESSING):
            await self._lives_add_up(service)
        await self._time_adds_up()
        await self._codes_are_whole()
        await self._work_is_counted()
        for service in Service:
            books = self.books[service]
            refused = await books.fetch(f"select subscriber, subject, reason from {service}.refusal")
            must(not refused, "an event was refused:", service, [dict(row) for row in refused])
            failing = await books.fetch(f"select kind, last_error from {service}.timer where attempts > 0")
            must(not failing, "an alarm failed:", service, [dict(row) for row in failing])

    async def _lives_add_up(self, service: Service) -> None:
        table, owner = ROW[service]
        books, ends = self.books[service], "returned_at, completed_at"
        ends += ", stopped_at" if service is PROCESSING else ", null as stopped_at"
        rows = await books.fetch(f'select id::text, state, version, told, code, {ends} from {service}."{table}"')
        lines: dict[str, list[asyncpg.Record]] = defaultdict(list)
        query = f"select {owner}::text as subject, number, action, from_state, to_state, at from {service}.journal order by number"
        for line in await books.fetch(query):
            lines[line["subject"]].append(line)
        query = (
            f"select subject, array_agg(sequence order by sequence) as told from {service}.event where {ABOUT_DOSSIERS} group by subject"
        )
        log = {row["subject"]: row["told"] for row in await books.fetch(query)}
        must(set(lines) == {row["id"] for row in rows}, service, "tells in its journal of other dossiers than it has")
        for row in rows:
            self._one_life_adds_up(service, row, lines[row["id"]], log.pop(row["id"], []))
        must(not log, service, "told of what it does not have:", log)
        # An answer that is acknowledged is there; nothing is there that nobody asked for.
        states = Counter(row["state"] for row in rows if row["code"])
        received = sum(any(may_begin(line) for line in lines[row["id"]]) for row in rows)
        annulled = states.pop("annulled", 0)
        closed = sum(states[state] for state in model.CLOSED)
        still_open = sum(number for state, number in states.items() if state not in model.CLOSED)
        must(received - annulled == closed + still_open, service, "received", received, "annulled", annulled, states)
        if service is INTAKE:
            must(received == len(self.accepted), "received", received, "acknowledged", len(self.accepted))
            must({row["id"] for row in rows} == set(self.dossiers), "dossiers nobody was promised, or promised and gone")
        for row in rows:
            ended = bool(row["returned_at"]) + bool(row["stopped_at"])
            if service is PROCESSING and row["state"] != "annulled":
                must(bool(ended) == (row["state"] in model.CLOSED), service, dict(row))
            if row["code"]:
                must(bool(row["completed_at"]) == (row["state"] in model.WITH_RESULT), service, dict(row))

    def _one_life_adds_up(self, service: Service, row: asyncpg.Record, lines: list[asyncpg.Record], log: list[int]) -> None:
        named = f"{service} {row['id']}:"
        must(log == list(range(1, row["told"] + 1)), named, "counted", row["told"], "as told, the log says", log)
        before = self.seen.lives.get((service, row["id"]))
        if before and before == (row["version"], row["told"], row["state"], len(lines)):
            return
        self.seen.lives[service, row["id"]] = (row["version"], row["told"], row["state"], len(lines))
        state: str | None = None
        been: set[str | None] = set()
        for line in lines:
            if line["to_state"] is None:
                must(line["from_state"] is None, named, dict(line))
                continue
            must(line["from_state"] == state, named, f"the journal goes on from {line['from_state']} after {state}:", dict(line))
            known = may_lead(service, line) or (line["action"] in model.REPAIRS and line["to_state"] in been)
            must(known, named, "no such move in a dossier's life:", dict(line))
            state = line["to_state"]
            been.add(state)
        must(state == row["state"], named, f"the journal ends with {state}, the row says {row['state']}")
        told = [tuple(line.values()) for line in lines]
        must(
            told[: len(self.seen.lines[service, row["id"]])] == self.seen.lines[service, row["id"]], named, "the journal did not only grow"
        )
        self.seen.lines[service, row["id"]] = told
        if before:
            must(row["version"] >= before[0] and row["told"] >= before[1], named, "a counter went back:", before, dict(row))
            must(row["state"] == before[2] or row["version"] > before[0], named, "another state, and the same version")

    async def _time_adds_up(self) -> None:
        query = """select c.id::text, c.state, c.first_appointment_at, c.appointment_at, c.accepted_at, c.late_since, c.due_at,
                          s.kind, s.policy, s.started_at, s.ended_at
                   from processing."case" as c left join processing.clock_stop as s on s.case_id = c.id order by c.id, s.number"""
        cases: dict[str, list[asyncpg.Record]] = defaultdict(list)
        for row in await self.books[PROCESSING].fetch(query):
            cases[row["id"]].append(row)
        desk = {
            row["id"]: row["first_appointment_at"]
            for row in await self.books[INTAKE].fetch("select id::text, first_appointment_at from intake.dossier where code is not null")
        }
        for dossier, rows in cases.items():
            stops = [row for row in rows if row["started_at"]]
            for one, other in pairwise(stops):
                must(one["ended_at"] and one["ended_at"] <= other["started_at"], "stops overlap:", dossier, dict(one), dict(other))
            must(all(row["ended_at"] is None or row["ended_at"] >= row["started_at"] for row in stops), "a stop ends first:", dossier)
            stands = stops[-1]["kind"] if stops and stops[-1]["ended_at"] is None else None
            must(stands or rows[0]["state"] not in model.MUST_STAND, "the clock runs:", dossier, dict(rows[-1]))
            must(not stands or rows[0]["state"] in model.STOPS[stands], "the clock stands:", dossier, dict(rows[-1]))
            must(rows[0]["first_appointment_at"] == desk[dossier], "another first appointment:", dossier)
            first = self.seen.first_appointments.setdefault(dossier, rows[0]["first_appointment_at"])
            must(first == rows[0]["first_appointment_at"], "the first appointment changed:", dossier)
            late = None if dossier in self.seen.repaired else self.seen.late_since.get(dossier)
            must(late is None or rows[0]["late_since"] == late, "lateness was undone, or moved:", dossier, late, rows[0]["late_since"])
            self.seen.late_since[dossier] = rows[0]["late_since"]

    async def _codes_are_whole(self) -> None:
        codes = [row["code"] for row in await self.books[INTAKE].fetch("select code from intake.dossier where code is not null")]
        counters = {
            (row["prefix"], f"{row['day']:%y%m%d}"): row["last"] for row in await self.books[INTAKE].fetch("select * from intake.counter")
        }
        serials: dict[tuple[str, str], list[int]] = defaultdict(list)
        for code in codes:
            prefix, day, serial = code.rsplit("-", 2)
            serials[prefix, day].append(int(serial))
        for place in serials.keys() | counters.keys():
            must(sorted(serials[place]) == list(range(1, counters.get(place, 0) + 1)), "codes of", place, serials[place], counters)

    async def _work_is_counted(self) -> None:
        counted = await self.books[PROCESSING].fetchrow(
            """select coalesce(sum(number) filter (where assignee = '*'), 0) as of_offices,
                      coalesce(sum(number) filter (where assignee <> '*'), 0) as of_officers from processing.work_count"""
        )
        held = sorted(model.AT_THE_AGENCY)
        waiting = await self.books[PROCESSING].fetchval(
            'select count(*) from processing."case" where current_step is not null and state = any($1::text[])', held
        )
        assert counted
        must(set(counted.values()) == {waiting}, "work counted", dict(counted), "work that waits", waiting)

    # -------------------------------------------------------------------------------------------- what they must say at rest

    async def must_agree(self) -> None:
        """All three tell the same of every dossier; every event was taken once."""
        found = await audit_books(self.urls)
        must(found.clean, dict(found.counts), dict(found.examples))
        paths = {service: await self._path_of_states(service) for service in (INTAKE, PROCESSING)}
        for dossier, path in paths[PROCESSING].items():
            desk = paths[INTAKE][dossier]
            begins = desk.index("received") if "received" in desk else len(desk) - 1
            must(desk[begins:] == path, "two paths of states:", dossier, desk, path)
        for dossier in paths[PROCESSING]:
            view = await self.looks(PROCESSING, dossier)
            must(view, dossier)
            assert view
            self._due_as_counted(view)
            self._stays_late(view)
            self.offers_what_is_legal(PROCESSING, self.moment(view, OVERSEER))
        for dossier in self.dossiers:
            view = await self.looks(INTAKE, dossier)
            assert view
            self.offers_what_is_legal(INTAKE, self.moment(view, OVERSEER))

    async def _path_of_states(self, service: Service) -> dict[str, list[str]]:
        owner = ROW[service][1]
        query = f"select {owner}::text as subject, to_state from {service}.journal where to_state is not null order by number"
        paths: dict[str, list[str]] = defaultdict(list)
        for row in await self.books[service].fetch(query):
            if paths[row["subject"]][-1:] != [row["to_state"]]:
                paths[row["subject"]].append(row["to_state"])
        return paths

    def _due_as_counted(self, view: Mapping[str, Any]) -> None:
        """From acceptance and the stops alone, as the pure function counts."""
        if view["state"] not in model.COUNTED:
            return
        stops = [
            Stop(model.at(stop["started_at"]), stop["ended_at"] and model.at(stop["ended_at"]), StopPolicy(stop["policy"]))
            for stop in view["clock_stops"]
        ]
        limit = model.LIMITS[view["procedure"]["key"]]
        counted = due(model.at(view["accepted_at"]), limit, calendar=CALENDAR, stops=stops)
        told = view["due_at"] and model.at(view["due_at"])
        must(counted.due_at == told, "due", told, "counted from acceptance and stops:", counted.due_at, view["id"], view["clock_stops"])

    def _stays_late(self, view: Mapping[str, Any]) -> None:
        if view["verdict"] == "overdue":
            self.seen.late.add(view["id"])
        must(
            view["id"] not in self.seen.late - self.seen.repaired or view["verdict"] == "overdue",
            "what was late is on time again:",
            view["id"],
        )

    def offers_what_is_legal(self, service: Service, moment: Moment) -> None:
        """What is listed for somebody is what the model allows them; of moves it does not know it says nothing."""
        rules = RULES[service]
        offered = {action["action"] for action in moment.view["possible_actions"]} & set(rules)
        allowed = {action for action in rules if model.legal(service, action, moment)}
        named = f"{service} {moment.state} for {moment.actor.name} ({', '.join(sorted(moment.actor.roles))} of {moment.actor.office}):"
        must(offered <= allowed, named, "offers what is not allowed:", sorted(offered - allowed), shortly(moment.view))
        must(allowed <= offered, named, "does not offer what is allowed:", sorted(allowed - offered), shortly(moment.view))


@dataclass
class Seen:
    """What was true before and must stay true."""

    lives: dict[tuple[Service, str], tuple[int, int, str, int]] = field(default_factory=dict)
    lines: dict[tuple[Service, str], list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    first_appointments: dict[str, datetime] = field(default_factory=dict)
    late_since: dict[str, datetime | None] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    repaired: set[str] = field(default_factory=set)
    """A repair takes back what was a mistake; of these, time is not held against what it was before."""


def shortly(view: Mapping[str, Any]) -> dict[str, Any]:
    """What a person looks at who wonders why."""
    left_out = {"possible_actions", "people", "receipt", "papers", "procedure", "steps", "journal", "scores_late", "amendments"}
    return {name: value for name, value in view.items() if value and name not in left_out}


def may_begin(line: asyncpg.Record) -> bool:
    return line["from_state"] in (None, "submitted") and line["to_state"] in ("received", "returned")


def may_lead(service: Service, line: asyncpg.Record) -> bool:
    return model.may_lead(service, line["action"], line["from_state"], line["to_state"])


def at_ease(relay: Relay, size: int = BATCH_SIZE) -> None:
    """As if time had passed: nobody waits for a next try."""
    relay.waiting.clear()
    relay.failures, relay.size = 0, size


def an_application_of(key: str, **more: Any) -> dict[str, Any]:
    return an_application(key, receiving_office=DESK, **more)
