"""Where a published process turns: "Nếu không đồng ý: chuyển lại bước 3", "chuyển sang B5". Read for drawing; it binds nobody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.processing.domain.workflow import Step, Steps

TURN: Final = re.compile(
    r"(?:(?:chuyển|trả|quay)\s+(?:hồ sơ\s+)?(?:lại|về|sang|tới|đến)|lại hồ sơ theo)\s+(?:tại\s+)?(?:bước|b)\s*\.?\s*(\d+)(?:\s*/\s*(\d+))?",
    re.IGNORECASE,
)
NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Turn:
    """From one step to another that is not the next."""

    step: int
    to_step: int


def turns_of(steps: Steps) -> tuple[Turn, ...]:
    """By the numbers printed; where a number was printed more than once, the nearest step before, else the first."""
    return tuple(dict.fromkeys(turn for step in steps for turn in _turns(step, steps)))


def _turns(step: Step, steps: Steps) -> Iterator[Turn]:
    for found in TURN.finditer(step.action or ""):
        for number in filter(None, found.groups()):
            named = [other.number for other in steps if _printed(other) == number.lstrip("0")]
            to = max((one for one in named if one < step.number), default=named[0] if named else None)
            if to is not None and to not in (step.number, step.number + 1):
                yield Turn(step.number, to)


def _printed(step: Step) -> str | None:
    """Rows marked "(tiếp)" continue a number and are not what is meant by it."""
    found = NUMBER.search(step.printed_no)
    return found.group().lstrip("0") if found and "tiếp" not in step.printed_no else None
