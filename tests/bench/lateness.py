"""How long it takes to judge a million open cases: in each competent office, how many are on time, due today or overdue.

One query over `processing.case`, as a report is. Alone: python -m tests.bench.lateness
"""

import asyncio
import os
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Final

import asyncpg

from shared import migrations, roles
from shared.clock import VIETNAM
from shared.contracts.peers import Service
from shared.local_postgres import LocalPostgres

CASES: Final = int(os.environ.get("MOTCUA_BENCH_CASES", "1000000"))
OFFICES: Final = 200
TARGET_SECONDS: Final = 2.0
ROUNDS: Final = 5
AS_OF: Final = datetime(2026, 3, 10, 9, 30, tzinfo=VIETNAM)

# Appointments on the 120 half-hours before and after `AS_OF`, as many in each office.
FILL: Final = """
    insert into processing.case (id, state, code, procedure_key, procedure_version, procedure_name, channel, receiving, competent,
        supervising, "returning", people, accepted_at, appointment_at,
        first_appointment_at, judged_at, time_terms, limit_text, received_by, result_way, current_step,
        step_due_at)
    select gen_random_uuid(), (array['received', 'in_progress', 'in_progress', 'awaiting_fee'])[1 + n % 4],
        'H14.' || (n % $2) || '-260301-' || n, 'CB-1.001806', '00000000-0000-7000-8000-000000000000',
        'Công nhận cơ sở sản xuất, kinh doanh', 'desk', 'H14.001', 'H14.' || (n % $2), 'H14', 'H14.001',
        '[{"part": "applicant", "name": "Nông Thị Mẫu", "identity_number": "004190000001", "phone": "0912345678"}]',
        $3::timestamptz - interval '20 days', due_at, due_at, due_at, '{}', '10 ngày làm việc', 'bench', 'desk', 1,
        due_at - interval '1 day'
    from generate_series(0, $1 - 1) n, lateral (select $3::timestamptz + ((n / $2) % 241 - 120) * interval '30 minutes' as due_at) as one
"""

# As shared/verdicts.py judges by the appointment: a standing clock is waited for, the due minute itself is in time.
JUDGE: Final = """
    select competent,
        count(*) filter (where not late and judged_at >= $2) as on_time,
        count(*) filter (where not late and judged_at < $2) as due_today,
        count(*) filter (where late) as overdue
    from (
        select competent, judged_at,
            judged_at < coalesce(stopped_since, $1) or coalesce(late_since < coalesce(stopped_since, $1), false) as late
        from processing.case
        where completed_at is null and stopped_at is null) as open_case
    group by competent
"""
TOMORROW: Final = datetime(2026, 3, 11, tzinfo=VIETNAM)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as directory:
        home = Path(directory) / "home"
        with LocalPostgres(home) as server:
            asyncio.run(_measure(server, home))


async def _measure(server: LocalPostgres, home: Path) -> None:
    passwords = roles.service_passwords(home)
    await roles.prepare(server.owner_url, passwords)
    await migrations.upgrade("processing", roles.service_url(server.owner_url, Service.PROCESSING, passwords[Service.PROCESSING]))
    connection = await asyncpg.connect(server.dsn)
    try:
        began = time.perf_counter()
        await connection.execute(FILL, CASES, OFFICES, AS_OF)
        await connection.execute("vacuum (analyze) processing.case")
        filled = time.perf_counter() - began
        seconds = [await _judged(connection) for _ in range(ROUNDS)]
    finally:
        await connection.close()
    print(f"lateness of {CASES:,} open cases in {OFFICES} offices, one query (put there in {filled:.0f} s)")
    print(f"  first {seconds[0]:.2f} s   median of {ROUNDS} {statistics.median(seconds):.2f} s   target under {TARGET_SECONDS:g} s")


async def _judged(connection: "asyncpg.Connection[asyncpg.Record]") -> float:
    began = time.perf_counter()
    rows = await connection.fetch(JUDGE, AS_OF, TOMORROW)
    seconds = time.perf_counter() - began
    verdicts = [sum(row[verdict] for row in rows) for verdict in ("on_time", "due_today", "overdue")]
    if (len(rows), verdicts) != (OFFICES, _expected()):
        raise SystemExit(f"{len(rows)} offices with {verdicts} cases, where {OFFICES} with {_expected()} were put")
    return seconds


def _expected() -> list[int]:
    """On time, due today and overdue, as they were put there: by how many half-hours from `AS_OF`."""
    until_midnight = int((TOMORROW - AS_OF).total_seconds()) // 1800
    away = [number // OFFICES % 241 - 120 for number in range(CASES)]
    return [sum(one >= until_midnight for one in away), sum(0 <= one < until_midnight for one in away), sum(one < 0 for one in away)]


if __name__ == "__main__":
    main()
