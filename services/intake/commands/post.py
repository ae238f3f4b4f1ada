"""The public post: a result goes out as a postal item, and the carrier's reports move item and dossier, never backwards."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from services.intake import tables
from services.intake.commands.alarms import UNCLAIMED
from services.intake.commands.correcting import asked_for, delivered
from services.intake.commands.opening import dossier_to_change
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import LIFECYCLE, Move, next_state
from services.intake.domain.postal_item import DOSSIER_MOVE, NOT_ARRIVED, PostalState, moves
from services.intake.domain.unclaimed import next_call_at
from services.intake.postal import CARRIERS
from shared import timers
from shared.contracts.events import (
    CorrectionKind,
    DossierReturned,
    Event,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemHeld,
    PostalItemLost,
    PostalItemPosted,
    PostalItemSentBack,
)
from shared.contracts.people import Part, ReturnWay
from shared.errors import Conflict, InvalidInput, NotFound
from shared.ids import uuid7
from shared.officers import Officer
from shared.runtime import Transaction


class TrackingNumberUsed(Conflict):
    """This carrier already carries an item of that tracking number."""


async def post_result(tx: Transaction, name: str, *, carrier: str, tracking_number: str, by: Officer, version: int) -> Dossier:
    """Give the result to the carrier. It must be at the desk, and the applicant must have an address."""
    must_be_known(carrier)
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.POST)
    if not any(person.address for person in before.people if person.part is Part.APPLICANT):
        raise InvalidInput("The applicant has no address to send the result to.")
    item = {"id": uuid7(), "dossier_id": before.id, "direction": "out", "carrier": carrier, "tracking_number": tracking_number}
    fresh = insert(tables.postal_item).values(item | {"state": PostalState.BOOKED, "booked_at": tx.now}).on_conflict_do_nothing()
    if not (await tx.run(fresh)).rowcount:
        raise TrackingNumberUsed(f"{carrier} already carries {tracking_number}.")
    line = JournalLine(Move.POST, by.name, before.state, state, before.offices.returning, f"{carrier} {tracking_number}")
    event = PostalItemBooked(carrier=carrier, tracking_number=tracking_number, at=tx.now)
    saved = await tables.save_dossier(tx, before, replace(before, state=state), line, event)
    await timers.keep(tx, saved.id, {UNCLAIMED: None})
    return saved


async def keep_item_that_came(tx: Transaction, dossier_id: UUID, carrier: str, tracking_number: str) -> None:
    """What the post brought. Raises TrackingNumberUsed."""
    must_be_known(carrier)
    item = {"id": uuid7(), "dossier_id": dossier_id, "direction": "in", "carrier": carrier, "tracking_number": tracking_number}
    fresh = insert(tables.postal_item).values(item | {"state": PostalState.DELIVERED, "booked_at": tx.now, "reported_at": tx.now})
    if not (await tx.run(fresh.on_conflict_do_nothing())).rowcount:
        raise TrackingNumberUsed(f"The item {tracking_number} of {carrier} was received before.")


async def keep_item_on_its_way_again(tx: Transaction, dossier: Dossier, carrier: str, tracking_number: str) -> None:
    """What carries a corrected result: followed like any other, but it moves no dossier. Raises TrackingNumberUsed."""
    must_be_known(carrier)
    item = {"id": uuid7(), "dossier_id": dossier.id, "direction": "again", "carrier": carrier, "tracking_number": tracking_number}
    fresh = insert(tables.postal_item).values(item | {"state": PostalState.BOOKED, "booked_at": tx.now})
    if not (await tx.run(fresh.on_conflict_do_nothing())).rowcount:
        raise TrackingNumberUsed(f"{carrier} already carries {tracking_number}.")


def must_be_known(carrier: str) -> None:
    if carrier not in CARRIERS:
        raise NotFound(f"There is no carrier {carrier}; known are {', '.join(CARRIERS)}.")


_TOLD: Final[dict[PostalState, type[Event]]] = {
    PostalState.ACCEPTED: PostalItemPosted,
    PostalState.ATTEMPT_FAILED: PostalItemAttemptFailed,
    PostalState.HELD: PostalItemHeld,
    PostalState.DELIVERED: PostalItemDelivered,
    PostalState.COLLECTED: PostalItemDelivered,
    PostalState.SENT_BACK: PostalItemSentBack,
    PostalState.LOST: PostalItemLost,
}


async def hear_carrier(
    tx: Transaction,
    carrier: str,
    *,
    tracking_number: str,
    code: str,
    at: datetime,
    cause: str | None = None,
    place: str | None = None,
    new_tracking_number: str | None = None,
) -> str:
    """Keep a carrier's report and say what it did: `moved`, `duplicate`, `unknown_item`, `unknown_code` or `late`."""
    must_be_known(carrier)
    report = {"carrier": carrier, "tracking_number": tracking_number, "code": code, "at": at, "cause": cause, "place": place}
    statement = select(tables.postal_item).where(
        tables.postal_item.c.carrier == carrier, tables.postal_item.c.tracking_number == tracking_number
    )
    item = (await tx.run(statement.with_for_update())).one_or_none()
    state = CARRIERS[carrier].state_of(code)
    effect = _effect(item, state)
    kept = insert(tables.postal_report).values(
        report | {"id": uuid7(), "new_tracking_number": new_tracking_number, "effect": effect, "heard_at": tx.now}
    )
    if not (await tx.run(kept.on_conflict_do_nothing())).rowcount:
        return "duplicate"
    if effect == "moved" and item is not None and state is not None:
        await _move(tx, item, state, report)
    return effect


def _effect(item: Row[Any] | None, state: PostalState | None) -> str:
    if item is None:
        return "unknown_item"
    if state is None:
        return "unknown_code"
    return "moved" if moves(PostalState(item.state), state) else "late"


async def _move(tx: Transaction, item: Row[Any], state: PostalState, report: dict[str, Any]) -> None:
    attempts = item.attempts + (state is PostalState.ATTEMPT_FAILED)
    changed = {"state": state, "attempts": attempts, "reported_at": report["at"]}
    await tx.run(update(tables.postal_item).where(tables.postal_item.c.id == item.id).values(changed))
    if item.direction == "out":
        await _tell(tx, item, state, report, attempts)


async def _tell(tx: Transaction, item: Row[Any], state: PostalState, report: dict[str, Any], attempts: int) -> None:
    before = await tables.load_dossier(tx, str(item.dossier_id))
    facts = {name: report[name] for name in ("carrier", "tracking_number", "at", "cause", "place")}
    events: list[Event] = []
    # An item believed lost may come back while its successor is on the way: that is for the journal, and ends nothing.
    overtaken = state in NOT_ARRIVED and item.id != await _latest_item(tx, item.dossier_id)
    if (told := _TOLD.get(state)) and not overtaken:
        events.append(told(**facts, **({"attempt": attempts} if told is PostalItemAttemptFailed else {})))
    after = before
    move = DOSSIER_MOVE.get(state)
    if move and not overtaken and (before.state, move) in LIFECYCLE:
        after = replace(before, state=next_state(before, move))
        if move is Move.DELIVERED_BY_POST:
            after = replace(after, returned_at=report["at"], returned_by=ReturnWay.POST)
            if not _is_made_anew(before, item.booked_at):
                after = delivered(after, report["at"])
            events.append(DossierReturned(way=ReturnWay.POST, returned_at=report["at"]))
        elif move is Move.SENT_BACK and before.result_at_desk_at:
            after = replace(after, result_at_desk_at=tx.now)
        elif move is Move.LOST_IN_POST and not _is_made_anew(before, item.booked_at):
            after, once_more = asked_for(
                after, CorrectionKind.REISSUE, f"{item.carrier} {item.tracking_number}", by=item.carrier, now=tx.now
            )
            events.append(once_more)
    note = " ".join(str(part) for part in (report["tracking_number"], state, report["cause"]) if part)
    line = JournalLine(f"postal_item_{state}", report["carrier"], before.state, after.state, before.offices.returning, note)
    await tables.save_dossier(tx, before, after, line, *events)
    if after.state is not before.state and after.result_at_desk_at and move is Move.SENT_BACK:
        await timers.keep(tx, before.id, {UNCLAIMED: next_call_at(tx.now, tx.now)})


def _is_made_anew(dossier: Dossier, posted_at: datetime) -> bool:
    """What was posted then is not what is owed: the right one is being made, or was made since."""
    task = dossier.correction
    return dossier.is_being_corrected or (dossier.corrected_is_owed and task is not None and task.asked_at > posted_at)


async def _latest_item(tx: Transaction, dossier_id: UUID) -> UUID | None:
    item = tables.postal_item
    out = select(item.c.id).where(item.c.dossier_id == dossier_id, item.c.direction == "out")
    return (await tx.run(out.order_by(item.c.booked_at.desc(), item.c.id.desc()).limit(1))).scalar()
