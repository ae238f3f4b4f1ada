"""What the voice is told by its environment: its line to the peers, and the gateways its messages leave by."""

from typing import Any, ClassVar, Final, Self

from pydantic import model_validator
from pydantic_settings import SettingsConfigDict

from services.notifications.channels import ChannelSettings
from shared.contracts.peers import Service
from shared.settings import ServiceSettings

SIMULATED_KEY: Final = "simulated"

# Where `python -m demo.gateways --sms-port 8025 --smtp-port 8026` listens.
SIMULATORS: Final[dict[str, Any]] = {
    "sms_url": "http://127.0.0.1:8025/messages",
    "sms_key": SIMULATED_KEY,
    "sms_brand": "MOT CUA",
    "smtp_host": "127.0.0.1",
    "smtp_port": 8026,
    "smtp_from": "Bộ phận Một cửa <mot-cua@motcua.example>",
    "smtp_starttls": False,
}


class NotificationsSettings(ServiceSettings, ChannelSettings):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Names are MOTCUA_<FIELD>. In development what is not named about the gateways means the simulators on this machine."""

    # What is wrong with the settings is printed at the start; what they hold must not be.
    model_config = SettingsConfigDict(
        env_prefix="MOTCUA_", frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )
    service: ClassVar[Service] = Service.NOTIFICATIONS

    message_lease_seconds: float = 40
    """How long a sender keeps a message to itself; after a crash in the middle it is sent again when this has passed."""

    @model_validator(mode="before")
    @classmethod
    def _development_has_simulators(cls, told: Any) -> Any:
        return SIMULATORS | told if isinstance(told, dict) and told.get("mode") == "development" else told

    @model_validator(mode="after")
    def _a_lease_outlasts_a_call(self) -> Self:
        if self.message_lease_seconds <= max(self.sms_timeout_seconds, self.smtp_timeout_seconds):
            raise ValueError("message_lease_seconds must be longer than sms_timeout_seconds and smtp_timeout_seconds.")
        if self.mode == "production" and self.sms_key.get_secret_value() == SIMULATED_KEY:
            raise ValueError("Production refuses the simulators; give the gateway's own MOTCUA_SMS_KEY.")
        return self
