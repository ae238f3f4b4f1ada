"""Correcting a slip of the pen: what the desk wrote down of people, and of how they want the result. Nothing moves by it."""

from dataclasses import replace

from services.intake.domain.dossier import Dossier
from shared.contracts.people import Part, Person, ReturnWay, ReturnWish
from shared.contracts.states import State
from shared.errors import ActionNotAllowed, InvalidInput


def amended(dossier: Dossier, people: tuple[Person, ...], wish: ReturnWish | None, *, by_supervisor: bool) -> Dossier:
    """With these people instead of those of the same part, and this wish. Raises InvalidInput, ActionNotAllowed. Source: law.AMENDMENT."""
    after = replace(dossier, people=_replaced(dossier.people, people), result_wanted=wish or dossier.result_wanted)
    if not (changed := what_changed(dossier, after)):
        raise InvalidInput("Nothing of this differs from what is written down.")
    if {"applicant.name", "applicant.identity_number"} <= changed and not by_supervisor:
        raise ActionNotAllowed(
            "Another name and another number are another person: only a supervisor may write them both anew.", about=dossier
        )
    if dossier.state is State.IN_POST and after.result_wanted != dossier.result_wanted:
        raise ActionNotAllowed("The result is on its way already: how it goes back is decided.", about=dossier)
    if dossier.delivered_online_at and not _paper_wanted(after.result_wanted) and _paper_wanted(dossier.result_wanted):
        raise ActionNotAllowed("The electronic result was delivered already: the paper is what is owed.", about=dossier)
    if after.result_wanted.way is ReturnWay.POST and not any(one.address for one in after.people if one.part is Part.APPLICANT):
        raise InvalidInput("A result by post needs the applicant's address.")
    return after


def what_changed(before: Dossier, after: Dossier) -> set[str]:
    """`applicant.phone`, `result.way`: names, never what they were or are."""
    changed = {f"result.{name}" for name in ReturnWish.model_fields if _differ(before.result_wanted, after.result_wanted, name)}
    was = {person.part: person for person in before.people}
    for person in after.people:
        fields = set(Person.model_fields) - {"part"}
        changed |= {f"{person.part}.{name}" for name in fields if _differ(was.get(person.part), person, name)}
    return changed


def _differ(one: object, other: object, name: str) -> bool:
    return getattr(one, name, None) != getattr(other, name)


def _replaced(before: tuple[Person, ...], people: tuple[Person, ...]) -> tuple[Person, ...]:
    by_part = {person.part: person for person in (*before, *people)}
    return tuple(by_part[part] for part in Part if part in by_part)


def _paper_wanted(wish: ReturnWish) -> bool:
    return not (wish.electronic_only or wish.way is ReturnWay.ONLINE)
