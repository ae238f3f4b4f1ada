"""Bringing the result back to people: papers between units, the result at the desk, over the counter, online."""

from dataclasses import dataclass, replace

from services.intake import tables
from services.intake.commands import handing_over
from services.intake.commands.alarms import HAND_OVER_DUE, UNCLAIMED
from services.intake.commands.correcting import delivered
from services.intake.commands.opening import dossier_to_change
from services.intake.commands.post import keep_item_on_its_way_again
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, next_state
from services.intake.domain.unclaimed import next_call_at
from shared import timers
from shared.contracts.events import CorrectionReturned, DossierReturned, PapersHandedOver, ResultAtDesk, ResultDelivered
from shared.contracts.people import Part, ReturnWay
from shared.contracts.states import State
from shared.errors import ActionNotAllowed, InvalidInput
from shared.officers import Officer
from shared.runtime import Transaction


@dataclass(frozen=True)
class Collected:
    """Who took the result at the counter, and by which paper they showed who they are (its kind; the number is not kept)."""

    by: Part
    identity_paper: str
    authorisation: str | None = None


def must_be_authorised(collected: Collected) -> None:
    if collected.by is Part.REPRESENTATIVE and not collected.authorisation:
        raise InvalidInput("A representative shows an authorisation: name it in `authorisation`.")


async def hand_over_papers(tx: Transaction, name: str, *, to_office: str | None, note: str | None, by: Officer, version: int) -> Dossier:
    """The papers go to the agency the same day, or at the next opening after 15:00: a fact with two names, this is the first."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.HAND_OVER_PAPERS)
    if to_office:
        (await tx.runtime.facts["offices"].tree(tx)).working_on(tx.now.date(), to_office)
    event = PapersHandedOver(
        from_office=before.offices.receiving, to_office=to_office or before.offices.competent, handed_over_by=by.name, note=note
    )
    line = JournalLine(Move.HAND_OVER_PAPERS, by.name, before.state, state, before.offices.receiving, note)
    saved = await tables.save_dossier(tx, before, before, line, event)
    await handing_over.left(tx, saved.id, event)
    await timers.keep(tx, saved.id, {HAND_OVER_DUE: None})
    return saved


async def take_over_result(tx: Transaction, name: str, *, handed_over_by: str, by: Officer, version: int) -> Dossier:
    """The result has arrived at the desk: now people are told to come and collect it."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.TAKE_OVER_RESULT)
    after = replace(before, result_at_desk_at=tx.now)
    line = JournalLine(Move.TAKE_OVER_RESULT, by.name, before.state, state, before.offices.returning, handed_over_by)
    saved = await tables.save_dossier(tx, before, after, line, ResultAtDesk(handed_over_by=handed_over_by, taken_over_by=by.name))
    await handing_over.arrived(tx, saved.id, before.offices.returning, by.name, brought=(before.offices.competent, handed_over_by))
    if state is not State.RETURNED:
        await timers.keep(tx, saved.id, {UNCLAIMED: next_call_at(tx.now, tx.now)})
    return saved


async def return_at_desk(tx: Transaction, name: str, collected: Collected, *, by: Officer, version: int) -> Dossier:
    """Handed over the counter, to the applicant or to someone authorised."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.RETURN_AT_DESK)
    must_be_authorised(collected)
    after = delivered(replace(before, state=state, returned_at=tx.now, returned_by=ReturnWay.DESK), tx.now)
    line = JournalLine(
        Move.RETURN_AT_DESK, by.name, before.state, state, before.offices.returning, f"{collected.by}, {collected.identity_paper}"
    )
    event = DossierReturned(way=ReturnWay.DESK, returned_at=tx.now, collected_by=collected.by)
    saved = await tables.save_dossier(tx, before, after, line, event)
    await timers.keep(tx, saved.id, {UNCLAIMED: None})
    return saved


async def deliver_online(tx: Transaction, name: str, *, reference: str, by: Officer, version: int) -> Dossier:
    """The electronic result was delivered. Paper is owed too, unless the procedure or the applicant chose electronic only."""
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.DELIVER_ONLINE)
    paper_owed = not (before.result_wanted.electronic_only or before.result_wanted.way is ReturnWay.ONLINE)
    if paper_owed:
        after = replace(before, delivered_online_at=tx.now)
        line = JournalLine(Move.DELIVER_ONLINE, by.name, before.state, before.state, before.offices.returning, reference)
        return await tables.save_dossier(tx, before, after, line, ResultDelivered(way=ReturnWay.ONLINE))
    after = replace(before, state=state, delivered_online_at=tx.now, returned_at=tx.now, returned_by=ReturnWay.ONLINE)
    after = delivered(after, tx.now)
    line = JournalLine(Move.DELIVER_ONLINE, by.name, before.state, state, before.offices.returning, reference)
    saved = await tables.save_dossier(tx, before, after, line, DossierReturned(way=ReturnWay.ONLINE, returned_at=tx.now))
    await timers.keep(tx, saved.id, {UNCLAIMED: None})
    return saved


async def return_corrected(
    tx: Transaction, name: str, collected: Collected, *, reference: str | None, item: tuple[str, str] | None, by: Officer, version: int
) -> Dossier:
    """A result that was made once more reaches people whose dossier had ended: over the counter, online (`reference`) or by post (`item`).

    It ends nothing and begins nothing; by post it counts once the carrier has it. Raises TrackingNumberUsed.
    """
    before = await dossier_to_change(tx, name, by=by, version=version)
    state = next_state(before, Move.RETURN_CORRECTED)
    assert before.correction
    if reference is None and before.result_at_desk_at is None:
        raise ActionNotAllowed("The corrected result is not at the desk yet; take it over from the agency first.", about=before)
    if item:
        await keep_item_on_its_way_again(tx, before, *item)
        way, note = ReturnWay.POST, " ".join(item)
    elif reference:
        way, note = ReturnWay.ONLINE, reference
    else:
        must_be_authorised(collected)
        way, note = ReturnWay.DESK, f"{collected.by}, {collected.identity_paper}"
    line = JournalLine(Move.RETURN_CORRECTED, by.name, before.state, state, before.offices.returning, note)
    event = CorrectionReturned(number=before.correction.number, way=way, returned_at=tx.now, tracking_number=item[1] if item else None)
    return await tables.save_dossier(tx, before, delivered(before, tx.now), line, event)
