"""A move that is refused on one dossier answers 409 with the reason and with what the caller can do instead, whoever refuses it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

import pytest
import pytest_asyncio

from services.intake.commands import reference
from services.intake.commands.calendar_proposals import CalendarMoved, NothingToPropose, ProposalDecided
from services.intake.commands.handing_over import SlipRefused
from services.intake.commands.post import TrackingNumberUsed
from services.intake.domain.catalogue_file import read_entry
from services.intake.domain.charges import MoreThanPaid, NothingOwed, SumNotStated
from services.processing.commands.assigning import NotInService
from services.processing.commands.staffing import DepartedAlready
from shared.contracts.peers import Service
from shared.errors import ActionNotAllowed, Conflict, KeyReused
from shared.repairs import HeldElsewhere, NoSuchPredecessor, RepairDecided
from tests.builders import AGENCY, PROVINCE, a_submission, an_application, an_entry
from tests.house.conftest import House
from tests.house.test_problems import ERRORS
from tests.house.test_repairs import Repairing
from tests.stack import MONDAY_MORNING

NOT_ABOUT_A_DOSSIER: Final = {KeyReused, DepartedAlready, ProposalDecided, CalendarMoved, NothingToPropose}
FEES: Final = [
    {"name": "Lệ phí", "amount": 20000, "currency": "VND", "text": "20.000 đồng"},
    {"name": "Phí cấp bản sao", "amount": 30000, "currency": "VND", "text": "30.000 đồng"},
    {"name": "Phí thẩm định", "amount_min": 12000, "amount_max": 60000, "text": "từ 12.000 đến 60.000 đồng"},
]


class Refused(Repairing):
    async def of_fees(self) -> str:
        runtime = self.stack.runtime(Service.INTAKE)
        async with runtime.transaction() as tx:
            await reference.load_catalogue(tx, [read_entry(json.dumps(an_entry("X-FEE", fees=FEES)).encode())])
            await reference.bind(tx, AGENCY, "X-FEE", by="test")
        self.house.forgets()
        answer = await self.desk.post("/dossiers", an_application("X-FEE"))
        assert answer.status_code == 201, answer.text
        await self.stack.settle()
        return answer.json()["id"]

    async def pays(self, dossier: str, **line: Any) -> Any:
        return await self.desk.post(f"/dossiers/{dossier}/payments", {"amount": 20000, "method": "cash", **line})

    async def a_move_of_another_state(self) -> Any:
        return await self.desk_does(await self.received(), "closures")

    async def a_push_for_another_procedure(self) -> Any:
        pushed = a_submission()
        await self.of_fees()
        await self.desk.post("/submissions", pushed)
        return await self.desk.post("/submissions", pushed | {"procedure": "X-FEE"})

    async def a_line_paid_twice(self) -> Any:
        dossier = await self.of_fees()
        await self.pays(dossier, fee=1)
        return await self.pays(dossier, fee=1)

    async def a_line_without_a_sum(self) -> Any:
        return await self.pays(await self.of_fees(), fee=3)

    async def more_than_was_paid(self) -> Any:
        dossier = await self.of_fees()
        await self.pays(dossier, fee=1)
        version = (await self.shown(dossier))["version"]
        return await self.at_desk[0].post(f"/dossiers/{dossier}/refunds", {"fee": 1, "amount": 50000, "reason": "Nhầm"}, version=version)

    async def a_slip_of_one(self) -> Any:
        submission = (await self.desk.post("/submissions", an_application())).json()["id"]
        return await self.desk.post("/hand-over-slips", {"dossiers": [submission]})

    async def a_number_on_its_way(self) -> Any:
        item = {"carrier": "simulator", "tracking_number": "EF000000777VN"}
        first, second = await self.lies(), await self.lies()
        await self.desk_does(first, "postal-items", item)
        return await self.desk_does(second, "postal-items", item)

    async def a_way_back_that_is_none(self) -> Any:
        return await self.proposes(await self.returned(), "suspended")

    async def a_repair_at_the_wrong_side(self) -> Any:
        return await self.proposes(await self.taken_up(), "received")

    async def a_repair_at_the_wrong_side_of_the_agency(self) -> Any:
        return await self.proposes(await self.returned(), "completed", agency=True)

    async def a_repair_made_already(self) -> Any:
        dossier = await self.returned()
        proposed = (await self.proposes(dossier, "completed")).json()["id"]
        await self.approves(dossier, proposed)
        return await self.approves(dossier, proposed)

    async def a_claim_of_somebody_unknown(self) -> Any:
        administrator = self.house.caller(Service.PROCESSING, "administrator", PROVINCE)
        await administrator.put(f"/offices/{AGENCY}/assigning", {"rules": []})
        self.stack.runtime(Service.PROCESSING).facts["staff"]._asked_at = 0.0
        return await self.agency_does(await self.received(), "claim")


Doing = Callable[[Refused], Awaitable[Any]]
REFUSALS: Final[list[tuple[type[Conflict], Doing]]] = [
    (ActionNotAllowed, Refused.a_move_of_another_state),
    (Conflict, Refused.a_push_for_another_procedure),
    (NothingOwed, Refused.a_line_paid_twice),
    (SumNotStated, Refused.a_line_without_a_sum),
    (MoreThanPaid, Refused.more_than_was_paid),
    (SlipRefused, Refused.a_slip_of_one),
    (TrackingNumberUsed, Refused.a_number_on_its_way),
    (NoSuchPredecessor, Refused.a_way_back_that_is_none),
    (HeldElsewhere, Refused.a_repair_at_the_wrong_side),
    (HeldElsewhere, Refused.a_repair_at_the_wrong_side_of_the_agency),
    (RepairDecided, Refused.a_repair_made_already),
    (NotInService, Refused.a_claim_of_somebody_unknown),
]


@pytest_asyncio.fixture
async def refused(house: House) -> AsyncIterator[Refused]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Refused(house)
    house.stack.clock.instant = MONDAY_MORNING


def test_every_refusal_is_tried_here_or_is_about_no_dossier() -> None:
    conflicts = {error for error in ERRORS if issubclass(error, Conflict)}

    assert {error for error, _ in REFUSALS} | NOT_ABOUT_A_DOSSIER == conflicts


@pytest.mark.parametrize(("error", "does"), REFUSALS, ids=[does.__name__ for _, does in REFUSALS])
async def test_a_refusal_says_why_and_what_is_possible_instead(refused: Refused, error: type[Conflict], does: Doing) -> None:
    answer = await does(refused)

    assert (answer.status_code, answer.json()["code"]) == (409, error.code())
    assert answer.json()["detail"]
    assert isinstance(answer.json()["possible_actions"], list)


async def test_what_is_listed_is_what_the_dossier_itself_lists(refused: Refused) -> None:
    dossier = await refused.of_fees()

    answer = await refused.pays(dossier, fee=3)

    assert answer.json()["possible_actions"] == (await refused.desk.get(f"/dossiers/{dossier}")).json()["possible_actions"] != []


async def test_a_slip_of_several_says_for_each_why_and_nothing_of_any_one(refused: Refused) -> None:
    submissions = [(await refused.desk.post("/submissions", an_application())).json()["id"] for _ in range(2)]

    answer = await refused.desk.post("/hand-over-slips", {"dossiers": submissions})

    assert (len(answer.json()["errors"]), "possible_actions" in answer.json()) == (2, False)
