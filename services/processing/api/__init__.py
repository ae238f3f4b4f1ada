"""Door 1, people: officers and leaders of the agency at their cases and their work list."""

from typing import Final

from fastapi import APIRouter

from services.processing.api import (
    assignments,
    calendars,
    cases,
    children,
    corrections,
    due_dates,
    graphs,
    officers,
    opinions,
    papers,
    repairs,
    wishes,
    worklist,
)

ROUTERS: Final[tuple[APIRouter, ...]] = (
    cases.router,
    wishes.router,
    children.router,
    assignments.router,
    opinions.router,
    graphs.router,
    worklist.router,
    officers.router,
    corrections.router,
    papers.router,
    repairs.router,
    due_dates.router,
    calendars.router,
)
