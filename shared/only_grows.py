"""Tables that only grow: what stands in them is never changed and never taken away, and the database itself sees to it.

A service's own role owns its tables, so it could take the guard off; nothing it does every day can get past it. Whoever must erase or
move old rows does it knowingly, as the role that owns them or as the database's administrator: docs/operate.md says how.
"""

from typing import Any, Final

ONLY_GROWS: Final[dict[str, Any]] = {"only_grows": True}
"""`info` of such a table."""
GUARD: Final = "only_grows"
"""The name of the trigger and of its function. Per statement, and for none that inserts: writing a line costs what it did before."""


def function_of(schema: str) -> str:
    return (
        f"create or replace function {schema}.{GUARD}() returns trigger language plpgsql as "
        f"$$ begin raise insufficient_privilege using message = tg_table_name || ' only grows'; end $$"
    )


def guard_of(schema: str, table: str) -> str:
    return (
        f"create trigger {GUARD} before update or delete or truncate on {schema}.{table} "
        f"for each statement execute function {schema}.{GUARD}()"
    )
