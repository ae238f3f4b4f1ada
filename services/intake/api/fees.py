"""Fees of a dossier: payments from the desk and the portal, sums stated, reduced and given back; and the settlement of a period."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from services.intake.api import bodies, settling, views
from services.intake.commands import fees
from services.intake.domain.dossier import Dossier
from shared.contracts.permissions import Action
from shared.days import Day
from shared.doors import Door, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(tags=["fees"], route_class=Door)


@router.post("/dossiers/{name}/payments", status_code=201, response_model=views.MovedView, summary="Money came, at the desk or online")
async def pay(
    name: str, body: bodies.PaymentBody, tx: Tx, officer: Annotated[Officer, may(Action.RECORD_PAYMENT)], response: Response
) -> Dossier:
    """Whole for each line. What cannot be put to a line is refused with the reason, and kept to be given back."""
    dossier = await fees.pay(tx, name, body.value(tx.now), by=officer)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/refunds", status_code=201, response_model=views.MovedView, summary="Give money back")
async def refund(
    name: str,
    body: bodies.RefundBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.REFUND_FEE)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    if body.payment:
        dossier = await fees.refund_kept(tx, name, body.payment, reason=body.reason, by=officer, version=version)
    else:
        amount, method = body.amount or 0, body.method
        dossier = await fees.refund(tx, name, body.fee or 0, amount, reason=body.reason, method=method, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/fee-statements", response_model=views.MovedView, summary="State a sum that the source leaves open")
async def state(
    name: str,
    body: bodies.FeeStatementBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.STATE_FEE)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await fees.state(tx, name, body.fee, body.amount, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/fee-reductions", response_model=views.MovedView, summary="Less is owed, or nothing, on a ground")
async def reduce(
    name: str,
    body: bodies.FeeReductionBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.REDUCE_FEE)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await fees.reduce(tx, name, body.fee, body.amount, body.ground, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.get(
    "/fee-settlements",
    response_model=settling.Settlement,
    summary="What was paid and given back in a period, by office and fee, and line by line",
    responses={200: {"content": {"text/csv": {}}}},
)
async def settle(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_SETTLEMENTS)],
    first: Annotated[Day, Query(alias="from", description="The first day, included")],
    last: Annotated[Day, Query(alias="to", description="The last day, included")],
    office: Annotated[str | None, Query(description="Which took it in, with what lies under it", max_length=100)] = None,
    competent: Annotated[
        str | None, Query(description="Which decides what was paid for, with what lies under it; one of your own", max_length=100)
    ] = None,
    format: Annotated[str | None, Query(pattern="^(json|csv)$")] = None,
    accept: Annotated[str, Header()] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    after: Annotated[str | None, Query(description="`next` of the page before", max_length=200)] = None,
) -> settling.Settlement | Response:
    """By the day on which the desk wrote it down, so that a settled period stays as it was. As CSV: all lines at once."""
    period = await settling.period_of(tx, officer, first, last, office, competent)
    if format == "csv" or (format is None and "text/csv" in accept):
        return Response(await settling.as_csv(tx, period), media_type="text/csv; charset=utf-8")
    return await settling.settlement(tx, period, limit=limit, after=after)
