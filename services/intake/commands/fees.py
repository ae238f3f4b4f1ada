"""Fees at the desk: asked for before acceptance, stated, paid, reduced, given back; and what the agency asks for meanwhile."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from services.intake import money, tables
from services.intake.catalogue import catalogue_of
from services.intake.commands.alarms import ANSWER_DUE, FEE_UNPAID, answer_due_at
from services.intake.commands.opening import dossier_to_change, dossier_to_tell_of
from services.intake.domain import charges as rules
from services.intake.domain.charges import Charges, FeeUnknown, Money, NothingOwed, Stated, put_back, with_fees
from services.intake.domain.choices import Named
from services.intake.domain.dossier import Dossier
from services.intake.domain.fees import owed
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import FeeChange, FeePaid, FeeReduced, FeeRefunded, FeeRequested, SubmissionFeeRequested
from shared.contracts.states import State
from shared.errors import DomainError, Flaw, InvalidInput
from shared.officers import Officer
from shared.runtime import Transaction


async def ask(
    tx: Transaction, name: str, named: Named, stated: tuple[Stated, ...], *, reason: str | None, by: Officer, version: int
) -> Dossier:
    """Fees are asked for before acceptance: what the rules come to, and what the officer states within them. Source: law.FEES.

    The time to answer stops. Raises NothingOwed where no sum follows and none was stated.
    """
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.ASK_FEE)
    entry = await catalogue_of(tx.runtime).entry(tx, before.procedure.key)
    quoted = owed(
        entry.procedure.fees,
        channel=before.channel,
        case=named.case or before.case,
        applicant=named.applicant,
        facts=named.fee,
        on=tx.now.astimezone(VIETNAM).date(),
    )
    had = await money.load(tx, before.id)
    lines = rules.frozen(quoted, stated, before=had)
    charges = rules.awaited(lines, before=had)
    fresh = charges[len(had) :]
    if not fresh:
        raise NothingOwed("No sum follows from what is published: state it in `fees`.", to_state=rules.to_state_first(lines, quoted))
    after = with_fees(replace(before, state=state, answer_due_at=None, fee_asked_at=tx.now), charges)
    line = JournalLine(Move.ASK_FEE, by.name, before.state, state, before.offices.receiving, in_words(fresh))
    told = SubmissionFeeRequested(fees=rules.told(fresh), requested_at=tx.now, reason=reason)
    saved = await tables.save_dossier(tx, before, after, line, told)
    await money.keep(tx, saved.id, fresh)
    await timers.keep(tx, saved.id, {ANSWER_DUE: None, FEE_UNPAID: tx.now + entry.policies.fee_reminder_after})
    return saved


async def pay(tx: Transaction, name: str, came: Money, *, by: Officer) -> Dossier:
    """Money came, at the desk or online: a fact. What cannot be put to a line is refused, and kept all the same.

    Raises ActionNotAllowed, FeeUnknown, SumNotStated, NothingOwed, AmountWrong.
    """
    before = await dossier_to_tell_of(tx, name, by=by, alone=True)
    charges = await money.load(tx, before.id)
    if came.paid_at > tx.now:
        raise InvalidInput("Please correct: /paid_at.", Flaw("/paid_at", "Nothing is paid in the future."))
    try:
        next_state(before, Move.RECORD_PAYMENT)
        paid = rules.paid(charges, came)
    except DomainError as refusal:
        await money.keep_apart(tx, before, came, refusal.code(), by=by.name)
        raise
    after = with_fees(before, put_back(charges, *paid))
    told = FeePaid(
        **_change(after, paid),
        amount=came.amount,
        method=came.method,
        online=came.online,
        receipt_number=came.receipt_number,
        paid_at=came.paid_at,
    )
    saved = await _settle(tx, Move.RECORD_PAYMENT, before, after, paid, told, by=by, note=in_words(paid))
    await money.write(tx, [money.paid_in(before, line, by=by.name, now=tx.now, paid_at=came.paid_at) for line in paid])
    await money.taken_after_all(tx, saved, by.name)
    return saved


async def reduce(tx: Transaction, name: str, number: int, amount: int, ground: str, *, by: Officer, version: int) -> Dossier:
    """Less is owed, or nothing: an exemption shown later, for instance. Raises FeeUnknown, NothingOwed, FeeWrong."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    next_state(before, Move.REDUCE_FEE)
    charges = await money.load(tx, before.id)
    less = (rules.reduced(charges, number, amount, ground),)
    after = with_fees(before, put_back(charges, *less))
    told = FeeReduced(**_change(after, less), ground=ground, reduced_at=tx.now)
    return await _settle(tx, Move.REDUCE_FEE, before, after, less, told, by=by, note=f"{in_words(less)}: {ground}")


async def state(tx: Transaction, name: str, number: int, amount: int, *, by: Officer, version: int) -> Dossier:
    """How much is owed for a line that the source leaves open. Raises FeeUnknown, NothingOwed, FeeWrong."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    next_state(before, Move.STATE_FEE)
    charges = await money.load(tx, before.id)
    line = rules.stated(charges, number, amount)
    note = JournalLine(Move.STATE_FEE, by.name, before.state, before.state, before.offices.receiving, in_words((line,)))
    saved = await tables.save_dossier(tx, before, with_fees(before, put_back(charges, line)), note)
    await money.keep(tx, saved.id, (line,))
    return saved


async def refund(
    tx: Transaction, name: str, number: int, amount: int, *, reason: str, method: str | None, by: Officer, version: int
) -> Dossier:
    """Money is given back, up to what was paid for the line. Raises FeeUnknown, MoreThanPaid."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    next_state(before, Move.REFUND_FEE)
    charges = await money.load(tx, before.id)
    line = rules.refunded(charges, number, amount)
    saved = await _give_back(tx, before, with_fees(before, put_back(charges, line)), rules.told((line,)), amount, reason, by)
    await money.keep(tx, saved.id, (line,))
    await money.write(tx, [money.given_back(before, line, amount, reason=reason, method=method, by=by.name, now=tx.now)])
    return saved


async def refund_kept(tx: Transaction, name: str, payment: UUID, *, reason: str, by: Officer, version: int) -> Dossier:
    """A payment that could not be put to a line goes back whole. Raises FeeUnknown."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    if (amount := await money.give_back_kept(tx, before, payment, by.name, reason=reason)) is None:
        raise FeeUnknown(f"No payment {payment} of this dossier waits to be given back.")
    return await _give_back(tx, before, before, (), amount, reason, by)


async def _give_back(
    tx: Transaction, before: Dossier, after: Dossier, fees: tuple[rules.FeeSum, ...], amount: int, reason: str, by: Officer
) -> Dossier:
    line = JournalLine(Move.REFUND_FEE, by.name, before.state, before.state, before.offices.receiving, f"{dong(amount)}: {reason}")
    told = FeeRefunded(fees=fees, amount=amount, reason=reason, refunded_at=tx.now)
    return await tables.save_dossier(tx, before, after, line, told)


async def _settle(
    tx: Transaction, move: Move, before: Dossier, after: Dossier, changed: Charges, told: FeeChange, *, by: Officer, note: str
) -> Dossier:
    """Less is owed now. Once nothing is awaited any more, a submission waits for the desk again, and its time to answer begins anew."""
    due_at = before.answer_due_at
    is_over = before.fee_awaited > 0 and after.fee_awaited == 0
    waits_again = is_over and before.state is State.INTAKE_FEE
    if waits_again:
        due_at = await answer_due_at(tx, before.offices.receiving, before.procedure.key)
        after = replace(after, state=next_state(before, move), answer_due_at=due_at)
    line = JournalLine(move, by.name, before.state, after.state, before.offices.receiving, note)
    saved = await tables.save_dossier(tx, before, after, line, told)
    await money.keep(tx, saved.id, changed)
    if is_over:
        await timers.keep(tx, saved.id, {FEE_UNPAID: None} | ({ANSWER_DUE: due_at} if waits_again else {}))
    return saved


def _change(after: Dossier, changed: Charges) -> dict[str, Any]:
    request = next((line.request for line in changed if line.request), None)
    return {"fees": rules.told(changed), "still_awaited": after.fee_awaited, "request": request}


async def charged_by_agency(tx: Transaction, before: Dossier, event: FeeRequested) -> tuple[Dossier, Charges]:
    """The dossier with the lines the agency asks for; the lines are yet to be kept."""
    charges = await money.load(tx, before.id)
    wanted = rules.asked(charges, [(fee.name, fee.amount) for fee in event.fees], request=event.request)
    return with_fees(replace(before, fee_asked_at=event.requested_at), wanted), wanted[len(charges) :]


def in_words(charges: Charges) -> str:
    return "; ".join(f"{line.name} {dong(line.amount or 0)}" for line in charges)


def dong(amount: int) -> str:
    return f"{amount:,} đồng".replace(",", ".")
