"""Stored timers: each fires once, in order, not before its moment and not lost, whatever copies, crashes and failures do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, Table, Text, text

from services.processing.settings import ProcessingSettings
from shared import clock_moves, timers
from shared.clock import Clock, ClockNeverGoesBack, FileClock
from shared.contracts.peers import Service
from shared.ids import uuid7
from shared.runtime import Runtime, Transaction
from shared.service import app_for, runtime_for
from shared.settings import ServiceSettings
from shared.timers import Timer
from tests.stack import MONDAY_MORNING, Stack, rows

NO_OFFICE = Table("office", MetaData(), Column("code", Text))
EVENING, TUESDAY, WEDNESDAY = (MONDAY_MORNING + timedelta(hours=hours) for hours in (9, 24, 48))
RING = text("insert into processing.rung (subject, kind, at) values (:subject, :kind, :at)")


class Broken(Exception):
    """The handler cannot do it."""


@dataclass
class Agency:
    """Cases with timers; whoever rings is written down in `rung`, in the transaction of its handler."""

    stack: Stack
    breaks: set[UUID] = field(default_factory=set)
    sets: dict[UUID, dict[str, datetime | None]] = field(default_factory=dict)
    in_the_middle: asyncio.Event = field(default_factory=asyncio.Event)
    may_go_on: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def runtime(self) -> Runtime:
        return self.stack.runtime(Service.PROCESSING)

    async def rings(self, tx: Transaction, due: list[Timer]) -> None:
        for timer in due:
            await timers.keep(tx, timer.subject, self.sets.pop(timer.subject, {}))
        await tx.run(RING, [{"subject": timer.subject, "kind": timer.kind, "at": tx.now} for timer in due])
        if any(timer.subject in self.breaks for timer in due):
            raise Broken

    async def rings_slowly(self, tx: Transaction, due: list[Timer]) -> None:
        await self.rings(tx, due)
        self.in_the_middle.set()
        await self.may_go_on.wait()

    async def waits_for_the_case(self, tx: Transaction, due: list[Timer]) -> None:
        self.in_the_middle.set()
        await self.may_go_on.wait()
        await tx.run(text("select from processing.held where subject = :subject for update"), {"subject": due[0].subject})
        await self.rings(tx, due)

    async def keeps(self, subject: UUID, **kinds: datetime | None) -> None:
        async with self.runtime.transaction() as tx:
            await timers.keep(tx, subject, kinds)

    async def looks(self, size: int = timers.BATCH_SIZE) -> bool:
        """One look of the chore."""
        handlers = {"due_soon": self.rings, "overdue": self.rings, "slow": self.rings_slowly, "contested": self.waits_for_the_case}
        return await timers.chore(handlers, size=size).do(self.runtime)

    async def fires(self, size: int = timers.BATCH_SIZE) -> None:
        """Looks until nothing is left to do."""
        while await self.looks(size):
            pass

    async def rung(self) -> list[tuple[UUID, str]]:
        found = await rows(self.runtime, "select subject, kind from processing.rung order by number")
        return [(row["subject"], row["kind"]) for row in found]

    async def rung_at(self) -> list[tuple[UUID, datetime]]:
        found = await rows(self.runtime, "select subject, at from processing.rung order by number")
        return [(row["subject"], row["at"]) for row in found]

    async def healths(self) -> list[dict[str, Any]]:
        return [await self.health()]

    async def health(self) -> dict[str, Any]:
        async with httpx.AsyncClient(transport=self.stack.switchboard) as client:
            return (await client.get("http://processing/health/ready")).json()

    async def run(self, statement: str, **values: Any) -> None:
        async with self.runtime.engine.begin() as connection:
            await connection.execute(text(statement), values)


@pytest_asyncio.fixture(scope="module")
async def open_agency(home: Path, database_urls: dict[Service, str]) -> AsyncIterator[Agency]:
    def create_app(settings: ServiceSettings, url: str, *, clock: Clock, http: httpx.AsyncClient, start: bool) -> FastAPI:
        runtime = runtime_for(settings, office=NO_OFFICE, reactions={}, chores=(), database_url=url, clock=clock, http=http)
        return app_for(runtime, title="agency", description="A toy", routers=[], start=start)

    agency = Agency(Stack(home))
    agency.stack.add(Service.PROCESSING, create_app, ProcessingSettings, database_urls[Service.PROCESSING])
    await agency.run("create table processing.rung (number bigint generated always as identity, subject uuid, kind text, at timestamptz)")
    await agency.run("create table processing.held (subject uuid primary key)")
    yield agency
    await agency.stack.empty()
    await agency.run("drop table processing.rung, processing.held")
    await agency.stack.close()


@pytest_asyncio.fixture
async def agency(open_agency: Agency) -> Agency:
    return await fresh(open_agency)


async def fresh(agency: Agency) -> Agency:
    await agency.stack.empty()
    agency.stack.clock.instant = MONDAY_MORNING
    agency.breaks.clear()
    agency.sets.clear()
    agency.in_the_middle.clear()
    agency.may_go_on.clear()
    return agency


# ------------------------------------------------------------------------------------------------ kept


async def test_a_timer_fires_when_its_moment_has_come_and_never_again(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, overdue=EVENING)

    agency.stack.clock.set(EVENING - timedelta(microseconds=1))
    await agency.fires()
    assert await agency.rung() == []

    agency.stack.clock.set(EVENING)
    await agency.fires()
    agency.stack.clock.set(WEDNESDAY)
    await agency.fires()
    assert await agency.rung() == [(case, "overdue")]


async def test_a_moved_timer_fires_at_its_new_moment_only(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, overdue=EVENING)

    await agency.keeps(case, overdue=TUESDAY)

    agency.stack.clock.set(EVENING)
    await agency.fires()
    assert await agency.rung() == []
    agency.stack.clock.set(TUESDAY)
    await agency.fires()
    assert await agency.rung() == [(case, "overdue")]


async def test_a_cancelled_timer_never_fires_and_those_not_named_stay(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, due_soon=EVENING, overdue=TUESDAY)

    await agency.keeps(case, overdue=None)

    agency.stack.clock.set(WEDNESDAY)
    await agency.fires()
    assert await agency.rung() == [(case, "due_soon")]


async def test_what_was_rolled_back_has_set_moved_and_cancelled_nothing(agency: Agency) -> None:
    case, other = uuid7(), uuid7()
    await agency.keeps(case, due_soon=EVENING, overdue=EVENING)

    with contextlib.suppress(Broken):
        async with agency.runtime.transaction() as tx:
            await timers.keep_many(tx, [(case, {"due_soon": TUESDAY, "overdue": None}), (other, {"overdue": EVENING})])
            raise Broken

    agency.stack.clock.set(EVENING)
    await agency.fires()
    assert sorted(await agency.rung()) == [(case, "due_soon"), (case, "overdue")]


async def test_of_two_wishes_about_one_timer_the_later_counts(agency: Agency) -> None:
    case = uuid7()

    async with agency.runtime.transaction() as tx:
        await timers.keep_many(tx, [(case, {"overdue": EVENING}), (case, {"overdue": TUESDAY})])
        await timers.keep_many(tx, [])

    assert (await agency.health())["timers"] == {"waiting_overdue": 0, "failing": 0, "next_due_at": TUESDAY.isoformat()}


# ------------------------------------------------------------------------------------------------ fired


async def test_several_copies_at_the_same_time_fire_each_once(agency: Agency) -> None:
    cases = [uuid7() for _ in range(300)]
    async with agency.runtime.transaction() as tx:
        await timers.keep_many(tx, [(case, {"due_soon": EVENING, "overdue": TUESDAY}) for case in cases])
    agency.stack.clock.set(WEDNESDAY)

    await asyncio.gather(*(agency.fires(size=20) for _ in range(3)))
    await agency.fires()

    rung = await agency.rung()
    assert sorted(rung) == sorted((case, kind) for case in cases for kind in ("due_soon", "overdue"))
    assert all(rung.index((case, "due_soon")) < rung.index((case, "overdue")) for case in cases)


async def test_after_days_of_standing_still_all_that_is_due_fires_at_once_oldest_first(agency: Agency) -> None:
    cases = [uuid7() for _ in range(9)]
    for place, case in enumerate(cases):
        kind = "due_soon" if place % 2 else "overdue"
        await agency.keeps(case, **{kind: EVENING + timedelta(hours=(place * 4) % 9)})
    agency.stack.clock.move(days=6)

    await agency.fires(size=1)

    by_moment = sorted(range(9), key=lambda place: (place * 4) % 9)
    assert [case for case, _ in await agency.rung()] == [cases[place] for place in by_moment]


async def test_what_the_first_timer_of_a_case_cancels_does_not_fire_although_both_were_due(agency: Agency) -> None:
    case = uuid7()
    agency.sets[case] = {"overdue": None}
    await agency.keeps(case, due_soon=EVENING, overdue=TUESDAY)
    agency.stack.clock.set(WEDNESDAY)

    await agency.fires()

    assert await agency.rung() == [(case, "due_soon")]


async def test_while_one_copy_fires_the_first_timer_of_a_case_another_leaves_the_next_alone(agency: Agency) -> None:
    case, other = uuid7(), uuid7()
    await agency.keeps(case, slow=EVENING, overdue=TUESDAY)
    agency.stack.clock.set(WEDNESDAY)
    firing = asyncio.create_task(agency.looks())
    await agency.in_the_middle.wait()
    await agency.keeps(other, overdue=TUESDAY)

    await agency.fires()
    assert await agency.rung() == [(other, "overdue")]

    agency.may_go_on.set()
    await firing
    await agency.fires()
    assert await agency.rung() == [(case, "slow"), (other, "overdue"), (case, "overdue")]


async def test_a_copy_that_dies_between_claim_and_commit_loses_nothing(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, slow=EVENING)
    agency.stack.clock.set(EVENING)
    firing = asyncio.create_task(agency.looks())
    await agency.in_the_middle.wait()

    firing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await firing
    assert await agency.rung() == []

    agency.may_go_on.set()
    await agency.fires()
    assert await agency.rung() == [(case, "slow")]


async def test_an_officer_at_the_case_goes_first_and_the_timer_waits(agency: Agency) -> None:
    case = uuid7()
    await agency.run("insert into processing.held values (:case)", case=case)
    await agency.keeps(case, contested=EVENING)
    agency.stack.clock.set(EVENING)
    firing = asyncio.create_task(agency.fires())
    await agency.in_the_middle.wait()

    async with agency.runtime.transaction() as officer:
        await officer.run(text("select from processing.held where subject = :case for update"), {"case": case})
        keeping = asyncio.create_task(timers.keep(officer, case, {"contested": TUESDAY}))
        await asyncio.sleep(0.2)
        agency.may_go_on.set()
        await keeping

    await firing
    assert await agency.rung() == []
    assert (await agency.health())["timers"] == {"waiting_overdue": 0, "failing": 0, "next_due_at": TUESDAY.isoformat()}


# ------------------------------------------------------------------------------------------------ failing


async def test_one_that_fails_holds_up_no_other_and_is_seen(agency: Agency) -> None:
    cases = [uuid7() for _ in range(20)]
    async with agency.runtime.transaction() as tx:
        await timers.keep_many(tx, [(case, {"overdue": EVENING}) for case in cases])
    await agency.keeps(cases[7], due_soon=TUESDAY)
    agency.breaks.add(cases[7])
    agency.stack.clock.set(EVENING)

    await agency.fires()

    assert set(await agency.rung()) == {(case, "overdue") for case in cases if case != cases[7]}
    health = await agency.health()
    assert (health["status"], health["at_rest"]) == ("degraded", False)
    assert health["timers"] == {"waiting_overdue": 1, "failing": 1, "next_due_at": TUESDAY.isoformat()}


async def test_one_that_failed_is_tried_again_later_and_then_all_is_well(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, overdue=EVENING)
    agency.breaks.add(case)
    agency.stack.clock.set(EVENING)
    await agency.fires()
    agency.breaks.clear()

    agency.stack.clock.move(days=30)
    await agency.fires()
    assert await agency.rung() == []

    await agency.run("update processing.timer set try_at = now()")
    await agency.fires()
    assert await agency.rung() == [(case, "overdue")]
    assert (await agency.health())["status"] == "ready"


async def test_each_failure_makes_the_wait_longer(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, overdue=EVENING)
    agency.breaks.add(case)
    agency.stack.clock.set(EVENING)

    waits: list[float] = []
    for _ in range(3):
        await agency.fires()
        failed = await rows(agency.runtime, "select extract(epoch from try_at - now()) as wait, last_error from processing.timer")
        waits.append(float(failed[0]["wait"]))
        assert failed[0]["last_error"] == "Broken"
        await agency.run("update processing.timer set try_at = now()")

    assert 0.5 < waits[0] < 1 < waits[1] < 2 < waits[2] < 4


async def test_a_failing_timer_does_not_keep_the_next_of_its_case_from_firing_and_moving_it_mends_it(agency: Agency) -> None:
    case = uuid7()
    await agency.keeps(case, nobody_knows_it=EVENING, overdue=TUESDAY)
    agency.stack.clock.set(TUESDAY)

    await agency.fires()
    assert await agency.rung() == [(case, "overdue")]
    assert (await agency.health())["timers"]["failing"] == 1

    await agency.keeps(case, nobody_knows_it=WEDNESDAY)
    assert (await agency.health())["timers"] == {"waiting_overdue": 0, "failing": 0, "next_due_at": WEDNESDAY.isoformat()}


# ------------------------------------------------------------------------------------------------ the clock is moved


@pytest_asyncio.fixture
async def clock(agency: Agency, tmp_path: Path) -> AsyncIterator[FileClock]:
    """A clock file, and the agency at work by it."""
    by_hand, clock = agency.runtime.clock, FileClock(tmp_path)
    clock.set(MONDAY_MORNING, runs=False)
    agency.runtime.clock = clock

    async def works() -> None:
        while True:
            await agency.fires()
            await asyncio.sleep(0.02)

    working = asyncio.create_task(works())
    yield clock
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    agency.runtime.clock = by_hand


async def test_a_move_goes_from_due_timer_to_due_timer(agency: Agency, clock: FileClock) -> None:
    first, second = uuid7(), uuid7()
    await agency.keeps(second, overdue=TUESDAY)
    await agency.keeps(first, due_soon=EVENING, overdue=WEDNESDAY + timedelta(microseconds=1))

    await clock_moves.move(clock, WEDNESDAY, agency.healths)

    assert await agency.rung_at() == [(first, EVENING), (second, TUESDAY)]
    assert clock.now() == WEDNESDAY
    assert (await agency.health())["at_rest"]


async def test_a_timer_set_by_another_on_the_way_is_stopped_at_too(agency: Agency, clock: FileClock) -> None:
    case = uuid7()
    agency.sets[case] = {"overdue": TUESDAY}
    await agency.keeps(case, due_soon=EVENING)

    await clock_moves.move(clock, WEDNESDAY, agency.healths)

    assert await agency.rung_at() == [(case, EVENING), (case, TUESDAY)]


async def test_after_many_stops_a_move_goes_from_hour_to_hour(agency: Agency, clock: FileClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_moves, "EXACT_STOPS", 1)
    cases = [uuid7() for _ in range(4)]
    for case, minutes in zip(cases, (10, 20, 60, 61), strict=True):
        await agency.keeps(case, overdue=MONDAY_MORNING + timedelta(minutes=minutes))

    await clock_moves.move(clock, MONDAY_MORNING + timedelta(minutes=90), agency.healths)

    stops = [MONDAY_MORNING + timedelta(minutes=minutes) for minutes in (10, 60, 60, 90)]
    assert await agency.rung_at() == list(zip(cases, stops, strict=True))


async def test_a_move_does_not_go_past_what_cannot_be_done_and_a_clock_that_ran_runs_on(agency: Agency, clock: FileClock) -> None:
    case = uuid7()
    agency.breaks.add(case)
    await agency.keeps(case, overdue=EVENING)
    clock.set(MONDAY_MORNING, runs=True)

    with pytest.raises(TimeoutError, match="do not come to rest"):
        await clock_moves.move(clock, TUESDAY, agency.healths, patience_seconds=0.3)

    assert EVENING <= clock.now() < EVENING + timedelta(minutes=1)
    assert [setting.runs for setting in [clock.setting()] if setting] == [True]


async def test_a_move_back_is_refused(agency: Agency, clock: FileClock) -> None:
    with pytest.raises(ClockNeverGoesBack):
        await clock_moves.move(clock, MONDAY_MORNING - timedelta(seconds=1), agency.healths)

    assert clock.now() == MONDAY_MORNING


# ------------------------------------------------------------------------------------------------ whatever happens

HOURS = st.one_of(st.none(), st.integers(0, 12))
DEEDS = st.one_of(
    st.tuples(st.just("keep"), st.integers(0, 2), st.sampled_from(["due_soon", "overdue"]), HOURS, st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 6)),
    st.tuples(st.just("fire"), st.integers(1, 3), st.integers(1, 4)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(deeds=st.lists(DEEDS, max_size=25))
async def test_whatever_is_set_moved_cancelled_and_rolled_back_exactly_what_is_due_fires(
    open_agency: Agency, deeds: list[tuple[Any, ...]]
) -> None:
    agency = await fresh(open_agency)
    cases = [uuid7() for _ in range(3)]
    clock = agency.stack.clock
    kept: dict[tuple[UUID, str], datetime] = {}
    expected: list[tuple[UUID, str]] = []

    async def keep(place: int, kind: str, hours: int | None, commits: bool) -> None:
        due_at = None if hours is None else MONDAY_MORNING + timedelta(hours=hours)
        with contextlib.suppress(Broken):
            async with agency.runtime.transaction() as tx:
                await timers.keep(tx, cases[place], {kind: due_at})
                if not commits:
                    raise Broken
            kept.pop((cases[place], kind), None)
            if due_at:
                kept[cases[place], kind] = due_at

    async def fire(copies: int, size: int) -> None:
        await asyncio.gather(*(agency.fires(size) for _ in range(copies)))
        await agency.fires(size)
        due = sorted((due_at, kind, case) for (case, kind), due_at in kept.items() if due_at <= clock.now())
        for _, kind, case in due:
            expected.append((case, kind))
            del kept[case, kind]

    async def move(hours: int) -> None:
        clock.move(hours=hours)

    deed_of = {"keep": keep, "fire": fire, "move": move}
    for name, *told in deeds:
        await partial(deed_of[name], *told)()

    rung = await agency.rung()
    for case in cases:
        assert [one for one in rung if one[0] == case] == [one for one in expected if one[0] == case]
