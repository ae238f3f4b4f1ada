"""Papers between units: a fact with two names, in either direction, one dossier at a time or many on one slip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update

from services.intake import tables
from services.intake.commands.alarms import HAND_OVER_DUE
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from services.intake.tables import hand_over, hand_over_slip
from shared import timers
from shared.clock import VIETNAM
from shared.contracts.events import PapersHandedOver
from shared.errors import ActionNotAllowed, Conflict, Flaw, InvalidInput
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction


class SlipRefused(Conflict):
    """Not all of these can be handed over together; nothing was."""


@dataclass(frozen=True)
class Slip:
    """Which dossiers left together, from where to where, by whom, under which number."""

    number: str
    from_office: str
    to_office: str
    handed_over_by: str
    handed_over_at: datetime
    note: str | None
    dossiers: tuple[Dossier, ...]


# ------------------------------------------------------------------------------------------------ left, and arrived


async def left(tx: Transaction, dossier_id: UUID, event: PapersHandedOver) -> None:
    """The first name."""
    gone = {"from_office": event.from_office, "to_office": event.to_office, "note": event.note, "slip": event.slip}
    await _now_the_latest(tx, dossier_id, gone | {"handed_over_by": event.handed_over_by})


async def arrived(tx: Transaction, dossier_id: UUID, office: str, by: str, *, brought: tuple[str, str] | None = None) -> None:
    """The second name. `brought`: from where and by whom, where nobody said that they had left."""
    taken = {"taken_over_by": by, "taken_over_at": tx.now}
    on_the_way = (hand_over.c.dossier_id == dossier_id, hand_over.c.latest, hand_over.c.taken_over_at.is_(None))
    found = await tx.run(update(hand_over).where(*on_the_way, hand_over.c.from_office != office).values(taken))
    if brought and not found.rowcount:
        from_office, handed_over_by = brought
        await _now_the_latest(tx, dossier_id, taken | {"from_office": from_office, "to_office": office, "handed_over_by": handed_over_by})


async def _now_the_latest(tx: Transaction, dossier_id: UUID, values: Mapping[str, object]) -> None:
    await tx.run(update(hand_over).where(hand_over.c.dossier_id == dossier_id, hand_over.c.latest).values(latest=False))
    await tx.run(insert(hand_over).values({**values, "id": uuid7(), "dossier_id": dossier_id, "handed_over_at": tx.now}))


# ------------------------------------------------------------------------------------------------ many on one slip


async def hand_over_together(tx: Transaction, names: Sequence[str], *, to_office: str | None, note: str | None, by: Officer) -> Slip:
    """All of them or none: the slip is a paper that two people sign. Raises NotFound, NotPermitted, SlipRefused, InvalidInput."""
    listed = {found.id: (place, found) for place, found in enumerate([await dossier_to_change(tx, name, by=by) for name in names])}
    tx.about = None if len(listed) > 1 else tx.about  # of several each has its own reason
    in_order = [listed[dossier_id] for dossier_id in sorted(listed)]  # so that two slips never wait for each other
    _must_be_possible(in_order)
    dossiers = tuple(found for _, found in in_order)
    from_office = _the_one({found.offices.receiving for found in dossiers}, "/dossiers", "were received by")
    to = to_office or _the_one({found.offices.competent for found in dossiers}, "/to_office", "belong to")
    (await tx.runtime.facts["offices"].tree(tx)).working_on(tx.now.astimezone(VIETNAM).date(), to)
    slip = Slip(await _next_number(tx, from_office, to, by, note), from_office, to, by.name, tx.now, note, dossiers)
    for before in dossiers:
        state = next_state(before, Move.HAND_OVER_PAPERS)
        event = PapersHandedOver(from_office=from_office, to_office=to, handed_over_by=by.name, note=note, slip=slip.number)
        line = JournalLine(
            Move.HAND_OVER_PAPERS, by.name, before.state, state, from_office, f"{slip.number}" + (f": {note}" if note else "")
        )
        saved = await tables.save_dossier(tx, before, before, line, event)
        await left(tx, saved.id, event)
    await timers.keep_many(tx, [(found.id, {HAND_OVER_DUE: None}) for found in dossiers])
    return slip


def _must_be_possible(listed: Sequence[tuple[int, Dossier]]) -> None:
    errors: list[dict[str, str]] = []
    for place, found in sorted(listed, key=lambda one: one[0]):
        try:
            next_state(found, Move.HAND_OVER_PAPERS)
        except ActionNotAllowed as error:
            errors.append({"pointer": f"/dossiers/{place}", "detail": f"{found.code or found.id}: {error.detail}"})
    if errors:
        raise SlipRefused("; ".join(error["detail"] for error in errors[:5]), errors=errors)


def _the_one(offices: set[str], pointer: str, what: str) -> str:
    if len(offices) > 1:
        raise InvalidInput(
            f"Please correct: {pointer}.", Flaw(pointer, f"These dossiers {what} {', '.join(sorted(offices))}: a slip for each.")
        )
    return next(iter(offices))


async def _next_number(tx: Transaction, from_office: str, to_office: str, by: Officer, note: str | None) -> str:
    """Numbered by office and day, without gaps: whoever wants the next one waits."""
    day: date = tx.now.astimezone(VIETNAM).date()
    await tx.run(select(func.pg_advisory_xact_lock(func.hashtext(f"hand_over_slip {from_office} {day}"))))
    table = hand_over_slip.c
    last = (await tx.run(select(func.max(table.serial)).where(table.from_office == from_office, table.day == day))).scalar() or 0
    number = f"BG-{from_office}-{day:%y%m%d}-{last + 1:04d}"
    told = {"number": number, "from_office": from_office, "to_office": to_office, "day": day, "serial": last + 1, "note": note}
    await tx.run(insert(hand_over_slip).values(told | {"handed_over_by": by.name, "handed_over_at": tx.now}))
    return number
