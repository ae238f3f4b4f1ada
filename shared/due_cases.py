"""Due-date cases as JSON: one mapping in, one mapping out, and a bad case answers for itself alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar, cast

from shared.errors import DomainError, NotUnderstood
from shared.working_time import STANDARD_HOURS, Calendar, DueClock, OfficeHours, due
from shared.working_time.explanation import explain

Answer = dict[str, object]
Word = TypeVar("Word", bound=StrEnum)


class CaseWrong(NotUnderstood):
    """This due-date case cannot be read."""


def answer_case(case: object, calendar: Calendar, *, hours: OfficeHours = STANDARD_HOURS, explained: bool = False) -> Answer:
    """The answer to one case; `{"id", "error"}` where it cannot be read or computed. `hours` are used where the case has no sessions."""
    case_id = cast(Mapping[str, object], case).get("id") if isinstance(case, Mapping) else None
    try:
        return {"id": case_id, **_answer(_mapping(case, "the case"), calendar, hours, explained=explained)}
    except DomainError as error:
        return {"id": case_id, "error": error.detail}


def _answer(case: Mapping[str, object], calendar: Calendar, hours: OfficeHours, *, explained: bool) -> Answer:
    accepted_at = _instant(case.get("accepted_at"), "accepted_at")
    limit = _limit(case)
    hours = _hours(case.get("sessions"), hours)
    due_clock = _word(DueClock, case.get("due_clock") or DueClock.SAME_CLOCK, "due_clock")
    cutoff = _clock(case.get("cutoff"), "cutoff")
    stops = [_stop(stop, f"stops[{place}]") for place, stop in enumerate(_list(case.get("stops"), "stops"))]
    answer = due_answer(due(accepted_at, limit, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops))
    if explained:
        told = explain(accepted_at, limit, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops)
        answer["explanation"] = explanation_answer(told)
    return answer
