"""Due-date cases as JSON: one mapping in, one mapping out, and a bad case answers for itself alone."""

from collections.abc import Mapping
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar, cast

from shared.errors import DomainError, NotUnderstood
from shared.working_time import (
    STANDARD_HOURS,
    Calendar,
    Due,
    DueClock,
    Explanation,
    OfficeHours,
    Stop,
    StopPolicy,
    TimeLimit,
    Unit,
    due,
    explain,
    parse_sessions,
    sentences,
)

Answer = dict[str, object]
Word = TypeVar("Word", bound=StrEnum)


class CaseWrong(NotUnderstood):
    """This due-date case cannot be read."""


def answer_case(case: object, calendar: Calendar, *, hours: OfficeHours = STANDARD_HOURS, explained: bool = False) -> Answer:
    """The answer to one case; `{"id", "error"}` where it cannot be read or computed. A case without sessions is worked at `hours`."""
    case_id = _name(cast(Mapping[str, object], case).get("id")) if isinstance(case, Mapping) else None
    try:
        return {"id": case_id, **_answer(_mapping(case, "a case"), calendar, hours, explained=explained)}
    except DomainError as error:
        return {"id": case_id, "error": error.detail}


def _name(case_id: object) -> str | int | None:
    """What the case calls itself. NaN, for one, could not be said again in JSON."""
    return case_id if isinstance(case_id, str | int) else None


def _answer(case: Mapping[str, object], calendar: Calendar, hours: OfficeHours, *, explained: bool) -> Answer:
    if (case_id := case.get("id")) != _name(case_id):
        raise CaseWrong(f"id is a text or a whole number, not {case_id!r}.")
    accepted_at = _instant(case.get("accepted_at"), "accepted_at")
    limit = _limit(_mapping(case.get("limit"), "limit"))
    hours = _hours(case.get("sessions"), hours)
    due_clock = _word(DueClock, case.get("due_clock") or DueClock.SAME_CLOCK, "due_clock")
    cutoff = _clock(case.get("cutoff"), "cutoff")
    stops = tuple(
        _stop(stop, f"stops/{place}") for place, stop in enumerate(_list([] if case.get("stops") is None else case["stops"], "stops"))
    )
    if explained:
        told = explain(accepted_at, limit, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops)
        return {**due_fields(told.due), "explanation": explanation_fields(told)}
    return due_fields(due(accepted_at, limit, calendar=calendar, hours=hours, due_clock=due_clock, cutoff=cutoff, stops=stops))


# -- what is answered ----------------------------------------------------------------------------------------------------


def due_fields(found: Due) -> Answer:
    """The facts of a due date that are there; while the clock stands there is no date, only `stopped_since`."""
    instants = {
        "due_at": found.due_at,
        "period_ends_at": found.period_ends_at,
        "late_since": found.late_since,
        "late_by_law_since": found.late_by_law_since,
        "stopped_since": found.stopped_since,
    }
    fields: Answer = {name: instant.isoformat() for name, instant in instants.items() if instant is not None}
    return {**fields, "provisional": True} if found.provisional else fields


def explanation_fields(told: Explanation) -> Answer:
    return {
        "counting_from": told.counting_from and told.counting_from.isoformat(),
        "days": [
            {
                "date": day.on.isoformat(),
                "counted": day.counted,
                "reason": day.reason.value,
                "number": day.number,
                "name": day.name or None,
                "source": day.source or None,
                "provisional": day.provisional,
            }
            for day in told.days
        ],
        "stops": [
            {
                "from": stop.started_at.isoformat(),
                "to": stop.ended_at and stop.ended_at.isoformat(),
                "policy": stop.policy.value,
                "changed_the_date": stop.changed_the_date,
            }
            for stop in told.stops
        ],
        "rules": [{"source": rule.citation, "certainty": rule.certainty.value} for rule in told.rules],
        "sentences": list(sentences(told)),
    }


# -- what is asked -------------------------------------------------------------------------------------------------------


def _limit(limit: Mapping[str, object]) -> TimeLimit:
    amount = limit.get("amount")
    unit = _word(Unit, limit.get("unit"), "limit/unit")
    return TimeLimit(None if amount is None else _decimal(amount, "limit/amount"), unit)


def _stop(stop: object, where: str) -> Stop:
    fields = _mapping(stop, where)
    ended_at = fields.get("to")
    return Stop(
        _instant(fields.get("from"), f"{where}/from"),
        None if ended_at is None else _instant(ended_at, f"{where}/to"),
        _word(StopPolicy, fields.get("policy"), f"{where}/policy"),
    )


def _hours(sessions: object, otherwise: OfficeHours) -> OfficeHours:
    if sessions is None:
        return otherwise
    spans = [_list(span, "sessions") for span in _list(sessions, "sessions")]
    if not spans or any(len(span) != 2 for span in spans):
        raise CaseWrong('sessions is a list of pairs like ["07:30", "11:30"], or null for the office\'s own.')
    return _daily(" ".join(f"{_text(begins, 'sessions')}-{_text(ends, 'sessions')}" for begins, ends in spans))


@lru_cache(maxsize=256)
def _daily(sessions: str) -> OfficeHours:
    return OfficeHours.daily(parse_sessions(sessions))


def _instant(value: object, where: str) -> datetime:
    try:
        return datetime.fromisoformat(_text(value, where))
    except ValueError:
        raise CaseWrong(f"{where} is an instant like 2026-03-09T14:30:00+07:00, not {value!r}.") from None


def _clock(value: object, where: str) -> time | None:
    if value is None:
        return None
    try:
        return time.fromisoformat(_text(value, where)).replace(tzinfo=None)
    except ValueError:
        raise CaseWrong(f"{where} is a clock like 15:00, not {value!r}.") from None


def _decimal(value: object, where: str) -> Decimal:
    """A decimal string; a JSON whole number is as exact and taken too, a float is not."""
    try:
        return Decimal(value if isinstance(value, int) and not isinstance(value, bool) else _text(value, where))
    except InvalidOperation:
        raise CaseWrong(f"{where} is a decimal like 0.25, not {value!r}.") from None


def _word(words: type[Word], value: object, where: str) -> Word:
    try:
        return words(value)
    except ValueError:
        raise CaseWrong(f"{where} is one of {', '.join(words)}, not {value!r}.") from None


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise CaseWrong(f"{where} is a text, not {value!r}.")
    return value


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise CaseWrong(f"{where} is an object, not {value!r}.")
    return cast(Mapping[str, object], value)


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise CaseWrong(f"{where} is a list, not {value!r}.")
    return cast(list[object], value)
