"""A fee is definite where the rules leave nothing open; otherwise the officer states it, seeing why."""

from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from services.intake.domain.catalogue import FeeRule
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.charges import UNNAMED, frozen
from services.intake.domain.fee_tiers import unit_of
from services.intake.domain.fees import FeeFacts, FeesOwed, Why, owed
from shared.contracts.people import Channel

TODAY = date(2026, 3, 9)


@cache
def published() -> dict[str, tuple[FeeRule, ...]]:
    file = Path(__file__).parents[2] / "demo" / "data" / "procedures.yaml"
    return {entry.key: entry.procedure.fees for entry in read_catalogue(file.read_bytes())}


def fees_of(
    *rules: FeeRule,
    channel: Channel = Channel.DESK,
    case: str | None = None,
    applicant: str | None = None,
    on: date = TODAY,
    **facts: Any,
) -> FeesOwed:
    return owed(rules, channel=channel, case=case, applicant=applicant, facts=FeeFacts(**facts), on=on)


def bounds(fees: FeesOwed) -> set[tuple[int | None, int | None]]:
    return {(one.at_least, one.at_most) for one in fees.to_state}


def why(fees: FeesOwed) -> list[Why]:
    assert fees.total is None
    return [one.why for one in fees.to_state]


def test_one_sum_for_all_is_definite():
    fees = fees_of(FeeRule(amount=50_000, per="hồ sơ"))

    assert ([line.amount for line in fees.lines], fees.total) == ([50_000], 50_000)


def test_free_is_a_definite_zero_and_silence_is_not():
    assert fees_of(FeeRule(amount=0, text="Miễn phí")).total == 0
    assert fees_of(FeeRule(amount=0, per="trang")).total == 0
    assert why(fees_of()) == [Why.NOTHING_PUBLISHED]
    assert why(fees_of(FeeRule(text="Không quy định"))) == [Why.NO_AMOUNT]


@pytest.mark.parametrize(("channel", "amount"), [(Channel.ONLINE, 10_000), (Channel.DESK, 20_000)])
def test_a_fee_by_channel(channel: Channel, amount: int):
    assert fees_of(*published()["QG-1.004222"], channel=channel).total == amount


def test_an_exception_beats_the_general_rule_until_it_expires():
    rules = published()["QG-3.000348"]

    before = fees_of(*rules, channel=Channel.ONLINE, on=date(2025, 12, 31))
    after = fees_of(*rules, channel=Channel.ONLINE, on=date(2026, 1, 1))

    assert [one.why for one in before.to_state] == [Why.PER]  # "lần cấp" is no word for a dossier
    assert after.total == 135_000


def test_a_rule_that_expired_without_a_successor_is_stated_by_the_officer():
    fees = fees_of(*published()["QG-1.001456"], channel=Channel.ONLINE)

    assert why(fees) == [Why.NOT_IN_FORCE, Why.NOT_IN_FORCE]
    assert fees.to_state[0].text == "160.000/hộ chiếu (áp dụng đến hết ngày 31/12/2023 theo Thông tư số 44/2023/TT-BTC)"


def test_the_last_day_of_a_window_is_inside_it():
    rule = FeeRule(amount=5, valid_from="2026-03-09", valid_to="2026-03-09")

    assert fees_of(rule).total == 5
    assert why(fees_of(rule, on=date(2026, 3, 8))) == [Why.NOT_IN_FORCE]
    assert why(fees_of(rule, on=date(2026, 3, 10))) == [Why.NOT_IN_FORCE]


def test_the_general_fee_holds_where_no_case_is_named_and_the_case_where_it_is():
    rules = (FeeRule(amount=200), FeeRule(amount=400, case="bị mất"))

    assert fees_of(*rules).total == 200
    assert fees_of(*rules, case="bị mất").total == 400
    assert fees_of(*rules, case="a case of the limits").total == 200


def test_fees_of_several_names_are_added_up():
    assert fees_of(FeeRule(name="Phí", amount=100), FeeRule(name="Lệ phí", amount=20)).total == 120


def test_the_kind_of_applicant_decides_or_is_asked_for():
    rules = (FeeRule(amount=100, applicant="Hộ gia đình, cá nhân"), FeeRule(amount=300, applicant="Tổ chức"))

    assert fees_of(*rules, applicant="Tổ chức").total == 300
    assert why(fees_of(*rules)) == [Why.APPLICANT, Why.APPLICANT]


# --- What is counted ------------------------------------------------------------------------------------------------


def test_pages_and_copies_are_for_the_officer_to_count():
    fees = fees_of(*published()["HT-2.000815"])

    assert why(fees) == [Why.PER, Why.PER, Why.CAP]
    assert {one.count for one in fees.to_state} == {("trang",), ("bản",)}


@pytest.mark.parametrize(
    ("pages", "copies", "total"),
    [
        (1, 1, 2_000),
        (2, 1, 4_000),
        (3, 1, 5_000),
        (5, 2, 14_000),
        (198, 1, 200_000),
        (199, 1, 200_000),
        (400, 3, 600_000),
        (0, 1, 0),
    ],
)
def test_pages_in_tiers_cost_less_from_the_third_on_and_at_most_so_much_a_copy(pages: int, copies: int, total: int):
    assert fees_of(*published()["HT-2.000815"], quantities={"trang": pages, "bản": copies}).total == total


def test_a_cap_of_another_unit_must_be_counted_too():
    assert why(fees_of(*published()["HT-2.000815"], quantities={"trang": 5})) == [Why.SEVERAL, Why.SEVERAL, Why.CAP]


def test_what_one_amount_is_for_is_counted_in_its_own_words():
    rule = FeeRule(amount=50_000, per="01 Giao dịch")

    assert fees_of(rule, quantities={"giao dịch": 3}).total == 150_000
    assert fees_of(rule, quantities={"giao dịch": 0}).total == 0
    assert why(fees_of(rule, quantities={"trang": 3})) == [Why.PER]


def test_a_cap_for_the_whole_sum_and_one_for_each_unit():
    assert fees_of(FeeRule(amount=2_000, per="trang", cap_amount=9_000), quantities={"trang": 5}).total == 9_000
    assert fees_of(FeeRule(amount=2_000, per="trang", cap_amount=1_500, cap_per="trang"), quantities={"trang": 5}).total == 7_500
    assert fees_of(FeeRule(amount=2_000), FeeRule(cap_amount=1_000, per="hồ sơ")).total == 1_000


def test_tiers_that_leave_a_gap_are_for_the_officer():
    gap = (FeeRule(amount=2_000, per="trang", tier="trang 1-2"), FeeRule(amount=1_000, per="trang", tier="từ trang thứ 4 trở lên"))

    assert why(fees_of(*gap, quantities={"trang": 5})) == [Why.TIER, Why.TIER]


def test_a_tier_of_something_else_is_named():
    rules = (FeeRule(amount=100, tier="dưới 10 phòng"), FeeRule(amount=300, tier="từ 10 phòng trở lên"))

    assert why(fees_of(*rules)) == [Why.TIER, Why.TIER]
    assert fees_of(*rules, tier="từ 10 phòng trở lên").total == 300


def test_an_item_is_named_and_alternative_fees_are_chosen_between():
    land = {"applicant": "Tổ chức", "item": "cả đất và tài sản", "names": ("Phí thẩm định (chứng nhận biến động)",)}

    assert fees_of(*published()["DN-1.012784"], channel=Channel.POST, **land).total == 1_200_000
    assert fees_of(*published()["DN-1.012784"], channel=Channel.ONLINE, **land).total == 1_140_000


@pytest.mark.parametrize(("on", "total"), [(date(2025, 6, 30), 50_000), (date(2026, 3, 9), 25_000), (date(2027, 1, 1), 50_000)])
def test_a_percentage_in_its_window_is_of_the_regular_fee(on: date, total: int):
    assert fees_of(*published()["QG-1.014063"], on=on, quantities={"thẻ căn cước": 1}).total == total


def test_half_a_dong_rounds_up():
    assert fees_of(FeeRule(amount=25), FeeRule(percent_of_base=50)).total == 13


def test_two_percentages_are_not_chosen_between():
    fees = fees_of(*published()["QG-1.014063"], channel=Channel.ONLINE, on=date(2025, 8, 1), quantities={"thẻ căn cước": 1})

    assert Why.PERCENT in why(fees)
    assert bounds(fees) == {(12_500, 50_000)}


# --- What the officer states lies within bounds ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([FeeRule(amount_min=12_000, amount_max=60_000)], (12_000, 60_000)),
        ([FeeRule(amount_max=60_000)], (None, 60_000)),
        ([FeeRule(amount_min=60_000, amount_max=12_000)], (None, None)),
        ([FeeRule(amount=10, case="a"), FeeRule(amount=40, case="b")], (10, 40)),
        ([FeeRule(amount=2_000, per="trang")], (None, None)),
        ([FeeRule(amount_min=5, amount_max=90), FeeRule(cap_amount=60, per="hồ sơ")], (5, 60)),
        ([FeeRule(amount=25, currency="USD")], (None, None)),
        ([FeeRule(set_by="HĐND cấp tỉnh")], (None, None)),
    ],
)
def test_what_the_officer_states_lies_within_what_is_published(rules: list[FeeRule], expected: tuple[int | None, int | None]):
    assert bounds(fees_of(*rules)) == {expected}


# --- Every published fee --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(key for key, rules in published().items() if rules))
def test_every_published_fee_is_a_sum_or_says_why_not_and_what_is_frozen_is_what_was_quoted(key: str):
    rules = published()[key]
    units = {unit: 2 for rule in rules for per in (rule.per, rule.cap_per) if (unit := unit_of(per))}
    for channel, case, applicant, item, quantities, on in product(
        Channel,
        {None, *(rule.case for rule in rules)},
        {None, *(rule.applicant for rule in rules)},
        {None, *(rule.item for rule in rules)},
        ({}, units),
        (date(2023, 12, 31), date(2025, 8, 1), TODAY),
    ):
        quoted = fees_of(*rules, channel=channel, case=case, applicant=applicant, item=item, quantities=quantities, on=on)
        lines = frozen(quoted)

        priced = {one.name or UNNAMED for one in quoted.to_state if one.is_priced}
        assert {line.name: line.amount for line in lines} == {line.name or UNNAMED: line.amount for line in quoted.lines} | dict.fromkeys(
            priced
        )
        assert all(line.amount >= 0 for line in quoted.lines)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (FeeRule(amount_min=12_000, amount_max=60_000), Why.RANGE),
        (FeeRule(set_by="HĐND cấp tỉnh", text="do HĐND quyết định"), Why.SET_BY),
        (FeeRule(formula=True, text="0,1% tổng mức đầu tư"), Why.FORMULA),
        (FeeRule(amount=25, currency="USD"), Why.CURRENCY),
        (FeeRule(amount=2_000, per="trang"), Why.PER),
        (FeeRule(amount=10, tier="dưới 10 phòng"), Why.TIER),
        (FeeRule(amount=10, item="về QSDĐ"), Why.ITEM),
        (FeeRule(amount=10, channel="tại nhà"), Why.CHANNEL),
        (FeeRule(amount=10, valid_to="2025-02-30"), Why.DATE_UNREADABLE),
    ],
)
def test_what_is_not_one_sum_in_dong_is_stated_by_the_officer(rule: FeeRule, reason: Why):
    assert why(fees_of(rule)) == [reason]


def test_two_sums_for_the_same_are_not_chosen_between():
    assert why(fees_of(FeeRule(amount=10), FeeRule(amount=20))) == [Why.SEVERAL, Why.SEVERAL]


def test_one_rule_may_name_two_channels():
    rule = FeeRule(amount=450_000, channel="trực tiếp / bưu chính")

    assert fees_of(rule, channel=Channel.POST).total == 450_000
    assert fees_of(rule, channel=Channel.ONLINE) == FeesOwed((), ())
