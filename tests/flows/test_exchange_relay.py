"""What is told leaves: in order, once per subject at a time, whatever the peer does; and nobody waits for another's trouble."""

import asyncio
import contextlib
import time

import httpx
import pytest

from shared import exchange as operator
from shared import messaging
from shared.contracts.peers import Service
from shared.messaging import Relay, partition_of
from tests.flows.exchange import FACT, INTAKE, NOTIFICATIONS, PROCESSING, Exchange, in_order, tell
from tests.stack import rows


async def test_what_a_peer_that_is_down_misses_it_gets_in_order_when_it_is_back(exchange: Exchange) -> None:
    exchange.line.down.add(PROCESSING)
    for subject in ("a", "b", "c"):
        await exchange.tells(INTAKE, subject, 4)
    await exchange.runs(exchange.relay(INTAKE, NOTIFICATIONS))
    await exchange.runs(exchange.relay(INTAKE, PROCESSING), seconds=0.1)
    waiting = await exchange.waiting_for(INTAKE, PROCESSING)

    exchange.line.down.clear()
    await exchange.runs(exchange.relay(INTAKE, PROCESSING))

    assert len(await exchange.took(NOTIFICATIONS)) == 12
    assert waiting == [(subject, number) for subject in ("a", "b", "c") for number in (1, 2, 3, 4)]
    assert in_order(took := await exchange.took(PROCESSING))
    assert len(took) == 12
    assert await exchange.waiting_for(INTAKE, PROCESSING) == []


async def test_what_is_told_in_a_transaction_that_fails_is_never_told(exchange: Exchange) -> None:
    async def tells_and_fails() -> None:
        async with exchange.runtime(INTAKE).transaction() as tx:
            await tell(tx, "a", FACT)
            raise RuntimeError("the fact did not come true")

    with pytest.raises(RuntimeError):
        await tells_and_fails()
    await exchange.tells(INTAKE, "a")
    await exchange.settles()

    assert await exchange.took(PROCESSING) == [("intake", "a", 1)]


async def test_what_is_told_about_many_subjects_at_once_arrives_like_what_is_told_one_by_one(exchange: Exchange) -> None:
    await exchange.tells(PROCESSING, "a")
    await exchange.settles()
    told = [("a", 1, FACT), ("b", 1, FACT), ("a", 2, FACT), ("c", 1, FACT)]

    async with exchange.runtime(INTAKE).transaction() as tx:
        await tx.publish_many([])
        nothing_told = tx.published
        await tx.publish_many(told)
    log = await rows(
        exchange.runtime(INTAKE), "select subject, sequence, seen, partition from intake.event join intake.delivery using (number)"
    )
    await exchange.settles()

    assert (nothing_told, tx.published) == (False, True)
    seen = {"a": {"processing": 1}, "b": {}, "c": {}}
    written = [(row["subject"], row["sequence"], row["seen"], row["partition"]) for row in log]
    assert sorted(written, key=str) == sorted(
        ((subject, number, seen[subject], partition_of(subject)) for subject, number, _ in told for _ in INTAKE.peers), key=str
    )
    for peer in INTAKE.peers:
        took = [one for one in await exchange.took(peer) if one[0] == "intake"]
        assert in_order(took)
        assert sorted(took) == [("intake", "a", 1), ("intake", "a", 2), ("intake", "b", 1), ("intake", "c", 1)]


async def test_what_is_told_wakes_the_relay_after_the_commit(exchange: Exchange) -> None:
    relay = exchange.relay(INTAKE, PROCESSING)

    async with exchange.runtime(INTAKE).transaction() as tx:
        await tell(tx, "a", FACT)
        before_the_commit = relay.wake.is_set()

    assert (before_the_commit, relay.wake.is_set()) == (False, True)


async def test_a_poison_event_is_found_by_halves_and_waits_alone_while_others_flow(exchange: Exchange) -> None:
    exchange.line.carry = lambda host, clouds: "answers 500" if any(cloud["subject"] == "poison" for cloud in clouds) else None
    for subject in ("a", "b", "poison", "c", "d"):
        await exchange.tells(INTAKE, subject, 3)
    relay = exchange.relay(INTAKE, PROCESSING)

    await exchange.runs(relay, until=lambda: "poison" in relay.waiting and relay.waiting["poison"].tries >= 6)

    assert exchange.line.sizes()[:3] == [15, 7, 3]
    assert await exchange.waiting_for(INTAKE, PROCESSING) == [("poison", 1), ("poison", 2), ("poison", 3)]
    assert sorted({subject for _, subject, _ in await exchange.took(PROCESSING)}) == ["a", "b", "c", "d"]
    assert relay.waiting["poison"].alone


async def test_a_poison_event_that_heals_flows_again_with_all_behind_it(exchange: Exchange) -> None:
    exchange.line.carry = lambda host, clouds: "answers 500" if any(cloud["subject"] == "poison" for cloud in clouds) else None
    await exchange.tells(INTAKE, "poison", 3)
    await exchange.tells(INTAKE, "a", 3)
    relay = exchange.relay(INTAKE, PROCESSING)
    await exchange.runs(relay, until=lambda: "poison" in relay.waiting and relay.waiting["poison"].tries > 2)

    exchange.line.carry = lambda host, clouds: None
    await exchange.runs(relay)

    assert await exchange.waiting_for(INTAKE, PROCESSING) == []
    assert in_order(took := await exchange.took(PROCESSING))
    assert len(took) == 6


async def test_an_answer_cut_on_its_way_costs_a_second_delivery_and_no_second_effect(exchange: Exchange) -> None:
    fates = iter(["cut", "cut", "twice"])
    exchange.line.carry = lambda host, clouds: next(fates, None)
    await exchange.tells(INTAKE, "a", 3)

    await exchange.runs(exchange.relay(INTAKE, PROCESSING))

    assert await exchange.took(PROCESSING) == [("intake", "a", 1), ("intake", "a", 2), ("intake", "a", 3)]


async def test_what_cannot_be_taken_yet_is_tried_again_and_others_do_not_wait(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].postpones["slow"] = 6
    await exchange.tells(INTAKE, "slow", 2)
    await exchange.tells(INTAKE, "quick", 2)
    relay = exchange.relay(INTAKE, PROCESSING)

    await relay.step()
    after_one_batch = await exchange.took(PROCESSING)
    await exchange.runs(relay)

    assert after_one_batch == [("intake", "quick", 1), ("intake", "quick", 2)]
    assert (await exchange.took(PROCESSING))[2:] == [("intake", "slow", 1), ("intake", "slow", 2)]
    assert await exchange.parked(INTAKE) == []


async def test_refused_five_times_over_ten_minutes_a_subject_is_parked_and_only_that_one(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].refuses.add("bad")
    await exchange.tells(INTAKE, "bad", 2)
    relay = exchange.relay(INTAKE, PROCESSING)
    await exchange.runs(relay, until=lambda: "bad" in relay.waiting and relay.waiting["bad"].tries >= 6)
    within_ten_minutes = await exchange.parked(INTAKE)

    await exchange.run(INTAKE, "update intake.refusal set first_at = first_at - interval '11 minutes'")
    await exchange.refused_once_more(relay, "bad")
    await exchange.tells(INTAKE, "good", 2)
    await exchange.runs(relay, seconds=0.3)

    assert within_ten_minutes == []
    (parked,) = await exchange.parked(INTAKE)
    assert (parked.subscriber, parked.subject, parked.reason, parked.waiting) == ("processing", "bad", "This is beyond us.", 2)
    assert await exchange.took(PROCESSING) == [("intake", "good", 1), ("intake", "good", 2)]
    health = await exchange.health(INTAKE)
    assert (health["status"], health["parked"]) == ("degraded", 1)


async def test_what_was_parked_flows_after_a_replay(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].refuses.add("bad")
    await exchange.tells(INTAKE, "bad", 2)
    relay = exchange.relay(INTAKE, PROCESSING)
    await exchange.parks(relay, "bad")
    exchange.moods[PROCESSING].refuses.clear()
    await exchange.runs(relay, seconds=0.1)
    before_the_replay = await exchange.took(PROCESSING)

    async with exchange.runtime(INTAKE).engine.begin() as connection:
        replayed = await operator.replay(connection, INTAKE, "bad")
    await exchange.runs(relay)

    assert before_the_replay == []
    assert replayed == 1
    assert await exchange.took(PROCESSING) == [("intake", "bad", 1), ("intake", "bad", 2)]
    assert (await exchange.health(INTAKE))["status"] == "ready"


async def test_a_relay_rests_while_a_subject_is_parked(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].refuses.add("bad")
    await exchange.tells(INTAKE, "bad")
    relay = exchange.relay(INTAKE, PROCESSING)
    await exchange.parks(relay, "bad")
    await asyncio.sleep(0.2)

    assert await relay.step() is False

    assert relay.waiting == {}


async def test_a_relay_forgets_a_subject_that_another_copy_delivered(exchange: Exchange) -> None:
    exchange.moods[PROCESSING].postpones["a"] = 2
    await exchange.tells(INTAKE, "a")
    relay, other = exchange.relay(INTAKE, PROCESSING), exchange.another_copy_of(exchange.relay(INTAKE, PROCESSING))
    await relay.step()
    assert "a" in relay.waiting
    await relay.let_go()
    await exchange.runs(other)
    await asyncio.sleep(0.02)

    assert await relay.step() is False

    assert relay.waiting == {}


async def test_two_relays_at_the_same_partition_at_once_do_no_harm(exchange: Exchange) -> None:
    first = exchange.relay(INTAKE, PROCESSING)
    second = exchange.another_copy_of(first)
    for subject in range(20):
        await exchange.tells(INTAKE, f"s{subject}", 5)
    for relay in (first, second):
        relay.held, relay.held_until = list(range(messaging.PARTITIONS)), time.monotonic() + 60
        relay.size = 7

    await exchange.runs(first, second)

    assert in_order(took := await exchange.took(PROCESSING))
    assert len(took) == 100
    assert await exchange.waiting_for(INTAKE, PROCESSING) == []


async def test_of_two_copies_one_holds_the_partitions_and_the_other_takes_over_when_its_lease_has_lapsed(exchange: Exchange) -> None:
    first = exchange.relay(INTAKE, PROCESSING)
    second = exchange.another_copy_of(first)
    await first.hold()
    await second.hold()
    held_by_the_second = list(second.held)

    await exchange.run(INTAKE, "update intake.relay_lease set until = now() - interval '1 second'")
    second.held_until = 0.0
    await exchange.tells(INTAKE, "a")
    await exchange.runs(second)
    first.held_until = 0.0
    await first.hold()

    assert held_by_the_second == []
    assert sorted(second.held) == list(range(messaging.PARTITIONS))
    assert first.held == []
    assert await exchange.took(PROCESSING) == [("intake", "a", 1)]


async def test_a_copy_that_stops_gives_its_partitions_back_at_once(exchange: Exchange) -> None:
    first = exchange.relay(INTAKE, PROCESSING)
    second = exchange.another_copy_of(first)
    await first.hold()

    await first.let_go()
    await second.hold()

    assert sorted(second.held) == list(range(messaging.PARTITIONS))


async def test_a_late_subscriber_gets_the_whole_log_in_order(exchange: Exchange) -> None:
    for subject in ("a", "b"):
        await exchange.tells(INTAKE, subject, 3)
    await exchange.settles()
    for table in ("position", "effect"):
        await exchange.run(PROCESSING, f"truncate processing.{table}")

    async with exchange.runtime(INTAKE).engine.begin() as connection:
        joined = await operator.join(connection, INTAKE, PROCESSING)
    await exchange.tells(INTAKE, "a")
    await exchange.settles()

    assert joined == 6
    took = await exchange.took(PROCESSING)
    assert in_order(took)
    assert sorted(took) == [("intake", "a", n) for n in (1, 2, 3, 4)] + [("intake", "b", n) for n in (1, 2, 3)]


async def test_who_joins_with_something_in_hand_takes_only_what_it_missed(exchange: Exchange) -> None:
    await exchange.tells(INTAKE, "a", 4)
    await exchange.settles()
    await exchange.run(PROCESSING, "update processing.position set last = 2")
    await exchange.run(PROCESSING, "delete from processing.effect where sequence > 2")

    async with exchange.runtime(INTAKE).engine.begin() as connection:
        await operator.join(connection, INTAKE, PROCESSING)
    await exchange.settles()

    assert await exchange.took(PROCESSING) == [("intake", "a", n) for n in (1, 2, 3, 4)]


async def test_a_peer_that_answers_drop_by_drop_holds_nobody_for_ever(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messaging, "ANSWER_SECONDS", 0.3)
    await exchange.tells(INTAKE, "a")

    async def drips(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            for letter in "HTTP/1.1 204 " + 200 * "No Content":
                writer.write(letter.encode())
                await writer.drain()
                await asyncio.sleep(0.05)
        writer.close()

    server = await asyncio.start_server(drips, "127.0.0.1", 0)
    relay = exchange.relay(INTAKE, PROCESSING)
    port = server.sockets[0].getsockname()[1]
    async with server, httpx.AsyncClient() as http:
        dripped = Relay(relay.engine, relay.source, relay.subscriber, f"http://127.0.0.1:{port}", http, relay.signer)

        assert await asyncio.wait_for(dripped.step(), 3) is False

    assert await exchange.waiting_for(INTAKE, PROCESSING) == [("a", 1)]


def test_a_subject_keeps_its_partition_for_ever() -> None:
    assert messaging.partition_of("0199d1c2-0000-7000-8000-000000000001") == 9
    assert {messaging.partition_of(f"{service}:{n}") for service in Service for n in range(50)} == set(range(messaging.PARTITIONS))
