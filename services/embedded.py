"""All in one process: the private Postgres and the three servers in one event loop, each on its own port, talking real HTTP."""

from services.intake.app import PLAN as INTAKE
from services.notifications.app import PLAN as NOTIFICATIONS
from services.processing.app import PLAN as PROCESSING
from shared.serving import run

PLANS = (INTAKE, PROCESSING, NOTIFICATIONS)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    run(*PLANS)
