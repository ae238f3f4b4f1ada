"""A new calendar and the open cases: what would move, asked by the desk; and counting by it, on an administrator's command."""

from typing import Annotated, Final

from fastapi import APIRouter, Request

from services.processing.commands import recalculation
from shared.contracts.permissions import Action
from shared.contracts.previews import CalendarPreview, PreviewAsked
from shared.doors import Door, FreeDoor, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["calendars"])
free = APIRouter(route_class=FreeDoor, tags=["calendars"])

EXAMPLE: Final = {
    "drafts": [{"key": "national", "rows": "date,kind,name,source,status\n2026-04-30,off,Ngày Chiến thắng,BLLĐ 2019 điều 112,announced\n"}],
    "offices": ["H14.010"],
}


@free.post(
    "/calendar-previews",
    summary="Which open cases would move: a dry run",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE}}},
    },
)
async def preview(request: Request, tx: Tx) -> CalendarPreview:
    """For the desk, which keeps the calendars: signed as events are, no token."""
    body = await request.body()
    tx.runtime.signer.check(request.headers, body)
    return await recalculation.preview(tx, PreviewAsked.model_validate_json(body))


@router.post("/calendars/{key}/applications", summary="Count open cases by the newest version: promises are kept, limits move only earlier")
async def apply(key: str, tx: Tx, officer: Annotated[Officer, may(Action.APPLY_CALENDAR)]) -> CalendarPreview:
    """Cases of your offices. Lists those whose limit moved earlier, and those the desk must decide."""
    return await recalculation.apply(tx, key, by=officer)


router.include_router(free)
