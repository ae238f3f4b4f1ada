"""The officers an office can assign to, who stands in for whom, and until when: as an administrator has registered them."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from typing import Final
from uuid import UUID

from services.processing.domain.assignment import Assigning
from shared.contracts.permissions import PERMISSIONS, Role
from shared.errors import Flaw, InvalidInput
from shared.office_tree import OfficeTree

WORKS_ON_CASES: Final = frozenset({Role.CASE_OFFICER, Role.LEADER, Role.SUPERVISOR})
LONGEST_ABSENCE_DAYS: Final = 366


class StaffRefused(InvalidInput):
    """This is no list of officers; nothing of it was taken."""


@dataclass(frozen=True)
class RegisteredOfficer:
    """`id` is the subject of their tokens. Both dates are included; who has departed is gone from that moment on."""

    id: str
    name: str
    office: str
    roles: frozenset[Role]
    valid_from: date | None = None
    valid_to: date | None = None
    departed_at: datetime | None = None

    def works_on(self, day: date) -> bool:
        return self.departed_at is None and (self.valid_from is None or self.valid_from <= day) and not self.is_gone(day)

    def is_gone(self, day: date) -> bool:
        """For good, not merely not here yet."""
        return self.departed_at is not None or (self.valid_to is not None and self.valid_to < day)

    def why_not_given(self, competent: str, day: date, offices: OfficeTree) -> str | None:
        """What is against their having a case of this office."""
        if not self.works_on(day):
            return f"{self.name} does not work here on {day}."
        if not self.roles & WORKS_ON_CASES:
            return f"{self.name} is no officer who works on cases."
        if competent not in offices.scope({self.office}):
            return f"{self.name} is of {self.office}, which has nothing to do with cases of {competent}."
        return None


@dataclass(frozen=True)
class Delegation:
    """From `from_on` to `to_on`, both included, `deputy` may do what `principal` may, for their offices. It ends by itself."""

    id: UUID
    principal: str
    deputy: str
    from_on: date
    to_on: date
    reason: str | None = None
    ended_at: datetime | None = None

    def holds_on(self, day: date) -> bool:
        return self.ended_at is None and self.from_on <= day <= self.to_on


def why_not_delegated(by: str, roles: frozenset[Role], principal: RegisteredOfficer, deputy: str) -> str | None:
    """What is against it that `by`, with these roles, lets `deputy` stand in for `principal`. Nobody rises by it: what is one's own one
    passes on; what is another's goes to a third person, and is no more than one may do oneself, but for administrators.
    """
    if by == principal.id:
        return None
    if by == deputy:
        return f"Nobody takes the place of {principal.name} by their own word: {principal.name} delegates, or you name a third person."
    if Role.ADMINISTRATOR in roles or all(allowed & roles for allowed in PERMISSIONS.values() if allowed & principal.roles):
        return None
    return f"{principal.name} may do more than you: {principal.name} delegates, or an administrator does."


@dataclass(frozen=True)
class Staff:
    """All who are registered, their delegations, and how each office assigns."""

    officers: Mapping[str, RegisteredOfficer] = field(default_factory=dict[str, RegisteredOfficer])
    delegations: tuple[Delegation, ...] = ()
    assigning: Mapping[str, Assigning] = field(default_factory=dict[str, Assigning])

    def stands_in(self, deputy: str, principal: str, day: date) -> RegisteredOfficer | None:
        """The colleague whose place `deputy` may take; both must be in service that day."""
        for one in self.delegations:
            if (one.deputy, one.principal) == (deputy, principal) and one.holds_on(day):
                both = [self.officers.get(name) for name in (deputy, principal)]
                return both[1] if all(officer and officer.works_on(day) for officer in both) else None
        return None

    def assigning_of(self, competent: str, day: date, offices: OfficeTree) -> tuple[str, Assigning] | None:
        """How cases of an office are assigned, and by whom: by itself, or by the office it was merged into."""
        own = offices.get(competent)
        asked = (competent,) if own and own.is_valid(day) else (*offices.successors(competent, day), competent)
        return next(((code, self.assigning[code]) for code in asked if code in self.assigning), None)


# ------------------------------------------------------------------------------------------------ reading a list

COLUMNS: Final = ("subject", "name", "office", "roles", "valid_from", "valid_to")


def read_staff(csv_text: str) -> tuple[RegisteredOfficer, ...]:
    """The rows of a CSV `subject,name,office,roles,valid_from,valid_to`, roles separated by `;`. Raises StaffRefused."""
    reader = csv.DictReader(StringIO(csv_text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise StaffRefused(f"The list of officers lacks the columns {', '.join(missing)}.")
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise StaffRefused(f"Line {reader.reader.line_num}: {error}.") from error
    flaws: list[Flaw] = []
    officers = [officer for line, row in rows if (officer := _read_row(line, row, flaws))]
    flaws += _listed_twice(officers)
    if flaws:
        raise StaffRefused("The list of officers is wrong: " + "; ".join(f"{flaw.pointer} {flaw.detail}" for flaw in flaws), *flaws)
    return tuple(officers)


def _read_row(line: int, row: Mapping[str, str | None], flaws: list[Flaw]) -> RegisteredOfficer | None:
    cells = {column: (row.get(column) or "").strip() for column in COLUMNS}
    wrong = [f"the {column} is missing" for column in COLUMNS[:4] if not cells[column]]
    wrong += ["there are more cells than columns"] if None in row else []
    names = [role.strip() for role in cells["roles"].split(";") if role.strip()]
    wrong += [f"{name!r} is no role; there are {', '.join(Role)}" for name in names if name not in set(Role)]
    days: dict[str, date | None] = {"valid_from": None, "valid_to": None}
    for column in days:
        try:
            days[column] = date.fromisoformat(cells[column]) if cells[column] else None
        except ValueError:
            wrong.append(f"{column}: {cells[column]!r} is not a date like 2025-07-01")
    flaws += [Flaw(f"line {line}", detail) for detail in wrong]
    roles = frozenset(Role(name) for name in names if name in set(Role))
    return (
        None if wrong else RegisteredOfficer(cells["subject"], cells["name"], cells["office"], roles, days["valid_from"], days["valid_to"])
    )


def _listed_twice(officers: Iterable[RegisteredOfficer]) -> list[Flaw]:
    seen: set[str] = set()
    return [Flaw(officer.id, "is listed twice") for officer in officers if officer.id in seen or seen.add(officer.id)]


def why_not_registered(officer: RegisteredOfficer, offices: OfficeTree) -> str | None:
    """What is wrong with what an administrator says of an officer."""
    if offices.get(officer.office) is None:
        return f"there is no office {officer.office}"
    if not officer.roles:
        return "an officer has at least one role"
    if officer.valid_from and officer.valid_to and officer.valid_to < officer.valid_from:
        return f"it ends on {officer.valid_to}, before it begins on {officer.valid_from}"
    return None
