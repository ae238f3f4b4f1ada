"""The life of a case at the agency: what can be done in which state, what cannot, and why not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.consultation import Consultation
from services.processing.domain.deadline import Counting
from services.processing.domain.lifecycle import HEARD, LIFECYCLE
from services.processing.domain.workflow import Step, begun
from shared.clock import VIETNAM
from shared.contracts.events import (
    DossierReturned,
    Outcome,
    PapersHandedOver,
    PostalItemBooked,
    PostalItemLost,
    ProcedureRef,
    Result,
    ReworkGranted,
    SignedDecision,
)
from shared.contracts.people import Channel, Offices, ReturnWay, ReturnWish
from shared.contracts.permissions import Action, Role
from shared.contracts.states import STATES, Holder, State
from shared.errors import ActionNotAllowed, InvalidInput
from shared.ids import uuid7
from shared.verdicts import Verdict, by_appointment

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)
STOPS = {Action.RETURN_FOR_SUPPLEMENT, Action.REQUEST_FEE, Action.SUSPEND}
ASKED = {Action.OPEN_CHILD, Action.REQUEST_CONSULTATION, Action.REQUEST_ATTENDANCE}
NEW_DATES = {Action.EXTEND, Action.APOLOGISE}
COUNTING = Counting(NOW + timedelta(days=3))
ON_STEP_2 = {Action.PROPOSE_STOP, Action.PASS_ON, Action.PASS_BACK, Action.ISSUE_DECISION, Action.COMPLETE, *ASKED, *STOPS, *NEW_DATES}
AN_OPINION = Consultation(uuid7(), "H50.03", "Quy hoạch?", NOW, "Bình", NOW + timedelta(days=1), "1 working_day")
STEPS = begun((Step(1, "1"), Step(2, "2"), Step(3, "3", counted=False)), 1, NOW, COUNTING)
DECISION = SignedDecision(number="12", signed_on=NOW.date(), signer="Nguyễn Văn An")


def a_case(**changed: Any) -> Case:
    told: dict[str, Any] = {
        "id": uuid7(),
        "version": 1,
        "told": 0,
        "state": State.IN_PROGRESS,
        "code": "H50.01-260309-0001",
        "procedure": ProcedureRef(key="X-1", version_id=uuid7(), name="Cấp giấy phép"),
        "offices": Offices(receiving="H50.01", competent="H50.02", supervising="H50", returning="H50.01"),
        "channel": Channel.DESK,
        "people": (),
        "accepted_at": NOW,
        "appointment_at": NOW + timedelta(days=3),
        "limit_text": "03 ngày làm việc",
        "received_by": "Cán bộ",
        "result_wanted": ReturnWish(),
        "steps": STEPS,
    }
    return Case(**told | changed)


def on_step_2() -> Case:
    return rules.passed_on(a_case(), by="Bình", note=None, now=NOW, counting=COUNTING)


# -- the table ---------------------------------------------------------------------------------------------------------


def test_only_in_the_agency_s_own_states_does_an_action_change_the_state() -> None:
    for (state, _), transition in LIFECYCLE.items():
        assert STATES[state].holder is Holder.AGENCY or transition.to is state


def test_every_state_the_agency_holds_has_a_way_out() -> None:
    for state in (state for state in State if STATES[state].holder is Holder.AGENCY):
        assert any(transition.to is not state for (at, _), transition in LIFECYCLE.items() if at is state), state


def test_every_action_of_the_table_may_be_taken_by_somebody() -> None:
    assert all(transition.who for transition in LIFECYCLE.values())
    assert LIFECYCLE[State.IN_PROGRESS, Action.ISSUE_DECISION].who == {Role.LEADER}


def test_nothing_can_be_done_to_a_case_that_is_over() -> None:
    assert not [state for state in State if STATES[state].terminal and a_case(state=state).possible_actions]


def test_what_is_heard_moves_only_what_the_desk_holds() -> None:
    for (state, event), to in HEARD.items():
        assert STATES[state].holder is Holder.DESK
        gives_back = state is State.AWAITING_SUPPLEMENT or event is ReworkGranted
        assert gives_back or STATES[to].holder is Holder.DESK


# -- may it be done? ---------------------------------------------------------------------------------------------------


def test_a_case_not_taken_up_cannot_be_passed_on_and_the_refusal_says_what_can_be_done() -> None:
    with pytest.raises(ActionNotAllowed, match="Pass on is not possible while the dossier is received") as refused:
        rules.must_allow(case := a_case(state=State.RECEIVED), Action.PASS_ON)

    assert refused.value.about is case


@pytest.mark.parametrize(
    ("case", "possible"),
    [
        (a_case(state=State.RECEIVED), {Action.TAKE_UP, Action.RETURN_FOR_SUPPLEMENT, *NEW_DATES}),
        (
            a_case(state=State.RECEIVED, papers_handed_over_at=NOW),
            {Action.TAKE_UP, Action.TAKE_OVER_PAPERS, Action.RETURN_FOR_SUPPLEMENT, *NEW_DATES},
        ),
        (a_case(), {Action.PASS_ON, Action.ISSUE_DECISION, Action.PROPOSE_STOP, *ASKED, *STOPS, *NEW_DATES}),
        (on_step_2(), ON_STEP_2),
        (
            replace(on_step_2(), decision=DECISION),
            {Action.PASS_ON, Action.PASS_BACK, Action.COMPLETE, *ASKED, *NEW_DATES} - {Action.OPEN_CHILD},
        ),
        (replace(on_step_2(), consultations=(AN_OPINION,)), {Action.ANSWER_CONSULTATION, *ON_STEP_2}),
        (a_case(state=State.SUSPENDED), {Action.RESUME, Action.PROPOSE_STOP, Action.REQUEST_ATTENDANCE, *NEW_DATES}),
        (a_case(state=State.AWAITING_SUPPLEMENT), {Action.APOLOGISE}),
        (a_case(state=State.COMPLETED), {Action.HAND_OVER_RESULT, Action.REQUEST_REWORK}),
        (a_case(state=State.COMPLETED, result_at_desk_at=NOW), {Action.REQUEST_REWORK}),
    ],
)
def test_what_can_be_done_depends_on_the_facts_of_the_case(case: Case, possible: set[Action]) -> None:
    assert set(case.possible_actions) == possible


def test_the_last_step_is_not_passed_on_but_completed() -> None:
    last = rules.passed_on(on_step_2(), by="Bình", note=None, now=NOW, counting=COUNTING)

    assert rules.why_not(last, Action.PASS_ON) == "This is the last step: complete the case instead."
    assert rules.why_not(last, Action.COMPLETE) is None


# -- what becomes of it ------------------------------------------------------------------------------------------------


def test_passing_on_closes_one_step_and_begins_the_next() -> None:
    later = NOW + timedelta(hours=1)

    case = rules.passed_on(a_case(), by="Bình", note="xong", now=later, counting=COUNTING)

    first, second, third = case.steps
    assert (first.done_at, first.done_by, first.note) == (later, "Bình", "xong")
    assert (second.began_at, second.due_at) == (later, COUNTING.ends_at)
    assert (case.current_step, case.next) == (2, third)


@pytest.mark.parametrize("outcome", [Outcome.GRANTED, Outcome.PARTLY])
def test_nothing_is_granted_without_a_decision(outcome: Outcome) -> None:
    with pytest.raises(ActionNotAllowed, match="issue the decision first"):
        rules.completed(on_step_2(), Result(outcome=outcome), by="Bình", now=NOW)

    decided = rules.decided(on_step_2(), DECISION, today=NOW.date(), now=NOW)
    assert rules.completed(decided, Result(outcome=outcome), by="Bình", now=NOW).state is State.COMPLETED


@pytest.mark.parametrize("reasons", [None, "", "   "])
def test_a_refusal_says_why(reasons: str | None) -> None:
    with pytest.raises(InvalidInput, match="/reasons"):
        rules.completed(on_step_2(), Result(outcome=Outcome.REFUSED, reasons=reasons), by="Bình", now=NOW)


def test_completion_ends_the_step_in_work_and_leaves_those_after_the_result_until_it_is_returned() -> None:
    later = NOW + timedelta(days=2)
    case = rules.completed(on_step_2(), Result(outcome=Outcome.REFUSED, reasons="thiếu căn cứ"), by="Bình", now=NOW)

    returned = rules.heard(case, DossierReturned(way=ReturnWay.DESK, returned_at=later), later)

    assert [(step.done_at, step.done_by) for step in case.steps] == [(NOW, "Bình"), (NOW, "Bình"), (None, None)]
    assert [step.done_at for step in returned.steps] == [NOW, NOW, later]
    assert not any(step.skipped for step in returned.steps)
    assert (case.current_step, case.step_due_at, case.completed_at) == (None, None, NOW)


def test_a_decision_is_not_signed_in_the_future() -> None:
    with pytest.raises(InvalidInput, match="/signed_on"):
        rules.decided(on_step_2(), DECISION, today=NOW.date() - timedelta(days=1), now=NOW)


def test_papers_handed_over_again_can_be_taken_over_again() -> None:
    first = PapersHandedOver(from_office="H50.01", to_office="H50.02", handed_over_by="Cán bộ")
    taken = rules.papers_taken_over(rules.heard(a_case(), first, NOW), by="Văn thư", now=NOW)

    again = rules.heard(taken, first, NOW + timedelta(days=1))

    assert rules.why_not(taken, Action.TAKE_OVER_PAPERS) is not None
    assert rules.why_not(again, Action.TAKE_OVER_PAPERS) is None


def test_papers_that_went_elsewhere_are_not_the_agency_s_to_take_over() -> None:
    elsewhere = PapersHandedOver(from_office="H50.01", to_office="H50.03", handed_over_by="Cán bộ")

    case = rules.heard(a_case(), elsewhere, NOW)

    assert rules.why_not(case, Action.TAKE_OVER_PAPERS) == "No papers have been handed over to the agency."


def test_a_carrier_s_late_word_does_not_undo_a_return_at_the_desk() -> None:
    item = {"carrier": "vnpost", "tracking_number": "E1", "at": NOW}
    posted = rules.heard(a_case(state=State.COMPLETED), PostalItemBooked(**item), NOW)
    lost = rules.heard(posted, PostalItemLost(**item), NOW)
    returned = rules.heard(lost, DossierReturned(way=ReturnWay.DESK, returned_at=NOW), NOW)

    assert [case.state for case in (posted, lost, returned)] == [State.IN_POST, State.COMPLETED, State.RETURNED]
    assert rules.heard(returned, PostalItemLost(**item), NOW).state is State.RETURNED


@pytest.mark.parametrize(
    ("completed_after", "asked_after", "verdict"),
    [
        (None, timedelta(days=3), Verdict.ON_TIME),
        (None, timedelta(days=3, seconds=59), Verdict.ON_TIME),
        (None, timedelta(days=3, minutes=1), Verdict.OVERDUE),
        (timedelta(days=2), timedelta(days=30), Verdict.ON_TIME),
        (timedelta(days=4), timedelta(days=30), Verdict.OVERDUE),
    ],
)
def test_lateness_is_arithmetic_and_ends_with_the_completion(
    completed_after: timedelta | None, asked_after: timedelta, verdict: Verdict
) -> None:
    case = a_case(completed_at=NOW + completed_after if completed_after else None)

    assert by_appointment(case.times, NOW + asked_after) is verdict
