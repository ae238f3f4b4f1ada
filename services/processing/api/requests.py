"""What a move needs to be told."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from services.processing.domain.consultation import Opinion
from services.processing.domain.note import NoteKind
from shared.contracts.events import FeeSum, Outcome
from shared.contracts.permissions import Action
from shared.days import Day, Instant
from shared.working_time import Unit

Words = Annotated[str, Field(min_length=1, max_length=2000)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Request(BaseModel):
    """The body of a move: fields we do not know are a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def storable(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("The character NUL cannot be stored.")
        return value


class Noted(Request):
    """A remark for the journal, if there is something to say."""

    note: Annotated[str | None, Field(max_length=2000, examples=["Đã thẩm định, đủ điều kiện"])] = None


class PassedOn(Noted):
    """To the next step, unless another is named: later ones skip what lies between, earlier ones take the case back; both say why."""

    to_step: Annotated[int | None, Field(ge=1, le=10_000)] = None
    """The number of the step, from 1."""
    reason: Annotated[str | None, Field(min_length=1, max_length=2000)] = None


class PassedBack(Request):
    """To which earlier step the case goes back, and why."""

    to_step: Annotated[int, Field(ge=1, le=10_000, examples=[1])]
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Không đồng ý dự thảo: thiếu căn cứ pháp lý"])]


class ConsultationAsked(Request):
    """Whose opinion is asked, on what, and for how long: an amount and its unit, a day, or neither where the procedure says it."""

    office: Annotated[str, Field(min_length=1, max_length=100, examples=["H27.030"])]
    question: Annotated[str, Field(min_length=1, max_length=5000, examples=["Đề nghị cho ý kiến về quy hoạch tại vị trí xin cấp phép"])]
    amount: Annotated[Decimal | None, Field(gt=0, le=1000, max_digits=6, decimal_places=2, examples=["5"])] = None
    unit: Annotated[Unit | None, Field(examples=["working_day"])] = None
    answer_by: Day | None = None

    @field_validator("unit")
    @classmethod
    def counted(cls, value: Unit | None) -> Unit | None:
        if value is Unit.SAME_DAY:
            raise ValueError("Name a day in answer_by instead.")
        return value

    @model_validator(mode="after")
    def said_once(self) -> Self:
        if (self.amount is None) is not (self.unit is None):
            raise ValueError("An amount needs its unit, and a unit its amount.")
        if self.amount and self.answer_by:
            raise ValueError("Name an amount and its unit, or a day; not both.")
        return self


class ConsultationAnswer(Request):
    """What the consulted office says. Which question, only where it was asked more than once."""

    opinion: Annotated[Opinion, Field(examples=["agrees"])]
    content: Annotated[str, Field(min_length=1, max_length=10_000, examples=["Phù hợp quy hoạch đã được phê duyệt"])]
    consultation: UUID | None = None


class AttendanceAsked(Request):
    """When and where people are asked to come, and what for."""

    at: Annotated[Instant, Field(examples=["2026-03-13T09:00:00+07:00"])]
    place: Annotated[str, Field(min_length=1, max_length=300, examples=["Thửa đất số 12, tổ 1, phường Núi Rùa"])]
    purpose: Annotated[str, Field(min_length=1, max_length=1000, examples=["Xác minh thực địa"])]


class NoteWritten(Request):
    """For the agency's own eyes."""

    kind: Annotated[NoteKind, Field(examples=["note"])] = NoteKind.NOTE
    text: Annotated[str, Field(min_length=1, max_length=10_000, examples=["Đã đối chiếu bản vẽ với hồ sơ gốc"])]
    files: Annotated[
        tuple[Sha256, ...], Field(max_length=50, examples=[["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]])
    ] = ()


class PapersTaken(Request):
    """Who took the papers, where it was not the officer who says so."""

    taken_over_by: Annotated[str | None, Field(min_length=1, max_length=200, examples=["Trần Văn Bình"])] = None


class ResultHandedOver(Noted):
    """Who carried the result to the desk, where it was not the officer who says so."""

    handed_over_by: Annotated[str | None, Field(min_length=1, max_length=200, examples=["Trần Văn Bình"])] = None


class Decision(Request):
    """The decision as signed."""

    number: Annotated[str, Field(min_length=1, max_length=100, examples=["123/QĐ-UBND"])]
    signed_on: Annotated[Day, Field(examples=["2026-03-11"])]
    signer: Annotated[str, Field(min_length=1, max_length=200, examples=["Nguyễn Thị Hoa"])]


class MemberCompletion(Request):
    """The result of one procedure of a group."""

    procedure: Annotated[str, Field(min_length=1, max_length=500, examples=["Đăng ký khai sinh"])]
    outcome: Annotated[Outcome, Field(examples=["granted"])]
    reasons: Annotated[str | None, Field(max_length=5000)] = None
    document_number: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    document_reference: Annotated[str | None, Field(min_length=1, max_length=500)] = None


class Completion(Request):
    """The result of the case. A refusal is a result, too, with its reasons. Of a group of procedures: that of each member besides."""

    outcome: Annotated[Outcome, Field(examples=["granted"])]
    reasons: Annotated[str | None, Field(max_length=5000, examples=["Không đủ điều kiện theo quy định"])] = None
    document_number: Annotated[str | None, Field(min_length=1, max_length=100, examples=["45/GP-UBND"])] = None
    document_reference: Annotated[str | None, Field(min_length=1, max_length=500, examples=["sha256:9f86d081884c7d65"])] = None
    members: Annotated[tuple[MemberCompletion, ...] | None, Field(max_length=50)] = None


class CorrectedResult(Completion):
    """The result as it should have been."""


class Declined(Request):
    """Why the result stands as it is."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Kết quả đúng với hồ sơ đã nộp"])]


class Suspension(Request):
    """Why the clock may stand, in the words of the law of the sector, and until when."""

    ground: Annotated[str, Field(min_length=1, max_length=1000, examples=["Khoản 2 Điều 10 Nghị định về đất đai: chờ kết quả đo đạc"])]
    until: Annotated[Day, Field(examples=["2026-04-10"])]


class MissingPapers(Request):
    """What is missing, all of it at once, and why it is needed."""

    papers: Annotated[tuple[Words, ...], Field(min_length=1, max_length=100, examples=[["Bản vẽ hoàn công"]])]
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Thiếu bản vẽ theo thành phần hồ sơ"])]
    irregular: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    """The ground on which a supervisor asks late, or again."""


class FeeLine(Request):
    """A line to be paid, in whole đồng."""

    name: Annotated[str, Field(min_length=1, max_length=300, examples=["Lệ phí trước bạ"])]
    amount: Annotated[int, Field(ge=1, le=10**12, examples=[150000])]


class FeesNeeded(Request):
    """What has to be paid before the case goes on, and why."""

    fees: Annotated[tuple[FeeLine, ...], Field(min_length=1, max_length=50, examples=[[{"name": "Lệ phí trước bạ", "amount": 150000}]])]
    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["Thông báo nghĩa vụ tài chính của cơ quan thuế"])]

    def sums(self) -> tuple[FeeSum, ...]:
        return tuple(FeeSum(name=fee.name, amount=fee.amount) for fee in self.fees)


class NewAppointment(Request):
    """The date people are told instead, and why."""

    appointment_at: Annotated[Instant, Field(examples=["2026-03-20T16:00:00+07:00"])]
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Cần xác minh thực địa"])]


class Reasoned(Request):
    """Why."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Nội dung điều chỉnh làm thay đổi yêu cầu đã thẩm định"])]


LONGEST_SHARE: Final[Mapping[Unit, int]] = {Unit.DAY: 400, Unit.WORKING_DAY: 400, Unit.MONTH: 13, Unit.HOUR: 9600, Unit.WORKING_HOUR: 3200}


class ShareGiven(Request):
    """What another agency is to do, in how much time; after another share, or at once."""

    office: Annotated[str, Field(min_length=1, max_length=100, examples=["H27.041"])]
    work: Annotated[str, Field(min_length=1, max_length=1000, examples=["Thẩm định về môi trường"])]
    amount: Annotated[Decimal, Field(gt=0, le=9600, max_digits=6, decimal_places=2, examples=["5"])]
    """At most 400 days, or as much in hours or months."""
    unit: Annotated[Unit, Field(examples=["working_day"])]
    after: Annotated[int | None, Field(ge=1)] = None

    @model_validator(mode="after")
    def bounded(self) -> Self:
        if self.unit not in LONGEST_SHARE:
            raise ValueError("Name an amount in days, hours or months instead.")
        if self.amount > LONGEST_SHARE[self.unit]:
            raise ValueError(f"A share takes at most {LONGEST_SHARE[self.unit]} {self.unit}.")
        return self


class ShareDone(Request):
    """What came of a share; `number` where the caller's offices have several."""

    number: Annotated[int | None, Field(ge=1)] = None
    document_number: Annotated[str | None, Field(min_length=1, max_length=100, examples=["12/TB-SNNMT"])] = None
    document_reference: Annotated[str | None, Field(min_length=1, max_length=500)] = None
    note: Annotated[str | None, Field(max_length=2000, examples=["Đủ điều kiện về môi trường"])] = None


class ShareSentBack(Request):
    """Why it is not done."""

    number: Annotated[int | None, Field(ge=1)] = None
    note: Annotated[str, Field(min_length=1, max_length=2000, examples=["Không thuộc thẩm quyền của đơn vị"])]


class ShareCancelled(Request):
    """Which share the lead takes back, and why."""

    number: Annotated[int, Field(ge=1, examples=[2])]
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Không còn cần thiết"])]


class StopGround(Request):
    """The ground in the law of the sector on which it ends without a result."""

    ground: Annotated[str, Field(min_length=1, max_length=1000, examples=["Khoản 3 Điều 12 Nghị định chuyên ngành: đối tượng không còn"])]


class AssignedTo(Request):
    """Which colleague has it from now on; taken from somebody, also why."""

    officer: Annotated[str, Field(min_length=1, max_length=200, examples=["binh.tv"])]
    reason: Annotated[str | None, Field(min_length=1, max_length=1000, examples=["Cân đối khối lượng công việc"])] = None


class Nothing(Request):
    """No field at all."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"examples": [{}]})


class GivenBack(Request):
    """Why one does not go on with it."""

    reason: Annotated[str, Field(min_length=1, max_length=1000, examples=["Có quan hệ gia đình với người nộp"])]


NEEDS: Final[Mapping[Action, type[Request]]] = {
    Action.TAKE_UP: Noted,
    Action.PASS_ON: PassedOn,
    Action.PASS_BACK: PassedBack,
    Action.REQUEST_CONSULTATION: ConsultationAsked,
    Action.ANSWER_CONSULTATION: ConsultationAnswer,
    Action.REQUEST_ATTENDANCE: AttendanceAsked,
    Action.TAKE_OVER_PAPERS: PapersTaken,
    Action.HAND_OVER_RESULT: ResultHandedOver,
    Action.ISSUE_DECISION: Decision,
    Action.COMPLETE: Completion,
    Action.CORRECT_RESULT: CorrectedResult,
    Action.DECLINE_CORRECTION: Declined,
    Action.RETURN_FOR_SUPPLEMENT: MissingPapers,
    Action.REQUEST_FEE: FeesNeeded,
    Action.SUSPEND: Suspension,
    Action.RESUME: Noted,
    Action.EXTEND: NewAppointment,
    Action.APOLOGISE: NewAppointment,
    Action.TAKE_UP_ADJUSTMENT: Noted,
    Action.DECLINE_ADJUSTMENT: Reasoned,
    Action.OPEN_CHILD: ShareGiven,
    Action.COMPLETE_CHILD: ShareDone,
    Action.SEND_BACK_CHILD: ShareSentBack,
    Action.CANCEL_CHILD: ShareCancelled,
    Action.PROPOSE_STOP: StopGround,
    Action.STOP: Noted,
    Action.REQUEST_REWORK: Reasoned,
    Action.ASSIGN: AssignedTo,
    Action.CLAIM: Nothing,
    Action.RELEASE: GivenBack,
}
