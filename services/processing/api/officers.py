"""Officers a case can be given to: registered, standing in for each other, leaving; and how each office assigns."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, Self
from uuid import UUID

from fastapi import APIRouter, Body, Path
from pydantic import Field
from sqlalchemy import Row

from services.processing.api.address import STORABLE, After, InOffice, Limit
from services.processing.api.requests import Request
from services.processing.api.views import Instant
from services.processing.commands import staffing
from services.processing.domain.assignment import DEFAULT_CLAIM_HOURS, Assigning, Method, Rule
from services.processing.domain.staff import Delegation, RegisteredOfficer
from shared.contracts.permissions import Action, Role
from shared.days import Day
from shared.doors import Door, Page, Tx, View
from shared.officers import Officer, may

router = APIRouter(route_class=Door, tags=["officers"])

LISTED: Final = {"subject": "binh.tv", "name": "Trần Văn Bình", "office": "H14.010", "roles": ["case_officer"]}

Subject = Annotated[str, Path(description="The subject of the officer's tokens", max_length=200, pattern=STORABLE)]
OfficeCode = Annotated[str, Path(max_length=100, pattern=STORABLE)]


class OfficerBody(Request):
    """An officer in service; both dates are included."""

    name: Annotated[str, Field(min_length=1, max_length=200, examples=["Trần Văn Bình"])]
    office: Annotated[str, Field(min_length=1, max_length=100, examples=["H14.010"])]
    roles: Annotated[frozenset[Role], Field(min_length=1, examples=[["case_officer"]])]
    valid_from: Annotated[Day | None, Field(examples=["2025-07-01"])] = None
    valid_to: Day | None = None

    def of(self, subject: str) -> RegisteredOfficer:
        return RegisteredOfficer(subject, self.name, self.office, self.roles, self.valid_from, self.valid_to)


class ListedOfficer(OfficerBody):
    subject: Annotated[str, Field(min_length=1, max_length=200, examples=["binh.tv"])]


class DepartureBody(Request):
    """Where the cases of who leaves go; nobody named: back to the unit."""

    to: Annotated[str | None, Field(min_length=1, max_length=200, examples=["lan.nt"])] = None
    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["Chuyển công tác theo Quyết định 12/QĐ-SNV"])]


class DelegationBody(Request):
    """Who stands in, from when to when; both days are included."""

    deputy: Annotated[str, Field(min_length=1, max_length=200, examples=["lan.nt"])]
    from_on: Annotated[Day, Field(examples=["2026-03-10"])]
    to_on: Annotated[Day, Field(examples=["2026-03-20"])]
    reason: Annotated[str | None, Field(max_length=1000, examples=["Nghỉ phép"])] = None


class RuleBody(Request):
    """Who gets cases of a procedure, a field, a step's actor; what is left out fits all. No officers: the office's case officers."""

    method: Method
    procedure: Annotated[str | None, Field(max_length=300)] = None
    field: Annotated[str | None, Field(max_length=500)] = None
    actor: Annotated[str | None, Field(max_length=500)] = None
    officers: Annotated[tuple[str, ...], Field(max_length=500)] = ()


class AssigningBody(Request):
    """The first rule that fits decides; a case no rule fits is left to the unit."""

    claim_first: Annotated[bool, Field(examples=[False])] = False
    claim_hours: Annotated[int, Field(ge=1, le=400, examples=[8])] = DEFAULT_CLAIM_HOURS
    """Working hours after which a claim lapses if nothing is done."""
    rules: Annotated[
        tuple[RuleBody, ...], Field(max_length=100, examples=[[{"method": "least_loaded", "field": "Đất đai"}, {"method": "round_robin"}]])
    ] = ()

    def value(self) -> Assigning:
        return Assigning(self.claim_first, self.claim_hours, tuple(Rule(**rule.model_dump()) for rule in self.rules))


class DelegationView(View):
    id: UUID
    principal: str
    deputy: str
    from_on: date
    to_on: date
    reason: str | None
    ended_at: Instant | None


class OfficerView(View):
    """`desk_empty_at`: since when nothing lies with them any more, once they have left."""

    subject: str
    name: str
    office: str
    roles: list[Role]
    valid_from: date | None
    valid_to: date | None
    departed_at: Instant | None
    departure_reason: str | None
    cases_to: str | None
    desk_empty_at: Instant | None

    @classmethod
    def of(cls, row: Row[Any], **more: Any) -> Self:
        named = {name: getattr(row, name) for name in OfficerView.model_fields if name != "subject"}
        return cls.model_validate(named | {"subject": row.id} | more)


class OfficerInFull(OfficerView):
    """`cases`: how many lie with them now, counted up to a thousand."""

    cases: int
    delegations: list[DelegationView]


class OfficerPage(Page):
    items: list[OfficerView]


class Registered(View):
    changed: int
    unchanged: int


class RuleView(View):
    method: Method
    procedure: str | None
    field: str | None
    actor: str | None
    officers: tuple[str, ...]


class AssigningView(View):
    claim_first: bool
    claim_hours: int
    rules: list[RuleView]


class Leaving(View):
    """What an officer has goes to others by itself, in batches; `GET /officers/{subject}` shows when the desk is empty."""

    subject: str
    departed_at: Instant
    cases_to: str | None


@router.get("/officers", summary="Officers of your offices")
async def list_officers(
    tx: Tx, officer: Annotated[Officer, may(Action.SEE_OFFICERS)], office: InOffice = None, after: After = None, limit: Limit = 50
) -> OfficerPage:
    rows = await staffing.page(tx, officer, office=office, after=after, limit=limit)
    return OfficerPage(items=[OfficerView.of(row) for row in rows[:limit]], next=rows[limit - 1].id if len(rows) > limit else None)


@router.put("/officers", summary="Register officers, up to a thousand at once")
async def register_many(
    body: Annotated[list[ListedOfficer], Body(max_length=staffing.AT_ONCE, examples=[[LISTED]])],
    tx: Tx,
    officer: Annotated[Officer, may(Action.MANAGE_OFFICERS)],
) -> Registered:
    """All of them or none. Who is not listed stays as they are."""
    return await _registered(tx, [one.of(one.subject) for one in body], officer)


@router.get("/officers/{subject}", summary="An officer, with who stands in for them")
async def show_officer(subject: Subject, tx: Tx, officer: Annotated[Officer, may(Action.SEE_OFFICERS)]) -> OfficerInFull:
    row, delegations = await staffing.show(tx, subject, by=officer)
    return OfficerInFull.of(row, cases=await staffing.cases_of(tx, subject), delegations=_views(delegations))


@router.put("/officers/{subject}", summary="Register an officer, or change what is known of them")
async def register(subject: Subject, body: OfficerBody, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_OFFICERS)]) -> Registered:
    """Who is registered again after a departure is back in service. From the day after `valid_to` nothing stays with them."""
    return await _registered(tx, [body.of(subject)], officer)


@router.post("/officers/{subject}/departure", status_code=202, summary="An officer leaves: what they have goes to others")
async def depart(subject: Subject, body: DepartureBody, tx: Tx, officer: Annotated[Officer, may(Action.LET_GO)]) -> Leaving:
    row = await staffing.depart(tx, subject, to=body.to, reason=body.reason, by=officer)
    return Leaving(subject=subject, departed_at=row.departed_at, cases_to=row.cases_to)


@router.post("/officers/{subject}/delegations", status_code=201, summary="A colleague may do what this officer may, for some days")
async def delegate(subject: Subject, body: DelegationBody, tx: Tx, officer: Annotated[Officer, may(Action.DELEGATE)]) -> DelegationView:
    """Who stands in says so in each request: `Acting-For: <subject>`, percent-encoded. It ends by itself."""
    return DelegationView.model_validate(await staffing.delegate(tx, subject, by=officer, **body.model_dump()))


@router.post("/officers/{subject}/delegations/{delegation_id}/end", summary="End a delegation before its time")
async def end_delegation(
    subject: Subject, delegation_id: UUID, tx: Tx, officer: Annotated[Officer, may(Action.DELEGATE)]
) -> DelegationView:
    return DelegationView.model_validate(await staffing.end_delegation(tx, subject, delegation_id, by=officer))


@router.get("/offices/{code}/assigning", summary="How an office assigns its cases")
async def show_assigning(code: OfficeCode, tx: Tx, officer: Annotated[Officer, may(Action.SEE_OFFICERS)]) -> AssigningView:
    return AssigningView.model_validate(await staffing.assigning(tx, code, by=officer))


@router.put("/offices/{code}/assigning", summary="Say how an office assigns its cases")
async def set_assigning(
    code: OfficeCode, body: AssigningBody, tx: Tx, officer: Annotated[Officer, may(Action.MANAGE_ASSIGNING)]
) -> AssigningView:
    """What waits unassigned is looked at anew; what is assigned stays where it is."""
    return AssigningView.model_validate(await staffing.set_assigning(tx, code, body.value(), by=officer))


async def _registered(tx: Tx, officers: Sequence[RegisteredOfficer], by: Officer) -> Registered:
    await staffing.must_manage(tx, by, officers)
    await tx.once()
    changed = await staffing.register(tx, officers, by=by.name)
    return Registered(changed=changed, unchanged=len(officers) - changed)


def _views(delegations: Sequence[Delegation]) -> list[DelegationView]:
    return [DelegationView.model_validate(one) for one in delegations]
