"""Door 3, time: what the agency does by itself."""

from typing import Final

from services.processing.commands import alarms, correcting
from shared import timers
from shared.runtime import Chore

CHORES: Final[tuple[Chore, ...]] = (timers.chore({**alarms.HANDLERS, **correcting.HANDLERS}),)
