"""What every service is told by its environment: read once, frozen, passed on. `deploy/.env.example` lists all of it."""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.peers import Service


class ServiceSettings(BaseSettings):
    """Settings common to the three services. Names are MOTCUA_<FIELD>, but for DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="MOTCUA_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True)
    service: ClassVar[Service]

    mode: Literal["production", "development"] = "production"
    home: Path = Path("var")
    bind: str | None = None
    """host:port to listen on; where missing, the host and port of the service's own URL."""
    intake_url: str = "http://127.0.0.1:8001"
    processing_url: str = "http://127.0.0.1:8002"
    notifications_url: str = "http://127.0.0.1:8003"

    database_url: SecretStr | None = Field(default=None, alias="DATABASE_URL")
    """The owner's; it makes schemas, roles and extension. Missing: the embedded database."""
    intake_database_url: SecretStr | None = None
    processing_database_url: SecretStr | None = None
    notifications_database_url: SecretStr | None = None
    database_connections: int = Field(default=6, ge=2, le=50)

    event_secret: SecretStr | None = None
    """Signs events between services; several, comma separated, while a new one is brought in: the first signs, all are believed."""
    token_issuer: str | None = None
    token_keys: SecretStr | None = None
    """The issuer's public keys, a JWK set as JSON."""
    log_level: str = "INFO"
    uvloop_wanted: bool = True

    @property
    def in_development(self) -> bool:
        return self.mode == "development"

    def url_of(self, service: Service) -> str:
        return {
            Service.INTAKE: self.intake_url,
            Service.PROCESSING: self.processing_url,
            Service.NOTIFICATIONS: self.notifications_url,
        }[service].rstrip("/")

    def database_url_of(self, service: Service) -> str | None:
        """The URL the service logs in with, where one is given."""
        url = {
            Service.INTAKE: self.intake_database_url,
            Service.PROCESSING: self.processing_database_url,
            Service.NOTIFICATIONS: self.notifications_database_url,
        }[service]
        return url.get_secret_value() if url else None
