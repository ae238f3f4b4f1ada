"""Intake and processing as the voice hears them: a fact of every kind; signed batches, sequences without gaps, causes named."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from shared import wire
from shared.contracts.events import (
    AdjustmentDeclined,
    AdjustmentRequested,
    AdjustmentTakenUp,
    AnnulmentDeclined,
    AnnulmentGround,
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
    FeeSum,
    FeeUnpaid,
    Outcome,
    PapersHandedOver,
    PapersHandOverDue,
    PapersTakenOver,
    PostalEvent,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemDelivered,
    PostalItemHeld,
    PostalItemLost,
    PostalItemPosted,
    PostalItemSentBack,
    ProcedureRef,
    RefusalGround,
    Result,
    ResultAtDesk,
    ResultDelivered,
    ResultUnclaimed,
    ReworkDeclined,
    ReworkGranted,
    ReworkRequested,
    SignedDecision,
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
from shared.contracts.peers import Service
from shared.contracts.people import Channel, Offices, Part, Person, ReturnWay, ReturnWish
from shared.contracts.states import State
from shared.ids import uuid7
from shared.wire import Envelope
from tests.stack import MONDAY_MORNING, Stack

DESK = "H26.22"
OFFICES = Offices(receiving=DESK, competent="H26.22.1", supervising="H26", returning=DESK)
PROCEDURE = ProcedureRef(key="p1", version_id=UUID(int=1), name="Đăng ký thành lập hộ kinh doanh", code="1.001612")
APPLICANT = Person(
    part=Part.APPLICANT, name="Nguyễn Thị Hoa", identity_number="001099012345", phone="0912 345 678", email="hoa.nguyen@example.org"
)
SECRET = "K7QW-9RTX"


@dataclass
class Peers:
    """What both have told so far, counted by source and subject."""

    stack: Stack
    told: dict[tuple[Service, UUID | str], int] = field(default_factory=lambda: defaultdict(int))
    codes: int = 0

    def envelope(self, source: Service, dossier: UUID | str, event: Event, *, seen: dict[str, int] | None = None) -> Envelope:
        """The next event of `source`, which has by now taken all the other told about the dossier, unless `seen` says otherwise."""
        other = Service.PROCESSING if source is Service.INTAKE else Service.INTAKE
        had = self.told[other, dossier]
        self.told[source, dossier] += 1
        return Envelope(
            id=uuid7(),
            type=event.type,
            source=source,
            subject=str(dossier),
            sequence=self.told[source, dossier],
            seen=({other: had} if had else {}) if seen is None else seen,
            time=self.stack.clock.now(),
            traceparent=None,
            data=event.model_dump(mode="json", exclude_none=True),
        )

    async def deliver(self, *envelopes: Envelope) -> httpx.Response:
        body = json.dumps([wire.write(envelope) for envelope in envelopes]).encode()
        headers = {"content-type": wire.BATCH} | self.stack.runtime(Service.NOTIFICATIONS).signer.sign(body)
        async with httpx.AsyncClient(transport=self.stack.switchboard) as client:
            return await client.post("http://notifications/events", content=body, headers=headers)

    async def tell(self, source: Service, dossier: UUID | str, *events: Event) -> None:
        for event in events:
            answer = await self.deliver(self.envelope(source, dossier, event))
            assert answer.status_code == 204, answer.text

    async def intake_tells(self, dossier: UUID | str, *events: Event) -> None:
        await self.tell(Service.INTAKE, dossier, *events)

    async def processing_tells(self, dossier: UUID | str, *events: Event) -> None:
        await self.tell(Service.PROCESSING, dossier, *events)

    async def a_received_dossier(self, **differences: Any) -> UUID:
        dossier = uuid7()
        self.codes += 1
        await self.intake_tells(dossier, received(code=f"H26.22-260309-{self.codes:04}", **differences))
        return dossier


def received(
    *,
    code: str = "H26.22-260309-0001",
    people: tuple[Person, ...] = (APPLICANT,),
    way: ReturnWay = ReturnWay.DESK,
    offices: Offices = OFFICES,
    appointment_at: datetime = MONDAY_MORNING + timedelta(days=3, hours=1, minutes=30),
) -> DossierReceived:
    return DossierReceived(
        code=code,
        procedure=PROCEDURE,
        offices=offices,
        channel=Channel.DESK,
        accepted_at=MONDAY_MORNING,
        appointment_at=appointment_at,
        limit_text="3 ngày làm việc",
        received_by="Trần Văn Tiếp",
        result_wanted=ReturnWish(way=way),
        lookup_secret=SECRET,
        people=people,
    )


def submitted(*, channel: Channel = Channel.ONLINE, national_code: str | None = "000.00.15.H26-260309-0007") -> SubmissionReceived:
    return SubmissionReceived(
        national_code=national_code,
        procedure=PROCEDURE,
        offices=OFFICES,
        channel=channel,
        submitted_at=MONDAY_MORNING,
        people=(APPLICANT,),
    )


def resolved_on_the_spot(*, outcome: Outcome = Outcome.GRANTED) -> DossierResolvedOnTheSpot:
    return DossierResolvedOnTheSpot(**received().model_dump() | {"result": a_result(outcome)})


def a_result(outcome: Outcome = Outcome.GRANTED) -> Result:
    reasons = "Địa điểm kinh doanh nằm trong khu vực quy hoạch." if outcome is Outcome.REFUSED else None
    return Result(outcome=outcome, document_number="12/GCN-HB", reasons=reasons)


def taken_up() -> DossierTakenUp:
    return DossierTakenUp(taken_up_at=MONDAY_MORNING, officer="Lê Văn Lý")


def completed(outcome: Outcome = Outcome.GRANTED) -> DossierCompleted:
    return DossierCompleted(completed_at=MONDAY_MORNING, appointment_at=MONDAY_MORNING, result=a_result(outcome))


def result_at_desk() -> ResultAtDesk:
    return ResultAtDesk(handed_over_by="Lê Văn Lý", taken_over_by="Trần Văn Tiếp")


def returned(way: ReturnWay = ReturnWay.DESK) -> DossierReturned:
    return DossierReturned(way=way, returned_at=MONDAY_MORNING, collected_by="applicant")


def supplement_requested(*papers: str) -> SubmissionSupplementRequested:
    papers = papers or ("Giấy đề nghị đăng ký hộ kinh doanh theo mẫu", "Bản sao giấy tờ pháp lý của cá nhân đối với chủ hộ kinh doanh")
    return SubmissionSupplementRequested(papers=papers, reason="Bản quét bị mờ, không đọc được.")


def postal(kind: type[PostalEvent], **more: Any) -> PostalEvent:
    return kind(carrier="vnpost", tracking_number="EA123456789VN", at=MONDAY_MORNING, place="Bưu cục Hòa Bình", **more)


def correction_asked(kind: CorrectionKind = CorrectionKind.CORRECT) -> CorrectionRequested:
    return CorrectionRequested(number=1, kind=kind, reason="Sai năm sinh.", requested_at=MONDAY_MORNING, requested_by="Trần Văn Tiếp")


def correction_done(kind: CorrectionKind = CorrectionKind.CORRECT) -> CorrectionDone:
    return CorrectionDone(
        number=1, kind=kind, result=a_result(), done_at=MONDAY_MORNING, due_at=MONDAY_MORNING + timedelta(days=3), officer="Lê Văn Lý"
    )


def amended(*people: Person, way: ReturnWay = ReturnWay.DESK) -> DossierAmended:
    return DossierAmended(
        number=1,
        amended_at=MONDAY_MORNING,
        changed=("applicant.phone",),
        result_wanted=ReturnWish(way=way),
        people=people or (APPLICANT,),
    )


LATER = MONDAY_MORNING + timedelta(days=15)
FEE = FeeSum(name="Phí thẩm định điều kiện kinh doanh", amount=1_150_000, number=1)

EVERY_FACT: tuple[Event, ...] = (
    submitted(),
    submitted(channel=Channel.POST, national_code=None),
    supplement_requested(),
    supplement_requested().model_copy(update={"ends_at": MONDAY_MORNING + timedelta(days=15)}),
    SubmissionSupplemented(papers=("Giấy đề nghị",)),
    SubmissionFeeRequested(fees=(FEE,), requested_at=MONDAY_MORNING, reason="Nộp trước khi tiếp nhận."),
    FeeRequested(
        request=uuid7(),
        fees=(FEE,),
        requested_at=MONDAY_MORNING,
        remind_at=LATER,
        reason="Nghĩa vụ tài chính.",
        paused_by="Luật chuyên ngành",
    ),
    FeePaid(fees=(FEE,), still_awaited=0, amount=1_150_000, method="cash", receipt_number="BL-0001", paid_at=MONDAY_MORNING),
    FeeReduced(fees=(FEE,), still_awaited=0, ground="Người thuộc hộ nghèo.", reduced_at=MONDAY_MORNING),
    FeeRefunded(fees=(FEE,), amount=1_150_000, reason="Hồ sơ đã rút.", refunded_at=MONDAY_MORNING),
    FeeUnpaid(still_awaited=1_150_000, since=MONDAY_MORNING, office=DESK),
    FeeSettled(request=uuid7(), settled_at=MONDAY_MORNING, earlier_appointment_at=MONDAY_MORNING, appointment_at=LATER),
    SubmissionRefused(reason="Hồ sơ không đúng đối tượng."),
    SubmissionRefused(reason="Không bổ sung hồ sơ.", ground=RefusalGround.LAPSED),
    SubmissionRefused(
        reason="Không thuộc thẩm quyền.",
        ground=RefusalGround.NOT_COMPETENT,
        competent="Trung tâm Phục vụ hành chính công và Chuyển đổi số cộng đồng tỉnh Thừa Thiên Huế",
    ),
    SubmissionRedirected(from_office="H26.23", offices=OFFICES, reason="Nơi cư trú thuộc địa bàn khác."),
    SubmissionLapsed(ended_at=MONDAY_MORNING),
    SubmissionWithdrawn(),
    WithdrawalRequested(requested_at=MONDAY_MORNING, reason="Không còn nhu cầu."),
    WithdrawalDeclined(reason="Quyết định đã được ban hành."),
    DossierWithdrawn(withdrawn_at=MONDAY_MORNING),
    AdjustmentRequested(requested_at=MONDAY_MORNING, content="Sửa diện tích."),
    AdjustmentTakenUp(officer="Lê Văn Lý"),
    AdjustmentDeclined(reason="Thuộc một thủ tục khác."),
    ReworkRequested(requested_at=MONDAY_MORNING, reason="Sai tên.", by="Phạm Thị Ký"),
    ReworkGranted(granted_at=MONDAY_MORNING, reason="Sai tên."),
    ReworkDeclined(reason="Kết quả đã được trao."),
    ChildCaseOpened(child=UUID(int=7), number=1, office="H26.24", work="Thẩm định", due_at=MONDAY_MORNING),
    ChildCaseEnded(child=UUID(int=7), number=1, office="H26.24", end="done", ended_at=MONDAY_MORNING),
    ChildCaseOverdue(child=UUID(int=7), number=1, office="H26.24", due_at=MONDAY_MORNING, lead="H26.22"),
    *(received(way=way) for way in ReturnWay),
    *(resolved_on_the_spot(outcome=outcome) for outcome in Outcome),
    taken_up(),
    DossierAssigned(office="H26.22.1", officer="Lê Văn Lý", how="by_hand", by="Phạm Thị Ký"),
    DossierReminded(office=DESK, reminded_by="Trần Văn Tiếp", note="Sắp đến hạn trả."),
    StepCompleted(step=0, completed_at=MONDAY_MORNING, officer="Lê Văn Lý"),
    StepCompleted(step=12, completed_at=MONDAY_MORNING, officer="Lê Văn Lý", next_step=13, awaits_applicant=True),
    StepPassedBack(step=2, passed_back_at=MONDAY_MORNING, officer="Lê Văn Lý", to_step=1),
    ConsultationRequested(consultation=UUID(int=8), office="H26.5", due_at=LATER, requested_at=MONDAY_MORNING, officer="Lê Văn Lý"),
    ConsultationAnswered(consultation=UUID(int=8), office="H26.5", due_at=LATER, answered_at=MONDAY_MORNING, opinion="agrees"),
    ConsultationOverdue(consultation=UUID(int=8), office="H26.5", due_at=LATER, lead="H26.22.1", desk="H26"),
    AttendanceRequested(at=LATER, place="Thửa đất số 12, tổ 1, phường Núi Rùa", purpose="Xác minh thực địa", officer="Lê Văn Lý"),
    DecisionIssued(decision=SignedDecision(number="12/QĐ", signed_on=date(2026, 3, 11), signer="Phạm Thị Ký")),
    *(completed(outcome) for outcome in Outcome),
    PapersHandedOver(from_office=DESK, to_office="H26.22.1", handed_over_by="Trần Văn Tiếp"),
    PapersTakenOver(office="H26.22.1", taken_over_by="Lê Văn Lý"),
    result_at_desk(),
    *(ResultDelivered(way=way) for way in ReturnWay),
    *(returned(way) for way in ReturnWay),
    *(
        postal(kind)
        for kind in (PostalItemBooked, PostalItemPosted, PostalItemHeld, PostalItemDelivered, PostalItemSentBack, PostalItemLost)
    ),
    postal(PostalItemAttemptFailed, attempt=1),
    postal(PostalItemAttemptFailed, attempt=2),
    SubmissionAnswerDue(due_at=LATER, office=DESK),
    PapersHandOverDue(due_at=LATER, office=DESK),
    SupplementRequested(
        requested_at=MONDAY_MORNING,
        papers=("Bản vẽ hoàn công",),
        reason="Thiếu bản vẽ theo thành phần hồ sơ.",
        ends_at=LATER,
        lapses_at=LATER,
    ),
    SupplementReceived(papers=("Bản vẽ hoàn công",), sent_at=MONDAY_MORNING),
    SupplementAccepted(sent_at=MONDAY_MORNING, accepted_at=MONDAY_MORNING),
    SupplementLapsed(ended_at=LATER),
    DossierStopped(stopped_at=LATER, reason="Đã đóng hồ sơ, không bổ sung"),
    DossierSuspended(suspended_at=MONDAY_MORNING, ground="Chờ kết quả đo đạc theo pháp luật đất đai.", until=date(2026, 3, 31)),
    DossierResumed(resumed_at=MONDAY_MORNING, appointment_at=LATER),
    *(
        kind(
            first_appointment_at=MONDAY_MORNING,
            earlier_appointment_at=MONDAY_MORNING,
            appointment_at=LATER,
            reason="Cần xác minh thực địa.",
            signer="Phạm Thị Ký",
        )
        for kind in (DossierExtended, DossierApologised)
    ),
    *(
        kind(due_at=LATER, office="H26.22.1")
        for kind in (DossierDueSoon, DossierDueToday, DossierApologyDue, DossierOverdue, DossierSuspensionOver)
    ),
    amended(),
    *(correction_asked(kind) for kind in CorrectionKind),
    *(correction_done(kind) for kind in CorrectionKind),
    CorrectionDeclined(
        number=1, kind=CorrectionKind.CORRECT, reason="Kết quả đúng với hồ sơ.", declined_at=MONDAY_MORNING, officer="Lê Văn Lý"
    ),
    DossierRepaired(
        from_state=State.RETURNED,
        to_state=State.AWAITING_SUPPLEMENT,
        left_at=MONDAY_MORNING,
        repaired_at=LATER,
        ticket="SC-2026-0042",
        proposed_by="Phạm Thị Giám Sát",
        approved_by="Phạm Văn Hai",
    ),
    CorrectionOverdue(number=1, due_at=LATER, office="H26.22.1"),
    *(
        CorrectionReturned(number=1, way=way, returned_at=MONDAY_MORNING, tracking_number=number)
        for way, number in ((ReturnWay.DESK, None), (ReturnWay.ONLINE, None), (ReturnWay.POST, "EA123456789VN"))
    ),
    AnnulmentRequested(ground=AnnulmentGround.MISTAKEN, reason="Nhận nhầm thủ tục.", requested_by="Phạm Thị Giám Sát"),
    *(
        DossierAnnulled(
            annulled_at=MONDAY_MORNING, ground=ground, reason="Nhận hai lần.", requested_by="Phạm Thị Giám Sát", instead=instead
        )
        for ground, instead in ((AnnulmentGround.MISTAKEN, None), (AnnulmentGround.DOUBLE, "000.00.15.H26.22-260309-0000122"))
    ),
    AnnulmentDeclined(declined_at=MONDAY_MORNING, state="in_progress", officer="Lê Văn Lý"),
    ResultUnclaimed(at_desk_since=MONDAY_MORNING, office=DESK),
)
