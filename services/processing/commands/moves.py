"""What officers of the agency do to a case. Each move is written, journalled and told in one transaction."""

from datetime import date, datetime, timedelta

from services.processing import tables
from services.processing.commands.at_hand import at_hand, line_of
from services.processing.commands.child_clocks import keep_child_alarms, recounted
from services.processing.commands.hearing import counting_of, keep_alarms
from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.fees import FeeAsked
from services.processing.domain.group_result import must_fit
from services.processing.domain.intervals import Interval, NewDate, StopKind, is_open
from services.processing.domain.journal import JournalLine
from services.processing.references import references_of
from shared.clock import VIETNAM
from shared.contracts.events import (
    DecisionIssued,
    DossierApologised,
    DossierCompleted,
    DossierExtended,
    DossierResumed,
    DossierSuspended,
    DossierTakenUp,
    Event,
    FeeRequested,
    FeeSum,
    PapersHandedOver,
    PapersTakenOver,
    Result,
    SignedDecision,
    StepCompleted,
    StepPassedBack,
    SupplementRequested,
)
from shared.contracts.permissions import Action
from shared.errors import Flaw, InvalidInput
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction
from shared.working_time import StopPolicy


async def take_up(tx: Transaction, name: str, officer: Officer, version: int, *, note: str | None = None) -> Case:
    before = await at_hand(tx, name, officer, version, Action.TAKE_UP)
    after = rules.taken_up(before, by=officer.name, now=tx.now)
    told = DossierTakenUp(taken_up_at=tx.now, officer=officer.name)
    return await tables.save_case(tx, before, after, line_of(tx, Action.TAKE_UP, officer, before, after, note), told)


async def pass_on(
    tx: Transaction,
    name: str,
    officer: Officer,
    version: int,
    *,
    note: str | None = None,
    to_step: int | None = None,
    reason: str | None = None,
) -> Case:
    """The current step is done; the next one has the case, its time counted from now. Named steps may lie ahead, or behind; a step of
    a leader is skipped by one, or by a supervisor.
    """
    before = await at_hand(tx, name, officer, version, lambda case: _direction(case, to_step))
    if to_step is not None and _direction(before, to_step) is Action.PASS_BACK:
        if not reason:
            raise InvalidInput("Please correct: /reason.", Flaw("/reason", f"Say why the case goes back to step {to_step}."))
        return await _pass_back(tx, before, officer, to_step=to_step, reason=reason)
    rules.must_not_pass_a_head_by(before, to_step, officer.roles)
    counting = await counting_of(tx, before)
    after = rules.passed_on(before, by=officer.name, note=note, now=tx.now, counting=counting, to_step=to_step, reason=reason)
    done, current = before.current, after.current
    assert done
    assert current
    told = StepCompleted(
        step=done.number,
        actor=done.actor,
        completed_at=tx.now,
        due_at=done.due_at,
        officer=officer.name,
        next_step=current.number,
        next_actor=current.actor,
        skipped=tuple(range(done.number + 1, current.number)) or None,
        awaits_applicant=True if after.stands_outside and current.by_applicant else None,
    )
    return await _gone(tx, before, after, line_of(tx, Action.PASS_ON, officer, before, after, reason or note), told)


def _direction(case: Case, to_step: int | None) -> Action:
    behind = to_step is not None and case.current is not None and to_step < case.current.number
    return Action.PASS_BACK if behind else Action.PASS_ON


async def pass_back(tx: Transaction, name: str, officer: Officer, version: int, *, to_step: int, reason: str) -> Case:
    """The case goes back to an earlier step, with the reason; what was done since is done again."""
    before = await at_hand(tx, name, officer, version, Action.PASS_BACK)
    return await _pass_back(tx, before, officer, to_step=to_step, reason=reason)


async def _pass_back(tx: Transaction, before: Case, officer: Officer, *, to_step: int, reason: str) -> Case:
    counting = await counting_of(tx, before)
    after = rules.passed_back(before, to_step=to_step, by=officer.name, reason=reason, now=tx.now, counting=counting)
    left, current = before.current, after.current
    assert left
    assert current
    told = StepPassedBack(
        step=left.number, actor=left.actor, passed_back_at=tx.now, officer=officer.name, to_step=current.number, to_actor=current.actor
    )
    return await _gone(tx, before, after, line_of(tx, Action.PASS_BACK, officer, before, after, reason), told)


async def _gone(tx: Transaction, before: Case, after: Case, line: JournalLine, told: Event) -> Case:
    """To another step; where that sets the clock going or standing, the promise and the alarms follow."""
    if after.intervals == before.intervals:
        return await tables.save_case(tx, before, after, line, told)
    more = [DossierResumed(resumed_at=tx.now, appointment_at=after.appointment_at)] if before.stands_outside else []
    saved = await tables.save_case(tx, before, after, line, told, *more)
    await keep_alarms(tx, saved, await counting_of(tx, saved), since=tx.now)
    return saved


async def take_over_papers(tx: Transaction, name: str, officer: Officer, version: int, *, taken_over_by: str | None = None) -> Case:
    """The second name of the hand-over: the officer's own, unless another took the papers."""
    before = await at_hand(tx, name, officer, version, Action.TAKE_OVER_PAPERS)
    by = taken_over_by or officer.name
    after = rules.papers_taken_over(before, by=by, now=tx.now)
    told = PapersTakenOver(office=before.offices.competent, taken_over_by=by)
    return await tables.save_case(tx, before, after, line_of(tx, Action.TAKE_OVER_PAPERS, officer, before, after, by=by), told)


async def hand_over_result(
    tx: Transaction, name: str, officer: Officer, version: int, *, handed_over_by: str | None = None, note: str | None = None
) -> Case:
    """The papers of the result leave for the desk that returns them; people may come once the desk says it has them."""
    before = await at_hand(tx, name, officer, version, Action.HAND_OVER_RESULT)
    by = handed_over_by or officer.name
    after = rules.result_handed_over(before, now=tx.now)
    told = PapersHandedOver(from_office=before.offices.competent, to_office=before.offices.returning, handed_over_by=by, note=note)
    return await tables.save_case(tx, before, after, line_of(tx, Action.HAND_OVER_RESULT, officer, before, after, note, by), told)


async def issue_decision(tx: Transaction, name: str, officer: Officer, version: int, decision: SignedDecision) -> Case:
    """Once; from here on nothing can be withdrawn."""
    before = await at_hand(tx, name, officer, version, Action.ISSUE_DECISION)
    after = rules.decided(before, decision, today=tx.now.astimezone(VIETNAM).date(), now=tx.now)
    line = line_of(
        tx, Action.ISSUE_DECISION, officer, before, after, f"{decision.number}, {decision.signed_on:%d/%m/%Y}, {decision.signer}"
    )
    return await tables.save_case(tx, before, after, line, DecisionIssued(decision=decision))


async def complete(tx: Transaction, name: str, officer: Officer, version: int, result: Result) -> Case:
    """The clock ends; the desk has the baton."""
    before = await at_hand(tx, name, officer, version, Action.COMPLETE)
    must_fit(result, await references_of(tx).members(tx, before.procedure.version_id))
    after = rules.completed(before, result, by=officer.name, now=tx.now)
    told = DossierCompleted(completed_at=tx.now, appointment_at=before.appointment_at, result=result, decision=before.decision)
    return await with_alarms(tx, before, after, line_of(tx, Action.COMPLETE, officer, before, after, result.reasons), told)


# ------------------------------------------------------------------------------------------------ the clock


async def suspend(tx: Transaction, name: str, officer: Officer, version: int, *, ground: str, until: date) -> Case:
    """On a ground in the law of the sector, which is shown: the clock stands until the case is resumed."""
    before = await at_hand(tx, name, officer, version, Action.SUSPEND)
    stop = Interval(tx.now, StopKind.SUSPENSION, StopPolicy.PAUSE, ground, officer.name, until)
    counting = await counting_of(tx, before)
    after = rules.promised_again(rules.suspended(before, stop), before, counting)
    told = DossierSuspended(suspended_at=tx.now, ground=ground, until=until)
    return await with_alarms(tx, before, after, line_of(tx, Action.SUSPEND, officer, before, after, ground), told)


async def return_for_supplement(
    tx: Transaction, name: str, officer: Officer, version: int, *, papers: tuple[str, ...], reason: str, irregular: str | None
) -> Case:
    """What is missing, all at once: the desk has the baton, people have fifteen days, the clock stands."""
    before = await at_hand(tx, name, officer, version, Action.RETURN_FOR_SUPPLEMENT)
    counting = await counting_of(tx, before)
    # Where it stood for want of a fee, that stop ends here, and its time is given back.
    standing = rules.promised_again(rules.fee_awaited_no_more(before, tx.now), before, counting)
    ends_at, lapses_at = counting.supplement_ends_at(tx.now, before.time_terms.supplement_days)
    last_day = (ends_at - timedelta(minutes=1)).astimezone(VIETNAM).date()
    stop = Interval(tx.now, StopKind.SUPPLEMENT, before.time_terms.supplement, reason, officer.name, last_day)
    after = rules.promised_again(rules.returned_for_supplement(standing, stop, irregular=irregular), standing, counting)
    told = SupplementRequested(requested_at=tx.now, papers=papers, reason=reason, ends_at=ends_at, lapses_at=lapses_at, irregular=irregular)
    note = "; ".join(papers) + (f" (yêu cầu ngoài lệ: {irregular})" if irregular else "")
    line = line_of(tx, Action.RETURN_FOR_SUPPLEMENT, officer, before, after, note)
    return await with_alarms(tx, before, after, line, told)


async def request_fee(tx: Transaction, name: str, officer: Officer, version: int, *, fees: tuple[FeeSum, ...], reason: str) -> Case:
    """People pay at the desk or online. The clock runs on, unless the terms of the case name the law by which it stands.

    Sources: law.FEE_DURING_PROCESSING, law.FEE_PAUSE, law.FEE_REMINDER.
    """
    before = await at_hand(tx, name, officer, version, Action.REQUEST_FEE)
    asked = FeeAsked(request=uuid7(), fees=fees, reason=reason, asked_at=tx.now, by=officer.name)
    law = before.time_terms.fee_pauses
    # Where its step is not counted, the clock stands already.
    stop = Interval(tx.now, StopKind.FEE, StopPolicy.PAUSE, law, officer.name) if law and not is_open(before.intervals) else None
    after = rules.promised_again(rules.fee_requested(before, asked, stop), before, await counting_of(tx, before))
    told = FeeRequested(
        request=asked.request,
        fees=fees,
        requested_at=tx.now,
        remind_at=tx.now + before.time_terms.fee_reminder_after,
        reason=reason,
        paused_by=law,
    )
    note = f"{reason}: " + "; ".join(f"{fee.name} {fee.amount} đồng" for fee in fees)
    return await with_alarms(tx, before, after, line_of(tx, Action.REQUEST_FEE, officer, before, after, note), told)


async def resume(tx: Transaction, name: str, officer: Officer, version: int, *, note: str | None = None) -> Case:
    """The working time that was left runs on; people are told the new date."""
    before = await at_hand(tx, name, officer, version, Action.RESUME)
    counting = await counting_of(tx, before)
    after = rules.promised_again(rules.resumed(before, tx.now), before, counting)
    told = DossierResumed(resumed_at=tx.now, appointment_at=after.appointment_at)
    return await with_alarms(tx, before, after, line_of(tx, Action.RESUME, officer, before, after, note), told)


async def extend(tx: Transaction, name: str, officer: Officer, version: int, *, appointment_at: datetime, reason: str) -> Case:
    """Once, and at the latest on the last working day before the one promised: the new date counts, the first one is kept."""
    before = await at_hand(tx, name, officer, version, Action.EXTEND)
    new = NewDate(tx.now, before.appointment_at, appointment_at, reason, officer.name, in_time=True)
    after = rules.promised(before, new, await counting_of(tx, before))
    return await _promise(tx, Action.EXTEND, officer, before, after, DossierExtended)


async def apologise(tx: Transaction, name: str, officer: Officer, version: int, *, appointment_at: datetime, reason: str) -> Case:
    """Too late for an extension: people are told another date, and the dossier stays late."""
    before = await at_hand(tx, name, officer, version, Action.APOLOGISE)
    new = NewDate(tx.now, before.appointment_at, appointment_at, reason, officer.name, in_time=False)
    after = rules.promised(before, new, await counting_of(tx, before))
    return await _promise(tx, Action.APOLOGISE, officer, before, after, DossierApologised)


async def _promise(
    tx: Transaction, action: Action, officer: Officer, before: Case, after: Case, told: type[DossierExtended | DossierApologised]
) -> Case:
    new = after.new_dates[-1]
    event = told(
        first_appointment_at=before.first_appointment_at or before.appointment_at,
        earlier_appointment_at=new.earlier,
        appointment_at=new.appointment_at,
        reason=new.reason,
        signer=new.signer,
    )
    return await with_alarms(tx, before, after, line_of(tx, action, officer, before, after, new.reason), event)


async def with_alarms(tx: Transaction, before: Case, after: Case, line: JournalLine, told: Event) -> Case:
    """Written, and the clock told what it will have to say from now on."""
    saved = await tables.save_case(tx, before, await recounted(tx, after), line, told)
    await keep_alarms(tx, saved, await counting_of(tx, saved), since=tx.now)
    await keep_child_alarms(tx, saved)
    return saved
