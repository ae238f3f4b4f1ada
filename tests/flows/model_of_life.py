"""A simple model of the life of a dossier, written down beside the services and not read from them: who may do what when, and where
it leads. It looks at what the service that decides shows of the dossier, and knows nothing of how it is kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from shared.clock import VIETNAM
from shared.working_time import Calendar, TimeLimit, Unit, apology_due_at, due
from tests.builders import OFFICIAL_CALENDAR

CALENDAR: Final = Calendar.parse(OFFICIAL_CALENDAR.read_text("utf-8"))
NOTICE: Final = TimeLimit(Decimal(3), Unit.WORKING_DAY)

LIMITS: Final = {
    "LIFE-1": TimeLimit(Decimal(3), Unit.WORKING_DAY),
    "LIFE-2": TimeLimit(Decimal(4), Unit.WORKING_DAY),
    "LIFE-3": TimeLimit(Decimal(10), Unit.DAY),
}

View = Mapping[str, Any]


@dataclass(frozen=True)
class Actor:
    """Somebody with a token at one service."""

    name: str
    roles: frozenset[str]
    office: str
    mandate: bool = False

    @property
    def subject(self) -> str:
        """As the development issuer names them."""
        return f"{','.join(sorted(self.roles))}@{self.office}:{self.name}"

    def sees(self, *offices: str) -> bool:
        return any(office == self.office or office.startswith(f"{self.office}.") for office in offices)


@dataclass(frozen=True)
class Moment:
    """What a rule looks at: the dossier as the service that decides shows it, who wants to act, and when."""

    view: View
    actor: Actor
    now: datetime

    def __getattr__(self, name: str) -> Any:
        return self.view[name]

    @property
    def supervisor(self) -> bool:
        return "supervisor" in self.actor.roles

    def today(self, instant: str | None) -> bool:
        return instant is not None and at(instant).date() == self.now.astimezone(VIETNAM).date()


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(VIETNAM)


Against = Callable[[Moment], Any]


def nothing(_moment: Moment) -> bool:
    return False


@dataclass(frozen=True)
class Rule:
    """In which states somebody may make a move, where it leads (None: the state stays), and what facts forbid it."""

    states: frozenset[str]
    to: str | None
    roles: frozenset[str]
    against: Against = nothing
    from_any_side: bool = False
    """What the applicant brings, to a desk or through the portal; it needs no version."""
    sides: tuple[str, ...] = ("receiving", "returning")
    of: Callable[[Moment], list[Any]] | None = None
    """What it ends, each of an office that was asked for it: it is that office's to do."""

    def leads(self, state: str) -> str:
        return self.to or state


def states(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ------------------------------------------------------------------------------------------------ states

AT_THE_AGENCY: Final = states("received in_progress awaiting_fee suspended")
WITH_RESULT: Final = states("completed unclaimed in_post returned")
BEFORE_ACCEPTANCE: Final = states("submitted intake_supplement intake_fee")
COUNTED: Final = AT_THE_AGENCY | {"awaiting_supplement"}
STOPS: Final[dict[str, frozenset[str]]] = {
    "suspension": states("suspended"),
    "supplement": states("awaiting_supplement"),
    "fee": states("awaiting_fee"),
    "not_counted": states("in_progress awaiting_fee"),
}
"""In which states the clock may stand for what."""
MUST_STAND: Final = states("suspended awaiting_supplement")
NOTHING_IS_OWED: Final = states("not_accepted withdrawn stopped annulled")
OPEN: Final = BEFORE_ACCEPTANCE | AT_THE_AGENCY | states("awaiting_supplement completed unclaimed in_post")
CLOSED: Final = states("returned withdrawn stopped")
"""Ended, annulled ones aside: those count nowhere."""
EVER: Final = OPEN | CLOSED | NOTHING_IS_OWED

# ------------------------------------------------------------------------------------------------ the desk

DESK: Final = states("desk_officer supervisor")
APPLICANT_S: Final = DESK | {"portal"}


def being_made_anew(m: Moment) -> bool:
    task = m.correction
    return bool(task) and not (task["done_at"] or task["declined_at"])


def new_one_is_owed(m: Moment) -> bool:
    task = m.correction
    return bool(task) and bool(task["done_at"]) and not task["returned_at"]


def _result_cannot_come(m: Moment) -> Any:
    gone = m.state in ("in_post", "returned") and not new_one_is_owed(m)
    return being_made_anew(m) or gone or m.result_at_desk_at


def _not_in_hand(m: Moment) -> Any:
    return being_made_anew(m) or not m.result_at_desk_at


def _no_line_is_open(m: Moment) -> bool:
    return not m.fee_owed and not any(fee["state"] == "to_state" for fee in m.fees)


DESK_RULES: Final[dict[str, Rule]] = {
    "accept": Rule(states("submitted"), "received", DESK),
    "request_supplement": Rule(states("submitted"), "intake_supplement", DESK, lambda m: m.supplement_asked),
    "ask_fee": Rule(states("submitted"), "intake_fee", DESK),
    "record_payment": Rule(EVER - NOTHING_IS_OWED, None, APPLICANT_S, lambda m: not m.fee_owed, from_any_side=True),
    "state_fee": Rule(EVER - NOTHING_IS_OWED, None, DESK, _no_line_is_open),
    "reduce_fee": Rule(EVER - NOTHING_IS_OWED, None, DESK, _no_line_is_open),
    "refund_fee": Rule(EVER, None, states("supervisor"), lambda m: not m.fee_net),
    "refuse": Rule(BEFORE_ACCEPTANCE, "not_accepted", DESK),
    "lapse": Rule(states("intake_supplement"), "not_accepted", DESK, lambda m: not m.closing_proposed_at),
    "redirect": Rule(states("submitted"), None, DESK),
    "refer_elsewhere": Rule(states("submitted"), "not_accepted", DESK),
    "supplement": Rule(states("intake_supplement awaiting_supplement"), None, APPLICANT_S, from_any_side=True),
    "withdraw": Rule(BEFORE_ACCEPTANCE | {"awaiting_supplement"}, "withdrawn", APPLICANT_S, from_any_side=True),
    "ask_withdrawal": Rule(AT_THE_AGENCY, None, APPLICANT_S, lambda m: m.withdrawal_asked_at or m.decision, from_any_side=True),
    "ask_adjustment": Rule(
        AT_THE_AGENCY | {"awaiting_supplement"},
        None,
        APPLICANT_S,
        lambda m: m.channel != "online" or m.adjustment_asked or m.decision,
        from_any_side=True,
    ),
    "take_up_adjustment": Rule(states("awaiting_supplement"), None, DESK, lambda m: not m.adjustment_asked),
    "decline_adjustment": Rule(states("awaiting_supplement"), None, DESK, lambda m: not m.adjustment_asked),
    "accept_supplement": Rule(states("awaiting_supplement"), "in_progress", DESK, lambda m: not m.supplement_sent_at),
    "return_supplement": Rule(states("awaiting_supplement"), None, DESK, lambda m: not m.supplement_sent_at),
    "close": Rule(states("awaiting_supplement"), "stopped", DESK, lambda m: m.supplement_sent_at or not m.closing_proposed_at),
    "amend": Rule(OPEN, None, DESK),
    "request_annulment": Rule(states("received"), None, states("supervisor"), lambda m: m.annulment_asked_at or not m.today(m.accepted_at)),
    "hand_over_papers": Rule(AT_THE_AGENCY, None, DESK),
    "remind": Rule(AT_THE_AGENCY, None, DESK, lambda m: m.today(m.reminded_at), sides=("receiving", "supervising")),
    "take_over_result": Rule(WITH_RESULT, None, DESK, _result_cannot_come),
    "return_at_desk": Rule(states("completed unclaimed"), "returned", DESK, _not_in_hand),
    "deliver_online": Rule(states("completed unclaimed"), None, DESK, lambda m: being_made_anew(m) or m.delivered_online_at),
    "post": Rule(states("completed unclaimed"), "in_post", DESK, _not_in_hand),
    "request_correction": Rule(WITH_RESULT, None, DESK, being_made_anew),
    "return_corrected": Rule(states("returned"), None, DESK, lambda m: not new_one_is_owed(m)),
}

# ------------------------------------------------------------------------------------------------ the agency

UNIT: Final = states("case_officer leader supervisor")
LEADER: Final = states("leader")


def _steps_ahead(m: Moment) -> bool:
    return any(step["counted"] and not (step["began_at"] or step["done_at"]) for step in m.steps)


def shares(m: Moment) -> list[Any]:
    return [share for share in m.children if not share["ended_at"]]


def begun(m: Moment) -> list[Any]:
    return [share for share in shares(m) if share["began_at"]]


def asked(m: Moment) -> list[Any]:
    return [one for one in m.consultations if not one["answered_at"]]


def stands_outside(m: Moment) -> bool:
    """At a step whose time is not counted."""
    return bool(m.clock_stops) and m.clock_stops[-1]["kind"] == "not_counted" and m.clock_stops[-1]["ended_at"] is None


def _fee_is_owed(m: Moment) -> bool:
    return bool(m.fee) and not m.fee["settled_at"]


def _cannot_be_decided(m: Moment) -> Any:
    return m.adjustment_asked or shares(m)


def _too_late_to_extend(m: Moment) -> bool:
    """By the date as it stands: while the clock does, the time that is left moves along."""
    stopped = m.clock_stops[-1] if m.clock_stops and m.clock_stops[-1]["ended_at"] is None else None
    return minute(at(stopped["started_at"]) if stopped else m.now) > apology_due_at(at(m.appointment_at).date(), CALENDAR)


def _asked_before(m: Moment) -> bool:
    return any(stop["kind"] == "supplement" for stop in m.clock_stops)


def _notice_is_over(m: Moment) -> bool:
    found = due(at(m.accepted_at), NOTICE, calendar=CALENDAR)
    return minute(m.now) > (found.period_ends_at or found.at)


def _irregular(m: Moment) -> bool:
    return not m.supervisor and (_asked_before(m) or _notice_is_over(m))


def _correcting(m: Moment) -> bool:
    return bool(m.corrections) and not (m.corrections[-1]["done_at"] or m.corrections[-1]["declined_at"])


def _nothing_to_hand_over(m: Moment) -> Any:
    made_anew = any(task["done_at"] for task in m.corrections)
    left = m.state != "completed" and not made_anew
    return m.rework_asked_at or _correcting(m) or left or m.result_handed_over_at or m.result_at_desk_at


HEADS: Final = states("leader supervisor")
WORKS_ON_CASES: Final = UNIT
WHERE_CASES_ARE_ASSIGNED: Final = "H27.031"
ANYBODY_S: Final = states("take_over_papers hand_over_result assign claim")
"""Whoever has the case has no say in these."""


def _nobody_assigns(m: Moment) -> bool:
    return m.offices["competent"] != WHERE_CASES_ARE_ASSIGNED or m.current_step is None


def somebody_else_s(action: str, m: Moment) -> bool:
    """A colleague has the case; the heads of the unit act on every one."""
    assigned = m.view.get("assigned")
    return bool(assigned) and action not in ANYBODY_S and not m.actor.roles & HEADS and assigned["officer"] != m.actor.subject


AGENCY_RULES: Final[dict[str, Rule]] = {
    "take_up": Rule(states("received"), "in_progress", UNIT),
    "take_over_papers": Rule(AT_THE_AGENCY, None, UNIT, lambda m: not m.papers_handed_over_at or m.papers_taken_over_at),
    "pass_on": Rule(states("in_progress"), None, UNIT, lambda m: not any(step["status"] == "next" for step in m.steps)),
    "pass_back": Rule(states("in_progress"), None, UNIT, lambda m: m.current_step in (None, 1)),
    "request_consultation": Rule(states("in_progress"), None, UNIT),
    "answer_consultation": Rule(COUNTED, None, UNIT, lambda m: not asked(m), from_any_side=True, of=asked),
    "request_attendance": Rule(states("in_progress suspended"), None, UNIT),
    "open_child": Rule(states("in_progress"), None, UNIT, lambda m: m.decision),
    "complete_child": Rule(COUNTED, None, UNIT, lambda m: not begun(m), from_any_side=True, of=begun),
    "send_back_child": Rule(COUNTED, None, UNIT, lambda m: not begun(m), from_any_side=True, of=begun),
    "cancel_child": Rule(COUNTED, None, UNIT, lambda m: not shares(m)),
    "request_fee": Rule(states("in_progress"), "awaiting_fee", UNIT, lambda m: m.decision or _fee_is_owed(m)),
    "issue_decision": Rule(states("in_progress"), None, LEADER, lambda m: m.decision or _cannot_be_decided(m)),
    "complete": Rule(states("in_progress"), "completed", UNIT, lambda m: _steps_ahead(m) or _cannot_be_decided(m)),
    "return_for_supplement": Rule(
        states("received in_progress awaiting_fee"),
        "awaiting_supplement",
        UNIT,
        lambda m: m.decision or _irregular(m) or stands_outside(m),
    ),
    "suspend": Rule(states("in_progress"), "suspended", LEADER, lambda m: m.decision or stands_outside(m)),
    "resume": Rule(states("suspended"), "in_progress", LEADER),
    "extend": Rule(AT_THE_AGENCY, None, LEADER, lambda m: m.new_dates or _too_late_to_extend(m)),
    "apologise": Rule(COUNTED, None, LEADER, lambda m: not m.supervisor and any(not new["in_time"] for new in m.new_dates)),
    "take_up_adjustment": Rule(AT_THE_AGENCY, None, UNIT, lambda m: not m.adjustment_asked or m.decision),
    "decline_adjustment": Rule(AT_THE_AGENCY, None, UNIT, lambda m: not m.adjustment_asked),
    "propose_stop": Rule(AT_THE_AGENCY - {"received"}, None, UNIT, lambda m: m.decision),
    "stop": Rule(
        AT_THE_AGENCY - {"received"},
        "stopped",
        LEADER,
        lambda m: m.decision or not m.stop_proposed or m.stop_proposed["by"] == m.actor.name,
    ),
    "request_rework": Rule(states("completed unclaimed"), None, LEADER, lambda m: m.rework_asked_at or _correcting(m)),
    "hand_over_result": Rule(WITH_RESULT, None, UNIT, _nothing_to_hand_over),
    "correct_result": Rule(WITH_RESULT, None, UNIT, lambda m: not _correcting(m)),
    "decline_correction": Rule(WITH_RESULT, None, LEADER, lambda m: not _correcting(m)),
    "assign": Rule(COUNTED, None, HEADS, _nobody_assigns),
    "claim": Rule(AT_THE_AGENCY, None, UNIT, lambda m: _nobody_assigns(m) or m.assigned),
    "release": Rule(AT_THE_AGENCY, None, UNIT, lambda m: not m.assigned),
}
RULES: Final = {"intake": DESK_RULES, "processing": AGENCY_RULES}


def minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def within_reach(service: str, rule: Rule, m: Moment) -> bool:
    """Whether it is for this caller at all: by role, and by the offices of the dossier."""
    offices: Mapping[str, str] = m.offices
    if not rule.roles & m.actor.roles:
        return False
    if service == "processing":
        asked_of = rule.of(m) if rule.of and m.state in rule.states else []
        return m.actor.sees(*(one["office"] for one in asked_of)) if asked_of else m.actor.sees(offices["competent"])
    if rule.from_any_side and "portal" in m.actor.roles:
        return m.actor.sees(*offices.values())
    return m.actor.sees(*(offices[side] for side in rule.sides))


def legal(service: str, action: str, m: Moment) -> bool:
    rule = RULES[service][action]
    if service == "processing" and not rule.of and somebody_else_s(action, m):
        return False
    return within_reach(service, rule, m) and m.state in rule.states and not rule.against(m)


SAME_PATH: Final[dict[str, tuple[str, ...]]] = {
    "withdraw": ("withdraw", "ask_withdrawal"),
    "ask_withdrawal": ("withdraw", "ask_withdrawal"),
}
"""What the caller sends alike; the state decides which it is."""


def same_request(service: str, action: str, _body: Mapping[str, Any]) -> tuple[str, ...]:
    return SAME_PATH.get(action, (action,)) if service == "intake" else (action,)


def led_to(service: str, action: str, rule: Rule, m: Moment, body: Mapping[str, Any], after: View) -> str:
    """The state it must have led to; a few depend on what was sent, or on what is owed."""
    wish: Mapping[str, Any] = m.result_wanted if service == "intake" else {}
    match action:
        case "record_payment" | "reduce_fee" if m.state == "intake_fee":
            return "intake_fee" if after["fee_awaited"] else "submitted"
        case "supplement" if m.state == "intake_supplement" and body.get("complete", True):
            return "submitted"
        case "deliver_online" if wish["electronic_only"] or wish["way"] == "online":
            return "returned"
        case _:
            return rule.leads(m.state)


def free_of_version(action: str, rule: Rule) -> bool:
    return rule.from_any_side or action == "remind"


# ------------------------------------------------------------------------------------------------ what the journals tell

# Lines that move the state, beside the moves above: heard from the other side, the carrier's, the clock's.
TOLD: Final[dict[str, dict[str, dict[str | None, str]]]] = {
    "intake": {
        "submit": {None: "submitted"},
        "receive": {None: "received"},
        "resolve_on_the_spot": {None: "returned"},
        "supplement": {"intake_supplement": "submitted"},
        "deliver_online": dict.fromkeys(states("completed unclaimed"), "returned"),
        "dossier.taken_up": {"received": "in_progress"},
        "record_payment": {"intake_fee": "submitted"},
        "reduce_fee": {"intake_fee": "submitted"},
        "fee.requested": {"in_progress": "awaiting_fee"},
        "fee.settled": {"awaiting_fee": "in_progress"},
        "supplement.requested": dict.fromkeys(states("received in_progress awaiting_fee"), "awaiting_supplement"),
        "dossier.suspended": {"in_progress": "suspended"},
        "dossier.resumed": {"suspended": "in_progress"},
        "dossier.completed": {"in_progress": "completed"},
        "dossier.withdrawn": dict.fromkeys(AT_THE_AGENCY, "withdrawn"),
        "dossier.stopped": dict.fromkeys(AT_THE_AGENCY - {"received"}, "stopped"),
        "dossier.annulled": {"received": "annulled"},
        "give_back": dict.fromkeys(states("completed unclaimed"), "in_progress"),
        "unclaimed": {"completed": "unclaimed"},
        "postal_item_delivered": {"in_post": "returned"},
        "postal_item_collected": {"in_post": "returned"},
        "postal_item_sent_back": {"in_post": "completed"},
        "postal_item_lost": {"in_post": "completed"},
    },
    "processing": {
        "receive": {None: "received"},
        "resolve_on_the_spot": {None: "returned"},
        "withdraw": dict.fromkeys(AT_THE_AGENCY, "withdrawn"),
        "annul": {"received": "annulled"},
        "fee.paid": {"awaiting_fee": "in_progress"},
        "fee.reduced": {"awaiting_fee": "in_progress"},
        "supplement.accepted": {"awaiting_supplement": "in_progress"},
        "dossier.stopped": {"awaiting_supplement": "stopped"},
        "dossier.withdrawn": {"awaiting_supplement": "withdrawn"},
        "rework.granted": dict.fromkeys(states("completed unclaimed"), "in_progress"),
        "result.unclaimed": {"completed": "unclaimed"},
        "postal_item.booked": dict.fromkeys(states("completed unclaimed"), "in_post"),
        "postal_item.delivered": {"in_post": "returned"},
        "postal_item.sent_back": {"in_post": "completed"},
        "postal_item.lost": {"in_post": "completed"},
        "dossier.returned": dict.fromkeys(states("completed unclaimed in_post"), "returned"),
    },
}


REPAIRS: Final = states("repair dossier.repaired")
"""Back to any state it was in, as two supervisors say."""


def may_lead(service: str, action: str, before: str | None, after: str) -> bool:
    """Whether a line of the journal may say so; what is not known here may not move the state."""
    if before == after:
        return True
    if TOLD[service].get(action, {}).get(before) == after:
        return True
    rule = RULES[service].get(action)
    return rule is not None and before in rule.states and rule.to == after


# ------------------------------------------------------------------------------------------------ what is sent

Told = dict[str, Any]


def example_of(needs: Mapping[str, Any]) -> Told:
    """A body as the schema in `possible_actions` shows it: its example, or the examples of its fields."""
    if examples := needs.get("examples"):
        return dict(examples[0])
    fields: Mapping[str, Any] = needs.get("properties", {})
    return {name: field["examples"][0] for name, field in fields.items() if name in needs.get("required", ()) and "examples" in field}


def a_working_day_after(instant: datetime, days: int = 14) -> datetime:
    day = instant.astimezone(VIETNAM).replace(hour=10, minute=0, second=0, microsecond=0) + timedelta(days=days)
    while not CALENDAR.is_working_day(day.date()):
        day += timedelta(days=1)
    return day


def _new_date(m: Moment, _serial: int) -> Told:
    return {"appointment_at": a_working_day_after(max(m.now, at(m.appointment_at))).isoformat(), "reason": "Cần xác minh thực địa"}


def _result(m: Moment, serial: int) -> Told:
    outcomes = ("granted", "partly", "refused") if m.decision else ("refused",)
    return {"outcome": outcomes[serial % len(outcomes)], "reasons": "Không đủ điều kiện", "document_number": f"{serial}/GP"}


def _ask_for_more(m: Moment, _serial: int) -> Told:
    asked = {"papers": ["Bản vẽ hoàn công"], "reason": "Thiếu bản vẽ"}
    return asked | ({"irregular": "Phát hiện thiếu khi thẩm định"} if m.supervisor else {})


def _redirected(m: Moment, _serial: int) -> Told:
    there = "H27.002" if m.offices["receiving"] == "H27.001" else "H27.001"
    return {"receiving_office": there, "reason": "Nơi cư trú thuộc địa bàn khác"}


def _amended(_m: Moment, serial: int) -> Told:
    applicant = {
        "name": "Nông Thị Mẫu",
        "identity_number": "004190000001",
        "phone": f"09123{serial % 100000:05}",
        "address": f"Tổ {serial}",
    }
    return {"applicant": applicant, "reason": "Ghi nhầm số điện thoại"}


def _corrected_return(m: Moment, serial: int) -> Told:
    if m.result_at_desk_at is None:
        return {"way": "online", "reference": f"sha256:{serial:08}"}
    return ({"way": "post"} | an_item(serial)) if serial % 2 else {"way": "desk"}


def _elsewhere(m: Moment, serial: int) -> str | None:
    """An office that has nothing to do with it yet."""
    busy = {m.offices["competent"]} | {one["office"] for one in asked(m)}
    free = [office for office in ("H27.031", "H27.030", "H27.002", "H27.001") if office not in busy]
    return free[serial % len(free)] if free else None


def _question(m: Moment, serial: int) -> Told | None:
    if (office := _elsewhere(m, serial)) is None:
        return None
    return {"office": office, "question": "Ý kiến về quy hoạch", "amount": str(1 + serial % 5), "unit": "working_day"}


def _share(m: Moment, serial: int) -> Told:
    office = "H27.031" if m.offices["competent"] == "H27.030" else "H27.030"
    after = [share["number"] for share in shares(m)]
    told = {"office": office, "work": f"Việc {serial}", "amount": str(1 + serial % 5), "unit": "working_day"}
    return told | ({"after": after[0]} if after and serial % 2 else {})


def _first(ones: list[Any], m: Moment) -> Any:
    return next((one for one in ones if m.actor.sees(one["office"])), ones[0] if ones else None)


def _answer(m: Moment, serial: int) -> Told:
    one = _first(asked(m), m)
    told = {"opinion": ("agrees", "disagrees")[serial % 2], "content": "Phù hợp quy hoạch"}
    return told | ({"consultation": one["id"]} if one else {})


def _share_ended(m: Moment, _serial: int) -> Told:
    one = _first(begun(m), m)
    return {"note": "Đủ điều kiện"} | ({"number": one["number"]} if one else {})


def _line(m: Moment, *wanted: str) -> int:
    return next((fee["number"] for fee in m.fees if fee["state"] in wanted), 1)


def _stated_line(m: Moment, serial: int) -> Told | None:
    """A line whose sum nobody published and the agency did not ask for; of others there is nothing to state."""
    free = [fee for fee in m.fees if fee["state"] in ("to_state", "owed") and fee["published"] is None and not fee["request"]]
    return {"fee": free[0]["number"], "amount": 1000 * (1 + serial % 9)} if free else None


def _payment(m: Moment, serial: int) -> Told:
    some = m.fee_awaited if m.fee_awaited and serial % 2 else m.fee_owed
    return {"amount": max(1, some), "method": "cash", "receipt_number": f"BL-{serial}"}


def _refund(m: Moment, _serial: int) -> Told:
    kept = [fee for fee in m.fees if fee["paid"] > fee["refunded"]]
    fee = kept[0] if kept else {"number": 1, "paid": 1, "refunded": 0}
    return {"fee": fee["number"], "amount": fee["paid"] - fee["refunded"], "reason": "Thu thừa", "method": "cash"}


COLLEAGUES: Final = (
    Actor("Minh", frozenset({"case_officer"}), WHERE_CASES_ARE_ASSIGNED),
    Actor("Khánh", frozenset({"leader", "supervisor"}), WHERE_CASES_ARE_ASSIGNED),
)
"""Of the office that assigns."""

WITH_A_FEE: Final = "LIFE-3"


def _fee_before_acceptance(m: Moment, _serial: int) -> Told | None:
    """The published one, once; what is published to be free costs nothing."""
    if m.procedure["key"] != WITH_A_FEE or m.fees:
        return None
    return {"reason": "Nộp lệ phí trước khi tiếp nhận"}


def paid_at_once(procedure: str) -> list[Told]:
    return [{"name": "Lệ phí", "amount": 50000, "paid": True, "method": "cash"}] if procedure == WITH_A_FEE else []


def an_item(serial: int) -> Told:
    return {"carrier": "simulator", "tracking_number": f"EF{serial:09}VN"}


BODIES: Final[dict[str, Callable[[Moment, int], Told | None]]] = {
    "ask_fee": _fee_before_acceptance,
    "record_payment": _payment,
    "state_fee": _stated_line,
    "reduce_fee": lambda m, n: {"fee": _line(m, "to_state", "owed"), "amount": 0, "ground": "Hộ nghèo"},
    "refund_fee": _refund,
    "assign": lambda m, n: {"officer": COLLEAGUES[n % len(COLLEAGUES)].subject, "reason": "Cân đối khối lượng công việc"},
    "request_fee": lambda m, n: {"fees": [{"name": f"Lệ phí {n}", "amount": 1000 * n}], "reason": "Nghĩa vụ tài chính"},
    "pass_back": lambda m, n: {"to_step": 1 + n % max(1, (m.current_step or 1) - 1), "reason": "Thiếu căn cứ"},
    "request_consultation": _question,
    "answer_consultation": _answer,
    "request_attendance": lambda m, n: {
        "at": a_working_day_after(m.now, 2).isoformat(),
        "place": "Thửa đất số 12",
        "purpose": "Xác minh thực địa",
    },
    "open_child": _share,
    "complete_child": _share_ended,
    "send_back_child": _share_ended,
    "cancel_child": lambda m, n: {"number": next((share["number"] for share in shares(m)), 1), "reason": "Không còn cần thiết"},
    "accept": lambda m, n: {"papers": [{"number": 1, "originals": 1}]},
    "supplement": lambda m, n: {"papers": [{"number": 1, "originals": 1}], "complete": n % 3 != 0},
    "redirect": _redirected,
    "refer_elsewhere": lambda m, n: {"not_competent": "Sở Xây dựng tỉnh khác", "reason": "Không thuộc thẩm quyền"},
    "amend": _amended,
    "request_annulment": lambda m, n: {"ground": "mistaken", "reason": "Tiếp nhận nhầm"},
    "take_up_adjustment": lambda m, n: {},
    "deliver_online": lambda m, n: {"way": "online", "reference": f"sha256:{n:08}"},
    "post": lambda m, n: an_item(n),
    "return_corrected": _corrected_return,
    "issue_decision": lambda m, n: {"number": f"{n}/QĐ", "signed_on": m.now.date().isoformat(), "signer": "Nguyễn Thị Hoa"},
    "complete": _result,
    "correct_result": _result,
    "return_for_supplement": _ask_for_more,
    "suspend": lambda m, n: {"ground": "Luật chuyên ngành", "until": (m.now + timedelta(days=1 + n % 20)).date().isoformat()},
    "extend": _new_date,
    "apologise": _new_date,
}
"""Where the example of the schema does not fit the day, or there is more than one way. The others are sent as their example stands.
None: nothing that could be sent fits this dossier today."""


def a_body(action: str, needs: Mapping[str, Any], m: Moment, serial: int) -> Told | None:
    return BODIES[action](m, serial) if action in BODIES else example_of(needs)
