"""Offices: their codes, what lies under what, since when, and whom a merged office succeeds."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import StringIO
from typing import Final

from shared.errors import Flaw, InvalidInput
from shared.working_time.office_hours import OfficeHoursWrong, Sessions, parse_sessions

# QĐ 20/2020/QĐ-TTg art 4, as domain 7.6 reports it: level 1 is a letter A..Y and two digits.
OFFICE_CODE: Final = re.compile(r"[A-Y][0-9]{2}(\.[A-Z0-9]+)*")
LONGEST_CODE: Final = 35
COLUMNS: Final = ("code", "name", "parent", "level", "valid_from", "valid_to", "predecessors", "sessions")


class OfficesRefused(InvalidInput):
    """This is no list of offices; nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Office:
    """An office as the operator lists it; both dates of validity are included. No sessions: the standard day."""

    code: str
    name: str
    parent: str | None = None
    level: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    sessions: Sessions = ()

    @property
    def sessions_text(self) -> str:
        """As in the CSV: `07:00-11:30 13:30-17:00`, or nothing."""
        return " ".join(str(session) for session in self.sessions)

    def is_valid(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


def read_offices(csv_text: str) -> tuple[Office, ...]:
    """The rows of a CSV `code,name,parent,level,valid_from,valid_to,predecessors,sessions`. Raises OfficesRefused.

    Parents may have been loaded before: whether they exist is for OfficeTree to see.
    """
    reader = csv.DictReader(StringIO(csv_text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise OfficesRefused(f"The list of offices lacks the columns {', '.join(missing)}.")
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise OfficesRefused(f"Line {reader.reader.line_num}: {error}.") from error
    flaws: list[Flaw] = []
    offices = [office for line, row in rows if (office := _read_row(line, row, flaws))]
    flaws += _listed_twice((line, row["code"].strip()) for line, row in rows if row["code"])
    if flaws:
        raise OfficesRefused("The list of offices is wrong: " + "; ".join(f"{flaw.pointer} {flaw.detail}" for flaw in flaws), *flaws)
    return tuple(offices)


class OfficeTree:
    """All offices together. Raises OfficesRefused where a parent is missing, or an office lies under itself."""

    def __init__(self, offices: Iterable[Office]) -> None:
        self.offices: Mapping[str, Office] = {office.code: office for office in offices}
        flaws = [*self._without_parent(), *self._in_circles()]
        if flaws:
            raise OfficesRefused("The offices make no tree: " + "; ".join(flaw.detail for flaw in flaws), *flaws)

    def valid(self, code: str, on: date) -> Office | None:
        """The office, if it exists on that day."""
        office = self.offices.get(code)
        return office if office and office.is_valid(on) else None

    def above(self, code: str) -> tuple[Office, ...]:
        """The office and those it lies under, nearest first."""
        office = self.offices.get(code)
        return () if office is None else (office, *self.above(office.parent or ""))

    def in_scope(self, offices_of_token: Iterable[str]) -> frozenset[str]:
        """Those offices, what lies under them, and their predecessors with what lay under these. Unknown codes open nothing."""
        found: set[str] = set()
        waiting = [code for code in offices_of_token if code in self.offices]
        while waiting:
            code = waiting.pop()
            if code in found:
                continue
            found.add(code)
            waiting += self._under.get(code, ())
            waiting += self.offices[code].predecessors if code in self.offices else ()
        return frozenset(found)

    def successors(self, code: str) -> tuple[Office, ...]:
        """The offices that took over from one that was merged or divided."""
        return tuple(office for office in self.offices.values() if code in office.predecessors)

    @cached_property
    def _under(self) -> Mapping[str, list[str]]:
        under: defaultdict[str, list[str]] = defaultdict(list)
        for office in self.offices.values():
            under[office.parent or ""].append(office.code)
        return under

    def _without_parent(self) -> list[Flaw]:
        return [
            Flaw(f"/{office.code}/parent", f"{office.code} lies under {office.parent}, which is not listed")
            for office in self.offices.values()
            if office.parent is not None and office.parent not in self.offices
        ]

    def _in_circles(self) -> list[Flaw]:
        flaws: list[Flaw] = []
        for office in self.offices.values():
            passed, above = {office.code}, self.offices.get(office.parent or "")
            while above and above.code not in passed:
                passed.add(above.code)
                above = self.offices.get(above.parent or "")
            if above is office:
                flaws.append(Flaw(f"/{office.code}/parent", f"{office.code} lies under itself"))
        return flaws


def _read_row(line: int, row: Mapping[str, str | None], flaws: list[Flaw]) -> Office | None:
    cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
    wrong = [*_wrong_codes(cells), *_wrong_dates(cells), *_wrong_sessions(cells["sessions"])]
    if not cells["name"]:
        wrong.append("the name is missing")
    if None in row:
        wrong.append("there are more cells than columns")
    if wrong:
        flaws += [Flaw(f"line {line}", detail) for detail in wrong]
        return None
    return Office(
        code=cells["code"],
        name=cells["name"],
        parent=cells["parent"] or None,
        level=cells["level"] or None,
        valid_from=_date(cells["valid_from"]),
        valid_to=_date(cells["valid_to"]),
        predecessors=tuple(_predecessors(cells["predecessors"])),
        sessions=parse_sessions(cells["sessions"]),
    )


def _wrong_codes(cells: Mapping[str, str]) -> list[str]:
    named = [("code", cells["code"])]
    named += [("parent", cells["parent"])] if cells["parent"] else []
    named += [("predecessors", code) for code in _predecessors(cells["predecessors"])]
    return [
        f"{column}: {code!r} is not an identification code like H14.012 (A-Z, 0-9 and dots, at most {LONGEST_CODE} characters)"
        for column, code in named
        if not OFFICE_CODE.fullmatch(code) or len(code) > LONGEST_CODE
    ]


def _wrong_dates(cells: Mapping[str, str]) -> list[str]:
    wrong = [
        f"{column}: {cells[column]!r} is not a date like 2025-07-01"
        for column in ("valid_from", "valid_to")
        if cells[column] and not _date(cells[column])
    ]
    begins, ends = _date(cells["valid_from"]), _date(cells["valid_to"])
    return [*wrong, f"it ends on {ends}, before it begins on {begins}"] if begins and ends and ends < begins else wrong


def _wrong_sessions(text: str) -> list[str]:
    try:
        parse_sessions(text)
    except OfficeHoursWrong as error:
        return [f"sessions: {error.detail}"]
    return []


def _predecessors(cell: str) -> list[str]:
    return [code.strip() for code in cell.split(";") if code.strip()]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _listed_twice(codes: Iterable[tuple[int, str]]) -> list[Flaw]:
    first: dict[str, int] = {}
    return [
        Flaw(f"line {line}", f"{code} stands already in line {first[code]}") for line, code in codes if first.setdefault(code, line) != line
    ]
