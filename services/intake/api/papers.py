"""Papers between units: slips, and what lies where."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, exists, or_, select

from services.intake.api.bodies import Body, OfficeCode, Words, example
from services.intake.commands import handing_over
from services.intake.commands.handing_over import Slip
from services.intake.tables import dossier, hand_over, hand_over_slip, paper
from shared.clock import VIETNAM
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, Holder
from shared.doors import Door, Page, Tx, View
from shared.errors import InvalidInput, NotFound
from shared.officers import Officer, may
from shared.runtime import Transaction

router = APIRouter(tags=["papers"], route_class=Door)

AT_THE_AGENCY = [state for state, meaning in STATES.items() if meaning.holder is Holder.AGENCY]


class SlipBody(Body):
    """Dossiers by id or code, and where their papers go; not said: the office that decides them."""

    model_config = example(dossiers=["H27.030-260309-0001", "H27.030-260309-0002"], note="Đủ bản chính")

    dossiers: tuple[str, ...] = Field(min_length=1, max_length=200)
    to_office: OfficeCode | None = None
    note: Words | None = None


class Listed(View):
    id: UUID
    code: str | None


class SlipHead(View):
    """A slip: its number, from where to where, the first name."""

    number: str
    from_office: str
    to_office: str
    handed_over_by: str
    handed_over_at: datetime
    note: str | None


class SlipView(SlipHead):
    """As it left, with what it lists."""

    dossiers: tuple[Listed, ...]


class SlipLine(Listed):
    procedure: str
    taken_over_by: str | None
    taken_over_at: datetime | None


class SlipInFull(SlipHead):
    """With the second name of each, once it has arrived; `missing`: listed, and not taken over yet."""

    missing: int
    lines: tuple[SlipLine, ...]


class Lies(StrEnum):
    """Where papers are."""

    AT_THE_DESK = "at_the_desk"
    """Received, and not handed over yet."""
    ON_THE_WAY = "on_the_way"
    TAKEN_OVER = "taken_over"


class PapersView(View):
    """Of one dossier: where its papers lie or go, and the names on the way."""

    id: UUID
    code: str | None
    procedure: str
    state: str
    lies: Lies
    office: str
    """Where they lie; of those on the way, where they go."""
    from_office: str | None = None
    slip: str | None = None
    handed_over_by: str | None = None
    handed_over_at: datetime | None = None
    taken_over_by: str | None = None
    taken_over_at: datetime | None = None


class PapersPage(Page):
    items: tuple[PapersView, ...]


@router.post("/hand-over-slips", status_code=201, response_model=SlipView, summary="Hand over the papers of several dossiers on one slip")
async def hand_over_together(body: SlipBody, tx: Tx, officer: Annotated[Officer, may(Action.HAND_OVER_PAPERS)]) -> Slip:
    """All of them or none. Whoever takes them over at the agency names those that were not there."""
    return await handing_over.hand_over_together(tx, body.dossiers, to_office=body.to_office, note=body.note, by=officer)


@router.get("/hand-over-slips/{number}", response_model=SlipInFull, summary="A slip, with both names of each dossier")
async def show_slip(number: str, tx: Tx, officer: Annotated[Officer, may(Action.SEE_DOSSIERS)]) -> dict[str, Any]:
    row = (await tx.run(select(hand_over_slip).where(hand_over_slip.c.number == number))).mappings().one_or_none()
    if row is None or not officer.sees({row["from_office"], row["to_office"]}):
        raise NotFound(f"There is no slip {number} here, or it lies outside your offices.")
    lines = select(
        dossier.c.id, dossier.c.code, dossier.c.procedure_name.label("procedure"), hand_over.c.taken_over_by, hand_over.c.taken_over_at
    )
    lines = lines.join(hand_over, hand_over.c.dossier_id == dossier.c.id).where(hand_over.c.slip == number).order_by(dossier.c.id)
    found = [_in_vietnam(dict(line)) for line in (await tx.run(lines)).mappings()]
    return _in_vietnam(dict(row)) | {"lines": found, "missing": sum(line["taken_over_at"] is None for line in found)}


@router.get("/papers", response_model=PapersPage, summary="What papers lie where, or are on their way")
async def list_papers(
    tx: Tx,
    officer: Annotated[Officer, may(Action.SEE_DOSSIERS)],
    lies: Lies,
    office: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: UUID | None = None,
) -> PapersPage:
    """In order of reception; `office`: where they lie or go. Within your offices."""
    return await _page(tx, officer, lies, office, limit, after)


async def _page(tx: Transaction, officer: Officer, lies: Lies, office: str | None, limit: int, after: UUID | None) -> PapersPage:
    if office is not None and "\0" in office:
        raise InvalidInput("Please correct: /office.")
    query = _at_the_desk(officer, office) if lies is Lies.AT_THE_DESK else _handed_over(officer, office, taken=lies is Lies.TAKEN_OVER)
    rows = (await tx.run((query.where(dossier.c.id > after) if after else query).order_by(dossier.c.id).limit(limit + 1))).mappings().all()
    items = tuple(PapersView(**_in_vietnam(dict(row)), lies=lies) for row in rows[:limit])
    return PapersPage(items=items, next=str(items[-1].id) if len(rows) > limit else None)


_SHOWN = (dossier.c.id, dossier.c.code, dossier.c.procedure_name.label("procedure"), dossier.c.state)
_WAY = (hand_over.c.slip, hand_over.c.handed_over_by, hand_over.c.handed_over_at, hand_over.c.taken_over_by, hand_over.c.taken_over_at)


def _handed_over(officer: Officer, office: str | None, *, taken: bool) -> Select[*tuple[Any, ...]]:
    """By the latest hand-over of each; what is returned to people lies nowhere any more."""
    mine = hand_over.c.to_office.in_(officer.scope)
    visible = mine if taken else or_(mine, hand_over.c.from_office.in_(officer.scope))
    state: ColumnElement[bool] = hand_over.c.taken_over_at.is_not(None) if taken else hand_over.c.taken_over_at.is_(None)
    open_ones = dossier.c.state.not_in([at for at, meaning in STATES.items() if meaning.terminal])
    query = select(*_SHOWN, hand_over.c.to_office.label("office"), hand_over.c.from_office, *_WAY)
    query = query.join(hand_over, and_(hand_over.c.dossier_id == dossier.c.id, hand_over.c.latest)).where(visible, state, open_ones)
    return query.where(hand_over.c.to_office == office) if office else query


def _at_the_desk(officer: Officer, office: str | None) -> Select[*tuple[Any, ...]]:
    """Received on paper, with the agency, and never handed over."""
    on_paper = exists().where(paper.c.dossier_id == dossier.c.id, paper.c.originals + paper.c.copies > 0)
    handed = exists().where(hand_over.c.dossier_id == dossier.c.id)
    query = select(*_SHOWN, dossier.c.receiving.label("office"))
    query = query.where(dossier.c.receiving.in_(officer.scope), dossier.c.state.in_(AT_THE_AGENCY), on_paper, ~handed)
    return query.where(dossier.c.receiving == office) if office else query


def _in_vietnam(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value.astimezone(VIETNAM) if isinstance(value, datetime) else value for name, value in fields.items()}
