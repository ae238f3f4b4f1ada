"""The moves of a case while the agency holds it, as one table; and what the desk's own moves make of its state."""

from dataclasses import dataclass
from typing import Final

from shared import law
from shared.contracts.events import DossierReturned, Event, PostalItemBooked, PostalItemDelivered, PostalItemLost, PostalItemSentBack
from shared.contracts.permissions import PERMISSIONS, Action, Role
from shared.contracts.states import State


@dataclass(frozen=True)
class Transition:
    """Where an action leads, who may take it (of the competent office), and by what right."""

    to: State
    who: frozenset[Role]
    basis: law.Source


def _kept(state: State, action: Action, basis: law.Source) -> Transition:
    return Transition(state, PERMISSIONS[action], basis)


LIFECYCLE: Final[dict[tuple[State, Action], Transition]] = {
    (State.RECEIVED, Action.TAKE_UP): Transition(State.IN_PROGRESS, PERMISSIONS[Action.TAKE_UP], law.PROCESSING),
    (State.RECEIVED, Action.TAKE_OVER_PAPERS): _kept(State.RECEIVED, Action.TAKE_OVER_PAPERS, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Action.TAKE_OVER_PAPERS): _kept(State.IN_PROGRESS, Action.TAKE_OVER_PAPERS, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Action.PASS_ON): _kept(State.IN_PROGRESS, Action.PASS_ON, law.PROCESSING),
    (State.IN_PROGRESS, Action.ISSUE_DECISION): _kept(State.IN_PROGRESS, Action.ISSUE_DECISION, law.COMPLETION),
    (State.IN_PROGRESS, Action.COMPLETE): Transition(State.COMPLETED, PERMISSIONS[Action.COMPLETE], law.COMPLETION),
    # The baton is the desk's again, but the result's papers still lie here.
    (State.COMPLETED, Action.HAND_OVER_RESULT): _kept(State.COMPLETED, Action.HAND_OVER_RESULT, law.RETURN_OF_RESULT),
}

# Facts of the desk that change the state; every other fact keeps it. A carrier's late word about a result that was
# fetched at the desk in the meantime changes nothing.
HEARD: Final[dict[tuple[State, type[Event]], State]] = {
    (State.COMPLETED, PostalItemBooked): State.IN_POST,
    (State.IN_POST, PostalItemDelivered): State.RETURNED,
    (State.IN_POST, PostalItemSentBack): State.COMPLETED,
    (State.IN_POST, PostalItemLost): State.COMPLETED,
    (State.COMPLETED, DossierReturned): State.RETURNED,
    (State.IN_POST, DossierReturned): State.RETURNED,
}


def possible_actions(state: State) -> tuple[Action, ...]:
    """What can be done in a state at all; what the case at hand allows of it is its own to say."""
    return tuple(action for (at, action) in LIFECYCLE if at is state)
