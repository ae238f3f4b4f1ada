"""Door 3, time: what the desk does by itself."""

from typing import Final

from services.intake.commands import alarms
from shared import timers
from shared.runtime import Chore

CHORES: Final[tuple[Chore, ...]] = (timers.chore(alarms.HANDLERS),)
