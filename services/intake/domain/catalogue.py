"""A published procedure as frozen values: one class for each kind of object in a catalogue file.

The fields are the keys of `procedures.schema.json`, with our own word where the glossary has one (id: key,
components: papers, allotted: allotment). A key the source has no value for is None or empty, never a default.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from shared.working_time.limits import Unit

Level = Literal["cấp bộ", "cấp tỉnh", "cấp xã", "cơ quan khác"]
Channel = Literal["trực tuyến", "trực tiếp", "dịch vụ bưu chính"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """So much of a unit; `text` is the wording as published."""

    amount: Decimal
    unit: Unit
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """One of several return dates in a row; the second counts from proof of payment."""

    appointment: int
    amount: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyPart:
    agency: str
    amount: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A prolongation the law allows; `add_amount` is the most that may be added."""

    kind: str
    add_amount: Decimal | None = None
    unit: Unit | None = None
    when: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A legal time limit. `unit` None with an amount: the source does not print the unit, and we do not guess it."""

    kind: str
    text: str
    amount: Decimal | None = None
    unit: Unit | None = None
    cutoff: str | None = None
    after_cutoff: str | None = None
    channel: Channel | None = None
    level: Level | None = None
    stage: int | None = None
    case: str | None = None
    from_event: str | None = None
    equivalent: Duration | None = None
    structured_field: str | None = None
    appointments: tuple[Appointment, ...] = ()
    by_agency: tuple[AgencyPart, ...] = ()
    breakdown: tuple[Duration, ...] = ()
    extensions: tuple[Extension, ...] = ()
    is_extension: bool = False
    shorten: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    kind: str
    text: str
    amount: Decimal | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTotal:
    """`counted` False: this time comes after the result and is no part of the limit."""

    kind: str
    case: str
    amount: Decimal
    unit: Unit
    counted: bool = True
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageTotal:
    stage: str
    amount: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class SumOfSteps:
    """The compiler's own sum; we compute ours and compare."""

    amount: Decimal | None = None
    unit: Unit | None = None
    mixed: tuple[Duration, ...] = ()
    in_working_hours_at_8h_per_day: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """The time of a step. `covers_seq`: one time for all these steps; `with_seq`: the step that holds our time."""

    kind: str
    amount: Decimal | None = None
    unit: Unit | None = None
    text: str | None = None
    covers_seq: tuple[int, ...] = ()
    with_seq: int | None = None
    applies_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStep:
    """A step. `seq` is its key; `printed_no` may repeat, restart or skip."""

    seq: int
    printed_no: str
    allotment: Annotated[Allotment, Field(validation_alias="allotted")]
    stage: str | None = None
    actor: str | None = None
    action: str | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    steps: tuple[ProcessStep, ...]
    steps_complete: bool
    case: str | None = None
    level: Level | None = None
    process_id: str | None = None
    shared_by_codes: tuple[str, ...] = ()
    shared_by_names: tuple[str, ...] = ()
    hours_per_day: int | None = None
    branching: str | None = None
    total: Total | None = None
    totals: tuple[CaseTotal, ...] = ()
    stage_totals: tuple[StageTotal, ...] = ()
    sum_of_steps: SumOfSteps | None = None
    sum_matches_total: bool | None = None
    note: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A required paper. `case` is the heading it stands under, which may or may not be an alternative to another."""

    name: str
    originals: int | None = None
    copies: int | None = None
    form_file: str | None = None
    case: str | None = None
    optional: bool = False
    conditional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeRule:
    """One rule of a fee; amounts are whole units of `currency` (None: đồng). No amount: `text` says what is known."""

    name: str | None = None
    applicant: str | None = None
    channel: str | None = None
    case: str | None = None
    item: str | None = None
    tier: str | None = None
    amount: int | None = None
    amount_min: int | None = None
    amount_max: int | None = None
    percent_of_base: int | None = None
    currency: str | None = None
    per: str | None = None
    cap_amount: int | None = None
    cap_per: str | None = None
    formula: bool = False
    set_by: str | None = None
    exemptions: tuple[str, ...] = ()
    valid_from: str | None = None
    valid_to: str | None = None
    text: str | None = None
    structured_field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetsByCase:
    sets: int
    case: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    url: str
    decision: str | None = None
    issued: str | None = None
    issued_note: str | None = None
    effective: str | None = None
    published: str | None = None
    issuer: str | None = None
    annex: str | None = None
    article: str | None = None
    provides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureVersion:
    """One procedure as one jurisdiction published it at one time. `key` is the entry's id, not the national code."""

    key: Annotated[str, Field(validation_alias="id")]
    name: str
    field: str
    jurisdiction: str
    source: tuple[Source, ...]
    code: str | None = None
    code_base: str | None = None
    source_language: str | None = None
    publisher: str | None = None
    level: tuple[Level, ...] = ()
    competent_agency: str | None = None
    interlinked_agencies: tuple[str, ...] = ()
    delegated_from: str | None = None
    applicants: str | None = None
    sensitive: bool = False
    is_group_of_procedures: bool = False
    member_procedures: tuple[str, ...] = ()
    internal_process_code: str | None = None
    trigger: str | None = None
    precondition: str | None = None
    channels: tuple[str, ...] = ()
    online_level: str | None = None
    receiving_points: tuple[str, ...] = ()
    receiving_text: str | None = None
    place_rule: str | None = None
    reception_hours: str | None = None
    submit_before_event: Duration | None = None
    limits: tuple[Limit, ...] = ()
    limit_details: str | None = None
    clock_start: str | None = None
    clock_pauses: tuple[Pause, ...] = ()
    same_day_rule: str | None = None
    consultation_limit: Duration | None = None
    processes: tuple[Process, ...] = ()
    papers: Annotated[tuple[Paper, ...], Field(validation_alias="components")] = ()
    components_complete: bool = True
    components_left_out: int | None = None
    component_remark_rows_omitted: int | None = None
    number_of_sets: int | None = None
    number_of_sets_by_case: tuple[SetsByCase, ...] = ()
    fees: tuple[FeeRule, ...] = ()
    fee_timing: str | None = None
    results: tuple[Result, ...] = ()
    note: tuple[str, ...] = ()

    @property
    def national_code(self) -> str | None:
        """The code without the suffix of a locality."""
        return None if self.code is None else self.code[: len("1.014464")]

    @property
    def effective_on(self) -> date | None:
        """The day on which all its sources are in force, as far as they print one."""
        return max((day for source in self.source if (day := as_date(source.effective))), default=None)

    @property
    def cases(self) -> tuple[str, ...]:
        """Every case named anywhere, in published order: what an officer may name."""
        return tuple(dict.fromkeys(self._cases()))

    def _cases(self) -> Iterator[str]:
        yield from (limit.case for limit in self.limits if limit.case and limit.stage is None)
        for process in self.processes:
            yield from (process.case,) if process.case else ()
            yield from (total.case for total in process.totals)
        yield from (paper.case for paper in self.papers if paper.case)
        yield from (fee.case for fee in self.fees if fee.case)
        yield from (sets.case for sets in self.number_of_sets_by_case)


_READER: Final = TypeAdapter(ProcedureVersion)


def read_procedure(content: str) -> ProcedureVersion:
    """The frozen values of an entry stored as JSON (`Entry.content`)."""
    return _READER.validate_python(json.loads(content, parse_float=Decimal))


def as_date(text: str | None) -> date | None:
    """A published date, or None where there is none: the schema lets 2025-02-30 pass."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def as_time(text: str | None) -> time | None:
    """A published HH:MM, or None where there is none: the schema lets 25:99 pass."""
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        return None
