"""A fee is definite where the rules leave nothing open; otherwise the officer states it, seeing why."""

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from services.intake.domain.catalogue import FeeRule
from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.fees import FeesOwed, Why, owed
from shared.contracts.people import Channel

TODAY = date(2026, 3, 9)


@cache
def published() -> dict[str, tuple[FeeRule, ...]]:
    file = Path(__file__).parents[2] / "demo" / "data" / "procedures.yaml"
    return {entry.key: entry.procedure.fees for entry in read_catalogue(file.read_bytes())}


def fees_of(
    *rules: FeeRule, channel: Channel = Channel.DESK, case: str | None = None, applicant: str | None = None, on: date = TODAY
) -> FeesOwed:
    return owed(rules, channel=channel, case=case, applicant=applicant, on=on)


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


def test_pages_tiers_and_caps_are_counted_by_the_officer():
    assert why(fees_of(*published()["HT-2.000815"])) == [Why.PER, Why.PER, Why.CAP]


def test_percentages_are_never_applied():
    assert why(fees_of(*published()["QG-1.014063"], channel=Channel.ONLINE, on=date(2025, 8, 1))) == [Why.PER, Why.PERCENT, Why.PERCENT]


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
