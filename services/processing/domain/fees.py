"""A fee asked for during processing: what for, and whether it has been paid. The desk takes the money and keeps the lines."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.events import FeeChange, FeeSum


class FeeAsked(BaseModel):
    """What the agency asked for, in whole đồng."""

    model_config = ConfigDict(frozen=True)

    request: UUID
    fees: tuple[FeeSum, ...]
    reason: str | None = None
    asked_at: datetime
    by: str
    settled_at: datetime | None = None
    """When nothing of it was owed any more."""

    def is_settled_by(self, event: FeeChange) -> bool:
        """Whether all of it is paid with what the desk tells. What is told twice, or of something else, settles nothing."""
        return self.settled_at is None and event.request == self.request and event.still_awaited == 0

    def settled(self, at: datetime) -> "FeeAsked":
        return self.model_copy(update={"settled_at": at})
