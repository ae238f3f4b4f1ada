"""The steps of a case: read from what is published, planned one after the other, never beyond the appointment."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.catalogue_file import read_catalogue
from services.processing.domain.deadline import Counting
from services.processing.domain.step_role import StepRole, role_of
from services.processing.domain.workflow import Allotment, ProcessUnknown, Steps, begun, planned, steps_of, stops_the_clock, with_step
from shared.clock import VIETNAM
from shared.working_time import Calendar, OfficeHours, TimeLimit, Unit, due

DATA = Path(__file__).parents[2] / "demo" / "data"
CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))
MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)
SATURDAY = datetime(2026, 3, 7, 9, 20, tzinfo=VIETNAM)
LUNCH_BEFORE_TET = datetime(2026, 2, 13, 12, 5, tzinfo=VIETNAM)
IN_A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Published:
    """A process of the real catalogue."""

    key: str
    content: dict[str, Any]
    place: int

    @property
    def process(self) -> dict[str, Any]:
        return self.content["processes"][self.place]


def published() -> Iterator[Published]:
    for entry in read_catalogue((DATA / "procedures.yaml").read_bytes()):
        content = json.loads(entry.content)
        for place in range(len(content.get("processes", ()))):
            yield Published(entry.key, content, place)


CATALOGUE = tuple(published())


def a_process(*allotted: dict[str, Any], **more: Any) -> dict[str, Any]:
    steps = [{"seq": seq, "printed_no": str(seq), "allotted": each} for seq, each in enumerate(allotted, 1)]
    return {"processes": [{"steps_complete": True, "steps": steps, **more}]}


def fixed(amount: float, unit: str, **more: Any) -> dict[str, Any]:
    return {"kind": "fixed", "amount": amount, "unit": unit, **more}


def plan(
    content: dict[str, Any], *, plain_day: str = "calendar", accepted_at: datetime = MONDAY, appointment_at: datetime = MONDAY + IN_A_YEAR
) -> list[datetime | None]:
    steps = planned(steps_of(content, 0, plain_day), accepted_at, Counting(appointment_at, CALENDAR))
    return [step.planned_due_at for step in steps]


def march(day: int, hour: int, minute: int = 0) -> datetime:
    return MONDAY.replace(day=day, hour=hour, minute=minute)


# -- over the real catalogue -------------------------------------------------------------------------------------------


def test_the_catalogue_has_processes_to_speak_of() -> None:
    assert len(CATALOGUE) == 70


@pytest.mark.parametrize("plain_day", ["calendar", "working"])
@pytest.mark.parametrize("accepted_at", [MONDAY, SATURDAY, LUNCH_BEFORE_TET])
@pytest.mark.parametrize("promised", [timedelta(days=4), IN_A_YEAR])
def test_every_published_process_becomes_steps_whose_due_times_rise_to_the_appointment(
    plain_day: str, accepted_at: datetime, promised: timedelta
) -> None:
    for one in CATALOGUE:
        steps = planned(steps_of(one.content, one.place, plain_day), accepted_at, counting := Counting(accepted_at + promised, CALENDAR))

        dues = [step.planned_due_at for step in steps if step.planned_due_at]
        assert [step.number for step in steps] == list(range(1, len(one.process["steps"]) + 1)), one.key
        assert dues == sorted(dues), one.key
        assert all(accepted_at <= at <= counting.ends_at for at in dues), one.key


def test_steps_that_add_up_to_a_limit_of_one_unit_end_with_it() -> None:
    kept = {one.key for one in CATALOGUE if _ends_with_its_total(one) is True}
    missed = {one.key for one in CATALOGUE if _ends_with_its_total(one) is False}

    assert missed == set()
    assert len(kept) >= 40


def _ends_with_its_total(one: Published) -> bool | None:
    """None where the source's steps do not add up, or count another unit than their total."""
    total, units = one.process.get("total", {}), {step["allotted"].get("unit") for step in one.process["steps"]} - {None}
    if not one.process.get("sum_matches_total") or units != {total["unit"]}:
        return None
    last = [at for at in plan(one.content | {"processes": [one.process]}) if at][-1]
    return last == due(MONDAY, TimeLimit(Decimal(str(total["amount"])), Unit(total["unit"])), calendar=CALENDAR).at


def test_every_published_process_can_be_worked_from_its_first_step_to_its_last() -> None:
    for one in CATALOGUE:
        counting = Counting(MONDAY + timedelta(days=20), CALENDAR)
        steps = _worked(planned(steps_of(one.content, one.place, "calendar"), MONDAY, counting), counting)

        free = [step.number for step in steps if step.due_at is None]
        assert free == [step.number for step in steps if stops_the_clock(steps, step.number)], one.key
        assert all(step.due_at <= counting.ends_at for step in steps if step.due_at), one.key


def _worked(steps: Steps, counting: Counting) -> Steps:
    at = MONDAY
    for step in steps:
        steps = begun(steps, step.number, at, counting)
        at += timedelta(hours=5)
        steps = with_step(steps, replace(steps[step.number - 1], done_at=at))
    return steps


# -- how allotments are read -------------------------------------------------------------------------------------------


def test_without_a_process_there_is_one_step_that_nothing_binds_but_the_appointment() -> None:
    counting = Counting(march(12, 8), CALENDAR)

    steps = begun(planned(steps_of({}, None, "calendar"), MONDAY, counting), 1, MONDAY, counting)

    assert [(step.action, step.due_at) for step in steps] == [("Giải quyết hồ sơ", march(12, 8))]


def test_a_process_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ProcessUnknown, match="1 processes, none in place 3"):
        steps_of(a_process(fixed(1, "day")), 3, "calendar")


def test_a_shared_time_counts_once_for_all_its_steps() -> None:
    content = a_process(
        fixed(1, "working_day"),
        fixed(2, "working_day", covers_seq=[2, 3, 4]),
        {"kind": "shared", "with_seq": 2},
        {"kind": "shared", "with_seq": 2},
        fixed(1, "working_day"),
    )

    assert plan(content) == [march(10, 8), march(12, 8), march(12, 8), march(12, 8), march(13, 8)]


def test_a_shared_time_runs_on_from_the_first_of_its_steps() -> None:
    content = a_process(fixed(2, "working_day", covers_seq=[1, 2]), {"kind": "shared", "with_seq": 1})
    counting = Counting(MONDAY + IN_A_YEAR, CALENDAR)

    steps = begun(steps_of(content, 0, "calendar"), 1, MONDAY, counting)
    steps = begun(with_step(steps, replace(steps[0], done_at=march(10, 9))), 2, march(10, 9), counting)

    assert [step.due_at for step in steps] == [march(11, 8), march(11, 8)]


def test_a_time_shared_with_a_step_that_has_none_binds_nobody() -> None:
    content = a_process({"kind": "not_stated"}, {"kind": "shared", "with_seq": 1}, {"kind": "shared", "with_seq": 9})

    assert plan(content) == [None, None, None]


def test_steps_without_a_time_take_none_and_are_due_with_the_appointment() -> None:
    content = a_process({"kind": "as_announced"}, fixed(1, "working_day"), {"kind": "not_counted"})
    counting = Counting(march(12, 8), CALENDAR)

    steps = planned(steps_of(content, 0, "calendar"), MONDAY, counting)

    assert [step.planned_due_at for step in steps] == [None, march(10, 8), None]
    assert begun(steps, 1, MONDAY, counting)[0].due_at == march(12, 8)
    assert [step.counted for step in steps] == [True, True, False]


def test_a_plain_day_is_read_as_the_version_says() -> None:
    friday_to = a_process(fixed(4, "day"), fixed(1, "day"))

    assert plan(friday_to) == [march(13, 17), march(16, 17)]
    assert plan(friday_to, plain_day="working") == [march(13, 8), march(16, 8)]


def test_part_of_a_plain_day_is_worked_where_the_process_counts_working_time() -> None:
    content = a_process(fixed(0.5, "day"), fixed(1.5, "day"), total={"kind": "fixed", "amount": 2, "unit": "working_day", "text": "2"})

    assert plan(content) == [march(9, 14), march(11, 8)]


def test_a_process_that_says_how_long_a_day_is_counts_working_time() -> None:
    assert plan(a_process(fixed(1.5, "day"))) == [march(11, 11)]
    assert plan(a_process(fixed(1.5, "day"), hours_per_day=8)) == [march(10, 14)]


def test_parts_of_calendar_days_add_up_to_calendar_days() -> None:
    """From Thursday: half a day, then with one and a half more Saturday, which ends with Monday."""
    content = a_process(fixed(0.5, "day"), fixed(1.5, "day"), fixed(0.25, "day"))

    assert plan(content, accepted_at=march(12, 8)) == [march(12, 14), march(16, 17), march(16, 17)]


def test_hours_and_days_run_one_after_the_other() -> None:
    content = a_process(fixed(2, "working_hour"), fixed(1, "working_day"), fixed(3, "hour"), fixed(1, "month"))

    assert plan(content) == [march(9, 10), march(10, 10), march(10, 13), MONDAY.replace(month=4, day=10, hour=17)]


def test_part_of_a_month_binds_nobody_as_nobody_says_how_long_it_is() -> None:
    assert plan(a_process(fixed(1.5, "month"))) == [None]


def test_an_amount_is_exact_however_json_spelled_it() -> None:
    content = a_process(fixed(0.1, "working_hour"), {"kind": "fixed", "amount": "0.2", "unit": "working_hour"})

    steps = steps_of(content, 0, "calendar")

    assert [step.allotment for step in steps] == [
        Allotment(Decimal("0.1"), Unit.WORKING_HOUR, 1),
        Allotment(Decimal("0.2"), Unit.WORKING_HOUR, 2),
    ]


def test_the_office_s_own_sessions_are_worked() -> None:
    counting = Counting(MONDAY + IN_A_YEAR, CALENDAR, OfficeHours.parse("07:30-11:30 13:00-17:00"))

    steps = planned(steps_of(a_process(fixed(5, "working_hour")), 0, "calendar"), MONDAY, counting)

    assert steps[0].planned_due_at == march(9, 14, 30)


def test_beyond_the_years_of_the_calendar_and_without_one_the_appointment_holds() -> None:
    content = a_process(fixed(40, "month"), fixed(2_000_000, "hour"))
    steps = steps_of(content, 0, "calendar")

    known = planned(steps, MONDAY, Counting(march(20, 17), CALENDAR))
    without = planned(steps, MONDAY, Counting(march(20, 17)))

    assert [step.planned_due_at for step in (*known, *without)] == [march(20, 17)] * 4


ALLOTMENTS = st.one_of(
    st.sampled_from([{"kind": "not_counted"}, {"kind": "not_stated"}, {"kind": "immediate"}]),
    st.builds(
        fixed,
        st.integers(1, 1200).map(lambda hundredths: hundredths / 100),
        st.sampled_from(["working_day", "working_hour", "day", "hour"]),
    ),
    st.builds(fixed, st.integers(1, 3), st.just("month")),
    st.builds(lambda seq: {"kind": "shared", "with_seq": seq}, st.integers(1, 8)),
)


@settings(deadline=None)
@given(
    st.lists(ALLOTMENTS, min_size=1, max_size=8),
    st.sampled_from(["calendar", "working"]),
    st.integers(0, 60 * 24 * 30),
    st.integers(0, 60 * 24 * 60),
)
def test_whatever_is_published_due_times_never_fall_and_never_pass_the_appointment(
    allotted: list[dict[str, Any]], plain_day: str, minutes: int, promised: int
) -> None:
    accepted_at = MONDAY + timedelta(minutes=minutes)
    appointment_at = accepted_at + timedelta(minutes=promised)

    dues = [at for at in plan(a_process(*allotted), plain_day=plain_day, accepted_at=accepted_at, appointment_at=appointment_at) if at]

    assert dues == sorted(dues)
    assert all(accepted_at <= at <= appointment_at for at in dues)


@pytest.mark.parametrize(
    ("actor", "role"),
    [
        ("Lãnh đạo Sở Y tế", "leader"),
        ("Chủ tịch Ủy ban nhân dân tỉnh", "leader"),
        ("Phó Giám đốc Sở", "leader"),
        ("Phó Trưởng phòng", "leader"),
        ("Chi cục trưởng Chi cục Kiểm lâm", "leader"),
        ("Người đứng đầu Cơ sở trợ giúp xã hội", "leader"),
        ("Thủ tướng Chính phủ", "leader"),
        ("Chairman of the Ha Noi People’s Committee", "leader"),
        ("Công chức; Lãnh đạo phòng", "leader"),
        ("Công chức kiểm tra, thẩm định hồ sơ; dự thảo văn bản trình Lãnh đạo phòng.", "officer"),
        ("Chi cục Thuế", "officer"),
        ("Trưởng", "officer"),
        ("UBND tỉnh", "officer"),
        ("Tổ chức/cá nhân", "applicant"),
        ("Tổ chức/cá nhân, Cán bộ TN&TKQ", "officer"),
        (None, None),
    ],
)
def test_whose_a_step_is_says_the_actor_printed(actor: str | None, role: str | None) -> None:
    assert role_of(actor) == role


def test_most_published_processes_leave_a_step_to_a_leader() -> None:
    with_a_leader = [one.key for one in CATALOGUE if any(role_of(step.get("actor")) is StepRole.LEADER for step in one.process["steps"])]

    assert len(with_a_leader) > len(CATALOGUE) / 2
