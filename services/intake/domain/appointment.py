"""When the result is promised: acceptance plus the procedure's time limit, on the office's calendar and hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.domain.choices import LimitChoice, NoComputableLimit
from shared.errors import InvalidInput, NotUnderstood
from shared.working_time import Calendar, OfficeHours, TimeLimit, due


class AppointmentNeeded(NotUnderstood):
    """No due date follows from the published limit: set the appointment yourself, with a reason."""


@dataclass(frozen=True)
class Appointment:
    """The date people are told. `reason` stands where an officer set it by hand; `provisional` where the calendar may still move it."""

    at: datetime
    limit_text: str
    provisional: bool = False
    reason: str | None = None


def appointment(
    accepted_at: datetime,
    limits: Sequence[LimitChoice] | NoComputableLimit,
    *,
    calendar: Calendar,
    hours: OfficeHours,
    by_hand: datetime | None = None,
    reason: str | None = None,
) -> Appointment:
    """Computed where the published limit allows it, otherwise set by hand. Limits in sequence run one after the other.

    Raises AppointmentNeeded, InvalidInput for one set by hand without need, without reason or in the past, and CalendarUnknown.
    """
    if isinstance(limits, NoComputableLimit):
        return _by_hand(accepted_at, limits, by_hand, reason)
    if by_hand is not None:
        raise InvalidInput("This procedure has a time limit of its own; leave appointment_at out, the appointment is computed.")
    at, provisional = accepted_at, False
    for limit in _added_up([choice.time_limit for choice in limits]):
        found = due(at, limit, calendar=calendar, hours=hours)
        at, provisional = found.at, provisional or found.provisional
    return Appointment(at, "; ".join(choice.published.text for choice in limits), provisional)


def _by_hand(accepted_at: datetime, limits: NoComputableLimit, at: datetime | None, reason: str | None) -> Appointment:
    if at is None or not (reason and reason.strip()):
        raise AppointmentNeeded(f"{limits.reason} Send appointment_at and appointment_reason.", kind=limits.kind)
    if at < accepted_at:
        raise InvalidInput("The appointment lies in the past.")
    texts = "; ".join(limit.text for limit in limits.published) or "Không có thời hạn công bố"
    return Appointment(at, texts, reason=reason.strip())


def _added_up(limits: list[TimeLimit]) -> list[TimeLimit]:
    """Limits that follow each other in one unit are printed, and counted, as their sum."""
    summed: list[TimeLimit] = []
    for limit in limits:
        last = summed[-1] if summed else None
        if last and last.unit is limit.unit and last.amount is not None and limit.amount is not None:
            summed[-1] = TimeLimit(last.amount + limit.amount, limit.unit)
        else:
            summed.append(limit)
    return summed
