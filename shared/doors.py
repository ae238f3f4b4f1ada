"""What every door of a service has in common: one transaction a request, keys, versions, health, the peers' entrance."""

from collections.abc import Callable, Coroutine
from functools import cache
from typing import Annotated, Any, ClassVar, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import log, wire
from shared.database import persistently
from shared.errors import VersionMissing
from shared.keys import LONGEST, FirstAnswer, Key, hash_of
from shared.runtime import Runtime, Transaction
from shared.wire import Verdict


class Door(APIRoute):
    """A route whose whole work is one transaction, committed before its answer leaves.

    A change (POST, PUT) needs an Idempotency-Key; its answer is remembered with the key in the same transaction, and a repeat
    gets that answer. A plain `yield` dependency would commit after the answer was sent.
    """

    keyed = True
    key_parameter: ClassVar[dict[str, Any]] = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Fresh for each new request; a repeat with the same key does nothing twice and gets the first answer",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        "example": "5f0c1b0e-6a53-4d6e-9a8e-0c9d2f6b7a11",
    }

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if self.keyed and not {"POST", "PUT"}.isdisjoint(options.get("methods") or ()):
            options["openapi_extra"] = {"parameters": [self.key_parameter]} | (options.get("openapi_extra") or {})
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        needs_key = self.keyed and not {"POST", "PUT"}.isdisjoint(self.methods or ())

        async def in_one_transaction(request: Request) -> Response:
            runtime: Runtime = request.app.state.runtime

            async def attempt() -> Response:
                key = await self.key_of(request) if needs_key else None
                async with runtime.transaction(key) as tx:
                    request.state.tx = tx
                    try:
                        response = await answer(request)
                    except FirstAnswer as first:
                        return _again(first)
                    if key:
                        await _remember(runtime, tx, key, response)
                    return response

            # Who named no version decided on none: that somebody else came first is theirs to be told only where it matters.
            return await (attempt() if "if-match" in request.headers else persistently(attempt))

        return in_one_transaction

    @staticmethod
    async def key_of(request: Request) -> Key:
        """The key a request came with; whether there is one is asked after who is calling."""
        key = request.headers.get("idempotency-key", "").strip()
        return Key("", request.method, request.url.path, key, hash_of(await request.body()))


class FreeDoor(Door):
    """A computation, or a call that is safe to repeat by its nature: no key asked."""

    keyed = False


async def _remember(runtime: Runtime, tx: Transaction, key: Key, response: Response) -> None:
    if not key.claimed:
        raise RuntimeError(f"{key.method} {key.path} changed something without claiming its key")
    if not key.kept_elsewhere:
        await runtime.keys.remember(await tx.connection(), key, response.status_code, bytes(response.body), response.headers.get("etag"))


def _again(first: FirstAnswer) -> Response:
    headers = {"etag": first.etag} if first.etag else {}
    return Response(first.body, first.status, headers | {"idempotency-replayed": "true"}, "application/json")


# Plain functions would each take a turn through the thread pool.
async def _transaction(request: Request) -> Transaction:
    return request.state.tx


Tx = Annotated[Transaction, Depends(_transaction)]


async def _version(if_match: Annotated[str | None, Header(description='The ETag you decided on, `"7"`')] = None) -> int:
    if if_match is None:
        raise VersionMissing('Send If-Match with the ETag you read, for instance If-Match: "7".')
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal():
        raise VersionMissing(f'{if_match} is no ETag of ours; they look like "7".')
    return int(text)


IfMatch = Annotated[int, Depends(_version)]


def etag(response: Response, version: int) -> None:
    response.headers["etag"] = f'"{version}"'


class View(BaseModel):
    """What an answer shows: built from rows and domain values alike."""

    model_config = ConfigDict(from_attributes=True)


class EventVerdict(View):
    """What became of one event."""

    id: UUID
    verdict: Verdict
    reason: str = ""


EXAMPLE_EVENT: Final = {
    "specversion": "1.0",
    "id": "019cd0a0-0000-7000-8000-000000000071",
    "type": "vn.motcua.dossier.taken_up.v1",
    "source": "/processing",
    "subject": "019cd0a0-0000-7000-8000-00000000000d",
    "time": "2026-03-09T10:00:00+07:00",
    "datacontenttype": "application/json",
    "sequence": "0000000001",
    "seen": "intake:1",
    "data": {"taken_up_at": "2026-03-09T10:00:00+07:00", "officer": "Trần Văn Bình"},
}


def entrance() -> APIRouter:
    """Door 2: where peers bring events. No token: the signature over the body is the pass."""
    router = APIRouter(tags=["events"])

    @router.post(
        "/events",
        status_code=204,
        summary="Take a batch of events",
        responses={
            207: {"description": "A verdict per event: taken, had, later or refused"},
            415: {"description": "Not CloudEvents JSON"},
        },
        openapi_extra={
            "requestBody": {
                "content": {wire.BATCH: {"schema": {"type": "array", "items": {"type": "object"}}, "example": [EXAMPLE_EVENT]}},
            }
        },
    )
    async def take_events(request: Request) -> Response:
        runtime: Runtime = request.app.state.runtime
        body = await request.body()
        runtime.signer.check(request.headers, body)
        events = wire.read_batch(request.headers.get("content-type", ""), body)
        verdicts = await runtime.take_in(events)
        return _tell(events, verdicts)

    return router


_DONE: Final = {Verdict.TAKEN, Verdict.HAD}


def _tell(events: list[wire.Envelope], verdicts: list[tuple[Verdict, str]]) -> Response:
    if all(verdict in _DONE for verdict, _ in verdicts):
        return Response(status_code=204)
    told = [{"id": str(event.id), "verdict": verdict, "reason": reason} for event, (verdict, reason) in zip(events, verdicts, strict=True)]
    if len(told) > 1:
        return JSONResponse({"verdicts": told}, status_code=207)
    if verdicts[0][0] is Verdict.LATER:
        return JSONResponse({"verdicts": told}, status_code=503, headers={"retry-after": "1"})
    return JSONResponse({"verdicts": told, "detail": verdicts[0][1]}, status_code=422)


class Traced:
    """Every request has an id: the caller's, or one of ours; it travels in the events the request causes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        trace = log.start_trace(headers.get("traceparent"), headers.get("x-request-id"))
        request_id = headers.get("x-request-id") or trace

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        await self.app(scope, receive, send_with_id)


@cache
def schema_of(body: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a request body, made once: possible actions show it at every look."""
    return body.model_json_schema()


class Page(View):
    """A page of a list; `next` is the cursor for `after`, absent on the last page."""

    next: str | None = None
