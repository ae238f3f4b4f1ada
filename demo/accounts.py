"""Every number of the play, read back from the services, and held against what they acknowledged while it ran."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from demo.actors import Book, Entry
from demo.calls import Caller, Line
from shared import roles
from shared.contracts.peers import Service
from shared.contracts.people import Channel, ReturnWay
from shared.contracts.states import State
from shared.database import open_engine

PAGE: Final = 200
OUTCOMES: Final = ("returned", "refused", "withdrawn", "stopped", "open")
# What was never accepted is no case of the agency.
BEFORE_ACCEPTANCE: Final = frozenset({State.SUBMITTED, State.INTAKE_SUPPLEMENT, State.NOT_ACCEPTED})

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Books:
    """What each service says, as it says it."""

    dossiers: Rows
    cases: Rows
    messages: Rows
    subjects: Rows
    healths: dict[Service, dict[str, Any]]
    published: int
    delivered: int
    double_lines: int
    double_messages: int
    sms_delivered: Rows
    mails_delivered: int
    gateway_repeats: int


@dataclass
class Accounts:
    """The numbers, and whatever does not add up."""

    dossiers: int
    procedures: int
    by_channel: dict[str, int]
    by_outcome: dict[str, int]
    not_accepted: int
    received: int
    on_the_spot: int
    returned_by: dict[str, int]
    refused_by: dict[str, int]
    on_time: int
    overdue: int
    messages: dict[str, int]
    messages_not_sent: dict[str, int]
    published: int
    delivered: int
    parked: int
    lost: int
    duplicated: int
    gateway_repeats: int
    wrong: list[str] = field(default_factory=list)

    @property
    def add_up(self) -> bool:
        return not (self.wrong or self.lost or self.duplicated or self.parked)

    def summary(self, seconds: float) -> dict[str, Any]:
        """As the contract prints it."""
        return {
            "dossiers": self.dossiers,
            "by_channel": self.by_channel,
            "by_outcome": self.by_outcome,
            "returned_by": self.returned_by,
            "on_time": self.on_time,
            "overdue": self.overdue,
            "messages": self.messages,
            "events": {"published": self.published, "delivered": self.delivered, "parked": self.parked},
            "lost": self.lost,
            "duplicated": self.duplicated,
            "seconds": round(seconds, 1),
        }


# ------------------------------------------------------------------------------------------------ reading


async def read_books(line: Line, home: Path, owner_url: str, inspector: Caller, sms_url: str, letters: Path) -> Books:
    """All lists page by page, and every dossier in full; from the databases only what no API shows."""
    rows = await _pages(lambda query: _page(line, inspector, Service.INTAKE, "/dossiers", "dossiers", query))
    dossiers = await asyncio.gather(*(_whole(line, inspector, row["id"]) for row in rows))
    cases = await _pages(lambda query: _page(line, inspector, Service.PROCESSING, "/cases", "items", query))
    messages = await _pages(lambda query: _page(line, inspector, Service.NOTIFICATIONS, "/messages", "messages", query))
    counts = {service: await _count(home, owner_url, service, COUNTS) for service in Service}
    delivered = (await line.client.get(sms_url)).json()
    return Books(
        dossiers=list(dossiers),
        cases=cases,
        messages=messages,
        subjects=await _query(home, owner_url, Service.NOTIFICATIONS, "select id::text, state, code from notifications.subject"),
        healths={service: await line.health(service) for service in Service},
        published=sum(count["published"] for count in counts.values()),
        delivered=sum(count["taken"] for count in counts.values()),
        double_lines=sum([(await _count(home, owner_url, service, DOUBLE_LINES))["doubled"] for service in KEEP_JOURNALS]),
        double_messages=(await _count(home, owner_url, Service.NOTIFICATIONS, DOUBLE_MESSAGES))["doubled"],
        sms_delivered=delivered["delivered"],
        mails_delivered=len({mail["message_id"] for mail in _mails(letters)}),
        gateway_repeats=delivered["repeats"],
    )


COUNTS: Final = """
select (select count(*) from {schema}.event) as published, (select coalesce(sum(last), 0)::bigint from {schema}.position) as taken
"""
KEEP_JOURNALS: Final = (Service.INTAKE, Service.PROCESSING)
DOUBLE_LINES: Final = """
select coalesce(sum(times - 1), 0)::bigint as doubled
from (select count(*) as times from {schema}.journal where event_id is not null group by event_id having count(*) > 1) as found
"""
DOUBLE_MESSAGES: Final = """
select coalesce(sum(times - 1), 0)::bigint as doubled
from (select count(*) as times from {schema}.message where copy_of is null
      group by event_id, template, recipient, channel having count(*) > 1) as found
"""


async def _count(home: Path, owner_url: str, service: Service, query: str) -> dict[str, Any]:
    return (await _query(home, owner_url, service, query))[0]


async def _query(home: Path, owner_url: str, service: Service, query: str) -> Rows:
    """As the service's own role, which sees its own schema only."""
    engine = open_engine(roles.service_url(owner_url, service, roles.service_passwords(home)[service]), 2)
    try:
        async with engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(query.format(schema=service)))).mappings()]
    finally:
        await engine.dispose()


async def _pages(page: Callable[[dict[str, Any]], Awaitable[tuple[Rows, str | None]]]) -> Rows:
    rows, after = await page({"limit": PAGE})
    while after:
        more, after = await page({"limit": PAGE, "after": after})
        rows += more
    return rows


async def _page(line: Line, by: Caller, service: Service, path: str, name: str, query: dict[str, Any]) -> tuple[Rows, str | None]:
    told = (await line.get(by, service, path, **query)).wanted(200)
    return told[name], told.get("next")


async def _whole(line: Line, by: Caller, dossier_id: str) -> dict[str, Any]:
    return (await line.get(by, Service.INTAKE, f"/dossiers/{dossier_id}")).wanted(200)


def _mails(letters: Path) -> Rows:
    if not letters.exists():
        return []
    return [letter for line in letters.read_text(encoding="utf-8").splitlines() if (letter := json.loads(line))["channel"] == "email"]


# ------------------------------------------------------------------------------------------------ judging


def drawn_up(books: Books, book: Book | None) -> Accounts:
    """The numbers; where there is a book of acknowledgements, every dossier is held against it."""
    outcomes = Counter(outcome_of(dossier) for dossier in books.dossiers if dossier["state"] != State.ANNULLED)
    returned = [dossier for dossier in books.dossiers if outcome_of(dossier) == "returned"]
    refused = [dossier for dossier in books.dossiers if outcome_of(dossier) == "refused" and dossier["returned_by"]]
    verdicts = Counter(case["verdict"] for case in books.cases if case["state"] != State.ANNULLED)
    sent = Counter(message["channel"] for message in books.messages if message["state"] == "sent")
    unlike = _unlike_acknowledged(books, book.entries.values()) if book else {}
    return Accounts(
        dossiers=len(books.dossiers),
        procedures=len({dossier["procedure"]["key"] for dossier in books.dossiers}),
        by_channel=_each(Channel, Counter(dossier["channel"] for dossier in books.dossiers)),
        by_outcome=_each(OUTCOMES, outcomes),
        not_accepted=sum(dossier["state"] == State.NOT_ACCEPTED for dossier in books.dossiers),
        received=sum(dossier["accepted_at"] is not None for dossier in books.dossiers),
        on_the_spot=sum(dossier["on_the_spot"] for dossier in books.dossiers),
        returned_by=_each(ReturnWay, Counter(dossier["returned_by"] for dossier in returned)),
        refused_by=_each(ReturnWay, Counter(dossier["returned_by"] for dossier in refused)),
        on_time=verdicts["on_time"],
        overdue=verdicts["overdue"],
        messages=_each(("sms", "email"), sent),
        messages_not_sent=dict(Counter(message["state"] for message in books.messages if message["state"] != "sent")),
        published=books.published,
        delivered=books.delivered,
        parked=sum(health["parked"] for health in books.healths.values()),
        lost=len(unlike),
        duplicated=books.double_lines + books.double_messages,
        gateway_repeats=books.gateway_repeats,
        wrong=[*(line for lines in unlike.values() for line in lines), *_what_does_not_add_up(books, sent, book)],
    )


def outcome_of(dossier: dict[str, Any]) -> str:
    """Each dossier has one, but for those whose reception was undone: they count nowhere."""
    refused = (dossier["result"] or {}).get("outcome") == "refused"
    match dossier["state"]:
        case State.NOT_ACCEPTED:
            return "refused"
        case State.RETURNED:
            return "refused" if refused else "returned"
        case State.WITHDRAWN | "stopped" as ended:
            return str(ended)
        case _:
            return "open"


def _each(names: Iterable[str], counted: Counter[Any]) -> dict[str, int]:
    return {str(name): counted[name] for name in names}


def _unlike_acknowledged(books: Books, entries: Iterable[Entry]) -> dict[str, list[str]]:
    """By dossier: where a service that must know it does not, or knows it otherwise than was acknowledged."""
    kept = {
        Service.INTAKE: {row["id"]: row for row in books.dossiers},
        Service.PROCESSING: {row["id"]: row for row in books.cases},
        Service.NOTIFICATIONS: {row["id"]: row for row in books.subjects},
    }
    found: dict[str, list[str]] = {}
    for entry in entries:
        for service in Service:
            row = kept[service].get(entry.id)
            if service is Service.PROCESSING and _never_accepted(entry):
                if row:
                    found.setdefault(entry.id, []).append(f"{entry.id} was never accepted, yet processing has a case.")
            elif row is None:
                found.setdefault(entry.id, []).append(f"{entry.code or entry.id} was acknowledged, and {service} does not know it.")
            elif (row["state"], row["code"]) != (entry.state, entry.code):
                told = f"{entry.code} as {entry.state}, {service} has {row['code']} as {row['state']}"
                found.setdefault(entry.id, []).append(f"{entry.id} was acknowledged as {told}.")
    return found


def _never_accepted(entry: Entry) -> bool:
    return entry.code is None and (entry.state in BEFORE_ACCEPTANCE or entry.state is State.WITHDRAWN)


def _what_does_not_add_up(books: Books, sent: Counter[str], book: Book | None) -> list[str]:
    wrong: list[str] = []
    if book and (strangers := {row["id"] for row in books.dossiers} - book.entries.keys()):
        wrong.append(f"{len(strangers)} dossiers at intake were acknowledged to nobody.")
    if book and (given_up := book.given_up):
        wrong += [f"Could not be received: {reason}" for reason in given_up]
    codes = Counter(row["code"] for row in books.dossiers if row["code"])
    wrong += [f"The code {code} was given {times} times." for code, times in codes.items() if times > 1]
    if books.delivered != 2 * books.published:
        wrong.append(f"{books.published} events were published; both peers together took {books.delivered}, not twice as many.")
    for service, health in books.healths.items():
        if health["undelivered"] or health["parked"]:
            wrong.append(f"{service} has {health['undelivered']} events undelivered and {health['parked']} subjects parked.")
    references = {sms["reference"] for sms in books.sms_delivered}
    said_sent = {message["id"] for message in books.messages if message["channel"] == "sms" and message["state"] == "sent"}
    if said_sent - references:
        wrong.append(f"{len(said_sent - references)} SMS are said to be sent, and the gateway never had them.")
    if books.mails_delivered < sent["email"]:
        wrong.append(f"{sent['email']} emails are said to be sent; the mail server had {books.mails_delivered}.")
    return wrong
