"""What carriers report. No token: the signature over the body is the pass."""

from fastapi import APIRouter, Request

from services.intake.api import bodies
from services.intake.commands import post
from shared.doors import FreeDoor, Tx, View
from shared.errors import NotFound
from shared.wire import Signer

router = APIRouter(tags=["post"], route_class=FreeDoor)


class Effect(View):
    """What a report did: moved, duplicate, late, unknown_item, unknown_code. Whatever it did, it was kept."""

    effect: str


@router.post("/postal-events/{carrier}", response_model=Effect, summary="A carrier reports")
async def hear_carrier(carrier: str, body: bodies.PostalReportBody, tx: Tx, request: Request) -> Effect:
    """Signed like events (Standard Webhooks), with the carrier's own secret."""
    signers: dict[str, Signer] = request.app.state.runtime.facts["carrier_signers"]
    if carrier not in signers:
        raise NotFound(f"There is no carrier {carrier} here.")
    signers[carrier].check(request.headers, await request.body())
    return Effect(effect=await post.hear_carrier(tx, carrier, **body.model_dump()))
