"""What the desk is told by its environment."""

from typing import ClassVar

from pydantic import Field, SecretStr

from shared.contracts.peers import Service
from shared.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """The common settings, and the secrets carriers sign their reports with."""

    service: ClassVar[Service] = Service.INTAKE

    carrier_secrets: dict[str, SecretStr] = Field(default_factory=dict[str, SecretStr])
    """By carrier, as JSON: {"vnpost": "…"}. In development the simulator has one kept in the home."""
