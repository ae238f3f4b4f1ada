"""Door 1, people: officers and leaders of the agency at their cases and their work list."""

from typing import Final

from fastapi import APIRouter

from services.processing.api import calendars, cases, corrections, due_dates, wishes, worklist

ROUTERS: Final[tuple[APIRouter, ...]] = (
    cases.router,
    wishes.router,
    worklist.router,
    corrections.router,
    due_dates.router,
    calendars.router,
)
