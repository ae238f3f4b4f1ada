"""What is told arrives: each event once, in its order, causes before effects, whatever the line does to it."""

import asyncio
import random
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from shared.contracts.events import DossierReceived, Event
from shared.wire import Envelope, Verdict
from tests.flows.exchange import FACT, INTAKE, NOTIFICATIONS, PROCESSING, Exchange, an_event, fresh, in_order

TAKEN, HAD, LATER, REFUSED = Verdict.TAKEN, Verdict.HAD, Verdict.LATER, Verdict.REFUSED


class Unheard(Event):
    """A type from a newer release of a peer."""

    type = "vn.motcua.dossier.unheard.v1"


async def test_an_event_that_comes_twice_takes_effect_once(exchange: Exchange) -> None:
    event = an_event(INTAKE, "a", 1)

    first, second = await exchange.verdicts(PROCESSING, event), await exchange.verdicts(PROCESSING, event)

    assert (first, second) == ([TAKEN], [HAD])
    assert await exchange.took(PROCESSING) == [("intake", "a", 1)]


async def test_the_same_batch_delivered_many_times_at_once_takes_effect_once(exchange: Exchange) -> None:
    batch = [an_event(INTAKE, subject, number) for subject in ("a", "b", "c") for number in (1, 2, 3, 4)]

    answers = await asyncio.gather(*(exchange.brings(PROCESSING, *batch) for _ in range(6)))

    assert {answer.status_code for answer in answers} <= {204, 207}
    assert in_order(took := await exchange.took(PROCESSING))
    assert len(took) == 12


async def test_a_batch_in_any_order_is_taken_in_order_and_its_verdicts_stand_where_its_events_stood(exchange: Exchange) -> None:
    await exchange.verdicts(PROCESSING, an_event(INTAKE, "a", 1))

    verdicts = await exchange.verdicts(PROCESSING, *(an_event(INTAKE, "a", number) for number in (3, 1, 5, 2)))

    assert verdicts == [TAKEN, HAD, LATER, TAKEN]


@pytest.mark.parametrize("sequence", [2, 7])
async def test_the_first_word_about_a_subject_is_number_one_or_it_waits(exchange: Exchange, sequence: int) -> None:
    assert await exchange.verdicts(PROCESSING, an_event(INTAKE, "a", sequence)) == [LATER]
    assert await exchange.took(PROCESSING) == []


async def test_an_effect_that_overtakes_its_cause_waits_for_it(exchange: Exchange) -> None:
    cause, effect = an_event(INTAKE, "a", 1), an_event(PROCESSING, "a", 1, seen={"intake": 1})

    before = await exchange.verdicts(NOTIFICATIONS, effect)
    await exchange.verdicts(NOTIFICATIONS, cause)
    after = await exchange.verdicts(NOTIFICATIONS, effect)

    assert (before, after) == ([LATER], [TAKEN])
    assert await exchange.took(NOTIFICATIONS) == [("intake", "a", 1), ("processing", "a", 1)]


async def test_what_a_peer_took_from_us_ourselves_holds_nothing_up(exchange: Exchange) -> None:
    answer_to_us = an_event(PROCESSING, "a", 1, seen={"intake": 3})

    assert await exchange.verdicts(INTAKE, answer_to_us) == [TAKEN]


async def test_a_service_says_what_it_had_seen_so_that_a_third_can_wait(exchange: Exchange) -> None:
    exchange.line.down.add(NOTIFICATIONS)
    await exchange.tells(INTAKE, "a", 2)
    await exchange.runs(exchange.relay(INTAKE, PROCESSING))
    await exchange.tells(PROCESSING, "a")
    exchange.line.down.clear()

    await exchange.relay(PROCESSING, NOTIFICATIONS).step()
    before_the_cause = await exchange.took(NOTIFICATIONS)
    await exchange.settles()

    assert before_the_cause == []
    assert await exchange.took(NOTIFICATIONS) == [("intake", "a", 1), ("intake", "a", 2), ("processing", "a", 1)]


async def test_one_event_that_fails_costs_its_neighbours_nothing(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].refuses.add("bad")
    batch = [an_event(INTAKE, subject, number) for subject in ("a", "bad", "c") for number in (1, 2)]

    answer = await exchange.brings(PROCESSING, *batch)

    assert answer.status_code == 207
    told = answer.json()["verdicts"]
    assert [one["id"] for one in told] == [str(event.id) for event in batch]
    assert [one["verdict"] for one in told] == ["taken", "taken", "refused", "later", "taken", "taken"]
    assert await exchange.took(PROCESSING) == [("intake", s, n) for s in ("a", "c") for n in (1, 2)]


async def test_one_event_alone_is_answered_by_its_status(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].refuses.add("bad")

    taken = await exchange.brings(PROCESSING, an_event(INTAKE, "a", 1))
    later = await exchange.brings(PROCESSING, an_event(INTAKE, "a", 3))
    refused = await exchange.brings(PROCESSING, an_event(INTAKE, "bad", 1))

    assert (taken.status_code, later.status_code, refused.status_code) == (204, 503, 422)
    assert later.headers["retry-after"] == "1"
    assert refused.json()["detail"] == "This is beyond us."


async def test_what_is_not_known_or_does_not_read_is_refused_and_leaves_no_position(exchange: Exchange) -> None:
    unknown, torn = an_event(INTAKE, "a", 1, event=Unheard()), an_event(INTAKE, "b", 1)
    torn = Envelope(torn.id, DossierReceived.type, torn.source, torn.subject, 1, {}, torn.time, None, {"code": 7})

    assert await exchange.verdicts(PROCESSING, unknown, torn) == [REFUSED, REFUSED]
    assert await exchange.verdicts(PROCESSING, an_event(INTAKE, "a", 1), an_event(INTAKE, "b", 1)) == [TAKEN, TAKEN]


async def test_a_body_that_was_changed_on_its_way_is_turned_away(exchange: Exchange) -> None:
    signed = exchange.runtime(PROCESSING).signer.sign(b"[]")

    answer = await exchange.brings(PROCESSING, an_event(INTAKE, "a", 1), signed=signed)

    assert answer.status_code == 401
    assert await exchange.took(PROCESSING) == []


# ------------------------------------------------------------------------------------------------ any order whatever


@dataclass
class History:
    """What two sources told about a few subjects; each says what it had heard of the other by then."""

    events: list[Envelope] = field(default_factory=list)

    @classmethod
    def happens(cls, turns: list[tuple[bool, int, bool]]) -> "History":
        """Each turn: who tells (intake or processing), about which subject, and whether it has just heard all the other said."""
        history = cls()
        told: Counter[tuple[str, int]] = Counter()
        heard: Counter[tuple[str, int]] = Counter()
        for by_intake, subject, listens in turns:
            me, other = (INTAKE, PROCESSING) if by_intake else (PROCESSING, INTAKE)
            if listens:
                heard[me, subject] = told[other, subject]
            told[me, subject] += 1
            seen = {str(other): heard[me, subject]} if heard[me, subject] else {}
            history.events.append(an_event(me, f"s{subject}", told[me, subject], seen=seen, event=FACT))
        return history

    def delivered(self, chance: random.Random) -> list[list[Envelope]]:
        """In batches, shuffled, some twice, some lost: until all came, each round brings again what the line lost."""
        rounds: list[list[Envelope]] = []
        for lossy in (True, True, False):
            bag = [event for event in self.events for _ in range(chance.choice((0, 1, 2)) if lossy else 1)]
            chance.shuffle(bag)
            while bag:
                size = chance.randint(1, 6)
                rounds.append(bag[:size])
                bag = bag[size:]
        return rounds


TURNS = st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.booleans()), min_size=1, max_size=14)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(turns=TURNS, chance=st.randoms(use_true_random=False), at_once=st.integers(1, 3))
async def test_whatever_the_line_does_each_takes_effect_once_in_order_and_after_its_causes(
    toy_services: Exchange, turns: list[tuple[bool, int, bool]], chance: random.Random, at_once: int
) -> None:
    await fresh(toy_services)
    history = History.happens(turns)
    batches = history.delivered(chance)

    while batches:
        now, batches = batches[:at_once], batches[at_once:]
        await asyncio.gather(*(toy_services.verdicts(NOTIFICATIONS, *batch) for batch in now))
    for _ in history.events:
        if set(await toy_services.verdicts(NOTIFICATIONS, *chance.sample(history.events, len(history.events)))) <= {HAD}:
            break

    took = await toy_services.took(NOTIFICATIONS)
    assert in_order(took)
    assert sorted(took) == sorted((str(e.source), e.subject, e.sequence) for e in history.events)
    places = {one: place for place, one in enumerate(took)}
    for event in history.events:
        for source, last in event.seen.items():
            assert places[source, event.subject, last] < places[str(event.source), event.subject, event.sequence]


async def test_a_caller_cut_off_in_mid_body_is_nobodys_fault(exchange: Exchange) -> None:
    messages = iter([{"type": "http.request", "body": b"[", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return next(messages)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/events", "raw_path": b"/events", "query_string": b"", "headers": []}
    with capture_logs() as logged:
        await exchange.stack.apps[PROCESSING]({**scope, "http_version": "1.1", "scheme": "http", "root_path": ""}, receive, send)

    assert [fact for fact in logged if fact["log_level"] == "error"] == []
    assert await exchange.took(PROCESSING) == []
