"""What is odd in a published procedure, told by entry and field: kept as published, used as said here, never repaired.

All sums are our own; those in the file are compared with them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Final

from services.intake.domain import process_warnings
from services.intake.domain.catalogue import FeeRule, ProcedureVersion, Process, as_date, as_time
from services.intake.domain.deciding import spelled
from services.intake.domain.oddities import CatalogueWarning, Found, Oddity


def warnings_of(versions: Iterable[ProcedureVersion], *, on: date) -> tuple[CatalogueWarning, ...]:
    """Everything odd in the entries of one file, read `on` a day (fees expire), in their order."""
    entries = tuple(versions)
    found = [CatalogueWarning(entry.key, *one) for entry in entries for check in CHECKS for one in check(entry)]
    found += [CatalogueWarning(entry.key, *one) for entry in entries for one in _fees(entry, on)]
    found += [*_codes_twice(entries), *_shared_processes(entries)]
    place = {entry.key: number for number, entry in enumerate(entries)}
    return tuple(sorted(found, key=lambda warning: place[warning.entry]))


# --- Identity, dates, what only a person can heed -------------------------------------------------------------------


def _identity(entry: ProcedureVersion) -> Found:
    if entry.code is None:
        yield "/code", Oddity.CODE_MISSING, "no national code is published; the entry is known by its id only"
    elif entry.code_base is not None and entry.code_base != entry.national_code:
        yield "/code_base", Oddity.CODES_DISAGREE, f"{entry.code_base} is not the national part of {entry.code}; the code counts"
    elif entry.code_base is None and entry.code != entry.national_code:
        yield "/code", Oddity.CODES_DISAGREE, f"{entry.code} has a suffix, but no code_base; the national part is {entry.national_code}"
    for place, process in enumerate(entry.processes):
        if entry.code and process.shared_by_codes and not {entry.code, entry.national_code} & set(process.shared_by_codes):
            names = ", ".join(process.shared_by_codes)
            yield (
                f"/processes/{place}/shared_by_codes",
                Oddity.CODES_DISAGREE,
                f"{entry.code} is not among the codes that share it: {names}",
            )
    for pointer, level in _levels(entry):
        if entry.level and level not in entry.level:
            yield pointer, Oddity.LEVEL_UNKNOWN, f"{level} is not among the levels of the entry ({', '.join(entry.level)})"


def _levels(entry: ProcedureVersion) -> Iterator[tuple[str, str]]:
    yield from ((f"/limits/{place}/level", limit.level) for place, limit in enumerate(entry.limits) if limit.level)
    yield from ((f"/processes/{place}/level", process.level) for place, process in enumerate(entry.processes) if process.level)


def _dates(entry: ProcedureVersion) -> Found:
    for place, source in enumerate(entry.source):
        for key, text in (("issued", source.issued), ("effective", source.effective), ("published", source.published)):
            if text and not as_date(text):
                yield f"/source/{place}/{key}", Oddity.DATE_UNREADABLE, f"{text} is no date; it is kept, and validity stays open"
    for place, limit in enumerate(entry.limits):
        if limit.cutoff and not as_time(limit.cutoff):
            yield f"/limits/{place}/cutoff", Oddity.DATE_UNREADABLE, f"{limit.cutoff} is no time of day; the officer sets the appointment"


def _for_the_officer(entry: ProcedureVersion) -> Found:
    told = (
        ("/trigger", entry.trigger, "it is not started by an applicant's dossier"),
        ("/clock_start", entry.clock_start, "the clock starts elsewhere; we count from acceptance at the desk"),
        ("/submit_before_event", entry.submit_before_event and entry.submit_before_event.text, "a latest time to file; it is not checked"),
        ("/precondition", entry.precondition, "a condition before filing; it is not checked"),
    )
    for pointer, text, meaning in told:
        if text:
            yield pointer, Oddity.FOR_THE_OFFICER, f"{meaning}: {text}"
    for place, pause in enumerate(entry.clock_pauses):
        yield f"/clock_pauses/{place}", Oddity.FOR_THE_OFFICER, f"the clock stops only when an officer stops it: {pause.reason}"
    for place, sets in enumerate(entry.number_of_sets_by_case):
        yield f"/number_of_sets_by_case/{place}", Oddity.FOR_THE_OFFICER, f"{sets.sets} sets are to be filed in the case: {sets.case}"
    for place, process in enumerate(entry.processes):
        if process.branching:
            yield f"/processes/{place}/branching", Oddity.FOR_THE_OFFICER, f"the officer chooses the next step: {process.branching}"
        if process.hours_per_day not in {None, 8}:
            yield f"/processes/{place}/hours_per_day", Oddity.FOR_THE_OFFICER, "a day counts the hours of the office, whatever is printed"
    for place, limit in enumerate(entry.limits):
        if limit.from_event and (limit.stage or 1) == 1 and "hồ sơ" not in limit.from_event:
            yield f"/limits/{place}/from_event", Oddity.FOR_THE_OFFICER, f"we count from acceptance at the desk, not: {limit.from_event}"
        if len(limit.appointments) > 1:
            yield f"/limits/{place}/appointments", Oddity.FOR_THE_OFFICER, "several return dates are published; one appointment is computed"


def _papers(entry: ProcedureVersion) -> Found:
    if not entry.papers:
        yield "/components", Oddity.NO_PAPERS, "no required papers are published; the officer lists what was received"
    if not entry.components_complete:
        left_out = "" if entry.components_left_out is None else f"; {entry.components_left_out} rows are left out"
        yield "/components_complete", Oddity.PAPERS_INCOMPLETE, f"the list of papers is incomplete{left_out}"


CHECKS: Final[tuple[Callable[[ProcedureVersion], Found], ...]] = (
    _identity,
    _dates,
    _for_the_officer,
    process_warnings.limits,
    process_warnings.cases_of_limits,
    process_warnings.processes,
    _papers,
)


# --- Fees -----------------------------------------------------------------------------------------------------------


def _fees(entry: ProcedureVersion, on: date) -> Found:
    for place, fee in enumerate(entry.fees):
        yield from ((f"/fees/{place}{pointer}", kind, text) for pointer, kind, text in _fee(fee, on))
    for (first, one), (place, other) in combinations(enumerate(entry.fees), 2):
        if one.name == other.name and _contradict(one, other) and _overlap(one, other):
            yield f"/fees/{place}", Oddity.FEE_WINDOW, f"its validity overlaps that of fee {first}; the officer states the sum"


def _fee(fee: FeeRule, on: date) -> Found:
    begins, ends = as_date(fee.valid_from), as_date(fee.valid_to)
    for key, text, day in (("valid_from", fee.valid_from, begins), ("valid_to", fee.valid_to, ends)):
        if text and not day:
            yield f"/{key}", Oddity.DATE_UNREADABLE, f"{text} is no date; the officer states the sum"
    if begins and ends and ends < begins:
        yield "/valid_to", Oddity.FEE_WINDOW, f"it ends on {ends}, before it begins on {begins}"
    elif ends and ends < on:
        yield "/valid_to", Oddity.FEE_WINDOW, f"it expired on {ends}: {fee.text or fee.amount}"
    if fee.structured_field:
        yield "/structured_field", Oddity.PORTAL_DISAGREES, f"the portal prints {fee.structured_field!r}, the text counts: {fee.text}"
    if fee.amount_min is not None and fee.amount_max is not None and fee.amount_max < fee.amount_min:
        yield "/amount_max", Oddity.FEE_ODD, f"the highest sum {fee.amount_max} is below the lowest {fee.amount_min}"


def _narrowed(fee: FeeRule) -> frozenset[tuple[str, str]]:
    facets = (("channel", fee.channel), ("case", fee.case), ("applicant", fee.applicant), ("item", fee.item), ("tier", fee.tier))
    return frozenset((facet, value) for facet, value in facets if value is not None)


def _contradict(one: FeeRule, other: FeeRule) -> bool:
    """Whether two rules with windows hold for the same: an exception beats the general rule, but percentages stand side by side."""
    percentages = one.percent_of_base is not None and other.percent_of_base is not None
    nested = _narrowed(one) <= _narrowed(other) or _narrowed(other) <= _narrowed(one)
    windows = all(fee.valid_from or fee.valid_to for fee in (one, other))
    return windows and (_narrowed(one) == _narrowed(other) or (percentages and nested))


def _overlap(one: FeeRule, other: FeeRule) -> bool:
    def begins(fee: FeeRule) -> date:
        return as_date(fee.valid_from) or date.min

    def ends(fee: FeeRule) -> date:
        return as_date(fee.valid_to) or date.max

    return begins(one) <= ends(other) and begins(other) <= ends(one)


# --- Between entries ------------------------------------------------------------------------------------------------


def _codes_twice(entries: Sequence[ProcedureVersion]) -> Iterator[CatalogueWarning]:
    first: dict[tuple[str, str], str] = {}
    for entry in entries:
        if entry.national_code is None:
            continue
        other = first.setdefault((entry.jurisdiction, entry.national_code), entry.key)
        if other != entry.key:
            text = f"{entry.national_code} in {entry.jurisdiction} is also the code of {other}; name procedures by their id"
            yield CatalogueWarning(entry.key, "/code", Oddity.CODE_TWICE, text)


def _shared_processes(entries: Sequence[ProcedureVersion]) -> Iterator[CatalogueWarning]:
    first: dict[tuple[str, str | None], tuple[str, Process]] = {}
    for entry in entries:
        for place, process in enumerate(entry.processes):
            if process.process_id is None:
                continue
            key, other = first.setdefault((process.process_id, process.case and spelled(process.case)), (entry.key, process))
            if other.steps != process.steps:
                text = f"{process.process_id} has other steps than in {key}, though it is one process; each entry keeps its own"
                yield CatalogueWarning(entry.key, f"/processes/{place}/steps", Oddity.PROCESS_DIFFERS_ELSEWHERE, text)
