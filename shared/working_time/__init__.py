"""All working time of the house: pure, exact, in whole minutes of Vietnamese local time.

`Calendar` says which dates are worked, `OfficeHours` when an office works on them. `due` counts a `TimeLimit` from the
acceptance (one rule per unit in `rules.py`), applies stops in their order, and the clock policy at the end. `questions.py` asks
the same count other ways. Nothing here knows a clock, a file or a database; a year that is not loaded is an error, never a guess.
"""

from shared.working_time.calendar import Calendar, CalendarDay, CalendarWrong, DayKind, DayStatus, read_days, write_days
from shared.working_time.due_date import Due, StillStopped, StopWrong, due
from shared.working_time.explanation import Explanation, explain
from shared.working_time.instants import InstantWrong
from shared.working_time.limits import DueClock, LimitWrong, Stop, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import STANDARD_HOURS, OfficeHours, OfficeHoursWrong, Season, Session, parse_sessions
from shared.working_time.questions import (
    Lateness,
    Progress,
    add_working_minutes,
    allotment_minutes,
    apology_due_at,
    closing_at,
    last_working_day_before,
    lateness,
    latest_filing_day,
    latest_start,
    next_working_day,
    opening_at,
    progress,
    working_days_between,
    working_minutes_between,
)
from shared.working_time.sentences import sentences
from shared.working_time.sequence import Started, due_in_a_row, explain_in_a_row
from shared.working_time.timeline import CalendarUnknown

__all__ = [
    "STANDARD_HOURS",
    "Calendar",
    "CalendarDay",
    "CalendarUnknown",
    "CalendarWrong",
    "DayKind",
    "DayStatus",
    "Due",
    "DueClock",
    "Explanation",
    "InstantWrong",
    "Lateness",
    "LimitWrong",
    "OfficeHours",
    "OfficeHoursWrong",
    "Progress",
    "Season",
    "Session",
    "Started",
    "StillStopped",
    "Stop",
    "StopPolicy",
    "StopWrong",
    "TimeLimit",
    "Unit",
    "add_working_minutes",
    "allotment_minutes",
    "apology_due_at",
    "closing_at",
    "due",
    "due_in_a_row",
    "explain",
    "explain_in_a_row",
    "last_working_day_before",
    "lateness",
    "latest_filing_day",
    "latest_start",
    "next_working_day",
    "opening_at",
    "parse_sessions",
    "progress",
    "read_days",
    "sentences",
    "working_days_between",
    "working_minutes_between",
    "write_days",
]
