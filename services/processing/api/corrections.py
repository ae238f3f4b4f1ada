"""Results to be made once more: those that wait, and what becomes of each."""

from typing import Annotated

from fastapi import APIRouter, Response

from services.processing.api.address import After, InOffice, Limit, Name
from services.processing.api.cases import moved
from services.processing.api.requests import CorrectedResult, Declined
from services.processing.api.views import CorrectionLine, CorrectionPage, MovedView
from services.processing.commands import correcting
from shared.contracts.events import Result
from shared.contracts.permissions import Action
from shared.doors import Door, IfMatch, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["corrections"])


@router.get("/corrections", summary="Results that wait to be made once more, due first")
async def list_corrections(
    tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)], office: InOffice = None, after: After = None, limit: Limit = 50
) -> CorrectionPage:
    page = await correcting.open_ones(tx, officer, office=office, after=after, limit=limit)
    return CorrectionPage(items=[CorrectionLine.of(row, tx.now) for row in page.lines], next=page.next)


@router.post("/cases/{name}/correct-result", summary="The result as it should have been; the desk returns it again")
async def correct_result(
    name: Name,
    body: CorrectedResult,
    tx: Tx,
    officer: Annotated[Officer, may(Action.CORRECT_RESULT)],
    version: IfMatch,
    response: Response,
) -> MovedView:
    return moved(response, await correcting.correct_result(tx, name, officer, version, Result(**body.model_dump())))


@router.post("/cases/{name}/decline-correction", summary="The result stands as it is, and why")
async def decline_correction(
    name: Name, body: Declined, tx: Tx, officer: Annotated[Officer, may(Action.DECLINE_CORRECTION)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await correcting.decline_correction(tx, name, officer, version, reason=body.reason))
