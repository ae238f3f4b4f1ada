"""Which limit, process and papers hold: by what was named, and a question where that is not enough."""

import unicodedata
from datetime import time
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from services.intake.domain.catalogue import Allotment, Limit, Paper, ProcedureVersion, Process, ProcessStep, Source
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.choices import (
    Channel,
    LimitChoice,
    Named,
    Need,
    NoComputableLimit,
    PlainDay,
    choose_limit,
    choose_process,
    required_papers,
)
from services.intake.domain.deciding import ChoiceNeeded
from shared.working_time.limits import TimeLimit, Unit

AT_DESK = Named(Channel.DESK)
FREE_PROCESS = "không thành lập hội đồng tư vấn công nhận"


@cache
def published() -> dict[str, ProcedureVersion]:
    file = Path(__file__).parents[2] / "demo" / "data" / "procedures.yaml"
    return {entry.key: entry.procedure for entry in read_catalogue(file.read_bytes())}


def a_version(*limits: Limit, processes: tuple[Process, ...] = (), papers: tuple[Paper, ...] = (), **more: object) -> ProcedureVersion:
    return ProcedureVersion(
        key="X-1", name="n", field="f", jurisdiction="j", source=(Source(url="https://x"),),
        limits=limits, processes=processes, papers=papers, **more,  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


def days(amount: str, unit: Unit = Unit.WORKING_DAY, **more: object) -> Limit:
    return Limit(kind="fixed", text=f"{amount} ngày", amount=Decimal(amount), unit=unit, **more)  # pyright: ignore[reportArgumentType]


def a_process(*steps: Allotment, **more: object) -> Process:
    numbered = tuple(ProcessStep(seq=n, printed_no=str(n), allotment=allotment) for n, allotment in enumerate(steps, 1))
    return Process(steps=numbered, steps_complete=True, **more)  # pyright: ignore[reportArgumentType]


def limit_of(version: ProcedureVersion, named: Named = AT_DESK, plain_day: PlainDay = PlainDay.CALENDAR) -> list[TimeLimit]:
    chosen = choose_limit(version, named, plain_day=plain_day)
    assert isinstance(chosen, tuple), chosen
    return [choice.time_limit for choice in chosen]


def why_none(version: ProcedureVersion, named: Named = AT_DESK) -> NoComputableLimit:
    chosen = choose_limit(version, named)
    assert isinstance(chosen, NoComputableLimit), chosen
    return chosen


def choose_both(version: ProcedureVersion, named: Named) -> None:
    choose_limit(version, named)
    choose_process(version, named)


def asked(version: ProcedureVersion, named: Named) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(ChoiceNeeded) as needed:
        choose_both(version, named)
    return needed.value.field, needed.value.choices


# --- limits ---


def test_a_limit_by_case_asks_for_the_case_and_takes_it():
    version = published()["CB-1.013934"]

    assert asked(version, AT_DESK) == ("case", ("cấp", "cấp lại"))
    assert limit_of(version, Named(Channel.DESK, case="cấp lại")) == [TimeLimit(Decimal(3), Unit.WORKING_DAY)]


def test_a_limit_by_level_asks_for_the_level_and_takes_it():
    version = published()["CB-1.008603"]

    assert asked(version, AT_DESK) == ("level", ("cấp tỉnh", "cấp xã"))
    assert limit_of(version, Named(Channel.DESK, level="cấp xã")) == [TimeLimit(Decimal(10), Unit.DAY)]


@pytest.mark.parametrize(("channel", "amount"), [(Channel.DESK, 40), (Channel.ONLINE, 30), (Channel.POST, 30)])
def test_a_limit_by_channel_needs_no_question(channel: Channel, amount: int):
    assert limit_of(published()["QG-3.000083"], Named(channel)) == [TimeLimit(Decimal(amount), Unit.DAY)]


def test_a_channel_without_a_published_limit_leaves_the_appointment_to_the_officer():
    nothing = why_none(published()["QG-1.013083"])

    assert (nothing.kind, nothing.reason) == ("none", "The limit is published for another channel only: trực tuyến.")


def test_a_level_without_a_published_limit_or_process_leaves_both_to_the_officer():
    process = a_process(Allotment(kind="not_counted"), level="cấp xã")
    version = a_version(days("5", level="cấp xã"), processes=(process,), level=("cấp tỉnh", "cấp xã"))
    named = Named(Channel.DESK, level="cấp tỉnh")

    assert why_none(version, named).reason == "The limit is published for another level only: cấp xã."
    assert choose_process(version, named) is None


def test_a_case_of_another_level_is_answered_with_those_of_this_one():
    version = a_version(days("5", level="cấp xã", case="a"), days("6", level="cấp tỉnh", case="b"))

    assert asked(version, Named(Channel.DESK, level="cấp xã", case="b")) == ("case", ("a",))


def test_the_exception_holds_where_it_is_named_and_the_general_rule_where_it_is_not():
    version = a_version(days("10"), days("3", case="cấp lại"), days("20", channel="trực tuyến"))

    assert limit_of(version) == [TimeLimit(Decimal(10), Unit.WORKING_DAY)]
    assert limit_of(version, Named(Channel.DESK, case="cấp lại")) == [TimeLimit(Decimal(3), Unit.WORKING_DAY)]
    assert limit_of(version, Named(Channel.ONLINE)) == [TimeLimit(Decimal(20), Unit.WORKING_DAY)]


def test_two_exceptions_that_both_hold_leave_the_appointment_to_the_officer():
    version = a_version(days("10"), days("3", case="cấp lại"), days("20", channel="trực tuyến"))

    assert why_none(version, Named(Channel.ONLINE, case="cấp lại")).kind == "ambiguous"


def test_a_level_is_asked_even_beside_a_general_rule_since_every_dossier_has_one():
    version = a_version(days("30"), days("10", level="cấp xã"), level=("cấp tỉnh", "cấp xã"))

    assert asked(version, AT_DESK) == ("level", ("cấp xã",))
    assert limit_of(version, Named(Channel.DESK, level="cấp tỉnh")) == [TimeLimit(Decimal(30), Unit.WORKING_DAY)]


def test_cases_that_grant_the_same_need_not_be_named():
    assert limit_of(a_version(days("5", case="a"), days("5", case="b"))) == [TimeLimit(Decimal(5), Unit.WORKING_DAY)]


def test_an_unknown_case_or_level_is_answered_with_the_known_ones():
    version = published()["CB-1.008603"]

    assert asked(version, Named(Channel.DESK, level="cấp bộ")) == ("level", ("cấp tỉnh", "cấp xã"))
    assert asked(version, Named(Channel.DESK, case="?", level="cấp xã")) == ("case", ())


def test_a_case_is_known_however_its_letters_are_composed():
    decomposed = unicodedata.normalize("NFD", "cấp  lại")

    assert limit_of(published()["CB-1.013934"], Named(Channel.DESK, case=decomposed)) == [TimeLimit(Decimal(3), Unit.WORKING_DAY)]


def test_limits_by_stage_run_one_after_the_other():
    limits = limit_of(published()["QNG-2.000890"])

    assert limits == [TimeLimit(Decimal(30), Unit.DAY), TimeLimit(Decimal(15), Unit.DAY)]


def test_stages_beside_an_overall_limit_are_not_guessed_between():
    assert why_none(a_version(days("20", stage=1), days("10", stage=2), days("25"))).kind == "ambiguous"


def test_the_same_day_has_its_cut_off():
    assert limit_of(published()["HT-2.000815"]) == [TimeLimit(None, Unit.SAME_DAY, time(15, 0))]


def test_a_prolonged_limit_is_no_answer_unless_its_case_is_named():
    version = a_version(days("5"), days("7", case="kéo dài", is_extension=True))

    assert limit_of(version) == [TimeLimit(Decimal(5), Unit.WORKING_DAY)]
    assert limit_of(version, Named(Channel.DESK, case="kéo dài")) == [TimeLimit(Decimal(7), Unit.WORKING_DAY)]


@pytest.mark.parametrize(
    ("limit", "kind"),
    [
        (Limit(kind="immediate", text="ngay"), "immediate"),
        (Limit(kind="by_agreement", text="theo thỏa thuận"), "by_agreement"),
        (Limit(kind="not_stated", text="tùy theo cơ quan"), "not_stated"),
        (Limit(kind="fixed", text="5", amount=Decimal(5)), "unit_not_printed"),
        (days("2.5", Unit.DAY), "not_countable"),
        (days("1E+30"), "not_countable"),
        (Limit(kind="same_day", text="trong ngày", cutoff="25:00", after_cutoff="ngày tiếp theo"), "not_countable"),
    ],
)
def test_where_no_due_date_follows_the_officer_sets_the_appointment(limit: Limit, kind: str):
    nothing = why_none(a_version(limit))

    assert nothing.kind == kind
    assert limit.text in nothing.reason


def test_a_plain_day_is_a_calendar_day_unless_the_operator_reads_it_otherwise():
    version = a_version(days("2.5", Unit.DAY))

    assert limit_of(version, plain_day=PlainDay.WORKING) == [TimeLimit(Decimal("2.5"), Unit.WORKING_DAY)]
    assert limit_of(a_version(days("10", Unit.DAY))) == [TimeLimit(Decimal(10), Unit.DAY)]


# --- processes and steps ---


def test_a_process_is_found_by_level_or_by_case():
    version = published()["CB-1.004944"]
    at_commune, at_province = version.processes

    assert choose_process(version, Named(Channel.DESK, level="cấp xã")) == at_commune
    assert choose_process(version, Named(Channel.DESK, case=at_province.case)) == at_province


def test_a_case_of_limits_only_asks_for_a_case_of_the_processes():
    version = published()["LS-KHCN-01"]
    named = Named(Channel.DESK, case="trả lời về tính hợp lệ của hồ sơ")

    field, choices = asked(version, named)

    assert (field, choices[0]) == ("process_case", FREE_PROCESS)
    chosen = choose_process(version, Named(Channel.DESK, case=named.case, process_case=FREE_PROCESS))
    assert chosen == version.processes[0]


def test_two_processes_for_the_same_leave_one_step_with_the_whole_limit():
    fixed = Allotment(kind="fixed", amount=Decimal(1), unit=Unit.WORKING_DAY)
    version = a_version(days("5"), processes=(a_process(fixed), a_process(fixed, fixed)))

    assert choose_process(version, AT_DESK) is None


def test_a_chosen_limit_keeps_the_published_rule_beside_it():
    version = published()["DT-D31"]

    chosen = choose_limit(version, Named(Channel.DESK, case="giảm diện tích thửa đất do sạt lở tự nhiên"))

    assert chosen == (LimitChoice(TimeLimit(Decimal(10), Unit.WORKING_DAY), version.limits[2]),)


# --- papers ---

PAPERS = (Paper(name="đơn", originals=1), Paper(name="cccd", case="xuất trình"), Paper(name="ủy quyền", case="xuất trình", optional=True))


def test_papers_under_a_heading_nobody_named_wait_for_it():
    needs = [paper.need for paper in required_papers(a_version(papers=PAPERS), AT_DESK)]

    assert needs == [Need.ALWAYS, Need.IF_ITS_CASE_APPLIES, Need.IF_IT_APPLIES]


def test_a_conditional_paper_waits_for_its_circumstance():
    papers = required_papers(a_version(papers=(Paper(name="quyết định thừa kế", conditional=True),)), AT_DESK)

    assert [paper.need for paper in papers] == [Need.IF_IT_APPLIES]


def test_a_named_heading_makes_its_papers_required_and_drops_the_others():
    version = a_version(papers=(*PAPERS, Paper(name="khác", case="tàu biển")))

    papers = required_papers(version, Named(Channel.DESK, paper_cases=("xuất trình",)))

    assert [(paper.number, paper.need) for paper in papers] == [(1, Need.ALWAYS), (2, Need.ALWAYS), (3, Need.IF_IT_APPLIES)]
    assert [paper.number for paper in required_papers(version, Named(Channel.DESK, paper_cases=()))] == [1]


def test_the_case_of_the_dossier_is_taken_for_a_heading_of_the_same_words():
    papers = required_papers(
        a_version(days("5", case="tàu biển"), papers=(Paper(name="x", case="tàu biển"),)), Named(Channel.DESK, case="tàu biển")
    )

    assert [paper.need for paper in papers] == [Need.ALWAYS]


def test_an_unknown_heading_is_answered_with_the_known_ones():
    with pytest.raises(ChoiceNeeded) as needed:
        required_papers(a_version(papers=PAPERS), Named(Channel.DESK, paper_cases=("?",)))

    assert (needed.value.field, needed.value.choices) == ("paper_cases", ("xuất trình",))
