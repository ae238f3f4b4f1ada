"""A process and a case's way through it, drawn: legible, escaped, with every step, turn and opinion in it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from services.processing.domain import case as rules
from services.processing.domain.case import Case
from services.processing.domain.consultation import Consultation, Opinion
from services.processing.domain.deadline import Counting
from services.processing.domain.graph import Graph, Look, Way, of_case, of_process
from services.processing.domain.graph_mermaid import mermaid
from services.processing.domain.graph_svg import BOX, LEFT, svg
from services.processing.domain.progress import Published, published_of
from services.processing.domain.turns import Turn, turns_of
from services.processing.domain.workflow import Step, opened, planned, steps_of
from shared.contracts.events import ProcedureRef
from shared.contracts.people import Channel, Offices, ReturnWish
from shared.contracts.states import State
from shared.ids import uuid7
from tests.domain.test_workflow import CALENDAR, CATALOGUE, MONDAY
from tests.domain.test_workflow import Published as FromCatalogue

NASTY = '<script>alert("x")</script> & "nháy" \'đơn\' [ngoặc] {nhọn} |gạch| `lệnh`\x07'
SVG = "{http://www.w3.org/2000/svg}"


def published(key: str) -> FromCatalogue:
    return next(one for one in CATALOGUE if one.key == key)


def drawn(one: FromCatalogue) -> Graph:
    return of_process(steps_of(one.content, one.place, "calendar"), published_of(one.content, one.place))


def a_case_of(key: str, **changed: Any) -> Case:
    """Of a process of the real catalogue, just taken up."""
    one = published(key)
    counting = Counting(MONDAY + timedelta(days=60), CALENDAR)
    told: dict[str, Any] = {
        "id": uuid7(),
        "version": 1,
        "told": 0,
        "state": State.IN_PROGRESS,
        "code": "H50.01-260309-0001",
        "procedure": ProcedureRef(key=key, version_id=uuid7(), name=one.content["name"]),
        "offices": Offices(receiving="H50.01", competent="H50.02", supervising="H50", returning="H50.01"),
        "channel": Channel.DESK,
        "people": (),
        "accepted_at": MONDAY,
        "appointment_at": counting.ends_at,
        "limit_text": "",
        "received_by": "Cán bộ",
        "result_wanted": ReturnWish(),
        "steps": opened(planned(steps_of(one.content, one.place, "calendar"), MONDAY, counting), MONDAY, counting),
    }
    return Case(**told | changed)


def march(day: int, hour: int) -> datetime:
    return MONDAY.replace(day=day, hour=hour)


COUNTING = Counting(MONDAY + timedelta(days=60), CALENDAR)


def on(case: Case, at: datetime, **named: Any) -> Case:
    return rules.passed_on(case, by="Bình", note=None, now=at, counting=COUNTING, **named)


def a_long_way() -> Case:
    """On to step 7, back to 5, on to 6; one opinion given, one awaited too long."""
    case = a_case_of("HN-1.012644")
    for day in (9, 10, 11, 12):
        case = on(case, march(day, 10))
    case = on(on(case, march(26, 9)), march(27, 9))
    case = rules.passed_back(case, to_step=5, by="An", reason="bí mật nội bộ", now=march(27, 15), counting=COUNTING)
    given = Consultation(uuid7(), "H50.03", "câu hỏi kín", march(12, 11), "Bình", march(19, 11), "5 working_day", step=5)
    given = replace(given, answered_at=march(18, 9), answered_by="Quách Thị Nga", opinion=Opinion.AGREES, content="đồng tình")
    late = Consultation(uuid7(), "H50.04", "câu hỏi kín", march(12, 11), "Bình", march(19, 11), "5 working_day", step=5)
    return replace(on(case, march(30, 9)), consultations=(given, late))


# -- what is in it -----------------------------------------------------------------------------------------------------


def test_every_published_process_is_drawn_whole_in_both_ways() -> None:
    for one in CATALOGUE:
        graph = drawn(one)
        root = ElementTree.fromstring(svg(graph))
        text = mermaid(graph)

        steps = [element.get("data-step") for element in root.iter(f"{SVG}g") if element.get("data-step")]
        assert steps == [str(step["seq"]) for step in one.process["steps"]], one.key
        assert len(list(root.iter(f"{SVG}path"))) >= len(steps) - 1, one.key
        assert [line for line in text.splitlines() if re.match(r"\s+s\d+[\[(]", line)].__len__() == len(steps), one.key


def test_no_line_of_a_picture_is_wider_than_its_box() -> None:
    for one in CATALOGUE:
        for element in ElementTree.fromstring(svg(drawn(one))).iter(f"{SVG}text"):
            wide = 0.5 * float(element.get("font-size", "0")) * len(element.text or "")  # at least half its size a letter
            assert float(element.get("x", "0")) + wide <= LEFT + BOX + 40 or element.get("text-anchor") == "end", (one.key, element.text)


def test_turns_are_read_from_what_is_published() -> None:
    by_key = {one.key: turns_of(steps_of(one.content, one.place, "calendar")) for one in CATALOGUE}

    assert by_key["HN-1.012644"] == (Turn(6, 5), Turn(7, 6))
    assert by_key["TN-SNV-11255"] == (Turn(2, 1), Turn(5, 4))


@pytest.mark.parametrize(
    ("action", "turns"),
    [
        ("Nếu không đồng ý: Chuyển lại bước 1/2", (Turn(3, 1), Turn(3, 2))),
        ("Trường hợp A: chuyển sang B05", (Turn(3, 5),)),
        ("Chuyển sang bước 4", ()),
        ("Trả lại hồ sơ cho bước sau", ()),
        ("Chuyển lại bước 9", ()),
    ],
)
def test_a_turn_is_to_a_step_that_is_there_and_not_the_next(action: str, turns: tuple[Turn, ...]) -> None:
    steps = tuple(Step(number, f"Bước {number}", action=action if number == 3 else None) for number in range(1, 6))

    assert turns_of(steps) == turns


def test_the_way_of_a_case_shows_what_is_done_current_and_next_and_where_it_turned() -> None:
    graph = of_case(a_long_way(), Published("Thủ tục"), COUNTING, march(30, 10))

    looks = [node.look for node in graph.nodes]
    assert looks[:8] == [Look.DONE] * 5 + [Look.CURRENT, Look.NEXT, Look.LATER]
    assert [(edge.start, edge.end) for edge in graph.edges if edge.way is Way.TAKEN] == [(7, 5)]
    assert [(edge.start, edge.end) for edge in graph.edges if edge.way is Way.TURN] == [(6, 5), (7, 6)]
    assert [(asked.title, asked.standing) for asked in graph.asked] == [("H50.03", "answered"), ("H50.04", "overdue")]
    assert graph.ends_after == 16


def test_done_current_next_and_later_look_different() -> None:
    picture = svg(of_case(a_long_way(), Published("Thủ tục"), COUNTING, march(30, 10)))

    looks = dict(re.findall(r'<g class="step (\w+)"[^>]*>(<rect [^>]*fill="[^"]+" stroke="[^"]+")', picture))
    painted = {look: re.findall(r'(?:fill|stroke)="([^"]+)"', rect) for look, rect in looks.items()}
    assert set(painted) == {"done", "current", "next", "later"}
    assert len({tuple(colours) for colours in painted.values()}) == 4
    assert "Đang thực hiện" in picture
    assert "Quá hạn, chưa có ý kiến" in picture


def test_a_skipped_step_and_the_way_past_it_are_drawn() -> None:
    case = on(a_case_of("HN-1.012644"), march(9, 10), to_step=4, reason="không cần")

    graph = of_case(case, Published("Thủ tục"), COUNTING, march(9, 11))

    assert [node.look for node in graph.nodes[:4]] == [Look.DONE, Look.SKIPPED, Look.SKIPPED, Look.CURRENT]
    assert [(edge.start, edge.end) for edge in graph.edges if edge.way is Way.TAKEN] == [(1, 4)]


def test_a_picture_tells_no_reason_and_no_question() -> None:
    graph = of_case(a_long_way(), Published("Thủ tục"), COUNTING, march(30, 10))

    for text in (svg(graph), mermaid(graph)):
        assert not any(secret in text for secret in ("bí mật nội bộ", "câu hỏi kín", "đồng tình", "Quách Thị Nga"))


# -- how it is written -------------------------------------------------------------------------------------------------


def nasty() -> Graph:
    return of_process((Step(1, NASTY, stage=NASTY, actor=NASTY, action=NASTY, text=NASTY), Step(2, "2")), Published(NASTY, NASTY, NASTY))


def test_whatever_is_published_the_picture_is_well_formed_and_runs_nothing() -> None:
    root = ElementTree.fromstring(svg(nasty()))

    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "defs", "marker", "path", "rect", "g", "text"),
    }
    said = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert '<script>alert("x")</script>' in said
    assert "\x07" not in said


def test_whatever_is_published_mermaid_sees_no_syntax_in_it() -> None:
    label = re.compile(r'^\s+s1\["([^"]*)"\]:::plain$')

    found = [match.group(1) for line in mermaid(nasty()).splitlines() if (match := label.match(line))]

    assert len(found) == 1
    plain = found[0].replace("<b>", "").replace("</b>", "").replace("<br/>", "").replace("<i>", "").replace("</i>", "")
    assert not set(plain) & set('<>"[]{}|`&\x07')


def test_a_word_longer_than_a_line_is_cut() -> None:
    picture = svg(of_process((Step(1, "1", action="ớ" * 500),), Published("x")))

    lines = [element.text or "" for element in ElementTree.fromstring(picture).iter(f"{SVG}text")]
    assert max(len(line) for line in lines) < 120
    assert sum(line.count("ớ") for line in lines) > 300


def test_a_case_without_a_process_has_one_box() -> None:
    case = replace(a_case_of("HN-1.012644"), steps=opened(steps_of({}, None, "calendar"), MONDAY, COUNTING))

    assert "Giải quyết hồ sơ" in svg(of_case(case, Published("Thủ tục"), COUNTING, MONDAY))
