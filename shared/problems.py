"""The one place where failures become HTTP: application/problem+json (RFC 9457), the framework's own errors too."""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from shared import errors
from shared.database import is_away, is_unstorable

log = structlog.get_logger()

# The first class on an error's line of descent that stands here decides.
STATUS: Final[dict[type[errors.DomainError], HTTPStatus]] = {
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Changed: HTTPStatus.PRECONDITION_FAILED,
    errors.VersionMissing: HTTPStatus.PRECONDITION_REQUIRED,
    errors.KeyMissing: HTTPStatus.BAD_REQUEST,
    errors.NotUnderstood: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    errors.NotPermitted: HTTPStatus.FORBIDDEN,
    errors.WrongMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Later: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DomainError: HTTPStatus.BAD_REQUEST,
}


class Problem(BaseModel):
    """The shape of every error (RFC 9457). `code` is stable; more members may follow, as the error needs them."""

    type: str
    title: str
    status: int
    detail: str
    code: str


ActionsOf = Callable[[Any, Any], Iterable[BaseModel]]
"""What an officer can do with a dossier or case."""


def install(app: FastAPI, actions_of: ActionsOf = lambda about, officer: ()) -> None:
    """Let `app` answer every failure, its own and the framework's, as problem+json."""
    app.state.actions_of = actions_of
    app.add_exception_handler(errors.DomainError, _domain_error)
    app.add_exception_handler(errors.Conflict, _not_now)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _framework_error)
    for failure in (DBAPIError, PoolTimeout, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        app.add_exception_handler(failure, _database_failure)
    app.add_exception_handler(ClientDisconnect, _caller_gone)
    app.add_exception_handler(Exception, _bug)


def status_of(error: errors.DomainError) -> HTTPStatus:
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(
    status: int,
    *,
    code: str,
    title: str,
    detail: str,
    facts: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = {
        "type": f"urn:motcua:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        **(facts or {}),
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=dict(headers or {}))


def of(error: errors.DomainError) -> Response:
    """The answer that tells a client of `error`."""
    status = status_of(error)
    headers = {
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
        HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
    }.get(status)
    title = (type(error).__doc__ or "").strip().split("\n")[0]
    return answer(status, code=error.code(), title=title, detail=error.detail, facts=error.facts, headers=headers)


def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.DomainError)
    log.info("request.refused", code=error.code(), method=request.method, route=_route(request))
    return of(error)


def _not_now(request: Request, error: Exception) -> Response:
    """With what the caller can do instead, in the same shape as the dossier itself shows it."""
    assert isinstance(error, errors.Conflict)
    officer = getattr(request.state, "officer", None)  # a call that was signed instead has none
    about = error.about or getattr(getattr(request.state, "tx", None), "about", None)
    if about is not None and officer is not None:
        actions = request.app.state.actions_of(about, officer)
        error.facts = {**error.facts, "possible_actions": [action.model_dump(mode="json") for action in actions]}
    return _domain_error(request, error)


def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    flaws = [errors.Flaw(_pointer(flaw), _in_plain_words(flaw)) for flaw in error.errors()]
    told = "; ".join(f"{flaw.pointer or 'the body'}: {flaw.detail}" for flaw in flaws[:5])
    return _domain_error(request, errors.InvalidInput(f"Please correct {told}", *flaws))


def _pointer(flaw: Mapping[str, Any]) -> str:
    """Inside the body as a JSON pointer; of a parameter, its name. What is wrong with the whole has none."""
    whole = flaw["type"] == "json_invalid" or flaw["loc"] == ("body",)
    return "" if whole else "/" + "/".join(str(part) for part in flaw["loc"][1:] or flaw["loc"])


_PLAIN: Final = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known here.",
    "json_invalid": "This is no JSON.",
}


def _in_plain_words(flaw: Mapping[str, Any]) -> str:
    # pydantic's own words are plain enough, but for those people meet most.
    return _PLAIN.get(flaw["type"], str(flaw["msg"]).removeprefix("Value error, "))


def _framework_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, status.phrase.lower().replace(" ", "_"))
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return answer(status, code=code, title=status.phrase, detail=detail, headers=error.headers)


def _database_failure(request: Request, error: Exception) -> Response:
    """A lost database answers 503: the client repeats with the same key, and nothing happens twice. A wrong statement is a bug."""
    if is_unstorable(error):
        return _domain_error(request, errors.InvalidInput("The request holds a character that is none (NUL), which cannot be stored."))
    if not is_away(error):
        return _bug(request, error)
    log.warning("database.away", method=request.method, error=type(error).__name__)
    return of(errors.Unavailable("The database cannot be reached; repeat the request with the same Idempotency-Key."))


def _route(request: Request) -> str | None:
    """The template of the path: the path itself may name a dossier."""
    return getattr(request.scope.get("route"), "path_format", None)


def _caller_gone(_request: Request, _error: Exception) -> Response:
    """Cut off in the middle of the request: there is nobody to answer, and nothing for a person to look at."""
    return Response(status_code=400)


def _bug(request: Request, error: Exception) -> Response:
    log.error("request.failed", method=request.method, route=_route(request), exc_info=error)
    return answer(
        500,
        code="internal_error",
        title="Something is wrong on our side.",
        detail="The failure has been recorded; nothing was changed.",
    )
