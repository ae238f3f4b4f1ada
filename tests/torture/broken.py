"""Starts a service in a process that was broken on purpose; which one is in the environment."""

import importlib
import os

from shared import serving
from shared.serving import ServicePlan


def run() -> None:
    plan: ServicePlan = importlib.import_module(f"services.{os.environ['TORTURE_SERVICE']}.app").PLAN
    serving.run(plan)
