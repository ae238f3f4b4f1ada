"""A mistake is undone by two supervisors of whoever has the dossier: back to a state it really was in, in all three services."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, an_application
from tests.house.conftest import House
from tests.house.test_corrections import Correcting
from tests.house.test_waiting import instant, march
from tests.stack import MONDAY_MORNING, rows

TICKET = {"ticket": "SC-2026-0042", "reason": "Bấm nhầm"}


class Repairing(Correcting):
    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.at_desk = [house.stack.caller(Service.INTAKE, "supervisor", DESK, name=f"Giám sát {n}") for n in (1, 2)]
        self.at_agency = [house.stack.caller(Service.PROCESSING, "supervisor", AGENCY, name=f"Giám sát {n}") for n in (1, 2)]

    async def proposes(self, dossier: str, to: str, *, agency: bool = False) -> Any:
        seen = await (self.case(dossier) if agency else self.shown(dossier))
        who, path = (self.at_agency[0], "cases") if agency else (self.at_desk[0], "dossiers")
        return await who.post(f"/{path}/{dossier}/repairs", TICKET | {"to_state": to}, version=seen["version"])

    async def approves(self, dossier: str, repair: str, *, agency: bool = False, nth: int = 1) -> Any:
        who, path = (self.at_agency[nth], "cases") if agency else (self.at_desk[nth], "dossiers")
        answer = await who.post(f"/{path}/{dossier}/repairs/{repair}/approvals")
        await self.stack.settle()
        return answer

    async def repairs(self, dossier: str, to: str, *, agency: bool = False) -> Any:
        proposed = await self.proposes(dossier, to, agency=agency)
        assert proposed.status_code == 202, proposed.text
        return await self.approves(dossier, proposed.json()["id"], agency=agency)

    async def possible(self, dossier: str, *, agency: bool = False) -> set[str]:
        who, path = (self.at_agency[0], "cases") if agency else (self.at_desk[0], "dossiers")
        return set((await who.get(f"/{path}/{dossier}/repairs")).json()["possible"])

    async def leader_does(self, dossier: str, what: str, body: Any = None) -> Any:
        answer = await self.agency_does(dossier, what, body, role="case_officer,leader")
        assert answer.is_success, answer.text
        return answer

    async def taken_up(self) -> str:
        dossier = await self.received()
        await self.agency_does(dossier, "take-up")
        return dossier


@pytest_asyncio.fixture
async def repairing(house: House) -> AsyncIterator[Repairing]:
    house.stack.clock.instant = MONDAY_MORNING
    yield Repairing(house)
    house.stack.clock.instant = MONDAY_MORNING


# ------------------------------------------------------------------------------------------------ what the desk has


async def test_a_result_that_was_not_handed_over_after_all_lies_at_the_desk_again(repairing: Repairing) -> None:
    dossier = await repairing.returned()

    proposed = await repairing.proposes(dossier, "completed")
    unchanged = await repairing.states(dossier)
    own = await repairing.approves(dossier, proposed.json()["id"], nth=0)
    approved = await repairing.approves(dossier, proposed.json()["id"])
    twice = await repairing.approves(dossier, proposed.json()["id"])

    assert (proposed.status_code, unchanged) == (202, {"returned"})
    assert (own.status_code, own.json()["code"]) == (403, "second_supervisor_needed")
    assert (approved.status_code, await repairing.states(dossier)) == (200, {"completed"})
    assert (twice.status_code, twice.json()["code"]) == (409, "repair_decided")
    shown = await repairing.shown(dossier)
    assert (shown["returned_at"], shown["returned_by"], bool(shown["result_at_desk_at"])) == (None, None, True)
    last = (await repairing.messages(dossier))[-1]
    assert last.startswith("dossier_repaired:")
    assert "Đã xử lý xong, có kết quả" in last
    lines = (await repairing.desk.get(f"/dossiers/{dossier}/timeline")).json()["lines"]
    assert [line["action"] for line in lines if "repair" in line["action"]] == ["propose_repair", "repair"]
    assert "SC-2026-0042: Bấm nhầm (Giám sát 1)" in [line["note"] for line in lines]
    await repairing.at(MONDAY_MORNING + timedelta(days=30))
    assert await repairing.states(dossier) == {"unclaimed"}
    assert (await repairing.desk_does(dossier, "returns")).status_code == 200


async def test_what_was_completed_by_mistake_is_the_agencys_again_with_its_last_step_and_its_limit(repairing: Repairing) -> None:
    dossier = await repairing.taken_up()
    before = await repairing.case(dossier)
    await repairing.at(march(9, 10))
    await repairing.leader_does(dossier, "issue-decision", {"number": "1/QĐ", "signed_on": "2026-03-09", "signer": "Nguyễn Thị Hoa"})
    await repairing.leader_does(dossier, "complete", {"outcome": "granted"})
    await repairing.at(march(9, 11))

    answer = await repairing.repairs(dossier, "in_progress")

    assert (answer.status_code, await repairing.states(dossier)) == (200, {"in_progress"})
    case = await repairing.case(dossier)
    assert (case["completed_at"], case["result"], case["due_at"], case["current_step"]) == (None, None, before["due_at"], 1)
    assert (case["decision"]["number"], case["verdict"]) == ("1/QĐ", "on_time")
    await repairing.at(instant(case["due_at"]) + timedelta(minutes=1))
    assert "dossier.overdue" in await repairing.told(dossier, Service.PROCESSING)
    assert (await repairing.leader_does(dossier, "complete", {"outcome": "granted"})).status_code == 200
    assert await repairing.states(dossier) == {"completed"}


async def test_a_dossier_closed_by_mistake_waits_for_its_papers_again(repairing: Repairing) -> None:
    dossier = await repairing.received()
    await repairing.asks(dossier)
    await repairing.at(march(25, 7))
    await repairing.desk_does(dossier, "closures")

    await repairing.repairs(dossier, "awaiting_supplement")

    assert await repairing.states(dossier) == {"awaiting_supplement"}
    shown, case = await repairing.shown(dossier), await repairing.case(dossier)
    assert (shown["papers_awaited"], bool(shown["closing_proposed_at"])) == (["Bản vẽ hoàn công"], True)
    assert (case["stopped_since"], case["clock_stops"][0]["ended_at"]) == ("2026-03-09T08:00:00+07:00", None)
    await repairing.brings(dossier)
    await repairing.desk_does(dossier, "supplement-acceptances")
    assert await repairing.states(dossier) == {"in_progress"}


async def test_a_submission_refused_by_mistake_waits_for_its_answer_again(repairing: Repairing) -> None:
    pushed = (await repairing.desk.post("/submissions", an_application(papers=[]))).json()["id"]
    await repairing.desk.post(f"/submissions/{pushed}/refuse", {"reason": "Nhầm"}, version=1)
    await repairing.at(march(9, 10))

    answer = await repairing.repairs(pushed, "submitted")

    shown = await repairing.shown(pushed)
    assert (answer.status_code, shown["state"], instant(shown["answer_due_at"])) == (200, "submitted", march(10, 10))
    await repairing.at(march(10, 10))
    assert (await repairing.told(pushed, Service.INTAKE))[-1] == "submission.answer_due"


# ------------------------------------------------------------------------------------------------ what the agency has


async def test_a_suspension_by_mistake_never_was(repairing: Repairing) -> None:
    dossier = await repairing.taken_up()
    before = await repairing.case(dossier)
    await repairing.at(march(9, 10))
    await repairing.leader_does(dossier, "suspend", {"ground": "Luật Đất đai", "until": "2026-03-20"})
    await repairing.at(march(10, 10))

    answer = await repairing.repairs(dossier, "in_progress", agency=True)

    assert (answer.status_code, await repairing.states(dossier)) == (200, {"in_progress"})
    case = await repairing.case(dossier)
    assert (case["clock_stops"], case["due_at"], case["stopped_since"]) == ([], before["due_at"], None)
    await repairing.at(march(23, 7))
    assert "dossier.suspension_over" not in await repairing.told(dossier, Service.PROCESSING)


async def test_the_baton_goes_back_to_the_desk_where_the_state_is_the_desks(repairing: Repairing) -> None:
    dossier = await repairing.received()
    await repairing.at(march(9, 9))
    await repairing.asks(dossier)
    await repairing.at(march(10, 9))
    await repairing.brings(dossier)
    await repairing.at(march(10, 10))
    await repairing.desk_does(dossier, "supplement-acceptances")
    hidden = (await repairing.shown(dossier))["papers_awaited"]

    answer = await repairing.repairs(dossier, "awaiting_supplement", agency=True)

    assert (answer.status_code, await repairing.states(dossier), hidden) == (200, {"awaiting_supplement"}, [])
    assert (await repairing.shown(dossier))["papers_awaited"] == ["Bản vẽ hoàn công"]
    assert (await repairing.case(dossier))["due_at"] is None
    returned = await repairing.desk_does(dossier, "supplement-returns", {"reason": "Chưa đủ"})
    assert returned.status_code == 200
    await repairing.at(march(25, 7))
    assert (await repairing.shown(dossier))["closing_proposed_at"]


async def test_a_reception_annulled_by_mistake_is_received_again(repairing: Repairing) -> None:
    dossier = await repairing.received()
    await repairing.at_desk[0].post(f"/dossiers/{dossier}/annulments", {"ground": "mistaken", "reason": "Nhầm"}, version=1)
    await repairing.stack.settle()

    elsewhere = await repairing.proposes(dossier, "received")
    answer = await repairing.repairs(dossier, "received", agency=True)

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "held_elsewhere")
    assert (answer.status_code, await repairing.states(dossier)) == (200, {"received"})
    assert (await repairing.agency_does(dossier, "take-up")).status_code == 200


# ------------------------------------------------------------------------------------------------ what is no repair


async def test_only_states_it_was_in_and_could_have_come_from_are_possible(repairing: Repairing) -> None:
    dossier = await repairing.returned()
    accepted = (await repairing.desk.post("/submissions", an_application())).json()["id"]
    await repairing.desk.post(f"/submissions/{accepted}/accept", {}, version=1)
    await repairing.stack.settle()
    await repairing.agency_does(accepted, "take-up")

    assert await repairing.possible(dossier) == {"received", "in_progress", "completed"}
    assert await repairing.possible(accepted) == await repairing.possible(accepted, agency=True) == {"received"}
    for to in ("suspended", "returned", "unclaimed", "submitted"):
        assert (await repairing.proposes(dossier, to)).json()["code"] == "no_such_predecessor"


@pytest.mark.parametrize("agency", [True, False])
async def test_who_has_not_the_dossier_in_hand_repairs_nothing(repairing: Repairing, agency: bool) -> None:
    dossier = await (repairing.returned() if agency else repairing.taken_up())

    answer = await repairing.proposes(dossier, "received", agency=agency)

    assert (answer.status_code, answer.json()["code"]) == (409, "held_elsewhere")


async def test_what_moved_since_it_was_proposed_is_proposed_again(repairing: Repairing) -> None:
    dossier = await repairing.returned()
    proposed = await repairing.proposes(dossier, "completed")
    await repairing.desk_does(dossier, "corrections", {"reason": "Sai năm sinh"})

    late = await repairing.approves(dossier, proposed.json()["id"])

    assert (late.status_code, await repairing.states(dossier)) == (412, {"returned"})
    open_ones = await rows(repairing.stack.runtime(Service.INTAKE), "select state from intake.repair where subject = :d", d=dossier)
    assert [row["state"] for row in open_ones] == ["open"]


async def test_a_proposal_of_another_dossier_is_not_there(repairing: Repairing) -> None:
    one, other = await repairing.returned(), await repairing.returned()
    proposed = await repairing.proposes(one, "completed")

    assert (await repairing.approves(other, proposed.json()["id"])).status_code == 404
