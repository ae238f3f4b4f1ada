"""Why a time limit is due when it is: where counting began, each date counted or skipped, each stop, each rule and its source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from shared import law
from shared.working_time.calendar import Calendar, DayKind, DayStatus
from shared.working_time.due_date import RESTART, Due, Leg, in_order, with_stops
from shared.working_time.instants import instant_of, minute_of
from shared.working_time.limits import WHOLE_ONLY, DueClock, Stop, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, SATURDAY, STANDARD_HOURS, OfficeHours, clock_minute
from shared.working_time.rules import Count
from shared.working_time.timeline import NEVER, Timeline


class Reason(StrEnum):
    """Why a date was counted or skipped."""

    WORKING_DAY = "working_day"
    MAKEUP_DAY = "makeup_day"
    CALENDAR_DAY = "calendar_day"
    FIRST_DAY = "first_day"
    """The day of acceptance, or of the restart, which does not count."""
    AFTER_CUTOFF = "after_cutoff"
    AFTER_HOURS = "after_hours"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    CLOCK_STOPPED = "clock_stopped"


@dataclass(frozen=True, slots=True)
class DayNote:
    """One date of the count."""

    on: date
    counted: bool
    reason: Reason
    number: int | None = None
    """Which day of the limit it is, where whole days are counted."""
    name: str = ""
    source: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class StopNote:
    """One stop, and what it did."""

    started_at: datetime
    ended_at: datetime | None
    policy: StopPolicy
    changed_the_date: bool
    """False for a pause that came when the limit was already due."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A due date with everything it rests on; `sentences` in `sentences.py` says it in Vietnamese."""

    accepted_at: datetime
    limit: TimeLimit
    due_clock: DueClock
    due: Due
    counting_from: datetime | None
    """The opening at which counting began, where the cut-off or a day off put it off."""
    rolls_from: date | None
    """The last day of a period in days or months, where it was a day off."""
    days: tuple[DayNote, ...]
    stops: tuple[StopNote, ...]
    rules: tuple[law.Source, ...]


class Ground(NamedTuple):
    """What the dates are read from."""

    calendar: Calendar
    hours: OfficeHours
    limit: TimeLimit

    def timeline(self, day: int) -> Timeline:
        return self.calendar.at(self.hours).timeline(day)


def explain(
    accepted_at: datetime,
    limit: TimeLimit,
    *,
    calendar: Calendar,
    hours: OfficeHours = STANDARD_HOURS,
    due_clock: DueClock = DueClock.SAME_CLOCK,
    cutoff: time | None = None,
    stops: Sequence[Stop] = (),
) -> Explanation:
    """The same count as `due`, told step by step. Raises what `due` raises."""
    accepted = minute_of(accepted_at)
    interruptions = in_order(stops, accepted)
    legs: list[Leg] = []
    found = with_stops(
        calendar.at(hours), limit, due_clock, None if cutoff is None else clock_minute(cutoff), accepted, interruptions, legs
    )
    ground = Ground(calendar, hours, limit)
    day_one, last = legs[0].standing.day_one, legs[-1].standing
    put_off = day_one is not None and limit.unit is not Unit.SAME_DAY
    return Explanation(
        accepted_at=instant_of(accepted),
        limit=limit,
        due_clock=due_clock,
        due=found,
        counting_from=instant_of(ground.timeline(day_one).opening(day_one)) if put_off and day_one is not None else None,
        rolls_from=date.fromordinal(last.last_day) if last.last_day != last.day else None,
        days=tuple(_days(ground, legs)),
        stops=tuple(_stop_note(leg) for leg in legs if leg.stop),
        rules=tuple(dict.fromkeys(_rules(ground, legs, due_clock))),
    )


def _stop_note(leg: Leg) -> StopNote:
    assert leg.stop is not None
    stopped, resumed, _, policy = leg.stop
    return StopNote(instant_of(stopped), None if resumed == NEVER else instant_of(resumed), policy, leg.changes)


# -- dates counted and skipped -------------------------------------------------------------------------------------------


def _days(ground: Ground, legs: Sequence[Leg]) -> Iterator[DayNote]:
    """Every date once for each way it was read: a stop may begin and end on dates that also count."""
    before: DayNote | None = None
    for note in _turns(ground, [leg for leg in legs if leg.changes]):
        if before is None or (note.on, note.counted) != (before.on, before.counted):
            yield note
        before = note


def _turns(ground: Ground, legs: Sequence[Leg]) -> Iterator[DayNote]:
    """Each turn of the count up to the stop that ended it, then the dates of the stop."""
    number = 0
    for leg, following in pairwise([*legs, None]):
        assert leg is not None
        stop = following.stop if following else None
        number = 0 if leg.begins_anew else number
        if leg.stop is None or leg.stop[1] != NEVER:
            for note in _turn(ground, leg, stop[0] // MINUTES_PER_DAY if stop else leg.standing.day, number):
                number = note.number or number
                yield note
        if stop and stop[1] != NEVER:
            yield from _stopped_days(ground, stop[0] // MINUTES_PER_DAY + 1, stop[1] // MINUTES_PER_DAY)


def _stopped_days(ground: Ground, first: int, resumed: int) -> Iterator[DayNote]:
    """The dates a stop takes out. Of calendar days the one on which it ends is an event day, which does not count."""
    last = resumed if ground.limit.unit in WHOLE_ONLY else resumed - 1
    for day in range(first, last + 1):
        yield DayNote(date.fromordinal(day), counted=False, reason=Reason.CLOCK_STOPPED)


def _turn(ground: Ground, leg: Leg, until: int, number: int) -> Iterator[DayNote]:
    """The dates from where the clock began, or ran on, to the due date or the next stop."""
    unit, standing = ground.limit.unit, leg.standing
    runs_from = leg.stop[1] // MINUTES_PER_DAY if leg.stop else standing.began // MINUTES_PER_DAY
    if unit in WHOLE_ONLY or (unit is Unit.WORKING_DAY and leg.begins_anew):
        if leg.begins_anew:
            yield _first_note(ground, runs_from, put_off=standing.day_one is not None)
        yield from _numbered_days(ground, standing, runs_from + 1, until, number)
    elif unit is not Unit.HOUR:
        yield _hours_note(ground, leg)
        yield from (_working_note(ground, day) for day in range(runs_from + 1, until + 1))


def _numbered_days(ground: Ground, standing: Count, first: int, until: int, number: int) -> Iterator[DayNote]:
    if ground.limit.unit is Unit.WORKING_DAY:
        yield from _working_days(ground, first, until, number)
        return
    if ground.limit.unit is Unit.DAY:  # the days of months are not worth a line each
        first = first if standing.day_one is None else max(first, standing.day_one)
        yield from _calendar_days(first, min(until, standing.last_day), number)
    if until >= standing.last_day:
        yield from (_working_note(ground, day) for day in range(standing.last_day, standing.day))


def _first_note(ground: Ground, day: int, *, put_off: bool) -> DayNote:
    """The day of acceptance never counts; with a cut-off it may be over, or a day off."""
    note = _working_note(ground, day)
    if not put_off:
        return DayNote(note.on, counted=False, reason=Reason.FIRST_DAY, source=str(law.FIRST_DAY_NOT_COUNTED))
    return DayNote(note.on, counted=False, reason=Reason.AFTER_CUTOFF, source=str(law.CUTOFF)) if note.counted else note


def _hours_note(ground: Ground, leg: Leg) -> DayNote:
    """The day on which hours begin to run, or run on: it may be over, or its cut-off past."""
    start = leg.stop[1] if leg.stop else leg.standing.began
    day, clock = divmod(start, MINUTES_PER_DAY)
    if leg.begins_anew and leg.standing.day_one is not None:
        return _first_note(ground, day, put_off=True)
    note = _working_note(ground, day)
    if note.counted and clock >= ground.timeline(day).worked(day).closing and leg.standing.day != day:
        return DayNote(note.on, counted=False, reason=Reason.AFTER_HOURS)
    return note


def _working_days(ground: Ground, first: int, last: int, number: int) -> Iterator[DayNote]:
    """Working days with their numbers, as far as these are whole, and the dates between them."""
    for day in range(first, last + 1):
        note = _working_note(ground, day)
        number += note.counted
        yield replace(note, number=number) if note.counted and number <= ground.limit.whole else note


def _calendar_days(first: int, last: int, number: int) -> Iterator[DayNote]:
    for day in range(first, last + 1):
        number += 1
        yield DayNote(date.fromordinal(day), counted=True, reason=Reason.CALENDAR_DAY, number=number)


def _working_note(ground: Ground, day: int) -> DayNote:
    """What the calendar makes of a date, with the calendar's own source."""
    on = date.fromordinal(day)
    row = ground.calendar.day(on)
    if row is not None:
        makeup = row.kind is DayKind.MAKEUP
        reason = Reason.MAKEUP_DAY if makeup else Reason.HOLIDAY
        undecided = row.status is DayStatus.PROVISIONAL
        return DayNote(on, makeup, reason, name=row.name, source=row.source, provisional=undecided)
    if on.weekday() >= SATURDAY:
        return DayNote(on, counted=False, reason=Reason.WEEKEND, source=str(law.NO_WORK_ON_WEEKENDS))
    return DayNote(on, counted=True, reason=Reason.WORKING_DAY)


# -- rules ---------------------------------------------------------------------------------------------------------------


def _rules(ground: Ground, legs: Sequence[Leg], due_clock: DueClock) -> Iterator[law.Source]:
    """The sources of the rules that were applied, in the order of the count."""
    limit, last = ground.limit, legs[-1].standing
    yield law.CLOCK_STARTS
    if any(leg.standing.day_one is not None for leg in legs) or limit.unit is Unit.SAME_DAY:
        yield law.CUTOFF
    if limit.unit in (Unit.HOUR, Unit.WORKING_HOUR):
        yield law.HOURS_START_AT_ONCE
    if limit.unit in (Unit.WORKING_DAY, Unit.DAY, Unit.MONTH):
        yield law.FIRST_DAY_NOT_COUNTED
    if limit.unit is Unit.MONTH:
        yield law.END_OF_MONTH
    if limit.unit is Unit.WORKING_DAY and limit.fraction[0]:
        yield law.EIGHT_HOUR_DAY
    for leg in legs:
        if leg.stop:
            yield law.RESTART_AFTER_SUPPLEMENT if leg.stop[3] is RESTART else law.PAUSE_BY_PROCEDURE
    if last.day != last.last_day:
        yield law.ROLLS_TO_WORKING_DAY
    if limit.unit is Unit.WORKING_DAY and due_clock is DueClock.SAME_CLOCK:
        yield law.SAME_CLOCK
    if limit.ends_with_a_day:
        yield law.PERIOD_ENDS_WITH_ITS_LAST_DAY
