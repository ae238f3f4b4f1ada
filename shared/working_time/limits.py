"""What a procedure promises and what may interrupt it: time limits, clock policies, stops."""

from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Final

from shared.errors import NotUnderstood

# A limit beyond these is a slip of the pen; they also keep exact arithmetic on strangers' decimals cheap.
LARGEST_AMOUNT: Final = Decimal(1_000_000)
SMALLEST_EXPONENT: Final = -12


class LimitWrong(NotUnderstood):
    """This time limit cannot be computed."""


class Unit(StrEnum):
    """What a time limit is counted in."""

    WORKING_DAY = "working_day"
    WORKING_HOUR = "working_hour"
    DAY = "day"
    MONTH = "month"
    HOUR = "hour"
    SAME_DAY = "same_day"


WHOLE_ONLY: Final = frozenset({Unit.DAY, Unit.MONTH})
ENDS_WITH_A_DAY: Final = frozenset({Unit.WORKING_DAY, Unit.DAY, Unit.MONTH, Unit.SAME_DAY})


class DueClock(StrEnum):
    """At which clock of its date a limit is due."""

    SAME_CLOCK = "same_clock"
    CLOSE_OF_BUSINESS = "close_of_business"
    END_OF_DAY = "end_of_day"


class StopPolicy(StrEnum):
    """What a stop does to the clock: interrupt it, or set it back to zero."""

    PAUSE = "pause"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """An amount in a unit; `same_day` has no amount but a clock until which a dossier is still done today."""

    amount: Decimal | None
    unit: Unit
    cutoff: time | None = None
    whole: int = field(init=False, repr=False, compare=False)
    fraction: tuple[int, int] = field(init=False, repr=False, compare=False)
    """What remains after `whole`, as an exact ratio."""
    ends_with_a_day: bool = field(init=False, repr=False, compare=False)
    """Whether its period ends at 24:00 of a date, rather than at an instant."""

    def __post_init__(self) -> None:
        amount = self.amount
        if self.unit is Unit.SAME_DAY:
            if amount is not None:
                raise LimitWrong("A limit of the same day has no amount.")
            amount = Decimal(1)
        elif amount is None:
            raise LimitWrong(f"A limit in {self.unit} needs an amount.")
        _must_be_countable(amount)
        numerator, denominator = amount.as_integer_ratio()
        whole, rest = divmod(numerator, denominator)
        if rest and self.unit in WHOLE_ONLY:
            raise LimitWrong(f"A limit in {self.unit} is a whole number, not {amount}.")
        object.__setattr__(self, "whole", whole)
        object.__setattr__(self, "fraction", (rest, denominator))
        object.__setattr__(self, "ends_with_a_day", self.unit in ENDS_WITH_A_DAY and not rest)

    def minutes(self, per_unit: int) -> int:
        """The whole amount in minutes, a remainder of a minute rounded up."""
        return self.whole * per_unit + self.fraction_of(per_unit)

    def fraction_of(self, minutes: int) -> int:
        """The fraction of so many minutes, a remainder of a minute rounded up."""
        rest, denominator = self.fraction
        return -(-rest * minutes // denominator)


def _must_be_countable(amount: Decimal) -> None:
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 < amount <= LARGEST_AMOUNT or exponent < SMALLEST_EXPONENT:
        raise LimitWrong(f"The amount of a limit lies above 0 and up to {LARGEST_AMOUNT}, with at most {-SMALLEST_EXPONENT} decimals.")


@dataclass(frozen=True, slots=True)
class Stop:
    """The clock does not run from `started_at` until just before `ended_at` (None: it still stands)."""

    started_at: datetime
    ended_at: datetime | None = None
    policy: StopPolicy = StopPolicy.PAUSE
