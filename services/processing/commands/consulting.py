"""Opinions of other offices: asked, answered, and told of when they do not come. The clock of the case runs on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update

from services.processing import tables
from services.processing.commands import acting
from services.processing.commands.at_hand import at_hand, line_of
from services.processing.commands.hearing import counting_of
from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.consultation import AnswerLimit, Consultation, Opinion, answer_due_at, answer_due_on, answered, asked
from services.processing.domain.deadline import ONE_MINUTE
from services.processing.domain.journal import JournalLine
from services.processing.references import references_of
from services.processing.tables import case, consultation
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import ConsultationAnswered, ConsultationOverdue, ConsultationRequested
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, DeadlineClock
from shared.errors import Changed, Flaw, InvalidInput, NotFound, NotPermitted
from shared.ids import uuid7
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.runtime import Transaction
from shared.timers import Handler, Timer
from shared.working_time import Unit

SILENT: Final = "consultation_overdue"
OPEN: Final = [state for state, meaning in STATES.items() if meaning.clock in {DeadlineClock.RUNS, DeadlineClock.STOPPED}]
TRIES: Final = 3


@dataclass(frozen=True)
class Asked:
    """What an officer wants to know of another office, and how long that has: an amount, a day, or what the procedure says."""

    office: str
    question: str
    amount: Decimal | None = None
    unit: Unit | None = None
    answer_by: date | None = None


async def request_consultation(tx: Transaction, name: str, officer: Officer, version: int, question: Asked) -> Case:
    """The office is asked; it sees the case from now on. Source: law.CONSULTATION."""
    before = await at_hand(tx, name, officer, version, Action.REQUEST_CONSULTATION)
    await _must_exist(tx, question.office)
    counting, hours = await counting_of(tx, before), await references_of(tx).hours(tx, question.office)
    if question.answer_by:
        due_at = answer_due_on(question.answer_by, tx.now, counting.calendar, hours)
        said = f"đến {question.answer_by:%d/%m/%Y}"
    else:
        limit = await _limit(tx, before, question)
        due_at, said = answer_due_at(tx.now, limit, counting.calendar, hours), limit.text
    new = Consultation(
        id=uuid7(),
        office=question.office,
        question=question.question,
        asked_at=tx.now,
        asked_by=officer.name,
        due_at=due_at,
        limit_text=said,
        step=before.current_step,
        deemed_consent=before.time_terms.deemed_consent,
    )
    after = replace(before, consultations=asked(before.consultations, new, before.offices.competent))
    told = ConsultationRequested(consultation=new.id, office=new.office, due_at=due_at, requested_at=tx.now, officer=officer.name)
    line = line_of(tx, Action.REQUEST_CONSULTATION, officer, before, after, f"{new.office}, {said}")
    saved = await tables.save_case(tx, before, after, line, told)
    await timers.keep(tx, new.id, {SILENT: due_at + ONE_MINUTE})
    return saved


async def _must_exist(tx: Transaction, office: str) -> None:
    tree: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    try:
        tree.working_on(tx.now.astimezone(VIETNAM).date(), office)
    except NotFound as missing:
        raise InvalidInput("Please correct: /office.", Flaw("/office", missing.detail)) from None


async def _limit(tx: Transaction, before: Case, question: Asked) -> AnswerLimit:
    if question.amount and question.unit:
        return AnswerLimit(question.amount, question.unit, f"{question.amount} {question.unit}")
    published = await references_of(tx).consultation_limit(tx, before.procedure.version_id)
    if published is None:
        flaw = Flaw("/amount", "The procedure publishes no time for opinions: name an amount and its unit, or a day.")
        raise InvalidInput("Please correct: /amount.", flaw)
    return published


async def answer_consultation(
    tx: Transaction, name: str, officer: Officer, *, to: UUID | None, opinion: Opinion, content: str
) -> tuple[Case, Consultation]:
    """A fact of the consulted office, whoever changed the case meanwhile: it names no version. Late is late, and still counts."""
    for _ in range(TRIES):
        before = await acting.known(tx, await tables.load_case(tx, name))
        # The agency itself passes here only to hear that nobody is asked, or that it is not the one.
        officer.must_act_for(before.consulted | {before.offices.competent}, before.seen_by, f"case {name}")
        await tx.once()
        tx.about = before
        rules.must_allow(before, Action.ANSWER_CONSULTATION)
        mine = _theirs(before, officer, to)
        known = answered(before.consultations, mine.id, opinion=opinion, content=content, by=officer.name, now=tx.now)
        told = ConsultationAnswered(consultation=mine.id, office=mine.office, due_at=mine.due_at, answered_at=tx.now, opinion=opinion)
        line = JournalLine(tx.now, Action.ANSWER_CONSULTATION, officer.name, before.state, before.state, mine.office, opinion)
        try:
            saved = await tables.save_case(tx, before, replace(before, consultations=known), line, told)
        except Changed:
            continue
        await timers.keep(tx, mine.id, {SILENT: None})
        return saved, next(one for one in saved.consultations if one.id == mine.id)
    raise Changed("The case is being changed by others; send the answer again.")


def _theirs(before: Case, officer: Officer, to: UUID | None) -> Consultation:
    """What the officer's offices were asked, and have not answered."""
    mine = [one for one in before.consultations if one.is_open and officer.sees({one.office}) and to in (None, one.id)]
    if not mine:
        offices = sorted(one.office for one in before.consultations if one.is_open)
        raise NotPermitted(f"An opinion is awaited from {' and '.join(offices)}, not from you.")
    if len(mine) > 1:
        flaw = Flaw("/consultation", "Your offices were asked more than once: say which question this answers.")
        raise InvalidInput("Please correct: /consultation.", flaw)
    return mine[0]


# ------------------------------------------------------------------------------------------------ silence


async def tell_silence(tx: Transaction, fired: list[Timer]) -> None:
    """The limit has passed without an answer: the head of the desk and the lead officer are told; the case may go on.

    `told` moves and `version` does not. Source: law.CONSULTATION_SILENT.
    """
    for timer in fired:
        awaited = select(consultation).where(consultation.c.id == timer.subject, consultation.c.answered_at.is_(None))
        if (asked_of := (await tx.run(awaited)).one_or_none()) is None:
            continue
        open_still = update(case).where(case.c.id == asked_of.case_id, case.c.state.in_(OPEN)).values(told=case.c.told + 1)
        row = (await tx.run(open_still.returning(case.c.told, case.c.state, case.c.competent, case.c.supervising))).one_or_none()
        if row is None:
            continue
        await tx.run(update(consultation).where(consultation.c.id == asked_of.id).values(overdue_at=tx.now))
        line = {"id": uuid7(), "case_id": asked_of.case_id, "at": tx.now, "action": SILENT, "by": "clock", "source": "processing"}
        note = f"{asked_of.office}, {asked_of.due_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
        line |= {"from_state": row.state, "to_state": row.state, "office": row.competent, "note": note}
        await tx.run(insert(tables.journal).values(line))
        told = ConsultationOverdue(
            consultation=asked_of.id,
            office=asked_of.office,
            due_at=asked_of.due_at,
            lead=row.competent,
            desk=row.supervising,
            deemed_consent=asked_of.deemed_consent,
        )
        await tx.publish(asked_of.case_id, row.told, told)


HANDLERS: Final[Mapping[str, Handler]] = {SILENT: tell_silence}
