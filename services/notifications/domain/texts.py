"""TEXTS: what people hear of each fact, by SMS and by email. Silence is said too: an empty line.

An SMS is one line or two parts at most when folded: code, date, place; no link, no name, no reason, nothing of the content.
A line that names a word we do not have is left out (`words.py`), so every line must be able to go.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from services.notifications.domain.subject import Subject, concerns_people
from services.notifications.domain.words import Words, filled
from shared.contracts.events import (
    AdjustmentDeclined,
    AdjustmentRequested,
    AdjustmentTakenUp,
    AnnulmentDeclined,
    AnnulmentRequested,
    AttendanceRequested,
    ChildCaseEnded,
    ChildCaseOpened,
    ChildCaseOverdue,
    ConsultationAnswered,
    ConsultationOverdue,
    ConsultationRequested,
    CorrectionDeclined,
    CorrectionDone,
    CorrectionKind,
    CorrectionOverdue,
    CorrectionRequested,
    CorrectionReturned,
    DecisionIssued,
    DossierAmended,
    DossierAnnulled,
    DossierApologised,
    DossierApologyDue,
    DossierAssigned,
    DossierCompleted,
    DossierDueSoon,
    DossierDueToday,
    DossierExtended,
    DossierOverdue,
    DossierReceived,
    DossierReminded,
    DossierRepaired,
    DossierResolvedOnTheSpot,
    DossierResumed,
    DossierReturned,
    DossierStopped,
    DossierSuspended,
    DossierSuspensionOver,
    DossierTakenUp,
    DossierWithdrawn,
    Event,
    FeePaid,
    FeeReduced,
    FeeRefunded,
    FeeRequested,
    FeeSettled,
    FeeUnpaid,
    PapersHandedOver,
    PapersHandOverDue,
    PapersTakenOver,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemHeld,
    PostalItemLost,
    PostalItemPosted,
    PostalItemSentBack,
    RefusalGround,
    ResultAtDesk,
    ResultDelivered,
    ResultUnclaimed,
    ReworkDeclined,
    ReworkGranted,
    ReworkRequested,
    StepCompleted,
    StepPassedBack,
    SubmissionAnswerDue,
    SubmissionFeeRequested,
    SubmissionLapsed,
    SubmissionReceived,
    SubmissionRedirected,
    SubmissionRefused,
    SubmissionSupplemented,
    SubmissionSupplementRequested,
    SubmissionWithdrawn,
    SupplementAccepted,
    SupplementLapsed,
    SupplementReceived,
    SupplementRequested,
    WithdrawalDeclined,
    WithdrawalRequested,
)
from shared.contracts.people import Channel, ReturnWay

When = Callable[[Event, Subject], bool]


@dataclass(frozen=True)
class Template:
    """One thing to say. `until`: facts after which it would be wrong to say it; a message still unsent then never leaves."""

    name: str
    title: str
    email: str
    sms: str | None = None
    until: frozenset[type[Event]] = frozenset()
    when: When = field(default=lambda _event, _subject: True, repr=False)

    def says_by(self, channel: str, words: Words) -> tuple[str | None, str] | None:
        """Subject line and text; None where this is not said by `channel`."""
        if channel == "email":
            return filled(self.title, words), filled(f"{GREETING}\n\n{self.email.strip()}\n\n{CLOSING}", words)
        return (None, " ".join(filled(self.sms, words).splitlines())) if self.sms else None


def online(event: Event, subject: Subject) -> bool:
    """What came over the counter or by post was acknowledged there."""
    return subject.channel is Channel.ONLINE


def on_the_way_back(event: Event, subject: Subject) -> bool:
    """The item that carries the result, not the one that brought the dossier."""
    return concerns_people(subject, event)


def tried_again(event: Event, subject: Subject) -> bool:
    """The carrier invites twice; then the item goes back. Source: law.FAILED_DELIVERY."""
    return isinstance(event, PostalItemAttemptFailed) and event.attempt >= INVITATIONS and on_the_way_back(event, subject)


def tried_once(event: Event, subject: Subject) -> bool:
    return on_the_way_back(event, subject) and not tried_again(event, subject)


def awaits_applicant(event: Event, _subject: Subject) -> bool:
    """The clock stands for something the applicant has to do."""
    return isinstance(event, StepCompleted) and event.awaits_applicant is True


def wanted(way: ReturnWay) -> When:
    return lambda _event, subject: subject.return_way is way


def promise_moved(event: Event, subject: Subject) -> bool:
    """The clock stood until the fee was paid."""
    return isinstance(event, FeeSettled) and event.appointment_at != event.earlier_appointment_at


def at_the_desk(event: Event, subject: Subject) -> bool:
    """Whoever gets it online need not come; who waited for the post may."""
    return subject.return_way is not ReturnWay.ONLINE


def refused(ground: RefusalGround | None) -> When:
    return lambda event, _subject: isinstance(event, SubmissionRefused) and event.ground is ground


def to_correct(event: Event, _subject: Subject) -> bool:
    """Of what was lost people have heard by the post's report."""
    return getattr(event, "kind", None) is CorrectionKind.CORRECT


def to_reissue(event: Event, _subject: Subject) -> bool:
    return getattr(event, "kind", None) is CorrectionKind.REISSUE


def returned(way: ReturnWay) -> When:
    return lambda event, _subject: isinstance(event, DossierReturned) and event.way is way


INVITATIONS: Final = 2
GREETING: Final = "Kính gửi Quý ông/bà,"
CLOSING: Final = """
Trân trọng,
{desk}

Thư này được gửi tự động, xin không trả lời thư này.
"""

RECEIVED_OR_ENDED: Final = frozenset({DossierReceived, SubmissionRefused, SubmissionWithdrawn})
FEE_PAID: Final = frozenset({FeePaid, FeeReduced, FeeSettled, SubmissionRefused, SubmissionWithdrawn, DossierStopped})
RETURNED: Final = frozenset({DossierReturned, ReworkGranted})
COMPLETED_OR_RETURNED: Final = frozenset({DossierCompleted, DossierReturned, DossierWithdrawn, DossierStopped})
POST_ENDED: Final = frozenset({DossierReturned, PostalItemSentBack, PostalItemLost})

BRING: Final = """
Khi đến, xin mang theo giấy tiếp nhận hồ sơ và hẹn trả kết quả, giấy tờ tùy thân; người được ủy quyền mang thêm văn bản ủy quyền.
"""

COMPLETED: Final = """
Hồ sơ {code} về thủ tục "{procedure}" {outcome}; kết quả đã được ký.
Số văn bản: {document_number}.
Lý do: {reasons}
"""

TEXTS: Final[dict[type[Event], tuple[Template, ...]]] = {
    # ------------------------------------------------------------------------------------------------ submissions
    SubmissionReceived: (
        Template(
            "submission_received",
            when=online,
            until=RECEIVED_OR_ENDED,
            sms="Hồ sơ trực tuyến {dossier} đã đến {short_desk} và đang được kiểm tra. Kết quả kiểm tra sẽ được thông báo cho Ông/Bà.",
            title="Đã nhận hồ sơ trực tuyến {dossier}",
            email="""
Hồ sơ trực tuyến {dossier} về thủ tục "{procedure}" đã đến {desk} và đang được kiểm tra.

Đây chưa phải là giấy tiếp nhận hồ sơ. Chúng tôi sẽ thông báo khi hồ sơ được tiếp nhận hoặc cần bổ sung.
""",
        ),
    ),
    SubmissionSupplementRequested: (
        Template(
            "submission_supplement_requested",
            until=RECEIVED_OR_ENDED | {SubmissionSupplemented},
            sms="Hồ sơ {dossier} cần bổ sung trước khi tiếp nhận.\nSố giấy tờ cần bổ sung: {paper_count}, gồm {short_papers}.\n"
            "Hạn: hết ngày {last_day}.",
            title="Hồ sơ {dossier} cần bổ sung giấy tờ",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" chưa đủ để tiếp nhận. Đề nghị Quý ông/bà bổ sung một lần các giấy tờ sau:

{paper_list}

Lý do: {reason}

Hồ sơ sẽ được kiểm tra lại ngay khi nhận được đủ giấy tờ.
Xin bổ sung đến hết ngày {last_day}; quá thời hạn này mà hồ sơ chưa đủ, hồ sơ có thể không được tiếp nhận.
""",
        ),
    ),
    SubmissionSupplemented: (),
    SubmissionFeeRequested: (
        Template(
            "submission_fee_requested",
            until=RECEIVED_OR_ENDED | FEE_PAID,
            sms="Hồ sơ {dossier} cần nộp {fee_total} phí, lệ phí trước khi tiếp nhận. Xin nộp trực tuyến hoặc tại {short_desk}.",
            title="Hồ sơ {dossier} cần nộp phí, lệ phí trước khi tiếp nhận",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" cần nộp phí, lệ phí trước khi được tiếp nhận:

{fee_list}
Tổng cộng: {fee_total}

Lý do: {reason}
Xin nộp trực tuyến trên Cổng Dịch vụ công hoặc tại {desk}. Hồ sơ sẽ được xem xét tiếp nhận ngay sau khi nộp đủ.
""",
        ),
    ),
    FeeRequested: (
        Template(
            "fee_requested",
            until=FEE_PAID | COMPLETED_OR_RETURNED,
            sms="Hồ sơ {code} cần nộp {fee_total} phí, lệ phí để được giải quyết tiếp. Xin nộp trực tuyến hoặc tại {short_desk}.",
            title="Hồ sơ {code}: yêu cầu thực hiện nghĩa vụ tài chính",
            email="""
Để tiếp tục giải quyết hồ sơ {code} về thủ tục "{procedure}", xin Quý ông/bà nộp:

{fee_list}
Tổng cộng: {fee_total}

Lý do: {reason}
Thời hạn giải quyết tạm dừng cho đến khi nộp đủ, theo: {paused_by}.
Xin nộp trực tuyến trên Cổng Dịch vụ công hoặc tại {desk}.
""",
        ),
    ),
    FeePaid: (
        Template(
            "fee_paid",
            title="Đã nhận phí, lệ phí của hồ sơ {dossier}",
            email="""
Chúng tôi đã nhận {paid_total} phí, lệ phí của hồ sơ {dossier} về thủ tục "{procedure}":

{fee_list}
Số biên lai: {receipt_number}
""",
        ),
    ),
    FeeReduced: (
        Template(
            "fee_reduced",
            title="Miễn, giảm phí, lệ phí của hồ sơ {dossier}",
            email="""
Phí, lệ phí của hồ sơ {dossier} về thủ tục "{procedure}" được miễn, giảm. Số còn phải nộp:

{fee_list}
Căn cứ: {ground}
""",
        ),
    ),
    FeeRefunded: (
        Template(
            "fee_refunded",
            sms="Hồ sơ {dossier}: {paid_total} phí, lệ phí được hoàn trả. Xin liên hệ {short_desk} nếu cần biết thêm.",
            title="Hoàn trả phí, lệ phí của hồ sơ {dossier}",
            email="""
{paid_total} phí, lệ phí của hồ sơ {dossier} về thủ tục "{procedure}" được hoàn trả.

Lý do: {reason}
Nếu chưa nhận được tiền, xin liên hệ {desk}.
""",
        ),
    ),
    FeeUnpaid: (
        Template(
            "fee_unpaid",
            until=RECEIVED_OR_ENDED | FEE_PAID | COMPLETED_OR_RETURNED,
            sms="Nhắc nộp phí: hồ sơ {dossier} còn phải nộp {fee_total}. Xin nộp trực tuyến hoặc tại {short_desk}.",
            title="Nhắc nộp phí, lệ phí của hồ sơ {dossier}",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" còn phải nộp {fee_total} phí, lệ phí và đang chờ.

Xin nộp trực tuyến trên Cổng Dịch vụ công hoặc tại {desk}. Nếu đã nộp, xin bỏ qua thư này.
""",
        ),
    ),
    FeeSettled: (
        Template(
            "fee_settled",
            when=promise_moved,
            until=COMPLETED_OR_RETURNED,
            sms="Hồ sơ {code} đã nộp đủ phí và được tiếp tục giải quyết. Ngày hẹn trả kết quả mới: {appointment}.",
            title="Hồ sơ {code} được tiếp tục giải quyết",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" đã nộp đủ phí, lệ phí và được tiếp tục giải quyết.
Ngày hẹn trả kết quả mới: {appointment}.
""",
        ),
    ),
    SubmissionRefused: (
        Template(
            "submission_refused",
            when=refused(None),
            sms="Hồ sơ {dossier} không được tiếp nhận. Lý do được ghi trong phiếu từ chối tiếp nhận; xin liên hệ {short_desk}.",
            title="Hồ sơ {dossier} không được tiếp nhận",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" không được tiếp nhận.

Lý do: {reason}

Nếu cần giải thích thêm, xin liên hệ {desk}.
""",
        ),
        Template(
            "submission_lapsed",
            when=refused(RefusalGround.LAPSED),
            sms="Hồ sơ {dossier} không được tiếp nhận do chưa được bổ sung trong thời hạn. Ông/Bà có thể nộp lại khi đủ giấy tờ.",
            title="Hồ sơ {dossier} không được tiếp nhận do không bổ sung",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" không được tiếp nhận.

Lý do: {reason}

Quý ông/bà có thể nộp lại hồ sơ khi đã đủ giấy tờ. Nếu cần giải thích thêm, xin liên hệ {desk}.
""",
        ),
        Template(
            "submission_not_competent",
            when=refused(RefusalGround.NOT_COMPETENT),
            sms="Hồ sơ {dossier} không thuộc thẩm quyền của {short_desk}.\nXin nộp tại: {short_competent}.",
            title="Hồ sơ {dossier} không thuộc thẩm quyền tiếp nhận",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" không thuộc thẩm quyền của {desk} nên không được tiếp nhận tại đây.

Cơ quan có thẩm quyền: {competent}
Lý do: {reason}
""",
        ),
    ),
    SubmissionRedirected: (
        Template(
            "submission_redirected",
            until=RECEIVED_OR_ENDED,
            sms="Hồ sơ {dossier} đã được chuyển đến {short_desk} để tiếp nhận đúng thẩm quyền. Ông/Bà không phải nộp lại.",
            title="Hồ sơ {dossier} đã được chuyển đến nơi tiếp nhận đúng thẩm quyền",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" đã được chuyển đến {desk}, nơi có thẩm quyền tiếp nhận. Quý ông/bà không phải nộp lại hồ sơ.

Lý do: {reason}
""",
        ),
    ),
    SubmissionLapsed: (),
    SubmissionWithdrawn: (
        Template(
            "submission_withdrawn",
            sms="Hồ sơ {dossier} đã được rút theo đề nghị của Ông/Bà.",
            title="Hồ sơ {dossier} đã được rút",
            email="""
Hồ sơ {dossier} về thủ tục "{procedure}" đã được rút theo đề nghị của Quý ông/bà và không được xem xét nữa.
""",
        ),
    ),
    # ------------------------------------------------------------------------------------------------ dossiers
    DossierReceived: (
        Template(
            "dossier_received",
            until=RETURNED | {DossierAnnulled},
            sms="Hồ sơ {code} đã được tiếp nhận.\nHẹn trả kết quả {short_way}: {appointment}.",
            title="Đã tiếp nhận hồ sơ {code}",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" đã được tiếp nhận lúc {accepted}.

Hẹn trả kết quả: {appointment}
Nơi tiếp nhận và trả kết quả: {desk}
Cách nhận kết quả: {way}
Mã bí mật để tra cứu hồ sơ: {secret} (dùng cùng mã hồ sơ; xin không cho người khác biết)

Chúng tôi sẽ báo khi có kết quả.
""",
        ),
    ),
    DossierResolvedOnTheSpot: (
        Template(
            "dossier_resolved_on_the_spot",
            title="Hồ sơ {code} đã được giải quyết",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" {outcome} và kết quả đã được trả ngay lúc {accepted}.
Lý do: {reasons}

Cảm ơn Quý ông/bà.
""",
        ),
    ),
    DossierTakenUp: (),
    SupplementRequested: (
        Template(
            "supplement_requested",
            until=frozenset({SupplementAccepted, DossierStopped, DossierCompleted, DossierReturned}),
            sms="Hồ sơ {code} cần bổ sung: {short_papers}. Hạn bổ sung: hết ngày {last_day}, nộp tại {short_desk}.",
            title="Hồ sơ {code} cần bổ sung giấy tờ",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" cần bổ sung:
{paper_list}

Lý do: {reason}
Xin bổ sung đến hết ngày {last_day} tại {desk}; thời hạn giải quyết tạm dừng cho đến khi hồ sơ đầy đủ.
Quá thời hạn này mà hồ sơ chưa được bổ sung, hồ sơ sẽ được đóng.
""",
        ),
    ),
    SupplementReceived: (),
    SupplementAccepted: (),
    SupplementLapsed: (),
    DossierStopped: (
        Template(
            "dossier_stopped",
            until=frozenset({DossierRepaired}),
            sms="Hồ sơ {code} đã dừng xử lý. Xin liên hệ {short_desk} để biết lý do và nhận lại giấy tờ.",
            title="Hồ sơ {code} đã dừng xử lý",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" đã dừng xử lý.
Lý do: {reason}

Xin liên hệ {desk} để nhận lại giấy tờ đã nộp.
""",
        ),
    ),
    WithdrawalRequested: (),
    WithdrawalDeclined: (
        Template(
            "withdrawal_declined",
            sms="Yêu cầu rút hồ sơ {code} không thực hiện được vì hồ sơ đã được giải quyết. Xin liên hệ {short_desk}.",
            title="Không thể rút hồ sơ {code}",
            email="""
Yêu cầu rút hồ sơ {code} về thủ tục "{procedure}" không thực hiện được.
Lý do: {reason}
""",
        ),
    ),
    DossierWithdrawn: (
        Template(
            "dossier_withdrawn",
            sms="Hồ sơ {code} đã dừng giải quyết theo yêu cầu của Ông/Bà. Mời nhận lại giấy tờ tại {short_desk}.",
            title="Đã dừng giải quyết hồ sơ {code} theo yêu cầu",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" đã dừng giải quyết theo yêu cầu của Quý ông/bà.

Xin liên hệ {desk} để nhận lại giấy tờ đã nộp và được hướng dẫn về phí, lệ phí.
""",
        ),
    ),
    AdjustmentRequested: (),
    AdjustmentTakenUp: (
        Template(
            "adjustment_taken_up",
            until=COMPLETED_OR_RETURNED,
            sms="Nội dung điều chỉnh hồ sơ {code} đã được chấp nhận.",
            title="Nội dung điều chỉnh hồ sơ {code} đã được chấp nhận",
            email="""
Nội dung Quý ông/bà đề nghị điều chỉnh trong hồ sơ {code} về thủ tục "{procedure}" đã được chấp nhận và đang được giải quyết.
""",
        ),
    ),
    AdjustmentDeclined: (
        Template(
            "adjustment_declined",
            until=COMPLETED_OR_RETURNED,
            sms="Đề nghị điều chỉnh hồ sơ {code} không được chấp nhận. Hồ sơ tiếp tục được giải quyết theo nội dung đã nộp.",
            title="Không chấp nhận đề nghị điều chỉnh hồ sơ {code}",
            email="""
Đề nghị điều chỉnh hồ sơ {code} về thủ tục "{procedure}" không được chấp nhận.
Lý do: {reason}

Hồ sơ tiếp tục được giải quyết theo nội dung đã nộp.
""",
        ),
    ),
    ReworkRequested: (),
    ReworkGranted: (
        Template(
            "rework_granted",
            until=COMPLETED_OR_RETURNED,
            sms="Kết quả hồ sơ {code} đang được kiểm tra lại, xin chưa đến nhận. Chúng tôi sẽ báo ngay khi có kết quả.",
            title="Kết quả hồ sơ {code} đang được kiểm tra lại",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đang được cơ quan giải quyết kiểm tra lại trước khi trả.
Xin Quý ông/bà chưa đến nhận; chúng tôi sẽ báo ngay khi có kết quả.
""",
        ),
    ),
    ReworkDeclined: (),
    ChildCaseOpened: (),
    ChildCaseEnded: (),
    ChildCaseOverdue: (),
    DossierAmended: (
        Template(
            "dossier_amended",
            until=RETURNED | {DossierAnnulled},
            sms="Thông tin của hồ sơ {dossier} đã được đính chính. Nếu Ông/Bà không đề nghị việc này, xin báo ngay cho {short_desk}.",
            title="Đã đính chính thông tin hồ sơ {dossier}",
            email="""
Thông tin về người nộp hoặc cách nhận kết quả của hồ sơ {dossier}, thủ tục "{procedure}", đã được đính chính.

Hẹn trả kết quả: {appointment}
Cách nhận kết quả: {way}

Nếu Quý ông/bà không đề nghị việc này, xin báo ngay cho {desk}.
""",
        ),
    ),
    AnnulmentRequested: (),
    DossierAnnulled: (
        Template(
            "dossier_annulled",
            until=frozenset({DossierRepaired}),
            sms="Hồ sơ {code} đã được hủy do tiếp nhận nhầm.\nHồ sơ {instead} vẫn được giải quyết.\n"
            "Xin liên hệ {short_desk} để nhận lại giấy tờ, tiền đã nộp.",
            title="Hồ sơ {code} đã được hủy do tiếp nhận nhầm",
            email="""
Việc tiếp nhận hồ sơ {code} về thủ tục "{procedure}" đã được hủy trong ngày do tiếp nhận nhầm hoặc trùng.
Chúng tôi xin lỗi vì sự bất tiện này.

Hồ sơ đã tiếp nhận trước, mã {instead}, vẫn được giải quyết.
Lý do: {reason}

Xin liên hệ {desk} để nhận lại giấy tờ và tiền đã nộp, nếu có.
""",
        ),
    ),
    AnnulmentDeclined: (),
    CorrectionRequested: (
        Template(
            "correction_requested",
            when=to_correct,
            until=frozenset({CorrectionDone, CorrectionDeclined}),
            sms="Kết quả hồ sơ {code} có sai sót và đang được sửa. Chúng tôi xin lỗi và sẽ báo khi có kết quả đúng.",
            title="Kết quả hồ sơ {code} đang được sửa",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" có sai sót và đang được sửa. Chúng tôi xin lỗi Quý ông/bà.

Khi có kết quả đúng, chúng tôi sẽ báo và trả lại; Quý ông/bà không phải nộp thêm giấy tờ hay chi phí. Nếu cần hỏi thêm, xin liên hệ {desk}.
""",
        ),
    ),
    CorrectionDone: (
        Template(
            "correction_done",
            when=to_correct,
            until=frozenset({CorrectionReturned}),
            sms="Kết quả hồ sơ {code} đã được sửa. Kết quả đúng sẽ được trả {short_way}; chúng tôi sẽ báo khi có thể nhận.",
            title="Kết quả hồ sơ {code} đã được sửa",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đã được sửa.
Số văn bản: {document_number}.

Kết quả đúng sẽ được trả {way}; chúng tôi sẽ báo khi có thể nhận. Khi đến, xin mang theo bản có sai sót để đổi.
Một lần nữa, chúng tôi xin lỗi Quý ông/bà. Nếu cần hỏi thêm, xin liên hệ {desk}.
""",
        ),
        Template(
            "result_reissued",
            when=to_reissue,
            until=RETURNED,
            sms="Kết quả hồ sơ {code} bị thất lạc đã được cấp lại và sẽ được trả {short_way}.",
            title="Kết quả hồ sơ {code} đã được cấp lại",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" bị thất lạc trên đường gửi đã được cấp lại.

Kết quả sẽ được trả {way}. Nếu muốn nhận cách khác, xin liên hệ {desk}.
""",
        ),
    ),
    CorrectionDeclined: (
        Template(
            "correction_declined",
            when=to_correct,
            sms="Kết quả hồ sơ {code} đã được kiểm tra lại và giữ nguyên. Lý do có tại {short_desk}.",
            title="Kết quả hồ sơ {code} được giữ nguyên",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đã được kiểm tra lại và giữ nguyên.

Lý do: {reason}

Nếu cần giải thích thêm, xin liên hệ {desk}.
""",
        ),
    ),
    CorrectionOverdue: (),
    DossierRepaired: (
        Template(
            "dossier_repaired",
            until=frozenset({DossierCompleted, DossierReturned}),
            sms="Trạng thái hồ sơ {dossier} bị ghi nhầm và đã được sửa: {state_label}. Xin lỗi Ông/Bà vì thông báo trước đó.",
            title="Sửa trạng thái ghi nhầm của hồ sơ {dossier}",
            email="""
Trạng thái hồ sơ {dossier} về thủ tục "{procedure}" bị ghi nhầm và đã được sửa: {state_label}.

Chúng tôi xin lỗi Quý ông/bà vì thông báo trước đó. Nếu cần giải thích thêm, xin liên hệ {desk}.
""",
        ),
    ),
    CorrectionReturned: (
        Template(
            "correction_returned",
            sms="Kết quả đã sửa của hồ sơ {code} đã được trả: {form}.\nMã vận đơn: {tracking_number}.",
            title="Đã trả kết quả đã sửa của hồ sơ {code}",
            email="""
Kết quả đã sửa của hồ sơ {code} về thủ tục "{procedure}" đã được trả: {form}.
Mã vận đơn: {tracking_number}

Nếu Quý ông/bà chưa nhận được, xin báo ngay cho {desk}.
""",
        ),
    ),
    SubmissionAnswerDue: (),
    PapersHandOverDue: (),
    ResultUnclaimed: (
        Template(
            "result_unclaimed",
            until=RETURNED | {PostalItemBooked, CorrectionRequested},
            when=at_the_desk,
            sms="Kết quả hồ sơ {code} đang chờ Ông/Bà tại {short_desk}. Xin mời đến nhận và mang theo giấy hẹn, giấy tờ tùy thân.",
            title="Kết quả hồ sơ {code} đang chờ được nhận",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đang chờ Quý ông/bà tại {desk}.
"""
            + BRING,
        ),
    ),
    DossierSuspended: (
        Template(
            "dossier_suspended",
            until=frozenset({DossierResumed, DossierCompleted, DossierReturned}),
            sms="Hồ sơ {code} tạm dừng tính thời hạn giải quyết theo quy định đến ngày {until}. Ngày hẹn trả mới sẽ được thông báo.",
            title="Hồ sơ {code} tạm dừng tính thời hạn giải quyết",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" tạm dừng tính thời hạn giải quyết, dự kiến đến ngày {until}.
Căn cứ: {ground}

Khi hồ sơ được tiếp tục giải quyết, chúng tôi sẽ thông báo ngày hẹn trả kết quả mới.
""",
        ),
    ),
    DossierResumed: (
        Template(
            "dossier_resumed",
            until=COMPLETED_OR_RETURNED,
            sms="Hồ sơ {code} được tiếp tục giải quyết. Ngày hẹn trả kết quả mới: {appointment}.",
            title="Hồ sơ {code} được tiếp tục giải quyết",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" được tiếp tục giải quyết.
Ngày hẹn trả kết quả mới: {appointment}.
""",
        ),
    ),
    DossierExtended: (
        Template(
            "dossier_extended",
            until=COMPLETED_OR_RETURNED,
            sms="Rất tiếc, hồ sơ {code} cần thêm thời gian giải quyết. Ngày hẹn trả kết quả mới: {appointment}. Mong Ông/Bà thông cảm.",
            title="Xin lỗi và hẹn lại ngày trả kết quả hồ sơ {code}",
            email="""
Chúng tôi xin lỗi Quý ông/bà vì chưa thể trả kết quả hồ sơ {code} về thủ tục "{procedure}" đúng ngày đã hẹn.
Ngày hẹn trước: {earlier_appointment}.
Lý do: {reason}
Ngày hẹn trả kết quả mới: {appointment}.
""",
        ),
    ),
    DossierApologised: (
        Template(
            "dossier_apologised",
            until=COMPLETED_OR_RETURNED,
            sms="Xin lỗi Ông/Bà: hồ sơ {code} bị trễ hẹn. Ngày hẹn trả kết quả mới: {appointment}.",
            title="Xin lỗi vì hồ sơ {code} trễ hẹn",
            email="""
Chúng tôi xin lỗi Quý ông/bà vì hồ sơ {code} về thủ tục "{procedure}" bị trễ hẹn.
Ngày hẹn trước: {earlier_appointment}.
Lý do: {reason}
Ngày hẹn trả kết quả mới: {appointment}.
""",
        ),
    ),
    DossierDueSoon: (),
    DossierDueToday: (),
    DossierApologyDue: (),
    DossierOverdue: (),
    DossierSuspensionOver: (),
    StepCompleted: (
        Template(
            "step_awaits_applicant",
            when=awaits_applicant,
            until=frozenset({DossierResumed, DossierStopped, DossierCompleted, DossierReturned}),
            sms="Hồ sơ {code} đang chờ Ông/Bà hoàn thiện theo quy trình; thời gian này không tính vào thời hạn. Liên hệ: {short_desk}.",
            title="Hồ sơ {code} đang chờ Quý ông/bà hoàn thiện",
            email="""
Hồ sơ {code} về thủ tục "{procedure}" đang chờ Quý ông/bà thực hiện phần việc của mình theo quy trình giải quyết.

Thời gian này không tính vào thời hạn giải quyết; khi hồ sơ được tiếp tục giải quyết, chúng tôi sẽ báo ngày hẹn trả kết quả mới.
Nếu cần hướng dẫn, xin liên hệ {desk}.
""",
        ),
    ),
    StepPassedBack: (),
    ConsultationRequested: (),
    ConsultationAnswered: (),
    ConsultationOverdue: (),
    AttendanceRequested: (
        Template(
            "attendance_requested",
            until=frozenset({AttendanceRequested, DossierStopped, DossierCompleted, DossierReturned}),
            sms="Hồ sơ {code}: mời Ông/Bà có mặt lúc {meeting} tại {short_place}. Xin mang theo giấy hẹn và giấy tờ tùy thân.",
            title="Mời có mặt để giải quyết hồ sơ {code}",
            email="""
Để giải quyết hồ sơ {code} về thủ tục "{procedure}", mời Quý ông/bà có mặt:

Thời gian: {meeting}
Địa điểm: {place}
Nội dung: {purpose}

Xin mang theo giấy tiếp nhận hồ sơ và hẹn trả kết quả, giấy tờ tùy thân; người được ủy quyền mang thêm văn bản ủy quyền.
Nếu không thể đến, xin báo trước cho {desk}.
""",
        ),
    ),
    DossierAssigned: (),
    DossierReminded: (),
    DecisionIssued: (),
    DossierCompleted: (
        # Signed is not yet at the desk: whoever comes now comes for nothing.
        Template(
            "dossier_completed_for_desk",
            when=wanted(ReturnWay.DESK),
            until=RETURNED,
            title="Kết quả hồ sơ {code} đã được ký",
            email=f"""
{COMPLETED}
Kết quả chưa có tại nơi trả. Chúng tôi sẽ báo khi kết quả có tại {{desk}}.
""",
        ),
        Template(
            "dossier_completed_for_online",
            when=wanted(ReturnWay.ONLINE),
            until=RETURNED,
            title="Kết quả hồ sơ {code} đã được ký",
            email=f"""
{COMPLETED}
Kết quả điện tử sẽ được trả trực tuyến; chúng tôi sẽ báo ngay khi đã trả.
""",
        ),
        Template(
            "dossier_completed_for_post",
            when=wanted(ReturnWay.POST),
            until=RETURNED,
            sms="Hồ sơ {code} đã có kết quả. Kết quả sẽ được gửi đến Ông/Bà qua bưu chính; mã vận đơn sẽ được báo sau.",
            title="Kết quả hồ sơ {code} đã được ký",
            email=f"""
{COMPLETED}
Kết quả sẽ được gửi đến Quý ông/bà qua bưu chính; chúng tôi sẽ báo mã vận đơn.
""",
        ),
    ),
    # ------------------------------------------------------------------------------------------------ the way back
    ResultAtDesk: (
        Template(
            "result_at_desk",
            when=wanted(ReturnWay.DESK),
            until=RETURNED | {PostalItemBooked, CorrectionRequested},
            sms="Kết quả hồ sơ {code} đã có tại {short_desk}. Mời Ông/Bà đến nhận, mang theo giấy hẹn và giấy tờ tùy thân.",
            title="Mời đến nhận kết quả hồ sơ {code}",
            email=f"""
Kết quả hồ sơ {{code}} về thủ tục "{{procedure}}" đã có tại {{desk}}. Mời Quý ông/bà đến nhận trong giờ làm việc.

{BRING}
""",
        ),
    ),
    ResultDelivered: (
        Template(
            "result_delivered",
            until=RETURNED,
            sms="Một phần kết quả hồ sơ {code} đã được trả: {form}. Phần còn lại sẽ được trả {short_way}.",
            title="Đã trả một phần kết quả hồ sơ {code}",
            email="""
Một phần kết quả hồ sơ {code} về thủ tục "{procedure}" đã được trả: {form}.
Phần còn lại sẽ được trả {way}.
""",
        ),
    ),
    DossierReturned: (
        Template(
            "dossier_returned_at_desk",
            until=frozenset({DossierRepaired}),
            when=returned(ReturnWay.DESK),
            sms="Kết quả hồ sơ {code} đã được trao tại {short_desk}. Nếu Ông/Bà hoặc người được ủy quyền chưa nhận, xin báo ngay.",
            title="Đã trả kết quả hồ sơ {code}",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đã được trao tại {desk}.

Nếu Quý ông/bà hoặc người được ủy quyền chưa nhận, xin báo ngay cho chúng tôi. Cảm ơn Quý ông/bà.
""",
        ),
        Template(
            "dossier_returned_online",
            until=frozenset({DossierRepaired}),
            when=returned(ReturnWay.ONLINE),
            sms="Kết quả điện tử của hồ sơ {code} đã được trả trực tuyến. Ông/Bà có thể xem tại nơi đã nộp hồ sơ.",
            title="Đã trả kết quả hồ sơ {code}",
            email="""
Kết quả điện tử của hồ sơ {code} về thủ tục "{procedure}" đã được trả trực tuyến. Cảm ơn Quý ông/bà.
""",
        ),
        Template(
            "dossier_returned_by_post",
            until=frozenset({DossierRepaired}),
            when=returned(ReturnWay.POST),
            sms="Bưu chính báo đã phát kết quả hồ sơ {code}. Nếu Ông/Bà chưa nhận được, xin báo ngay cho {short_desk}.",
            title="Đã trả kết quả hồ sơ {code}",
            email="""
Bưu chính báo đã phát kết quả hồ sơ {code} về thủ tục "{procedure}" đến Quý ông/bà.

Nếu chưa nhận được, xin báo ngay cho {desk}. Cảm ơn Quý ông/bà.
""",
        ),
    ),
    PapersHandedOver: (),
    PapersTakenOver: (),
    # ------------------------------------------------------------------------------------------------ by post
    PostalItemBooked: (
        Template(
            "postal_item_booked",
            when=on_the_way_back,
            until=POST_ENDED,
            sms="Kết quả hồ sơ {code} đang được gửi qua bưu chính, mã vận đơn {tracking_number}.",
            title="Kết quả hồ sơ {code} được gửi qua bưu chính",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đang được gửi đến Quý ông/bà qua bưu chính.

Mã vận đơn: {tracking_number}
""",
        ),
    ),
    PostalItemPosted: (
        Template(
            "postal_item_posted",
            when=on_the_way_back,
            until=POST_ENDED,
            title="Bưu chính đã nhận kết quả hồ sơ {code}",
            email="""
Bưu chính đã nhận kết quả hồ sơ {code} về thủ tục "{procedure}" để phát đến Quý ông/bà.

Mã vận đơn: {tracking_number}
""",
        ),
    ),
    PostalItemAttemptFailed: (
        Template(
            "postal_item_attempt_failed",
            when=tried_once,
            until=POST_ENDED,
            sms="Bưu chính chưa phát được kết quả hồ sơ {code} (mã vận đơn {tracking_number}) và sẽ phát lại. Xin để ý điện thoại.",
            title="Bưu chính chưa phát được kết quả hồ sơ {code}",
            email="""
Bưu chính chưa phát được kết quả hồ sơ {code} về thủ tục "{procedure}" đến Quý ông/bà và sẽ phát lại.

Mã vận đơn: {tracking_number}
Nếu địa chỉ hoặc số điện thoại đã thay đổi, xin báo cho {desk}.
""",
        ),
        Template(
            "postal_item_attempt_failed_again",
            when=tried_again,
            until=POST_ENDED,
            sms="Bưu chính vẫn chưa phát được kết quả hồ sơ {code} (mã vận đơn {tracking_number}) và sẽ chuyển hoàn.\n"
            "Xin liên hệ {short_desk}.",
            title="Bưu chính vẫn chưa phát được kết quả hồ sơ {code}",
            email="""
Bưu chính vẫn chưa phát được kết quả hồ sơ {code} về thủ tục "{procedure}" đến Quý ông/bà và sẽ chuyển hoàn cho chúng tôi.

Mã vận đơn: {tracking_number}
Nếu còn muốn nhận qua bưu chính, xin liên hệ ngay bưu cục phát; nếu không, xin liên hệ {desk} để hẹn cách nhận khác.
""",
        ),
    ),
    PostalItemHeld: (
        Template(
            "postal_item_held",
            when=on_the_way_back,
            until=POST_ENDED,
            sms="Kết quả hồ sơ {code} đang được giữ tại bưu cục, mã vận đơn {tracking_number}.\nXin đến nhận, mang theo giấy tờ tùy thân.",
            title="Kết quả hồ sơ {code} đang được giữ tại bưu cục",
            email="""
Kết quả hồ sơ {code} về thủ tục "{procedure}" đang được giữ tại bưu cục, chờ Quý ông/bà đến nhận.

Mã vận đơn: {tracking_number}
Nơi giữ: {place}
Khi đến, xin mang theo giấy tờ tùy thân.
""",
        ),
    ),
    PostalItemDelivered: (),
    PostalItemSentBack: (
        Template(
            "postal_item_sent_back",
            when=on_the_way_back,
            until=RETURNED | {PostalItemBooked},
            sms="Bưu chính không phát được kết quả hồ sơ {code} và đã chuyển hoàn. Xin liên hệ {short_desk} để hẹn cách nhận khác.",
            title="Kết quả hồ sơ {code} bị chuyển hoàn",
            email="""
Bưu chính không phát được kết quả hồ sơ {code} về thủ tục "{procedure}" và đã chuyển hoàn cho chúng tôi.

Mã vận đơn: {tracking_number}
Xin liên hệ {desk} để hẹn gửi lại hoặc đến nhận trực tiếp.
""",
        ),
    ),
    PostalItemLost: (
        Template(
            "postal_item_lost",
            when=on_the_way_back,
            until=RETURNED | {PostalItemBooked},
            sms="Bưu gửi mang kết quả hồ sơ {code} bị thất lạc. Chúng tôi xin lỗi và sẽ liên hệ để trả lại kết quả cho Ông/Bà.",
            title="Bưu gửi mang kết quả hồ sơ {code} bị thất lạc",
            email="""
Bưu gửi mang kết quả hồ sơ {code} về thủ tục "{procedure}" bị thất lạc trên đường đến Quý ông/bà. Chúng tôi xin lỗi.

Mã vận đơn: {tracking_number}
{desk} sẽ làm việc với bưu chính, cấp lại kết quả và liên hệ với Quý ông/bà.
""",
        ),
    ),
}


def what_to_say(event: Event, subject: Subject) -> tuple[Template, ...]:
    """What there is to say of `event`; `subject` already stands as the event left it."""
    return tuple(template for template in TEXTS[type(event)] if template.when(event, subject))


def overtaken_by(event: Event) -> frozenset[str]:
    """The templates that would be wrong to send after `event`."""
    return OVERTAKEN.get(type(event), frozenset())


OVERTAKEN: Final[dict[type[Event], frozenset[str]]] = {
    event: frozenset(template.name for said in TEXTS.values() for template in said if event in template.until) for event in TEXTS
}


@dataclass(frozen=True)
class Said:
    """A template as it stands, for whoever reads or registers it (gateways of brand names want fixed texts)."""

    event: str
    template: str
    channel: str
    subject_line: str | None
    text: str


SAID: Final[tuple[Said, ...]] = tuple(
    Said(event.type, template.name, channel, title, words)
    for event, said in TEXTS.items()
    for template in said
    for channel, title, words in (("sms", None, template.sms), ("email", template.title, template.email.strip()))
    if words
)
