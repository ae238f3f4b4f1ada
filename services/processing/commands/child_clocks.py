"""The clocks of the shares other agencies have: counted anew with whatever stops the clock of the case, each told of once when late."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from services.processing.domain.case import Case
from services.processing.domain.child_case import ChildCase, child_due_at
from services.processing.domain.deadline import ONE_MINUTE
from services.processing.domain.intervals import is_open
from services.processing.references import references_of
from shared import timers
from shared.errors import InvalidInput
from shared.runtime import Transaction
from shared.working_time import Calendar, OfficeHours

LATE: Final = "child_overdue"


async def recounted(tx: Transaction, found: Case) -> Case:
    """Every open share by its own limit, its own office's hours, and what stops the clock of the whole case; where nobody knows the
    calendar that far, until the end of the whole.
    """
    if not any(one.is_open for one in found.children):
        return found
    references = references_of(tx)
    calendar = await references.calendar_until_now(tx, found.calendar_version)
    counted = [
        replace(one, due_at=_due_at(one, found, calendar, await references.hours(tx, one.office))) if one.is_open else one
        for one in found.children
    ]
    return replace(found, children=tuple(counted))


def _due_at(one: ChildCase, found: Case, calendar: Calendar | None, hours: OfficeHours) -> datetime | None:
    try:
        return child_due_at(one, found.intervals, calendar, hours)
    except InvalidInput:
        return None if is_open(found.intervals) else found.limit_ends_at


async def must_be_countable(tx: Transaction, found: Case, new: ChildCase) -> None:
    """Also where it begins only after another share: who gives it hears of it, not who ends that one. Raises InvalidInput."""
    references = references_of(tx)
    calendar = await references.calendar_until_now(tx, found.calendar_version)
    child_due_at(replace(new, began_at=tx.now), (), calendar, await references.hours(tx, new.office))


async def keep_child_alarms(tx: Transaction, found: Case) -> None:
    """Each open share is told of once when it is late; one that ended, waits or stands is not."""
    for one in found.children:
        at = one.due_at + ONE_MINUTE if one.is_open and one.due_at and not one.overdue_at else None
        await timers.keep(tx, one.id, {LATE: at})
