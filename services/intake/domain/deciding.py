"""Which of several published rules hold: the exception before the general rule, and a question where we cannot know."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeVar

from shared.errors import NotUnderstood


class ChoiceNeeded(NotUnderstood):
    """The published rules differ here: say which holds."""

    def __init__(self, field: str, choices: Iterable[str], detail: str | None = None) -> None:
        self.field = field
        self.choices = tuple(dict.fromkeys(choices))
        super().__init__(
            detail or f"The rules of this procedure differ by {field}; name one of the choices.",
            field=field,
            choices=self.choices,
            errors=[{"pointer": f"/{field}", "detail": f"one of: {' | '.join(self.choices) or '(none: leave it out)'}"}],
        )


Rule = TypeVar("Rule")
Facets = Mapping[str, str | None]

# In the order in which we ask. The channel is always known.
ASKED: Final = ("level", "case")


def deciding(rules: Sequence[Rule], facets: Callable[[Rule], Facets], wanted: Facets, grants: Callable[[Rule], object]) -> list[Rule]:
    """Of rules for one channel and level: those that hold, one if all grant the same, else rules that contradict each other.

    Raises ChoiceNeeded where they differ by what was not named, or where none is for the case that was.
    """
    fitting = [rule for rule in rules if all(fits(value, wanted[facet]) for facet, value in facets(rule).items())]
    if not fitting:
        raise ChoiceNeeded("case", [value for rule in rules if (value := facets(rule)["case"])])
    holding = [rule for rule in fitting if not any(_overrides(facets(other), facets(rule), wanted) for other in fitting)]
    if len({grants(rule) for rule in holding}) == 1:
        return holding[:1]
    for facet in ASKED:
        published = [facets(rule)[facet] for rule in holding]
        if wanted[facet] is None and len(set(published)) > 1:
            raise ChoiceNeeded(facet, [value for value in published if value])
    return holding


def fits(restriction: str | None, named: str | None) -> bool:
    return restriction is None or named is None or same(restriction, named)


def _overrides(one: Facets, other: Facets, wanted: Facets) -> bool:
    """Whether a rule known to hold makes another void: the exception the general rule, or the general one where no case was named."""
    if any(value is not None and wanted[facet] is None for facet, value in one.items()):
        return False
    if wanted["case"] is None and one["case"] is None and other["case"] is not None:
        return True
    return one != other and all(value is None or value == one[facet] for facet, value in other.items())


def same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and spelled(one) == spelled(other)


def spelled(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def among(name: str | None, names: Iterable[str]) -> str | None:
    """The name as published, if it is one of them."""
    return next((known for known in names if same(known, name)), None)
