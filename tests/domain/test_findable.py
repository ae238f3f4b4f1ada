"""What a dossier is found by, and what a search means."""

from string import ascii_lowercase

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.intake.domain.findable import NothingToSearchFor, Sought, bare_phone, guess, near, ranks, terms_of
from shared.contracts.people import Part, Person

words = st.text(ascii_lowercase, min_size=3, max_size=8)


def rank_of(searched: str, known: set[str], *borne: Person) -> int | None:
    """The first rank that a dossier of these people matches."""
    terms = set(terms_of(borne, (), "K"))
    for number, rank in enumerate(ranks(searched, frozenset(known))):
        if any(terms.issuperset(match.every) and all(terms.intersection(some) for some in match.one_of) for match in rank):
            return number
    return None


def applicant(name: str) -> Person:
    return Person(part=Part.APPLICANT, name=name)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("H14.010-260309-0001", Sought(code="H14.010-260309-0001")),
        (" h14.010-2603 ", Sought(code="h14.010-2603")),
        ("000.00.15.H14-240309-0001", Sought(code="000.00.15.H14-240309-0001")),
        ("G22.99-260309-00012", Sought(code="G22.99-260309-00012")),
        ("260309-0001", Sought(code="260309-0001")),
        ("2603", Sought(code="2603")),
        ("0912 345 678", Sought(number="0912 345 678")),
        ("+84 912.345.678", Sought(number="+84 912.345.678")),
        ("091.23.45678", Sought(number="091.23.45678")),
        ("004190000001", Sought(number="004190000001")),
        ("C1234567", Sought(identity_number="C1234567")),
        ("Nguyễn Văn Bình", Sought(name="nguyen van binh")),
        ("Hà", Sought(name="ha")),
        ("Công ty 36", Sought(name="cong ty 36")),
    ],
)
def test_what_is_typed_alone_is_guessed(typed: str, meant: Sought) -> None:
    assert guess(typed) == meant


@pytest.mark.parametrize("typed", ["%", "_", "--", "'", "\u0301", "()"])
def test_signs_alone_mean_nothing(typed: str) -> None:
    with pytest.raises(NothingToSearchFor) as refused:
        guess(typed)

    assert typed not in refused.value.detail


@pytest.mark.parametrize("written", ["0912345678", "+84912345678", "84912345678", "0084 912 345 678", "0912.345.678", "(0912) 345-678"])
def test_a_phone_is_one_number_however_it_is_written(written: str) -> None:
    assert bare_phone(written) == "0912345678"


@given(words, st.data())
def test_one_slip_of_the_finger_leads_to_the_word_that_was_meant(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from(ascii_lowercase))
    slips = {
        word[:place] + word[place + 1 :],
        word[:place] + letter + word[place:],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1 : place + 2] + word[place] + word[place + 2 :],
    }

    for slip in slips - {word}:
        assume(len(slip) >= 3)
        assert word in near(slip)


@given(words, words)
def test_what_is_near_is_near_from_both_sides(one: str, other: str) -> None:
    assert (one in near(other)) == (other in near(one))
    assert one not in near(one)


def test_the_best_match_stands_in_the_first_rank() -> None:
    known = {"nguyen", "van", "binh", "bin", "tan"}

    found = {
        name: rank_of("nguyen van bihn", known, applicant(name))
        for name in ("Nguyễn Văn Bihn", "Bihn Nguyễn Văn", "Nguyễn Văn Bình", "Nguyễn Tân Bình", "Nguyễn Văn An")
    }

    assert found == {"Nguyễn Văn Bihn": 0, "Bihn Nguyễn Văn": 1, "Nguyễn Văn Bình": 2, "Nguyễn Tân Bình": 3, "Nguyễn Văn An": None}


def test_a_second_slip_is_thought_of_only_beside_a_word_that_nobody_bears() -> None:
    known = {"nguyen", "van", "binh", "bin", "tan"}

    assert rank_of("nguyen van bihn", known | {"bihn"}, applicant("Nguyễn Tân Bình")) is None
    assert rank_of("nguyen van bihn", known | {"bihn"}, applicant("Nguyễn Văn Bình")) == 2


def test_words_of_two_people_make_no_name() -> None:
    nam, hoa = applicant("Nguyễn Văn Nam"), Person(part=Part.REPRESENTATIVE, name="Trần Thị Hoa")

    assert rank_of("nguyen hoa", set(), nam, hoa) is None
    assert rank_of("hoa tran", set(), nam, hoa) == 1
    assert rank_of("tran thi hoa", set(), nam, hoa) == 0


def test_a_word_of_two_letters_is_taken_as_typed() -> None:
    assert rank_of("le an", {"am", "lan"}, applicant("Lê Am")) is None


@given(st.lists(words, min_size=1, max_size=12))
def test_a_dossier_is_found_by_the_name_it_bears(name: list[str]) -> None:
    assert rank_of(" ".join(name), set(), applicant(" ".join(name).title())) == 0
