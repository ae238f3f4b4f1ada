"""Reading the operator's list of offices."""

import csv
import re
from collections.abc import Iterable, Mapping
from datetime import date
from io import StringIO
from typing import Final

from shared.errors import Flaw
from shared.office_tree import Office, OfficesRefused
from shared.working_time import OfficeHours, OfficeHoursWrong

# QĐ 20/2020/QĐ-TTg art 4, as domain 7.6 reports it: level 1 is a letter A..Y and two digits.
OFFICE_CODE: Final = re.compile(r"[A-Y][0-9]{2}(\.[A-Z0-9]+)*")
LONGEST_CODE: Final = 35
COLUMNS: Final = ("code", "name", "parent", "level", "valid_from", "valid_to", "predecessors", "sessions")


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
        level=cells["level"],
        valid_from=_date(cells["valid_from"]),
        valid_to=_date(cells["valid_to"]),
        predecessors=tuple(_predecessors(cells["predecessors"])),
        sessions=" ".join(cells["sessions"].split()) or None,
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
        OfficeHours.parse(text)
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
