"""Who has a case: given, claimed, given back."""

from typing import Annotated

from fastapi import APIRouter, Response

from services.processing.api.address import Name
from services.processing.api.requests import AssignedTo, GivenBack
from services.processing.api.views import MovedView
from services.processing.commands import assigning
from services.processing.domain.case import Case
from shared.contracts.permissions import Action
from shared.doors import Door, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["assignment"])


@router.post("/cases/{name}/assign", summary="Give a case to a colleague")
async def assign(
    name: Name, body: AssignedTo, tx: Tx, officer: Annotated[Officer, may(Action.ASSIGN)], version: IfMatch, response: Response
) -> MovedView:
    return _moved(response, await assigning.assign(tx, name, officer, version, to=body.officer, reason=body.reason))


@router.post("/cases/{name}/claim", summary="Take a case on; it lapses if nothing is done in the office's time for it")
async def claim(name: Name, tx: Tx, officer: Annotated[Officer, may(Action.CLAIM)], version: IfMatch, response: Response) -> MovedView:
    return _moved(response, await assigning.claim(tx, name, officer, version))


@router.post("/cases/{name}/release", summary="Give a case back to the unit")
async def release(
    name: Name, body: GivenBack, tx: Tx, officer: Annotated[Officer, may(Action.RELEASE)], version: IfMatch, response: Response
) -> MovedView:
    return _moved(response, await assigning.release(tx, name, officer, version, reason=body.reason))


def _moved(response: Response, case: Case) -> MovedView:
    etag(response, case.version)
    return MovedView.model_validate(case)
