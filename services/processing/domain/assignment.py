"""Who has the current step of a case, how they came by it, and who else may act on it. Assignment is each office's own choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.processing.domain.workflow import Step, Steps
from shared.contracts.permissions import Action, Role


class How(StrEnum):
    """How a case came to its officer."""

    BY_HAND = "by_hand"
    BY_RULE = "by_rule"
    CLAIMED = "claimed"
    DEPARTURE = "departure"


@dataclass(frozen=True)
class Assignment:
    """`officer` has the case from `step` on; a claim lapses at `claim_ends_at` unless work is done before."""

    officer: str
    name: str
    step: int
    at: datetime
    by: str
    how: How
    claim_ends_at: datetime | None = None

    def lasts(self, steps: Steps, current: Step) -> bool:
        """While that step does, and on into steps of the same actor: the next desk's step is nobody's yet."""
        if self.step == current.number:
            return True
        given = next((step for step in steps if step.number == self.step), None)
        return given is not None and given.actor is not None and given.actor == current.actor


HEADS: Final = frozenset({Role.LEADER, Role.SUPERVISOR})
ANYBODY_S: Final = frozenset({Action.TAKE_OVER_PAPERS, Action.HAND_OVER_RESULT, Action.ASSIGN, Action.CLAIM})
"""What the clerk of the unit does, or its head, or who takes the case on: whose it is has no say in it."""


def why_not_theirs(
    action: Action, assigned: Assignment | None, ids: frozenset[str], roles: frozenset[Role], *, claim_first: bool
) -> str | None:
    """What an assignment has against an officer of the unit who wants to act. `ids`: the officer, and whose place they take."""
    if action in ANYBODY_S:
        return None
    if roles & HEADS or (assigned and assigned.officer in ids):
        return None
    if assigned:
        return f"This case is assigned to {assigned.name}; only they, who stands in for them, and the heads of the unit act on it."
    return "In this office a case is claimed before anything is done: claim it first." if claim_first else None


# ------------------------------------------------------------------------------------------------ by rule


class Method(StrEnum):
    """How a rule chooses."""

    ROUND_ROBIN = "round_robin"
    LEAST_LOADED = "least_loaded"
    LEAVE = "leave"
    """To be claimed, or assigned by hand."""


@dataclass(frozen=True)
class Rule:
    """Who gets cases of a procedure, a field, a step's actor (each: None for any). No officers named: the office's case officers."""

    method: Method
    procedure: str | None = None
    field: str | None = None
    actor: str | None = None
    officers: tuple[str, ...] = ()

    def fits(self, procedure: str, field: str | None, actor: str | None) -> bool:
        return self.procedure in (None, procedure) and self.field in (None, field) and self.actor in (None, actor)


DEFAULT_CLAIM_HOURS: Final = 8


@dataclass(frozen=True)
class Assigning:
    """How an office assigns: the first rule that fits decides. An office that says nothing works as if nobody ever assigned."""

    claim_first: bool = False
    claim_hours: int = DEFAULT_CLAIM_HOURS
    """Working hours after which a claim lapses if nothing was done."""
    rules: tuple[Rule, ...] = ()

    def rule_for(self, procedure: str, field: str | None, actor: str | None) -> int | None:
        """Its place, from 0."""
        return next((place for place, rule in enumerate(self.rules) if rule.fits(procedure, field, actor)), None)


def chosen(method: Method, candidates: Sequence[str], loads: Mapping[str, int], last: str | None) -> str | None:
    """Whose turn it is: the next after `last` in order of id, or who has least, ties in that same order. None: nobody's."""
    if method is Method.LEAVE or not candidates:
        return None
    in_turn = sorted(candidates, key=lambda officer: (last is not None and officer <= last, officer))
    return in_turn[0] if method is Method.ROUND_ROBIN else min(in_turn, key=lambda officer: loads.get(officer, 0))
