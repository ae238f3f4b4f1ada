"""Every published process played to its end by a robot that does only what is possible; its times add up as the source says."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.deadline import Counting
from services.processing.domain.repair import repaired
from services.processing.domain.workflow import Leaving, Steps, opened, planned, result_at_desk, steps_of
from shared.contracts.events import Outcome, Result, SignedDecision
from shared.contracts.permissions import Action
from shared.contracts.states import State
from shared.working_time import Unit, add_working_minutes
from tests.domain.test_graph import a_case_of
from tests.domain.test_workflow import CALENDAR, CATALOGUE, MONDAY, Published

HOURS_A_DAY = 8
IN_ORDER = (Action.ISSUE_DECISION, Action.COMPLETE, Action.PASS_ON)
DECISION = SignedDecision(number="1/QĐ", signed_on=MONDAY.date(), signer="Lãnh đạo")

# The source's own arithmetic: the steps printed do not make up the total printed beside them.
DIFFER = {("DN-1.014431", 0): (15, 27)}


def counting_from(case: Case) -> Counting:
    return Counting(case.limit_ends_at, CALENDAR)


def played(one: Published) -> tuple[Case, list[Action]]:
    """From acceptance to completion: of what is possible, the first that leads on; an hour of work at each step."""
    ends_at = MONDAY + timedelta(days=250)
    counting = Counting(ends_at, CALENDAR)
    steps = opened(planned(steps_of(one.content, one.place, "calendar"), MONDAY, counting), MONDAY, counting)
    case, done, now = a_case_of(one.key, state=State.RECEIVED, appointment_at=ends_at, steps=steps), list[Action](), MONDAY
    while case.completed_at is None:
        action = next(action for action in (Action.TAKE_UP, *IN_ORDER) if _wanted(case, action))
        now = add_working_minutes(now, 60, CALENDAR)
        case = _does(case, action, now)
        done.append(action)
        assert len(done) < 100, one.key
    return case, done


def _wanted(case: Case, action: Action) -> bool:
    """What is possible, and not the decision before all counted steps were reached."""
    reached = Action.COMPLETE in case.possible_actions
    return action in case.possible_actions and (action is not Action.ISSUE_DECISION or reached)


def _does(case: Case, action: Action, now: datetime) -> Case:
    rules.must_allow(case, action)
    match action:
        case Action.TAKE_UP:
            return rules.taken_up(case, by="Robot", now=now)
        case Action.PASS_ON:
            return rules.passed_on(case, by="Robot", note=None, now=now, counting=counting_from(case))
        case Action.ISSUE_DECISION:
            return rules.decided(case, DECISION, today=now.date(), now=now)
        case _:
            return rules.completed(case, Result(outcome=Outcome.GRANTED), by="Robot", now=now)


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: f"{one.key}-{one.place}")
def test_a_published_process_is_played_to_its_end_by_what_is_possible(one: Published) -> None:
    case, done = played(one)

    counted = [step for step in case.steps if step.counted]
    assert case.state is State.COMPLETED
    assert done[-1] is Action.COMPLETE
    assert all(step.done_at for step in counted)
    assert [step.number for step in case.steps if not step.done_at] == [
        step.number for step in case.steps if counted and step.number > counted[-1].number
    ]
    assert [visit.step for visit in case.visits] == sorted({visit.step for visit in case.visits})
    assert {visit.leaving for visit in case.visits} == {Leaving.DONE}
    assert not any(interval.ended_at is None for interval in case.intervals)


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: f"{one.key}-{one.place}")
def test_a_completion_by_mistake_leaves_no_trace_in_the_steps_of_any_published_process(one: Published) -> None:
    case, _ = played(one)
    assert case.completed_at
    there = replace(case, steps=result_at_desk(case.steps, case.completed_at + timedelta(hours=1)))

    again = repaired(there, State.IN_PROGRESS, case.completed_at, ticket="T-1", now=case.completed_at + timedelta(hours=2))

    last = case.visits[-1].step
    assert again.current_step == last
    assert {(step.began_at, step.done_at) for step in again.steps[last:]} <= {(None, None)}


def sums(steps: Steps) -> dict[Unit, Decimal]:
    """What is allotted, each time once, however many steps share it."""
    found: defaultdict[Unit, Decimal] = defaultdict(Decimal)
    for holder in {step.allotment for step in steps if step.allotment}:
        found[holder.unit] += holder.amount
    return dict(found)


def published_sums(one: Published) -> dict[Unit, Decimal]:
    said = one.process.get("sum_of_steps", {})
    parts = said.get("mixed", [said] if said else [])
    return {Unit(part["unit"]): Decimal(str(part["amount"])) for part in parts}


def as_published(one: Published) -> Steps:
    """With units as printed: nothing of it read as working time."""
    steps = steps_of(one.content, one.place, "calendar")
    units = {step["seq"]: step["allotted"].get("unit") for step in one.process["steps"]}
    return tuple(
        replace(step, allotment=replace(step.allotment, unit=Unit(units[step.allotment.holder]))) if step.allotment else step
        for step in steps
    )


def test_the_times_of_the_steps_add_up_to_what_the_source_says() -> None:
    for one in CATALOGUE:
        if one.process["steps_complete"]:
            assert sums(as_published(one)) == published_sums(one), one.key


def test_the_sum_of_the_steps_is_the_total_unless_the_source_itself_differs() -> None:
    differ = {}
    for one in CATALOGUE:
        if one.process.get("total", {}).get("kind") == "fixed" and published_sums(one):
            steps, total = _hours(sums(as_published(one))), one.process["total"]
            said = _hours({Unit(total["unit"]): Decimal(str(total["amount"]))})
            assert (steps == said) is one.process["sum_matches_total"], one.key
            if steps != said:
                differ[one.key, one.place] = (steps / HOURS_A_DAY, said / HOURS_A_DAY)

    assert differ == DIFFER


def _hours(amounts: dict[Unit, Decimal]) -> Decimal:
    """Days and working days by amount, at eight hours; a month only beside months."""
    per = {Unit.WORKING_DAY: HOURS_A_DAY, Unit.DAY: HOURS_A_DAY, Unit.WORKING_HOUR: 1, Unit.HOUR: 1, Unit.MONTH: 30 * HOURS_A_DAY}
    return sum((amount * per[unit] for unit, amount in amounts.items()), Decimal(0))


def test_the_totals_of_the_stages_are_those_of_their_steps() -> None:
    staged = [one for one in CATALOGUE if one.process.get("stage_totals")]

    assert [one.key for one in staged] == ["CB-2.000286"]
    for one in staged:
        steps = steps_of(one.content, one.place, "calendar")
        for total in one.process["stage_totals"]:
            mine = tuple(step for step in steps if step.stage == total["stage"])
            assert sums(mine) == {Unit(total["unit"]): Decimal(str(total["amount"]))}


def test_the_clock_stands_at_the_one_published_step_that_is_not_counted_on_the_way() -> None:
    stopped = {
        (one.key, one.place): [interval.ground for interval in case.intervals] for one in CATALOGUE if (case := played(one)[0]).intervals
    }

    assert stopped == {("LS-KHCN-01", 1): ["B13: Không tính thời gian"]}


def test_what_the_applicant_alone_does_first_is_over_at_acceptance() -> None:
    filed = {one.key: [step.actor for step in played(one)[0].steps if step.done_at == MONDAY] for one in CATALOGUE}

    assert {key: actors for key, actors in filed.items() if actors} == {
        "HT-1.003006": ["Tổ chức"],
        "HT-1.003029": ["Tổ chức"],
        "TN-SNV-11255": ["Cơ quan, tổ chức chủ trì tổ chức hội nghị, hội thảo quốc tế"],
        "AG-SNV-ABTC": ["Cá nhân"],
    }
