"""A reception that should not have been is undone the same day, unless the agency has begun: one winner, and both sides told."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import DESK, an_application
from tests.house.conftest import House
from tests.house.test_waiting import Waiting, march
from tests.stack import MONDAY_MORNING, rows

MISTAKEN = {"ground": "mistaken", "reason": "Nhận nhầm thủ tục"}


class Annulling(Waiting):
    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.head = house.caller(Service.INTAKE, "desk_officer,supervisor", DESK)

    async def asks_to_annul(self, dossier: str, body: dict[str, Any] | None = None, *, settle: bool = True) -> Any:
        version = (await self.shown(dossier))["version"]
        answer = await self.head.post(f"/dossiers/{dossier}/annulments", body or MISTAKEN, version=version)
        if settle:
            await self.stack.settle()
        return answer

    async def takes_up(self, dossier: str) -> Any:
        return await self.officer.post(f"/cases/{dossier}/take-up", version=(await self.case(dossier))["version"])

    async def can(self, dossier: str) -> set[str]:
        found = (await self.head.get(f"/dossiers/{dossier}")).json()
        return {action["action"] for action in found["possible_actions"]}


@pytest_asyncio.fixture
async def annulling(house: House) -> AsyncIterator[Annulling]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Annulling(house)
    house.stack.clock.instant = MONDAY_MORNING


async def test_a_mistaken_reception_is_undone_in_all_three_services_and_counts_nowhere(annulling: Annulling) -> None:
    fees = [{"name": "Lệ phí", "amount": 20000, "paid": True, "method": "cash"}]
    dossier = await annulling.received(fees=fees)
    code = (await annulling.shown(dossier))["code"]

    answer = await annulling.asks_to_annul(dossier)

    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    assert await annulling.states(dossier) == {"annulled"}
    shown = await annulling.shown(dossier)
    assert (shown["code"], shown["label"], shown["refund_due"]) == (code, "Đã hủy tiếp nhận (nhầm)", 20000)
    assert (await annulling.told(dossier, Service.PROCESSING)) == ["dossier.annulled"]
    assert (await annulling.messages(dossier))[-1].startswith(f"dossier_annulled: Hồ sơ {code} đã được hủy do tiếp nhận nhầm. Xin liên hệ")
    waiting = await rows(
        annulling.stack.runtime(Service.PROCESSING), "select count(*) as n from processing.timer where subject = :d", d=dossier
    )
    at_desk = await rows(annulling.stack.runtime(Service.INTAKE), "select count(*) as n from intake.timer where subject = :d", d=dossier)
    assert (waiting[0]["n"], at_desk[0]["n"]) == (0, 0)


async def test_the_code_of_what_was_annulled_is_never_given_again(annulling: Annulling) -> None:
    dossier = await annulling.received()
    await annulling.asks_to_annul(dossier)

    following = await annulling.received()

    first, second = [(await annulling.shown(one))["code"] for one in (dossier, following)]
    assert int(second[-4:]) == int(first[-4:]) + 1


async def test_a_double_reception_names_the_one_that_stands_and_people_are_told_which(annulling: Annulling) -> None:
    first, double = await annulling.received(), await annulling.received()
    stands = (await annulling.shown(first))["code"]

    unnamed = await annulling.asks_to_annul(double, {"ground": "double", "reason": "Nhận hai lần"})
    itself = await annulling.asks_to_annul(double, {"ground": "double", "reason": "Nhận hai lần", "instead": double})
    unknown = await annulling.asks_to_annul(double, {"ground": "double", "reason": "Nhận hai lần", "instead": "H27.030-260101-9999"})
    named = await annulling.asks_to_annul(double, {"ground": "double", "reason": "Nhận hai lần", "instead": stands})

    assert [one.status_code for one in (unnamed, itself, unknown, named)] == [422, 422, 404, 202]
    assert f"Hồ sơ {stands} vẫn được giải quyết." in (await annulling.messages(double))[-1]
    assert await annulling.states(first) == {"received"}


async def test_a_reception_elsewhere_in_the_country_answers_as_one_that_never_was(annulling: Annulling) -> None:
    double = await annulling.received()
    elsewhere = annulling.house.caller(Service.INTAKE, "desk_officer", "H14.001")
    theirs = (await elsewhere.post("/dossiers", an_application())).json()
    names = (theirs["code"], theirs["id"], f"{theirs['code'][:-4]}9999")

    answers = [await annulling.asks_to_annul(double, {"ground": "double", "reason": "Nhận hai lần", "instead": name}) for name in names]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not_found")] * 3
    assert [one.json()["detail"].replace(name, "X") for one, name in zip(answers, names, strict=True)] == [
        "There is no dossier X here, or it lies outside your offices."
    ] * 3


async def test_what_the_agency_took_up_before_it_heard_of_the_wish_goes_on_and_both_sides_know(annulling: Annulling) -> None:
    dossier = await annulling.received()
    await annulling.asks_to_annul(dossier, settle=False)
    taken_up = await annulling.takes_up(dossier)
    await annulling.stack.settle()

    assert taken_up.status_code == 200
    assert await annulling.states(dossier) == {"in_progress"}
    shown = await annulling.shown(dossier)
    assert (shown["annulment_asked_at"], shown["annulment_declined_at"]) == (None, "2026-03-09T08:00:00+07:00")
    assert await annulling.told(dossier, Service.PROCESSING) == ["dossier.taken_up", "annulment.declined"]
    journal = (await annulling.case(dossier))["journal"]
    assert [line["action"] for line in journal][-2:] == ["annulment.requested", "decline_annulment"]
    assert "dossier_annulled" not in " ".join(await annulling.messages(dossier))


async def test_what_was_annulled_first_is_taken_up_by_nobody(annulling: Annulling) -> None:
    dossier = await annulling.received()
    await annulling.asks_to_annul(dossier)

    taken_up = await annulling.takes_up(dossier)

    assert (taken_up.status_code, taken_up.json()["code"]) == (409, "action_not_allowed")
    assert await annulling.states(dossier) == {"annulled"}


async def test_a_reception_is_undone_on_its_own_day_only_and_once_asked_for_is_not_asked_again(annulling: Annulling) -> None:
    dossier, other = await annulling.received(), await annulling.received()
    await annulling.at(march(9, 23, 59))
    today = await annulling.can(dossier)
    await annulling.asks_to_annul(other, settle=False)
    again = await annulling.asks_to_annul(other, settle=False)
    await annulling.at(march(9, 23, 59) + timedelta(minutes=1))
    tomorrow = await annulling.can(dossier)
    late = await annulling.asks_to_annul(dossier)

    assert ("request_annulment" in today, "request_annulment" in tomorrow) == (True, False)
    assert (again.status_code, late.status_code, late.json()["code"]) == (409, 409, "action_not_allowed")
    assert (await annulling.states(dossier), await annulling.states(other)) == ({"received"}, {"annulled"})


async def test_only_a_supervisor_undoes_a_reception(annulling: Annulling) -> None:
    dossier = await annulling.received()

    answer = await annulling.desk.post(f"/dossiers/{dossier}/annulments", MISTAKEN, version=1)

    assert answer.status_code == 403
