"""Interlinked procedures: shares of the work with other agencies, in sequence or at once, each with its own limit and clock."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.processing.domain.child_case import (
    ChildCase,
    ChildEnd,
    Children,
    ChildStanding,
    all_cancelled,
    child_due_at,
    ended_as,
    opened,
    still_open,
)
from services.processing.domain.intervals import Interval, StopKind
from shared.clock import VIETNAM
from shared.errors import InvalidInput
from shared.ids import uuid7
from shared.verdicts import Verdict
from shared.working_time import STANDARD_HOURS, Calendar, StopPolicy, Unit

CALENDAR = Calendar.parse((Path(__file__).parents[2] / "shared" / "official_calendar.csv").read_text("utf-8-sig"))
LEAD = "H27.030"


def march(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=VIETNAM)


def a_share(number: int = 1, **changed: Any) -> ChildCase:
    told: dict[str, Any] = {
        "id": uuid7(),
        "number": number,
        "office": f"H27.04{number}",
        "work": "Thẩm định về môi trường",
        "amount": Decimal(3),
        "unit": Unit.WORKING_DAY,
        "opened_at": march(9),
        "opened_by": "Lê Văn Lý",
    }
    return ChildCase(**told | changed)


def shares(*given: ChildCase) -> Children:
    known: Children = ()
    for share in given:
        known = opened(known, share, LEAD)
    return known


def due_of(share: ChildCase, *stops: Interval) -> datetime | None:
    return child_due_at(share, stops, CALENDAR, STANDARD_HOURS)


def test_shares_given_at_once_run_side_by_side_each_by_its_own_limit() -> None:
    one, other = shares(a_share(1), a_share(2, amount=Decimal(5)))

    assert (due_of(one), due_of(other)) == (march(12), march(16))


def test_in_sequence_a_share_begins_when_the_one_before_it_is_done() -> None:
    waiting = shares(a_share(1), a_share(2, after=1))
    begun = ended_as(waiting, 1, ChildEnd.DONE, by="Sở", now=march(11))

    assert (waiting[1].standing, due_of(waiting[1])) == (ChildStanding.WAITING, None)
    assert (begun[1].began_at, due_of(begun[1])) == (march(11), march(16))
    assert still_open(begun) == [begun[1]]


def test_what_is_sent_back_begins_nothing_and_what_is_cancelled_lets_the_next_one_go() -> None:
    waiting = shares(a_share(1), a_share(2, after=1))

    assert ended_as(waiting, 1, ChildEnd.SENT_BACK, by="Sở", now=march(11))[1].began_at is None
    assert ended_as(waiting, 1, ChildEnd.CANCELLED, by="Lý", now=march(11))[1].began_at == march(11)


def test_what_stops_the_clock_of_the_case_stops_the_shares_it_finds() -> None:
    (share,) = shares(a_share(1))
    suspended = Interval(march(10), StopKind.SUSPENSION, StopPolicy.PAUSE, "Luật", "Lý")
    before = Interval(march(4), StopKind.SUSPENSION, StopPolicy.PAUSE, "Luật", "Lý", ended_at=march(6))
    restarted = Interval(march(10), StopKind.SUPPLEMENT, StopPolicy.RESTART, "Thiếu", "Lý", ended_at=march(16))

    assert due_of(share, suspended) is None
    assert due_of(share, before) == march(12)
    assert due_of(share, restarted) == march(19)


def test_a_case_that_ends_takes_its_shares_with_it_and_leaves_what_was_done() -> None:
    known = ended_as(shares(a_share(1), a_share(2)), 1, ChildEnd.DONE, by="Sở", now=march(10))

    assert [one.end for one in all_cancelled(known, by="rule", now=march(11))] == [ChildEnd.DONE, ChildEnd.CANCELLED]


def test_a_share_is_late_by_its_own_clock_and_stays_late() -> None:
    share = a_share(1, began_at=march(9), due_at=march(12))
    (done,) = ended_as((share,), 1, ChildEnd.DONE, by="Sở", now=march(13))

    assert (share.verdict(march(12)), share.verdict(march(12, 9)), done.verdict(march(31))) == (
        Verdict.ON_TIME,
        Verdict.OVERDUE,
        Verdict.OVERDUE,
    )


@pytest.mark.parametrize(
    "wrong",
    [a_share(2, office=LEAD), a_share(2, office="H27.041"), a_share(2, after=7)],
    ids=["the lead itself", "has it already", "after nothing"],
)
def test_a_share_that_cannot_be_is_refused(wrong: ChildCase) -> None:
    with pytest.raises(InvalidInput):
        opened(shares(a_share(1)), wrong, LEAD)
