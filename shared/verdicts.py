"""Was the promise kept? Three answers from the same facts, in one place for cases, lists, reports and the national portal alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """Whether a date was kept; of an open dossier, whether it still is."""

    ON_TIME = "on_time"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Asked:
    """A supplement asked for: when, and when what was asked for had come."""

    asked_at: datetime
    completed_at: datetime | None = None


@dataclass(frozen=True)
class Times:
    """What a verdict looks at. Lateness that began at `late_since` or `late_by_law_since` is for good: nothing later undoes it."""

    appointment_at: datetime
    period_ends_at: datetime | None = None
    """The end of the period in law; None while the clock stands, or where no limit is published."""
    ended_at: datetime | None = None
    stopped_since: datetime | None = None
    late_since: datetime | None = None
    late_by_law_since: datetime | None = None
    supplements: Sequence[Asked] = ()


@dataclass(frozen=True)
class Verdicts:
    """The same dossier, judged three ways."""

    by_appointment: Verdict
    by_law: Verdict
    by_index_766: Verdict


def verdicts(times: Times, now: datetime) -> Verdicts:
    return Verdicts(by_appointment(times, now), by_law(times, now), by_index_766(times, now))


def by_appointment(times: Times, now: datetime) -> Verdict:
    """Against the date the citizen was told last: a stop of the clock is waited for, lateness is never undone."""
    end = _end(times, now)
    return _verdict(is_late(times.appointment_at, end) or _late_since(times.late_since, end))


def by_law(times: Times, now: datetime) -> Verdict:
    """Against 24:00 of the last day of the period. Source: law.PERIOD_ENDS_WITH_ITS_LAST_DAY."""
    end = _end(times, now)
    return _verdict(is_late(times.period_ends_at or times.appointment_at, end) or _late_since(times.late_by_law_since, end))


def by_index_766(times: Times, now: datetime) -> Verdict:
    """As the index of service quality counts (criterion 2.1): it knows supplements and no other stop. Source: law.INDEX_766.

    A dossier that waits for its only supplement ended when that was asked for; waiting for one more is late. What has been
    supplemented gives the time back. Instants are compared, not dates.
    """
    asked = sorted(times.supplements, key=lambda one: one.asked_at)
    waiting = next((one for one in asked if one.completed_at is None), None)
    if times.ended_at is None and waiting:
        return _verdict(len(asked) > 1 or is_late(times.appointment_at, waiting.asked_at))
    given_back = sum((one.completed_at - one.asked_at for one in asked if one.completed_at), timedelta())
    return _verdict(is_late(times.appointment_at, (times.ended_at or now) - given_back))


def is_late(due_at: datetime, at: datetime) -> bool:
    """The due instant itself is in time; seconds do not count."""
    return at.replace(second=0, microsecond=0) > due_at


def _late_since(since: datetime | None, end: datetime) -> bool:
    return since is not None and is_late(since, end)


def _end(times: Times, now: datetime) -> datetime:
    """While the clock stands no time passes, even if the dossier ends that way."""
    return times.stopped_since or times.ended_at or now


def _verdict(late: bool) -> Verdict:
    return Verdict.OVERDUE if late else Verdict.ON_TIME
