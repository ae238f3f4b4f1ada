"""A new calendar and the dossiers that are open: seen before it is applied; promises are kept, limits move only earlier."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from services.intake.commands.calendars import load_calendar
from shared.clock import VIETNAM
from shared.contracts.events import NATIONAL_CALENDAR
from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, an_application
from tests.house.conftest import OFFICIAL_CALENDAR, House
from tests.stack import MONDAY_MORNING, Stack

HOLIDAY = {"date": "2026-03-11", "kind": "off", "name": "Ngày lễ của tỉnh", "source": "QĐ của UBND tỉnh", "status": "announced"}
MAKEUP = {"date": "2026-03-14", "kind": "makeup", "name": "Làm bù", "source": "QĐ của UBND tỉnh", "status": "announced"}


def march(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=VIETNAM)


class Calendars:
    """Two administrators and a dossier received on Monday at eight."""

    def __init__(self, house: House) -> None:
        self.stack: Stack = house.stack
        self.one, self.two = (self.stack.caller(Service.INTAKE, "administrator", "H27", name=name) for name in ("Một", "Hai"))
        self.agency = self.stack.caller(Service.PROCESSING, "administrator", "H27")
        self.officer = house.caller(Service.PROCESSING, "case_officer", AGENCY)
        self.desk = house.caller(Service.INTAKE, "desk_officer", DESK)

    async def received(self) -> str:
        answer = await self.desk.post("/dossiers", an_application())
        await self.stack.settle()
        return answer.json()["id"]

    async def preview(self, *days: Any) -> Any:
        return await self.one.post(f"/calendars/{AGENCY}/previews", list(days))

    async def changed(self, *days: Any) -> None:
        proposal = await self.one.put(f"/calendars/{AGENCY}", list(days))
        approved = await self.two.post(f"/calendars/{AGENCY}/proposals/{proposal.json()['id']}/approvals")
        assert approved.status_code == 200, approved.text
        self.stack.runtime(Service.INTAKE).facts["catalogue"]._looked_at = 0.0  # the desk looks once a second
        await self.stack.settle()

    async def applied(self, key: str = AGENCY) -> dict[str, Any]:
        answer = await self.agency.post(f"/calendars/{key}/applications")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def case(self, dossier: str) -> dict[str, Any]:
        return (await self.officer.get(f"/cases/{dossier}")).json()


@pytest_asyncio.fixture
async def calendars(built_house: House) -> AsyncIterator[Calendars]:
    built_house.stack.clock.instant = MONDAY_MORNING
    await built_house.moves_in()
    yield Calendars(built_house)


async def test_a_preview_shows_who_would_move_from_when_to_when_and_changes_nothing(calendars: Calendars) -> None:
    dossier = await calendars.received()
    before = await calendars.case(dossier)

    answer = await calendars.preview(HOLIDAY)

    assert answer.status_code == 200, answer.text
    moved = {one["id"]: one for one in answer.json()["moved"]}[dossier]
    assert moved["due_from"] == before["due_at"]
    assert datetime.fromisoformat(moved["due_to"]) > datetime.fromisoformat(moved["due_from"])
    assert "vẫn giữ hẹn" in moved["decide"]
    assert await calendars.case(dossier) == before


async def test_a_new_holiday_moves_no_promise_and_the_desk_is_told_what_to_decide(calendars: Calendars) -> None:
    dossier = await calendars.received()
    before = await calendars.case(dossier)
    await calendars.changed(HOLIDAY)

    applied = await calendars.applied()

    assert dossier in {one["id"] for one in applied["moved"]}
    after = await calendars.case(dossier)
    assert (after["appointment_at"], after["due_at"], after["version"]) == (before["appointment_at"], before["due_at"], before["version"])


async def test_a_promise_on_what_became_a_day_off_is_for_the_desk_to_decide(calendars: Calendars) -> None:
    dossier = await calendars.received()
    day = (await calendars.case(dossier))["appointment_at"][:10]

    answer = await calendars.preview(HOLIDAY | {"date": day})

    assert "là ngày nghỉ" in {one["id"]: one for one in answer.json()["moved"]}[dossier]["decide"]


async def test_a_make_up_day_moves_the_internal_limit_earlier_and_keeps_the_promise(calendars: Calendars) -> None:
    calendars.stack.clock.set(march(13, 8))
    dossier = await calendars.received()
    before = await calendars.case(dossier)
    await calendars.changed(MAKEUP)

    applied = await calendars.applied()
    again = await calendars.applied()

    after = await calendars.case(dossier)
    assert datetime.fromisoformat(after["due_at"]) < datetime.fromisoformat(before["due_at"])
    assert after["appointment_at"] == before["appointment_at"]
    assert after["journal"][-1]["action"] == "apply_calendar"
    assert dossier in {one["id"] for one in applied["moved"]}
    assert dossier not in {one["id"] for one in again["moved"]}


async def test_a_national_change_is_seen_through_the_calendars_that_lie_over_it(calendars: Calendars) -> None:
    await calendars.changed(MAKEUP)
    calendars.stack.clock.set(march(10, 8))
    dossier = await calendars.received()
    runtime = calendars.stack.runtime(Service.INTAKE)
    row = "2026-03-12,off,Nghỉ đột xuất,CV,announced\n"
    async with runtime.transaction() as tx:
        await load_calendar(tx, OFFICIAL_CALENDAR.read_text("utf-8") + row, key=NATIONAL_CALENDAR)
    await calendars.stack.settle()

    assert dossier in {one["id"] for one in (await calendars.applied())["moved"]}


async def test_while_the_agency_is_away_nothing_is_guessed(calendars: Calendars) -> None:
    calendars.stack.switchboard.down.add("processing")
    try:
        answer = await calendars.preview(HOLIDAY)
    finally:
        calendars.stack.switchboard.down.discard("processing")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


@pytest.mark.parametrize("date", ["2026-03-11", "2026-04-30"])
async def test_a_preview_of_what_may_not_be_proposed_says_why(calendars: Calendars, date: str) -> None:
    answer = await calendars.preview({"date": date, "kind": "off"})

    assert answer.status_code == 422
