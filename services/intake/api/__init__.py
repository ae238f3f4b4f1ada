"""Door 1, people: routes with their request and view models, a file per noun."""

from services.intake.api import calendars, catalogue, dossiers, fees, lookup, offices, papers, postal, reminders, repairs, submissions

ROUTERS = (
    catalogue.router,
    offices.router,
    calendars.router,
    dossiers.router,
    papers.router,
    repairs.router,
    reminders.router,
    submissions.router,
    fees.router,
    postal.router,
    lookup.router,
)
"""In the order in which the API documentation shows them."""
