"""Putting a service together, the same way for all three: doors, health, errors, chores, one wiring for every mode."""

import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from sqlalchemy import MetaData, Table, text

from shared import doors, keys, messaging, offices, problems, timers
from shared.clock import Clock, FileClock, SystemClock
from shared.contracts.events import Event
from shared.database import HotLine, is_away, open_engine
from shared.home import kept
from shared.messaging import Reaction
from shared.migrations import head_of
from shared.offices import OfficeCache
from shared.runtime import Chore, Runtime
from shared.settings import ServiceSettings
from shared.tokens import KeysMissing, tokens_for
from shared.wire import Signer


def common_tables(metadata: MetaData) -> Table:
    """The tables every service has: events out and in, keys, timers, its copy of the offices (which is returned)."""
    messaging.tables(metadata)
    keys.tables(metadata)
    timers.tables(metadata)
    return offices.tables(metadata)


def runtime_for(
    settings: ServiceSettings,
    *,
    office: Table,
    reactions: Mapping[type[Event], Reaction],
    chores: Sequence[Chore],
    database_url: str,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
) -> Runtime:
    """A runtime, not yet started. `clock` and `http` are given by tests; otherwise the mode decides. Raises KeysMissing."""
    return Runtime(
        service=settings.service,
        settings=settings,
        engine=open_engine(database_url, settings.database_connections),
        hot_line=HotLine(database_url, settings.database_connections),
        clock=clock or (FileClock(settings.home) if settings.in_development else SystemClock()),
        signer=signer_for(settings),
        tokens=tokens_for(settings),
        reactions=reactions,
        chores=(*chores, Chore("forget old keys", 3600, _forget_old_keys)),
        http=http or httpx.AsyncClient(),
        facts={"offices": OfficeCache(office)},
    )


def signer_for(settings: ServiceSettings) -> Signer:
    """Signs what goes to the peers; in development with a secret kept in the home. Raises KeysMissing."""
    if settings.event_secret is None and not settings.in_development:
        raise KeysMissing("Production needs MOTCUA_EVENT_SECRET. To try things out, set MOTCUA_MODE=development.")
    return Signer(settings.event_secret or SecretStr(kept(settings.home, "event-secret", secrets.token_urlsafe)))


def app_for(
    runtime: Runtime,
    *,
    title: str,
    description: str,
    routers: Sequence[APIRouter],
    start: bool = True,
    actions_of: problems.ActionsOf = lambda about, officer: (),
) -> FastAPI:
    """The FastAPI app of a service: its own routes under /v1, the peers' entrance, health, problems."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        if start:
            await runtime.start()
        try:
            yield
        finally:
            await runtime.stop()

    app = FastAPI(title=title, description=description, version="1", lifespan=lifespan, max_body_size=LARGEST_BODY)
    app.state.runtime = runtime
    app.add_middleware(doors.Traced)
    problems.install(app, actions_of)
    for router in routers:
        app.include_router(router, prefix="/v1", responses=PROBLEMS)
    app.include_router(doors.entrance())
    app.include_router(_health())
    return app


LARGEST_BODY = 32 * 2**20
"""In bytes: a batch of a hundred long procedures is a tenth of it."""

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem in plain words (RFC 9457)",
        "content": {"application/problem+json": {"schema": problems.Problem.model_json_schema()}},
    }
}


async def _forget_old_keys(runtime: Runtime) -> bool:
    async with runtime.transaction() as tx:
        await runtime.keys.forget_old(await tx.connection())
    return False


# ------------------------------------------------------------------------------------------------ health

_BACKLOG = """
select (select count(*) from (select from {schema}.delivery limit 10000) as first_ones) as undelivered,
       (select extract(epoch from now() - min(written_at)) from {schema}.event
        where number = (select min(number) from {schema}.delivery)) as oldest_seconds,
       (select count(*) from {schema}.refusal where parked_at is not null) as parked
"""


def _health() -> APIRouter:
    router = APIRouter(prefix="/health", tags=["health"])

    @router.get("/live", summary="The process answers")
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/ready", summary="Database, migrations, backlog")
    async def ready(request: Request) -> JSONResponse:
        runtime: Runtime = request.app.state.runtime
        checks: dict[str, Any] = {"time": datetime.now(UTC).isoformat(), "domain_time": runtime.clock.now().isoformat()}
        try:
            checks |= await _look(runtime)
        except Exception as error:
            if not is_away(error):
                raise
            return JSONResponse(checks | {"status": "unavailable", "database": "cannot be reached"}, status_code=503)
        for name, check in runtime.facts.get("health", {}).items():
            checks[name] = await check(runtime)
        current = checks["migration"] == checks["expected_migration"]
        checks["status"] = "unavailable" if not current else "degraded" if _degraded(checks) else "ready"
        return JSONResponse(checks, status_code=200 if current else 503)

    return router


async def _look(runtime: Runtime) -> dict[str, Any]:
    schema = runtime.service
    async with runtime.engine.connect() as connection:
        exists = (await connection.execute(text("select to_regclass(:name)"), {"name": f"{schema}.alembic_version"})).scalar()
        version = (await connection.execute(text(f"select version_num from {schema}.alembic_version"))).scalar() if exists else None
        found: dict[str, Any] = {"database": "ok", "migration": version, "expected_migration": head_of(schema)}
        if version == found["expected_migration"]:
            row = (await connection.execute(text(_BACKLOG.format(schema=schema)))).one()
            due = await timers.in_sight(connection, schema, runtime.clock.now())
            oldest = round(float(row.oldest_seconds), 1) if row.oldest_seconds is not None else 0.0
            found |= {
                "at_rest": row.undelivered == 0 and due["waiting_overdue"] == 0,
                "undelivered": row.undelivered,
                "oldest_undelivered_seconds": oldest,
                "parked": row.parked,
                "timers": due,
            }
    return found


def _degraded(checks: dict[str, Any]) -> bool:
    failing = checks.get("timers", {}).get("failing", 0)
    return checks.get("parked", 0) > 0 or failing > 0 or checks.get("oldest_undelivered_seconds", 0) > 300


HealthCheck = Callable[[Runtime], Awaitable[Any]]
