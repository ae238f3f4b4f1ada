"""Due dates for whoever asks: one case, or a list in which a bad case answers for itself."""

from datetime import timedelta
from typing import Any

from services.processing.api.due_dates import ANSWER, EXAMPLE
from shared.contracts.events import CalendarPublished
from shared.ids import uuid7
from tests.processing.conftest import Desk, Staff
from tests.stack import Stack


async def compute(officer: Staff, body: Any, query: str = "") -> Any:
    headers = {"authorization": f"Bearer {officer.caller.token}"}
    return await officer.caller.client.post(f"/due-dates{query}", json=body, headers=headers)


async def test_the_example_of_the_contract_is_answered_as_the_contract_says(desk: Desk, officer: Staff) -> None:
    answer = await compute(officer, EXAMPLE)

    assert (answer.status_code, answer.json()) == (200, ANSWER)


async def test_a_list_is_answered_in_its_order_and_a_bad_case_spoils_nothing(desk: Desk, officer: Staff) -> None:
    answer = await compute(
        officer, [EXAMPLE, EXAMPLE | {"id": "c2", "limit": {"amount": "many", "unit": "day"}}, 7, EXAMPLE | {"id": "c3"}]
    )

    assert answer.status_code == 200
    assert [(case["id"], "error" in case) for case in answer.json()] == [("c1", False), ("c2", True), (None, True), ("c3", False)]


async def test_one_bad_case_is_a_problem(desk: Desk, officer: Staff) -> None:
    answer = await compute(officer, EXAMPLE | {"accepted_at": "yesterday"})

    assert (answer.status_code, answer.json()["code"]) == (422, "due_date_unknown")


async def test_more_than_a_thousand_are_too_many(desk: Desk, officer: Staff) -> None:
    assert len((await compute(officer, [EXAMPLE] * 1000)).json()) == 1000
    assert (await compute(officer, [EXAMPLE] * 1001)).status_code == 422


async def test_every_day_can_be_explained(desk: Desk, officer: Staff) -> None:
    answer = await compute(officer, EXAMPLE, "?explain=true")

    assert answer.json()["explanation"]


async def test_days_off_of_a_single_office_move_nobody_else_s_dates(desk: Desk, officer: Staff) -> None:
    rows = "date,kind,name,source,status\n2026-03-13,off,Lễ hội,QĐ 12,announced\n"
    later = desk.stack.clock.now() + timedelta(days=1)
    await desk.tells("calendar:H27", CalendarPublished(version_id=uuid7(), key="H27", number=9, rows=rows, published_at=later))

    assert (await compute(officer, EXAMPLE)).json() == ANSWER


async def test_without_a_calendar_there_is_no_due_date_yet(stack: Stack, officer: Staff) -> None:
    assert (await compute(officer, EXAMPLE)).status_code == 503
