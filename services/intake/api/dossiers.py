"""Dossiers: reception at the desk and from the post, what happens to them there, and looking at them."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.intake.api import bodies, looking, views
from services.intake.api.searching import Search
from services.intake.commands import amending, annulling, correcting, post, reception, returning, submissions, supplementing, wishes
from services.intake.commands.reception import Received
from services.intake.domain.dossier import Dossier
from shared.contracts.people import Channel
from shared.contracts.permissions import Action
from shared.doors import Door, FreeDoor, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(tags=["dossiers"], route_class=Door)
free = APIRouter(tags=["dossiers"], route_class=FreeDoor)


@router.post("/dossiers", status_code=201, response_model=views.ReceivedView, summary="Receive a dossier")
async def receive(body: bodies.ReceptionBody, tx: Tx, officer: Annotated[Officer, may(Action.RECEIVE)], response: Response) -> Received:
    """At the desk, from the post, or decided on the spot: checks papers, allots the code, computes the appointment, in one call."""
    brought = body.brought(Channel(body.channel), looking.own_office(officer, body.receiving_office))
    etag(response, 1)
    if body.on_the_spot:
        return await reception.resolve_on_the_spot(tx, brought, body.on_the_spot.value(), by=officer)
    item = (body.postal_item.carrier, body.postal_item.tracking_number) if body.postal_item else None
    return await reception.receive(tx, brought, by=officer, postal_item=item)


@free.post("/quotes", response_model=views.QuoteView, summary="What would be needed and promised now")
async def quote(body: bodies.QuoteBody, tx: Tx, officer: Annotated[Officer, may(Action.QUOTE)]) -> views.QuoteView:
    papers = tuple(paper.value() for paper in body.papers)
    return await looking.quote(tx, body.procedure, body.named(body.channel), papers, body.competent_office)


@router.get("/dossiers", response_model=views.DossierPage, summary="Search the dossiers within your offices")
async def list_dossiers(
    tx: Tx, officer: Annotated[Officer, may(Action.SEE_DOSSIERS)], wanted: Annotated[Search, Query()]
) -> views.DossierPage:
    """Newest first; with a name the best match first. All that is asked for must hold; `next` is the cursor of the next page."""
    return await looking.page(tx, wanted, by=officer)


@router.get("/dossiers/{name}", response_model=views.DossierView, summary="A dossier, by id or code")
async def show(name: str, tx: Tx, officer: Annotated[Officer, may(Action.SEE_DOSSIERS)], response: Response) -> views.DossierView:
    dossier = await looking.dossier(tx, name, by=officer)
    etag(response, dossier.version)
    return dossier


@router.get("/dossiers/{name}/timeline", response_model=views.Timeline, summary="All that happened to it, in order")
async def timeline(name: str, tx: Tx, officer: Annotated[Officer, may(Action.SEE_DOSSIERS)]) -> views.Timeline:
    return await looking.timeline(tx, name, by=officer)


@router.post("/dossiers/{name}/supplements", status_code=201, response_model=views.MovedView, summary="What was asked for has come")
async def supplement(name: str, body: bodies.SupplementBody, tx: Tx, officer: Annotated[Officer, may(Action.SUPPLEMENT)]) -> Dossier:
    return await submissions.supplement(tx, name, tuple(paper.value() for paper in body.papers), by=officer, complete=body.complete)


@router.post("/dossiers/{name}/supplement-acceptances", response_model=views.MovedView, summary="All that was asked for is there")
async def accept_supplement(
    name: str, tx: Tx, officer: Annotated[Officer, may(Action.ACCEPT_SUPPLEMENT)], version: IfMatch, response: Response
) -> Dossier:
    dossier = await supplementing.accept_supplement(tx, name, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/supplement-returns", response_model=views.MovedView, summary="What came is not all: it goes on waiting")
async def return_supplement(
    name: str,
    body: bodies.IncompleteBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.ACCEPT_SUPPLEMENT)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await supplementing.return_supplement(tx, name, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/closures", response_model=views.MovedView, summary="Close it: nothing complete came in time")
async def close(
    name: str, body: bodies.ClosureBody, tx: Tx, officer: Annotated[Officer, may(Action.CLOSE)], version: IfMatch, response: Response
) -> Dossier:
    dossier = await supplementing.close(tx, name, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/withdrawals", status_code=202, response_model=views.MovedView, summary="The applicant takes it back")
async def withdraw(name: str, body: bodies.WithdrawalBody, tx: Tx, officer: Annotated[Officer, may(Action.WITHDRAW)]) -> Dossier:
    """What the desk has in hand ends at once; what the agency has in hand is asked of it, and declined once the decision is issued."""
    return await wishes.withdraw(tx, name, reason=body.reason, by=officer)


@router.post("/dossiers/{name}/adjustments", status_code=202, response_model=views.MovedView, summary="Who filed online wants it changed")
async def ask_adjustment(name: str, body: bodies.AdjustmentBody, tx: Tx, officer: Annotated[Officer, may(Action.ADJUST)]) -> Dossier:
    papers = tuple(paper.value() for paper in body.papers)
    return await wishes.ask_adjustment(tx, name, content=body.content, papers=papers, by=officer)


@router.post("/dossiers/{name}/adjustment-answers", response_model=views.MovedView, summary="Take the change up, or decline it")
async def answer_adjustment(
    name: str,
    body: bodies.AdjustmentAnswerBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.ANSWER_ADJUSTMENT)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await wishes.answer_adjustment(tx, name, declined_because=body.declined_because, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/amendments", response_model=views.MovedView, summary="Correct a slip of the pen: people, how they want it")
async def amend(
    name: str, body: bodies.AmendmentBody, tx: Tx, officer: Annotated[Officer, may(Action.AMEND)], version: IfMatch, response: Response
) -> Dossier:
    dossier = await amending.amend(tx, name, people=body.people(), wish=body.wish(), reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post(
    "/dossiers/{name}/annulments", status_code=202, response_model=views.MovedView, summary="Undo a mistaken reception, the same day"
)
async def request_annulment(
    name: str, body: bodies.AnnulmentBody, tx: Tx, officer: Annotated[Officer, may(Action.ANNUL)], version: IfMatch, response: Response
) -> Dossier:
    """The agency has it in hand: it annuls it, or declines if it has begun to work on it; the dossier shows which."""
    dossier = await annulling.request(tx, name, ground=body.ground, instead=body.instead, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/hand-overs", response_model=views.MovedView, summary="Give the papers to the agency")
async def hand_over_papers(
    name: str,
    body: bodies.HandOverBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.HAND_OVER_PAPERS)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await returning.hand_over_papers(tx, name, to_office=body.to_office, note=body.note, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/result-at-desk", response_model=views.MovedView, summary="Take the result over from the agency")
async def take_over_result(
    name: str,
    body: bodies.TakeOverBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.TAKE_OVER_RESULT)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await returning.take_over_result(tx, name, handed_over_by=body.handed_over_by, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/returns", response_model=views.MovedView, summary="Return the result over the counter or online")
async def return_result(
    name: str, body: bodies.ReturnBody, tx: Tx, officer: Annotated[Officer, may(Action.RETURN_RESULT)], version: IfMatch, response: Response
) -> Dossier:
    if body.way == "online":
        dossier = await returning.deliver_online(tx, name, reference=body.reference or "", by=officer, version=version)
    else:
        dossier = await returning.return_at_desk(tx, name, body.collected(), by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post(
    "/dossiers/{name}/corrections", status_code=202, response_model=views.MovedView, summary="The result is wrong: have it corrected"
)
async def request_correction(
    name: str,
    body: bodies.CorrectionBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.REQUEST_CORRECTION)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    """The agency makes it once more within three working days; nothing is handed out meanwhile."""
    dossier = await correcting.request(tx, name, reason=body.reason, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/corrected-returns", response_model=views.MovedView, summary="Return what was made once more")
async def return_corrected(
    name: str,
    body: bodies.CorrectedReturnBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.RETURN_RESULT)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    item = (body.carrier, body.tracking_number) if body.carrier and body.tracking_number else None
    reference = body.reference if body.way == "online" else None
    dossier = await returning.return_corrected(tx, name, body.collected(), reference=reference, item=item, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


@router.post("/dossiers/{name}/postal-items", status_code=201, response_model=views.MovedView, summary="Send the result by post")
async def post_result(
    name: str,
    body: bodies.PostalItemBody,
    tx: Tx,
    officer: Annotated[Officer, may(Action.POST_RESULT)],
    version: IfMatch,
    response: Response,
) -> Dossier:
    dossier = await post.post_result(tx, name, carrier=body.carrier, tracking_number=body.tracking_number, by=officer, version=version)
    etag(response, dossier.version)
    return dossier


router.include_router(free)
