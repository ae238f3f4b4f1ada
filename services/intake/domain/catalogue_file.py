"""A catalogue file, as text in, as its entries out: every value kept exactly, or the whole file refused.

What is acceptable is said by `procedures.schema.json` alone. What is acceptable yet odd is for `catalogue_warnings`.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, cast

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from services.intake.domain.catalogue import ProcedureVersion, read_procedure
from services.intake.domain.exact_values import MOST_DIGITS, Value, from_json, read_value, to_json
from shared.errors import Flaw, InvalidInput

SCHEMA: Final = Path(__file__).with_name("procedures.schema.json")

FLAWS_SHOWN: Final = 20
NOTHING: Final[Mapping[str, Any]] = {"not": {}}
_EXACT: Final = Context(prec=2 * MOST_DIGITS)


class CatalogueRefused(InvalidInput):
    """This is no catalogue of procedures; nothing of it was taken."""


@dataclass(frozen=True)
class Entry:
    """One entry of a catalogue. `content` is its JSON as published, numbers exact: the form in which it is stored."""

    key: str
    content: str

    @cached_property
    def procedure(self) -> ProcedureVersion:
        return read_procedure(self.content)

    @cached_property
    def content_hash(self) -> str:
        """Equal for equal content, whatever the order of keys, the spelling of numbers or the Unicode form of letters."""
        return content_hash(self.content)


def read_catalogue(file: bytes) -> tuple[Entry, ...]:
    """The entries of a YAML or JSON file, in its order.

    Raises CatalogueRefused for a file that cannot be read, is not valid under the schema, or names an entry twice;
    each flaw names the entry and carries the JSON pointer of the place.
    """
    try:
        catalogue = read_value(file)
    except ValueError as error:
        raise CatalogueRefused(f"The file cannot be read: {error}.") from error
    if flaws := _flaws(_validator(), catalogue) or [*_named_twice(_procedures(catalogue)), *_not_text(_procedures(catalogue))]:
        raise _refused("The file is not a catalogue", flaws)
    return tuple(Entry(str(entry["id"]), to_json(entry)) for entry in _procedures(catalogue))


def read_entry(body: bytes) -> Entry:
    """One entry by itself, in JSON or YAML. Raises CatalogueRefused, which names the places inside the entry."""
    try:
        entry = read_value(body)
    except ValueError as error:
        raise CatalogueRefused(f"The entry cannot be read: {error}.") from error
    if flaws := _flaws(_entry_validator(), entry) or _not_text([entry], at=""):
        raise _refused("This is no entry of a catalogue", flaws)
    return Entry(str(cast(dict[str, Any], entry)["id"]), to_json(entry))


def content_hash(content: str) -> str:
    """The SHA-256 of an entry's JSON in canonical form: sorted keys, NFC, numbers without spare digits."""
    return hashlib.sha256(to_json(_canonical(from_json(content)), sort_keys=True).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    match value:
        case bool() | None:
            return value
        case int() | Decimal():
            return Decimal(value).normalize(_EXACT)
        case str():
            return unicodedata.normalize("NFC", value)
        case dict():
            return {key: _canonical(member) for key, member in value.items()}
        case _:
            return [_canonical(item) for item in value]


# --- Checking what was read ---------------------------------------------------------------------------------------


def _refused(what: str, flaws: list[Flaw]) -> CatalogueRefused:
    more = f" (and {len(flaws) - FLAWS_SHOWN} more)" if len(flaws) > FLAWS_SHOWN else ""
    told = "; ".join(f"{flaw.pointer or '/'}: {flaw.detail}" for flaw in flaws[:FLAWS_SHOWN])
    return CatalogueRefused(f"{what}: {told}{more}.", *flaws[:FLAWS_SHOWN])


@cache
def _validator() -> Any:
    """The schema, compiled. JSON knows one kind of number: 7.0 is an integer there, and so it is here."""
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    return extend(Draft202012Validator, type_checker=types)(_with_places(json.loads(SCHEMA.read_text("utf-8"))))


@cache
def _entry_validator() -> Any:
    """The same rules, for what stands in `procedures`."""
    whole = _validator().schema
    return _validator().evolve(schema={"$schema": whole["$schema"], "$ref": "#/$defs/procedure", "$defs": whole["$defs"]})


def _with_places(schema: Any) -> Any:
    """The same schema, with `false` spelled as the library needs it to say where in the file it was met."""
    match schema:
        case {"properties": dict(properties)}:
            spelled = {key: NOTHING if rule is False else _with_places(rule) for key, rule in properties.items()}
            return {key: _with_places(rule) for key, rule in schema.items()} | {"properties": spelled}
        case dict():
            return {key: _with_places(rule) for key, rule in schema.items()}
        case list():
            return [_with_places(rule) for rule in schema]
        case _:
            return schema


def _is_integer(_: object, value: object) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _flaws(validator: Any, value: Value) -> list[Flaw]:
    errors: Iterator[ValidationError] = validator.iter_errors(value)
    ordered = sorted(errors, key=lambda error: [str(part).zfill(9) for part in error.absolute_path])
    return [Flaw(_pointer(error), _named(_in_words(error), error, value)) for error in ordered]


def _pointer(error: ValidationError) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)


def _named(words: str, error: ValidationError, catalogue: Value) -> str:
    """With the id of the entry it is in, which a person finds sooner than its number."""
    match list(error.absolute_path):
        case ["procedures", int(number), *_]:
            entry = _procedures(catalogue)[number]
            return f"{_entry(entry)}: {words}" if isinstance(entry, dict) and "id" in entry else words
        case _:
            return words


_IN_WORDS: Final[Mapping[str, str]] = {
    "minLength": "must not be empty",
    "minItems": "has too few items; where there is none, leave the key out",
    "uniqueItems": "must not name the same twice",
    "exclusiveMinimum": "must be greater than {0}",
    "minimum": "must be at least {0}",
    "maximum": "must be at most {0}",
    "enum": "must be one of {0}",
    "const": "must be {0}",
    "type": "must be of type {0}",
    "pattern": "is not of the form {0}",
    "not": "total and totals exclude each other",
    "oneOf": "must be either amount and unit, or mixed and in_working_hours_at_8h_per_day",
}


def _in_words(error: ValidationError) -> str:
    keyword: Any = error.validator
    if error.validator_value == NOTHING["not"]:
        return "must not stand beside this kind of value"
    asked: Any = error.validator_value
    template = _IN_WORDS.get(keyword)
    return template.format(to_json(asked)) if template else error.message[:200]


def _not_text(procedures: list[Any], *, at: str | None = None) -> list[Flaw]:
    """Text no database keeps: the character NUL, or half of a surrogate pair, which JSON can spell but Unicode has not."""
    return [
        Flaw(pointer, f"{_entry(entry)}: holds a character that is none (NUL or half a pair)")
        for place, entry in enumerate(procedures)
        for pointer, text in _texts(entry, f"/procedures/{place}" if at is None else at)
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
    ]


def _texts(value: Value, pointer: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for key, member in value.items():
                yield from _texts(member, f"{pointer}/{key}")
        case list():
            for place, item in enumerate(value):
                yield from _texts(item, f"{pointer}/{place}")
        case str():
            yield pointer, value
        case _:
            pass


def _named_twice(procedures: list[Any]) -> list[Flaw]:
    first: dict[str, int] = {}
    return [
        Flaw(f"/procedures/{place}/id", f"{_entry(entry)}: the id is already that of entry number {first[key] + 1}")
        for place, entry in enumerate(procedures)
        if first.setdefault(key := entry["id"], place) != place
    ]


def _entry(entry: dict[str, Any]) -> str:
    return "entry " + str(entry["id"]).encode("utf-8", "backslashreplace").decode()


def _procedures(catalogue: Any) -> list[Any]:
    return catalogue["procedures"]
