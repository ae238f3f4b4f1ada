"""Every way to reach a person: one file each, all under the one promise of `channel.py`, chosen by name here."""

from collections.abc import Callable, Mapping
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, SecretStr, model_validator

from services.notifications.channels.channel import Channel
from services.notifications.channels.email import EmailChannel
from services.notifications.channels.sms import SmsChannel


class ChannelSettings(BaseModel):
    """`smtp_from` may carry a name: "Bộ phận Một cửa <mot-cua@tinh.gov.vn>"."""

    model_config = ConfigDict(frozen=True)

    sms_url: str
    sms_key: SecretStr
    sms_brand: str
    sms_timeout_seconds: float = 10
    sms_fold_accents: bool = False

    smtp_host: str
    smtp_port: int = 587
    smtp_from: str
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_starttls: bool = True
    smtp_timeout_seconds: float = 20

    @model_validator(mode="after")
    def _no_password_in_the_open(self) -> Self:
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password come together or not at all.")
        if self.smtp_password and not self.smtp_starttls:
            raise ValueError("smtp_password needs smtp_starttls: it would travel in the open.")
        return self


CHANNELS: Final[Mapping[str, Callable[[ChannelSettings], Channel]]] = {
    "sms": lambda settings: SmsChannel(
        url=settings.sms_url,
        key=settings.sms_key,
        brand=settings.sms_brand,
        timeout_seconds=settings.sms_timeout_seconds,
        fold=settings.sms_fold_accents,
    ),
    "email": lambda settings: EmailChannel(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        username=settings.smtp_username,
        password=settings.smtp_password,
        starttls=settings.smtp_starttls,
        timeout_seconds=settings.smtp_timeout_seconds,
    ),
}


def open_channels(settings: ChannelSettings) -> dict[str, Channel]:
    """One of each for the life of the process; `aclose` each at its end."""
    return {name: open_channel(settings) for name, open_channel in CHANNELS.items()}
