"""Opinions of other offices: asked with a limit, answered by whom was asked, told of when they do not come. The clock runs on."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.events import ProcedurePublished, ProcedureRef
from shared.contracts.peers import Service
from shared.contracts.time import TimeTerms
from shared.ids import uuid7
from tests.processing.conftest import AGENCY, DESK, ELSEWHERE, PROCEDURE, PROVINCE, Desk, Staff, at, staff, told
from tests.stack import Stack, rows

QUESTION = {"office": ELSEWHERE, "question": "Vị trí này có thuộc quy hoạch giao thông không?", "amount": "2", "unit": "working_day"}
ANSWER = {"opinion": "disagrees", "content": "Thuộc quy hoạch đường vành đai"}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture
def consulted(stack: Stack) -> Staff:
    return staff(stack, "case_officer", ELSEWHERE, name="Quách Thị Nga")


async def a_case(desk: Desk, officer: Staff, **changed: Any) -> UUID:
    case = await desk.receives(**changed)
    await officer.does(case, "take-up")
    return case


async def test_the_consulted_office_sees_the_case_answers_and_does_nothing_else(
    desk: Desk, stack: Stack, officer: Staff, consulted: Staff
) -> None:
    case = await a_case(desk, officer)
    before = await consulted.caller.get(f"/cases/{case}")

    await officer.does(case, "request-consultation", QUESTION)
    shown = await consulted.sees(case)
    moved = await consulted.tries(case, "pass-on")
    noted = await consulted.caller.post(f"/cases/{case}/notes", {"text": "x"})
    stack.clock.set(at(10, 9))
    answer = await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)

    assert before.status_code == 404
    assert [action["action"] for action in shown["possible_actions"]] == ["answer_consultation"]
    assert (moved.status_code, noted.status_code) == (403, 403)
    assert (answer.status_code, answer.json()["verdict"]) == (201, "on_time")
    (opinion,) = (await officer.sees(case))["consultations"]
    assert (opinion["office"], opinion["opinion"], opinion["content"], opinion["answered_by"]) == (
        ELSEWHERE,
        "disagrees",
        ANSWER["content"],
        "Quách Thị Nga",
    )
    assert (instant(opinion["due_at"]), opinion["standing"], opinion["step"]) == (at(11, 8), "answered", 1)
    assert (await consulted.sees(case))["possible_actions"] == []
    assert await told(stack, case) == [("dossier.taken_up", 1), ("consultation.requested", 2), ("consultation.answered", 3)]


async def test_nothing_of_what_is_asked_and_answered_leaves_the_agency(desk: Desk, stack: Stack, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)

    runtime = stack.runtime(Service.PROCESSING)
    kept = [
        *await rows(runtime, "select data::text from processing.event"),
        *await rows(runtime, "select answer as data from processing.key"),
    ]

    assert kept
    assert not any("quy hoạch" in str(row["data"]) for row in kept)


async def test_others_still_do_not_see_it_and_cannot_answer(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    stranger, desk_side = staff(stack, "case_officer", "H50.09"), staff(stack, "case_officer", DESK)

    answers = [await who.caller.post(f"/cases/{case}/answer-consultation", ANSWER) for who in (stranger, desk_side, officer)]

    assert [answer.status_code for answer in answers] == [404, 403, 403]
    assert "answer_consultation" not in {action["action"] for action in (await officer.sees(case))["possible_actions"]}


async def test_several_are_asked_at_once_and_each_answers_for_itself(desk: Desk, stack: Stack, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    await officer.does(case, "request-consultation", QUESTION | {"office": DESK, "amount": "4", "unit": "working_hour"})

    twice = await officer.tries(case, "request-consultation", QUESTION)
    await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)
    await officer.does(case, "request-consultation", QUESTION)

    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (422, "/office")
    shown = (await officer.sees(case))["consultations"]
    assert [(one["office"], one["standing"]) for one in shown] == [(ELSEWHERE, "answered"), (DESK, "awaited"), (ELSEWHERE, "awaited")]
    assert instant(shown[1]["due_at"]) == at(9, 14)


async def test_whoever_was_asked_more_than_once_says_which_question_it_is(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    await officer.does(case, "request-consultation", QUESTION | {"office": DESK})
    both = staff(stack, "supervisor", PROVINCE)
    second = (await officer.sees(case))["consultations"][1]["id"]

    unsaid = await both.caller.post(f"/cases/{case}/answer-consultation", ANSWER)
    said = await both.caller.post(f"/cases/{case}/answer-consultation", ANSWER | {"consultation": second})

    assert (unsaid.status_code, unsaid.json()["errors"][0]["pointer"]) == (422, "/consultation")
    assert (said.status_code, said.json()["id"]) == (201, second)


async def test_silence_is_told_once_and_the_case_goes_on(desk: Desk, stack: Stack, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    version = (await officer.sees(case))["version"]

    stack.clock.set(at(11, 8))
    await stack.settle()
    in_time = await told(stack, case)
    stack.clock.set(at(11, 8, 1))
    await stack.settle()
    await stack.settle()

    assert "consultation.overdue" not in dict(in_time)
    assert [name for name, _ in await told(stack, case)].count("consultation.overdue") == 1
    shown = await officer.sees(case)
    assert (shown["version"], shown["consultations"][0]["standing"], shown["consultations"][0]["verdict"]) == (
        version,
        "overdue",
        "overdue",
    )
    assert [line["note"] for line in shown["journal"] if line["action"] == "consultation_overdue"] == [f"{ELSEWHERE}, 08:00 11/03/2026"]
    await officer.does(case, "pass-on")
    late = await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)
    assert (late.status_code, late.json()["verdict"]) == (201, "overdue")


async def test_the_head_of_the_desk_that_watches_over_it_sees_who_is_silent(
    desk: Desk, stack: Stack, officer: Staff, consulted: Staff
) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    head, other_desk = staff(stack, "supervisor", PROVINCE).caller, staff(stack, "supervisor", DESK).caller
    path = "/worklist/silent-consultations"

    stack.clock.set(at(11, 8))
    in_time = (await head.get(path)).json()["items"]
    stack.clock.set(at(11, 8, 1))
    (silent,) = (await head.get(path)).json()["items"]
    elsewhere = (await other_desk.get(path)).json()["items"]
    await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)
    answered = (await head.get(path)).json()["items"]

    assert (in_time, elsewhere, answered) == ([], [], [])
    assert (silent["code"], silent["office"], instant(silent["due_at"])) == ((await officer.sees(case))["code"], ELSEWHERE, at(11, 8))


async def test_an_answer_in_time_silences_the_alarm(desk: Desk, stack: Stack, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)

    stack.clock.set(at(12, 7))
    await stack.settle()

    assert "consultation.overdue" not in dict(await told(stack, case))


async def test_of_a_case_that_has_ended_no_silence_is_told(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case(desk, officer, process=None)
    await officer.does(case, "request-consultation", QUESTION)
    await officer.does(case, "complete", {"outcome": "refused", "reasons": "không đủ điều kiện"})

    stack.clock.set(at(12, 7))
    await stack.settle()
    answer = await staff(stack, "case_officer", ELSEWHERE).caller.post(f"/cases/{case}/answer-consultation", ANSWER)

    assert "consultation.overdue" not in dict(await told(stack, case))
    assert answer.status_code == 409


async def test_silence_is_consent_only_where_the_procedure_says_so(desk: Desk, stack: Stack, officer: Staff) -> None:
    sentence = "Quá 07 ngày làm việc không trả lời thì coi như đồng ý"
    plain, said = await a_case(desk, officer), await a_case(desk, officer, time_terms=TimeTerms(deemed_consent=sentence))
    for case in (plain, said):
        await officer.does(case, "request-consultation", QUESTION)

    stack.clock.set(at(11, 8, 1))

    standings = [(await officer.sees(case))["consultations"][0] for case in (plain, said)]
    assert [(one["standing"], one["deemed_consent"], one["opinion"]) for one in standings] == [
        ("overdue", None, None),
        ("deemed_consent", sentence, None),
    ]


async def test_the_limit_is_that_of_the_procedure_unless_the_officer_names_another(desk: Desk, stack: Stack, officer: Staff) -> None:
    version = uuid7()
    content = PROCEDURE | {"consultation_limit": {"amount": 7, "unit": "working_day", "text": "07 ngày làm việc"}}
    await desk.tells("X-2", ProcedurePublished(version_id=version, key="X-2", number=1, plain_day="calendar", content=content))
    case = await a_case(desk, officer, procedure=ProcedureRef(key="X-2", version_id=version, name="Cấp giấy phép"))
    asked = {"office": ELSEWHERE, "question": "Quy hoạch?"}

    await officer.does(case, "request-consultation", asked)
    await officer.does(case, "request-consultation", asked | {"office": DESK, "answer_by": "2026-03-13"})

    first, second = (await officer.sees(case))["consultations"]
    assert (first["limit_text"], instant(first["due_at"])) == ("07 ngày làm việc", at(18, 8))
    assert instant(second["due_at"]) == at(13, 17)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": None, "unit": None}, "/amount"),
        ({"office": AGENCY}, "/office"),
        ({"office": "H50.99"}, "/office"),
        ({"amount": None, "unit": None, "answer_by": "2026-03-08"}, "/answer_by"),
        ({"amount": None, "unit": None, "answer_by": "2026-03-14"}, "/answer_by"),
        ({"amount": "0.5", "unit": "month"}, "/amount"),
        ({"amount": "0"}, "/amount"),
        ({"question": " "}, "/question"),
        ({"unit": None}, ""),
        ({"answer_by": "2026-03-13"}, ""),
    ],
)
async def test_whom_what_and_how_long_is_said_in_full(body: dict[str, Any], pointer: str, desk: Desk, officer: Staff) -> None:
    case = await a_case(desk, officer)
    asked = {name: value for name, value in (QUESTION | body).items() if value is not None}

    answer = await officer.tries(case, "request-consultation", asked)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await officer.sees(case))["consultations"] == []


async def test_what_is_awaited_stands_on_the_list_of_whom_was_asked_due_first(
    desk: Desk, stack: Stack, officer: Staff, consulted: Staff
) -> None:
    cases = [await a_case(desk, officer) for _ in range(3)]
    for case, amount in zip(cases, ("3", "1", "2"), strict=True):
        await officer.does(case, "request-consultation", QUESTION | {"amount": amount})
    await consulted.caller.post(f"/cases/{cases[2]}/answer-consultation", ANSWER)
    stack.clock.set(at(10, 9))

    first = (await consulted.caller.get("/worklist/consultations?limit=1")).json()
    second = (await consulted.caller.get(f"/worklist/consultations?limit=1&after={first['next']}")).json()
    others = (await officer.caller.get("/worklist/consultations")).json()

    assert [(one["case_id"], one["overdue"]) for one in first["items"]] == [(str(cases[1]), True)]
    assert [(one["case_id"], one["overdue"]) for one in second["items"]] == [(str(cases[0]), False)]
    assert (second["next"], others["items"]) == (None, [])


async def test_an_answer_repeated_with_its_key_is_taken_once(desk: Desk, stack: Stack, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)

    first, again = [await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER, key="k1") for _ in range(2)]
    other = await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER, key="k2")

    assert first.json() == again.json()
    assert other.status_code == 409
    assert [name for name, _ in await told(stack, case)].count("consultation.answered") == 1


async def test_whoever_decides_has_seen_the_answer_that_came_meanwhile(desk: Desk, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    seen = (await officer.sees(case))["version"]

    await consulted.caller.post(f"/cases/{case}/answer-consultation", ANSWER)

    assert (await officer.tries(case, "pass-on", version=seen)).status_code == 412


# -- people are asked to come ------------------------------------------------------------------------------------------

COME = {"at": "2026-03-11T09:00:00+07:00", "place": "Thửa đất số 12, tổ 1, phường Núi Rùa", "purpose": "Xác minh thực địa"}


async def test_people_are_asked_to_come_and_it_is_told_with_time_and_place(desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case(desk, officer)

    await officer.does(case, "request-attendance", COME)

    (shown,) = (await officer.sees(case))["attendances"]
    assert (instant(shown["at"]), shown["place"], shown["by"]) == (at(11, 9), COME["place"], "Trần Văn Bình")
    assert await told(stack, case) == [("dossier.taken_up", 1), ("attendance.requested", 2)]


@pytest.mark.parametrize(
    "when", ["2026-03-14T09:00:00+07:00", "2026-04-27T09:00:00+07:00", "2026-03-09T08:00:00+07:00", "2026-03-06T09:00:00+07:00"]
)
async def test_nobody_is_asked_to_come_on_a_day_off_or_in_the_past(when: str, desk: Desk, stack: Stack, officer: Staff) -> None:
    case = await a_case(desk, officer)

    answer = await officer.tries(case, "request-attendance", COME | {"at": when})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/at")
    assert await told(stack, case) == [("dossier.taken_up", 1)]


# -- notes -------------------------------------------------------------------------------------------------------------

SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


async def test_notes_are_seen_inside_the_agency_and_nowhere_else(desk: Desk, stack: Stack, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)
    await officer.does(case, "request-consultation", QUESTION)
    version = (await officer.sees(case))["version"]

    taken = await officer.caller.post(f"/cases/{case}/notes", {"kind": "opinion", "text": "Nghi ngờ chữ ký giả", "files": [SHA]})

    shown = await officer.sees(case)
    assert (taken.status_code, shown["version"]) == (201, version)
    assert [(one["kind"], one["text"], one["files"], one["step"], one["by"]) for one in shown["notes"]] == [
        ("opinion", "Nghi ngờ chữ ký giả", [SHA], 1, "Trần Văn Bình")
    ]
    elsewhere = [(await who.caller.get(f"/cases/{case}")).text for who in (consulted, staff(stack, "supervisor", DESK))]
    kept = await rows(
        stack.runtime(Service.PROCESSING), "select data::text as text from processing.event union all select answer from processing.key"
    )
    assert not any("chữ ký giả" in text for text in (*elsewhere, taken.text, *(str(row["text"]) for row in kept)))
    assert [line["action"] for line in shown["journal"]][-1] == "add_note"


@pytest.mark.parametrize("body", [{"text": " "}, {"text": "x", "kind": "secret"}, {"text": "x", "files": ["abc"]}, {}])
async def test_a_note_says_something_and_names_its_files_by_their_sum(body: dict[str, Any], desk: Desk, officer: Staff) -> None:
    case = await a_case(desk, officer)

    assert (await officer.caller.post(f"/cases/{case}/notes", body)).status_code == 422
    assert (await officer.sees(case))["notes"] == []


# -- drawn -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "query", "media"),
    [
        ("*/*", "", "image/svg+xml"),
        ("image/svg+xml", "", "image/svg+xml"),
        ("text/plain", "", "text/plain; charset=utf-8"),
        ("text/vnd.mermaid", "", "text/vnd.mermaid; charset=utf-8"),
        ("*/*", "?format=mermaid", "text/vnd.mermaid; charset=utf-8"),
        ("text/plain", "?format=svg", "image/svg+xml"),
    ],
)
async def test_a_case_and_its_process_are_drawn_as_asked(accept: str, query: str, media: str, desk: Desk, officer: Staff) -> None:
    case = await a_case(desk, officer)
    version = (await officer.sees(case))["procedure"]["version_id"]
    headers = {"authorization": f"Bearer {officer.caller.token}", "accept": accept}

    for path in (f"/cases/{case}/graph", f"/processes/{version}/0/graph", "/procedures/X-1/processes/0/graph"):
        answer = await officer.caller.client.get(path + query, headers=headers)

        assert (answer.status_code, answer.headers["content-type"]) == (200, media), path
        assert "Chuyên viên" in answer.text
        assert answer.text.startswith("<svg" if "svg" in media else "flowchart TD")


@pytest.mark.parametrize(
    "path", [f"/processes/{UUID(int=5)}/0/graph", "/procedures/X-1/processes/7/graph", "/procedures/X-9/processes/0/graph"]
)
async def test_what_is_not_published_here_is_not_drawn(path: str, desk: Desk, officer: Staff) -> None:
    assert (await officer.caller.get(path)).status_code == 404


async def test_a_case_of_others_is_not_drawn(desk: Desk, officer: Staff, consulted: Staff) -> None:
    case = await a_case(desk, officer)

    assert (await consulted.caller.get(f"/cases/{case}/graph")).status_code == 404
