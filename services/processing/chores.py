"""Door 3, time: what the agency does by itself. Reminders and alarms come with the clock's own issue."""

from typing import Final

from shared.runtime import Chore

CHORES: Final[tuple[Chore, ...]] = ()
