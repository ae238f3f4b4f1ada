"""python -m services.intake: the desk alone."""

from services.intake.app import PLAN
from shared.serving import run

if __name__ == "__main__":
    run(PLAN)
