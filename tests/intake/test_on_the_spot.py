"""Received, decided and handed over in one call, whatever the peers are doing."""

from typing import Any

import pytest

from tests.builders import an_application, an_entry
from tests.intake.conftest import Desk
from tests.stack import Caller

SAME_DAY = "HT-2.000908"
IMMEDIATE = "HT-1.003006"
PAPERS = [{"number": 1, "originals": 1}, {"number": 2, "originals": 1}]
PUBLISHED_FEE = {"name": "Lệ phí", "amount": 20000, "currency": "VND", "text": "20.000 đồng"}
SAME_DAY_LIMIT = {"kind": "same_day", "cutoff": "15:00", "after_cutoff": "ngày làm việc tiếp theo", "text": "Trong ngày"}


def on_the_spot(procedure: str, **changed: Any) -> dict[str, Any]:
    return an_application(procedure, **{"papers": PAPERS, "on_the_spot": {"document_number": "12/BS"}} | changed)


async def test_a_same_day_procedure_is_resolved_in_one_call_with_the_peers_down(desk: Desk) -> None:
    desk.stack.switchboard.down |= {"processing", "notifications"}

    answer = await desk.officer.post("/dossiers", on_the_spot(SAME_DAY))
    desk.stack.switchboard.down.clear()

    assert answer.status_code == 201, answer.text
    shown = await desk.shows(answer.json()["id"])
    assert (shown["state"], shown["on_the_spot"], shown["returned_by"]) == ("returned", True, "desk")
    assert shown["returned_at"] == "2026-03-09T08:00:00+07:00"
    assert shown["result"]["document_number"] == "12/BS"
    assert await desk.told(shown["id"]) == ["dossier.resolved_on_the_spot"]


async def test_an_immediate_procedure_needs_no_appointment_by_hand_when_it_is_resolved_at_once(desk: Desk) -> None:
    body = on_the_spot(IMMEDIATE, papers=[*PAPERS, {"number": 3, "originals": 1}], fees=[{"name": "Phí thẩm định", "amount": 1500000}])

    answer = await desk.officer.post("/dossiers", body)

    assert answer.status_code == 201, answer.text
    assert answer.json()["appointment_at"] == answer.json()["accepted_at"]


async def test_an_immediate_procedure_received_for_the_agency_still_needs_its_appointment(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application(IMMEDIATE, papers=[*PAPERS, {"number": 3, "originals": 1}]))

    assert (answer.status_code, answer.json()["code"]) == (422, "appointment_needed")


async def test_other_procedures_need_a_mandate_to_decide(desk: Desk) -> None:
    mandated: Caller = desk.caller("desk_officer", "H27.001", mandate=True)
    body = on_the_spot("HT-1.014465", papers=[{"number": 1, "originals": 1}])

    without = await desk.officer.post("/dossiers", body)
    having = await mandated.post("/dossiers", body)

    assert (without.status_code, without.json()["code"]) == (403, "not_permitted")
    assert "mandate" in without.json()["detail"]
    assert having.status_code == 201


async def test_the_mandate_is_asked_for_by_the_limit_that_holds_not_by_one_of_another_case(desk: Desk) -> None:
    three_days = {"kind": "fixed", "amount": 3, "unit": "working_day", "text": "03 ngày làm việc", "case": "cần xác minh"}
    await desk.publishes(an_entry("X-SPOT-CASE", limits=[SAME_DAY_LIMIT, three_days]))

    answer = await desk.officer.post("/dossiers", on_the_spot("X-SPOT-CASE", papers=PAPERS[:1], case="cần xác minh"))

    assert answer.status_code == 403


async def test_nothing_is_handed_over_before_its_fee_is_paid(desk: Desk) -> None:
    await desk.publishes(an_entry("X-SPOT-FEE", limits=[SAME_DAY_LIMIT], fees=[PUBLISHED_FEE]))
    body = on_the_spot("X-SPOT-FEE", papers=PAPERS[:1])

    unpaid = await desk.officer.post("/dossiers", body)
    paid = await desk.officer.post("/dossiers", body | {"fees": [{"name": "Lệ phí", "amount": 20000, "paid": True, "method": "cash"}]})

    assert (unpaid.status_code, unpaid.json()["code"]) == (422, "fees_not_paid")
    assert "Lệ phí" in unpaid.json()["detail"]
    assert paid.status_code == 201


@pytest.mark.parametrize("reasons", [None, ""])
async def test_a_refusal_needs_its_reasons(desk: Desk, reasons: str | None) -> None:
    spot = {"outcome": "refused"} | ({"reasons": reasons} if reasons is not None else {})

    answer = await desk.officer.post("/dossiers", on_the_spot(SAME_DAY, on_the_spot=spot))

    assert answer.status_code == 422
    assert await desk.count("dossier") == 0


async def test_a_refusal_with_reasons_is_a_result(desk: Desk) -> None:
    spot = {"outcome": "refused", "reasons": "Không có tên trong sổ gốc"}

    received = await desk.receives(SAME_DAY, papers=PAPERS, on_the_spot=spot)

    assert (await desk.shows(received["id"]))["result"] == {
        "outcome": "refused",
        "document_number": None,
        "document_reference": None,
        "reasons": "Không có tên trong sổ gốc",
        "members": None,
    }


async def test_papers_are_as_complete_on_the_spot_as_ever(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", on_the_spot(SAME_DAY, papers=PAPERS[:1]))

    assert (answer.status_code, answer.json()["code"]) == (422, "papers_missing")
