"""The moves of a case while the agency holds it, as one table; and what the desk's own moves make of its state."""

from dataclasses import dataclass
from typing import Final

from shared import law
from shared.contracts.events import (
    AnnulmentRequested,
    DossierReturned,
    DossierStopped,
    DossierWithdrawn,
    Event,
    FeePaid,
    FeeReduced,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemLost,
    PostalItemSentBack,
    ResultUnclaimed,
    ReworkGranted,
    SupplementAccepted,
    WithdrawalRequested,
)
from shared.contracts.permissions import PERMISSIONS, Action, Role
from shared.contracts.states import STATES, DeadlineClock, Holder, State


@dataclass(frozen=True)
class Transition:
    """Where an action leads, who may take it (of the competent office), and by what right."""

    to: State
    who: frozenset[Role]
    basis: law.Source


def _kept(state: State, action: Action, basis: law.Source) -> Transition:
    return Transition(state, PERMISSIONS[action], basis)


# Who has a case is the unit's own affair, whatever else happens to it; while the desk waits for papers its head may still see to it.
_HELD: Final = [state for state, meaning in STATES.items() if meaning.holder is Holder.AGENCY]
_OPEN: Final = [state for state, meaning in STATES.items() if meaning.clock in {DeadlineClock.RUNS, DeadlineClock.STOPPED}]
_WHOSE: Final = [(state, action) for state in _HELD for action in (Action.ASSIGN, Action.CLAIM, Action.RELEASE)]

LIFECYCLE: Final[dict[tuple[State, Action], Transition]] = {
    (State.RECEIVED, Action.TAKE_UP): Transition(State.IN_PROGRESS, PERMISSIONS[Action.TAKE_UP], law.PROCESSING),
    (State.RECEIVED, Action.TAKE_OVER_PAPERS): _kept(State.RECEIVED, Action.TAKE_OVER_PAPERS, law.HAND_OVER_OF_PAPERS),
    (State.SUSPENDED, Action.TAKE_OVER_PAPERS): _kept(State.SUSPENDED, Action.TAKE_OVER_PAPERS, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Action.TAKE_OVER_PAPERS): _kept(State.IN_PROGRESS, Action.TAKE_OVER_PAPERS, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Action.PASS_ON): _kept(State.IN_PROGRESS, Action.PASS_ON, law.PROCESSING),
    (State.IN_PROGRESS, Action.PASS_BACK): _kept(State.IN_PROGRESS, Action.PASS_BACK, law.PROCESS_AS_PUBLISHED),
    (State.IN_PROGRESS, Action.REQUEST_CONSULTATION): _kept(State.IN_PROGRESS, Action.REQUEST_CONSULTATION, law.CONSULTATION),
    (State.IN_PROGRESS, Action.OPEN_CHILD): _kept(State.IN_PROGRESS, Action.OPEN_CHILD, law.INTERLINKED),
    # What other offices were asked for they answer as long as the case is open, whoever has the baton and whatever its clock does.
    **{
        (state, action): _kept(state, action, law.INTERLINKED)
        for state in _OPEN
        for action in (Action.COMPLETE_CHILD, Action.SEND_BACK_CHILD, Action.CANCEL_CHILD)
    },
    **{(state, Action.ANSWER_CONSULTATION): _kept(state, Action.ANSWER_CONSULTATION, law.CONSULTATION) for state in _OPEN},
    (State.IN_PROGRESS, Action.REQUEST_ATTENDANCE): _kept(State.IN_PROGRESS, Action.REQUEST_ATTENDANCE, law.ATTENDANCE),
    (State.SUSPENDED, Action.REQUEST_ATTENDANCE): _kept(State.SUSPENDED, Action.REQUEST_ATTENDANCE, law.ATTENDANCE),
    (State.IN_PROGRESS, Action.ISSUE_DECISION): _kept(State.IN_PROGRESS, Action.ISSUE_DECISION, law.COMPLETION),
    (State.RECEIVED, Action.RETURN_FOR_SUPPLEMENT): Transition(
        State.AWAITING_SUPPLEMENT, PERMISSIONS[Action.RETURN_FOR_SUPPLEMENT], law.RESTART_AFTER_SUPPLEMENT
    ),
    (State.IN_PROGRESS, Action.RETURN_FOR_SUPPLEMENT): Transition(
        State.AWAITING_SUPPLEMENT, PERMISSIONS[Action.RETURN_FOR_SUPPLEMENT], law.RESTART_AFTER_SUPPLEMENT
    ),
    (State.AWAITING_FEE, Action.RETURN_FOR_SUPPLEMENT): Transition(
        State.AWAITING_SUPPLEMENT, PERMISSIONS[Action.RETURN_FOR_SUPPLEMENT], law.RESTART_AFTER_SUPPLEMENT
    ),
    (State.IN_PROGRESS, Action.REQUEST_FEE): Transition(State.AWAITING_FEE, PERMISSIONS[Action.REQUEST_FEE], law.FEE_DURING_PROCESSING),
    (State.AWAITING_FEE, Action.TAKE_OVER_PAPERS): _kept(State.AWAITING_FEE, Action.TAKE_OVER_PAPERS, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Action.SUSPEND): Transition(State.SUSPENDED, PERMISSIONS[Action.SUSPEND], law.SUSPENSION),
    (State.SUSPENDED, Action.RESUME): Transition(State.IN_PROGRESS, PERMISSIONS[Action.RESUME], law.SUSPENSION),
    **{(state, Action.EXTEND): _kept(state, Action.EXTEND, law.APPOINTED_ONCE_MORE) for state in _HELD},
    # The promise is the agency's, and stands in the case, also while the desk waits for papers.
    **{(state, Action.APOLOGISE): _kept(state, Action.APOLOGISE, law.LATE_APOLOGY) for state in _OPEN},
    **{
        (state, action): _kept(state, action, law.ADJUSTMENT)
        for state in _HELD
        for action in (Action.TAKE_UP_ADJUSTMENT, Action.DECLINE_ADJUSTMENT)
    },
    **{
        (state, Action.PROPOSE_STOP): _kept(state, Action.PROPOSE_STOP, law.STOPPED_BY_LAW)
        for state in (State.IN_PROGRESS, State.AWAITING_FEE, State.SUSPENDED)
    },
    **{
        (state, Action.STOP): Transition(State.STOPPED, PERMISSIONS[Action.STOP], law.STOPPED_BY_LAW)
        for state in (State.IN_PROGRESS, State.AWAITING_FEE, State.SUSPENDED)
    },
    (State.COMPLETED, Action.REQUEST_REWORK): _kept(State.COMPLETED, Action.REQUEST_REWORK, law.REWORK),
    (State.UNCLAIMED, Action.REQUEST_REWORK): _kept(State.UNCLAIMED, Action.REQUEST_REWORK, law.REWORK),
    (State.IN_PROGRESS, Action.COMPLETE): Transition(State.COMPLETED, PERMISSIONS[Action.COMPLETE], law.COMPLETION),
    # The baton is the desk's again, but the result's papers still lie here.
    (State.COMPLETED, Action.HAND_OVER_RESULT): _kept(State.COMPLETED, Action.HAND_OVER_RESULT, law.RETURN_OF_RESULT),
    # Proposed here of what the agency has, or ended; where it leads back to is for the journal to say (shared/repairs.py).
    **{(state, Action.REPAIR): _kept(state, Action.REPAIR, law.REPAIR) for state in STATES if STATES[state].holder is not Holder.DESK},
    (State.AWAITING_SUPPLEMENT, Action.ASSIGN): _kept(State.AWAITING_SUPPLEMENT, Action.ASSIGN, law.ASSIGNMENT),
    **{(state, action): _kept(state, action, law.ASSIGNMENT) for state, action in _WHOSE},
    # So may those of a result that was made once more, wherever the dossier is by then.
    **{
        (state, action): _kept(state, action, law.CORRECTION)
        for state in (State.COMPLETED, State.UNCLAIMED, State.IN_POST, State.RETURNED)
        for action in (Action.CORRECT_RESULT, Action.DECLINE_CORRECTION, Action.HAND_OVER_RESULT)
        if (state, action) != (State.COMPLETED, Action.HAND_OVER_RESULT)
    },
}


@dataclass(frozen=True)
class Granted:
    """Where a wish of the desk's side leads if it comes in time, and by what right."""

    to: State
    basis: law.Source


# Wishes and money across the baton. In any other state the wish is declined, and money only noted: what the case row said first is
# what counts.
ASKED: Final[dict[tuple[State, type[Event]], Granted]] = {
    (State.RECEIVED, AnnulmentRequested): Granted(State.ANNULLED, law.ANNULMENT),
    (State.AWAITING_FEE, FeePaid): Granted(State.IN_PROGRESS, law.FEE_DURING_PROCESSING),
    (State.AWAITING_FEE, FeeReduced): Granted(State.IN_PROGRESS, law.FEE_DURING_PROCESSING),
    (State.RECEIVED, WithdrawalRequested): Granted(State.WITHDRAWN, law.WITHDRAWAL),
    (State.IN_PROGRESS, WithdrawalRequested): Granted(State.WITHDRAWN, law.WITHDRAWAL),
    (State.AWAITING_FEE, WithdrawalRequested): Granted(State.WITHDRAWN, law.WITHDRAWAL),
    (State.SUSPENDED, WithdrawalRequested): Granted(State.WITHDRAWN, law.WITHDRAWAL),
}

# Facts of the desk that change the state; every other fact keeps it. A carrier's late word about a result that was
# fetched at the desk in the meantime changes nothing.
HEARD: Final[dict[tuple[State, type[Event]], State]] = {
    (State.AWAITING_SUPPLEMENT, SupplementAccepted): State.IN_PROGRESS,
    (State.AWAITING_SUPPLEMENT, DossierStopped): State.STOPPED,
    (State.AWAITING_SUPPLEMENT, DossierWithdrawn): State.WITHDRAWN,
    (State.COMPLETED, ReworkGranted): State.IN_PROGRESS,
    (State.UNCLAIMED, ReworkGranted): State.IN_PROGRESS,
    (State.COMPLETED, PostalItemBooked): State.IN_POST,
    (State.COMPLETED, ResultUnclaimed): State.UNCLAIMED,
    (State.UNCLAIMED, PostalItemBooked): State.IN_POST,
    (State.UNCLAIMED, DossierReturned): State.RETURNED,
    (State.IN_POST, PostalItemDelivered): State.RETURNED,
    (State.IN_POST, PostalItemSentBack): State.COMPLETED,
    (State.IN_POST, PostalItemLost): State.COMPLETED,
    (State.COMPLETED, DossierReturned): State.RETURNED,
    (State.IN_POST, DossierReturned): State.RETURNED,
}


def possible_actions(state: State) -> tuple[Action, ...]:
    """What can be done in a state at all; what the case at hand allows of it is its own to say.

    Where a repair would lead only the journal says: it has a list of its own.
    """
    return tuple(action for (at, action) in LIFECYCLE if at is state and action is not Action.REPAIR)
