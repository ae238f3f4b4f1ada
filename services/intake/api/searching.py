"""Searching dossiers: what an officer asked for, and the page that answers it.

Rows come in the order of a rank, and within it the newest first. Without a name there is one rank. With a name the ranks are those of
`findable.ranks`, best first; a dossier has the same rank whenever it is asked for, so the cursor (rank, created_at, id) of the last row
seen is where the next page begins: nothing is shown twice and nothing left out, whatever comes in meanwhile. A dossier that comes in
after the first page was read stands before the cursor or behind it, by the same rule. There are no totals: counting would cost more
than finding.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Row, and_, any_, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from services.intake.api.ranked import EVERYTHING, Narrowed, Position, fetch
from services.intake.api.views import DossierRow
from services.intake.catalogue import catalogue_of
from services.intake.domain import findable
from services.intake.domain.findable import NothingToSearchFor, Rank, Sought
from services.intake.tables import dossier, dossier_search, name_word
from shared.clock import VIETNAM
from shared.contracts.people import Channel
from shared.contracts.states import State
from shared.days import Day, within
from shared.errors import Flaw, InvalidInput
from shared.officers import Officer
from shared.offices import OfficeCache
from shared.runtime import Transaction

FEW: Final = 16
"""So many offices or procedures are looked up in the index of terms; more are compared row by row."""
OFFICES: Final = ("receiving", "competent", "supervising", "returning")
SHOWN: Final = tuple(
    dossier.c[name]
    for name in (*DossierRow.model_fields, *OFFICES, "people", "procedure_key", "procedure_version", "procedure_name", "procedure_code")
    if name in dossier.c
)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("This holds a character that is none (NUL).")
    return text


Text = Annotated[str, Field(min_length=1, max_length=findable.LONGEST_QUERY), AfterValidator(_without_nul)]


class Search(BaseModel):
    """What was asked for; all of it must hold. Days are days in Viet Nam, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    q: Text | None = Field(default=None, description="A code or its beginning, a phone, an identity number; anything else is a name")
    name: Text | None = Field(
        default=None,
        description="Without diacritics if need be, words in any order; where nobody is called so, with a slip of the finger in it",
    )
    code: Text | None = Field(default=None, description="Dossier code or national code, or how it begins; or day and number: 260309-0001")
    phone: Text | None = None
    identity_number: Text | None = None
    procedure: Text | None = Field(default=None, description="Key or national code; else words of its name")
    state: tuple[State, ...] = Field(default=(), description="One, or several: state=received&state=in_progress")
    channel: Channel | None = None
    office: Text | None = Field(default=None, description="One of its four offices is this one, lies under it, or came before it")
    received_from: Day | None = None
    received_to: Day | None = None
    due_from: Day | None = Field(default=None, description="By the appointment")
    due_to: Day | None = None
    limit: int = Field(default=50, ge=1, le=200)
    after: str | None = Field(default=None, max_length=500, description="`next` of the page before")


@dataclass(frozen=True)
class Found:
    """A page, of each dossier the columns `SHOWN`, and where the next one begins."""

    dossiers: tuple[Row[Any], ...]
    next: str | None


async def search(tx: Transaction, wanted: Search, *, by: Officer) -> Found:
    """What the officer may see of what is sought. Raises InvalidInput, NothingToSearchFor; neither repeats what was sought."""
    after = _position(wanted.after) if wanted.after else None
    sought = _sought(wanted)
    narrowed = await _narrowed(tx, wanted, sought, by)
    # Whether an index helps depends on the very words: a plan for any value would be the wrong one for most.
    await tx.run(text("set local plan_cache_mode = force_custom_plan"))
    ranks: tuple[Rank, ...] = findable.ranks(sought.name, frozenset()) if sought.name else ((EVERYTHING,),)
    found = await fetch(tx, ranks, range(len(ranks)), narrowed, after, wanted.limit + 1)
    if sought.name and not found and (after is None or after.rank >= len(ranks)):
        found = await _with_slips(tx, sought.name, len(ranks), narrowed, after, wanted.limit + 1)
    shown = found[: wanted.limit]
    return Found(await _rows(tx, [row.id for _, row in shown]), _cursor(*shown[-1]) if len(found) > wanted.limit else None)


async def _with_slips(
    tx: Transaction, name: str, typed: int, narrowed: Narrowed, after: Position | None, wanted: int
) -> list[tuple[int, Row[Any]]]:
    """A slip of the finger is thought of where nothing fits the words as typed, a second one where nothing fits with one: each thought
    costs several looks at the index, and who finds the very name is not helped by those that are like it.
    """
    ranks = findable.ranks(name, await _known(tx, name))
    numbers = range(after.rank, after.rank + 1) if after else range(typed, len(ranks))
    for number in numbers:
        if number < len(ranks) and (found := await fetch(tx, ranks, range(number, number + 1), narrowed, after, wanted)):
            return found
    return []


# -- what is asked for -------------------------------------------------------------------------------------------------


def _sought(wanted: Search) -> Sought:
    guessed = findable.guess(wanted.q) if wanted.q is not None else Sought()
    if guessed.name and wanted.name:
        raise InvalidInput("Please correct: one name at a time.", Flaw("/name", "`q` holds a name already."))
    return Sought(
        name=guessed.name or (findable.must_hold_words(wanted.name) if wanted.name is not None else None),
        code=guessed.code,
        number=guessed.number,
        identity_number=guessed.identity_number,
    )


async def _narrowed(tx: Transaction, wanted: Search, sought: Sought, by: Officer) -> Narrowed:
    offices: OfficeCache = tx.runtime.facts["offices"]
    scopes = [by.scope] + ([await offices.scope(tx, frozenset({wanted.office}))] if wanted.office else [])
    one_of = [tuple(findable.office_term(code) for code in sorted(scope)) for scope in scopes if len(scope) <= FEW]
    conditions = [_of(scope) for scope in scopes] + _as_received(wanted)
    one_of += _numbers(wanted, sought)
    facts = _facts(wanted)
    for code in (sought.code, wanted.code):
        if code is not None:
            on_code, own_row = _begins_with(code)
            facts += [on_code] if own_row else []
            conditions += [] if own_row else [on_code]
    if wanted.procedure is not None:
        keys = await catalogue_of(tx.runtime).keys_of(tx, wanted.procedure)
        if len(keys) <= FEW:
            one_of.append(tuple(findable.procedure_term(key) for key in keys))
        else:
            facts.append(dossier.c.procedure_key == any_(_texts(keys)))
    ends = [_midnight_after(day) for day in (wanted.received_to, wanted.due_to) if day]
    return Narrowed((*conditions, *facts), tuple(one_of), bool(facts), min(ends, default=None))


def _numbers(wanted: Search, sought: Sought) -> list[tuple[str, ...]]:
    phones = [findable.bare_phone(wanted.phone)] if wanted.phone is not None else []
    identities = [findable.bare_number(number) for number in (wanted.identity_number, sought.identity_number) if number is not None]
    if not all((*phones, *identities)):
        raise NothingToSearchFor("The number sought has no digits.")
    found: list[tuple[str, ...]] = [(findable.phone_term(number),) for number in phones]
    found += [(findable.identity_term(number),) for number in identities]
    if (either := sought.number) is not None:
        found.append((findable.phone_term(findable.bare_phone(either)), findable.identity_term(findable.bare_number(either))))
    return found


def _as_received(wanted: Search) -> list[ColumnElement[bool]]:
    accepted = dossier_search.c.accepted_at
    found: list[ColumnElement[bool]] = []
    found += [dossier_search.c.channel == wanted.channel] if wanted.channel else []
    found += [accepted >= _midnight(wanted.received_from)] if wanted.received_from else []
    found += [accepted < _midnight_after(wanted.received_to)] if wanted.received_to else []
    return found


def _facts(wanted: Search) -> list[ColumnElement[bool]]:
    """What changes in a dossier's life, and therefore stands in its own row only."""
    due = dossier.c.appointment_at
    found: list[ColumnElement[bool]] = []
    found += [dossier.c.state.in_(wanted.state)] if wanted.state else []
    found += [due >= _midnight(wanted.due_from)] if wanted.due_from else []
    found += [due < _midnight_after(wanted.due_to)] if wanted.due_to else []
    return found


def _begins_with(code: str) -> tuple[ColumnElement[bool], bool]:
    """A code that begins like that, and whether the dossier's own row says so. As ranges: no letter of it has a meaning."""
    typed = code.strip()
    if not findable.bare_number(typed):
        raise NothingToSearchFor("The code sought has neither letters nor digits.")
    if findable.is_tail(typed):
        return _range(dossier_search.c.tail, typed), False
    codes = (dossier.c.code, dossier.c.national_code)
    return or_(*(_range(column, written) for column in codes for written in sorted({typed, typed.upper()}))), True


def _range(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    return and_(column >= beginning, column < beginning + "\U0010ffff")


def _of(scope: frozenset[str]) -> ColumnElement[bool]:
    """One of its four offices is in the scope. Of a long list the planner would weigh every single office, which takes it longer than
    the search: in a subquery it does not."""
    codes = _texts(sorted(scope))
    members: Any = any_(codes) if len(scope) <= FEW else select(func.unnest(codes)).scalar_subquery()
    compared = (dossier_search.c[office] for office in OFFICES)
    return or_(*(column == members if len(scope) <= FEW else column.in_(members) for column in compared))


def _texts(values: Sequence[str]) -> Any:
    return literal(list(values), ARRAY(TEXT))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, clock_time(), VIETNAM)


def _midnight_after(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))


async def _known(tx: Transaction, name: str) -> frozenset[str]:
    """Of the words typed, and of those that may have been meant, the ones that anybody bears."""
    typed = name.split()[: findable.MOST_WORDS_WITH_A_TYPO]
    words = sorted(frozenset(typed).union(*(findable.near(word) for word in typed)))
    return frozenset((await tx.run(select(name_word.c.word).where(name_word.c.word == any_(_texts(words))))).scalars())


async def _rows(tx: Transaction, ids: Sequence[UUID]) -> tuple[Row[Any], ...]:
    if not ids:
        return ()
    by_id = {row.id: row for row in await tx.run(select(*SHOWN).where(dossier.c.id.in_(ids)))}
    return tuple(by_id[name] for name in ids)


# -- where a page begins -----------------------------------------------------------------------------------------------


def _cursor(rank: int, last: Row[Any]) -> str:
    position = [rank, last.created_at.astimezone(UTC).isoformat(), str(last.id)]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def _position(cursor: str) -> Position:
    try:
        rank, instant, name = json.loads(base64.urlsafe_b64decode(cursor))
        position = Position(int(rank), datetime.fromisoformat(instant), UUID(name))
        if position.rank < 0 or not within(position.created_at):
            raise ValueError(rank)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
        flaw = Flaw("/after", "This is no cursor of ours; take `next` of the page before.")
        raise InvalidInput("Please correct: /after.", flaw) from None
    return position
