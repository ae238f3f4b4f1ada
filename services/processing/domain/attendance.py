"""When a person is asked to come: where, when and what for."""

from dataclasses import dataclass
from datetime import datetime

from services.processing.domain.deadline import Counting
from shared.clock import VIETNAM
from shared.errors import Flaw, InvalidInput


@dataclass(frozen=True)
class Attendance:
    """The citizen was asked to come to `place` at `at`. Source: law.ATTENDANCE."""

    asked_at: datetime
    by: str
    at: datetime
    place: str
    purpose: str


Attendances = tuple[Attendance, ...]


def must_be_possible(attendance: Attendance, counting: Counting) -> None:
    """Nobody is asked to come in the past, or on a day on which they would find nobody. Raises InvalidInput."""
    if attendance.at <= attendance.asked_at:
        raise InvalidInput("Please correct: /at.", Flaw("/at", "People are asked to come later than now."))
    if not counting.is_worked(attendance.at):
        day = attendance.at.astimezone(VIETNAM)
        raise InvalidInput("Please correct: /at.", Flaw("/at", f"{day:%d/%m/%Y} is no working day."))
