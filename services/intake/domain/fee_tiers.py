"""Units and tiers in the words of fee rules: what is counted, and which of the counted a price is for."""

import re
from collections.abc import Callable
from typing import Final

from services.intake.domain.deciding import spelled

PER_DOSSIER: Final = re.compile(r"(0?1 )?(bộ )?hồ sơ|(0?1 )?lần( nộp hồ sơ)?")
_ONE: Final = re.compile(r"^0?1 (?=\D)")

Tier = tuple[int, int | None]
"""The first and the last of the units counted from 1; None: no last one."""

_TIERS: Final[tuple[tuple[re.Pattern[str], Callable[[list[int]], Tier]], ...]] = (
    (re.compile(r"(?:từ )?(\d+) ?(?:-|–|đến|tới) ?(\d+)"), lambda named: (named[0], named[1])),
    (re.compile(r"từ (\d+) trở (?:lên|đi)"), lambda named: (named[0], None)),
    (re.compile(r"trên (\d+)"), lambda named: (named[0] + 1, None)),
    (re.compile(r"(?:đến|tối đa|không quá) (\d+)"), lambda named: (1, named[0])),
    (re.compile(r"dưới (\d+)"), lambda named: (1, named[0] - 1)),
)


def unit_of(per: str | None) -> str | None:
    """What is counted; None where one amount is for the whole dossier."""
    words = spelled(per or "").lower()
    return None if not words or PER_DOSSIER.fullmatch(words) else _ONE.sub("", words)


def tier_of(words: str, unit: str) -> Tier | None:
    """Which of the units charged by number the price is for: `từ trang thứ 3 trở lên`. None: it speaks of something else."""
    low = spelled(words).lower()
    if unit not in low:
        return None
    numbered = " ".join(re.sub(rf"\b(?:{re.escape(unit)}|thứ)\b", " ", low).split())
    for pattern, read in _TIERS:
        if found := pattern.fullmatch(numbered):
            return read([int(number) for number in found.groups()])
    return None


def in_tier(tier: Tier, count: int) -> int:
    """How many of the units 1 to `count` lie in it."""
    first, last = tier
    return max(0, (count if last is None else min(count, last)) - first + 1)


def are_gapless(tiers: list[Tier]) -> bool:
    """Whether every unit from 1 on lies in exactly one of them."""
    place: int | None = 1
    for first, last in sorted(tiers, key=lambda tier: tier[0]):
        if first != place:
            return False
        place = None if last is None else last + 1
    return place is None
