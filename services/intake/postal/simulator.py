"""A carrier for demos and tests: its words are the postal states themselves."""

from typing import Final

from services.intake.domain.postal_item import PostalState

STATES: Final[dict[str, PostalState]] = {str(state): state for state in PostalState}


class Simulator:
    """Speaks our own language."""

    simulated = True

    def state_of(self, code: str) -> PostalState | None:
        return STATES.get(code)
