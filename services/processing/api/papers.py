"""Papers that come from the desk, many on one slip."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from services.processing.api.address import STORABLE
from services.processing.api.requests import Request
from services.processing.commands import taking_over
from services.processing.commands.taking_over import TakenOver
from shared.contracts.permissions import Action
from shared.doors import Door, Tx, View
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["papers"])

Number = Annotated[str, Path(description="The number of the slip", max_length=100, pattern=STORABLE)]


class SlipTaken(Request):
    """Which of the slip were not there, by code; who took the rest, where it was not the officer who says so."""

    missing: Annotated[tuple[str, ...], Field(max_length=200, examples=[["H27.030-260309-0002"]])] = ()
    taken_over_by: Annotated[str | None, Field(min_length=1, max_length=200, examples=["Trần Văn Bình"])] = None


class TakenOverView(View):
    """By code; what is `missing` stays open on the slip, at the desk too."""

    slip: str
    taken_over_by: str
    taken_over: tuple[str, ...]
    missing: tuple[str, ...]
    not_possible: tuple[str, ...]


@router.post("/hand-over-slips/{number}/take-over", response_model=TakenOverView, summary="Take over the papers listed on a slip")
async def take_over(number: Number, body: SlipTaken, tx: Tx, officer: Annotated[Officer, may(Action.TAKE_OVER_PAPERS)]) -> TakenOver:
    return await taking_over.take_over_together(tx, number, officer, missing=body.missing, by=body.taken_over_by)
