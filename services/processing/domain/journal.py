"""One line of the journal: who did what, when, from which state to which. The control slip is printed from these."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.states import State


@dataclass(frozen=True)
class JournalLine:
    """`source` is the service that did it; `event_id` the event by which we heard of it, if it was not us."""

    at: datetime
    action: str
    by: str
    from_state: State | None = None
    to_state: State | None = None
    office: str | None = None
    note: str | None = None
    source: str = "processing"
    event_id: UUID | None = None
    to_office: str | None = None
    """Of papers that go from one office to another."""
