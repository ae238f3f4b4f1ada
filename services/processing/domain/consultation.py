"""Opinions asked of other offices while the case goes on: each with its own limit, each answered once, several at a time."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from shared.clock import VIETNAM
from shared.errors import Flaw, InvalidInput
from shared.verdicts import Verdict, is_late
from shared.working_time import Calendar, CalendarUnknown, InstantWrong, LimitWrong, OfficeHours, TimeLimit, Unit, closing_at, due


class Opinion(StrEnum):
    """What the consulted office says."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NONE = "none"


class Standing(StrEnum):
    """How a consultation stands."""

    AWAITED = "awaited"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    DEEMED_CONSENT = "deemed_consent"


@dataclass(frozen=True)
class AnswerLimit:
    """How long the office has, and who says so: the procedure as published, or the officer who asks."""

    amount: Decimal
    unit: Unit
    text: str
    published: bool = False


@dataclass(frozen=True)
class Consultation:
    """An office was asked. `deemed_consent` is the sentence of the procedure by which its silence is consent; mostly there is none.

    Sources: law.CONSULTATION, law.CONSULTATION_SILENT, law.DEEMED_CONSENT.
    """

    id: UUID
    office: str
    question: str
    asked_at: datetime
    asked_by: str
    due_at: datetime
    limit_text: str
    step: int | None = None
    deemed_consent: str | None = None
    overdue_at: datetime | None = None
    """When its silence was told."""
    answered_at: datetime | None = None
    answered_by: str | None = None
    opinion: Opinion | None = None
    content: str | None = None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    def standing(self, now: datetime) -> Standing:
        if self.answered_at:
            return Standing.ANSWERED
        if not is_late(self.due_at, now):
            return Standing.AWAITED
        return Standing.DEEMED_CONSENT if self.deemed_consent else Standing.OVERDUE

    def verdict(self, now: datetime) -> Verdict:
        """Whether the office answers in time; a late answer stays late."""
        return Verdict.OVERDUE if is_late(self.due_at, self.answered_at or now) else Verdict.ON_TIME


Consultations = tuple[Consultation, ...]


def answer_due_at(start: datetime, limit: AnswerLimit, calendar: Calendar | None, hours: OfficeHours) -> datetime:
    """When the consulted office must have answered, by its own hours. Raises InvalidInput where that cannot be counted."""
    try:
        if calendar is not None:
            return due(start, TimeLimit(limit.amount, limit.unit), calendar=calendar, hours=hours).at
    except (CalendarUnknown, InstantWrong, LimitWrong):
        pass
    raise InvalidInput("Please correct: /amount.", Flaw("/amount", f"{limit.amount} {limit.unit} cannot be counted on the calendar."))


def answer_due_on(day: date, now: datetime, calendar: Calendar | None, hours: OfficeHours) -> datetime:
    """The closing time of a day named by the officer. Raises InvalidInput for a day off, or a past one."""
    at = _closing(day, calendar, hours)
    if at is None or at <= now:
        raise InvalidInput("Please correct: /answer_by.", Flaw("/answer_by", f"{day:%d/%m/%Y} is past, or no working day."))
    return at


def _closing(day: date, calendar: Calendar | None, hours: OfficeHours) -> datetime | None:
    if calendar is None:
        return datetime.combine(day, time(17), VIETNAM)
    try:
        return closing_at(day, calendar, hours)
    except (CalendarUnknown, LimitWrong):
        return None


def asked(known: Consultations, new: Consultation, competent: str) -> Consultations:
    """Another office is asked; one that has not answered yet is not asked again. Raises InvalidInput."""
    if new.office == competent:
        raise InvalidInput("Please correct: /office.", Flaw("/office", f"{new.office} handles the case itself."))
    if any(one.office == new.office and one.is_open for one in known):
        raise InvalidInput("Please correct: /office.", Flaw("/office", f"{new.office} was asked already and has not answered yet."))
    return (*known, new)


def answered(known: Consultations, to: UUID, *, opinion: Opinion, content: str, by: str, now: datetime) -> Consultations:
    """Once; late is late, and still counts as an answer."""
    return tuple(replace(one, answered_at=now, answered_by=by, opinion=opinion, content=content) if one.id == to else one for one in known)
