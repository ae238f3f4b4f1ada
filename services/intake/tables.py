"""The rows of schema `intake`: catalogue, offices and calendars; submissions and dossiers with what lies in them; postal items."""

from dataclasses import asdict, fields, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Row,
    SmallInteger,
    Table,
    Text,
    Uuid,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from services.intake.domain.dossier import Correction, Dossier
from services.intake.domain.findable import tail_of, terms_of, words_to_learn
from services.intake.domain.journal import JournalLine
from shared import repairs
from shared.contracts.events import Event, ProcedureRef, Result, SignedDecision
from shared.contracts.people import Channel, Offices, Person, ReturnWay, ReturnWish
from shared.contracts.states import State
from shared.contracts.time import PLAIN_TERMS, TimeTerms
from shared.errors import Changed, NotFound
from shared.ids import uuid7
from shared.only_grows import ONLY_GROWS
from shared.runtime import Transaction
from shared.service import common_tables

metadata: Final = MetaData(schema="intake")
office: Final = common_tables(metadata)
repair: Final = repairs.tables(metadata)

_INSTANT: Final = DateTime(timezone=True)
_CODE: Final = Text(collation="C")
"""Compared letter by letter, so that an index finds all that begin alike."""

# ------------------------------------------------------------------------------------------------ reference data

procedure: Final = Table(
    "procedure",
    metadata,
    Column("key", Text, primary_key=True),
    Column("version_id", Uuid, nullable=False),
    Column("plain_day", Text, nullable=False, server_default="calendar"),
    Column("policies", JSONB),
    Column("told", Integer, nullable=False, server_default="0"),
)

procedure_version: Final = Table(
    "procedure_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("plain_day", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("warnings", JSONB, nullable=False),
    Column("loaded_at", _INSTANT, nullable=False),
    Index("procedure_version_key_number", "key", "number", unique=True),
)

competence: Final = Table(
    "competence",
    metadata,
    Column("office", Text, primary_key=True),
    Column("procedure", Text, primary_key=True),
    Column("bound_at", _INSTANT, nullable=False),
    Column("bound_by", Text, nullable=False),
    Index("competence_procedure", "procedure"),
)

calendar: Final = Table(
    "calendar",
    metadata,
    Column("key", Text, primary_key=True),
    Column("version_id", Uuid, nullable=False),
    Column("told", Integer, nullable=False, server_default="0"),
)

calendar_version: Final = Table(
    "calendar_version",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", Integer, nullable=False),
    # Whole, as published; own_rows are what is laid over the version based_on, which the national calendar has none of.
    Column("rows", Text, nullable=False),
    Column("own_rows", Text, nullable=False),
    Column("based_on", Uuid),
    Column("loaded_at", _INSTANT, nullable=False),
    Column("loaded_by", Text, nullable=False),
    Index("calendar_version_key_number", "key", "number", unique=True),
)

# An administrator proposes, another approves. seen_version is what the office worked by when the change was proposed.
calendar_proposal: Final = Table(
    "calendar_proposal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("key", Text, nullable=False),
    Column("own_rows", Text, nullable=False),
    Column("seen_version", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_at", _INSTANT, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_by_id", Text, nullable=False),
    Column("decided_at", _INSTANT),
    Column("decided_by", Text),
    Column("decided_by_id", Text),
    Column("made_version", Uuid),
    Index("calendar_proposal_key", "key", "proposed_at"),
)

# Moves with every change of catalogue, competence or calendar; whoever keeps them in memory looks at it.
catalogue_revision: Final = Table(
    "catalogue_revision",
    metadata,
    Column("only", Boolean, primary_key=True, server_default=text("true")),
    Column("number", BigInteger, nullable=False),
)

# ------------------------------------------------------------------------------------------------ dossiers

counter: Final = Table(
    "counter",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("last", Integer, nullable=False),
)

dossier: Final = Table(
    "dossier",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("told", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False),
    Column("code", _CODE, unique=True),
    Column("national_code", _CODE, unique=True),
    Column("procedure_key", Text, nullable=False),
    Column("procedure_version", Uuid, nullable=False),
    Column("procedure_name", Text, nullable=False),
    Column("procedure_code", Text),
    Column("case", Text),
    Column("level", Text),
    Column("process", SmallInteger),
    Column("channel", Text, nullable=False),
    Column("receiving", Text, nullable=False),
    Column("competent", Text, nullable=False),
    Column("supervising", Text, nullable=False),
    Column("returning", Text, nullable=False),
    Column("people", JSONB, nullable=False),
    Column("submitted_at", _INSTANT),
    Column("accepted_at", _INSTANT),
    Column("appointment_at", _INSTANT),
    Column("first_appointment_at", _INSTANT),
    Column("time_terms", JSONB),
    Column("appointment_reason", Text),
    Column("limit_text", Text),
    Column("calendar_version", Uuid),
    Column("received_by", Text),
    Column("result_way", Text, nullable=False),
    Column("electronic_only", Boolean, nullable=False, server_default=text("false")),
    Column("lookup_secret", Text, nullable=False),
    Column("receipt", JSONB),
    Column("on_the_spot", Boolean, nullable=False, server_default=text("false")),
    Column("supplement_asked", ARRAY(Text)),
    Column("papers_awaited", ARRAY(Text)),
    Column("supplement_ends_at", _INSTANT),
    Column("supplement_sent_at", _INSTANT),
    Column("closing_proposed_at", _INSTANT),
    Column("answer_due_at", _INSTANT),
    Column("fee_owed", BigInteger, nullable=False, server_default="0"),
    Column("fee_net", BigInteger, nullable=False, server_default="0"),
    Column("fee_unstated", SmallInteger, nullable=False, server_default="0"),
    Column("fee_awaited", BigInteger, nullable=False, server_default="0"),
    Column("fee_asked_at", _INSTANT),
    Column("withdrawal_asked_at", _INSTANT),
    Column("adjustment_asked", Text),
    Column("reminded_at", _INSTANT),
    Column("annulment_asked_at", _INSTANT),
    Column("annulment_declined_at", _INSTANT),
    Column("reason", Text),
    Column("decision", JSONB),
    Column("result", JSONB),
    Column("completed_at", _INSTANT),
    Column("result_at_desk_at", _INSTANT),
    Column("delivered_online_at", _INSTANT),
    Column("returned_at", _INSTANT),
    Column("returned_by", Text),
    Column("correction", JSONB),
    Column("created_at", _INSTANT, nullable=False),
    Index("dossier_state", "state", "created_at", "id"),
    Index("dossier_appointment", "appointment_at"),
)

# What officers find a dossier by, in a table of its own: its big index is written when a dossier comes in and when its people change,
# not at every move. `terms` are those of domain/findable.py; `tail` is the code without its agency.
dossier_search: Final = Table(
    "dossier_search",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", _INSTANT, nullable=False),
    Column("accepted_at", _INSTANT),
    Column("channel", Text, nullable=False),
    Column("receiving", Text, nullable=False),
    Column("competent", Text, nullable=False),
    Column("supervising", Text, nullable=False),
    Column("returning", Text, nullable=False),
    Column("terms", ARRAY(Text), nullable=False),
    Column("tail", _CODE),
    Index("dossier_search_created", "created_at", "id"),
    Index("dossier_search_accepted", "accepted_at"),
    # Without a list of pending entries: nobody who receives a dossier has to work off what others put there.
    Index("dossier_search_terms", "terms", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    Index("dossier_search_tail", "tail"),
)

# Every word of a name that anybody bore: what a search with a slip of the finger may have meant.
name_word: Final = Table("name_word", metadata, Column("word", Text, primary_key=True))

paper: Final = Table(
    "paper",
    metadata,
    Column("dossier_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("originals", Integer, nullable=False, server_default="0"),
    Column("copies", Integer, nullable=False, server_default="0"),
    Column("file", Text),
    Column("received_at", _INSTANT, nullable=False),
)

fee_line: Final = Table(
    "fee_line",
    metadata,
    Column("dossier_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    # In đồng. No amount: the desk has yet to state it.
    Column("amount", BigInteger),
    Column("paid", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("published", BigInteger),
    Column("at_least", BigInteger),
    Column("at_most", BigInteger),
    Column("text", Text),
    Column("ground", Text),
    Column("request", Uuid),
    Column("awaited", Boolean, nullable=False),
    Column("method", Text),
    Column("online", Text),
    Column("receipt_number", Text),
)

# Money as it came and went, line by line: it only grows, and what a period is settled by is summed from it. `at` is when the desk
# wrote it down, so that a settled period stays as it was.
fee_entry: Final = Table(
    "fee_entry",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dossier_id", Uuid, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("competent", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("method", Text),
    Column("online", Text),
    Column("receipt_number", Text),
    Column("reason", Text),
    Column("by", Text, nullable=False),
    Column("moved_at", _INSTANT, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Index("fee_entry_office_at", "office", "at", "id"),
    Index("fee_entry_competent_at", "competent", "at", "id"),
    info=ONLY_GROWS,
)

# Payments that could not be put to a line: money is never turned away in silence. Gone once the same payment is taken, or given back.
payment_kept: Final = Table(
    "payment_kept",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dossier_id", Uuid, nullable=False),
    Column("caller", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("number", Integer),
    Column("amount", BigInteger, nullable=False),
    Column("method", Text, nullable=False),
    Column("online", Text),
    Column("receipt_number", Text),
    Column("paid_at", _INSTANT, nullable=False),
    Column("why", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("settled_at", _INSTANT),
    Column("settled_by", Text),
    Column("settled_how", Text),
    Index("payment_kept_once", "dossier_id", "caller", "key", unique=True),
)

# What the desk wrote down wrongly, and the receipt printed anew; the first one stays with the dossier.
amendment: Final = Table(
    "amendment",
    metadata,
    Column("dossier_id", Uuid, primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("at", _INSTANT, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed", ARRAY(Text), nullable=False),
    Column("people_before", JSONB, nullable=False),
    Column("result_before", JSONB, nullable=False),
    Column("receipt", JSONB),
)

postal_item: Final = Table(
    "postal_item",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dossier_id", Uuid, nullable=False, index=True),
    Column("direction", Text, nullable=False),
    Column("carrier", Text, nullable=False),
    Column("tracking_number", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("booked_at", _INSTANT, nullable=False),
    Column("reported_at", _INSTANT),
    Index("postal_item_tracking", "carrier", "tracking_number", unique=True),
)

# Everything a carrier ever said, understood or not; a report that came twice stands once.
postal_report: Final = Table(
    "postal_report",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("tracking_number", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("cause", Text),
    Column("place", Text),
    Column("new_tracking_number", Text),
    Column("effect", Text, nullable=False),
    Column("heard_at", _INSTANT, nullable=False),
    Index("postal_report_once", "carrier", "tracking_number", "code", "at", unique=True),
)

# Papers on their way between units, with both names; the latest of a dossier says where they lie.
hand_over: Final = Table(
    "hand_over",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("dossier_id", Uuid, nullable=False),
    Column("slip", Text),
    Column("from_office", Text, nullable=False),
    Column("to_office", Text, nullable=False),
    Column("handed_over_by", Text, nullable=False),
    Column("handed_over_at", _INSTANT, nullable=False),
    Column("taken_over_by", Text),
    Column("taken_over_at", _INSTANT),
    Column("note", Text),
    Column("latest", Boolean, nullable=False, server_default=text("true")),
    Index("hand_over_dossier", "dossier_id", unique=True, postgresql_where=text("latest")),
    Index("hand_over_slip_lines", "slip", postgresql_where=text("slip is not null")),
    Index("hand_over_to", "to_office", "dossier_id", postgresql_where=text("latest")),
    Index("hand_over_from", "from_office", "dossier_id", postgresql_where=text("latest and taken_over_at is null")),
)

# A list of dossiers whose papers went together; numbered by office and day.
hand_over_slip: Final = Table(
    "hand_over_slip",
    metadata,
    Column("number", Text, primary_key=True),
    Column("from_office", Text, nullable=False),
    Column("to_office", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("handed_over_by", Text, nullable=False),
    Column("handed_over_at", _INSTANT, nullable=False),
    Column("note", Text),
    Index("hand_over_slip_serial", "from_office", "day", "serial", unique=True),
)

journal: Final = Table(
    "journal",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),
    Column("dossier_id", Uuid, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("action", Text, nullable=False),
    Column("from_state", Text),
    Column("to_state", Text),
    Column("by", Text, nullable=False),
    Column("office", Text),
    Column("note", Text),
    Column("source", Text, nullable=False),
    Column("event_id", Uuid),
    Index("journal_dossier", "dossier_id", "number"),
    info=ONLY_GROWS,
)

# ------------------------------------------------------------------------------------------------ a dossier comes and goes as a value


async def load_dossier(tx: Transaction, name: str, *, alone: bool = False) -> Dossier:
    """By id or by code alike. `alone`: whoever else wants it so waits, as facts from outside name no version. Raises NotFound."""
    query = select(dossier).where(_named(name))
    rows = await tx.run(query.with_for_update() if alone else query)
    if (row := rows.one_or_none()) is None:
        raise NotFound(f"There is no dossier {name} here, or it lies outside your offices.")
    return replace(dossier_of(row), looked_at=tx.now)


async def save_dossier(tx: Transaction, before: Dossier, after: Dossier, line: JournalLine, *events: Event) -> Dossier:
    """Write what changed, if the row still is the one that was read, with its journal line and what we tell. Raises Changed."""
    changed = columns_of(after)
    statement = (
        update(dossier)
        .where(dossier.c.id == before.id, dossier.c.version == before.version)
        .values(changed | {"version": dossier.c.version + 1, "told": dossier.c.told + len(events)})
        .returning(dossier.c.version, dossier.c.told)
    )
    if (row := (await tx.run(statement)).one_or_none()) is None:
        raise Changed(f"The dossier was changed meanwhile; you decided on version {before.version}.")
    if _found_by(after) != _found_by(before):
        await make_findable(tx, after)
    await add_line(tx, before.id, line)
    await tx.publish(before.id, row.told, *events)
    return replace(after, version=row.version, told=row.told)


async def tell_of_dossier(tx: Transaction, dossier_id: UUID, line: JournalLine, *events: Event) -> None:
    """Tell without changing: `told` moves and `version` does not, so that no officer's If-Match fails."""
    moved = update(dossier).where(dossier.c.id == dossier_id).values(told=dossier.c.told + len(events)).returning(dossier.c.told)
    told = (await tx.run(moved)).scalar_one()
    await add_line(tx, dossier_id, line)
    await tx.publish(dossier_id, told, *events)


async def insert_dossier(tx: Transaction, new: Dossier, line: JournalLine, *events: Event) -> Dossier:
    await tx.run(insert(dossier).values(columns_of(new) | {"id": new.id, "version": 1, "told": len(events), "created_at": new.created_at}))
    await make_findable(tx, new)
    await add_line(tx, new.id, line)
    await tx.publish(new.id, len(events), *events)
    return replace(new, version=1, told=len(events))


async def add_line(tx: Transaction, dossier_id: UUID, line: JournalLine) -> None:
    """The journal only grows."""
    await tx.run(insert(journal).values(asdict(line) | {"id": uuid7(), "dossier_id": dossier_id, "at": tx.now}))


async def make_findable(tx: Transaction, dossier: Dossier) -> None:
    """Write, or write anew, what a search finds it by."""
    row = insert_or_update(dossier_search).values(search_columns_of(dossier) | {"id": dossier.id, "tail": tail_of(dossier.code)})
    await tx.run(row.on_conflict_do_update(index_elements=["id"], set_={column.name: column for column in row.excluded}))
    await learn_names(tx, dossier)


async def learn_names(tx: Transaction, dossier: Dossier) -> None:
    """Keep the words of names nobody bore so far, in a transaction of their own, so that nobody waits for another's new word."""
    known: set[str] = tx.runtime.facts.setdefault("known_words", set[str]())
    if new := words_to_learn(dossier.people) - known:
        await tx.at_once("insert into intake.name_word (word) select unnest($1::text[]) on conflict do nothing", sorted(new))
        known |= new


def search_columns_of(dossier: Dossier) -> dict[str, Any]:
    """All that its row in `dossier_search` says, but for the code."""
    terms = terms_of(dossier.people, dossier.offices.all(), dossier.procedure.key)
    own = {"created_at": dossier.created_at, "accepted_at": dossier.accepted_at, "channel": dossier.channel}
    return own | {"terms": terms} | dossier.offices.model_dump()


def _found_by(dossier: Dossier) -> tuple[object, ...]:
    return (dossier.people, dossier.offices, dossier.procedure, dossier.code, dossier.accepted_at)


def dossier_id_of(subject: str) -> UUID:
    return UUID(subject)


def _named(name: str) -> Any:
    try:
        return dossier.c.id == UUID(name)
    except ValueError:
        return dossier.c.code == name


def dossier_of(row: Row[Any]) -> Dossier:
    """The row as the domain knows it."""
    plain: dict[str, Any] = {field.name: getattr(row, field.name) for field in fields(Dossier) if field.name in dossier.c}
    special: dict[str, Any] = {
        "state": State(row.state),
        "channel": Channel(row.channel),
        "procedure": ProcedureRef(
            key=row.procedure_key, version_id=row.procedure_version, name=row.procedure_name, code=row.procedure_code
        ),
        "offices": Offices(receiving=row.receiving, competent=row.competent, supervising=row.supervising, returning=row.returning),
        "people": tuple(Person.model_validate(person) for person in row.people),
        "result_wanted": ReturnWish(way=ReturnWay(row.result_way), electronic_only=row.electronic_only),
        "supplement_asked": tuple(row.supplement_asked or ()),
        "papers_awaited": tuple(row.papers_awaited or ()),
        "time_terms": TimeTerms.model_validate(row.time_terms) if row.time_terms else PLAIN_TERMS,
        "decision": SignedDecision.model_validate(row.decision) if row.decision else None,
        "result": Result.model_validate(row.result) if row.result else None,
        "returned_by": ReturnWay(row.returned_by) if row.returned_by else None,
        "correction": Correction.model_validate(row.correction) if row.correction else None,
    }
    return Dossier(**plain | special)


# A reminder changes no version, so no move may write back what it has not seen.
_NOT_WRITTEN: Final = {"id", "version", "told", "created_at", "reminded_at"}


def columns_of(value: Dossier) -> dict[str, Any]:
    plain = {field.name: getattr(value, field.name) for field in fields(Dossier) if field.name in dossier.c}
    special = {
        "procedure_key": value.procedure.key,
        "procedure_version": value.procedure.version_id,
        "procedure_name": value.procedure.name,
        "procedure_code": value.procedure.code,
        **value.offices.model_dump(),
        "people": [person.model_dump(mode="json", exclude_none=True) for person in value.people],
        "result_way": value.result_wanted.way,
        "electronic_only": value.result_wanted.electronic_only,
        "supplement_asked": list(value.supplement_asked),
        "papers_awaited": list(value.papers_awaited),
        "time_terms": value.time_terms.model_dump(mode="json"),
        "decision": value.decision.model_dump(mode="json") if value.decision else None,
        "result": value.result.model_dump(mode="json") if value.result else None,
        "correction": value.correction.model_dump(mode="json") if value.correction else None,
    }
    return {name: column for name, column in (plain | special).items() if name not in _NOT_WRITTEN}
