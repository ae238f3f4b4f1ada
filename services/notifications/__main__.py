"""python -m services.notifications: the voice alone, in a process of its own."""

from services.notifications.app import PLAN
from shared import serving

if __name__ == "__main__":
    serving.run(PLAN)
