"""Opinions of other offices, people asked to come, notes: what is done about a case beside its moves."""

from typing import Annotated

from fastapi import APIRouter, Response

from services.processing.api.address import After, Limit, Name
from services.processing.api.requests import AttendanceAsked, ConsultationAnswer, ConsultationAsked, NoteWritten
from services.processing.api.views import MovedView, NoteTaken, OpinionAwaited, OpinionPage, moved
from services.processing.commands import consulting, inside, looking
from services.processing.commands.consulting import Asked
from shared.contracts.permissions import Action
from shared.doors import Door, IfMatch, Tx, View, etag
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["cases"])


class AnswerTaken(View):
    """That an opinion was taken, and whether in time; its words are not repeated, as this answer is remembered with its key."""

    id: str
    verdict: str
    version: int


@router.get("/worklist/consultations", summary="Opinions awaited from your offices, due first")
async def list_opinions(tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)], after: After = None, limit: Limit = 50) -> OpinionPage:
    page = await looking.opinions_awaited(tx, officer, after=after, limit=limit)
    return OpinionPage(items=[OpinionAwaited.of(row, tx.now) for row in page.lines], next=page.next)


@router.get("/worklist/silent-consultations", summary="Opinions overdue of dossiers your desk watches over, longest first")
async def list_silence(tx: Tx, officer: Annotated[Officer, may(Action.SEE_CASES)], after: After = None, limit: Limit = 50) -> OpinionPage:
    """For the head of the desk: `office` has said nothing since `due_at`; `competent` may go on without."""
    page = await looking.opinions_overdue(tx, officer, after=after, limit=limit)
    return OpinionPage(items=[OpinionAwaited.of(row, tx.now) for row in page.lines], next=page.next)


@router.post("/cases/{name}/request-consultation", summary="Ask another office for its opinion; the clock runs on")
async def request_consultation(
    name: Name,
    body: ConsultationAsked,
    tx: Tx,
    officer: Annotated[Officer, may(Action.REQUEST_CONSULTATION)],
    version: IfMatch,
    response: Response,
) -> MovedView:
    """For so much time as is named, or as the procedure publishes. Several offices may be asked at once."""
    return moved(response, await consulting.request_consultation(tx, name, officer, version, Asked(**body.model_dump())))


@router.post("/cases/{name}/answer-consultation", status_code=201, summary="Say what your office thinks of it")
async def answer_consultation(
    name: Name, body: ConsultationAnswer, tx: Tx, officer: Annotated[Officer, may(Action.ANSWER_CONSULTATION)], response: Response
) -> AnswerTaken:
    """By an officer of the consulted office, once; late is late, and still counts. No If-Match: it is a fact."""
    case, mine = await consulting.answer_consultation(tx, name, officer, to=body.consultation, opinion=body.opinion, content=body.content)
    etag(response, case.version)
    return AnswerTaken(id=str(mine.id), verdict=mine.verdict(tx.now), version=case.version)


@router.post("/cases/{name}/request-attendance", summary="Ask people to come, with time and place: SMS and email go out")
async def request_attendance(
    name: Name,
    body: AttendanceAsked,
    tx: Tx,
    officer: Annotated[Officer, may(Action.REQUEST_ATTENDANCE)],
    version: IfMatch,
    response: Response,
) -> MovedView:
    return moved(response, await inside.request_attendance(tx, name, officer, version, **body.model_dump()))


@router.post("/cases/{name}/notes", status_code=201, summary="Write down a note or an opinion, for the agency's own eyes")
async def add_note(name: Name, body: NoteWritten, tx: Tx, officer: Annotated[Officer, may(Action.ADD_NOTE)]) -> NoteTaken:
    return NoteTaken.model_validate(await inside.add_note(tx, name, officer, **body.model_dump()))
