"""Rows rank after rank, within a rank the newest first, whatever is common and whatever is rare in what is sought.

How many dossiers fit is guessed beforehand, from how often each term occurs (the planner's own statistics, read once a minute). What is
rare is fetched whole by the index of terms and sorted, several ranks in one statement. What is common is looked through newest first, but
only as far back as `WINDOW` dossiers: the planner believes that what fits lies evenly among all, and where it does not (what is in
progress is new, a merged office's dossiers are old) it would walk through a million rows to the first. What is older is then fetched
whole after all.
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Text, and_, case, false, func, literal, not_, or_, select, text, true, tuple_

from services.intake.domain.findable import Match, Rank
from services.intake.tables import dossier, dossier_search
from shared.runtime import Transaction

RARE: Final = 2_000
"""So many rows are fetched from all over the table in the time a page may take."""
MATCHES_AT_ONCE: Final = 4
"""Each match is a look at the index of its own; ranks of many may not be needed to fill the page."""
WINDOW: Final = 20_000
WINDOW_WITH_FACTS: Final = 4_000
"""Fewer where the state or the appointment is asked for: they stand in another row."""
MEASURED_EVERY_SECONDS: Final = 60.0
EVERYTHING: Final = Match(())
Ranks = Sequence[Rank]


@dataclass(frozen=True)
class Position:
    """Behind this row a page begins."""

    rank: int
    created_at: datetime
    id: UUID


@dataclass(frozen=True)
class Narrowed:
    """What holds for every row whatever its rank: `conditions`, and of each of `one_of` one term at least."""

    conditions: tuple[ColumnElement[bool], ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    with_facts: bool = False
    """Whether a condition is about the dossier's own row."""
    before: datetime | None = None
    """It came in before that, by what was asked of its dates."""


@dataclass(frozen=True)
class Commonness:
    """How many dossiers there are, since when, and what share of them has a term."""

    dossiers: float
    first: datetime
    last: datetime
    shares: Mapping[str, float]
    least: float
    """The share of a term that is not among `shares`, at most."""

    def expected(self, rank: Rank, narrowed: Narrowed) -> float:
        """How many dossiers fit, if terms occur independently of each other."""
        return sum(self._expected(match, narrowed.one_of) for match in rank)

    def _expected(self, match: Match, one_of: Sequence[tuple[str, ...]]) -> float:
        every = math.prod(self.share(term) for term in match.every)
        some = math.prod(min(1.0, sum(map(self.share, terms))) for terms in (*match.one_of, *one_of))
        return self.dossiers * every * some

    def window(self, top: datetime | None, dossiers: int) -> datetime | None:
        """Since when about so many dossiers came in before `top`; None where all that are older would not be many more."""
        since = min(top or self.last, self.last) - (self.last - self.first) * (dossiers / self.dossiers)
        return since if since > self.first else None

    def share(self, term: str) -> float:
        return self.shares.get(term, self.least)


async def commonness(tx: Transaction) -> Commonness | None:
    """As measured at most a minute ago; None while there are so few dossiers that nothing is common."""
    measured, found = tx.runtime.facts.get("commonness", (-math.inf, None))
    if time.monotonic() - measured > MEASURED_EVERY_SECONDS:
        found = await _measured(tx)
        tx.runtime.facts["commonness"] = (time.monotonic(), found)
    return found


_STATISTICS: Final = text("""
    select reltuples as dossiers, most_common_elems::text::text[] as terms, most_common_elem_freqs as shares
    from pg_class left join pg_stats on schemaname = 'intake' and tablename = 'dossier_search' and attname = 'terms'
    where oid = 'intake.dossier_search'::regclass
""").columns(terms=ARRAY(Text))


async def _measured(tx: Transaction) -> Commonness | None:
    known = (await tx.run(_STATISTICS)).one()
    if known.dossiers < WINDOW or not known.terms:
        return None
    created_at = dossier_search.c.created_at
    ends = (await tx.run(select(func.min(created_at).label("first"), func.max(created_at).label("last")))).one()
    if ends.first is None or ends.last - ends.first < timedelta(hours=1):
        return None
    # Behind the shares of the terms stand the least and the greatest of them, and that of none.
    return Commonness(
        known.dossiers, ends.first, ends.last, dict(zip(known.terms, known.shares, strict=False)), min(known.shares[: len(known.terms)])
    )


async def fetch(
    tx: Transaction, ranks: Ranks, numbers: range, narrowed: Narrowed, after: Position | None, wanted: int
) -> list[tuple[int, Row[Any]]]:
    """At most `wanted` rows (id, created_at) of the ranks of these numbers, each with its number, behind `after`.

    A dossier stands in the first rank it fits, also if that is none of these numbers.
    """
    common = await commonness(tx)
    found: list[tuple[int, Row[Any]]] = []
    first = max(numbers.start, after.rank if after else 0)
    while first < numbers.stop and len(found) < wanted:
        left = wanted - len(found)
        if rare := _rare(ranks, range(first, numbers.stop), narrowed, common, left):
            found += await _at_once(tx, ranks, rare, narrowed, after, left)
        else:
            found += [(first, row) for row in await _newest_first(tx, ranks, first, narrowed, after, left, common)]
        first = rare.stop if rare else first + 1
    return found


def _rare(ranks: Ranks, numbers: range, narrowed: Narrowed, common: Commonness | None, wanted: int) -> range:
    """The first of the numbers whose ranks are few dossiers together; no more of them than will fill the page or one statement holds."""
    stop, many, matches = numbers.start, 0.0, 0
    while stop < numbers.stop and many <= wanted:
        matches += len(ranks[stop])
        if matches > MATCHES_AT_ONCE and stop > numbers.start:
            break
        many += common.expected(ranks[stop], narrowed) if common else 0
        if many > RARE:
            break
        stop += 1
    return range(numbers.start, stop)


async def _at_once(
    tx: Transaction, ranks: Ranks, numbers: range, narrowed: Narrowed, after: Position | None, wanted: int
) -> list[tuple[int, Row[Any]]]:
    which = case(*((_fits(ranks[number], ()), literal(number)) for number in numbers))
    query = _all(narrowed).add_columns(which.label("rank")).where(or_(*(_fits(ranks[number], narrowed.one_of) for number in numbers)))
    query = query.where(_fits_none(ranks[: numbers.start]))
    fits = query.cte("fits").prefix_with("materialized", dialect="postgresql")
    row = fits.c
    page = select(row.id, row.created_at, row.rank).order_by(row.rank, row.created_at.desc(), row.id.desc()).limit(wanted)
    if after:
        behind = tuple_(row.created_at, row.id) < tuple_(after.created_at, after.id)
        page = page.where(or_(row.rank > after.rank, and_(row.rank == after.rank, behind)))
    return [(row.rank, row) for row in await tx.run(page)]


async def _newest_first(
    tx: Transaction,
    ranks: Ranks,
    number: int,
    narrowed: Narrowed,
    after: Position | None,
    wanted: int,
    common: Commonness | None,
) -> list[Row[Any]]:
    row = dossier_search.c
    behind = after if after and after.rank == number else None
    query = _all(narrowed).where(_may_fit(ranks[number], common), _fits(ranks[number], narrowed.one_of), _fits_none(ranks[:number]))
    if behind:
        query = query.where(tuple_(row.created_at, row.id) < tuple_(behind.created_at, behind.id))
    top = min((instant for instant in (behind and behind.created_at, narrowed.before) if instant), default=None)
    window = common.window(top, WINDOW_WITH_FACTS if narrowed.with_facts else WINDOW) if common else None
    new = query.where(row.created_at >= window) if window else query
    found = list((await tx.run(new.order_by(row.created_at.desc(), row.id.desc()).limit(wanted))).all())
    if window and len(found) < wanted:
        older = query.where(row.created_at < window).cte("older").prefix_with("materialized", dialect="postgresql")
        found += (await tx.run(select(older).order_by(older.c.created_at.desc(), older.c.id.desc()).limit(wanted - len(found)))).all()
    return found


def _all(narrowed: Narrowed) -> Select[Any, Any]:
    row = dossier_search.c
    query: Select[Any, Any] = select(row.id, row.created_at).where(*narrowed.conditions)
    if narrowed.with_facts:
        query = query.join(dossier, dossier.c.id == row.id)
    return query.where(row.created_at < narrowed.before) if narrowed.before else query


def _may_fit(rank: Rank, common: Commonness | None) -> ColumnElement[bool]:
    """What one look at a row tells: of so many terms, the rarest that will do, every match of the rank has one. Most rows have none."""
    needed: set[str] = set()
    for match in rank:
        if not match.every:
            return true()
        if needed.isdisjoint(match.every):
            needed.add(min(match.every, key=common.share) if common else match.every[0])
    return dossier_search.c.terms.overlap(sorted(needed)) if len(rank) > len(needed) else true()


def _fits_none(better: Ranks) -> ColumnElement[bool]:
    return not_(or_(false(), *(_fits(rank, ()) for rank in better))) if better else true()


def _fits(rank: Rank, one_of: Sequence[tuple[str, ...]]) -> ColumnElement[bool]:
    """With what narrows all ranks inside of each match, so that one look at the index takes both together."""
    return or_(false(), *(_matches(match, one_of) for match in rank))


def _matches(match: Match, one_of: Sequence[tuple[str, ...]]) -> ColumnElement[bool]:
    terms = dossier_search.c.terms
    conditions = [terms.contains(list(match.every))] if match.every else []
    conditions += [terms.overlap(list(words)) for words in (*match.one_of, *one_of)]
    return and_(true(), *conditions)
