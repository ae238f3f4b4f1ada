"""When a time limit has run out: the rules put together, stops in their order, the policy at the end."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final, NamedTuple

from shared.errors import NotUnderstood
from shared.working_time.calendar import Calendar
from shared.working_time.instants import instant_of, midnight, minute_of
from shared.working_time.limits import DueClock, Stop, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, STANDARD_HOURS, OfficeHours, clock_minute
from shared.working_time.rules import NEW, REST, Count, begin
from shared.working_time.timeline import NEVER, Office

# Members by name: looking one up on its enum costs a tenth of a due date.
SAME_CLOCK: Final = DueClock.SAME_CLOCK
RESTART: Final = StopPolicy.RESTART


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


Interruption = tuple[int, int, int, StopPolicy]
"""A stop as minutes of the timeline, from and to (NEVER while it is open), its place in the list as given, its policy."""


class Leg(NamedTuple):
    """One turn of the count, for the explanation: what happened, and how the limit stood afterwards."""

    standing: Count
    stop: Interruption | None = None
    passed: bool = False
    """The stop began at or after the due instant so far."""

    @property
    def changes(self) -> bool:
        """Whether the clock was read anew: a pause of what is already due changes nothing."""
        return self.stop is None or self.stop[3] is RESTART or not self.passed

    @property
    def begins_anew(self) -> bool:
        """Whether the whole limit begins here."""
        return self.stop is None or self.stop[3] is RESTART


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
    late = late_by_law = 0  # no minute in which anything became late
    if legs is not None:
        legs.append(Leg(count))
    for stop in stops:
        stopped, resumed, _, policy = stop
        # The due instant "so far" is the receipt's, for pauses and restarts alike: other policies are applied once, at the end.
        passed = stopped >= count.due
        if policy is RESTART and passed:  # lateness, once it happened, is never undone
            late = late or count.due
            late_by_law = late_by_law or (period_end(limit, count) if stopped >= period_end(limit, count) else 0)
        if resumed == NEVER and (policy is RESTART or not passed):
            if legs is not None:
                legs.append(Leg(count, stop, passed))
            return standing(stopped, late, late_by_law)
        if policy is RESTART:  # by the same rules as from the acceptance, the cut-off among them
            count = begin(office, limit, cutoff, resumed)
        elif not passed:
            count = REST[limit.unit](office, count, stopped, resumed)
        if legs is not None:
            legs.append(Leg(count, stop, passed))
    return answer(office, limit, due_clock, count, late, late_by_law)


def period_end(limit: TimeLimit, count: Count) -> int:
    """A period of days ends with its last day. Source: law.PERIOD_ENDS_WITH_ITS_LAST_DAY."""
    return (count.day + 1) * MINUTES_PER_DAY if limit.ends_with_a_day else count.due


def appointment(office: Office, limit: TimeLimit, due_clock: DueClock, count: Count) -> int:
    """The due instant moved to the clock the policy names."""
    if due_clock is DueClock.CLOSE_OF_BUSINESS and limit.unit is Unit.WORKING_DAY:
        return office.timeline(count.day).closing(count.day)
    return period_end(limit, count) if due_clock is DueClock.END_OF_DAY else count.due


def answer(office: Office, limit: TimeLimit, due_clock: DueClock, count: Count, late: int = 0, late_by_law: int = 0) -> Due:
    due_minute = count.due if due_clock is SAME_CLOCK else appointment(office, limit, due_clock, count)
    due_at = instant_of(due_minute)
    ends_at = midnight(count.day + 1) if limit.ends_with_a_day else due_at
    if not late:
        return NEW(Due, (due_at, ends_at, count.provisional, None, None, None))
    return Due(due_at, ends_at, count.provisional, instant_of(late), _maybe(late_by_law))


def standing(since: int, late: int, late_by_law: int) -> Due:
    return Due(None, None, False, _maybe(late), _maybe(late_by_law), instant_of(since))


def _maybe(minute: int) -> datetime | None:
    return instant_of(minute) if minute else None


def in_order(stops: Sequence[Stop], accepted: int) -> list[Interruption]:
    """The stops by the time they began. Raises StopWrong naming one that cannot be."""
    ordered: list[Interruption] = []
    ended = accepted
    for place, stop in enumerate(stops, start=1):
        stopped, until = minute_of(stop.started_at), stop.ended_at
        resumed = minute_of(until) if until else NEVER
        if not ended <= stopped <= resumed:
            return sorted_and_checked(stops, accepted)
        ordered.append((stopped, resumed, place, stop.policy))
        ended = resumed
    return ordered


def sorted_and_checked(stops: Sequence[Stop], accepted: int) -> list[Interruption]:
    """The same for stops that are not simply one after another."""
    ordered = sorted(
        (minute_of(stop.started_at), NEVER if stop.ended_at is None else minute_of(stop.ended_at), place, stop.policy)
        for place, stop in enumerate(stops, start=1)
    )
    ended, before = accepted, 0
    for stop in ordered:
        stopped, resumed, place, _ = stop
        if resumed < stopped:
            raise StopWrong(f"{stop_name(stop)} ends before it starts.", stop=place)
        if stopped < accepted:
            raise StopWrong(f"{stop_name(stop)} starts before the acceptance at {instant_of(accepted).isoformat()}.", stop=place)
        if stopped < ended:
            raise StopWrong(f"{stop_name(stop)} overlaps stop {before}.", stop=place)
        ended, before = resumed, place
    return ordered


def stop_name(stop: Interruption) -> str:
    """How an error names a stop: its place in the list as given, and when it was."""
    stopped, resumed, place, policy = stop
    until = "still open" if resumed == NEVER else f"until {instant_of(resumed).isoformat()}"
    return f"Stop {place} ({policy} from {instant_of(stopped).isoformat()} {until})"
