"""Submissions: pushed by the portal or left incomplete at the counter, until the desk accepts, asks for more, or refuses."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Request, Response

from services.intake.api import bodies, looking, views
from services.intake.commands import fees, submissions
from services.intake.commands.reception import Received
from services.intake.domain.dossier import Dossier
from shared.contracts.people import Channel
from shared.contracts.permissions import Action
from shared.doors import Door, IfMatch, Tx, etag
from shared.keys import Key, canonical, hash_of
from shared.officers import Officer, may


class PushDoor(Door):
    """A submission's national code serves as its key: the same push again changes nothing, another one of that code is an update."""

    key_parameter: ClassVar[dict[str, Any]] = Door.key_parameter | {"required": False}

    @staticmethod
    async def key_of(request: Request) -> Key:
        try:
            told = await request.json()
        except ValueError:
            told = {}
        if not request.headers.get("idempotency-key") and isinstance(told, dict) and (code := told.get("national_code")):
            told_hash = hash_of(canonical(told))
            return Key("", request.method, request.url.path, f"{code} {told_hash.hex()}", told_hash)
        return await Door.key_of(request)


router = APIRouter(tags=["submissions"], route_class=Door)
push = APIRouter(tags=["submissions"], route_class=PushDoor)


@push.post("/submissions", status_code=201, response_model=views.SubmittedView, summary="Push a submission")
async def submit(body: bodies.SubmissionBody, tx: Tx, officer: Annotated[Officer, may(Action.SUBMIT)], response: Response) -> Dossier:
    """201 when it is new; 200 when one of the same national code was there and has been brought up to date."""
    brought = body.brought(body.channel, looking.own_office(officer, body.receiving_office))
    item = (body.postal_item.carrier, body.postal_item.tracking_number) if body.postal_item else None
    submitted = await submissions.submit(
        tx, brought, by=officer, national_code=body.national_code, submitted_at=body.submitted_at, postal_item=item
    )
    response.status_code = 201 if submitted.new else 200
    etag(response, submitted.dossier.version)
    return submitted.dossier


@router.get("/submissions/{name}", response_model=views.DossierView, summary="A submission")
async def show(name: str, tx: Tx, officer: Annotated[Officer, may(Action.SEE_DOSSIERS)], response: Response) -> views.DossierView:
    dossier = await looking.dossier(tx, name, by=officer)
    etag(response, dossier.version)
    return dossier


@router.post("/submissions/{name}/accept", response_model=views.ReceivedView, summary="Accept: it becomes a dossier, its clock starts now")
async def accept(
    name: str, body: bodies.TermsBody, tx: Tx, officer: Annotated[Officer, may(Action.ACCEPT)], version: IfMatch, response: Response
) -> Received:
    received = await submissions.accept(tx, name, body.terms(), by=officer, version=version)
    etag(response, received.version)
    return received


@router.post("/submissions/{name}/supplement-requests", response_model=views.MovedView, summary="Ask, once, for all that is missing")
async def request_supplement(
    name: str,
    body: bodies.SupplementRequestBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.REQUEST_SUPPLEMENT)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await submissions.request_supplement(tx, name, papers=body.papers, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/submissions/{name}/fee-requests", response_model=views.MovedView, summary="Ask for fees before acceptance")
async def ask_fee(
    name: str, body: bodies.FeeRequestBody, tx: Tx, officer: Annotated[Officer, may(Action.ASK_FEE)], version: IfMatch, response: Response
) -> Dossier:
    """What the published rules come to and what is stated; the time to answer stops until it is paid."""
    stated = tuple(fee.value() for fee in body.fees)
    named = body.named(Channel.ONLINE)
    dossier = await fees.ask(tx, name, named, stated, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/submissions/{name}/refuse", response_model=views.MovedView, summary="Refuse, with the reason")
async def refuse(
    name: str, body: bodies.ReasonBody, tx: Tx, officer: Annotated[Officer, may(Action.REFUSE)], version: IfMatch, response: Response
) -> Dossier:
    dossier = await submissions.refuse(tx, name, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post(
    "/submissions/{name}/redirect", response_model=views.MovedView, summary="It belongs elsewhere: pass it on, or say who decides it"
)
async def redirect(
    name: str, body: bodies.RedirectBody, tx: Tx, officer: Annotated[Officer, may(Action.REDIRECT)], version: IfMatch, response: Response
) -> Dossier:
    if body.not_competent:
        dossier = await submissions.refer_elsewhere(tx, name, competent=body.not_competent, reason=body.reason, by=officer, version=version)
    else:
        dossier = await submissions.redirect(
            tx, name, receiving=body.receiving_office, competent=body.competent_office, reason=body.reason, by=officer, version=version
        )
    etag(response, dossier.version)
    return dossier


@router.post("/submissions/{name}/closures", response_model=views.MovedView, summary="End it: nothing complete came in time")
async def lapse(
    name: str, body: bodies.LapseBody, tx: Tx, officer: Annotated[Officer, may(Action.CLOSE)], version: IfMatch, response: Response
) -> Dossier:
    dossier = await submissions.lapse(tx, name, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


router.include_router(push)
