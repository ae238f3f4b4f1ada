"""Interlinked procedures: one dossier, several agencies, each with its share of the work, its own limit and its own clock.

A child is part of the case it belongs to: it has no code, is received by nobody, and counts in no statistics of dossiers.
Source: law.INTERLINKED.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.processing.domain.intervals import Intervals
from shared.errors import Flaw, InvalidInput
from shared.verdicts import Verdict, is_late
from shared.working_time import Calendar, CalendarUnknown, InstantWrong, LimitWrong, OfficeHours, Stop, TimeLimit, Unit, due


class ChildEnd(StrEnum):
    """How a child ended."""

    DONE = "done"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


class ChildStanding(StrEnum):
    """How a child stands."""

    WAITING = "waiting"
    """For the one that comes before it."""
    OPEN = "open"
    STOPPED = "stopped"
    """The clock of the whole case stands, and with it this one."""
    DONE = "done"
    SENT_BACK = "sent_back"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class ChildCase:
    """What one agency does of it. `after` is the number of the child that comes before; None: at once with the others."""

    id: UUID
    number: int
    office: str
    work: str
    amount: Decimal
    unit: Unit
    opened_at: datetime
    opened_by: str
    after: int | None = None
    began_at: datetime | None = None
    due_at: datetime | None = None
    """By its own limit from its own beginning; None while it waits, or while the clock stands."""
    overdue_at: datetime | None = None
    """When its lateness was told."""
    ended_at: datetime | None = None
    ended_by: str | None = None
    end: ChildEnd | None = None
    document_number: str | None = None
    document_reference: str | None = None
    note: str | None = None

    @property
    def is_open(self) -> bool:
        return self.end is None

    @property
    def standing(self) -> ChildStanding:
        if self.end:
            return ChildStanding(self.end)
        if self.began_at is None:
            return ChildStanding.WAITING
        return ChildStanding.OPEN if self.due_at else ChildStanding.STOPPED

    def verdict(self, now: datetime) -> Verdict | None:
        """Whether its agency is in time; None before it begins and while the clock stands."""
        if self.due_at is None:
            return None
        return Verdict.OVERDUE if is_late(self.due_at, self.ended_at or now) else Verdict.ON_TIME


Children = tuple[ChildCase, ...]


def opened(known: Children, new: ChildCase, competent: str) -> Children:
    """Another agency gets its share. It begins now, or when the one it comes after is done. Raises InvalidInput."""
    if new.office == competent:
        raise InvalidInput("Please correct: /office.", Flaw("/office", f"{new.office} leads the case itself."))
    if any(one.is_open and (one.office, one.work) == (new.office, new.work) for one in known):
        raise InvalidInput("Please correct: /office.", Flaw("/office", f"{new.office} has this share already."))
    before = next((one for one in known if one.number == new.after), None)
    if new.after is not None and before is None:
        raise InvalidInput("Please correct: /after.", Flaw("/after", f"There is no share number {new.after}."))
    if before and before.end and before.end is not ChildEnd.DONE:
        raise InvalidInput(
            "Please correct: /after.", Flaw("/after", f"Share {new.after} ended without being done: nothing comes after it.")
        )
    return (*known, replace(new, began_at=None if before and before.is_open else new.opened_at))


def ended_as(
    known: Children,
    number: int,
    end: ChildEnd,
    *,
    by: str,
    now: datetime,
    document_number: str | None = None,
    document_reference: str | None = None,
    note: str | None = None,
) -> Children:
    """It ends, once; what comes after it begins when it is done, or was taken out of the row."""
    begins = end is not ChildEnd.SENT_BACK
    return tuple(
        replace(one, end=end, ended_at=now, ended_by=by, document_number=document_number, document_reference=document_reference, note=note)
        if one.number == number
        else replace(one, began_at=now)
        if begins and one.is_open and one.after == number and one.began_at is None
        else one
        for one in known
    )


def all_cancelled(known: Children, *, by: str, now: datetime) -> Children:
    """The case ended without a result: nobody goes on with a share of it."""
    return tuple(replace(one, end=ChildEnd.CANCELLED, ended_at=now, ended_by=by) if one.is_open else one for one in known)


def child_due_at(child: ChildCase, stops: Intervals, calendar: Calendar | None, hours: OfficeHours) -> datetime | None:
    """By its own limit from its own beginning; what stops the clock of the case stops this one. None while it stands or waits.

    Raises InvalidInput where that cannot be counted.
    """
    if child.began_at is None:
        return None
    own = [
        Stop(max(stop.started_at, child.began_at), stop.ended_at, stop.policy)
        for stop in stops
        if stop.ended_at is None or stop.ended_at > child.began_at
    ]
    try:
        if calendar is not None:
            return due(child.began_at, TimeLimit(child.amount, child.unit), calendar=calendar, hours=hours, stops=own).due_at
    except (CalendarUnknown, InstantWrong, LimitWrong):
        pass
    raise InvalidInput("Please correct: /amount.", Flaw("/amount", f"{child.amount} {child.unit} cannot be counted on the calendar."))


def still_open(children: Sequence[ChildCase]) -> list[ChildCase]:
    return [one for one in children if one.is_open]
