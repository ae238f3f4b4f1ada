"""When an office works: its sessions by weekday and season."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from functools import lru_cache
from itertools import pairwise
from typing import Final

from shared.errors import NotUnderstood

MINUTES_PER_HOUR: Final = 60
MINUTES_PER_DAY: Final = 24 * MINUTES_PER_HOUR
MONDAY: Final = 0
SATURDAY: Final = 5
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class OfficeHoursWrong(NotUnderstood):
    """These office hours cannot be read or contradict themselves."""


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """Part of a working day, in minutes after midnight; its last minute is the one before `ends`."""

    begins: int
    ends: int

    def __post_init__(self) -> None:
        if not 0 <= self.begins < self.ends <= MINUTES_PER_DAY:
            raise OfficeHoursWrong(f"The session {self} does not begin before it ends, within one day.")

    @classmethod
    def parse(cls, text: str) -> "Session":
        """Read `07:00-11:30`."""
        begins, dash, ends = text.strip().partition("-")
        if not dash:
            raise OfficeHoursWrong(f"A session is written like 07:00-11:30, not {text!r}.")
        return cls(minute_of_day(begins), minute_of_day(ends))

    def __str__(self) -> str:
        return f"{clock_text(self.begins)}-{clock_text(self.ends)}"


Sessions = tuple[Session, ...]


def clock_text(minute: int) -> str:
    """07:05 for minute 425."""
    return f"{minute // MINUTES_PER_HOUR:02}:{minute % MINUTES_PER_HOUR:02}"


def minute_of_day(text: str) -> int:
    """The minute after midnight that `07:30` names; `24:00` is the end of the day, seconds are dropped."""
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::[0-5]\d)?", text.strip(), re.ASCII)
    minute = int(found[1]) * MINUTES_PER_HOUR + int(found[2]) if found else MINUTES_PER_DAY + 1
    if minute > MINUTES_PER_DAY:
        raise OfficeHoursWrong(f"A clock is written like 07:30, not {text!r}.")
    return minute


def clock_minute(clock: time) -> int:
    """The minute after midnight; seconds are dropped."""
    return clock.hour * MINUTES_PER_HOUR + clock.minute


@lru_cache(maxsize=256)
def parse_sessions(text: str) -> Sessions:
    """Read `07:00-11:30 13:30-17:00`, in any order."""
    return in_order(Session.parse(part) for part in text.split())


def in_order(sessions: Iterable[Session]) -> Sessions:
    """The sessions of a day from morning to evening. Raises OfficeHoursWrong where two overlap."""
    ordered = tuple(sorted(sessions))
    for earlier, later in pairwise(ordered):
        if later.begins < earlier.ends:
            raise OfficeHoursWrong(f"The sessions {earlier} and {later} overlap.")
    return ordered


STANDARD_DAY: Final = parse_sessions("07:00-11:30 13:30-17:00")


@dataclass(frozen=True, slots=True)
class Season:
    """The sessions of each weekday, Monday first, from one date to another (both included; None = open).

    Saturday and Sunday may name sessions on which the desk receives; they do not make a working day.
    """

    week: tuple[Sessions, ...]
    valid_from: date | None = None
    valid_to: date | None = None
    ordinary_minutes: int = field(init=False, repr=False, compare=False)
    """Of a day as most weekdays are, the longer where as many are shorter."""

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise OfficeHoursWrong("A week has seven days.")
        if not all(self.week[:SATURDAY]):
            raise OfficeHoursWrong("Each day from Monday to Friday needs a session: whether it is a working day is the calendar's to say.")
        for sessions in self.week:
            if in_order(sessions) != sessions:
                raise OfficeHoursWrong("The sessions of a day are given from morning to evening.")
        minutes = Counter(map(total_minutes, self.week[:SATURDAY]))
        object.__setattr__(self, "ordinary_minutes", max(minutes, key=lambda total: (minutes[total], total)))

    def holds_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class OfficeHours:
    """An office's seasons. Where two hold on one date the later in the list counts; where none does, the standard day."""

    seasons: tuple[Season, ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash(self.seasons))

    def __hash__(self) -> int:  # looked up for each due date: hashed once
        return self._hash

    @classmethod
    def daily(cls, sessions: Sessions) -> "OfficeHours":
        """The same sessions on every working day."""
        return cls((Season((sessions,) * 7),)) if sessions else cls()

    @classmethod
    def parse(cls, text: str) -> "OfficeHours":
        """Read an office's hours; empty = the standard day.

        `07:00-11:30 13:30-17:00` holds on every working day. A weekday or a span of them begins what holds on those instead:
        `07:00-11:30 13:30-17:00 fri 07:00-11:30 sat 07:30-11:00`. Seasons are parted by `;` and begin with their dates, both
        included: `07:00-11:30 13:30-17:00; 2026-04-16..2026-10-15 06:30-11:00 13:30-17:00`. Where two hold, the later counts.
        """
        return _parse_hours(" ".join(text.split()))

    def season(self, day: date) -> Season:
        return next((season for season in reversed(self.seasons) if season.holds_on(day)), STANDARD_SEASON)

    def sessions(self, day: date, *, makeup: bool = False) -> Sessions:
        """What a working day has by its weekday; a make-up day has the sessions of a Monday."""
        return self.season(day).week[MONDAY if makeup else day.weekday()]

    def ordinary_minutes(self, day: date) -> int:
        """The minutes of this office's ordinary day, in the season of `day`."""
        return self.season(day).ordinary_minutes


@lru_cache(maxsize=4096)
def _parse_hours(text: str) -> OfficeHours:
    return OfficeHours(tuple(_parse_season(part.split()) for part in text.split(";"))) if text else OfficeHours()


def _parse_season(words: list[str]) -> Season:
    dates = words.pop(0) if words and ".." in words[0] else ".."
    valid_from, valid_to = _parse_dates(dates)
    week: list[list[str]] = [[] for _ in WEEKDAYS]
    named, days = set[int](), range(len(WEEKDAYS))
    for word in words:
        if word[:1].isalpha():
            days = _parse_weekdays(word)
            if named & set(days):
                raise OfficeHoursWrong(f"{word!r} names a weekday for the second time.")
            named |= set(days)
            for day in days:
                week[day] = []
        else:
            for day in days:
                week[day].append(word)
    return Season(tuple(parse_sessions(" ".join(sessions)) for sessions in week), valid_from, valid_to)


def _parse_dates(text: str) -> tuple[date | None, date | None]:
    first, _, last = text.partition("..")
    try:
        dates = (date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None)
    except ValueError:
        raise OfficeHoursWrong(f"The dates of a season are written like 2026-04-16..2026-10-15, not {text!r}.") from None
    if dates[0] and dates[1] and dates[1] < dates[0]:
        raise OfficeHoursWrong(f"The season {text} ends before it begins.")
    return dates


def _parse_weekdays(text: str) -> range:
    first, dash, last = text.lower().partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS[WEEKDAYS.index(first) :]):
        raise OfficeHoursWrong(f"Weekdays are written like fri or mon-thu, not {text!r}.")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last or first) + 1)


def total_minutes(sessions: Sessions) -> int:
    return sum(session.ends - session.begins for session in sessions)


STANDARD_SEASON: Final = Season((STANDARD_DAY,) * 7)
STANDARD_HOURS: Final = OfficeHours()
