"""Lists of cases and the work list: within the caller's offices, due first, a page at a time."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.processing.conftest import AGENCY, DESK, ELSEWHERE, OFFICES, PROVINCE, Desk, Staff, at, staff
from tests.stack import MONDAY_MORNING, Stack


async def pages(officer: Staff, path: str) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    after = ""
    while True:
        answer = await officer.caller.get(f"{path}{after}")
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        if (following := answer.json()["next"]) is None:
            return found
        after = f"&after={following}"


async def due_in(desk: Desk, **span: float) -> UUID:
    return await desk.receives(process=None, appointment_at=MONDAY_MORNING + timedelta(**span))


async def test_the_work_list_shows_what_is_due_first(desk: Desk, officer: Staff) -> None:
    late, soon, same_a, same_b = [await due_in(desk, **span) for span in ({"days": 9}, {"hours": 2}, {"days": 1}, {"days": 1})]

    found = await pages(officer, "/worklist?limit=2")

    assert [len(page) for page in found] == [2, 2]
    assert [line["id"] for page in found for line in page] == [str(case) for case in (soon, same_a, same_b, late)]


async def test_a_line_of_the_work_list_says_what_is_to_be_done_by_when(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives()
    stack.clock.set(at(9, 15))

    [[line]] = await pages(officer, "/worklist?limit=5")

    assert (line["id"], line["step"], line["actor"], line["action"]) == (str(case), 1, "Bộ phận Một cửa", "Việc 1")
    assert (line["due_at"], line["overdue"], line["verdict"]) == ("2026-03-09T14:00:00+07:00", True, "on_time")


async def test_what_is_done_leaves_the_work_list(desk: Desk, officer: Staff) -> None:
    case = await due_in(desk, days=1)
    await officer.does(case, "take-up")
    await officer.does(case, "complete", {"outcome": "refused", "reasons": "không đủ điều kiện"})

    assert await pages(officer, "/worklist?limit=5") == [[]]


async def test_the_work_list_is_that_of_the_competent_office(desk: Desk, stack: Stack) -> None:
    ours = await due_in(desk, days=1)
    theirs = await desk.receives(process=None, offices=OFFICES.model_copy(update={"competent": ELSEWHERE}))

    async def listed(*offices: str, office: str = "") -> list[str]:
        found = await pages(staff(stack, "case_officer", *offices), f"/worklist?limit=5{office}")
        return [line["id"] for line in found[0]]

    assert await listed(AGENCY) == [str(ours)]
    assert await listed(DESK) == []
    assert set(await listed(PROVINCE)) == {str(ours), str(theirs)}
    assert await listed(PROVINCE, office=f"&office={ELSEWHERE}") == [str(theirs)]
    assert await listed(AGENCY, office=f"&office={ELSEWHERE}") == []


async def test_cases_are_listed_newest_first_within_the_offices(desk: Desk, stack: Stack, officer: Staff) -> None:
    cases = [str(await due_in(desk, days=1)) for _ in range(5)]
    hidden = OFFICES.model_copy(update={"receiving": ELSEWHERE, "competent": ELSEWHERE, "returning": ELSEWHERE})
    await desk.receives(process=None, offices=hidden)

    found = await pages(officer, "/cases?limit=2")

    assert [len(page) for page in found] == [2, 2, 1]
    assert [line["id"] for page in found for line in page] == cases[::-1]
    assert len((await pages(staff(stack, "leader", PROVINCE), "/cases?limit=50"))[0]) == 6


async def test_cases_are_found_by_state_and_by_office(desk: Desk, stack: Stack, officer: Staff) -> None:
    waiting, taken = await due_in(desk, days=1), await due_in(desk, days=1)
    await officer.does(taken, "take-up")
    receiver = staff(stack, "desk_officer", DESK)

    assert [line["id"] for line in (await pages(officer, "/cases?state=received"))[0]] == [str(waiting)]
    assert [line["id"] for line in (await pages(officer, "/cases?state=in_progress"))[0]] == [str(taken)]
    assert len((await pages(receiver, f"/cases?office={AGENCY}"))[0]) == 2
    assert await pages(receiver, f"/cases?office={ELSEWHERE}") == [[]]


async def test_a_list_names_nobody(desk: Desk, officer: Staff) -> None:
    await due_in(desk, days=1)

    texts = [(await officer.caller.get(path)).text for path in ("/cases", "/worklist")]

    assert not any("Mai" in text or "0900000001" in text for text in texts)


@pytest.mark.parametrize(
    "query",
    [
        "after=nonsense",
        "after=WyJ4Il0",
        "after=WyIyMDI2LTAzLTA5IiwgIngiXQ",
        "after=WzEsIDJd",
        "after=e30",
        "limit=0",
        "limit=201",
        "office=%00",
    ],
)
@pytest.mark.parametrize("path", ["/cases", "/worklist"])
async def test_a_cursor_or_size_of_somebody_s_own_making_is_refused(path: str, query: str, officer: Staff) -> None:
    answer = await officer.caller.get(f"{path}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_lists_need_a_token_and_a_role(stack: Stack) -> None:
    assert (await staff(stack, "").caller.get("/cases")).status_code == 401
    assert (await staff(stack, "portal", PROVINCE).caller.get("/worklist")).status_code == 403
