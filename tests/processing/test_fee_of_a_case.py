"""A fee asked for during processing: the case waits for it, the clock runs unless a law lets it stand, and paid is paid."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.processing.commands.alarms import HANDLERS
from services.processing.domain.deadline import Alarm
from services.processing.domain.intervals import Interval, StopKind
from services.processing.domain.repair import repaired
from shared.contracts.events import FeePaid, FeeReduced, FeeSum, SupplementAccepted
from shared.contracts.peers import Service
from shared.contracts.states import State
from shared.timers import Timer
from shared.working_time import StopPolicy
from tests.domain.test_processing_lifecycle import a_case
from tests.processing.conftest import AGENCY, DECISION, Desk, Staff, at, staff, told
from tests.processing.test_clock_of_a_case import THREE_DAYS, alarms, instant
from tests.stack import Stack, rows

FEE = {"fees": [{"name": "Lệ phí trước bạ", "amount": 150000}], "reason": "Thông báo nghĩa vụ tài chính của cơ quan thuế"}
TUESDAY_TEN = at(10, 10)
BY_LAW = "Pháp luật chuyên ngành: không tính thời gian thực hiện nghĩa vụ tài chính"
PAUSED = THREE_DAYS.model_copy(update={"fee_pauses": BY_LAW})


def paid(request: object, *, still_awaited: int = 0, on: datetime = TUESDAY_TEN) -> FeePaid:
    fee = FeeSum(name="Lệ phí trước bạ", amount=150000, number=1)
    return FeePaid(fees=(fee,), still_awaited=still_awaited, request=request, amount=150000, method="cash", paid_at=on)  # type: ignore[arg-type]


async def waiting(desk: Desk, officer: Staff, stack: Stack, **changed: Any) -> UUID:
    """Received on Monday at eight with three days; on Tuesday at eight a fee is asked for."""
    case = await desk.receives(**{"time_terms": THREE_DAYS} | changed)
    await officer.does(case, "take-up")
    stack.clock.set(at(10, 8))
    await officer.does(case, "request-fee", FEE)
    return case


async def request_of(officer: Staff, case: object) -> str:
    return (await officer.sees(case))["fee"]["request"]


async def test_a_fee_asked_for_is_told_with_its_lines_and_when_people_are_reminded(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack)

    shown = await officer.sees(case)
    assert (shown["state"], shown["state_label"]) == ("awaiting_fee", "Yêu cầu thực hiện nghĩa vụ tài chính")
    assert (shown["fee"]["fees"][0]["amount"], shown["fee"]["settled_at"]) == (150000, None)
    assert await told(stack, case) == [("dossier.taken_up", 1), ("fee.requested", 2)]
    (event,) = await rows(stack.runtime(Service.PROCESSING), "select data from processing.event where type like '%fee.requested%'")
    assert event["data"]["remind_at"][:10] == "2026-03-25"
    assert "paused_by" not in event["data"]


async def test_while_a_fee_is_owed_the_clock_runs_and_its_alarms_ring(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack)

    shown = await officer.sees(case)
    rings = await alarms(stack, case)
    stack.clock.set(at(13, 8))
    await stack.settle()

    assert (instant(shown["due_at"]), shown["stopped_since"], shown["clock_stops"]) == (at(12, 8), None, [])
    assert Alarm.OVERDUE in rings
    assert "dossier.overdue" in [event for event, _ in await told(stack, case)]
    assert (await officer.sees(case))["verdicts"] == {"by_appointment": "overdue", "by_law": "overdue", "by_index_766": "overdue"}


async def test_where_the_law_of_the_sector_says_so_the_clock_stands_and_nothing_rings(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack, time_terms=PAUSED)

    shown = await officer.sees(case)
    rings = await alarms(stack, case)
    stack.clock.set(at(20, 8))
    await stack.settle()

    assert (shown["due_at"], instant(shown["stopped_since"])) == (None, at(10, 8))
    assert [(stop["kind"], stop["policy"], stop["ground"]) for stop in shown["clock_stops"]] == [("fee", "pause", BY_LAW)]
    assert rings == {}
    assert [event for event, _ in await told(stack, case)] == ["dossier.taken_up", "fee.requested"]
    later = await officer.sees(case)
    assert (later["verdicts"]["by_appointment"], later["verdicts"]["by_law"]) == ("on_time", "on_time")


async def test_an_alarm_that_was_set_before_does_not_ring_while_the_clock_stands(desk: Desk, stack: Stack, officer: Staff) -> None:
    """A timer that another copy has claimed already finds the clock standing."""
    case = await waiting(desk, officer, stack, time_terms=PAUSED)
    async with stack.runtime(Service.PROCESSING).transaction() as tx:
        await HANDLERS[Alarm.OVERDUE](tx, [Timer(case, Alarm.OVERDUE, tx.now)])

    assert [event for event, _ in await told(stack, case)] == ["dossier.taken_up", "fee.requested"]


async def test_paid_it_goes_on_by_itself_and_the_promise_holds(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack)
    stack.clock.set(at(11, 8))

    await desk.tells(case, paid(await request_of(officer, case)))

    shown = await officer.sees(case)
    assert (shown["state"], instant(shown["appointment_at"]), instant(shown["fee"]["settled_at"])) == ("in_progress", at(12, 8), at(10, 10))
    assert [event for event, _ in await told(stack, case)] == ["dossier.taken_up", "fee.requested", "fee.settled"]


async def test_paid_while_the_clock_stood_the_time_left_runs_on_from_the_payment(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack, time_terms=PAUSED)
    stack.clock.set(at(17, 9))

    await desk.tells(case, paid(await request_of(officer, case), on=at(17, 8)))

    shown = await officer.sees(case)
    assert (instant(shown["due_at"]), instant(shown["appointment_at"])) == (at(19, 8), at(19, 8))
    assert (shown["verdict"], instant(shown["clock_stops"][0]["ended_at"])) == ("on_time", at(17, 8))
    assert Alarm.OVERDUE in await alarms(stack, case)
    (event,) = await rows(stack.runtime(Service.PROCESSING), "select data from processing.event where type like '%fee.settled%'")
    assert (instant(event["data"]["earlier_appointment_at"]), instant(event["data"]["appointment_at"])) == (at(12, 8), at(19, 8))


async def test_a_payment_that_claims_to_be_older_than_the_request_gives_no_time(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack, time_terms=PAUSED)

    await desk.tells(case, paid(await request_of(officer, case), on=at(9, 8)))

    shown = await officer.sees(case)
    assert (shown["state"], instant(shown["due_at"])) == ("in_progress", at(12, 8))


@pytest.mark.parametrize("other", ["part", "something else", "nothing asked"])
async def test_money_for_less_or_for_something_else_leaves_it_waiting(desk: Desk, stack: Stack, officer: Staff, other: str) -> None:
    case = await waiting(desk, officer, stack)
    request = await request_of(officer, case)
    event = {
        "part": paid(request, still_awaited=1),
        "something else": paid(uuid4()),
        "nothing asked": paid(None),
    }[other]

    await desk.tells(case, event)

    assert (await officer.sees(case))["state"] == "awaiting_fee"


async def test_an_exemption_granted_at_the_desk_settles_it_too(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack)
    request = UUID(await request_of(officer, case))
    nothing = FeeSum(name="Lệ phí trước bạ", amount=0, number=1)

    await desk.tells(case, FeeReduced(fees=(nothing,), still_awaited=0, request=request, ground="Người có công", reduced_at=at(10, 9)))

    assert (await officer.sees(case))["state"] == "in_progress"


async def test_a_payment_told_of_a_submission_concerns_no_case(desk: Desk, stack: Stack) -> None:
    await desk.tells(uuid4(), paid(None))

    assert await rows(stack.runtime(Service.PROCESSING), 'select id from processing."case"') == []


async def test_from_there_a_supplement_may_be_asked_for_and_the_stop_for_the_fee_ends(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack, time_terms=PAUSED.model_copy(update={"supplement": StopPolicy.PAUSE}))
    request = await request_of(officer, case)
    stack.clock.set(at(11, 8))

    await officer.does(case, "return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"})
    stops = (await officer.sees(case))["clock_stops"]
    await desk.tells(case, paid(request, on=at(11, 9)))
    still = await officer.sees(case)
    await desk.tells(case, SupplementAccepted(sent_at=at(12, 8), accepted_at=at(12, 9)))

    assert [(stop["kind"], stop["ended_at"] is None) for stop in stops] == [("fee", False), ("supplement", True)]
    assert (still["state"], still["fee"]["settled_at"] is None) == ("awaiting_supplement", False)
    shown = await officer.sees(case)
    assert (shown["state"], instant(shown["due_at"])) == ("in_progress", at(16, 8))  # two working days stood
    assert [event for event, _ in await told(stack, case)][-2:] == ["supplement.requested", "dossier.resumed"]


async def test_a_new_date_is_told_while_a_fee_is_owed(desk: Desk, stack: Stack, officer: Staff, leader: Staff) -> None:
    case = await waiting(desk, officer, stack)

    await leader.does(case, "extend", {"appointment_at": "2026-03-20T08:00:00+07:00", "reason": "Cần xác minh"})

    shown = await officer.sees(case)
    assert (shown["state"], instant(shown["appointment_at"])) == ("awaiting_fee", at(20, 8))


async def test_a_second_fee_waits_for_the_first_and_none_is_asked_for_after_the_decision(
    desk: Desk, stack: Stack, officer: Staff, leader: Staff
) -> None:
    case = await waiting(desk, officer, stack)
    await officer.does(case, "return-for-supplement", {"papers": ["Bản vẽ"], "reason": "Thiếu"})
    await desk.tells(case, SupplementAccepted(sent_at=at(10, 8), accepted_at=at(10, 8)))

    owed = await officer.tries(case, "request-fee", FEE)
    await desk.tells(case, paid(await request_of(officer, case)))
    await leader.does(case, "issue-decision", DECISION)
    decided = await officer.tries(case, "request-fee", FEE)

    assert (owed.status_code, decided.status_code) == (409, 409)
    assert "still owed" in owed.json()["detail"]
    assert "decision was issued" in decided.json()["detail"]


async def test_that_the_index_forgives_no_waiting_for_a_fee_is_said_beforehand(desk: Desk, officer: Staff) -> None:
    standing, running = await desk.receives(time_terms=PAUSED), await desk.receives(time_terms=THREE_DAYS)
    for case in (standing, running):
        await officer.does(case, "take-up")

    assert "nộp phí" in (await officer.sees(standing))["scores_late"]["request_fee"]
    assert "request_fee" not in (await officer.sees(running))["scores_late"]


async def test_no_repair_leads_to_where_nothing_is_waited_for(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await waiting(desk, officer, stack)
    await desk.tells(case, paid(await request_of(officer, case)))
    supervisor = staff(stack, "supervisor", AGENCY)

    possible = (await supervisor.caller.get(f"/cases/{case}/repairs")).json()["possible"]

    assert "received" in possible
    assert "awaiting_fee" not in possible


def test_back_where_the_clock_stood_for_a_fee_it_stands_again() -> None:
    stood = Interval(at(10, 8), StopKind.FEE, StopPolicy.PAUSE, BY_LAW, "Bình", ended_at=at(11, 8))
    withdrawn = a_case(state=State.WITHDRAWN, intervals=(stood,), stopped_at=at(11, 8))

    case = repaired(withdrawn, State.AWAITING_FEE, at(11, 8), ticket="SC-1", now=at(12, 8))

    assert [(one.kind, one.ended_at) for one in case.intervals] == [(StopKind.FEE, None)]
