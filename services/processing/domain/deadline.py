"""What is due when: time counted on the calendar a case was received under, never beyond the limit it belongs to."""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.clock import VIETNAM
from shared.contracts.time import TimeTerms
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
    apology_due_at,
    due,
    latest_start,
    next_working_day,
    opening_at,
    working_minutes_between,
)


class Alarm(StrEnum):
    """What the clock says by itself, once each."""

    DUE_SOON = "due_soon"
    APOLOGY_DUE = "apology_due"
    DUE_TODAY = "due_today"
    OVERDUE = "overdue"
    SUSPENSION_OVER = "suspension_over"


NOTICE: Final = TimeLimit(Decimal(3), Unit.WORKING_DAY)
EIGHT_HOURS: Final = 8 * 60
MORNING: Final = timedelta(hours=7)
ONE_DAY: Final = timedelta(days=1)
ONE_MINUTE: Final = timedelta(minutes=1)
"""The due instant itself is in time."""


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + ONE_DAY, time(), VIETNAM)


@dataclass(frozen=True)
class Counting:
    """How the time of a case is counted. `ends_at` is the end of its limit, which no step outlasts; without a calendar nothing else
    binds them."""

    ends_at: datetime
    calendar: Calendar | None = None
    hours: OfficeHours = STANDARD_HOURS

    def alarms(self, accepted_at: datetime, promised_at: datetime, terms: TimeTerms, since: datetime) -> dict[Alarm, datetime | None]:
        """When whoever works on it is to be told, of what lies after `since`.

        Sources: law.APOLOGY_ONE_DAY_BEFORE, law.LAST_WORKING_DAY_BEFORE.
        """
        day = promised_at.astimezone(VIETNAM).date()
        found: dict[Alarm, datetime | None] = dict.fromkeys(Alarm)
        if self.calendar:
            with contextlib.suppress(CalendarUnknown, InstantWrong, LimitWrong):
                minutes = working_minutes_between(accepted_at, promised_at, self.calendar, self.hours)
                left = terms.due_soon_hours * 60 if terms.due_soon_hours else int(minutes * terms.due_soon_share)
                found[Alarm.DUE_SOON] = latest_start(promised_at, left, self.calendar, self.hours)
                found[Alarm.APOLOGY_DUE] = apology_due_at(day, self.calendar, self.hours)
                found[Alarm.DUE_TODAY] = opening_at(day, self.calendar, self.hours)
        found[Alarm.OVERDUE] = promised_at + ONE_MINUTE
        return {alarm: at if at and since < at <= promised_at + ONE_MINUTE else None for alarm, at in found.items()}

    def suspension_over_at(self, last_day: date) -> datetime:
        """The first working morning after the last day of a suspension."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown):
                return opening_at(next_working_day(last_day, self.calendar), self.calendar, self.hours)
        return midnight_after(last_day) + MORNING

    def supplement_ends_at(self, asked_at: datetime, days: int) -> tuple[datetime, datetime]:
        """24:00 of the last day to complete a dossier, and the first working morning after. Source: law.SUPPLEMENT_WITHIN."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown):
                limit = TimeLimit(Decimal(days), Unit.DAY)
                last = due(asked_at, limit, calendar=self.calendar, hours=self.hours).at.astimezone(VIETNAM).date()
                return midnight_after(last), opening_at(next_working_day(last, self.calendar), self.calendar, self.hours)
        last = asked_at.astimezone(VIETNAM).date() + timedelta(days=days)
        return midnight_after(last), midnight_after(last) + MORNING

    def notice_until(self, accepted_at: datetime) -> datetime:
        """Until when a supplement is asked for in good time: the end of the third working day. Source: law.NOTICE_WITHIN_3_DAYS."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown):
                found = due(accepted_at, NOTICE, calendar=self.calendar, hours=self.hours)
                return found.period_ends_at or found.at
        return accepted_at + 3 * ONE_DAY

    def eight_hours_after(self, at: datetime) -> datetime:
        """Eight working hours on; where no calendar is known, a day."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown):
                return add_working_minutes(at, EIGHT_HOURS, self.calendar, self.hours)
        return at + ONE_DAY

    def working_minutes(self, start: datetime, end: datetime) -> int | None:
        """The session minutes from one instant to another; None where no calendar tells."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown, InstantWrong):
                return working_minutes_between(start, end, self.calendar, self.hours)
        return None

    def is_worked(self, at: datetime) -> bool:
        """Whether people who come then find somebody; a year nobody knows is taken for worked."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown):
                return self.calendar.is_working_day(at.astimezone(VIETNAM).date())
        return True

    def apology_due_at(self, promised_at: datetime) -> datetime:
        """Until when an extension is in time; without a calendar for the year, a day before the appointment."""
        if self.calendar:
            with contextlib.suppress(CalendarUnknown):
                return apology_due_at(promised_at.astimezone(VIETNAM).date(), self.calendar, self.hours)
        return promised_at - ONE_DAY

    def due(self, start: datetime, amount: Decimal, unit: Unit) -> datetime:
        """When so much time from `start` has run out; the end of the limit, where that comes first or the calendar ends before."""
        if self.calendar is None:
            return self.ends_at
        try:
            return min(self._counted(start, amount, unit, self.calendar), self.ends_at)
        except (CalendarUnknown, InstantWrong, LimitWrong):
            return self.ends_at

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
