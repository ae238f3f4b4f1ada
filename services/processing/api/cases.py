"""Cases: look at them, move them on. Each move is one sentence of the lifecycle."""

from typing import Annotated, Final

from fastapi import APIRouter, Response

from services.processing.api.address import After, InOffice, Limit, Name
from services.processing.api.requests import Completion, Decision, Noted, PapersTaken, ResultHandedOver
from services.processing.api.views import CaseLine, CasePage, CaseView, MovedView
from services.processing.commands import looking, moves
from services.processing.domain.case import Case
from shared.contracts.events import Result, SignedDecision
from shared.contracts.permissions import Action
from shared.contracts.states import State
from shared.doors import Door, IfMatch, Tx, etag
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["cases"])

# A body with nothing but optional fields may be left out.
_NOTHING_NOTED: Final = Noted()
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
    return CaseView.of(found.case, found.journal, officer, tx.now)


@router.post("/cases/{name}/take-up", summary="Begin to work on a case")
async def take_up(
    name: Name, tx: Tx, officer: Annotated[Officer, may(Action.TAKE_UP)], version: IfMatch, response: Response, body: Noted = _NOTHING_NOTED
) -> MovedView:
    return _moved(response, await moves.take_up(tx, name, officer, version, note=body.note))


@router.post("/cases/{name}/pass-on", summary="Complete the current step; the next one has the case")
async def pass_on(
    name: Name, tx: Tx, officer: Annotated[Officer, may(Action.PASS_ON)], version: IfMatch, response: Response, body: Noted = _NOTHING_NOTED
) -> MovedView:
    return _moved(response, await moves.pass_on(tx, name, officer, version, note=body.note))


@router.post("/cases/{name}/take-over-papers", summary="Confirm that the papers of the desk have arrived")
async def take_over_papers(
    name: Name,
    tx: Tx,
    officer: Annotated[Officer, may(Action.TAKE_OVER_PAPERS)],
    version: IfMatch,
    response: Response,
    body: PapersTaken = _BY_ME,
) -> MovedView:
    return _moved(response, await moves.take_over_papers(tx, name, officer, version, taken_over_by=body.taken_over_by))


@router.post("/cases/{name}/hand-over-result", summary="Hand the papers of the result to the desk")
async def hand_over_result(
    name: Name,
    tx: Tx,
    officer: Annotated[Officer, may(Action.HAND_OVER_RESULT)],
    version: IfMatch,
    response: Response,
    body: ResultHandedOver = _HANDED_OVER_BY_ME,
) -> MovedView:
    moved = await moves.hand_over_result(tx, name, officer, version, handed_over_by=body.handed_over_by, note=body.note)
    return _moved(response, moved)


@router.post("/cases/{name}/issue-decision", summary="Record the decision that was signed")
async def issue_decision(
    name: Name, body: Decision, tx: Tx, officer: Annotated[Officer, may(Action.ISSUE_DECISION)], version: IfMatch, response: Response
) -> MovedView:
    return _moved(response, await moves.issue_decision(tx, name, officer, version, SignedDecision(**body.model_dump())))


@router.post("/cases/{name}/complete", summary="Attach the result: the clock ends, the desk returns it")
async def complete(
    name: Name, body: Completion, tx: Tx, officer: Annotated[Officer, may(Action.COMPLETE)], version: IfMatch, response: Response
) -> MovedView:
    return _moved(response, await moves.complete(tx, name, officer, version, Result(**body.model_dump())))


def _moved(response: Response, case: Case) -> MovedView:
    etag(response, case.version)
    return MovedView.model_validate(case)
