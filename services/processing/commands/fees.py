"""What becomes of a case when the desk says that a fee asked for is paid: the agency goes on by itself."""

from services.processing import tables
from services.processing.commands.hearing import counting_of, heard_of, keep_alarms
from services.processing.domain.case import Case, fee_settled, promised_again
from shared.contracts.events import FeeChange, FeePaid, FeeSettled, FeeUnpaid
from shared.errors import NotFound
from shared.runtime import Transaction
from shared.wire import Envelope


async def hear_of_money(tx: Transaction, event: FeeChange, envelope: Envelope) -> None:
    """Money for what the agency asked for: once nothing of it is owed the case goes on, and its clock runs if it stood."""
    if (before := await _case_of(tx, envelope)) is None:
        return
    if not (before.fee and before.fee.is_settled_by(event)):
        return await tables.add_line(tx, before.id, heard_of(event, envelope, before.state, before.state))
    counting = await counting_of(tx, before)
    paid_at = min(event.paid_at, tx.now) if isinstance(event, FeePaid) else envelope.time
    after = promised_again(fee_settled(before, event, paid_at), before, counting)
    line = heard_of(event, envelope, before.state, after.state)
    if after.state is before.state:  # it waits for something else meanwhile
        await tables.save_case(tx, before, after, line)
        return
    told = FeeSettled(
        request=before.fee.request, settled_at=paid_at, earlier_appointment_at=before.appointment_at, appointment_at=after.appointment_at
    )
    saved = await tables.save_case(tx, before, after, line, told)
    await keep_alarms(tx, saved, counting, since=tx.now)


async def hear_of_reminder(tx: Transaction, event: FeeUnpaid, envelope: Envelope) -> None:
    """Nothing ends by itself for want of a fee."""
    if before := await _case_of(tx, envelope):
        await tables.add_line(tx, before.id, heard_of(event, envelope, before.state, before.state))


async def _case_of(tx: Transaction, envelope: Envelope) -> Case | None:
    """None: it is still a submission, which the desk has for itself."""
    try:
        return await tables.load_case(tx, envelope.subject)
    except NotFound:
        return None
