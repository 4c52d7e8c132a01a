"""Canonical JSON against the reference package, the published files and hostile bytes."""

import json
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from gongguan.protocol import canonical
from gongguan.protocol.errors import ProtocolError, SchemaError
from gongguan.protocol.limits import CANONICAL_BYTES_MAX, DEPTH_MAX, INTEGER_MAX
from tests.protocol import published
from tests.refusals import refusal

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)
JSONISH = st.text(st.sampled_from('{}[]":,\\u0123456789.eE+-truefalsn \n\0é\ud800')).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


def code_of(data: bytes) -> str:
    return refusal(canonical.decode, data)


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


@given(VALUES)
@example({"\ue000": 1, "\U00010000": 2, "a": [True, None, -1, ""]})
def test_every_value_of_the_profile_comes_back_and_has_the_bytes_of_the_reference(value: Any) -> None:
    data = canonical.encode(value)
    assert data == rfc8785.dumps(value)
    assert canonical.decode(data) == value


PLAIN_KEYS = st.text(st.characters(codec="ascii", exclude_characters="\0"))
CHECKED_VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN_KEYS, inner, max_size=4), max_leaves=12
)


@given(CHECKED_VALUES)
@example({"b": '\x01\x1f\x7f\b\f\n\r\t"\\/\u2028', "a": [True, None, -1]})
def test_a_value_that_was_checked_before_has_the_same_bytes_without_asking_again(value: Any) -> None:
    assert canonical.encode_checked(value) == canonical.encode(value)


@given(st.binary() | JSONISH)
@example(b'{"a":1,"a":2}')
@example(b"[" * 100_000)
@example(b'"' + b'\\"' * 50_000)
@example(b"9" * 5000)
def test_any_bytes_give_a_value_or_a_typed_refusal(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except ProtocolError:
        return
    assert canonical.encode(value) == data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "S-json"),
        (b"{", "S-json"),
        (b"\xff", "S-json"),
        (b"\xef\xbb\xbf{}", "S-json"),
        (b'{"a":1,"a":1}', "S-json"),
        (b"01", "S-json"),
        (b"+1", "S-json"),
        (b'"\n"', "S-json"),
        (b"-0", "S-not-canonical"),
        (b" 1", "S-not-canonical"),
        (b"1\n", "S-not-canonical"),
        (b'{"a": 1}', "S-not-canonical"),
        (b'{"b":1,"a":1}', "S-not-canonical"),
        ('{"\ue000":1,"\U00010000":1}'.encode(), "S-not-canonical"),
        (b'"\\u0041"', "S-not-canonical"),
        (b'"\\/"', "S-not-canonical"),
        (b'"\\u000A"', "S-not-canonical"),
        (b"1.0", "S-type"),
        (b"-19.0", "S-type"),
        (b"1e3", "S-type"),
        (b"NaN", "S-type"),
        (b"-Infinity", "S-type"),
        (b"9007199254740992", "S-integer"),
        (b"-9007199254740992", "S-integer"),
        (b"9" * 5000, "S-integer"),
        (b'"\\u0000"', "S-text"),
        (b'{"\\u0000":1}', "S-text"),
        (b'"\\ud800"', "S-text"),
        (b'{"\\udfff":1}', "S-text"),
        (b"[" * (DEPTH_MAX + 1) + b"]" * (DEPTH_MAX + 1), "S-depth"),
        (b'{"a":' * 100_000, "S-depth"),
        (b'"' + b"a" * CANONICAL_BYTES_MAX + b'"', "R-too-large"),
    ],
)
def test_each_departure_from_the_profile_is_refused_by_its_name(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (1.0, "S-type"),
        ([float("nan")], "S-type"),
        (b"bytes", "S-type"),
        ({1: "a"}, "S-type"),
        ({None: "a"}, "S-type"),
        ({"a": {1, 2}}, "S-type"),
        (INTEGER_MAX + 1, "S-integer"),
        (-INTEGER_MAX - 1, "S-integer"),
        ("\0", "S-text"),
        ("\ud800", "S-text"),
        ({"\udc00": 1}, "S-text"),
        (nested(DEPTH_MAX + 1), "S-depth"),
        (nested(5000), "S-depth"),
        ("a" * CANONICAL_BYTES_MAX, "R-too-large"),
    ],
)
def test_encode_refuses_what_decode_would_refuse(value: Any, code: str) -> None:
    with pytest.raises(ProtocolError) as refusal:
        canonical.encode(value)
    assert refusal.value.code == code


def test_the_limits_themselves_are_inside() -> None:
    for value in (nested(DEPTH_MAX), INTEGER_MAX, -INTEGER_MAX, "[[[[" * 100, "a" * (CANONICAL_BYTES_MAX - 2)):
        assert canonical.decode(canonical.encode(value)) == value


def test_true_is_not_one_and_a_tuple_is_a_list() -> None:
    assert canonical.encode([True, 1]) == b"[true,1]"
    assert canonical.encode((1, (2,))) == b"[1,[2]]"


class Both(msgspec.Struct):
    b_text: str
    a_texts: list[str]
    c_number: int
    a: bool


@given(TEXTS, st.lists(TEXTS, max_size=3), st.integers(-INTEGER_MAX, INTEGER_MAX), st.booleans())
@example('\x7f\x80\u2028\\"/\b\f\n\r\t\x01\x1f\U00020bb7', [], 0, True)
def test_structs_with_ascii_keys_have_the_same_bytes_from_msgspec(
    text: str, texts: list[str], number: int, truth: bool
) -> None:
    struct = Both(text, texts, number, truth)
    assert msgspec.json.encode(struct, order="sorted") == canonical.encode(msgspec.to_builtins(struct))


@given(st.dictionaries(st.text(st.characters(codec="ascii", exclude_characters="\0")), TEXTS))
def test_maps_with_ascii_keys_have_the_same_bytes_from_msgspec(value: dict[str, str]) -> None:
    assert msgspec.json.encode(value, order="sorted") == canonical.encode(value)


@pytest.mark.parametrize(
    "name", [path.name for path in sorted((published.FOLDER / "rfc8785/testdata/output").glob("*.json"))]
)
def test_the_published_files_pass_and_those_with_floats_are_refused(name: str) -> None:
    top = published.FOLDER / "rfc8785/testdata"
    value = json.loads((top / "input" / name).read_bytes())
    expected = (top / "output" / name).read_bytes()
    if _has_float(value):
        with pytest.raises(SchemaError):
            canonical.encode(value)
    else:
        assert canonical.encode(value) == expected
    if _has_float(json.loads(expected)):
        assert code_of(expected) == "S-type"
    else:
        assert canonical.encode(canonical.decode(expected)) == expected


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    return any(map(_has_float, value)) if isinstance(value, list) else isinstance(value, float)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"name": "A\u030a"}, "S-text"),
        ([["e\u0301"]], "S-text"),
        ({"Name": 1}, "S-type"),
        ({"a": [{"b-c": 1}]}, "S-type"),
        ({"": 1}, "S-type"),
        ({"a\n": 1}, "S-type"),
        ({"1a": 1}, "S-type"),
    ],
)
def test_the_profile_of_messages_asks_for_normal_form_and_plain_keys(value: Any, code: str) -> None:
    canonical.encode(value)
    with pytest.raises(ProtocolError) as refusal:
        canonical.check_profile(value)
    assert refusal.value.code == code


def test_the_profile_of_messages_takes_rare_characters_and_dotted_names() -> None:
    value = {"name": "阿卜杜拉·买买提", "rare_2": ["\U00020bb7", None, 1, True]}
    canonical.check_profile(value)
    assert canonical.encode(value).decode() == '{"name":"阿卜杜拉·买买提","rare_2":["\U00020bb7",null,1,true]}'
