"""A request repeated with its key does nothing twice, however often, from wherever, and whatever breaks in between."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.intake.app import create_app
from services.intake.settings import IntakeSettings
from shared.contracts.peers import Service
from tests.builders import AGENCY, a_submission, an_application, an_entry
from tests.intake.conftest import Desk
from tests.stack import Stack


@pytest.fixture
async def second_copy(desk: Desk) -> AsyncIterator[Desk]:
    """The same service once more, on the same database."""
    stack = Stack(desk.stack.home, clock=desk.clock)
    stack.add(Service.INTAKE, create_app, IntakeSettings, desk.url)
    yield Desk(stack, desk.url)
    await stack.close()


async def test_the_same_key_and_body_get_the_same_answer_byte_for_byte_and_one_dossier(desk: Desk) -> None:
    first = await desk.officer.post("/dossiers", an_application(), key="k-1")
    desk.clock.move(days=1)
    again = await desk.officer.post("/dossiers", an_application(), key="k-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert [await desk.count(table) for table in ("dossier", "event", "journal")] == [1, 1, 1]


async def test_the_first_answer_is_given_even_when_the_dossier_has_moved_on(desk: Desk) -> None:
    first = await desk.officer.post("/dossiers", an_application(), key="k-1")
    await desk.does(first.json()["id"], "hand-overs")
    await desk.agency.completes(first.json()["id"])

    again = await desk.officer.post("/dossiers", an_application(), key="k-1")

    assert again.content == first.content


async def test_a_key_with_another_body_is_refused(desk: Desk) -> None:
    await desk.officer.post("/dossiers", an_application(), key="k-1")

    answer = await desk.officer.post("/dossiers", an_application(representative={"name": "Trần Văn Thay"}), key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert await desk.count("dossier") == 1


async def test_a_key_belongs_to_its_caller(desk: Desk) -> None:
    colleague = desk.caller("desk_officer", "H27.001", name="Đồng nghiệp")

    first = await desk.officer.post("/dossiers", an_application(), key="k-1")
    other = await colleague.post("/dossiers", an_application(), key="k-1")

    assert first.json()["id"] != other.json()["id"]


async def test_a_refused_request_leaves_its_key_free(desk: Desk) -> None:
    refused = await desk.officer.post("/dossiers", an_application(papers=[]), key="k-1")
    received = await desk.officer.post("/dossiers", an_application(), key="k-1")

    assert (refused.status_code, received.status_code) == (422, 201)


async def test_eight_at_once_with_one_key_make_one_dossier(desk: Desk, second_copy: Desk) -> None:
    answers = await asyncio.gather(
        *(copy.officer.post("/dossiers", an_application(), key="k-1") for _ in range(4) for copy in (desk, second_copy))
    )

    assert [answer.status_code for answer in answers] == [201] * 8
    assert len({answer.content for answer in answers}) == 1
    assert await desk.count("dossier") == 1


async def test_forty_receptions_at_once_on_two_copies_get_unique_codes_without_gaps(desk: Desk, second_copy: Desk) -> None:
    answers = await asyncio.gather(*(copy.officer.post("/dossiers", an_application()) for _ in range(20) for copy in (desk, second_copy)))

    assert sorted(answer.json()["code"] for answer in answers) == [f"{AGENCY}-260309-{serial:04}" for serial in range(1, 41)]


async def test_acceptances_and_receptions_at_once_share_one_series(desk: Desk, second_copy: Desk) -> None:
    pushed = [(await desk.portal.post("/submissions", a_submission())).json()["id"] for _ in range(5)]

    answers = await asyncio.gather(
        *(second_copy.officer.post(f"/submissions/{one}/accept", version=1) for one in pushed),
        *(desk.officer.post("/dossiers", an_application()) for _ in range(5)),
    )

    assert sorted(answer.json()["code"] for answer in answers) == [f"{AGENCY}-260309-{serial:04}" for serial in range(1, 11)]


async def test_a_change_repeated_with_its_key_gets_its_first_answer_not_412(desk: Desk) -> None:
    received = await desk.receives()

    first = await desk.officer.post(f"/dossiers/{received['id']}/hand-overs", {"note": "Đủ"}, key="h-1", version=1)
    again = await desk.officer.post(f"/dossiers/{received['id']}/hand-overs", {"note": "Đủ"}, key="h-1", version=1)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"] == '"2"'
    assert again.headers["idempotency-replayed"] == "true"
    assert await desk.told(received["id"]) == ["dossier.received", "papers.handed_over"]


async def test_a_change_without_a_key_is_refused_with_an_explanation(desk: Desk) -> None:
    headers = {"authorization": f"Bearer {desk.officer.token}"}

    answer = await desk.anyone.post("/dossiers", json=an_application(), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "key_missing")
    assert "UUID" in answer.json()["detail"]


async def test_a_catalogue_that_changes_between_look_up_and_writing_is_looked_at_again(desk: Desk, second_copy: Desk) -> None:
    await desk.publishes(an_entry("X-MOVES"))
    five_days = [{"kind": "fixed", "amount": 5, "unit": "working_day", "text": "05 ngày làm việc"}]
    await desk.receives("X-MOVES")
    await second_copy.publishes(an_entry("X-MOVES", limits=five_days))  # what `desk` has in memory is old now

    late = await desk.officer.post("/dossiers", an_application("X-MOVES"), key="k-1")
    again = await desk.officer.post("/dossiers", an_application("X-MOVES"), key="k-1")

    assert (late.status_code, late.json()["code"]) == (503, "later")
    assert late.headers["retry-after"] == "1"
    assert again.status_code == 201
    assert again.json()["receipt"]["limit"] == "05 ngày làm việc"


@pytest.fixture
async def dying_commits(desk: Desk) -> AsyncIterator[None]:
    """Whoever commits a dossier loses the connection in that very moment."""
    async with desk.runtime.engine.begin() as connection:
        await connection.execute(
            text("""create function intake.dies() returns trigger language plpgsql as
                    $$ begin perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(5); return null; end $$""")
        )
        await connection.execute(
            text("""create constraint trigger dies after insert on intake.dossier deferrable initially deferred
                    for each row execute function intake.dies()""")
        )
    yield
    async with desk.runtime.engine.begin() as connection:
        await connection.execute(text("drop function if exists intake.dies cascade"))


async def _lets_live(desk: Desk) -> None:
    async with desk.runtime.engine.begin() as connection:
        await connection.execute(text("drop function intake.dies cascade"))


@pytest.mark.usefixtures("dying_commits")
async def test_a_reception_whose_commit_fails_is_no_reception(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application(), key="k-1")
    left = [await desk.count(table) for table in ("dossier", "event", "delivery", "key", "counter")]
    await _lets_live(desk)
    again = await desk.officer.post("/dossiers", an_application(), key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert left == [0, 0, 0, 0, 0]
    assert again.json()["code"] == f"{AGENCY}-260309-0001"


@pytest.mark.usefixtures("dying_commits")
async def test_a_submission_whose_commit_fails_is_no_submission(desk: Desk) -> None:
    body = a_submission("G22-000001")

    answer = await desk.portal.post("/submissions", body, key="k-1")
    left = [await desk.count(table) for table in ("dossier", "event", "delivery", "key")]
    await _lets_live(desk)
    again = await desk.portal.post("/submissions", body, key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert left == [0, 0, 0, 0]
    assert again.status_code == 201


async def test_a_reception_cut_off_by_the_client_is_whole_or_not_there(desk: Desk) -> None:
    requests = [asyncio.create_task(desk.officer.post("/dossiers", an_application(), key=str(uuid4()))) for _ in range(12)]
    for place, request in enumerate(requests):
        await asyncio.sleep(0.002 * (place % 3))
        request.cancel()
    await asyncio.gather(*requests, return_exceptions=True)

    dossiers, events, keys = [await desk.count(table) for table in ("dossier", "event", "key")]
    assert dossiers == events == keys
    assert (await desk.officer.post("/dossiers", an_application())).status_code == 201


async def test_the_ledger_of_keys_holds_no_personal_data(desk: Desk) -> None:
    received = await desk.receives()
    await desk.does(received["id"], "hand-overs")
    await desk.portal.post("/submissions", a_submission())

    kept = json.dumps([{name: str(value) for name, value in row.items()} for row in await desk.rows("select * from intake.key")])
    assert "Nông Thị Mẫu" not in kept
    assert "912345678" not in kept
