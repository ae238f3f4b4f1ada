"""Where a repair may lead back to: what the journal says was, and the table says could have led here."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.intake.domain.lifecycle import LIFECYCLE
from shared.clock import VIETNAM
from shared.contracts.states import State
from shared.repairs import Past, legal_predecessors, past_of

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)
MOVES = [(at, step.to) for (at, _), step in LIFECYCLE.items()]
S = State


class Line:
    """A line of the journal, as far as it moves."""

    def __init__(self, at: datetime, before: State | None, after: State | None) -> None:
        self.at, self.from_state, self.to_state, self.source = at, before, after, "intake"


def past(*way: State) -> Past:
    pairs = zip((None, *way), way, strict=False)
    lines: list[Any] = [Line(NOW + timedelta(hours=hour), before, after) for hour, (before, after) in enumerate(pairs)]
    return past_of(lines)


@pytest.mark.parametrize(
    ("way", "possible"),
    [
        ((S.RECEIVED,), set()),
        ((S.RECEIVED, S.IN_PROGRESS), {S.RECEIVED}),
        ((S.SUBMITTED, S.RECEIVED, S.IN_PROGRESS), {S.RECEIVED}),
        ((S.RECEIVED, S.IN_PROGRESS, S.COMPLETED, S.IN_POST), {S.RECEIVED, S.IN_PROGRESS, S.COMPLETED}),
        ((S.RECEIVED, S.IN_PROGRESS, S.SUSPENDED, S.IN_PROGRESS, S.COMPLETED), {S.RECEIVED, S.IN_PROGRESS, S.SUSPENDED}),
        # What was given back for rework has no result any more: it is not completed by a repair.
        ((S.RECEIVED, S.IN_PROGRESS, S.COMPLETED, S.IN_PROGRESS), {S.RECEIVED}),
        ((S.RECEIVED, S.IN_PROGRESS, S.COMPLETED, S.IN_PROGRESS, S.WITHDRAWN), {S.RECEIVED, S.IN_PROGRESS}),
        ((S.RECEIVED, S.IN_PROGRESS, S.COMPLETED, S.IN_PROGRESS, S.COMPLETED, S.RETURNED), {S.RECEIVED, S.IN_PROGRESS, S.COMPLETED}),
    ],
)
def test_it_goes_back_to_where_it_was_and_could_have_come_from(way: tuple[State, ...], possible: set[State]) -> None:
    assert legal_predecessors(MOVES, past(*way), way[-1], accepted=True) == possible


def test_a_submission_goes_back_among_submissions() -> None:
    way = (S.SUBMITTED, S.INTAKE_SUPPLEMENT, S.NOT_ACCEPTED)

    assert legal_predecessors(MOVES, past(*way), way[-1], accepted=False) == {S.SUBMITTED, S.INTAKE_SUPPLEMENT}


def test_it_left_a_state_when_it_last_left_it() -> None:
    found = past(S.RECEIVED, S.IN_PROGRESS, S.SUSPENDED, S.IN_PROGRESS, S.COMPLETED)

    assert found.left_at[S.IN_PROGRESS] == NOW + timedelta(hours=4)
    assert found.left_at[S.SUSPENDED] == NOW + timedelta(hours=3)
