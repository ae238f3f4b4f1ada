"""python -m services.processing: the agency, alone."""

from services.processing.app import PLAN
from shared import serving

if __name__ == "__main__":
    serving.run(PLAN)
