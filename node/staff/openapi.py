"""The OpenAPI 3.1 description of the staff API, made from the table of operations and the codes of refusals.

Nothing is written twice: a request or an answer is described by its struct, a summary by its operation's title. What
msgspec says in Python's terms is said in those of JSON Schema 2020-12: patterns are ECMA-262 (``\\Z`` is ``$`` there),
and bytes are base64 in JSON. ``gongguan openapi`` prints it; a running node serves it as ``/staff/1/openapi.json``::

    document()["paths"]["/staff/1/member.list"]["post"]["summary"]   ->  "查看党员"
"""

from typing import Annotated, Any, Final

import msgspec

from gongguan.node.operations import FAMILIES, every
from gongguan.node.operations.failure import Failure
from gongguan.node.operations.operation import Operation
from gongguan.protocol.errors.codes import CODES
from gongguan.sync.labels import labelled
from gongguan.sync.persons.passwords import PASSWORD_CHARS_MAX

JSON, MSGPACK = "application/json", "application/msgpack"
API_VERSION: Final = "1"
BASE64: Final = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
"""RFC 4648 section 4, in ECMA-262: ``contentEncoding`` alone lets any text through."""


class LoginRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of ``POST /staff/1/login``."""

    name: Annotated[str, labelled("姓名", "name", argument=True, max_length=120)]
    password: Annotated[str, labelled("密码", "password", secret=True, max_length=PASSWORD_CHARS_MAX)]


class LoginAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a login gives, once."""

    token: str
    name: str
    role: str
    expires_at: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``GET /staff/1/health``."""

    node_id: str
    ready: bool


REFUSALS: Final[dict[str, str]] = {
    "400": "S-…: the request is malformed",
    "401": "A-token, A-login: log in first",
    "403": "A-…: not for this role, or outside the person's subtree",
    "408": "R-slow: the request did not come in time",
    "413": "R-too-large",
    "422": "D-…, G-…, P-…: understood and refused",
    "500": "I-…: a fault of this machine or of this software",
    "502": "T-…: the partner or the line",
    "503": "R-…: a resource is exhausted; try later",
}
"""By HTTP status, which only carries the ``Failure``."""


def document() -> dict[str, Any]:
    """The whole description, a value of JSON."""
    operations = every()
    kinds: list[Any] = [LoginRequest, LoginAnswer, Health, Failure]
    kinds += [kind for operation in operations.values() for kind in (operation.request, operation.answer)]
    kinds = list(dict.fromkeys(kinds))
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    by_kind = dict(zip(kinds, schemas, strict=True))
    log_in = _post("login", "登录", "log in", "session", by_kind[LoginRequest], by_kind[LoginAnswer])
    paths: dict[str, Any] = {
        "/staff/1/health": {"get": _health(by_kind[Health])},
        "/staff/1/login": {"post": {**log_in, "security": []}},
    }
    for name, operation in operations.items():
        paths[f"/staff/1/{name}"] = {"post": _operation(operation, by_kind)}
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "共管 · staff API",
            "version": API_VERSION,
            "description": "Integers are written without a fraction: `907`, not `907.0`.",
            "license": {"name": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8700", "description": "loopback only"}],
        "security": [{"token": []}],
        "tags": [{"name": name, "description": f"{said.zh} · {said.en}"} for name, said in FAMILIES.items()],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "x-codes": {code: {"zh": row.zh, "en": row.en} for code, row in CODES.items()},
    }
    in_its_terms: dict[str, Any] = _in_json_schema(whole)
    return in_its_terms


def _health(answered: Any) -> dict[str, Any]:
    return {
        "operationId": "health",
        "summary": "本节点是否就绪",
        "description": "whether this node is ready",
        "security": [],
        "responses": {"200": {"description": "ready", "content": {JSON: {"schema": answered}}}},
    }


def _operation(operation: Operation, by_kind: dict[Any, Any]) -> dict[str, Any]:
    asked, answered = by_kind[operation.request], by_kind[operation.answer]
    described = _post(operation.name, operation.title, operation.english, operation.family, asked, answered)
    described["x-roles"] = sorted(operation.roles)
    described["x-duties"] = list(operation.duties)
    described["x-personal"] = operation.personal
    return described


def _post(name: str, title: str, english: str, tag: str, asked: Any, answered: Any) -> dict[str, Any]:
    refused = {"schema": {"$ref": "#/components/schemas/Failure"}}
    return {
        "operationId": name,
        "summary": title,
        "description": english,
        "tags": [tag],
        "requestBody": {"required": True, "content": {JSON: {"schema": asked}, MSGPACK: {"schema": asked}}},
        "responses": {
            "200": {"description": "done", "content": {JSON: {"schema": answered}, MSGPACK: {"schema": answered}}},
            **{
                status: {"description": what, "content": {JSON: refused, MSGPACK: refused}}
                for status, what in REFUSALS.items()
            },
        },
    }


def _in_json_schema(value: Any) -> Any:
    """The same with ECMA-262 patterns, one for base64 too; everything else as it is."""
    if isinstance(value, dict):
        told = {name: _in_json_schema(item) for name, item in value.items()}
        if isinstance(value.get("pattern"), str):
            told["pattern"] = value["pattern"].replace(r"\Z", "$")
        return told | ({"pattern": BASE64} if value.get("contentEncoding") == "base64" else {})
    return [_in_json_schema(item) for item in value] if isinstance(value, list) else value
