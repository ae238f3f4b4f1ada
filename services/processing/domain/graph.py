"""A process as a graph, and a case's way through it: what is done, current and next; turns, skips, opinions asked on the way."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.processing.domain.case import Case
from services.processing.domain.consultation import Standing
from services.processing.domain.deadline import Counting
from services.processing.domain.progress import Published, of_step
from services.processing.domain.turns import turns_of
from services.processing.domain.workflow import Step, Steps, after_the_result
from shared.clock import VIETNAM
from shared.verdicts import Verdict


class Look(StrEnum):
    """How a step stands; `plain` in a process that is nobody's case."""

    PLAIN = "plain"
    DONE = "done"
    CURRENT = "current"
    NEXT = "next"
    LATER = "later"
    SKIPPED = "skipped"


class Way(StrEnum):
    """Why one step follows another."""

    ON = "on"
    TURN = "turn"
    """Published: back, or past others, where the text says so."""
    TAKEN = "taken"
    """The case went this way, which is not the way to the next step."""


@dataclass(frozen=True)
class Node:
    """A step as it is drawn."""

    number: int
    title: str
    action: str
    time: str
    look: Look
    stage: str | None
    outside: bool
    """Its time is not counted."""
    late: bool = False


@dataclass(frozen=True)
class Edge:
    """From a step to another."""

    start: int
    end: int
    way: Way
    label: str = ""


@dataclass(frozen=True)
class Asked:
    """An office asked for its opinion, at a step."""

    step: int
    title: str
    text: str
    standing: Standing


@dataclass(frozen=True)
class Graph:
    """What is drawn; `ends_after` is the last step before the result, those behind it come after it."""

    title: str
    subtitle: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    asked: tuple[Asked, ...] = ()
    ends_after: int | None = None


def of_process(steps: Steps, published: Published) -> Graph:
    nodes = tuple(_node(step, Look.PLAIN, _allotted(step, steps)) for step in steps)
    turns = tuple(Edge(turn.step, turn.to_step, Way.TURN) for turn in turns_of(steps))
    subtitle = " · ".join(filter(None, (published.case, published.total, published.branching)))
    return Graph(published.name, subtitle, nodes, (*_on(steps), *turns), ends_after=_ends_after(steps))


def of_case(case: Case, published: Published, counting: Counting, now: datetime) -> Graph:
    """`case` with its history. Reasons and questions are not drawn: a picture is easily passed on."""
    nodes = tuple(_worked(step, case, counting, now) for step in case.steps)
    taken = Counter((visit.step, visit.to_step) for visit in case.visits if visit.to_step and visit.to_step != visit.step + 1)
    turns = {(turn.step, turn.to_step) for turn in turns_of(case.steps)}
    edges = [Edge(start, end, Way.TAKEN, f"{times} lần" if times > 1 else "") for (start, end), times in taken.items() if end]
    edges += [Edge(start, end, Way.TURN) for start, end in sorted(turns - set(taken))]
    asked = tuple(Asked(one.step or 1, one.office, f"Hạn {_clock(one.due_at)}", one.standing(now)) for one in case.consultations)
    subtitle = f"{published.name} · hẹn trả {_clock(case.appointment_at)}"
    return Graph(case.code, subtitle, nodes, (*_on(case.steps), *edges), asked, _ends_after(case.steps))


def look_of(step: Step, case: Case) -> Look:
    if step.skipped:
        return Look.SKIPPED
    if step.done_at:
        return Look.DONE
    if step is case.turn:
        return Look.CURRENT
    return Look.NEXT if case.turn and step.number == case.turn.number + 1 else Look.LATER


def _node(step: Step, look: Look, time: str, *, late: bool = False) -> Node:
    actor = "Người nộp hồ sơ" if step.by_applicant and not step.actor else step.actor or ""
    title = f"{step.printed_no}. {actor}" if actor else step.printed_no
    return Node(step.number, title, step.action or "", time, look, step.stage, not step.counted, late)


def _worked(step: Step, case: Case, counting: Counting, now: datetime) -> Node:
    late = of_step(step, case, counting, now).verdict is Verdict.OVERDUE
    said = [_allotted(step, case.steps)]
    if step.done_at and not step.skipped:
        said.append(f"xong {_clock(step.done_at)}")
    if at := step.due_at or (None if step.began_at else step.planned_due_at):
        said.append(f"{'hạn' if step.began_at else 'dự kiến'} {_clock(at)}")
    if late:
        said.append("trễ")
    return _node(step, look_of(step, case), " · ".join(filter(None, said)), late=late)


def _allotted(step: Step, steps: Steps) -> str:
    """As published; a step that shares the time of another names it."""
    if step.kind == "shared" and step.allotment:
        return f"chung thời gian với {steps[step.allotment.holder - 1].printed_no}"
    return step.text or ""


def _on(steps: Steps) -> Iterator[Edge]:
    return (Edge(step.number, step.number + 1, Way.ON) for step in steps[:-1])


def _ends_after(steps: Steps) -> int | None:
    return next((step.number - 1 for step in steps if after_the_result(steps, step.number)), None) or None


def _clock(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
