"""Wishes across the baton: adjustments answered, a case stopped by two people, a result asked back."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from services.processing.api.address import Name
from services.processing.api.cases import moved
from services.processing.api.requests import Noted, Reasoned, StopGround
from services.processing.api.views import MovedView
from services.processing.commands import wishes
from shared.contracts.permissions import Action
from shared.doors import Door, IfMatch, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["cases"])

_NOTHING_NOTED: Final = Noted()


@router.post("/cases/{name}/take-up-adjustment", summary="Work with the content the applicant changed")
async def take_up_adjustment(
    name: Name,
    tx: Tx,
    officer: Annotated[Officer, may(Action.TAKE_UP_ADJUSTMENT)],
    version: IfMatch,
    response: Response,
    body: Noted = _NOTHING_NOTED,
) -> MovedView:
    return moved(response, await wishes.take_up_adjustment(tx, name, officer, version, note=body.note))


@router.post("/cases/{name}/decline-adjustment", summary="The content stays as it was, with the reason")
async def decline_adjustment(
    name: Name, body: Reasoned, tx: Tx, officer: Annotated[Officer, may(Action.DECLINE_ADJUSTMENT)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await wishes.decline_adjustment(tx, name, officer, version, reason=body.reason))


@router.post("/cases/{name}/propose-stop", summary="Propose to end it without a result, on a ground in the law of the sector")
async def propose_stop(
    name: Name, body: StopGround, tx: Tx, officer: Annotated[Officer, may(Action.PROPOSE_STOP)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await wishes.propose_stop(tx, name, officer, version, ground=body.ground))


@router.post("/cases/{name}/stop", summary="End it without a result: the second person")
async def stop(
    name: Name, tx: Tx, officer: Annotated[Officer, may(Action.STOP)], version: IfMatch, response: Response, body: Noted = _NOTHING_NOTED
) -> MovedView:
    return moved(response, await wishes.stop(tx, name, officer, version, note=body.note))


@router.post("/cases/{name}/request-rework", summary="Ask the result back before it is handed over")
async def request_rework(
    name: Name, body: Reasoned, tx: Tx, officer: Annotated[Officer, may(Action.REQUEST_REWORK)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await wishes.request_rework(tx, name, officer, version, reason=body.reason))
