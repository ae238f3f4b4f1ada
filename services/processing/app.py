"""The agency put together: doors, chores, errors; nothing else."""

from typing import Final

import httpx
from fastapi import FastAPI

from services.processing import tables
from services.processing.api import ROUTERS
from services.processing.api.views import PossibleAction
from services.processing.chores import CHORES
from services.processing.reactions import REACTIONS
from services.processing.references import References
from services.processing.settings import ProcessingSettings
from services.processing.staff import StaffCache, standing
from shared.clock import Clock
from shared.service import app_for, runtime_for
from shared.serving import ServicePlan
from shared.settings import ServiceSettings


def create_app(
    settings: ServiceSettings,
    database_url: str,
    *,
    clock: Clock | None = None,
    http: httpx.AsyncClient | None = None,
    start: bool = True,
) -> FastAPI:
    runtime = runtime_for(
        settings, office=tables.office, reactions=REACTIONS, chores=CHORES, database_url=database_url, clock=clock, http=http
    )
    references = References()
    runtime.facts |= {"references": references, "health": {"waiting_for": references.health}}
    runtime.facts |= {"staff": StaffCache(), "standing": standing}
    return app_for(
        runtime,
        title="Một Cửa: processing",
        description="The agency: cases, their steps and due times, decisions and results.",
        routers=ROUTERS,
        start=start,
        actions_of=PossibleAction.all_for,
    )


PLAN: Final = ServicePlan(ProcessingSettings, create_app)
