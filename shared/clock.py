"""Domain time: the one `now` by which dossiers are accepted, due and late.

Machine time (leases, retries, signatures, tokens) is the database's and the operating system's and is never read from here.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final, Protocol

VIETNAM: Final = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")


class Clock(Protocol):
    """Tells domain time."""

    def now(self) -> datetime: ...


class SystemClock:
    """Domain time is the machine's time: the only clock production knows."""

    def now(self) -> datetime:
        return datetime.now(VIETNAM)


class ClockNeverGoesBack(ValueError):
    """Domain time only moves forward; what has happened has happened."""


@dataclass(frozen=True)
class Setting:
    """What the clock file says: domain time was `instant` when machine time was `set_at` (seconds), and runs on from there or stands."""

    instant: datetime
    set_at: float
    runs: bool

    def now(self) -> datetime:
        passed = timedelta(seconds=time.time() - self.set_at) if self.runs else timedelta()
        return (self.instant + passed).astimezone(VIETNAM)


class FileClock:
    """Development: all processes of a stack read domain time from one small file; without the file it is the machine's time."""

    def __init__(self, home: Path) -> None:
        self._path = home / "clock"
        self._stamp: tuple[int, int] | None = None
        self._setting: Setting | None = None

    def now(self) -> datetime:
        setting = self.setting()
        return setting.now() if setting else datetime.now(VIETNAM)

    def setting(self) -> Setting | None:
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return None
        if (stamp := (stat.st_ino, stat.st_mtime_ns)) != self._stamp:
            told = json.loads(self._path.read_text())
            self._setting = Setting(datetime.fromisoformat(told["instant"]), told["set_at"], told["runs"])
            self._stamp = stamp
        return self._setting

    def set(self, instant: datetime, *, runs: bool) -> None:
        """Set domain time for every process that shares the home. Raises ClockNeverGoesBack."""
        if (before := self.setting()) and instant < before.now():
            raise ClockNeverGoesBack(f"The clock shows {before.now().isoformat()}; it cannot go back to {instant.isoformat()}.")
        self._write(instant, runs=runs)

    def stand(self) -> None:
        """Stop it at what it shows."""
        self._write(self.now(), runs=False)

    def _write(self, instant: datetime, *, runs: bool) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(f"clock.{os.getpid()}")
        told = {"instant": instant.astimezone(UTC).isoformat(), "set_at": time.time(), "runs": runs}
        fresh.write_text(json.dumps(told))
        fresh.replace(self._path)
