"""What the desk tells us: dossiers received become cases; its later moves and facts are mirrored in them."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.processing import tables
from services.processing.commands.child_clocks import keep_child_alarms, recounted
from services.processing.domain.case import Case, heard, promised_again, supplemented
from services.processing.domain.deadline import Alarm, Counting
from services.processing.domain.intervals import is_open
from services.processing.domain.journal import JournalLine
from services.processing.domain.workflow import one_per_limit, opened, planned
from services.processing.references import references_of
from shared import timers
from shared.contracts.events import (
    DossierAmended,
    DossierReceived,
    DossierRepaired,
    DossierResolvedOnTheSpot,
    DossierResumed,
    Event,
    PapersHandedOver,
    PapersTakenOver,
    PostalEvent,
    Receipt,
    ResultAtDesk,
    SupplementAccepted,
)
from shared.contracts.people import ReturnWay
from shared.contracts.states import STATES, State
from shared.errors import NotFound
from shared.office_tree import OfficeTree
from shared.runtime import Transaction
from shared.wire import Envelope
from shared.working_time import StopPolicy


async def open_case(tx: Transaction, event: DossierReceived, envelope: Envelope) -> None:
    """A case with the steps of its process; the first is current from acceptance on. Raises Later while a version it names is not here."""
    new = _case(event, envelope, state=State.RECEIVED)
    counting = await counting_of(tx, new)
    new = promised_again(new, new, counting)
    counting = replace(counting, ends_at=new.limit_ends_at)
    steps = await references_of(tx).steps(tx, event.procedure.version_id, event.process)
    if event.process is None and len(event.time_terms.limits) > 1:
        steps = one_per_limit(event.time_terms)
    new = replace(new, process=event.process, steps=opened(planned(steps, event.accepted_at, counting), event.accepted_at, counting))
    await tables.insert_case(tx, new, _received(event, envelope, State.RECEIVED))
    await keep_alarms(tx, new, counting, since=new.accepted_at)


async def close_on_the_spot(tx: Transaction, event: DossierResolvedOnTheSpot, envelope: Envelope) -> None:
    """Received, decided and handed over by the desk in one call: nothing is left to do here."""
    case = _case(
        event,
        envelope,
        state=State.RETURNED,
        on_the_spot=True,
        decision=event.decision,
        decision_issued_at=event.accepted_at if event.decision else None,
        result=event.result,
        completed_at=event.accepted_at,
        returned_at=event.accepted_at,
        returned_by=ReturnWay.DESK,
    )
    await tables.insert_case(tx, case, _received(event, envelope, State.RETURNED))


async def hear(tx: Transaction, event: Event, envelope: Envelope) -> None:
    """A fact of the desk about a case; the post's, or an amendment, also about a submission: that one has no case yet."""
    try:
        before = await tables.load_case(tx, envelope.subject)
    except NotFound:
        if isinstance(event, PostalEvent | DossierAmended):
            return
        raise
    if isinstance(event, PapersHandedOver):
        event = await _to_the_agency(tx, before, event)
    after = heard(before, event, envelope.time)
    line = heard_of(event, envelope, before.state, after.state)
    if after == before:
        return await tables.add_line(tx, before.id, line)
    if isinstance(event, SupplementAccepted) and is_open(before.intervals):
        return await _go_on(tx, before, after, event, line)
    saved = await tables.save_case(tx, before, after, line)
    if STATES[saved.state].terminal:
        await timers.keep(tx, saved.id, dict.fromkeys(Alarm))
        await keep_child_alarms(tx, saved)


async def _go_on(tx: Transaction, before: Case, after: Case, event: SupplementAccepted, line: JournalLine) -> None:
    """A pause ended when the last paper was sent; a restart begins with the acceptance, at the latest eight working hours later.

    Source: law.SUPPLEMENT_LOOKED_AT.
    """
    counting = await counting_of(tx, before)
    runs_from = event.sent_at
    if before.intervals[-1].policy is StopPolicy.RESTART:
        runs_from = min(event.accepted_at, counting.eight_hours_after(event.sent_at))
    after = promised_again(supplemented(after, max(runs_from, before.intervals[-1].started_at)), before, counting)
    told = DossierResumed(resumed_at=runs_from, appointment_at=after.appointment_at)
    saved = await tables.save_case(tx, before, await recounted(tx, after), line, told)
    await keep_child_alarms(tx, saved)
    await keep_alarms(tx, saved, counting, since=tx.now)


async def _to_the_agency(tx: Transaction, case: Case, event: PapersHandedOver) -> PapersHandedOver:
    """What was handed to the office the competent one was merged into has reached it."""
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    competent = case.offices.competent
    return event.model_copy(update={"to_office": competent}) if competent in offices.succession(event.to_office) else event


async def counting_of(tx: Transaction, case: Case) -> Counting:
    """How the time of a case is counted. Raises Later."""
    references = references_of(tx)
    calendar = await references.calendar_until_now(tx, case.calendar_version)
    return Counting(case.limit_ends_at, calendar, await references.hours(tx, case.offices.competent))


async def keep_alarms(tx: Transaction, case: Case, counting: Counting, *, since: datetime) -> None:
    """What the clock will say of it by itself, as it stands now: while it stands, only that a suspension is over; then nothing."""
    alarms: dict[Alarm, datetime | None] = dict.fromkeys(Alarm)
    if case.clock_runs:
        alarms = counting.alarms(case.accepted_at, case.appointment_at, case.time_terms, since)
    elif case.state is State.SUSPENDED and (last_day := case.intervals[-1].until):
        alarms[Alarm.SUSPENSION_OVER] = counting.suspension_over_at(last_day)
    await timers.keep(tx, case.id, {str(alarm): at for alarm, at in alarms.items()})


def _case(event: Receipt, envelope: Envelope, *, state: State, **more: Any) -> Case:
    named: dict[str, Any] = {name: getattr(event, name) for name in Receipt.model_fields if name != "lookup_secret"}
    named["first_appointment_at"] = event.appointment_at
    return Case(id=UUID(envelope.subject), version=1, told=0, state=state, **named | more)


def _received(event: Receipt, envelope: Envelope, state: State) -> JournalLine:
    action = "receive" if state is State.RECEIVED else "resolve_on_the_spot"
    return JournalLine(
        envelope.time,
        action,
        event.received_by,
        to_state=state,
        office=event.offices.receiving,
        source=envelope.source,
        event_id=envelope.id,
    )


def heard_of(event: Event, envelope: Envelope, before: State, after: State) -> JournalLine:
    """In the words of the event: who did it where, as far as it says so."""
    by, office, to_office = envelope.source, None, None
    match event:
        case PapersHandedOver():
            by, office, to_office = event.handed_over_by, event.from_office, event.to_office
        case PapersTakenOver():
            by, office = event.taken_over_by, event.office
        case DossierRepaired():
            by = event.approved_by
        case ResultAtDesk():
            by = event.taken_over_by
        case PostalEvent():
            by = event.carrier
        case _:
            pass
    action = event.type.removeprefix("vn.motcua.").removesuffix(".v1")
    return JournalLine(envelope.time, action, by, before, after, office, to_office=to_office, source=envelope.source, event_id=envelope.id)
