"""When a time limit has run out: the rules put together, stops in their order, the policy at the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

from shared.clock import VIETNAM
from shared.errors import NotUnderstood
from shared.working_time.calendar import Calendar
from shared.working_time.limits import DueClock, Stop, StopPolicy, TimeLimit, Unit
from shared.working_time.office_hours import MINUTES_PER_DAY, MINUTES_PER_HOUR, STANDARD_HOURS, OfficeHours, clock_minute
from shared.working_time.rules import REST, Count, Office, begin

_DAY_ONE: Final = datetime(1, 1, 1, tzinfo=VIETNAM)


class StopWrong(NotUnderstood):
    """A stop of the clock contradicts itself, another stop or the acceptance."""


class StillStopped(NotUnderstood):
    """The clock stands: there is no due date until it runs again."""


class InstantWrong(NotUnderstood):
    """An instant needs an offset and lies within the years a calendar can have."""


def minute_of(instant: datetime) -> int:
    """The instant as a minute of the local timeline; seconds are dropped."""
    if instant.tzinfo is not VIETNAM:
        instant = _in_vietnam(instant)
    return instant.toordinal() * MINUTES_PER_DAY + instant.hour * MINUTES_PER_HOUR + instant.minute


def instant_of(minute: int) -> datetime:
    """The instant a minute of the local timeline begins."""
    try:
        return _DAY_ONE + timedelta(minutes=minute - MINUTES_PER_DAY)
    except OverflowError:
        raise InstantWrong("The date lies beyond the years a calendar can have.") from None


def _in_vietnam(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise InstantWrong(f"{instant.isoformat()} needs an offset such as +07:00.")
    try:
        return instant.astimezone(VIETNAM)
    except OverflowError:
        raise InstantWrong("The instant lies beyond the years a calendar can have.") from None


class Interruption(NamedTuple):
    """A stop in minutes of the local timeline, with its place in the list as given."""

    place: int
    stopped: int
    resumed: int | None
    policy: StopPolicy

    def __str__(self) -> str:
        until = "and is still open" if self.resumed is None else f"until {instant_of(self.resumed).isoformat()}"
        return f"Stop {self.place}, from {instant_of(self.stopped).isoformat()} {until},"


class Leg(NamedTuple):
    """One turn of the count, for the explanation: what happened, and how the limit stood afterwards."""

    standing: Count
    stop: Interruption | None = None
    changed: bool = True
    """False where a pause came only after the due instant."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a limit has run out. While the clock stands only `stopped_since`, and lateness that had already happened, are set."""

    due_at: datetime | None
    """By the policy asked: after it the dossier is late by appointment."""
    period_ends_at: datetime | None
    """The end of the period in law: after it the dossier is late by law. Never earlier than `due_at`."""
    provisional: bool = False
    """A calendar row that is not yet decided had a say."""
    late_since: datetime | None = None
    """The first due instant that passed before a stop set the clock back: late by appointment, for good."""
    late_by_law_since: datetime | None = None
    """Likewise the first end of the period in law that passed."""
    stopped_since: datetime | None = None
    legs: tuple[Leg, ...] = ()

    @property
    def at(self) -> datetime:
        """The due instant, for callers who know the clock runs. Raises StillStopped."""
        if self.due_at is None:
            raise StillStopped("The clock stands: there is no due date until it runs again.")
        return self.due_at


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
    office = Office(calendar, hours, None if cutoff is None else clock_minute(cutoff))
    count = begin(office, limit, accepted)
    if not stops:
        return _answer(office, limit, due_clock, count, None, None, (Leg(count),))
    return _with_stops(office, limit, due_clock, count, in_order(stops, accepted))


def _with_stops(office: Office, limit: TimeLimit, due_clock: DueClock, count: Count, stops: Sequence[Interruption]) -> Due:
    """Apply the stops one after another. Lateness that happened before a restart is never undone."""
    legs = [Leg(count)]
    late = late_by_law = None
    for stop in stops:
        passed = stop.stopped >= count.due
        if passed and stop.policy is StopPolicy.PAUSE:
            legs.append(Leg(count, stop, changed=False))
            continue
        if passed and late is None:
            late = count.due
        if late_by_law is None and stop.stopped >= period_end(limit, count):
            late_by_law = period_end(limit, count)
        if stop.resumed is None:
            return _standing(stop, late, late_by_law, (*legs, Leg(count, stop)))
        if stop.policy is StopPolicy.RESTART:
            count = begin(office, limit, stop.resumed)
        else:
            count = REST[limit.unit](office, count, stop.stopped, stop.resumed)
        legs.append(Leg(count, stop))
    return _answer(office, limit, due_clock, count, late, late_by_law, tuple(legs))


def period_end(limit: TimeLimit, count: Count) -> int:
    """A period of days ends with its last day. Source: law.PERIOD_ENDS_WITH_ITS_LAST_DAY."""
    return (count.day + 1) * MINUTES_PER_DAY if limit.ends_with_a_day else count.due


def appointment(office: Office, limit: TimeLimit, due_clock: DueClock, count: Count) -> int:
    """The due instant moved to the clock the policy names."""
    if due_clock is DueClock.CLOSE_OF_BUSINESS and limit.unit is Unit.WORKING_DAY:
        return office.timeline(count.day).closing(count.day).minute
    if due_clock is DueClock.END_OF_DAY:
        return period_end(limit, count)
    return count.due


def _answer(
    office: Office,
    limit: TimeLimit,
    due_clock: DueClock,
    count: Count,
    late: int | None,
    late_by_law: int | None,
    legs: tuple[Leg, ...],
) -> Due:
    due_minute = count.due if due_clock is DueClock.SAME_CLOCK else appointment(office, limit, due_clock, count)
    return Due(
        due_at=instant_of(due_minute),
        period_ends_at=instant_of(max(due_minute, period_end(limit, count))),
        provisional=count.provisional,
        late_since=None if late is None else instant_of(late),
        late_by_law_since=None if late_by_law is None else instant_of(late_by_law),
        legs=legs,
    )


def _standing(stop: Interruption, late: int | None, late_by_law: int | None, legs: tuple[Leg, ...]) -> Due:
    return Due(
        due_at=None,
        period_ends_at=None,
        late_since=None if late is None else instant_of(late),
        late_by_law_since=None if late_by_law is None else instant_of(late_by_law),
        stopped_since=instant_of(stop.stopped),
        legs=legs,
    )


def in_order(stops: Sequence[Stop], accepted: int) -> list[Interruption]:
    """The stops by the time they began. Raises StopWrong naming one that cannot be."""
    ordered = sorted(map(_interruption, range(1, len(stops) + 1), stops), key=_beginning)
    before: Interruption | None = None
    for stop in ordered:
        if stop.resumed is not None and stop.resumed < stop.stopped:
            raise StopWrong(f"{stop} ends before it starts.", stop=stop.place)
        if stop.stopped < accepted:
            raise StopWrong(f"{stop} starts before the acceptance at {instant_of(accepted).isoformat()}.", stop=stop.place)
        if before and (before.resumed is None or stop.stopped < before.resumed):
            raise StopWrong(f"{stop} overlaps stop {before.place}.", stop=stop.place)
        before = stop
    return ordered


def _interruption(place: int, stop: Stop) -> Interruption:
    return Interruption(place, minute_of(stop.started_at), None if stop.ended_at is None else minute_of(stop.ended_at), stop.policy)


def _beginning(stop: Interruption) -> tuple[int, bool, int]:
    """By beginning; of two that begin together the one that ends first, an open one last."""
    return (stop.stopped, stop.resumed is None, stop.resumed or 0)
