"""Where a case stands on the work list, so that lists need not be counted: places are counted as cases move."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from services.processing.domain.case import Case
from shared.clock import VIETNAM
from shared.contracts.states import STATES, Holder, State

HELD: Final = [state for state, meaning in STATES.items() if meaning.holder is Holder.AGENCY]
"""What waits for the desk is not on the agency's list."""

NO_DAY: Final = date(9999, 12, 31)
NOBODY: Final = ""
WHOEVER: Final = "*"
"""The place of all officers of an office together, so that a whole province is added up without looking at each of them."""


@dataclass(frozen=True)
class Place:
    """What is counted together: an office's open steps, by who has them, in which state, due on which day."""

    office: str
    assignee: str
    state: State
    due_on: date


def place_of(case: Case) -> Place | None:
    """None: it waits for nobody here."""
    if case.current_step is None or case.state not in HELD:
        return None
    due_on = case.step_due_at.astimezone(VIETNAM).date() if case.step_due_at else NO_DAY
    return Place(case.offices.competent, case.assigned.officer if case.assigned else NOBODY, case.state, due_on)


def moved(left: Place | None, reached: Place | None) -> dict[Place, int]:
    """What changes in the counts: one less here, one more there, for the officer and for the office as a whole."""
    changed: Counter[Place] = Counter()
    for place, number in ((left, -1), (reached, 1)):
        if place:
            changed[place] += number
            changed[replace(place, assignee=WHOEVER)] += number
    return {place: number for place, number in changed.items() if number}


class DueBucket(StrEnum):
    """When a step is due, as a head of office looks at it."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"
    """In the next three days."""
    LATER = "later"
    """After that, or on no day."""


SOON_DAYS: Final = 3
