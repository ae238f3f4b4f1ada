"""What a text costs: the parts a gateway bills, and how folding the accents saves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels.sms import GSM_DOUBLE_LETTERS, GSM_LETTERS, fold_accents, sms_parts

ACCEPTED = "Hồ sơ H26.22-250901-0001 đã được tiếp nhận. Hẹn trả kết quả ngày 15/09/2025 tại Bộ phận Một cửa."


@pytest.mark.parametrize(
    ("letters", "parts"),
    [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)],
    ids=lambda value: str(value),
)
def test_plain_letters_fill_160_alone_and_153_a_part(letters: int, parts: int) -> None:
    text = "a" * letters

    assert sms_parts(text) == parts


@pytest.mark.parametrize(("letters", "parts"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3)], ids=lambda value: str(value))
def test_one_vietnamese_letter_makes_it_70_alone_and_67_a_part(letters: int, parts: int) -> None:
    text = "a" * (letters - 1) + "ơ"

    assert sms_parts(text) == parts


def test_letters_of_the_gsm_alphabet_stay_cheap_whatever_they_look_like() -> None:
    text = "à é è ù ì ò £ Δ Ω ß ñ ü" * 6

    assert len(text) == 138
    assert sms_parts(text) == 1


def test_brackets_and_the_euro_take_the_room_of_two() -> None:
    assert sms_parts("€" * 80) == 1
    assert sms_parts("€" * 81) == 2


def test_a_letter_of_two_is_not_torn_between_parts() -> None:
    # 153 letters would end in the middle of the bracket, so the first part carries 152 and the last letter needs a third part.
    text = "a" * 152 + "[" + "a" * 151 + "b"

    assert sms_parts(text) == 3
    assert sms_parts(text[1:]) == 2


def test_an_emoji_takes_two_places_and_is_not_torn_either() -> None:
    assert sms_parts("😀" * 35) == 1
    assert sms_parts("😀" * 36) == 2
    assert sms_parts("😀" * 66) == 2
    assert sms_parts("😀" * 67) == 3


def test_folding_takes_every_vietnamese_accent_off_and_the_bar_of_the_d() -> None:
    folded = fold_accents("Đường đến Bộ phận Một cửa: ăâêôơư ĂÂÊÔƠƯ ắằẳẵặ ếềểễệ ốồổỗộ ớờởỡợ ứừửữự ỳýỷỹỵ")

    assert folded == "Duong den Bo phan Mot cua: aaeoou AAEOOU aaaaa eeeee ooooo ooooo uuuuu yyyyy"


def test_folding_does_the_same_to_letters_that_came_in_pieces() -> None:
    assert fold_accents("Hồ sơ") == fold_accents("Ho\u0302\u0300 so\u031b") == "Ho so"


def test_folding_replaces_the_signs_a_word_processor_puts_in() -> None:
    assert fold_accents("“Một cửa” – lệ phí 150.000₫…") == '"Mot cua" - le phi 150.000d...'


def test_folding_brings_a_real_message_from_two_parts_to_one() -> None:
    assert sms_parts(ACCEPTED) == 2
    assert sms_parts(fold_accents(ACCEPTED)) == 1


@given(st.text(alphabet=st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạắằẳẵặấầẩẫậéèẻẽẹốồổỗộ €[]0123456789,.😀")))
def test_folding_never_costs_more(text: str) -> None:
    assert sms_parts(fold_accents(text)) <= sms_parts(text)


@given(st.text(alphabet=st.sampled_from(sorted(GSM_LETTERS | GSM_DOUBLE_LETTERS)), max_size=700))
def test_parts_hold_the_text_and_waste_no_more_than_one_place_each(text: str) -> None:
    places = sum(2 if letter in GSM_DOUBLE_LETTERS else 1 for letter in text)
    parts = sms_parts(text)

    if parts > 1:
        assert places <= parts * 153
        assert places > (parts - 1) * 152
