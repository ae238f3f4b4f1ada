"""The desk's app: doors, chores, errors put together; nothing else."""

import secrets

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from services.intake import tables
from services.intake.api import ROUTERS
from services.intake.api.views import actions_of
from services.intake.catalogue import Catalogue
from services.intake.chores import CHORES
from services.intake.postal import CARRIERS
from services.intake.reactions import REACTIONS
from services.intake.settings import IntakeSettings
from shared.clock import Clock
from shared.home import kept
from shared.service import app_for, runtime_for
from shared.serving import ServicePlan
from shared.wire import Signer


def create_app(
    settings: IntakeSettings, database_url: str, *, clock: Clock | None = None, http: httpx.AsyncClient | None = None, start: bool = True
) -> FastAPI:
    """The desk, ready to serve. Tests give a clock and a line to the peers of their own, and do not start what runs by itself."""
    runtime = runtime_for(
        settings, office=tables.office, reactions=REACTIONS, chores=CHORES, database_url=database_url, clock=clock, http=http
    )
    runtime.facts |= {"catalogue": Catalogue(), "carrier_signers": carrier_signers(settings)}
    return app_for(
        runtime,
        title="Một Cửa: intake, the desk",
        description="Takes dossiers in, at the desk, online and by post, and brings their results back to people.",
        routers=ROUTERS,
        start=start,
        actions_of=actions_of,
    )


def carrier_signers(settings: IntakeSettings) -> dict[str, Signer]:
    """Who may report: carriers with a secret; the simulator in development only."""
    signers = {name: Signer(secret) for name, secret in settings.carrier_secrets.items() if name in CARRIERS}
    if settings.in_development:
        signers["simulator"] = Signer(SecretStr(kept(settings.home, "simulator-secret", secrets.token_urlsafe)))
    return {name: signer for name, signer in signers.items() if settings.in_development or not CARRIERS[name].simulated}


PLAN = ServicePlan(IntakeSettings, create_app)
