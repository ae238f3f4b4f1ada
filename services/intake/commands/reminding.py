"""The desk that watches over a dossier asks the agency how it stands: heard there, and seen on its work list."""

from dataclasses import replace

from sqlalchemy import or_, update

from services.intake import tables
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from shared.clock import VIETNAM
from shared.contracts.events import DossierReminded
from shared.officers import Officer
from shared.runtime import Transaction


async def remind(tx: Transaction, name: str, *, note: str | None, by: Officer) -> Dossier:
    """By the supervising office or the one that received it, once a day. `told` moves and `version` does not: nothing of it changes.

    Raises NotFound, NotPermitted, ActionNotAllowed. Source: law.REMINDER.
    """
    found = await tables.load_dossier(tx, name)
    watching = (found.offices.supervising, found.offices.receiving)
    by.must_act_for(watching, found.offices.all(), f"dossier {name}")
    await tx.once()
    tx.about = found
    state = next_state(found, Move.REMIND)
    morning = tx.now.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
    table = tables.dossier
    first_today = or_(table.c.reminded_at.is_(None), table.c.reminded_at < morning)
    reminded = update(table).where(table.c.id == found.id, first_today).values(reminded_at=tx.now, told=table.c.told + 1)
    told = (await tx.run(reminded.returning(table.c.told))).scalar()
    if told is None:  # another did so since it was read
        next_state(replace(found, reminded_at=tx.now), Move.REMIND)
    assert told
    office = watching[0] if by.sees(watching[:1]) else watching[1]
    await tables.add_line(tx, found.id, JournalLine(Move.REMIND, by.name, found.state, state, office, note))
    await tx.publish(found.id, told, DossierReminded(office=office, reminded_by=by.name, note=note))
    return found
