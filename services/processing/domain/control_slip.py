"""The control slip (phiếu kiểm soát quá trình): every hand-over of a dossier with its two sides, as journal, visits and shares tell it.

Columns as on the printed form: who gives and takes, when, whether in time, what was noted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.processing.domain.child_case import ChildCase
from services.processing.domain.workflow import Leaving, Step, Visit
from shared.clock import VIETNAM
from shared.contracts.permissions import Action
from shared.verdicts import is_late

APPLICANT: Final = "Người nộp hồ sơ"


class Timeliness(StrEnum):
    """The third column of the form."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"


LABELS: Final[dict[Timeliness, str]] = {
    Timeliness.EARLY: "Trước hạn",
    Timeliness.ON_TIME: "Đúng hạn",
    Timeliness.LATE: "Quá hạn",
}


@dataclass(frozen=True)
class HandOver:
    """One row: a side gave the dossier, another took it. Without a taker it is on its way."""

    from_unit: str
    to_unit: str
    given_at: datetime
    given_by: str | None = None
    taken_at: datetime | None = None
    taken_by: str | None = None
    result: Timeliness | None = None
    note: str | None = None


@dataclass(frozen=True)
class Entry:
    """What the slip reads of a journal line; offices by their names."""

    at: datetime
    action: str
    by: str
    office: str | None = None
    note: str | None = None
    to_office: str | None = None


@dataclass(frozen=True)
class Sides:
    """The names of the units a dossier goes between."""

    receiving: str
    competent: str
    returning: str


def control_slip(
    lines: Iterable[Entry], visits: Sequence[Visit], steps: Sequence[Step], shares: Sequence[ChildCase], sides: Sides, due_at: datetime
) -> tuple[HandOver, ...]:
    """In the order of time; a hand-over of papers is one row, whoever confirms it later. `due_at` is the appointment that is judged."""
    rows: list[HandOver] = []
    for line in lines:
        match line.action:
            case "receive" | "resolve_on_the_spot":
                rows.append(_at_once(APPLICANT, sides.receiving, line.at, None, line.by, line.note))
            case Action.TAKE_UP:
                rows.append(_at_once(sides.receiving, sides.competent, line.at, None, line.by, line.note))
            case "papers.handed_over":
                rows.append(HandOver(line.office or sides.receiving, line.to_office or sides.competent, line.at, line.by, note=line.note))
            case Action.TAKE_OVER_PAPERS:
                _taken(rows, sides.competent, line)
            case Action.RETURN_FOR_SUPPLEMENT:
                rows.append(_at_once(sides.competent, sides.receiving, line.at, line.by, None, line.note))
            case "supplement.accepted":
                rows.append(_at_once(sides.receiving, sides.competent, line.at, line.by, None, line.note))
            case Action.COMPLETE:
                done = _at_once(sides.competent, sides.returning, line.at, line.by, None, line.note)
                rows.append(replace(done, result=timeliness(line.at, due_at)))
            case Action.HAND_OVER_RESULT:
                rows.append(HandOver(sides.competent, sides.returning, line.at, line.by, note=line.note))
            case "result.at_desk":
                _taken(rows, sides.returning, line)
            case "rework.granted":
                rows.append(_at_once(sides.returning, sides.competent, line.at, None, None, line.note))
            case "correction.requested":
                rows.append(_at_once(sides.returning, sides.competent, line.at, line.by, None, line.note))
            case "dossier.returned" | "correction.returned":
                rows.append(_at_once(sides.returning, APPLICANT, line.at, None, None, line.note))
            case _:
                pass
    rows += [_between_steps(visit, steps) for visit in visits if visit.to_step and visit.leaving is not Leaving.SKIPPED]
    rows += [row for share in shares for row in _there_and_back(share, sides.competent)]
    return tuple(sorted(rows, key=lambda row: (row.given_at, _place(row, sides))))


def _place(row: HandOver, sides: Sides) -> int:
    """Of what happened in one minute: in from outside, to the agency, between its steps, back to the desk, out again."""
    way = {(APPLICANT, sides.receiving): 0, (sides.receiving, sides.competent): 1, (sides.competent, sides.returning): 3}
    return 4 if row.to_unit == APPLICANT else way.get((row.from_unit, row.to_unit), 2)


def timeliness(done_at: datetime, due_at: datetime) -> Timeliness:
    """Early is a day or more before the day it was due."""
    if is_late(due_at, done_at):
        return Timeliness.LATE
    early = done_at.astimezone(VIETNAM).date() < due_at.astimezone(VIETNAM).date()
    return Timeliness.EARLY if early else Timeliness.ON_TIME


def _between_steps(visit: Visit, steps: Sequence[Step]) -> HandOver:
    assert visit.to_step
    row = HandOver(_actor(steps, visit.step), _actor(steps, visit.to_step), visit.ended_at, visit.by, visit.ended_at, note=visit.reason)
    return replace(row, result=timeliness(visit.ended_at, visit.due_at) if visit.due_at else None)


def _there_and_back(share: ChildCase, lead: str) -> Iterator[HandOver]:
    """To the other agency, and back from it however its share ended; what the lead takes back says so in its note."""
    yield _at_once(lead, share.office, share.opened_at, share.opened_by, None, f"{share.number}. {share.work}")
    if share.ended_at:
        back = _at_once(share.office, lead, share.ended_at, share.ended_by, None, share.note)
        yield replace(back, result=timeliness(share.ended_at, share.due_at) if share.due_at else None)


def _actor(steps: Sequence[Step], number: int) -> str:
    step = steps[number - 1]
    return step.actor or step.action or f"Bước {step.printed_no}"


def _at_once(from_unit: str, to_unit: str, at: datetime, given_by: str | None, taken_by: str | None, note: str | None) -> HandOver:
    return HandOver(from_unit, to_unit, at, given_by, at, taken_by, note=note)


def _taken(rows: list[HandOver], by_unit: str, line: Entry) -> None:
    """The second name goes beside the first: of the last hand-over to that unit that nobody has confirmed."""
    for place in range(len(rows) - 1, -1, -1):
        if rows[place].to_unit == by_unit and rows[place].taken_at is None:
            rows[place] = replace(rows[place], taken_at=line.at, taken_by=line.by)
            return
    rows.append(HandOver("", by_unit, line.at, None, line.at, line.by, note=line.note))
