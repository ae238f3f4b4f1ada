"""Whatever is odd in a procedure is told with its entry, its field and its kind; what is in order is left in peace."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.intake.domain.catalogue import ProcedureVersion, read_procedure
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.catalogue_warnings import CatalogueWarning, warnings_of
from services.intake.domain.exact_values import to_json

TODAY = date(2026, 3, 9)
STEP: dict[str, Any] = {"seq": 1, "printed_no": "B1", "allotted": {"kind": "fixed", "amount": 5, "unit": "working_day", "text": "5"}}
LIMIT: dict[str, Any] = {"kind": "fixed", "amount": 5, "unit": "working_day", "text": "05 ngày làm việc"}
TOTAL: dict[str, Any] = {"kind": "fixed", "amount": 5, "unit": "working_day", "text": "05 ngày làm việc"}
PROCESS: dict[str, Any] = {"steps_complete": True, "total": TOTAL, "steps": [STEP]}
FOUR_DAYS: dict[str, Any] = {"amount": 4, "unit": "working_day"}
SAME_DAY: dict[str, Any] = {"kind": "same_day", "cutoff": "15:00", "after_cutoff": "ngày tiếp theo", "text": "trong ngày"}
IN_ORDER: dict[str, Any] = {
    "id": "X-1", "code": "1.000001", "name": "n", "field": "f", "jurisdiction": "j", "level": ["cấp tỉnh"],
    "source": [{"url": "https://x", "effective": "2025-07-01"}], "components": [{"name": "đơn", "originals": 1}],
    "limits": [LIMIT], "processes": [PROCESS], "fees": [{"amount": 0}],
}  # fmt: skip


def an_entry(**changes: Any) -> ProcedureVersion:
    return read_procedure(to_json({**IN_ORDER, **changes}))


def told(*entries: ProcedureVersion) -> set[tuple[str, str]]:
    return {(warning.kind.value, warning.field) for warning in warnings_of(entries, on=TODAY)}


def steps(*allotted: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"seq": n, "printed_no": f"B{n}", "allotted": one, **more} for n, one in enumerate(allotted, 1)]


def lasting(amount: float | str, unit: str = "working_day", **more: Any) -> dict[str, Any]:
    return {"kind": "fixed", "amount": Decimal(str(amount)), "unit": unit, **more}


def a_process(*allotted: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**PROCESS, "steps": steps(*allotted), **more}


@cache
def published() -> tuple[CatalogueWarning, ...]:
    file = Path(__file__).parents[2] / "demo" / "data" / "procedures.yaml"
    return warnings_of((entry.procedure for entry in read_catalogue(file.read_bytes())), on=TODAY)


def test_an_entry_in_order_gives_no_warning():
    assert told(an_entry()) == set()


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"code": "1.000001.H14", "code_base": "1.000002"}, "codes_disagree", "/code_base"),
        ({"code": "1.000001.H14"}, "codes_disagree", "/code"),
        ({"processes": [{**PROCESS, "shared_by_codes": ["2.000001"]}]}, "codes_disagree", "/processes/0/shared_by_codes"),
        ({"limits": [{**LIMIT, "level": "cấp xã"}]}, "level_unknown", "/limits/0/level"),
        ({"source": [{"url": "https://x", "issued": "2025-02-30"}]}, "date_unreadable", "/source/0/issued"),
        ({"trigger": "văn bản của cơ quan khác"}, "for_the_officer", "/trigger"),
        ({"clock_start": "từ khi cơ quan đăng ký nhận hồ sơ"}, "for_the_officer", "/clock_start"),
        ({"limits": [{**LIMIT, "from_event": "kể từ khi có ý kiến chuyên gia"}]}, "for_the_officer", "/limits/0/from_event"),
        ({"processes": [{**PROCESS, "branching": "chuyển sang B5"}]}, "for_the_officer", "/processes/0/branching"),
        ({"limits": [{"kind": "fixed", "amount": 5, "unit": None, "text": "5"}]}, "unit_missing", "/limits/0/unit"),
        ({"limits": [{"kind": "by_agreement", "text": "theo thỏa thuận"}]}, "limit_not_computable", "/limits/0/kind"),
        ({"limits": [{**LIMIT, "amount": Decimal("2.5"), "unit": "day"}]}, "fraction_of_day", "/limits/0/amount"),
        ({"limits": [{**LIMIT, "amount": Decimal("1.5"), "unit": "month"}]}, "limit_not_computable", "/limits/0/amount"),
        ({"limits": [LIMIT, {**LIMIT, "amount": 7}]}, "limits_alike", "/limits/1"),
        ({"limits": [{**LIMIT, "stage": 1}, {**LIMIT, "stage": 3}]}, "stages_odd", "/limits"),
        ({"limits": [{**LIMIT, "stage": 1}, LIMIT]}, "stages_odd", "/limits"),
        ({"limits": [{**LIMIT, "by_agency": [{"agency": "a", **FOUR_DAYS}]}]}, "parts_differ", "/limits/0/by_agency"),
        ({"limits": [{**LIMIT, "equivalent": {"amount": 41, "unit": "working_hour"}}]}, "parts_differ", "/limits/0/equivalent"),
        ({"limits": [{**LIMIT, "structured_field": "5 Ngày"}]}, "portal_disagrees", "/limits/0/structured_field"),
        ({"limits": [LIMIT, {**LIMIT, "is_extension": True}]}, "extension_odd", "/limits/1/is_extension"),
        ({"limits": [{**LIMIT, "amount": 6}]}, "limit_not_total", "/processes/0/total"),
        ({"limits": [SAME_DAY]}, "limit_not_total", "/processes/0/total"),
        ({"limits": [{**LIMIT, "unit": "day"}]}, "units_differ", "/processes/0/total/unit"),
        ({"limits": [{**LIMIT, "case": "a"}]}, "case_without_partner", "/limits/0/case"),
        ({"processes": [{**PROCESS, "case": "a"}]}, "case_without_partner", "/processes/0/case"),
        ({"processes": [PROCESS, {**PROCESS, "steps": [{**STEP, "actor": "x"}]}]}, "processes_alike", "/processes/1"),
        ({"processes": [{**PROCESS, "steps_complete": False}]}, "steps_incomplete", "/processes/0/steps_complete"),
        ({"processes": [a_process({"kind": "not_stated"})]}, "steps_without_time", "/processes/0/steps"),
        ({"processes": [{**PROCESS, "steps": [{**STEP, "seq": 2}]}]}, "seq_odd", "/processes/0/steps"),
        ({"processes": [a_process(lasting(2), lasting(2))]}, "sum_differs", "/processes/0/total"),
        ({"processes": [{**PROCESS, "sum_of_steps": FOUR_DAYS}]}, "computed_differs", "/processes/0/sum_of_steps"),
        ({"processes": [{**PROCESS, "sum_matches_total": False}]}, "computed_differs", "/processes/0/sum_matches_total"),
        ({"processes": [a_process(lasting(4), lasting(8, "working_hour"))]}, "units_differ", "/processes/0/steps"),
        ({"processes": [a_process(lasting(5, "day"))]}, "units_differ", "/processes/0/total/unit"),
        ({"components_complete": False, "components_left_out": 3}, "papers_incomplete", "/components_complete"),
        ({"fees": [{"amount": 1, "valid_to": "2026-03-08"}]}, "fee_window", "/fees/0/valid_to"),
        ({"fees": [{"amount": 1, "valid_from": "2026-05-01", "valid_to": "2026-04-01"}]}, "fee_window", "/fees/0/valid_to"),
        ({"fees": [{"amount": 1, "valid_from": "2026-02-30"}]}, "date_unreadable", "/fees/0/valid_from"),
        ({"fees": [{"amount": 1, "structured_field": "Miễn phí"}]}, "portal_disagrees", "/fees/0/structured_field"),
        ({"fees": [{"amount_min": 9, "amount_max": 8}]}, "fee_odd", "/fees/0/amount_max"),
    ],
)  # fmt: skip
def test_an_oddity_is_told_by_kind_and_field(changes: dict[str, Any], kind: str, field: str):
    assert (kind, field) in told(an_entry(**changes))


@pytest.mark.parametrize(
    ("key", "kind"), [("code", "code_missing"), ("limits", "no_limit"), ("processes", "no_process"), ("components", "no_papers")]
)
def test_what_is_not_published_is_told(key: str, kind: str):
    left = {name: value for name, value in IN_ORDER.items() if name != key}

    assert (kind, f"/{key}") in told(read_procedure(to_json(left)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"covers_seq": [1, 2]}, {"kind": "shared", "with_seq": 3}),
        ({"covers_seq": [1, 3]}, {"kind": "shared", "with_seq": 1}),
        ({"covers_seq": [2, 1]}, {"kind": "shared", "with_seq": 1}),
        ({"covers_seq": [1, 2]}, {"kind": "not_counted"}),
        ({}, {"kind": "shared", "with_seq": 1}),
        ({}, {"kind": "shared", "with_seq": 2}),
    ],
)
def test_a_shared_time_that_does_not_meet_its_steps_is_told(first: dict[str, Any], second: dict[str, Any]):
    entry = an_entry(processes=[a_process(lasting(5, **first), second)])

    assert "shared_step_odd" in {kind for kind, _ in told(entry)}


def test_a_shared_time_in_order_is_counted_once_and_not_told():
    assert told(an_entry(processes=[a_process(lasting(5, covers_seq=[1, 2]), {"kind": "shared", "with_seq": 1})])) == set()


def test_hours_and_days_that_add_up_at_eight_hours_are_no_wrong_sum():
    kinds = {kind for kind, _ in told(an_entry(processes=[a_process(lasting(4), lasting(8, "working_hour"))]))}

    assert "sum_differs" not in kinds


def test_a_total_in_hours_that_is_the_limit_in_days_is_another_unit_not_another_length():
    process = a_process(lasting(40, "working_hour"), total=lasting(40, "working_hour", text="40 giờ"))

    assert told(an_entry(processes=[process])) == {("units_differ", "/processes/0/total/unit")}


def test_months_are_compared_with_months_only():
    process = a_process(lasting(1, "month"), total=lasting(30, "day", text="30 ngày"))

    assert ("sum_differs", "/processes/0/total") in told(an_entry(processes=[process], limits=[lasting(30, "day", text="t")]))


def test_limits_by_stage_are_compared_with_the_total_by_their_sum():
    stages = [{**LIMIT, "amount": 3, "stage": 1}, {**LIMIT, "amount": 2, "stage": 2}]

    assert told(an_entry(limits=stages)) == set()
    assert ("limit_not_total", "/processes/0/total") in told(an_entry(limits=[*stages, {**LIMIT, "stage": 3}]))


def test_a_stage_total_is_compared_with_the_steps_of_its_stage():
    process = {**PROCESS, "steps": steps(lasting(5), stage="I"), "stage_totals": [{"stage": "I", "amount": 4, "unit": "working_day"}]}

    assert told(an_entry(processes=[process])) == {("sum_differs", "/processes/0/stage_totals/0")}


def test_several_totals_over_one_table_are_told_since_nothing_parts_the_steps():
    totals = [{"kind": "fixed", "case": case, "amount": 5, "unit": "working_day"} for case in ("a", "b")]
    process = {"steps_complete": True, "steps": [STEP], "totals": totals}

    assert ("totals_several", "/processes/0/totals") in told(an_entry(processes=[process]))


def test_a_continued_row_is_no_repeated_number():
    process = {**PROCESS, "steps": [{**STEP, "printed_no": "B1 (tiếp)"}, {**STEP, "seq": 2, "printed_no": "B1 (tiếp)"}]}

    assert "printed_no_repeated" not in {kind for kind, _ in told(an_entry(processes=[process]))}


def test_percentages_whose_windows_overlap_are_told_and_an_exception_in_the_same_window_is_not():
    window = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    percentages = [{"percent_of_base": 50, "channel": "trực tuyến", **window}, {"percent_of_base": 50, **window}]
    exception = [{"amount": 10, "case": "mất", **window}, {"amount": 20, **window}]

    assert told(an_entry(fees=percentages)) == {("fee_window", "/fees/1")}
    assert told(an_entry(fees=exception)) == set()


def test_a_fee_on_the_last_day_of_its_window_has_not_expired():
    assert told(an_entry(fees=[{"amount": 1, "valid_to": TODAY.isoformat()}])) == set()


def test_one_code_twice_in_a_province_is_told_and_in_two_provinces_is_not():
    here, there = an_entry(id="X-2"), an_entry(id="X-3", jurisdiction="k")

    assert told(an_entry(), there) == set()
    assert told(an_entry(), here) == {("code_twice", "/code")}


def test_a_shared_process_with_other_steps_elsewhere_is_told():
    one = an_entry(processes=[{**PROCESS, "process_id": "P"}])
    other = an_entry(id="X-2", code="1.000002", processes=[{**PROCESS, "process_id": "P", "steps": [{**STEP, "actor": "x"}]}])

    assert told(one, other) == {("process_differs_elsewhere", "/processes/0/steps")}


def of_entry(key: str) -> Iterable[str]:
    return {warning.kind.value for warning in published() if warning.entry == key}


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ("DN-1.014431", "sum_differs"),
        ("CB-2.000286", "printed_no_repeated"),
        ("DN-1.014464", "units_differ"),
        ("HT-1.003006", "limit_not_computable"),
        ("LS-KHCN-01", "case_without_partner"),
        ("QG-1.001193", "unit_missing"),
        ("QG-2.000986", "portal_disagrees"),
        ("QG-1.001456", "fee_window"),
        ("QG-1.014063", "fee_window"),
        ("QG-1.011441", "for_the_officer"),
        ("HN-SNV-106467", "steps_incomplete"),
        ("QNA-SNV-2", "no_limit"),
        ("DT-D10", "code_missing"),
        ("AG-SNV-ABTC", "steps_without_time"),
    ],
)
def test_the_oddities_of_the_published_entries_are_told(entry: str, kind: str):
    assert kind in of_entry(entry)


def test_the_published_sums_are_all_right_but_one():
    assert [warning.entry for warning in published() if warning.kind in {"sum_differs", "limit_not_total", "computed_differs"}] == [
        "DN-1.014431"
    ]


def test_the_published_entries_give_so_many_warnings():
    assert Counter(warning.kind.value for warning in published()) == {
        "no_papers": 55, "no_process": 28, "code_missing": 19, "units_differ": 10, "part_of_plain_day": 14, "unit_missing": 9,
        "portal_disagrees": 8, "for_the_officer": 7, "papers_incomplete": 6, "case_without_partner": 5, "fee_window": 5, "no_limit": 5,
        "steps_without_time": 3, "steps_incomplete": 3, "limit_not_computable": 2, "printed_no_repeated": 1, "sum_differs": 1,
    }  # fmt: skip
