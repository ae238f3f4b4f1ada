"""What is shown at the end: the numbers as a table, and one dossier's way from POST to SMS."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from demo.accounts import Accounts
from shared.clock import VIETNAM
from shared.contracts.states import STATES, State

LABEL_WIDTH: Final = 40

# Who did it, by the service that tells of it.
SIDES: Final[dict[str, str]] = {"intake": "Một cửa", "processing": "Cơ quan", "notifications": "Thông báo"}

# What happened, by the journal's own words.
ACTIONS: Final[dict[str, str]] = {
    "submit": "nhận hồ sơ nộp trực tuyến",
    "receive": "tiếp nhận hồ sơ",
    "accept": "tiếp nhận hồ sơ đã nộp",
    "request_supplement": "yêu cầu bổ sung",
    "supplement": "nhận giấy tờ bổ sung",
    "resolve_on_the_spot": "giải quyết và trả ngay",
    "supplement.requested": "cơ quan giải quyết yêu cầu bổ sung",
    "accept_supplement": "tiếp nhận đủ giấy tờ bổ sung",
    "close": "đóng hồ sơ không bổ sung",
    "supplement_lapsed": "hết hạn bổ sung",
    "ask_fee": "yêu cầu nộp phí trước khi tiếp nhận",
    "record_payment": "nhận phí, lệ phí",
    "state_fee": "ghi mức phí phải nộp",
    "reduce_fee": "miễn, giảm phí",
    "refund_fee": "hoàn trả phí",
    "fee_unpaid": "nhắc nộp phí",
    "fee.requested": "cơ quan giải quyết yêu cầu nộp phí",
    "fee.settled": "nộp đủ phí, tiếp tục giải quyết",
    "dossier.suspended": "tạm dừng tính thời hạn",
    "dossier.resumed": "tiếp tục tính thời hạn, hẹn lại",
    "dossier.extended": "gia hạn, hẹn lại",
    "dossier.apologised": "xin lỗi, hẹn lại",
    "dossier.due_soon": "sắp đến hạn",
    "dossier.apology_due": "hết hạn xin gia hạn",
    "dossier.due_today": "đến hạn hôm nay",
    "dossier.overdue": "quá hẹn",
    "dossier.suspension_over": "hết thời gian tạm dừng",
    "return_supplement": "giấy tờ bổ sung chưa đủ",
    "answer_due": "đến hạn trả lời hồ sơ nộp",
    "hand_over_due": "đến hạn bàn giao hồ sơ giấy",
    "take_up_adjustment": "nhận đề nghị điều chỉnh",
    "decline_adjustment": "không nhận đề nghị điều chỉnh",
    "mark_unclaimed": "kết quả chưa có người nhận",
    "unclaimed": "nhắc nhận kết quả",
    "submission_lapsed": "hết hạn bổ sung trước khi tiếp nhận",
    "child_case.opened": "giao việc cho cơ quan phối hợp",
    "child_case.ended": "cơ quan phối hợp trả lời",
    "child_case.overdue": "cơ quan phối hợp quá hạn",
    "withdraw": "dừng giải quyết theo yêu cầu của người nộp",
    "ask_withdrawal": "người nộp xin rút hồ sơ",
    "dossier.withdrawn": "dừng giải quyết theo yêu cầu của người nộp",
    "withdrawal.declined": "không thể rút vì đã có quyết định",
    "ask_adjustment": "người nộp xin điều chỉnh nội dung",
    "adjustment.taken_up": "chấp nhận điều chỉnh nội dung",
    "adjustment.declined": "không chấp nhận điều chỉnh nội dung",
    "dossier.stopped": "dừng giải quyết theo căn cứ pháp luật",
    "rework.requested": "cơ quan giải quyết xin xử lý lại",
    "give_back": "trả lại để xử lý lại",
    "decline_rework": "kết quả đã trao, không xử lý lại",
    "amend": "đính chính thông tin, in lại giấy hẹn",
    "request_annulment": "đề nghị hủy tiếp nhận nhầm",
    "dossier.annulled": "hủy tiếp nhận nhầm",
    "annulment.declined": "không hủy được: hồ sơ đã được thụ lý",
    "request_correction": "đề nghị sửa kết quả sai",
    "correction.done": "sửa xong kết quả",
    "correction.declined": "giữ nguyên kết quả",
    "correction.overdue": "quá hạn sửa kết quả",
    "return_corrected": "trả kết quả đã sửa",
    "propose_repair": "đề nghị sửa trạng thái ghi nhầm",
    "repair": "sửa trạng thái ghi nhầm",
    "dossier.repaired": "sửa trạng thái ghi nhầm",
    "lapse": "không tiếp nhận do không bổ sung",
    "redirect": "chuyển hồ sơ đến đúng nơi tiếp nhận",
    "refer_elsewhere": "không thuộc thẩm quyền, hướng dẫn nơi nộp",
    "hand_over_papers": "bàn giao hồ sơ giấy cho cơ quan giải quyết",
    "papers.handed_over": "bàn giao kết quả cho Một cửa",
    "papers.taken_over": "nhận hồ sơ giấy",
    "dossier.assigned": "phân công xử lý",
    "remind": "đôn đốc cơ quan giải quyết",
    "dossier.taken_up": "bắt đầu thụ lý",
    "step.completed": "hoàn thành một bước",
    "step.passed_back": "chuyển lại bước trước",
    "consultation.requested": "lấy ý kiến cơ quan khác",
    "consultation.answered": "cơ quan được lấy ý kiến đã trả lời",
    "consultation.overdue": "quá hạn trả lời ý kiến",
    "attendance.requested": "mời người dân có mặt",
    "decision.issued": "ký quyết định",
    "dossier.completed": "có kết quả",
    "take_over_result": "nhận kết quả từ cơ quan giải quyết",
    "return_at_desk": "trả kết quả tại quầy",
    "deliver_online": "trả kết quả trực tuyến",
    "post": "gửi kết quả qua bưu chính",
    "postal_item_accepted": "bưu chính nhận bưu gửi",
    "postal_item_in_transit": "bưu gửi đang vận chuyển",
    "postal_item_out_for_delivery": "bưu tá đi phát",
    "postal_item_attempt_failed": "phát không thành công",
    "postal_item_held": "bưu cục giữ lại chờ người nhận",
    "postal_item_sending_back": "bưu chính chuyển hoàn",
    "postal_item_sent_back": "bưu gửi đã chuyển hoàn",
    "postal_item_delivered": "phát thành công",
    "postal_item_collected": "người nhận lấy tại bưu cục",
}


def numbers(accounts: Accounts, seconds: float) -> str:
    outcome, channel, back, messages = accounts.by_outcome, accounts.by_channel, accounts.returned_by, accounts.messages
    refused = f"not accepted {accounts.not_accepted}, returned with a refusal {sum(accounts.refused_by.values())}"
    rows = [
        ("Dossiers · hồ sơ", accounts.dossiers, f"of {accounts.procedures} procedures · thủ tục"),
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
        ("SMS sent · tin nhắn đã gửi", messages["sms"], _listed({"repeated": accounts.gateway_repeats})),
        ("Emails sent · thư đã gửi", messages["email"], ""),
        ("Not sent · không gửi", sum(accounts.messages_not_sent.values()), _listed(accounts.messages_not_sent)),
        None,
        ("Events published · sự kiện đã phát", accounts.published, ""),
        ("  taken · đã nhận", accounts.delivered, "each by both peers"),
        ("  parked · bị treo", accounts.parked, ""),
        ("Lost · thất lạc", accounts.lost, ""),
        ("Duplicated · trùng lặp", accounts.duplicated, ""),
    ]
    rule = "─" * (LABEL_WIDTH + 44)
    lines = [rule if row is None else f"{row[0]:<{LABEL_WIDTH}}{row[1]:>8}   {row[2]}".rstrip() for row in rows]
    return "\n".join([rule, *lines, rule, f"{seconds:.1f} seconds"])


def way_of_one(dossier: dict[str, Any], timeline: Sequence[dict[str, Any]], messages: Sequence[dict[str, Any]], sms: dict[str, str]) -> str:
    """`sms` is what the gateway delivered, by reference: the texts are shown as they reached the phone."""
    happened = [*_moves(timeline), *_messages(messages, sms)]
    lines = [f"{at:%d/%m %H:%M}  {who:<10} {what}" for at, who, what in sorted(happened, key=lambda line: line[0])]
    promised = f"hẹn trả {_local(dossier['appointment_at']):%d/%m/%Y %H:%M}"
    head = f"{dossier['code']}  {dossier['procedure']['name']}"
    return "\n".join([head, f"{STATES[State(dossier['state'])].label}; {promised}", *lines])


Line = tuple[datetime, str, str]


def _moves(timeline: Sequence[dict[str, Any]]) -> Iterator[Line]:
    for line in timeline:
        # That a message was sent is told by the message itself.
        if not line["action"].startswith("message."):
            what = ACTIONS.get(line["action"], line["action"].replace("_", " "))
            moved = line["to_state"] and line["to_state"] != line["from_state"]
            to = f" → {STATES[State(line['to_state'])].label}" if moved else ""
            side, by = str(line["source"]), str(line["by"])
            yield _local(line["at"]), SIDES.get(side, side), f"{what}{to}" + (f" ({by})" if by != side else "")


def _messages(messages: Sequence[dict[str, Any]], sms: dict[str, str]) -> Iterator[Line]:
    for message in messages:
        if message["state"] == "sent":
            text = f"“{sms[message['id']]}”" if message["channel"] == "sms" else f"({message['template']})"
            yield _local(message["settled_at"]), message["channel"].upper(), f"{message['recipient']} {text}"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items() if number)


def _local(instant: str) -> datetime:
    return datetime.fromisoformat(instant).astimezone(VIETNAM)
