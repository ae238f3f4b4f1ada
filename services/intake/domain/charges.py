"""What one dossier owes: lines frozen when they are charged, and what then comes of each. Later catalogues do not touch them.

Money moves whole: a line is paid at once or not at all, given back up to what was paid. A sum is in whole đồng.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from services.intake.domain.deciding import spelled
from services.intake.domain.dossier import Dossier
from services.intake.domain.fees import FeeLine, FeesOwed, FeeToState
from shared.contracts.events import FeeSum, OnlineVia
from shared.errors import Conflict, Flaw, InvalidInput, NotUnderstood

UNNAMED: Final = "Phí, lệ phí"
"""What a fee is called whose source gives it no name."""
NO_LONGER: Final = "Không phải nộp theo hồ sơ đã sửa"
"""The ground on which a line falls away that was asked for by rules which hold for the corrected submission no more."""


class FeeWrong(NotUnderstood):
    """The sum is not the one published, or lies outside the bounds published."""


class FeeUnknown(NotUnderstood):
    """The dossier has no such line of fees."""


class AmountWrong(NotUnderstood):
    """The sum is not what is owed for these lines."""


class NothingOwed(Conflict):
    """Nothing is owed for these lines: they are paid, waived, or given back."""


class SumNotStated(Conflict):
    """The desk has not stated the sum of this line yet."""


class MoreThanPaid(Conflict):
    """No more is given back than was paid."""


class ChargeState(StrEnum):
    """Where a line stands. It is derived: what is stored are the sums."""

    TO_STATE = "to_state"
    OWED = "owed"
    PAID = "paid"
    WAIVED = "waived"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class Stated:
    """A line as the officer states it. `ground`: why less is owed than is published, an exemption for instance."""

    name: str
    amount: int
    paid: bool = True
    method: str | None = None
    online: OnlineVia | None = None
    receipt_number: str | None = None
    ground: str | None = None


@dataclass(frozen=True)
class Charge:
    """A line of a dossier. `amount` None: the source says that something is owed, and the desk has yet to state how much."""

    number: int
    name: str
    amount: int | None
    paid: int = 0
    refunded: int = 0
    published: int | None = None
    """What the rules came to when it was charged; None: no definite sum followed."""
    at_least: int | None = None
    at_most: int | None = None
    text: str | None = None
    """The wording of the rule, as published."""
    ground: str | None = None
    request: UUID | None = None
    """What the agency asked for during processing, if this is part of it."""
    awaited: bool = False
    """It was asked for, before acceptance or by the agency, and the dossier waits for it."""
    method: str | None = None
    online: OnlineVia | None = None
    """Where it was paid, if online. Source: law.INDEX_766_PAID_ONLINE."""
    receipt_number: str | None = None

    @property
    def state(self) -> ChargeState:
        if self.amount is None:
            return ChargeState.TO_STATE
        if self.paid and self.refunded == self.paid:
            return ChargeState.REFUNDED
        if self.paid:
            return ChargeState.PAID
        if self.amount == 0:
            return ChargeState.WAIVED if self.ground else ChargeState.PAID
        return ChargeState.OWED

    @property
    def owed(self) -> int:
        return self.amount or 0 if self.state is ChargeState.OWED else 0

    @property
    def net(self) -> int:
        return self.paid - self.refunded


Charges = tuple[Charge, ...]


def with_fees(dossier: Dossier, charges: Charges) -> Dossier:
    """What the dossier itself keeps of its lines."""
    return replace(
        dossier,
        fee_owed=sum(line.owed for line in charges),
        fee_net=sum(line.net for line in charges),
        fee_unstated=sum(line.state is ChargeState.TO_STATE for line in charges),
        fee_awaited=sum(line.owed for line in charges if line.awaited),
    )


def awaited_of(charges: Charges) -> Charges:
    return tuple(line for line in charges if line.awaited and line.owed)


def told(charges: Iterable[Charge]) -> tuple[FeeSum, ...]:
    return tuple(FeeSum(name=line.name, amount=line.amount or 0, number=line.number) for line in charges)


# --- Charged --------------------------------------------------------------------------------------------------------


def frozen(quoted: FeesOwed, stated: Sequence[Stated] = (), *, before: Charges = ()) -> Charges:
    """The lines of a dossier: those it has, what the rules come to, and what the officer states within them.

    What the source leaves open and prices becomes a line whose sum is stated later, within its bounds. Raises FeeWrong, InvalidInput.
    Source: law.NO_FEE_BEYOND_THE_PUBLISHED.
    """
    taken = [spelled(line.name) for line in before]
    open_fees = {fee.name: fee for fee in quoted.to_state}
    lines = [Charge(0, line.name or UNNAMED, line.amount, published=line.amount, text=line.rule.text) for line in quoted.lines]
    lines += [Charge(0, fee.name or UNNAMED, None, 0, 0, None, fee.at_least, fee.at_most, fee.text) for fee in open_fees.values()]
    lines = [line for line in lines if spelled(line.name) not in taken]
    priced = {fee.name or UNNAMED for fee in quoted.to_state if fee.is_priced}
    left = list(stated)
    _no_name_twice(left, taken)
    found: list[Charge] = []
    for line in lines:
        mine = _meant(line, left, lines)
        if mine:
            left.remove(mine)
            found.append(_as_stated(line, mine))
        elif line.amount is not None or line.name in priced:
            found.append(line)
    if left and not quoted.to_state:
        published = [line.name for line in lines]
        raise FeeWrong(f"No such fee is published: {left[0].name}.", published=published)
    found += [_as_stated(Charge(0, one.name, None), one) for one in left]
    return (*before, *(replace(line, number=len(before) + place) for place, line in enumerate(found, 1)))


def _meant(line: Charge, stated: Sequence[Stated], lines: Sequence[Charge]) -> Stated | None:
    """What was stated under its name; the only fee, and one without a name, is meant by whatever bears no other's."""
    if by_name := next((one for one in stated if spelled(one.name) == spelled(line.name)), None):
        return by_name
    named = {spelled(other.name) for other in lines}
    is_meant = line.name == UNNAMED or len(lines) == 1
    return next((one for one in stated if spelled(one.name) not in named), None) if is_meant else None


def _no_name_twice(stated: Sequence[Stated], taken: Sequence[str]) -> None:
    names = [*taken, *(spelled(one.name) for one in stated)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidInput("Please correct: /fees.", Flaw("/fees", f"{twice} is charged once."))


def _as_stated(line: Charge, stated: Stated) -> Charge:
    amount = stated.amount
    if line.published is not None and amount != line.published and not (stated.ground and amount < line.published):
        more = amount > line.published
        why = "No more is charged than is published." if more else "Name in `ground` why less is charged than is published."
        raise FeeWrong(f"{line.name}: {line.published} đồng are published. {why}", name=line.name, published=line.published)
    if not stated.ground:
        _must_lie_within(line, amount)
    paid = amount if stated.paid else 0
    how: dict[str, Any] = {"method": stated.method, "online": stated.online, "receipt_number": stated.receipt_number} if paid else {}
    return replace(line, name=stated.name, amount=amount, paid=paid, ground=stated.ground, **how)


def _must_lie_within(line: Charge, amount: int) -> None:
    low, high = line.at_least, line.at_most
    if (low is not None and amount < low) or (high is not None and amount > high):
        bounds = {"at_least": low, "at_most": high}
        raise FeeWrong(f"{line.name}: between {low or 0} and {high or '…'} đồng are published.", name=line.name, **bounds)


def to_state_first(charges: Charges, quoted: FeesOwed) -> list[dict[str, object]]:
    """The lines without a sum, with what would give them one."""
    by_name: dict[str, FeeToState] = {fee.name or UNNAMED: fee for fee in quoted.to_state}
    return [
        {"name": line.name, "at_least": line.at_least, "at_most": line.at_most, "text": line.text, "count": list(by_name[line.name].count)}
        for line in charges
        if line.state is ChargeState.TO_STATE and line.name in by_name
    ]


# --- What comes of a line -------------------------------------------------------------------------------------------


def line_of(charges: Charges, number: int) -> Charge:
    """Raises FeeUnknown."""
    if (found := next((line for line in charges if line.number == number), None)) is None:
        raise FeeUnknown(f"The dossier has no line of fees number {number}.", lines=[line.number for line in charges])
    return found


def put_back(charges: Charges, *changed: Charge) -> Charges:
    """With new lines, too."""
    return tuple(({line.number: line for line in charges} | {line.number: line for line in changed}).values())


@dataclass(frozen=True)
class Money:
    """What came: for one line, or (None) for all that are owed; in whole đồng."""

    amount: int
    method: str
    paid_at: datetime
    number: int | None = None
    online: OnlineVia | None = None
    receipt_number: str | None = None


def paid(charges: Charges, money: Money) -> Charges:
    """The lines that the money pays: one by its number; else all that the dossier waits for, or all that are owed.

    Raises FeeUnknown, SumNotStated, NothingOwed, AmountWrong.
    """
    lines = [line_of(charges, money.number)] if money.number is not None else _meant_by(charges, money.amount)
    if any(line.state is ChargeState.TO_STATE for line in lines):
        raise SumNotStated("The desk has not stated yet how much is owed for this line.")
    if not (owed := sum(line.owed for line in lines)):
        raise NothingOwed("Nothing is owed for this line any more." if money.number is not None else "Nothing is owed any more.")
    if money.amount != owed:
        raise AmountWrong(f"{owed} đồng are owed, {money.amount} came.", owed=owed, amount=money.amount)
    how: dict[str, Any] = {"method": money.method, "online": money.online, "receipt_number": money.receipt_number}
    return tuple(replace(line, paid=line.owed, **how) for line in lines)


def _meant_by(charges: Charges, amount: int) -> list[Charge]:
    """Who was asked for a sum pays that sum, whatever else is owed."""
    owed = [line for line in charges if line.state is ChargeState.OWED]
    awaited = [line for line in owed if line.awaited]
    return awaited if awaited and sum(line.owed for line in awaited) == amount else owed


def refunded(charges: Charges, number: int, amount: int) -> Charge:
    """Raises FeeUnknown, MoreThanPaid."""
    line = line_of(charges, number)
    if amount > line.net:
        raise MoreThanPaid(f"Of this line {line.net} đồng are kept; no more is given back.", kept=line.net)
    return replace(line, refunded=line.refunded + amount)


def stated(charges: Charges, number: int, amount: int) -> Charge:
    """The desk says how much is owed, within what is published. Raises FeeUnknown, NothingOwed, FeeWrong."""
    line = line_of(charges, number)
    if line.state not in (ChargeState.TO_STATE, ChargeState.OWED) or line.published is not None or line.request:
        raise NothingOwed("The sum of this line is settled; it is not stated again.")
    _must_lie_within(line, amount)
    return replace(line, amount=amount)


def reduced(charges: Charges, number: int, amount: int, ground: str) -> Charge:
    """Less is owed, or nothing, on a ground. What is paid is given back instead. Raises FeeUnknown, NothingOwed, FeeWrong."""
    line = line_of(charges, number)
    if line.state not in (ChargeState.TO_STATE, ChargeState.OWED):
        raise NothingOwed("This line is settled. What was paid is given back by a refund.")
    if line.amount is not None and amount >= line.amount:
        raise FeeWrong(f"{line.amount} đồng are owed; a reduction leaves less.", name=line.name, owed=line.amount)
    return replace(line, amount=amount, ground=ground)


def quoted_anew(charges: Charges, *, before: FeesOwed, now: FeesOwed) -> Charges:
    """What a corrected submission changes of what was asked for: only where the rules come to another sum than they did before.

    Paid lines stay, and so does what somebody stated or reduced on a ground; what the rules leave open now is for the desk to ask.
    """
    was, is_now = ({spelled(line.name or UNNAMED): line for line in quoted.lines} for quoted in (before, now))
    left_open = {spelled(fee.name or UNNAMED) for fee in now.to_state}
    changed: list[Charge] = []
    for line in charges:
        name = spelled(line.name)
        by_rule = line.state is ChargeState.OWED and line.published is not None and not (line.ground or line.request)
        if not by_rule or name in left_open or _sum(was.get(name)) == _sum(is_now.get(name)):
            continue
        quoted = is_now.get(name)
        amount = quoted.amount if quoted else 0
        text = quoted.rule.text if quoted else line.text
        changed.append(replace(line, amount=amount, published=amount, text=text, ground=None if quoted else NO_LONGER))
    had = {spelled(line.name) for line in charges}
    fresh = [line for name, line in is_now.items() if name not in was and name not in had and line.amount]
    new = [Charge(0, line.name or UNNAMED, line.amount, published=line.amount, text=line.rule.text, awaited=True) for line in fresh]
    return (*changed, *(replace(line, number=len(charges) + place) for place, line in enumerate(new, 1)))


def _sum(line: FeeLine | None) -> int | None:
    return line.amount if line else None


def asked(charges: Charges, fees: Iterable[tuple[str, int]], *, request: UUID) -> Charges:
    """With what the agency asks for during processing."""
    fresh = [Charge(0, name, amount, request=request, awaited=True) for name, amount in fees]
    return (*charges, *(replace(line, number=len(charges) + place) for place, line in enumerate(fresh, 1)))


def awaited(charges: Charges, *, before: Charges) -> Charges:
    """Before acceptance it waits for all that is owed; what costs nothing or is not stated yet is charged at acceptance."""
    fresh = [replace(line, awaited=True) for line in charges[len(before) :] if line.owed]
    return (*before, *(replace(line, number=len(before) + place) for place, line in enumerate(fresh, 1)))
