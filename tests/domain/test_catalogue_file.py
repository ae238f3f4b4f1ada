"""A catalogue file is taken exactly as the schema allows, with every value kept, or refused whole."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema import Draft202012Validator
from pydantic.fields import FieldInfo

from services.intake.domain import catalogue
from services.intake.domain.catalogue_file import SCHEMA, CatalogueRefused, Entry, content_hash, read_catalogue
from services.intake.domain.catalogue_warnings import warnings_of
from services.intake.domain.choices import Channel, Named, choices_of, choose_limit, choose_process, required_papers
from services.intake.domain.completeness import missing_papers
from services.intake.domain.deciding import ChoiceNeeded
from services.intake.domain.exact_values import from_json, read_value, to_json
from services.intake.domain.fees import owed
from tests.domain.schema_entries import LEGEND_KEYS, ROOT, catalogues

PUBLISHED = Path(__file__).parents[2] / "demo" / "data" / "procedures.yaml"
ENTRY: dict[str, Any] = {
    "id": "X-1",
    "name": "Thủ tục",
    "field": "Đất đai",
    "jurisdiction": "Tỉnh Cao Bằng",
    "source": [{"url": "https://x"}],
    "limits": [{"kind": "fixed", "amount": Decimal("7.50"), "unit": "working_day", "text": "7,5 ngày làm việc"}],
}


class _Quoting(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Text in quotes: what this dumper of YAML 1.1 leaves bare, like 1e9, is a number in 1.2."""


_Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))

# Always the same examples; shrinking an entry takes minutes.
STEADY = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


def a_file(*entries: dict[str, Any], **top: Any) -> bytes:
    legend = {key: ([] if rule["type"] == "array" else dict.fromkeys(rule.get("required", ()), "…")) for key, rule in LEGEND_KEYS.items()}
    return to_json({"schema_version": 1, "legend": legend, "procedures": list(entries), **top}).encode()


def in_yaml(entry_yaml: str) -> bytes:
    """The catalogue of one entry, whose YAML is written out: keys `field: value` are added to a valid entry."""
    head = a_file().decode().removesuffix('"procedures":[]}')
    return (
        head + '"procedures":[{"name": n, "field": f, "jurisdiction": j, "source": [{"url": "https://x"}], ' + entry_yaml + "}]}"
    ).encode()


def refusal(file: bytes) -> str:
    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(file)
    return refused.value.detail


def test_all_86_published_entries_are_kept_to_the_last_value():
    source = yaml.load(PUBLISHED.read_text("utf-8"), Loader=yaml.BaseLoader)["procedures"]

    entries = read_catalogue(PUBLISHED.read_bytes())

    assert len(entries) == 86
    assert [as_texts(from_json(entry.content)) for entry in entries] == source


def as_texts(value: Any) -> Any:
    """What BaseLoader makes of YAML: every scalar as it is spelled."""
    match value:
        case dict():
            return {key: as_texts(member) for key, member in value.items()}
        case list():
            return [as_texts(item) for item in value]
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def test_no_float_is_ever_made():
    entries = read_catalogue(a_file(ENTRY))

    amount = entries[0].procedure.limits[0].amount

    assert str(amount) == "7.50"
    assert '"amount":7.50' in entries[0].content


@given(catalogues())
@STEADY
def test_whatever_is_valid_under_the_schema_is_read_and_kept(file: dict[str, Any]):
    assert list(Draft202012Validator(ROOT).iter_errors(file)) == []

    entries = read_catalogue(to_json(file).encode())
    from_yaml = read_catalogue(yaml.dump(in_floats(file), Dumper=_Quoting).encode())

    assert [from_json(entry.content) for entry in entries] == file["procedures"]
    assert [entry.content_hash for entry in from_yaml] == [entry.content_hash for entry in entries]


def in_floats(value: Any) -> Any:
    match value:
        case dict():
            return {key: in_floats(member) for key, member in value.items()}
        case list():
            return [in_floats(item) for item in value]
        case Decimal():
            return float(value)
        case _:
            return value


@given(catalogues())
@STEADY
def test_no_valid_entry_makes_a_rule_of_ours_crash(file: dict[str, Any]):
    versions = [entry.procedure for entry in read_catalogue(to_json(file).encode())]

    for version in versions:
        for named in everything_nameable(version):
            with_answers(version, named)

    assert {warning.entry for warning in warnings_of(versions, on=date(2026, 3, 9))} <= {version.key for version in versions}


def everything_nameable(version: catalogue.ProcedureVersion) -> Iterable[Named]:
    choices = choices_of(version)
    for channel in Channel:
        for case in (None, *version.cases):
            for level in (None, *choices.levels):
                yield Named(channel, case, level, paper_cases=(), process_case=None)


def with_answers(version: catalogue.ProcedureVersion, named: Named) -> None:
    """Every question asked must offer an answer that leads on."""
    for _ in range(5):
        try:
            choose_limit(version, named)
            choose_process(version, named)
            missing_papers(required_papers(version, named), ())
            owed(version.fees, channel=named.channel, case=named.case, on=date(2026, 3, 9))
            return
        except ChoiceNeeded as needed:
            named = dataclasses.replace(named, **{needed.field: needed.choices[0]})
    raise AssertionError(f"still asked after five answers: {named}")


def test_every_key_of_the_schema_has_a_field_and_every_field_a_key():
    classes = {
        "procedure": catalogue.ProcedureVersion, "limit": catalogue.Limit, "extension": catalogue.Extension,
        "duration_text": catalogue.Duration, "appointment": catalogue.Appointment, "agency_part": catalogue.AgencyPart,
        "pause": catalogue.Pause, "process": catalogue.Process, "total": catalogue.Total, "case_total": catalogue.CaseTotal,
        "stage_total": catalogue.StageTotal, "sum_of_steps": catalogue.SumOfSteps, "step": catalogue.ProcessStep,
        "allotted": catalogue.Allotment, "component": catalogue.Paper, "fee": catalogue.FeeRule, "result": catalogue.Result,
        "sets_by_case": catalogue.SetsByCase, "source": catalogue.Source,
    }  # fmt: skip

    assert set(classes) | {"duration"} == set(ROOT["$defs"])
    for name, kind in classes.items():
        assert {published_key(field) for field in dataclasses.fields(kind)} == set(ROOT["$defs"][name]["properties"]), name


def published_key(field: dataclasses.Field[Any]) -> str:
    notes: tuple[Any, ...] = getattr(field.type, "__metadata__", ())
    return next((str(note.validation_alias) for note in notes if isinstance(note, FieldInfo)), field.name)


def test_loading_twice_changes_nothing_and_a_changed_value_is_a_new_version():
    once = Entry("X-1", to_json(ENTRY))
    reordered = Entry("X-1", to_json(dict(reversed(ENTRY.items()))))
    respelled = Entry("X-1", once.content.replace("7.50", "7.5").replace("Thủ", "Thu\u0309"))
    changed = Entry("X-1", once.content.replace("7.50", "7.25"))

    assert reordered.content_hash == once.content_hash
    assert respelled.content_hash == once.content_hash
    assert changed.content_hash != once.content_hash


def test_true_is_not_one_and_text_is_not_a_number_in_the_hash():
    assert len({content_hash(f'{{"a":{value}}}') for value in ("1", "true", '"1"', "null", "[1]")}) == 5
    assert content_hash('{"a":1}') == content_hash('{"a":1.0}') == content_hash('{"a":10e-1}')


@pytest.mark.parametrize("written", ["15:00", "2025-07-01", "yes", "NO", "on", "1_000", "<<", "0b1", "1:30:00", "2025-07-01T10:00:00Z"])
def test_yaml_1_2_leaves_text_alone(written: str):
    (entry,) = read_catalogue(in_yaml(f"id: {written}"))

    assert entry.key == written


def test_a_letter_that_yaml_1_1_took_for_a_line_break_stays():
    (entry,) = read_catalogue(in_yaml("id: x, note: [a\x85b \u2028c\u2029]"))

    assert entry.procedure.note == ("a\x85b \u2028c\u2029",)


def test_a_leading_zero_makes_no_octal_number():
    (entry,) = read_catalogue(in_yaml("id: x, number_of_sets: 010"))

    assert entry.procedure.number_of_sets == 10


def test_an_alias_is_written_out():
    (entry,) = read_catalogue(in_yaml("id: &i x, note: [*i, *i]"))

    assert entry.procedure.note == ("x", "x")


def test_yaml_is_read_alike_without_libyaml():
    code = "import yaml; del yaml.CSafeLoader\nfrom services.intake.domain import catalogue_file as f\nimport sys\n"
    code += "print(*(e.content_hash for e in f.read_catalogue(open(sys.argv[1],'rb').read())))"

    printed = subprocess.run([sys.executable, "-c", code, str(PUBLISHED)], capture_output=True, text=True, check=True).stdout

    assert printed.split() == [entry.content_hash for entry in read_catalogue(PUBLISHED.read_bytes())]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (b"", "it is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a: [", "cannot be read"),
        (b"%PDF-1.4", "cannot be read"),
        (b"- 1", "must be of type"),
        (b"{}", "'legend' is a required property"),
        (b'{"schema_version": 1, "schema_version": 1}', "said twice"),
        (b"a: 1\na: 2", "said twice"),
        (b"a: &a [*a]", "never end"),
        (b"? [1]\n: 2", "a key is text"),
        (b"yes: !!binary aGk=", "has no meaning here"),
        (b"a: .inf", "is no number"),
        (b'{"a": NaN}', "is no number"),
        (b'{"a": 1e999999999}', "is no number"),
        (b'{"a": ' + b"9" * 101 + b"}", "is no number"),
        (b"a: " + b"9" * 101, "is no number"),
        (b"a: 1\n---\nb: 2", "cannot be read"),
        (b'{"a": ' + b"[" * 100_000 + b"}", "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_catalogue_is_refused_in_plain_words(file: bytes, said: str):
    assert said in refusal(file)


def test_a_bomb_of_aliases_is_refused():
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]

    assert "never end" in refusal("\n".join(lines).encode())


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        ({"colour": "red"}, "/procedures/1", "'colour' was unexpected"),
        ({"code": "1.2"}, "/procedures/1/code", "is not of the form"),
        ({"name": ""}, "/procedures/1/name", "must not be empty"),
        ({"name": 7}, "/procedures/1/name", 'must be of type "string"'),
        ({"note": []}, "/procedures/1/note", "too few items"),
        ({"level": ["cấp huyện"]}, "/procedures/1/level/0", "must be one of"),
        ({"number_of_sets": Decimal("1.5")}, "/procedures/1/number_of_sets", 'must be of type "integer"'),
        ({"limits": [{"kind": "fixed", "text": "x", "amount": 0, "unit": "day"}]}, "/procedures/1/limits/0/amount", "greater than 0"),
        ({"limits": [{"kind": "immediate", "text": "x", "amount": 1}]}, "/procedures/1/limits/0/amount", "must not stand beside"),
        ({"limits": [{"kind": "fixed", "text": "x"}]}, "/procedures/1/limits/0", "'amount' is a required property"),
        ({"name": "a\0b"}, "/procedures/1/name", "NUL"),
    ],
)
def test_a_flaw_names_entry_place_and_reason_and_the_file_is_refused_whole(change: dict[str, Any], pointer: str, said: str):
    file = a_file(ENTRY, {**ENTRY, "id": "X-2", **change})

    with pytest.raises(CatalogueRefused) as refused:
        read_catalogue(file)

    flaws = refused.value.facts["errors"]
    assert isinstance(flaws, list)
    assert {"pointer": pointer} in [{"pointer": flaw["pointer"]} for flaw in flaws]
    assert any("entry X-2" in flaw["detail"] and said in flaw["detail"] for flaw in flaws)


def test_half_a_surrogate_pair_is_refused():
    assert "/procedures/0/name" in refusal(a_file(ENTRY).replace('"Thủ tục"'.encode(), b'"\\ud800"'))


def test_an_id_used_twice_refuses_the_file():
    assert "entry X-1: the id is already that of entry number 1" in refusal(a_file(ENTRY, {**ENTRY, "name": "other"}))


def test_a_date_the_pattern_lets_pass_but_no_calendar_knows_is_kept():
    (entry,) = read_catalogue(a_file({**ENTRY, "source": [{"url": "https://x", "effective": "2025-02-30"}]}))

    assert entry.procedure.source[0].effective == "2025-02-30"
    assert entry.procedure.effective_on is None


def test_the_schema_in_the_house_is_the_one_in_the_file_s_legend():
    published = read_value(PUBLISHED.read_bytes())
    assert isinstance(published, dict)
    legend = published["legend"]
    assert isinstance(legend, dict)

    described = legend["procedure"]

    assert isinstance(described, dict)
    assert set(described) == set(json.loads(SCHEMA.read_text("utf-8"))["$defs"]["procedure"]["properties"])
