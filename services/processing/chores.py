"""Door 3, time: what the agency does by itself."""

from typing import Final

from services.processing.commands import alarms, assigning, children, consulting, correcting, counting_work
from shared import timers
from shared.runtime import Chore

CHORES: Final[tuple[Chore, ...]] = (
    timers.chore({**alarms.HANDLERS, **assigning.HANDLERS, **children.HANDLERS, **consulting.HANDLERS, **correcting.HANDLERS}),
    Chore("assign by rule", 1, assigning.assign_by_rule),
    Chore("empty the desks of who has left, or works elsewhere now", 1, assigning.empty_desks),
    Chore("fold counts of work", 1, counting_work.fold),
)
