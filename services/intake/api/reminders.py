"""Asking the agency how a dossier stands."""

from typing import Annotated

from fastapi import APIRouter

from services.intake.api import bodies, views
from services.intake.commands import reminding
from services.intake.domain.dossier import Dossier
from shared.contracts.permissions import Action
from shared.doors import Door, Tx
from shared.officers import Officer, may

router = APIRouter(tags=["dossiers"], route_class=Door)


@router.post("/dossiers/{name}/reminders", status_code=202, response_model=views.MovedView, summary="Remind the agency: once a day")
async def remind(name: str, body: bodies.ReminderBody, tx: Tx, officer: Annotated[Officer, may(Action.REMIND)]) -> Dossier:
    return await reminding.remind(tx, name, note=body.note, by=officer)
