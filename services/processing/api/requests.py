"""What a move needs to be told."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

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


NEEDS: Final[Mapping[Action, type[Request]]] = {
    Action.TAKE_UP: Noted,
    Action.PASS_ON: Noted,
    Action.TAKE_OVER_PAPERS: PapersTaken,
    Action.HAND_OVER_RESULT: ResultHandedOver,
    Action.ISSUE_DECISION: Decision,
    Action.COMPLETE: Completion,
}
