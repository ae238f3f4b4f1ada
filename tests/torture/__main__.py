"""python -m tests.torture: kill everything at random, then count what was lost. Exits 0 only if nothing was."""

import argparse
import asyncio
import logging
import os
import random
import shutil
import sys

from demo.stack import home_from
from tests.torture.run import home_of, torture
from tests.torture.stage import Stage


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    words.add_argument("--dossiers", type=int, default=2000)
    words.add_argument("--seed", type=int, default=random.randrange(1_000_000), help="the same kills and faults again")
    words.add_argument("--seconds", type=float, default=480, help="after these nothing more is begun")
    words.add_argument("--copies", type=int, default=2, help="of each service")
    words.add_argument("--kills", type=int, help="default: one for every forty dossiers")
    chosen = words.parse_args()
    kills = chosen.kills if chosen.kills is not None else max(3, chosen.dossiers // 40)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    home = home_of(home_from(os.environ, "torture"), chosen.seed)
    print(f"seed {chosen.seed}: {chosen.dossiers} dossiers, {kills} kills, {chosen.copies} copies of each service", flush=True)
    stage = Stage(home, chosen.seed, chosen.copies)
    report = asyncio.run(
        torture(stage, dossiers=chosen.dossiers, kills=kills, seconds=chosen.seconds, say=lambda line: print(line, flush=True))
    )
    print("\n".join(report.lines()))
    if report.clean:
        shutil.rmtree(home)
    else:
        print(f"Everything is kept in {home}; the same kills and faults again: --seed {chosen.seed}", file=sys.stderr)
    return 0 if report.clean else 1


if __name__ == "__main__":
    sys.exit(main())
