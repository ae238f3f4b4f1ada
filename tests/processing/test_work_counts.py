"""The work list by person, state, actor and due time; and how much there is of it, kept as cases move, equal to a recount at any time."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.processing import tables
from services.processing.commands import counting_work
from services.processing.domain.journal import JournalLine
from services.processing.domain.workload import HELD
from shared.contracts.events import DossierReminded, DossierStopped, SupplementAccepted
from shared.contracts.peers import Service
from tests.processing.conftest import AGENCY, DECISION, DESK, ELSEWHERE, OFFICES, PROVINCE, Desk, Staff, at, staff
from tests.processing.people import LAN, MINH, NGA, People, subject
from tests.stack import MONDAY_MORNING, Stack, rows


@pytest.fixture
async def people(desk: Desk, stack: Stack) -> People:
    people = People(stack)
    await people.registers(LAN, MINH, NGA)
    await people.assigns_by()
    return people


async def listed(officer: Staff, query: str) -> list[str]:
    answer = await officer.caller.get(f"/worklist?limit=200&{query}")
    assert answer.status_code == 200, answer.text
    return [line["id"] for line in answer.json()["items"]]


async def counted(officer: Staff, query: str = "") -> dict[str, Any]:
    answer = await officer.caller.get(f"/worklist/counts?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_work_list_is_asked_by_person_state_actor_and_due_time(people: People, desk: Desk) -> None:
    lans, minhs, nobodys = [str(await desk.receives()) for _ in range(3)]
    whole = str(await desk.receives(process=None, appointment_at=MONDAY_MORNING + timedelta(days=9)))
    await people.gives(UUID(lans), LAN)
    await people.gives(UUID(minhs), MINH)
    await people.of(MINH).does(minhs, "take-up")

    assert await listed(people.of(LAN), "assignee=me") == [lans]
    assert await listed(people.head, f"assignee={subject(MINH)}") == [minhs]
    assert await listed(people.head, "assignee=none") == [nobodys, whole]
    assert await listed(people.head, "state=in_progress") == [minhs]
    assert await listed(people.head, "actor=Bộ phận Một cửa") == [lans, minhs, nobodys]
    assert await listed(people.head, "due_before=2026-03-10T00:00:00%2B07:00") == [lans, minhs, nobodys]
    assert await listed(people.head, "due_before=2026-03-09T14:00:00%2B07:00") == []


async def test_counts_say_how_much_by_unit_person_state_and_due_time(people: People, desk: Desk, stack: Stack) -> None:
    spans = [timedelta(hours=4), timedelta(hours=8), timedelta(days=1), timedelta(days=3), timedelta(days=4)]
    cases = [await desk.receives(process=None, appointment_at=MONDAY_MORNING + span) for span in spans]
    await people.gives(cases[0], LAN)
    await people.of(LAN).does(cases[0], "take-up")
    await desk.receives(process=None, offices=OFFICES.model_copy(update={"competent": ELSEWHERE}))
    stack.clock.set(at(9, 12, 1))

    found = await counted(people.head)

    assert found["total"] == 5
    assert found["by_due"] == {"overdue": 1, "today": 1, "soon": 2, "later": 1}
    assert found["by_assignee"] == {subject(LAN): {"overdue": 1, "today": 0}, "none": {"today": 1, "soon": 2, "later": 1}}
    assert found["by_state"] == {"in_progress": 1, "received": 4}
    assert found["by_office"] == {AGENCY: 5}
    assert (await counted(people.of(LAN), "assignee=me"))["by_due"]["overdue"] == 1
    assert (await counted(people.head, "assignee=none&state=received"))["total"] == 4
    assert (await counted(staff(stack, "leader", PROVINCE)))["by_office"] == {AGENCY: 5, ELSEWHERE: 1}
    assert (await counted(staff(stack, "leader", PROVINCE), f"office={ELSEWHERE}"))["total"] == 1
    assert (await counted(staff(stack, "desk_officer", DESK)))["total"] == 0


async def test_of_very_many_offices_nobody_is_counted_officer_by_officer(
    people: People, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.receives(process=None)
    monkeypatch.setattr(counting_work, "OFFICER_BY_OFFICER", 0)

    whole, mine = await counted(people.head), await counted(people.head, "assignee=none")

    assert (whole["total"], whole["by_assignee"]) == (1, None)
    assert mine["by_assignee"] == {"none": {"soon": 1}}


async def test_the_due_minute_itself_is_still_in_time(people: People, desk: Desk, stack: Stack) -> None:
    await desk.receives(process=None, appointment_at=at(9, 10))

    stack.clock.set(at(9, 10).replace(second=59))
    in_time = (await counted(people.head))["by_due"]["overdue"]
    stack.clock.set(at(9, 10, 1))
    late = (await counted(people.head))["by_due"]["overdue"]

    assert (in_time, late) == (0, 1)


async def test_what_was_asked_about_shows_on_the_work_list_and_changes_no_version(people: People, desk: Desk) -> None:
    case = await desk.receives()
    await desk.tells(case, DossierReminded(office=DESK, reminded_by="Lê Thị Tiếp", note="Sắp đến hạn"))

    (line,) = (await people.head.caller.get("/worklist")).json()["items"]

    assert (line["reminders"], line["reminded_at"], line["version"]) == (1, "2026-03-09T08:00:00+07:00", 1)
    assert ("remind", "Lê Thị Tiếp", "Sắp đến hạn") in await people.journal(case)
    assert (await people.head.sees(case))["reminders"] == 1


async def test_a_move_writes_back_no_reminder_it_has_not_seen(people: People, desk: Desk, stack: Stack) -> None:
    case = await desk.receives()

    async with stack.runtime(Service.PROCESSING).transaction() as tx:
        before = await tables.load_case(tx, str(case))
        await desk.tells(case, DossierReminded(office=DESK, reminded_by="Lê Thị Tiếp"))
        await tables.save_case(tx, before, before, JournalLine(tx.now, "take_up", "Lan"))

    assert (await people.head.sees(case))["reminders"] == 1


# ------------------------------------------------------------------------------------------------ kept as cases move


RECOUNTED = f"""
select competent as office, who as assignee, state,
       coalesce((step_due_at at time zone 'Asia/Ho_Chi_Minh')::date, '9999-12-31') as due_on, count(*) as n
from processing.case, unnest(array[coalesce(assignee, ''), '*']) as who
where current_step is not null and state in ({", ".join(f"'{state}'" for state in HELD)}) group by 1, 2, 3, 4
"""
KEPT = "select office, assignee, state, due_on, sum(number) as n from processing.work_count group by 1, 2, 3, 4 having sum(number) <> 0"


async def places(stack: Stack, query: str) -> Counter[tuple[Any, ...]]:
    found = await rows(stack.runtime(Service.PROCESSING), query)
    return Counter({(row["office"], row["assignee"], row["state"], row["due_on"]): int(row["n"]) for row in found})


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_kept_equals_a_recount_after_any_moves(people: People, desk: Desk, stack: Stack, seed: int) -> None:
    chance = random.Random(seed)
    cases = [await desk.receives() for _ in range(8)]
    clerk = staff(stack, "leader,supervisor,case_officer", AGENCY, name="Trưởng")
    bodies: dict[str, Any] = {
        "take_up": {},
        "pass_on": {},
        "resume": {},
        "assign": {"officer": subject(MINH), "reason": "Cân đối"},
        "suspend": {"ground": "Luật Đất đai", "until": "2026-04-20"},
        "return_for_supplement": {"papers": ["Bản vẽ"], "reason": "Thiếu", "irregular": "Kiểm tra lại"},
        "issue_decision": DECISION,
        "complete": {"outcome": "refused", "reasons": "Không đủ điều kiện"},
        "release": {"reason": "Bận"},
    }

    async def move(case: UUID) -> None:
        shown = await clerk.sees(case)
        if shown["state"] == "awaiting_supplement":
            back = SupplementAccepted(sent_at=stack.clock.now(), accepted_at=stack.clock.now())
            gone = DossierStopped(stopped_at=stack.clock.now(), reason="Đã đóng hồ sơ, không bổ sung")
            return await desk.tells(case, chance.choice([back, back, gone]))
        possible = sorted({one["action"] for one in shown["possible_actions"]} & bodies.keys())
        if possible:
            action = chance.choice(possible)
            body = bodies[action] | ({"officer": subject(chance.choice([LAN, MINH, NGA]))} if action == "assign" else {})
            answer = await clerk.tries(case, action.replace("_", "-"), body, version=shown["version"])
            assert answer.status_code in (200, 412), answer.text

    for turn in range(12):
        await asyncio.gather(*(move(case) for case in chance.sample(cases, 4)))
        stack.clock.move(minutes=chance.choice([0, 45, 300]))
        if turn % 3 == 0:
            await counting_work.fold(stack.runtime(Service.PROCESSING))
        assert await places(stack, KEPT) == await places(stack, RECOUNTED)

    await stack.settle()
    kept = await places(stack, KEPT)
    async with stack.runtime(Service.PROCESSING).transaction() as tx:
        await counting_work.rebuild(tx)
    assert kept == await places(stack, KEPT) == await places(stack, RECOUNTED)


async def test_folding_leaves_one_row_a_place_however_many_fold_at_once(
    people: People, desk: Desk, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting_work, "FOLD_AT_ONCE", 3)
    for _ in range(6):
        await desk.receives(process=None)
    runtime = stack.runtime(Service.PROCESSING)

    async with runtime.transaction() as tx:
        await counting_work.fold_some(tx)
        assert not await counting_work.fold(runtime)
    while await counting_work.fold(runtime):
        pass

    assert [row["number"] for row in await rows(runtime, "select number from processing.work_count")] == [6, 6]


async def test_counts_that_went_wrong_are_counted_afresh(people: People, desk: Desk, stack: Stack) -> None:
    await desk.receives(process=None)
    runtime = stack.runtime(Service.PROCESSING)
    async with runtime.engine.begin() as connection:
        await connection.exec_driver_sql("update processing.work_count set number = 7")

    wrong = (await counted(people.head))["total"]
    async with runtime.transaction() as tx:
        await counting_work.rebuild(tx)

    assert (wrong, (await counted(people.head))["total"]) == (7, 1)
