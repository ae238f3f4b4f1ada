"""Who may do what: roles by action, in one table for all three services. What does not stand here is denied.

Whether the dossier at hand lies within the caller's offices is asked besides, when it is looked at (shared/officers.py).
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a caller is; a token may name several."""

    DESK_OFFICER = "desk_officer"
    CASE_OFFICER = "case_officer"
    LEADER = "leader"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    PORTAL = "portal"


class Action(StrEnum):
    """What a caller may want to do."""

    QUOTE = "quote"
    RECEIVE = "receive"
    SUBMIT = "submit"
    ACCEPT = "accept"
    REQUEST_SUPPLEMENT = "request_supplement"
    ASK_FEE = "ask_fee"
    RECORD_PAYMENT = "record_payment"
    STATE_FEE = "state_fee"
    REDUCE_FEE = "reduce_fee"
    REFUND_FEE = "refund_fee"
    SEE_SETTLEMENTS = "see_settlements"
    SUPPLEMENT = "supplement"
    REFUSE = "refuse"
    REDIRECT = "redirect"
    WITHDRAW = "withdraw"
    SEE_DOSSIERS = "see_dossiers"
    ACCEPT_SUPPLEMENT = "accept_supplement"
    CLOSE = "close"
    AMEND = "amend"
    ADJUST = "adjust"
    ANSWER_ADJUSTMENT = "answer_adjustment"
    ANNUL = "annul"
    REPAIR = "repair"
    REQUEST_CORRECTION = "request_correction"
    HAND_OVER_PAPERS = "hand_over_papers"
    REMIND = "remind"
    TAKE_OVER_RESULT = "take_over_result"
    RETURN_RESULT = "return_result"
    POST_RESULT = "post_result"
    SEE_OFFICES = "see_offices"
    MANAGE_OFFICES = "manage_offices"
    MANAGE_CATALOGUE = "manage_catalogue"
    MANAGE_CALENDARS = "manage_calendars"

    SEE_CASES = "see_cases"
    TAKE_UP = "take_up"
    PASS_ON = "pass_on"
    PASS_BACK = "pass_back"
    REQUEST_CONSULTATION = "request_consultation"
    ANSWER_CONSULTATION = "answer_consultation"
    REQUEST_ATTENDANCE = "request_attendance"
    ADD_NOTE = "add_note"
    SEE_PROCESSES = "see_processes"
    TAKE_OVER_PAPERS = "take_over_papers"
    HAND_OVER_RESULT = "hand_over_result"
    ISSUE_DECISION = "issue_decision"
    RETURN_FOR_SUPPLEMENT = "return_for_supplement"
    REQUEST_FEE = "request_fee"
    SUSPEND = "suspend"
    RESUME = "resume"
    EXTEND = "extend"
    APOLOGISE = "apologise"
    TAKE_UP_ADJUSTMENT = "take_up_adjustment"
    DECLINE_ADJUSTMENT = "decline_adjustment"
    OPEN_CHILD = "open_child"
    COMPLETE_CHILD = "complete_child"
    SEND_BACK_CHILD = "send_back_child"
    CANCEL_CHILD = "cancel_child"
    PROPOSE_STOP = "propose_stop"
    STOP = "stop"
    REQUEST_REWORK = "request_rework"
    COMPLETE = "complete"
    ASSIGN = "assign"
    CLAIM = "claim"
    RELEASE = "release"
    DELEGATE = "delegate"
    MANAGE_ASSIGNING = "manage_assigning"
    SEE_OFFICERS = "see_officers"
    MANAGE_OFFICERS = "manage_officers"
    LET_GO = "let_go"
    CORRECT_RESULT = "correct_result"
    DECLINE_CORRECTION = "decline_correction"
    COMPUTE_DUE_DATES = "compute_due_dates"
    APPLY_CALENDAR = "apply_calendar"

    SEE_MESSAGES = "see_messages"
    RESEND_MESSAGE = "resend_message"
    SEE_TEMPLATES = "see_templates"


_DESK: Final = frozenset({Role.DESK_OFFICER, Role.SUPERVISOR})
_AGENCY: Final = frozenset({Role.CASE_OFFICER, Role.LEADER, Role.SUPERVISOR})
_STAFF: Final = frozenset(Role) - {Role.PORTAL}
_EVERYONE: Final = frozenset(Role)

PERMISSIONS: Final[dict[Action, frozenset[Role]]] = {
    Action.QUOTE: _DESK | {Role.PORTAL},
    Action.RECEIVE: _DESK,
    Action.SUBMIT: _DESK | {Role.PORTAL},
    Action.ACCEPT: _DESK,
    Action.REQUEST_SUPPLEMENT: _DESK,
    Action.ASK_FEE: _DESK,
    Action.RECORD_PAYMENT: _DESK | {Role.PORTAL},
    Action.STATE_FEE: _DESK,
    Action.REDUCE_FEE: _DESK,
    Action.REFUND_FEE: frozenset({Role.SUPERVISOR}),
    Action.SEE_SETTLEMENTS: _STAFF,
    Action.SUPPLEMENT: _DESK | {Role.PORTAL},
    Action.REFUSE: _DESK,
    Action.REDIRECT: _DESK,
    Action.WITHDRAW: _DESK | {Role.PORTAL},
    Action.SEE_DOSSIERS: _EVERYONE,
    Action.ACCEPT_SUPPLEMENT: _DESK,
    Action.CLOSE: _DESK,
    Action.AMEND: _DESK,
    Action.ADJUST: _DESK | {Role.PORTAL},
    Action.ANSWER_ADJUSTMENT: _DESK,
    Action.ANNUL: frozenset({Role.SUPERVISOR}),
    Action.REPAIR: frozenset({Role.SUPERVISOR}),
    Action.REQUEST_CORRECTION: _DESK,
    Action.HAND_OVER_PAPERS: _DESK,
    Action.REMIND: _DESK,
    Action.TAKE_OVER_RESULT: _DESK,
    Action.RETURN_RESULT: _DESK,
    Action.POST_RESULT: _DESK,
    Action.SEE_OFFICES: _EVERYONE,
    Action.MANAGE_OFFICES: frozenset({Role.ADMINISTRATOR}),
    Action.MANAGE_CATALOGUE: frozenset({Role.ADMINISTRATOR}),
    Action.MANAGE_CALENDARS: frozenset({Role.ADMINISTRATOR}),
    Action.SEE_CASES: _STAFF,
    Action.TAKE_UP: _AGENCY,
    Action.PASS_ON: _AGENCY,
    Action.PASS_BACK: _AGENCY,
    Action.REQUEST_CONSULTATION: _AGENCY,
    Action.ANSWER_CONSULTATION: _AGENCY,
    Action.REQUEST_ATTENDANCE: _AGENCY,
    Action.ADD_NOTE: _AGENCY,
    Action.SEE_PROCESSES: _EVERYONE,
    Action.TAKE_OVER_PAPERS: _AGENCY,
    Action.HAND_OVER_RESULT: _AGENCY,
    Action.ISSUE_DECISION: frozenset({Role.LEADER}),
    Action.RETURN_FOR_SUPPLEMENT: _AGENCY,
    Action.REQUEST_FEE: _AGENCY,
    Action.SUSPEND: frozenset({Role.LEADER}),
    Action.RESUME: frozenset({Role.LEADER}),
    Action.EXTEND: frozenset({Role.LEADER}),
    Action.APOLOGISE: frozenset({Role.LEADER}),
    Action.TAKE_UP_ADJUSTMENT: _AGENCY,
    Action.DECLINE_ADJUSTMENT: _AGENCY,
    Action.OPEN_CHILD: _AGENCY,
    Action.COMPLETE_CHILD: _AGENCY,
    Action.SEND_BACK_CHILD: _AGENCY,
    Action.CANCEL_CHILD: _AGENCY,
    Action.PROPOSE_STOP: _AGENCY,
    Action.STOP: frozenset({Role.LEADER}),
    Action.REQUEST_REWORK: frozenset({Role.LEADER}),
    Action.COMPLETE: _AGENCY,
    Action.ASSIGN: frozenset({Role.LEADER, Role.SUPERVISOR}),
    Action.CLAIM: _AGENCY,
    Action.RELEASE: _AGENCY,
    Action.DELEGATE: frozenset({Role.LEADER, Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Action.MANAGE_ASSIGNING: frozenset({Role.LEADER, Role.ADMINISTRATOR}),
    Action.SEE_OFFICERS: _STAFF,
    Action.MANAGE_OFFICERS: frozenset({Role.ADMINISTRATOR}),
    Action.LET_GO: frozenset({Role.LEADER, Role.ADMINISTRATOR}),
    Action.CORRECT_RESULT: _AGENCY,
    Action.DECLINE_CORRECTION: frozenset({Role.LEADER}),
    Action.COMPUTE_DUE_DATES: _EVERYONE,
    Action.APPLY_CALENDAR: frozenset({Role.ADMINISTRATOR}),
    Action.SEE_MESSAGES: _STAFF,
    Action.RESEND_MESSAGE: frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR}),
    Action.SEE_TEMPLATES: _STAFF,
}


def permitted(roles: frozenset[Role], action: Action) -> bool:
    return bool(PERMISSIONS.get(action, frozenset()) & roles)
