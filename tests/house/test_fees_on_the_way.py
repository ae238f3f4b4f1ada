"""Fees through all three services: asked for before acceptance and during processing, paid, reminded of; people are told."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest_asyncio

from shared.clock import VIETNAM
from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, SIMPLE, a_submission, an_application
from tests.house.conftest import House
from tests.stack import MONDAY_MORNING, rows

FEES = {"fees": [{"name": "Phí thẩm định", "amount": 150000}, {"name": "Lệ phí", "amount": 20000}], "reason": "Theo thông báo thuế"}
PAID = {"amount": 170000, "method": "online", "online": "portal", "receipt_number": "BL-0009"}
BY_LAW = "Pháp luật chuyên ngành không tính thời gian thực hiện nghĩa vụ tài chính"


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=VIETNAM)


class Fees:
    """One dossier, received on Monday at eight for Thursday, and what is to be paid for it."""

    def __init__(self, house: House) -> None:
        self.house, self.stack = house, house.stack
        self.desk = house.caller(Service.INTAKE, "desk_officer", DESK)
        self.portal = house.caller(Service.INTAKE, "portal", "H27")
        self.administrator = house.caller(Service.INTAKE, "administrator", "H27")
        self.officer = house.caller(Service.PROCESSING, "case_officer", AGENCY)

    async def at(self, instant: datetime) -> None:
        self.stack.clock.set(instant)
        await self.stack.settle()

    async def asked(self) -> str:
        """Received on Monday; on Tuesday at eight the agency asks for money."""
        answer = await self.desk.post("/dossiers", an_application())
        assert answer.status_code == 201, answer.text
        dossier = answer.json()["id"]
        await self.stack.settle()
        await self.agency_does(dossier, "take-up")
        await self.at(march(10, 8))
        await self.agency_does(dossier, "request-fee", FEES)
        return dossier

    async def agency_does(self, dossier: str, what: str, body: Any = None) -> None:
        version = (await self.case(dossier))["version"]
        answer = await self.officer.post(f"/cases/{dossier}/{what}", body, version=version)
        assert answer.status_code == 200, answer.text
        await self.stack.settle()

    async def shown(self, dossier: str) -> dict[str, Any]:
        return (await self.desk.get(f"/dossiers/{dossier}")).json()

    async def case(self, dossier: str) -> dict[str, Any]:
        return (await self.officer.get(f"/cases/{dossier}")).json()

    async def pays(self, dossier: str, **changed: Any) -> None:
        answer = await self.portal.post(f"/dossiers/{dossier}/payments", PAID | changed)
        assert answer.status_code == 201, answer.text

    async def states(self, dossier: str) -> list[str]:
        """At the desk, at the agency, at the voice."""
        (voice,) = await rows(
            self.stack.runtime(Service.NOTIFICATIONS), "select state from notifications.subject where id = :id", id=dossier
        )
        case = await self.officer.get(f"/cases/{dossier}")
        return [(await self.shown(dossier))["state"], case.json()["state"] if case.is_success else "", voice["state"]]

    async def sms(self, dossier: str) -> list[tuple[str, str]]:
        query = "select template, text from notifications.message where dossier_id = :id and channel = 'sms' order by number"
        return [(row["template"], row["text"]) for row in await rows(self.stack.runtime(Service.NOTIFICATIONS), query, id=dossier)]


@pytest_asyncio.fixture
async def fees(built_house: House) -> AsyncIterator[Fees]:
    built_house.stack.clock.instant = MONDAY_MORNING
    await built_house.moves_in()
    yield Fees(built_house)
    built_house.stack.clock.instant = MONDAY_MORNING


async def test_people_hear_how_much_and_where_and_paid_the_agency_goes_on_by_itself(fees: Fees) -> None:
    dossier = await fees.asked()
    waiting = await fees.shown(dossier)
    all_waiting = await fees.states(dossier)

    await fees.pays(dossier)
    await fees.stack.settle()

    assert all_waiting == ["awaiting_fee"] * 3
    assert [(line["name"], line["amount"], line["state"]) for line in waiting["fees"]] == [
        ("Phí thẩm định", 150000, "owed"),
        ("Lệ phí", 20000, "owed"),
    ]
    assert await fees.states(dossier) == ["in_progress"] * 3
    assert (await fees.shown(dossier))["fee_net"] == 170000
    said = dict(await fees.sms(dossier))
    assert "170.000 đồng" in said["fee_requested"]
    assert "Bộ phận Một cửa" in said["fee_requested"]
    assert "fee_settled" not in said  # the clock ran, the date holds


async def test_one_of_two_lines_paid_leaves_all_three_waiting(fees: Fees) -> None:
    dossier = await fees.asked()

    await fees.pays(dossier, fee=2, amount=20000)
    await fees.stack.settle()
    part = await fees.states(dossier)
    await fees.pays(dossier, fee=1, amount=150000)
    await fees.stack.settle()

    assert part == ["awaiting_fee"] * 3
    assert await fees.states(dossier) == ["in_progress"] * 3


async def test_where_the_clock_stood_desk_and_people_get_the_new_date(fees: Fees) -> None:
    policies = await fees.administrator.put(f"/procedures/{SIMPLE}/policies", {"fee_pauses": BY_LAW})
    assert policies.status_code == 200, policies.text
    fees.house.forgets()
    dossier = await fees.asked()

    await fees.at(march(17, 8))
    await fees.pays(dossier)
    await fees.stack.settle()

    shown, case = await fees.shown(dossier), await fees.case(dossier)
    assert shown["appointment_at"] == case["appointment_at"] == "2026-03-19T08:00:00+07:00"
    assert shown["first_appointment_at"] == "2026-03-12T08:00:00+07:00"
    assert case["verdict"] == "on_time"
    assert "08 giờ 00 ngày 19/03/2026" in dict(await fees.sms(dossier))["fee_settled"]


async def test_of_what_stays_owed_people_are_reminded_once_and_it_stays_on_the_list(fees: Fees) -> None:
    dossier = await fees.asked()

    await fees.at(march(25, 7, 59))
    before = [template for template, _ in await fees.sms(dossier)]
    await fees.at(march(25, 8))
    await fees.at(datetime(2026, 6, 1, 8, tzinfo=VIETNAM))

    assert "fee_unpaid" not in before
    assert [template for template, _ in await fees.sms(dossier)].count("fee_unpaid") == 1
    assert await fees.states(dossier) == ["awaiting_fee"] * 3
    assert dossier in {line["id"] for line in (await fees.officer.get("/worklist")).json()["items"]}
    assert (await fees.case(dossier))["journal"][-1]["action"] == "fee.unpaid"


async def test_a_fee_paid_while_its_reminder_fires_is_paid_though_the_agency_has_not_heard_of_it(fees: Fees) -> None:
    dossier = await fees.asked()
    fees.stack.clock.set(march(25, 8))  # the reminder is due, nothing has run yet

    await fees.pays(dossier)
    await fees.stack.settle()

    assert await fees.states(dossier) == ["in_progress"] * 3
    assert "fee_unpaid" not in dict(await fees.sms(dossier))


async def test_asked_for_before_acceptance_it_stands_alike_in_desk_and_voice(fees: Fees) -> None:
    submission = (await fees.desk.post("/submissions", an_application(papers=[]))).json()["id"]
    asked = {"fees": [{"name": "Lệ phí", "amount": 170000}], "reason": "Nộp trước"}
    answer = await fees.desk.post(f"/submissions/{submission}/fee-requests", asked, version=1)
    assert answer.status_code == 200, answer.text
    await fees.stack.settle()
    waiting = await fees.states(submission)

    await fees.pays(submission)
    await fees.stack.settle()

    assert waiting == ["intake_fee", "", "intake_fee"]
    assert await fees.states(submission) == ["submitted", "", "submitted"]
    assert "170.000 đồng" in dict(await fees.sms(submission))["submission_fee_requested"]


async def test_corrected_while_it_waits_for_a_fee_it_waits_on_in_desk_and_voice(fees: Fees) -> None:
    pushed = a_submission()
    submission = (await fees.desk.post("/submissions", pushed)).json()["id"]
    asked = {"fees": [{"name": "Lệ phí", "amount": 170000}], "reason": "Nộp trước"}
    await fees.desk.post(f"/submissions/{submission}/fee-requests", asked, version=1)

    again = await fees.desk.post("/submissions", pushed | {"applicant": {"name": "Nông Thị Sửa", "phone": "0987654321"}})
    await fees.stack.settle()

    assert again.status_code == 200, again.text
    assert await fees.states(submission) == ["intake_fee", "", "intake_fee"]
    await fees.pays(submission)
    await fees.stack.settle()
    assert await fees.states(submission) == ["submitted", "", "submitted"]


async def looked_up(fees: Fees, dossier: str) -> dict[str, Any]:
    (row,) = await rows(fees.stack.runtime(Service.INTAKE), "select code, lookup_secret from intake.dossier where id = :id", id=dossier)
    return (await fees.house.sends(Service.INTAKE, "GET", f"/v1/lookup/{row['code']}?secret={row['lookup_secret']}")).json()


async def test_who_looks_it_up_sees_what_is_owed(fees: Fees) -> None:
    dossier = await fees.asked()

    seen = await looked_up(fees, dossier)

    assert (seen["label"], seen["fee_owed"]) == ("Yêu cầu thực hiện nghĩa vụ tài chính", 170000)


async def test_who_has_taken_it_back_owes_nothing_any_more(fees: Fees) -> None:
    dossier = await fees.asked()

    await fees.desk.post(f"/dossiers/{dossier}/withdrawals", {"reason": "Không còn nhu cầu"})
    await fees.stack.settle()

    assert await fees.states(dossier) == ["withdrawn"] * 3
    assert ((await looked_up(fees, dossier))["fee_owed"], (await fees.shown(dossier))["fee_owed"]) == (0, 0)
