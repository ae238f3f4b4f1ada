"""Offices: what lies under what, since when, whom a merged office succeeds, and so what a caller may see. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from shared.errors import Flaw, InvalidInput, NotFound


class OfficesRefused(InvalidInput):
    """This is no list of offices; nothing of it was taken."""


@dataclass(frozen=True)
class Office:
    """An office by its identification code; both dates of validity are included.

    `sessions` are its hours as OfficeHours.parse reads them, `07:00-11:30 13:30-17:00`; none: the standard day.
    """

    code: str
    name: str
    parent: str | None = None
    level: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    sessions: str | None = None

    def is_valid(self, on: date) -> bool:
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True)
class OfficeTree:
    """All offices by code."""

    offices: Mapping[str, Office] = field(default_factory=dict[str, Office])

    @classmethod
    def of(cls, offices: Iterable[Office]) -> "OfficeTree":
        return cls({office.code: office for office in offices})

    def get(self, code: str) -> Office | None:
        return self.offices.get(code)

    def working_on(self, day: date, code: str) -> Office:
        """Raises NotFound for a code that names no office, or none of that day; its successors are named."""
        office = self.offices.get(code)
        if office is None or not office.is_valid(day):
            instead = ", ".join(f"{one} {self.offices[one].name}" for one in self.successors(code, day))
            raise NotFound(f"There is no office {code} on {day}." + (f" Its work has passed to {instead}." if instead else ""))
        return office

    def upwards(self, code: str) -> Iterator[str]:
        """The office itself, then what it lies under, to the top."""
        above = self.offices.get(code)
        while above:
            yield above.code
            above = self.offices.get(above.parent or "")

    def scope(self, codes: Iterable[str]) -> frozenset[str]:
        """These offices, what lies under them, and the predecessors of all of those, with what lay under these."""
        found: set[str] = set()
        ahead = list(codes)
        while ahead:
            code = ahead.pop()
            if code not in found:
                found.add(code)
                ahead += self._under.get(code, ())
                ahead += self.offices[code].predecessors if code in self.offices else ()
        return frozenset(found)

    def succession(self, code: str) -> frozenset[str]:
        """The office and all it succeeds, directly or not: their dossiers are its own now."""
        found: set[str] = set()
        ahead = [code]
        while ahead:
            code = ahead.pop()
            if code not in found:
                found.add(code)
                ahead += self.offices[code].predecessors if code in self.offices else ()
        return frozenset(found)

    def successors(self, code: str, day: date) -> tuple[str, ...]:
        """The offices of that day that succeed it, directly or not; several where it was divided."""
        return tuple(
            sorted(
                one.code for one in self.offices.values() if one.code != code and one.is_valid(day) and code in self.succession(one.code)
            )
        )

    def must_hold_together(self) -> None:
        """Raises OfficesRefused where a parent is missing, or an office lies under itself."""
        if flaws := [*self._without_parent(), *self._in_circles()]:
            raise OfficesRefused("The offices make no tree: " + "; ".join(flaw.detail for flaw in flaws), *flaws)

    @cached_property
    def _under(self) -> Mapping[str, list[str]]:
        under: defaultdict[str, list[str]] = defaultdict(list)
        for office in self.offices.values():
            if office.parent:
                under[office.parent].append(office.code)
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
