"""Receiving a dossier at the desk: complete or not, on what terms, with which code and appointment."""

from datetime import datetime, timedelta

import pytest

from shared.clock import VIETNAM
from tests.builders import AGENCY, APPLICANT, DESK, an_application, an_entry
from tests.intake.conftest import Desk

MORE_THAN_ONE_CASE = "CB-1.013814"
MORE_THAN_ONE_LEVEL = "CB-1.008603"
DIFFERS_BY_CHANNEL = "QG-3.000083"
NO_LIMIT = "HN-SNV-106463"
NO_LIST_OF_PAPERS = "CB-1.001806"
NO_PROCESS = "VL-3.000527"


async def test_a_complete_dossier_gets_its_code_its_appointment_and_a_receipt(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application())

    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    received = answer.json()
    assert received["code"] == f"{AGENCY}-260309-0001"
    assert received["accepted_at"] == "2026-03-09T08:00:00+07:00"
    assert received["appointment_at"] == "2026-03-12T08:00:00+07:00"
    receipt = received["receipt"]
    assert len(receipt.pop("lookup_secret")) == 10
    assert receipt == {
        "code": f"{AGENCY}-260309-0001",
        "procedure": receipt["procedure"],
        "procedure_code": "1.014465",
        "papers": [{"name": receipt["papers"][0]["name"], "originals": 1, "copies": 0}],
        "fees": [],
        "fee_total": 0,
        "limit": "03 ngày làm việc",
        "appointment_reason": None,
        "appointment_provisional": False,
        "result_way": "desk",
        "receiving_office": DESK,
        "competent_office": AGENCY,
        "returning_office": DESK,
        "received_by": "Lê Thị Tiếp Nhận",
        "override": None,
    }
    assert receipt["papers"][0]["name"].startswith("Đơn đề nghị sửa đổi, bổ sung")
    assert receipt["procedure"].startswith("Thủ tục sửa đổi, bổ sung/cấp lại")


async def test_the_peers_are_told_of_a_reception_with_its_code_and_people(desk: Desk) -> None:
    received = await desk.receives()

    (event,) = await desk.rows("select type, sequence, data from intake.event where subject = :id", id=received["id"])
    assert (event["type"], event["sequence"]) == ("vn.motcua.dossier.received.v1", 1)
    assert event["data"]["code"] == received["code"]
    assert event["data"]["people"][0]["phone"] == "+84912345678"
    assert event["data"]["process"] == 0
    deliveries = await desk.rows("select subscriber from intake.delivery order by subscriber")
    assert [row["subscriber"] for row in deliveries] == ["notifications", "processing"]


async def test_serials_run_by_office_and_begin_again_the_next_day(desk: Desk) -> None:
    elsewhere = desk.caller("desk_officer", "H14.001")
    first, second = await desk.receives(), await desk.receives()
    other = await desk.receives(NO_LIST_OF_PAPERS, by=elsewhere, papers=[{"name": "Văn bản đề nghị", "originals": 1}])
    desk.clock.move(days=1)
    next_day = await desk.receives()

    assert [one["code"] for one in (first, second, next_day)] == [
        f"{AGENCY}-260309-0001",
        f"{AGENCY}-260309-0002",
        f"{AGENCY}-260310-0001",
    ]
    assert other["code"] == "H14.010-260309-0001"


async def test_the_day_of_a_code_is_the_day_in_viet_nam(desk: Desk) -> None:
    desk.clock.set(datetime(2026, 3, 10, 0, 30, tzinfo=VIETNAM))

    received = await desk.receives()

    assert received["code"] == f"{AGENCY}-260310-0001"


async def test_after_9999_the_serial_grows_instead_of_repeating_itself(desk: Desk) -> None:
    await desk.receives()
    async with desk.runtime.transaction() as tx:
        await (await tx.connection()).exec_driver_sql("update intake.counter set last = 9999")

    assert (await desk.receives())["code"] == f"{AGENCY}-260309-10000"


@pytest.mark.parametrize(
    ("accepted", "due"),
    [
        ("2026-03-09T14:30", "2026-03-12T14:30"),  # within a session: the same clock
        ("2026-03-09T06:10", "2026-03-12T07:00"),  # before opening: the session's beginning
        ("2026-03-09T12:00", "2026-03-12T13:30"),  # in the lunch break: the afternoon's beginning
        ("2026-03-09T18:00", "2026-03-12T17:00"),  # after closing: closing time
        ("2026-03-14T09:00", "2026-03-18T17:00"),  # a Saturday: closing time
        ("2026-04-28T09:15", "2026-05-05T09:15"),  # 30 April and 1 May do not count
        ("2026-03-09T14:30:59", "2026-03-12T14:30"),  # seconds are dropped
    ],
)
async def test_three_working_days_end_as_the_contract_says(desk: Desk, accepted: str, due: str) -> None:
    desk.clock.instant = datetime.fromisoformat(accepted).replace(tzinfo=VIETNAM)

    received = await desk.receives()

    assert received["appointment_at"] == f"{due}:00+07:00"


async def test_missing_papers_are_named_and_the_way_to_record_the_visit_is_shown(desk: Desk) -> None:
    body = an_application("HT-1.014464", papers=[{"number": 1, "originals": 1}])

    answer = await desk.officer.post("/dossiers", body)

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "papers_missing"
    assert [(paper["number"], paper["originals"], paper["copies"]) for paper in problem["missing"]] == [(2, 0, 1), (3, 1, 0), (4, 0, 1)]
    assert "Danh mục các cơ sở sản xuất" in problem["detail"]
    assert "(1 bản chính)" in problem["detail"]
    assert problem["instead"]["href"] == "/v1/submissions"
    assert [await desk.count(table) for table in ("dossier", "event", "key", "journal")] == [0, 0, 0, 0]


async def test_too_few_copies_are_missing_papers_too(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application(papers=[{"number": 1, "copies": 1}]))

    assert answer.status_code == 422
    assert answer.json()["missing"][0]["originals"] == 1


async def test_a_paper_that_came_as_a_file_is_not_asked_for_on_paper(desk: Desk) -> None:
    received = await desk.receives(papers=[{"number": 1, "file": "sha256:9f86d081"}])

    assert (await desk.shows(received["id"]))["papers"][0]["file"] == "sha256:9f86d081"


async def test_an_officer_may_receive_all_the_same_with_a_reason_that_is_kept(desk: Desk) -> None:
    received = await desk.receives(papers=[], override_reason="Giấy tờ đã có trong cơ sở dữ liệu")

    assert received["receipt"]["override"] == "Giấy tờ đã có trong cơ sở dữ liệu"
    timeline = (await desk.officer.get(f"/dossiers/{received['id']}/timeline")).json()
    assert timeline["lines"][0]["note"] == "Giấy tờ đã có trong cơ sở dữ liệu"


async def test_where_limits_differ_by_case_the_cases_are_listed_and_one_must_be_named(desk: Desk) -> None:
    officer = desk.officer_of(MORE_THAN_ONE_CASE)
    body = an_application(MORE_THAN_ONE_CASE, papers=[{"name": "Đơn", "originals": 1}])

    asked = await officer.post("/dossiers", body)
    received = await officer.post("/dossiers", body | {"case": "giải thể cơ sở trợ giúp"})

    assert asked.status_code == 422
    assert asked.json()["code"] == "choice_needed"
    assert asked.json()["field"] == "case"
    assert len(asked.json()["choices"]) == 2
    assert "giải thể cơ sở trợ giúp" in asked.json()["choices"]
    assert asked.json()["errors"][0]["pointer"] == "/case"
    assert received.status_code == 201
    assert received.json()["receipt"]["limit"] == "10 ngày làm việc"


async def test_where_limits_differ_by_level_the_levels_are_listed(desk: Desk) -> None:
    officer = desk.officer_of(MORE_THAN_ONE_LEVEL)
    body = an_application(MORE_THAN_ONE_LEVEL, papers=[{"name": "Đơn", "originals": 1}])

    asked = await officer.post("/dossiers", body)
    at_province = await officer.post("/dossiers", body | {"level": "cấp tỉnh"})
    at_commune = await officer.post("/dossiers", body | {"level": "cấp xã"})

    assert (asked.status_code, asked.json()["field"]) == (422, "level")
    assert set(asked.json()["choices"]) == {"cấp tỉnh", "cấp xã"}
    assert at_province.json()["appointment_at"] == "2026-03-23T08:00:00+07:00"
    assert at_commune.json()["appointment_at"] == "2026-03-19T17:00:00+07:00"


async def test_a_case_the_procedure_does_not_have_is_refused_with_those_it_has(desk: Desk) -> None:
    officer = desk.officer_of(MORE_THAN_ONE_CASE)

    answer = await officer.post("/dossiers", an_application(MORE_THAN_ONE_CASE, case="cấp mới"))

    assert answer.status_code == 422
    assert "cấp mới" in answer.json()["detail"]
    assert "giải thể cơ sở trợ giúp" in answer.json()["choices"]


async def test_where_limits_differ_by_channel_nobody_is_asked(desk: Desk) -> None:
    officer = desk.officer_of(DIFFERS_BY_CHANNEL)
    common = {"procedure": DIFFERS_BY_CHANNEL, "override_reason": "Đã kiểm tra bản giấy", "paper_cases": []}
    at_desk = await desk.receives(**common, by=officer)
    by_post = await desk.receives(
        **common, by=officer, channel="post", postal_item={"carrier": "simulator", "tracking_number": "EF000000001VN"}
    )

    assert at_desk["receipt"]["limit"] == "40 Ngày"
    assert at_desk["appointment_at"] == "2026-04-20T17:00:00+07:00"  # 40 days end on a Saturday
    assert by_post["receipt"]["limit"] == "30 Ngày"
    assert by_post["appointment_at"] == "2026-04-08T17:00:00+07:00"


async def test_where_no_limit_can_be_computed_the_officer_sets_the_appointment_with_a_reason(desk: Desk) -> None:
    officer = desk.officer_of(NO_LIMIT)
    body = an_application(NO_LIMIT, papers=[{"number": number, "originals": 1} for number in (1, 2, 3)])
    wanted = {"appointment_at": "2026-03-20T16:00:00+07:00", "appointment_reason": "Theo lịch của hội đồng"}

    needed = await officer.post("/dossiers", body)
    without_reason = await officer.post("/dossiers", body | {"appointment_at": wanted["appointment_at"]})
    in_the_past = await officer.post("/dossiers", body | wanted | {"appointment_at": "2026-03-01T16:00:00+07:00"})
    received = await officer.post("/dossiers", body | wanted)

    assert (needed.status_code, needed.json()["code"]) == (422, "appointment_needed")
    assert "appointment_at" in needed.json()["detail"]
    assert (without_reason.status_code, in_the_past.status_code) == (422, 422)
    assert received.status_code == 201
    assert received.json()["appointment_at"] == wanted["appointment_at"]
    assert received.json()["receipt"]["appointment_reason"] == "Theo lịch của hội đồng"


async def test_where_a_limit_is_published_no_officer_sets_the_appointment(desk: Desk) -> None:
    body = an_application(appointment_at="2026-03-20T16:00:00+07:00", appointment_reason="Bận")

    answer = await desk.officer.post("/dossiers", body)

    assert answer.status_code == 422
    assert "leave appointment_at out" in answer.json()["detail"]


async def test_without_a_published_process_the_agency_is_told_of_none(desk: Desk) -> None:
    await desk.publishes(an_entry("X-NO-PROCESS"))

    received = await desk.receives("X-NO-PROCESS")

    (event,) = await desk.rows("select data from intake.event where subject = :id", id=received["id"])
    assert "process" not in event["data"]


async def test_where_no_list_of_papers_is_published_the_officer_lists_what_was_received(desk: Desk) -> None:
    officer = desk.officer_of(NO_LIST_OF_PAPERS)

    refused = await officer.post("/dossiers", an_application(NO_LIST_OF_PAPERS, papers=[]))
    received = await officer.post("/dossiers", an_application(NO_LIST_OF_PAPERS, papers=[{"name": "Văn bản đề nghị", "copies": 2}]))

    assert refused.status_code == 422
    assert "list in `papers` what was received" in refused.json()["detail"]
    assert received.json()["receipt"]["papers"] == [{"name": "Văn bản đề nghị", "originals": 0, "copies": 2}]


async def test_a_paper_number_beyond_the_list_is_refused(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application(papers=[{"number": 1, "originals": 1}, {"number": 9, "originals": 1}]))

    assert answer.status_code == 422
    assert "no paper number 9" in answer.json()["detail"]


async def test_a_procedure_nobody_is_competent_for_cannot_be_received(desk: Desk) -> None:
    await desk.publishes(an_entry("X-NOBODY"), offices=())

    answer = await desk.officer.post("/dossiers", an_application("X-NOBODY"))

    assert (answer.status_code, answer.json()["code"]) == (422, "no_competent_office")
    assert "X-NOBODY" in answer.json()["detail"]


async def test_of_several_competent_offices_one_must_be_named(desk: Desk) -> None:
    await desk.publishes(an_entry("X-SEVERAL"), offices=("H27.010", "H27.020"))

    asked = await desk.officer.post("/dossiers", an_application("X-SEVERAL"))
    wrong = await desk.officer.post("/dossiers", an_application("X-SEVERAL", competent_office=AGENCY))
    received = await desk.officer.post("/dossiers", an_application("X-SEVERAL", competent_office="H27.020"))

    assert (asked.status_code, asked.json()["choices"]) == (422, ["H27.010", "H27.020"])
    assert (wrong.status_code, wrong.json()["choices"]) == (422, ["H27.010", "H27.020"])
    assert received.json()["code"] == "H27.020-260309-0001"


async def test_a_procedure_not_yet_in_force_is_not_received(desk: Desk) -> None:
    await desk.publishes(an_entry("X-FROM-APRIL"), valid_from=(desk.clock.now() + timedelta(days=23)).date())

    early = await desk.officer.post("/dossiers", an_application("X-FROM-APRIL"))
    desk.clock.set(datetime(2026, 4, 1, 8, 0, tzinfo=VIETNAM))
    in_time = await desk.officer.post("/dossiers", an_application("X-FROM-APRIL"))

    assert (early.status_code, early.json()["code"]) == (422, "procedure_not_open")
    assert "2026-04-01" in early.json()["detail"]
    assert in_time.status_code == 201


async def test_an_unknown_procedure_is_not_found(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application("CB-9.999999"))

    assert answer.status_code == 404
    assert "CB-9.999999" in answer.json()["detail"]


async def test_an_officer_receives_for_their_own_offices_only(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application(receiving_office="H14.001"))

    assert answer.status_code == 404


async def test_an_officer_of_several_offices_says_for_which(desk: Desk) -> None:
    officer = desk.caller("desk_officer", DESK, "H27.101")

    asked = await officer.post("/dossiers", an_application())
    received = await officer.post("/dossiers", an_application(receiving_office="H27.101"))

    assert asked.status_code == 422
    assert asked.json()["choices"] == ["H27.001", "H27.101"]
    assert received.json()["receipt"]["receiving_office"] == "H27.101"


async def test_what_came_by_post_is_received_with_its_postal_item(desk: Desk) -> None:
    item = {"carrier": "simulator", "tracking_number": "EF000000001VN"}

    received = await desk.receives(channel="post", postal_item=item)

    shown = await desk.shows(received["id"])
    assert shown["channel"] == "post"
    assert [(one["direction"], one["tracking_number"], one["state"]) for one in shown["postal_items"]] == [
        ("in", "EF000000001VN", "delivered")
    ]


async def test_what_came_by_post_names_its_postal_item(desk: Desk) -> None:
    answer = await desk.officer.post("/dossiers", an_application(channel="post"))

    assert answer.status_code == 422
    assert "names its postal_item" in answer.text


async def test_one_postal_item_is_received_once(desk: Desk) -> None:
    item = {"carrier": "simulator", "tracking_number": "EF000000001VN"}
    await desk.receives(channel="post", postal_item=item)

    answer = await desk.officer.post("/dossiers", an_application(channel="post", postal_item=item))

    assert (answer.status_code, answer.json()["code"]) == (409, "tracking_number_used")
    assert await desk.count("dossier") == 1


async def test_an_item_of_a_carrier_we_do_not_know_is_refused(desk: Desk) -> None:
    item = {"carrier": "pigeon", "tracking_number": "EF000000001VN"}

    answer = await desk.officer.post("/dossiers", an_application(channel="post", postal_item=item))

    assert answer.status_code == 404
    assert "simulator" in answer.json()["detail"]


async def test_a_representative_acts_for_the_applicant(desk: Desk) -> None:
    received = await desk.receives(representative={"name": "Trần Văn Thay", "phone": "0987654321"})

    people = (await desk.shows(received["id"]))["people"]
    assert [(person["part"], person["name"]) for person in people] == [
        ("applicant", "Nông Thị Mẫu"),
        ("representative", "Trần Văn Thay"),
    ]


async def test_a_result_by_post_needs_an_address(desk: Desk) -> None:
    without_address = {name: value for name, value in APPLICANT.items() if name != "address"}

    refused = await desk.officer.post("/dossiers", an_application(applicant=without_address, result={"way": "post"}))
    received = await desk.receives(result={"way": "post"})

    assert refused.status_code == 422
    assert "a result by post needs the applicant's address" in refused.text
    assert received["receipt"]["result_way"] == "post"


async def test_fees_are_as_published_unless_the_officer_names_why_less_is_owed(desk: Desk) -> None:
    await desk.publishes(an_entry("X-FEE", fees=[{"name": "Lệ phí", "amount": 20000, "currency": "VND", "text": "20.000 đồng"}]))
    half = {"name": "Lệ phí", "amount": 10000, "paid": True, "method": "cash"}

    owed = await desk.receives("X-FEE")
    refused = await desk.officer.post("/dossiers", an_application("X-FEE", fees=[half]))
    charged = await desk.receives("X-FEE", fees=[half | {"ground": "Người thuộc hộ cận nghèo"}])

    assert owed["receipt"]["fees"] == [{"name": "Lệ phí", "amount": 20000, "paid": False}]
    assert (refused.status_code, refused.json()["code"], refused.json()["published"]) == (422, "fee_wrong", 20000)
    assert charged["receipt"]["fees"] == [{"name": "Lệ phí", "amount": 10000, "paid": True}]
    assert charged["receipt"]["fee_total"] == 10000


async def test_the_citizen_looks_the_dossier_up_with_code_and_secret_and_sees_nobodys_name(desk: Desk) -> None:
    received = await desk.receives()
    secret = received["receipt"]["lookup_secret"]

    found = await desk.anyone.get(f"/lookup/{received['code']}", params={"secret": secret.lower()})
    wrong = await desk.anyone.get(f"/lookup/{received['code']}", params={"secret": "AAAAAAAAAA"})
    nothing = await desk.anyone.get(f"/lookup/{AGENCY}-260309-0099", params={"secret": secret})

    assert found.status_code == 200
    assert (found.json()["state"], found.json()["label"]) == ("received", "Được tiếp nhận")
    assert APPLICANT["name"] not in found.text
    assert (wrong.status_code, nothing.status_code) == (404, 404)
    assert wrong.json()["detail"] == nothing.json()["detail"]


async def test_a_dossier_is_found_by_id_and_by_code_alike(desk: Desk) -> None:
    received = await desk.receives()

    assert await desk.shows(received["id"]) == await desk.shows(received["code"])


async def test_a_quote_says_what_would_be_needed_and_promised(desk: Desk) -> None:
    quote = (await desk.officer.post("/quotes", {"procedure": "HT-1.014464", "papers": [{"number": 1, "originals": 1}]})).json()

    assert quote["appointment_at"] == "2026-03-12T08:00:00+07:00"
    assert [paper["number"] for paper in quote["papers"]] == [1, 2, 3, 4]
    assert [paper["number"] for paper in quote["missing"]] == [2, 3, 4]
    assert await desk.count("dossier") == 0


async def test_a_list_is_paged_to_its_end_without_repeating_a_dossier(desk: Desk) -> None:
    codes = [(await desk.receives())["code"] for _ in range(5)]

    seen, after = [], None
    while True:
        page = (await desk.officer.get("/dossiers", params={"limit": 2} | ({"after": after} if after else {}))).json()
        seen += [row["code"] for row in page["dossiers"]]
        if (after := page["next"]) is None:
            break

    assert seen == codes[::-1]
