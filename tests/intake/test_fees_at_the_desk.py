"""Fees at the desk: quoted, frozen at reception, asked for before acceptance, paid, reduced, given back, and settled by period."""

import asyncio
import csv
import io
from itertools import pairwise
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.intake.commands.alarms import HANDLERS
from shared import timers
from shared.contracts.events import FeeRequested, FeeSum
from shared.ids import uuid7
from tests.builders import AGENCY, DESK, a_submission, an_application, an_entry
from tests.intake.conftest import Desk, published

FEE = {"name": "Lệ phí", "amount": 20000, "currency": "VND", "text": "20.000 đồng"}
RANGE = {"name": "Phí thẩm định", "amount_min": 12000, "amount_max": 60000, "text": "từ 12.000 đến 60.000 đồng"}
PAGES = {"name": "Phí", "amount": 2000, "per": "trang", "text": "2.000 đồng/trang"}
CASH = {"amount": 20000, "method": "cash", "receipt_number": "BL-0001"}


async def pays(desk: Desk, dossier: object, by: Any = None, key: str | None = None, **changed: Any) -> httpx.Response:
    return await (by or desk.officer).post(f"/dossiers/{dossier}/payments", CASH | changed, key=key)


async def a_dossier(desk: Desk, *fees: dict[str, Any], **more: Any) -> str:
    await desk.publishes(an_entry("X-FEE", fees=list(fees) or [FEE]))
    return (await desk.receives("X-FEE", **more))["id"]


async def a_submission_with_a_fee(desk: Desk) -> str:
    await desk.publishes(an_entry("X-FEE", fees=[FEE, RANGE]))
    answer = await desk.officer.post("/submissions", a_submission("G22-FEE-1", procedure="X-FEE"))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def asked(desk: Desk) -> str:
    submission = await a_submission_with_a_fee(desk)
    await desk.does(submission, "fee-requests", {"reason": "Nộp trước khi tiếp nhận"}, under="submissions")
    return submission


async def rung(desk: Desk) -> None:
    (chore,) = [chore for chore in desk.runtime.chores if chore.name == "fire timers"]
    while await chore.do(desk.runtime):
        pass


# -- quoted and frozen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [entry.key for entry in published() if entry.procedure.fees])
async def test_every_published_fee_is_quoted_by_every_channel(desk: Desk, key: str) -> None:
    for channel in ("desk", "online", "post"):
        answer = await desk.officer.post("/quotes", {"procedure": key, "channel": channel})

        assert answer.status_code in (200, 422), answer.text
        assert answer.status_code == 200 or answer.json()["code"] == "choice_needed"
        for fee in answer.json().get("fees", ()):
            assert (fee["amount"] is None) == (fee["to_state"] is not None)


async def test_what_is_counted_makes_the_sum_in_the_quote_and_at_reception_alike(desk: Desk) -> None:
    await desk.publishes(an_entry("X-FEE", fees=[PAGES, FEE]))
    counted = {"fee_facts": {"quantities": {"Trang": 7}}}

    open_ = (await desk.officer.post("/quotes", {"procedure": "X-FEE"})).json()
    quote = (await desk.officer.post("/quotes", {"procedure": "X-FEE", **counted})).json()
    receipt = (await desk.receives("X-FEE", **counted))["receipt"]

    assert (open_["fee_total"], open_["fees"][1]["count"]) == (None, ["trang"])
    assert quote["fee_total"] == receipt["fee_total"] == 34000
    assert [(fee["name"], fee["amount"]) for fee in quote["fees"]] == [(fee["name"], fee["amount"]) for fee in receipt["fees"]]


async def test_a_later_catalogue_touches_neither_the_lines_nor_the_receipt(desk: Desk) -> None:
    dossier = await a_dossier(desk)

    await desk.publishes(an_entry("X-FEE", fees=[FEE | {"amount": 90000}]))

    (line,) = (await desk.shows(dossier))["fees"]
    assert (line["amount"], line["published"], line["text"], line["state"]) == (20000, 20000, "20.000 đồng", "owed")
    assert (await pays(desk, dossier)).status_code == 201
    stored = (await desk.rows("select receipt from intake.dossier where id = :id", id=dossier))[0]["receipt"]
    assert stored["fees"] == [{"name": "Lệ phí", "amount": 20000, "paid": False}]


async def test_a_sum_that_does_not_follow_is_stated_later_within_its_bounds_and_then_paid(desk: Desk) -> None:
    dossier = await a_dossier(desk, RANGE)
    (open_,) = (await desk.shows(dossier))["fees"]

    early = await pays(desk, dossier, amount=30000)
    beyond = await desk.tries(dossier, "fee-statements", {"fee": 1, "amount": 60001})
    await desk.does(dossier, "fee-statements", {"fee": 1, "amount": 30000})
    await pays(desk, dossier, amount=30000)

    assert (open_["state"], open_["amount"], open_["at_least"], open_["at_most"]) == ("to_state", None, 12000, 60000)
    assert (early.status_code, early.json()["code"]) == (409, "action_not_allowed")
    assert (beyond.status_code, beyond.json()["code"]) == (422, "fee_wrong")
    shown = await desk.shows(dossier)
    assert (shown["fees"][0]["state"], shown["fee_owed"], shown["fee_net"]) == ("paid", 0, 30000)


async def test_on_the_spot_nothing_is_handed_over_while_a_sum_is_not_stated(desk: Desk) -> None:
    spot = {"kind": "same_day", "cutoff": "15:00", "after_cutoff": "ngày làm việc tiếp theo", "text": "trong ngày"}
    await desk.publishes(an_entry("X-SPOT", limits=[spot], fees=[RANGE]))
    body = an_application("X-SPOT", on_the_spot={"outcome": "granted"})

    refused = await desk.officer.post("/dossiers", body)
    stated = await desk.officer.post("/dossiers", body | {"fees": [{"name": "Phí thẩm định", "amount": 12000, "method": "cash"}]})

    assert (refused.status_code, refused.json()["code"]) == (422, "fees_not_paid")
    assert refused.json()["to_state"][0]["at_most"] == 60000
    assert stated.status_code == 201, stated.text


# -- payments ----------------------------------------------------------------------------------------------------------


async def test_a_payment_stands_in_its_line_and_both_peers_are_told(desk: Desk) -> None:
    dossier = await a_dossier(desk)
    owed = await desk.shows(dossier)

    answer = await pays(desk, dossier, fee=1, method="online", online="local_gateway", paid_at="2026-03-09T07:30:00+07:00")

    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    shown = await desk.shows(dossier)
    (line,) = shown["fees"]
    assert (owed["fee_owed"], shown["fee_owed"], shown["fee_net"]) == (20000, 0, 20000)
    assert {name: line[name] for name in ("state", "paid", "method", "online", "receipt_number")} == {
        "state": "paid",
        "paid": 20000,
        "method": "online",
        "online": "local_gateway",
        "receipt_number": "BL-0001",
    }
    assert await desk.told(dossier) == ["dossier.received", "fee.paid"]
    (told,) = await desk.rows("select data from intake.event where type like '%fee.paid%'")
    assert (told["data"]["amount"], told["data"]["online"], told["data"]["still_awaited"]) == (20000, "local_gateway", 0)


async def test_a_payment_repeated_with_its_key_counts_once(desk: Desk) -> None:
    dossier = await a_dossier(desk)

    first = await pays(desk, dossier, key="push-1")
    again = await pays(desk, dossier, key="push-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (await desk.shows(dossier))["fee_net"] == 20000
    assert await desk.count("fee_entry") == 1


async def test_the_portal_pays_without_a_version_and_is_shown_that_it_can(desk: Desk) -> None:
    dossier = await a_dossier(desk)

    possible = (await desk.portal.get(f"/dossiers/{dossier}")).json()["possible_actions"]
    answer = await pays(desk, dossier, by=desk.portal, method="online")

    assert "record_payment" in {action["action"] for action in possible}
    assert answer.status_code == 201
    assert (await desk.shows(dossier))["fees"][0]["online"] == "portal"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"amount": 19999}, 422, "amount_wrong"),
        ({"amount": 20001, "fee": 1}, 422, "amount_wrong"),
        ({"fee": 2}, 422, "fee_unknown"),
    ],
)
async def test_money_that_fits_no_line_is_refused_and_kept(desk: Desk, changed: dict[str, Any], status: int, code: str) -> None:
    dossier = await a_dossier(desk)

    first = await pays(desk, dossier, by=desk.portal, key="push-1", **changed)
    again = await pays(desk, dossier, by=desk.portal, key="push-1", **changed)

    assert (first.status_code, again.status_code, first.json()["code"]) == (status, status, code)
    shown = await desk.shows(dossier)
    (kept,) = shown["payments_kept"]
    assert (kept["amount"], kept["why"], kept["receipt_number"]) == ((CASH | changed)["amount"], code, "BL-0001")
    assert (shown["fee_owed"], shown["fee_net"]) == (20000, 0)


async def test_what_is_paid_twice_is_refused_the_second_time_and_goes_back_whole(desk: Desk) -> None:
    dossier = await a_dossier(desk)
    await pays(desk, dossier)
    supervisor = desk.caller("supervisor", DESK)

    twice = await pays(desk, dossier, by=desk.portal, key="push-2")
    (kept,) = (await desk.shows(dossier))["payments_kept"]
    back = await desk.tries(dossier, "refunds", {"payment": kept["id"], "reason": "Nộp hai lần"}, by=supervisor)
    again = await desk.tries(dossier, "refunds", {"payment": kept["id"], "reason": "Nộp hai lần"}, by=supervisor)

    assert (twice.status_code, twice.json()["code"]) == (409, "action_not_allowed")
    assert (back.status_code, again.status_code, again.json()["code"]) == (201, 422, "fee_unknown")
    shown = await desk.shows(dossier)
    assert (shown["payments_kept"], shown["fee_net"]) == ([], 20000)
    assert await desk.told(dossier) == ["dossier.received", "fee.paid", "fee.refunded"]


async def test_a_payment_refused_too_early_is_taken_when_it_comes_again(desk: Desk) -> None:
    dossier = await a_dossier(desk, RANGE)
    await pays(desk, dossier, by=desk.portal, key="push-1")
    await desk.does(dossier, "fee-statements", {"fee": 1, "amount": 20000})

    answer = await pays(desk, dossier, by=desk.portal, key="push-1")

    shown = await desk.shows(dossier)
    assert (answer.status_code, shown["fee_net"], shown["payments_kept"]) == (201, 20000, [])


async def test_money_for_a_dossier_that_was_withdrawn_is_kept(desk: Desk) -> None:
    submission = await asked(desk)
    await desk.officer.post(f"/dossiers/{submission}/withdrawals", {})

    answer = await pays(desk, submission, by=desk.portal)

    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")
    assert [kept["amount"] for kept in (await desk.shows(submission))["payments_kept"]] == [20000]


async def test_two_who_pay_the_same_line_at_once_pay_it_once(desk: Desk) -> None:
    dossier = await a_dossier(desk)

    answers = await asyncio.gather(*(pays(desk, dossier, by=desk.portal, key=f"push-{number}") for number in range(12)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    shown = await desk.shows(dossier)
    assert (shown["fee_net"], len(shown["payments_kept"])) == (20000, 11)


async def test_nothing_is_paid_in_the_future(desk: Desk) -> None:
    dossier = await a_dossier(desk)

    answer = await pays(desk, dossier, paid_at="2026-03-09T08:01:00+07:00")

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/paid_at")


# -- given back, reduced -----------------------------------------------------------------------------------------------


async def test_money_is_given_back_by_a_supervisor_up_to_what_was_paid(desk: Desk) -> None:
    dossier = await a_dossier(desk)
    await pays(desk, dossier)
    supervisor = desk.caller("supervisor", DESK, name="Phạm Thị Giám Sát")
    part = {"fee": 1, "amount": 5000, "reason": "Thu nhầm", "method": "cash"}

    by_officer = await desk.tries(dossier, "refunds", part)
    await desk.does(dossier, "refunds", part, by=supervisor)
    too_much = await desk.tries(dossier, "refunds", part | {"amount": 15001}, by=supervisor)
    await desk.does(dossier, "refunds", part | {"amount": 15000}, by=supervisor)

    assert by_officer.status_code == 403
    assert (too_much.status_code, too_much.json()["code"], too_much.json()["kept"]) == (409, "more_than_paid", 15000)
    (line,) = (await desk.shows(dossier))["fees"]
    assert (line["state"], line["paid"], line["refunded"]) == ("refunded", 20000, 20000)
    assert (await pays(desk, dossier)).status_code == 409


async def test_an_exemption_shown_later_leaves_nothing_owed(desk: Desk) -> None:
    dossier = await a_dossier(desk)

    await desk.does(dossier, "fee-reductions", {"fee": 1, "ground": "Người thuộc hộ nghèo"})

    shown = await desk.shows(dossier)
    assert (shown["fees"][0]["state"], shown["fees"][0]["ground"], shown["fee_owed"]) == ("waived", "Người thuộc hộ nghèo", 0)
    assert await desk.told(dossier) == ["dossier.received", "fee.reduced"]


# -- before acceptance -------------------------------------------------------------------------------------------------


async def test_a_fee_asked_for_before_acceptance_stops_the_time_to_answer(desk: Desk) -> None:
    submission = await asked(desk)

    shown = await desk.shows(submission)

    assert (shown["state"], shown["label"]) == ("intake_fee", "Chờ nộp phí, lệ phí trước khi tiếp nhận")
    assert (shown["answer_due_at"], shown["fee_awaited"]) == (None, 20000)
    assert [fee["name"] for fee in shown["fees"]] == ["Lệ phí"]  # the range is stated at acceptance
    assert {action["action"] for action in shown["possible_actions"]} == {
        "amend",
        "record_payment",
        "reduce_fee",
        "refuse",
        "state_fee",
        "withdraw",
    }
    assert await desk.told(submission) == ["submission.received", "submission.fee_requested"]


async def test_once_it_is_paid_the_submission_waits_for_the_desk_with_its_time_anew(desk: Desk) -> None:
    submission = await asked(desk)
    desk.clock.move(days=1)

    await pays(desk, submission, by=desk.portal, method="online")

    shown = await desk.shows(submission)
    assert (shown["state"], shown["answer_due_at"], shown["fee_awaited"]) == ("submitted", "2026-03-11T08:00:00+07:00", 0)
    kinds = {row["kind"] for row in await desk.rows("select kind from intake.timer where subject = :id", id=submission)}
    assert kinds == {"answer_due"}


async def test_what_was_paid_before_acceptance_stands_on_the_receipt_and_is_not_charged_again(desk: Desk) -> None:
    submission = await asked(desk)
    await pays(desk, submission)

    stated = {"fees": [{"name": "Phí thẩm định", "amount": 12000, "paid": False}]}
    receipt = (await desk.does(submission, "accept", stated, under="submissions"))["receipt"]

    assert receipt["fees"] == [
        {"name": "Lệ phí", "amount": 20000, "paid": True},
        {"name": "Phí thẩm định", "amount": 12000, "paid": False},
    ]
    shown = await desk.shows(submission)
    assert ([fee["number"] for fee in shown["fees"]], shown["fee_owed"], shown["fee_net"]) == ([1, 2], 12000, 20000)


async def test_while_one_of_two_fees_is_owed_it_goes_on_waiting(desk: Desk) -> None:
    submission = await a_submission_with_a_fee(desk)
    both = {"fees": [{"name": "Phí thẩm định", "amount": 30000}]}
    await desk.does(submission, "fee-requests", both, under="submissions")

    await pays(desk, submission, fee=1)
    waiting = await desk.shows(submission)
    await pays(desk, submission, fee=2, amount=30000)

    assert (waiting["state"], waiting["fee_awaited"]) == ("intake_fee", 30000)
    assert (await desk.shows(submission))["state"] == "submitted"


async def test_an_exemption_ends_the_waiting_too(desk: Desk) -> None:
    submission = await asked(desk)

    answer = await desk.does(submission, "fee-reductions", {"fee": 1, "ground": "Người thuộc hộ nghèo"})

    assert answer["state"] == "submitted"


async def test_a_fee_is_asked_for_only_where_a_sum_follows(desk: Desk) -> None:
    await desk.publishes(an_entry("X-FEE", fees=[RANGE]))
    submission = (await desk.officer.post("/submissions", a_submission("G22-FEE-1", procedure="X-FEE"))).json()["id"]

    answer = await desk.tries(submission, "fee-requests", {}, under="submissions")

    assert (answer.status_code, answer.json()["code"], answer.json()["to_state"][0]["at_least"]) == (409, "nothing_owed", 12000)


@pytest.mark.parametrize(
    ("path", "under", "body", "state"),
    [("refuse", "submissions", {"reason": "Không thuộc thẩm quyền"}, "not_accepted"), ("withdrawals", "dossiers", {}, "withdrawn")],
)
async def test_while_it_waits_for_a_fee_it_is_refused_or_withdrawn(
    desk: Desk, path: str, under: str, body: dict[str, Any], state: str
) -> None:
    submission = await asked(desk)

    answer = await desk.does(submission, path, body, under=under)

    assert answer["state"] == state
    assert await desk.rows("select kind from intake.timer where subject = :id", id=submission) == []


# -- corrected while it waits ------------------------------------------------------------------------------------------

URGENT, PLAIN = "cấp nhanh", "cấp thường"
BY_CASE = [FEE | {"case": PLAIN}, FEE | {"case": URGENT, "amount": 50000, "text": "50.000 đồng"}]
STAMP = {"name": "Phí khắc dấu", "amount": 7000, "currency": "VND", "case": URGENT, "text": "7.000 đồng"}


async def asked_by_case(desk: Desk, *fees: dict[str, Any], **more: Any) -> str:
    """Pushed by the portal as a plain case, and asked to pay for it."""
    await desk.publishes(an_entry("X-FEE", fees=list(fees)))
    answer = await desk.officer.post("/submissions", a_submission("G22-FEE-1", procedure="X-FEE", case=PLAIN, **more))
    assert answer.status_code == 201, answer.text
    await desk.does(answer.json()["id"], "fee-requests", {}, under="submissions")
    return answer.json()["id"]


async def pushed_again(desk: Desk, **changed: Any) -> dict[str, Any]:
    answer = await desk.officer.post("/submissions", a_submission("G22-FEE-1", procedure="X-FEE") | changed)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def lines(desk: Desk, submission: str) -> list[tuple[str, int, int]]:
    return [(fee["name"], fee["amount"], fee["paid"]) for fee in (await desk.shows(submission))["fees"]]


async def test_a_submission_corrected_while_it_waits_for_its_fee_is_brought_up_to_date_and_waits_on(desk: Desk) -> None:
    submission = await asked_by_case(desk, *BY_CASE)

    answer = await pushed_again(desk, case=PLAIN, applicant={"name": "Nông Thị Sửa", "phone": "0912345678"})

    shown = await desk.shows(submission)
    assert (answer["state"], shown["fee_awaited"], shown["answer_due_at"]) == ("intake_fee", 20000, None)
    assert shown["people"][0]["name"] == "Nông Thị Sửa"
    assert await lines(desk, submission) == [("Lệ phí", 20000, 0)]
    assert await desk.told(submission) == ["submission.received", "submission.fee_requested", "submission.received"]
    (paid,) = [await pays(desk, submission)]
    assert (paid.status_code, (await desk.shows(submission))["state"]) == (201, "submitted")


async def test_another_case_is_quoted_anew_where_nothing_was_paid_yet(desk: Desk) -> None:
    submission = await asked_by_case(desk, *BY_CASE, STAMP)

    await pushed_again(desk, case=URGENT)

    assert await lines(desk, submission) == [("Lệ phí", 50000, 0), ("Phí khắc dấu", 7000, 0)]
    assert (await desk.shows(submission))["fee_awaited"] == 57000
    assert (await desk.told(submission))[-2:] == ["submission.received", "submission.fee_requested"]
    (event,) = await desk.rows("select data from intake.event where type like '%fee_requested%' order by number desc limit 1")
    assert [(fee["name"], fee["amount"]) for fee in event["data"]["fees"]] == [("Lệ phí", 50000), ("Phí khắc dấu", 7000)]


async def test_what_was_paid_stays_paid_whatever_is_corrected(desk: Desk) -> None:
    other = {"name": "Phí thẩm định", "amount": 30000, "currency": "VND", "text": "30.000 đồng"}
    submission = await asked_by_case(desk, *BY_CASE, other)
    await pays(desk, submission, fee=1)

    await pushed_again(desk, case=URGENT)

    assert await lines(desk, submission) == [("Lệ phí", 20000, 20000), ("Phí thẩm định", 30000, 0)]
    assert (await desk.shows(submission))["state"] == "intake_fee"


async def test_where_nothing_is_owed_after_a_correction_it_waits_for_the_desk_again(desk: Desk) -> None:
    submission = await asked_by_case(desk, FEE | {"case": PLAIN}, FEE | {"case": URGENT, "amount": 0, "text": "không thu"})

    answer = await pushed_again(desk, case=URGENT)

    shown = await desk.shows(submission)
    assert (answer["state"], shown["fee_awaited"]) == ("submitted", 0)
    assert shown["answer_due_at"]
    timers_kept = await desk.rows("select kind from intake.timer where subject = :id", id=submission)
    assert [timer["kind"] for timer in timers_kept] == ["answer_due"]


# -- the reminder ------------------------------------------------------------------------------------------------------


async def test_of_a_fee_that_stays_owed_people_are_reminded_once_and_nothing_ends(desk: Desk) -> None:
    submission = await asked(desk)
    desk.clock.move(days=15)

    await rung(desk)
    desk.clock.move(days=30)
    await rung(desk)

    shown = await desk.shows(submission)
    assert (shown["state"], shown["version"]) == ("intake_fee", 2)
    assert await desk.told(submission) == ["submission.received", "submission.fee_requested", "fee.unpaid"]


async def test_a_fee_paid_while_its_reminder_fires_is_paid(desk: Desk) -> None:
    """The timer was claimed already when the money came: whoever has the dossier's row first decides, and paid is paid."""
    submission = await asked(desk)
    desk.clock.move(days=15)
    async with desk.runtime.transaction() as firing:
        due = [timers.Timer(UUID(submission), "fee_unpaid", firing.now)]
        assert (await pays(desk, submission)).status_code == 201
        await HANDLERS["fee_unpaid"](firing, due)

    assert await desk.told(submission) == ["submission.received", "submission.fee_requested", "fee.paid"]
    assert (await desk.shows(submission))["state"] == "submitted"


async def test_nobody_is_reminded_of_what_the_desk_has_though_the_agency_has_not_heard_of_it(desk: Desk) -> None:
    dossier = await a_dossier(desk)
    await pays(desk, dossier)
    await desk.agency.takes_up(dossier)
    wanted = FeeRequested(
        request=uuid7(), fees=(FeeSum(name="Lệ phí trước bạ", amount=500),), requested_at=desk.clock.now(), remind_at=desk.clock.now()
    )
    await desk.agency.tells(dossier, wanted)

    async with desk.runtime.transaction() as firing:
        assert (await pays(desk, dossier, amount=500)).status_code == 201
        await HANDLERS["fee_unpaid"](firing, [timers.Timer(UUID(dossier), "fee_unpaid", firing.now)])

    assert (await desk.shows(dossier))["state"] == "awaiting_fee"
    assert await desk.told(dossier) == ["dossier.received", "fee.paid", "fee.paid"]


async def test_the_procedure_says_after_how_long_people_are_reminded(desk: Desk) -> None:
    await desk.publishes(an_entry("X-FEE", fees=[FEE]))
    policies = {"fee_reminder_days": 3}
    answer = await desk.administrator.put("/procedures/X-FEE/policies", policies)
    assert answer.status_code == 200, answer.text
    await desk.looks_at_the_catalogue()
    submission = (await desk.officer.post("/submissions", a_submission("G22-FEE-1", procedure="X-FEE"))).json()["id"]
    await desk.does(submission, "fee-requests", {}, under="submissions")

    desk.clock.move(days=3)
    await rung(desk)

    assert (await desk.told(submission))[-1] == "fee.unpaid"


# -- the settlement of a period ----------------------------------------------------------------------------------------


async def settled(desk: Desk, by: Any = None, **query: Any) -> dict[str, Any]:
    asked = {"from": "2026-03-01", "to": "2026-03-31"} | query
    answer = await (by or desk.officer).get("/fee-settlements?" + "&".join(f"{name}={value}" for name, value in asked.items()))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def money_of_a_week(desk: Desk) -> None:
    """At reception, online, by two fees, and some of it given back."""
    supervisor = desk.caller("supervisor", DESK)
    await desk.publishes(an_entry("X-FEE", fees=[FEE, RANGE]))
    for number in range(6):
        cash = [{"name": "Phí thẩm định", "amount": 12000 + number, "method": "cash", "receipt_number": f"=BL{number}"}]
        dossier = (await desk.receives("X-FEE", fees=cash))["id"]
        await pays(desk, dossier, method="online" if number % 2 else "cash")
        if number % 3 == 0:
            await desk.does(dossier, "refunds", {"fee": 1, "amount": 20000, "reason": "Thu nhầm"}, by=supervisor)
        desk.clock.move(days=1)


async def test_the_sums_of_a_period_are_those_of_its_lines_page_by_page_and_as_csv(desk: Desk) -> None:
    await money_of_a_week(desk)

    whole = await settled(desk)
    pages, after = [], ""
    while True:
        page = await settled(desk, limit=4, **({"after": after} if after else {}))
        pages += page["lines"]
        if not (after := page["next"]):
            break
    text = (await desk.officer.get("/fee-settlements?from=2026-03-01&to=2026-03-31&format=csv")).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))

    assert whole["totals"] == [
        {"office": DESK, "name": "Lệ phí", "payments": 6, "paid": 120000, "online": 60000, "refunds": 2, "refunded": 40000, "net": 80000},
        {"office": DESK, "name": "Phí thẩm định", "payments": 6, "paid": 72015, "online": 0, "refunds": 0, "refunded": 0, "net": 72015},
    ]
    assert [line["id"] for line in pages] == [line["id"] for line in whole["lines"]] == [row["id"] for row in rows]
    assert all(one["at"] <= other["at"] for one, other in pairwise(whole["lines"]))
    for total in whole["totals"]:
        mine = [line for line in whole["lines"] if line["name"] == total["name"]]
        paid = sum(line["amount"] for line in mine if line["kind"] == "paid")
        refunded = sum(line["amount"] for line in mine if line["kind"] == "refunded")
        assert (paid, refunded, paid - refunded) == (total["paid"], total["refunded"], total["net"])
    assert {row["receipt_number"][:2] for row in rows if row["receipt_number"].endswith("L0")} == {"'="}


async def test_a_period_is_of_whole_days_and_of_the_callers_offices(desk: Desk) -> None:
    await money_of_a_week(desk)

    first = await settled(desk, to="2026-03-09")
    elsewhere = await settled(desk, by=desk.caller("leader", "H14.001"))
    other_office = await settled(desk, by=desk.administrator, office=AGENCY)
    backwards = await desk.officer.get("/fee-settlements?from=2026-03-31&to=2026-03-01")

    assert sum(total["net"] for total in first["totals"]) == 12000
    assert elsewhere["lines"] == other_office["lines"] == []
    assert backwards.status_code == 422


async def test_the_agency_settles_what_was_paid_for_what_it_decides_whoever_took_it_in(desk: Desk) -> None:
    await money_of_a_week(desk)
    agent = desk.caller("leader", AGENCY)

    own = await settled(desk, by=agent, competent=AGENCY)
    of_the_desk = await settled(desk, by=agent, competent=AGENCY, office=DESK)
    of_nobody = await settled(desk, by=agent, competent=AGENCY, office="H14.001")
    not_theirs = await settled(desk, by=desk.caller("leader", "H14.001"), competent=AGENCY)
    taken_in = await settled(desk, by=agent)

    whole = await settled(desk)
    assert own["totals"] == of_the_desk["totals"] == whole["totals"] != []
    assert {line["competent"] for line in own["lines"]} == {AGENCY}
    assert of_nobody["lines"] == not_theirs["lines"] == taken_in["lines"] == []


async def test_money_that_fits_no_line_is_settled_on_the_day_it_came_and_on_the_day_it_went(desk: Desk) -> None:
    supervisor = desk.caller("supervisor", DESK)
    dossier = await a_dossier(desk)
    for _ in range(2):  # the same payment tried again is no other money
        await pays(desk, dossier, amount=15000, key="once", receipt_number="BL-0009")
    (kept,) = (await desk.shows(dossier))["payments_kept"]
    desk.clock.move(days=30)
    await desk.does(dossier, "refunds", {"payment": kept["id"], "reason": "Nộp nhầm"}, by=supervisor)

    came = await settled(desk)
    went = await settled(desk, **{"from": "2026-04-01", "to": "2026-04-30"})

    name = {"office": DESK, "name": "Khoản nộp chưa xác định", "online": 0}
    assert came["totals"] == [name | {"payments": 1, "paid": 15000, "refunds": 0, "refunded": 0, "net": 15000}]
    assert went["totals"] == [name | {"payments": 0, "paid": 0, "refunds": 1, "refunded": 15000, "net": -15000}]
    (line,) = came["lines"]
    assert (line["number"], line["kind"], line["receipt_number"], line["reason"]) == (0, "paid", "BL-0009", "amount_wrong")


async def test_money_put_to_its_line_after_all_is_counted_once(desk: Desk) -> None:
    dossier = await a_dossier(desk, FEE, {"name": "Phí", "amount": 30000, "currency": "VND", "text": "30.000 đồng"})
    await pays(desk, dossier, fee=1, amount=15000, key="k")
    await desk.does(dossier, "fee-reductions", {"fee": 1, "amount": 15000, "ground": "Hộ nghèo"}, by=desk.caller("supervisor", DESK))

    taken = await pays(desk, dossier, fee=1, amount=15000, key="k")
    found = await settled(desk)

    assert taken.status_code == 201, taken.text
    assert {total["name"]: total["net"] for total in found["totals"]} == {"Khoản nộp chưa xác định": 0, "Lệ phí": 15000}
    assert [line["kind"] for line in found["lines"] if line["number"] == 0] == ["paid", "put_to_line"]


async def test_money_of_the_last_minute_of_a_day_is_that_days(desk: Desk) -> None:
    dossier = await a_dossier(desk)
    desk.clock.move(hours=15, minutes=59)

    await pays(desk, dossier)

    assert [line["at"][:16] for line in (await settled(desk, to="2026-03-09"))["lines"]] == ["2026-03-09T23:59"]
    assert (await settled(desk, **{"from": "2026-03-10"}))["lines"] == []
