"""Prepares a PostgreSQL server: one schema and one login role per service, which owns its schema and sees no other.

It comes before any migration. `deploy/roles.sql` says the same for a database administrator who does it by hand.
"""

import base64
import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared.contracts.peers import Service
from shared.home import kept

DRIVER: Final = "postgresql+asyncpg"
ONE_AT_A_TIME: Final = 0x4D43_524F  # the advisory lock's number, "MCRO"
SCRAM_ITERATIONS: Final = 4096

ROLE_EXISTS: Final = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)")
AM_SUPERUSER: Final = text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")


async def prepare(owner_url: str, passwords: Mapping[str, str]) -> None:
    """Make what is missing for the services named in `passwords`, and set those passwords; again, or twice at once, does no harm.

    The owner must own the database and be allowed to create roles; it need not be a superuser.
    """
    engine = create_async_engine(_driven(owner_url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ONE_AT_A_TIME})
            await _close_to_the_public(connection)
            for service, password in passwords.items():
                await _prepare_role(connection, service, password)
                await _prepare_schema(connection, service)
    finally:
        await engine.dispose()


def service_url(owner_url: str, service: str, password: str) -> str:
    """The same database, as the service's own role."""
    return _driven(owner_url).set(username=role_of(service), password=password).render_as_string(hide_password=False)


def service_passwords(home: Path) -> dict[str, str]:
    """The services' passwords, each kept in the home in a file of its own; made now if there are none."""
    return {service.value: kept(home, f"database-password-{service}", lambda: secrets.token_urlsafe(24)) for service in Service}


def role_of(service: str) -> str:
    return f"motcua_{service}"


async def _close_to_the_public(connection: AsyncConnection) -> None:
    await connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
    await connection.exec_driver_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    await connection.exec_driver_sql(f"REVOKE ALL ON DATABASE {await _database(connection)} FROM PUBLIC")


async def _prepare_role(connection: AsyncConnection, service: str, password: str) -> None:
    name = role_of(service)
    role = _quoted(name)
    if not await connection.scalar(ROLE_EXISTS, {"role": name}):
        await connection.exec_driver_sql(f"CREATE ROLE {role}")
    await connection.exec_driver_sql(f"ALTER ROLE {role} LOGIN PASSWORD '{scram_verifier(password)}'")
    # With the usual path a role named like a schema takes that one for current, and Alembic would add every table again.
    await connection.exec_driver_sql(f"ALTER ROLE {role} SET search_path = public")
    await connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {await _database(connection)} TO {role}")


async def _prepare_schema(connection: AsyncConnection, service: str) -> None:
    schema, role = _quoted(service), _quoted(role_of(service))
    if not await connection.scalar(AM_SUPERUSER):
        # Who is no superuser may give a schema only to a role of which it is a member.
        await connection.exec_driver_sql(f"GRANT {role} TO CURRENT_USER")
    await connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role}")
    await connection.exec_driver_sql(f"ALTER SCHEMA {schema} OWNER TO {role}")
    await connection.exec_driver_sql(f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")


def scram_verifier(password: str) -> str:
    """What the server keeps of a password (RFC 5803). Sent in its place, it leaves the password out of statements and logs."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", unicodedata.normalize("NFKC", password).encode(), salt, SCRAM_ITERATIONS)
    client_key, server_key = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
    stored_key = hashlib.sha256(client_key).digest()
    shown = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${SCRAM_ITERATIONS}:{shown[0]}${shown[1]}:{shown[2]}"


async def _database(connection: AsyncConnection) -> str:
    return _quoted(await connection.scalar(text("SELECT current_database()")) or "")


def _driven(url: str) -> URL:
    return make_url(url).set(drivername=DRIVER)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
