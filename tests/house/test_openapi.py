"""What each service says of itself: a whole and valid OpenAPI 3.1 document, with a summary and real examples everywhere."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.contracts.peers import Service
from tests.house.conftest import House


@pytest.fixture(params=Service)
def document(house: House, request: pytest.FixtureRequest) -> dict[str, Any]:
    return house.stack.apps[request.param].openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def test_it_is_openapi_3_1_and_names_nothing_that_is_not_there(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]

    assert {reference.removeprefix("#/components/schemas/") for reference in references(document)} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_every_route_has_a_summary_and_an_id_of_its_own(document: dict[str, Any]) -> None:
    found = list(operations(document))

    assert [name for name, operation in found if not operation.get("summary")] == []
    ids = [operation["operationId"] for _, operation in found]
    assert len(set(ids)) == len(ids)


def test_every_route_declares_what_stands_in_its_path(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        in_path = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "path"}
        assert in_path == {part.partition("}")[0] for part in name.split("{")[1:]}, name


def examples_of(document: dict[str, Any], media: dict[str, Any]) -> list[Any]:
    schema = media["schema"]
    name = schema.get("$ref", "").removeprefix("#/components/schemas/")
    resolved = document["components"]["schemas"].get(name, schema)
    if found := ([media["example"]] if "example" in media else resolved.get("examples")):
        return found
    fields = resolved.get("properties", {})
    return [{name: field["examples"][0] for name, field in fields.items() if "examples" in field}] if fields else []


def test_every_body_has_an_example_and_it_is_valid(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            examples = examples_of(document, media)
            assert examples, name
            assert examples != [{}], name
            validator = Draft202012Validator({**media["schema"], "components": document["components"]})
            for example in examples:
                assert [error.message for error in validator.iter_errors(example)] == [], name


def test_a_change_says_that_it_needs_a_key_and_a_guarded_route_that_it_needs_a_token(document: dict[str, Any]) -> None:
    guarded = [(name, operation) for name, operation in operations(document) if operation.get("security")]

    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert guarded
    for name, operation in guarded:
        asks_for_key = any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
        computes = name.endswith(("/quotes", "/due-dates", "/previews"))
        assert asks_for_key is (name.startswith(("POST", "PUT")) and not computes), name


def test_every_answer_has_a_shape(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        good = [answer for status, answer in operation["responses"].items() if status.startswith("2") and status != "204"]
        for answer in good:
            assert name.endswith("/events") or answer["content"], name
