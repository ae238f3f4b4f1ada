"""What is shown at the end: the numbers as a table, and one dossier's way from POST to SMS."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from demo.accounts import Accounts
from shared.clock import VIETNAM
from shared.contracts.states import STATES, State

LABEL_WIDTH: Final = 48

ACTIONS: Final[dict[str, str]] = {
    "submit": "nộp hồ sơ",
    "receive": "tiếp nhận hồ sơ",
    "accept": "tiếp nhận hồ sơ trực tuyến",
    "resolve_on_the_spot": "giải quyết và trả ngay",
    "hand_over_papers": "bàn giao hồ sơ giấy cho cơ quan giải quyết",
    "papers.taken_over": "cơ quan giải quyết nhận hồ sơ giấy",
    "dossier.taken_up": "bắt đầu thụ lý",
    "step.completed": "hoàn thành một bước, chuyển bước tiếp theo",
    "decision.issued": "ký quyết định",
    "dossier.completed": "có kết quả",
    "take_over_result": "kết quả đã có tại nơi trả",
    "return_at_desk": "trả kết quả tại quầy",
    "deliver_online": "trả kết quả trực tuyến",
    "post": "gửi kết quả qua bưu chính",
}


def numbers(accounts: Accounts, seconds: float) -> str:
    outcome, channel, back, messages = accounts.by_outcome, accounts.by_channel, accounts.returned_by, accounts.messages
    refused = f"not accepted {accounts.not_accepted}, returned with a refusal {sum(accounts.refused_by.values())}"
    rows = [
        ("Dossiers · hồ sơ", accounts.dossiers, ""),
        ("  at the desk · trực tiếp", channel["desk"], f"on the spot · trả ngay: {accounts.on_the_spot}"),
        ("  online · trực tuyến", channel["online"], ""),
        ("  by post · bưu chính", channel["post"], ""),
        None,
        ("Received · đã tiếp nhận", accounts.received, ""),
        ("  on time · đúng hạn", accounts.on_time, ""),
        ("  overdue · quá hạn", accounts.overdue, ""),
        None,
        ("Returned · đã trả kết quả", outcome["returned"], ""),
        ("  at the desk · tại quầy", back["desk"], ""),
        ("  online · trực tuyến", back["online"], ""),
        ("  by post · qua bưu chính", back["post"], ""),
        ("Refused · từ chối", outcome["refused"], refused),
        ("Withdrawn · đã rút", outcome["withdrawn"], ""),
        ("Stopped · đã dừng", outcome["stopped"], ""),
        ("Open · đang giải quyết", outcome["open"], ""),
        None,
        ("SMS sent · tin nhắn đã gửi", messages["sms"], ""),
        ("Emails sent · thư đã gửi", messages["email"], ""),
        ("Messages not sent · không gửi", sum(accounts.messages_not_sent.values()), _listed(accounts.messages_not_sent)),
        None,
        ("Events published · sự kiện đã phát", accounts.published, ""),
        ("  taken by peers · đã nhận", accounts.delivered, "each event by both peers"),
        ("  parked · bị treo", accounts.parked, ""),
        ("Lost · thất lạc", accounts.lost, ""),
        ("Duplicated · trùng lặp", accounts.duplicated, ""),
    ]
    rule = "─" * (LABEL_WIDTH + 12)
    lines = [rule if row is None else f"{row[0]:<{LABEL_WIDTH}}{row[1]:>8}   {row[2]}".rstrip() for row in rows]
    return "\n".join([rule, *lines, rule, f"{seconds:.1f} seconds"])


def way_of_one(dossier: dict[str, Any], timeline: Sequence[dict[str, Any]], messages: Sequence[dict[str, Any]], sms: dict[str, str]) -> str:
    """`sms` is what the gateway delivered, by reference; its text is shown as it reached the phone."""
    events = [(_local(line["at"]), 0, number, _told(line)) for number, line in enumerate(timeline)]
    for number, message in enumerate(messages):
        if message["state"] == "sent" and message["channel"] == "sms":
            events.append((_local(message["settled_at"]), 1, number, f"SMS  {message['recipient']}  “{sms[message['id']]}”"))
    lines = [f"{at:%d/%m %H:%M}  {what}" for at, _, _, what in sorted(events)]
    head = f"{dossier['code']}  {dossier['procedure']['name']}"
    promised = f"hẹn trả {_local(dossier['appointment_at']):%d/%m/%Y %H:%M}"
    return "\n".join([head, f"{STATES[State(dossier['state'])].label}; {promised}", *lines])


def _told(line: dict[str, Any]) -> str:
    what = ACTIONS.get(line["action"], line["action"].replace("_", " "))
    to = f" → {STATES[State(line['to_state'])].label}" if line["to_state"] and line["to_state"] != line["from_state"] else ""
    return f"{line['source']:<11} {what}{to}  ({line['by']})"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items())


def _local(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(VIETNAM)
