"""Who may act on a case now, asked before anything is done to it, and before it is offered: its officer, who stands in for them, and the
heads of the unit; what is out of the ordinary, a supervisor; what takes two people, not who was the first of them.
"""

from dataclasses import replace

from services.processing.commands.hearing import counting_of
from services.processing.domain.assignment import why_not_theirs
from services.processing.domain.case import Case, why_irregular, why_not_alone
from services.processing.staff import staff_of
from shared.clock import VIETNAM
from shared.contracts.permissions import Action, Role
from shared.errors import ActionNotAllowed
from shared.officers import Officer
from shared.runtime import Transaction


async def known(tx: Transaction, case: Case) -> Case:
    """With how its office assigns, and until when what has a time of its own is in time. Raises Later."""
    counting = await counting_of(tx, case)
    staff, offices = await staff_of(tx).look(tx), await tx.runtime.facts["offices"].tree(tx)
    found = staff.assigning_of(case.offices.competent, tx.now.astimezone(VIETNAM).date(), offices)
    return replace(
        case,
        assigning=found[1] if found else None,
        looked_at=tx.now,
        notice_until=counting.notice_until(case.accepted_at),
        extended_until=counting.apology_due_at(case.appointment_at),
    )


def taken_on(case: Case, officer: Officer, action: Action) -> Case:
    """The case for who may act on it; what they do is the work that makes a claim of theirs last. Raises ActionNotAllowed."""
    if reason := why_not(case, officer, action):
        raise ActionNotAllowed(reason, about=case)
    assigned = case.assigned
    if assigned is None or assigned.claim_ends_at is None or assigned.officer not in officer.ids:
        return case
    return replace(case, assignment=replace(assigned, claim_ends_at=None))


def why_not(case: Case, officer: Officer, action: Action) -> str | None:
    irregular = None if Role.SUPERVISOR in officer.roles else why_irregular(case, action)
    if reason := irregular or why_not_alone(case, action, officer.id):
        return reason
    claim_first = case.assigning is not None and case.assigning.claim_first and case.current is not None
    return why_not_theirs(action, case.assigned, officer.ids, officer.roles, claim_first=claim_first)
