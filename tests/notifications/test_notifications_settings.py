"""The voice's settings: simulators in development, nothing assumed and nothing shown in production."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.notifications.settings import NotificationsSettings

OURS: dict[str, Any] = {"mode": "production", "event_secret": "sign-with-me", "token_issuer": "an-issuer", "token_keys": '{"keys": []}'}
GATEWAYS: dict[str, Any] = {
    "sms_url": "https://sms.example/messages",
    "sms_key": "open-sesame",
    "sms_brand": "MOT CUA",
    "smtp_host": "mail.example",
    "smtp_from": "mot-cua@tinh.example",
}


def test_development_talks_to_the_simulators(tmp_path: Path) -> None:
    settings = NotificationsSettings(mode="development", home=tmp_path, sms_brand="XA HOA BINH")  # type: ignore[call-arg]

    assert settings.sms_url == "http://127.0.0.1:8025/messages"
    assert settings.sms_brand == "XA HOA BINH"


def test_production_assumes_no_gateway_and_shows_no_secret() -> None:
    with pytest.raises(ValidationError) as told:
        NotificationsSettings(**OURS)

    missing = {error["loc"][0] for error in told.value.errors()}
    assert missing == {"sms_url", "sms_key", "sms_brand", "smtp_host", "smtp_from"}
    assert "sign-with-me" not in str(told.value)


def test_production_refuses_the_simulators_key() -> None:
    with pytest.raises(ValidationError, match="refuses the simulators"):
        NotificationsSettings(**OURS | GATEWAYS | {"sms_key": "simulated"})


def test_a_lease_outlasts_the_longest_call() -> None:
    with pytest.raises(ValidationError, match="message_lease_seconds"):
        NotificationsSettings(**OURS | GATEWAYS, message_lease_seconds=15)
