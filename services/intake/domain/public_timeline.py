"""The citizen's timeline: a view of the journal in other words, without names, notes and inner steps."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True)
class PublicLine:
    """What happened when, as people are told it."""

    at: datetime
    text: str
    why: str | None = None


# Words of the journal, ours and the peers'. What is not here stays inside.
SAID: Final[dict[str, str]] = {
    "submit": "Hồ sơ đã đến nơi tiếp nhận",
    "redirect": "Hồ sơ được chuyển đến đúng nơi tiếp nhận",
    "request_supplement": "Đề nghị bổ sung trước khi tiếp nhận",
    "supplement": "Đã nhận giấy tờ bổ sung",
    "ask_fee": "Đề nghị nộp phí, lệ phí trước khi tiếp nhận",
    "fee.requested": "Yêu cầu thực hiện nghĩa vụ tài chính",
    "fee_unpaid": "Nhắc nộp phí, lệ phí",
    "record_payment": "Đã nhận phí, lệ phí",
    "reduce_fee": "Miễn, giảm phí, lệ phí",
    "refund_fee": "Hoàn trả phí, lệ phí",
    "fee.settled": "Đã nộp đủ phí, lệ phí, hồ sơ tiếp tục được giải quyết",
    "refuse": "Hồ sơ không được tiếp nhận",
    "lapse": "Hồ sơ không được tiếp nhận vì không bổ sung",
    "refer_elsewhere": "Hồ sơ thuộc thẩm quyền của nơi khác",
    "receive": "Hồ sơ được tiếp nhận",
    "accept": "Hồ sơ được tiếp nhận",
    "resolve_on_the_spot": "Hồ sơ được tiếp nhận, giải quyết và trả kết quả ngay",
    "amend": "Thông tin hồ sơ được đính chính",
    "dossier.annulled": "Việc tiếp nhận được hủy vì nhầm hoặc trùng",
    "dossier.taken_up": "Cơ quan giải quyết bắt đầu thụ lý",
    "supplement.requested": "Đề nghị bổ sung giấy tờ",
    "return_supplement": "Giấy tờ bổ sung chưa đủ",
    "accept_supplement": "Giấy tờ bổ sung đã đủ, hồ sơ tiếp tục được giải quyết",
    "close": "Hồ sơ được đóng vì không bổ sung",
    "attendance.requested": "Mời có mặt để giải quyết hồ sơ",
    "dossier.suspended": "Tạm dừng giải quyết theo quy định của pháp luật",
    "dossier.resumed": "Hồ sơ tiếp tục được giải quyết",
    "dossier.extended": "Gia hạn, hẹn lại ngày trả kết quả",
    "dossier.apologised": "Xin lỗi và hẹn lại ngày trả kết quả",
    "ask_withdrawal": "Đã ghi nhận yêu cầu rút hồ sơ",
    "withdraw": "Hồ sơ dừng giải quyết theo yêu cầu",
    "dossier.withdrawn": "Hồ sơ dừng giải quyết theo yêu cầu",
    "withdrawal.declined": "Không thể rút hồ sơ",
    "ask_adjustment": "Đã ghi nhận đề nghị điều chỉnh",
    "take_up_adjustment": "Đề nghị điều chỉnh được chấp nhận",
    "decline_adjustment": "Đề nghị điều chỉnh không được chấp nhận",
    "adjustment.taken_up": "Đề nghị điều chỉnh được chấp nhận",
    "adjustment.declined": "Đề nghị điều chỉnh không được chấp nhận",
    "dossier.repaired": "Trạng thái hồ sơ được điều chỉnh do ghi nhầm",
    "dossier.stopped": "Hồ sơ dừng giải quyết",
    "decision.issued": "Quyết định đã được ban hành",
    "dossier.completed": "Hồ sơ đã có kết quả",
    "give_back": "Kết quả được kiểm tra lại trước khi trả",
    "take_over_result": "Kết quả đã có tại nơi trả",
    "mark_unclaimed": "Kết quả đang chờ người nhận",
    "unclaimed": "Kết quả đang chờ người nhận",
    "return_at_desk": "Kết quả đã được trao",
    "deliver_online": "Kết quả điện tử đã được trả",
    "post": "Kết quả được gửi qua bưu chính",
    "postal_item_attempt_failed": "Bưu chính phát chưa thành công",
    "postal_item_held": "Bưu cục giữ kết quả chờ người nhận",
    "postal_item_delivered": "Bưu chính đã phát kết quả",
    "postal_item_collected": "Kết quả đã được nhận tại bưu cục",
    "postal_item_sent_back": "Bưu chính chuyển hoàn kết quả",
    "request_correction": "Kết quả được đề nghị làm lại cho đúng",
    "correction.done": "Kết quả đã được làm lại",
    "return_corrected": "Kết quả làm lại đã được trao",
}

REASON_SAID: Final = frozenset(
    {
        "request_supplement",
        "supplement.requested",
        "ask_fee",
        "fee.requested",
        "record_payment",
        "reduce_fee",
        "refund_fee",
        "return_supplement",
        "refuse",
        "lapse",
        "close",
        "refer_elsewhere",
        "attendance.requested",
        "dossier.suspended",
        "dossier.extended",
        "dossier.apologised",
        "dossier.stopped",
        "withdrawal.declined",
        "decline_adjustment",
        "adjustment.declined",
    }
)
"""Where what was noted was written for the applicant."""


def public_lines(lines: Iterable[tuple[datetime, str, str | None]]) -> tuple[PublicLine, ...]:
    """From (when, action, note) in the order of the journal; what is said twice in a row is said once."""
    said: list[PublicLine] = []
    for at, action, note in lines:
        if text := SAID.get(action):
            line = PublicLine(at, text, note if action in REASON_SAID else None)
            if not said or (said[-1].text, said[-1].why) != (line.text, line.why):
                said.append(line)
    return tuple(said)
