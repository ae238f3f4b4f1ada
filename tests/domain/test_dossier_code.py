"""A dossier code is made and read, in the new form, the centralised one and that of TT 01/2018."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.dossier_code import DossierCode, DossierCodeWrong

DAY = date(2026, 3, 9)
PREFIXES = st.from_regex(r"[A-Y][0-9]{2}(\.[A-Z0-9]{1,4}){0,4}|[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}", fullmatch=True)
DAYS = st.integers(0, 36_524).map(lambda number: date(2000, 1, 1) + timedelta(days=number))


def test_the_ordinary_code():
    assert str(DossierCode.make("H14.012", DAY, 7)) == "H14.012-260309-0007"


def test_the_serial_number_grows_beyond_four_digits():
    assert str(DossierCode.make("H14.012.03", DAY, 12_345)) == "H14.012.03-260309-12345"


def test_the_code_of_a_centralised_system_names_its_owner():
    code = DossierCode.make("H14", DAY, 7, owner="05")

    assert str(code) == "H14-260309-050007"
    assert DossierCode.read("H14-260309-050007", centralised=True) == code


def test_the_old_form_is_read():
    code = DossierCode.read("000.00.01.H22-200827-0001")

    assert (code.agency, code.received_on, code.serial, code.is_old_form) == ("000.00.01.H22", date(2020, 8, 27), 1, True)


def test_spaces_around_a_typed_code_do_no_harm():
    assert DossierCode.read(" H14-260309-0001\n").serial == 1


@given(PREFIXES, DAYS, st.integers(1, 10**9))
def test_what_was_made_is_read_back(prefix: str, day: date, serial: int):
    code = DossierCode.make(prefix, day, serial)

    assert DossierCode.read(str(code)) == code


@given(PREFIXES, DAYS, st.from_regex(r"[0-9]{4,9}", fullmatch=True))
def test_what_was_read_is_printed_as_it_was(prefix: str, day: date, digits: str):
    text = f"{prefix}-{day:%y%m%d}-{digits}"

    assert str(DossierCode.read(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "H14", "H14-260309-001", "Z14-260309-0001", "h14-260309-0001", "H14-260230-0001", "H14.12345-260309-0001", "H14-260309-0001x",
     "H14-２６0309-0001", "00.00.01.H22-200827-0001", "H14--260309-0001"],
)  # fmt: skip
def test_what_is_no_code_is_said_plainly(text: str):
    with pytest.raises(DossierCodeWrong):
        DossierCode.read(text)


def test_a_centralised_code_has_two_digits_more():
    with pytest.raises(DossierCodeWrong, match="too few digits"):
        DossierCode.read("H14-260309-00001", centralised=True)


@pytest.mark.parametrize(("prefix", "day", "serial", "owner"), [
    ("Đ14", DAY, 1, None), ("H14", DAY, 0, None), ("H14", date(1999, 12, 31), 1, None), ("H14", DAY, 1, "5"),
    ("000.00.01.H22", DAY, 1, "05"),
])  # fmt: skip
def test_no_wrong_code_is_made(prefix: str, day: date, serial: int, owner: str | None):
    with pytest.raises(DossierCodeWrong):
        DossierCode.make(prefix, day, serial, owner=owner)
