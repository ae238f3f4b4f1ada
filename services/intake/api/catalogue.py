"""The catalogue, open to everyone; administrators change it."""

from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from services.intake.api import bodies, publishing
from services.intake.commands import reference
from shared.contracts.permissions import Action
from shared.contracts.time import ANSWER_HOURS, SUPPLEMENT_DAYS, TimeTerms
from shared.doors import Door, Page, Tx, View
from shared.officers import Officer, may
from shared.working_time import DueClock, StopPolicy

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


class PoliciesBody(bodies.Body):
    """How the time of a procedure is counted, beyond its published limit."""

    model_config = bodies.example(due_clock="same_clock", cutoff="16:00:00", supplement="pause", supplement_days=15, due_soon_share="0.25")

    due_clock: DueClock = DueClock.SAME_CLOCK
    cutoff: time | None = Field(default=None, description="Received after this, counting begins with the next working day")
    supplement: StopPolicy = Field(default=StopPolicy.RESTART, description="What a supplement does to the clock")
    supplement_days: int = Field(default=SUPPLEMENT_DAYS, ge=1, le=365)
    submission_days: int | None = Field(default=None, ge=1, le=365, description="The same before acceptance; none: as many")
    fee_pauses: str | None = Field(
        default=None, min_length=1, max_length=1000, description="The law of the sector by which the clock stands while a fee is owed"
    )
    fee_reminder_days: int | None = Field(default=None, ge=1, le=365, description="When people are reminded of a fee asked for; none: 15")
    due_soon_share: Decimal = Field(default=Decimal("0.25"), gt=0, lt=1, description="Due soon when so much of the time is left")
    due_soon_hours: int | None = Field(default=None, ge=1, le=2000, description="Or when so many working hours are left")
    deemed_consent: str | None = Field(
        default=None, min_length=1, max_length=1000, description="Where the procedure's own text says that silence is consent: its sentence"
    )
    answer_hours: int = Field(default=ANSWER_HOURS, ge=1, le=2000, description="Working hours to answer a submission")


@router.put("/procedures/{key:path}/policies", response_model=PoliciesBody, summary="How the time of a procedure is counted")
async def set_policies(key: str, body: PoliciesBody, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_CATALOGUE)]) -> PoliciesBody:
    """Dossiers received before keep the terms of their acceptance."""
    await tx.once()
    await reference.set_policies(tx, key, TimeTerms(**body.model_dump()))
    return body


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
