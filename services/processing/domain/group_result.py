"""A group of procedures with one dossier has several results: one for each member, and what they come to together."""

from collections import Counter
from collections.abc import Sequence

from shared.contracts.events import Outcome, Result
from shared.errors import Flaw, InvalidInput


def must_fit(result: Result, members: Sequence[str]) -> None:
    """Each published member is named once, each refusal says why, and the whole follows from the parts. Raises InvalidInput."""
    results = result.members or ()
    named = Counter(_spelled(member.procedure) for member in results)
    flaws = [Flaw("/members", f"“{name}” is named {count} times.") for name, count in named.items() if count > 1]
    if results and members:
        published = {_spelled(name): name for name in members}
        flaws += [Flaw("/members", f"The result of “{name}” is missing.") for key, name in published.items() if key not in named]
        flaws += [Flaw("/members", f"“{name}” is no member of this group.") for name in named if name not in published]
    elif members:
        flaws.append(Flaw("/members", f"This group has {len(members)} procedures: give the result of each."))
    flaws += [
        Flaw(f"/members/{place}/reasons", "A refusal says why.")
        for place, member in enumerate(results)
        if member.outcome is Outcome.REFUSED and not (member.reasons and member.reasons.strip())
    ]
    if not flaws and results and (whole := _together({member.outcome for member in results})) is not result.outcome:
        flaws.append(Flaw("/outcome", f"The results of the members come to {whole} together."))
    if flaws:
        raise InvalidInput("Please correct: " + ", ".join(dict.fromkeys(flaw.pointer for flaw in flaws)) + ".", *flaws)


def _together(outcomes: set[Outcome]) -> Outcome:
    return outcomes.pop() if len(outcomes) == 1 else Outcome.PARTLY


def _spelled(name: str) -> str:
    return " ".join(name.split()).casefold()
