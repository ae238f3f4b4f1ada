"""Due dates, computed for whoever asks."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Query

from services.processing.commands import due_dates
from shared.contracts.permissions import Action
from shared.doors import FreeDoor, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=FreeDoor, tags=["due dates"])

EXAMPLE: Final = {
    "id": "c1",
    "accepted_at": "2026-03-09T14:30:00+07:00",
    "limit": {"amount": "3", "unit": "working_day"},
    "due_clock": "same_clock",
    "cutoff": None,
    "sessions": None,
    "stops": [{"from": "2026-03-10T09:00:00+07:00", "to": "2026-03-12T10:15:00+07:00", "policy": "pause"}],
}
ANSWER: Final = {"id": "c1", "due_at": "2026-03-16T15:45:00+07:00", "period_ends_at": "2026-03-17T00:00:00+07:00"}


@router.post(
    "/due-dates",
    summary="Due dates of one case or of up to 1,000",
    response_model=None,
    responses={200: {"content": {"application/json": {"example": ANSWER}}}},
)
async def compute_due_dates(
    body: Annotated[Any, Body(examples=[EXAMPLE, [EXAMPLE]])],
    tx: Tx,
    officer: Annotated[Officer, may(Action.COMPUTE_DUE_DATES)],
    explain: Annotated[bool, Query(description="List every date counted or skipped, and why")] = False,
) -> dict[str, Any] | list[dict[str, Any]]:
    return await due_dates.compute(tx, body, explained=explain)
