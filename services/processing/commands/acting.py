"""Whose case it is, asked before anything is done to it: of its officer, who stands in for them, and the heads of the unit."""

from dataclasses import replace

from services.processing.domain.assignment import why_not_theirs
from services.processing.domain.case import Case
from services.processing.staff import staff_of
from shared.clock import VIETNAM
from shared.contracts.permissions import Action
from shared.errors import ActionNotAllowed
from shared.officers import Officer
from shared.runtime import Transaction


async def known(tx: Transaction, case: Case) -> Case:
    """With how its office assigns."""
    staff, offices = await staff_of(tx).look(tx), await tx.runtime.facts["offices"].tree(tx)
    found = staff.assigning_of(case.offices.competent, tx.now.astimezone(VIETNAM).date(), offices)
    return replace(case, assigning=found[1] if found else None)


def taken_on(case: Case, officer: Officer, action: Action) -> Case:
    """The case for who may act on it; what they do is the work that makes a claim of theirs last. Raises ActionNotAllowed."""
    if reason := why_not(case, officer, action):
        raise ActionNotAllowed(reason, about=case)
    assigned = case.assigned
    if assigned is None or assigned.claim_ends_at is None or assigned.officer not in officer.ids:
        return case
    return replace(case, assignment=replace(assigned, claim_ends_at=None))


def why_not(case: Case, officer: Officer, action: Action) -> str | None:
    claim_first = case.assigning is not None and case.assigning.claim_first and case.current is not None
    return why_not_theirs(action, case.assigned, officer.ids, officer.roles, claim_first=claim_first)
