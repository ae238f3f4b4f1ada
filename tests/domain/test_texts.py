"""What we say: for every fact and every reader correct, complete, short, and nothing that is not theirs to read."""

import unicodedata
from uuid import UUID

import pytest

from services.notifications.channels.sms import fold_accents, sms_parts
from services.notifications.domain.compose import compose
from services.notifications.domain.message import Message
from services.notifications.domain.subject import MIRROR, Subject, introduced, mirrored
from services.notifications.domain.texts import OVERTAKEN, SAID, TEXTS, what_to_say
from services.notifications.domain.words import filled, shorten
from shared.contracts.events import (
    EVENTS,
    CalendarPublished,
    DossierCompleted,
    DossierReceived,
    DossierResolvedOnTheSpot,
    DossierReturned,
    Event,
    MessageEvent,
    OfficePublished,
    Outcome,
    PostalEvent,
    PostalItemAttemptFailed,
    PostalItemBooked,
    PostalItemPosted,
    ProcedurePublished,
    Receipt,
    ResultAtDesk,
    SubmissionReceived,
    SubmissionSupplemented,
    SubmissionSupplementRequested,
)
from shared.contracts.people import Channel, ReturnWay
from shared.contracts.states import State
from tests.notifications.peers import (
    APPLICANT,
    DESK,
    EVERY_FACT,
    SECRET,
    completed,
    postal,
    received,
    resolved_on_the_spot,
    result_at_desk,
    returned,
    submitted,
    supplement_requested,
)
from tests.stack import MONDAY_MORNING

SOME_ID = UUID(int=7)
LONG_NAME = "Trung tâm Phục vụ hành chính công và Chuyển đổi số cộng đồng phường Nguyễn Thị Minh Khai, thành phố Hồ Chí Minh"
LONG_CODE = "000.00.15.H26.22-260309-0000123"
ABOUT_A_SUBMISSION = {type(event) for event in EVERY_FACT if type(event).type.startswith("vn.motcua.submission")}


def about(event: Event, way: ReturnWay = ReturnWay.DESK) -> Subject:
    """The subject as it stands after `event`."""
    if isinstance(event, SubmissionReceived | Receipt):
        return introduced(SOME_ID, event, None)
    beginning = submitted() if type(event) in ABOUT_A_SUBMISSION else received(code=LONG_CODE, way=way)
    subject = introduced(SOME_ID, beginning, None)
    return mirrored(mirrored(subject, completed()) if isinstance(event, PostalEvent) else subject, event)


def said_of(
    event: Event, way: ReturnWay = ReturnWay.DESK, *, office: str = "Trung tâm Phục vụ hành chính công xã Hòa Bình"
) -> list[Message]:
    subject = about(event, way)
    return list(compose(what_to_say(event, subject), event, subject, {DESK: office}, event_id=SOME_ID, now=MONDAY_MORNING))


def by_channel(event: Event, way: ReturnWay = ReturnWay.DESK) -> dict[str, str]:
    return {message.channel: message.text for message in said_of(event, way)}


EVERYTHING_SAID = [message for fact in EVERY_FACT for way in ReturnWay for message in said_of(fact, way, office=LONG_NAME)]


def test_every_fact_of_a_dossier_has_its_line() -> None:
    about_dossiers = {
        event
        for event in EVENTS.values()
        if not issubclass(event, MessageEvent) and event not in (ProcedurePublished, OfficePublished, CalendarPublished)
    }

    assert set(TEXTS) == about_dossiers == {type(fact) for fact in EVERY_FACT}


def test_every_template_is_said_by_the_samples() -> None:
    assert {(message.template, message.channel) for message in EVERYTHING_SAID} == {(said.template, said.channel) for said in SAID}


def test_template_names_are_unique() -> None:
    names = [template.name for said in TEXTS.values() for template in said]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("message", EVERYTHING_SAID, ids=lambda message: f"{message.template}-{message.channel}")
def test_texts_are_whole_and_theirs_to_read(message: Message) -> None:
    words = f"{message.subject_line or ''}\n{message.text}"

    assert not any(mark in words for mark in ("{", "}", "None", "  ", "\n\n\n", "http", "www"))
    assert unicodedata.is_normalized("NFC", words)
    assert any(letter in words for letter in "ồơđã")
    assert not any(told in words for told in (APPLICANT.name, APPLICANT.identity_number or "", APPLICANT.phone or "", "Lê Văn Lý"))


@pytest.mark.parametrize("message", [m for m in EVERYTHING_SAID if m.channel == "sms"], ids=lambda message: message.template)
def test_an_sms_is_two_parts_at_most(message: Message) -> None:
    assert "\n" not in message.text
    assert sms_parts(fold_accents(message.text)) <= 2
    assert SECRET not in message.text


@pytest.mark.parametrize("message", [m for m in EVERYTHING_SAID if m.channel == "email"], ids=lambda message: message.template)
def test_an_email_names_dossier_procedure_and_office(message: Message) -> None:
    assert message.subject_line
    assert "\n" not in message.subject_line
    assert message.text.startswith("Kính gửi Quý ông/bà,\n\n")
    assert message.text.endswith("xin không trả lời thư này.")
    assert "Hồ sơ" in message.text or "hồ sơ" in message.text
    assert "Đăng ký thành lập hộ kinh doanh" in message.text
    assert LONG_NAME in message.text


def test_the_receipt_tells_code_appointment_and_secret() -> None:
    said = by_channel(received(code="H26.22-260309-0001"))

    assert said["sms"] == (
        "Hồ sơ H26.22-260309-0001 đã được tiếp nhận. "
        "Hẹn trả kết quả tại Trung tâm Phục vụ hành chính công xã Hòa Bình: 09 giờ 30 ngày 12/03/2026."
    )
    assert "Hẹn trả kết quả: 09 giờ 30 ngày 12/03/2026" in said["email"]
    assert f"Mã bí mật để tra cứu hồ sơ: {SECRET}" in said["email"]


def test_a_receipt_without_a_secret_says_nothing_of_one() -> None:
    said = by_channel(received().model_copy(update={"lookup_secret": None}))

    assert "Mã bí mật" not in said["email"]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (ReturnWay.DESK, "Chúng tôi sẽ báo khi kết quả có tại Trung tâm Phục vụ hành chính công xã Hòa Bình."),
        (ReturnWay.ONLINE, "Kết quả điện tử sẽ được trả trực tuyến"),
        (ReturnWay.POST, "Kết quả sẽ được gửi đến Quý ông/bà qua bưu chính"),
    ],
)
def test_a_signed_result_is_told_by_the_way_it_will_come(way: ReturnWay, words: str) -> None:
    said = by_channel(completed(), way)

    assert words in said["email"]
    assert "Lý do" not in said["email"]


def test_nobody_is_called_to_the_desk_before_the_result_is_there() -> None:
    signed, there = by_channel(completed()), by_channel(result_at_desk())

    assert set(signed) == {"email"}
    assert "Mời" not in signed["email"]
    assert "Mời Ông/Bà đến nhận" in there["sms"]
    assert "Mời Quý ông/bà đến nhận" in there["email"]


@pytest.mark.parametrize("way", [ReturnWay.ONLINE, ReturnWay.POST])
def test_nobody_is_called_to_the_desk_who_gets_the_result_otherwise(way: ReturnWay) -> None:
    assert said_of(result_at_desk(), way) == []


@pytest.mark.parametrize("way", list(ReturnWay))
def test_a_refusal_is_said_plainly_with_its_reasons(way: ReturnWay) -> None:
    said = by_channel(completed(Outcome.REFUSED), way)

    assert "không được giải quyết theo đề nghị (bị từ chối)" in said["email"]
    assert "Lý do: Địa điểm kinh doanh nằm trong khu vực quy hoạch." in said["email"]
    assert "quy hoạch" not in said.get("sms", "")


def test_on_the_spot_is_thanked_by_email_only() -> None:
    assert set(by_channel(resolved_on_the_spot())) == {"email"}


def test_all_missing_papers_stand_in_the_email_and_the_first_in_the_sms() -> None:
    said = by_channel(
        supplement_requested("Giấy đề nghị", "Bản sao hợp đồng thuê nhà có công chứng", "Giấy chứng nhận quyền sử dụng đất" * 5)
    )

    assert "1. Giấy đề nghị\n2. Bản sao hợp đồng thuê nhà có công chứng\n3. Giấy chứng nhận" in said["email"]
    assert "Lý do: Bản quét bị mờ" in said["email"]
    assert "Số giấy tờ cần bổ sung: 3, gồm Giấy đề nghị; Bản sao hợp đồng thuê nhà có công chứng" in said["sms"]


def test_only_online_submissions_are_acknowledged() -> None:
    assert set(by_channel(submitted())) == {"sms", "email"}
    assert by_channel(submitted(channel=Channel.DESK)) == {}
    assert by_channel(submitted(channel=Channel.POST)) == {}


def test_a_submission_without_any_code_is_named_by_its_day() -> None:
    assert "Hồ sơ trực tuyến nộp ngày 09/03/2026 đã đến" in by_channel(submitted(national_code=None))["sms"]


def test_the_tracking_number_is_told() -> None:
    assert "EA123456789VN" in by_channel(postal(PostalItemBooked))["sms"]
    assert "EA123456789VN" in by_channel(postal(PostalItemPosted))["email"]


def test_the_item_that_brought_a_dossier_is_no_news() -> None:
    subject = introduced(SOME_ID, received(), None)
    booked = postal(PostalItemBooked)

    assert mirrored(subject, booked) == subject
    assert what_to_say(booked, subject) == ()


def test_what_was_overtaken() -> None:
    assert "result_at_desk" in OVERTAKEN[DossierReturned]
    assert "dossier_received" in OVERTAKEN[DossierReturned]
    assert "submission_supplement_requested" in OVERTAKEN[SubmissionSupplemented]
    assert "submission_received" in OVERTAKEN[DossierReceived]
    assert {"supplement_requested", "dossier_extended", "dossier_suspended"} <= OVERTAKEN[DossierCompleted]
    assert OVERTAKEN[DossierResolvedOnTheSpot] == frozenset()


def test_states_are_mirrored_as_their_holder_set_them() -> None:
    assert {type(fact): about(fact).state for fact in EVERY_FACT if type(fact) in MIRROR} == MIRROR
    assert about(postal(PostalItemAttemptFailed, attempt=1)).state is State.COMPLETED
    assert MIRROR[SubmissionSupplementRequested] is State.INTAKE_SUPPLEMENT
    assert ResultAtDesk not in MIRROR


def test_a_line_that_names_what_is_not_known_is_left_out() -> None:
    assert filled("Một {a}\n\nHai {b}\n\nBa {a}", {"a": "x", "b": None}) == "Một x\n\nBa x"
    with pytest.raises(KeyError):
        filled("{nobody_knows}", {})


def test_words_are_shortened_between_words() -> None:
    assert shorten("Giấy đề nghị đăng ký", 20) == "Giấy đề nghị đăng ký"
    assert shorten("Giấy đề nghị, đăng ký hộ", 20) == "Giấy đề nghị..."
    assert len(shorten("x" * 100, 20)) == 20


def test_returned_is_told_by_the_way_it_went() -> None:
    assert "trao tại" in by_channel(returned(ReturnWay.DESK))["sms"]
    assert "trả trực tuyến" in by_channel(returned(ReturnWay.ONLINE))["sms"]
    assert "Bưu chính báo đã phát" in by_channel(returned(ReturnWay.POST))["sms"]


@pytest.mark.parametrize(("attempt", "told"), [(1, "và sẽ phát lại"), (2, "và sẽ chuyển hoàn"), (3, "và sẽ chuyển hoàn")])
def test_only_after_the_first_attempt_people_are_told_that_the_post_comes_again(attempt: int, told: str) -> None:
    said = by_channel(postal(PostalItemAttemptFailed, attempt=attempt))

    assert len(said) == 2
    assert all(told in text for text in said.values())
