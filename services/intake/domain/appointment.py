"""When the result is promised: acceptance plus the procedure's time limit, on the office's calendar and hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.intake.domain.choices import LimitChoice, NoComputableLimit
from shared.clock import VIETNAM
from shared.contracts.time import CountedLimit, TimeTerms
from shared.errors import InvalidInput, NotUnderstood
from shared.working_time import Calendar, CalendarUnknown, OfficeHours, due_in_a_row

PLAIN_TERMS: Final = TimeTerms()


class AppointmentNeeded(NotUnderstood):
    """No due date follows from the published limit: set the appointment yourself, with a reason."""


@dataclass(frozen=True)
class Appointment:
    """The date people are told. `reason` stands where an officer set it by hand; `provisional` where the calendar may still move it."""

    at: datetime
    limit_text: str
    terms: TimeTerms
    provisional: bool = False
    reason: str | None = None


def appointment(
    accepted_at: datetime,
    limits: Sequence[LimitChoice] | NoComputableLimit,
    *,
    calendar: Calendar,
    hours: OfficeHours,
    policies: TimeTerms = PLAIN_TERMS,
    by_hand: datetime | None = None,
    reason: str | None = None,
) -> Appointment:
    """Computed where the published limit allows it, otherwise set by hand. Limits in sequence run one after the other; `policies`
    are those of the procedure, and travel with the limits as the terms of the dossier.

    Raises AppointmentNeeded, InvalidInput for one by hand without need or reason, in the past or on a day off, and CalendarUnknown.
    """
    if isinstance(limits, NoComputableLimit):
        if by_hand and not _is_worked(by_hand, calendar):
            raise InvalidInput(f"The appointment lies on {by_hand.astimezone(VIETNAM):%d/%m/%Y}, which is no working day.")
        return _by_hand(accepted_at, limits, policies, by_hand, reason)
    if by_hand is not None:
        raise InvalidInput("This procedure has a time limit of its own; leave appointment_at out, the appointment is computed.")
    found = due_in_a_row(
        accepted_at,
        [choice.time_limit for choice in limits],
        calendar=calendar,
        hours=hours,
        due_clock=policies.due_clock,
        cutoff=policies.cutoff,
    )
    counted = [
        CountedLimit(
            amount=limit.amount,
            unit=limit.unit,
            cutoff=limit.cutoff,
            stage=choice.published.case if choice.published.stage else None,
            text=choice.published.text,
        )
        for choice in limits
        for limit in (choice.time_limit,)
    ]
    terms = policies.model_copy(update={"limits": tuple(counted)})
    return Appointment(found.at, "; ".join(choice.published.text for choice in limits), terms, found.provisional)


def _is_worked(at: datetime, calendar: Calendar) -> bool:
    """Whether people who come then find somebody; a year nobody knows is taken for worked."""
    try:
        return calendar.is_working_day(at.astimezone(VIETNAM).date())
    except CalendarUnknown:
        return True


def _by_hand(accepted_at: datetime, limits: NoComputableLimit, policies: TimeTerms, at: datetime | None, reason: str | None) -> Appointment:
    if at is None or not (reason and reason.strip()):
        raise AppointmentNeeded(f"{limits.reason} Send appointment_at and appointment_reason.", kind=limits.kind)
    if at < accepted_at:
        raise InvalidInput("The appointment lies in the past.")
    texts = "; ".join(limit.text for limit in limits.published) or "Không có thời hạn công bố"
    return Appointment(at, texts, policies, reason=reason.strip())
