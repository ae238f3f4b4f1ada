"""Door 3, time: what the desk does by itself. Nothing yet; its timers come with the deadlines."""

from typing import Final

from shared.runtime import Chore

CHORES: Final[tuple[Chore, ...]] = ()
