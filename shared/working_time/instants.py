"""Instants as minutes of the local timeline, and back."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from shared.clock import VIETNAM
from shared.errors import NotUnderstood
from shared.working_time.office_hours import MINUTES_PER_DAY

SECONDS_PER_MINUTE: Final = 60
_FIRST_DAY: Final = datetime(1, 1, 1, tzinfo=VIETNAM)
_CLOCKS: Final = tuple(timedelta(minutes=minute) for minute in range(MINUTES_PER_DAY))


class InstantWrong(NotUnderstood):
    """An instant needs an offset and lies within the years a calendar can have."""


def minute_of(instant: datetime) -> int:
    """The minute an instant lies in; seconds are dropped."""
    try:
        since = instant - _FIRST_DAY
    except TypeError:
        raise InstantWrong(f"{instant.isoformat()} needs an offset such as +07:00.") from None
    return (since.days + 1) * MINUTES_PER_DAY + since.seconds // SECONDS_PER_MINUTE


def instant_of(minute: int) -> datetime:
    """The instant a minute begins."""
    day, clock = divmod(minute, MINUTES_PER_DAY)
    return midnight(day) + _CLOCKS[clock]


@lru_cache(maxsize=1 << 14)
def midnight(day: int) -> datetime:
    """The instant a day begins."""
    try:
        return datetime.combine(date.fromordinal(day), time.min, VIETNAM)
    except (ValueError, OverflowError):
        raise InstantWrong("The date lies beyond the years a calendar can have.") from None
