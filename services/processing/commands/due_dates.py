"""Due dates computed for whoever asks, on the newest national calendar; nothing is kept."""

import asyncio
from collections.abc import Sequence
from typing import Final, cast

from services.processing.references import references_of
from shared.due_cases import Answer, answer_case
from shared.errors import InvalidInput, NotUnderstood
from shared.runtime import Transaction
from shared.working_time import Calendar

MOST: Final = 1000


class DueDateUnknown(NotUnderstood):
    """This due date cannot be computed."""


async def compute(tx: Transaction, asked: object, *, explained: bool) -> Answer | list[Answer]:
    """One answer, or one per case in their order, in which a bad case answers for itself alone.

    Raises DueDateUnknown for a single bad case, InvalidInput for too many, Later without a calendar.
    """
    calendar = await references_of(tx).newest_calendar(tx)
    if isinstance(asked, list):
        cases = cast(list[object], asked)
        if len(cases) > MOST:
            raise InvalidInput(f"Up to {MOST} cases are computed at a time, not {len(cases)}.")
        return await asyncio.to_thread(_answers, cases, calendar, explained=explained)
    answer = answer_case(asked, calendar, explained=explained)
    if "error" in answer:
        raise DueDateUnknown(str(answer["error"]))
    return answer


def _answers(cases: Sequence[object], calendar: Calendar, *, explained: bool) -> list[Answer]:
    return [answer_case(case, calendar, explained=explained) for case in cases]
