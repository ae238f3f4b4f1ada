"""python -m tests.bench.timers: 100,000 timers due at once, fired by one worker, each with its journal line and event. Target: 30 s."""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from sqlalchemy import text

from services.processing.app import create_app
from services.processing.chores import CHORES
from services.processing.settings import ProcessingSettings
from shared import migrations, roles
from shared.contracts.peers import Service
from shared.local_postgres import LocalPostgres
from shared.runtime import Runtime
from tests.stack import MONDAY_MORNING, HandClock, rows

TIMERS = int(os.environ.get("MOTCUA_BENCH_TIMERS", "100000"))
TARGET_SECONDS = 30.0

# Cases as they are, each known from intake, each with a timer that was due in the last hours: the server was away.
CASES = """
insert into processing."case" (id, state, code, procedure_key, procedure_version, procedure_name, channel, receiving, competent,
    supervising, "returning", people, accepted_at, appointment_at,
    first_appointment_at, judged_at, time_terms, limit_text, received_by, result_way)
select gen_random_uuid(), 'in_progress', 'H14.001-260309-' || number, 'CB-1.001806', gen_random_uuid(), 'Thủ tục', 'desk',
    'H14.001', 'H14.010', 'H14', 'H14.001', '[{"part": "applicant", "name": "Nông Thị Mẫu"}]',
    cast(:now as timestamptz) - interval '10 days', cast(:now as timestamptz), cast(:now as timestamptz), cast(:now as timestamptz),
    '{}', '10 ngày', 'Cán bộ', 'desk'
from generate_series(1, :timers) as number
"""
POSITIONS = """insert into processing.position (source, subject, last) select 'intake', id::text, 1 from processing."case" """
DUE = """
insert into processing.timer (subject, kind, due_at)
select id, 'overdue', cast(:now as timestamptz) - make_interval(mins => cast(substr(code, 16) as int) % 240) from processing."case"
"""


async def fire_all(home: Path, url: str) -> float:
    clock = HandClock(MONDAY_MORNING)
    settings = ProcessingSettings(mode="development", home=home)  # type: ignore[call-arg]
    runtime: Runtime = create_app(settings, url, clock=clock, start=False).state.runtime
    (chore,) = CHORES
    try:
        async with runtime.engine.begin() as connection:
            await connection.execute(text(CASES), {"now": MONDAY_MORNING, "timers": TIMERS})
            await connection.execute(text(POSITIONS))
            await connection.execute(text(DUE), {"now": MONDAY_MORNING})
        began = time.perf_counter()
        while await chore.do(runtime):
            pass
        seconds = time.perf_counter() - began
        count = "select (select count(*) from processing.timer) as left, (select count(*) from processing.event) as told"
        if (found := dict((await rows(runtime, count))[0])) != {"left": 0, "told": TIMERS}:
            raise SystemExit(f"not all timers fired once: {found}")
        return seconds
    finally:
        await runtime.stop()


async def measure() -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as directory:
        home = Path(directory) / "home"
        with LocalPostgres(home) as server:
            passwords = roles.service_passwords(home)
            await roles.prepare(server.owner_url, passwords)
            url = roles.service_url(server.owner_url, Service.PROCESSING, passwords[Service.PROCESSING])
            await migrations.upgrade(Service.PROCESSING, url)
            seconds = await fire_all(home, url)
    verdict = "in time" if seconds <= TARGET_SECONDS else "TOO SLOW"
    rate = f"{TIMERS / seconds:,.0f} a second"
    print(f"{TIMERS:,} timers due at once, one worker, an event each: {seconds:.1f} s, {rate} (target {TARGET_SECONDS:g} s: {verdict})")


def main() -> None:
    asyncio.run(measure())


if __name__ == "__main__":
    main()
