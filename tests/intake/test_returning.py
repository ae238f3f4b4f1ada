"""Bringing results back: over the counter, online, and by a carrier whose reports come late, twice, or never."""

import pytest

from tests.builders import APPLICANT
from tests.intake.conftest import Desk

ITEM = {"carrier": "simulator", "tracking_number": "EF000000001VN"}


async def completed(desk: Desk, *, at_desk: bool = True, **changed: object) -> str:
    """A dossier whose result is ready; and, where not said otherwise, has arrived at the desk."""
    received = await desk.receives(**changed)
    await desk.agency.completes(received["id"])
    if at_desk:
        await desk.does(received["id"], "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    return received["id"]


async def posted(desk: Desk) -> str:
    dossier = await completed(desk, result={"way": "post"})
    await desk.does(dossier, "postal-items", ITEM)
    return dossier


async def test_the_desk_follows_what_the_agency_tells(desk: Desk) -> None:
    received = await desk.receives()
    await desk.agency.takes_up(received["id"])
    taken_up = await desk.shows(received["id"])
    desk.clock.move(days=1)
    await desk.agency.completes((await desk.receives())["id"])

    assert taken_up["state"] == "in_progress"


async def test_the_result_reaches_the_desk_only_when_there_is_one(desk: Desk) -> None:
    received = await desk.receives()

    early = await desk.tries(received["id"], "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    await desk.agency.completes(received["id"])
    taken = await desk.tries(received["id"], "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    twice = await desk.tries(received["id"], "result-at-desk", {"handed_over_by": "Trần Văn Bình"})

    assert (early.status_code, early.json()["code"]) == (409, "action_not_allowed")
    assert "while the dossier is received" in early.json()["detail"]
    assert (taken.status_code, taken.json()["state"]) == (200, "completed")
    assert twice.status_code == 409
    assert await desk.told(received["id"]) == ["dossier.received", "result.at_desk"]


async def test_nothing_is_handed_over_the_counter_before_it_lies_there(desk: Desk) -> None:
    dossier = await completed(desk, at_desk=False)

    early = await desk.tries(dossier, "returns", {"identity_paper": "identity_card"})
    await desk.does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    returned = await desk.tries(dossier, "returns", {"identity_paper": "identity_card"})

    assert (early.status_code, "take it over from the agency first" in early.json()["detail"]) == (409, True)
    assert (returned.status_code, returned.json()["state"]) == (200, "returned")
    shown = await desk.shows(dossier)
    assert (shown["returned_by"], [action["action"] for action in shown["possible_actions"]]) == ("desk", ["request_correction"])


async def test_a_representative_shows_an_authorisation(desk: Desk) -> None:
    dossier = await completed(desk, representative={"name": "Trần Văn Thay"})

    without = await desk.tries(dossier, "returns", {"collected_by": "representative", "identity_paper": "identity_card"})
    having = await desk.tries(dossier, "returns", {"collected_by": "representative", "authorisation": "Giấy ủy quyền 12/2026"})

    assert without.status_code == 422
    assert "authorisation" in without.json()["detail"]
    assert having.json()["state"] == "returned"


@pytest.mark.parametrize("wish", [{"way": "desk", "electronic_only": True}, {"way": "online"}])
async def test_an_electronic_result_alone_is_the_whole_return(desk: Desk, wish: dict[str, object]) -> None:
    dossier = await completed(desk, at_desk=False, result=wish)

    answer = await desk.tries(dossier, "returns", {"way": "online", "reference": "sha256:9f86d081"})

    assert answer.json()["state"] == "returned"
    assert await desk.told(dossier) == ["dossier.received", "dossier.returned"]


async def test_where_paper_is_wanted_too_the_electronic_result_is_half_of_the_return(desk: Desk) -> None:
    dossier = await completed(desk)

    online = await desk.tries(dossier, "returns", {"way": "online", "reference": "sha256:9f86d081"})
    twice = await desk.tries(dossier, "returns", {"way": "online", "reference": "sha256:9f86d081"})
    paper = await desk.tries(dossier, "returns")

    assert online.json()["state"] == "completed"
    assert twice.status_code == 409
    assert paper.json()["state"] == "returned"
    assert await desk.told(dossier) == ["dossier.received", "result.at_desk", "result.delivered", "dossier.returned"]


async def test_an_electronic_result_names_where_it_stands(desk: Desk) -> None:
    answer = await desk.tries(await completed(desk), "returns", {"way": "online"})

    assert answer.status_code == 422


async def test_a_result_goes_out_by_post_and_is_returned_when_the_carrier_says_so(desk: Desk) -> None:
    dossier = await posted(desk)

    effects = [
        await desk.carrier_reports(ITEM["tracking_number"], code, at=f"2026-03-{day}T09:00:00+07:00")
        for day, code in ((10, "accepted"), (11, "attempt_failed"), (12, "attempt_failed"), (13, "delivered"))
    ]

    assert effects == ["moved", "moved", "moved", "moved"]
    shown = await desk.shows(dossier)
    assert (shown["state"], shown["returned_by"], shown["returned_at"]) == ("returned", "post", "2026-03-13T09:00:00+07:00")
    (item,) = shown["postal_items"]
    assert (item["direction"], item["state"], item["attempts"]) == ("out", "delivered", 2)
    assert await desk.told(dossier) == [
        "dossier.received",
        "result.at_desk",
        "postal_item.booked",
        "postal_item.posted",
        "postal_item.attempt_failed",
        "postal_item.attempt_failed",
        "postal_item.delivered",
        "dossier.returned",
    ]


async def test_reports_that_come_late_twice_or_unknown_are_kept_and_move_nothing(desk: Desk) -> None:
    dossier = await posted(desk)
    number = ITEM["tracking_number"]
    await desk.carrier_reports(number, "delivered", at="2026-03-13T09:00:00+07:00")
    before = await desk.shows(dossier)

    effects = [
        await desk.carrier_reports(number, "delivered", at="2026-03-13T09:00:00+07:00"),
        await desk.carrier_reports(number, "attempt_failed", at="2026-03-12T09:00:00+07:00"),
        await desk.carrier_reports(number, "P77", at="2026-03-13T10:00:00+07:00"),
        await desk.carrier_reports("EF000000099VN", "delivered", at="2026-03-13T09:00:00+07:00"),
    ]

    assert effects == ["duplicate", "late", "unknown_code", "unknown_item"]
    assert await desk.shows(dossier) == before
    assert await desk.count("postal_report") == 4


async def test_a_report_that_is_not_signed_by_the_carrier_is_not_believed(desk: Desk) -> None:
    await posted(desk)
    report = {"tracking_number": ITEM["tracking_number"], "code": "delivered", "at": "2026-03-13T09:00:00+07:00"}

    forged = await desk.carrier_sends(report, **{"webhook-signature": "v1,AAAA"})
    old = await desk.carrier_sends(report, **{"webhook-timestamp": "1700000000"})

    assert (forged.status_code, old.status_code) == (401, 401)
    assert await desk.count("postal_report") == 0


async def test_a_result_that_was_sent_back_is_ready_again_and_may_be_posted_again(desk: Desk) -> None:
    dossier = await posted(desk)
    await desk.carrier_reports(ITEM["tracking_number"], "sent_back", at="2026-03-13T09:00:00+07:00", cause="Không có người nhận")
    sent_back = (await desk.shows(dossier))["state"]

    used = await desk.tries(dossier, "postal-items", ITEM)
    again = await desk.tries(dossier, "postal-items", ITEM | {"tracking_number": "EF000000002VN"})
    await desk.carrier_reports("EF000000002VN", "delivered", at="2026-03-16T09:00:00+07:00")

    assert sent_back == "completed"
    assert (used.status_code, used.json()["code"]) == (409, "tracking_number_used")
    assert (again.status_code, again.json()["state"]) == (201, "in_post")
    assert (await desk.shows(dossier))["state"] == "returned"


async def test_a_lost_item_that_turns_up_after_all_is_heard_of_and_kept(desk: Desk) -> None:
    dossier = await posted(desk)
    await desk.carrier_reports(ITEM["tracking_number"], "lost", at="2026-03-13T09:00:00+07:00")
    lost = (await desk.shows(dossier))["state"]

    effect = await desk.carrier_reports(ITEM["tracking_number"], "delivered", at="2026-03-20T09:00:00+07:00")

    assert (lost, effect) == ("completed", "moved")
    shown = await desk.shows(dossier)
    assert shown["postal_items"][0]["state"] == "delivered"
    assert shown["state"] == "completed"
    assert (await desk.told(dossier))[-3:] == ["postal_item.lost", "correction.requested", "postal_item.delivered"]


async def test_a_lost_item_that_comes_back_does_not_end_the_way_of_the_next(desk: Desk) -> None:
    dossier = await posted(desk)
    await desk.carrier_reports(ITEM["tracking_number"], "lost", at="2026-03-13T09:00:00+07:00")
    await desk.agency.issues_again(dossier)
    await desk.does(dossier, "result-at-desk", {"handed_over_by": "Trần Văn Bình"})
    await desk.does(dossier, "postal-items", ITEM | {"tracking_number": "EF000000002VN"})

    await desk.carrier_reports(ITEM["tracking_number"], "sent_back", at="2026-03-20T09:00:00+07:00")

    assert (await desk.shows(dossier))["state"] == "in_post"


async def test_an_item_the_carrier_holds_is_told_and_stays_in_the_post(desk: Desk) -> None:
    dossier = await posted(desk)

    await desk.carrier_reports(ITEM["tracking_number"], "held", at="2026-03-13T09:00:00+07:00")

    assert (await desk.shows(dossier))["state"] == "in_post"
    assert (await desk.told(dossier))[-1] == "postal_item.held"


async def test_what_does_not_lie_at_the_desk_is_not_posted(desk: Desk) -> None:
    answer = await desk.tries(await completed(desk, at_desk=False, result={"way": "post"}), "postal-items", ITEM)

    assert answer.status_code == 409
    assert "not at the desk" in answer.json()["detail"]


async def test_a_result_is_not_posted_to_nowhere(desk: Desk) -> None:
    nowhere = {name: value for name, value in APPLICANT.items() if name != "address"}

    answer = await desk.tries(await completed(desk, applicant=nowhere), "postal-items", ITEM)

    assert answer.status_code == 422
    assert "no address" in answer.json()["detail"]


async def test_a_carrier_we_do_not_know_carries_nothing(desk: Desk) -> None:
    dossier = await completed(desk)

    answer = await desk.tries(dossier, "postal-items", ITEM | {"carrier": "pigeon"})
    report = await desk.anyone.post("/postal-events/pigeon", json={"tracking_number": "x", "code": "y", "at": "2026-03-13T09:00:00+07:00"})

    assert (answer.status_code, report.status_code) == (404, 404)


async def test_papers_are_handed_over_with_a_name_and_journalled(desk: Desk) -> None:
    received = await desk.receives()

    answer = await desk.tries(received["id"], "hand-overs", {"note": "Đủ bản chính"})

    assert answer.status_code == 200
    lines = (await desk.officer.get(f"/dossiers/{received['id']}/timeline")).json()["lines"]
    assert [(line["action"], line["by"], line["note"]) for line in lines] == [
        ("receive", "Lê Thị Tiếp Nhận", None),
        ("hand_over_papers", "Lê Thị Tiếp Nhận", "Đủ bản chính"),
    ]


async def test_papers_are_handed_over_to_an_office_that_exists(desk: Desk) -> None:
    received = await desk.receives()

    answer = await desk.tries(received["id"], "hand-overs", {"to_office": "H27.999"})

    assert answer.status_code == 404
