"""Officers find a dossier by what they have of it, and only what lies within their offices."""

import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog

from services.intake.api.ranked import Commonness
from services.intake.domain.journal import JournalLine
from services.intake.tables import load_dossier, save_dossier
from tests.builders import AGENCY, DESK, ELSEWHERE, PROVINCE, SIMPLE, a_submission
from tests.intake.conftest import Desk
from tests.stack import MONDAY_MORNING, Caller


def a_person(name: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    return {"name": name, "identity_number": f"00019000{number:04}", "phone": f"091200{number:04}"} | changed


async def receives(desk: Desk, name: str, number: int = 1, **changed: Any) -> dict[str, Any]:
    return await desk.receives(applicant=a_person(name, number), **changed)


async def found(desk: Desk, *, by: Caller | None = None, **asked: Any) -> list[dict[str, Any]]:
    answer = await (by or desk.officer).get("/dossiers", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()["dossiers"]


async def names(desk: Desk, *, by: Caller | None = None, **asked: Any) -> list[str]:
    return [row["applicant"] for row in await found(desk, by=by, **asked)]


async def refused(desk: Desk, **asked: Any) -> dict[str, Any]:
    """The problem that a search is answered with."""
    answer = await desk.officer.get("/dossiers", params=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    return answer.json()


async def test_by_name_without_diacritics_with_a_slip_of_the_finger(desk: Desk) -> None:
    await receives(desk, "Nguyễn Văn Bình")
    await receives(desk, "Đặng Thị Hường", 2)

    for typed in (
        "Nguyễn Văn Bình",
        "NGUYEN VAN BINH",
        "binh nguyen",
        "nguyen van bihn",
        "nguyen van bin",
        "ngyuen van bihn",
        "nguyenn binh",
    ):
        assert await names(desk, q=typed) == ["Nguyễn Văn Bình"], typed
        assert await names(desk, name=typed) == ["Nguyễn Văn Bình"], typed
    assert await names(desk, q="dang thi huong") == ["Đặng Thị Hường"]
    for nobody in ("nguyen van nam", "tran van binh minh", "nguyen dang", "bxxh"):
        assert await names(desk, q=nobody) == [], nobody


async def test_the_best_match_comes_first_and_of_equals_the_newest(desk: Desk) -> None:
    for name in ("Nguyễn Văn Bình", "Bình Văn Nguyễn", "Nguyễn Văn Binh", "Nguyễn Văn Bích", "Nguyễn Văn Bình An", "Trần Văn Bình"):
        await receives(desk, name)
        desk.clock.move(minutes=1)

    by_rank = await names(desk, q="nguyen van binh")

    assert by_rank == ["Nguyễn Văn Binh", "Nguyễn Văn Bình", "Nguyễn Văn Bình An", "Bình Văn Nguyễn"]


async def test_who_is_like_it_is_shown_where_nobody_is_called_so_and_two_slips_away_where_nobody_is_one(desk: Desk) -> None:
    for name in ("Nguyễn Văn Bích", "Nguyễn Văn Hải"):
        await receives(desk, name)

    assert await names(desk, q="nguyen van binh") == ["Nguyễn Văn Bích"]
    assert await names(desk, q="nguyenx vann bich") == ["Nguyễn Văn Bích"]
    await receives(desk, "Nguyễn Văn Bình")
    assert await names(desk, q="nguyen van binh") == ["Nguyễn Văn Bình"]


async def test_by_the_representative_but_not_by_words_of_two_people(desk: Desk) -> None:
    representative = a_person("Trần Thị Hoa", 7)
    await desk.receives(applicant=a_person("Nguyễn Văn Nam"), representative=representative)

    assert await names(desk, q="tran thi hoa") == ["Nguyễn Văn Nam"]
    assert await names(desk, phone=representative["phone"]) == ["Nguyễn Văn Nam"]
    assert await names(desk, q="nguyen hoa") == []


async def test_by_code_whole_or_in_part(desk: Desk) -> None:
    first, second = await receives(desk, "Một"), await receives(desk, "Hai", 2)

    assert await names(desk, q=first["code"]) == ["Một"]
    assert await names(desk, code=second["code"].lower()) == ["Hai"]
    assert await names(desk, q=second["code"].partition("-")[2]) == ["Hai"]
    assert await names(desk, q=AGENCY) == await names(desk, q=f"{AGENCY}-2603") == await names(desk, q="260309") == ["Hai", "Một"]
    assert await names(desk, q="260310") == await names(desk, q="H14.010") == await names(desk, code=first["code"] + "9") == []


async def test_by_national_code_before_and_after_acceptance(desk: Desk) -> None:
    body = a_submission("G22.99-260309-0815", applicant=a_person("Lò Thị Mơ"))
    submitted = (await desk.portal.post("/submissions", body)).json()

    before = await found(desk, q="G22.99-260309-0815")
    accepted = await desk.does(submitted["id"], "accept", under="submissions")

    assert [row["code"] for row in before] == [None]
    for typed in ("G22.99-260309-0815", "g22.99-2603", accepted["code"], accepted["code"].partition("-")[2]):
        assert [row["code"] for row in await found(desk, q=typed)] == [accepted["code"]], typed


async def test_by_phone_and_by_identity_number_exactly(desk: Desk) -> None:
    await desk.receives(applicant=a_person("Một", identity_number="004190000001", phone="0912345678"))
    await desk.receives(applicant=a_person("Hai", identity_number="004190000002", phone="0912345679"))

    for phone in ("0912345678", "+84912345678", "0912 345 678", "0912.345.678"):
        assert await names(desk, q=phone) == await names(desk, phone=phone) == ["Một"], phone
    for number in ("004190000002", "004 190 000 002"):
        assert await names(desk, q=number) == await names(desk, identity_number=number) == ["Hai"], number
    for part in ("00419000000", "0041900000011", "4190000001", "091234567"):
        assert await names(desk, q=part) == await names(desk, identity_number=part) == await names(desk, phone=part) == [], part
    assert await names(desk, phone="004190000001") == await names(desk, identity_number="0912345678") == []


async def test_a_corrected_submission_is_found_by_its_new_people_only(desk: Desk) -> None:
    body = a_submission("G22-1", applicant=a_person("Nông Văn Cũ", 1))
    await desk.portal.post("/submissions", body)
    await desk.portal.post("/submissions", body | {"applicant": a_person("Nông Văn Mới", 2)})

    assert await names(desk, q="nong van moi") == await names(desk, identity_number="000190000002") == ["Nông Văn Mới"]
    assert await names(desk, identity_number="000190000001") == await names(desk, q="cu nong van") == []


async def test_by_procedure_state_channel_office_and_dates(desk: Desk) -> None:
    dossier = await receives(desk, "Một")
    procedure = (await desk.shows(dossier["id"]))["procedure"]
    due = (await desk.shows(dossier["id"]))["appointment_at"][:10]
    await desk.agency.takes_up(dossier["id"])
    fits: list[dict[str, Any]] = [
        {"procedure": SIMPLE},
        {"procedure": procedure["code"]},
        {"procedure": " ".join(reversed(procedure["name"].split()))},
        {"state": "in_progress"},
        {"state": ["received", "in_progress"]},
        {"channel": "desk"},
        {"office": DESK},
        {"office": AGENCY},
        {"office": PROVINCE},
        {"received_from": "2026-03-09", "received_to": "2026-03-09"},
        {"due_from": due, "due_to": due},
    ]
    fits_not: list[dict[str, Any]] = [
        {"procedure": "CB-1.001806"},
        {"procedure": "zzz"},
        {"state": "received"},
        {"state": ["returned", "withdrawn"]},
        {"channel": "online"},
        {"office": ELSEWHERE},
        {"office": "H27.010"},
        {"received_from": "2026-03-10"},
        {"received_to": "2026-03-08"},
        {"due_from": "2026-03-31"},
        {"due_to": "2026-03-09"},
    ]

    for asked in fits:
        assert await names(desk, **asked) == await names(desk, q="mot", **asked) == ["Một"], asked
    for asked in fits_not:
        assert await names(desk, **asked) == await names(desk, q="mot", **asked) == [], asked
    everything: dict[str, Any] = {}
    for asked in fits:
        everything |= asked
    assert await names(desk, **everything) == ["Một"]


async def test_an_office_is_asked_for_with_those_it_came_from(desk: Desk) -> None:
    dossier = await receives(desk, "Một")
    merged, its_successor = "H14.191", "H14.101"
    await as_received_at(desk, dossier["id"], merged)

    both = desk.caller("supervisor", "H14", PROVINCE)
    assert await names(desk, by=both, office=its_successor) == await names(desk, by=both, office="H14") == ["Một"]
    assert await names(desk, by=both, office="H14.102") == []
    assert await names(desk, by=desk.caller("desk_officer", its_successor)) == ["Một"]
    assert await names(desk, by=desk.caller("desk_officer", "H14.102")) == []


async def as_received_at(desk: Desk, dossier: str, office: str) -> None:
    """As if it had come in at an office that no longer takes any in."""
    async with desk.runtime.transaction() as tx:
        before = await load_dossier(tx, dossier)
        offices = before.offices.model_copy(update={"receiving": office, "returning": office})
        line = JournalLine("moved by the test", "test", before.state, before.state)
        await save_dossier(tx, before, replace(before, offices=offices), line)


async def test_nobody_finds_what_lies_outside_their_offices(desk: Desk) -> None:
    dossier = await desk.receives(applicant=a_person("Nguyễn Văn Bình"))
    outsider, agency = desk.caller("desk_officer", ELSEWHERE), desk.caller("case_officer", AGENCY)
    questions: list[dict[str, Any]] = [
        {"q": "nguyen van binh"},
        {"q": "nguyen van bihn"},
        {"q": dossier["code"]},
        {"code": dossier["code"]},
        {"phone": "0912000001"},
        {"identity_number": "000190000001"},
        {"procedure": SIMPLE},
        {"office": DESK},
        {"state": "received"},
        {},
    ]

    for asked in questions:
        assert await names(desk, by=agency, **asked) == ["Nguyễn Văn Bình"], asked
        assert await names(desk, by=outsider, **asked) == [], asked


async def walks(desk: Desk, *, between: Any = None, **asked: Any) -> list[str]:
    """All pages, one after the other; `between` is done before each but the first."""
    seen: list[str] = []
    after = None
    for _ in range(100):
        answer = (await desk.officer.get("/dossiers", params=asked | ({"after": after} if after else {}))).json()
        seen += [row["id"] for row in answer["dossiers"]]
        after = answer["next"]
        if after is None:
            return seen
        if between:
            await between()
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("asked", [{}, {"q": "nguyen van binh"}, {"q": "nguyen van zinh", "state": "received"}, {"office": DESK}])
async def test_pages_have_no_gap_and_no_double_while_new_dossiers_come_in(desk: Desk, asked: dict[str, str]) -> None:
    borne = ("Nguyễn Văn Bình", "Bình Văn Nguyễn", "Nguyễn Văn Bích", "Nguyễn Vân Bích", "Nguyễn Văn Bình")
    there, called = [], []
    for number in range(15):
        there.append((await receives(desk, borne[number % len(borne)], number))["id"])
        called += there[-1:] if "Bình" in borne[number % len(borne)] else []
        if number % 3:  # some at the same instant
            desk.clock.move(minutes=1)
    whole = await walks(desk, limit=200, **asked)
    assert set(whole) == set(called if "q" in asked else there)

    async def another() -> None:
        desk.clock.move(minutes=1)
        for name in borne[:2]:
            await receives(desk, name)

    for size in (1, 4, 15):
        pages = await walks(desk, between=another, limit=size, **asked)

        assert len(pages) == len(set(pages))
        assert [name for name in pages if name in there] == whole


@pytest.mark.parametrize("asked", [{}, {"q": "nguyen van binh"}, {"state": "received"}, {"q": "binh", "office": DESK}])
async def test_what_is_far_back_is_found_like_what_is_new(desk: Desk, asked: dict[str, str]) -> None:
    for number, name in enumerate(("Nguyễn Văn Bình", "Nguyễn Văn Bích", "Bình Văn Nguyễn") * 4):
        await receives(desk, name, number)
        desk.clock.move(minutes=10)
    in_one_go = await walks(desk, limit=200, **asked)

    for rare in (0.0, 0.01, 1.0):
        for a_window in (timedelta(minutes=1), timedelta(minutes=35), timedelta(hours=1, minutes=30)):
            begin, end = MONDAY_MORNING, desk.clock.now()
            many = 20_000 * (end - begin) / a_window
            desk.runtime.facts["commonness"] = (time.monotonic(), Commonness(many, begin, end, {}, rare))
            through_windows = {size: await walks(desk, limit=size, **asked) for size in (1, 5, 200)}
            del desk.runtime.facts["commonness"]

            assert through_windows == dict.fromkeys((1, 5, 200), in_one_go)


@pytest.mark.parametrize("sign", ["%", "_", "%%%", "\\", "'", '"', "--", "*", "\u0301"])
async def test_signs_alone_are_refused_and_among_letters_they_mean_nothing(desk: Desk, sign: str) -> None:
    await receives(desk, "Nguyễn Văn Bình")

    for field in ("q", "name", "code", "phone", "identity_number"):
        assert (await refused(desk, **{field: sign}))["code"] == "nothing_to_search_for", field
    assert await names(desk, name=f"binh{sign}") == ["Nguyễn Văn Bình"]
    assert await names(desk, name=f"b{sign}h") == await names(desk, code=f"H27{sign}") == await names(desk, procedure=f"HT{sign}") == []


@pytest.mark.parametrize("asked", ["'; drop table intake.dossier; --", "binh' or '1'='1", "{binh}", "nguyen) or true --", "$1", "\\x00"])
async def test_statements_in_a_search_are_only_text(desk: Desk, asked: str) -> None:
    await receives(desk, "Nguyễn Văn Bình")

    for field in ("q", "name", "code", "phone", "identity_number", "procedure", "office"):
        answer = await desk.officer.get("/dossiers", params={field: asked})
        assert answer.status_code in (200, 422), answer.text
        assert answer.status_code == 422 or asked == "{binh}" or answer.json()["dossiers"] == []
    assert await names(desk, q="binh") == ["Nguyễn Văn Bình"]


@pytest.mark.parametrize(
    "asked",
    [
        {"q": ""},
        {"q": "a" * 201},
        {"name": "binh", "q": "binh"},
        {"state": "lost"},
        {"channel": "pigeon"},
        {"limit": 0},
        {"limit": 201},
        {"received_from": "9/3/2026"},
        {"received_to": "9999-12-31"},
        {"due_to": "2026-02-30"},
        {"sort": "name"},
        *({"after": cursor} for cursor in ("x", "Wzk=", "W10=", "bnVsbA==", "WzAsICIyMDI2IiwgIngiXQ==", "é", "[" * 400)),
        *({field: "bi\0nh"} for field in ("q", "name", "code", "phone", "identity_number", "procedure", "office", "after")),
    ],
)
async def test_what_cannot_be_understood_is_refused_clearly(desk: Desk, asked: dict[str, Any]) -> None:
    problem = await refused(desk, **asked)

    assert problem["code"] in ("invalid_input", "nothing_to_search_for")
    assert problem["detail"]


async def test_what_was_sought_stands_in_no_error_and_in_no_log(desk: Desk) -> None:
    sought = "Nguyễn Văn Bình 0912345678"

    with structlog.testing.capture_logs() as told:
        await found(desk, q=sought, identity_number="004190000001")
        problems = [
            await refused(desk, q=sought + "\0"),
            await refused(desk, q=sought * 20),
            await refused(desk, q=sought, name=sought),
            await refused(desk, state=sought),
            await refused(desk, received_from=sought),
            await refused(desk, after=sought),
            await refused(desk, limit=sought),
        ]

    for part in ("Nguyễn", "Bình", "0912345678", "004190000001"):
        assert part not in str(told)
        assert part not in str(problems)


async def test_a_long_name_of_a_firm_is_found_whole(desk: Desk) -> None:
    firm = "Công ty trách nhiệm hữu hạn một thành viên Xây dựng Thương mại và Dịch vụ Vận tải Ví Dụ 36"
    await desk.receives(applicant=a_person(firm, kind="enterprise"))

    assert await names(desk, q=firm) == await names(desk, q="vi du 36 cong ty") == [firm]
    assert await names(desk, q=firm + " 37") == []
