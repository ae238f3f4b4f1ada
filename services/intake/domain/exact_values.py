"""YAML and JSON read without losing anything: exact numbers, text as it is printed, no key said twice.

YAML is read with the scalars of the 1.2 core schema, so that 15:00, 2025-07-01, yes and 010 stay what they are.
"""

import json
import re
from collections import Counter
from decimal import Decimal, DecimalException
from typing import Any, ClassVar, Final, NoReturn

import yaml

# A file says more than this only by aliases that multiply, which would fill the memory.
MOST_VALUES: Final = 2_000_000
# A longer number is a slip of the pen, and would cost more memory than the file.
MOST_DIGITS: Final = 100

Value = None | bool | int | Decimal | str | list["Value"] | dict[str, "Value"]


def read_value(file: bytes) -> Value:
    """What a YAML or JSON file in UTF-8 says. Raises ValueError in plain words."""
    try:
        text = file.decode("utf-8-sig")
        return _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except (yaml.YAMLError, DecimalException) as error:
        raise ValueError(" ".join(str(error).split())) from error


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


# To YAML 1.2 these are letters; the parser, which is of 1.1, would break lines at them.
_NO_LINE_BREAKS: Final = "\x85\u2028\u2029"


def _parse_yaml(text: str) -> Value:
    stand_ins = _stand_ins(text)
    loader = _CoreLoader(text.translate(str.maketrans(stand_ins)))
    try:
        root = loader.get_single_node()
    finally:
        loader.dispose()
    if root is None:
        raise ValueError("it is empty")
    return _YamlValues({stand_in: letter for letter, stand_in in stand_ins.items()}).of(root)


def _stand_ins(text: str) -> dict[str, str]:
    """A letter of private use for each such letter of the text: one the text does not hold itself, not even as an escape."""
    found = [letter for letter in _NO_LINE_BREAKS if letter in text]
    low = text.lower() if found else ""
    unused = (chr(number) for number in range(0xE000, 0xF900) if chr(number) not in low and f"{number:x}" not in low)
    return dict(zip(found, unused, strict=False))


_STR: Final = "tag:yaml.org,2002:str"


class _YamlValues:
    """Turns nodes into values. An alias is written out each time it is used, so the values it makes are counted."""

    def __init__(self, letters: dict[str, str]) -> None:
        self.letters = str.maketrans(letters)
        self.made = 0
        self.open: set[int] = set()

    def of(self, node: yaml.Node) -> Value:
        self.made += 1
        if self.made > MOST_VALUES or id(node) in self.open:
            raise ValueError(f"{_where(node)}: its aliases never end")
        if isinstance(node, yaml.ScalarNode):
            return self._text(node) if node.tag == _STR else _scalar(node)
        self.open.add(id(node))
        try:
            return self._collection(node)
        finally:
            self.open.remove(id(node))

    def _collection(self, node: yaml.Node) -> Value:
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.of(item) for item in node.value]
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return _once_each([(self._key(key), self.of(member)) for key, member in node.value])
        raise ValueError(f"{_where(node)}: the tag {node.tag} has no meaning here")

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != _STR:
            raise ValueError(f"{_where(node)}: a key is text; put it in quotes")
        return self._text(node)

    def _text(self, node: yaml.ScalarNode) -> str:
        return str(node.value).translate(self.letters)


def _scalar(node: yaml.ScalarNode) -> Value:
    text: str = node.value
    match node.tag.removeprefix("tag:yaml.org,2002:"):
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
