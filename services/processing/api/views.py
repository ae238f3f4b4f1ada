"""What officers are shown: cases, steps, the work list; and what can be done next."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from fastapi import Response
from pydantic import PlainSerializer
from sqlalchemy import Row

from services.processing.api.requests import NEEDS
from services.processing.commands import acting
from services.processing.commands.looking import Shown
from services.processing.domain.assignment import How
from services.processing.domain.case import Case, scores_late
from services.processing.domain.child_case import ChildCase, ChildStanding, still_open
from services.processing.domain.consultation import Consultation, Opinion, Standing
from services.processing.domain.control_slip import LABELS, HandOver, Timeliness
from services.processing.domain.correction import Correction
from services.processing.domain.deadline import Counting
from services.processing.domain.fees import FeeAsked
from services.processing.domain.graph import look_of
from services.processing.domain.intervals import StopKind
from services.processing.domain.lifecycle import LIFECYCLE
from services.processing.domain.note import NoteKind
from services.processing.domain.progress import Stage, of_step, of_visit, stages
from services.processing.domain.step_role import StepRole
from services.processing.domain.workflow import Leaving, Step, Visit, after_the_result
from services.processing.domain.workload import DueBucket
from shared.clock import VIETNAM
from shared.contracts.events import CorrectionKind, ProcedureRef, Result, SignedDecision
from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, State
from shared.doors import Page, View, etag, schema_of
from shared.officers import Officer
from shared.verdicts import Times, Verdict, by_appointment, is_late, verdicts
from shared.working_time import StopPolicy, Unit


def _local(instant: datetime) -> str:
    return instant.astimezone(VIETNAM).isoformat()


Instant = Annotated[datetime, PlainSerializer(_local, when_used="json")]


class PossibleAction(View):
    """What the caller can do next: where to send it, and what it needs (a JSON Schema with examples)."""

    action: Action
    method: str = "POST"
    href: str
    needs: dict[str, Any]

    @classmethod
    def all_for(cls, case: Case, officer: Officer) -> "list[PossibleAction]":
        mine = [action for action in case.possible_actions if officer.roles & LIFECYCLE[case.state, action].who]
        return [cls.of(case, action) for action in mine if officer.sees(_whose(case, action)) and not _kept_from(case, officer, action)]

    @classmethod
    def of(cls, case: Case, action: Action) -> Self:
        return cls(action=action, href=f"/v1/cases/{case.id}/{action.replace('_', '-')}", needs=schema_of(NEEDS[action]))


OF_THE_SHARING: Final = frozenset({Action.COMPLETE_CHILD, Action.SEND_BACK_CHILD})


def _whose(case: Case, action: Action) -> set[str]:
    """The offices that may: the competent one, but for answers, which are those of whom was asked."""
    if action is Action.ANSWER_CONSULTATION:
        return {one.office for one in case.consultations if one.is_open}
    if action in OF_THE_SHARING:
        return {one.office for one in still_open(case.children) if one.began_at}
    return {case.offices.competent}


def _kept_from(case: Case, officer: Officer, action: Action) -> bool:
    """By whose case it is; an answer is the consulted office's own affair."""
    return action not in {Action.ANSWER_CONSULTATION, *OF_THE_SHARING} and acting.why_not(case, officer, action) is not None


StepStatus = Literal["done", "current", "next", "later", "skipped"]


class StepView(View):
    """A step of the case, in its present round. `planned_due_at` was counted at reception, `due_at` from the moment it became current.

    `role` is whose it is by the actor printed: a leader's is skipped by a leader or supervisor only. `verdict` is its own, null where
    nothing bound it; `late_by_minutes` are working minutes. Nothing binds a step `after_the_result`, and the clock of the case stands at
    one whose time is not counted while counted steps are ahead.
    """

    number: int
    printed_no: str
    stage: str | None
    actor: str | None
    action: str | None
    allotted: str | None
    kind: str
    counted: bool
    by_applicant: bool
    role: StepRole | None
    after_the_result: bool
    status: StepStatus
    planned_due_at: Instant | None
    began_at: Instant | None
    due_at: Instant | None
    done_at: Instant | None
    done_by: str | None
    note: str | None
    verdict: Verdict | None
    late_by_minutes: int | None

    @classmethod
    def of(cls, step: Step, case: Case, counting: Counting, now: datetime) -> Self:
        plain = {name: getattr(step, name) for name in cls.model_fields if hasattr(step, name)}
        judged = of_step(step, case, counting, now)
        special = {"allotted": step.text, "status": str(look_of(step, case))}
        special |= {"after_the_result": after_the_result(case.steps, step.number)}
        return cls.model_validate(plain | special | asdict(judged))


class VisitView(View):
    """The case was at a step and left it. Of a skipped step, the reason alone."""

    step: int
    leaving: Leaving
    began_at: Instant | None
    due_at: Instant | None
    ended_at: Instant
    by: str | None
    to_step: int | None
    reason: str | None
    verdict: Verdict | None
    late_by_minutes: int | None

    @classmethod
    def of(cls, visit: Visit, counting: Counting) -> Self:
        return cls.model_validate(asdict(visit) | asdict(of_visit(visit, counting)))


class StageView(View):
    """Steps under one published heading, with a due time of their own: by the published sub-total, from when the first began."""

    name: str
    first_step: int
    last_step: int
    total: str | None
    planned_due_at: Instant | None
    began_at: Instant | None
    due_at: Instant | None
    done_at: Instant | None
    verdict: Verdict | None
    late_by_minutes: int | None

    @classmethod
    def of(cls, stage: Stage) -> Self:
        plain = {name: getattr(stage, name) for name in cls.model_fields if hasattr(stage, name)}
        total = f"{stage.total.amount} {stage.total.unit}" if stage.total else None
        return cls.model_validate(plain | {"total": total} | asdict(stage.punctuality))


class ConsultationView(View):
    """An opinion asked of another office. `standing`: awaited, overdue, answered, or deemed_consent where the procedure says so."""

    id: UUID
    office: str
    question: str
    step: int | None
    asked_at: Instant
    asked_by: str
    limit_text: str
    due_at: Instant
    standing: Standing
    verdict: Verdict
    opinion: Opinion | None
    content: str | None
    answered_at: Instant | None
    answered_by: str | None
    overdue_at: Instant | None
    deemed_consent: str | None
    """The sentence of the procedure by which silence is consent; null: silence says nothing."""

    @classmethod
    def of(cls, one: Consultation, now: datetime) -> Self:
        return cls.model_validate(asdict(one) | {"standing": one.standing(now), "verdict": one.verdict(now)})


class ShareView(View):
    """What another agency does of it, by its own limit. `verdict` is null before it begins and while the clock stands."""

    id: UUID
    number: int
    office: str
    work: str
    amount: Decimal
    unit: Unit
    after: int | None
    standing: ChildStanding
    verdict: Verdict | None
    opened_at: Instant
    opened_by: str
    began_at: Instant | None
    due_at: Instant | None
    overdue_at: Instant | None
    ended_at: Instant | None
    ended_by: str | None
    document_number: str | None
    document_reference: str | None
    note: str | None

    @classmethod
    def of(cls, one: ChildCase, now: datetime) -> Self:
        return cls.model_validate(asdict(one) | {"standing": one.standing, "verdict": one.verdict(now)})


class ShareEnded(View):
    """That a share ended, and whether in time."""

    id: UUID
    number: int
    standing: ChildStanding
    verdict: Verdict | None
    version: int

    @classmethod
    def of(cls, one: ChildCase, version: int, now: datetime) -> Self:
        return cls(id=one.id, number=one.number, standing=one.standing, verdict=one.verdict(now), version=version)


class ShareLine(View):
    """A share that waits to be done by the caller's offices."""

    id: UUID
    case_id: UUID
    code: str
    state: State
    procedure_name: str
    competent: str
    number: int
    office: str
    work: str
    began_at: Instant
    due_at: Instant | None
    overdue: bool

    @classmethod
    def of(cls, row: Row[Any], now: datetime) -> Self:
        return cls.model_validate({**_columns(row), "overdue": row.due_at is not None and is_late(row.due_at, now)})


class SharePage(Page):
    """What is due first stands first; what stands with the clock of its case, last."""

    items: list[ShareLine]


class AttendanceView(View):
    """People were asked to come."""

    asked_at: Instant
    by: str
    at: Instant
    place: str
    purpose: str


class NoteView(View):
    """Written inside the agency; others do not see it."""

    at: Instant
    by: str
    step: int | None
    kind: NoteKind
    text: str
    files: tuple[str, ...]


class NoteTaken(View):
    """That a note was written; its words are not repeated, as this answer is remembered with its key."""

    at: Instant
    step: int | None
    kind: NoteKind


class OpinionAwaited(View):
    """A question that waits for an answer of `office`."""

    id: UUID
    case_id: UUID
    code: str
    state: State
    procedure_name: str
    competent: str
    office: str
    asked_at: Instant
    due_at: Instant
    overdue: bool

    @classmethod
    def of(cls, row: Row[Any], now: datetime) -> Self:
        return cls.model_validate({**_columns(row), "overdue": is_late(row.due_at, now)})


class OpinionPage(Page):
    """What is due first stands first."""

    items: list[OpinionAwaited]


class JournalView(View):
    """One line of the journal."""

    at: Instant
    action: str
    by: str
    from_state: State | None
    to_state: State | None
    office: str | None
    to_office: str | None
    """Of papers: where they went."""
    note: str | None
    source: str


class AssignmentView(View):
    """Who has the current step, since when, and until when an unused claim holds."""

    officer: str
    name: str
    at: Instant
    by: str
    how: How
    claim_ends_at: Instant | None


class CaseLine(View):
    """A case in a list."""

    id: UUID
    code: str
    version: int
    state: State
    procedure_key: str
    procedure_name: str
    competent: str
    accepted_at: Instant
    appointment_at: Instant
    completed_at: Instant | None
    on_the_spot: bool
    current_step: int | None
    step_due_at: Instant | None
    verdict: Verdict

    @classmethod
    def of(cls, row: Row[Any], now: datetime) -> Self:
        return cls.model_validate({**_columns(row), "verdict": _verdict(row, now)})


class CasePage(Page):
    """Newest first."""

    items: list[CaseLine]


class WorkLine(View):
    """A step that waits for somebody."""

    id: UUID
    code: str
    version: int
    state: State
    procedure_name: str
    competent: str
    step: int
    printed_no: str
    stage: str | None
    actor: str | None
    action: str | None
    due_at: Instant | None
    overdue: bool
    appointment_at: Instant
    verdict: Verdict
    assignee: str | None
    assignee_name: str | None
    claim_ends_at: Instant | None
    reminders: int
    """How often the supervising desk asked about it."""
    reminded_at: Instant | None

    @classmethod
    def of(cls, row: Row[Any], now: datetime) -> Self:
        judged = {
            "overdue": row.step_due_at is not None and is_late(row.step_due_at, now),
            "verdict": _verdict(row, now),
        }
        return cls.model_validate({**_columns(row), "step": row.current_step, "due_at": row.step_due_at, **judged})


def _verdict(row: Row[Any], now: datetime) -> Verdict:
    times = Times(row.judged_at, ended_at=row.completed_at, stopped_since=row.stopped_since, late_since=row.late_since)
    return by_appointment(times, now)


class WorkPage(Page):
    """What is due first stands first."""

    items: list[WorkLine]


class WorkCounts(View):
    """The same open steps, counted four ways; by officer (`none`: of the unit) with when they are due."""

    as_of: Instant
    total: int
    by_due: dict[DueBucket, int]
    by_office: dict[str, int]
    by_state: dict[State, int]
    by_assignee: dict[str, dict[DueBucket, int]] | None


def _columns(row: Row[Any]) -> Mapping[Any, Any]:
    return row._mapping  # pyright: ignore[reportPrivateUsage]


class VerdictsView(View):
    """The same dossier, judged by the promise, by the period in law, and as the index of Decision 766 counts."""

    by_appointment: Verdict
    by_law: Verdict
    by_index_766: Verdict


class StopView(View):
    """The clock did not run from `started_at` until `ended_at`."""

    kind: StopKind
    policy: StopPolicy
    ground: str
    by: str
    until: date | None
    started_at: Instant
    ended_at: Instant | None


class NewDateView(View):
    """A new date was told: in time, or with an apology."""

    at: Instant
    earlier: Instant
    appointment_at: Instant
    reason: str
    signer: str
    in_time: bool


class HandOverView(View):
    """A row of the control slip: who gave, who took, when, whether in time."""

    number: int
    from_unit: str
    to_unit: str
    given_at: Instant
    given_by: str | None
    taken_at: Instant | None
    taken_by: str | None
    result: Timeliness | None
    result_label: str | None
    note: str | None


class ControlSlipView(View):
    """Phiếu kiểm soát quá trình giải quyết hồ sơ: a view of the journal."""

    code: str
    procedure_name: str
    competent: str
    accepted_at: Instant
    appointment_at: Instant
    rows: list[HandOverView]

    @classmethod
    def of(cls, case: Case, rows: Sequence[HandOver]) -> Self:
        shown = [
            HandOverView.model_validate(asdict(row) | {"number": number, "result_label": LABELS[row.result] if row.result else None})
            for number, row in enumerate(rows, 1)
        ]
        return cls(
            code=case.code,
            procedure_name=case.procedure.name,
            competent=case.offices.competent,
            accepted_at=case.accepted_at,
            appointment_at=case.appointment_at,
            rows=shown,
        )


class StopProposalView(View):
    """Somebody proposed to end it without a result; it takes a second person."""

    ground: str
    by: str
    at: Instant


class CorrectionView(View):
    """A result that was, or is, made once more; judged by its own three working days. `replaced` is the result as it was before."""

    number: int
    kind: CorrectionKind
    reason: str
    asked_at: Instant
    asked_by: str
    due_at: Instant
    done_at: Instant | None
    done_by: str | None
    declined_at: Instant | None
    declined_reason: str | None
    replaced: Result | None
    verdict: Verdict

    @classmethod
    def of(cls, task: Correction, number: int, now: datetime) -> Self:
        plain = {name: getattr(task, name) for name in cls.model_fields if hasattr(task, name)}
        return cls.model_validate(plain | {"number": number, "verdict": task.verdict(now)})


class CorrectionLine(View):
    """A result that waits to be made once more."""

    id: UUID
    code: str
    version: int
    procedure_name: str
    competent: str
    number: int
    kind: CorrectionKind
    reason: str
    due_at: Instant
    overdue: bool

    @classmethod
    def of(cls, row: Row[Any], now: datetime) -> Self:
        return cls.model_validate({**_columns(row), "overdue": is_late(row.due_at, now)})


class CorrectionPage(Page):
    """What is due first stands first."""

    items: list[CorrectionLine]


class CaseView(View):
    """A case in full."""

    id: UUID
    code: str
    version: int
    state: State
    state_label: str
    procedure: ProcedureRef
    case: str | None
    level: str | None
    channel: Channel
    offices: Offices
    received_by: str
    accepted_at: Instant
    limit_text: str
    appointment_at: Instant
    verdict: Verdict
    on_the_spot: bool
    process: int | None
    """Place of its process in the procedure version it is pinned to, from 0."""
    steps: list[StepView]
    done: list[StepView]
    current: StepView | None
    next: StepView | None
    stages: list[StageView]
    visits: list[VisitView]
    """How it left its steps, in order: more than once where it came back."""
    consultations: list[ConsultationView]
    attendances: list[AttendanceView]
    notes: list[NoteView]
    """For staff of the competent office; to others it looks as if there were none."""
    current_step: int | None
    step_due_at: Instant | None
    taken_up_at: Instant | None
    taken_up_by: str | None
    papers_handed_over_at: Instant | None
    papers_handed_over_by: str | None
    papers_taken_over_at: Instant | None
    papers_taken_over_by: str | None
    papers_slip: str | None
    fee: FeeAsked | None
    """What was asked for last; settled once nothing of it is owed."""
    decision: SignedDecision | None
    decision_issued_at: Instant | None
    children: list[ShareView]
    adjustment_asked: str | None
    stop_proposed: StopProposalView | None
    rework_asked_at: Instant | None
    result: Result | None
    first_appointment_at: Instant
    due_at: Instant | None
    period_ends_at: Instant | None
    stopped_since: Instant | None
    late_since: Instant | None
    provisional: bool
    verdicts: VerdictsView
    clock_stops: list[StopView]
    new_dates: list[NewDateView]
    corrections: list[CorrectionView]
    scores_late: dict[Action, str]
    """Acts that are lawful now, but that the index of Decision 766 would count late."""
    result_wanted: ReturnWish
    completed_at: Instant | None
    result_handed_over_at: Instant | None
    result_at_desk_at: Instant | None
    returned_at: Instant | None
    returned_by: ReturnWay | None
    people: tuple[Person, ...]
    assigned: AssignmentView | None
    """Null: any officer of the unit may act, or claim it."""
    reminders: int
    reminded_at: Instant | None
    journal: list[JournalView]
    possible_actions: list[PossibleAction]

    @classmethod
    def of(cls, shown: Shown, officer: Officer, now: datetime) -> Self:
        case, counting = shown.case, shown.counting
        steps = [StepView.of(step, case, counting, now) for step in case.steps]
        plain = {name: getattr(case, name) for name in cls.model_fields if hasattr(case, name)}
        special = {
            "state_label": STATES[case.state].label,
            "verdict": by_appointment(case.times, now),
            "verdicts": VerdictsView.model_validate(verdicts(case.times, now)),
            "clock_stops": [StopView.model_validate(each) for each in case.intervals],
            "new_dates": [NewDateView.model_validate(each) for each in case.new_dates],
            "corrections": [CorrectionView.of(each, number, now) for number, each in enumerate(case.corrections, 1)],
            "scores_late": {action: why for action in case.possible_actions if (why := scores_late(case, action, now))},
            "steps": steps,
            "done": [step for step in steps if step.status == "done"],
            "current": next((step for step in steps if step.status == "current"), None),
            "next": next((step for step in steps if step.status == "next"), None),
            "stages": [StageView.of(stage) for stage in stages(case, shown.published, counting, now)],
            "visits": [VisitView.of(visit, counting) for visit in case.visits],
            "consultations": [ConsultationView.of(one, now) for one in case.consultations],
            "children": [ShareView.of(one, now) for one in case.children],
            "attendances": [AttendanceView.model_validate(each) for each in case.attendances],
            "notes": [NoteView.model_validate(each) for each in shown.notes],
            "journal": [JournalView.model_validate(line) for line in shown.journal],
            "possible_actions": PossibleAction.all_for(case, officer),
        }
        return cls.model_validate(plain | special)


class MovedView(View):
    """What a move made of the case: no personal data, as this answer is remembered with its key."""

    id: UUID
    code: str
    version: int
    state: State
    current_step: int | None
    step_due_at: Instant | None
    appointment_at: Instant
    completed_at: Instant | None


def moved(response: Response, case: Case) -> MovedView:
    etag(response, case.version)
    return MovedView.model_validate(case)
