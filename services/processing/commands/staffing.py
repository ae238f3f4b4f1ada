"""Who works here: officers registered, delegations, departures, and how each office assigns. Every change stands in a log."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.processing import tables
from services.processing.domain.assignment import Assigning
from services.processing.domain.staff import (
    LONGEST_ABSENCE_DAYS,
    Delegation,
    RegisteredOfficer,
    StaffRefused,
    why_not_delegated,
    why_not_registered,
)
from services.processing.staff import assigning_of, delegation_of, officer_of
from services.processing.tables import case as cases
from services.processing.tables import officer as officers
from shared.clock import VIETNAM
from shared.errors import Conflict, Flaw, InvalidInput, NotFound, NotPermitted
from shared.ids import uuid7
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.offices import OfficeCache
from shared.runtime import Transaction

AT_ONCE: Final = 1000


class DepartedAlready(Conflict):
    """This officer has left already; what lay with them has gone, or is going, to others."""


# ------------------------------------------------------------------------------------------------ registered


async def register(tx: Transaction, wanted: Sequence[RegisteredOfficer], *, by: str) -> int:
    """New officers, and changes of those known; how many changed. Who is registered again after a departure is back in service; who is of
    another office now, or has other roles, loses by itself what is no longer theirs.

    Raises StaffRefused, with a line for each that is wrong, and nothing is taken then.
    """
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    flaws = [Flaw(f"/{officer.id}", f"{officer.id}: {wrong}") for officer in wanted if (wrong := why_not_registered(officer, offices))]
    if flaws:
        raise StaffRefused("Nothing was registered: " + "; ".join(flaw.detail for flaw in flaws[:10]), *flaws)
    known = await _known(tx, [officer.id for officer in wanted])
    changed = [officer for officer in sorted(wanted, key=lambda one: one.id) if known.get(officer.id) != officer]
    if changed:
        back = {"departed_at": None, "departure_reason": None, "cases_to": None, "desk_empty_at": None}
        moved = {officer.id: {"moved_at": tx.now if _has_moved(known.get(officer.id), officer) else None} for officer in changed}
        fresh = upsert(officers).values([_row(officer) | back | moved[officer.id] for officer in changed])
        values: dict[str, Any] = {name: fresh.excluded[name] for name in [*_row(changed[0]), *back] if name != "id"}
        values["moved_at"] = func.coalesce(fresh.excluded.moved_at, officers.c.moved_at)
        await tx.run(fresh.on_conflict_do_update(index_elements=["id"], set_=values))
        await _log(tx, by, "register", [(officer.id, _row(officer)) for officer in changed])
    return len(changed)


def _has_moved(known: RegisteredOfficer | None, officer: RegisteredOfficer) -> bool:
    now = officer.office, officer.roles, officer.valid_from
    return known is not None and (known.office, known.roles, known.valid_from) != now


async def must_manage(tx: Transaction, officer: Officer, wanted: Sequence[RegisteredOfficer]) -> None:
    """An administrator registers officers of their own offices, and moves nobody in from elsewhere. Raises NotFound."""
    for one in wanted:
        officer.must_see({one.office}, f"office {one.office}")
    for known in (await _known(tx, [one.id for one in wanted])).values():
        officer.must_see({known.office}, f"officer {known.id}")


async def _known(tx: Transaction, ids: Sequence[str]) -> dict[str, RegisteredOfficer]:
    rows = await tx.run(select(officers).where(officers.c.id.in_(ids)))
    return {row.id: officer_of(row) for row in rows}


def _row(officer: RegisteredOfficer) -> dict[str, Any]:
    return {
        "id": officer.id,
        "name": officer.name,
        "office": officer.office,
        "roles": sorted(officer.roles),
        "valid_from": officer.valid_from,
        "valid_to": officer.valid_to,
    }


# ------------------------------------------------------------------------------------------------ looked at


async def show(tx: Transaction, subject: str, *, by: Officer) -> tuple[Row[Any], list[Delegation]]:
    """Raises NotFound, also for who is of an office outside the caller's."""
    row = await _visible(tx, subject, by)
    table = tables.delegation
    today = tx.now.astimezone(VIETNAM).date()
    current = (
        select(table).where(table.c.principal == subject, table.c.ended_at.is_(None), table.c.to_on >= today).order_by(table.c.from_on)
    )
    return row, [delegation_of(found) for found in await tx.run(current)]


async def page(tx: Transaction, by: Officer, *, office: str | None, after: str | None, limit: int) -> list[Row[Any]]:
    """In order of id; one more than asked, where there are more."""
    cache: OfficeCache = tx.runtime.facts["offices"]
    within = by.scope & await cache.scope(tx, frozenset({office})) if office else by.scope
    query = select(officers).where(officers.c.office.in_(within)).order_by(officers.c.id).limit(limit + 1)
    return list(await tx.run(query.where(officers.c.id > after) if after else query))


async def _visible(tx: Transaction, subject: str, by: Officer, *, lock: bool = False) -> Row[Any]:
    query = select(officers).where(officers.c.id == subject)
    row = (await tx.run(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound(f"No officer {subject} is registered here, or they are of none of your offices.")
    by.must_see({row.office}, f"officer {subject}")
    return row


# ------------------------------------------------------------------------------------------------ departure


async def depart(tx: Transaction, subject: str, *, to: str | None, reason: str, by: Officer) -> Row[Any]:
    """From now on nothing is theirs: what they have goes to the colleague named, or back to the unit, in batches by itself.

    Raises NotFound, DepartedAlready, InvalidInput for a colleague who is not there.
    """
    row = await _visible(tx, subject, by, lock=True)
    await tx.once()
    if row.departed_at:
        raise DepartedAlready(f"{row.name} left at {row.departed_at.astimezone(VIETNAM):%H:%M %d/%m/%Y}.")
    if to is not None:
        colleague = (await _known(tx, [to])).get(to)
        if to == subject or colleague is None or not colleague.works_on(tx.now.astimezone(VIETNAM).date()):
            raise InvalidInput("Please correct: /to.", Flaw("/to", f"{to} is no colleague in service who is registered here."))
        by.must_see({colleague.office}, f"officer {to}")
    gone = {"departed_at": tx.now, "departure_reason": reason, "cases_to": to, "desk_empty_at": None}
    changed = (await tx.run(update(officers).where(officers.c.id == subject).values(gone).returning(officers))).one()
    await _log(tx, by.name, "depart", [(subject, gone)])
    return changed


async def cases_of(tx: Transaction, subject: str) -> int:
    """How many cases lie with them still; no more than a thousand are counted."""
    some = select(cases.c.id).where(cases.c.assignee == subject).limit(AT_ONCE)
    return len((await tx.run(some)).all())


# ------------------------------------------------------------------------------------------------ delegation


async def delegate(
    tx: Transaction, subject: str, *, deputy: str, from_on: date, to_on: date, reason: str | None, by: Officer
) -> Delegation:
    """By a head or administrator of the office, for themselves, or for another to a third person; nobody passes on what was delegated
    to them, nor anything to who is of none of their offices.

    Raises NotFound, NotPermitted, InvalidInput.
    """
    row = await _visible(tx, subject, by)
    _must_be_themselves(by)
    if why := why_not_delegated(by.id, by.roles, officer_of(row), deputy):
        raise NotPermitted(why)
    await tx.once()
    today = tx.now.astimezone(VIETNAM).date()
    stand_in = (await _known(tx, [deputy])).get(deputy)
    if deputy == subject or stand_in is None or not by.sees({stand_in.office}) or not stand_in.works_on(max(from_on, today)):
        flaw = Flaw("/deputy", f"{deputy} is no other officer of your offices who is in service then.")
        raise InvalidInput("Please correct: /deputy.", flaw)
    if not officer_of(row).works_on(max(from_on, today)):
        raise InvalidInput(f"{row.name} is not in service then.")
    if to_on < max(from_on, today) or (to_on - from_on).days > LONGEST_ABSENCE_DAYS:
        flaw = Flaw("/to_on", f"A delegation ends today or later, not before it begins, and within {LONGEST_ABSENCE_DAYS} days of that.")
        raise InvalidInput("Please correct: /to_on.", flaw)
    given = Delegation(uuid7(), subject, deputy, from_on, to_on, reason)
    await tx.run(insert(tables.delegation).values(asdict(given)))
    await _log(tx, by.name, "delegate", [(subject, asdict(given))])
    return given


async def end_delegation(tx: Transaction, subject: str, delegation_id: UUID, *, by: Officer) -> Delegation:
    """Before its time. Raises NotFound, NotPermitted."""
    await _visible(tx, subject, by)
    _must_be_themselves(by)
    await tx.once()
    table = tables.delegation
    ended = update(table).where(table.c.id == delegation_id, table.c.principal == subject, table.c.ended_at.is_(None))
    row = (await tx.run(ended.values(ended_at=tx.now).returning(table))).one_or_none()
    if row is None:
        raise NotFound(f"{subject} has no such delegation, or it was ended before.")
    await _log(tx, by.name, "end_delegation", [(subject, {"id": delegation_id})])
    return delegation_of(row)


def _must_be_themselves(by: Officer) -> None:
    if by.stands_for:
        raise NotPermitted("What was delegated to you is not yours to delegate.")


# ------------------------------------------------------------------------------------------------ how an office assigns


async def assigning(tx: Transaction, office: str, *, by: Officer) -> Assigning:
    """What the office itself says; nothing said: nobody assigns by rule, nobody needs to claim. Raises NotFound."""
    await _office(tx, office, by)
    row = (await tx.run(select(tables.assigning).where(tables.assigning.c.office == office))).one_or_none()
    return assigning_of(row) if row else Assigning()


async def set_assigning(tx: Transaction, office: str, wanted: Assigning, *, by: Officer) -> Assigning:
    """From now on; what lies unassigned is looked at anew. Raises NotFound, InvalidInput for officers nobody knows."""
    tree = await _office(tx, office, by)
    await tx.once()
    named = sorted({subject for rule in wanted.rules for subject in rule.officers})
    known = await _known(tx, named)
    if unknown := [subject for subject in named if subject not in known]:
        flaws = [Flaw("/rules", f"No officer {subject} is registered.") for subject in unknown]
        raise InvalidInput("Please correct: /rules.", *flaws)
    told = to_jsonable_python([asdict(rule) for rule in wanted.rules])
    values = {"claim_first": wanted.claim_first, "claim_hours": wanted.claim_hours, "rules": told, "turns": {}}
    fresh = upsert(tables.assigning).values(values | {"office": office})
    await tx.run(fresh.on_conflict_do_update(index_elements=["office"], set_={name: fresh.excluded[name] for name in values}))
    pool = (cases.c.competent.in_(tree.succession(office)), cases.c.assignee.is_(None), cases.c.current_step.is_not(None))
    await tx.run(update(cases).where(*pool, cases.c.pooled_step.is_not(None)).values(pooled_step=None))
    await _log(tx, by.name, "set_assigning", [(office, values)])
    return wanted


async def _office(tx: Transaction, office: str, by: Officer) -> OfficeTree:
    by.must_see({office}, f"office {office}")
    tree: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    tree.working_on(tx.now.astimezone(VIETNAM).date(), office)
    return tree


async def _log(tx: Transaction, by: str, action: str, changes: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Also moves the number by which those who keep the staff in memory see that it changed."""
    lines = [
        {"at": tx.now, "by": by, "action": action, "subject": subject, "told": to_jsonable_python(told, fallback=str)}
        for subject, told in changes
    ]
    await tx.run(insert(tables.staff_log), lines)
