"""A catalogue file, as text in, as its entries out: every value kept exactly, or the whole file refused.

What is acceptable is said by `procedures.schema.json` alone. What is acceptable yet odd is for `catalogue_warnings`.
"""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from services.intake.domain.catalogue import ProcedureVersion, read_procedure
from shared.errors import Flaw, InvalidInput

SCHEMA: Final = Path(__file__).with_name("procedures.schema.json")

# A file says more than this only by aliases that multiply, which would fill the memory.
MOST_VALUES: Final = 5_000_000
FLAWS_SHOWN: Final = 20
# A longer number is a slip of the pen, and would cost more memory than the file.
MOST_DIGITS: Final = 100
_EXACT: Final = Context(prec=2 * MOST_DIGITS)

# What a JSON file or YAML node becomes, before it is known to be a catalogue.
Value = None | bool | int | Decimal | str | list["Value"] | dict[str, "Value"]


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
    catalogue = _parse(file)
    flaws = [*_against_schema(catalogue), *_unstorable(catalogue, "")]
    if not flaws and isinstance(catalogue, dict):
        flaws = _named_twice(_procedures(catalogue))
    if flaws:
        more = f" (and {len(flaws) - FLAWS_SHOWN} more)" if len(flaws) > FLAWS_SHOWN else ""
        told = "; ".join(f"{flaw.pointer or '/'}: {flaw.detail}" for flaw in flaws[:FLAWS_SHOWN])
        raise CatalogueRefused(f"The file is not a catalogue: {told}{more}.", *flaws[:FLAWS_SHOWN])
    return tuple(Entry(str(entry["id"]), to_json(entry)) for entry in _procedures(catalogue))


def content_hash(content: str) -> str:
    """The SHA-256 of an entry's JSON in canonical form: sorted keys, NFC, numbers without spare digits."""
    return hashlib.sha256(to_json(_canonical(from_json(content)), sort_keys=True).encode()).hexdigest()


def from_json(text: str) -> Any:
    """JSON with exact numbers. Raises ValueError for what is no JSON, or says one key twice."""
    return json.loads(text, parse_float=_decimal, parse_int=_integer, parse_constant=_no_number, object_pairs_hook=_once_each)


def to_json(value: Any, *, sort_keys: bool = False) -> str:
    """JSON on one line; a Decimal becomes a number with every digit it has, which `json.dumps` cannot do."""
    match value:
        case Decimal():
            return str(value)
        case dict():
            members = sorted(value.items()) if sort_keys else value.items()
            return "{" + ",".join(f"{json.dumps(key)}:{to_json(member, sort_keys=sort_keys)}" for key, member in members) + "}"
        case list():
            return "[" + ",".join(to_json(item, sort_keys=sort_keys) for item in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


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


# --- Reading the text ---------------------------------------------------------------------------------------------


def _parse(file: bytes) -> Value:
    try:
        text = file.decode("utf-8-sig")
        return _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    except UnicodeDecodeError as error:
        raise CatalogueRefused(f"The file is not UTF-8 text: {error.reason} at byte {error.start}.") from error
    except (yaml.YAMLError, ValueError, DecimalException) as error:
        raise CatalogueRefused(f"The file cannot be read: {' '.join(str(error).split())}.") from error
    except RecursionError as error:
        raise CatalogueRefused("The file cannot be read: it is nested too deeply.") from error


def _parse_json(text: str) -> Value:
    try:
        return from_json(text)
    except json.JSONDecodeError:
        return _parse_yaml(text)  # a YAML file may begin with a brace, too


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _CoreLoader(_Loader):
    """YAML with the scalars of the 1.2 core schema: 15:00, 2025-07-01, yes and 010 are not what YAML 1.1 made of them."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


_CORE_SCALARS: Final = {
    "tag:yaml.org,2002:null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "tag:yaml.org,2002:bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "tag:yaml.org,2002:int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "tag:yaml.org,2002:float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}
for _tag, (_pattern, _first) in _CORE_SCALARS.items():
    _CoreLoader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z", re.ASCII), _first)


def _parse_yaml(text: str) -> Value:
    loader = _CoreLoader(text)
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    if root is None:
        raise ValueError("it is empty")
    return _YamlValues().of(root)


class _YamlValues:
    """Turns nodes into values. An alias is written out each time it is used, so the values it makes are counted."""

    def __init__(self) -> None:
        self.made = 0
        self.open: set[int] = set()

    def of(self, node: yaml.Node) -> Value:
        self.made += 1
        if self.made > MOST_VALUES or id(node) in self.open:
            raise ValueError(f"{_where(node)}: its aliases never end")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self.open.add(id(node))
        try:
            return self._collection(node)
        finally:
            self.open.remove(id(node))

    def _collection(self, node: yaml.Node) -> Value:
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.of(item) for item in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return _once_each([(_key(key), self.of(member)) for key, member in node.value])
        raise ValueError(f"{_where(node)}: the tag {node.tag} has no meaning here")


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        raise ValueError(f"{_where(node)}: a key is text; put it in quotes")
    return node.value


def _scalar(node: yaml.ScalarNode) -> Value:
    text: str = node.value
    match node.tag.removeprefix("tag:yaml.org,2002:"):
        case "str":
            return text
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text, 0) if text[:2] in {"0o", "0x"} else _integer(text)
        case "float":
            return _decimal(text)
        case _:
            raise ValueError(f"{_where(node)}: the tag {node.tag} has no meaning here")


def _where(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _integer(text: str) -> int:
    return int(text) if len(text) <= MOST_DIGITS else _no_number(text)


def _decimal(text: str) -> Decimal:
    if text[-1:].isalpha():
        _no_number(text)  # .inf and .nan
    number = Decimal(text)
    return number if len(text) <= MOST_DIGITS and abs(number.adjusted()) <= MOST_DIGITS else _no_number(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:30]} is no number that could be meant")


def _once_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        twice = next(key for key, times in Counter(key for key, _ in members).items() if times > 1)
        raise ValueError(f"the key {twice!r} is said twice in one object")
    return found


# --- Checking what was read ---------------------------------------------------------------------------------------


@cache
def _validator() -> Any:
    """The schema, compiled. JSON knows one kind of number: 7.0 is an integer there, and so it is here."""
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer)
    return extend(Draft202012Validator, type_checker=types)(json.loads(SCHEMA.read_text("utf-8")))


def _is_integer(_: object, value: object) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _against_schema(catalogue: Value) -> list[Flaw]:
    errors: Iterator[ValidationError] = _validator().iter_errors(catalogue)
    ordered = sorted(errors, key=lambda error: [str(part).zfill(9) for part in error.absolute_path])
    return [Flaw(_pointer(error), _named(_in_words(error), error, catalogue)) for error in ordered]


def _pointer(error: ValidationError) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in error.absolute_path)


def _named(words: str, error: ValidationError, catalogue: Value) -> str:
    """With the id of the entry it is in, which a person finds sooner than its number."""
    match list(error.absolute_path):
        case ["procedures", int(number), *_]:
            entry = _procedures(catalogue)[number]
            return f"entry {entry['id']}: {words}" if isinstance(entry, dict) and "id" in entry else words
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
    if keyword is None:  # the schema says `false` here
        return "must not stand beside this kind of value"
    asked: Any = error.validator_value
    template = _IN_WORDS.get(keyword)
    return template.format(to_json(asked)) if template else error.message[:200]


def _unstorable(value: Value, pointer: str) -> list[Flaw]:
    """Text no database keeps: the character NUL, or half of a surrogate pair, which JSON can spell but Unicode has not."""
    match value:
        case dict():
            return [flaw for key, member in value.items() for flaw in _unstorable(member, f"{pointer}/{key}")]
        case list():
            return [flaw for place, item in enumerate(value) for flaw in _unstorable(item, f"{pointer}/{place}")]
        case str() if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            return [Flaw(pointer, "holds a character that is none (NUL or half a pair)")]
        case _:
            return []


def _named_twice(procedures: list[Any]) -> list[Flaw]:
    first: dict[str, int] = {}
    return [
        Flaw(f"/procedures/{place}/id", f"entry {key}: the id is already that of entry number {first[key] + 1}")
        for place, entry in enumerate(procedures)
        if first.setdefault(key := str(entry["id"]), place) != place
    ]


def _procedures(catalogue: Any) -> list[Any]:
    return catalogue["procedures"]
