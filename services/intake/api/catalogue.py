"""The catalogue, open to everyone; administrators change it."""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.intake.api import publishing
from shared.contracts.permissions import Action
from shared.doors import Door, Page, Tx, View
from shared.officers import Officer, may

router = APIRouter(tags=["catalogue"], route_class=Door)


class ProcedureRow(View):
    """A procedure in the list."""

    key: str
    code: str | None
    name: str
    field: str
    jurisdiction: str
    version_id: UUID
    number: int


class ProcedurePage(Page):
    procedures: tuple[ProcedureRow, ...]


class ProcedureView(View):
    """A procedure as published, with what may be named where its rules differ, and what the loader warned of."""

    key: str
    version_id: UUID
    number: int
    plain_day: str
    valid_from: date | None
    valid_to: date | None
    competent_offices: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]
    warnings: list[dict[str, str]]
    content: dict[str, Any]


@router.get("/procedures", response_model=ProcedurePage, summary="Published procedures")
async def list_procedures(
    tx: Tx,
    code: Annotated[str | None, Query(description="National code, with or without the suffix of a locality")] = None,
    jurisdiction: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: str | None = None,
) -> ProcedurePage:
    rows = await publishing.procedures(tx, code=code, jurisdiction=jurisdiction, limit=limit, after=after)
    shown = tuple(ProcedureRow.model_validate(row) for row in rows[:limit])
    return ProcedurePage(procedures=shown, next=shown[-1].key if len(rows) > limit else None)


@router.get("/procedures/{key:path}", response_model=ProcedureView, summary="A procedure, whole, as published")
async def show_procedure(key: str, tx: Tx) -> dict[str, Any]:
    return await publishing.procedure(tx, key)


EXAMPLE_ENTRY: Final = {
    "id": "HT-1.999999",
    "name": "Cấp giấy xác nhận",
    "field": "Tư pháp",
    "jurisdiction": "Tỉnh Hà Tĩnh",
    "limits": [{"kind": "fixed", "amount": 3, "unit": "working_day", "text": "03 ngày làm việc"}],
    "components": [{"name": "Đơn đề nghị", "originals": 1}],
    "source": [{"url": "https://example.org/quyet-dinh"}],
}


@router.put(
    "/procedures/{key:path}",
    response_model=ProcedureView,
    summary="Publish an entry, or a new version of it",
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "example": EXAMPLE_ENTRY}}}
    },
)
async def publish_procedure(
    key: str,
    tx: Tx,
    officer: Annotated[Officer, may(Action.MANAGE_CATALOGUE)],
    request: Request,
    plain_day: Annotated[str, Query(pattern="^(calendar|working)$")] = "calendar",
) -> dict[str, Any]:
    """The body is one entry as docs/catalogue.md describes it. Dossiers keep the version they were received under."""
    await tx.once()
    return await publishing.publish(tx, key, await request.body(), plain_day)
