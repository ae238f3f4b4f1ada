"""The facts that cross a border. Named in the past, complete enough that nobody must ask back; they grow by optional fields only."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.states import State
from shared.contracts.time import TimeTerms


class Event(BaseModel):
    """A fact about one subject: a dossier, or an entry of the reference data. `type` is its name on the wire."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    type: ClassVar[str]


class ProcedureRef(BaseModel):
    """The version of a procedure a dossier was received under, and what people call it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    key: str
    version_id: UUID
    name: str
    code: str | None = None


class Outcome(StrEnum):
    """What the result says."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"


class MemberResult(BaseModel):
    """The result of one procedure of a group that has one dossier."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    procedure: str
    outcome: Outcome
    document_number: str | None = None
    document_reference: str | None = None
    reasons: str | None = None


class Result(BaseModel):
    """The result of a dossier. A refusal is a result too, with its reasons. Documents are named by reference only."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    outcome: Outcome
    document_number: str | None = None
    document_reference: str | None = None
    reasons: str | None = None
    members: tuple[MemberResult, ...] | None = None
    """Of a group of procedures: each with its own."""


class SignedDecision(BaseModel):
    """A decision issued: number, date, who signed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: str
    signed_on: date
    signer: str


# --- told by intake: submissions


class SubmissionReceived(Event):
    """A submission waits for the desk: pushed by the portal, or an incomplete dossier left at the counter or brought by post."""

    type: ClassVar[str] = "vn.motcua.submission.received.v1"
    national_code: str | None = None
    procedure: ProcedureRef
    offices: Offices
    channel: Channel
    submitted_at: AwareDatetime
    people: tuple[Person, ...]
    fee_awaited: int | None = None
    """In đồng. Corrected while it waits for a fee: it waits on."""


class SubmissionSupplementRequested(Event):
    """The desk asks, once and for all items, for what is missing before it can accept."""

    type: ClassVar[str] = "vn.motcua.submission.supplement_requested.v1"
    papers: tuple[str, ...]
    reason: str
    ends_at: AwareDatetime | None = None
    """24:00 of the last day for it, where the desk's calendar says which that is."""


class SubmissionSupplemented(Event):
    """What was missing has been sent; the submission waits for the desk again."""

    type: ClassVar[str] = "vn.motcua.submission.supplemented.v1"
    papers: tuple[str, ...]


class RefusalGround(StrEnum):
    """Why a submission is not accepted, where it is not for what lies in it."""

    LAPSED = "lapsed"
    NOT_COMPETENT = "not_competent"


class SubmissionRefused(Event):
    """The desk does not accept the submission."""

    type: ClassVar[str] = "vn.motcua.submission.refused.v1"
    reason: str
    ground: RefusalGround | None = None
    competent: str | None = None
    """Who is competent instead, by name: none of the offices here."""


class SubmissionRedirected(Event):
    """The submission now waits at another office, which is the right one; `offices` are those it has from now on."""

    type: ClassVar[str] = "vn.motcua.submission.redirected.v1"
    from_office: str
    offices: Offices
    reason: str


class SubmissionLapsed(Event):
    """The time to complete a submission is over and nothing complete has come: the desk may end it."""

    type: ClassVar[str] = "vn.motcua.submission.lapsed.v1"
    ended_at: AwareDatetime


class SubmissionWithdrawn(Event):
    """The applicant took the submission back before it was accepted."""

    type: ClassVar[str] = "vn.motcua.submission.withdrawn.v1"
    reason: str | None = None


# --- told by intake: dossiers


class Receipt(Event):
    """What reception fixed, whichever door the dossier came through: the base of the two events that begin a dossier."""

    code: str
    procedure: ProcedureRef
    case: str | None = None
    level: str | None = None
    offices: Offices
    channel: Channel
    accepted_at: AwareDatetime
    appointment_at: AwareDatetime
    limit_text: str
    time_terms: TimeTerms = TimeTerms()
    calendar_version: UUID | None = None
    received_by: str
    result_wanted: ReturnWish
    lookup_secret: str | None = None
    people: tuple[Person, ...]


class DossierReceived(Receipt):
    """A complete dossier was accepted: its clock starts, the agency has the baton."""

    type: ClassVar[str] = "vn.motcua.dossier.received.v1"
    process: int | None = None
    """Place of the chosen internal process among the version's processes, from 0; none: one step with the whole limit."""


class DossierResolvedOnTheSpot(Receipt):
    """Received, decided and handed over in one call at the desk."""

    type: ClassVar[str] = "vn.motcua.dossier.resolved_on_the_spot.v1"
    result: Result
    decision: SignedDecision | None = None


class WithdrawalRequested(Event):
    """The applicant wants it back while the agency has it in hand: a request, taken up or declined by rule."""

    type: ClassVar[str] = "vn.motcua.withdrawal.requested.v1"
    requested_at: AwareDatetime
    reason: str | None = None


class AdjustmentRequested(Event):
    """Who filed online wants its content changed: a request, taken up or declined by whoever has it in hand."""

    type: ClassVar[str] = "vn.motcua.adjustment.requested.v1"
    requested_at: AwareDatetime
    content: str
    papers: tuple[str, ...] = ()


class ReworkGranted(Event):
    """The result comes back to the agency, as no form of it was delivered: the agency has the baton again."""

    type: ClassVar[str] = "vn.motcua.rework.granted.v1"
    granted_at: AwareDatetime
    reason: str


class ReworkDeclined(Event):
    """Too late: the result, or a form of it, is out of the desk's hands."""

    type: ClassVar[str] = "vn.motcua.rework.declined.v1"
    reason: str


class SupplementReceived(Event):
    """Papers that the agency asked for have come; whether they are all is for the desk to say."""

    type: ClassVar[str] = "vn.motcua.supplement.received.v1"
    papers: tuple[str, ...]
    sent_at: AwareDatetime


class SupplementAccepted(Event):
    """All that was asked for is there: the agency has the baton again, and the clock runs."""

    type: ClassVar[str] = "vn.motcua.supplement.accepted.v1"
    sent_at: AwareDatetime
    """When the last of it was sent."""
    accepted_at: AwareDatetime


class SupplementLapsed(Event):
    """The time to complete a dossier is over and nothing complete has come: the desk may close it."""

    type: ClassVar[str] = "vn.motcua.supplement.lapsed.v1"
    ended_at: AwareDatetime


class DossierStopped(Event):
    """Ended without a result, with its reason."""

    type: ClassVar[str] = "vn.motcua.dossier.stopped.v1"
    stopped_at: AwareDatetime
    reason: str


class AnnulmentGround(StrEnum):
    """Why a reception is to be undone."""

    MISTAKEN = "mistaken"
    DOUBLE = "double"


class AnnulmentRequested(Event):
    """The desk has received what it should not have, and asks the agency, which has it in hand, to undo that."""

    type: ClassVar[str] = "vn.motcua.annulment.requested.v1"
    ground: AnnulmentGround
    reason: str
    requested_by: str
    instead: str | None = None
    """The code under which it was received before."""


class CorrectionKind(StrEnum):
    """Why a result is made once more."""

    CORRECT = "correct"
    REISSUE = "reissue"


class CorrectionRequested(Event):
    """A result is to be made once more: it is wrong through the agency's fault, or was lost on its way. The dossier stays where it is."""

    type: ClassVar[str] = "vn.motcua.correction.requested.v1"
    number: int
    kind: CorrectionKind
    reason: str
    requested_at: AwareDatetime
    requested_by: str


class CorrectionReturned(Event):
    """A result that was made once more has reached people whose dossier had ended."""

    type: ClassVar[str] = "vn.motcua.correction.returned.v1"
    number: int
    way: ReturnWay
    returned_at: AwareDatetime
    tracking_number: str | None = None


class DossierAmended(Event):
    """A slip of the pen was corrected in what the desk wrote down of people or of how they want the result; it stays where it is."""

    type: ClassVar[str] = "vn.motcua.dossier.amended.v1"
    number: int
    """The how-manieth amendment; the receipt is printed again under it."""
    amended_at: AwareDatetime
    changed: tuple[str, ...]
    """Names of what changed (`applicant.phone`, `result.way`), never what it was or is."""
    result_wanted: ReturnWish
    people: tuple[Person, ...]


class SubmissionAnswerDue(Event):
    """The desk should have answered a submission by now."""

    type: ClassVar[str] = "vn.motcua.submission.answer_due.v1"
    due_at: AwareDatetime
    office: str


class PapersHandOverDue(Event):
    """Papers still lie at the desk that should be with the agency."""

    type: ClassVar[str] = "vn.motcua.papers.hand_over_due.v1"
    due_at: AwareDatetime
    office: str


class DossierReminded(Event):
    """The desk that watches over it asks the agency how it stands."""

    type: ClassVar[str] = "vn.motcua.dossier.reminded.v1"
    office: str
    reminded_by: str
    note: str | None = None


class ResultUnclaimed(Event):
    """A result has lain at the desk for long; nothing is ever destroyed, people are reminded, the more seldom the longer it lies."""

    type: ClassVar[str] = "vn.motcua.result.unclaimed.v1"
    at_desk_since: AwareDatetime
    office: str


class ResultAtDesk(Event):
    """The desk has taken the result over: now, and not before, people may come and collect it."""

    type: ClassVar[str] = "vn.motcua.result.at_desk.v1"
    handed_over_by: str
    taken_over_by: str


class ResultDelivered(Event):
    """One form of the result reached the applicant while another is still owed."""

    type: ClassVar[str] = "vn.motcua.result.delivered.v1"
    way: ReturnWay


class DossierReturned(Event):
    """Nothing is owed any more: the result has been returned."""

    type: ClassVar[str] = "vn.motcua.dossier.returned.v1"
    way: ReturnWay
    returned_at: AwareDatetime
    collected_by: str | None = None
    """`applicant` or `representative`; their name stays with the desk."""


class PapersHandedOver(Event):
    """Papers left one unit for another; a row of the control slip."""

    type: ClassVar[str] = "vn.motcua.papers.handed_over.v1"
    from_office: str
    to_office: str
    handed_over_by: str
    note: str | None = None
    slip: str | None = None
    """The number of the slip they were listed on, where several went together."""


class PapersTakenOver(Event):
    """Papers arrived: the second name of the hand-over."""

    type: ClassVar[str] = "vn.motcua.papers.taken_over.v1"
    office: str
    taken_over_by: str


class PostalEvent(Event):
    """Something happened to the postal item that carries a result (direction `out`) or brought a dossier (`in`)."""

    carrier: str
    tracking_number: str
    at: AwareDatetime
    cause: str | None = None
    place: str | None = None


class PostalItemBooked(PostalEvent):
    """The carrier was asked to take the result to the applicant."""

    type: ClassVar[str] = "vn.motcua.postal_item.booked.v1"


class PostalItemPosted(PostalEvent):
    """The carrier has it."""

    type: ClassVar[str] = "vn.motcua.postal_item.posted.v1"


class PostalItemAttemptFailed(PostalEvent):
    """The carrier found nobody who could take it."""

    type: ClassVar[str] = "vn.motcua.postal_item.attempt_failed.v1"
    attempt: int


class PostalItemHeld(PostalEvent):
    """The carrier keeps it for collection."""

    type: ClassVar[str] = "vn.motcua.postal_item.held.v1"


class PostalItemDelivered(PostalEvent):
    """The applicant has it, with proof."""

    type: ClassVar[str] = "vn.motcua.postal_item.delivered.v1"


class PostalItemSentBack(PostalEvent):
    """It came back to the desk."""

    type: ClassVar[str] = "vn.motcua.postal_item.sent_back.v1"


class PostalItemLost(PostalEvent):
    """The carrier lost it."""

    type: ClassVar[str] = "vn.motcua.postal_item.lost.v1"


# --- fees: asked before acceptance by the desk, later by the agency; taken, reduced and given back at the desk


class FeeSum(BaseModel):
    """A line of what is owed, in whole đồng. `number` is its place at the desk, once it has one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    amount: int
    number: int | None = None


class OnlineVia(StrEnum):
    """Where money was paid online, as the index of Decision 766 tells it apart (3.6). Source: law.INDEX_766_PAID_ONLINE."""

    PORTAL = "portal"
    LOCAL_GATEWAY = "local_gateway"


class SubmissionFeeRequested(Event):
    """The desk asks for fees before it can accept."""

    type: ClassVar[str] = "vn.motcua.submission.fee_requested.v1"
    fees: tuple[FeeSum, ...]
    requested_at: AwareDatetime
    reason: str | None = None


class FeeRequested(Event):
    """The agency needs fees paid before it goes on; people pay at the desk or online. The clock runs, unless `paused_by` a law."""

    type: ClassVar[str] = "vn.motcua.fee.requested.v1"
    request: UUID
    fees: tuple[FeeSum, ...]
    requested_at: AwareDatetime
    remind_at: AwareDatetime
    reason: str | None = None
    paused_by: str | None = None


class FeeChange(Event):
    """What is owed became less. `still_awaited`: what remains, in đồng, of all that was asked for; 0: nothing is waited for."""

    fees: tuple[FeeSum, ...]
    still_awaited: int
    request: UUID | None = None
    """What the agency asked for, if it is that which became less."""


class FeePaid(FeeChange):
    """Money came, whole for each line."""

    type: ClassVar[str] = "vn.motcua.fee.paid.v1"
    amount: int
    method: str
    online: OnlineVia | None = None
    receipt_number: str | None = None
    paid_at: AwareDatetime


class FeeReduced(FeeChange):
    """Less is owed than was published, or nothing, on a ground."""

    type: ClassVar[str] = "vn.motcua.fee.reduced.v1"
    ground: str
    reduced_at: AwareDatetime


class FeeRefunded(Event):
    """Money was given back."""

    type: ClassVar[str] = "vn.motcua.fee.refunded.v1"
    fees: tuple[FeeSum, ...]
    amount: int
    reason: str
    refunded_at: AwareDatetime


class FeeUnpaid(Event):
    """What was asked for is still owed after the period of grace: people are reminded, once; nothing ends by itself."""

    type: ClassVar[str] = "vn.motcua.fee.unpaid.v1"
    still_awaited: int
    since: AwareDatetime
    office: str


class FeeSettled(Event):
    """All that the agency asked for is paid: it goes on. The promise has moved where the clock stood."""

    type: ClassVar[str] = "vn.motcua.fee.settled.v1"
    request: UUID
    settled_at: AwareDatetime
    earlier_appointment_at: AwareDatetime
    appointment_at: AwareDatetime


class AdjustmentTakenUp(Event):
    """Whoever has the dossier in hand works with the changed content from now on."""

    type: ClassVar[str] = "vn.motcua.adjustment.taken_up.v1"
    officer: str


class AdjustmentDeclined(Event):
    """The content stays as it was, with the reason."""

    type: ClassVar[str] = "vn.motcua.adjustment.declined.v1"
    reason: str


class DossierWithdrawn(Event):
    """Ended at the applicant's wish, before a decision was issued; told by whoever had it in hand."""

    type: ClassVar[str] = "vn.motcua.dossier.withdrawn.v1"
    withdrawn_at: AwareDatetime
    reason: str | None = None


# --- told by processing


class ChildCaseOpened(Event):
    """Another agency has a share of the work, with a limit and a clock of its own; None: it waits for the share it comes after."""

    type: ClassVar[str] = "vn.motcua.child_case.opened.v1"
    child: UUID
    number: int
    office: str
    work: str
    after: int | None = None
    due_at: AwareDatetime | None = None


class ChildCaseEnded(Event):
    """A share was done, sent back or cancelled (`end`); the shares in `begun` began with that."""

    type: ClassVar[str] = "vn.motcua.child_case.ended.v1"
    child: UUID
    number: int
    office: str
    end: str
    ended_at: AwareDatetime
    due_at: AwareDatetime | None = None
    begun: tuple[int, ...] = ()


class ChildCaseOverdue(Event):
    """The time of a share has run out, and it is not ended; `lead` is the office that leads the case."""

    type: ClassVar[str] = "vn.motcua.child_case.overdue.v1"
    child: UUID
    number: int
    office: str
    due_at: AwareDatetime
    lead: str


class WithdrawalDeclined(Event):
    """Nothing is withdrawn once the decision is issued."""

    type: ClassVar[str] = "vn.motcua.withdrawal.declined.v1"
    reason: str
    decision: SignedDecision | None = None


class ReworkRequested(Event):
    """A leader wants the result back before it is handed over: a request to the desk, which has it in hand."""

    type: ClassVar[str] = "vn.motcua.rework.requested.v1"
    requested_at: AwareDatetime
    reason: str
    by: str


class DossierTakenUp(Event):
    """An officer of the agency began to work on the case."""

    type: ClassVar[str] = "vn.motcua.dossier.taken_up.v1"
    taken_up_at: AwareDatetime
    officer: str


class DossierAssigned(Event):
    """Who of the agency has it from now on; nobody named: it is the unit's again, for any of its officers to take."""

    type: ClassVar[str] = "vn.motcua.dossier.assigned.v1"
    office: str
    officer: str | None = None
    how: str
    """`by_hand`, `by_rule`, `claimed`, `departure` of who had it, `moved` elsewhere, `released`, `lapsed`."""
    by: str


class DossierAnnulled(Event):
    """Its reception was undone the same day: it counts nowhere; the code is kept, marked, and never given again."""

    type: ClassVar[str] = "vn.motcua.dossier.annulled.v1"
    annulled_at: AwareDatetime
    ground: AnnulmentGround
    reason: str
    requested_by: str
    instead: str | None = None


class AnnulmentDeclined(Event):
    """The reception stands: the agency had begun to work on it before it heard of the wish."""

    type: ClassVar[str] = "vn.motcua.annulment.declined.v1"
    declined_at: AwareDatetime
    state: str
    officer: str | None = None
    """Who had taken it up."""


class CorrectionDone(Event):
    """The result was made once more; `result` takes the place of the one before. The desk returns it."""

    type: ClassVar[str] = "vn.motcua.correction.done.v1"
    number: int
    kind: CorrectionKind
    result: Result
    done_at: AwareDatetime
    due_at: AwareDatetime
    officer: str


class CorrectionDeclined(Event):
    """The result stands as it is."""

    type: ClassVar[str] = "vn.motcua.correction.declined.v1"
    number: int
    kind: CorrectionKind
    reason: str
    declined_at: AwareDatetime
    officer: str


class CorrectionOverdue(Event):
    """A result should have been made once more by now."""

    type: ClassVar[str] = "vn.motcua.correction.overdue.v1"
    number: int
    due_at: AwareDatetime
    office: str


class SupplementRequested(Event):
    """The agency returned the dossier: something is missing. The desk has the baton, the clock stands."""

    type: ClassVar[str] = "vn.motcua.supplement.requested.v1"
    requested_at: AwareDatetime
    papers: tuple[str, ...]
    reason: str
    ends_at: AwareDatetime
    """24:00 of the last day for it."""
    lapses_at: AwareDatetime
    """The first working morning after."""
    irregular: str | None = None
    """Asked late or again: on which ground a supervisor allowed it."""


class DossierSuspended(Event):
    """The clock stands, on a ground in the law of the sector, until a date."""

    type: ClassVar[str] = "vn.motcua.dossier.suspended.v1"
    suspended_at: AwareDatetime
    ground: str
    until: date


class DossierResumed(Event):
    """The clock runs again; `appointment_at` is the new promise."""

    type: ClassVar[str] = "vn.motcua.dossier.resumed.v1"
    resumed_at: AwareDatetime
    appointment_at: AwareDatetime


class Reappointment(Event):
    """A new date was promised; the first one is kept beside it."""

    first_appointment_at: AwareDatetime
    earlier_appointment_at: AwareDatetime
    appointment_at: AwareDatetime
    reason: str
    signer: str


class DossierExtended(Reappointment):
    """Asked for in time, once: the new date counts."""

    type: ClassVar[str] = "vn.motcua.dossier.extended.v1"


class DossierApologised(Reappointment):
    """Too late for an extension: people are told a new date, and the dossier stays late."""

    type: ClassVar[str] = "vn.motcua.dossier.apologised.v1"


class DeadlineAlarm(Event):
    """The time of a dossier is running out, or has run out."""

    due_at: AwareDatetime
    office: str


class DossierDueSoon(DeadlineAlarm):
    """So much of the time as the terms say is left."""

    type: ClassVar[str] = "vn.motcua.dossier.due_soon.v1"


class DossierDueToday(DeadlineAlarm):
    """The day has begun on which it is due."""

    type: ClassVar[str] = "vn.motcua.dossier.due_today.v1"


class DossierApologyDue(DeadlineAlarm):
    """From now on an extension is no longer in time: `due_at` is the appointment."""

    type: ClassVar[str] = "vn.motcua.dossier.apology_due.v1"


class DossierOverdue(DeadlineAlarm):
    """The appointment has passed."""

    type: ClassVar[str] = "vn.motcua.dossier.overdue.v1"


class DossierSuspensionOver(DeadlineAlarm):
    """The last day of a suspension has passed and nobody has resumed the case; `due_at` is its appointment as it was."""

    type: ClassVar[str] = "vn.motcua.dossier.suspension_over.v1"


class StepCompleted(Event):
    """A step of the process is done; `next_step` has the case now."""

    type: ClassVar[str] = "vn.motcua.step.completed.v1"
    step: int
    actor: str | None = None
    completed_at: AwareDatetime
    due_at: AwareDatetime | None = None
    officer: str
    next_step: int | None = None
    next_actor: str | None = None
    skipped: tuple[int, ...] | None = None
    """Steps that a branch of the process went past."""
    awaits_applicant: bool | None = None
    """The next step is the applicant's, and its time is not counted: the clock stands until it is done."""


class StepPassedBack(Event):
    """A step was not agreed to: the case went back to an earlier one, as its process provides."""

    type: ClassVar[str] = "vn.motcua.step.passed_back.v1"
    step: int
    actor: str | None = None
    passed_back_at: AwareDatetime
    officer: str
    to_step: int
    to_actor: str | None = None


class ConsultationEvent(Event):
    """An opinion is asked of another office; what is asked and answered stays with the agency."""

    consultation: UUID
    office: str
    """The office that is consulted."""
    due_at: AwareDatetime


class ConsultationRequested(ConsultationEvent):
    """Another office was asked; the clock runs on."""

    type: ClassVar[str] = "vn.motcua.consultation.requested.v1"
    requested_at: AwareDatetime
    officer: str


class ConsultationAnswered(ConsultationEvent):
    """It answered: `agrees`, `disagrees` or `none`."""

    type: ClassVar[str] = "vn.motcua.consultation.answered.v1"
    answered_at: AwareDatetime
    opinion: str


class ConsultationOverdue(ConsultationEvent):
    """It did not answer in time: the head of the desk (`desk`) and the lead officer (of `lead`) are told, and the case may go on."""

    type: ClassVar[str] = "vn.motcua.consultation.overdue.v1"
    lead: str
    desk: str
    deemed_consent: str | None = None
    """The sentence of the procedure by which its silence is consent."""


class AttendanceRequested(Event):
    """People are asked to come, in person: where, when and what for."""

    type: ClassVar[str] = "vn.motcua.attendance.requested.v1"
    at: AwareDatetime
    place: str
    purpose: str
    officer: str


class DecisionIssued(Event):
    """The decision was signed; nothing can be withdrawn any more."""

    type: ClassVar[str] = "vn.motcua.decision.issued.v1"
    decision: SignedDecision


class DossierCompleted(Event):
    """The agency has done its work: the clock ends, the desk has the baton and returns the result."""

    type: ClassVar[str] = "vn.motcua.dossier.completed.v1"
    completed_at: AwareDatetime
    appointment_at: AwareDatetime
    result: Result
    decision: SignedDecision | None = None


# --- told by whoever has it in hand


class DossierRepaired(Event):
    """A mistake was undone by two supervisors: the dossier is in a state again that it had left at `left_at`. That passes the baton
    to whoever holds that state.
    """

    type: ClassVar[str] = "vn.motcua.dossier.repaired.v1"
    from_state: State
    to_state: State
    left_at: AwareDatetime
    repaired_at: AwareDatetime
    ticket: str
    proposed_by: str
    approved_by: str


# --- told by notifications


class MessageEvent(Event):
    """A message to a person: which one and by which channel, never to what address."""

    message_id: UUID
    template: str
    channel: str
    at: AwareDatetime
    attempts: int


class MessageSent(MessageEvent):
    """A gateway has taken the message."""

    type: ClassVar[str] = "vn.motcua.message.sent.v1"


class MessageFailed(MessageEvent):
    """The message will not be tried again."""

    type: ClassVar[str] = "vn.motcua.message.failed.v1"
    reason: str


# --- reference data, told by intake; the subject is the entry's key


class ProcedurePublished(Event):
    """A version of a procedure, whole, as published (see docs/catalogue.md)."""

    type: ClassVar[str] = "vn.motcua.procedure.published.v1"
    version_id: UUID
    key: str
    number: int
    plain_day: str
    valid_from: date | None = None
    valid_to: date | None = None
    content: dict[str, Any]


class OfficePublished(Event):
    """An office as it stands."""

    type: ClassVar[str] = "vn.motcua.office.published.v1"
    code: str
    name: str
    parent: str | None = None
    level: str
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    sessions: str | None = None


NATIONAL_CALENDAR: Final = "national"


class CalendarPublished(Event):
    """A version of a calendar, whole, as CSV rows `date,kind,name,source,status` (`sessions` may follow).

    `key` is `national`, or the code of the office whose own days are laid over the calendar above it.
    """

    type: ClassVar[str] = "vn.motcua.calendar.published.v1"
    version_id: UUID
    key: str
    number: int
    rows: str
    published_at: datetime


EVENTS: Final[dict[str, type[Event]]] = {
    event.type: event
    for event in (
        SubmissionReceived,
        SubmissionSupplementRequested,
        SubmissionSupplemented,
        SubmissionFeeRequested,
        SubmissionRefused,
        SubmissionRedirected,
        SubmissionLapsed,
        SubmissionWithdrawn,
        DossierReceived,
        DossierResolvedOnTheSpot,
        SupplementReceived,
        SupplementAccepted,
        SupplementLapsed,
        DossierStopped,
        AnnulmentRequested,
        CorrectionRequested,
        CorrectionReturned,
        DossierAmended,
        ChildCaseOpened,
        ChildCaseEnded,
        ChildCaseOverdue,
        WithdrawalRequested,
        WithdrawalDeclined,
        DossierWithdrawn,
        AdjustmentRequested,
        AdjustmentTakenUp,
        AdjustmentDeclined,
        ReworkRequested,
        ReworkGranted,
        ReworkDeclined,
        SubmissionAnswerDue,
        PapersHandOverDue,
        DossierReminded,
        ResultUnclaimed,
        ResultAtDesk,
        ResultDelivered,
        DossierReturned,
        PapersHandedOver,
        PapersTakenOver,
        PostalItemBooked,
        PostalItemPosted,
        PostalItemAttemptFailed,
        PostalItemHeld,
        PostalItemDelivered,
        PostalItemSentBack,
        PostalItemLost,
        FeePaid,
        FeeReduced,
        FeeRefunded,
        FeeUnpaid,
        DossierTakenUp,
        FeeRequested,
        FeeSettled,
        DossierAssigned,
        DossierAnnulled,
        AnnulmentDeclined,
        CorrectionDone,
        CorrectionDeclined,
        CorrectionOverdue,
        SupplementRequested,
        DossierSuspended,
        DossierResumed,
        DossierExtended,
        DossierApologised,
        DossierDueSoon,
        DossierDueToday,
        DossierApologyDue,
        DossierOverdue,
        DossierSuspensionOver,
        StepCompleted,
        StepPassedBack,
        ConsultationRequested,
        ConsultationAnswered,
        ConsultationOverdue,
        AttendanceRequested,
        DecisionIssued,
        DossierCompleted,
        DossierRepaired,
        MessageSent,
        MessageFailed,
        ProcedurePublished,
        OfficePublished,
        CalendarPublished,
    )
}
