"""A result made once more, wrong through the agency's fault or lost on its way: a task under the same code, with its own three days."""

import contextlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from services.processing.domain.deadline import ONE_DAY, Counting
from shared.contracts.events import CorrectionKind, Result
from shared.verdicts import Verdict, is_late
from shared.working_time import CalendarUnknown, TimeLimit, Unit, due

THREE_DAYS: Final = TimeLimit(Decimal(3), Unit.WORKING_DAY)


@dataclass(frozen=True)
class Correction:
    """`replaced` is the result as it was before. It is no dossier that was received, and counts in no statistics of those."""

    kind: CorrectionKind
    reason: str
    asked_at: datetime
    asked_by: str
    due_at: datetime
    done_at: datetime | None = None
    done_by: str | None = None
    declined_at: datetime | None = None
    declined_reason: str | None = None
    replaced: Result | None = None

    @property
    def is_open(self) -> bool:
        return not (self.done_at or self.declined_at)

    def verdict(self, now: datetime) -> Verdict:
        return Verdict.OVERDUE if is_late(self.due_at, self.done_at or self.declined_at or now) else Verdict.ON_TIME


Corrections = tuple[Correction, ...]


def correction_due_at(counting: Counting, asked_at: datetime) -> datetime:
    """Three working days from the wish; where no calendar is known, three days. Source: law.CORRECTION."""
    if counting.calendar:
        with contextlib.suppress(CalendarUnknown):
            return due(asked_at, THREE_DAYS, calendar=counting.calendar, hours=counting.hours).at
    return asked_at + 3 * ONE_DAY
