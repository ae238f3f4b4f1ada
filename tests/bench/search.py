"""How long officers wait for a search: GET /v1/dossiers, as they ask it, over a province of `MOTCUA_BENCH_DOSSIERS` dossiers.

The real door (token, scope, query, views) in this process, one request after the other. Every kind is asked with other values each time,
drawn from what was put there. Alone, and with the million: MOTCUA_BENCH_DOSSIERS=1000000 python -m tests.bench.search
"""

import asyncio
import base64
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import asyncpg

from services.intake.app import create_app
from services.intake.settings import IntakeSettings
from shared import log, migrations, roles
from shared.contracts.peers import Service
from shared.folding import fold
from shared.local_postgres import LocalPostgres
from tests.bench import province
from tests.bench.load import percentile
from tests.bench.province import COMMUNES, DESK, MERGED, ROOT, Province
from tests.stack import Caller, Stack

DOSSIERS: Final = int(os.environ.get("MOTCUA_BENCH_DOSSIERS", "200000"))
ROUNDS: Final = int(os.environ.get("MOTCUA_BENCH_ROUNDS", "60"))
TARGET_MS: Final = 50.0
Row = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A way to search: from what office, and the question, made from a dossier that exists."""

    name: str
    office: str
    ask: Callable[[Row, Random], Row]
    finds: bool = True
    """Whether there must be an answer."""


def _slip(name: str, chance: Random) -> str:
    """The last word with two letters the wrong way round, or one too many."""
    *before, last = fold(name).split()
    place = chance.randrange(len(last) - 1) if len(last) > 2 else 0
    wrong = last[:place] + last[place + 1] + last[place] + last[place + 2 :] if len(last) > 2 else last + "x"
    return " ".join((*before, wrong))


def _name(row: Row) -> str:
    return row["people"][0]["name"]


def _end(row: Row, rank: int = 0) -> str:
    """A cursor that has nearly everything before it."""
    return base64.urlsafe_b64encode(json.dumps([rank, row["oldest"], "00000000-0000-7000-8000-000000000000"]).encode()).decode()


COMMUNE: Final = COMMUNES[49]
KINDS: Final = (
    Kind("one dossier by its id, to compare", ROOT, lambda row, _: {"id": str(row["id"])}),
    Kind("code", ROOT, lambda row, _: {"q": row["code"]}),
    Kind("day and number, begun", ROOT, lambda row, _: {"q": row["code"].partition("-")[2][:9]}),
    Kind("identity number", ROOT, lambda row, _: {"q": row["people"][0]["identity_number"]}),
    Kind("phone", ROOT, lambda row, _: {"phone": row["people"][0]["phone"]}),
    Kind("a name, province", ROOT, lambda row, _: {"q": fold(_name(row))}),
    Kind("a name, commune", COMMUNE, lambda row, _: {"q": fold(_name(row))}, finds=False),
    Kind("the commonest names, province", ROOT, lambda _, chance: {"name": f"nguyen van {chance.choice(('hung', 'tuan', 'dung'))}"}),
    Kind("the commonest names, commune", COMMUNE, lambda _, chance: {"name": f"nguyen van {chance.choice(('hung', 'tuan', 'dung'))}"}),
    Kind("half a name, commune", COMMUNE, lambda _, chance: {"q": chance.choice(("nguyen van", "nguyen thi", "tran thi"))}),
    Kind("half a name, province", ROOT, lambda _, chance: {"q": chance.choice(("nguyen van", "nguyen thi", "tran thi"))}),
    Kind("a name with a slip, province", ROOT, lambda row, chance: {"q": _slip(_name(row), chance)}, finds=False),
    Kind("a name with a slip, commune", COMMUNE, lambda row, chance: {"q": _slip(_name(row), chance)}, finds=False),
    Kind("a name nobody bears", ROOT, lambda _, chance: {"q": f"zqx{chance.randrange(1000)} wvy kjq"}, finds=False),
    Kind("newest, province", ROOT, lambda _, __: {}),
    Kind("newest, commune", COMMUNE, lambda _, __: {}),
    Kind("one office, long merged", ROOT, lambda _, chance: {"office": chance.choice(MERGED)}),
    Kind("state, unit and dates", ROOT, lambda row, chance: _by_facts(row, chance), finds=False),
    Kind(
        "state and due dates, desk",
        DESK,
        lambda row, _: {"state": ["in_progress", "received"], "due_from": "2026-03-09", "due_to": "2026-03-13"},
    ),
    Kind("a rare state, province", ROOT, lambda _, __: {"state": "suspended"}),
    Kind("an old state, province", ROOT, lambda _, __: {"state": "completed"}),
    Kind("words of a procedure", ROOT, lambda row, _: {"procedure": row["procedure_name"]}),
    Kind("procedure and a name", ROOT, lambda row, _: {"procedure": row["procedure_key"], "name": fold(_name(row))}),
    Kind("last page, province", ROOT, lambda row, _: {"after": _end(row)}, finds=False),
    Kind("last page of what is in progress", ROOT, lambda row, _: {"state": ["in_progress", "received"], "after": _end(row)}, finds=False),
    Kind("last page of a common name", ROOT, lambda row, _: {"name": "nguyen van hung", "after": _end(row, 1)}, finds=False),
)


def _by_facts(row: Row, chance: Random) -> Row:
    state = chance.choice((["in_progress"], ["returned"], ["received", "in_progress", "awaiting_supplement"]))
    day = row["accepted"]
    return {"state": state, "office": row["competent"], "received_from": f"{day:%Y-%m}-01", "received_to": f"{day:%Y-%m}-28"}


def main() -> None:
    log.set_up("ERROR")
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as directory:
        home = Path(directory) / "home"
        with LocalPostgres(home) as server:
            asyncio.run(_measure(server, home))


async def _measure(server: LocalPostgres, home: Path) -> None:
    passwords = roles.service_passwords(home)
    await roles.prepare(server.owner_url, passwords)
    url = roles.service_url(server.owner_url, Service.INTAKE, passwords[Service.INTAKE])
    await migrations.upgrade(Service.INTAKE, url)
    connection = await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql", 1))
    began = time.perf_counter()
    await province.fill(connection, Province(DOSSIERS))
    print(f"search in {DOSSIERS:,} dossiers of {len(COMMUNES) + len(MERGED)} communes (put there in {time.perf_counter() - began:.0f} s)")
    await _print_sizes(connection)
    examples = await _examples(connection)
    await connection.close()
    stack = Stack(home)
    stack.add(Service.INTAKE, create_app, IntakeSettings, url)
    print(f"{'':36}{'p50':>8} {'p95':>8} {'p99':>8}  ms, {ROUNDS} of each; target p95 under {TARGET_MS:g}")
    slow = [kind.name for kind in KINDS if await _asked(stack, kind, examples) > TARGET_MS]
    print(f"  over the target: {', '.join(slow) or 'none'}")
    await stack.close()


async def _asked(stack: Stack, kind: Kind, examples: list[Row]) -> float:
    chance = Random(kind.name)
    officer: Caller = stack.caller(Service.INTAKE, "supervisor", kind.office)
    waited: list[float] = []
    for round in range(ROUNDS + 3):
        question = kind.ask(chance.choice(examples), chance)
        one = question.pop("id", "")
        began = time.perf_counter()
        answer = await officer.get(f"/dossiers/{one}" if one else "/dossiers", params=question)
        if round >= 3:  # the first fill caches
            waited.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200 or (kind.finds and round == 0 and not answer.json().get("dossiers", [one])):
            raise SystemExit(f"{kind.name}: {answer.status_code} {answer.text[:200]}")
    p50, p95, p99 = statistics.median(waited), percentile(waited, 0.95), percentile(waited, 0.99)
    print(f"  {kind.name:34}{p50:8.1f} {p95:8.1f} {p99:8.1f}", flush=True)
    return p95


async def _examples(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Row]:
    """Dossiers to ask for, and when the oldest but fifty came in."""
    found = await connection.fetch("""
        select id, code, people, competent, procedure_name, procedure_key, accepted_at as accepted
        from intake.dossier where code is not null order by md5(id::text) limit 300
    """)
    oldest = await connection.fetchval("select created_at from intake.dossier_search order by created_at offset 50 limit 1")
    return [dict(row) | {"people": json.loads(row["people"]), "oldest": oldest.isoformat()} for row in found]


async def _print_sizes(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    sizes = await connection.fetchrow("""
        select pg_size_pretty(pg_table_size('intake.dossier')) as dossiers, pg_size_pretty(pg_table_size('intake.dossier_search')) as rows,
            pg_size_pretty(pg_relation_size('intake.dossier_search_terms')) as terms
    """)
    print(f"  dossiers {sizes['dossiers']}, what they are found by {sizes['rows']}, its index of terms {sizes['terms']}")


if __name__ == "__main__":
    main()
