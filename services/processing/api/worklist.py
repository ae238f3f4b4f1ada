"""The work list: what waits to be done."""

from typing import Annotated

from fastapi import APIRouter

from services.processing.api.address import After, InOffice, Limit
from services.processing.api.views import WorkLine, WorkPage
from services.processing.commands import looking
from shared.contracts.permissions import Action
from shared.doors import Door, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["worklist"])


@router.get("/worklist", summary="What waits to be done, due first")
async def show_worklist(
    tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)], office: InOffice = None, after: After = None, limit: Limit = 50
) -> WorkPage:
    page = await looking.worklist(tx, officer, office=office, after=after, limit=limit)
    return WorkPage(items=[WorkLine.of(row, tx.now) for row in page.lines], next=page.next)
