"""Results made once more: the desk asks, an officer corrects or says why the result stands, the clock reminds."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Row, select, tuple_

from services.processing import tables
from services.processing.commands.at_hand import at_hand, line_of
from services.processing.commands.hearing import counting_of, heard_of
from services.processing.commands.looking import PageOf, competent_within, instant_of, page_of, position_of, uuid_of
from services.processing.domain import case as rules
from services.processing.domain.case import Case, heard
from services.processing.domain.correction import Correction, correction_due_at
from services.processing.domain.deadline import ONE_MINUTE
from services.processing.domain.journal import JournalLine
from shared import timers
from shared.contracts.events import CorrectionDeclined, CorrectionDone, CorrectionOverdue, CorrectionRequested, Result
from shared.contracts.permissions import Action
from shared.officers import Officer
from shared.runtime import Transaction
from shared.timers import Handler, Timer
from shared.wire import Envelope

CORRECTION_OVERDUE: Final = "correction_overdue"


async def correction_requested(tx: Transaction, event: CorrectionRequested, envelope: Envelope) -> None:
    """A task of its own, with its own time; whatever the case is, it stays."""
    before = await tables.load_case(tx, envelope.subject)
    due_at = correction_due_at(await counting_of(tx, before), event.requested_at)
    task = Correction(event.kind, event.reason, event.requested_at, event.requested_by, due_at)
    after = replace(heard(before, event, envelope.time), corrections=(*before.corrections, task))
    line = replace(heard_of(event, envelope, before.state, after.state), by=event.requested_by, note=event.reason)
    await tables.save_case(tx, before, after, line)
    await timers.keep(tx, before.id, {CORRECTION_OVERDUE: due_at + ONE_MINUTE})


async def correct_result(tx: Transaction, name: str, officer: Officer, version: int, result: Result) -> Case:
    """The new result counts; the one before stays with the task."""
    before = await at_hand(tx, name, officer, version, Action.CORRECT_RESULT)
    assert before.correction
    after = rules.corrected(before, result, by=officer.name, now=tx.now)
    told = CorrectionDone(
        number=len(after.corrections),
        kind=before.correction.kind,
        result=result,
        done_at=tx.now,
        due_at=before.correction.due_at,
        officer=officer.name,
    )
    saved = await tables.save_case(
        tx, before, after, line_of(tx, Action.CORRECT_RESULT, officer, before, after, result.document_number), told
    )
    await timers.keep(tx, saved.id, {CORRECTION_OVERDUE: None})
    return saved


async def decline_correction(tx: Transaction, name: str, officer: Officer, version: int, *, reason: str) -> Case:
    """The result stands as it is; a leader says why."""
    before = await at_hand(tx, name, officer, version, Action.DECLINE_CORRECTION)
    assert before.correction
    after = rules.correction_declined(before, reason=reason, by=officer.name, now=tx.now)
    told = CorrectionDeclined(
        number=len(after.corrections), kind=before.correction.kind, reason=reason, declined_at=tx.now, officer=officer.name
    )
    saved = await tables.save_case(tx, before, after, line_of(tx, Action.DECLINE_CORRECTION, officer, before, after, reason), told)
    await timers.keep(tx, saved.id, {CORRECTION_OVERDUE: None})
    return saved


async def ring(tx: Transaction, due: list[Timer]) -> None:
    """A task that still is open is told of."""
    for timer in due:
        case = await tables.load_case(tx, str(timer.subject))
        if task := case.correction:
            line = JournalLine(tx.now, CORRECTION_OVERDUE, "clock", case.state, case.state, case.offices.competent)
            told = CorrectionOverdue(number=len(case.corrections), due_at=task.due_at, office=case.offices.competent)
            await tables.tell(tx, case.id, line, told)


HANDLERS: Final[Mapping[str, Handler]] = {CORRECTION_OVERDUE: ring}


async def open_ones(tx: Transaction, officer: Officer, *, office: str | None, after: str | None, limit: int) -> PageOf[Row[Any]]:
    """Of the cases the officer's offices are competent for, what is due first on top."""
    case, task = tables.case, tables.correction
    query = (
        select(case.c.id, case.c.code, case.c.version, case.c.procedure_name, case.c.competent)
        .add_columns(task.c.number, task.c.kind, task.c.reason, task.c.due_at)
        .join(task, task.c.case_id == case.c.id)
        .where(task.c.done_at.is_(None), task.c.declined_at.is_(None), await competent_within(tx, officer, office))
        .order_by(task.c.due_at, case.c.id)
    )
    if after:
        due_at, name = position_of(after, 2)
        query = query.where(tuple_(task.c.due_at, case.c.id) > tuple_(instant_of(due_at), uuid_of(name)))
    return await page_of(tx, query, limit, "due_at", "id")
