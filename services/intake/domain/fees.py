"""What is owed, by the published rules: definite where they leave nothing open, otherwise what the officer must state.

A rule is definite if it names one sum in đồng for the whole dossier and nothing restricts it that we do not know. We do not
count pages, choose tiers, apply percentages or convert money: that is for the officer, who sees the wording as published.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.intake.domain.catalogue import FeeRule, as_date
from services.intake.domain.deciding import spelled
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
class FeeLine:
    """A sum owed, in whole đồng. Whether somebody is exempt is for the officer to say."""

    name: str | None
    amount: int
    rule: FeeRule


@dataclass(frozen=True, slots=True)
class FeeToState:
    """A rule from which no definite sum follows; `rule` None: the source says nothing of fees, which is not free."""

    name: str | None
    why: Why
    text: str | None
    rule: FeeRule | None


@dataclass(frozen=True, slots=True)
class FeesOwed:
    lines: tuple[FeeLine, ...]
    to_state: tuple[FeeToState, ...]

    @property
    def total(self) -> int | None:
        """In đồng; None while the officer has to state something."""
        return None if self.to_state else sum(line.amount for line in self.lines)


def owed(rules: Iterable[FeeRule], *, channel: Channel, case: str | None = None, applicant: str | None = None, on: date) -> FeesOwed:
    """The fees of a dossier received `on` a day. Rules of one name are one fee; among them an exception beats the general rule."""
    published = tuple(rules)
    if not published:
        return FeesOwed((), (FeeToState(None, Why.NOTHING_PUBLISHED, None, None),))
    known = _Known(
        channel,
        case if _is_one_of(case, (rule.case for rule in published)) else None,
        applicant if _is_one_of(applicant, (rule.applicant for rule in published)) else None,
    )
    found = [_of_one_fee([rule for rule in published if rule.name == name], known, on) for name in dict.fromkeys(r.name for r in published)]
    return FeesOwed(tuple(line for lines, _ in found for line in lines), tuple(open_ for _, opens in found for open_ in opens))


# --- One fee: the rules that share a name ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the dossier, in the words of the rules."""

    channel: Channel
    case: str | None
    applicant: str | None


def _of_one_fee(rules: Sequence[FeeRule], known: _Known, on: date) -> tuple[list[FeeLine], list[FeeToState]]:
    fitting = [rule for rule in rules if _fits(rule, known)]
    in_force = [rule for rule in fitting if _in_force(rule, on) is not False]
    if not in_force:
        return [], [_to_state(rule, Why.NOT_IN_FORCE) for rule in fitting]
    holding = [rule for rule in in_force if not any(_overrides(other, rule, known) for other in in_force)]
    open_ = [(rule, why) for rule in holding if (why := _why_open(rule, known, on))]
    if open_:
        reasons = dict(open_)
        return [], [_to_state(rule, reasons.get(rule, Why.SEVERAL)) for rule in holding]
    if len(holding) > 1:
        return [], [_to_state(rule, Why.SEVERAL) for rule in holding]
    (rule,) = holding
    return [FeeLine(rule.name, rule.amount or 0, rule)], []


def _fits(rule: FeeRule, known: _Known) -> bool:
    channels = channels_of(rule)
    return (
        (not channels or known.channel in channels)
        and (rule.case is None or known.case is None or spelled(rule.case) == spelled(known.case))
        and (rule.applicant is None or known.applicant is None or spelled(rule.applicant) == spelled(known.applicant))
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


PER_DOSSIER: Final = re.compile(r"(0?1 )?(bộ )?hồ sơ|(0?1 )?lần( nộp hồ sơ)?", re.IGNORECASE)


def _why_open(rule: FeeRule, known: _Known, on: date) -> Why | None:
    """Why the rule is not definite, if it is not."""
    findings = {
        Why.DATE_UNREADABLE: _in_force(rule, on) is None,
        Why.FORMULA: rule.formula,
        Why.PERCENT: rule.percent_of_base is not None,
        Why.CAP: _is_only_cap(rule),
        Why.RANGE: rule.amount_min is not None or rule.amount_max is not None,
        Why.SET_BY: rule.amount is None and rule.set_by is not None,
        Why.NO_AMOUNT: rule.amount is None,
        Why.CURRENCY: rule.currency not in {None, "VND"} and rule.amount != 0,
        Why.PER: bool(rule.per) and rule.amount != 0 and not PER_DOSSIER.fullmatch(spelled(rule.per or "")),
    }
    return next((why for why, found in findings.items() if found), None) or _why_restricted(rule, known)


def _why_restricted(rule: FeeRule, known: _Known) -> Why | None:
    """Why it is not known whether the rule holds, if it is not."""
    findings = {
        Why.CHANNEL: rule.channel is not None and not channels_of(rule),
        Why.CASE: rule.case is not None and known.case is None,
        Why.APPLICANT: rule.applicant is not None and known.applicant is None,
        Why.ITEM: rule.item is not None,
        Why.TIER: rule.tier is not None,
    }
    return next((why for why, found in findings.items() if found), None)


def _is_only_cap(rule: FeeRule) -> bool:
    return rule.cap_amount is not None and rule.amount is None


def _to_state(rule: FeeRule, why: Why) -> FeeToState:
    return FeeToState(rule.name, why, rule.text, rule)


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
