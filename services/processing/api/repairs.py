"""Repairs: back to a state a case really was in, by two supervisors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.processing.api.address import Name
from services.processing.api.cases import moved
from services.processing.api.views import MovedView
from services.processing.commands import repairing
from shared.contracts.permissions import Action
from shared.contracts.repairs import RepairBody, RepairsView, RepairView
from shared.doors import Door, IfMatch, Tx
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["repairs"])


@router.get("/cases/{name}/repairs", response_model=RepairsView, summary="Where it may go back to, and what was proposed")
async def show(name: Name, tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)]) -> repairing.Repairs:
    return await repairing.show(tx, name, officer)


@router.post("/cases/{name}/repairs", status_code=202, response_model=RepairView, summary="Propose to take it back to an earlier state")
async def propose(
    name: Name, body: RepairBody, tx: Tx, officer: Annotated[Officer, may(Action.REPAIR)], version: IfMatch
) -> repairing.Repair:
    """Nothing changes before another supervisor approves it. 409 `held_elsewhere` where the desk has it in hand."""
    return await repairing.propose(tx, name, officer, version, to=body.to_state, ticket=body.ticket, reason=body.reason)


@router.post("/cases/{name}/repairs/{repair_id}/approvals", summary="Approve what another proposed")
async def approve(name: Name, repair_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.REPAIR)], response: Response) -> MovedView:
    return moved(response, await repairing.approve(tx, name, repair_id, officer))
