"""The kinds of oddity a published procedure may have, what a warning says, and how published times are added up.

Days count 8 hours here, as the files count them; due dates do not come from this module.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from shared.working_time.limits import Unit


class Oddity(StrEnum):
    """The kinds of warning; the text of each says what follows from it."""

    CODE_MISSING = "code_missing"
    CODES_DISAGREE = "codes_disagree"
    CODE_TWICE = "code_twice"
    LEVEL_UNKNOWN = "level_unknown"
    DATE_UNREADABLE = "date_unreadable"
    FOR_THE_OFFICER = "for_the_officer"
    NO_LIMIT = "no_limit"
    UNIT_MISSING = "unit_missing"
    LIMIT_NOT_COMPUTABLE = "limit_not_computable"
    FRACTION_OF_DAY = "fraction_of_day"
    LIMITS_ALIKE = "limits_alike"
    STAGES_ODD = "stages_odd"
    PARTS_DIFFER = "parts_differ"
    PORTAL_DISAGREES = "portal_disagrees"
    EXTENSION_ODD = "extension_odd"
    NO_PROCESS = "no_process"
    STEPS_INCOMPLETE = "steps_incomplete"
    STEPS_WITHOUT_TIME = "steps_without_time"
    SEQ_ODD = "seq_odd"
    PRINTED_NO_REPEATED = "printed_no_repeated"
    SHARED_STEP_ODD = "shared_step_odd"
    SUM_DIFFERS = "sum_differs"
    COMPUTED_DIFFERS = "computed_differs"
    TOTALS_SEVERAL = "totals_several"
    UNITS_DIFFER = "units_differ"
    PART_OF_PLAIN_DAY = "part_of_plain_day"
    LIMIT_NOT_TOTAL = "limit_not_total"
    PROCESSES_ALIKE = "processes_alike"
    CASE_WITHOUT_PARTNER = "case_without_partner"
    PROCESS_DIFFERS_ELSEWHERE = "process_differs_elsewhere"
    NO_PAPERS = "no_papers"
    PAPERS_INCOMPLETE = "papers_incomplete"
    FEE_WINDOW = "fee_window"
    FEE_ODD = "fee_odd"


@dataclass(frozen=True, slots=True)
class CatalogueWarning:
    """Something odd at a field (a JSON pointer into the entry, "" for the entry itself)."""

    entry: str
    field: str
    kind: Oddity
    text: str

    def __str__(self) -> str:
        return f"{self.entry} {self.field or '/'}: {self.text}"


Found = Iterator[tuple[str, Oddity, str]]
"""Pointer, kind and text of what a check finds."""

Spans = dict[Unit, Decimal]


class Span(Protocol):
    """Whatever lasts so much of a unit, or has no amount."""

    @property
    def amount(self) -> Decimal | None: ...

    @property
    def unit(self) -> Unit | None: ...


HOURS: Final[Spans] = {Unit.WORKING_HOUR: Decimal(1), Unit.HOUR: Decimal(1), Unit.WORKING_DAY: Decimal(8), Unit.DAY: Decimal(8)}


def added_up(parts: Iterable[Span]) -> Spans:
    """One exact sum per unit, of the parts that have an amount."""
    spans: Spans = {}
    for part in parts:
        if part.amount is not None and part.unit is not None:
            spans[part.unit] = spans.get(part.unit, Decimal(0)) + part.amount
    return spans


def same_length(one: Spans, other: Spans) -> bool:
    """Equal by amount in one unit, otherwise at 8 hours a day; months are equal to months only."""
    if one.keys() == other.keys():
        return one == other
    return one.keys() | other.keys() <= HOURS.keys() and _hours(one) == _hours(other)


def _hours(spans: Spans) -> Decimal:
    return sum((amount * HOURS[unit] for unit, amount in spans.items()), Decimal(0))


def in_words(spans: Spans) -> str:
    return " + ".join(f"{amount.normalize():f} {unit}" for unit, amount in spans.items()) or "nothing"


def is_whole(amount: Decimal) -> bool:
    return amount == amount.to_integral_value()
