"""The line to PostgreSQL: one small pool per service, SQLAlchemy Core on top, asyncpg underneath."""

from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

CONNECT_SECONDS = 10


def open_engine(url: str, connections: int = 6) -> AsyncEngine:
    """A pool of at most `connections`; on a small machine more only costs."""
    return create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        hide_parameters=True,  # what a statement carried is personal data; it must not come out in an error's text
        connect_args={"timeout": CONNECT_SECONDS, "server_settings": {"jit": "off", "timezone": "UTC"}},
    )


async def driver(connection: AsyncConnection) -> Any:
    """The asyncpg connection underneath, for the few hot statements that are written by hand."""
    return (await connection.get_raw_connection()).driver_connection


def is_away(error: BaseException) -> bool:
    """Whether `error` means that the database cannot be reached just now (and not that we asked it nonsense)."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError) or _driver_is_away(error.orig)
    return isinstance(error, PoolTimeout) or _driver_is_away(error)


def is_clash(error: BaseException) -> bool:
    """Whether two transactions stood in each other's way, so that trying again is right."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in {"40001", "40P01", "55P03"}


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
