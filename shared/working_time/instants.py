"""Instants as minutes of the local timeline, and back."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from shared.clock import VIETNAM
from shared.errors import NotUnderstood
from shared.working_time.office_hours import MINUTES_PER_DAY, MINUTES_PER_HOUR

_CLOCKS: Final = tuple(timedelta(minutes=minute) for minute in range(MINUTES_PER_DAY))


class InstantWrong(NotUnderstood):
    """An instant needs an offset and lies within the years a calendar can have."""


def minute_of(instant: datetime) -> int:
    """The minute an instant lies in; seconds are dropped."""
    if instant.tzinfo is not VIETNAM:
        instant = _in_vietnam(instant)
    return instant.toordinal() * MINUTES_PER_DAY + instant.hour * MINUTES_PER_HOUR + instant.minute


def instant_of(minute: int) -> datetime:
    """The instant a minute begins."""
    day, clock = divmod(minute, MINUTES_PER_DAY)
    return _midnight(day) + _CLOCKS[clock]


def _in_vietnam(instant: datetime) -> datetime:
    if instant.utcoffset() is None:
        raise InstantWrong(f"{instant.isoformat()} needs an offset such as +07:00.")
    try:
        return instant.astimezone(VIETNAM)
    except OverflowError:
        raise InstantWrong("The instant lies beyond the years a calendar can have.") from None


@lru_cache(maxsize=1 << 14)
def _midnight(day: int) -> datetime:
    try:
        return datetime.combine(date.fromordinal(day), time.min, VIETNAM)
    except (ValueError, OverflowError):
        raise InstantWrong("The date lies beyond the years a calendar can have.") from None
