"""A case: what the agency knows of a dossier, as one frozen value; what may be done with it now, and what then becomes of it."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.processing.domain.assignment import HEADS, Assigning, Assignment
from services.processing.domain.attendance import Attendances
from services.processing.domain.child_case import Children, all_cancelled, still_open
from services.processing.domain.consultation import Consultations
from services.processing.domain.correction import Correction, Corrections
from services.processing.domain.deadline import Counting
from services.processing.domain.fees import FeeAsked
from services.processing.domain.intervals import (
    Interval,
    Intervals,
    NewDate,
    NewDates,
    StopKind,
    ended,
    is_open,
    moved_by,
    promise_moved_by,
    standing,
)
from services.processing.domain.lifecycle import ASKED, HEARD, LIFECYCLE, possible_actions
from services.processing.domain.step_role import StepRole
from services.processing.domain.workflow import (
    Leaving,
    Step,
    Steps,
    Visit,
    Visits,
    begun,
    begun_again,
    is_one_per_limit,
    result_at_desk,
    result_made,
    result_returned,
    stops_the_clock,
    with_step,
)
from shared.clock import VIETNAM
from shared.contracts.events import (
    AdjustmentDeclined,
    AdjustmentTakenUp,
    CorrectionRequested,
    DossierAmended,
    DossierReturned,
    DossierStopped,
    DossierWithdrawn,
    Event,
    FeeChange,
    Outcome,
    PapersHandedOver,
    PostalItemLost,
    ProcedureRef,
    Result,
    ResultAtDesk,
    ReworkDeclined,
    SignedDecision,
    WithdrawalRequested,
)
from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.permissions import Action, Role
from shared.contracts.states import STATES, DeadlineClock, State
from shared.contracts.time import PLAIN_TERMS, TimeTerms
from shared.errors import ActionNotAllowed, Flaw, InvalidInput
from shared.verdicts import Asked, Times, Verdict, by_index_766, by_law, is_late
from shared.working_time import Calendar, CalendarUnknown, InstantWrong, OfficeHours, Started, StopPolicy


@dataclass(frozen=True)
class StopProposal:
    """Ending a case without a result takes two people. `by_id` is the proposer's token subject. Source: law.STOPPED_BY_LAW."""

    ground: str
    by: str
    by_id: str
    at: datetime


@dataclass(frozen=True)
class Case:
    """`version` counts changes, `told` our events about it. Steps are there in full, or empty where nobody asked for them."""

    id: UUID
    version: int
    told: int
    state: State
    code: str
    procedure: ProcedureRef
    offices: Offices
    channel: Channel
    people: tuple[Person, ...]
    accepted_at: datetime
    appointment_at: datetime
    limit_text: str
    received_by: str
    result_wanted: ReturnWish
    time_terms: TimeTerms = PLAIN_TERMS
    first_appointment_at: datetime | None = None
    """What the receipt says; never overwritten."""
    due_at: datetime | None = None
    """The internal limit; None while the clock stands."""
    period_ends_at: datetime | None = None
    late_since: datetime | None = None
    late_by_law_since: datetime | None = None
    stopped_since: datetime | None = None
    provisional: bool = False
    intervals: Intervals = ()
    new_dates: NewDates = ()
    case: str | None = None
    level: str | None = None
    calendar_version: UUID | None = None
    on_the_spot: bool = False
    process: int | None = None
    """Place of its process in the procedure version it is pinned to, from 0; none: one step with the whole limit."""
    steps: Steps = ()
    visits: Visits = ()
    """How it left its steps: what this change adds, or all where the history was asked for."""
    consultations: Consultations = ()
    attendances: Attendances = ()
    children: Children = ()
    """The shares other agencies have of it."""
    taken_up_at: datetime | None = None
    taken_up_by: str | None = None
    papers_handed_over_at: datetime | None = None
    papers_handed_over_by: str | None = None
    papers_taken_over_at: datetime | None = None
    papers_taken_over_by: str | None = None
    papers_slip: str | None = None
    fee: FeeAsked | None = None
    """What was asked for last."""
    decision: SignedDecision | None = None
    decision_issued_at: datetime | None = None
    adjustment_asked: str | None = None
    """What the applicant wants changed; nobody has answered yet."""
    stop_proposed: StopProposal | None = None
    rework_asked_at: datetime | None = None
    result: Result | None = None
    completed_at: datetime | None = None
    stopped_at: datetime | None = None
    """When it ended without a result: by law, for want of a supplement, or at the applicant's wish."""
    result_handed_over_at: datetime | None = None
    result_at_desk_at: datetime | None = None
    returned_at: datetime | None = None
    returned_by: ReturnWay | None = None
    assignment: Assignment | None = None
    """As it was given; whether it still holds says `assigned`."""
    pooled_step: int | None = None
    """The step at which it was left to the unit: no rule assigns it before the next."""
    assigning: Assigning | None = None
    """How its office assigns; None: it does not, and nobody claims anything."""
    looked_at: datetime | None = None
    """When it was read for somebody who may act; this and the two below are counted then, not written down."""
    notice_until: datetime | None = None
    """Until when a supplement is asked for in good time."""
    extended_until: datetime | None = None
    """Until when an extension is in time."""
    reminded_at: datetime | None = None
    reminders: int = 0

    @property
    def assigned(self) -> Assignment | None:
        """Who has the current step; None: the unit as a whole."""
        given, current = self.assignment, self.current
        if given is None or current is None or STATES[self.state].terminal:
            return None
        return given if given.lasts(self.steps, current) else None

    corrections: Corrections = ()

    @property
    def correction(self) -> Correction | None:
        """The result is to be made once more: the task that is open."""
        return self.corrections[-1] if self.corrections and self.corrections[-1].is_open else None

    @property
    def turn(self) -> Step | None:
        """The step whose turn it is, wherever the dossier is: after the completion, one after the result."""
        return next((step for step in self.steps if step.began_at and not step.done_at), None)

    @property
    def current(self) -> Step | None:
        """The step that has the case now."""
        return None if self.completed_at else self.turn

    @property
    def next(self) -> Step | None:
        """The step that will have it then."""
        return self.steps[self.current.number] if self.current and self.current.number < len(self.steps) else None

    @property
    def stands_outside(self) -> bool:
        """At a step whose time the source leaves out of the total: the clock stands for it, and for no other reason."""
        return is_open(self.intervals) and self.intervals[-1].kind is StopKind.NOT_COUNTED

    @property
    def consulted(self) -> frozenset[str]:
        """Offices whose opinion was asked for: they see the case, and answer."""
        return frozenset(one.office for one in self.consultations)

    @property
    def sharing(self) -> frozenset[str]:
        """Offices that have, or had, a share of it: they see the case, and end their share."""
        return frozenset(one.office for one in self.children)

    @property
    def seen_by(self) -> frozenset[str]:
        """Offices to which it exists."""
        return self.offices.all() | self.consulted | self.sharing

    @property
    def current_step(self) -> int | None:
        return self.current.number if self.current else None

    @property
    def step_due_at(self) -> datetime | None:
        return self.current.due_at if self.current else None

    @property
    def limit_started(self) -> Started | None:
        """Where limits run one after the other, a step each: the start event of the one that runs now."""
        behind = [step.done_at for step in self.steps[:-1] if step.done_at] if is_one_per_limit(self.steps, self.time_terms) else []
        return Started(len(behind), behind[-1]) if behind else None

    @property
    def limit_ends_at(self) -> datetime:
        """What no step outlasts: the internal limit, or the appointment where that is earlier or was moved by hand."""
        return self.appointment_at if self.new_dates or self.due_at is None else min(self.due_at, self.appointment_at)

    @property
    def clock_runs(self) -> bool:
        """Whether its time passes: not while it stands, in whatever state that is."""
        return STATES[self.state].clock is DeadlineClock.RUNS and self.stopped_since is None

    @property
    def judged_at(self) -> datetime:
        """The appointment that is judged: a late apology tells people another date and forgives nothing."""
        return next((new.earlier for new in self.new_dates if not new.in_time), self.appointment_at)

    @property
    def times(self) -> Times:
        """What verdicts look at."""
        return Times(
            appointment_at=self.judged_at,
            period_ends_at=self.period_ends_at,
            ended_at=self.completed_at or self.stopped_at,
            stopped_since=self.stopped_since,
            late_since=self.late_since,
            late_by_law_since=self.late_by_law_since,
            supplements=[Asked(one.started_at, one.ended_at) for one in self.intervals if one.kind is StopKind.SUPPLEMENT],
        )

    @property
    def possible_actions(self) -> tuple[Action, ...]:
        return tuple(action for action in possible_actions(self.state) if not why_not(self, action))


# ------------------------------------------------------------------------------------------------ may it be done?


def must_allow(case: Case, action: Action) -> None:
    """Raises ActionNotAllowed, which says what is possible instead."""
    if (case.state, action) not in LIFECYCLE:
        raise _not_allowed(case, f"{str(action).replace('_', ' ').capitalize()} is not possible while the dossier is {case.state}.")
    if reason := why_not(case, action):
        raise _not_allowed(case, reason)


def why_not(case: Case, action: Action) -> str | None:
    """What the facts of this case have against an action that its state allows."""
    match action:
        case Action.ASSIGN | Action.CLAIM if case.assigning is None:
            return "This office does not assign cases: a leader or administrator says first how it does."
        case Action.ASSIGN | Action.CLAIM if case.current is None:
            return "No step of it waits for anybody."
        case Action.CLAIM if case.assigned:
            return f"{case.assigned.name} has this case already."
        case Action.RELEASE if case.assigned is None:
            return "Nobody has this case: there is nothing to give back."
        case Action.PASS_ON if case.next is None:
            return "This is the last step: complete the case instead."
        case Action.PASS_BACK if case.current is None or case.current.number == 1:
            return "There is no step before this one."
        case Action.COMPLETE if ahead := [step.number for step in case.steps if not (step.began_at or step.done_at) and step.counted]:
            return f"Step {ahead[0]} comes before the completion: pass the case on first."
        case Action.ISSUE_DECISION | Action.COMPLETE if shares := still_open(case.children):
            return f"Share {shares[0].number}, of {shares[0].office}, has not ended: the whole ends after its parts."
        case Action.COMPLETE_CHILD | Action.SEND_BACK_CHILD if not any(one.began_at for one in still_open(case.children)):
            return "No other agency has a share of it that has begun and is not ended."
        case Action.CANCEL_CHILD if not still_open(case.children):
            return "No other agency has an open share of it."
        case Action.OPEN_CHILD if case.decision:
            return f"The decision was issued already: number {case.decision.number} of {case.decision.signed_on.isoformat()}."
        case Action.ISSUE_DECISION | Action.COMPLETE if case.adjustment_asked:
            return "The applicant asked for a change: take it up, or decline it with the reason, first."
        case Action.ISSUE_DECISION if case.decision:
            return f"The decision was issued already: number {case.decision.number} of {case.decision.signed_on.isoformat()}."
        case Action.TAKE_OVER_PAPERS if case.papers_handed_over_at is None:
            return "No papers have been handed over to the agency."
        case Action.TAKE_OVER_PAPERS if case.papers_taken_over_at:
            return "The papers that were handed over have been taken over already."
        case Action.RETURN_FOR_SUPPLEMENT | Action.SUSPEND | Action.REQUEST_FEE if case.decision:
            return f"The decision was issued already: number {case.decision.number} of {case.decision.signed_on.isoformat()}."
        case Action.REQUEST_FEE if case.fee and not case.fee.settled_at:
            return "A fee asked for before is still owed; it is paid at the desk, or reduced there."
        case Action.RETURN_FOR_SUPPLEMENT | Action.SUSPEND if case.stands_outside:
            return "The clock stands already, as the time of this step is not counted: pass the case on or back first."
        case Action.ANSWER_CONSULTATION if not any(one.is_open for one in case.consultations):
            return "Nobody's opinion is awaited."
        case Action.EXTEND if any(new.in_time for new in case.new_dates):
            return "A new date was asked for before; the law allows it once. Apologise to the applicant instead."
        case Action.EXTEND if case.new_dates:
            return "The applicant has been told a new date with an apology already."
        case Action.EXTEND if case.extended_until and case.looked_at and is_late(case.extended_until, case.stopped_since or case.looked_at):
            until = f"{case.extended_until.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
            return f"An extension was in time until {until}. Tell the applicant a new date with an apology instead."
        case Action.TAKE_UP_ADJUSTMENT | Action.DECLINE_ADJUSTMENT if case.adjustment_asked is None:
            return "The applicant has not asked for a change."
        case Action.TAKE_UP_ADJUSTMENT | Action.PROPOSE_STOP | Action.STOP if case.decision:
            return f"The decision was issued already: number {case.decision.number} of {case.decision.signed_on.isoformat()}."
        case Action.STOP if case.stop_proposed is None:
            return "It takes two people: somebody proposes the stop with its ground first."
        case Action.REQUEST_REWORK if case.correction:
            return "The result is being made once more already: correct it."
        case Action.HAND_OVER_RESULT | Action.REQUEST_REWORK if case.rework_asked_at:
            return "The result was asked back; the desk has not answered yet."
        case Action.CORRECT_RESULT | Action.DECLINE_CORRECTION if case.correction is None:
            return "Nobody has asked for the result to be made once more."
        case Action.HAND_OVER_RESULT if case.correction:
            return "The result is to be made once more first."
        case Action.HAND_OVER_RESULT if case.state is not State.COMPLETED and not any(one.done_at for one in case.corrections):
            return "The result has left the agency, and no other one was made."
        case Action.HAND_OVER_RESULT if case.result_handed_over_at or case.result_at_desk_at:
            return "The result has been handed over to the desk already."
        case _:
            return None


def why_irregular(case: Case, action: Action) -> str | None:
    """Why only a supervisor may do it now. Sources: law.NOTICE_WITHIN_3_DAYS, law.LATE_APOLOGY."""
    match action:
        case Action.RETURN_FOR_SUPPLEMENT if any(one.kind is StopKind.SUPPLEMENT for one in case.intervals):
            return "A supplement was asked for before: only a supervisor may ask now, and names the ground in `irregular`."
        case Action.RETURN_FOR_SUPPLEMENT if case.notice_until and case.looked_at and is_late(case.notice_until, case.looked_at):
            until = f"{case.notice_until.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
            return f"The notice was due by {until}: only a supervisor may ask now, and names the ground in `irregular`."
        case Action.APOLOGISE if any(not earlier.in_time for earlier in case.new_dates):
            return "The applicant was told a new date with an apology before; only a supervisor may do so again."
        case _:
            return None


def why_not_alone(case: Case, action: Action, by_id: str) -> str | None:
    """What takes a second person. `by_id`: the token subject of who wants to act. Source: law.STOPPED_BY_LAW."""
    if action is Action.STOP and case.stop_proposed and case.stop_proposed.by_id == by_id:
        return "You proposed this stop yourself: it takes a second person."
    return None


def must_not_pass_a_head_by(case: Case, to_step: int | None, roles: frozenset[Role]) -> None:
    """What the process leaves to a head of the unit is skipped by one of them, and by nobody else. Raises ActionNotAllowed."""
    skipped = case.steps[case.current.number : to_step - 1] if case.current and to_step else ()
    theirs = next((step for step in skipped if step.role is StepRole.LEADER), None)
    if theirs and not roles & HEADS:
        raise _not_allowed(case, f"Step {theirs.number} is a leader's ({theirs.actor}): only a leader or supervisor goes past it.")


def _not_allowed(case: Case, detail: str) -> ActionNotAllowed:
    return ActionNotAllowed(detail, about=case)


# ------------------------------------------------------------------------------------------------ what becomes of it


def taken_up(case: Case, *, by: str, now: datetime) -> Case:
    return replace(case, state=LIFECYCLE[case.state, Action.TAKE_UP].to, taken_up_at=now, taken_up_by=by)


def suspended(case: Case, interval: Interval) -> Case:
    """The clock stands on a ground in the law of the sector. Source: law.SUSPENSION."""
    today = interval.started_at.astimezone(VIETNAM).date()
    if interval.until and interval.until <= today:
        raise InvalidInput("Please correct: /until.", Flaw("/until", "A suspension ends after today."))
    return replace(case, state=LIFECYCLE[case.state, Action.SUSPEND].to, intervals=(*case.intervals, interval))


def returned_for_supplement(case: Case, interval: Interval, *, irregular: str | None) -> Case:
    """The desk has the baton until all is there. Late, or a second time, it needs a supervisor and a ground: recorded, never simply
    blocked. Sources: law.RESTART_AFTER_SUPPLEMENT, law.NOTICE_WITHIN_3_DAYS.
    """
    if not irregular and (why := why_irregular(case, Action.RETURN_FOR_SUPPLEMENT)):
        raise _not_allowed(case, why)
    return replace(case, state=LIFECYCLE[case.state, Action.RETURN_FOR_SUPPLEMENT].to, intervals=(*case.intervals, interval))


def fee_requested(case: Case, asked: FeeAsked, interval: Interval | None) -> Case:
    """It waits for money. The clock runs on, unless the law of the sector lets it stand: `interval`. Source: law.FEE_DURING_PROCESSING."""
    stopped = (*case.intervals, interval) if interval else case.intervals
    return replace(case, state=LIFECYCLE[case.state, Action.REQUEST_FEE].to, fee=asked, intervals=stopped)


def fee_settled(case: Case, event: FeeChange, at: datetime) -> Case:
    """All that was asked for is paid: it goes on, if it has waited for nothing else; where the clock stood, it runs from `at`."""
    assert case.fee
    granted = ASKED.get((case.state, type(event)))
    settled = replace(case, fee=case.fee.settled(at), state=granted.to if granted else case.state)
    return fee_awaited_no_more(settled, at)


def fee_awaited_no_more(case: Case, at: datetime) -> Case:
    """Where the clock stood for want of a fee, it does so no longer."""
    if is_open(case.intervals) and case.intervals[-1].kind is StopKind.FEE:
        return replace(case, intervals=ended(case.intervals, max(at, case.intervals[-1].started_at)))
    return case


def supplemented(case: Case, at: datetime) -> Case:
    """The clock runs again from `at`; whoever has the case now goes on."""
    return replace(case, intervals=ended(case.intervals, at))


def resumed(case: Case, at: datetime) -> Case:
    return replace(case, state=LIFECYCLE[case.state, Action.RESUME].to, intervals=ended(case.intervals, at))


def promised(case: Case, new: NewDate, counting: Counting) -> Case:
    """A new date: an extension in time, or an apology, with which the dossier stays late. Not a day on which people would find the
    desk closed. Sources: law.APPOINTED_ONCE_MORE, law.LATE_APOLOGY.
    """
    if not counting.is_worked(new.appointment_at):
        day = new.appointment_at.astimezone(VIETNAM)
        raise InvalidInput("Please correct: /appointment_at.", Flaw("/appointment_at", f"{day:%d/%m/%Y} is no working day."))
    if new.appointment_at <= max(case.appointment_at, new.at):
        flaw = Flaw("/appointment_at", "The new date lies after the one promised, and after now.")
        raise InvalidInput("Please correct: /appointment_at.", flaw)
    return replace(case, appointment_at=new.appointment_at, new_dates=(*case.new_dates, new))


def recounted(case: Case, calendar: Calendar | None, hours: OfficeHours) -> Case:
    """How its time stands by a calendar, from the terms of its acceptance and every interval since. Raises CalendarUnknown."""
    promised = case.first_appointment_at or case.appointment_at
    stands = standing(case.accepted_at, case.time_terms, promised, case.intervals, calendar, hours, case.limit_started)
    return replace(
        case,
        due_at=stands.due_at,
        period_ends_at=stands.period_ends_at or case.period_ends_at,  # while the clock stands, the one that was
        late_since=stands.late_since,
        late_by_law_since=stands.late_by_law_since,
        stopped_since=stands.stopped_since,
        provisional=stands.provisional,
    )


def counted_anew(case: Case, counting: Counting) -> Case:
    """As `recounted`; where nobody knows the calendar that far, by hand and provisionally: the promise of acceptance, later by as long as
    the clock stood. Lateness that had happened stays.
    """
    try:
        return recounted(case, counting.calendar, counting.hours)
    except (CalendarUnknown, InstantWrong):
        by_hand = recounted(case, None, counting.hours)
        return replace(by_hand, late_since=case.late_since, late_by_law_since=case.late_by_law_since, provisional=True)


def with_earlier_limit(case: Case, due_at: datetime, period_ends_at: datetime | None, calendar_version: UUID) -> Case:
    """By another calendar the internal limit is earlier: it holds, for the step in work too. The promise stays."""
    moved = replace(case, due_at=due_at, period_ends_at=period_ends_at, calendar_version=calendar_version)
    if (step := case.current) and step.due_at and step.due_at > moved.limit_ends_at:
        return replace(moved, steps=with_step(case.steps, replace(step, due_at=moved.limit_ends_at)))
    return moved


def promised_again(case: Case, before: Case, counting: Counting) -> Case:
    """Counted anew after what happened to its clock; where the clock runs again, the promise and the step in work move with it."""
    calendar, hours = counting.calendar, counting.hours
    counted = counted_anew(case, counting)
    if not is_open(before.intervals) or is_open(case.intervals) or counted.due_at is None:
        return counted
    last = case.intervals[-1]
    moved = _promise_moved(counted, counted.due_at, counting)
    if not (current := moved.current) or current.due_at is None:
        return moved
    bound = replace(counting, ends_at=moved.limit_ends_at)
    if last.policy is StopPolicy.RESTART and current.allotment and last.ended_at:
        at = bound.due(last.ended_at, current.allotment.amount, current.allotment.unit)
    else:
        at = min(moved_by(current.due_at, last, calendar, hours), bound.ends_at)
    step = replace(current, due_at=at)
    return replace(moved, steps=with_step(moved.steps, step))


def _promise_moved(case: Case, due_at: datetime, counting: Counting) -> Case:
    """After a stop: the date counted anew, unless that is earlier; a date set by hand by what was left of the stop. The appointment that
    is judged after an apology moves likewise, if it had not passed when the clock stopped.
    """
    stop, dates = case.intervals[-1], case.new_dates

    def moved(place: int, at: datetime) -> datetime:
        """The date that was told by the new date in that place, -1: with the receipt."""
        if place < 0:
            return max(at, due_at)
        return promise_moved_by(at, dates[place].at, stop, counting.calendar, counting.hours)

    appointment = moved(len(dates) - 1, case.appointment_at)
    late = next((place for place, new in enumerate(dates) if not new.in_time), None)
    if late is not None and dates[late].earlier > stop.started_at:
        judged = replace(dates[late], earlier=moved(late - 1, dates[late].earlier))
        dates = (*dates[:late], judged, *dates[late + 1 :])
    return replace(case, appointment_at=appointment, new_dates=dates)


def scores_late(case: Case, action: Action, now: datetime) -> str | None:
    """Why an act that is lawful makes the index of Decision 766 count the dossier late. Source: law.INDEX_766."""
    on_time = by_index_766(case.times, now) is Verdict.ON_TIME
    match action:
        case Action.RETURN_FOR_SUPPLEMENT if any(one.kind is StopKind.SUPPLEMENT for one in case.intervals):
            return "Chỉ số 766 tính trễ hồ sơ chờ bổ sung từ lần thứ hai."
        case Action.REQUEST_FEE if on_time and case.time_terms.fee_pauses:
            return "Chỉ số 766 không trừ thời gian chờ nộp phí: hồ sơ bị tính trễ nếu kết quả có sau ngày hẹn trả hiện nay."
        case Action.SUSPEND if on_time:
            return "Chỉ số 766 không trừ thời gian tạm dừng: hồ sơ bị tính trễ nếu kết quả có sau ngày hẹn trả hiện nay."
        case Action.PASS_ON if on_time and case.next and not case.decision and stops_the_clock(case.steps, case.next.number):
            return (
                "Chỉ số 766 không trừ thời gian của bước không tính thời gian: hồ sơ bị tính trễ nếu kết quả có sau ngày hẹn trả hiện nay."
            )
        case Action.APOLOGISE:
            return "Chỉ số 766 vẫn tính hồ sơ theo ngày hẹn trả trước khi xin lỗi."
        case Action.COMPLETE if not on_time and by_law(case.times, now) is Verdict.ON_TIME:
            return "Hồ sơ còn trong thời hạn theo luật nhưng đã qua ngày hẹn trả: chỉ số 766 tính là trễ."
        case _:
            return None


def passed_on(
    case: Case, *, by: str, note: str | None, now: datetime, counting: Counting, to_step: int | None = None, reason: str | None = None
) -> Case:
    """The current step is done, the next one begins; or a later one, where a branch of the process skips what lies between, with a
    reason. At a step whose time is not counted the clock stands; when the case leaves it, it runs again.
    """
    assert case.current
    done = case.current
    to = done.number + 1 if to_step is None else to_step
    _must_lie(to, done.number + 1, len(case.steps))
    if to > done.number + 1 and not reason:
        raise InvalidInput("Please correct: /reason.", Flaw("/reason", f"Say why what comes before step {to} is skipped."))
    between = case.steps[done.number : to - 1]
    steps = with_step(case.steps, replace(done, done_at=now, done_by=by, note=note))
    for step in between:
        steps = with_step(steps, replace(step, done_at=now, done_by=by, note=reason))
    left = [_visit(done, Leaving.DONE, now, by, to, reason or note)]
    left += [Visit(step.number, Leaving.SKIPPED, now, by, reason=reason) for step in between]
    case, counting = _running(replace(case, steps=steps, visits=(*case.visits, *left)), now, counting)
    return _at_step(case, begun(case.steps, to, now, counting), by, now, counting)


def passed_back(case: Case, *, to_step: int, by: str, reason: str, now: datetime, counting: Counting) -> Case:
    """Back to an earlier step, as the process says ("Nếu không đồng ý, chuyển lại"): what was done since is done again, and the time
    of the step begins again, never after the limit. The visits so far are kept in the history.
    """
    assert case.current
    _must_lie(to_step, 1, case.current.number - 1)
    visit = _visit(case.current, Leaving.PASSED_BACK, now, by, to_step, reason)
    case, counting = _running(replace(case, visits=(*case.visits, visit)), now, counting)
    return _at_step(case, begun_again(case.steps, to_step, now, counting), by, now, counting)


def _must_lie(to: int, first: int, last: int) -> None:
    if not first <= to <= last:
        steps = f"one of the steps {first} to {last}" if first < last else f"step {first}"
        raise InvalidInput("Please correct: /to_step.", Flaw("/to_step", f"From here the case goes to {steps}, not to {to}."))


def _visit(step: Step, leaving: Leaving, now: datetime, by: str, to: int | None, reason: str | None) -> Visit:
    return Visit(step.number, leaving, now, by, step.began_at, step.due_at, to, reason)


def _running(case: Case, now: datetime, counting: Counting) -> tuple[Case, Counting]:
    """Where the clock stood for the step that is left, it runs again; what comes next is bound by the limit as it is then."""
    if not case.stands_outside:
        return case, counting
    runs = promised_again(replace(case, intervals=ended(case.intervals, now)), case, counting)
    return runs, replace(counting, ends_at=runs.limit_ends_at)


def _at_step(before: Case, steps: Steps, by: str, now: datetime, counting: Counting) -> Case:
    """The clock stands at a step whose time is not counted, in the words of the source; but not once the decision was issued. Where
    limits run one after the other, a step each, their sum is counted from the start event that has happened now.
    """
    case = replace(before, steps=steps)
    if is_one_per_limit(steps, case.time_terms):
        case = counted_anew(case, counting)
    step = case.current
    if step is None or case.decision or not stops_the_clock(case.steps, step.number):
        return case
    stop = Interval(now, StopKind.NOT_COUNTED, StopPolicy.PAUSE, f"{step.printed_no}: {step.text or 'Không tính thời gian'}", by)
    return promised_again(replace(case, intervals=(*case.intervals, stop)), case, counting)


def decided(case: Case, decision: SignedDecision, *, today: date, now: datetime) -> Case:
    if decision.signed_on > today:
        raise InvalidInput("Please correct: /signed_on.", Flaw("/signed_on", "A decision is not signed in the future."))
    return replace(case, decision=decision, decision_issued_at=now)


NEEDS_DECISION: Final = frozenset({Outcome.GRANTED, Outcome.PARTLY})


def completed(case: Case, result: Result, *, by: str, now: datetime) -> Case:
    """The result is attached, the clock ends, the baton goes to the desk. Then it is the turn of the steps after the result, which end
    with what the desk tells: that the result is there, and that it was returned.

    What is granted rests on a decision issued; a refusal is a notice with its reasons and may do without. Source: law.COMPLETION.
    """
    if result.outcome in NEEDS_DECISION and case.decision is None:
        raise _not_allowed(case, "Nothing is granted without a decision: issue the decision first.")
    if result.outcome is Outcome.REFUSED and not (result.reasons and result.reasons.strip()):
        raise InvalidInput("Please correct: /reasons.", Flaw("/reasons", "A refusal says why."))
    state = LIFECYCLE[case.state, Action.COMPLETE].to
    finished = replace(case, state=state, result=result, completed_at=now)
    if (current := case.current) is None:
        return replace(finished, steps=result_made(case.steps, now))
    done = with_step(case.steps, replace(current, done_at=now, done_by=by))
    visit = _visit(current, Leaving.DONE, now, by, None, result.reasons)
    return replace(finished, steps=result_made(done, now), visits=(*case.visits, visit))


def corrected(case: Case, result: Result, *, by: str, now: datetime) -> Case:
    """The result takes the place of the one before, which stays with the task. Source: law.CORRECTION."""
    task = case.correction
    assert task
    if result.outcome is Outcome.REFUSED and not (result.reasons and result.reasons.strip()):
        raise InvalidInput("Please correct: /reasons.", Flaw("/reasons", "A refusal says why."))
    done = replace(task, done_at=now, done_by=by, replaced=case.result)
    return replace(case, result=result, corrections=(*case.corrections[:-1], done))


def correction_declined(case: Case, *, reason: str, by: str, now: datetime) -> Case:
    task = case.correction
    assert task
    return replace(case, corrections=(*case.corrections[:-1], replace(task, declined_at=now, done_by=by, declined_reason=reason)))


def papers_taken_over(case: Case, *, by: str, now: datetime) -> Case:
    return replace(case, papers_taken_over_at=now, papers_taken_over_by=by)


def result_handed_over(case: Case, *, now: datetime) -> Case:
    return replace(case, result_handed_over_at=now)


def withdrawn(case: Case, *, now: datetime) -> Case | None:
    """At the applicant's wish, without discretion; None once the decision is issued, or the case has ended. Source: law.WITHDRAWAL."""
    granted = ASKED.get((case.state, WithdrawalRequested))
    return _ended_without_result(case, granted.to, now) if granted and not case.decision else None


def stopped(case: Case, *, now: datetime) -> Case:
    """On a ground in the law of the sector, by a second person. Source: law.STOPPED_BY_LAW."""
    return _ended_without_result(case, LIFECYCLE[case.state, Action.STOP].to, now)


def _ended_without_result(case: Case, state: State, now: datetime) -> Case:
    """Nothing asked or proposed is left open. A clock that stood has stood to the end, and is judged so: `stopped_since` stays."""
    intervals = ended(case.intervals, now) if is_open(case.intervals) else case.intervals
    children = all_cancelled(case.children, by="rule", now=now)
    return replace(case, state=state, stopped_at=now, intervals=intervals, children=children, adjustment_asked=None, stop_proposed=None)


def reworked(case: Case, *, now: datetime, counting: Counting) -> Case:
    """The result came back: its last counted step is worked on again, and all the time since counts. Source: law.REWORK."""
    counted = [step for step in case.steps if step.counted]
    last = counted[-1] if counted else case.steps[-1]
    return replace(
        case,
        state=State.IN_PROGRESS,
        steps=begun_again(case.steps, last.number, now, counting),
        decision=None,
        decision_issued_at=None,
        result=None,
        completed_at=None,
        result_handed_over_at=None,
        result_at_desk_at=None,
        rework_asked_at=None,
    )


def heard(case: Case, event: Event, at: datetime) -> Case:
    """What the desk told us of: its moves are mirrored, its facts kept."""
    mirrored = replace(case, state=HEARD.get((case.state, type(event)), case.state))
    match event:
        case PapersHandedOver() if event.to_office == case.offices.competent:
            handed_over = replace(mirrored, papers_handed_over_at=at, papers_handed_over_by=event.handed_over_by)
            return replace(handed_over, papers_taken_over_at=None, papers_taken_over_by=None, papers_slip=event.slip)
        case PostalItemLost() if mirrored.state is State.COMPLETED:
            return replace(mirrored, result_handed_over_at=None, result_at_desk_at=None)
        case CorrectionRequested():
            return replace(mirrored, result_handed_over_at=None, result_at_desk_at=None)
        case ResultAtDesk():
            return replace(mirrored, result_at_desk_at=at, steps=result_at_desk(mirrored.steps, at))
        case DossierAmended():
            return replace(mirrored, people=event.people, result_wanted=event.result_wanted)
        case DossierStopped():
            return _ended_without_result(mirrored, mirrored.state, event.stopped_at)
        case DossierWithdrawn():
            return _ended_without_result(mirrored, mirrored.state, event.withdrawn_at)
        case AdjustmentTakenUp() | AdjustmentDeclined():
            return replace(mirrored, adjustment_asked=None)
        case ReworkDeclined():
            return replace(mirrored, rework_asked_at=None)
        case DossierReturned():
            steps = result_returned(mirrored.steps, event.returned_at)
            return replace(mirrored, returned_at=event.returned_at, returned_by=event.way, steps=steps)
        case _:
            return mirrored
