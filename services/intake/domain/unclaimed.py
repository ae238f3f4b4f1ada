"""A result that nobody fetches: when people are called for it, the more seldom the longer it lies. It is never destroyed."""

from datetime import datetime, timedelta
from typing import Final

FIRST_CALL_AFTER: Final = timedelta(days=30)
NO_CALL_AFTER: Final = timedelta(days=2 * 365)
"""Sooner or later a number belongs to somebody else. Source of both: law.UNCLAIMED_RESULT."""


def next_call_at(at_desk_since: datetime, now: datetime) -> datetime | None:
    """After 30 days, then each time when it has lain twice as long: 60, 120, 240, 480 days; None after two years."""
    at = now + max(now - at_desk_since, FIRST_CALL_AFTER)
    return at if at - at_desk_since <= NO_CALL_AFTER else None
