"""A day or an instant as it may come in: within bounds in which everything that is counted from it can be counted."""

from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, WithJsonSchema

from shared.clock import VIETNAM

FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2099, 12, 31)
_BEGINS: Final = datetime(2000, 1, 1, tzinfo=VIETNAM)
_ENDS: Final = datetime(2099, 12, 31, 23, 59, 59, 999_999, tzinfo=VIETNAM)
_FARTHER: Final = f"This lies before {FIRST_DAY} or after {LAST_DAY}."


def within(instant: datetime) -> bool:
    """Whether it lies in the years we count in; an instant without an offset does not."""
    return instant.tzinfo is not None and _BEGINS <= instant <= _ENDS


def _day(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(_FARTHER)
    return day


def _instant(instant: datetime) -> datetime:
    if not within(instant):
        raise ValueError(_FARTHER)
    return instant


def _schema(format: str, first: object, last: object) -> Any:
    """JSON Schema itself has no bounds for dates; these two keywords are the ones in use for it."""
    return WithJsonSchema({"type": "string", "format": format, "formatMinimum": str(first), "formatMaximum": str(last)})


Day = Annotated[date, AfterValidator(_day), _schema("date", FIRST_DAY, LAST_DAY)]
"""A day in Viet Nam."""
Instant = Annotated[AwareDatetime, AfterValidator(_instant), _schema("date-time", _BEGINS.isoformat(), _ENDS.isoformat())]
