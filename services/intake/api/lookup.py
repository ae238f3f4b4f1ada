"""The citizen's look-up: open, with the code and the secret that stand on the receipt."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.intake.api import looking, views
from shared.doors import Door, Tx

router = APIRouter(tags=["look-up"], route_class=Door)


@router.get("/lookup/{code}", response_model=views.LookupView, summary="How far is my dossier?")
async def lookup(code: str, secret: Annotated[str, Query(min_length=1, max_length=50)], tx: Tx) -> views.LookupView:
    return await looking.lookup(tx, code, secret)
