"""What a carrier is to the desk: a translator of its own words."""

from typing import Protocol

from services.intake.domain.postal_item import PostalState


class Carrier(Protocol):
    """`simulated`: for development only; production refuses it."""

    simulated: bool

    def state_of(self, code: str) -> PostalState | None:
        """What the carrier's `code` means; None for one we do not know, which is kept and changes nothing."""
        ...
