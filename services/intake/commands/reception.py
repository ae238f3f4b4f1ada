"""Receiving a dossier: what decides is pure and comes first; then one statement writes it all."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from pydantic_core import to_json
from sqlalchemy import select

from services.intake import money, tables
from services.intake.catalogue import Entry, catalogue_of
from services.intake.commands.alarms import hand_over_due_at
from services.intake.commands.post import TrackingNumberUsed, must_be_known
from services.intake.domain import reception
from services.intake.domain.charges import ChargeState, with_fees
from services.intake.domain.dossier import Dossier
from services.intake.domain.journal import JournalLine
from services.intake.domain.lifecycle import Move, beginning
from services.intake.domain.reception import Brought, Checked, ProcedureNotOpen
from shared import log
from shared.clock import VIETNAM
from shared.contracts.events import DossierReceived, DossierResolvedOnTheSpot, Event, ProcedureRef, Receipt, Result, SignedDecision
from shared.contracts.people import Offices, Part, ReturnWay
from shared.errors import Later
from shared.ids import uuid7
from shared.keys import Key, must_be_same
from shared.messaging import partition_of
from shared.office_tree import OfficeTree
from shared.officers import Officer
from shared.runtime import Transaction
from shared.working_time import Calendar


@dataclass(frozen=True)
class OnTheSpot:
    """Decided and handed over in the same call."""

    result: Result
    decision: SignedDecision | None
    collected_by: Part


@dataclass(frozen=True)
class Received:
    """What the desk hands out: it never changes, however often it is asked for."""

    id: UUID
    code: str
    accepted_at: datetime
    appointment_at: datetime
    receipt: dict[str, Any]
    version: int = 1


async def receive(tx: Transaction, brought: Brought, *, by: Officer, postal_item: tuple[str, str] | None = None) -> Received:
    """Accept a complete dossier: its clock starts and the agency has it from now on. Raises TrackingNumberUsed."""
    if postal_item:
        must_be_known(postal_item[0])
    terms = await agree(tx, brought, by=by)
    dossier = _new_dossier(tx.now, terms, Move.RECEIVE, by)
    event = DossierReceived(**receipt_facts(dossier), process=terms.checked.process)
    return await _write(tx, terms, dossier, Move.RECEIVE, event, by, postal_item)


async def resolve_on_the_spot(tx: Transaction, brought: Brought, outcome: OnTheSpot, *, by: Officer) -> Received:
    """Received, decided and handed over in one call, with the peers down if need be; they learn of it by the event."""
    terms = await agree(tx, brought, by=by, at_once=True)
    reception.may_resolve_on_the_spot(terms.entry.procedure, brought.named, mandate=by.mandate)
    reception.must_be_payable_on_the_spot(terms.checked)
    dossier = replace(
        _new_dossier(tx.now, terms, Move.RESOLVE_ON_THE_SPOT, by),
        on_the_spot=True,
        result=outcome.result,
        decision=outcome.decision,
        completed_at=tx.now,
        returned_at=tx.now,
        returned_by=ReturnWay.DESK,
    )
    event = DossierResolvedOnTheSpot(**receipt_facts(dossier), result=outcome.result, decision=outcome.decision)
    return await _write(tx, terms, dossier, Move.RESOLVE_ON_THE_SPOT, event, by, None)


# ------------------------------------------------------------------------------------------------ on what terms


@dataclass(frozen=True)
class Terms:
    """What was looked up and decided before any lock."""

    brought: Brought
    calendar: Calendar
    entry: Entry
    checked: Checked
    revision: int
    hand_over_due_at: datetime | None = None
    """Until when papers should be with the agency; None where all is electronic."""


async def agree(tx: Transaction, brought: Brought, *, by: Officer, at_once: bool = False) -> Terms:
    """Check everything against the procedure in force. Raises what reception.check raises, and NotFound outside the officer's offices."""
    by.must_act_for([brought.offices.receiving], [brought.offices.receiving], "office")
    catalogue = catalogue_of(tx.runtime)
    entry = await catalogue.entry(tx, brought.procedure)
    if not entry.open_on(tx.now.date()):
        raise ProcedureNotOpen(f"{brought.procedure} is in force from {entry.valid_from or '…'} to {entry.valid_to or '…'}.")
    competent = reception.one_competent(brought.procedure, entry.competent, brought.offices.competent or None)
    brought = replace(brought, offices=brought.offices.model_copy(update={"competent": competent}))
    offices = await offices_of_today(tx, brought.offices)
    reception.must_list_papers(brought, entry.procedure)
    calendar = await catalogue.calendar_for(tx, competent, offices)
    checked = reception.check(
        brought,
        entry.procedure,
        plain_day=entry.plain_day,
        policies=entry.policies,
        accepted_at=tx.now,
        calendar=calendar,
        hours=catalogue.hours_of(offices.offices[competent].sessions),
        at_once=at_once,
    )
    on_paper = not at_once and any(paper.originals or paper.copies for _, paper in checked.papers)
    due_at = await hand_over_due_at(tx, brought.offices.receiving) if on_paper else None
    return Terms(brought, calendar, entry, checked, entry.revision, due_at)


async def offices_of_today(tx: Transaction, named: Offices) -> OfficeTree:
    """All offices. Raises NotFound unless the four named are among them, and work today."""
    offices: OfficeTree = await tx.runtime.facts["offices"].tree(tx)
    for code in sorted(named.all()):
        offices.working_on(tx.now.date(), code)
    return offices


def procedure_ref(entry: Entry) -> ProcedureRef:
    version = entry.procedure
    return ProcedureRef(key=version.key, version_id=entry.version_id, name=version.name, code=version.code)


def new_secret() -> str:
    """What the receipt carries so that its bearer may look the dossier up: 50 bits, without letters that look alike."""
    return base64.b32encode(secrets.token_bytes(7)).decode().rstrip("=")[:10]


def _new_dossier(now: datetime, terms: Terms, move: Move, by: Officer) -> Dossier:
    return accepted(
        Dossier(
            id=uuid7(),
            version=1,
            told=1,
            state=beginning(move),
            procedure=procedure_ref(terms.entry),
            offices=terms.brought.offices,
            channel=terms.brought.channel,
            people=terms.brought.people,
            result_wanted=terms.brought.result_wanted,
            lookup_secret=new_secret(),
            created_at=now,
        ),
        now,
        terms,
        by,
    )


def accepted(dossier: Dossier, now: datetime, terms: Terms, by: Officer) -> Dossier:
    """The dossier with all that acceptance fixes, but for its code."""
    return replace(
        with_fees(dossier, terms.checked.fees),
        procedure=procedure_ref(terms.entry),
        offices=terms.brought.offices,
        case=terms.brought.named.case,
        level=terms.brought.named.level,
        process=terms.checked.process,
        accepted_at=now,
        appointment_at=terms.checked.appointment.at,
        first_appointment_at=terms.checked.appointment.at,
        time_terms=terms.checked.appointment.terms,
        appointment_reason=terms.checked.appointment.reason,
        limit_text=terms.checked.appointment.limit_text,
        calendar_version=UUID(terms.calendar.version),
        received_by=by.name,
    )


def receipt_facts(dossier: Dossier) -> dict[str, Any]:
    """What the event of acceptance says; the code is put in by the statement that allots it."""
    shared_with_event = {name: getattr(dossier, name) for name in Receipt.model_fields if name != "code"}
    return shared_with_event | {"code": dossier.code or ""}


def receipt_of(dossier: Dossier, terms: Terms) -> dict[str, Any]:
    """What is printed on the slip, people aside; kept as printed."""
    checked = terms.checked
    return {
        "procedure": dossier.procedure.name,
        "procedure_code": dossier.procedure.code,
        "papers": [{"name": name, "originals": paper.originals, "copies": paper.copies} for name, paper in checked.papers],
        "fees": [{"name": fee.name, "amount": fee.amount, "paid": fee.state is ChargeState.PAID} for fee in checked.fees],
        "fee_total": sum(fee.amount or 0 for fee in checked.fees),
        "limit": checked.appointment.limit_text,
        "appointment_reason": checked.appointment.reason,
        "appointment_provisional": checked.appointment.provisional,
        "result_way": dossier.result_wanted.way,
        "receiving_office": dossier.offices.receiving,
        "competent_office": dossier.offices.competent,
        "returning_office": dossier.offices.returning,
        "received_by": dossier.received_by,
        "lookup_secret": dossier.lookup_secret,
        "override": terms.brought.override,
    }


# ------------------------------------------------------------------------------------------------ the statement

# Over arrays, so that many receptions may share one commit: any batch may be cut down to one with the same outcome.
# A key that another transaction is inserting waits for it; sorted, so that two batches never lock in different orders.
RECEIVE: Final = """
with asked as materialized (
    select * from jsonb_to_recordset($1::jsonb) as asked (
        caller text, method text, path text, key text, body_hash text, prefix text, day date, place int,
        dossier jsonb, search jsonb, papers jsonb, fees jsonb, money jsonb,
        post jsonb, line jsonb, event jsonb, hand_over_due_at timestamptz)
    where (select number from intake.catalogue_revision) = $2),
claimed as (
    insert into intake.key (caller, method, path, key, body_hash, dossier_id)
    select caller, method, path, key, decode(body_hash, 'hex'), (dossier ->> 'id')::uuid
    from asked order by caller, method, path, key
    on conflict do nothing
    returning dossier_id),
fresh as (
    select asked.*, dossier_id,
           row_number() over (partition by prefix, day order by place) as nth,
           count(*) over (partition by prefix, day) as many
    from asked join claimed on dossier_id = (dossier ->> 'id')::uuid),
counted as (
    insert into intake.counter as counter (prefix, day, last)
    select prefix, day, count(*) from fresh group by prefix, day order by prefix, day
    on conflict (prefix, day) do update set last = counter.last + excluded.last
    returning prefix, day, last),
numbered as (
    select fresh.*, (last - many + nth)::text as serial from fresh join counted using (prefix, day)),
coded as (
    select *, prefix || '-' || to_char(day, 'YYMMDD') || '-' || lpad(serial, greatest(4, length(serial)), '0') as code from numbered),
dossiers as (
    insert into intake.dossier
    select full_row.* from coded,
        jsonb_populate_record(null::intake.dossier, dossier || jsonb_build_object(
            'code', code, 'receipt', dossier -> 'receipt' || jsonb_build_object('code', code))) as full_row),
findable as (
    insert into intake.dossier_search
    select full_row.* from coded,
        jsonb_populate_record(null::intake.dossier_search, search || jsonb_build_object(
            'id', dossier_id, 'tail', substr(code, length(prefix) + 2))) as full_row),
papers as (
    insert into intake.paper (dossier_id, number, name, originals, copies, file, received_at)
    select dossier_id, paper.*
    from coded, jsonb_to_recordset(papers)
        as paper (number int, name text, originals int, copies int, file text, received_at timestamptz)),
fees as (
    insert into intake.fee_line
    select fee.* from coded, jsonb_populate_recordset(null::intake.fee_line, fees) as fee),
money as (
    insert into intake.fee_entry
    select entry.* from coded, jsonb_populate_recordset(null::intake.fee_entry, money) as entry),
post as (
    insert into intake.postal_item (id, dossier_id, direction, carrier, tracking_number, state, booked_at, reported_at)
    select post.id, dossier_id, 'in', post.carrier, post.tracking_number, 'delivered', post.at, post.at
    from coded, jsonb_to_recordset(post) as post (id uuid, carrier text, tracking_number text, at timestamptz)),
reminders as (
    insert into intake.timer (subject, kind, due_at)
    select dossier_id, 'hand_over_due', hand_over_due_at from coded where hand_over_due_at is not null),
lines as (
    insert into intake.journal (id, dossier_id, at, action, to_state, by, office, note, source)
    select line.id, dossier_id, line.at, line.action, line.to_state, line.by, line.office, line.note, 'intake'
    from coded, jsonb_to_record(line) as line (id uuid, at timestamptz, action text, to_state text, by text, office text, note text)),
told as (
    insert into intake.event (id, type, subject, sequence, time, traceparent, data)
    select event.id, event.type, dossier_id::text, 1, event.time, event.traceparent, event.data || jsonb_build_object('code', code)
    from coded, jsonb_to_record(event) as event (id uuid, type text, time timestamptz, traceparent text, data jsonb)
    order by place
    returning number, subject),
deliveries as (
    insert into intake.delivery (subscriber, number, partition)
    select subscriber, number, (event ->> 'partition')::int
    from told join coded on subject = dossier_id::text, unnest(array['processing', 'notifications']) as subscriber)
select dossier_id as id, code from coded
"""


async def _write(
    tx: Transaction, terms: Terms, dossier: Dossier, move: Move, event: Event, by: Officer, postal_item: tuple[str, str] | None
) -> Received:
    key = tx.key
    assert key is not None, "receptions come with a key"
    key.claimed = key.kept_elsewhere = True
    receipt = receipt_of(dossier, terms)
    await tables.learn_names(tx, dossier)
    try:
        rows = await receive_many(tx, [_asked(key, dossier, receipt, terms, move, event, by, postal_item)], terms.revision)
    except asyncpg.UniqueViolationError as error:
        if postal_item and "postal_item_tracking" in str(error):
            raise TrackingNumberUsed(f"The item {postal_item[1]} of {postal_item[0]} was received before.") from error
        raise
    if not rows:
        return await _first_answer(tx, key)
    tx.published = True
    code = rows[0]["code"]
    return Received(dossier.id, code, tx.now, terms.checked.appointment.at, receipt | {"code": code})


async def receive_many(tx: Transaction, asked: Sequence[dict[str, Any]], revision: int) -> list[Any]:
    """Write them all in one statement and one commit; a row for each that is new, none for a key that was used before."""
    numbered = [{"place": place} | one for place, one in enumerate(asked)]
    return await tx.at_once(RECEIVE, to_json(numbered, exclude_none=True).decode(), revision)


def _asked(
    key: Key,
    dossier: Dossier,
    receipt: dict[str, Any],
    terms: Terms,
    move: Move,
    event: Event,
    by: Officer,
    postal_item: tuple[str, str] | None,
) -> dict[str, Any]:
    now = dossier.created_at
    columns = tables.columns_of(dossier) | {"id": dossier.id, "version": 1, "told": 1, "created_at": now, "receipt": receipt}
    papers = [
        {"number": number, "name": name, "originals": paper.originals, "copies": paper.copies, "file": paper.file, "received_at": now}
        for number, (name, paper) in enumerate(terms.checked.papers, 1)
    ]
    line = JournalLine(move, by.name, None, dossier.state, dossier.offices.receiving, terms.brought.override)
    return {
        "caller": key.caller,
        "method": key.method,
        "path": key.path,
        "key": key.key,
        "body_hash": key.body_hash.hex(),
        "prefix": dossier.offices.competent,
        "day": now.astimezone(VIETNAM).date(),
        "dossier": columns,
        "search": tables.search_columns_of(dossier),
        "post": [{"id": uuid7(), "carrier": postal_item[0], "tracking_number": postal_item[1], "at": now}] if postal_item else [],
        "papers": papers,
        "fees": [money.row_of(dossier.id, charge) for charge in terms.checked.fees],
        "money": [money.paid_in(dossier, charge, by=by.name, now=now) for charge in terms.checked.fees if charge.paid],
        "hand_over_due_at": terms.hand_over_due_at,
        "line": {
            "id": uuid7(),
            "at": now,
            "action": line.action,
            "to_state": line.to_state,
            "by": line.by,
            "office": line.office,
            "note": line.note,
        },
        "event": {
            "id": uuid7(),
            "type": event.type,
            "time": now,
            "traceparent": log.traceparent(),
            "partition": partition_of(str(dossier.id)),
            "data": event,
        },
    }


async def _first_answer(tx: Transaction, key: Key) -> Received:
    """Nothing was written: the key is an old one, and its first answer is rebuilt; or the catalogue moved under us, and it goes again."""
    table = tables.metadata.tables["intake.key"]
    mine = (table.c.caller == key.caller, table.c.method == key.method, table.c.path == key.path, table.c.key == key.key)
    known = (await tx.run(select(table.c.body_hash, table.c.dossier_id).where(*mine))).one_or_none()
    if known is None:
        await catalogue_of(tx.runtime).look(tx, now=True)
        raise Later("The catalogue has just changed; send the request again.")
    must_be_same(known.body_hash, key)
    dossier = tables.dossier
    row = (await tx.run(select(dossier).where(dossier.c.id == known.dossier_id))).one()
    return Received(row.id, row.code, row.accepted_at.astimezone(VIETNAM), row.appointment_at.astimezone(VIETNAM), row.receipt)
