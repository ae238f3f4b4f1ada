"""The moves of a dossier while the desk holds it, as one table; and those of the agency, which the desk only hears of."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.intake.domain.dossier import Dossier
from shared import law
from shared.clock import VIETNAM
from shared.contracts.people import Channel
from shared.contracts.permissions import Action
from shared.contracts.states import STATES, Holder, State
from shared.errors import ActionNotAllowed


class Move(StrEnum):
    """What can happen to a dossier."""

    SUBMIT = "submit"
    RECEIVE = "receive"
    RESOLVE_ON_THE_SPOT = "resolve_on_the_spot"
    CORRECT_SUBMISSION = "correct_submission"
    ACCEPT = "accept"
    REQUEST_SUPPLEMENT = "request_supplement"
    ASK_FEE = "ask_fee"
    RECORD_PAYMENT = "record_payment"
    STATE_FEE = "state_fee"
    REDUCE_FEE = "reduce_fee"
    REFUND_FEE = "refund_fee"
    SUPPLEMENT = "supplement"
    REFUSE = "refuse"
    LAPSE = "lapse"
    REDIRECT = "redirect"
    REFER_ELSEWHERE = "refer_elsewhere"
    WITHDRAW = "withdraw"
    ACCEPT_SUPPLEMENT = "accept_supplement"
    RETURN_SUPPLEMENT = "return_supplement"
    CLOSE = "close"
    AMEND = "amend"
    PROPOSE_REPAIR = "propose_repair"
    REQUEST_ANNULMENT = "request_annulment"
    HAND_OVER_PAPERS = "hand_over_papers"
    REMIND = "remind"
    TAKE_OVER_RESULT = "take_over_result"
    RETURN_AT_DESK = "return_at_desk"
    DELIVER_ONLINE = "deliver_online"
    POST = "post"
    DELIVERED_BY_POST = "delivered_by_post"
    SENT_BACK = "sent_back"
    LOST_IN_POST = "lost_in_post"
    MARK_UNCLAIMED = "mark_unclaimed"
    ASK_WITHDRAWAL = "ask_withdrawal"
    ASK_ADJUSTMENT = "ask_adjustment"
    TAKE_UP_ADJUSTMENT = "take_up_adjustment"
    DECLINE_ADJUSTMENT = "decline_adjustment"
    GIVE_BACK = "give_back"
    REQUEST_CORRECTION = "request_correction"
    RETURN_CORRECTED = "return_corrected"
    # Heard from the agency, which holds the baton then.
    WITHDRAWN = "withdrawn"
    STOP = "stop"
    TAKE_UP = "take_up"
    ANNUL = "annul"
    RETURN_FOR_SUPPLEMENT = "return_for_supplement"
    AWAIT_FEE = "await_fee"
    SETTLE_FEE = "settle_fee"
    SUSPEND = "suspend"
    RESUME = "resume"
    COMPLETE = "complete"


@dataclass(frozen=True)
class Step:
    """Where a move leads, and by what right."""

    to: State
    basis: law.Source


WHO: Final[dict[Move, Action]] = {
    Move.SUBMIT: Action.SUBMIT,
    Move.RECEIVE: Action.RECEIVE,
    Move.RESOLVE_ON_THE_SPOT: Action.RECEIVE,
    Move.CORRECT_SUBMISSION: Action.SUBMIT,
    Move.ACCEPT: Action.ACCEPT,
    Move.REQUEST_SUPPLEMENT: Action.REQUEST_SUPPLEMENT,
    Move.ASK_FEE: Action.ASK_FEE,
    Move.RECORD_PAYMENT: Action.RECORD_PAYMENT,
    Move.STATE_FEE: Action.STATE_FEE,
    Move.REDUCE_FEE: Action.REDUCE_FEE,
    Move.REFUND_FEE: Action.REFUND_FEE,
    Move.SUPPLEMENT: Action.SUPPLEMENT,
    Move.REFUSE: Action.REFUSE,
    Move.LAPSE: Action.CLOSE,
    Move.REDIRECT: Action.REDIRECT,
    Move.REFER_ELSEWHERE: Action.REDIRECT,
    Move.WITHDRAW: Action.WITHDRAW,
    Move.ACCEPT_SUPPLEMENT: Action.ACCEPT_SUPPLEMENT,
    Move.RETURN_SUPPLEMENT: Action.ACCEPT_SUPPLEMENT,
    Move.CLOSE: Action.CLOSE,
    Move.AMEND: Action.AMEND,
    Move.PROPOSE_REPAIR: Action.REPAIR,
    Move.ASK_WITHDRAWAL: Action.WITHDRAW,
    Move.ASK_ADJUSTMENT: Action.ADJUST,
    Move.TAKE_UP_ADJUSTMENT: Action.ANSWER_ADJUSTMENT,
    Move.DECLINE_ADJUSTMENT: Action.ANSWER_ADJUSTMENT,
    Move.REQUEST_ANNULMENT: Action.ANNUL,
    Move.HAND_OVER_PAPERS: Action.HAND_OVER_PAPERS,
    Move.REMIND: Action.REMIND,
    Move.TAKE_OVER_RESULT: Action.TAKE_OVER_RESULT,
    Move.RETURN_AT_DESK: Action.RETURN_RESULT,
    Move.DELIVER_ONLINE: Action.RETURN_RESULT,
    Move.POST: Action.POST_RESULT,
    Move.REQUEST_CORRECTION: Action.REQUEST_CORRECTION,
    Move.RETURN_CORRECTED: Action.RETURN_RESULT,
}
"""What a caller must be allowed to do to make the move. The others are the carrier's, the clock's, or the agency's to tell of."""


WITHOUT_RESULT: Final = frozenset(state for state, meaning in STATES.items() if meaning.terminal and state is not State.RETURNED)
"""Ended, and nothing is to be paid for it any more; what was paid may be given back."""

FEES_STAY: Final[dict[tuple[State | None, Move], Step]] = {
    (state, move): Step(state, law.FEES)
    for state in State
    for move in (Move.RECORD_PAYMENT, Move.STATE_FEE, Move.REDUCE_FEE, Move.REFUND_FEE)
    if move is Move.REFUND_FEE or state not in WITHOUT_RESULT
}
"""Money comes and goes in every state, and mostly leaves it."""
AT_THE_AGENCY: Final = tuple(state for state, meaning in STATES.items() if meaning.holder is Holder.AGENCY)


LIFECYCLE: Final[dict[tuple[State | None, Move], Step]] = {
    **FEES_STAY,
    (State.SUBMITTED, Move.ASK_FEE): Step(State.INTAKE_FEE, law.FEES),
    # Once nothing is awaited any more of what was asked for; until then it waits on.
    (State.INTAKE_FEE, Move.RECORD_PAYMENT): Step(State.SUBMITTED, law.FEES),
    (State.INTAKE_FEE, Move.REDUCE_FEE): Step(State.SUBMITTED, law.FEES),
    (State.INTAKE_FEE, Move.CORRECT_SUBMISSION): Step(State.SUBMITTED, law.SUBMISSION),
    (State.INTAKE_FEE, Move.REFUSE): Step(State.NOT_ACCEPTED, law.REFUSAL_AT_RECEPTION),
    (State.INTAKE_FEE, Move.WITHDRAW): Step(State.WITHDRAWN, law.WITHDRAWAL),
    (None, Move.SUBMIT): Step(State.SUBMITTED, law.SUBMISSION),
    (None, Move.RECEIVE): Step(State.RECEIVED, law.RECEPTION),
    (None, Move.RESOLVE_ON_THE_SPOT): Step(State.RETURNED, law.ON_THE_SPOT),
    (State.SUBMITTED, Move.CORRECT_SUBMISSION): Step(State.SUBMITTED, law.SUBMISSION),
    (State.SUBMITTED, Move.ACCEPT): Step(State.RECEIVED, law.RECEPTION),
    (State.SUBMITTED, Move.REQUEST_SUPPLEMENT): Step(State.INTAKE_SUPPLEMENT, law.SUPPLEMENT_BEFORE_ACCEPTANCE),
    (State.INTAKE_SUPPLEMENT, Move.SUPPLEMENT): Step(State.SUBMITTED, law.SUPPLEMENT_BEFORE_ACCEPTANCE),
    (State.SUBMITTED, Move.REFUSE): Step(State.NOT_ACCEPTED, law.REFUSAL_AT_RECEPTION),
    (State.INTAKE_SUPPLEMENT, Move.REFUSE): Step(State.NOT_ACCEPTED, law.REFUSAL_AT_RECEPTION),
    (State.INTAKE_SUPPLEMENT, Move.LAPSE): Step(State.NOT_ACCEPTED, law.LAPSED_SUBMISSION),
    (State.SUBMITTED, Move.REDIRECT): Step(State.SUBMITTED, law.REDIRECTION),
    (State.SUBMITTED, Move.REFER_ELSEWHERE): Step(State.NOT_ACCEPTED, law.REDIRECTION),
    (State.SUBMITTED, Move.WITHDRAW): Step(State.WITHDRAWN, law.WITHDRAWAL),
    (State.INTAKE_SUPPLEMENT, Move.WITHDRAW): Step(State.WITHDRAWN, law.WITHDRAWAL),
    (State.RECEIVED, Move.HAND_OVER_PAPERS): Step(State.RECEIVED, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Move.HAND_OVER_PAPERS): Step(State.IN_PROGRESS, law.HAND_OVER_OF_PAPERS),
    (State.COMPLETED, Move.TAKE_OVER_RESULT): Step(State.COMPLETED, law.RETURN_OF_RESULT),
    (State.COMPLETED, Move.RETURN_AT_DESK): Step(State.RETURNED, law.RETURN_OF_RESULT),
    (State.COMPLETED, Move.DELIVER_ONLINE): Step(State.RETURNED, law.ELECTRONIC_RESULT),
    (State.COMPLETED, Move.POST): Step(State.IN_POST, law.RESULT_BY_POST),
    (State.COMPLETED, Move.MARK_UNCLAIMED): Step(State.UNCLAIMED, law.UNCLAIMED_RESULT),
    (State.UNCLAIMED, Move.RETURN_AT_DESK): Step(State.RETURNED, law.RETURN_OF_RESULT),
    (State.UNCLAIMED, Move.DELIVER_ONLINE): Step(State.RETURNED, law.ELECTRONIC_RESULT),
    (State.UNCLAIMED, Move.POST): Step(State.IN_POST, law.RESULT_BY_POST),
    (State.IN_POST, Move.DELIVERED_BY_POST): Step(State.RETURNED, law.RESULT_BY_POST),
    (State.IN_POST, Move.SENT_BACK): Step(State.COMPLETED, law.FAILED_DELIVERY),
    (State.IN_POST, Move.LOST_IN_POST): Step(State.COMPLETED, law.FAILED_DELIVERY),
    # A wish: the agency, which has it in hand, takes it up or declines it.
    (State.RECEIVED, Move.REQUEST_ANNULMENT): Step(State.RECEIVED, law.ANNULMENT),
    (State.RECEIVED, Move.ANNUL): Step(State.ANNULLED, law.ANNULMENT),
    # A result that is wrong, or was lost, is made once more; the dossier stays where it is.
    **{
        (state, Move.REQUEST_CORRECTION): Step(state, law.CORRECTION)
        for state in (State.COMPLETED, State.UNCLAIMED, State.IN_POST, State.RETURNED)
    },
    **{(state, Move.TAKE_OVER_RESULT): Step(state, law.RETURN_OF_RESULT) for state in (State.UNCLAIMED, State.IN_POST, State.RETURNED)},
    (State.RETURNED, Move.RETURN_CORRECTED): Step(State.RETURNED, law.CORRECTION),
    (State.RECEIVED, Move.TAKE_UP): Step(State.IN_PROGRESS, law.PROCESSING),
    (State.RECEIVED, Move.RETURN_FOR_SUPPLEMENT): Step(State.AWAITING_SUPPLEMENT, law.RESTART_AFTER_SUPPLEMENT),
    (State.IN_PROGRESS, Move.RETURN_FOR_SUPPLEMENT): Step(State.AWAITING_SUPPLEMENT, law.RESTART_AFTER_SUPPLEMENT),
    (State.AWAITING_SUPPLEMENT, Move.SUPPLEMENT): Step(State.AWAITING_SUPPLEMENT, law.RESTART_AFTER_SUPPLEMENT),
    (State.AWAITING_SUPPLEMENT, Move.ACCEPT_SUPPLEMENT): Step(State.IN_PROGRESS, law.RESTART_AFTER_SUPPLEMENT),
    (State.AWAITING_SUPPLEMENT, Move.RETURN_SUPPLEMENT): Step(State.AWAITING_SUPPLEMENT, law.RESTART_AFTER_SUPPLEMENT),
    (State.AWAITING_SUPPLEMENT, Move.CLOSE): Step(State.STOPPED, law.SUPPLEMENT_WITHIN),
    (State.IN_PROGRESS, Move.AWAIT_FEE): Step(State.AWAITING_FEE, law.FEE_DURING_PROCESSING),
    (State.AWAITING_FEE, Move.SETTLE_FEE): Step(State.IN_PROGRESS, law.FEE_DURING_PROCESSING),
    (State.AWAITING_FEE, Move.RETURN_FOR_SUPPLEMENT): Step(State.AWAITING_SUPPLEMENT, law.RESTART_AFTER_SUPPLEMENT),
    (State.AWAITING_FEE, Move.HAND_OVER_PAPERS): Step(State.AWAITING_FEE, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Move.SUSPEND): Step(State.SUSPENDED, law.SUSPENSION),
    (State.SUSPENDED, Move.RESUME): Step(State.IN_PROGRESS, law.SUSPENSION),
    (State.SUSPENDED, Move.HAND_OVER_PAPERS): Step(State.SUSPENDED, law.HAND_OVER_OF_PAPERS),
    (State.IN_PROGRESS, Move.COMPLETE): Step(State.COMPLETED, law.COMPLETION),
    **{(state, Move.ASK_WITHDRAWAL): Step(state, law.WITHDRAWAL) for state in AT_THE_AGENCY},
    **{(state, Move.WITHDRAWN): Step(State.WITHDRAWN, law.WITHDRAWAL) for state in AT_THE_AGENCY},
    (State.AWAITING_SUPPLEMENT, Move.WITHDRAW): Step(State.WITHDRAWN, law.WITHDRAWAL),
    **{(state, Move.ASK_ADJUSTMENT): Step(state, law.ADJUSTMENT) for state in (*AT_THE_AGENCY, State.AWAITING_SUPPLEMENT)},
    (State.AWAITING_SUPPLEMENT, Move.TAKE_UP_ADJUSTMENT): Step(State.AWAITING_SUPPLEMENT, law.ADJUSTMENT),
    (State.AWAITING_SUPPLEMENT, Move.DECLINE_ADJUSTMENT): Step(State.AWAITING_SUPPLEMENT, law.ADJUSTMENT),
    **{(state, Move.STOP): Step(State.STOPPED, law.STOPPED_BY_LAW) for state in AT_THE_AGENCY if state is not State.RECEIVED},
    (State.COMPLETED, Move.GIVE_BACK): Step(State.IN_PROGRESS, law.REWORK),
    (State.UNCLAIMED, Move.GIVE_BACK): Step(State.IN_PROGRESS, law.REWORK),
    **{(state, Move.REMIND): Step(state, law.REMINDER) for state, meaning in STATES.items() if meaning.holder is Holder.AGENCY},
    # Proposed here of what the desk has, or ended; where it leads back to is for the journal to say (shared/repairs.py).
    **{(state, Move.PROPOSE_REPAIR): Step(state, law.REPAIR) for state in STATES if STATES[state].holder is not Holder.AGENCY},
    # People and how they want the result are the desk's to keep, whoever has the dossier in hand: its state stays.
    **{(state, Move.AMEND): Step(state, law.AMENDMENT) for state, meaning in STATES.items() if not meaning.terminal},
}


HEARD: Final = frozenset(
    {
        Move.WITHDRAWN,
        Move.STOP,
        Move.ANNUL,
        Move.TAKE_UP,
        Move.RETURN_FOR_SUPPLEMENT,
        Move.AWAIT_FEE,
        Move.SETTLE_FEE,
        Move.SUSPEND,
        Move.RESUME,
        Move.COMPLETE,
    }
)
"""Moves the agency makes: possible, but not the desk's to make."""


def possible_moves(dossier: Dossier) -> tuple[Move, ...]:
    """What people can do with it now. Where a repair would lead only the journal says: it has a list of its own."""
    asked = (move for (at, move) in LIFECYCLE if at is dossier.state and move in WHO and move is not Move.PROPOSE_REPAIR)
    return tuple(move for move in asked if not why_not(dossier, move))


def beginning(move: Move) -> State:
    """Where a dossier begins its life."""
    return LIFECYCLE[None, move].to


def next_state(dossier: Dossier, move: Move) -> State:
    """Where `move` leads. Raises ActionNotAllowed, which says what is possible instead."""
    if (step := LIFECYCLE.get((dossier.state, move))) is None:
        detail = f"{str(move).replace('_', ' ').capitalize()} is not possible while the dossier is {dossier.state}."
        raise ActionNotAllowed(detail, about=dossier)
    if reason := why_not(dossier, move):
        raise ActionNotAllowed(reason, about=dossier)
    return step.to


def received_today(dossier: Dossier) -> bool:
    """Source: law.ANNULMENT."""
    if dossier.accepted_at is None or dossier.looked_at is None:
        return dossier.accepted_at is not None
    return dossier.accepted_at.astimezone(VIETNAM).date() == dossier.looked_at.astimezone(VIETNAM).date()


def reminded_today(dossier: Dossier) -> bool:
    """Source: law.REMINDER."""
    if dossier.reminded_at is None or dossier.looked_at is None:
        return False
    return dossier.reminded_at.astimezone(VIETNAM).date() == dossier.looked_at.astimezone(VIETNAM).date()


def why_not(dossier: Dossier, move: Move) -> str | None:
    """What the facts of this dossier have against a move that its state allows."""
    match move:
        case Move.REQUEST_SUPPLEMENT if dossier.supplement_asked:
            return "A supplement was asked for before; the law allows it once. Accept the submission, or refuse it with the reason."
        case Move.CORRECT_SUBMISSION if dossier.national_code is None:
            return "It was not pushed by a portal; correct it at the desk."
        case Move.ACCEPT_SUPPLEMENT | Move.RETURN_SUPPLEMENT if dossier.supplement_sent_at is None:
            return "Nothing has come yet of what was asked for; record it first."
        case Move.CLOSE if dossier.closing_proposed_at is None:
            return "The time for the supplement is not over; it is closed when nothing complete has come by then."
        case Move.LAPSE if dossier.closing_proposed_at is None:
            return "The time to complete it is not over; until then it may be refused with a reason, or waits."
        case Move.CLOSE if dossier.supplement_sent_at:
            return "Papers have come: accept them, or say that they are not all, before the dossier is closed."
        case Move.RECORD_PAYMENT if not dossier.fee_owed:
            return "Nothing is owed: everything is paid, waived, or not stated yet."
        case Move.STATE_FEE | Move.REDUCE_FEE if not (dossier.fee_owed or dossier.fee_unstated):
            return "No line of fees is open."
        case Move.REFUND_FEE if not dossier.fee_net:
            return "Nothing was paid that could be given back."
        case Move.REQUEST_ANNULMENT if dossier.annulment_asked_at:
            return "The agency was asked to annul it; its answer is on the way."
        case Move.REQUEST_ANNULMENT if not received_today(dossier):
            return "A reception is undone on the day of it; from the next day on the applicant may withdraw the dossier."
        case Move.REMIND if reminded_today(dossier):
            return "The agency was reminded of this dossier today; once a day is enough."
        case Move.GIVE_BACK if dossier.is_being_corrected:
            return "The result is being made once more: the agency has it already."
        case Move.REQUEST_CORRECTION if dossier.is_being_corrected:
            return "The result is being made once more already."
        case Move.TAKE_OVER_RESULT | Move.RETURN_AT_DESK | Move.DELIVER_ONLINE | Move.POST if dossier.is_being_corrected:
            return "The result is being made once more: the agency brings the right one."
        case Move.TAKE_OVER_RESULT if dossier.state in (State.IN_POST, State.RETURNED) and not dossier.corrected_is_owed:
            return "The result has left the desk, and no other one was made."
        case Move.RETURN_CORRECTED if not dossier.corrected_is_owed:
            return "No corrected result is owed."
        case Move.TAKE_OVER_RESULT if dossier.result_at_desk_at:
            return "The result is at the desk already."
        case Move.RETURN_AT_DESK | Move.POST if dossier.result_at_desk_at is None:
            return "The result is not at the desk yet; take it over from the agency first."
        case Move.ASK_WITHDRAWAL if dossier.withdrawal_asked_at:
            return "The withdrawal was asked for already; the agency has not answered yet."
        case Move.ASK_WITHDRAWAL | Move.ASK_ADJUSTMENT if dossier.decision:
            signed = dossier.decision
            return f"The decision was issued already: number {signed.number} of {signed.signed_on.isoformat()}."
        case Move.ASK_ADJUSTMENT if dossier.channel is not Channel.ONLINE:
            return "Only what was filed online is adjusted; for a slip of the pen there is the amendment."
        case Move.ASK_ADJUSTMENT if dossier.adjustment_asked:
            return "An adjustment was asked for already and is not answered yet."
        case Move.TAKE_UP_ADJUSTMENT | Move.DECLINE_ADJUSTMENT if dossier.adjustment_asked is None:
            return "The applicant has not asked for a change."
        case Move.GIVE_BACK if dossier.delivered_online_at:
            return "The electronic result was delivered already."
        case Move.DELIVER_ONLINE if dossier.delivered_online_at:
            return "The electronic result was delivered already."
        case _:
            return None
