"""What is missing is said by name, and how many of which kind."""

import unicodedata

import pytest

from services.intake.domain.choices import Need, RequiredPaper
from services.intake.domain.completeness import MissingPaper, PaperBrought, PaperUnknown, missing_papers
from services.intake.domain.deciding import ChoiceNeeded


def a_paper(
    number: int, name: str, originals: int = 0, copies: int = 0, case: str | None = None, need: Need = Need.ALWAYS
) -> RequiredPaper:
    return RequiredPaper(number, name, originals, copies, case, need)


FORM = a_paper(1, "Tờ khai", originals=1)
PLANS = a_paper(2, "Bản vẽ", originals=2, copies=1)
IDENTITY = a_paper(3, "Căn cước")
MANDATE = a_paper(4, "Văn bản ủy quyền", originals=1, need=Need.IF_IT_APPLIES)


def test_nothing_is_missing_when_everything_is_there():
    brought = [PaperBrought(1, originals=1), PaperBrought("Bản vẽ", originals=2, copies=1), PaperBrought(3, copies=1)]

    assert missing_papers([FORM, PLANS, IDENTITY], brought) == ()


def test_originals_and_copies_count_apart():
    brought = [PaperBrought(1, copies=3), PaperBrought(2, originals=3)]

    assert missing_papers([FORM, PLANS], brought) == (MissingPaper(1, "Tờ khai", 1, 0), MissingPaper(2, "Bản vẽ", 0, 1))


def test_a_paper_brought_in_two_parts_counts_as_a_whole():
    assert missing_papers([PLANS], [PaperBrought(2, originals=1), PaperBrought("Bản vẽ", originals=1, copies=1)]) == ()


def test_a_paper_without_printed_counts_needs_to_be_there_at_all():
    assert missing_papers([IDENTITY], [PaperBrought(3)]) == (MissingPaper(3, "Căn cước", 0, 0),)
    assert missing_papers([IDENTITY], [PaperBrought(3, originals=1)]) == ()


def test_an_electronic_paper_is_asked_for_no_copies():
    assert missing_papers([PLANS], [PaperBrought(2, electronic=True)]) == ()


def test_an_optional_paper_is_missing_only_if_declared_applicable():
    assert missing_papers([MANDATE], []) == ()
    assert missing_papers([MANDATE], [], applicable=["Văn bản ủy quyền"]) == (MissingPaper(4, "Văn bản ủy quyền", 1, 0),)


def test_declaring_a_paper_that_is_not_on_the_list_is_an_error_that_names_it():
    with pytest.raises(PaperUnknown, match="hộ chiếu"):
        missing_papers([MANDATE], [], applicable=["hộ chiếu"])


def test_a_heading_nobody_named_is_asked_for_only_while_something_under_it_is_missing():
    headed = a_paper(5, "Giấy chứng sinh", originals=1, case="Giấy tờ phải nộp", need=Need.IF_ITS_CASE_APPLIES)

    with pytest.raises(ChoiceNeeded) as needed:
        missing_papers([FORM, headed], [PaperBrought(1, originals=1)])

    assert (needed.value.field, needed.value.choices) == ("paper_cases", ("Giấy tờ phải nộp",))
    assert missing_papers([headed], [PaperBrought(5, originals=1)]) == ()


def test_where_no_papers_are_published_none_can_be_missing():
    assert missing_papers([], [PaperBrought("Đơn", originals=1)]) == ()


def test_a_name_is_known_however_its_letters_are_composed():
    assert missing_papers([FORM], [PaperBrought(unicodedata.normalize("NFD", "Tờ  khai"), originals=1)]) == ()
