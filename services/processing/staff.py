"""Who works here, as registered: kept in memory and looked at afresh when its log has moved; asked at most once a second."""

import time
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Row, func, select

from services.processing import tables
from services.processing.domain.assignment import Assigning, Method, Rule
from services.processing.domain.staff import Delegation, RegisteredOfficer, Staff
from shared.clock import VIETNAM
from shared.contracts.permissions import Role
from shared.errors import NotPermitted
from shared.runtime import Transaction
from shared.tokens import Claims

CACHE_SECONDS: Final = 1.0


@dataclass
class StaffCache:
    """The staff as it stood a second ago at most."""

    seconds: float = CACHE_SECONDS
    _staff: Staff = field(default_factory=Staff)
    _number: int = -1
    _asked_at: float = 0.0

    async def look(self, tx: Transaction) -> Staff:
        if self._number < 0 or time.monotonic() - self._asked_at > self.seconds:
            self._asked_at = time.monotonic()  # one asks for all who come meanwhile
            number = (await tx.run(select(func.coalesce(func.max(tables.staff_log.c.number), 0)))).scalar_one()
            if number != self._number:
                self._staff, self._number = await read_staff(tx), number
        return self._staff


def staff_of(tx: Transaction) -> StaffCache:
    return tx.runtime.facts["staff"]


async def read_staff(tx: Transaction) -> Staff:
    officers = await tx.run(select(tables.officer))
    delegations = await tx.run(select(tables.delegation).where(tables.delegation.c.ended_at.is_(None)))
    policies = await tx.run(select(tables.assigning))
    return Staff(
        {row.id: officer_of(row) for row in officers},
        tuple(delegation_of(row) for row in delegations),
        {row.office: assigning_of(row) for row in policies},
    )


def officer_of(row: Row[Any]) -> RegisteredOfficer:
    roles = frozenset(Role(role) for role in row.roles)
    return RegisteredOfficer(row.id, row.name, row.office, roles, row.valid_from, row.valid_to, row.departed_at)


def delegation_of(row: Row[Any]) -> Delegation:
    return Delegation(row.id, row.principal, row.deputy, row.from_on, row.to_on, row.reason, row.ended_at)


def assigning_of(row: Row[Any]) -> Assigning:
    return Assigning(row.claim_first, row.claim_hours, tuple(_rule_of(told) for told in row.rules))


def _rule_of(told: dict[str, Any]) -> Rule:
    return Rule(Method(told["method"]), told["procedure"], told["field"], told["actor"], tuple(told["officers"]))


async def standing(tx: Transaction, claims: Claims, stands_for: str | None) -> Claims:
    """The claims that count: a colleague's, with both names, for who takes their place. Who is registered as gone does nothing here.

    Raises NotPermitted.
    """
    staff, today = await staff_of(tx).look(tx), tx.now.astimezone(VIETNAM).date()
    own = staff.officers.get(claims.id)
    if own and own.is_gone(today):
        raise NotPermitted(f"{own.name} is no longer in service here.")
    if not stands_for:
        return claims
    if (principal := staff.stands_in(claims.id, stands_for, today)) is None:
        raise NotPermitted("Nobody of this id has delegated to you today.")
    name = f"{claims.name} thay {principal.name}"
    return replace(claims, name=name, roles=principal.roles, offices=frozenset({principal.office}), mandate=False)
