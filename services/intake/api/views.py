"""What people see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import Row

from services.intake.api import bodies
from services.intake.domain.charges import ChargeState
from services.intake.domain.dossier import Correction, Dossier
from services.intake.domain.lifecycle import WHO, Move, possible_moves
from shared.contracts.events import OnlineVia, ProcedureRef, Result, SignedDecision
from shared.contracts.people import Channel, Offices, Part, Person, ReturnWay, ReturnWish
from shared.contracts.permissions import permitted
from shared.contracts.states import STATES, State
from shared.doors import Page, View, schema_of
from shared.officers import Officer


class ReceiptPaper(View):
    name: str
    originals: int
    copies: int


class ReceiptFee(View):
    """No amount: the desk states it later."""

    name: str
    amount: int | None = None
    paid: bool


class ReceiptView(View):
    """What stands on the slip, people aside."""

    code: str
    procedure: str
    procedure_code: str | None
    papers: tuple[ReceiptPaper, ...]
    fees: tuple[ReceiptFee, ...]
    fee_total: int
    limit: str
    appointment_reason: str | None
    appointment_provisional: bool
    result_way: ReturnWay
    receiving_office: str
    competent_office: str
    returning_office: str
    received_by: str
    lookup_secret: str
    override: str | None


class ReceivedView(View):
    """What the desk hands out with the receipt; a repeat of the request gets the very same."""

    id: UUID
    code: str
    accepted_at: AwareDatetime
    appointment_at: AwareDatetime
    receipt: ReceiptView
    version: int


class MovedView(View):
    """What a change answers: no personal data, for it is remembered with the request's key."""

    id: UUID
    code: str | None
    state: State
    version: int


class SubmittedView(MovedView):
    """The submission as it waits for the desk."""

    national_code: str | None


class ActionView(View):
    """Something the caller may do now, and what it needs."""

    action: str
    method: str
    href: str
    needs: dict[str, Any]


class PaperView(View):
    number: int
    name: str
    originals: int
    copies: int
    file: str | None


class FeeView(View):
    """A line of what is owed, as frozen when it was charged. No amount: the desk has yet to state it, within its bounds."""

    number: int
    name: str
    state: ChargeState
    amount: int | None
    paid: int
    refunded: int
    published: int | None
    at_least: int | None
    at_most: int | None
    text: str | None
    ground: str | None
    request: UUID | None
    method: str | None
    online: OnlineVia | None
    receipt_number: str | None


class PaymentKeptView(View):
    """Money that came and could not be put to a line, and why."""

    id: UUID
    number: int | None
    amount: int
    method: str
    receipt_number: str | None
    paid_at: AwareDatetime
    why: str


class PostalItemView(View):
    direction: str
    carrier: str
    tracking_number: str
    state: str
    attempts: int
    booked_at: AwareDatetime
    reported_at: AwareDatetime | None


class DossierRow(View):
    """A dossier in a list."""

    id: UUID
    code: str | None
    national_code: str | None
    state: State
    label: str
    applicant: str
    """By name; personal data."""
    procedure: ProcedureRef
    channel: Channel
    offices: Offices
    accepted_at: datetime | None
    appointment_at: datetime | None
    reminded_at: datetime | None
    answer_due_at: datetime | None
    """Of a submission: until when the desk should answer."""
    closing_proposed_at: datetime | None
    created_at: datetime
    version: int


class AmendmentView(View):
    """A slip of the pen that was corrected; `receipt` as it was printed then."""

    number: int
    at: AwareDatetime
    by: str
    reason: str
    changed: tuple[str, ...]
    receipt: dict[str, Any] | None


class DossierView(DossierRow):
    """A dossier with all the desk knows of it."""

    case: str | None
    level: str | None
    people: tuple[Person, ...]
    result_wanted: ReturnWish
    submitted_at: datetime | None
    limit_text: str | None
    first_appointment_at: datetime | None
    appointment_reason: str | None
    received_by: str | None
    on_the_spot: bool
    supplement_asked: tuple[str, ...]
    papers_awaited: tuple[str, ...]
    supplement_ends_at: datetime | None
    supplement_sent_at: datetime | None
    withdrawal_asked_at: datetime | None
    adjustment_asked: str | None
    annulment_asked_at: datetime | None
    annulment_declined_at: datetime | None
    reason: str | None
    decision: SignedDecision | None
    result: Result | None
    completed_at: datetime | None
    result_at_desk_at: datetime | None
    delivered_online_at: datetime | None
    returned_at: datetime | None
    returned_by: ReturnWay | None
    correction: Correction | None
    """The last time the result was to be made once more."""
    papers: tuple[PaperView, ...]
    fees: tuple[FeeView, ...]
    fee_owed: int
    fee_net: int
    """Paid and not given back."""
    fee_awaited: int
    """What the dossier waits for."""
    payments_kept: tuple[PaymentKeptView, ...]
    refund_due: int
    """What was paid for a reception that was undone, in đồng."""
    postal_items: tuple[PostalItemView, ...]
    receipt: dict[str, Any] | None
    """As it was printed first."""
    amendments: tuple[AmendmentView, ...]
    possible_actions: tuple[ActionView, ...]


class DossierPage(Page):
    dossiers: tuple[DossierRow, ...]


class TimelineLine(View):
    at: AwareDatetime
    action: str
    by: str
    source: str
    from_state: str | None
    to_state: str | None
    office: str | None
    note: str | None


class PublicLineView(View):
    """What happened when, in the citizen's words; `why` where the reason was written for the applicant."""

    at: AwareDatetime
    text: str
    why: str | None


class Timeline(View):
    """`told` is what the citizen reads; `lines`, the journal itself, is for those who work here only."""

    id: UUID
    code: str | None
    told: tuple[PublicLineView, ...]
    lines: tuple[TimelineLine, ...]


class LookupView(View):
    """What a citizen may see with the code and the secret on the receipt: how far it is, nothing of who."""

    code: str
    procedure: str
    state: State
    label: str
    accepted_at: AwareDatetime
    appointment_at: AwareDatetime
    fee_owed: int
    result_at_desk: bool
    returned_at: AwareDatetime | None
    timeline: tuple[PublicLineView, ...]


class QuotePaper(View):
    number: int
    name: str
    originals: int
    copies: int
    case: str | None
    need: str


class QuoteFee(View):
    """A sum; or why none follows, the bounds of what may be stated, and what to count so that one does."""

    name: str | None
    amount: int | None
    to_state: str | None = None
    text: str | None = None
    at_least: int | None = None
    at_most: int | None = None
    count: tuple[str, ...] = ()
    exemptions: tuple[str, ...] = ()


class QuoteView(View):
    """What reception would ask for, and promise, now."""

    procedure: str
    competent_offices: tuple[str, ...]
    papers: tuple[QuotePaper, ...]
    missing: tuple[QuotePaper, ...]
    fees: tuple[QuoteFee, ...]
    fee_total: int | None
    appointment_at: AwareDatetime | None
    limit: str | None
    no_appointment_because: str | None


def row_of(row: Row[Any]) -> dict[str, Any]:
    """From its columns: a list is looked at too often to make a whole dossier of every row."""
    fields = {name: getattr(row, name) for name in DossierRow.model_fields if hasattr(row, name)}
    version = {"version_id": row.procedure_version, "key": row.procedure_key, "name": row.procedure_name, "code": row.procedure_code}
    offices = {name: getattr(row, name) for name in Offices.model_fields}
    people = ((person["part"], person["name"]) for person in row.people)
    applicant = next((name for part, name in people if part == Part.APPLICANT), "")
    return fields | {"label": STATES[State(row.state)].label, "procedure": version, "offices": offices, "applicant": applicant}


def applicant_of(dossier: Dossier) -> str:
    return next((person.name for person in dossier.people if person.part is Part.APPLICANT), "")


FROM_OUTSIDE = frozenset({Move.SUPPLEMENT, Move.WITHDRAW, Move.ASK_WITHDRAWAL, Move.ASK_ADJUSTMENT, Move.RECORD_PAYMENT})
"""What any office that sees the dossier may bring in for the applicant."""

HREFS: dict[Move, tuple[str, type[bodies.Body]]] = {
    Move.ACCEPT: ("submissions/{id}/accept", bodies.TermsBody),
    Move.REQUEST_SUPPLEMENT: ("submissions/{id}/supplement-requests", bodies.SupplementRequestBody),
    Move.ASK_FEE: ("submissions/{id}/fee-requests", bodies.FeeRequestBody),
    Move.RECORD_PAYMENT: ("dossiers/{id}/payments", bodies.PaymentBody),
    Move.STATE_FEE: ("dossiers/{id}/fee-statements", bodies.FeeStatementBody),
    Move.REDUCE_FEE: ("dossiers/{id}/fee-reductions", bodies.FeeReductionBody),
    Move.REFUND_FEE: ("dossiers/{id}/refunds", bodies.RefundBody),
    Move.REFUSE: ("submissions/{id}/refuse", bodies.ReasonBody),
    Move.LAPSE: ("submissions/{id}/closures", bodies.LapseBody),
    Move.REDIRECT: ("submissions/{id}/redirect", bodies.RedirectBody),
    Move.REFER_ELSEWHERE: ("submissions/{id}/redirect", bodies.RedirectBody),
    Move.SUPPLEMENT: ("dossiers/{id}/supplements", bodies.SupplementBody),
    Move.ACCEPT_SUPPLEMENT: ("dossiers/{id}/supplement-acceptances", bodies.NothingBody),
    Move.RETURN_SUPPLEMENT: ("dossiers/{id}/supplement-returns", bodies.IncompleteBody),
    Move.CLOSE: ("dossiers/{id}/closures", bodies.ClosureBody),
    Move.REQUEST_CORRECTION: ("dossiers/{id}/corrections", bodies.CorrectionBody),
    Move.RETURN_CORRECTED: ("dossiers/{id}/corrected-returns", bodies.CorrectedReturnBody),
    Move.REQUEST_ANNULMENT: ("dossiers/{id}/annulments", bodies.AnnulmentBody),
    Move.AMEND: ("dossiers/{id}/amendments", bodies.AmendmentBody),
    Move.WITHDRAW: ("dossiers/{id}/withdrawals", bodies.WithdrawalBody),
    Move.ASK_WITHDRAWAL: ("dossiers/{id}/withdrawals", bodies.WithdrawalBody),
    Move.ASK_ADJUSTMENT: ("dossiers/{id}/adjustments", bodies.AdjustmentBody),
    Move.TAKE_UP_ADJUSTMENT: ("dossiers/{id}/adjustment-answers", bodies.AdjustmentAnswerBody),
    Move.DECLINE_ADJUSTMENT: ("dossiers/{id}/adjustment-answers", bodies.AdjustmentAnswerBody),
    Move.REMIND: ("dossiers/{id}/reminders", bodies.ReminderBody),
    Move.HAND_OVER_PAPERS: ("dossiers/{id}/hand-overs", bodies.HandOverBody),
    Move.TAKE_OVER_RESULT: ("dossiers/{id}/result-at-desk", bodies.TakeOverBody),
    Move.RETURN_AT_DESK: ("dossiers/{id}/returns", bodies.ReturnBody),
    Move.DELIVER_ONLINE: ("dossiers/{id}/returns", bodies.ReturnBody),
    Move.POST: ("dossiers/{id}/postal-items", bodies.PostalItemBody),
}


def actions_of(dossier: Dossier, officer: Officer) -> tuple[ActionView, ...]:
    """What the caller may do now, with where to send it and what."""
    found: list[ActionView] = []
    mine = officer.sees((dossier.offices.receiving, dossier.offices.returning))
    watches = officer.sees((dossier.offices.receiving, dossier.offices.supervising))
    for move in possible_moves(dossier):
        theirs = watches if move is Move.REMIND else mine or move in FROM_OUTSIDE
        if theirs and move in HREFS and permitted(officer.roles, WHO[move]):
            path, body = HREFS[move]
            found.append(ActionView(action=move, method="POST", href="/v1/" + path.format(id=dossier.id), needs=schema_of(body)))
    return tuple(found)
