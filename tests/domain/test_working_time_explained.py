"""Every due date can say why: in data, and in sentences an officer reads out."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings

from shared import law
from shared.clock import VIETNAM
from shared.working_time import Calendar, CalendarUnknown, Explanation, Stop, StopPolicy, TimeLimit, Unit, due, explain, sentences
from shared.working_time.explanation import Reason
from tests.domain.random_cases import CALENDARS, Case, arguments
from tests.domain.test_working_time_oracle import CASES

CALENDAR = Calendar.parse(Path("shared/official_calendar.csv").read_text("utf-8"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def told(accepted_at: str, amount: str, unit: Unit = Unit.WORKING_DAY, *stops: Stop, cutoff: time | None = None) -> Explanation:
    return explain(at(accepted_at), TimeLimit(Decimal(amount), unit), calendar=CALENDAR, stops=stops, cutoff=cutoff)


def numbers(explanation: Explanation) -> dict[date, int]:
    return {day.on: day.number for day in explanation.days if day.number}


def test_each_date_is_counted_or_skipped_with_its_reason_and_source() -> None:
    found = told("2026-08-20T10:00", "3")

    assert [(day.on.day, day.counted, day.reason, day.number) for day in found.days] == [
        (20, False, Reason.FIRST_DAY, None),
        (21, True, Reason.WORKING_DAY, 1),
        (22, True, Reason.MAKEUP_DAY, 2),
        (23, False, Reason.WEEKEND, None),
        (24, True, Reason.WORKING_DAY, 3),
    ]
    assert (found.days[2].name, found.days[2].source) == (
        "Làm bù cho 31/08/2026",
        "CV 9859/VPCP-KGVX of 13/10/2025 + TB 9441/TB-BNV of 16/10/2025",
    )
    assert found.days[3].source == str(law.NO_WORK_ON_WEEKENDS)


def test_a_stop_takes_its_dates_out_and_numbering_goes_on() -> None:
    found = told("2026-03-02T10:00", "5", Unit.DAY, Stop(at("2026-03-04T10:00"), at("2026-03-06T10:00")))

    assert [day.on.day for day in found.days if day.reason is Reason.CLOCK_STOPPED] == [5, 6]
    assert {day.day: number for day, number in numbers(found).items()} == {3: 1, 4: 2, 7: 3, 8: 4, 9: 5}
    assert found.due.due_at == at("2026-03-09T17:00")


def test_after_the_cut_off_the_day_of_acceptance_says_so() -> None:
    found = told("2026-03-13T15:30", "3", cutoff=time(15))

    assert found.days[0].reason is Reason.AFTER_CUTOFF
    assert found.counting_from == at("2026-03-16T07:00")
    assert numbers(found)[date(2026, 3, 16)] == 1
    assert law.CUTOFF in found.rules


def test_the_rules_applied_are_listed_with_their_certainty() -> None:
    found = told("2026-04-11T09:00", "20", Unit.DAY)

    assert found.rules == (law.CLOCK_STARTS, law.FIRST_DAY_NOT_COUNTED, law.ROLLS_TO_WORKING_DAY, law.PERIOD_ENDS_WITH_ITS_LAST_DAY)
    assert str(law.ROLLS_TO_WORKING_DAY) == "Bộ luật Dân sự 2015, Điều 148 khoản 5 (áp dụng tương tự)"


def test_an_officer_can_read_it_out() -> None:
    found = told("2026-02-12T09:00", "3", Unit.WORKING_DAY, Stop(at("2026-02-13T10:00"), at("2026-02-20T10:00")))

    assert sentences(found) == (
        "Hồ sơ được tiếp nhận lúc 09 giờ 00 ngày 12/02/2026 (thứ Năm).",
        "Thời hạn giải quyết: 03 ngày làm việc; ngày tiếp nhận không tính, chỉ tính ngày làm việc.",
        "Ngày thứ nhất của thời hạn là 13/02/2026 (thứ Sáu).",
        "Không tính: 20/02/2026 (thứ Sáu), Nghỉ Tết Nguyên Đán; từ 21/02/2026 (thứ Bảy) đến 22/02/2026 (Chủ nhật), nghỉ hằng tuần.",
        "Đồng hồ thời hạn tạm dừng từ 10 giờ 00 ngày 13/02/2026 (thứ Sáu) đến 10 giờ 00 ngày 20/02/2026 (thứ Sáu);"
        " sau đó phần thời hạn còn lại được tính tiếp.",
        "Hạn trả kết quả là 16 giờ 00 ngày 24/02/2026 (thứ Ba).",
        "Thời hạn theo luật kết thúc lúc 24 giờ 00 ngày 24/02/2026 (thứ Ba).",
        "Căn cứ: Nghị định 118/2025/NĐ-CP, Điều 17 khoản 3; Bộ luật Dân sự 2015, Điều 147 khoản 2 và 3 (áp dụng tương tự);"
        " Tạm dừng tính thời gian theo quy định của thủ tục (theo thông lệ); Giờ hẹn trùng giờ tiếp nhận (theo thông lệ);"
        " Bộ luật Dân sự 2015, Điều 148 khoản 1 và 6 (áp dụng tương tự).",
    )


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        (Stop(at("2026-03-10T08:00")), "chưa có ngày hẹn trả cho đến khi đồng hồ chạy lại"),
        (Stop(at("2026-03-10T09:00"), at("2026-03-11T09:00")), "bắt đầu khi hồ sơ đã đến hạn nên không làm thay đổi hạn"),
        (Stop(at("2026-03-10T08:00"), at("2026-03-11T09:00"), StopPolicy.RESTART), "thời hạn được tính lại từ đầu"),
        (Stop(at("2026-03-11T09:00"), at("2026-03-12T09:00"), StopPolicy.RESTART), "nên vẫn bị tính là trễ hẹn"),
    ],
)
def test_a_stop_is_told_for_what_it_did(stop: Stop, said: str) -> None:
    assert said in " ".join(sentences(told("2026-03-09T09:00", "1", Unit.WORKING_DAY, stop)))


def test_a_due_date_on_a_provisional_calendar_is_told_with_its_reservation() -> None:
    assert any("lịch nghỉ dự kiến" in sentence for sentence in sentences(told("2027-02-03T09:00", "1")))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(CASES)
def test_the_explanation_tells_the_same_date_and_counts_to_the_same_number(case: Case) -> None:
    accepted_at, limit, options = arguments(case)
    try:
        expected = due(accepted_at, limit, calendar=CALENDARS[case.calendar], **options)
    except CalendarUnknown:
        return

    found = explain(accepted_at, limit, calendar=CALENDARS[case.calendar], **options)

    assert found.due == expected
    assert all(sentences(found))
    if limit.unit in (Unit.WORKING_DAY, Unit.DAY) and limit.whole and not case.stops:
        assert sorted(numbers(found).values()) == list(range(1, limit.whole + 1))
