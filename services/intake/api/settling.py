"""What was paid and given back in a period: sums by office and fee, and the lines they are made of."""

import base64
import binascii
import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, Select, and_, case, func, select, tuple_

from services.intake.money import PAID, REFUNDED
from services.intake.tables import dossier, fee_entry
from shared.clock import VIETNAM
from shared.days import within
from shared.doors import Page, View
from shared.errors import Flaw, InvalidInput
from shared.officers import Officer
from shared.offices import OfficeCache
from shared.runtime import Transaction

LONGEST: Final = timedelta(days=366)
MOST_LINES: Final = 200_000
"""More would not fit into one answer; ask for a shorter period."""


class SettlementTotal(View):
    """One fee of one office, in đồng. `online` is the part of what was paid that came online.

    `net` is what was paid less what was given back; of money that fitted no line, less also what was put to one after all.
    """

    office: str
    name: str
    payments: int
    paid: int
    online: int
    refunds: int
    refunded: int
    net: int


class SettlementLine(View):
    """Money that came (`paid`) or went (`refunded`). What fitted no line has the number 0, until it goes or is `put_to_line`."""

    id: UUID
    at: AwareDatetime
    office: str
    competent: str
    code: str | None
    dossier: UUID
    number: int
    name: str
    kind: str
    amount: int
    method: str | None
    online: str | None
    receipt_number: str | None
    reason: str | None
    by: str
    moved_at: AwareDatetime


class Settlement(Page):
    """The sums are of the whole period, on every page; the lines come a page at a time. Source: law.FEE_SETTLEMENT."""

    first: date
    last: date
    totals: tuple[SettlementTotal, ...]
    lines: tuple[SettlementLine, ...]


@dataclass(frozen=True)
class Period:
    """Whole days of Viet Nam, both included; of what these offices took in, and of what is for these to decide. None: for any."""

    first: date
    last: date
    offices: frozenset[str] | None
    competent: frozenset[str] | None = None

    @property
    def holds(self) -> ColumnElement[bool]:
        begins, ends = (datetime.combine(day, time(), VIETNAM) for day in (self.first, self.last + timedelta(days=1)))
        of = ((fee_entry.c.office, self.offices), (fee_entry.c.competent, self.competent))
        mine = (column.in_(offices) for column, offices in of if offices is not None)
        return and_(fee_entry.c.at >= begins, fee_entry.c.at < ends, *mine)


async def period_of(tx: Transaction, officer: Officer, first: date, last: date, office: str | None, competent: str | None) -> Period:
    """Of what the caller's offices took in; where `competent` is named, of what theirs decide, whoever took it in. Raises InvalidInput."""
    if not timedelta() <= last - first <= LONGEST:
        raise InvalidInput("Please correct: /to.", Flaw("/to", "A period ends after it begins, and is no longer than a year."))
    cache: OfficeCache = tx.runtime.facts["offices"]
    took_in = await cache.scope(tx, frozenset({office})) if office else None
    if competent:
        return Period(first, last, took_in, officer.scope & await cache.scope(tx, frozenset({competent})))
    return Period(first, last, officer.scope if took_in is None else officer.scope & took_in)


async def settlement(tx: Transaction, period: Period, *, limit: int, after: str | None) -> Settlement:
    rows = (await tx.run(_lines(period, after).limit(limit + 1))).all()
    lines = [_line(row) for row in rows[:limit]]
    return Settlement(
        first=period.first,
        last=period.last,
        totals=tuple(SettlementTotal.model_validate(row) for row in (await tx.run(_totals(period))).all()),
        lines=tuple(lines),
        next=_cursor_of(lines[-1]) if len(rows) > limit else None,
    )


async def as_csv(tx: Transaction, period: Period) -> str:
    """All lines; a byte order mark, as spreadsheets want one. Raises InvalidInput."""
    rows = (await tx.run(_lines(period, None).limit(MOST_LINES + 1))).all()
    if len(rows) > MOST_LINES:
        raise InvalidInput(f"More than {MOST_LINES} lines: ask for a shorter period.")
    text = io.StringIO()
    names = list(SettlementLine.model_fields)
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([_cell(getattr(_line(row), name)) for name in names] for row in rows)
    return "\ufeff" + text.getvalue()


def _cell(value: object) -> object:
    """What a spreadsheet would take for a formula is shown as text."""
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value


def _totals(period: Period) -> Select[*tuple[Any, ...]]:
    def sum_of(*of: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(fee_entry.c.amount).filter(and_(*of)), 0)

    is_paid, is_refunded = fee_entry.c.kind == PAID, fee_entry.c.kind == REFUNDED
    return (
        select(
            fee_entry.c.office,
            fee_entry.c.name,
            func.count().filter(is_paid).label("payments"),
            sum_of(is_paid).label("paid"),
            sum_of(is_paid, fee_entry.c.online.is_not(None)).label("online"),
            func.count().filter(is_refunded).label("refunds"),
            sum_of(is_refunded).label("refunded"),
            func.sum(case((is_paid, fee_entry.c.amount), else_=-fee_entry.c.amount)).label("net"),
        )
        .where(period.holds)
        .group_by(fee_entry.c.office, fee_entry.c.name)
        .order_by(fee_entry.c.office, fee_entry.c.name)
    )


def _lines(period: Period, after: str | None) -> Select[Any]:
    query: Select[Any] = (
        select(fee_entry, fee_entry.c.dossier_id.label("dossier"), dossier.c.code)
        .join(dossier, dossier.c.id == fee_entry.c.dossier_id)
        .where(period.holds)
        .order_by(fee_entry.c.at, fee_entry.c.id)
    )
    return query.where(tuple_(fee_entry.c.at, fee_entry.c.id) > tuple_(*_position(after))) if after else query


def _line(row: Any) -> SettlementLine:
    line = SettlementLine.model_validate(row)
    return line.model_copy(update={"at": line.at.astimezone(VIETNAM), "moved_at": line.moved_at.astimezone(VIETNAM)})


def _cursor_of(last: SettlementLine) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.at.astimezone(UTC).isoformat(), str(last.id)]).encode()).decode()


def _position(after: str) -> Sequence[Any]:
    try:
        instant, name = json.loads(base64.urlsafe_b64decode(after))
        position = datetime.fromisoformat(instant), UUID(name)
        if not within(position[0]):
            raise ValueError(instant)
        return position
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise InvalidInput("`after` is not a cursor of ours; take it from `next` of the page before.") from error
