"""What waits, and for how long: supplements after acceptance, answers, hand-overs and results, through all three services."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest_asyncio

from shared.clock import VIETNAM
from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, an_application
from tests.house.conftest import House
from tests.stack import MONDAY_MORNING, rows

MISSING = {"papers": ["Bản vẽ hoàn công"], "reason": "Thiếu bản vẽ theo thành phần hồ sơ"}


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=VIETNAM)


class Waiting:
    """One dossier on its way between desk and agency; each call lets everything come to rest."""

    def __init__(self, house: House) -> None:
        self.house, self.stack = house, house.stack
        self.desk = house.caller(Service.INTAKE, "desk_officer", DESK)
        self.officer = house.caller(Service.PROCESSING, "case_officer", AGENCY)
        self.supervisor = house.caller(Service.PROCESSING, "case_officer,supervisor", AGENCY)

    async def at(self, instant: datetime) -> None:
        self.stack.clock.set(instant)
        await self.stack.settle()

    async def received(self, **more: Any) -> str:
        answer = await self.desk.post("/dossiers", an_application(**more))
        assert answer.status_code == 201, answer.text
        await self.stack.settle()
        return answer.json()["id"]

    async def shown(self, dossier: str) -> dict[str, Any]:
        return (await self.desk.get(f"/dossiers/{dossier}")).json()

    async def case(self, dossier: str) -> dict[str, Any]:
        return (await self.officer.get(f"/cases/{dossier}")).json()

    async def asks(self, dossier: str, body: dict[str, Any] | None = None, *, supervisor: bool = False) -> Any:
        who = self.supervisor if supervisor else self.officer
        version = (await self.case(dossier))["version"]
        answer = await who.post(f"/cases/{dossier}/return-for-supplement", body or MISSING, version=version)
        await self.stack.settle()
        return answer

    async def desk_does(self, dossier: str, what: str, body: Any = None) -> Any:
        version = (await self.shown(dossier))["version"]
        answer = await self.desk.post(f"/dossiers/{dossier}/{what}", body, version=version)
        await self.stack.settle()
        return answer

    async def brings(self, dossier: str) -> None:
        answer = await self.desk.post(f"/dossiers/{dossier}/supplements", {"papers": [{"name": "Bản vẽ hoàn công", "originals": 1}]})
        assert answer.status_code == 201, answer.text
        await self.stack.settle()

    async def states(self, dossier: str) -> set[str]:
        """In all three services."""
        found = await rows(self.stack.runtime(Service.NOTIFICATIONS), "select state from notifications.subject where id = :id", id=dossier)
        return {(await self.shown(dossier))["state"], (await self.case(dossier))["state"], found[0]["state"]}

    async def told(self, dossier: str, source: Service) -> list[str]:
        query = f"select type from {source}.event where subject = :subject order by sequence"
        found = await rows(self.stack.runtime(source), query, subject=dossier)
        return [row["type"].removeprefix("vn.motcua.").removesuffix(".v1") for row in found]

    async def messages(self, dossier: str) -> list[str]:
        found = await rows(
            self.stack.runtime(Service.NOTIFICATIONS),
            "select template, text from notifications.message where dossier_id = :id and channel = 'sms' order by number",
            id=dossier,
        )
        return [f"{row['template']}: {row['text']}" for row in found]


@pytest_asyncio.fixture
async def waiting(house: House) -> AsyncIterator[Waiting]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Waiting(house)
    house.stack.clock.instant = MONDAY_MORNING


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_supplement_stops_the_clock_and_its_acceptance_starts_the_whole_limit_again(waiting: Waiting) -> None:
    dossier = await waiting.received()
    first = (await waiting.shown(dossier))["appointment_at"]
    await waiting.at(march(10, 9))
    await waiting.asks(dossier)

    assert await waiting.states(dossier) == {"awaiting_supplement"}
    standing = await waiting.shown(dossier)
    assert (standing["papers_awaited"], instant(standing["supplement_ends_at"])) == (MISSING["papers"], march(26, 0))
    assert (await waiting.case(dossier))["due_at"] is None

    await waiting.at(march(16, 8))
    await waiting.brings(dossier)
    await waiting.at(march(16, 10))
    await waiting.desk_does(dossier, "supplement-acceptances")

    assert await waiting.states(dossier) == {"in_progress"}
    shown, case = await waiting.shown(dossier), await waiting.case(dossier)
    assert shown["appointment_at"] == case["appointment_at"] == case["due_at"]
    assert instant(shown["appointment_at"]) - march(16, 10) == instant(first) - MONDAY_MORNING
    assert shown["first_appointment_at"] == first
    assert [line.split(":")[0] for line in await waiting.messages(dossier)][-2:] == ["supplement_requested", "dossier_resumed"]
    assert "hết ngày 25/03/2026" in (await waiting.messages(dossier))[-2]


async def test_the_clock_waits_for_the_desk_at_most_eight_working_hours(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.at(march(10, 8))
    await waiting.brings(dossier)
    await waiting.at(march(13, 8))
    await waiting.desk_does(dossier, "supplement-acceptances")

    (stop,) = (await waiting.case(dossier))["clock_stops"]
    assert (instant(stop["started_at"]), instant(stop["ended_at"])) == (MONDAY_MORNING, march(11, 8))


async def test_what_came_must_be_recorded_before_it_is_accepted(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)

    answer = await waiting.desk_does(dossier, "supplement-acceptances")

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")
    assert "supplement" in {action["action"] for action in answer.json()["possible_actions"]}


async def test_nothing_complete_by_the_fifteenth_day_and_the_desk_may_close_it_the_morning_after(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.at(march(24, 23, 59))
    too_early = await waiting.desk_does(dossier, "closures")
    await waiting.at(march(25, 7))
    closed = await waiting.desk_does(dossier, "closures")

    assert too_early.status_code == 409
    assert (closed.status_code, await waiting.states(dossier)) == (200, {"stopped"})
    assert "supplement.lapsed" in await waiting.told(dossier, Service.INTAKE)
    assert (await waiting.messages(dossier))[-1].startswith("dossier_stopped:")
    case = await waiting.case(dossier)
    assert (case["state"], case["verdict"]) == ("stopped", "on_time")


async def test_what_came_but_is_not_all_changes_nothing_and_the_dossier_may_be_closed(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.brings(dossier)
    await waiting.at(march(25, 7))
    unseen = await waiting.desk_does(dossier, "closures")
    returned = await waiting.desk_does(dossier, "supplement-returns", {"reason": "Bản vẽ chưa có chữ ký"})
    closed = await waiting.desk_does(dossier, "closures")

    assert (unseen.status_code, returned.status_code, closed.status_code) == (409, 200, 200)
    assert await waiting.states(dossier) == {"stopped"}


async def test_a_second_supplement_is_for_a_supervisor_with_a_ground_and_is_recorded(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.asks(dossier)
    await waiting.brings(dossier)
    await waiting.desk_does(dossier, "supplement-acceptances")

    again = await waiting.asks(dossier)
    without_ground = await waiting.asks(dossier, supervisor=True)
    allowed = await waiting.asks(dossier, MISSING | {"irregular": "Nghị định về xây dựng, Điều 5"}, supervisor=True)

    assert (again.status_code, without_ground.status_code, allowed.status_code) == (409, 409, 200)
    assert (await waiting.case(dossier))["verdicts"]["by_index_766"] == "overdue"


async def test_a_supplement_asked_for_on_the_last_day_is_in_time_by_law_while_the_clock_stands(waiting: Waiting) -> None:
    dossier = await waiting.received()
    due_at = instant((await waiting.case(dossier))["due_at"])
    await waiting.at(due_at.replace(hour=16))
    answer = await waiting.asks(dossier, MISSING | {"irregular": "Luật chuyên ngành"}, supervisor=True)

    assert answer.status_code == 200, answer.text
    assert (await waiting.case(dossier))["verdicts"]["by_law"] == "on_time"


async def test_after_the_third_working_day_the_notice_is_late(waiting: Waiting) -> None:
    dossier = await waiting.received()
    await waiting.at(march(13, 7))

    answer = await waiting.asks(dossier)

    assert answer.status_code == 409
    assert "00:00 13/03/2026" in answer.json()["detail"]


async def test_a_submission_that_is_not_answered_in_eight_working_hours_is_told_of(waiting: Waiting) -> None:
    pushed = (await waiting.desk.post("/submissions", an_application(papers=[]))).json()["id"]
    shown = await waiting.shown(pushed)
    await waiting.at(march(10, 8))

    assert instant(shown["answer_due_at"]) == march(10, 8)
    assert (await waiting.told(pushed, Service.INTAKE))[-1] == "submission.answer_due"
    assert (await waiting.shown(pushed))["version"] == shown["version"]


async def test_papers_not_handed_over_the_same_day_are_told_of(waiting: Waiting) -> None:
    dossier = await waiting.received()
    other = await waiting.received()
    await waiting.desk_does(other, "hand-overs", {})
    await waiting.at(march(9, 17))

    assert "papers.hand_over_due" in await waiting.told(dossier, Service.INTAKE)
    assert "papers.hand_over_due" not in await waiting.told(other, Service.INTAKE)
