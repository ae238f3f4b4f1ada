"""What is owed, by the published rules: definite where they leave nothing open, otherwise what the officer must state.

A sum follows from a rule that names one in đồng and is restricted by nothing that is not known: for the whole dossier, or for each of
what the officer has counted, in tiers, with a percentage, up to a cap. Formulas, ranges, other currencies and what a council sets are for
the officer, who sees the wording as published and keeps within the bounds that follow from it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import Final

from services.intake.domain.catalogue import FeeRule, as_date
from services.intake.domain.deciding import spelled
from services.intake.domain.fee_tiers import are_gapless, in_tier, tier_of, unit_of
from shared.contracts.people import Channel


class Why(StrEnum):
    """Why no definite sum follows from a rule."""

    NOTHING_PUBLISHED = "nothing_published"
    NO_AMOUNT = "no_amount"
    CHANNEL = "channel"
    CASE = "case"
    APPLICANT = "applicant"
    ITEM = "item"
    TIER = "tier"
    PER = "per"
    CAP = "cap"
    RANGE = "range"
    PERCENT = "percent"
    FORMULA = "formula"
    SET_BY = "set_by"
    CURRENCY = "currency"
    NOT_IN_FORCE = "not_in_force"
    DATE_UNREADABLE = "date_unreadable"
    SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class FeeFacts:
    """What the officer says and counts so that a sum follows, in the words of the rules.

    `quantities` by what one amount is for (`trang`: 5). Where a cap is for another unit, the one is counted within one of the other:
    5 `trang` and 2 `bản` are two copies of five pages each. `names`: only these fees apply; None: all that are published.
    """

    item: str | None = None
    tier: str | None = None
    quantities: Mapping[str, int] = field(default_factory=dict[str, int])
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A sum owed, in whole đồng. Whether somebody is exempt is for the officer to say."""

    name: str | None
    amount: int
    rule: FeeRule


@dataclass(frozen=True, slots=True)
class FeeToState:
    """A rule from which no definite sum follows; `rule` None: the source says nothing of fees, which is not free.

    Whatever the officer states for the fee lies between `at_least` and `at_most` (None: nothing follows). `count` is what to count.
    """

    name: str | None
    why: Why
    text: str | None
    rule: FeeRule | None
    at_least: int | None = None
    at_most: int | None = None
    count: tuple[str, ...] = ()

    @property
    def is_priced(self) -> bool:
        """Whether the source says that something is to be paid, though not how much here."""
        if self.rule is None or self.why is Why.NOT_IN_FORCE:
            return False
        prices = (self.rule.amount, self.rule.amount_min, self.rule.amount_max, self.rule.percent_of_base, self.rule.cap_amount)
        return self.rule.formula or self.rule.set_by is not None or any(prices)


@dataclass(frozen=True, slots=True)
class FeesOwed:
    lines: tuple[FeeLine, ...]
    to_state: tuple[FeeToState, ...]

    @property
    def total(self) -> int | None:
        """In đồng; None while the officer has to state something."""
        return None if self.to_state else sum(line.amount for line in self.lines)


NOTHING_SAID: Final = FeeFacts()


def owed(
    rules: Iterable[FeeRule],
    *,
    channel: Channel,
    case: str | None = None,
    applicant: str | None = None,
    facts: FeeFacts = NOTHING_SAID,
    on: date,
) -> FeesOwed:
    """The fees of a dossier received `on` a day. Rules of one name are one fee; among them an exception beats the general rule."""
    published = tuple(rules)
    if not published:
        return FeesOwed((), (FeeToState(None, Why.NOTHING_PUBLISHED, None, None),))
    known = _Known(
        channel,
        case if _is_one_of(case, (rule.case for rule in published)) else None,
        applicant if _is_one_of(applicant, (rule.applicant for rule in published)) else None,
        facts.item if _is_one_of(facts.item, (rule.item for rule in published)) else None,
        facts.tier if _is_one_of(facts.tier, (rule.tier for rule in published)) else None,
        {unit_of(unit) or "": count for unit, count in facts.quantities.items()},
    )
    names = [name for name in dict.fromkeys(rule.name for rule in published) if facts.names is None or _is_one_of(name, facts.names)]
    found = [_of_one_fee([rule for rule in published if rule.name == name], known, on) for name in names]
    return FeesOwed(tuple(line for lines, _ in found for line in lines), tuple(open_ for _, opens in found for open_ in opens))


# --- One fee: the rules that share a name ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the dossier, in the words of the rules."""

    channel: Channel
    case: str | None
    applicant: str | None
    item: str | None
    tier: str | None
    quantities: Mapping[str, int]

    def count_of(self, per: str | None) -> int | None:
        """How many times an amount is owed; None: nobody has counted."""
        unit = unit_of(per)
        return 1 if unit is None else self.quantities.get(unit)


def _of_one_fee(rules: Sequence[FeeRule], known: _Known, on: date) -> tuple[list[FeeLine], list[FeeToState]]:
    fitting = [rule for rule in rules if _fits(rule, known)]
    in_force = [rule for rule in fitting if _in_force(rule, on) is not False]
    if not in_force:
        return [], [FeeToState(rule.name, Why.NOT_IN_FORCE, rule.text, rule) for rule in fitting]
    holding = _Holding([rule for rule in in_force if not any(_overrides(other, rule, known) for other in in_force)], known, on)
    if not (reasons := holding.why_open()):
        return [FeeLine(holding.rules[0].name, holding.sum(), holding.rules[0])], []
    low, high = holding.bounds()
    return [], [
        FeeToState(rule.name, reasons.get(rule, Why.SEVERAL), rule.text, rule, low, high, holding.to_count(rule)) for rule in holding.rules
    ]


@dataclass(frozen=True, slots=True)
class _Holding:
    """The rules of one fee that hold: prices, percentages of them, and caps."""

    rules: Sequence[FeeRule]
    known: _Known
    on: date

    @property
    def prices(self) -> list[FeeRule]:
        return [rule for rule in self.rules if _replaces(rule)]

    @property
    def shares(self) -> list[int]:
        return [rule.percent_of_base for rule in self.rules if rule.percent_of_base is not None]

    @property
    def caps(self) -> list[tuple[int, str | None]]:
        """Each with what it is for (None: the whole sum). A price with a cap names it where it is for something else."""
        return [
            (rule.cap_amount, unit_of(rule.cap_per or (rule.per if _is_only_cap(rule) else None)))
            for rule in self.rules
            if rule.cap_amount is not None
        ]

    @property
    def unit(self) -> str | None:
        return unit_of(self.prices[0].per) if self.prices else None

    def why_open(self) -> dict[FeeRule, Why]:
        reasons = {rule: why for rule in self.rules if (why := self._why(rule))}
        if not reasons and (not self.prices or (len(self.prices) > 1 and not self._in_tiers())):
            return dict.fromkeys(self.rules, Why.SEVERAL if self.prices else Why.CAP)
        return reasons

    def _why(self, rule: FeeRule) -> Why | None:
        """Why the rule is not definite, if it is not."""
        findings = {
            Why.DATE_UNREADABLE: _in_force(rule, self.on) is None,
            Why.FORMULA: rule.formula,
            Why.PERCENT: rule.percent_of_base is not None and (len(self.shares) > 1 or not self._base_is_known()),
            Why.CAP: rule.cap_amount is not None and not self._is_counted(rule.cap_per or (rule.per if _is_only_cap(rule) else None)),
            Why.RANGE: rule.amount_min is not None or rule.amount_max is not None,
            Why.SET_BY: rule.set_by is not None and _says_nothing(rule),
            Why.NO_AMOUNT: _says_nothing(rule),
            Why.CURRENCY: rule.currency not in {None, "VND"} and rule.amount != 0,
            Why.PER: bool(rule.amount) and not self._is_counted(rule.per),
        }
        return next((why for why, found in findings.items() if found), None) or self._why_restricted(rule)

    def _why_restricted(self, rule: FeeRule) -> Why | None:
        why = _why_restricted(rule, self.known)
        return None if why is Why.TIER and self._in_tiers() else why

    def _base_is_known(self) -> bool:
        return bool(self.prices) and not any(self._why(rule) for rule in self.prices) and (len(self.prices) == 1 or self._in_tiers())

    def _is_counted(self, per: str | None) -> bool:
        return self.known.count_of(per) is not None

    def _in_tiers(self) -> bool:
        """Whether the prices are for numbered units of one kind that somebody has counted, each unit in one tier."""
        if not self.unit or self.known.tier or any(unit_of(rule.per) != self.unit or not rule.tier for rule in self.prices):
            return False
        tiers = [tier_of(rule.tier or "", self.unit) for rule in self.prices]
        return self._is_counted(self.unit) and are_gapless([tier for tier in tiers if tier]) and all(tiers)

    def sum(self) -> int:
        """Once nothing is open; half a đồng rounds up."""
        whole = self._capped(self._counted())
        return reduce(lambda amount, share: (amount * share + 50) // 100, self.shares, whole)

    def _counted(self) -> int:
        count = self.known.count_of(self.unit) or 0
        own = min((cap for cap, per in self.caps if per is not None and per == self.unit), default=None)
        found = 0
        for rule in self.prices:
            amount = rule.amount or 0
            tier = tier_of(rule.tier, self.unit) if rule.tier and self.unit and not self.known.tier else None
            found += (amount if own is None else min(amount, own)) * (in_tier(tier, count) if tier else count)
        return found

    def _capped(self, found: int) -> int:
        """Up to so much for each of another unit; in the end, up to so much in all."""
        for cap, per in self.caps:
            if per is not None and per != self.unit:
                found = min(found, cap) * (self.known.count_of(per) or 0)
        return min([found, *(cap for cap, per in self.caps if per is None)])

    def bounds(self) -> tuple[int | None, int | None]:
        """What the sum stated lies between, as far as the prices say."""
        found = [self._bounds(rule) for rule in self.prices]
        lows = [low for low, _ in found if low is not None]
        highs = [high for _, high in found if high is not None]
        low = min(lows) if lows and len(lows) == len(found) else None
        high = max(highs) if highs and len(highs) == len(found) else None
        for cap in [cap for cap, per in self.caps if per is None]:
            low, high = None if low is None else min(low, cap), cap if high is None else min(high, cap)
        for share in self.shares:
            low = None if low is None else low * min(share, 100) // 100
            high = None if high is None else high * max(share, 100) // 100
        return low, high

    def _bounds(self, rule: FeeRule) -> tuple[int | None, int | None]:
        count = self.known.count_of(rule.per)
        least, most = (rule.amount_min, rule.amount_max) if rule.amount is None else (rule.amount, rule.amount)
        if rule.formula or rule.currency not in {None, "VND"} or (least is None and most is None) or count is None or rule.cap_per:
            return None, None
        if least is not None and most is not None and least > most:
            return None, None  # upside down; the loader warns of it
        return None if least is None else least * count, None if most is None else most * count

    def to_count(self, rule: FeeRule) -> tuple[str, ...]:
        units = dict.fromkeys((unit_of(rule.per), unit_of(rule.cap_per)))
        return tuple(unit for unit in units if unit and unit not in self.known.quantities)


def _fits(rule: FeeRule, known: _Known) -> bool:
    channels = channels_of(rule)
    named = ((rule.case, known.case), (rule.applicant, known.applicant), (rule.item, known.item), (rule.tier, known.tier))
    return (not channels or known.channel in channels) and all(
        one is None or other is None or spelled(one) == spelled(other) for one, other in named
    )


def _in_force(rule: FeeRule, on: date) -> bool | None:
    """None: a date of the window cannot be read."""
    begins, ends = as_date(rule.valid_from), as_date(rule.valid_to)
    if (rule.valid_from and not begins) or (rule.valid_to and not ends):
        return None
    return (begins is None or begins <= on) and (ends is None or on <= ends)


def _overrides(one: FeeRule, other: FeeRule, known: _Known) -> bool:
    """Whether a rule known to hold, with an amount of its own, makes another of the same fee void."""
    if _why_restricted(one, known) or not _replaces(one):
        return False
    if one.case is None and other.case is not None and known.case is None:
        return True  # no case was named: the general rule holds
    return _restrictions(one) > _restrictions(other) and _replaces(other)


def _replaces(rule: FeeRule) -> bool:
    """Percentages and caps stand beside the rule they change, not in its place."""
    return rule.percent_of_base is None and not _is_only_cap(rule)


def _restrictions(rule: FeeRule) -> frozenset[str]:
    return frozenset(
        f"{facet}={value}"
        for facet in ("channel", "case", "applicant", "item", "tier", "valid_from", "valid_to")
        if (value := getattr(rule, facet)) is not None
    )


def _why_restricted(rule: FeeRule, known: _Known) -> Why | None:
    """Why it is not known whether the rule holds, if it is not."""
    findings = {
        Why.CHANNEL: rule.channel is not None and not channels_of(rule),
        Why.CASE: rule.case is not None and known.case is None,
        Why.APPLICANT: rule.applicant is not None and known.applicant is None,
        Why.ITEM: rule.item is not None and known.item is None,
        Why.TIER: rule.tier is not None and known.tier is None,
    }
    return next((why for why, found in findings.items() if found), None)


def _is_only_cap(rule: FeeRule) -> bool:
    prices = (rule.amount, rule.amount_min, rule.amount_max, rule.percent_of_base)
    return rule.cap_amount is not None and all(price is None for price in prices)


def _says_nothing(rule: FeeRule) -> bool:
    prices = (rule.amount, rule.amount_min, rule.amount_max, rule.percent_of_base, rule.cap_amount)
    return all(price is None for price in prices)


# --- Channels in the words of fee rules -----------------------------------------------------------------------------

CHANNEL_WORDS: Final[dict[Channel, tuple[str, ...]]] = {
    Channel.DESK: ("trực tiếp",),
    Channel.ONLINE: ("trực tuyến", "môi trường điện tử"),
    Channel.POST: ("bưu chính", "bưu điện"),
}


def channels_of(rule: FeeRule) -> frozenset[Channel]:
    """The channels a rule names; none where it names none, or in words we do not know."""
    parts = spelled(rule.channel or "").lower().split("/")
    known = [[channel for channel, words in CHANNEL_WORDS.items() if any(word in part for word in words)] for part in parts]
    return frozenset(channel for channels in known for channel in channels) if all(known) else frozenset()


def _is_one_of(name: str | None, names: Iterable[str | None]) -> bool:
    return name is not None and any(known is not None and spelled(known) == spelled(name) for known in names)
