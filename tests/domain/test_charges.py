"""What a dossier owes is frozen when it is charged; money comes and goes, and the sums of each line always add up."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain import charges as rules
from services.intake.domain.catalogue import FeeRule
from services.intake.domain.charges import (
    AmountWrong,
    Charge,
    Charges,
    ChargeState,
    FeeUnknown,
    FeeWrong,
    Money,
    MoreThanPaid,
    NothingOwed,
    Stated,
    SumNotStated,
    frozen,
    put_back,
)
from services.intake.domain.fees import FeesOwed, owed
from shared.contracts.people import Channel
from shared.errors import DomainError, InvalidInput

NOW = datetime(2026, 3, 9, 1, tzinfo=UTC)
FEE, RANGE = FeeRule(name="Phí", amount=20_000), FeeRule(name="Lệ phí", amount_min=12_000, amount_max=60_000)


def quoted(*fees: FeeRule) -> FeesOwed:
    return owed(fees, channel=Channel.DESK, on=NOW.date())


def money(amount: int, number: int | None = None) -> Money:
    return Money(amount, "cash", NOW, number)


def lines(*amounts: int | None) -> Charges:
    return tuple(Charge(number, f"Phí {number}", amount) for number, amount in enumerate(amounts, 1))


# --- charged --------------------------------------------------------------------------------------------------------


def test_a_definite_sum_is_charged_as_published_and_what_is_open_waits_for_its_sum():
    found = frozen(quoted(FEE, RANGE))

    assert [(line.number, line.name, line.amount, line.state) for line in found] == [
        (1, "Phí", 20_000, ChargeState.OWED),
        (2, "Lệ phí", None, ChargeState.TO_STATE),
    ]


def test_what_the_source_only_mentions_is_no_line():
    assert frozen(quoted(FeeRule(text="Không quy định"))) == frozen(quoted()) == ()


def test_what_is_free_is_a_line_that_owes_nothing():
    (line,) = frozen(quoted(FeeRule(amount=0, text="Miễn phí")))

    assert (line.name, line.state, line.owed) == ("Phí, lệ phí", ChargeState.PAID, 0)


@pytest.mark.parametrize("amount", [12_000, 60_000])
def test_the_officer_states_a_sum_up_to_the_bounds(amount: int):
    (line,) = frozen(quoted(RANGE), [Stated("Lệ phí", amount, method="cash")])

    assert (line.amount, line.paid, line.state) == (amount, amount, ChargeState.PAID)


@pytest.mark.parametrize(
    ("fees", "stated"),
    [
        ((RANGE,), Stated("Lệ phí", 11_999)),
        ((RANGE,), Stated("Lệ phí", 60_001)),
        ((FEE,), Stated("Phí", 20_001, ground="vì thế")),
        ((FEE,), Stated("Phí", 19_999)),
        ((FEE, FeeRule(name="Lệ phí", amount=1)), Stated("Phí phát sinh", 5_000)),
    ],
)
def test_nothing_else_is_charged_than_is_published(fees: tuple[FeeRule, ...], stated: Stated):
    with pytest.raises(FeeWrong):
        frozen(quoted(*fees), [stated])


def test_less_is_charged_on_a_ground_and_a_waiver_is_seen_as_one():
    (less,) = frozen(quoted(FEE), [Stated("Phí", 10_000, paid=False, ground="Nghị quyết của HĐND tỉnh")])
    (nothing,) = frozen(quoted(FEE), [Stated("Phí", 0, ground="Người thuộc hộ nghèo")])

    assert (less.owed, less.state, less.ground) == (10_000, ChargeState.OWED, "Nghị quyết của HĐND tỉnh")
    assert (nothing.owed, nothing.state, nothing.published) == (0, ChargeState.WAIVED, 20_000)


def test_where_nothing_is_published_the_officer_may_charge_what_they_name():
    (line,) = frozen(quoted(), [Stated("Lệ phí", 30_000, paid=False)])

    assert (line.name, line.owed) == ("Lệ phí", 30_000)


def test_the_only_fee_is_meant_by_another_name_too():
    (line,) = frozen(quoted(FEE), [Stated("Phí thẩm định", 20_000)])

    assert (line.name, line.paid) == ("Phí thẩm định", 20_000)


def test_what_was_charged_before_is_not_charged_again():
    before = frozen(quoted(FEE))
    after = frozen(quoted(FEE, RANGE), before=before)

    assert after[: len(before)] == before
    assert [line.name for line in after] == ["Phí", "Lệ phí"]
    with pytest.raises(InvalidInput):
        frozen(quoted(FEE, RANGE), [Stated("Phí", 20_000)], before=before)


# --- money ----------------------------------------------------------------------------------------------------------


def test_one_line_is_paid_by_its_number_or_all_at_once():
    charged = lines(100, 200, None)

    assert [line.number for line in rules.paid(charged, money(200, 2))] == [2]
    assert [line.paid for line in rules.paid(charged, money(300))] == [100, 200]


def test_who_was_asked_for_a_sum_pays_that_sum_whatever_else_is_owed():
    charged = (*lines(100), Charge(2, "Lệ phí trước bạ", 500, awaited=True), Charge(3, "Phí", 20, awaited=True))

    assert [line.number for line in rules.paid(charged, money(520))] == [2, 3]
    assert [line.number for line in rules.paid(charged, money(620))] == [1, 2, 3]


@pytest.mark.parametrize(
    ("came", "refusal"),
    [
        (money(100, 9), FeeUnknown),
        (money(99, 1), AmountWrong),
        (money(101, 1), AmountWrong),
        (money(50, 3), SumNotStated),
        (money(50, 4), NothingOwed),
        (money(250), AmountWrong),
    ],
)
def test_money_that_fits_no_line_is_refused_with_the_reason(came: Money, refusal: type[DomainError]):
    charged = (*lines(100, 200, None), Charge(4, "Đã nộp", 50, paid=50))

    with pytest.raises(refusal):
        rules.paid(charged, came)


def test_no_more_is_given_back_than_was_paid():
    charged = (Charge(1, "Phí", 100, paid=100),)

    part = rules.refunded(charged, 1, 40)
    rest = rules.refunded((part,), 1, 60)

    assert (part.net, part.state, rest.net, rest.state) == (60, ChargeState.PAID, 0, ChargeState.REFUNDED)
    with pytest.raises(MoreThanPaid):
        rules.refunded((part,), 1, 61)
    with pytest.raises(NothingOwed):
        rules.paid((rest,), money(100, 1))


def test_a_reduction_leaves_less_and_never_touches_what_is_paid():
    charged = (Charge(1, "Phí", 100), Charge(2, "Đã nộp", 50, paid=50))

    assert rules.reduced(charged, 1, 0, "Người thuộc hộ nghèo").state is ChargeState.WAIVED
    with pytest.raises(FeeWrong):
        rules.reduced(charged, 1, 100, "không giảm")
    with pytest.raises(NothingOwed):
        rules.reduced(charged, 2, 0, "muộn")


def test_a_sum_is_stated_within_its_bounds_and_never_over_a_published_one():
    charged = (Charge(1, "Lệ phí", None, at_least=10, at_most=20), Charge(2, "Phí", 100, published=100))

    assert rules.stated(charged, 1, 20).owed == 20
    with pytest.raises(FeeWrong):
        rules.stated(charged, 1, 21)
    with pytest.raises(NothingOwed):
        rules.stated(charged, 2, 50)


def test_before_acceptance_it_waits_for_what_is_owed_and_for_nothing_else():
    charged = rules.awaited(frozen(quoted(FEE, RANGE, FeeRule(name="Miễn", amount=0))), before=())

    assert [(line.number, line.name, line.awaited) for line in charged] == [(1, "Phí", True)]


def test_what_the_agency_asks_for_stands_behind_the_other_lines():
    request = uuid4()

    charged = rules.asked(lines(100), [("Lệ phí trước bạ", 500)], request=request)

    assert [(line.number, line.name, line.request, line.awaited) for line in charged[1:]] == [(2, "Lệ phí trước bạ", request, True)]


MOVES = st.one_of(
    st.tuples(st.just("pay"), st.integers(0, 4) | st.none(), st.sampled_from([0, 1, 50, 100, 150, 300])),
    st.tuples(st.just("refund"), st.integers(0, 4), st.integers(1, 120)),
    st.tuples(st.just("reduce"), st.integers(0, 4), st.integers(0, 100)),
    st.tuples(st.just("state"), st.integers(0, 4), st.integers(0, 200)),
)


@given(st.lists(st.sampled_from([None, 0, 50, 100]), max_size=4), st.lists(MOVES, max_size=30))
def test_whatever_comes_and_goes_each_line_adds_up_and_is_never_below_zero(
    amounts: list[int | None], moves: list[tuple[str, int | None, int]]
):
    charged, ledger = lines(*amounts), dict.fromkeys(range(1, len(amounts) + 1), 0)
    for what, number, amount in moves:
        try:
            match what:
                case "pay":
                    changed = rules.paid(charged, money(amount, number))
                case "refund":
                    changed = (rules.refunded(charged, number or 0, amount),)
                case "reduce":
                    changed = (rules.reduced(charged, number or 0, amount, "có căn cứ"),)
                case _:
                    changed = (rules.stated(charged, number or 0, amount),)
        except DomainError:
            continue
        for line in changed:
            ledger[line.number] += line.net - rules.line_of(charged, line.number).net
        charged = put_back(charged, *changed)

        for line in charged:
            assert line.net == line.paid - line.refunded == ledger[line.number]
            assert 0 <= line.refunded <= line.paid <= (line.amount or 0)
            assert line.owed == ((line.amount or 0) if line.state is ChargeState.OWED else 0)
            assert not (line.owed and line.paid)


@given(
    st.lists(
        st.builds(
            FeeRule,
            name=st.sampled_from([None, "Phí", "Lệ phí"]),
            amount=st.sampled_from([None, 0, 100, 999]),
            amount_min=st.sampled_from([None, 10]),
            amount_max=st.sampled_from([None, 90]),
            percent_of_base=st.sampled_from([None, 50]),
            per=st.sampled_from([None, "hồ sơ", "trang"]),
            cap_amount=st.sampled_from([None, 150]),
            case=st.sampled_from([None, "mất"]),
            channel=st.sampled_from([None, "trực tuyến"]),
            currency=st.sampled_from([None, "VND", "USD"]),
            valid_to=st.sampled_from([None, "2026-03-08", "không rõ"]),
        ),
        max_size=5,
    ),
    st.sampled_from(list(Channel)),
    st.sampled_from([None, "mất"]),
)
def test_what_reception_freezes_is_never_another_sum_than_was_quoted(fees: list[FeeRule], channel: Channel, case: str | None):
    quote = owed(fees, channel=channel, case=case, on=NOW.date())
    found = frozen(quote)

    definite = {line.name or "Phí, lệ phí": line.amount for line in quote.lines}
    assert {line.name: line.amount for line in found if line.amount is not None} == definite
    assert {line.name for line in found if line.amount is None} <= {one.name or "Phí, lệ phí" for one in quote.to_state}
    for line in found:
        if line.at_least is not None and line.at_most is not None:
            assert 0 <= line.at_least <= line.at_most
    assert replace(quote) == owed(fees, channel=channel, case=case, on=NOW.date())
