"""Who has a case: given by hand, by rule, or claimed; given back, lapsed, or taken over from who has left. Each told and journalled."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Row, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from services.processing import tables
from services.processing.commands.hearing import counting_of
from services.processing.commands.moves import at_hand
from services.processing.domain.assignment import Assigning, Assignment, How, Rule, chosen
from services.processing.domain.case import Case
from services.processing.domain.journal import JournalLine
from services.processing.domain.staff import RegisteredOfficer
from services.processing.domain.workload import HELD
from services.processing.staff import assigning_of, officer_of, staff_of
from services.processing.tables import case as cases
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import DossierAssigned
from shared.contracts.permissions import Action, Role
from shared.errors import Changed, Conflict, Flaw, InvalidInput
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.runtime import Runtime, Transaction
from shared.timers import Handler, Timer
from shared.working_time import CalendarUnknown, add_working_minutes

logger = structlog.get_logger()


class NotInService(Conflict):
    """Only officers who are registered and in service have cases of their own."""


CLAIM_LAPSES: Final = "claim_lapses"
BATCH_SIZE: Final = 100
"""Cases that change hands in one transaction at most."""

# ------------------------------------------------------------------------------------------------ by people


async def assign(tx: Transaction, name: str, officer: Officer, version: int, *, to: str, reason: str | None) -> Case:
    """By the head of the unit, to any colleague whose offices include it; who takes a case from somebody says why."""
    before = await at_hand(tx, name, officer, version, Action.ASSIGN)
    if before.assigned and not reason:
        raise InvalidInput("Please correct: /reason.", Flaw("/reason", f"{before.assigned.name} has it: say why another should."))
    colleague = await _in_service(tx, to, before.offices.competent, "/officer")
    return await _give(tx, before, colleague, How.BY_HAND, by=officer.name, action=Action.ASSIGN, reason=reason)


async def claim(tx: Transaction, name: str, officer: Officer, version: int) -> Case:
    """Taken on by whoever works on it; it lapses after the office's working hours unless something is done before."""
    before = await at_hand(tx, name, officer, version, Action.CLAIM)
    try:
        own = await _in_service(tx, officer.stands_for or officer.id, before.offices.competent, "")
    except InvalidInput as error:
        raise NotInService(f"{error.detail} An administrator registers officers who have cases.") from None
    assert before.assigning
    ends_at = await _so_many_hours_on(tx, before, before.assigning.claim_hours)
    saved = await _give(tx, before, own, How.CLAIMED, by=officer.name, action=Action.CLAIM, claim_ends_at=ends_at)
    await timers.keep(tx, saved.id, {CLAIM_LAPSES: ends_at})
    return saved


async def release(tx: Transaction, name: str, officer: Officer, version: int, *, reason: str) -> Case:
    """Back to the unit: no rule gives it to anybody before its next step, for whoever gave it back had a reason."""
    before = await at_hand(tx, name, officer, version, Action.RELEASE)
    return await _take_away(tx, before, "released", by=officer.name, action=Action.RELEASE, reason=reason, left_to_unit=True)


async def _in_service(tx: Transaction, subject: str, competent: str, pointer: str) -> RegisteredOfficer:
    """The colleague, who cannot leave before this is done. Raises InvalidInput."""
    row = (await tx.run(select(tables.officer).where(tables.officer.c.id == subject).with_for_update(read=True))).one_or_none()
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    reason = f"No officer {subject} is registered." if row is None else officer_of(row).why_not_given(competent, _today(tx), offices)
    if reason:
        raise InvalidInput(reason, *([Flaw(pointer, reason)] if pointer else []))
    return officer_of(row)  # pyright: ignore[reportArgumentType]


async def _so_many_hours_on(tx: Transaction, case: Case, hours: int) -> datetime:
    """Working hours of its office; where no calendar is known, a day. Domain time: who holds a claim keeps office hours."""
    counting = await counting_of(tx, case)
    if counting.calendar:
        try:
            return add_working_minutes(tx.now, hours * 60, counting.calendar, counting.hours)
        except CalendarUnknown:
            logger.warning("claim.calendar_unknown", case=str(case.id))
    return tx.now + timedelta(days=1)


# ------------------------------------------------------------------------------------------------ given, and taken away


async def _give(
    tx: Transaction,
    before: Case,
    to: RegisteredOfficer,
    how: How,
    *,
    by: str,
    action: str,
    reason: str | None = None,
    claim_ends_at: datetime | None = None,
) -> Case:
    assert before.current
    given = Assignment(to.id, to.name, before.current.number, tx.now, by, how, claim_ends_at)
    after = replace(before, assignment=given, pooled_step=None)
    told = DossierAssigned(office=before.offices.competent, officer=to.name, how=how, by=by)
    return await tables.save_case(tx, before, after, _line(tx, action, by, before, to.name, reason), told)


async def _take_away(
    tx: Transaction, before: Case, how: str, *, by: str, action: str, reason: str | None, left_to_unit: bool = False
) -> Case:
    after = replace(before, assignment=None, pooled_step=before.current_step if left_to_unit else None)
    told = DossierAssigned(office=before.offices.competent, how=how, by=by)
    return await tables.save_case(tx, before, after, _line(tx, action, by, before, None, reason), told)


def _line(tx: Transaction, action: str, by: str, before: Case, to: str | None, reason: str | None) -> JournalLine:
    hands = f"{before.assigned.name if before.assigned else '…'} → {to or '…'}"
    note = f"{hands}: {reason}" if reason else hands
    return JournalLine(tx.now, action, by, before.state, before.state, before.offices.competent, note)


# ------------------------------------------------------------------------------------------------ by the clock


async def lapse(tx: Transaction, due: list[Timer]) -> None:
    """Claims under which nothing was done: anybody may take the case on again."""
    for timer in due:
        for last in (False, False, True):
            # A note changes no version, and is work too: what is written this moment is waited for.
            await tx.run(select(cases.c.id).where(cases.c.id == timer.subject).with_for_update())
            case = await tables.load_case(tx, str(timer.subject))
            claimed = case.assigned
            if claimed is None or claimed.claim_ends_at is None or claimed.claim_ends_at > timer.due_at:
                break
            try:
                await _take_away(tx, case, "lapsed", by="clock", action=CLAIM_LAPSES, reason=None)
            except Changed:
                if last:
                    raise


HANDLERS: Final[Mapping[str, Handler]] = {CLAIM_LAPSES: lapse}


# ------------------------------------------------------------------------------------------------ by rule


async def assign_by_rule(runtime: Runtime) -> bool:
    """What waits in offices that assign by rule, a batch an office; whether there may be more. Any number of copies may run."""
    async with runtime.transaction() as tx:
        waiting = await _waiting(tx)
    more = False
    for office, competent in waiting.items():
        async with runtime.transaction() as tx:
            more = await _assign_in(tx, office, competent) or more
    return more


async def _waiting(tx: Transaction) -> dict[str, frozenset[str]]:
    """Offices whose rules have something to look at, each with those whose cases are its own."""
    staff, offices, today = await staff_of(tx).look(tx), await tx.runtime.facts["offices"].tree(tx), _today(tx)
    ruled = [office for office, assigning in staff.assigning.items() if assigning.rules]
    own: dict[str, frozenset[str]] = {}
    for office in ruled:
        mine = offices.succession(office)
        own[office] = frozenset(code for code in mine if (found := staff.assigning_of(code, today, offices)) and found[0] == office)
    if not own:
        return {}
    everywhere = sorted(set().union(*own.values()))
    found = set((await tx.run(select(cases.c.competent).where(*_TO_ASSIGN, _of(everywhere)).distinct())).scalars())
    return {office: mine for office, mine in own.items() if mine & found}


_TO_ASSIGN: Final = (
    cases.c.current_step.is_not(None),
    cases.c.assignee.is_(None),
    cases.c.pooled_step.is_distinct_from(cases.c.current_step),
    cases.c.state.in_(HELD),
)


def _of(offices: Sequence[str]) -> Any:
    return cases.c.competent == _any(offices)


def _any(names: Sequence[str]) -> Any:
    return any_(literal(list(names), ARRAY(TEXT)))


async def _assign_in(tx: Transaction, office: str, competent: frozenset[str]) -> bool:
    """In the order they came, by one copy at a time: its turns are its own."""
    locked = select(tables.assigning).where(tables.assigning.c.office == office).with_for_update(skip_locked=True)
    if (row := (await tx.run(locked)).one_or_none()) is None:
        return False
    assigning, turns = assigning_of(row), dict(row.turns)
    ids = list(
        (await tx.run(select(cases.c.id).where(*_TO_ASSIGN, _of(sorted(competent))).order_by(cases.c.id).limit(BATCH_SIZE))).scalars()
    )
    waiting = [await tables.load_case(tx, str(found)) for found in ids]
    fields = await _fields_of(tx, waiting)
    staff = await _at_work(tx, office, assigning)
    loads = await _loads(tx, [officer.id for officer in staff])
    left: list[UUID] = []
    for case in waiting:
        place = assigning.rule_for(case.procedure.key, fields.get(case.procedure.version_id), case.current.actor if case.current else None)
        candidates = await _candidates(tx, assigning.rules[place], office, case, staff) if place is not None else {}
        turn = chosen(assigning.rules[place].method, sorted(candidates), loads, turns.get(str(place))) if place is not None else None
        if turn is None:
            left.append(case.id)
            continue
        try:
            await _give(tx, case, candidates[turn], How.BY_RULE, by="rule", action="assign_by_rule")
        except Changed:
            continue  # somebody was quicker: it is looked at again as it stands then
        turns[str(place)] = turn
        loads[turn] = loads.get(turn, 0) + 1
    if left:
        await tx.run(update(cases).where(cases.c.id.in_(left)).values(pooled_step=cases.c.current_step))
    await tx.run(update(tables.assigning).where(tables.assigning.c.office == office).values(turns=turns))
    return len(ids) == BATCH_SIZE


async def _fields_of(tx: Transaction, waiting: Sequence[Case]) -> dict[UUID, str | None]:
    version = tables.procedure_version
    asked = {case.procedure.version_id for case in waiting}
    rows = await tx.run(select(version.c.id, version.c.content["field"].astext.label("field")).where(version.c.id.in_(asked)))
    return {row.id: row.field for row in rows}


async def _at_work(tx: Transaction, office: str, assigning: Assigning) -> list[RegisteredOfficer]:
    """Those of the office and those its rules name, if in service today; none of them can leave before this is done."""
    table, today = tables.officer, _today(tx)
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    named = sorted({officer for rule in assigning.rules for officer in rule.officers})
    asked = (table.c.id == _any(named)) | (table.c.office == _any(sorted(offices.succession(office))))
    rows = await tx.run(select(table).where(asked, table.c.departed_at.is_(None)).order_by(table.c.id).with_for_update(read=True))
    return [officer for row in rows if (officer := officer_of(row)).works_on(today)]


async def _candidates(
    tx: Transaction, rule: Rule, office: str, case: Case, staff: Sequence[RegisteredOfficer]
) -> dict[str, RegisteredOfficer]:
    """Those the rule names, or the case officers of the office and of those merged into it; as far as the case can be theirs."""
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    units, today = offices.succession(office), _today(tx)
    return {
        officer.id: officer
        for officer in staff
        if (officer.id in rule.officers if rule.officers else officer.office in units and Role.CASE_OFFICER in officer.roles)
        and not officer.why_not_given(case.offices.competent, today, offices)
    }


async def _loads(tx: Transaction, officers: Sequence[str]) -> dict[str, int]:
    """How many open steps each has."""
    table = tables.work_count
    theirs = table.c.assignee == _any(officers)
    rows = await tx.run(select(table.c.assignee, func.sum(table.c.number).label("number")).where(theirs).group_by(table.c.assignee))
    return {row.assignee: int(row.number) for row in rows}


# ------------------------------------------------------------------------------------------------ from who has left


async def empty_desks(runtime: Runtime) -> bool:
    """Nothing stays with someone who is gone, or may no longer work on it: a batch an officer; whether there is more. Any number of
    copies may run.
    """
    table = tables.officer
    async with runtime.transaction() as tx:
        gone = table.c.desk_empty_at.is_(None) & (table.c.departed_at.is_not(None) | (table.c.valid_to < _today(tx)))
        found = {
            clear: (await tx.run(select(table.c.id).where(which).order_by(table.c.id).limit(10))).scalars().all()
            for clear, which in ((_empty_desk, gone), (_clear_desk, table.c.moved_at.is_not(None)))
        }
    more = False
    for clear, officers in found.items():
        for officer in officers:
            async with runtime.transaction() as tx:
                more = await clear(tx, officer) or more
    return more


async def _empty_desk(tx: Transaction, subject: str) -> bool:
    """Locked first: whoever was giving them a case has done so by now, and nobody can any more."""
    table = tables.officer
    row = (await tx.run(select(table).where(table.c.id == subject).with_for_update(skip_locked=True))).one_or_none()
    if row is None or row.desk_empty_at or not officer_of(row).is_gone(_today(tx)):
        return False
    theirs = select(cases.c.id).where(cases.c.assignee == subject).order_by(cases.c.id).limit(BATCH_SIZE)
    ids = (await tx.run(theirs)).scalars().all()
    moved = [await _pass_to_others(tx, found, row) for found in ids]
    if not ids:
        await tx.run(update(table).where(table.c.id == subject).values(desk_empty_at=tx.now))
        return False
    return any(moved)


async def _clear_desk(tx: Transaction, subject: str) -> bool:
    """Of who is of another office now, or has other roles: what they may not have any more is the unit's again. Locked as above."""
    table = tables.officer
    row = (await tx.run(select(table).where(table.c.id == subject).with_for_update(skip_locked=True))).one_or_none()
    if row is None or row.moved_at is None:
        return False
    officer, today = officer_of(row), _today(tx)
    if officer.is_gone(today) and row.desk_empty_at is None:
        return False  # what they have goes where their departure says
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    competent = select(cases.c.competent).where(cases.c.assignee == subject).distinct()
    lost = {office: why for office in (await tx.run(competent)).scalars().all() if (why := officer.why_not_given(office, today, offices))}
    theirs = select(cases.c.id).where(cases.c.assignee == subject, _of(sorted(lost))).order_by(cases.c.id).limit(BATCH_SIZE)
    ids = (await tx.run(theirs)).scalars().all()
    if not ids:
        await tx.run(update(table).where(table.c.id == subject).values(moved_at=None))
        return False
    moved = [await _back_to_unit(tx, found, row) for found in ids]
    return any(moved)


async def _back_to_unit(tx: Transaction, case_id: UUID, gone: Row[Any]) -> bool:
    case = await tables.load_case(tx, str(case_id))
    if case.assigned is None or case.assigned.officer != gone.id:
        return False
    reason = f"{gone.name} không còn thụ lý hồ sơ của {case.offices.competent} từ ngày {gone.moved_at.astimezone(VIETNAM):%d/%m/%Y}"
    try:
        await _take_away(tx, case, "moved", by="departure", action="release_after_move", reason=reason)
    except Changed:
        return False
    return True


async def _pass_to_others(tx: Transaction, case_id: UUID, gone: Row[Any]) -> bool:
    """To the colleague named, if the case can be theirs; else back to the unit. False: changed meanwhile, next time."""
    case = await tables.load_case(tx, str(case_id))
    if case.assigned is None or case.assigned.officer != gone.id:
        return False
    reason: str = gone.departure_reason or f"{gone.name} thôi nhiệm vụ từ ngày {gone.valid_to + timedelta(days=1):%d/%m/%Y}"
    try:
        colleague = await _in_service(tx, gone.cases_to, case.offices.competent, "") if gone.cases_to else None
    except InvalidInput:
        colleague = None
    try:
        if colleague:
            await _give(tx, case, colleague, How.DEPARTURE, by="departure", action="assign_after_departure", reason=reason)
        else:
            await _take_away(tx, case, How.DEPARTURE, by="departure", action="release_after_departure", reason=reason)
    except Changed:
        return False
    return True


def _today(tx: Transaction) -> date:
    return tx.now.astimezone(VIETNAM).date()
