"""Failures in the domain's words. The docstring is the title people read; `problems.py` alone knows the HTTP status of each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


class DomainError(Exception):
    """Something could not be done."""

    def __init__(self, detail: str, **facts: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts: Mapping[str, object] = facts

    @classmethod
    def code(cls) -> str:
        """The stable snake_case name a program may rely on."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class NotFound(DomainError):
    """There is no such thing here, or it lies outside your offices."""


class Conflict(DomainError):
    """The present state of things does not allow this."""

    def __init__(self, detail: str, about: object = None, **facts: object) -> None:
        """`about` is the dossier or case at hand: the answer lists what the caller can do with it instead. None: the request's own."""
        super().__init__(detail, **facts)
        self.about = about


class ActionNotAllowed(Conflict):
    """The dossier's present state forbids this action."""


class KeyReused(Conflict):
    """This Idempotency-Key was already used for another request."""


class Changed(DomainError):
    """The thing has changed since you read it: read it again, then decide."""


class VersionMissing(DomainError):
    """Say in If-Match which version you decided on."""


class KeyMissing(DomainError):
    """This request needs an Idempotency-Key header, so that repeating it does no harm."""


class NotUnderstood(DomainError):
    """The request is well formed, but its content cannot be accepted."""


@dataclass(frozen=True)
class Flaw:
    """One thing wrong with the input: where (a JSON pointer) and what."""

    pointer: str
    detail: str


class InvalidInput(NotUnderstood):
    """Some fields are missing or wrong."""

    def __init__(self, detail: str, *flaws: Flaw, **facts: object) -> None:
        errors = [{"pointer": flaw.pointer, "detail": flaw.detail} for flaw in flaws]
        super().__init__(detail, **facts, **({"errors": errors} if errors else {}))


class NotAuthenticated(DomainError):
    """A valid bearer token is needed."""


class NotPermitted(DomainError):
    """Your role does not allow this."""


class WrongMedia(DomainError):
    """This content type is not taken here."""


class Later(DomainError):
    """This cannot be done yet; try again shortly."""


class Unavailable(DomainError):
    """The service cannot work just now; nothing was done."""
