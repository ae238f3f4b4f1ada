"""Idempotency keys: a request repeated with its key does nothing twice and gets its first answer again."""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, Text, TextClause, Uuid, func, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import KeyMissing, KeyReused

KEPT_DAYS: Final = 30
LONGEST: Final = 200


def tables(metadata: MetaData) -> None:
    """The key ledger of a service. `answer` never holds personal data: answers to changes carry ids, states and dates only.

    Where an answer can be rebuilt from the dossier it made, `dossier_id` stands instead.
    """
    Table(
        "key",
        metadata,
        Column("caller", Text, primary_key=True),
        Column("method", Text, primary_key=True),
        Column("path", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("body_hash", LargeBinary, nullable=False),
        Column("status", Integer),
        Column("answer", Text),
        Column("etag", Text),
        Column("dossier_id", Uuid),
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


@dataclass
class Key:
    """What makes a request the same request: caller, method, path and key; `body_hash` tells whether it really is."""

    caller: str
    method: str
    path: str
    key: str
    body_hash: bytes
    claimed: bool = False
    kept_elsewhere: bool = False
    """Some answers are rebuilt from the rows they made, and need not be remembered."""

    def belongs_to(self, caller: str) -> None:
        """Raises KeyMissing."""
        if not 0 < len(self.key) <= LONGEST:
            raise KeyMissing(f"Send an Idempotency-Key header of 1 to {LONGEST} characters, fresh for each new request (a UUID, say).")
        self.caller = caller


def hash_of(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


@dataclass(eq=False)
class FirstAnswer(Exception):
    """This request was answered before; the same answer goes out again. Not frozen: context managers set an exception's traceback."""

    status: int
    body: str
    etag: str | None


_CLAIM: Final = """
insert into {schema}.key (caller, method, path, key, body_hash) values (:caller, :method, :path, :key, :body_hash)
on conflict do nothing returning true
"""
_KNOWN: Final = (
    "select body_hash, status, answer, etag from {schema}.key where caller = :caller and method = :method and path = :path and key = :key"
)
_REMEMBER: Final = """
update {schema}.key set status = :status, answer = :answer, etag = :etag
where caller = :caller and method = :method and path = :path and key = :key
"""
_FORGET_BEFORE: Final = """
delete from {schema}.key
where caller = :caller and method = :method and path = :path and starts_with(key, :prefix) and key <> :key
"""
_FORGET: Final = "delete from {schema}.key where written_at < now() - make_interval(days => :days)"


@dataclass(frozen=True)
class KeyLedger:
    """The keys of one service."""

    schema: str

    async def claim(self, connection: AsyncConnection, key: Key) -> None:
        """A key that another transaction is claiming waits for it. Raises FirstAnswer for a repeat, KeyReused for another body."""
        identity = {"caller": key.caller, "method": key.method, "path": key.path, "key": key.key}
        claimed = (await connection.execute(_sql(_CLAIM, self.schema), identity | {"body_hash": key.body_hash})).scalar()
        key.claimed = True
        if not claimed:
            known = (await connection.execute(_sql(_KNOWN, self.schema), identity)).one()
            must_be_same(known.body_hash, key)
            raise FirstAnswer(known.status, known.answer, known.etag)

    async def remember(self, connection: AsyncConnection, key: Key, status: int, body: bytes, etag: str | None) -> None:
        identity = {"caller": key.caller, "method": key.method, "path": key.path, "key": key.key}
        await connection.execute(_sql(_REMEMBER, self.schema), identity | {"status": status, "answer": body.decode(), "etag": etag})

    async def forget_before(self, connection: AsyncConnection, key: Key, prefix: str) -> None:
        """What this request replaces may come again as something new: forget other keys of the same caller and path with this prefix."""
        earlier = {"caller": key.caller, "method": key.method, "path": key.path, "key": key.key, "prefix": prefix}
        await connection.execute(_sql(_FORGET_BEFORE, self.schema), earlier)

    async def forget_old(self, connection: AsyncConnection) -> None:
        """Keys are kept 30 days of machine time."""
        await connection.execute(_sql(_FORGET, self.schema), {"days": KEPT_DAYS})


def must_be_same(body_hash: bytes, key: Key) -> None:
    if bytes(body_hash) != key.body_hash:
        raise KeyReused(f"The key {key.key!r} was used before with another body; send the same body, or a new key.")


@cache
def _sql(statement: str, schema: str) -> TextClause:
    return text(statement.format(schema=schema))


def canonical(value: Any) -> bytes:
    """One spelling of a JSON value, for hashing what came without a key of its own."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
