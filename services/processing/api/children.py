"""Interlinked procedures: shares given to other agencies, ended by them, taken back by the lead."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from services.processing.api.address import After, Limit, Name
from services.processing.api.requests import ShareCancelled, ShareDone, ShareGiven, ShareSentBack
from services.processing.api.views import MovedView, ShareEnded, ShareLine, SharePage, moved
from services.processing.commands import children, looking
from services.processing.commands.children import Ending, Share
from shared.contracts.permissions import Action
from shared.doors import Door, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["cases"])
_NOTHING_SAID: Final = ShareDone()


@router.get("/worklist/children", summary="Shares of your offices in cases of others, due first")
async def list_shares(tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)], after: After = None, limit: Limit = 50) -> SharePage:
    page = await looking.shares_open(tx, officer, after=after, limit=limit)
    return SharePage(items=[ShareLine.of(row, tx.now) for row in page.lines], next=page.next)


@router.post("/cases/{name}/open-child", summary="Give another agency its share of the work, with a limit and a clock of its own")
async def open_child(
    name: Name, body: ShareGiven, tx: Tx, officer: Annotated[Officer, may(Action.OPEN_CHILD)], version: IfMatch, response: Response
) -> MovedView:
    """At once with the others, or `after` one of them."""
    return moved(response, await children.open_child(tx, name, officer, version, Share(**body.model_dump())))


@router.post("/cases/{name}/complete-child", status_code=201, summary="Your share is done")
async def complete_child(
    name: Name, tx: Tx, officer: Annotated[Officer, may(Action.COMPLETE_CHILD)], response: Response, body: ShareDone = _NOTHING_SAID
) -> ShareEnded:
    """By an officer of the agency that has it, once. No If-Match: it is a fact."""
    case, mine = await children.end_child(tx, name, officer, Action.COMPLETE_CHILD, Ending(**body.model_dump()))
    etag(response, case.version)
    return ShareEnded.of(mine, case.version, tx.now)


@router.post("/cases/{name}/send-back-child", status_code=201, summary="Your share is not done, and why")
async def send_back_child(
    name: Name, body: ShareSentBack, tx: Tx, officer: Annotated[Officer, may(Action.SEND_BACK_CHILD)], response: Response
) -> ShareEnded:
    case, mine = await children.end_child(tx, name, officer, Action.SEND_BACK_CHILD, Ending(**body.model_dump()))
    etag(response, case.version)
    return ShareEnded.of(mine, case.version, tx.now)


@router.post("/cases/{name}/cancel-child", summary="Take a share back")
async def cancel_child(
    name: Name, body: ShareCancelled, tx: Tx, officer: Annotated[Officer, may(Action.CANCEL_CHILD)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await children.cancel_child(tx, name, officer, version, **body.model_dump()))
