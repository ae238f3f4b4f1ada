"""What clients were promised: each acknowledgement is kept outside the services, and they are held to it at the end."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shared.contracts.peers import Service
from shared.contracts.states import State


class Path(StrEnum):
    """Along which way a dossier is played."""

    DESK = "desk"
    ONLINE = "online"
    POST = "post"
    ON_THE_SPOT = "on the spot"
    REFUSED = "refused"


@dataclass
class Life:
    """One dossier as its client knows it. `moves` were acknowledged, each by the service that made it."""

    number: int
    path: Path
    addresses: int
    """At how many addresses its people are told."""
    id: UUID | None = None
    code: str | None = None
    moves: Counter[tuple[Service, str]] = field(default_factory=Counter[tuple[Service, str]])
    ends_as: State | None = None
    """Set when the last move was acknowledged."""


@dataclass
class Ledger:
    """All lives of a run."""

    lives: list[Life] = field(default_factory=list[Life])
    repeated: int = 0
    """Calls sent again with the same key."""
    decided_again: int = 0
    """Moves decided anew after a 412 or a 409."""
    denied: list[str] = field(default_factory=list[str])
    """Moves that happened although their client never got a yes: the key did not keep its promise."""
    failures: list[str] = field(default_factory=list[str])
    """Lives that could not be played on, and why."""

    @property
    def ended(self) -> list[Life]:
        return [life for life in self.lives if life.ends_as]

    @property
    def acknowledged(self) -> list[Life]:
        return [life for life in self.lives if life.id]
