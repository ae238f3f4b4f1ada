"""Cases: look at them, move them on. Each move is one sentence of the lifecycle."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Response

from services.processing.api.address import After, InOffice, Limit, Name
from services.processing.api.requests import (
    Completion,
    Decision,
    FeesNeeded,
    MissingPapers,
    NewAppointment,
    Noted,
    PapersTaken,
    PassedBack,
    PassedOn,
    ResultHandedOver,
    Suspension,
)
from services.processing.api.views import CaseLine, CasePage, CaseView, ControlSlipView, MovedView, moved
from services.processing.commands import looking, moves
from shared.contracts.events import Result, SignedDecision
from shared.contracts.permissions import Action
from shared.contracts.states import State
from shared.doors import Door, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["cases"])

# A body with nothing but optional fields may be left out.
_NOTHING_NOTED: Final = Noted()
_TO_THE_NEXT: Final = PassedOn()
_BY_ME: Final = PapersTaken()
_HANDED_OVER_BY_ME: Final = ResultHandedOver()


@router.get("/cases", summary="Cases within your offices, newest first")
async def list_cases(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_CASES)],
    office: InOffice = None,
    state: State | None = None,
    after: After = None,
    limit: Limit = 50,
) -> CasePage:
    page = await looking.cases(tx, officer, office=office, state=state, after=after, limit=limit)
    return CasePage(items=[CaseLine.of(row, tx.now) for row in page.lines], next=page.next)


@router.get("/cases/{name}", summary="One case, by id or code")
async def show_case(name: Name, tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)], response: Response) -> CaseView:
    found = await looking.show(tx, name, officer)
    etag(response, found.case.version)
    return CaseView.of(found, officer, tx.now)


@router.get("/cases/{name}/explanation", summary="Why it is due when it is: limits in a row, each told day by day")
async def explain_case(name: Name, tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)]) -> list[dict[str, Any]]:
    """As data, and as sentences an officer can read out. Empty where the appointment was set by hand."""
    return await looking.explanation(tx, name, officer)


@router.get("/cases/{name}/control-slip", summary="Every hand-over with its two sides: phiếu kiểm soát quá trình")
async def show_control_slip(name: Name, tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)]) -> ControlSlipView:
    return ControlSlipView.of(*await looking.slip(tx, name, officer))


@router.post("/cases/{name}/take-up", summary="Begin to work on a case")
async def take_up(
    name: Name, tx: Tx, officer: Annotated[Officer, may(Action.TAKE_UP)], version: IfMatch, response: Response, body: Noted = _NOTHING_NOTED
) -> MovedView:
    return moved(response, await moves.take_up(tx, name, officer, version, note=body.note))


@router.post("/cases/{name}/pass-on", summary="Complete the current step; the next one has the case")
async def pass_on(
    name: Name,
    tx: Tx,
    officer: Annotated[Officer, may(Action.PASS_ON)],
    version: IfMatch,
    response: Response,
    body: PassedOn = _TO_THE_NEXT,
) -> MovedView:
    """`to_step` names another step: a later one skips what lies between, an earlier one takes the case back. Both need a reason."""
    return moved(response, await moves.pass_on(tx, name, officer, version, **body.model_dump()))


@router.post("/cases/{name}/pass-back", summary="Not agreed to: an earlier step has the case again")
async def pass_back(
    name: Name, body: PassedBack, tx: Tx, officer: Annotated[Officer, may(Action.PASS_BACK)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.pass_back(tx, name, officer, version, **body.model_dump()))


@router.post("/cases/{name}/take-over-papers", summary="Confirm that the papers of the desk have arrived")
async def take_over_papers(
    name: Name,
    tx: Tx,
    officer: Annotated[Officer, may(Action.TAKE_OVER_PAPERS)],
    version: IfMatch,
    response: Response,
    body: PapersTaken = _BY_ME,
) -> MovedView:
    return moved(response, await moves.take_over_papers(tx, name, officer, version, taken_over_by=body.taken_over_by))


@router.post("/cases/{name}/hand-over-result", summary="Hand the papers of the result to the desk")
async def hand_over_result(
    name: Name,
    tx: Tx,
    officer: Annotated[Officer, may(Action.HAND_OVER_RESULT)],
    version: IfMatch,
    response: Response,
    body: ResultHandedOver = _HANDED_OVER_BY_ME,
) -> MovedView:
    handed_over = await moves.hand_over_result(tx, name, officer, version, handed_over_by=body.handed_over_by, note=body.note)
    return moved(response, handed_over)


@router.post("/cases/{name}/issue-decision", summary="Record the decision that was signed")
async def issue_decision(
    name: Name, body: Decision, tx: Tx, officer: Annotated[Officer, may(Action.ISSUE_DECISION)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.issue_decision(tx, name, officer, version, SignedDecision(**body.model_dump())))


@router.post("/cases/{name}/complete", summary="Attach the result: the clock ends, the desk returns it")
async def complete(
    name: Name, body: Completion, tx: Tx, officer: Annotated[Officer, may(Action.COMPLETE)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.complete(tx, name, officer, version, Result(**body.model_dump())))


@router.post("/cases/{name}/return-for-supplement", summary="Something is missing: the desk has it until all is there")
async def return_for_supplement(
    name: Name,
    body: MissingPapers,
    tx: Tx,
    officer: Annotated[Officer, may(Action.RETURN_FOR_SUPPLEMENT)],
    version: IfMatch,
    response: Response,
) -> MovedView:
    return moved(response, await moves.return_for_supplement(tx, name, officer, version, **body.model_dump()))


@router.post("/cases/{name}/request-fee", summary="Something has to be paid before the case goes on")
async def request_fee(
    name: Name, body: FeesNeeded, tx: Tx, officer: Annotated[Officer, may(Action.REQUEST_FEE)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.request_fee(tx, name, officer, version, fees=body.sums(), reason=body.reason))


@router.post("/cases/{name}/suspend", summary="The clock stands, on a ground in the law of the sector")
async def suspend(
    name: Name, body: Suspension, tx: Tx, officer: Annotated[Officer, may(Action.SUSPEND)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.suspend(tx, name, officer, version, ground=body.ground, until=body.until))


@router.post("/cases/{name}/resume", summary="The clock runs again; the promise moves with it")
async def resume(
    name: Name, tx: Tx, officer: Annotated[Officer, may(Action.RESUME)], version: IfMatch, response: Response, body: Noted = _NOTHING_NOTED
) -> MovedView:
    return moved(response, await moves.resume(tx, name, officer, version, note=body.note))


@router.post("/cases/{name}/extend", summary="Tell a new date in time: once")
async def extend(
    name: Name, body: NewAppointment, tx: Tx, officer: Annotated[Officer, may(Action.EXTEND)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.extend(tx, name, officer, version, **body.model_dump()))


@router.post("/cases/{name}/apologise", summary="Tell a new date too late: the dossier stays late")
async def apologise(
    name: Name, body: NewAppointment, tx: Tx, officer: Annotated[Officer, may(Action.APOLOGISE)], version: IfMatch, response: Response
) -> MovedView:
    return moved(response, await moves.apologise(tx, name, officer, version, **body.model_dump()))
