"""Amendments: what the desk wrote down wrongly is set right, whoever has the dossier in hand, and the receipt printed again.

Only the holder changes the *state*. People, and how they want the result, are the desk's to keep from the first day to the last; the
agency and the voice follow what it tells. So nobody waits for the agency to be reached at the right number.
"""

from typing import Any

from sqlalchemy import RowMapping, func, insert, select

from services.intake import tables
from services.intake.commands.alarms import UNCLAIMED
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.amendment import amended, what_changed
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from services.intake.domain.unclaimed import next_call_at
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import DossierAmended
from shared.contracts.people import Person, ReturnWish
from shared.contracts.permissions import Role
from shared.contracts.states import STATES, DeadlineClock
from shared.officers import Officer
from shared.runtime import Transaction


async def amend(
    tx: Transaction, name: str, *, people: tuple[Person, ...], wish: ReturnWish | None, reason: str, by: Officer, version: int
) -> Dossier:
    """What was written stays in the row of the amendment; the receipt as printed first stays with the dossier."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.AMEND)
    after = amended(before, people, wish, by_supervisor=Role.SUPERVISOR in by.roles)
    changed = sorted(what_changed(before, after))
    table = tables.amendment
    number = 1 + (await tx.run(select(func.count()).select_from(table).where(table.c.dossier_id == before.id))).scalar_one()
    event = DossierAmended(number=number, amended_at=tx.now, changed=tuple(changed), result_wanted=after.result_wanted, people=after.people)
    line = JournalLine(Move.AMEND, by.name, before.state, state, before.offices.receiving, f"{', '.join(changed)}: {reason}")
    saved = await tables.save_dossier(tx, before, after, line, event)
    row = {"dossier_id": before.id, "number": number, "at": tx.now, "by": by.name, "reason": reason, "changed": changed}
    written = tables.columns_of(before)
    kept = {"people_before": written["people"], "result_before": before.result_wanted.model_dump(mode="json")}
    await tx.run(insert(table).values(row | kept | {"receipt": await _printed_again(tx, saved, number)}))
    if saved.result_at_desk_at and saved.result_wanted.way is not before.result_wanted.way and _waits_to_be_fetched(saved):
        await timers.keep(tx, saved.id, {UNCLAIMED: next_call_at(saved.result_at_desk_at, tx.now)})
    return saved


async def _printed_again(tx: Transaction, dossier: Dossier, number: int) -> dict[str, Any] | None:
    """The first receipt with what it now says, and that it is an amended one; None before there is any."""
    if (first := await first_receipt(tx, dossier)) is None:
        return None
    marked = {"number": number, "at": tx.now.astimezone(VIETNAM).isoformat()}
    return first | {"result_way": dossier.result_wanted.way, "amended": marked}


async def first_receipt(tx: Transaction, dossier: Dossier) -> dict[str, Any] | None:
    return (await tx.run(select(tables.dossier.c.receipt).where(tables.dossier.c.id == dossier.id))).scalar_one()


async def amendments(tx: Transaction, dossier: Dossier) -> list[RowMapping]:
    """In order, without the data that was wrong."""
    table = tables.amendment
    shown = select(table.c.number, table.c.at, table.c.by, table.c.reason, table.c.changed, table.c.receipt)
    return list((await tx.run(shown.where(table.c.dossier_id == dossier.id).order_by(table.c.number))).mappings())


def _waits_to_be_fetched(dossier: Dossier) -> bool:
    meaning = STATES[dossier.state]
    return meaning.clock is DeadlineClock.ENDED and not meaning.terminal
