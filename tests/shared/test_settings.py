"""Settings: read once from the environment, frozen, and secrets never shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from shared.contracts.peers import Service
from shared.service import signer_for
from shared.settings import ServiceSettings
from shared.tokens import KeysMissing


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("MOTCUA_") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)


def test_by_default_it_is_production_in_var_on_three_ports() -> None:
    settings = ServiceSettings()

    assert (settings.mode, settings.home) == ("production", Path("var"))
    assert [settings.url_of(service) for service in Service] == [f"http://127.0.0.1:{port}" for port in (8001, 8002, 8003)]


def test_every_name_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTCUA_MODE", "development")
    monkeypatch.setenv("MOTCUA_PROCESSING_URL", "http://agency:9/")
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner:p4ssw0rd@db/motcua")
    monkeypatch.setenv("MOTCUA_INTAKE_DATABASE_URL", "postgresql://intake:p4ssw0rd@db/motcua")

    settings = ServiceSettings()

    assert settings.in_development
    assert settings.url_of(Service.PROCESSING) == "http://agency:9"
    assert settings.database_url == SecretStr("postgresql://owner:p4ssw0rd@db/motcua")
    assert settings.database_url_of(Service.INTAKE) == "postgresql://intake:p4ssw0rd@db/motcua"
    assert settings.database_url_of(Service.PROCESSING) is None
    assert "p4ssw0rd" not in repr(settings)


@pytest.mark.parametrize(("name", "value"), [("MOTCUA_MODE", "test"), ("MOTCUA_DATABASE_CONNECTIONS", "many")])
def test_a_wrong_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.removeprefix("MOTCUA_").lower()):
        ServiceSettings()


def test_what_was_read_stays_as_it_is() -> None:
    with pytest.raises(ValidationError):
        ServiceSettings().mode = "development"


def test_production_signs_with_a_secret_that_was_given_or_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(KeysMissing, match="MOTCUA_EVENT_SECRET"):
        signer_for(ServiceSettings(home=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_in_development_all_services_of_a_home_sign_with_one_secret(tmp_path: Path) -> None:
    one, other = (signer_for(ServiceSettings(home=tmp_path, mode="development")) for _ in range(2))

    other.check(one.sign(b"x"), b"x")
    assert (tmp_path / "event-secret").stat().st_mode & 0o077 == 0
