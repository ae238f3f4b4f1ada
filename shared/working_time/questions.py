"""What else a desk asks of working time: the same count forwards, backwards and in between."""

from datetime import datetime
from decimal import Decimal

from shared.working_time.calendar import Calendar
from shared.working_time.instants import instant_of, minute_of
from shared.working_time.limits import LimitWrong, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, MINUTES_PER_HOUR, STANDARD_HOURS, STANDARD_SEASON, OfficeHours


def add_working_minutes(start: datetime, minutes: int, calendar: Calendar, hours: OfficeHours = STANDARD_HOURS) -> datetime:
    """The instant at which the last of so many session minutes from `start` ends; with 0, the first session minute from there.

    Raises CalendarUnknown.
    """
    if minutes < 0:
        raise LimitWrong("Working minutes are added forwards; ask latest_start for the way back.")
    begins = minute_of(start)
    return instant_of(calendar.at(hours).timeline(begins // MINUTES_PER_DAY).consumed(begins, minutes)[0])


def allotment_minutes(amount: Decimal, unit: Unit, hours: OfficeHours = STANDARD_HOURS) -> int:
    """The working minutes of a step's allotment, a remainder of a minute rounded up; 0 for a step that is not counted.

    The ordinary day is that of the office's season without dates. Raises LimitWrong for what is not counted in working time.
    """
    per_unit = {
        Unit.WORKING_DAY: (hours.seasons[-1] if hours.seasons else STANDARD_SEASON).ordinary_minutes,
        Unit.WORKING_HOUR: MINUTES_PER_HOUR,
    }
    if unit not in per_unit:
        raise LimitWrong(f"An allotment in {unit} has no fixed working minutes.")
    return TimeLimit(amount, unit).minutes(per_unit[unit]) if amount else 0
