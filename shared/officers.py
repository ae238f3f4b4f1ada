"""Who is calling, and which dossiers lie within their offices."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from shared.contracts.permissions import Action, Role, permitted
from shared.errors import NotAuthenticated, NotFound, NotPermitted
from shared.keys import Key


@dataclass(frozen=True)
class Officer:
    """A caller whose token was believed. `scope`: their offices, what lies under them, and their predecessors."""

    id: str
    name: str
    roles: frozenset[Role]
    offices: frozenset[str]
    scope: frozenset[str]
    mandate: bool = False

    def sees(self, offices: Iterable[str]) -> bool:
        return not self.scope.isdisjoint(offices)

    def must_see(self, offices: Iterable[str], what: str) -> None:
        """Raises NotFound: what lies outside the scope does not exist for the caller."""
        if not self.sees(offices):
            raise NotFound(f"There is no {what} here, or it lies outside your offices.")

    def must_act_for(self, acting: Iterable[str], seen_by: Iterable[str], what: str) -> None:
        """Raises NotFound outside the scope, NotPermitted for offices that only look on."""
        self.must_see(seen_by, what)
        if not self.sees(acting):
            raise NotPermitted(f"This is for {' or '.join(sorted(set(acting)))}; your offices may look at the {what} only.")


class Permission(SecurityBase):
    """A route's first question: who is it, and may their role do this at all? A route without one is open to everyone."""

    model = HTTPBearer(bearerFormat="JWT", description="A token of the province's issuer; in development `motcua token` prints one.")
    scheme_name = "token"

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Officer:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotAuthenticated("Send the header Authorization: Bearer <token>.")
        runtime, tx = request.app.state.runtime, request.state.tx
        claims = runtime.tokens.read(token.strip())
        if not permitted(claims.roles, self.action):
            roles = ", ".join(sorted(claims.roles))
            raise NotPermitted(f"A {roles} may not {self.action.replace('_', ' ')}.")
        scope = await runtime.facts["offices"].scope(tx, claims.offices)
        if isinstance(tx.key, Key):
            tx.key.belongs_to(claims.id)
        officer = Officer(claims.id, claims.name, claims.roles, claims.offices, scope, claims.mandate)
        request.state.officer = officer
        return officer


def may(action: Action) -> Any:
    """`officer: Annotated[Officer, may(Action.RECEIVE)]` in a route: the caller, who may do that."""
    ask: Callable[[Request], Coroutine[Any, Any, Officer]] = Permission(action)
    return Depends(ask)
