"""Officers registered, standing in for each other, leaving: nothing stays with someone who is gone."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from services.processing.commands import assigning
from shared.contracts.peers import Service
from shared.contracts.permissions import Role
from shared.officers import Officer
from tests.processing.conftest import AGENCY, DECISION, ELSEWHERE, PROVINCE, Desk, at, staff, told
from tests.processing.people import LAN, MINH, NGA, People, subject
from tests.stack import Stack, rows


@pytest.fixture
async def people(desk: Desk, stack: Stack) -> People:
    people = People(stack)
    await people.registers(LAN, MINH, NGA)
    await people.registers("Hoa", role="leader")
    await people.assigns_by()
    return people


async def shown(people: People, name: str) -> dict[str, Any]:
    answer = await people.head.caller.get(f"/officers/{quote(subject(name), safe='')}")
    assert answer.status_code == 200, answer.text
    return answer.json()


# ------------------------------------------------------------------------------------------------ registered


async def test_officers_are_registered_once_however_often_they_are_sent(people: People, stack: Stack) -> None:
    body = {"name": "Lan", "office": AGENCY, "roles": ["case_officer"]}

    same = await people.administrator.put(f"/officers/{quote(subject(LAN), safe='')}", body)
    changed = await people.administrator.put(f"/officers/{quote(subject(LAN), safe='')}", body | {"name": "Nguyễn Thị Lan"})

    assert (same.json(), changed.json()) == ({"changed": 0, "unchanged": 1}, {"changed": 1, "unchanged": 0})
    assert (await shown(people, LAN))["name"] == "Nguyễn Thị Lan"
    log = await rows(stack.runtime(Service.PROCESSING), "select action, by, subject from processing.staff_log order by number desc limit 1")
    assert log == [{"action": "register", "by": "Quản trị", "subject": subject(LAN)}]


async def test_a_list_that_is_wrong_registers_nobody(people: People) -> None:
    wrong = [
        {"subject": "a", "name": "A", "office": "H50.99", "roles": ["case_officer"]},
        {"subject": "b", "name": "B", "office": AGENCY, "roles": ["case_officer"], "valid_from": "2026-05-01", "valid_to": "2026-04-01"},
        {"subject": "c", "name": "C", "office": AGENCY, "roles": ["case_officer"]},
    ]

    unknown_office = await people.administrator.put("/officers", wrong[:1])
    refused = await people.administrator.put("/officers", wrong[1:])

    assert unknown_office.status_code == 404
    assert (refused.status_code, refused.json()["code"]) == (422, "staff_refused")
    assert "before it begins" in refused.json()["errors"][0]["detail"]
    assert (await people.head.caller.get("/officers/c")).status_code == 404


async def test_an_administrator_neither_registers_nor_moves_officers_of_other_offices(people: People, stack: Stack) -> None:
    other = stack.caller(Service.PROCESSING, "administrator", ELSEWHERE)
    body = {"name": "Lan", "office": ELSEWHERE, "roles": ["case_officer"]}

    taken = await other.put(f"/officers/{quote(subject(LAN), safe='')}", body)
    put = await other.put("/officers/x", body | {"office": AGENCY})

    assert (taken.status_code, put.status_code) == (404, 404)
    assert (await shown(people, LAN))["office"] == AGENCY


async def test_officers_are_listed_a_page_at_a_time_within_the_offices(people: People, stack: Stack) -> None:
    first = (await people.head.caller.get("/officers?limit=3")).json()
    rest = (await people.head.caller.get(f"/officers?limit=3&after={quote(first['next'])}")).json()
    elsewhere = (await staff(stack, "leader", ELSEWHERE).caller.get("/officers")).json()

    assert [[one["name"] for one in page["items"]] for page in (first, rest)] == [[LAN, MINH, NGA], ["Hoa"]]
    assert (rest["next"], elsewhere["items"]) == (None, [])


# ------------------------------------------------------------------------------------------------ departure


async def test_who_leaves_hands_all_they_had_to_a_colleague(people: People, desk: Desk, stack: Stack, monkeypatch: Any) -> None:
    monkeypatch.setattr(assigning, "BATCH_SIZE", 2)
    cases = [await desk.receives() for _ in range(5)]
    for case in cases:
        await people.gives(case, LAN)

    answer = await people.leaves(LAN, to=MINH)

    assert answer.status_code == 202
    assert await people.holdings() == {MINH: 5}
    assert (await people.journal(cases[0]))[-1] == ("assign_after_departure", "departure", "Lan → Minh: Chuyển công tác")
    assert await told(stack, cases[0]) == [("dossier.assigned", 1), ("dossier.assigned", 2)]
    gone = await shown(people, LAN)
    assert (gone["cases"], gone["cases_to"], gone["desk_empty_at"]) == (0, subject(MINH), "2026-03-09T08:00:00+07:00")


async def test_with_no_colleague_named_the_cases_are_the_unit_s_again_and_its_rule_gives_them_out(
    people: People, desk: Desk, stack: Stack
) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)

    await people.leaves(LAN)
    before = await people.has(case)
    await people.assigns_by({"method": "round_robin"})
    await stack.settle()

    assert (before, await people.has(case)) == (None, MINH)


async def test_a_colleague_who_has_left_meanwhile_is_given_nothing(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)
    path = "/officers/{}/departure"
    for name, to in ((LAN, MINH), (MINH, None)):
        body = {"reason": "Chuyển công tác"} | ({"to": subject(to)} if to else {})
        await people.done(await people.head.caller.post(path.format(quote(subject(name), safe="")), body))

    await stack.settle()

    assert await people.has(case) is None


async def test_when_service_ends_by_its_date_nothing_stays_either(people: People, desk: Desk, stack: Stack) -> None:
    await people.registers(LAN, valid_to="2026-03-09")
    case = await desk.receives()
    await people.gives(case, LAN)

    stack.clock.set(at(9, 23, 59))
    await stack.settle()
    last_day = await people.has(case)
    stack.clock.set(at(10, 0))
    await stack.settle()

    assert (last_day, await people.has(case)) == (LAN, None)
    assert (await people.journal(case))[-1][2] == "Lan → …: Lan thôi nhiệm vụ từ ngày 10/03/2026"


@pytest.mark.parametrize(
    ("changed", "holder"),
    [
        ({"office": ELSEWHERE}, None),
        ({"roles": ["desk_officer"]}, None),
        ({"office": PROVINCE}, LAN),
        ({"roles": ["case_officer", "leader"]}, LAN),
        ({"name": "Nguyễn Thị Lan"}, LAN),
    ],
)
async def test_what_somebody_may_no_longer_work_on_does_not_stay_with_them(
    people: People, desk: Desk, stack: Stack, monkeypatch: Any, changed: dict[str, Any], holder: str | None
) -> None:
    monkeypatch.setattr(assigning, "BATCH_SIZE", 1)
    cases = [await desk.receives() for _ in range(3)]
    for case in cases:
        await people.done(await people.gives(case, LAN))
    body = {"name": LAN, "office": AGENCY, "roles": ["case_officer"]} | changed

    await people.done(await people.administrator.put(f"/officers/{quote(subject(LAN), safe='')}", body))
    await stack.settle()

    assert [await people.has(case) for case in cases] == [holder] * 3
    if holder is None:
        assert (await people.journal(cases[0]))[-1] == (
            "release_after_move",
            "departure",
            f"Lan → …: Lan không còn thụ lý hồ sơ của {AGENCY} từ ngày 09/03/2026",
        )
        assert (await told(stack, cases[0]))[-1] == ("dossier.assigned", 2)
    assert not await rows(stack.runtime(Service.PROCESSING), "select 1 from processing.officer where moved_at is not null")


async def test_what_a_rule_gives_goes_on_to_a_colleague_when_somebody_works_elsewhere(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)
    await people.assigns_by({"method": "round_robin", "officers": [subject(LAN), subject(MINH)]})

    await people.done(
        await people.administrator.put(
            f"/officers/{quote(subject(LAN), safe='')}", {"name": LAN, "office": ELSEWHERE, "roles": ["case_officer"]}
        )
    )
    await stack.settle()

    assert await people.has(case) == MINH


async def test_who_has_left_does_nothing_more_and_is_given_nothing_more(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.leaves(LAN)

    seen, twice = await people.of(LAN).caller.get("/worklist"), await people.leaves(LAN)
    given = await people.gives(case, LAN)

    assert (seen.status_code, twice.status_code, given.status_code) == (403, 409, 422)
    assert "no longer in service" in seen.json()["detail"]


async def test_who_is_registered_again_is_back(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.leaves(LAN)

    await people.registers(LAN)

    await people.done(await people.gives(case, LAN))
    assert (await shown(people, LAN))["departed_at"] is None


async def test_a_case_given_while_somebody_leaves_does_not_stay_with_them(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()
    head = Officer("hoa", "Hoa", frozenset({Role.LEADER}), frozenset({AGENCY}), frozenset({AGENCY}))

    async with stack.runtime(Service.PROCESSING).transaction() as tx:
        await assigning.assign(tx, str(case), head, 1, to=subject(LAN), reason=None)
        leaving = asyncio.create_task(people.leaves(LAN))
        await asyncio.sleep(0.3)  # it waits for what is being given
    await leaving

    assert await people.holdings() == {}
    assert (await people.journal(case))[-1][0] == "release_after_departure"


@pytest.mark.parametrize("to", [LAN, "Ai"])
async def test_cases_are_left_to_a_colleague_who_is_there(people: People, to: str) -> None:
    answer = await people.leaves(LAN, to=to)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/to")


# ------------------------------------------------------------------------------------------------ delegation


HOA = subject("Hoa", "leader")


async def test_who_stands_in_does_what_the_leader_may_in_both_names(people: People, desk: Desk) -> None:
    case = await desk.receives(process=None)
    minh = people.of(MINH)
    await minh.does(case, "take-up")
    await people.done(await people.delegates(HOA, subject(MINH), "2026-03-09", "2026-03-10"))

    alone = await minh.tries(case, "issue-decision", DECISION)
    await people.instead(minh, HOA).does(case, "issue-decision", DECISION)

    assert alone.status_code == 403
    assert (await people.journal(case))[-1][:2] == ("issue_decision", "Minh thay Hoa")


async def test_a_delegation_begins_and_ends_by_itself(people: People, stack: Stack) -> None:
    await people.done(await people.delegates(HOA, subject(MINH), "2026-03-10", "2026-03-11"))
    stand_in = people.instead(people.of(MINH), HOA).caller

    found: list[int] = []
    for day in (9, 10, 11, 12):
        stack.clock.set(at(day, 8))
        found.append((await stand_in.get("/worklist")).status_code)

    assert found == [403, 200, 200, 403]


async def test_a_delegation_ends_before_its_time_and_with_the_service_of_either(people: People) -> None:
    given = (await people.delegates(HOA, subject(MINH), "2026-03-09", "2026-03-20")).json()
    stand_in = people.instead(people.of(MINH), HOA).caller
    path = f"/officers/{quote(HOA, safe='')}/delegations/{given['id']}/end"

    before = (await stand_in.get("/worklist")).status_code
    await people.done(await people.head.caller.post(path))
    ended = (await stand_in.get("/worklist")).status_code
    again = await people.head.caller.post(path)
    await people.delegates(HOA, subject(MINH), "2026-03-09", "2026-03-20")
    await people.done(await people.administrator.post(f"/officers/{quote(HOA, safe='')}/departure", {"reason": "Nghỉ hưu"}))

    assert (before, ended, again.status_code) == (200, 403, 404)
    assert (await stand_in.get("/worklist")).status_code == 403


async def test_a_case_of_who_is_away_is_their_deputy_s_to_act_on(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await people.gives(case, LAN)
    await people.delegates(subject(LAN), subject(MINH), "2026-03-09", "2026-03-10")
    minh = people.of(MINH)
    stand_in = people.instead(minh, subject(LAN))

    own = await minh.tries(case, "take-up")
    mine = (await stand_in.caller.get("/worklist?assignee=me")).json()["items"]
    await stand_in.does(case, "take-up")

    assert own.status_code == 409
    assert [line["id"] for line in mine] == [str(case)]
    assert (await people.head.sees(case))["taken_up_by"] == "Minh thay Lan"


async def test_what_was_delegated_is_passed_on_to_nobody(people: People) -> None:
    await people.delegates(HOA, subject(MINH), "2026-03-09", "2026-03-20")
    stand_in = people.instead(people.of(MINH), HOA).caller

    passed_on = await stand_in.post(
        f"/officers/{quote(HOA, safe='')}/delegations", {"deputy": subject(LAN), "from_on": "2026-03-09", "to_on": "2026-03-10"}
    )
    stranger = await people.instead(people.of(LAN), HOA).caller.get("/worklist")

    assert (passed_on.status_code, stranger.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("deputy", "from_on", "to_on", "pointer"),
    [
        (HOA, "2026-03-09", "2026-03-10", "/deputy"),
        ("Ai", "2026-03-09", "2026-03-10", "/deputy"),
        (subject(MINH), "2026-03-10", "2026-03-09", "/to_on"),
        (subject(MINH), "2026-03-01", "2026-03-08", "/to_on"),
        (subject(MINH), "2026-03-09", "2027-03-20", "/to_on"),
    ],
)
async def test_a_delegation_names_a_colleague_and_days_to_come(people: People, deputy: str, from_on: str, to_on: str, pointer: str) -> None:
    answer = await people.delegates(HOA, deputy, from_on, to_on)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def delegated(people: People, by: Any, principal: str, deputy: str) -> Any:
    body = {"deputy": deputy, "from_on": "2026-03-09", "to_on": "2026-03-10"}
    return await by.caller.post(f"/officers/{quote(principal, safe='')}/delegations", body)


async def test_nobody_rises_by_a_delegation_of_their_own_making(people: People, desk: Desk) -> None:
    await people.registers("Sơn", role="supervisor")
    supervisor, son = people.of("Sơn", "supervisor"), subject("Sơn", "supervisor")

    to_herself = await delegated(people, supervisor, HOA, son)
    to_a_friend = await delegated(people, supervisor, HOA, subject(MINH))
    of_a_subordinate = await delegated(people, people.head, subject(LAN), HOA)
    signs = await people.instead(supervisor, HOA).caller.get("/worklist")

    assert [answer.status_code for answer in (to_herself, to_a_friend, of_a_subordinate, signs)] == [403, 403, 403, 403]
    assert "third person" in to_herself.json()["detail"]
    assert "may do more than you" in to_a_friend.json()["detail"]


async def test_a_head_lets_a_third_person_stand_in_for_who_is_away(people: People) -> None:
    await people.registers("Sơn", role="supervisor")

    by_the_supervisor = await delegated(people, people.of("Sơn", "supervisor"), subject(LAN), subject(MINH))
    by_the_administrator = await people.administrator.post(
        f"/officers/{quote(HOA, safe='')}/delegations", {"deputy": subject(MINH), "from_on": "2026-03-09", "to_on": "2026-03-10"}
    )

    assert (by_the_supervisor.status_code, by_the_administrator.status_code) == (201, 201)


async def test_a_deputy_is_of_an_office_of_who_names_them(people: People) -> None:
    await people.registers("Xa", office=ELSEWHERE)

    answer = await people.delegates(HOA, subject("Xa", office=ELSEWHERE), "2026-03-09", "2026-03-10")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/deputy")


async def test_the_desk_knows_nobody_who_stands_in(people: People, stack: Stack) -> None:
    answer = await people.instead(people.of(MINH), "Ai đó").caller.get("/worklist")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
