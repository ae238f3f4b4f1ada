"""Each service's own copy of the offices: who lies under whom, who came before whom, and so what a caller may see."""

import time
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Identity, Integer, MetaData, Table, Text, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from shared.contracts.events import OfficePublished
from shared.office_tree import Office, OfficeTree

CACHE_SECONDS = 1.0


def tables(metadata: MetaData) -> Table:
    """The copy of the offices in the schema of a service. `revision` moves with every change."""
    return Table(
        "office",
        metadata,
        Column("code", Text, primary_key=True),
        Column("name", Text, nullable=False),
        Column("parent", Text),
        Column("level", Text, nullable=False),
        Column("valid_from", Date),
        Column("valid_to", Date),
        Column("predecessors", ARRAY(Text), nullable=False),
        Column("sessions", Text),
        Column("told", Integer, nullable=False, server_default="0"),
        Column("revision", BigInteger, Identity(always=False)),
        Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


@dataclass
class OfficeCache:
    """The tree as it stands in the database, looked at afresh when its revision has moved; asked at most once a second."""

    table: Table
    _tree: OfficeTree = field(default_factory=OfficeTree)
    _revision: tuple[int, int] = (-1, 0)
    _asked_at: float = 0.0
    _scopes: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    async def tree(self, tx: Any) -> OfficeTree:
        if time.monotonic() - self._asked_at > CACHE_SECONDS:
            if self._revision[0] >= 0:
                self._asked_at = time.monotonic()  # one asks for all who come meanwhile
            row = (await tx.run(select(func.count(), func.coalesce(func.max(self.table.c.revision), 0)))).one()
            if (row[0], row[1]) != self._revision:
                rows = await tx.run(select(self.table))
                self._tree = OfficeTree.of(office_of(row) for row in rows)
                self._scopes = {}
            self._revision, self._asked_at = (row[0], row[1]), time.monotonic()
        return self._tree

    async def scope(self, tx: Any, offices: frozenset[str]) -> frozenset[str]:
        tree = await self.tree(tx)
        if offices not in self._scopes:
            self._scopes[offices] = tree.scope(offices)
        return self._scopes[offices]


def office_of(row: Any) -> Office:
    return Office(row.code, row.name, row.parent, row.level, row.valid_from, row.valid_to, tuple(row.predecessors), row.sessions)


async def keep(tx: Any, table: Table, office: OfficePublished, *, told: int = 0) -> None:
    """Insert or replace the copy of an office."""
    values = office.model_dump() | {"predecessors": list(office.predecessors), "told": told}
    fresh = insert(table).values(values)
    changed = {name: fresh.excluded[name] for name in values if name != "code"}
    next_revision = func.nextval(func.pg_get_serial_sequence(f"{table.schema}.{table.name}", "revision"))
    statement = fresh.on_conflict_do_update(index_elements=["code"], set_=changed | {"revision": next_revision, "changed_at": func.now()})
    await tx.run(statement)
