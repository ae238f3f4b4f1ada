"""CARRIERS: name -> carrier."""

from typing import Final

from services.intake.postal.carrier import Carrier
from services.intake.postal.simulator import Simulator

CARRIERS: Final[dict[str, Carrier]] = {"simulator": Simulator()}
