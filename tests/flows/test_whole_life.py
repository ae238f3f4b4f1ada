"""The whole life of dossiers, played at random: many people at two desks and two agencies do what is and what is not theirs to do, the
clock moves, events come late, twice and out of order, services are away. A simple model says what may happen; the books must add up
after every step, and all three services must agree at rest.

A failure is shrunk to few steps and printed as a program. `MOTCUA_LONG=1` plays for minutes, each time from another seed.
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from shared.contracts.peers import Service
from tests.builders import DESK, a_submission, an_application
from tests.flows import model_of_life as model
from tests.flows.model_of_life import RULES, Actor, Moment
from tests.flows.town import ACTORS, INTAKE, MOVES, OVERSEER, PATHS, PROCEDURES, PROCESSING, SCHEMAS, Town, must

LONG: Final = os.environ.get("MOTCUA_LONG") == "1"
PLAYED: Final = settings(
    max_examples=400 if LONG else 24,
    stateful_step_count=60 if LONG else 36,
    derandomize=not LONG,
    deadline=None,
    database=None,
    print_blob=True,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

SHRINKING_SECONDS: Final = 300 if LONG else int(os.environ.get("SHRINK", "60"))

# Nothing that is drawn depends on what was found: a number says which of so many, so that a program means the same when it is shrunk.
ANY: Final = st.integers(0, 99)
CHANCE: Final = st.integers(0, 9)
SOURCES: Final = st.sampled_from([(source, peer) for source in Service for peer in source.peers])
SPANS: Final = st.sampled_from(
    [
        timedelta(minutes=5),
        timedelta(hours=3),
        timedelta(hours=9),
        timedelta(days=1),
        timedelta(days=3),
        timedelta(days=8),
        timedelta(days=33),
    ]
)
BEGINNINGS: Final = ("desk", "portal", "counter", "post", "online wish", "on the spot", "again")
STRAIGHT_ON: Final = {
    INTAKE: ("accept", "supplement", "accept_supplement", "take_over_result", "return_corrected", "post", "return_at_desk"),
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


class Life(RuleBasedStateMachine):
    """The program hypothesis writes, step by step."""

    town: Town
    runner: asyncio.Runner

    def run(self, doing: Any) -> Any:
        async def done_and_added_up() -> Any:
            result = await doing
            await self.town.must_add_up()
            return result

        return self.runner.run(done_and_added_up())

    @initialize()
    def the_town_is_empty(self) -> None:
        self.runner.run(self.town.moves_in())

    # ------------------------------------------------------------------------------------------------ dossiers begin

    @rule(how=ANY, which=ANY)
    def somebody_brings_a_dossier(self, how: int, which: int) -> None:
        self.run(self._begins(one_of(BEGINNINGS, how), one_of(sorted(PROCEDURES), which)))

    async def _begins(self, how: str, key: str) -> None:
        town = self.town
        if not town.up(INTAKE):
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
                "on the spot": {"on_the_spot": {"outcome": "granted", "document_number": f"{serial}/GP"}},
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

    @rule(who=ANY, dossier=ANY, choice=ANY, twice=CHANCE)
    def somebody_at_the_desk_does_what_is_possible(self, who: int, dossier: int, choice: int, twice: int) -> None:
        self.run(self._does(INTAKE, one_of(ACTORS[INTAKE], who), dossier, choice, twice=twice == 0))

    @rule(who=ANY, dossier=ANY, choice=ANY, twice=CHANCE)
    def somebody_at_the_agency_does_what_is_possible(self, who: int, dossier: int, choice: int, twice: int) -> None:
        self.run(self._does(PROCESSING, one_of(ACTORS[PROCESSING], who), dossier, choice, twice=twice == 0))

    async def _does(self, service: Service, actor: Actor, dossier: int, choice: int, *, twice: bool) -> None:
        town = self.town
        if not town.dossiers or not town.up(service):
            return
        view = await town.looks(service, one_of(town.dossiers, dossier), actor)
        if view is None:
            return
        moment = town.moment(view, actor)
        town.offers_what_is_legal(service, moment)
        if view["possible_actions"]:
            await self._sends_what_is_offered(service, moment, one_of(view["possible_actions"], choice), twice=twice)

    async def _sends_what_is_offered(self, service: Service, moment: Moment, offered: dict[str, Any], *, twice: bool = False) -> None:
        town, view, action = self.town, moment.view, offered["action"]
        body = model.a_body(action, offered["needs"], moment, town.next_serial())
        caller, path = town.callers[service, moment.actor], offered["href"].removeprefix("/v1")
        key = f"key {town.serial}"
        answer = await town.asks(caller.post(path, body, version=view["version"], key=key))
        named = f"{action} by {moment.actor.name}, {service} {view['state']}:"
        must(answer.is_success, named, "was offered, and refused:", answer.status_code, answer.text, body, dict(view))
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
        leads = model.led_to(service, action, known, moment, body)
        must(view["state"] == leads, action, "led from", moment.state, "to", view["state"], "not to", leads)

    @rule(dossier=ANY, steps=st.integers(1, 4))
    def a_dossier_goes_straight_on(self, dossier: int, steps: int) -> None:
        """As most do: whoever has it in hand does the next thing, and everybody hears of it."""
        for _ in range(steps):
            self.run(self._goes_straight_on(dossier))

    async def _goes_straight_on(self, dossier: int) -> None:
        town = self.town
        await town.rests()
        if not town.dossiers:
            return
        for service in (PROCESSING, INTAKE):
            actor = ACTORS[PROCESSING][0] if service is PROCESSING else OVERSEER
            if (view := await town.looks(service, one_of(town.dossiers, dossier), actor)) is None:
                continue
            offered = {action["action"]: action for action in view["possible_actions"]}
            if action := next((offered[action] for action in STRAIGHT_ON[service] if action in offered), None):
                await self._sends_what_is_offered(service, town.moment(view, actor), action)
                await town.rests()
                return

    @rule(desk=st.booleans(), who=ANY, dossier=ANY, move=ANY, stale=CHANCE)
    def somebody_tries_something(self, desk: bool, who: int, dossier: int, move: int, stale: int) -> None:
        service = INTAKE if desk else PROCESSING
        self.run(self._tries(service, one_of(ACTORS[service], who), dossier, one_of(MOVES[service], move), stale=stale == 0))

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
        body = model.a_body(action, SCHEMAS[service][action], moment, town.next_serial())
        version = view["version"] - 1 if stale else view["version"]
        answer = await town.sends(service, actor, action, name, body, version)
        legal = [one for one in model.same_request(service, action, body) if model.legal(service, one, moment)]
        named = f"{action} by {actor.name}, {service} {view['state']}: {answer.status_code} {answer.text} {body} {view}"
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

    @rule(desk=st.booleans(), dossier=ANY, one=ANY, other=ANY, carried=SOURCES)
    def two_act_at_once(self, desk: bool, dossier: int, one: int, other: int, carried: tuple[Service, Service]) -> None:
        self.run(self._two_at_once(INTAKE if desk else PROCESSING, dossier, one, other, carried))

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
        caller = town.callers[service, OVERSEER]
        *answers, _ = await asyncio.gather(
            *(
                town.asks(caller.post(action["href"].removeprefix("/v1"), body, version=view["version"]))
                for action, body in zip(actions, bodies, strict=True)
            ),
            town.travels(*carried, size=100, fate=None),
        )
        done = [action["action"] for action, answer in zip(actions, answers, strict=True) if answer.is_success]
        for action, answer, body in zip(actions, answers, bodies, strict=True):
            must(answer.is_success or answer.status_code in (409, 412), action["action"], answer.status_code, answer.text)
            if answer.is_success and action["action"] == "accept":
                town.accepted.add(view["id"])
            if answer.is_success and action["action"] == "post":
                town.items.append(body["tracking_number"])
        versioned = [action for action in done if not (known := RULES[service].get(action)) or not model.free_of_version(action, known)]
        must(len(versioned) < 2, "two decided on the same version:", done, view["state"])

    # ------------------------------------------------------------------------------------------------ the carrier, and time

    @rule(item=ANY, code=ANY, hours=st.integers(-30, 0))
    def the_carrier_reports(self, item: int, code: int, hours: int) -> None:
        self.run(self._carrier_reports(item, one_of(REPORTS, code), hours))

    async def _carrier_reports(self, item: int, code: str, hours: int) -> None:
        town = self.town
        if town.items and town.up(INTAKE):
            at = town.now + timedelta(hours=hours)
            answer = await town.carrier_reports({"tracking_number": one_of(town.items, item), "code": code, "at": at.isoformat()})
            must(answer.is_success, answer.text)

    @rule(span=SPANS, service=st.sampled_from(Service))
    def time_passes(self, span: timedelta, service: Service) -> None:
        """Alarms ring at one service; the others' are late."""
        self.town.stack.clock.move(seconds=span.total_seconds())
        self.run(self.town.does_chores(service))

    # ------------------------------------------------------------------------------------------------ the line

    @rule(way=SOURCES, size=st.integers(1, 6), fate=st.sampled_from([None, None, None, "twice", "cut", "answers 500", "answers 502"]))
    def events_travel(self, way: tuple[Service, Service], size: int, fate: str | None) -> None:
        self.run(self.town.travels(*way, size=size, fate=fate))

    @rule(way=SOURCES, which=ANY)
    def an_event_comes_again_or_too_soon(self, way: tuple[Service, Service], which: int) -> None:
        self.run(self.town.comes_again(*way, which))

    @rule(service=st.sampled_from(Service))
    def a_service_goes_down_or_comes_back(self, service: Service) -> None:
        self.town.line.down.symmetric_difference_update({service})

    @rule()
    def all_comes_to_rest(self) -> None:
        self.run(self._rests())

    async def _rests(self) -> None:
        await self.town.rests()
        await self.town.must_agree()

    def teardown(self) -> None:
        self.run(self._rests())


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
