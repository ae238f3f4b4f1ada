"""What the agency is told by its environment."""

from typing import ClassVar

from shared.contracts.peers import Service
from shared.settings import ServiceSettings


class ProcessingSettings(ServiceSettings):
    """Nothing yet beyond what every service is told."""

    service: ClassVar[Service] = Service.PROCESSING
