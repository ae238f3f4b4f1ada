"""Many receptions in one statement: any batch may be cut down to one by one, with the same outcome."""

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.commands import reception
from services.intake.domain.lifecycle import Move
from services.intake.domain.reception import Brought
from shared.contracts.events import DossierReceived
from shared.contracts.people import Channel, Offices, Part, Person, ReturnWish
from shared.keys import Key, hash_of
from shared.officers import Officer
from tests.builders import AGENCY, DESK, SIMPLE
from tests.intake.conftest import Desk

OFFICES = (AGENCY, "H27.010", "H27.020")


@dataclass(frozen=True)
class Wanted:
    """A reception as a batch knows it: which office decides, and under which key it was sent."""

    office: str
    key: str


BATCHES = st.lists(st.builds(Wanted, st.sampled_from(OFFICES), st.sampled_from("abcd")), min_size=1, max_size=6)


async def asked(desk: Desk, wanted: Wanted, place: int) -> tuple[dict[str, Any], int]:
    """What reception puts into its statement; the id is known, so that outcomes can be compared."""
    officer = Officer("officer-7", "Lê Thị Mai", frozenset(), frozenset({DESK}), frozenset({DESK}))
    people = (Person(part=Part.APPLICANT, name="Nông Thị Mẫu"),)
    named = reception.reception.Named(channel=Channel.DESK)
    offices = Offices(receiving=DESK, competent="", supervising=DESK, returning=DESK)
    brought = Brought(SIMPLE, named, offices, people, ReturnWish(), override="Đã kiểm tra")
    async with desk.runtime.transaction() as tx:
        terms = await reception.agree(tx, brought, by=officer)
        dossier = reception._new_dossier(tx.now, terms, Move.RECEIVE, officer)
    event = DossierReceived(**reception.receipt_facts(dossier), process=terms.checked.process)
    key = Key("officer-7", "POST", "/v1/dossiers", wanted.key, hash_of(wanted.key.encode()))
    row = reception._asked(key, dossier, reception.receipt_of(dossier, terms), terms, Move.RECEIVE, event, officer, None)
    dossier_id = str(uuid5(UUID(int=0), f"{place}"))
    return row | {"prefix": wanted.office, "dossier": row["dossier"] | {"id": dossier_id}}, terms.revision


async def outcome(desk: Desk) -> tuple[Any, ...]:
    """Everything that matters afterwards."""
    codes = await desk.rows("select id, code, receipt ->> 'code' as printed from intake.dossier order by id")
    told = await desk.rows("select subject, sequence, data ->> 'code' as code from intake.event order by subject")
    counters = await desk.rows("select prefix, day, last from intake.counter order by prefix")
    keys = await desk.rows("select key, dossier_id from intake.key order by key")
    deliveries = await desk.count("delivery")
    return codes, told, counters, keys, deliveries, await desk.count("journal")


async def written(desk: Desk, batches: list[list[Wanted]]) -> tuple[Any, ...]:
    await desk.forgets()
    place = 0
    for batch in batches:
        rows = []
        for wanted in batch:
            row, revision = await asked(desk, wanted, place)
            rows.append(row)
            place += 1
        async with desk.runtime.transaction() as tx:
            await reception.receive_many(tx, rows, revision)
    return await outcome(desk)


async def test_a_batch_has_the_outcome_of_its_receptions_one_by_one(desk: Desk) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(batch=BATCHES)
    def holds(batch: list[Wanted]) -> None:
        # Hypothesis is no coroutine; the loop goes on in its own thread meanwhile.
        together = asyncio.run_coroutine_threadsafe(written(desk, [batch]), loop).result(60)
        one_by_one = asyncio.run_coroutine_threadsafe(written(desk, [[wanted] for wanted in batch]), loop).result(60)
        assert together == one_by_one

    await asyncio.to_thread(holds)


async def test_a_batch_that_lost_its_catalogue_writes_nothing(desk: Desk) -> None:
    row, revision = await asked(desk, Wanted(AGENCY, "a"), 0)

    async with desk.runtime.transaction() as tx:
        told = await reception.receive_many(tx, [row], revision - 1)

    assert told == []
    assert [await desk.count(table) for table in ("dossier", "key", "counter", "event")] == [0, 0, 0, 0]
