"""The whole life of dossiers, played at random: many people at two desks and two agencies do what is and what is not theirs to do, the
clock moves, events come late, twice and out of order, services are away. A simple model says what may happen; the books must add up
after every step, and all three services must agree at rest.

A failure is shrunk to few steps and printed as a program. `MOTCUA_LONG=1` plays for minutes, each time from another seed.
"""

import asyncio
import logging
import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from math import log
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from shared.contracts.peers import Service
from tests.builders import DESK, a_submission, an_application
from tests.flows import model_of_life as model
from tests.flows.model_of_life import RULES, Actor, Moment
from tests.flows.town import ACTORS, INTAKE, MOVES, OTHER_OVERSEER, OVERSEER, PATHS, PROCEDURES, PROCESSING, SCHEMAS, Town, must, shortly

LONG: Final = os.environ.get("MOTCUA_LONG") == "1"
PLAYED: Final = settings(
    max_examples=int(os.environ.get("LIVES", "400")) if LONG else 10,
    stateful_step_count=60 if LONG else 30,
    derandomize=not LONG,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much),
)

SHRINKING_SECONDS: Final = int(os.environ.get("SHRINK", "60"))

# Nothing that is drawn depends on what was found: a number says which of so many, so that a program means the same when it is shrunk.
NUMBERS: Final = st.integers(0, 100**4)
SPANS: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 3 * 60, 9 * 60, 24 * 60, 3 * 24 * 60 + 45, 8 * 24 * 60, 33 * 24 * 60))
WAYS: Final = tuple((source, peer) for source in Service for peer in source.peers)
FATES: Final = (None, None, "twice", "cut", "answers 500", "answers 502")
STEPS_AWAY: Final = 4
MOST_DOSSIERS: Final = 5
BEGINNINGS: Final = ("desk", "portal", "counter", "post", "online wish", "on the spot", "again")
STRAIGHT_ON: Final = {
    INTAKE: (
        "accept",
        "record_payment",
        "supplement",
        "accept_supplement",
        "take_over_result",
        "return_corrected",
        "post",
        "return_at_desk",
    ),
    PROCESSING: ("take_up", "resume", "pass_on", "issue_decision", "complete", "correct_result", "hand_over_result"),
}
REPORTS: Final = (
    "accepted",
    "in_transit",
    "out_for_delivery",
    "attempt_failed",
    "held",
    "delivered",
    "sending_back",
    "sent_back",
    "lost",
    "x",
)


def one_of(options: Any, number: int) -> Any:
    return options[number % len(options)]


SELDOM: Final = dict.fromkeys(
    model.states("amend remind request_attendance hand_over_papers reduce_fee request_consultation"), 20
) | dict.fromkeys(model.states("ask_withdrawal withdraw request_annulment refuse refer_elsewhere request_correction"), 5)
"""How much more seldom than the others: what is possible nearly always, and what ends a life before it has begun."""


def drawn(offers: Iterable[tuple[Service, str]], number: int) -> tuple[Service, str]:
    def comes(offer: tuple[Service, str]) -> float:
        chance = (crc32(f"{number} {offer}".encode()) + 1) / 2**32
        return -log(chance) * SELDOM.get(offer[1], 1)

    return min(offers, key=comes)


HAPPENS: Final = tuple(
    happens
    for happens, often in {
        "goes straight on": 7,
        "is done": 20,
        "begins": 3,
        "is tried": 6,
        "travels": 5,
        "time passes": 3,
        "two at once": 2,
        "comes again": 4,
        "carrier": 2,
        "chores": 1,
        "goes away": 1,
        "is repaired": 1,
        "rests": 1,
    }.items()
    for _ in range(often)
)


class Life(RuleBasedStateMachine):
    """The program hypothesis writes, step by step."""

    town: Town
    runner: asyncio.Runner

    @initialize(number=NUMBERS)
    def somebody_comes_to_a_town_that_was_empty(self, number: int) -> None:
        self.away: dict[Service, int] = {}
        self.runner.run(self._first(*(number // 100**place % 100 for place in range(4))))

    async def _first(self, *numbers: int) -> None:
        await self.town.moves_in()
        for dossier, (how, far) in enumerate((numbers[:2], numbers[2:])):
            await self._begins(one_of(BEGINNINGS, how), one_of(sorted(PROCEDURES), how // len(BEGINNINGS)))
            for _ in range(far % 6):
                await self._goes_straight_on(dossier)

    @rule(number=NUMBERS)
    def then(self, number: int) -> None:
        happens, *which = (crc32(f"{number} {what}".encode()) for what in ("happens", "a", "b", "c", "d"))
        self.runner.run(self._then(one_of(HAPPENS, happens), *(each % 100 for each in which)))

    async def _then(self, happens: str, a: int, b: int, c: int, d: int) -> None:
        town = self.town
        service = (PROCESSING, INTAKE)[d % 2]
        match happens:
            case "begins":
                await self._begins(one_of(BEGINNINGS, a), one_of(sorted(PROCEDURES), b))
            case "goes straight on":
                for _ in range(1 + b % 2):
                    await self._goes_straight_on(a)
            case "is done":
                if c % 2:
                    await town.all_arrives()
                for choice in (c, a + b + c):
                    await self._does(a, b, choice)
            case "is tried":
                await self._tries(service, one_of(ACTORS[service], b), a, one_of(MOVES[service], c), stale=d >= 90)
            case "two at once":
                await self._two_at_once(service, a, b, c, one_of(WAYS, d // 2))
            case "is repaired":
                await self._is_repaired(a, b)
            case "carrier":
                await self._carrier_reports(a, one_of(REPORTS, b), -(c % 30))
            case "time passes":
                town.stack.clock.move(seconds=one_of(SPANS, a).total_seconds())
                await town.does_chores(one_of(tuple(Service), b))
            case "chores":
                await town.does_chores(one_of(tuple(Service), a))
            case "travels":
                await town.travels(one_of(WAYS, a), size=1 + b % 6, fate=one_of(FATES, c))
            case "comes again":
                await town.comes_again(one_of(WAYS, a), b)
            case "goes away":
                self.away[one_of(tuple(Service), a)] = STEPS_AWAY
            case "rests":
                await self._rests()
            case _:
                raise AssertionError(happens)
        await town.must_add_up()
        self.away = {service: steps - 1 for service, steps in self.away.items() if steps > 1}
        town.line.down = {str(service) for service in self.away}

    # ------------------------------------------------------------------------------------------------ dossiers begin

    async def _begins(self, how: str, key: str) -> None:
        town = self.town
        if not town.up(INTAKE) or len(town.dossiers) == MOST_DOSSIERS:
            return
        serial = town.next_serial()
        desk, supervisor, portal = ACTORS[INTAKE][:3]
        receiving = {"receiving_office": DESK}
        if how == "again" and town.national:
            return await self._pushes_again(one_of(sorted(town.national), serial), serial)
        if how in ("portal", "again"):
            body = a_submission(f"G22-{serial}", procedure=key)
            answer = await town.asks(town.callers[INTAKE, portal].post("/submissions", body))
            must(answer.status_code == 201, answer.text)
            town.national[body["national_code"]] = answer.json()["id"]
        elif how == "counter":
            body = an_application(key, channel="desk", papers=None, **receiving)
            answer = await town.asks(town.callers[INTAKE, desk].post("/submissions", body))
        else:
            more: dict[str, Any] = {
                "desk": {},
                "post": {"channel": "post", "postal_item": model.an_item(serial), "result": {"way": "post"}},
                "online wish": {"result": {"way": "online", "electronic_only": True}},
                "on the spot": {"on_the_spot": {"outcome": "granted", "document_number": f"{serial}/GP"}, "fees": model.paid_at_once(key)},
            }[how]
            who = supervisor if how == "on the spot" else desk
            answer = await town.asks(town.callers[INTAKE, who].post("/dossiers", an_application(key, **receiving, **more)))
            if answer.is_success:
                town.accepted.add(answer.json()["id"])
        must(answer.status_code == 201, how, answer.status_code, answer.text)
        town.dossiers.append(answer.json()["id"])

    async def _pushes_again(self, national_code: str, serial: int) -> None:
        """An update of the submission, or its answer to what the desk asked for; after acceptance it is too late."""
        town = self.town
        view = await town.looks(INTAKE, town.national[national_code])
        assert view
        body = a_submission(national_code, procedure=view["procedure"]["key"], case=None)
        body["applicant"] = body["applicant"] | {"address": f"Tổ {serial}"}
        answer = await town.asks(town.callers[INTAKE, ACTORS[INTAKE][2]].post("/submissions", body))
        expected = 200 if view["state"] in model.BEFORE_ACCEPTANCE else 409
        must(answer.status_code == expected, "pushed again while", view["state"], answer.status_code, answer.text)

    # ------------------------------------------------------------------------------------------------ people act

    async def _does(self, dossier: int, who: int, choice: int) -> None:
        """One of those who may do one of the things that are possible."""
        town = self.town
        views = {service: await self._some(service, dossier) for service in (INTAKE, PROCESSING) if town.up(service)}
        offers = [(service, action["action"]) for service, view in views.items() if view for action in view["possible_actions"]]
        if not offers:
            return
        service, offered = drawn(offers, choice)
        view = views[service]
        assert view
        actors = [
            actor for actor in ACTORS[service] if offered in RULES[service] and model.legal(service, offered, town.moment(view, actor))
        ]
        actor = one_of(actors or [OVERSEER], who)
        view = await town.looks(service, view["id"], actor)
        assert view
        moment = town.moment(view, actor)
        town.offers_what_is_legal(service, moment)
        found = next(action for action in view["possible_actions"] if action["action"] == offered)
        await self._sends_what_is_offered(service, moment, found, twice=choice % 10 == 0)

    async def _some(self, service: Service, dossier: int) -> dict[str, Any] | None:
        if not self.town.dossiers:
            await self._begins("desk", "LIFE-1")
        return await self.town.looks(service, one_of(self.town.dossiers, dossier)) if self.town.dossiers else None

    async def _sends_what_is_offered(self, service: Service, moment: Moment, offered: dict[str, Any], *, twice: bool = False) -> None:
        town, view, action = self.town, moment.view, offered["action"]
        if (body := model.a_body(action, offered["needs"], moment, town.next_serial())) is None:
            return
        caller, path = town.callers[service, moment.actor], offered["href"].removeprefix("/v1")
        key = f"key {town.serial}"
        answer = await town.asks(caller.post(path, body, version=view["version"], key=key))
        named = f"{action} by {moment.actor.name}, {service} {view['state']}:"
        must(answer.is_success, named, "was offered, and refused:", answer.status_code, answer.text, body, shortly(view))
        town.done[action] += 1
        await self._led_where_it_should(service, moment, action, body)
        if twice:
            again = await town.asks(caller.post(path, body, version=view["version"], key=key))
            must((again.status_code, again.json()) == (answer.status_code, answer.json()), named, "asked twice,", again.text)

    async def _led_where_it_should(self, service: Service, moment: Moment, action: str, body: Any) -> None:
        if service is INTAKE and action == "accept":
            self.town.accepted.add(moment.view["id"])
        if body.get("tracking_number") and action == "post":
            self.town.items.append(body["tracking_number"])
        if (known := RULES[service].get(action)) is None or (view := await self.town.looks(service, moment.view["id"])) is None:
            return
        leads = model.led_to(service, action, known, moment, body, view)
        must(view["state"] == leads, action, "led from", moment.state, "to", view["state"], "not to", leads)

    async def _goes_straight_on(self, dossier: int) -> None:
        """As most do: whoever has it in hand does the next thing, and everybody hears of it."""
        town = self.town
        await town.all_arrives()
        for service in (PROCESSING, INTAKE):
            actor = ACTORS[PROCESSING][0] if service is PROCESSING else OVERSEER
            if not town.up(service) or (view := await self._some(service, dossier)) is None:
                continue
            offered = {action["action"]: action for action in view["possible_actions"]}
            if action := next((offered[action] for action in STRAIGHT_ON[service] if action in offered), None):
                await self._sends_what_is_offered(service, town.moment(view, actor), action)
                return

    async def _tries(self, service: Service, actor: Actor, dossier: int, action: str, *, stale: bool) -> None:
        town = self.town
        if not town.dossiers or not town.up(service):
            return
        name = one_of(town.dossiers, dossier)
        view = await town.looks(service, name)
        known = RULES[service].get(action)
        if view is None or known is None:
            answer = await town.sends(service, actor, action, name, {}, 1)
            must(view or not answer.is_success, action, "of what is not there:", answer.status_code)
            return
        moment = town.moment(view, actor)
        town.offers_what_is_legal(service, town.moment(view, OVERSEER))
        if (body := model.a_body(action, SCHEMAS[service][action], moment, town.next_serial())) is None:
            return
        version = view["version"] - 1 if stale else view["version"]
        answer = await town.sends(service, actor, action, name, body, version)
        legal = [one for one in model.same_request(service, action, body) if model.legal(service, one, moment)]
        named = f"{action} by {actor.name}, {service} {view['state']}: {answer.status_code} {answer.text} {body} {shortly(view)}"
        if not model.within_reach(service, known, moment):
            must(answer.status_code in (403, 404), "not theirs to do:", named)
        elif stale and not known.from_any_side and action != "remind":
            must(answer.status_code == 412, "decided on what was:", named)
        elif legal:
            must(answer.is_success, "was legal, and refused:", named)
            await self._led_where_it_should(service, moment, legal[0], body)
        else:
            must(answer.status_code == 409, "was illegal:", named)
        if not answer.is_success:
            after = await town.looks(service, name)
            assert after
            must((after["state"], after["version"]) == (view["state"], view["version"]), "refused, and yet something changed:", named)

    async def _two_at_once(self, service: Service, dossier: int, one: int, other: int, carried: tuple[Service, Service]) -> None:
        """On the same version, while events travel: one of them at most gets through."""
        town = self.town
        if not town.dossiers or not town.up(service):
            return
        view = await town.looks(service, one_of(town.dossiers, dossier))
        if view is None or not view["possible_actions"]:
            return
        moment = town.moment(view, OVERSEER)
        actions = [one_of(view["possible_actions"], number) for number in (one, other)]
        bodies = [model.a_body(action["action"], action["needs"], moment, town.next_serial()) for action in actions]
        if None in bodies:
            return
        caller = town.callers[service, OVERSEER]
        asking = [
            town.asks(caller.post(action["href"].removeprefix("/v1"), body, version=view["version"]))
            for action, body in zip(actions, bodies, strict=True)
        ]
        answers, _ = await asyncio.gather(asyncio.gather(*asking), town.travels(carried, size=100, fate=None))
        done = [action["action"] for action, answer in zip(actions, answers, strict=True) if answer.is_success]
        for action, answer, body in zip(actions, answers, bodies, strict=True):
            must(answer.is_success or answer.status_code in (409, 412), action["action"], answer.status_code, answer.text)
            if answer.is_success and action["action"] == "accept":
                town.accepted.add(view["id"])
            if answer.is_success and body and action["action"] == "post":
                town.items.append(body["tracking_number"])
        versioned = [action for action in done if not (known := RULES[service].get(action)) or not model.free_of_version(action, known)]
        must(len(versioned) < 2, "two decided on the same version:", done, view["state"])

    # ------------------------------------------------------------------------------------------------ the carrier, and time

    async def _is_repaired(self, dossier: int, to: int) -> None:
        """One supervisor proposes, another approves; nobody's own proposal, nothing that moved on meanwhile."""
        town = self.town
        if not town.dossiers:
            return
        name = one_of(town.dossiers, dossier)
        for service in (INTAKE, PROCESSING):
            if not town.up(service) or (view := await town.looks(service, name)) is None:
                continue
            caller, path = town.callers[service, OVERSEER], f"/{'dossiers' if service is INTAKE else 'cases'}/{name}/repairs"
            possible = (await town.asks(caller.get(path))).json()["possible"]
            if not possible:
                continue
            told = {"to_state": one_of(possible, to), "ticket": f"SC-{town.next_serial()}", "reason": "Bấm nhầm"}
            proposed = await town.asks(caller.post(path, told, version=view["version"]))
            if not proposed.is_success:
                must((proposed.status_code, proposed.json()["code"]) == (409, "held_elsewhere"), proposed.text, told, shortly(view))
                continue
            path += f"/{proposed.json()['id']}/approvals"
            alone = await town.asks(caller.post(path, {}))
            must(alone.status_code == 403, "approved alone:", alone.text)
            second = await town.asks(town.callers[service, OTHER_OVERSEER].post(path, {}))
            must(second.is_success, "two supervisors, and refused:", second.text, told, shortly(view))
            after = await town.looks(service, name)
            must(after and after["state"] == told["to_state"], "repaired to", told, "and is", after and after["state"])
            town.seen.repaired.add(name)
            return

    # ------------------------------------------------------------------------------------------------ the carrier, and rest

    async def _carrier_reports(self, item: int, code: str, hours: int) -> None:
        town = self.town
        if town.items and town.up(INTAKE):
            at = town.now + timedelta(hours=hours)
            answer = await town.carrier_reports({"tracking_number": one_of(town.items, item), "code": code, "at": at.isoformat()})
            must(answer.is_success, answer.text)

    async def _rests(self) -> None:
        self.away = {}
        await self.town.rests()
        await self.town.must_agree()

    def teardown(self) -> None:
        self.runner.run(self._at_last())

    async def _at_last(self) -> None:
        await self._rests()
        await self.town.must_add_up()


@pytest.fixture
def quietly() -> Iterator[None]:
    """Thousands of lines that nobody reads."""
    known = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**known)


@pytest.fixture
def played(quietly: None, home: Path, database_urls: dict[Service, str]) -> Iterator[type[Life]]:
    with asyncio.Runner() as runner:
        town = runner.run(Town.build(home, database_urls))
        yield type("Life", (Life,), {"town": town, "runner": runner})
        runner.run(town.close())


def test_whatever_people_time_and_the_line_do_a_dossiers_life_is_one_the_law_knows(
    played: type[Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypothesis.internal.conjecture.engine.MAX_SHRINKING_SECONDS", SHRINKING_SECONDS)

    run_state_machine_as_test(played, settings=PLAYED)


def test_every_move_somebody_can_make_stands_in_the_model() -> None:
    """With what allows it and what it leads to: a move that is missing is played where it is offered, and judged by nobody."""
    for service in (INTAKE, PROCESSING):
        assert set(PATHS[service]) == set(RULES[service])
