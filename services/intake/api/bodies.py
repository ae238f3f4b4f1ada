"""What people send: strict models that say what is wrong in plain words."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from services.intake.commands.reception import OnTheSpot
from services.intake.commands.returning import Collected
from services.intake.domain.charges import Money, Stated
from services.intake.domain.choices import Named
from services.intake.domain.fees import NOTHING_SAID, FeeFacts
from services.intake.domain.reception import Brought, PaperReceived
from shared.contracts.events import AnnulmentGround, OnlineVia, Outcome, Result, SignedDecision
from shared.contracts.people import Channel, Offices, Part, Person, PersonKind, ReturnWay, ReturnWish
from shared.days import Day, Instant


class Body(BaseModel):
    """Unknown fields are refused: a misspelt one must not be lost in silence."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def example(**fields: JsonValue) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


Words = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
OfficeCode = Annotated[str, Field(pattern=r"^[A-Z]\d{2}(\.[A-Z0-9]{1,4})*$", max_length=35)]


_MOBILE = re.compile(r"0([35789]\d{8})")


def _vietnamese_phone(text: str) -> str:
    if mobile := _MOBILE.fullmatch(text):
        return f"+84{mobile[1]}"  # nearly all of them; the library needs a hundred times as long to say the same
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"{text!r} is no phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(f"{text!r} is no phone number that can be called")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


Phone = Annotated[str, AfterValidator(_vietnamese_phone)]


class PersonBody(Body):
    """Someone who applies, or acts for who applies."""

    name: Name
    kind: PersonKind = PersonKind.CITIZEN
    identity_number: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{5,20}$")
    phone: Phone | None = None
    email: str | None = Field(default=None, max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    address: Words | None = None


class PaperBody(Body):
    """A paper as it lies on the desk: its number in the published list, or its name."""

    number: int | None = Field(default=None, ge=1)
    name: Words | None = None
    originals: int = Field(default=0, ge=0, le=100)
    copies: int = Field(default=0, ge=0, le=100)
    file: str | None = Field(default=None, max_length=500, description="Where its scan or data stands")

    @model_validator(mode="after")
    def says_which(self) -> "PaperBody":
        if (self.number is None) == (self.name is None):
            raise ValueError("say which paper it is: by number or by name, one of the two")
        return self

    def value(self) -> PaperReceived:
        which = self.number if self.number is not None else self.name or ""
        return PaperReceived(which, self.originals, self.copies, self.file)


MOST_DONG = 10**12
Method = Literal["cash", "transfer", "online", "post"]
Ground = Annotated[str, Field(min_length=1, max_length=1000, description="Why less is owed than is published, an exemption for instance")]


def _where_online(method: str | None, online: OnlineVia | None) -> OnlineVia | None:
    """Unless said, what is paid online is paid on the portal, which is where people are."""
    if online and method != "online":
        raise ValueError("`online` says where money was paid whose method is online")
    return online or (OnlineVia.PORTAL if method == "online" else None)


class FeeBody(Body):
    """A line charged, in whole đồng: as published, or within the bounds published; less only with its ground."""

    name: Name
    amount: int = Field(ge=0, le=MOST_DONG)
    paid: bool = True
    method: Method | None = None
    online: OnlineVia | None = Field(default=None, description="On the national portal, or by a gateway of the province")
    receipt_number: str | None = Field(default=None, max_length=100)
    ground: Ground | None = None

    @model_validator(mode="after")
    def says_where_it_was_paid_online(self) -> "FeeBody":
        self.online = _where_online(self.method, self.online)
        return self

    def value(self) -> Stated:
        return Stated(self.name, self.amount, self.paid, self.method, self.online, self.receipt_number, self.ground)


class FeeAskedBody(Body):
    """A line to be paid, in whole đồng."""

    name: Name
    amount: int = Field(ge=0, le=MOST_DONG)
    ground: Ground | None = None

    def value(self) -> Stated:
        return Stated(self.name, self.amount, paid=False, ground=self.ground)


class PaymentBody(Body):
    """Money that came, in whole đồng: for one line by its number, or for all that is owed."""

    model_config = example(fee=1, amount=20000, method="online", online="portal", receipt_number="BL-0001")

    fee: int | None = Field(default=None, ge=1, le=10000, description="The line it pays; left out: all that was asked for, or is owed")
    amount: int = Field(ge=1, le=MOST_DONG)
    method: Method
    online: OnlineVia | None = None
    receipt_number: str | None = Field(default=None, max_length=100)
    paid_at: Instant | None = Field(default=None, description="When it was paid; left out: now")

    @model_validator(mode="after")
    def says_where_it_was_paid_online(self) -> "PaymentBody":
        self.online = _where_online(self.method, self.online)
        return self

    def value(self, now: datetime) -> Money:
        return Money(self.amount, self.method, self.paid_at or now, self.fee, self.online, self.receipt_number)


class RefundBody(Body):
    """Money given back: of a line, up to what was paid; or a payment that could not be put to one."""

    model_config = example(fee=1, amount=20000, reason="Người nộp đã rút hồ sơ", method="transfer")

    fee: int | None = Field(default=None, ge=1, le=10000)
    amount: int | None = Field(default=None, ge=1, le=MOST_DONG)
    payment: UUID | None = Field(default=None, description="One of `payments_kept`; it goes back whole")
    reason: Words
    method: Method | None = None

    @model_validator(mode="after")
    def says_what_goes_back(self) -> "RefundBody":
        if (self.payment is None) != (self.fee is not None and self.amount is not None):
            raise ValueError("say what goes back: `fee` with `amount`, or `payment`")
        return self


class FeeStatementBody(Body):
    """How much is owed for a line whose sum the source leaves open."""

    model_config = example(fee=1, amount=30000)

    fee: int = Field(ge=1, le=10000)
    amount: int = Field(ge=0, le=MOST_DONG)


class FeeReductionBody(Body):
    """Less is owed, or nothing, on a ground."""

    model_config = example(fee=1, amount=0, ground="Người thuộc hộ nghèo")

    fee: int = Field(ge=1, le=10000)
    amount: int = Field(default=0, ge=0, le=MOST_DONG)
    ground: Ground


class FeeFactsBody(Body):
    """What is said and counted so that a sum follows, in the words of the published rules."""

    item: Words | None = None
    tier: Words | None = None
    quantities: dict[Name, Annotated[int, Field(ge=0, le=100_000)]] = Field(default_factory=dict, max_length=20)
    names: tuple[Name, ...] | None = Field(default=None, description="Only these fees apply; left out: all that are published")

    def value(self) -> FeeFacts:
        return FeeFacts(self.item, self.tier, self.quantities, self.names)


class PostalItemBody(Body):
    """The item that brought the dossier, or takes the result out."""

    model_config = example(carrier="simulator", tracking_number="EF000000001VN")

    carrier: str = Field(max_length=50)
    tracking_number: str = Field(min_length=5, max_length=50)


class DecisionBody(Body):
    number: Name
    signed_on: Day
    signer: Name

    def value(self) -> SignedDecision:
        return SignedDecision(number=self.number, signed_on=self.signed_on, signer=self.signer)


class OnTheSpotBody(Body):
    """Decided and handed over at once."""

    outcome: Outcome = Outcome.GRANTED
    document_number: str | None = Field(default=None, max_length=200)
    document_reference: str | None = Field(default=None, max_length=500)
    reasons: Words | None = None
    decision: DecisionBody | None = None
    collected_by: Part = Part.APPLICANT

    @model_validator(mode="after")
    def a_refusal_has_reasons(self) -> "OnTheSpotBody":
        if self.outcome is Outcome.REFUSED and not self.reasons:
            raise ValueError("a refusal needs its reasons")
        return self

    def value(self) -> OnTheSpot:
        result = Result(
            outcome=self.outcome,
            document_number=self.document_number,
            document_reference=self.document_reference,
            reasons=self.reasons,
        )
        return OnTheSpot(result, self.decision.value() if self.decision else None, self.collected_by)


class WishBody(Body):
    way: ReturnWay = ReturnWay.DESK
    electronic_only: bool = False


class NamedBody(Body):
    """What decides between published rules, in the procedure's own words; only needed where they differ."""

    case: Words | None = None
    level: str | None = None
    applicant_kind: Words | None = None
    process_case: Words | None = None
    paper_cases: tuple[Words, ...] | None = None
    fee_facts: FeeFactsBody | None = None

    def named(self, channel: Channel) -> Named:
        return Named(
            channel=channel,
            case=self.case,
            level=self.level,
            applicant=self.applicant_kind,
            process_case=self.process_case,
            paper_cases=self.paper_cases,
            fee=self.fee_facts.value() if self.fee_facts else NOTHING_SAID,
        )


class TermsBody(NamedBody):
    """What the officer adds to what the applicant brought."""

    model_config = example(
        papers=[{"number": 1, "originals": 1}], fees=[{"name": "Lệ phí", "amount": 20000, "paid": True, "method": "cash"}]
    )

    papers: tuple[PaperBody, ...] = Field(default=(), max_length=500)
    applicable_papers: tuple[int | Words, ...] = Field(default=(), description="Optional papers that this case does need")
    override_reason: Words | None = Field(default=None, description="Paper and data conflict: the paper is accepted, and why")
    fees: tuple[FeeBody, ...] = Field(default=(), max_length=100)
    appointment_at: Instant | None = Field(default=None, description="Only where no limit can be computed")
    appointment_reason: Words | None = None

    def terms(self) -> Brought:
        """Accepting a submission: what was submitted is not asked again."""
        return Brought(
            procedure="",
            named=self.named(Channel.ONLINE),
            offices=Offices(receiving="", competent="", supervising="", returning=""),
            people=(),
            result_wanted=ReturnWish(),
            **self._brought_along(),
        )

    def _brought_along(self) -> dict[str, Any]:
        return {
            "papers": tuple(paper.value() for paper in self.papers),
            "applicable_papers": self.applicable_papers,
            "override": self.override_reason,
            "fees": tuple(fee.value() for fee in self.fees),
            "appointment_at": self.appointment_at,
            "appointment_reason": self.appointment_reason,
        }


class ApplicationBody(TermsBody):
    """Who asks for what."""

    procedure: str = Field(min_length=1, max_length=200, description="The entry's key in the catalogue", examples=["CB-1.001806"])
    receiving_office: OfficeCode | None = Field(default=None, description="Needed only of officers of several offices")
    competent_office: OfficeCode | None = Field(default=None, description="Needed only where several offices decide the procedure")
    supervising_office: OfficeCode | None = None
    returning_office: OfficeCode | None = None
    applicant: PersonBody
    representative: PersonBody | None = None
    result: WishBody = WishBody()

    @model_validator(mode="after")
    def by_post_needs_an_address(self) -> "ApplicationBody":
        if self.result.way is ReturnWay.POST and not self.applicant.address:
            raise ValueError("a result by post needs the applicant's address")
        return self

    def brought(self, channel: Channel, default_office: str) -> Brought:
        receiving = self.receiving_office or default_office
        return Brought(
            procedure=self.procedure,
            named=self.named(channel),
            offices=Offices(
                receiving=receiving,
                competent=self.competent_office or "",
                supervising=self.supervising_office or receiving,
                returning=self.returning_office or receiving,
            ),
            people=self.people(),
            result_wanted=ReturnWish(way=self.result.way, electronic_only=self.result.electronic_only),
            **self._brought_along(),
        )

    def people(self) -> tuple[Person, ...]:
        applicant = Person(part=Part.APPLICANT, **self.applicant.model_dump())
        if self.representative is None:
            return (applicant,)
        return (applicant, Person(part=Part.REPRESENTATIVE, **self.representative.model_dump()))


EXAMPLE_APPLICATION: dict[str, JsonValue] = {
    "procedure": "CB-1.001806",
    "channel": "desk",
    "applicant": {
        "name": "Nông Thị Mẫu",
        "identity_number": "004190000001",
        "phone": "0912345678",
        "email": "mau@example.org",
        "address": "Tổ 1, phường Thục Phán, tỉnh Cao Bằng",
    },
    "papers": [{"name": "Văn bản đề nghị", "originals": 1}],
    "result": {"way": "desk"},
}


class ReceptionBody(ApplicationBody):
    """A dossier received at the desk or from the post; on the spot where it is decided at once."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_APPLICATION]})

    channel: Literal["desk", "post"] = "desk"
    postal_item: PostalItemBody | None = None
    on_the_spot: OnTheSpotBody | None = None

    @model_validator(mode="after")
    def what_came_by_post_has_its_item(self) -> "ReceptionBody":
        if self.channel == "post" and self.postal_item is None:
            raise ValueError("a dossier from the post names its postal_item")
        if self.on_the_spot and self.channel != "desk":
            raise ValueError("only what is brought to the desk is resolved on the spot")
        return self


class SubmissionBody(ApplicationBody):
    """A submission pushed by the portal (with its national code), or left incomplete at the counter or by post."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [EXAMPLE_APPLICATION | {"channel": "online", "national_code": "000.00.00.G22-261121-000123"}]}
    )

    channel: Channel = Channel.ONLINE
    national_code: str | None = Field(default=None, min_length=5, max_length=60, pattern=r"^[A-Za-z0-9.\-]+$")
    submitted_at: Instant | None = None
    postal_item: PostalItemBody | None = None


class QuoteBody(NamedBody):
    """What would be needed if it were received now."""

    model_config = example(procedure="HT-1.014464", channel="desk", papers=[{"number": 1, "originals": 1}])

    procedure: str = Field(min_length=1, max_length=200)
    channel: Channel = Channel.DESK
    competent_office: OfficeCode | None = None
    papers: tuple[PaperBody, ...] = ()


class FeeRequestBody(NamedBody):
    """What is to be paid before acceptance: what the rules come to, and what is stated here within them."""

    model_config = example(reason="Nộp lệ phí trước khi tiếp nhận theo quy định")

    fees: tuple[FeeAskedBody, ...] = Field(default=(), max_length=100)
    reason: Words | None = None


class SupplementRequestBody(Body):
    model_config = example(papers=["Danh mục các cơ sở sản xuất"], reason="Hồ sơ còn thiếu một thành phần")

    papers: tuple[Words, ...] = Field(min_length=1, max_length=100)
    reason: Words


class SupplementBody(Body):
    """`complete`: with these all is there, as who brings them says. What is not complete is recorded, and changes nothing."""

    model_config = example(papers=[{"number": 3, "originals": 1}], complete=True)

    complete: bool = True

    papers: tuple[PaperBody, ...] = Field(min_length=1, max_length=200)


class ReasonBody(Body):
    model_config = example(reason="Không thuộc thẩm quyền giải quyết")

    reason: Words


class ClosureBody(Body):
    model_config = example(reason="Đã đóng hồ sơ, không bổ sung")

    reason: Words = "Đã đóng hồ sơ, không bổ sung"


class LapseBody(Body):
    model_config = example(reason="Không bổ sung hồ sơ trong thời hạn đã thông báo")

    reason: Words = "Không bổ sung hồ sơ trong thời hạn đã thông báo"


class RedirectBody(Body):
    """Where it belongs: other offices of ours, or somebody who is none of them, by name."""

    model_config = example(receiving_office="H27.002", reason="Nơi cư trú thuộc địa bàn khác")

    receiving_office: OfficeCode | None = Field(default=None, description="Where it waits for its answer from now on")
    competent_office: OfficeCode | None = Field(default=None, description="Which office decides it, where that is another one")
    not_competent: Name | None = Field(default=None, description="None of our offices is competent: who is, by name; it ends here")
    reason: Words

    @model_validator(mode="after")
    def names_a_target(self) -> "RedirectBody":
        if (self.not_competent is None) == (self.receiving_office is None and self.competent_office is None):
            raise ValueError("name offices of ours, or in not_competent who is competent instead, one of the two")
        return self


class AmendmentBody(Body):
    """Each person and the wish as they should stand, whole; what is left out stays as it is."""

    model_config = example(
        applicant={"name": "Nông Thị Mẫu", "identity_number": "004190000001", "phone": "0912345679"}, reason="Ghi nhầm số điện thoại"
    )

    applicant: PersonBody | None = None
    representative: PersonBody | None = None
    result: WishBody | None = None
    reason: Words

    def people(self) -> tuple[Person, ...]:
        named = ((Part.APPLICANT, self.applicant), (Part.REPRESENTATIVE, self.representative))
        return tuple(Person(part=part, **person.model_dump()) for part, person in named if person)

    def wish(self) -> ReturnWish | None:
        return self.result and ReturnWish(**self.result.model_dump())


class CorrectionBody(Body):
    model_config = example(reason="Sai năm sinh trên giấy phép")

    reason: Words


class AnnulmentBody(Body):
    model_config = example(ground="double", instead="H27.030-260309-0001", reason="Đã tiếp nhận cùng hồ sơ này ở quầy bên")

    ground: AnnulmentGround
    instead: str | None = Field(default=None, max_length=60, description="The code under which it was received before")
    reason: Words

    @model_validator(mode="after")
    def a_double_names_the_other(self) -> "AnnulmentBody":
        if (self.ground is AnnulmentGround.DOUBLE) != bool(self.instead):
            raise ValueError("a double reception names in `instead` the code received before, a mistaken one names none")
        return self


class IncompleteBody(Body):
    model_config = example(reason="Bản vẽ chưa có chữ ký của chủ trì thiết kế")

    reason: Words


class NothingBody(Body):
    """Nothing need be said."""

    model_config = example()


class WithdrawalBody(Body):
    model_config = example(reason="Người nộp không còn nhu cầu")

    reason: Words | None = None


class AdjustmentBody(Body):
    """What who filed online wants changed, with the papers that belong to it."""

    model_config = example(content="Xin sửa diện tích thửa đất từ 120 m2 thành 102 m2", papers=[{"number": 3, "copies": 1}])

    content: Annotated[str, Field(min_length=1, max_length=5000)]
    papers: tuple[PaperBody, ...] = Field(default=(), max_length=200)


class AdjustmentAnswerBody(Body):
    """Taken up, or declined with the reason."""

    model_config = example(declined_because="Nội dung điều chỉnh thuộc một thủ tục khác")

    declined_because: Words | None = None


class HandOverBody(Body):
    """Papers given to a unit; without one, to the competent agency."""

    model_config = example(note="Đủ bản chính")

    to_office: OfficeCode | None = None
    note: Words | None = None


class ReminderBody(Body):
    """What the agency is asked, if there is more to say than that it is being waited for."""

    model_config = example(note="Đề nghị cho biết tiến độ giải quyết")

    note: Words | None = None


class TakeOverBody(Body):
    model_config = example(handed_over_by="Trần Văn Bình")

    handed_over_by: Name


class ReturnBody(Body):
    """Over the counter: to whom, and by which paper they showed who they are. Online: where the electronic result stands."""

    model_config = example(way="desk", collected_by="representative", identity_paper="identity_card", authorisation="Giấy ủy quyền số 12")

    way: Literal["desk", "online"] = "desk"
    collected_by: Part = Part.APPLICANT
    identity_paper: Literal["receipt", "identity_card", "passport", "electronic_identity"] = "receipt"
    authorisation: Words | None = None
    reference: Words | None = None

    @model_validator(mode="after")
    def online_names_the_document(self) -> "ReturnBody":
        if self.way == "online" and not self.reference:
            raise ValueError("an electronic result names its reference")
        return self

    def collected(self) -> Collected:
        return Collected(self.collected_by, self.identity_paper, self.authorisation)


class CorrectedReturnBody(ReturnBody):
    """How a result that was made once more reached people whose dossier had ended; by post it counts as theirs once it is posted."""

    model_config = example(way="post", carrier="simulator", tracking_number="EF000000009VN")

    way: Literal["desk", "online", "post"] = "desk"  # pyright: ignore[reportIncompatibleVariableOverride]
    carrier: str | None = Field(default=None, max_length=50)
    tracking_number: str | None = Field(default=None, min_length=5, max_length=50)

    @model_validator(mode="after")
    def post_names_its_item(self) -> "CorrectedReturnBody":
        if (self.way == "post") != bool(self.carrier and self.tracking_number):
            raise ValueError("what goes by post, and nothing else, names carrier and tracking_number")
        return self


class PostalReportBody(BaseModel):
    """A carrier's report; fields we do not know are left aside."""

    model_config = example(tracking_number="EF000000001VN", code="delivered", at="2026-03-13T09:00:00+07:00", place="Bưu cục Hà Tĩnh")

    tracking_number: str = Field(min_length=1, max_length=50)
    code: str = Field(min_length=1, max_length=50)
    at: Instant
    cause: str | None = Field(default=None, max_length=500)
    place: str | None = Field(default=None, max_length=500)
    new_tracking_number: str | None = Field(default=None, max_length=50)
