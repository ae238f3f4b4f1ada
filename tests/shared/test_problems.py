"""From a failure to an answer: the status of its kind, its facts, and nothing of a bug's inside."""

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from shared import errors, problems


class Body(BaseModel):
    number: int


def answering(failure: BaseException) -> httpx.AsyncClient:
    app = FastAPI()
    problems.install(app)

    @app.get("/fails")
    async def fails() -> None:
        raise failure

    @app.post("/takes")
    async def takes(body: Body) -> None: ...

    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://app")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (errors.NotFound("x"), 404, "not_found"),
        (errors.ActionNotAllowed("x"), 409, "action_not_allowed"),
        (errors.Changed("x"), 412, "changed"),
        (errors.VersionMissing("x"), 428, "version_missing"),
        (errors.KeyMissing("x"), 400, "key_missing"),
        (errors.InvalidInput("x"), 422, "invalid_input"),
        (errors.NotAuthenticated("x"), 401, "not_authenticated"),
        (errors.NotPermitted("x"), 403, "not_permitted"),
        (errors.WrongMedia("x"), 415, "wrong_media"),
        (errors.Later("x"), 503, "later"),
        (errors.Unavailable("x"), 503, "unavailable"),
    ],
)
async def test_each_kind_of_failure_has_its_status(failure: errors.DomainError, status: int, code: str) -> None:
    answer = await answering(failure).get("/fails")

    assert (answer.status_code, answer.json()["status"], answer.json()["code"]) == (status, status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "x"
    assert answer.json()["title"] == type(failure).__doc__


async def test_facts_help_the_caller_act() -> None:
    answer = await answering(errors.ActionNotAllowed("x", possible_actions=["refuse"])).get("/fails")

    assert answer.json()["possible_actions"] == ["refuse"]


async def test_who_comes_too_early_is_told_when_to_come_again() -> None:
    assert (await answering(errors.Later("x")).get("/fails")).headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "failure",
    [
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.CannotConnectNowError("starting"),
        asyncpg.TooManyConnectionsError("full"),
        ConnectionRefusedError("no server"),
        DBAPIError("select 1", {}, asyncpg.AdminShutdownError("killed")),
    ],
)
async def test_a_database_that_is_away_is_no_bug_of_ours(failure: Exception) -> None:
    answer = await answering(failure).get("/fails")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("failure", [asyncpg.UndefinedTableError("secret_table"), ValueError("secret"), KeyError("secret")])
async def test_a_bug_stays_a_bug_and_keeps_its_inside_to_itself(failure: Exception) -> None:
    answer = await answering(failure).get("/fails")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text


async def test_text_that_cannot_be_stored_is_the_callers_to_correct() -> None:
    answer = await answering(asyncpg.CharacterNotInRepertoireError("0x00")).get("/fails")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_a_wrong_body_is_named_field_by_field() -> None:
    answer = await answering(ValueError()).post("/takes", json={"number": "seven"})

    assert answer.status_code == 422
    assert [flaw["pointer"] for flaw in answer.json()["errors"]] == ["/number"]
    assert answer.json()["detail"].startswith("Please correct /number: ")
