"""The rows of schema `processing`: our copies of procedures and calendars; cases with their steps; the journal."""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Row,
    SmallInteger,
    Table,
    Text,
    Uuid,
    bindparam,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from services.processing.domain.assignment import Assignment, How
from services.processing.domain.attendance import Attendance
from services.processing.domain.case import Case, StopProposal
from services.processing.domain.child_case import ChildCase, ChildEnd, Children
from services.processing.domain.consultation import Consultation, Consultations, Opinion
from services.processing.domain.correction import Correction
from services.processing.domain.fees import FeeAsked
from services.processing.domain.intervals import Interval, NewDate, StopKind
from services.processing.domain.journal import JournalLine
from services.processing.domain.note import Note, NoteKind
from services.processing.domain.workflow import Allotment, Leaving, Step, Steps, Visit
from services.processing.domain.workload import moved, place_of
from shared import repairs
from shared.contracts.events import CorrectionKind, Event, ProcedureRef, Result, SignedDecision
from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.states import State
from shared.contracts.time import TimeTerms
from shared.errors import Changed, NotFound
from shared.ids import uuid7
from shared.only_grows import ONLY_GROWS
from shared.runtime import Transaction
from shared.service import common_tables
from shared.working_time import StopPolicy, Unit

metadata: Final = MetaData(schema="processing")
office: Final = common_tables(metadata)
repair: Final = repairs.tables(metadata)

Known = TypeVar("Known", Interval, NewDate, Correction, Visit, Consultation, Attendance, Note, ChildCase)

_INSTANT: Final = DateTime(timezone=True)

# ------------------------------------------------------------------------------------------------ copies of reference data

procedure_version: Final = Table(
    "procedure_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("plain_day", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("content", JSONB, nullable=False),
    Index("procedure_version_key_number", "key", "number"),
)

calendar_version: Final = Table(
    "calendar_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("rows", Text, nullable=False),
    Column("published_at", _INSTANT, nullable=False),
    Index("calendar_version_key_number", "key", "number"),
)

# ------------------------------------------------------------------------------------------------ cases

case: Final = Table(
    "case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("procedure_key", Text, nullable=False),
    Column("procedure_version", Uuid, nullable=False),
    Column("procedure_name", Text, nullable=False),
    Column("procedure_code", Text),
    Column("case", Text),
    Column("level", Text),
    Column("channel", Text, nullable=False),
    Column("receiving", Text, nullable=False),
    Column("competent", Text, nullable=False),
    Column("supervising", Text, nullable=False),
    Column("returning", Text, nullable=False),
    Column("people", JSONB, nullable=False),
    Column("accepted_at", _INSTANT, nullable=False),
    Column("appointment_at", _INSTANT, nullable=False),
    Column("first_appointment_at", _INSTANT, nullable=False),
    # Derived from the rows of stops and new dates; kept here so that lists and counts need not look at them.
    Column("judged_at", _INSTANT, nullable=False),
    Column("due_at", _INSTANT),
    Column("period_ends_at", _INSTANT),
    Column("late_since", _INSTANT),
    Column("late_by_law_since", _INSTANT),
    Column("stopped_since", _INSTANT),
    Column("provisional", Boolean, nullable=False, server_default=text("false")),
    Column("time_terms", JSONB, nullable=False),
    Column("limit_text", Text, nullable=False),
    Column("calendar_version", Uuid),
    Column("received_by", Text, nullable=False),
    Column("result_way", Text, nullable=False),
    Column("electronic_only", Boolean, nullable=False, server_default=text("false")),
    Column("on_the_spot", Boolean, nullable=False, server_default=text("false")),
    Column("process", SmallInteger),
    # Whose opinion was asked for: they see the case; where nobody was asked, no row need be looked for.
    Column("consulted", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("sharing", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # Of the current step, so that the work list is one index.
    Column("current_step", SmallInteger),
    Column("step_due_at", _INSTANT),
    Column("taken_up_at", _INSTANT),
    Column("taken_up_by", Text),
    Column("papers_handed_over_at", _INSTANT),
    Column("papers_handed_over_by", Text),
    Column("papers_taken_over_at", _INSTANT),
    Column("papers_taken_over_by", Text),
    Column("papers_slip", Text),
    Column("fee", JSONB),
    Column("decision", JSONB),
    Column("decision_issued_at", _INSTANT),
    Column("adjustment_asked", Text),
    Column("stop_proposed", JSONB),
    Column("rework_asked_at", _INSTANT),
    Column("result", JSONB),
    Column("completed_at", _INSTANT),
    Column("stopped_at", _INSTANT),
    Column("result_handed_over_at", _INSTANT),
    Column("result_at_desk_at", _INSTANT),
    Column("returned_at", _INSTANT),
    Column("returned_by", Text),
    # Who has the current step; empty once that is over.
    Column("assignee", Text),
    Column("assignee_name", Text),
    Column("assigned_step", SmallInteger),
    Column("assigned_at", _INSTANT),
    Column("assigned_by", Text),
    Column("assigned_how", Text),
    Column("claim_ends_at", _INSTANT),
    Column("pooled_step", SmallInteger),
    Column("reminded_at", _INSTANT),
    Column("reminders", SmallInteger, nullable=False, server_default="0"),
    Index("case_competent_state", "competent", "state", "id"),
    Index("case_worklist", "competent", "step_due_at", "id", postgresql_where=text("current_step is not null")),
    Index("case_papers_slip", "papers_slip", postgresql_where=text("papers_slip is not null and papers_taken_over_at is null")),
    Index("case_assignee", "assignee", "step_due_at", "id", postgresql_where=text("assignee is not null")),
    # What a rule has still to look at: nothing for long.
    Index(
        "case_to_assign",
        "competent",
        "id",
        postgresql_where=text("current_step is not null and assignee is null and pooled_step is distinct from current_step"),
    ),
)

step: Final = Table(
    "step",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("printed_no", Text, nullable=False),
    Column("stage", Text),
    Column("actor", Text),
    Column("action", Text),
    Column("text", Text),
    Column("kind", Text, nullable=False),
    Column("amount", Numeric),
    Column("unit", Text),
    Column("holder", SmallInteger),
    Column("counted", Boolean, nullable=False),
    Column("planned_due_at", _INSTANT),
    Column("began_at", _INSTANT),
    Column("due_at", _INSTANT),
    Column("done_at", _INSTANT),
    Column("done_by", Text),
    Column("note", Text),
)

# Each time the case left a step: `step` shows the present round, these rows all of them.
visit: Final = Table(
    "visit",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("step", SmallInteger, nullable=False),
    Column("leaving", Text, nullable=False),
    Column("began_at", _INSTANT),
    Column("due_at", _INSTANT),
    Column("ended_at", _INSTANT, nullable=False),
    Column("by", Text),
    Column("to_step", SmallInteger),
    Column("reason", Text),
)

# Shares of other agencies: part of the case they belong to, received by nobody, counted in no statistics of dossiers.
child_case: Final = Table(
    "child_case",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("number", SmallInteger, nullable=False),
    Column("office", Text, nullable=False),
    Column("work", Text, nullable=False),
    Column("amount", Numeric, nullable=False),
    Column("unit", Text, nullable=False),
    Column("after", SmallInteger),
    Column("opened_at", _INSTANT, nullable=False),
    Column("opened_by", Text, nullable=False),
    Column("began_at", _INSTANT),
    Column("due_at", _INSTANT),
    Column("overdue_at", _INSTANT),
    Column("ended_at", _INSTANT),
    Column("ended_by", Text),
    Column("end", Text),
    Column("document_number", Text),
    Column("document_reference", Text),
    Column("note", Text),
    Index("child_case_number", "case_id", "number", unique=True),
    Index("child_case_open", "office", "due_at", "id", postgresql_where=text('"end" is null and began_at is not null')),
)

consultation: Final = Table(
    "consultation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("office", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("asked_at", _INSTANT, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("due_at", _INSTANT, nullable=False),
    Column("limit_text", Text, nullable=False),
    Column("step", SmallInteger),
    Column("deemed_consent", Text),
    Column("overdue_at", _INSTANT),
    Column("answered_at", _INSTANT),
    Column("answered_by", Text),
    Column("opinion", Text),
    Column("content", Text),
    Index("consultation_case", "case_id", "id"),
    Index("consultation_awaited", "office", "due_at", "id", postgresql_where=text("answered_at is null")),
)

attendance: Final = Table(
    "attendance",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("asked_at", _INSTANT, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("place", Text, nullable=False),
    Column("purpose", Text, nullable=False),
)

# Notes and opinions of those who work on the case, for the agency's own eyes.
note: Final = Table(
    "note",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _INSTANT, nullable=False),
    Column("by", Text, nullable=False),
    Column("step", SmallInteger),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("files", ARRAY(Text), nullable=False),
)

clock_stop: Final = Table(
    "clock_stop",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("until", Date),
    Column("started_at", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT),
)

new_date: Final = Table(
    "new_date",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("at", _INSTANT, nullable=False),
    Column("earlier", _INSTANT, nullable=False),
    Column("appointment_at", _INSTANT, nullable=False),
    Column("reason", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("in_time", Boolean, nullable=False),
)

# ------------------------------------------------------------------------------------------------ people

officer: Final = Table(
    "officer",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("departed_at", _INSTANT),
    Column("departure_reason", Text),
    Column("cases_to", Text),
    # Since when nothing lies with them any more, once they are gone.
    Column("desk_empty_at", _INSTANT),
    # Since when they are of another office or have other roles, until nothing lies with them that is no longer theirs.
    Column("moved_at", _INSTANT),
    Index("officer_moved", "id", postgresql_where=text("moved_at is not null")),
    Index("officer_office", "office", "id"),
    Index(
        "officer_going",
        "id",
        postgresql_where=text("desk_empty_at is null and (departed_at is not null or valid_to is not null)"),
    ),
)

delegation: Final = Table(
    "delegation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("principal", Text, nullable=False),
    Column("deputy", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("to_on", Date, nullable=False),
    Column("reason", Text),
    Column("ended_at", _INSTANT),
    Index("delegation_principal", "principal", "from_on"),
)

assigning: Final = Table(
    "assigning",
    metadata,
    Column("office", Text, primary_key=True),
    Column("claim_first", Boolean, nullable=False),
    Column("claim_hours", SmallInteger, nullable=False),
    Column("rules", JSONB, nullable=False),
    # To whom each rule gave the last case, by its place.
    Column("turns", JSONB, nullable=False, server_default=text("'{}'")),
)

# Who changed what of the three above, and when; its last number says whether what lies in memory is still true.
staff_log: Final = Table(
    "staff_log",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _INSTANT, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("told", JSONB, nullable=False),
    info=ONLY_GROWS,
)

# Places on the work list, counted: a move writes +1 and -1 rows that nobody else writes to, a chore folds them into one a place.
work_count: Final = Table(
    "work_count",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("office", Text, nullable=False),
    Column("assignee", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("number", Integer, nullable=False),
    Column("folded", Boolean, nullable=False, server_default=text("false")),
    Index("work_count_place", "office", "assignee", "state", "due_on"),
    Index("work_count_assignee", "assignee"),
    Index("work_count_fresh", "id", postgresql_where=text("not folded")),
)

# A result that was wrong, or lost, made once more: a task of its own, and no case that was received.
correction: Final = Table(
    "correction",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", _INSTANT, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("due_at", _INSTANT, nullable=False),
    Column("done_at", _INSTANT),
    Column("done_by", Text),
    Column("declined_at", _INSTANT),
    Column("declined_reason", Text),
    Column("replaced", JSONB),
    Index("correction_open", "due_at", postgresql_where=text("done_at is null and declined_at is null")),
)

journal: Final = Table(
    "journal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("action", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("by", Text, nullable=False),
    Column("office", Text),
    Column("to_office", Text),
    Column("note", Text),
    Column("source", Text, nullable=False),
    Column("event_id", Uuid),
    Index("journal_case", "case_id", "number"),
    info=ONLY_GROWS,
)

# ------------------------------------------------------------------------------------------------ a case comes and goes as a value


async def load_case(tx: Transaction, name: str) -> Case:
    """With all its steps, by id or by code alike. Raises NotFound."""
    if (found := await find_case(tx, name)) is None:
        raise NotFound(f"There is no case {name} here, or it lies outside your offices.")
    return found


async def find_case(tx: Transaction, name: str) -> Case | None:
    if (row := (await tx.run(select(case).where(_named(name)))).one_or_none()) is None:
        return None
    found = case_of(row, (await load_steps(tx, [row.id])).get(row.id, ()))
    stops = await tx.run(select(clock_stop).where(clock_stop.c.case_id == row.id).order_by(clock_stop.c.number))
    dates = await tx.run(select(new_date).where(new_date.c.case_id == row.id).order_by(new_date.c.number))
    tasks = await tx.run(select(correction).where(correction.c.case_id == row.id).order_by(correction.c.number))
    return replace(
        found,
        intervals=tuple(interval_of(each) for each in stops),
        new_dates=tuple(_of_row(NewDate, each) for each in dates),
        corrections=tuple(correction_of(each) for each in tasks),
        consultations=await _consultations(tx, row.id) if row.consulted else (),
        children=await _children(tx, row.id) if row.sharing else (),
    )


async def with_history(tx: Transaction, found: Case) -> Case:
    """The same case with every visit to its steps, and every time people were asked to come."""
    visits = await tx.run(select(visit).where(visit.c.case_id == found.id).order_by(visit.c.number))
    times = await tx.run(select(attendance).where(attendance.c.case_id == found.id).order_by(attendance.c.number))
    return replace(found, visits=tuple(_visit_of(each) for each in visits), attendances=tuple(_of_row(Attendance, each) for each in times))


async def load_notes(tx: Transaction, case_id: UUID) -> tuple[Note, ...]:
    rows = await tx.run(select(note).where(note.c.case_id == case_id).order_by(note.c.number))
    return tuple(replace(each, kind=NoteKind(each.kind), files=tuple(each.files)) for each in (_of_row(Note, row) for row in rows))


async def add_note(tx: Transaction, case_id: UUID, new: Note, line: JournalLine) -> None:
    """The case itself stays as it is, and so does its version."""
    await tx.run(insert(note).values(_row_of(new) | {"case_id": case_id, "files": list(new.files)}))
    await add_line(tx, case_id, line)


async def keep_claim(tx: Transaction, case_id: UUID, officers: frozenset[str]) -> None:
    """A claim of theirs lapses no more; the version stays, as it does with a note."""
    theirs = update(case).where(case.c.id == case_id, case.c.assignee.in_(sorted(officers)), case.c.claim_ends_at.is_not(None))
    await tx.run(theirs.values(claim_ends_at=None))


async def _consultations(tx: Transaction, case_id: UUID) -> Consultations:
    rows = await tx.run(select(consultation).where(consultation.c.case_id == case_id).order_by(consultation.c.id))
    return tuple(_consultation_of(row) for row in rows)


async def _children(tx: Transaction, case_id: UUID) -> Children:
    rows = await tx.run(select(child_case).where(child_case.c.case_id == case_id).order_by(child_case.c.number))
    found = (_of_row(ChildCase, row) for row in rows)
    return tuple(replace(one, unit=Unit(one.unit), end=ChildEnd(one.end) if one.end else None) for one in found)


async def load_steps(tx: Transaction, cases: Sequence[UUID]) -> dict[UUID, Steps]:
    found: dict[UUID, Steps] = {}
    if cases:
        for row in await tx.run(select(step).where(step.c.case_id.in_(cases)).order_by(step.c.case_id, step.c.number)):
            found[row.case_id] = (*found.get(row.case_id, ()), _step_of(row))
    return found


async def save_case(tx: Transaction, before: Case, after: Case, line: JournalLine, *events: Event) -> Case:
    """Write what changed, if the row still is the one that was read, with its journal line and what we tell. Raises Changed."""
    decided_on = {"of_case": before.id, "decided_on": before.version, "telling": len(events)}
    if (row := (await tx.run(_SAVE_CASE, _columns(after) | decided_on)).one_or_none()) is None:
        raise Changed(f"The case was changed meanwhile; you decided on version {before.version}.")
    await _count(tx, before, after)
    await _save_steps(tx, before, after)
    await _save_time(tx, before, after)
    await _save_asked(tx, before, after)
    await add_line(tx, before.id, line)
    await tx.publish(before.id, row.told, *events)
    return replace(after, version=row.version, told=row.told)


async def tell(tx: Transaction, case_id: UUID, line: JournalLine, *events: Event) -> None:
    """Say something about a case that stays as it is: `told` moves, `version` does not."""
    told = update(case).where(case.c.id == case_id).values(told=case.c.told + len(events)).returning(case.c.told)
    count = (await tx.run(told)).scalar_one()
    await add_line(tx, case_id, line)
    await tx.publish(case_id, count, *events)


async def insert_case(tx: Transaction, new: Case, line: JournalLine) -> None:
    await tx.run(insert(case), _columns(new) | {"id": new.id, "version": new.version, "told": new.told})
    await _count(tx, None, new)
    if new.steps:
        await tx.run(insert(step), [_step_columns(new.id, each) for each in new.steps])
    await add_line(tx, new.id, line)


async def _count(tx: Transaction, before: Case | None, after: Case) -> None:
    """From where to where on the work list: rows of its own, so that no two moves wait for each other."""
    changed = moved(before and place_of(before), place_of(after))
    if changed:
        await tx.run(insert(work_count), [asdict(place) | {"number": number} for place, number in changed.items()])


async def add_line(tx: Transaction, case_id: UUID, line: JournalLine) -> None:
    """The journal only grows."""
    values = {field.name: getattr(line, field.name) for field in fields(JournalLine)}
    await tx.run(insert(journal), values | {"id": uuid7(), "case_id": case_id})


async def load_journal(tx: Transaction, case_id: UUID) -> Sequence[Row[Any]]:
    return (await tx.run(select(journal).where(journal.c.case_id == case_id).order_by(journal.c.number))).all()


def _named(name: str) -> Any:
    try:
        return case.c.id == UUID(name)
    except ValueError:
        return case.c.code == name


def case_of(row: Row[Any], steps: Steps) -> Case:
    """The row as the domain knows it."""
    plain = {field.name: getattr(row, field.name) for field in fields(Case) if field.name in case.c}
    special: dict[str, Any] = {
        "state": State(row.state),
        "channel": Channel(row.channel),
        "procedure": ProcedureRef(
            key=row.procedure_key, version_id=row.procedure_version, name=row.procedure_name, code=row.procedure_code
        ),
        "offices": Offices(receiving=row.receiving, competent=row.competent, supervising=row.supervising, returning=row.returning),
        "people": tuple(Person.model_validate(person) for person in row.people),
        "result_wanted": ReturnWish(way=ReturnWay(row.result_way), electronic_only=row.electronic_only),
        "fee": FeeAsked.model_validate(row.fee) if row.fee else None,
        "decision": SignedDecision.model_validate(row.decision) if row.decision else None,
        "stop_proposed": TypeAdapter(StopProposal).validate_python(row.stop_proposed) if row.stop_proposed else None,
        "result": Result.model_validate(row.result) if row.result else None,
        "returned_by": ReturnWay(row.returned_by) if row.returned_by else None,
        "time_terms": TimeTerms.model_validate(row.time_terms),
        "steps": steps,
        "assignment": _assignment_of(row),
    }
    return Case(**plain | special)


# Reminders are counted beside all moves, and change no version.
_NOT_WRITTEN: Final = {"id", "version", "told", "reminded_at", "reminders"}

# Built once: binding forty columns anew for each statement would cost more than the database does.
_SAVE_CASE: Final = (
    update(case)
    .where(case.c.id == bindparam("of_case"), case.c.version == bindparam("decided_on"))
    .values({column.name: bindparam(column.name) for column in case.c if column.name not in _NOT_WRITTEN})
    .values(version=case.c.version + 1, told=case.c.told + bindparam("telling"))
    .returning(case.c.version, case.c.told)
)


def _columns(value: Case) -> dict[str, Any]:
    plain = {field.name: getattr(value, field.name) for field in fields(Case) if field.name in case.c}
    special = {
        "procedure_key": value.procedure.key,
        "procedure_version": value.procedure.version_id,
        "procedure_name": value.procedure.name,
        "procedure_code": value.procedure.code,
        **value.offices.model_dump(),
        "people": [person.model_dump(mode="json", exclude_none=True) for person in value.people],
        "result_way": value.result_wanted.way,
        "electronic_only": value.result_wanted.electronic_only,
        "current_step": value.current_step,
        "step_due_at": value.step_due_at,
        "consulted": sorted(value.consulted),
        "sharing": sorted(value.sharing),
        "time_terms": value.time_terms.model_dump(mode="json"),
        "first_appointment_at": value.first_appointment_at or value.appointment_at,
        "judged_at": value.judged_at,
        "fee": value.fee.model_dump(mode="json") if value.fee else None,
        "decision": value.decision.model_dump(mode="json") if value.decision else None,
        "stop_proposed": asdict(value.stop_proposed) | {"at": value.stop_proposed.at.isoformat()} if value.stop_proposed else None,
        "result": value.result.model_dump(mode="json", exclude_none=True) if value.result else None,
        **_assignment_columns(value.assigned),
    }
    return {name: column for name, column in (plain | special).items() if name not in _NOT_WRITTEN}


def _assignment_of(row: Row[Any]) -> Assignment | None:
    if row.assignee is None:
        return None
    how = How(row.assigned_how)
    return Assignment(row.assignee, row.assignee_name, row.assigned_step, row.assigned_at, row.assigned_by, how, row.claim_ends_at)


def _assignment_columns(value: Assignment | None) -> dict[str, Any]:
    return {
        "assignee": value and value.officer,
        "assignee_name": value and value.name,
        "assigned_step": value and value.step,
        "assigned_at": value and value.at,
        "assigned_by": value and value.by,
        "assigned_how": value and value.how,
        "claim_ends_at": value and value.claim_ends_at,
    }


# -- steps -------------------------------------------------------------------------------------------------------------

# What a step becomes; what the process said of it stays.
_WORKED: Final = ("began_at", "due_at", "done_at", "done_by", "note")
_SAVE_STEP: Final = (
    update(step)
    .where(step.c.case_id == bindparam("of_case"), step.c.number == bindparam("place"))
    .values({name: bindparam(name) for name in _WORKED})
)


async def _save_steps(tx: Transaction, before: Case, after: Case) -> None:
    changed = [now for then, now in zip(before.steps, after.steps, strict=True) if then is not now]
    if changed:
        worked = [{name: getattr(each, name) for name in _WORKED} for each in changed]
        await tx.run(
            _SAVE_STEP, [values | {"of_case": before.id, "place": each.number} for values, each in zip(worked, changed, strict=True)]
        )


async def _save_time(tx: Transaction, before: Case, after: Case) -> None:
    """Stops, new dates and corrections only grow, but for the end of the last one, and for the appointment judged after an apology; a
    repair takes back what began by mistake.
    """
    kept = ((clock_stop, before.intervals, after.intervals), (new_date, before.new_dates, after.new_dates))
    for table, then, now in (*kept, (correction, before.corrections, after.corrections)):
        if then == now:
            continue
        rows = [_row_of(each) | {"case_id": before.id, "number": number} for number, each in enumerate(now, 1)]
        if len(now) < len(then):
            await tx.run(delete(table).where(table.c.case_id == before.id, table.c.number > len(now)))
        same = next((place for place, (one, other) in enumerate(zip(then, now, strict=False)) if one != other), min(len(then), len(now)))
        if not rows[same:]:
            continue
        fresh = upsert(table).values(rows[same:])
        changed = {name: fresh.excluded[name] for name in rows[0]}
        await tx.run(fresh.on_conflict_do_update(index_elements=["case_id", "number"], set_=changed))


async def _save_asked(tx: Transaction, before: Case, after: Case) -> None:
    """Visits and attendances only grow; of a consultation its answer may come."""
    for table, then, now in ((visit, before.visits, after.visits), (attendance, before.attendances, after.attendances)):
        if added := now[len(then) :]:
            await tx.run(insert(table), [_row_of(each) | {"case_id": before.id} for each in added])
    shares = set(before.children)
    if changed := [_row_of(each) | {"case_id": before.id} for each in after.children if each not in shares]:
        fresh = upsert(child_case).values(changed)
        await tx.run(fresh.on_conflict_do_update(index_elements=["id"], set_={name: fresh.excluded[name] for name in changed[0]}))
    known = set(before.consultations)
    if changed := [_row_of(each) | {"case_id": before.id} for each in after.consultations if each not in known]:
        fresh = upsert(consultation).values(changed)
        await tx.run(fresh.on_conflict_do_update(index_elements=["id"], set_={name: fresh.excluded[name] for name in changed[0]}))


def _row_of(value: Interval | NewDate | Correction | Visit | ChildCase | Consultation | Attendance | Note) -> dict[str, Any]:
    row = {field.name: getattr(value, field.name) for field in fields(value)}
    return row | {"replaced": value.replaced.model_dump(mode="json")} if isinstance(value, Correction) and value.replaced else row


def _of_row(kind: type[Known], row: Row[Any]) -> Known:
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})


def correction_of(row: Row[Any]) -> Correction:
    plain = _of_row(Correction, row)
    replaced = Result.model_validate(row.replaced) if row.replaced else None
    return replace(plain, kind=CorrectionKind(plain.kind), replaced=replaced)


def interval_of(row: Row[Any]) -> Interval:
    plain = _of_row(Interval, row)
    return replace(plain, kind=StopKind(plain.kind), policy=StopPolicy(plain.policy))


def _step_columns(case_id: UUID, value: Step) -> dict[str, Any]:
    plain = {field.name: getattr(value, field.name) for field in fields(Step) if field.name in step.c}
    time = value.allotment
    allotted = {"amount": time and time.amount, "unit": time and time.unit, "holder": time and time.holder}
    return plain | allotted | {"case_id": case_id}


def _step_of(row: Row[Any]) -> Step:
    plain = {field.name: getattr(row, field.name) for field in fields(Step) if field.name in step.c}
    allotment = Allotment(Decimal(row.amount), Unit(row.unit), row.holder) if row.unit else None
    return Step(**plain, allotment=allotment)


def _visit_of(row: Row[Any]) -> Visit:
    plain = _of_row(Visit, row)
    return replace(plain, leaving=Leaving(plain.leaving))


def _consultation_of(row: Row[Any]) -> Consultation:
    plain = _of_row(Consultation, row)
    return replace(plain, opinion=Opinion(plain.opinion) if plain.opinion else None)
