"""What an agency does besides its moves, as the other two hear it: the desk has it in its journal, people get the words meant for them."""

from typing import Any

from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, an_application
from tests.house.conftest import House
from tests.stack import rows

COME = {"at": "2026-03-11T09:00:00+07:00", "place": "Thửa đất số 12, tổ 1, phường Núi Rùa", "purpose": "Xác minh thực địa"}
QUESTION = {"office": DESK, "question": "Có hồ sơ liên quan không?", "amount": "1", "unit": "working_day"}


async def does(house: House, dossier: str, action: str, body: Any = None) -> None:
    officer = house.caller(Service.PROCESSING, "case_officer", AGENCY)
    version = (await officer.get(f"/cases/{dossier}")).json()["version"]
    answer = await officer.post(f"/cases/{dossier}/{action}", body, version=version)
    assert answer.status_code in (200, 201), answer.text


async def taken_up(house: House) -> str:
    await house.moves_in()
    desk = house.caller(Service.INTAKE, "desk_officer", DESK)
    dossier: str = (await desk.post("/dossiers", an_application())).json()["id"]
    await house.stack.settle(chores=False)
    await does(house, dossier, "take-up")
    return dossier


async def timeline(house: House, dossier: str) -> list[tuple[str, str | None]]:
    lines = (await house.caller(Service.INTAKE, "desk_officer", DESK).get(f"/dossiers/{dossier}/timeline")).json()["lines"]
    return [(line["action"], line["note"]) for line in lines]


async def test_people_asked_to_come_read_time_and_place_and_the_desk_sees_it(house: House) -> None:
    dossier = await taken_up(house)

    await does(house, dossier, "request-attendance", COME)
    await house.stack.settle(chores=False)

    query = "select channel, text from notifications.message where template = 'attendance_requested' order by channel"
    said = {row["channel"]: row["text"] for row in await rows(house.stack.runtime(Service.NOTIFICATIONS), query)}
    assert "mời Ông/Bà có mặt lúc 09 giờ 00 ngày 11/03/2026 tại Thửa đất số 12, tổ 1, phường Núi Rùa" in said["sms"]
    assert "Xác minh" not in said["sms"]
    assert all("Nội dung: Xác minh thực địa" in text for channel, text in said.items() if channel == "email")
    assert ("attendance.requested", f"09:00 11/03/2026, {COME['place']}") in await timeline(house, dossier)


async def test_the_desk_hears_who_was_asked_who_answered_and_who_did_not(house: House) -> None:
    dossier = await taken_up(house)
    started = house.stack.clock.now()

    await does(house, dossier, "request-consultation", QUESTION)
    house.stack.clock.move(days=5)
    await house.stack.settle()
    answer = await house.caller(Service.PROCESSING, "case_officer", DESK).post(
        f"/cases/{dossier}/answer-consultation", {"opinion": "none", "content": "Không có"}
    )
    await house.stack.settle(chores=False)
    house.stack.clock.instant = started

    assert answer.status_code == 201
    heard = [line for line in await timeline(house, dossier) if line[0].startswith("consultation.")]
    assert heard == [("consultation.requested", DESK), ("consultation.overdue", DESK), ("consultation.answered", DESK)]


async def test_nothing_of_it_is_said_to_people(house: House) -> None:
    dossier = await taken_up(house)
    query = "select count(*) as sent from notifications.message"
    before = await rows(house.stack.runtime(Service.NOTIFICATIONS), query)

    await does(house, dossier, "request-consultation", QUESTION)
    await does(house, dossier, "notes", {"text": "Nội bộ"})
    await house.stack.settle(chores=False)

    assert await rows(house.stack.runtime(Service.NOTIFICATIONS), query) == before
