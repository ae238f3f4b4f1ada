"""Calls as a careful client makes them: the same key until there is an answer, whatever happens to the line or the other end."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from demo.people import OFFICERS
from demo.stage import Stage
from shared.contracts.peers import Service
from shared.tokens import development_token

AT_ONCE: Final = 8
PATIENCE: Final = 200
PAUSE_SECONDS: Final = 0.05


class Unexpected(Exception):
    """A service answered what no story can go on with."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    etag: str | None
    asked: str

    def wanted(self, *statuses: int) -> Any:
        """The body, if the answer is what was hoped for. Raises Unexpected."""
        if self.status not in statuses:
            raise Unexpected(f"{self.asked} was answered {self.status}: {self.body}")
        return self.body


@dataclass(frozen=True)
class Caller:
    """Somebody with a role in some offices."""

    role: str
    offices: tuple[str, ...]

    @property
    def name(self) -> str:
        return OFFICERS[self.role]


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=3 * AT_ONCE, max_keepalive_connections=3 * AT_ONCE))


@dataclass
class Line:
    """The line to the three services, for everyone in the play; at most AT_ONCE calls at a time."""

    home: Path
    urls: dict[Service, str]
    stage: Stage | None = None
    client: httpx.AsyncClient = field(default_factory=_client)
    calls: int = 0
    repeated: int = 0
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _tokens: dict[Caller, str] = field(default_factory=dict)

    async def get(self, by: Caller, service: Service, path: str, **query: Any) -> Answer:
        return await self._ask(by, service, "GET", path, params=query)

    async def post(self, by: Caller, service: Service, path: str, body: Any = None, *, version: int | None = None) -> Answer:
        return await self._change(by, service, "POST", path, {} if body is None else body, version)

    async def put(self, by: Caller, service: Service, path: str) -> Answer:
        return await self._change(by, service, "PUT", path, None, None)

    async def _change(self, by: Caller, service: Service, method: str, path: str, body: Any, version: int | None) -> Answer:
        headers = {"idempotency-key": str(uuid4())} | ({"if-match": f'"{version}"'} if version is not None else {})
        return await self._ask(by, service, method, path, json=body, headers=headers)

    async def signed(self, service: Service, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        return await self._ask(None, service, "POST", path, content=body, headers=headers | {"content-type": "application/json"})

    async def health(self, service: Service) -> dict[str, Any]:
        return (await self.client.get(f"{self.urls[service]}/health/ready")).json()

    async def _ask(
        self, by: Caller | None, service: Service, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        sent = {"headers": (headers or {}) | ({"authorization": f"Bearer {self._token(by)}"} if by else {}), **more}
        for _ in range(PATIENCE):
            self.calls += 1
            if (answer := await self._once(service, method, path, sent)) is not None:
                return answer
            self.repeated += 1
            if not (self.stage and await self.stage.open_again(service)):
                await asyncio.sleep(PAUSE_SECONDS)
        raise Unexpected(f"{service} does not answer {method} {path}.")

    async def _once(self, service: Service, method: str, path: str, sent: dict[str, Any]) -> Answer | None:
        """One try; nothing where the line broke or the service asks to come back."""
        async with self._turns:
            try:
                response = await self.client.request(method, f"{self.urls[service]}/v1{path}", **sent)
            except httpx.TransportError:
                return None
        if response.status_code == 503:
            return None
        return Answer(response.status_code, response.json(), response.headers.get("etag"), f"{service}: {method} {path}")

    def _token(self, by: Caller) -> str:
        if by not in self._tokens:
            self._tokens[by] = development_token(self.home, role=by.role, offices=by.offices, name=by.name, mandate=True)
        return self._tokens[by]
