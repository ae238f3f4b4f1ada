"""By what a dossier can be found, and what an officer's search means. Pure.

A dossier is found by terms: small texts, each whole. Of every person the words of the name without diacritics, the whole name, phone and
identity number; of the dossier its offices and its procedure. A representative's words are kept apart from the applicant's, so that
"Nguyễn Hoa" does not find the dossier that Trần Thị Hoa brings for Nguyễn Văn Nam.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from string import ascii_lowercase
from typing import Final

from shared.contracts.people import Part, Person
from shared.errors import NotUnderstood
from shared.folding import fold

LONGEST_QUERY: Final = 200
SHORTEST_TYPO: Final = 3
"""Of two letters one wrong leaves nothing to recognise a word by."""
MOST_WORDS_WITH_A_TYPO: Final = 8
MOST_WORDS_WITH_TWO: Final = 5
"""Names of people are not longer; of a firm's long name one wrong word is enough."""
APPLICANT, OTHERS = "", "r:"
"""What stands before the words of a name."""


class NothingToSearchFor(NotUnderstood):
    """There is neither a letter nor a digit in it."""


# -- what is written with a dossier ------------------------------------------------------------------------------------


def terms_of(people: Iterable[Person], offices: Iterable[str], procedure: str) -> list[str]:
    """All a dossier is found by, but for its codes: by its people, its offices and the key of its procedure."""
    borne = [term for person in people for term in _of_person(person)]
    return list(dict.fromkeys([*borne, *(office_term(code) for code in sorted(offices)), procedure_term(procedure)]))


def _of_person(person: Person) -> Iterator[str]:
    if name := fold(person.name):
        part = APPLICANT if person.part is Part.APPLICANT else OTHERS
        yield from (part + word for word in name.split())
        yield name_term(name)
    if person.phone and (number := bare_phone(person.phone)):
        yield phone_term(number)
    if person.identity_number and (number := bare_number(person.identity_number)):
        yield identity_term(number)


def tail_of(code: str | None) -> str | None:
    """What follows the agency in a dossier code: day and number."""
    return code.partition("-")[2] or None if code else None


def words_to_learn(people: Iterable[Person]) -> set[str]:
    """The words of names that a search may have meant with a slip of the finger."""
    return {word for person in people for word in fold(person.name).split() if _may_be_mistyped(word)}


def name_term(folded: str) -> str:
    return "n:" + folded


def phone_term(number: str) -> str:
    return "p:" + number


def identity_term(number: str) -> str:
    return "i:" + number


def office_term(code: str) -> str:
    return "o:" + code


def procedure_term(key: str) -> str:
    return "k:" + key


def bare_phone(written: str) -> str:
    """Digits only, the national way: +84 912 345 678 is 0912345678. Empty where there are none."""
    digits = re.sub(r"\D", "", written).removeprefix("00")
    return "0" + digits[2:] if digits.startswith("84") and len(digits) > 9 else digits


def bare_number(written: str) -> str:
    """An identity number without what is put between its groups."""
    return re.sub(r"[\W_]", "", written).upper()


# -- what a search means -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sought:
    """What a dossier must be found by; what is None does not matter. `number`: a phone or an identity number."""

    name: str | None = None
    code: str | None = None
    phone: str | None = None
    identity_number: str | None = None
    number: str | None = None


# A code of dossier or portal, or its beginning, in the new form or the old; or only the day and the number that follow the agency.
_CODE: Final = re.compile(
    r"[A-Z]\d{2}(\.[A-Z0-9]{1,4})*\.?(-\S*)?|\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2}(-\S*)?|\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-\d*",
    re.IGNORECASE | re.ASCII,
)
_DIGITS: Final = re.compile(r"\+?\d[\d .\-]*", re.ASCII)
_LETTERED_NUMBER: Final = re.compile(r"[A-Z]{1,2}\d{6,8}", re.IGNORECASE | re.ASCII)
_TAIL: Final = re.compile(r"\d{1,6}(-\d*)?", re.ASCII)
FEWEST_DIGITS_OF_A_NUMBER: Final = 8


def guess(query: str) -> Sought:
    """What somebody means who types only this: a code, a phone or identity number, else a name. Raises NothingToSearchFor."""
    typed = query.strip()
    digits = re.sub(r"\D", "", typed)
    if _CODE.fullmatch(typed):
        return Sought(code=typed)
    if _DIGITS.fullmatch(typed):
        return Sought(number=typed) if len(digits) >= FEWEST_DIGITS_OF_A_NUMBER else Sought(code=typed)
    if _LETTERED_NUMBER.fullmatch(typed):
        return Sought(identity_number=typed)
    return Sought(name=must_hold_words(typed))


def is_tail(code: str) -> bool:
    """Whether it is what follows the agency in a dossier code, or the beginning of that."""
    return _TAIL.fullmatch(code) is not None


def must_hold_words(text: str) -> str:
    """The text folded. Raises NothingToSearchFor."""
    if not (folded := fold(text)):
        raise NothingToSearchFor("Give a name, a dossier code, a phone or an identity number; signs alone find nothing.")
    return folded


# -- names, the best match first ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Match:
    """All of `every`, and of each of `one_of` one at least."""

    every: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...] = ()


Rank = tuple[Match, ...]
"""What matches equally well: any of these."""


def ranks(name: str, known: frozenset[str]) -> tuple[Rank, ...]:
    """The best first: this very name; all its words, in any order; one word off by a letter; two words off by a letter each.

    `known` are the words borne by anybody, those of the name and `near` to them. A word that nobody bears is one of those that are off,
    and a second is looked for only beside such a one. A dossier belongs to the first rank it matches; which that is
    depends on its names and the one sought alone, so that a page can go on where the one before ended.
    """
    words = tuple(dict.fromkeys(name.split()))
    whole: Rank = (Match((name_term(name),)),)
    found: list[Rank] = [whole, _for_each_part(words, ())]
    if len(words) <= MOST_WORDS_WITH_A_TYPO:
        meant = {word: tuple(sorted(near(word) & known)) for word in words}
        mistyped = [word for word in words if meant[word]]
        unborne = {word for word in words if _may_be_mistyped(word) and word not in known}
        for wrong in (1, 2) if unborne and 3 <= len(words) <= MOST_WORDS_WITH_TWO else (1,):
            matches = [
                match
                for chosen in combinations(mistyped, wrong)
                if unborne.issubset(chosen)
                for match in _for_each_part(tuple(word for word in words if word not in chosen), tuple(meant[word] for word in chosen))
            ]
            found += [tuple(matches)] if matches else []
    return tuple(found)


def _for_each_part(every: tuple[str, ...], one_of: tuple[tuple[str, ...], ...]) -> Rank:
    """In the name of one person."""
    return tuple(
        Match(tuple(part + word for word in every), tuple(tuple(part + word for word in words) for words in one_of))
        for part in (APPLICANT, OTHERS)
    )


def near(word: str) -> frozenset[str]:
    """What may have been meant: one letter more, less or another, or two neighbours the other way round. Short words are taken as typed."""
    if not _may_be_mistyped(word):
        return frozenset()
    halves = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    less = {left + right[1:] for left, right in halves if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in halves if len(right) > 1}
    other = {left + letter + right[1:] for left, right in halves if right for letter in ascii_lowercase}
    more = {left + letter + right for left, right in halves for letter in ascii_lowercase}
    return frozenset(less | swapped | other | more) - {word}


def _may_be_mistyped(word: str) -> bool:
    return len(word) >= SHORTEST_TYPO and word.isalpha() and word.isascii()
