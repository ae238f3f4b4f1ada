"""A group of procedures with one dossier: one result for each member, and the whole follows from the parts."""

import pytest

from services.processing.domain.group_result import must_fit
from shared.contracts.events import MemberResult, Outcome, Result
from shared.errors import InvalidInput

BIRTH, RESIDENCE, INSURANCE = "Đăng ký khai sinh", "Đăng ký thường trú", "Cấp thẻ bảo hiểm y tế"
GROUP = (BIRTH, RESIDENCE, INSURANCE)


def member(name: str, outcome: Outcome = Outcome.GRANTED, reasons: str | None = None) -> MemberResult:
    return MemberResult(procedure=name, outcome=outcome, reasons=reasons)


def a_result(*members: MemberResult, outcome: Outcome = Outcome.GRANTED) -> Result:
    return Result(outcome=outcome, members=members)


def flaws(result: Result, group: tuple[str, ...] = GROUP) -> str:
    with pytest.raises(InvalidInput) as refused:
        must_fit(result, group)
    return str(refused.value.facts)


def test_each_member_has_its_result() -> None:
    must_fit(a_result(member(BIRTH), member(RESIDENCE), member("cấp thẻ  BẢO HIỂM y tế")), GROUP)


def test_a_single_procedure_needs_no_parts() -> None:
    must_fit(Result(outcome=Outcome.GRANTED), ())


def test_a_member_that_is_missing_is_named() -> None:
    assert INSURANCE in flaws(a_result(member(BIRTH), member(RESIDENCE)))


def test_none_at_all_is_too_few() -> None:
    assert "3 procedures" in flaws(Result(outcome=Outcome.GRANTED))


def test_a_stranger_and_a_double_are_named() -> None:
    said = flaws(a_result(*(member(name) for name in (*GROUP, BIRTH, "Khai tử"))))

    assert "2 times" in said
    assert "khai tử" in said


def test_a_refusal_among_them_says_why_and_makes_the_whole_a_part() -> None:
    refused = member(INSURANCE, Outcome.REFUSED, "Không thuộc đối tượng")

    must_fit(a_result(member(BIRTH), member(RESIDENCE), refused, outcome=Outcome.PARTLY), GROUP)
    assert "partly" in flaws(a_result(member(BIRTH), member(RESIDENCE), refused))
    silent = member(INSURANCE, Outcome.REFUSED)
    assert "/members/2/reasons" in flaws(a_result(member(BIRTH), member(RESIDENCE), silent, outcome=Outcome.PARTLY))
