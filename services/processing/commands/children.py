"""Shares of an interlinked procedure: given to other agencies, ended by them, told of when they are late."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import insert, select, update

from services.processing import tables
from services.processing.commands import acting
from services.processing.commands.at_hand import at_hand, line_of
from services.processing.commands.child_clocks import LATE, keep_child_alarms, must_be_countable, recounted
from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.child_case import ChildCase, ChildEnd, ended_as, opened
from services.processing.domain.journal import JournalLine
from services.processing.tables import case, child_case
from shared.clock import VIETNAM
from shared.contracts.events import ChildCaseEnded, ChildCaseOpened, ChildCaseOverdue
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, DeadlineClock
from shared.errors import Changed, Flaw, InvalidInput, NotFound, NotPermitted
from shared.ids import uuid7
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.runtime import Transaction
from shared.timers import Handler, Timer
from shared.working_time import Unit

RUNNING: Final = [state for state, meaning in STATES.items() if meaning.clock is DeadlineClock.RUNS]
TRIES: Final = 3
ENDS: Final[Mapping[Action, ChildEnd]] = {Action.COMPLETE_CHILD: ChildEnd.DONE, Action.SEND_BACK_CHILD: ChildEnd.SENT_BACK}


@dataclass(frozen=True)
class Share:
    """What an agency is to do, in how much time, and after which other share; None: at once."""

    office: str
    work: str
    amount: Decimal
    unit: Unit
    after: int | None = None


@dataclass(frozen=True)
class Ending:
    """How the agency ends its share: what came of it, or why it sends it back."""

    number: int | None = None
    document_number: str | None = None
    document_reference: str | None = None
    note: str | None = None


async def open_child(tx: Transaction, name: str, officer: Officer, version: int, share: Share) -> Case:
    """The agency sees the case from now on, and works on its share with a clock of its own. Source: law.INTERLINKED."""
    before = await at_hand(tx, name, officer, version, Action.OPEN_CHILD)
    await _must_exist(tx, share.office)
    new = ChildCase(
        id=uuid7(),
        number=len(before.children) + 1,
        office=share.office,
        work=share.work,
        amount=share.amount,
        unit=share.unit,
        opened_at=tx.now,
        opened_by=officer.name,
        after=share.after,
    )
    await must_be_countable(tx, before, new)
    after = await recounted(tx, replace(before, children=opened(before.children, new, before.offices.competent)))
    child = after.children[-1]
    told = ChildCaseOpened(
        child=child.id, number=child.number, office=child.office, work=child.work, after=child.after, due_at=child.due_at
    )
    line = line_of(tx, Action.OPEN_CHILD, officer, before, after, f"{child.number}. {child.office}: {child.work}")
    saved = await tables.save_case(tx, before, after, line, told)
    await keep_child_alarms(tx, saved)
    return saved


async def end_child(tx: Transaction, name: str, officer: Officer, action: Action, ending: Ending) -> tuple[Case, ChildCase]:
    """A fact of the agency that has the share, whoever changed the case meanwhile: it names no version. Late is late."""
    for _ in range(TRIES):
        before = await acting.known(tx, await tables.load_case(tx, name))
        offices = {one.office for one in before.children}
        officer.must_act_for(offices | {before.offices.competent}, before.seen_by, f"case {name}")
        await tx.once()
        tx.about = before
        rules.must_allow(before, action)
        mine = _theirs(before, officer, ending.number)
        try:
            saved = await _ended(tx, before, mine, ENDS[action], action, ending, officer.name)
        except Changed:
            continue
        return saved, next(one for one in saved.children if one.id == mine.id)
    raise Changed("The case is being changed by others; send it again.")


async def cancel_child(tx: Transaction, name: str, officer: Officer, version: int, *, number: int, reason: str) -> Case:
    """The lead takes a share back; what comes after it begins."""
    before = await at_hand(tx, name, officer, version, Action.CANCEL_CHILD)
    if (share := next((one for one in before.children if one.is_open and one.number == number), None)) is None:
        raise InvalidInput("Please correct: /number.", Flaw("/number", f"There is no open share number {number}."))
    return await _ended(tx, before, share, ChildEnd.CANCELLED, Action.CANCEL_CHILD, Ending(number, note=reason), officer.name)


async def _ended(tx: Transaction, before: Case, child: ChildCase, end: ChildEnd, action: Action, ending: Ending, by: str) -> Case:
    children = ended_as(
        before.children,
        child.number,
        end,
        by=by,
        now=tx.now,
        document_number=ending.document_number,
        document_reference=ending.document_reference,
        note=ending.note,
    )
    after = await recounted(tx, replace(before, children=children))
    begun = tuple(now.number for then, now in zip(before.children, after.children, strict=True) if now.began_at and not then.began_at)
    told = ChildCaseEnded(
        child=child.id, number=child.number, office=child.office, end=end, ended_at=tx.now, due_at=child.due_at, begun=begun
    )
    note = f"{child.number}. {child.office}" + (f": {ending.note}" if ending.note else "")
    saved = await tables.save_case(tx, before, after, JournalLine(tx.now, action, by, before.state, after.state, child.office, note), told)
    await keep_child_alarms(tx, saved)
    return saved


def _theirs(before: Case, officer: Officer, number: int | None) -> ChildCase:
    """The share of the officer's offices that has begun and is not ended."""
    mine = [one for one in before.children if one.is_open and one.began_at and officer.sees({one.office}) and number in (None, one.number)]
    if not mine:
        raise NotPermitted("None of your offices has a share of this case that has begun and is not ended.")
    if len(mine) > 1:
        raise InvalidInput("Please correct: /number.", Flaw("/number", "Your offices have several shares of it: say which."))
    return mine[0]


async def _must_exist(tx: Transaction, office: str) -> None:
    tree: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    try:
        tree.working_on(tx.now.astimezone(VIETNAM).date(), office)
    except NotFound as missing:
        raise InvalidInput("Please correct: /office.", Flaw("/office", missing.detail)) from None


# ------------------------------------------------------------------------------------------------ late


async def tell_lateness(tx: Transaction, fired: list[Timer]) -> None:
    """`told` moves and `version` does not, so that no officer's If-Match fails."""
    for timer in fired:
        awaited = select(child_case).where(child_case.c.id == timer.subject, child_case.c.end.is_(None))
        if (late := (await tx.run(awaited)).one_or_none()) is None:
            continue
        open_still = update(case).where(case.c.id == late.case_id, case.c.state.in_(RUNNING)).values(told=case.c.told + 1)
        row = (await tx.run(open_still.returning(case.c.told, case.c.state, case.c.competent))).one_or_none()
        if row is None:
            continue
        await tx.run(update(child_case).where(child_case.c.id == late.id).values(overdue_at=tx.now))
        line = {"id": uuid7(), "case_id": late.case_id, "at": tx.now, "action": LATE, "by": "clock", "source": "processing"}
        line |= {"from_state": row.state, "to_state": row.state, "office": row.competent, "note": f"{late.number}. {late.office}"}
        await tx.run(insert(tables.journal).values(line))
        told = ChildCaseOverdue(child=late.id, number=late.number, office=late.office, due_at=_due(late.due_at, timer), lead=row.competent)
        await tx.publish(late.case_id, row.told, told)


def _due(known: datetime | None, timer: Timer) -> datetime:
    return known or timer.due_at


HANDLERS: Final[Mapping[str, Handler]] = {LATE: tell_lateness}
