"""What is due when: time counted on the calendar a case was received under, never beyond its appointment. Lateness is arithmetic."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from shared.clock import VIETNAM
from shared.working_time import (
    STANDARD_HOURS,
    Calendar,
    CalendarUnknown,
    InstantWrong,
    LimitWrong,
    OfficeHours,
    TimeLimit,
    Unit,
    add_working_minutes,
    due,
)


@dataclass(frozen=True)
class Counting:
    """How the time of a case is counted. Without a calendar nothing binds its steps but the appointment."""

    appointment_at: datetime
    calendar: Calendar | None = None
    hours: OfficeHours = STANDARD_HOURS

    def due(self, start: datetime, amount: Decimal, unit: Unit) -> datetime:
        """When so much time from `start` has run out; the appointment, where that comes first or the calendar ends before."""
        if self.calendar is None:
            return self.appointment_at
        try:
            return min(self._counted(start, amount, unit, self.calendar), self.appointment_at)
        except (CalendarUnknown, InstantWrong, LimitWrong):
            return self.appointment_at

    def _counted(self, start: datetime, amount: Decimal, unit: Unit, calendar: Calendar) -> datetime:
        if unit is Unit.DAY and amount % 1:
            return self._part_of_a_calendar_day(start, amount, calendar)
        return due(start, TimeLimit(amount, unit), calendar=calendar, hours=self.hours).at

    def _part_of_a_calendar_day(self, start: datetime, amount: Decimal, calendar: Calendar) -> datetime:
        """The whole days, then the fraction of the office's ordinary day; never later than the next whole day."""
        whole = amount // 1
        begins = self._counted(start, whole, Unit.DAY, calendar) if whole else start
        minutes = TimeLimit(amount % 1, Unit.WORKING_DAY).minutes(self.hours.ordinary_minutes(start.astimezone(VIETNAM).date()))
        return min(add_working_minutes(begins, minutes, calendar, self.hours), self._counted(start, whole + 1, Unit.DAY, calendar))


class Verdict(StrEnum):
    """Whether the appointment was kept; of an open case, whether it still is."""

    ON_TIME = "on_time"
    OVERDUE = "overdue"


def verdict(appointment_at: datetime, completed_at: datetime | None, now: datetime) -> Verdict:
    """By the appointment promised: the clock ends with the completion."""
    return Verdict.OVERDUE if is_late(appointment_at, completed_at or now) else Verdict.ON_TIME


def is_late(due_at: datetime, at: datetime) -> bool:
    """Seconds do not count."""
    return at.replace(second=0, microsecond=0) > due_at
