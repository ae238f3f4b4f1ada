"""What the databases say at rest, each read with its service's own role, held against each other and against what clients were promised."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import asyncpg

from services.intake.reactions import REACTIONS as INTAKE_REACTIONS
from services.processing.reactions import REACTIONS as PROCESSING_REACTIONS
from shared.contracts.events import DossierReceived, DossierResolvedOnTheSpot, MessageFailed, MessageSent
from shared.contracts.peers import Service
from shared.messaging import heard
from tests.torture.ledger import Ledger, Path

INTAKE, PROCESSING, NOTIFICATIONS = Service.INTAKE, Service.PROCESSING, Service.NOTIFICATIONS
ROW: Final[Mapping[Service, str]] = {INTAKE: "dossier", PROCESSING: "case", NOTIFICATIONS: "subject"}
EXAMPLES: Final = 5
RECEPTIONS: Final = {DossierReceived.type, DossierResolvedOnTheSpot.type}


class Finding:
    """What must not be."""

    LOST: Final = "events lost"
    UNTOLD: Final = "facts without their event, or events without their fact"
    TWICE: Final = "events applied twice"
    WITHOUT_EFFECT: Final = "events taken without effect"
    DIFFERS: Final = "dossiers whose state differs"
    MISSING: Final = "acknowledged dossiers missing"
    UNASKED: Final = "dossiers nobody was promised"
    MOVES: Final = "acknowledged moves lost or doubled"
    DENIED: Final = "moves denied to their client, yet done"
    CODES: Final = "codes doubled"
    GAPS: Final = "gaps in the codes"
    MESSAGES: Final = "messages lost or doubled"
    PARKED: Final = "events parked"
    RESTLESS: Final = "deliveries and messages still waiting"
    OPEN: Final = "dossiers not played to their end"

    ALL: Final = (LOST, UNTOLD, TWICE, WITHOUT_EFFECT, DIFFERS, MISSING, UNASKED, MOVES, DENIED, CODES, GAPS, MESSAGES)
    ALSO: Final = (PARKED, RESTLESS, OPEN)


@dataclass
class Audit:
    """How often each thing was found, with a few examples."""

    counts: Counter[str] = field(default_factory=Counter[str])
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))
    facts: Counter[str] = field(default_factory=Counter[str])

    def found(self, finding: str, example: object, times: int = 1) -> None:
        self.counts[finding] += times
        if len(self.examples[finding]) < EXAMPLES:
            self.examples[finding].append(str(example))

    @property
    def clean(self) -> bool:
        return not any(self.counts[finding] for finding in (*Finding.ALL, *Finding.ALSO))


Rows = list[asyncpg.Record]


@dataclass
class Books:
    """All that the audit reads of one service."""

    subjects: dict[UUID, asyncpg.Record]
    events: Rows
    positions: dict[tuple[str, str], int]
    lines: Rows

    @cached_property
    def received_with(self) -> dict[str, int]:
        """By which of its events each dossier was received."""
        return {event["subject"]: event["sequence"] for event in self.events if event["type"] in RECEPTIONS}

    @classmethod
    async def read(cls, service: Service, url: str) -> "Books":
        connection = await connect(url)
        try:
            table = f'{service}."{ROW[service]}"'
            subjects = {row["id"]: row for row in await connection.fetch(f"select id, told, state, code from {table}")}
            events = await connection.fetch(f"select id, type, subject, sequence from {service}.event order by subject, sequence")
            positions = await connection.fetch(f"select source, subject, last from {service}.position")
            lines: Rows = []
            if service is not NOTIFICATIONS:
                owner = "dossier_id" if service is INTAKE else "case_id"
                lines = await connection.fetch(f"select {owner} as subject, action, source, event_id from {service}.journal")
            return cls(subjects, events, {(row["source"], row["subject"]): row["last"] for row in positions}, lines)
        finally:
            await connection.close()


async def connect(url: str) -> asyncpg.Connection:
    """As the service's own role. A database that was just killed is waited for."""
    for patience in range(60, -1, -1):
        try:
            return await asyncpg.connect(url.replace("postgresql+asyncpg", "postgresql"))
        except (OSError, asyncpg.PostgresError):
            if not patience:
                raise
            await asyncio.sleep(0.5)
    raise AssertionError


async def waiting(urls: Mapping[Service, str]) -> int:
    """Deliveries not yet taken and messages not yet settled."""
    found = 0
    for service, url in urls.items():
        connection = await connect(url)
        try:
            found += await connection.fetchval(f"select count(*) from {service}.delivery") or 0
            if service is NOTIFICATIONS:
                found += await connection.fetchval("select count(*) from notifications.message where state = 'queued'") or 0
        finally:
            await connection.close()
    return found


async def audit(urls: Mapping[Service, str], ledger: Ledger) -> Audit:
    """Everything at once: do the books agree with each other, and with what clients were promised?"""
    result, books = await _compared(urls, ledger)
    _promises_were_kept(result, ledger, books)
    for finding, examples in ((Finding.DENIED, ledger.denied), (Finding.OPEN, ledger.failures)):
        for example in examples:
            result.found(finding, example)
    return result


async def audit_books(urls: Mapping[Service, str]) -> Audit:
    """Do the books of the three services agree? Whoever knows of no promises asks this."""
    return (await _compared(urls, Ledger()))[0]


async def _compared(urls: Mapping[Service, str], ledger: Ledger) -> tuple[Audit, Mapping[Service, Books]]:
    result = Audit()
    books = {service: await Books.read(service, url) for service, url in urls.items()}
    for service in Service:
        _logs_fit_facts(result, service, books[service])
        for peer in service.peers:
            _log_fits_positions(result, service, books[service], peer, books[peer])
    for service, reactions in ((INTAKE, INTAKE_REACTIONS), (PROCESSING, PROCESSING_REACTIONS)):
        silent = {event.type for event, reaction in reactions.items() if reaction is heard}
        _effects_fit_events(result, service, books, silent)
    _states_agree(result, books)
    await _codes_are_whole(result, urls[INTAKE])
    await _messages_are_whole(result, urls[NOTIFICATIONS], ledger, books[INTAKE])
    await _nothing_waits(result, urls)
    result.facts["events told"] = sum(len(book.events) for book in books.values())
    result.facts["dossiers in intake"] = len(books[INTAKE].subjects)
    return result, books


# ------------------------------------------------------------------------------------------------ the exchange


def _log_of(book: Books) -> dict[str, list[int]]:
    log: dict[str, list[int]] = defaultdict(list)
    for event in book.events:
        log[event["subject"]].append(event["sequence"])
    return log


def _logs_fit_facts(result: Audit, service: Service, book: Books) -> None:
    """Every fact that was counted as told stands in the log, without a hole; and nothing stands there that never came true."""
    log = _log_of(book)
    for subject, row in book.subjects.items():
        told = log.pop(str(subject), [])
        if told != list(range(1, row["told"] + 1)):
            result.found(Finding.UNTOLD, f"{service} {subject}: counted {row['told']}, in the log {told}")
    for subject, told in log.items():
        if _is_a_dossier(subject):
            result.found(Finding.UNTOLD, f"{service} {subject}: {told} in the log about nothing that is there")


def _is_a_dossier(subject: str) -> bool:
    try:
        UUID(subject)
    except ValueError:
        return False
    return True


def _log_fits_positions(result: Audit, source: Service, told: Books, peer: Service, taken: Books) -> None:
    """What the peer has taken is exactly what was told."""
    last = {subject: max(sequences) for subject, sequences in _log_of(told).items()}
    had = {subject: number for (of, subject), number in taken.positions.items() if of == source}
    for subject in last.keys() | had.keys():
        if (missing := last.get(subject, 0) - had.get(subject, 0)) > 0:
            result.found(Finding.LOST, f"{source} {subject}: {peer} had {had.get(subject, 0)} of {last[subject]}", missing)
        elif missing < 0:
            result.found(Finding.UNTOLD, f"{source} {subject}: {peer} had {had[subject]} of {last.get(subject, 0)}", -missing)


def _effects_fit_events(result: Audit, service: Service, books: Mapping[Service, Books], silent: Iterable[str]) -> None:
    """Intake and processing write a journal line for each event of a peer that concerns them: one, not two, not none."""
    lines = Counter(line["event_id"] for line in books[service].lines if line["event_id"])
    for peer in service.peers:
        for event in books[peer].events:
            if event["type"] in silent or not _is_a_dossier(event["subject"]) or _of_no_case(service, event, books):
                continue
            if (times := lines.pop(event["id"], 0)) > 1:
                result.found(Finding.TWICE, f"{service}: {event['type']} {event['id']} of {event['subject']}, {times} times", times - 1)
            elif times == 0:
                result.found(Finding.WITHOUT_EFFECT, f"{service}: {event['type']} {event['id']} of {event['subject']}")
    for event_id in lines:
        result.found(Finding.UNTOLD, f"{service}: a line in the journal for event {event_id}, which nobody told")


def _of_no_case(service: Service, event: asyncpg.Record, books: Mapping[Service, Books]) -> bool:
    """What the desk told of a submission: the agency has a case from the reception on."""
    return service is PROCESSING and event["sequence"] < books[INTAKE].received_with.get(event["subject"], event["sequence"] + 1)


# ------------------------------------------------------------------------------------------------ the dossiers


def _states_agree(result: Audit, books: Mapping[Service, Books]) -> None:
    """The same dossiers, with the same code, in the same state. What never got a code, the agency need not know."""
    for subject, row in books[INTAKE].subjects.items():
        knows = [NOTIFICATIONS, PROCESSING] if row["code"] else [NOTIFICATIONS]
        for peer in knows:
            seen = books[peer].subjects.get(subject)
            if seen is None or (seen["state"], seen["code"]) != (row["state"], row["code"]):
                result.found(Finding.DIFFERS, f"{subject}: {row['state']} {row['code']} at intake, {seen and tuple(seen)} at {peer}")
    for peer in INTAKE.peers:
        for subject in books[peer].subjects.keys() - books[INTAKE].subjects.keys():
            result.found(Finding.DIFFERS, f"{subject}: at {peer}, not at intake")


def _promises_were_kept(result: Audit, ledger: Ledger, books: Mapping[Service, Books]) -> None:
    """Each acknowledged dossier is there as acknowledged, with each acknowledged move once; and there is no other."""
    made: dict[UUID, Counter[tuple[Service, str]]] = defaultdict(Counter[tuple[Service, str]])
    for service in (INTAKE, PROCESSING):
        for line in books[service].lines:
            if line["source"] == service:
                made[line["subject"]][service, line["action"]] += 1
    for life in ledger.acknowledged:
        assert life.id
        row = books[INTAKE].subjects.get(life.id)
        if row is None or (life.code and row["code"] != life.code):
            result.found(Finding.MISSING, f"dossier {life.number}: {life.id} {life.code}")
            continue
        if life.ends_as is None:
            result.found(Finding.OPEN, f"dossier {life.number}, {life.path}: {row['state']}")
            continue
        if row["state"] != life.ends_as:
            result.found(Finding.DIFFERS, f"{life.id}: {row['state']}, and its client was told {life.ends_as}")
        if made[life.id] != life.moves:
            lost, doubled = life.moves - made[life.id], made[life.id] - life.moves
            result.found(Finding.MOVES, f"{life.id}: lost {dict(lost)}, unasked {dict(doubled)}", lost.total() + doubled.total())
    for life in ledger.lives:
        if life.id is None:
            result.found(Finding.OPEN, f"dossier {life.number}, {life.path}: never acknowledged")
    for subject in books[INTAKE].subjects.keys() - {life.id for life in ledger.acknowledged}:
        result.found(Finding.UNASKED, subject)


async def _codes_are_whole(result: Audit, url: str) -> None:
    """Unique, and per prefix and day from 1 on without a hole, as the counter says."""
    connection = await connect(url)
    try:
        codes = [row["code"] for row in await connection.fetch("select code from intake.dossier where code is not null")]
        counters = {(row["prefix"], f"{row['day']:%y%m%d}"): row["last"] for row in await connection.fetch("select * from intake.counter")}
    finally:
        await connection.close()
    for code, times in Counter(codes).items():
        if times > 1:
            result.found(Finding.CODES, code, times - 1)
    serials: dict[tuple[str, str], set[int]] = defaultdict(set)
    for code in codes:
        prefix, day, serial = code.rsplit("-", 2)
        serials[prefix, day].add(int(serial))
    for place in serials.keys() | counters.keys():
        last = counters.get(place, 0)
        if missing := set(range(1, last + 1)) ^ serials[place]:
            result.found(Finding.GAPS, f"{place}: counted to {last}, odd are {sorted(missing)[:10]}", len(missing))
    result.facts["codes"] = len(codes)


# ------------------------------------------------------------------------------------------------ the messages


async def _messages_are_whole(result: Audit, url: str, ledger: Ledger, intake: Books) -> None:
    """One per event, template, recipient and channel; a first word to every address; and each settled one told once."""
    connection = await connect(url)
    try:
        doubled: Any = await connection.fetch(
            "select event_id, template, count(*) as times from notifications.message where copy_of is null "
            "group by event_id, template, recipient, channel having count(*) > 1"
        )
        events = await connection.fetch("select dossier_id, event_id, state from notifications.message where copy_of is null")
        ends = [MessageSent.type, MessageFailed.type]
        told = Counter(
            UUID(row["message"])
            for row in await connection.fetch(
                "select data ->> 'message_id' as message from notifications.event where type = any($1::text[])", ends
            )
        )
        messages = await connection.fetch("select id, state from notifications.message")
    finally:
        await connection.close()
    for row in doubled:
        result.found(Finding.MESSAGES, f"{row['template']} of event {row['event_id']}, {row['times']} times", row["times"] - 1)
    beginnings = {
        UUID(event["subject"]): event["id"] for event in intake.events if event["sequence"] == 1 and _is_a_dossier(event["subject"])
    }
    first_words = Counter(row["event_id"] for row in events)
    for life in ledger.acknowledged:
        # A submission's first word is the portal's; on the spot nobody need be told by SMS.
        beginning = beginnings.get(life.id) if life.id else None
        if beginning and life.path in (Path.DESK, Path.POST) and (words := first_words[beginning]) != life.addresses:
            result.found(Finding.MESSAGES, f"{life.id}: {words} first words, {life.addresses} addresses")
    for message in messages:
        if message["state"] in ("sent", "failed", "expired") and told[message["id"]] < 1:
            result.found(Finding.MESSAGES, f"{message['id']} is {message['state']}, and nobody was told")
    result.facts["messages"] = len(messages)


async def _nothing_waits(result: Audit, urls: Mapping[Service, str]) -> None:
    if left := await waiting(urls):
        result.found(Finding.RESTLESS, left, left)
    for service, url in urls.items():
        connection = await connect(url)
        try:
            for row in await connection.fetch(f"select subscriber, subject, times, reason, parked_at from {service}.refusal"):
                result.found(Finding.PARKED, f"{service} to {row['subscriber']}, {row['subject']}, {row['times']} times: {row['reason']}")
        finally:
            await connection.close()
