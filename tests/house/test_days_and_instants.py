"""A day or an instant that comes in lies between the years 2000 and 2099: what is counted from it can be counted."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from shared.contracts.peers import Service
from tests.builders import AGENCY, DESK, an_application
from tests.house.conftest import House
from tests.house.test_openapi import document, operations
from tests.house.test_problems import is_a_problem

__all__ = ["document"]

INTAKE, PROCESSING, _ = Service
AT_THE_AGENCY: Final = [
    ("request-consultation", {"office": DESK, "question": "Quy hoạch?"}, "answer_by"),
    ("request-attendance", {"place": "Tổ 1", "purpose": "Xác minh"}, "at"),
    ("issue-decision", {"number": "1/QĐ", "signer": "Nguyễn Thị Hoa"}, "signed_on"),
    ("extend", {"reason": "Cần xác minh"}, "appointment_at"),
    ("apologise", {"reason": "Cần xác minh"}, "appointment_at"),
    ("suspend", {"ground": "Khoản 2 Điều 10"}, "until"),
]
FIRST, LAST = "0001-01-01", "9999-12-31"


def written(field: str, day: str) -> str:
    """An instant, where the field is one: beyond all years in its own time zone."""
    return f"{day}T{'00:00:00+07:00' if day < '1' else '23:00:00Z'}" if field in {"paid_at", "at", "appointment_at"} else day


def is_too_far(answer: Any, pointer: str) -> bool:
    assert is_a_problem(answer, 422, "invalid_input")
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == [pointer]
    assert "before 2000-01-01 or after 2099-12-31" in answer.json()["detail"]
    return True


def inputs(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every value a caller may send, by the name of its place."""
    schemas = document["components"]["schemas"]

    def below(place: str, schema: Any, seen: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(schema, list):
            for one in schema:
                yield from below(place, one, seen)
        elif isinstance(schema, dict):
            name = schema.get("$ref", "").removeprefix("#/components/schemas/")
            if name and name not in seen:
                yield from below(place, schemas[name], seen | {name})
            yield place, schema
            for key, value in schema.items():
                if key == "properties":
                    for field, one in value.items():
                        yield from below(f"{place}/{field}", one, seen)
                elif key not in {"examples", "example", "default"}:
                    yield from below(place, value, seen)

    for name, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            yield from below(f"{name}?{parameter['name']}", parameter["schema"], frozenset())
        for media in operation.get("requestBody", {}).get("content", {}).values():
            yield from below(name, media["schema"], frozenset())


def test_every_day_and_instant_taken_has_bounds(document: dict[str, Any]) -> None:
    timed = [(place, schema) for place, schema in inputs(document) if schema.get("format") in {"date", "date-time"}]

    assert sorted({place for place, schema in timed if not {"formatMinimum", "formatMaximum"} <= set(schema)}) == []


@pytest.mark.parametrize("day", [FIRST, LAST])
@pytest.mark.parametrize(("move", "body", "field"), AT_THE_AGENCY)
async def test_the_agency_takes_no_day_beyond_them(house: House, move: str, body: dict[str, Any], field: str, day: str) -> None:
    officer = house.caller(PROCESSING, "leader", AGENCY)

    answer = await officer.post(f"/cases/{house.dossier}/{move}", body | {field: written(field, day)}, version=1)

    assert is_too_far(answer, f"/{field}")


@pytest.mark.parametrize("day", ["2000-01-01", "2099-12-31"])
@pytest.mark.parametrize(("move", "body", "field"), AT_THE_AGENCY)
async def test_the_farthest_that_is_taken_is_counted_or_refused_in_plain_words(
    house: House, move: str, body: dict[str, Any], field: str, day: str
) -> None:
    officer = house.caller(PROCESSING, "leader", AGENCY)
    seen = (await officer.get(f"/cases/{house.dossier}")).json()["version"]

    answer = await officer.post(f"/cases/{house.dossier}/{move}", body | {field: written(field, day)}, version=seen)

    assert answer.status_code in {200, 202, 409, 422}, answer.text


@pytest.mark.parametrize("day", [FIRST, LAST])
async def test_the_desk_takes_no_day_beyond_them(house: House, day: str) -> None:
    officer = house.caller(INTAKE, "desk_officer", DESK)
    at = written("paid_at", day)

    paid = await officer.post(f"/dossiers/{house.dossier}/payments", {"amount": 1, "method": "cash", "paid_at": at})
    received = await officer.post("/dossiers", an_application(appointment_at=at, appointment_reason="Theo thỏa thuận"))
    submitted = await officer.post("/submissions", an_application(submitted_at=at))

    assert is_too_far(paid, "/paid_at")
    assert is_too_far(received, "/appointment_at")
    assert is_too_far(submitted, "/submitted_at")


@pytest.mark.parametrize("day", [FIRST, LAST])
async def test_no_list_is_asked_for_beyond_them(house: House, day: str) -> None:
    leader, agent = house.caller(INTAKE, "leader", DESK), house.caller(PROCESSING, "leader", AGENCY)

    settled = await leader.get("/fee-settlements", params={"from": "2026-01-01" if day == LAST else day, "to": day})
    sought = await leader.get("/dossiers", params={"received_to": day})
    waiting = await agent.get("/worklist", params={"due_before": written("at", day)})

    assert is_too_far(settled, "/to") if day == LAST else is_a_problem(settled, 422, "invalid_input")
    assert is_too_far(sought, "/received_to")
    assert is_too_far(waiting, "/due_before")


async def test_a_year_at_a_time_even_at_the_edge(house: House) -> None:
    leader, agent = house.caller(INTAKE, "leader", DESK), house.caller(PROCESSING, "leader", AGENCY)

    settled = await leader.get("/fee-settlements", params={"from": "2099-01-01", "to": "2099-12-31"})
    waiting = await agent.get("/worklist", params={"due_before": "2099-12-31T23:59:59+07:00"})

    assert (settled.status_code, waiting.status_code) == (200, 200)
