"""Local calendars: for each date an office's own row, else that of the calendar above; files and rows say the same."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.calendars import base_of, changes, key_for, laid_over
from shared.office_tree import Office, OfficeTree
from shared.working_time import Calendar, CalendarDay, DayKind, DayStatus, Session, read_days, write_days

TREE = OfficeTree.of([Office("H14", "tỉnh"), Office("H14.1", "sở", "H14"), Office("H14.1.1", "phòng", "H14.1"), Office("H27", "tỉnh khác")])
FIRST = date(2026, 1, 1)
WORDS = st.sampled_from(["Lễ hội", 'Ngày "của tỉnh", làm bù', "CV 1; CV 2", "'", "a,b", '"', "-"])


@st.composite
def days(draw: st.DrawFn) -> list[CalendarDay]:
    """Rows of 2026 and 2027, each date once, close together so that two lists meet."""
    dates = draw(st.lists(st.integers(340, 390), unique=True, max_size=25))
    return [draw(a_row(FIRST + timedelta(days=place))) for place in dates]


def a_row(on: date) -> st.SearchStrategy[CalendarDay]:
    off = st.builds(CalendarDay, st.just(on), st.just(DayKind.OFF), WORDS, WORDS, st.sampled_from(DayStatus))
    sessions = st.sampled_from([(), (Session(480, 600),), (Session(420, 690), Session(810, 1020))])
    makeup = st.builds(CalendarDay, st.just(on), st.just(DayKind.MAKEUP), WORDS, WORDS, st.sampled_from(DayStatus), sessions)
    return off | makeup


@settings(max_examples=40)
@given(days(), days(), st.sets(st.sampled_from([2026, 2027]), min_size=1))
def test_for_each_date_the_own_row_counts_else_that_of_the_calendar_above(
    above: list[CalendarDay], own: list[CalendarDay], known: set[int]
) -> None:
    base = Calendar(tuple(day for day in above if day.on.year in known), frozenset(known))

    merged = laid_over(base, own)

    by_date = {day.on: day for day in own if day.on.year in known}
    dates = [FIRST + timedelta(days=place) for place in range(730)]
    assert [merged.day(on) for on in dates] == [by_date.get(on, base.day(on)) for on in dates]
    assert merged.known_years == base.known_years


@settings(max_examples=40)
@given(days(), days())
def test_laying_the_same_days_over_it_again_changes_nothing(above: list[CalendarDay], own: list[CalendarDay]) -> None:
    base = Calendar(tuple(above), frozenset({2026, 2027}))

    once = laid_over(base, own)
    found = changes(base, once)

    assert laid_over(once, own) == once
    assert found.removed == ()
    assert {day.on for day in (*found.added, *found.changed)} == {day.on for day in own if base.day(day.on) != day}


@settings(max_examples=40)
@given(days())
def test_what_is_written_reads_as_it_was_in_one_spelling(rows: list[CalendarDay]) -> None:
    text = write_days(rows)

    assert read_days(text) == tuple(sorted(rows, key=lambda day: day.on))
    assert write_days(reversed(rows)) == text


def test_an_office_works_by_its_own_calendar_else_by_the_nearest_above_it_else_by_the_nation_s() -> None:
    known = {"national", "H14", "H14.1.1"}

    assert [key_for(code, known, TREE) for code in ("H14.1.1", "H14.1", "H14", "H27", "H99")] == [
        "H14.1.1",
        "H14",
        "H14",
        "national",
        "national",
    ]
    assert [base_of(key, known, TREE) for key in ("H14.1.1", "H14", "H27", "national")] == ["H14", "national", "national", None]
