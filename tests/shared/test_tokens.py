"""Who is believed: tokens of one issuer, signed with its keys, not expired; and in production no development key."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey
from pydantic import SecretStr

from shared.contracts.permissions import Role
from shared.errors import NotAuthenticated
from shared.settings import ServiceSettings
from shared.tokens import DEVELOPMENT_ISSUER, KeysMissing, Tokens, development_token, tokens_for

KEY = OKPKey.generate_key("Ed25519", parameters={"kid": "k1"})
TOLD: dict[str, Any] = {
    "iss": "province",
    "sub": "officer-7",
    "name": "Lê Thị Mai",
    "roles": ["desk_officer", "supervisor"],
    "offices": ["H27.001"],
    "exp": int(time.time()) + 3600,
}


def settings(home: Path, **more: Any) -> ServiceSettings:
    return ServiceSettings(home=home, **more)


def of_province(home: Path, **more: Any) -> Tokens:
    keys = json.dumps({"keys": [KEY.as_dict(private=False)]})
    return tokens_for(settings(home, token_issuer="province", token_keys=SecretStr(keys), **more))


def signed(key: Any = KEY, alg: str = "Ed25519", **changed: Any) -> str:
    told = {name: value for name, value in (TOLD | changed).items() if value is not None}
    return jwt.encode({"alg": alg, "kid": "k1"}, told, key, algorithms=[alg])


def test_a_good_token_says_who_is_calling(tmp_path: Path) -> None:
    claims = of_province(tmp_path).read(signed())

    assert (claims.id, claims.name, claims.mandate) == ("officer-7", "Lê Thị Mai", False)
    assert claims.roles == {Role.DESK_OFFICER, Role.SUPERVISOR}
    assert claims.offices == {"H27.001"}


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"exp": int(time.time()) - 10},
        {"exp": None},
        {"roles": ["king"]},
        {"roles": None},
        {"offices": None},
        {"sub": None},
    ],
)
def test_what_is_wrong_with_the_claims_is_not_believed(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        of_province(tmp_path).read(signed(**changed))


def test_a_token_signed_by_somebody_else_is_not_believed(tmp_path: Path) -> None:
    other = OKPKey.generate_key("Ed25519", parameters={"kid": "k1"})

    with pytest.raises(NotAuthenticated):
        of_province(tmp_path).read(signed(other))


def test_a_token_signed_with_the_public_key_as_a_secret_is_not_believed(tmp_path: Path) -> None:
    trick = OctKey.import_key(json.dumps(KEY.as_dict(private=False)).encode())

    with pytest.raises(NotAuthenticated):
        of_province(tmp_path).read(signed(trick, "HS256"))


def test_a_token_without_a_signature_is_not_believed(tmp_path: Path) -> None:
    head, body, _ = signed().split(".")

    for token in (f"{head}.{body}.", "eyJhbGciOiJub25lIn0." + body + "."):
        with pytest.raises(NotAuthenticated):
            of_province(tmp_path).read(token)


def test_a_token_that_was_believed_expires_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, token = of_province(tmp_path), signed()
    tokens.read(token)

    later = time.time() + 7200
    monkeypatch.setattr(time, "time", lambda: later)

    with pytest.raises(NotAuthenticated, match="expired"):
        tokens.read(token)


def test_a_development_token_is_believed_in_its_home_and_nowhere_else(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    token = development_token(here, role="leader", offices=("H27",), mandate=True)

    assert tokens_for(settings(here, mode="development")).read(token).mandate is True
    with pytest.raises(NotAuthenticated):
        tokens_for(settings(there, mode="development")).read(token)
    with pytest.raises(NotAuthenticated):
        of_province(here).read(token)


def test_production_does_not_start_without_keys_of_its_own(tmp_path: Path) -> None:
    keys = SecretStr(json.dumps({"keys": [KEY.as_dict(private=False)]}))

    with pytest.raises(KeysMissing, match="MOTCUA_TOKEN_ISSUER"):
        tokens_for(settings(tmp_path))
    with pytest.raises(KeysMissing, match="refuses the development issuer"):
        tokens_for(settings(tmp_path, token_issuer=DEVELOPMENT_ISSUER, token_keys=keys))


def test_a_command_believes_nobody(tmp_path: Path) -> None:
    with pytest.raises(NotAuthenticated):
        Tokens.of_nobody().read(signed())
