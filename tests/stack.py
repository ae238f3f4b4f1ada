"""The services in one process, over real HTTP semantics and a real database; clock, relays and chores are moved by hand."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from shared.clock import VIETNAM
from shared.contracts.peers import Service
from shared.only_grows import GUARD
from shared.runtime import Runtime
from shared.settings import ServiceSettings
from shared.tokens import development_token

MONDAY_MORNING = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)


class HandClock:
    """Domain time, moved by hand; never back."""

    def __init__(self, instant: datetime = MONDAY_MORNING) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    def move(self, **span: float) -> None:
        self.instant += timedelta(**span)

    def set(self, instant: datetime) -> None:
        assert instant >= self.instant
        self.instant = instant


class Switchboard(httpx.AsyncBaseTransport):
    """Answers http://intake/..., http://processing/... and http://notifications/... from the apps next door; a peer may be `down`."""

    def __init__(self) -> None:
        self.doors: dict[str, httpx.ASGITransport] = {}
        self.down: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host in self.down or request.url.host not in self.doors:
            raise httpx.ConnectError(f"{request.url.host} is down", request=request)
        return await self.doors[request.url.host].handle_async_request(request)


@dataclass
class Caller:
    """Someone with a token, at the API of one service."""

    client: httpx.AsyncClient
    token: str

    acting_for: str = ""
    """The colleague whose place they take."""

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.client.get(path, headers=self._headers(), **options)

    async def post(self, path: str, body: Any = None, *, key: str | None = None, version: int | None = None) -> httpx.Response:
        return await self.send("POST", path, body, key=key, version=version)

    async def put(self, path: str, body: Any = None, *, key: str | None = None, version: int | None = None) -> httpx.Response:
        return await self.send("PUT", path, body, key=key, version=version)

    async def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, version: int | None = None) -> httpx.Response:
        headers = self._headers() | {"idempotency-key": key or str(uuid4())}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        return await self.client.request(method, path, json={} if body is None else body, headers=headers)

    def _headers(self) -> dict[str, str]:
        named = {"acting-for": quote(self.acting_for)} if self.acting_for else {}
        return named | ({"authorization": f"Bearer {self.token}"} if self.token else {})


CreateApp = Callable[..., FastAPI]


@dataclass
class Stack:
    """Some or all of the services. Nothing happens by itself: `settle` lets relays and chores run until all is at rest."""

    home: Path
    clock: HandClock = field(default_factory=HandClock)
    switchboard: Switchboard = field(default_factory=Switchboard)
    apps: dict[Service, FastAPI] = field(default_factory=dict)

    def add(self, service: Service, create_app: CreateApp, settings: type[ServiceSettings], url: str, **more: Any) -> None:
        peers = {f"{peer}_url": f"http://{peer}" for peer in Service}
        own = settings(mode="development", home=self.home, database_connections=4, **peers, **more)  # type: ignore[call-arg]
        http = httpx.AsyncClient(transport=self.switchboard)
        app = create_app(own, url, clock=self.clock, http=http, start=False)
        self.apps[service] = app
        self.switchboard.doors[service] = httpx.ASGITransport(app, raise_app_exceptions=False)

    def runtime(self, service: Service) -> Runtime:
        return self.apps[service].state.runtime

    def caller(self, service: Service, role: str, *offices: str, **claims: Any) -> Caller:
        client = httpx.AsyncClient(transport=self.switchboard, base_url=f"http://{service}/v1")
        return Caller(client, development_token(self.home, role=role, offices=offices, **claims) if role else "")

    async def settle(self, *, chores: bool = True) -> None:
        """Let relays and chores run until nothing moves any more."""
        for _ in range(200):
            if await self._events_travel():
                continue
            # A chore says whether it has more to do, not whether it told something.
            if not chores or not (await self._chores_are_done() or await self._events_travel()):
                return
        raise AssertionError("the services do not come to rest")

    async def _events_travel(self) -> bool:
        moved = False
        for service in self.apps:
            runtime = self.runtime(service)
            if not (await rows(runtime, f"select exists (select from {service}.delivery) as waits"))[0]["waits"]:
                continue
            for relay in runtime.relays:
                if relay.subscriber in self.apps or relay.subscriber in self.switchboard.doors:
                    relay.waiting.clear()
                    moved = await relay.step() or moved
        return moved

    async def _chores_are_done(self) -> bool:
        moved = False
        for service in self.apps:
            runtime = self.runtime(service)
            for chore in runtime.chores:
                if chore.every_seconds < 3600:
                    moved = await chore.do(runtime) or moved
        return moved

    async def close(self) -> None:
        for service in self.apps:
            await self.runtime(service).stop()

    async def empty(self) -> None:
        """Forget everything between tests."""
        for service in self.apps:
            await empty(self.runtime(service))


async def empty(runtime: Runtime) -> None:
    await forget(runtime, keeping={"alembic_version"})


async def forget(runtime: Runtime, *, keeping: Collection[str]) -> None:
    """All rows but those of the tables to keep; of what only grows, too: its guard is off for this transaction, which nobody else sees.

    Deleted, not truncated: that gives every table and index a new file, which takes forty times as long as a few rows.
    """
    async with runtime.engine.begin() as connection:
        found = await connection.execute(
            text(
                "select relname::text as name, tgname is not null as guarded from pg_class"
                " left join pg_trigger on tgrelid = pg_class.oid and tgname = :guard"
                " where relkind = 'r' and relnamespace = cast(:schema as regnamespace)"
            ),
            {"guard": GUARD, "schema": str(runtime.service)},
        )
        tables = [(f'{runtime.service}."{row.name}"', row.guarded) for row in found if row.name not in keeping]
        statements = [f"alter table {name} disable trigger {GUARD}" for name, guarded in tables if guarded]
        statements += [f"delete from {name}" for name, _ in tables]
        statements += [f"alter table {name} enable trigger {GUARD}" for name, guarded in tables if guarded]
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute("; ".join(statements))


async def rows(runtime: Runtime, query: str, **values: Any) -> list[Mapping[str, Any]]:
    """What really stands in a service's tables."""
    async with runtime.engine.connect() as connection:
        return [dict(row) for row in (await connection.execute(text(query), values)).mappings()]
