"""The description of the staff API: OpenAPI 3.1 in its form, every operation in it, nothing that leads nowhere."""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from gongguan.node.operations import FAMILIES, every
from gongguan.node.staff import openapi, staff_api
from gongguan.protocol.errors.codes import CODES
from tests.cli.machine import run

DOCUMENT: Final = openapi.document()

SCHEMA_WORDS: Final = {
    *("$ref", "title", "description", "type", "default", "enum", "const", "anyOf", "pattern", "format"),
    *("properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"),
    *("contentEncoding", "discriminator", "x-codes"),
}
"""Words of JSON Schema 2020-12 and OpenAPI 3.1 that our structs come to."""


def schemas() -> Iterator[dict[str, Any]]:
    """Every schema of the document, those inside others too."""
    pending: list[Any] = list(DOCUMENT["components"]["schemas"].values())
    while pending:
        schema = pending.pop()
        if not isinstance(schema, dict):
            continue
        yield schema
        pending += schema.get("properties", {}).values()
        pending += [*schema.get("anyOf", ()), *schema.get("prefixItems", ()), schema.get("items")]
        pending.append(schema.get("additionalProperties"))


def references(value: Any) -> Iterator[str]:
    """Every ``$ref``."""
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_operation_is_listed_once_with_its_title_roles_and_duties() -> None:
    described = {path.removeprefix("/staff/1/"): item for path, item in DOCUMENT["paths"].items()}
    assert set(described) == {*every(), "login", "health"}
    for name, operation in every().items():
        (method,) = described[name]
        post = described[name][method]
        assert (method, post["operationId"], post["summary"]) == ("post", name, operation.title)
        assert post["x-roles"] == sorted(operation.roles)
        assert post["x-duties"] == list(operation.duties)
        assert post["tags"] == [operation.family]
        asked = post["requestBody"]["content"]["application/json"]["schema"]
        assert asked == {"$ref": f"#/components/schemas/{operation.request.__name__}"}


def test_the_document_has_the_form_of_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    ids = [item["operationId"] for path in DOCUMENT["paths"].values() for item in path.values()]
    assert len(set(ids)) == len(ids)
    assert [tag["name"] for tag in DOCUMENT["tags"]] == list(FAMILIES)
    for path, methods in DOCUMENT["paths"].items():
        assert path.startswith("/staff/1/")
        for method, item in methods.items():
            assert method in {"get", "post"}
            for status, response in item["responses"].items():
                assert re.fullmatch(r"[1-5][0-9][0-9]", status)
                assert response["description"]
                assert set(response["content"]) <= {openapi.JSON, openapi.MSGPACK}
            for need in item.get("security", DOCUMENT["security"]):
                assert set(need) <= set(DOCUMENT["components"]["securitySchemes"])
    json.dumps(DOCUMENT, allow_nan=False)


def test_no_reference_leads_nowhere_and_no_schema_is_left_over() -> None:
    named = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) == named
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in DOCUMENT["components"]["schemas"])


def test_bytes_are_described_so_that_no_text_is_valid_which_the_node_does_not_read() -> None:
    encoded = [schema for schema in schemas() if schema.get("contentEncoding") == "base64"]
    assert encoded
    for schema in encoded:
        assert re.fullmatch(schema["pattern"], base64.b64encode(b"gongguan").decode())
        for text in ("_9", "\u001f", "QUJD=", "QUI", "QUJD\n"):
            with pytest.raises(msgspec.ValidationError):
                msgspec.convert(text, bytes)
            assert not re.search(schema["pattern"].replace("$", r"\Z"), text)


def test_schemas_speak_json_schema_and_patterns_are_not_pythons() -> None:
    for schema in schemas():
        assert set(schema) <= SCHEMA_WORDS, schema
        pattern = schema.get("pattern")
        if pattern is not None:
            re.compile(pattern)
            assert not re.search(r"\\[AZz]|\(\?P|\(\?[aiLmsux]", pattern), pattern


def test_every_status_that_a_refusal_may_carry_is_described() -> None:
    carried = {staff_api.STATUS.get(code) or staff_api.STATUS_BY_FAULT.get(code[0], 422) for code in CODES}
    assert {str(status) for status in carried} - set(openapi.REFUSALS) == {"404"}  # no such operation: no such path


def test_a_field_more_is_refused_as_the_description_says() -> None:
    for name, operation in every().items():
        schema = DOCUMENT["components"]["schemas"][operation.request.__name__]
        assert schema["additionalProperties"] is False, name
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"no_such_field": 1}, operation.request)


def test_the_command_prints_the_same_document_without_a_node() -> None:
    done = run("openapi")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(DOCUMENT))
    assert "OpenAPI" in run("openapi", "--help").stdout
