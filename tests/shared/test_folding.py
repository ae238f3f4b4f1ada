"""Names as people search for them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.folding import fold

VIETNAMESE = "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ"
names = st.text(VIETNAMESE + VIETNAMESE.upper() + " -'", max_size=40)


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("Nguyễn Văn Bình", "nguyen van binh"),
        ("  ĐẶNG   THỊ\tHƯỜNG ", "dang thi huong"),
        ("Ðỗ Ðức", "do duc"),
        ("H'Mông Y-Bih", "h mong y bih"),
        ("Công ty TNHH 36/5 (Hà Nội)", "cong ty tnhh 36 5 ha noi"),
        ("%_\\*'\"", ""),
        ("Nguy\0ễn", "nguy en"),
        ("\u0301", ""),
    ],
)
def test_diacritics_capitals_and_signs_are_left_out(written: str, searched: str) -> None:
    assert fold(written) == searched


def test_every_vietnamese_letter_becomes_a_plain_one() -> None:
    assert set(fold(VIETNAMESE + VIETNAMESE.upper())) <= set("abcdefghijklmnopqrstuvwxyz")


@given(names)
def test_it_does_not_matter_how_a_name_was_typed(name: str) -> None:
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD")} | {name.upper(), name.lower()}

    assert {fold(form) for form in forms} == {fold(name)}


@given(st.text())
def test_folding_twice_changes_nothing_whatever_was_typed(text: str) -> None:
    once = fold(text)

    assert fold(once) == once
    assert once == " ".join(once.split())
