"""What a new calendar would do to open cases: asked by the desk, which keeps the calendars, of the agency, which keeps the cases."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class CalendarDraft(BaseModel):
    """A calendar as it would be published: whole, as CSV rows."""

    model_config = ConfigDict(frozen=True)

    key: str
    rows: str


class PreviewAsked(BaseModel):
    """`offices`: whose cases; None: everyone's."""

    model_config = ConfigDict(frozen=True)

    drafts: tuple[CalendarDraft, ...]
    offices: frozenset[str] | None = None


class MovedCase(BaseModel):
    """An open case whose internal limit would move. The promise in `appointment_at` is kept, whatever happens.

    `decide` says why the desk has to look at it: the promise would fall on a day off, or before the limit.
    """

    model_config = ConfigDict(frozen=True)

    id: UUID
    code: str
    office: str
    calendar: str
    due_from: datetime
    due_to: datetime | None
    """None: the calendar does not know the year it would fall into."""
    appointment_at: datetime
    decide: str | None = None


class CalendarPreview(BaseModel):
    """How many open cases were looked at, and those that would move."""

    model_config = ConfigDict(frozen=True)

    looked_at: int
    moved: tuple[MovedCase, ...]
