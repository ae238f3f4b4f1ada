"""The rows of money: the lines a dossier owes, every đồng that came or went, and payments that could not be put to a line."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.intake.domain.charges import Charge, Charges, Money
from services.intake.domain.dossier import Dossier
from services.intake.tables import fee_entry, fee_line, payment_kept
from shared.contracts.events import OnlineVia
from shared.ids import uuid7
from shared.runtime import Transaction

PAID, REFUNDED, PUT_TO_LINE = "paid", "refunded", "put_to_line"
"""Kinds of entries: money came, went, or is found in a line after all; that line has its own entry of what came."""
NO_LINE: Final = "Khoản nộp chưa xác định"
"""What money is called that could not be put to a line."""


async def load(tx: Transaction, dossier_id: UUID) -> Charges:
    rows = await tx.run(select(fee_line).where(fee_line.c.dossier_id == dossier_id).order_by(fee_line.c.number))
    return tuple(_charge_of(dict(row)) for row in rows.mappings())


def _charge_of(row: dict[Any, Any]) -> Charge:
    plain: dict[str, Any] = {field.name: row[field.name] for field in fields(Charge)}
    plain["online"] = OnlineVia(row["online"]) if row["online"] else None
    return Charge(**plain)


def row_of(dossier_id: UUID, charge: Charge) -> dict[str, Any]:
    return {"dossier_id": dossier_id} | asdict(charge)


async def keep(tx: Transaction, dossier_id: UUID, charges: Charges) -> None:
    """Lines, new or changed."""
    if charges:
        fresh = upsert(fee_line).values([row_of(dossier_id, charge) for charge in charges])
        changed = {column.name: fresh.excluded[column.name] for column in fee_line.c if not column.primary_key}
        await tx.run(fresh.on_conflict_do_update(index_elements=["dossier_id", "number"], set_=changed))


# ------------------------------------------------------------------------------------------------ what came and went


def paid_in(dossier: Dossier, charge: Charge, *, by: str, now: datetime, paid_at: datetime | None = None) -> dict[str, Any]:
    """The entry for a line that was paid."""
    how = {"method": charge.method, "online": charge.online, "receipt_number": charge.receipt_number, "reason": None}
    return _entry(dossier, charge.number, charge.name, PAID, charge.paid, by, now) | how | {"moved_at": paid_at or now}


def given_back(dossier: Dossier, charge: Charge, amount: int, *, reason: str, method: str | None, by: str, now: datetime) -> dict[str, Any]:
    """The entry for a refund. `online` says how it had been paid."""
    how = {"method": method, "online": charge.online, "receipt_number": None, "reason": reason}
    return _entry(dossier, charge.number, charge.name, REFUNDED, amount, by, now) | how


def _of_no_line(dossier: Dossier, kind: str, kept: Mapping[Any, Any], by: str, now: datetime, *, reason: str | None) -> dict[str, Any]:
    """The entry for money that could not be put to a line: it came, was given back, or was put to one."""
    how = {name: kept[name] for name in ("method", "online", "receipt_number")} | {"reason": reason}
    return _entry(dossier, 0, NO_LINE, kind, kept["amount"], by, now) | how


def _entry(dossier: Dossier, number: int, name: str, kind: str, amount: int, by: str, now: datetime) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "dossier_id": dossier.id,
        "number": number,
        "kind": kind,
        "office": dossier.offices.receiving,
        "competent": dossier.offices.competent,
        "name": name,
        "amount": amount,
        "by": by,
        "moved_at": now,
        "at": now,
    }


async def write(tx: Transaction, entries: Sequence[dict[str, Any]]) -> None:
    if entries:
        await tx.run(insert(fee_entry), entries)


# ------------------------------------------------------------------------------------------------ what could not be put to a line


async def keep_apart(tx: Transaction, dossier: Dossier, money: Money, why: str, *, by: str) -> None:
    """In a transaction of its own, as the one that refuses it ends here; the same payment once, however often it is tried."""
    key = tx.key
    assert key
    row = asdict(money) | {"id": uuid7(), "dossier_id": dossier.id, "caller": key.caller, "key": key.key, "why": why, "at": tx.now}
    await tx.give_up()
    async with tx.runtime.transaction() as apart:
        fresh = upsert(payment_kept).values(row).on_conflict_do_nothing(index_elements=["dossier_id", "caller", "key"])
        if (await apart.run(fresh)).rowcount:
            await write(apart, [_of_no_line(dossier, PAID, row, by, tx.now, reason=why) | {"moved_at": money.paid_at}])


async def taken_after_all(tx: Transaction, dossier: Dossier, by: str) -> None:
    """The same payment had been refused before; now it stands in a line."""
    key = tx.key
    assert key
    mine = (payment_kept.c.caller == key.caller, payment_kept.c.key == key.key)
    if found := await _settled(tx, dossier, *mine, how="taken", by=by):
        await write(tx, [_of_no_line(dossier, PUT_TO_LINE, found, by, tx.now, reason=None)])


async def give_back_kept(tx: Transaction, dossier: Dossier, payment: UUID, by: str, *, reason: str) -> int | None:
    """The sum given back; None where no such payment is kept any more."""
    if not (found := await _settled(tx, dossier, payment_kept.c.id == payment, how="given_back", by=by)):
        return None
    await write(tx, [_of_no_line(dossier, REFUNDED, found, by, tx.now, reason=reason)])
    return found["amount"]


async def _settled(tx: Transaction, dossier: Dossier, *which: ColumnElement[bool], how: str, by: str) -> Mapping[Any, Any] | None:
    """The payment as it was kept, which is now no more."""
    open_ = (payment_kept.c.dossier_id == dossier.id, payment_kept.c.settled_at.is_(None), *which)
    settled = update(payment_kept).where(*open_).values(settled_at=tx.now, settled_by=by, settled_how=how)
    return (await tx.run(settled.returning(payment_kept))).mappings().one_or_none()


async def kept(tx: Transaction, dossier_id: UUID) -> Sequence[Any]:
    """Payments that wait to be given back, or tried again."""
    query = select(payment_kept).where(payment_kept.c.dossier_id == dossier_id, payment_kept.c.settled_at.is_(None))
    return (await tx.run(query.order_by(payment_kept.c.at, payment_kept.c.id))).all()
