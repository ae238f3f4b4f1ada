"""What those who work on a case write down for each other: never told to people, to peers or to other offices."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoteKind(StrEnum):
    """A plain note, or an opinion on the matter."""

    NOTE = "note"
    OPINION = "opinion"


@dataclass(frozen=True)
class Note:
    """Written at a step. `files` are named by their SHA-256."""

    at: datetime
    by: str
    kind: NoteKind
    text: str
    step: int | None = None
    files: tuple[str, ...] = ()
