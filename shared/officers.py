"""Who is calling, and which dossiers lie within their offices."""

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from shared.contracts.permissions import Action, Role, permitted
from shared.errors import NotAuthenticated, NotFound, NotPermitted
from shared.keys import Key
from shared.tokens import Claims


@dataclass(frozen=True)
class Officer:
    """A caller whose token was believed. `scope`: their offices, what lies under them, and their predecessors."""

    id: str
    name: str
    roles: frozenset[Role]
    offices: frozenset[str]
    scope: frozenset[str]
    mandate: bool = False
    stands_for: str | None = None
    """Whose place they take in this request: roles, offices and scope are then that colleague's, the name is both."""

    @property
    def ids(self) -> frozenset[str]:
        """What may be assigned to them: to themselves, and to the colleague whose place they take."""
        return frozenset({self.id, self.stands_for or self.id})

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


Standing = Callable[[Any, Claims, str | None], Coroutine[Any, Any, Claims]]
"""What a service knows of a caller beside the token: (transaction, claims, whose place they take) -> the claims that count here.

Raises NotPermitted for who has left, and for a place that is not theirs to take.
"""


class Permission(SecurityBase):
    """A route's first question: who is it, and may their role do this at all? A route without one is open to everyone.

    The header `Acting-For` names, percent-encoded, the id of a colleague who has delegated to the caller.
    """

    model = HTTPBearer(
        bearerFormat="JWT",
        description="A token of the province's issuer; in development `motcua token` prints one. "
        "Who acts for a colleague who delegated to them names that colleague's id in the header Acting-For.",
    )
    scheme_name = "token"

    def __init__(self, action: Action) -> None:
        self.action = action

    async def __call__(self, request: Request) -> Officer:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotAuthenticated("Send the header Authorization: Bearer <token>.")
        runtime, tx = request.app.state.runtime, request.state.tx
        own = runtime.tokens.read(token.strip())
        stands_for = unquote(request.headers.get("acting-for", "")) or None
        claims = await _standing(runtime.facts.get("standing"), tx, own, stands_for)
        if not permitted(claims.roles, self.action):
            roles = ", ".join(sorted(claims.roles))
            raise NotPermitted(f"A {roles} may not {self.action.replace('_', ' ')}.")
        scope = await runtime.facts["offices"].scope(tx, claims.offices)
        if isinstance(tx.key, Key):
            tx.key.belongs_to(own.id)
        officer = Officer(own.id, claims.name, claims.roles, claims.offices, scope, claims.mandate, stands_for)
        request.state.officer = officer
        return officer


async def _standing(standing: Standing | None, tx: Any, claims: Claims, stands_for: str | None) -> Claims:
    if standing:
        return await standing(tx, claims, stands_for)
    if stands_for:
        raise NotPermitted("Nobody acts for another here.")
    return claims


def may(action: Action) -> Any:
    """`officer: Annotated[Officer, may(Action.RECEIVE)]` in a route: the caller, who may do that."""
    ask: Callable[[Request], Coroutine[Any, Any, Officer]] = Permission(action)
    return Depends(ask)
