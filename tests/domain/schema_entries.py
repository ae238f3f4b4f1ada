"""Random entries valid under procedures.schema.json, drawn by walking the schema: files we have not seen."""

import json
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from services.intake.domain.catalogue_file import SCHEMA

ROOT: dict[str, Any] = json.loads(SCHEMA.read_text("utf-8"))
LEGEND_KEYS = ROOT["properties"]["legend"]["properties"]

# Cases must meet now and then, or nothing would ever have a partner.
TEXT = st.sampled_from(["a", "b", "trường hợp Ỷ", "hồ sơ", "trực tuyến / bưu chính", "15:00", "no", "2.000890"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
)
AMOUNTS = st.decimals(min_value="0.01", max_value=500, places=2) | st.integers(1, 60) | st.sampled_from([Decimal("1E+30"), Decimal("0.25")])


def catalogues() -> st.SearchStrategy[dict[str, Any]]:
    legend = {key: _legend_section(rule) for key, rule in LEGEND_KEYS.items()}
    entries = st.lists(_drawn(ROOT["$defs"]["procedure"]), min_size=1, max_size=2, unique_by=lambda entry: entry["id"])
    return entries.map(lambda procedures: {"schema_version": 1, "legend": legend, "procedures": procedures})


def _legend_section(rule: dict[str, Any]) -> Any:
    return [] if rule["type"] == "array" else dict.fromkeys(rule.get("required", ()), "…")


@st.composite
def _drawn(draw: st.DrawFn, schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return draw(_drawn(ROOT["$defs"][schema["$ref"].rsplit("/", 1)[1]]))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    match schema["type"]:
        case "object":
            return draw(_object(schema))
        case "array":
            items = st.deferred(lambda: _drawn(schema["items"]))
            unique = {"unique_by": json.dumps} if schema.get("uniqueItems") else {}
            return draw(st.lists(items, min_size=schema.get("minItems", 0), max_size=2, **unique))
        case "integer":
            return draw(st.integers(schema.get("minimum", 0), min(schema.get("maximum", 9), 9)))
        case "number":
            return draw(AMOUNTS)
        case "boolean":
            return draw(st.booleans())
        case _ if "pattern" in schema and schema["pattern"].endswith("$"):
            return draw(st.from_regex(schema["pattern"].replace("\\d", "[0-9]"), fullmatch=True))
        case _ if "pattern" in schema:
            return "https://" + draw(TEXT)
        case _:
            return draw(TEXT)


@st.composite
def _object(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = schema["properties"]
    chosen = {key for key in properties if draw(st.integers(0, 3)) == 0} | set(schema.get("required", ()))
    found = {key: draw(_drawn(properties[key])) for key in properties if key in chosen}
    for key, others in schema.get("dependentRequired", {}).items():
        if key in found:
            found |= {other: draw(_drawn(properties[other])) for other in others if other not in found}
    for rule in [*schema.get("allOf", ()), *draw(st.permutations(schema.get("oneOf", ())))[:1]]:
        _bend(draw, found, rule, properties)
    return found


def _bend(draw: st.DrawFn, found: dict[str, Any], rule: dict[str, Any], properties: dict[str, Any]) -> None:
    """Make the object obey one conditional rule of its schema."""
    if "not" in rule:
        if set(rule["not"]["required"]) <= found.keys():
            del found[draw(st.sampled_from(rule["not"]["required"]))]
        return
    branch = rule
    if "if" in rule:
        branch = rule.get("then" if Draft202012Validator(rule["if"]).is_valid(found) else "else", {})
    for key in branch.get("required", ()):
        if key not in found:
            found[key] = draw(_drawn(properties[key]))
    for key, allowed in branch.get("properties", {}).items():
        if allowed is False:
            found.pop(key, None)
        elif found.get(key) != allowed.get("const"):
            found.pop("covers_seq", None)
    if "total" in found and "totals" in found:
        del found["totals"]
