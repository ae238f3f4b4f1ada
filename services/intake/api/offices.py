"""Offices, and who is competent for what."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter

from services.intake import tables
from services.intake.api import looking
from services.intake.commands import reference
from shared.contracts.permissions import Action
from shared.doors import Door, Tx, View
from shared.officers import Officer, may

router = APIRouter(tags=["catalogue"], route_class=Door)


class OfficeView(View):
    """An office by its identification code."""

    code: str
    name: str
    parent: str | None
    level: str
    valid_from: date | None
    valid_to: date | None
    predecessors: tuple[str, ...]
    sessions: str | None


class Offices(View):
    offices: tuple[OfficeView, ...]


class Competence(View):
    office: str
    procedure: str


@router.get("/offices", response_model=Offices, summary="All offices")
async def list_offices(tx: Tx, officer: Annotated[Officer, may(Action.SEE_OFFICES)]) -> dict[str, Any]:
    return {"offices": await looking.rows_of(tx, tables.office, tables.office.c.code)}


@router.put("/offices/{code}/procedures/{key:path}", response_model=Competence, summary="Make an office competent for a procedure")
async def bind(code: str, key: str, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_OFFICES)]) -> Competence:
    await tx.once()
    await reference.bind(tx, code, key, by=officer.name)
    return Competence(office=code, procedure=key)
