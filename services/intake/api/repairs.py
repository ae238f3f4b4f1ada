"""Repairs: back to a state a dossier really was in, by two supervisors."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from services.intake.api import views
from services.intake.commands import repairing
from services.intake.domain.dossier import Dossier
from shared.contracts.permissions import Action
from shared.contracts.repairs import RepairBody, RepairsView, RepairView
from shared.doors import Door, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(tags=["repairs"], route_class=Door)


@router.get("/dossiers/{name}/repairs", response_model=RepairsView, summary="Where it may go back to, and what was proposed")
async def show(name: str, tx: Tx, officer: Annotated[Officer, may(Action.SEE_DOSSIERS)]) -> repairing.Repairs:
    return await repairing.show(tx, name, by=officer)


@router.post("/dossiers/{name}/repairs", status_code=202, response_model=RepairView, summary="Propose to take it back to an earlier state")
async def propose(
    name: str, body: RepairBody, tx: Tx, officer: Annotated[Officer, may(Action.REPAIR)], version: IfMatch
) -> repairing.Repair:
    """Nothing changes before another supervisor approves it. 409 `held_elsewhere` where the agency has it in hand."""
    return await repairing.propose(tx, name, to=body.to_state, ticket=body.ticket, reason=body.reason, by=officer, version=version)


@router.post("/dossiers/{name}/repairs/{repair_id}/approvals", response_model=views.MovedView, summary="Approve what another proposed")
async def approve(name: str, repair_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.REPAIR)], response: Response) -> Dossier:
    dossier = await repairing.approve(tx, name, repair_id, by=officer)
    etag(response, dossier.version)
    return dossier
