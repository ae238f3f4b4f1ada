"""What officers look at: cases within their offices, and the work list, due first. A page at a time, without totals."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from services.processing import tables
from services.processing.commands import acting
from services.processing.commands.consulting import OPEN
from services.processing.commands.hearing import counting_of
from services.processing.domain.case import Case
from services.processing.domain.control_slip import Entry, HandOver, Sides, control_slip
from services.processing.domain.deadline import ONE_MINUTE, Counting
from services.processing.domain.graph import Graph, of_case, of_process
from services.processing.domain.intervals import explained
from services.processing.domain.note import Note
from services.processing.domain.progress import Published
from services.processing.domain.workflow import ProcessUnknown
from services.processing.domain.workload import HELD
from services.processing.references import references_of
from services.processing.tables import case, step
from shared.contracts.states import State
from shared.days import within
from shared.due_cases import Answer, due_fields, explanation_fields
from shared.errors import Flaw, InvalidInput, Later, NotFound
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.offices import OfficeCache
from shared.runtime import Transaction

Line = TypeVar("Line")


@dataclass(frozen=True)
class PageOf(Generic[Line]):
    """Some lines of a list, and where the next begin."""

    lines: Sequence[Line]
    next: str | None


@dataclass(frozen=True)
class Shown:
    """A case as an officer may see it: with its history, its journal, how its time is counted, and what the agency wrote down."""

    case: Case
    journal: Sequence[Row[Any]]
    counting: Counting
    published: Published
    notes: tuple[Note, ...]


async def show(tx: Transaction, name: str, officer: Officer) -> Shown:
    """Raises NotFound, also for what lies outside the officer's offices. Notes are for staff of the competent office."""
    found = await _seen(tx, name, officer)
    found = await tables.with_history(tx, found)
    notes = await tables.load_notes(tx, found.id) if officer.sees({found.offices.competent}) else ()
    return Shown(found, await tables.load_journal(tx, found.id), await _counting(tx, found), await _published(tx, found), notes)


async def slip(tx: Transaction, name: str, officer: Officer) -> tuple[Case, tuple[HandOver, ...]]:
    """Every hand-over of the dossier with its two sides. Raises NotFound."""
    found = await tables.with_history(tx, await _seen(tx, name, officer))
    tree: OfficeTree = await tx.runtime.facts["offices"].tree(tx)

    def named(code: str) -> str:
        return known.name if (known := tree.get(code)) else code

    sides = Sides(named(found.offices.receiving), named(found.offices.competent), named(found.offices.returning))
    lines = [
        Entry(row.at, row.action, row.by, row.office and named(row.office), row.note, row.to_office and named(row.to_office))
        for row in await tables.load_journal(tx, found.id)
    ]
    shares = [replace(share, office=named(share.office)) for share in found.children]
    return found, control_slip(lines, found.visits, found.steps, shares, sides, found.judged_at)


async def _seen(tx: Transaction, name: str, officer: Officer) -> Case:
    found = await tables.load_case(tx, name)
    officer.must_see(found.seen_by, f"case {name}")
    return await acting.known(tx, found)


async def _counting(tx: Transaction, found: Case) -> Counting:
    """What was closed on the spot may have come before the reference data it names."""
    try:
        return await counting_of(tx, found)
    except Later:
        return Counting(found.limit_ends_at)


async def _published(tx: Transaction, found: Case) -> Published:
    try:
        return await references_of(tx).published(tx, found.procedure.version_id, found.process)
    except Later:
        return Published(found.procedure.name)


async def graph_of_case(tx: Transaction, name: str, officer: Officer) -> Graph:
    """Its way so far. Raises NotFound."""
    found = await tables.with_history(tx, await _seen(tx, name, officer))
    return of_case(found, await _published(tx, found), await _counting(tx, found), tx.now)


async def graph_of_process(tx: Transaction, version_id: UUID, process: int) -> Graph:
    """As it was published. Raises NotFound."""
    try:
        steps = await references_of(tx).steps(tx, version_id, process)
        return of_process(steps, await references_of(tx).published(tx, version_id, process))
    except (Later, ProcessUnknown):
        raise NotFound(f"There is no process {process} of a procedure version {version_id} here.") from None


async def newest_version(tx: Transaction, key: str) -> UUID:
    """Of a procedure, by its key. Raises NotFound."""
    version = tables.procedure_version
    newest = select(version.c.id).where(version.c.key == key).order_by(version.c.number.desc()).limit(1)
    if (found := (await tx.run(newest)).scalar()) is None:
        raise NotFound(f"There is no procedure {key} here.")
    return found


async def explanation(tx: Transaction, name: str, officer: Officer) -> list[Answer]:
    """Why its internal limit is what it is: every date counted or skipped, each stop, each source; an officer can read it out.

    Empty where the date was set by hand. Raises NotFound, Later.
    """
    found = await _seen(tx, name, officer)
    counting = await counting_of(tx, found)
    if counting.calendar is None:
        return []
    told = explained(found.accepted_at, found.time_terms, found.intervals, counting.calendar, counting.hours, found.limit_started)
    return [due_fields(one.due) | {"explanation": explanation_fields(one)} for one in told]


async def cases(
    tx: Transaction, officer: Officer, *, office: str | None, state: State | None, after: str | None, limit: int
) -> PageOf[Row[Any]]:
    """Newest first: ids are made in the order of time."""
    query = select(case).where(_seen_by(officer)).order_by(case.c.id.desc())
    if office:
        query = query.where(_of(await _under(tx, office)))
    if state:
        query = query.where(case.c.state == state)
    if after:
        query = query.where(case.c.id < uuid_of(position_of(after, 1)[0]))
    return await page_of(tx, query, limit, "id")


@dataclass(frozen=True)
class Asked:
    """Which part of the work list. `assignee`: an id, "" for what nobody has, None for all; with `due_before` all have a due time."""

    office: str | None = None
    assignee: str | None = None
    state: State | None = None
    actor: str | None = None
    due_before: datetime | None = None


async def worklist(tx: Transaction, officer: Officer, asked: Asked, *, after: str | None, limit: int) -> PageOf[Row[Any]]:
    """The current step of every open case the officer's offices are competent for, what is due first on top."""
    query = (
        select(case, step.c.printed_no, step.c.stage, step.c.actor, step.c.action)
        .join(step, and_(step.c.case_id == case.c.id, step.c.number == case.c.current_step))
        .where(case.c.current_step.is_not(None), case.c.state.in_(HELD), await competent_within(tx, officer, asked.office))
        .order_by(case.c.step_due_at.nulls_last(), case.c.id)
    )
    if asked.assignee is not None:
        query = query.where(case.c.assignee == asked.assignee if asked.assignee else case.c.assignee.is_(None))
    if asked.state:
        query = query.where(case.c.state == asked.state)
    if asked.actor:
        query = query.where(step.c.actor == asked.actor)
    if asked.due_before:
        query = query.where(case.c.step_due_at < asked.due_before)
    if after:
        query = query.where(_behind(*position_of(after, 2)))
    return await page_of(tx, query, limit, "step_due_at", "id")


async def competent_within(tx: Transaction, officer: Officer, office: str | None) -> ColumnElement[bool]:
    """Cases for which one of the officer's offices, or one under `office`, is competent."""
    return _of(await offices_asked(tx, officer, office))


async def offices_asked(tx: Transaction, officer: Officer, office: str | None) -> frozenset[str]:
    """An office, as far as it lies within the officer's; none named: all of them."""
    return officer.scope & await _under(tx, office) if office else officer.scope


async def opinions_awaited(tx: Transaction, officer: Officer, *, after: str | None, limit: int) -> PageOf[Row[Any]]:
    """What the officer's offices were asked and have not answered, what is due first on top."""
    return await _opinions(tx, tables.consultation.c.office == _any(officer.scope), after=after, limit=limit)


async def opinions_overdue(tx: Transaction, officer: Officer, *, after: str | None, limit: int) -> PageOf[Row[Any]]:
    """What no office has answered in time of the dossiers the officer's desk watches over, silent for longest on top.

    Source: law.CONSULTATION_SILENT.
    """
    silent = tables.consultation.c.due_at <= tx.now - ONE_MINUTE
    return await _opinions(tx, and_(silent, case.c.supervising == _any(officer.scope)), after=after, limit=limit)


async def _opinions(tx: Transaction, which: ColumnElement[bool], *, after: str | None, limit: int) -> PageOf[Row[Any]]:
    asked = tables.consultation
    query = (
        select(asked, case.c.code, case.c.state, case.c.procedure_name, case.c.competent)
        .join(case, case.c.id == asked.c.case_id)
        .where(asked.c.answered_at.is_(None), which, case.c.state.in_(OPEN))
        .order_by(asked.c.due_at, asked.c.id)
    )
    if after:
        due, name = position_of(after, 2)
        at = instant_of(due)
        query = query.where(or_(asked.c.due_at > at, and_(asked.c.due_at == at, asked.c.id > uuid_of(name))))
    return await page_of(tx, query, limit, "due_at", "id")


async def shares_open(tx: Transaction, officer: Officer, *, after: str | None, limit: int) -> PageOf[Row[Any]]:
    """Shares of the officer's offices that have begun and are not ended, what is due first on top."""
    share = tables.child_case
    query = (
        select(share, case.c.code, case.c.state, case.c.procedure_name, case.c.competent)
        .join(case, case.c.id == share.c.case_id)
        .where(share.c.end.is_(None), share.c.began_at.is_not(None), share.c.office == _any(officer.scope), case.c.state.in_(OPEN))
        .order_by(share.c.due_at.nulls_last(), share.c.id)
    )
    if after:
        due, name = position_of(after, 2)
        behind = share.c.id > uuid_of(name)
        if due is None:
            query = query.where(share.c.due_at.is_(None), behind)
        else:
            at = instant_of(due)
            query = query.where(or_(share.c.due_at > at, and_(share.c.due_at == at, behind), share.c.due_at.is_(None)))
    return await page_of(tx, query, limit, "due_at", "id")


def _behind(due: str | None, name: str) -> ColumnElement[bool]:
    """Further down the work list; steps without a due time stand at its end."""
    if due is None:
        return and_(case.c.step_due_at.is_(None), case.c.id > uuid_of(name))
    at = instant_of(due)
    return or_(case.c.step_due_at > at, and_(case.c.step_due_at == at, case.c.id > uuid_of(name)), case.c.step_due_at.is_(None))


def _seen_by(officer: Officer) -> ColumnElement[bool]:
    return or_(*(column == _any(officer.scope) for column in (case.c.receiving, case.c.competent, case.c.supervising, case.c.returning)))


def _of(offices: frozenset[str]) -> ColumnElement[bool]:
    return case.c.competent == _any(offices)


def _any(offices: frozenset[str]) -> Any:
    return any_(literal(sorted(offices), ARRAY(TEXT)))


async def _under(tx: Transaction, office: str) -> frozenset[str]:
    """An office, what lies under it, and their predecessors."""
    offices: OfficeCache = tx.runtime.facts["offices"]
    return await offices.scope(tx, frozenset({office}))


# -- pages -------------------------------------------------------------------------------------------------------------


async def page_of(tx: Transaction, query: Select[Any], limit: int, *order: str) -> PageOf[Row[Any]]:
    rows = (await tx.run(query.limit(limit + 1))).all()
    return PageOf(rows[:limit], _cursor(rows[limit - 1], order) if len(rows) > limit else None)


def _cursor(last: Row[Any], order: Sequence[str]) -> str:
    position = [getattr(last, name) for name in order]
    return base64.urlsafe_b64encode(json.dumps(position, default=_text).encode()).decode().rstrip("=")


def _text(value: UUID | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def position_of(cursor: str, length: int) -> list[Any]:
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise _no_cursor() from None
    if not isinstance(position, list) or len(position) != length:
        raise _no_cursor()
    return position


def uuid_of(text: Any) -> UUID:
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise _no_cursor() from None


def instant_of(text: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise _no_cursor() from None
    if not within(instant):
        raise _no_cursor()
    return instant


def _no_cursor() -> InvalidInput:
    return InvalidInput("Please correct: /after.", Flaw("/after", "This is no cursor of ours; take `next` of the page before."))
