"""Events of the peers: each takes effect once, in order, causes before effects; what the desk does is mirrored."""

from typing import Any

import httpx
import pytest

from services.processing import references
from services.processing.reactions import REACTIONS
from shared.contracts.events import (
    EVENTS,
    DossierResolvedOnTheSpot,
    DossierReturned,
    MessageSent,
    Outcome,
    PapersHandedOver,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemLost,
    PostalItemSentBack,
    ProcedurePublished,
    ProcedureRef,
    Result,
    ResultAtDesk,
    SubmissionRefused,
)
from shared.contracts.peers import Service
from shared.contracts.people import ReturnWay
from shared.ids import uuid7
from shared.wire import write
from tests.house.test_contracts import TOLD_BY
from tests.processing.conftest import AGENCY, DESK, PROCEDURE, Desk, Staff, a_dossier, told
from tests.stack import MONDAY_MORNING, Stack, rows

ITEM: dict[str, Any] = {"carrier": "vnpost", "tracking_number": "EB000717595VN", "at": MONDAY_MORNING}


async def count(stack: Stack, table: str) -> int:
    return (await rows(stack.runtime(Service.PROCESSING), f'select count(*) as n from processing."{table}"'))[0]["n"]


async def done(desk: Desk, officer: Staff) -> Any:
    """A case that is completed, with a refusal."""
    case = await desk.receives(process=None)
    await officer.does(case, "take-up")
    await officer.does(case, "complete", {"outcome": "refused", "reasons": "không đủ điều kiện"})
    return case


# -- the inbox ---------------------------------------------------------------------------------------------------------


def test_every_event_of_the_peers_has_its_line() -> None:
    by_us_alone = TOLD_BY[Service.PROCESSING] - TOLD_BY[Service.INTAKE] - TOLD_BY[Service.NOTIFICATIONS]

    assert set(REACTIONS) == set(EVENTS.values()) - by_us_alone


async def test_an_event_that_comes_twice_has_one_effect(desk: Desk, stack: Stack) -> None:
    event = desk.envelope(uuid7(), a_dossier())

    first, again = await desk.brings(event), await desk.brings(event, event)

    assert (first.status_code, again.status_code) == (204, 204)
    assert (await count(stack, "case"), await count(stack, "step"), await count(stack, "journal")) == (1, 4, 1)


async def test_an_event_ahead_of_its_turn_waits_for_the_one_before(desk: Desk, officer: Staff) -> None:
    case = uuid7()
    received = desk.envelope(case, a_dossier())
    papers = desk.envelope(case, PapersHandedOver(from_office=DESK, to_office=AGENCY, handed_over_by="Cán bộ"))

    early = await desk.brings(papers)
    await desk.brings(received)
    in_turn = await desk.brings(papers)

    assert (early.status_code, early.json()["verdicts"][0]["verdict"]) == (503, "later")
    assert early.headers["retry-after"]
    assert in_turn.status_code == 204
    assert (await officer.sees(case))["papers_handed_over_by"] == "Cán bộ"


async def test_an_effect_waits_for_its_cause(desk: Desk, stack: Stack) -> None:
    case = uuid7()
    notifications = Desk(stack, "notifications")
    sent = MessageSent(message_id=uuid7(), template="received", channel="sms", at=MONDAY_MORNING, attempts=1)
    effect = notifications.envelope(case, sent, seen={"intake": 1})

    early = await desk.brings(effect)
    await desk.brings(desk.envelope(case, a_dossier()))

    assert early.status_code == 503
    assert (await desk.brings(effect)).status_code == 204


async def test_a_batch_in_any_order_is_taken_in_order(desk: Desk, stack: Stack) -> None:
    case = uuid7()
    received = desk.envelope(case, a_dossier())
    papers = desk.envelope(case, PapersHandedOver(from_office=DESK, to_office=AGENCY, handed_over_by="Cán bộ"))

    answer = await desk.brings(papers, received)

    assert answer.status_code == 204
    assert await count(stack, "journal") == 2


async def test_one_event_that_cannot_be_taken_does_not_hold_up_the_others(desk: Desk, stack: Stack) -> None:
    good, stray = desk.envelope(uuid7(), a_dossier()), desk.envelope(uuid7(), a_dossier(process=7))

    answer = await desk.brings(good, stray)

    assert answer.status_code == 207
    assert [verdict["verdict"] for verdict in answer.json()["verdicts"]] == ["taken", "refused"]
    assert "none in place 7" in answer.json()["verdicts"][1]["reason"]
    assert await count(stack, "case") == 1


@pytest.mark.parametrize("missing", ["procedure", "calendar", "office"])
async def test_a_dossier_waits_for_the_version_it_was_received_under(missing: str, desk: Desk, stack: Stack, officer: Staff) -> None:
    unknown = uuid7()
    changed: dict[str, Any] = {
        "procedure": {"procedure": ProcedureRef(key="X-1", version_id=unknown, name="Cấp giấy phép")},
        "calendar": {"calendar_version": unknown},
        "office": {"offices": a_dossier().offices.model_copy(update={"competent": "H50.99"})},
    }[missing]
    event = desk.envelope(uuid7(), a_dossier(**changed))

    answer = await desk.brings(event)

    assert answer.status_code == 503
    assert "has not been published here yet" in answer.json()["verdicts"][0]["reason"]
    assert await count(stack, "case") == 0


async def test_health_shows_what_dossiers_have_been_waiting_for_too_long(desk: Desk, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = uuid7()
    event = desk.envelope(uuid7(), a_dossier(procedure=ProcedureRef(key="X-3", version_id=missing, name="Cấp giấy phép")))

    async def waiting() -> list[str]:
        async with httpx.AsyncClient(transport=stack.switchboard) as client:
            told = (await client.get("http://processing/health/ready")).json()["waiting_for"]
        return [name for name in told if str(missing) in name]

    await desk.brings(event)
    at_first = await waiting()
    monkeypatch.setattr(references, "LONG_SECONDS", -1)
    at_last = await waiting()
    await desk.tells("X-3", ProcedurePublished(version_id=missing, key="X-3", number=1, plain_day="calendar", content=PROCEDURE))
    await desk.brings(event)

    assert (at_first, at_last, await waiting()) == ([], [f"procedure version {missing}"], [])


async def test_a_dossier_keeps_the_version_it_was_received_under(desk: Desk, officer: Staff) -> None:
    newer = uuid7()
    content = PROCEDURE | {"processes": [{"steps_complete": True, "steps": PROCEDURE["processes"][0]["steps"][:2]}]}
    await desk.tells("X-1", ProcedurePublished(version_id=newer, key="X-1", number=2, plain_day="calendar", content=content))

    old = await desk.receives()
    new = await desk.receives(procedure=ProcedureRef(key="X-1", version_id=newer, name="Cấp giấy phép"))

    assert [len((await officer.sees(case))["steps"]) for case in (old, new)] == [4, 2]


async def test_reference_data_told_again_replaces_itself(desk: Desk, stack: Stack) -> None:
    version = uuid7()
    again = ProcedurePublished(version_id=version, key="X-2", number=1, plain_day="calendar", content=PROCEDURE)

    await desk.tells("X-2", again)
    await desk.tells("X-2", again)

    assert await count(stack, "procedure_version") == 2


async def test_an_event_of_an_unknown_type_is_refused(desk: Desk) -> None:
    stranger = write(desk.envelope(uuid7(), a_dossier())) | {"type": "vn.motcua.dossier.vanished.v1"}

    answer = await desk.brings_body([stranger])

    assert answer.status_code == 422
    assert "not known here" in answer.json()["detail"]


async def test_an_event_that_does_not_read_is_refused(desk: Desk) -> None:
    broken = write(desk.envelope(uuid7(), a_dossier())) | {"data": {"code": "x"}}

    assert (await desk.brings_body([broken])).status_code == 422


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"webhook-signature": "v1,bm90IG91cnM="}, 401),
        ({"webhook-timestamp": "1000000000"}, 401),
        ({"content-type": "application/json"}, 415),
    ],
)
async def test_a_batch_not_signed_or_not_spelled_as_agreed_is_not_let_in(
    changed: dict[str, str], status: int, desk: Desk, stack: Stack
) -> None:
    answer = await desk.brings_body([write(desk.envelope(uuid7(), a_dossier()))], **changed)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert await count(stack, "case") == 0


async def test_events_of_a_submission_and_of_messages_are_heard_and_change_nothing(desk: Desk, stack: Stack) -> None:
    submission = uuid7()

    await desk.tells(submission, SubmissionRefused(reason="không thuộc thẩm quyền"))
    await desk.tells(submission, PostalItemDelivered(**ITEM))

    assert (await count(stack, "case"), await count(stack, "journal")) == (0, 0)


# -- what the desk does ------------------------------------------------------------------------------------------------


async def test_a_dossier_resolved_on_the_spot_is_a_case_that_is_over(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = uuid7()
    receipt = a_dossier().model_dump(exclude={"process"})

    await desk.tells(case, DossierResolvedOnTheSpot(**receipt, result=Result(outcome=Outcome.GRANTED, document_number="99/CT")))

    shown = await officer.sees(case)
    assert (shown["state"], shown["on_the_spot"], shown["steps"], shown["verdict"]) == ("returned", True, [], "on_time")
    assert shown["result"]["document_number"] == "99/CT"
    assert shown["possible_actions"] == []
    assert [(line["action"], line["source"]) for line in shown["journal"]] == [("resolve_on_the_spot", "intake")]
    assert await told(stack, case) == []


async def test_the_way_back_by_post_is_mirrored(desk: Desk, officer: Staff) -> None:
    case = await done(desk, officer)
    states: list[str] = []

    for event in (
        PostalItemBooked(**ITEM),
        PostalItemAttemptFailed(**ITEM, attempt=1),
        PostalItemSentBack(**ITEM),
        PostalItemBooked(**ITEM),
        PostalItemLost(**ITEM),
        PostalItemBooked(**ITEM),
        PostalItemDelivered(**ITEM),
        DossierReturned(way=ReturnWay.POST, returned_at=MONDAY_MORNING),
    ):
        await desk.tells(case, event, seen={"processing": 2})
        states.append((await officer.sees(case))["state"])

    assert states == ["in_post", "in_post", "completed", "in_post", "completed", "in_post", "returned", "returned"]
    shown = await officer.sees(case)
    assert shown["returned_by"] == "post"
    assert [line["action"] for line in shown["journal"]][-3:] == ["postal_item.booked", "postal_item.delivered", "dossier.returned"]
    assert {line["source"] for line in shown["journal"][3:]} == {"intake"}


async def test_a_fact_that_changes_nothing_leaves_the_version_alone(desk: Desk, officer: Staff) -> None:
    case = await done(desk, officer)
    await desk.tells(case, PostalItemBooked(**ITEM))
    before = (await officer.sees(case))["version"]

    await desk.tells(case, PostalItemAttemptFailed(**ITEM, attempt=1))

    shown = await officer.sees(case)
    assert (shown["version"], shown["journal"][-1]["action"]) == (before, "postal_item.attempt_failed")


async def test_a_result_that_is_at_the_desk_is_not_handed_over_again(desk: Desk, officer: Staff) -> None:
    case = await done(desk, officer)
    await desk.tells(case, ResultAtDesk(handed_over_by="Bình", taken_over_by="Cán bộ"))

    answer = await officer.tries(case, "hand-over-result")

    assert (answer.status_code, answer.json()["possible_actions"]) == (409, [])


async def test_what_the_agency_tells_names_what_it_had_heard(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await desk.receives()

    await officer.does(case, "take-up")

    query = "select seen, time from processing.event where subject = :subject"
    assert await rows(stack.runtime(Service.PROCESSING), query, subject=str(case)) == [{"seen": {"intake": 1}, "time": MONDAY_MORNING}]
