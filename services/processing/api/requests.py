"""What a move needs to be told."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from shared.contracts.events import Outcome
from shared.contracts.permissions import Action


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


class PapersTaken(Request):
    """Who took the papers, where it was not the officer who says so."""

    taken_over_by: Annotated[str | None, Field(min_length=1, max_length=200, examples=["Trần Văn Bình"])] = None


class ResultHandedOver(Noted):
    """Who carried the result to the desk, where it was not the officer who says so."""

    handed_over_by: Annotated[str | None, Field(min_length=1, max_length=200, examples=["Trần Văn Bình"])] = None


class Decision(Request):
    """The decision as signed."""

    number: Annotated[str, Field(min_length=1, max_length=100, examples=["123/QĐ-UBND"])]
    signed_on: Annotated[date, Field(examples=["2026-03-11"])]
    signer: Annotated[str, Field(min_length=1, max_length=200, examples=["Nguyễn Thị Hoa"])]


class Completion(Request):
    """The result of the case. A refusal is a result, too, with its reasons."""

    outcome: Annotated[Outcome, Field(examples=["granted"])]
    reasons: Annotated[str | None, Field(max_length=5000, examples=["Không đủ điều kiện theo quy định"])] = None
    document_number: Annotated[str | None, Field(min_length=1, max_length=100, examples=["45/GP-UBND"])] = None
    document_reference: Annotated[str | None, Field(min_length=1, max_length=500, examples=["sha256:9f86d081884c7d65"])] = None


class CorrectedResult(Completion):
    """The result as it should have been."""


class Declined(Request):
    """Why the result stands as it is."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Kết quả đúng với hồ sơ đã nộp"])]


class Suspension(Request):
    """Why the clock may stand, in the words of the law of the sector, and until when."""

    ground: Annotated[str, Field(min_length=1, max_length=1000, examples=["Khoản 2 Điều 10 Nghị định về đất đai: chờ kết quả đo đạc"])]
    until: Annotated[date, Field(examples=["2026-04-10"])]


class MissingPapers(Request):
    """What is missing, all of it at once, and why it is needed."""

    papers: Annotated[tuple[str, ...], Field(min_length=1, max_length=100, examples=[["Bản vẽ hoàn công"]])]
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Thiếu bản vẽ theo thành phần hồ sơ"])]
    irregular: Annotated[str | None, Field(min_length=1, max_length=1000)] = None
    """The ground on which a supervisor asks late, or again."""


class NewAppointment(Request):
    """The date people are told instead, and why."""

    appointment_at: Annotated[AwareDatetime, Field(examples=["2026-03-20T16:00:00+07:00"])]
    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Cần xác minh thực địa"])]


class Reasoned(Request):
    """Why."""

    reason: Annotated[str, Field(min_length=1, max_length=2000, examples=["Nội dung điều chỉnh làm thay đổi yêu cầu đã thẩm định"])]


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
    Action.PASS_ON: Noted,
    Action.TAKE_OVER_PAPERS: PapersTaken,
    Action.HAND_OVER_RESULT: ResultHandedOver,
    Action.ISSUE_DECISION: Decision,
    Action.COMPLETE: Completion,
    Action.CORRECT_RESULT: CorrectedResult,
    Action.DECLINE_CORRECTION: Declined,
    Action.RETURN_FOR_SUPPLEMENT: MissingPapers,
    Action.SUSPEND: Suspension,
    Action.RESUME: Noted,
    Action.EXTEND: NewAppointment,
    Action.APOLOGISE: NewAppointment,
    Action.TAKE_UP_ADJUSTMENT: Noted,
    Action.DECLINE_ADJUSTMENT: Reasoned,
    Action.PROPOSE_STOP: StopGround,
    Action.STOP: Noted,
    Action.REQUEST_REWORK: Reasoned,
    Action.ASSIGN: AssignedTo,
    Action.CLAIM: Nothing,
    Action.RELEASE: GivenBack,
}
