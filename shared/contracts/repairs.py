"""What a repair is told and shows, alike at the desk and at the agency."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.contracts.states import State


class RepairBody(BaseModel):
    """Back to which state, and why; the ticket is where the mistake is written down."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [{"to_state": "completed", "ticket": "SC-2026-0042", "reason": "Bấm nhầm trả kết quả, người nộp chưa nhận"}]
        },
    )

    to_state: State
    ticket: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class RepairView(BaseModel):
    """A repair as it was proposed, and by whom it was made."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    from_state: State
    to_state: State
    ticket: str
    reason: str
    state: str
    proposed_at: AwareDatetime
    proposed_by: str
    decided_at: AwareDatetime | None
    decided_by: str | None


class RepairsView(BaseModel):
    """`possible`: where it may go back to, by whoever has it in hand."""

    model_config = ConfigDict(from_attributes=True)

    possible: tuple[State, ...]
    repairs: tuple[RepairView, ...]
