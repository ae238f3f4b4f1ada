"""When a time limit has run out: the rules put together, stops in their order, the policy at the end."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final, NamedTuple

from shared.errors import NotUnderstood
from shared.working_time.calendar import Calendar
from shared.working_time.instants import instant_of, minute_of
from shared.working_time.limits import DueClock, Stop, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, STANDARD_HOURS, OfficeHours, clock_minute
from shared.working_time.rules import REST, Count, begin
from shared.working_time.timeline import NEVER, Office

# Members by name: looking one up on its enum costs a tenth of a due date.
SAME_CLOCK: Final = DueClock.SAME_CLOCK
PAUSE: Final = StopPolicy.PAUSE


class StopWrong(NotUnderstood):
    """A stop of the clock contradicts itself, another stop or the acceptance."""


class StillStopped(NotUnderstood):
    """The clock stands: there is no due date until it runs again."""


class Due(NamedTuple):
    """When a limit has run out. While the clock stands only `stopped_since`, and lateness that had already happened, are set."""

    due_at: datetime | None
    """By the policy asked: after it the dossier is late by appointment."""
    period_ends_at: datetime | None
    """The end of the period in law: after it the dossier is late by law. Never earlier than `due_at`."""
    provisional: bool = False
    """A calendar row that is not yet decided had a say."""
    late_since: datetime | None = None
    """The first due instant that passed before the clock was set back: late by appointment, for good."""
    late_by_law_since: datetime | None = None
    """Likewise the first end of the period in law that passed."""
    stopped_since: datetime | None = None

    @property
    def at(self) -> datetime:
        """The due instant, for callers who know the clock runs. Raises StillStopped."""
        if self.due_at is None:
            raise StillStopped("The clock stands: there is no due date until it runs again.")
        return self.due_at


class Interruption(NamedTuple):
    """A stop in minutes of the timeline, with its place in the list as given."""

    stopped: int
    resumed: int | None
    policy: StopPolicy
    place: int

    def __str__(self) -> str:
        until = "still open" if self.resumed is None else f"until {instant_of(self.resumed).isoformat()}"
        return f"Stop {self.place} ({self.policy} from {instant_of(self.stopped).isoformat()} {until})"


class Leg(NamedTuple):
    """One turn of the count, for the explanation: what happened, and how the limit stood afterwards."""

    standing: Count
    stop: Interruption | None = None
    passed: bool = False
    """The stop began at or after the due instant so far."""


def due(
    accepted_at: datetime,
    limit: TimeLimit,
    *,
    calendar: Calendar,
    hours: OfficeHours = STANDARD_HOURS,
    due_clock: DueClock = DueClock.SAME_CLOCK,
    cutoff: time | None = None,
    stops: Sequence[Stop] = (),
) -> Due:
    """When `limit`, accepted at `accepted_at`, has run out.

    Raises CalendarUnknown for a year whose holidays are not loaded, StopWrong naming a stop that cannot be.
    Source: law.CLOCK_STARTS.
    """
    accepted = minute_of(accepted_at)
    office = calendar.at(hours)
    last_clock = None if cutoff is None else clock_minute(cutoff)
    if stops:
        return with_stops(office, limit, due_clock, last_clock, accepted, in_order(stops, accepted))
    return answer(office, limit, due_clock, begin(office, limit, last_clock, accepted))


def with_stops(
    office: Office,
    limit: TimeLimit,
    due_clock: DueClock,
    cutoff: int | None,
    accepted: int,
    stops: Sequence[Interruption],
    legs: list[Leg] | None = None,
) -> Due:
    """The count taken from stop to stop; each turn of it is noted in `legs`, where given."""
    count = begin(office, limit, cutoff, accepted)
    late: int | None = None
    late_by_law: int | None = None
    if legs is not None:
        legs.append(Leg(count))
    for stop in stops:
        passed = stop.stopped >= count.due
        if passed and stop.policy is not PAUSE:  # lateness, once it happened, is never undone
            late = count.due if late is None else late
            end = period_end(limit, count)
            late_by_law = end if late_by_law is None and stop.stopped >= end else late_by_law
        if stop.resumed is None and not (passed and stop.policy is PAUSE):
            return standing(stop, late, late_by_law)
        count = resumed(office, limit, cutoff, count, stop)
        if legs is not None:
            legs.append(Leg(count, stop, passed))
    return answer(office, limit, due_clock, count, late, late_by_law)


def resumed(office: Office, limit: TimeLimit, cutoff: int | None, count: Count, stop: Interruption) -> Count:
    """How the limit stands when the clock runs again. Sources: law.RESTART_AFTER_SUPPLEMENT, law.PAUSE_BY_PROCEDURE."""
    if stop.resumed is None or (stop.policy is PAUSE and stop.stopped >= count.due):
        return count  # what is already due cannot be interrupted
    if stop.policy is PAUSE:
        return REST[limit.unit](office, count, stop.stopped, stop.resumed)
    return begin(office, limit, cutoff, stop.resumed)


def period_end(limit: TimeLimit, count: Count) -> int:
    """A period of days ends with its last day. Source: law.PERIOD_ENDS_WITH_ITS_LAST_DAY."""
    return (count.day + 1) * MINUTES_PER_DAY if limit.ends_with_a_day else count.due


def appointment(office: Office, limit: TimeLimit, due_clock: DueClock, count: Count) -> int:
    """The due instant moved to the clock the policy names."""
    if due_clock is DueClock.CLOSE_OF_BUSINESS and limit.unit is Unit.WORKING_DAY:
        return office.timeline(count.day).closing(count.day)
    return period_end(limit, count) if due_clock is DueClock.END_OF_DAY else count.due


def answer(
    office: Office, limit: TimeLimit, due_clock: DueClock, count: Count, late: int | None = None, late_by_law: int | None = None
) -> Due:
    due_minute = count.due if due_clock is SAME_CLOCK else appointment(office, limit, due_clock, count)
    ends = max(due_minute, period_end(limit, count))
    return Due(instant_of(due_minute), instant_of(ends), count.provisional, _maybe(late), _maybe(late_by_law))


def standing(stop: Interruption, late: int | None, late_by_law: int | None) -> Due:
    return Due(None, None, False, _maybe(late), _maybe(late_by_law), instant_of(stop.stopped))


def _maybe(minute: int | None) -> datetime | None:
    return None if minute is None else instant_of(minute)


def in_order(stops: Sequence[Stop], accepted: int) -> list[Interruption]:
    """The stops by the time they began. Raises StopWrong naming one that cannot be."""
    ordered = [
        Interruption(minute_of(stop.started_at), None if stop.ended_at is None else minute_of(stop.ended_at), stop.policy, place)
        for place, stop in enumerate(stops, start=1)
    ]
    if len(ordered) > 1:
        ordered.sort(key=_beginning)
    ended, before = accepted, 0
    for stop in ordered:
        stopped, until, _, place = stop
        if until is not None and until < stopped:
            raise StopWrong(f"{stop} ends before it starts.", stop=place)
        if stopped < accepted:
            raise StopWrong(f"{stop} starts before the acceptance at {instant_of(accepted).isoformat()}.", stop=place)
        if stopped < ended:
            raise StopWrong(f"{stop} overlaps stop {before}.", stop=place)
        ended, before = NEVER if until is None else until, place
    return ordered


def _beginning(stop: Interruption) -> tuple[int, int]:
    """By beginning; of two that begin together the one that ends first, an open one last."""
    return stop.stopped, NEVER if stop.resumed is None else stop.resumed
