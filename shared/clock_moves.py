"""Moving domain time: from due timer to due timer, waiting at each until the services rest, so that nothing fires out of order.

Only in development, where all processes of a stack read one clock file.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from shared.clock import FileClock

PATIENCE_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.05
EXACT_STOPS: Final = 200
"""After so many stops it goes from hour to hour: within an hour each service still fires its own timers in order."""

Health = Mapping[str, Any]
Look = Callable[[], Awaitable[Sequence[Health]]]
"""Reads /health/ready of every service that runs."""


async def move(clock: FileClock, target: datetime, look: Look, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Forward to `target`. A clock that ran stands meanwhile, and runs on from there. Raises ClockNeverGoesBack, TimeoutError."""
    before = clock.setting()
    clock.stand()
    try:
        for stops in count():
            healths = await rest(look, patience_seconds=patience_seconds)
            due_at = next_due_at(healths)
            if due_at is None or (stop := due_at if stops < EXACT_STOPS else _full_hour(due_at)) >= target:
                break
            clock.set(max(stop, clock.now()), runs=False)
        clock.set(target, runs=False)
        await rest(look, patience_seconds=patience_seconds)
    finally:
        clock.set(clock.now(), runs=before.runs if before else True)


async def rest(look: Look, *, patience_seconds: float = PATIENCE_SECONDS) -> Sequence[Health]:
    """Until two looks in a row find nothing under way; one alone may miss what passed from a service not yet seen to one seen before.

    Raises TimeoutError.
    """
    until = time.monotonic() + patience_seconds
    rested = 0
    while True:
        healths = await look()
        rested = rested + 1 if all(health.get("at_rest") for health in healths) else 0
        if rested == 2:
            return healths
        if time.monotonic() > until:
            raise TimeoutError(f"The services do not come to rest after {patience_seconds:g} seconds; see their /health/ready.")
        if not rested:
            await asyncio.sleep(LOOK_EVERY_SECONDS)


def next_due_at(healths: Sequence[Health]) -> datetime | None:
    """Of the first timer to come, of all that are kept."""
    timers = [health.get("timers", {}) for health in healths]
    return min((datetime.fromisoformat(kept["next_due_at"]) for kept in timers if kept.get("next_due_at")), default=None)


def _full_hour(instant: datetime) -> datetime:
    """The end of the hour it lies in."""
    last = instant + timedelta(hours=1, microseconds=-1)
    return last.replace(minute=0, second=0, microsecond=0)
