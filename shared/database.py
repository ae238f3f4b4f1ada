"""The line to PostgreSQL: one small pool per service, SQLAlchemy Core on top, asyncpg underneath."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.errors import Changed

CONNECT_SECONDS: Final = 10
SERVER_SETTINGS: Final = {"jit": "off", "timezone": "UTC"}


def open_engine(url: str, connections: int = 6) -> AsyncEngine:
    """A pool of at most `connections`; on a small machine more only costs."""
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,  # what a statement carried is personal data; it must not come out in an error's text
        connect_args={"timeout": CONNECT_SECONDS, "server_settings": SERVER_SETTINGS},
    )


@dataclass
class HotLine:
    """The driver itself, for the few hot statements that are written by hand and are a whole transaction each.

    Their plans are made once for any value: planning such a statement costs more than running it. Connections are opened when
    first needed, `connections` at most; one that broke is replaced by the pool.
    """

    url: str
    connections: int
    _pool: asyncpg.Pool | None = None
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def fetch(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Run it, committed when this returns. Raises what the driver raises; see `is_away`."""
        async with (self._pool or await self._opened()).acquire(timeout=CONNECT_SECONDS) as connection:
            return await connection.fetch(statement, *values)

    async def close(self) -> None:
        if self._pool:
            await self._pool.close()

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self.url.replace("postgresql+asyncpg", "postgresql", 1),
                    min_size=0,
                    max_size=self.connections,
                    timeout=CONNECT_SECONDS,
                    reset=_nothing,  # a statement leaves nothing behind in its connection
                    server_settings=SERVER_SETTINGS | {"plan_cache_mode": "force_generic_plan"},
                )
            return self._pool


async def _nothing(_connection: object) -> None:
    pass


def is_away(error: BaseException) -> bool:
    """Whether `error` means that the database cannot be reached just now (and not that we asked it nonsense)."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError) or _driver_is_away(error.orig)
    return isinstance(error, PoolTimeout) or _driver_is_away(error)


def is_clash(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way, so that trying again is right."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "55P03"}


_Done = TypeVar("_Done")


async def persistently(attempt: Callable[[], Awaitable[_Done]]) -> _Done:
    """A whole transaction that nobody waits for: tried again, twice, if another stood in its way or changed what it decided on."""
    for again in (True, True, False):
        try:
            return await attempt()
        except Exception as error:
            if not (again and (isinstance(error, Changed) or is_clash(error))):
                raise
    raise AssertionError


def is_unstorable(error: BaseException) -> bool:
    """Whether a text was sent that the database does not keep: the character NUL, in a value or inside JSON."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return getattr(cause, "sqlstate", None) in {"22021", "22P05"}


def _driver_is_away(error: BaseException | None) -> bool:
    if isinstance(error, asyncpg.PostgresConnectionError | asyncpg.OperatorInterventionError | asyncpg.InterfaceError):
        return True
    # The driver tells a server that died under it in its own way: "cannot switch to state".
    if isinstance(error, asyncpg.InternalClientError | asyncpg.TooManyConnectionsError | OSError | TimeoutError):
        return True
    return error is not None and error.__cause__ is not None and _driver_is_away(error.__cause__)
