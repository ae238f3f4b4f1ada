"""Tracking numbers of the Universal Postal Union (S10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.tracking_number import TrackingNumberWrong, check_digit, is_s10, make_s10


@pytest.mark.parametrize(("number", "right"), [("EB000717595HK", True), ("EB000717594HK", False), ("EE471108151FR", True)])
def test_the_published_vectors(number: str, right: bool):
    assert is_s10(number) is right


@pytest.mark.parametrize("number", ["", "EB000717595H", "eb000717595hk", "EB00071759HK5", "EB000717595HK "])
def test_what_is_no_s10_number_is_none(number: str):
    assert not is_s10(number)


def test_ten_becomes_zero_and_eleven_becomes_five():
    assert check_digit("00000000") == 5
    assert check_digit("00000008") == 0


@given(st.integers(0, 99_999_999), st.integers(1, 9))
def test_what_was_made_is_right_and_with_another_check_digit_it_is_not(serial: int, added: int):
    number = make_s10("EM", serial)
    wrong = number[:10] + str((int(number[10]) + added) % 10) + number[11:]

    assert is_s10(number)
    assert not is_s10(wrong)


def test_a_service_of_one_letter_makes_no_number():
    with pytest.raises(TrackingNumberWrong):
        make_s10("E", 1)
