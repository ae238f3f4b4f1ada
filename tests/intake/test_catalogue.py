"""The catalogue: loaded again nothing changes, changed entries become versions, and dossiers keep theirs."""

import asyncio
from typing import Any

import pytest

from services.intake.catalogue import Catalogue, Entry
from services.intake.commands import reference
from shared.runtime import Transaction
from tests.builders import AGENCY, an_application, an_entry
from tests.intake.conftest import Desk, published


async def test_loading_the_same_catalogue_again_changes_nothing(desk: Desk) -> None:
    versions, revision = await desk.count("procedure_version"), await desk.rows("select number from intake.catalogue_revision")

    async with desk.runtime.transaction() as tx:
        loaded = await reference.load_catalogue(tx, published())

    assert (loaded.new, loaded.changed, loaded.unchanged) == (0, 0, 86)
    assert await desk.count("procedure_version") == versions
    assert await desk.count("event") == 0
    assert await desk.rows("select number from intake.catalogue_revision") == revision


async def test_a_changed_entry_becomes_a_new_version_and_the_old_dossier_keeps_its_own(desk: Desk) -> None:
    await desk.publishes(an_entry("X-CHANGES"))
    old = await desk.receives("X-CHANGES")
    five_days = [{"kind": "fixed", "amount": 5, "unit": "working_day", "text": "05 ngày làm việc"}]
    loaded = await desk.publishes(an_entry("X-CHANGES", limits=five_days))
    new = await desk.receives("X-CHANGES")

    assert (loaded.new, loaded.changed) == (0, 1)
    assert (await desk.anyone.get("/procedures/X-CHANGES")).json()["number"] == 2
    refs = [(await desk.shows(one["id"]))["procedure"]["version_id"] for one in (old, new)]
    numbers = {str(row["id"]): row["number"] for row in await desk.rows("select id, number from intake.procedure_version")}
    assert [numbers[ref] for ref in refs] == [1, 2]
    assert old["appointment_at"] == "2026-03-12T08:00:00+07:00"
    assert new["appointment_at"] == "2026-03-16T08:00:00+07:00"
    assert (await desk.shows(old["id"]))["appointment_at"] == old["appointment_at"]


async def test_the_peers_are_told_of_every_version_in_order(desk: Desk) -> None:
    await desk.publishes(an_entry("X-TOLD"))
    await desk.publishes(an_entry("X-TOLD", name="Tên mới"))

    told = await desk.rows("select sequence, data from intake.event where subject = 'X-TOLD' order by sequence")
    assert [(row["sequence"], row["data"]["number"], row["data"]["content"]["name"]) for row in told] == [
        (1, 1, "Thủ tục X-TOLD"),
        (2, 2, "Tên mới"),
    ]


async def test_an_administrator_publishes_one_entry_and_its_new_version(desk: Desk) -> None:
    first = await desk.administrator.put("/procedures/X-PUT", an_entry("X-PUT"))
    same = await desk.administrator.put("/procedures/X-PUT", an_entry("X-PUT"))
    changed = await desk.administrator.put("/procedures/X-PUT", an_entry("X-PUT", name="Tên mới"))

    assert [answer.status_code for answer in (first, same, changed)] == [200, 200, 200]
    assert [answer.json()["number"] for answer in (first, same, changed)] == [1, 1, 2]
    assert changed.json()["content"]["name"] == "Tên mới"


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [
        (an_entry("X-BAD", limits=[{"kind": "fixed", "amount": -3, "unit": "working_day", "text": "?"}]), "/limits/0/amount"),
        (an_entry("X-BAD", components=[{"name": "Đơn", "originals": "một"}]), "/components/0/originals"),
        (an_entry("X-OTHER"), "/id"),
        (an_entry("X-BAD", name="\0"), "/name"),
        (an_entry("X-BAD", surprise=1), ""),
    ],
)
async def test_a_wrong_entry_is_refused_and_the_place_is_named(desk: Desk, entry: dict[str, Any], pointer: str) -> None:
    answer = await desk.administrator.put("/procedures/X-BAD", entry)

    assert answer.status_code == 422, answer.text
    assert pointer in [flaw["pointer"] for flaw in answer.json()["errors"]]
    assert (await desk.anyone.get("/procedures/X-BAD")).status_code == 404


async def test_what_is_no_json_at_all_is_refused_in_plain_words(desk: Desk) -> None:
    headers = {"authorization": f"Bearer {desk.administrator.token}", "idempotency-key": "k"}

    answer = await desk.anyone.put("/procedures/X-BAD", content=b'{"id": ', headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "catalogue_refused")


async def test_the_published_procedures_are_listed_for_everyone_page_by_page(desk: Desk) -> None:
    keys: list[str] = []
    after = None
    while True:
        page = (await desk.anyone.get("/procedures", params={"limit": 40} | ({"after": after} if after else {}))).json()
        keys += [row["key"] for row in page["procedures"]]
        if (after := page["next"]) is None:
            break

    assert len(keys) == len(set(keys))
    assert {entry.key for entry in published()} <= set(keys)


async def test_the_list_is_narrowed_by_national_code_and_by_jurisdiction(desk: Desk) -> None:
    by_code = (await desk.anyone.get("/procedures", params={"code": "1.014464"})).json()["procedures"]
    with_suffix = (await desk.anyone.get("/procedures", params={"code": "1.009645.H05"})).json()["procedures"]
    both = (await desk.anyone.get("/procedures", params={"code": "1.014464", "jurisdiction": "Tỉnh Hà Tĩnh"})).json()["procedures"]

    assert [row["key"] for row in by_code] == ["CB-1.014464", "DN-1.014464", "HT-1.014464"]
    assert [row["key"] for row in with_suffix] == ["BN-1.009645"]
    assert [row["key"] for row in both] == ["HT-1.014464"]


async def test_a_procedure_is_shown_whole_with_its_choices_and_who_decides(desk: Desk) -> None:
    shown = (await desk.anyone.get("/procedures/CB-1.008603")).json()

    assert shown["competent_offices"] == ["H14.020"]
    assert shown["choices"]["level"] == ["cấp tỉnh", "cấp xã"]
    assert len(shown["content"]["processes"]) == 2


async def test_offices_are_shown_to_officers(desk: Desk) -> None:
    offices = (await desk.officer.get("/offices")).json()["offices"]

    assert {"H27", "H27.001", AGENCY} <= {office["code"] for office in offices}


async def test_binding_an_office_makes_it_competent_at_once(desk: Desk) -> None:
    await desk.publishes(an_entry("X-BIND"), offices=())

    before = await desk.officer.post("/dossiers", an_application("X-BIND"))
    bound = await desk.administrator.put(f"/offices/{AGENCY}/procedures/X-BIND")
    again = await desk.administrator.put(f"/offices/{AGENCY}/procedures/X-BIND")
    await desk.looks_at_the_catalogue()
    after = await desk.officer.post("/dossiers", an_application("X-BIND"))

    assert before.status_code == 422
    assert (bound.status_code, again.status_code) == (200, 200)
    assert after.status_code == 201


@pytest.mark.parametrize("path", ["/offices/H99.999/procedures/HT-1.014465", "/offices/H27.030/procedures/X-NOWHERE"])
async def test_only_what_there_is_can_be_bound(desk: Desk, path: str) -> None:
    answer = await desk.administrator.put(path)

    assert answer.status_code == 404


class SlowCatalogue(Catalogue):
    """Reads an entry, and takes its time to say so."""

    def __init__(self) -> None:
        super().__init__()
        self.has_read, self.may_go_on = asyncio.Event(), asyncio.Event()

    async def _read(self, tx: Transaction, key: str) -> Entry:
        found = await super()._read(tx, key)
        self.has_read.set()
        await self.may_go_on.wait()
        return found


async def test_an_entry_that_was_read_before_a_change_is_not_kept_as_one_read_after_it(desk: Desk) -> None:
    await desk.publishes(an_entry("X-RACE"))
    catalogue = SlowCatalogue()
    async with desk.runtime.transaction() as one, desk.runtime.transaction() as other:
        asked_before = asyncio.create_task(catalogue.entry(one, "X-RACE"))
        await catalogue.has_read.wait()
        await desk.publishes(an_entry("X-RACE", name="Tên mới"))
        await catalogue.look(other, now=True)
        catalogue.may_go_on.set()

        before, after = await asked_before, await catalogue.entry(other, "X-RACE")

    assert (before.number, after.number) == (1, 2)
    assert before.revision < after.revision == catalogue.revision
