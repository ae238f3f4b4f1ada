"""Looking without changing: the queries behind the views."""

import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select

from services.intake import money, tables
from services.intake.api import views
from services.intake.api.searching import Search, search
from services.intake.catalogue import catalogue_of
from services.intake.commands import amending
from services.intake.domain import reception
from services.intake.domain.appointment import AppointmentNeeded, appointment
from services.intake.domain.choices import Named, RequiredPaper, choose_limit, required_papers
from services.intake.domain.completeness import MissingPaper
from services.intake.domain.dossier import Dossier
from services.intake.domain.fees import FeesOwed, FeeToState
from services.intake.domain.lifecycle import WITHOUT_RESULT
from services.intake.domain.public_timeline import public_lines
from services.intake.domain.reception import Brought, PaperReceived
from shared.clock import VIETNAM
from shared.contracts.people import Offices, ReturnWish
from shared.contracts.permissions import Role
from shared.contracts.states import STATES, State
from shared.errors import InvalidInput, NotFound
from shared.officers import Officer
from shared.runtime import Transaction
from shared.working_time import CalendarUnknown


def own_office(officer: Officer, wanted: str | None) -> str:
    """The office an officer works for, where they did not say. Raises InvalidInput for an officer of several."""
    if wanted:
        return wanted
    if len(officer.offices) != 1:
        raise InvalidInput("Say in receiving_office for which of your offices.", choices=sorted(officer.offices))
    return next(iter(officer.offices))


async def dossier(tx: Transaction, name: str, *, by: Officer) -> views.DossierView:
    found = await _visible(tx, name, by)
    item = tables.postal_item
    items = await tx.run(select(item).where(item.c.dossier_id == found.id).order_by(item.c.booked_at))
    own = {name: getattr(found, name) for name in views.DossierView.model_fields if hasattr(found, name)}
    if found.state not in (State.AWAITING_SUPPLEMENT, State.INTAKE_SUPPLEMENT):
        own |= {"papers_awaited": (), "supplement_ends_at": None, "supplement_sent_at": None}
    own["fee_owed"] = _owed(found.state, found.fee_owed)
    return views.DossierView(
        **_in_vietnam(own),
        label=STATES[found.state].label,
        applicant=views.applicant_of(found),
        papers=await _papers(tx, found),
        fees=tuple(views.FeeView.model_validate(charge) for charge in await money.load(tx, found.id)),
        payments_kept=tuple(views.PaymentKeptView.model_validate(row) for row in await money.kept(tx, found.id)),
        refund_due=found.fee_net if found.state is State.ANNULLED else 0,
        postal_items=tuple(views.PostalItemView.model_validate(row) for row in items),
        receipt=await amending.first_receipt(tx, found),
        amendments=tuple(views.AmendmentView(**_in_vietnam(dict(row))) for row in await amending.amendments(tx, found)),
        possible_actions=views.actions_of(found, by),
    )


def _owed(state: State, fee_owed: int) -> int:
    """What ended without a result costs nothing any more, whatever its lines say."""
    return 0 if state in WITHOUT_RESULT else fee_owed


async def _papers(tx: Transaction, found: Dossier) -> tuple[views.PaperView, ...]:
    """By name; a submission keeps a paper as it was named, which may be by its number in the published list."""
    rows = (await tx.run(select(tables.paper).where(tables.paper.c.dossier_id == found.id).order_by(tables.paper.c.number))).all()
    papers = [views.PaperView.model_validate(row) for row in rows]
    if any(paper.name.isdecimal() for paper in papers):
        version = tables.procedure_version
        listed = select(version.c.content["components"]).where(version.c.id == found.procedure.version_id)
        names = [paper["name"] for paper in (await tx.run(listed)).scalar() or ()]
        papers = [paper.model_copy(update={"name": _published(paper.name, names)}) for paper in papers]
    return tuple(papers)


def _published(name: str, names: list[str]) -> str:
    return names[int(name) - 1] if name.isdecimal() and 1 <= int(name) <= len(names) else name


async def page(tx: Transaction, wanted: Search, *, by: Officer) -> views.DossierPage:
    found = await search(tx, wanted, by=by)
    return views.DossierPage(dossiers=tuple(views.DossierRow(**_in_vietnam(views.row_of(one))) for one in found.dossiers), next=found.next)


async def timeline(tx: Transaction, name: str, *, by: Officer) -> views.Timeline:
    found = await _visible(tx, name, by)
    lines = await _journal(tx, found.id)
    works_here = bool(by.roles - {Role.PORTAL})
    return views.Timeline(
        id=found.id,
        code=found.code,
        told=_told(lines),
        lines=tuple(views.TimelineLine(**_in_vietnam(line)) for line in lines) if works_here else (),
    )


async def _journal(tx: Transaction, dossier_id: UUID) -> list[dict[str, Any]]:
    journal = tables.journal
    rows = await tx.run(select(journal).where(journal.c.dossier_id == dossier_id).order_by(journal.c.number))
    return [dict(row) for row in rows.mappings()]


def _told(lines: list[dict[str, Any]]) -> tuple[views.PublicLineView, ...]:
    public = public_lines((line["at"].astimezone(VIETNAM), line["action"], line["note"]) for line in lines)
    return tuple(views.PublicLineView.model_validate(line) for line in public)


async def lookup(tx: Transaction, code: str, secret: str) -> views.LookupView:
    """Open to whoever holds the receipt. A wrong secret and a wrong code look the same. Raises NotFound."""
    row = (await tx.run(select(tables.dossier).where(tables.dossier.c.code == code))).one_or_none()
    if row is None or not hmac.compare_digest(row.lookup_secret.encode(), secret.strip().upper().encode()):
        raise NotFound("No dossier has this code and this secret; both stand on the receipt.")
    return views.LookupView(
        **_in_vietnam({name: getattr(row, name) for name in ("code", "state", "accepted_at", "appointment_at", "returned_at")}),
        procedure=row.procedure_name,
        label=STATES[State(row.state)].label,
        fee_owed=_owed(State(row.state), row.fee_owed),
        result_at_desk=row.result_at_desk_at is not None and row.returned_at is None,
        timeline=_told(await _journal(tx, row.id)),
    )


async def quote(tx: Transaction, key: str, named: Named, papers: tuple[PaperReceived, ...], competent: str | None) -> views.QuoteView:
    """Papers, fee, and the appointment if received now."""
    catalogue = catalogue_of(tx.runtime)
    entry = await catalogue.entry(tx, key)
    offices = await tx.runtime.facts["offices"].tree(tx)
    decides = competent or (entry.competent[0] if entry.competent else "")
    office = offices.get(decides)
    brought = Brought(key, named, _NOWHERE, (), ReturnWish(), papers)
    at, limit, why_not = None, None, None
    try:
        promised = appointment(
            tx.now,
            choose_limit(entry.procedure, named, plain_day=entry.plain_day),
            calendar=await catalogue.calendar_for(tx, decides, offices),
            hours=catalogue.hours_of(office.sessions if office else None),
            policies=entry.policies,
        )
        at, limit = promised.at, promised.limit_text
    except (AppointmentNeeded, CalendarUnknown) as error:
        why_not = error.detail
    fees = reception.fees_of(brought, entry.procedure, tx.now)
    return views.QuoteView(
        procedure=entry.procedure.name,
        competent_offices=entry.competent,
        papers=tuple(_paper(paper) for paper in required_papers(entry.procedure, named)),
        missing=tuple(_paper(paper) for paper in reception.missing_of(brought, entry.procedure)) if papers else (),
        fees=_fees(fees),
        fee_total=fees.total,
        appointment_at=at,
        limit=limit,
        no_appointment_because=why_not,
    )


_NOWHERE = Offices(receiving="", competent="", supervising="", returning="")


def _paper(paper: RequiredPaper | MissingPaper) -> views.QuotePaper:
    case, need = (paper.case, str(paper.need)) if isinstance(paper, RequiredPaper) else (None, "always")
    return views.QuotePaper(number=paper.number, name=paper.name, originals=paper.originals, copies=paper.copies, case=case, need=need)


def _fees(fees: FeesOwed) -> tuple[views.QuoteFee, ...]:
    definite = [views.QuoteFee(name=line.name, amount=line.amount, exemptions=line.rule.exemptions) for line in fees.lines]
    return (*definite, *(_fee_to_state(fee) for fee in fees.to_state))


def _fee_to_state(fee: FeeToState) -> views.QuoteFee:
    return views.QuoteFee(
        name=fee.name,
        amount=None,
        to_state=fee.why,
        text=fee.text,
        at_least=fee.at_least,
        at_most=fee.at_most,
        count=fee.count,
        exemptions=fee.rule.exemptions if fee.rule else (),
    )


async def rows_of(tx: Transaction, table: Table, *columns: Any) -> list[Any]:
    return list((await tx.run(select(table).order_by(*columns))).all())


async def _visible(tx: Transaction, name: str, by: Officer) -> Dossier:
    found = await tables.load_dossier(tx, name)
    by.must_see(found.offices.all(), f"dossier {name}")
    return found


def _in_vietnam(fields: dict[str, Any]) -> dict[str, Any]:
    """Instants as people here read them."""
    return {name: value.astimezone(VIETNAM) if isinstance(value, datetime) else value for name, value in fields.items()}
