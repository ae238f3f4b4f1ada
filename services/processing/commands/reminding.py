"""The desk that watches over a case asks how it stands: a line of the journal, and a mark on the work list."""

from uuid import UUID

from sqlalchemy import update

from services.processing import tables
from services.processing.domain.journal import JournalLine
from services.processing.tables import case
from shared.contracts.events import DossierReminded
from shared.contracts.states import State
from shared.runtime import Transaction
from shared.wire import Envelope


async def be_reminded(tx: Transaction, event: DossierReminded, envelope: Envelope) -> None:
    """Changes no version: an officer who is at the case does not lose what they decided on."""
    subject = UUID(envelope.subject)
    reminded = update(case).where(case.c.id == subject).values(reminded_at=envelope.time, reminders=case.c.reminders + 1)
    state = State((await tx.run(reminded.returning(case.c.state))).scalar_one())
    line = JournalLine(
        envelope.time, "remind", event.reminded_by, state, state, event.office, event.note, source=envelope.source, event_id=envelope.id
    )
    await tables.add_line(tx, subject, line)
