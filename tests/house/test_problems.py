"""A refusal is said in plain words, always in the one shape, whoever makes it: the domain, the framework or the database."""

import importlib
import pkgutil
from typing import Any, Final
from uuid import uuid4

import pytest

import services
import shared
from shared.contracts.peers import Service
from shared.errors import DomainError
from shared.problems import STATUS, status_of
from tests.builders import DESK, PROVINCE, an_application
from tests.house.conftest import House

INTAKE, PROCESSING, NOTIFICATIONS = Service


def all_errors() -> list[type[DomainError]]:
    """Every failure the house knows, wherever it is defined."""
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(kind: type[DomainError]) -> list[type[DomainError]]:
        return [kind, *(one for child in kind.__subclasses__() for one in below(child))]

    return [kind for kind in dict.fromkeys(below(DomainError)) if kind.__module__.partition(".")[0] in {"services", "shared"}]


ERRORS: Final = all_errors()


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_failure_has_a_title_of_its_own_and_a_status(error: type[DomainError]) -> None:
    title = vars(error).get("__doc__")

    assert title, "the docstring is the title people read"
    first = title.strip().split("\n")[0]
    assert first.endswith((".", "reason."))
    kind = next(one for one in error.__mro__ if one in STATUS)
    assert error is DomainError or kind is not DomainError
    assert 400 <= status_of(error.__new__(error)) < 600


def test_no_two_failures_share_a_code() -> None:
    codes = [error.code() for error in ERRORS]

    assert sorted(set(codes)) == sorted(codes)


def is_a_problem(answer: Any, status: int, code: str) -> bool:
    body = answer.json()
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:motcua:problem:{code}")
    assert answer.headers["x-request-id"]
    return True


@pytest.mark.parametrize("service", Service)
async def test_the_frameworks_own_refusals_have_the_same_shape(house: House, service: Service) -> None:
    nothing = await house.sends(service, "GET", "/v1/nothing-here")
    method = await house.sends(service, "DELETE", "/health/live")

    assert is_a_problem(nothing, 404, "not_found")
    assert is_a_problem(method, 405, "method_not_allowed")


async def post(house: House, content: bytes, path: str = "/v1/dossiers") -> Any:
    token = house.caller(INTAKE, "desk_officer", DESK).token
    headers = {"authorization": f"Bearer {token}", "idempotency-key": str(uuid4()), "content-type": "application/json"}
    return await house.sends(INTAKE, "POST", path, content=content, headers=headers)


async def test_what_is_no_json_is_said_to_be_none(house: House) -> None:
    answer = await post(house, b'{"procedure": ')

    assert is_a_problem(answer, 422, "invalid_input")
    assert answer.json()["errors"] == [{"pointer": "", "detail": "This is no JSON."}]


async def test_every_wrong_field_is_named_with_its_place_and_the_detail_says_what_is_wrong(house: House) -> None:
    officer = house.caller(INTAKE, "desk_officer", DESK)
    applicant = {"name": "", "phone": "không có"}

    answer = await officer.post("/dossiers", an_application(applicant=applicant, papers=[{"originals": 1}], typo=1))

    assert is_a_problem(answer, 422, "invalid_input")
    flaws = {flaw["pointer"]: flaw["detail"] for flaw in answer.json()["errors"]}
    assert set(flaws) == {"/applicant/name", "/applicant/phone", "/papers/0", "/typo"}
    assert flaws["/applicant/phone"] == "'không có' is no phone number"
    assert flaws["/papers/0"] == "say which paper it is: by number or by name, one of the two"
    assert flaws["/typo"] == "This field is not known here."
    assert "/typo: This field is not known here." in answer.json()["detail"]


async def test_a_rule_about_the_whole_body_points_at_the_whole(house: House) -> None:
    answer = await house.caller(INTAKE, "desk_officer", DESK).post("/dossiers", an_application(channel="post"))

    assert answer.json()["errors"] == [{"pointer": "", "detail": "a dossier from the post names its postal_item"}]


async def test_a_wrong_parameter_is_named(house: House) -> None:
    answer = await house.caller(INTAKE, "desk_officer", DESK).get("/dossiers", params={"limit": 0})

    assert is_a_problem(answer, 422, "invalid_input")
    assert answer.json()["errors"][0]["pointer"] == "/limit"


NUL, HALF = "\\u0000", "\\ud800"


@pytest.mark.parametrize("letter", [NUL, HALF])
@pytest.mark.parametrize("path", ["/v1/dossiers", "/v1/submissions"])
async def test_text_no_database_keeps_is_refused_not_met_with_a_failure(house: House, path: str, letter: str) -> None:
    body = f'{{"procedure": "HT-1.014465", "applicant": {{"name": "a{letter}b"}}, "papers": [{{"number": 1, "originals": 1}}]}}'

    answer = await post(house, body.encode(), path)

    assert is_a_problem(answer, 422, "invalid_input")


@pytest.mark.parametrize(
    "path",
    ["/v1/dossiers/a%00b", "/v1/lookup/a%00b?secret=x", "/v1/lookup/a?secret=%00", "/v1/dossiers?office=%00", "/v1/procedures/%00"],
)
async def test_an_address_that_cannot_be_is_found_nowhere(house: House, path: str) -> None:
    token = house.caller(INTAKE, "desk_officer", DESK).token

    answer = await house.sends(INTAKE, "GET", path, headers={"authorization": f"Bearer {token}"})

    assert answer.status_code in (200, 404, 422), answer.text


@pytest.mark.parametrize(
    ("token", "words"),
    [("", "Authorization: Bearer"), ("Bearer nonsense", "cannot be read"), ("Basic YTpi", "Authorization: Bearer")],
)
async def test_who_has_no_token_is_told_how_to_bring_one(house: House, token: str, words: str) -> None:
    answer = await house.sends(INTAKE, "GET", "/v1/dossiers", headers={"authorization": token} if token else {})

    assert is_a_problem(answer, 401, "not_authenticated")
    assert words in answer.json()["detail"]


async def test_a_role_that_may_not_is_told_what(house: House) -> None:
    answer = await house.caller(INTAKE, "portal", PROVINCE).post("/dossiers", an_application())

    assert is_a_problem(answer, 403, "not_permitted")
    assert answer.json()["detail"] == "A portal may not receive."


async def test_the_callers_request_id_comes_back(house: House) -> None:
    answer = await house.sends(INTAKE, "GET", "/health/live", headers={"x-request-id": "abc-123"})

    assert answer.headers["x-request-id"] == "abc-123"


@pytest.mark.parametrize(
    ("change", "status"),
    [({"content-type": "application/json"}, 415), ({"webhook-signature": "v1,AAAA"}, 401), ({"webhook-timestamp": "1700000000"}, 401)],
)
@pytest.mark.parametrize("service", Service)
async def test_events_are_taken_signed_and_as_cloudevents_only(house: House, service: Service, change: dict[str, str], status: int) -> None:
    body = b"[]"
    headers = house.stack.runtime(service).signer.sign(body) | {"content-type": "application/cloudevents-batch+json"}

    good = await house.sends(service, "POST", "/events", content=body, headers=headers)
    bad = await house.sends(service, "POST", "/events", content=body, headers=headers | change)

    assert good.status_code == 204
    assert bad.status_code == status
    assert bad.headers["content-type"] == "application/problem+json"
