"""The clocks of the shares other agencies have: counted anew with whatever stops the clock of the case, each told of once when late."""

from dataclasses import replace
from typing import Final

from services.processing.domain.case import Case
from services.processing.domain.child_case import ChildCase, child_due_at
from services.processing.domain.deadline import ONE_MINUTE
from services.processing.references import references_of
from shared import timers
from shared.runtime import Transaction

LATE: Final = "child_overdue"


async def recounted(tx: Transaction, found: Case) -> Case:
    """Every open share by its own limit, its own office's hours, and what stops the clock of the whole case."""
    if not any(one.is_open for one in found.children):
        return found
    references = references_of(tx)
    calendar = await references.calendar(tx, found.calendar_version)
    counted = [
        replace(one, due_at=child_due_at(one, found.intervals, calendar, await references.hours(tx, one.office))) if one.is_open else one
        for one in found.children
    ]
    return replace(found, children=tuple(counted))


async def must_be_countable(tx: Transaction, found: Case, new: ChildCase) -> None:
    """Also where it begins only after another share: who gives it hears of it, not who ends that one. Raises InvalidInput."""
    references = references_of(tx)
    calendar = await references.calendar(tx, found.calendar_version)
    child_due_at(replace(new, began_at=tx.now), (), calendar, await references.hours(tx, new.office))


async def keep_child_alarms(tx: Transaction, found: Case) -> None:
    """Each open share is told of once when it is late; one that ended, waits or stands is not."""
    for one in found.children:
        at = one.due_at + ONE_MINUTE if one.is_open and one.due_at and not one.overdue_at else None
        await timers.keep(tx, one.id, {LATE: at})
