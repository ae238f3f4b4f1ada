"""Bearer tokens: signed JWTs of the province's issuer, checked once and remembered until they expire (machine time)."""

import hashlib
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.contracts.permissions import Role
from shared.errors import NotAuthenticated
from shared.home import kept
from shared.settings import ServiceSettings

ALGORITHMS: Final = ["Ed25519", "ES256", "RS256"]
DEVELOPMENT_ISSUER: Final = "motcua-development"
REMEMBERED: Final = 10_000


class KeysMissing(Exception):
    """A service does not start in production with keys that everybody could have."""


@dataclass(frozen=True)
class Claims:
    """What a token says of its bearer. `mandate`: may decide on the spot, at the desk."""

    id: str
    name: str
    roles: frozenset[Role]
    offices: frozenset[str]
    mandate: bool
    expires_at: int


@dataclass
class Tokens:
    """Believes tokens of one issuer. Raises NotAuthenticated in plain words for all others."""

    issuer: str
    keys: KeySet
    _known: dict[bytes, Claims] = field(default_factory=dict)

    @classmethod
    def of_nobody(cls) -> "Tokens":
        """Believes no token: for commands, which serve nobody."""
        return cls("", KeySet([]))

    def read(self, token: str) -> Claims:
        name = hashlib.sha256(token.encode()).digest()
        claims = self._known.get(name)
        if claims is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            claims = self._known[name] = self._verified(token)
        if claims.expires_at < time.time():
            raise NotAuthenticated("The token has expired.")
        return claims

    def _verified(self, token: str) -> Claims:
        try:
            told = jwt.decode(token, self.keys, algorithms=ALGORITHMS).claims
            if told.get("iss") != self.issuer:
                raise NotAuthenticated("The token is of another issuer.")
            return Claims(
                id=str(told["sub"]),
                name=str(told.get("name", told["sub"])),
                roles=frozenset(Role(role) for role in told["roles"]),
                offices=frozenset(str(office) for office in told["offices"]),
                mandate=bool(told.get("mandate", False)),
                expires_at=int(told["exp"]),
            )
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise NotAuthenticated("The token cannot be read, or is not signed by our issuer.") from error


def tokens_for(settings: ServiceSettings) -> Tokens:
    """The issuer that `settings` name; in development, where none is named, the one kept in the home."""
    if settings.token_keys and settings.token_issuer:
        if settings.token_issuer == DEVELOPMENT_ISSUER and not settings.in_development:
            raise KeysMissing("Production refuses the development issuer.")
        return Tokens(settings.token_issuer, KeySet.import_key_set(json.loads(settings.token_keys.get_secret_value())))
    if not settings.in_development:
        raise KeysMissing("Production needs MOTCUA_TOKEN_ISSUER and MOTCUA_TOKEN_KEYS. To try things out, set MOTCUA_MODE=development.")
    return Tokens(DEVELOPMENT_ISSUER, KeySet([_development_key(settings.home)]))


def development_token(
    home: Path, *, role: str, offices: tuple[str, ...], name: str | None = None, mandate: bool = False, hours: float = 24
) -> str:
    """A token of the development issuer; production does not believe it. Several roles are separated by commas."""
    key = _development_key(home)
    told = {
        "iss": DEVELOPMENT_ISSUER,
        "sub": f"{role}@{','.join(offices)}" + (f":{name}" if name else ""),
        "name": name or role.replace("_", " "),
        "roles": [Role(one).value for one in role.split(",")],
        "offices": list(offices),
        "mandate": mandate,
        "exp": int(time.time() + hours * 3600),
    }
    return jwt.encode({"alg": "Ed25519", "kid": "development"}, told, key, algorithms=ALGORITHMS)


def _development_key(home: Path) -> OKPKey:
    def make() -> str:
        return json.dumps(OKPKey.generate_key("Ed25519", parameters={"kid": "development"}).as_dict(private=True))

    return OKPKey.import_key(json.loads(kept(home, "development-issuer.json", make)))
