"""Papers between desk and agency: many on one slip, with two names each; and what lies where at any time."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, ELSEWHERE
from tests.house.conftest import House
from tests.house.test_waiting import Waiting
from tests.stack import MONDAY_MORNING


@pytest_asyncio.fixture
async def papers(built_house: House) -> AsyncIterator[Waiting]:
    built_house.stack.clock.instant = MONDAY_MORNING
    await built_house.moves_in()
    yield Waiting(built_house)
    built_house.stack.clock.instant = MONDAY_MORNING


async def handed(papers: Waiting, *dossiers: str, **more: Any) -> Any:
    answer = await papers.desk.post("/hand-over-slips", {"dossiers": dossiers, **more})
    await papers.stack.settle()
    return answer


async def lying(papers: Waiting, lies: str, office: str = "") -> list[str]:
    answer = await papers.desk.get(f"/papers?lies={lies}" + (f"&office={office}" if office else ""))
    assert answer.status_code == 200, answer.text
    return [line["id"] for line in answer.json()["items"]]


async def test_many_dossiers_go_on_one_slip_and_each_bears_two_names(papers: Waiting) -> None:
    dossiers = [await papers.received() for _ in range(3)]
    codes = [(await papers.shown(dossier))["code"] for dossier in dossiers]

    slip = (await handed(papers, *dossiers[:2], codes[2], note="Đủ bản chính")).json()
    taken = await papers.officer.post(f"/hand-over-slips/{slip['number']}/take-over", {"missing": [codes[1]], "taken_over_by": "Bình"})
    await papers.stack.settle()

    assert (slip["number"], slip["from_office"], slip["to_office"]) == (f"BG-{DESK}-260309-0001", DESK, AGENCY)
    assert [line["code"] for line in slip["dossiers"]] == codes
    assert taken.json() == {
        "slip": slip["number"],
        "taken_over_by": "Bình",
        "taken_over": [codes[0], codes[2]],
        "missing": [codes[1]],
        "not_possible": [],
    }
    shown = (await papers.desk.get(f"/hand-over-slips/{slip['number']}")).json()
    assert (shown["missing"], [line["taken_over_by"] for line in shown["lines"]]) == (1, ["Bình", None, "Bình"])
    case = await papers.case(dossiers[0])
    assert (case["papers_handed_over_by"], case["papers_taken_over_by"], case["papers_slip"]) == ("desk officer", "Bình", slip["number"])
    assert ("papers_missing", "Bình", slip["number"]) in [
        (line["action"], line["by"], line["note"]) for line in (await papers.case(dossiers[1]))["journal"]
    ]


async def test_what_was_missing_is_taken_over_later_on_the_same_slip(papers: Waiting) -> None:
    dossier = await papers.received()
    code = (await papers.shown(dossier))["code"]
    number = (await handed(papers, dossier)).json()["number"]
    path = f"/hand-over-slips/{number}/take-over"

    await papers.officer.post(path, {"missing": [code]})
    found = await papers.officer.post(path)
    again = await papers.officer.post(path)

    assert (found.json()["taken_over"], again.status_code) == ([code], 404)


async def test_it_can_be_said_at_any_time_what_lies_where(papers: Waiting) -> None:
    dossier = await papers.received()
    steps = [[await lying(papers, lies) for lies in ("at_the_desk", "on_the_way", "taken_over")]]
    number = (await handed(papers, dossier)).json()["number"]
    steps.append([await lying(papers, lies) for lies in ("at_the_desk", "on_the_way", "taken_over")])
    await papers.officer.post(f"/hand-over-slips/{number}/take-over")
    await papers.stack.settle()
    steps.append([await lying(papers, lies) for lies in ("at_the_desk", "on_the_way")] + [await lying(papers, "on_the_way", AGENCY)])
    agency = papers.house.caller(Service.INTAKE, "desk_officer", AGENCY)
    there = [line["id"] for line in (await agency.get("/papers?lies=taken_over")).json()["items"]]

    first = papers.house.dossier  # received when the house was moved into
    assert steps == [[[first, dossier], [], []], [[first], [dossier], []], [[first], [], []]]
    assert there == [dossier]


async def test_the_result_comes_back_with_two_names_too(papers: Waiting) -> None:
    dossier = await papers.received()
    for action, body in (("take-up", {}), ("complete", {"outcome": "refused", "reasons": "Không đủ điều kiện"}), ("hand-over-result", {})):
        version = (await papers.case(dossier))["version"]
        assert (await papers.officer.post(f"/cases/{dossier}/{action}", body, version=version)).status_code == 200
        await papers.stack.settle()
    coming = await lying(papers, "on_the_way", DESK)

    await papers.desk_does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})

    (line,) = (await papers.desk.get(f"/papers?lies=taken_over&office={DESK}")).json()["items"]
    assert coming == [line["id"]] == [dossier]
    assert (line["from_office"], line["handed_over_by"], line["taken_over_by"]) == (AGENCY, "case officer", "desk officer")


async def test_of_a_slip_all_or_nothing_leaves(papers: Waiting) -> None:
    dossier, done = await papers.received(), await papers.received()
    for action, body in (("take-up", {}), ("complete", {"outcome": "refused", "reasons": "Không đủ điều kiện"})):
        version = (await papers.case(done))["version"]
        await papers.officer.post(f"/cases/{done}/{action}", body, version=version)
        await papers.stack.settle()

    refused = await handed(papers, dossier, done)
    foreign = await papers.house.caller(Service.INTAKE, "desk_officer", ELSEWHERE).post("/hand-over-slips", {"dossiers": [dossier]})
    next_one = await handed(papers, dossier)

    assert (refused.status_code, refused.json()["code"], refused.json()["errors"][0]["pointer"]) == (409, "slip_refused", "/dossiers/1")
    assert foreign.status_code == 404
    assert next_one.json()["number"].endswith("-0001")


async def test_slips_made_at_once_have_numbers_without_gaps(papers: Waiting) -> None:
    dossiers = [await papers.received() for _ in range(4)]

    answers = await asyncio.gather(*(papers.desk.post("/hand-over-slips", {"dossiers": [dossier]}) for dossier in dossiers))

    assert sorted(answer.json()["number"][-4:] for answer in answers) == ["0001", "0002", "0003", "0004"]


async def test_a_slip_is_seen_by_the_two_offices_it_names(papers: Waiting) -> None:
    number = (await handed(papers, await papers.received())).json()["number"]

    agency = papers.house.caller(Service.INTAKE, "desk_officer", AGENCY)
    stranger = papers.house.caller(Service.INTAKE, "desk_officer", ELSEWHERE)
    assert [(await who.get(f"/hand-over-slips/{number}")).status_code for who in (agency, stranger)] == [200, 404]
    other_agency = papers.house.caller(Service.PROCESSING, "case_officer", ELSEWHERE)
    assert (await other_agency.post(f"/hand-over-slips/{number}/take-over")).status_code == 404


async def test_papers_of_a_slip_are_missing_only_if_they_were_listed(papers: Waiting) -> None:
    number = (await handed(papers, await papers.received())).json()["number"]

    answer = await papers.officer.post(f"/hand-over-slips/{number}/take-over", {"missing": ["H27.030-260309-9999"]})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/missing")
