"""Which of the published rules hold for one dossier: its limit, its process, its papers.

A rule may be restricted to a case, a level, a channel; a rule without restriction is the general one, and a sibling with
them the exception. Where the rules differ and the officer has not named what decides between them, we ask; we never guess.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, get_args

from services.intake.domain.catalogue import Level, Limit, Paper, ProcedureVersion, Process, as_time
from services.intake.domain.deciding import ChoiceNeeded, Facets, among, deciding, fits, same
from services.intake.domain.fee_tiers import unit_of
from services.intake.domain.fees import NOTHING_SAID, FeeFacts
from shared.contracts.people import Channel
from shared.working_time.limits import LimitWrong, TimeLimit, Unit

PUBLISHED_CHANNEL: Final[Mapping[Channel, str]] = {
    Channel.DESK: "trực tiếp",
    Channel.ONLINE: "trực tuyến",
    Channel.POST: "dịch vụ bưu chính",
}


class PlainDay(StrEnum):
    """How the operator reads a plain "ngày", of which the source does not say whether it is a working day."""

    CALENDAR = "calendar"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class Named:
    """What the officer says of a dossier. Cases and levels are named in the words of the procedure.

    `process_case` is for the procedures whose processes have other cases than their limits;
    `paper_cases` are the headings of the list of papers that apply; None: not said, () : none of them.
    """

    channel: Channel
    case: str | None = None
    level: str | None = None
    applicant: str | None = None
    process_case: str | None = None
    paper_cases: tuple[str, ...] | None = None
    fee: FeeFacts = NOTHING_SAID


@dataclass(frozen=True, slots=True)
class LimitChoice:
    """The limit that holds, ready to be computed, and the published rule it was read from."""

    time_limit: TimeLimit
    published: Limit


@dataclass(frozen=True, slots=True)
class NoComputableLimit:
    """No due date follows from what is published: the officer sets the appointment, with a reason.

    `kind` is that of the limit, or `none` where none is published, `ambiguous` where two contradict each other.
    """

    kind: str
    reason: str
    published: tuple[Limit, ...] = ()


def choose_limit(
    version: ProcedureVersion, named: Named, *, plain_day: PlainDay = PlainDay.CALENDAR
) -> tuple[LimitChoice, ...] | NoComputableLimit:
    """The limits that run one after the other: one, unless they are published by stage.

    Raises ChoiceNeeded where they differ by a case or level that was not named, or is unknown.
    """
    _check_named(version, named)
    rules = [limit for limit in version.limits if not limit.is_extension or same(limit.case, named.case)]
    if not rules:
        return NoComputableLimit("none", "No overall limit is published.", version.limits)
    wanted: Facets = {
        "channel": PUBLISHED_CHANNEL[named.channel],
        "level": _level(version, named),
        "case": among(named.case, _cases_of_limits(version)),
    }
    here = rules
    for facet in ("channel", "level"):
        here = [limit for limit in here if fits(_facets_of_limit(limit)[facet], wanted[facet])]
        if not here:
            others = ", ".join(dict.fromkeys(value for limit in rules if (value := _facets_of_limit(limit)[facet])))
            return NoComputableLimit("none", f"The limit is published for another {facet} only: {others}.", tuple(rules))
    return _in_sequence(here, wanted, plain_day)


def choose_process(version: ProcedureVersion, named: Named) -> Process | None:
    """The internal process that holds; None where none is published for the level, or several for the same: one step then.

    Raises ChoiceNeeded where they differ by a case or level that was not named, or is unknown.
    """
    _check_named(version, named)
    if not version.processes:
        return None
    level, cases = _level(version, named), _cases_of_processes(version)
    if named.process_case is not None and among(named.process_case, cases) is None:
        raise ChoiceNeeded("process_case", cases, f"No process is published for the case {named.process_case!r}.")
    wanted = {"level": level, "case": among(named.process_case or named.case, cases)}
    here = [process for process in version.processes if fits(process.level, level)]
    if not here:
        return None
    try:
        holding = deciding(here, _facets_of_process, wanted, lambda process: process.steps)
    except ChoiceNeeded as needed:
        # The case named is one of the limits, not of these processes: they need a name of their own.
        if needed.field == "case" and named.case is not None:
            raise ChoiceNeeded("process_case", needed.choices) from needed
        raise
    return holding[0] if len(holding) == 1 else None


def counts_working_time(process: Process) -> bool:
    """Whether a process counts in working days or hours: by its totals or steps, or by saying how long a day is."""
    spans = (process.total, *process.totals, *(step.allotment for step in process.steps))
    return process.hours_per_day is not None or any(span.unit in WORKING for span in spans if span)


class Need(StrEnum):
    """When a paper is required: always, only if it exists or applies, or if its heading does, which was not said."""

    ALWAYS = "always"
    IF_IT_APPLIES = "if_it_applies"
    IF_ITS_CASE_APPLIES = "if_its_case_applies"


@dataclass(frozen=True, slots=True)
class RequiredPaper:
    """A paper of the list; `number` is its place in the published list, from 1. No counts printed: one of any kind."""

    number: int
    name: str
    originals: int
    copies: int
    case: str | None
    need: Need


def required_papers(version: ProcedureVersion, named: Named) -> tuple[RequiredPaper, ...]:
    """The papers that may be asked for, each with when. Empty: none are published, the officer lists what was received.

    Raises ChoiceNeeded for a heading that is unknown.
    """
    headings = tuple(dict.fromkeys(paper.case for paper in version.papers if paper.case))
    chosen = named.paper_cases
    if chosen is None and named.case is not None and any(same(heading, named.case) for heading in headings):
        chosen = (named.case,)
    for heading in chosen or ():
        if not any(same(heading, known) for known in headings):
            raise ChoiceNeeded("paper_cases", headings, f"The list of papers has no heading {heading!r}.")
    return tuple(
        RequiredPaper(number, paper.name, paper.originals or 0, paper.copies or 0, paper.case, _need(paper, chosen))
        for number, paper in enumerate(version.papers, 1)
        if chosen is None or paper.case is None or any(same(paper.case, heading) for heading in chosen)
    )


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be named, to be shown beside a procedure. Papers stand under headings, fees differ by kinds of applicant."""

    cases: tuple[str, ...]
    levels: tuple[str, ...]
    applicants: tuple[str, ...]
    paper_cases: tuple[str, ...]
    fee_names: tuple[str, ...]
    fee_items: tuple[str, ...]
    fee_tiers: tuple[str, ...]
    fee_units: tuple[str, ...]
    """What is counted, so that a sum follows."""


def choices_of(version: ProcedureVersion) -> Choices:
    return Choices(
        cases=tuple(dict.fromkeys((*_cases_of_limits(version), *_cases_of_processes(version)))),
        levels=_levels(version),
        applicants=tuple(dict.fromkeys(fee.applicant for fee in version.fees if fee.applicant)),
        paper_cases=tuple(dict.fromkeys(paper.case for paper in version.papers if paper.case)),
        fee_names=tuple(dict.fromkeys(fee.name for fee in version.fees if fee.name)),
        fee_items=tuple(dict.fromkeys(fee.item for fee in version.fees if fee.item)),
        fee_tiers=tuple(dict.fromkeys(fee.tier for fee in version.fees if fee.tier)),
        fee_units=tuple(dict.fromkeys(unit for fee in version.fees for per in (fee.per, fee.cap_per) if (unit := unit_of(per)))),
    )


def _facets_of_limit(limit: Limit) -> Facets:
    # With a stage the case says what is done in the stage; it restricts nothing.
    return {"level": limit.level, "case": None if limit.stage else limit.case, "channel": limit.channel}


def _facets_of_process(process: Process) -> Facets:
    return {"level": process.level, "case": process.case}


# --- What can be named --------------------------------------------------------------------------------------------


def _check_named(version: ProcedureVersion, named: Named) -> None:
    if named.case is not None and among(named.case, version.cases) is None:
        raise ChoiceNeeded("case", version.cases, f"This procedure has no case {named.case!r}.")
    levels = _levels(version) or get_args(Level)
    if named.level is not None and named.level not in levels:
        raise ChoiceNeeded("level", levels, f"This procedure is not decided at the level {named.level!r}.")


def _level(version: ProcedureVersion, named: Named) -> str | None:
    levels = _levels(version)
    return levels[0] if named.level is None and len(levels) == 1 else named.level


def _levels(version: ProcedureVersion) -> tuple[str, ...]:
    ruled = (*(limit.level for limit in version.limits), *(process.level for process in version.processes))
    return tuple(dict.fromkeys((*version.level, *(level for level in ruled if level))))


def _cases_of_limits(version: ProcedureVersion) -> tuple[str, ...]:
    return tuple(dict.fromkeys(limit.case for limit in version.limits if limit.case and limit.stage is None))


def _cases_of_processes(version: ProcedureVersion) -> tuple[str, ...]:
    return tuple(dict.fromkeys(process.case for process in version.processes if process.case))


# --- Limits -------------------------------------------------------------------------------------------------------

WORKING: Final = frozenset({Unit.WORKING_DAY, Unit.WORKING_HOUR})
NO_DATE_FOLLOWS: Final[Mapping[str, str]] = {
    "immediate": "The limit is published as at once, without an amount.",
    "automatic": "A system answers by itself; no time of an officer is published.",
    "by_agreement": "The limit is set by agreement with the applicant.",
    "not_counted": "The time is published as not counted.",
    "not_prescribed": "The source says that there is no limit.",
    "not_stated": "The source says nothing of the limit.",
}


def _in_sequence(limits: Sequence[Limit], wanted: Facets, plain_day: PlainDay) -> tuple[LimitChoice, ...] | NoComputableLimit:
    """One limit for each stage; limits without a stage are one stage alone."""
    stages = sorted({limit.stage or 0 for limit in limits})
    if len(stages) > 1 and 0 in stages:
        return NoComputableLimit("ambiguous", "Limits by stage are published beside an overall one.", tuple(limits))
    found: list[LimitChoice] = []
    for stage in stages:
        of_stage = [limit for limit in limits if (limit.stage or 0) == stage]
        match _read(deciding(of_stage, _facets_of_limit, wanted, _what_it_grants), plain_day):
            case NoComputableLimit() as nothing:
                return nothing
            case limit:
                found.append(limit)
    return tuple(found)


def _what_it_grants(limit: Limit) -> object:
    return limit.kind, limit.amount, limit.unit, limit.cutoff, limit.after_cutoff


def _read(limits: Sequence[Limit], plain_day: PlainDay) -> LimitChoice | NoComputableLimit:
    """One limit as a time limit; several are rules that contradict each other."""
    if len(limits) > 1:
        texts = "; ".join(limit.text for limit in limits)
        return NoComputableLimit("ambiguous", f"Several limits are published for the same: {texts}.", tuple(limits))
    (limit,) = limits
    if limit.kind in NO_DATE_FOLLOWS:
        return NoComputableLimit(limit.kind, f"{NO_DATE_FOLLOWS[limit.kind]} Published: {limit.text}", (limit,))
    cutoff = as_time(limit.cutoff)
    unit = Unit.SAME_DAY if limit.kind == "same_day" else limit.unit
    if unit is None:
        return NoComputableLimit("unit_not_printed", f"The unit of the limit is not printed. Published: {limit.text}", (limit,))
    if unit is Unit.SAME_DAY and cutoff is None:
        return NoComputableLimit("not_countable", f"{limit.cutoff} is no time of day. Published: {limit.text}", (limit,))
    if unit is Unit.DAY and plain_day is PlainDay.WORKING:
        unit = Unit.WORKING_DAY
    try:
        return LimitChoice(TimeLimit(limit.amount, unit, cutoff), limit)
    except LimitWrong as wrong:
        return NoComputableLimit("not_countable", f"{wrong.detail} Published: {limit.text}", (limit,))


# --- Papers -------------------------------------------------------------------------------------------------------


def _need(paper: Paper, headings: tuple[str, ...] | None) -> Need:
    if paper.optional or paper.conditional:
        return Need.IF_IT_APPLIES
    return Need.IF_ITS_CASE_APPLIES if paper.case and headings is None else Need.ALWAYS
