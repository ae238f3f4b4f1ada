"""What is odd in the limits and processes of an entry: sums, units, steps, and cases that do not meet."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import combinations
from typing import Final

from services.intake.domain.catalogue import Duration, Limit, ProcedureVersion, Process, ProcessStep, SumOfSteps
from services.intake.domain.choices import NO_DATE_FOLLOWS, counts_working_time
from services.intake.domain.deciding import spelled
from services.intake.domain.oddities import Found, Oddity, Spans, added_up, in_words, is_whole, same_length
from shared.working_time.limits import LimitWrong, TimeLimit, Unit

# --- Limits ---------------------------------------------------------------------------------------------------------


def limits(entry: ProcedureVersion) -> Found:
    if not entry.limits:
        yield "/limits", Oddity.NO_LIMIT, "no overall limit is published; the officer sets the appointment, with a reason"
    for place, limit in enumerate(entry.limits):
        yield from ((f"/limits/{place}{pointer}", kind, text) for pointer, kind, text in _limit(limit))
    stages = {limit.stage for limit in entry.limits}
    if stages - {None} and stages != set(range(1, len(stages) + 1)):
        printed = ", ".join(str(stage or "none") for stage in sorted(stages, key=lambda stage: stage or 0))
        yield "/limits", Oddity.STAGES_ODD, f"the stages are not 1, 2, … but {printed}; with a limit beside them none is computed"
    for (_, one), (place, other) in combinations(enumerate(entry.limits), 2):
        if _stands_for(one) == _stands_for(other) and _granted(one) != _granted(other):
            yield (
                f"/limits/{place}",
                Oddity.LIMITS_ALIKE,
                f"two limits for the same: {one.text} | {other.text}; the officer sets the appointment",
            )


def _limit(limit: Limit) -> Found:
    if limit.kind == "fixed" and limit.unit is None:
        yield "/unit", Oddity.UNIT_MISSING, f"the unit of {limit.amount} is not printed; the officer sets the appointment"
    if limit.kind in NO_DATE_FOLLOWS:
        yield "/kind", Oddity.LIMIT_NOT_COMPUTABLE, f"no due date follows from {limit.kind}; the officer sets the appointment"
    if limit.amount is not None and limit.unit is not None:
        yield from _amount(limit.amount, limit.unit)
        yield from _parts(limit, {limit.unit: limit.amount})
    if limit.structured_field:
        yield "/structured_field", Oddity.PORTAL_DISAGREES, f"the portal prints {limit.structured_field!r}, the text counts: {limit.text}"
    if limit.is_extension and limit.case is None:
        yield "/is_extension", Oddity.EXTENSION_ODD, "a prolonged limit without a case is never chosen"


def _parts(limit: Limit, whole: Spans) -> Found:
    for key, parts in (("appointments", limit.appointments), ("by_agency", limit.by_agency), ("breakdown", limit.breakdown)):
        if parts and not same_length(added_up(parts), whole):
            yield f"/{key}", Oddity.PARTS_DIFFER, f"the parts add up to {in_words(added_up(parts))}, the limit is {in_words(whole)}"
    if limit.equivalent and not same_length(added_up([limit.equivalent]), whole):
        same = in_words(added_up([limit.equivalent]))
        yield "/equivalent", Oddity.PARTS_DIFFER, f"{same} is not {in_words(whole)} at 8 hours a day; the amount counts"


def _amount(amount: Decimal, unit: Unit) -> Found:
    if unit is Unit.DAY and not is_whole(amount):
        yield "/amount", Oddity.FRACTION_OF_DAY, f"{amount} plain days cannot be computed, unless a plain day is read as a working day"
        return
    try:
        TimeLimit(amount, unit)
    except LimitWrong as wrong:
        yield "/amount", Oddity.LIMIT_NOT_COMPUTABLE, f"{wrong.detail} The officer sets the appointment."


def _stands_for(limit: Limit) -> object:
    case = None if limit.case is None else spelled(limit.case)
    return limit.level, limit.channel, limit.stage or 0, None if limit.stage else case, limit.is_extension


def _granted(limit: Limit) -> object:
    return limit.kind, limit.amount, limit.unit, limit.cutoff, limit.after_cutoff


# --- Processes ------------------------------------------------------------------------------------------------------


def processes(entry: ProcedureVersion) -> Found:
    if not entry.processes:
        yield "/processes", Oddity.NO_PROCESS, "no internal process is published; a case has one step with the whole limit"
    for place, process in enumerate(entry.processes):
        for check in PROCESS_CHECKS:
            yield from ((f"/processes/{place}{pointer}", kind, text) for pointer, kind, text in check(process))
        yield from ((f"/processes/{place}{pointer}", kind, text) for pointer, kind, text in _against_limits(process, entry))
        if _has_parts_of_days(process) and not counts_working_time(process):
            text = "steps last a part of a plain day, in a process that counts no working time"
            yield f"/processes/{place}/steps", Oddity.PART_OF_PLAIN_DAY, text
    for (first, one), (place, other) in combinations(enumerate(entry.processes), 2):
        if (_case(one.case), one.level) == (_case(other.case), other.level) and one.steps != other.steps:
            text = f"nothing tells it from process {first}; where both hold, a case has one step with the whole limit"
            yield f"/processes/{place}", Oddity.PROCESSES_ALIKE, text


def _steps(process: Process) -> Found:
    numbers = [step.seq for step in process.steps]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "/steps", Oddity.SEQ_ODD, f"seq is not 1, 2, … but {', '.join(map(str, numbers))}; the order of the list counts"
    printed = Counter(step.printed_no for step in process.steps if not step.printed_no.endswith("(tiếp)"))
    repeated = [number for number, times in printed.items() if times > 1]
    if repeated:
        yield "/steps", Oddity.PRINTED_NO_REPEATED, f"printed more than once: {', '.join(repeated)}; seq tells the steps apart"
    if not process.steps_complete:
        yield "/steps_complete", Oddity.STEPS_INCOMPLETE, "the source ends before the last step; after the known steps the officer decides"
    if not any(step.allotment.kind == "fixed" for step in process.steps):
        yield "/steps", Oddity.STEPS_WITHOUT_TIME, "no step has a time of its own; only the whole limit is watched"


def _shared_steps(process: Process) -> Found:
    by_seq = {step.seq: step for step in process.steps}
    for place, step in enumerate(process.steps):
        allotment, pointer = step.allotment, f"/steps/{place}/allotted"
        holder = by_seq.get(allotment.with_seq) if allotment.with_seq is not None else None
        if allotment.with_seq is not None and (holder is None or holder.allotment.kind != "fixed"):
            yield f"{pointer}/with_seq", Oddity.SHARED_STEP_ODD, f"step {allotment.with_seq} holds no time that could be shared"
        elif holder is not None and step.seq not in holder.allotment.covers_seq:
            yield f"{pointer}/with_seq", Oddity.SHARED_STEP_ODD, f"step {holder.seq} does not say that it covers step {step.seq}"
        if allotment.covers_seq:
            yield from _covers(step, by_seq, f"{pointer}/covers_seq")


def _covers(step: ProcessStep, by_seq: dict[int, ProcessStep], pointer: str) -> Found:
    covered = step.allotment.covers_seq
    if covered[0] != step.seq:
        yield pointer, Oddity.SHARED_STEP_ODD, f"it covers {', '.join(map(str, covered))}, but not itself first"
    for seq in covered:
        other = by_seq.get(seq)
        if other is None:
            yield pointer, Oddity.SHARED_STEP_ODD, f"it covers step {seq}, which does not exist"
        elif other is not step and other.allotment.with_seq != step.seq:
            yield pointer, Oddity.SHARED_STEP_ODD, f"it covers step {seq}, which does not share its time"


def _sums(process: Process) -> Found:
    spans = added_up(step.allotment for step in process.steps)
    if not process.steps_complete or not spans:
        return
    total = process.total if process.total and process.total.kind == "fixed" else None
    matches = total is not None and same_length(spans, added_up([total]))
    if total is not None and not matches:
        yield (
            "/total",
            Oddity.SUM_DIFFERS,
            f"the steps add up to {in_words(spans)}, the total is {in_words(added_up([total]))}; the limit counts",
        )
    if total is not None and process.sum_matches_total not in {None, matches}:
        yield "/sum_matches_total", Oddity.COMPUTED_DIFFERS, f"it says {process.sum_matches_total}, we find {matches}"
    if process.sum_of_steps and _declared(process.sum_of_steps) != spans:
        yield "/sum_of_steps", Oddity.COMPUTED_DIFFERS, f"it says {in_words(_declared(process.sum_of_steps))}, we find {in_words(spans)}"
    if process.totals:
        told = "; ".join(f"{total.amount} {total.unit} ({total.case})" for total in process.totals)
        yield (
            "/totals",
            Oddity.TOTALS_SEVERAL,
            f"the steps add up to {in_words(spans)}, published are {told}; which steps make up which is not said",
        )
    for place, stage in enumerate(process.stage_totals):
        steps = [step for step in process.steps if step.stage == stage.stage]
        if not same_length(added_up(step.allotment for step in steps), added_up([stage])):
            found = in_words(added_up(step.allotment for step in steps)) if steps else "no steps at all"
            yield f"/stage_totals/{place}", Oddity.SUM_DIFFERS, f"the stage is {stage.amount} {stage.unit}, its steps add up to {found}"


def _units(process: Process) -> Found:
    units = set(added_up(step.allotment for step in process.steps))
    total = process.total.unit if process.total else None
    if len(units) > 1:
        yield "/steps", Oddity.UNITS_DIFFER, f"the steps are counted in {_listed(units)}; each is counted in its own unit"
    elif units and total is not None and total not in units:
        yield "/total/unit", Oddity.UNITS_DIFFER, f"the total is counted in {total}, the steps in {_listed(units)}; each in its own unit"


def _has_parts_of_days(process: Process) -> bool:
    allotments = (step.allotment for step in process.steps)
    return any(allotment.unit is Unit.DAY and allotment.amount is not None and not is_whole(allotment.amount) for allotment in allotments)


def _against_limits(process: Process, entry: ProcedureVersion) -> Found:
    """A process and the limits it belongs to: those of its case and level, else the general ones."""
    limits = [limit for limit in entry.limits if not limit.is_extension and process.level in {None, limit.level or process.level}]
    partners = [limit for limit in limits if limit.stage is None and process.case and _case(limit.case) == _case(process.case)]
    general = [limit for limit in limits if limit.case is None or limit.stage is not None]
    if process.case and limits and not partners:
        rest = "the general limit holds" if general else "it has no limit"
        yield "/case", Oddity.CASE_WITHOUT_PARTNER, f"no limit is published for this case; {rest}: {process.case}"
    name, spans = _length(process)
    stages = [limit for limit in general if limit.stage is not None]
    if not spans:
        return
    if stages and not partners:
        if not same_length(added_up(stages), spans):
            stages_add_up = in_words(added_up(stages))
            yield "/total", Oddity.LIMIT_NOT_TOTAL, f"{name} {in_words(spans)}, the stages add up to {stages_add_up}; the limits count"
        return
    for limit in partners or general:
        yield from _against_limit(limit, name, spans)


def _length(process: Process) -> tuple[str, Spans]:
    """How long the process lasts in all: by its total, else by its steps."""
    if process.total and process.total.kind == "fixed":
        return "the total is", added_up([process.total])
    if process.steps_complete and not process.totals:
        return "the steps add up to", added_up(step.allotment for step in process.steps)
    return "", {}


def _against_limit(limit: Limit, name: str, spans: Spans) -> Found:
    if limit.kind == "same_day":
        yield "/total", Oddity.LIMIT_NOT_TOTAL, f"{name} {in_words(spans)}, the limit ends on the same day; the limit counts"
    elif limit.amount is not None and limit.unit is not None:
        whole = {limit.unit: limit.amount}
        if not same_length(spans, whole):
            yield "/total", Oddity.LIMIT_NOT_TOTAL, f"{name} {in_words(spans)}, the limit {in_words(whole)}; the limit counts"
        elif spans.keys() != whole.keys():
            yield "/total/unit", Oddity.UNITS_DIFFER, f"{name} {in_words(spans)}, the limit {in_words(whole)}; the limit counts"


def cases_of_limits(entry: ProcedureVersion) -> Found:
    cases = {_case(case) for process in entry.processes for case in (process.case, *(total.case for total in process.totals)) if case}
    for place, limit in enumerate(entry.limits):
        if limit.case and limit.stage is None and entry.processes and _case(limit.case) not in cases:
            yield f"/limits/{place}/case", Oddity.CASE_WITHOUT_PARTNER, f"no process is published for this case: {limit.case}"


PROCESS_CHECKS: Final[tuple[Callable[[Process], Found], ...]] = (_steps, _shared_steps, _sums, _units)


def _declared(sums: SumOfSteps) -> Spans:
    if sums.amount is None or sums.unit is None:
        return added_up(sums.mixed)
    return added_up([Duration(amount=sums.amount, unit=sums.unit)])


def _listed(units: Iterable[Unit]) -> str:
    return " and ".join(sorted(units))


def _case(case: str | None) -> str | None:
    return None if case is None else spelled(case)
