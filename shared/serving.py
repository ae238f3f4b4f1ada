"""Running services: where each finds its database, and one or several uvicorn servers in one event loop, ended by one signal."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvicorn
from fastapi import FastAPI

from shared import log, migrations, roles
from shared.local_postgres import LocalPostgres
from shared.service import signer_for
from shared.settings import ServiceSettings
from shared.tokens import tokens_for

logger = structlog.get_logger()

REVIVE_SECONDS = 1.0


@dataclass(frozen=True)
class ServicePlan:
    """A service that can be run: its settings, and its app given the URL of its database."""

    settings: type[ServiceSettings]
    create_app: Callable[[Any, str], FastAPI]


def run(*plans: ServicePlan) -> None:
    """Serve until SIGTERM or Ctrl-C; then finish the requests at hand and stop cleanly. Raises KeysMissing before anything starts."""
    settings = [plan.settings() for plan in plans]
    log.set_up(settings[0].log_level)
    for own in settings:
        signer_for(own)
        tokens_for(own)
    if settings[0].uvloop_wanted:
        import uvloop

        return uvloop.run(_serve(plans, settings))
    asyncio.run(_serve(plans, settings))


async def _serve(plans: Sequence[ServicePlan], settings: Sequence[ServiceSettings]) -> None:
    async with databases(settings) as urls:
        servers = [_server(plan.create_app(own, url), own) for plan, own, url in zip(plans, settings, urls, strict=True)]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _stop_all, servers)
        # What is there now stays: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        await asyncio.gather(*(server.serve() for server in servers))


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves signals alone: several servers share one loop, and one handler stops them all."""
        yield


def _server(app: FastAPI, settings: ServiceSettings) -> _Server:
    address = settings.bind or urlsplit(settings.url_of(settings.service)).netloc
    host, _, port = address.rpartition(":")
    return _Server(
        uvicorn.Config(
            app,
            host=host.strip("[]"),
            port=int(port),
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=10,
            server_header=False,
        )
    )


def _stop_all(servers: Sequence[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True


@contextlib.asynccontextmanager
async def databases(settings: Sequence[ServiceSettings]) -> AsyncGenerator[list[str]]:
    """Each service's own URL: given, derived from DATABASE_URL, or of the embedded server, which is started, prepared and migrated."""
    given = [own.database_url_of(own.service) for own in settings]
    owner = settings[0].database_url
    if owner or all(given):
        passwords = roles.service_passwords(settings[0].home) if not all(given) else {}
        yield [
            url or roles.service_url(owner.get_secret_value() if owner else "", own.service, passwords[own.service])
            for own, url in zip(settings, given, strict=True)
        ]
        return
    async with embedded(settings[0]) as server:
        passwords = roles.service_passwords(settings[0].home)
        await roles.prepare(server.owner_url, passwords)
        urls = [roles.service_url(server.owner_url, own.service, passwords[own.service]) for own in settings]
        for own, url in zip(settings, urls, strict=True):
            await migrations.upgrade(own.service, url)
        yield urls


@contextlib.asynccontextmanager
async def embedded(settings: ServiceSettings) -> AsyncGenerator[LocalPostgres]:
    """The private server of this home, shared with whoever else uses it; started again if it dies."""
    server = await asyncio.to_thread(LocalPostgres(settings.home).start)
    keeper = asyncio.create_task(_keep_alive(server))
    try:
        yield server
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await asyncio.to_thread(server.stop)


async def _keep_alive(server: LocalPostgres) -> None:
    while True:
        await asyncio.sleep(REVIVE_SECONDS)
        try:
            if not server.listens():
                await asyncio.to_thread(server.ensure_running)
        except Exception:
            logger.exception("database.not_revived")
