"""Canonical JSON: one value, one sequence of bytes.

RFC 8785 in a profile without floats: keys sorted by UTF-16 code units, no white space, the shortest escapes, integers
within ±(2^53 - 1), no NUL, no lone surrogates, nesting of at most ``DEPTH_MAX`` containers. Whatever leaves the
profile is refused by its name, in both directions, and ``decode`` accepts canonical bytes only::

    encode({"b": [1, True], "a": "共管"}) == '{"a":"共管","b":[1,true]}'.encode()
    decode(b'{"a": 1}')                    # raises S-not-canonical: a space is one byte too many

Rules of *messages*, normal form C of texts and the pattern of keys, are in ``check_profile``: a free text of a foreign
standard may leave them, our own messages may not.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import CANONICAL_BYTES_MAX, DEPTH_MAX, INTEGER_MAX

_KEY: Final = re.compile(r"[a-z][a-z0-9_]*\Z")

# A string or a bracket. Strings are skipped whole, an unterminated one to the end, so the scan stays linear.
_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)

_LISTS: Final = (list, tuple)
_CONTAINERS: Final = (dict, list, tuple, Mapping)  # dict again by itself: asking an abstract class is slow

_INTEGER_DIGITS_MAX: Final = len(str(-INTEGER_MAX))


def encode(value: Any) -> bytes:
    """The canonical bytes of ``value``: None, bool, int, str, list or tuple, mapping with str keys.

    Raises S-type (a float, another type, a key that is no text), S-integer, S-text, S-depth, R-too-large.
    """
    text = _ENCODER.encode(_ordered(value, DEPTH_MAX))
    try:
        data = text.encode()
    except UnicodeEncodeError:  # the one thing a str can hold that UTF-8 cannot
        raise refuse("S-text", reason="lone surrogate") from None
    if len(data) > CANONICAL_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=CANONICAL_BYTES_MAX)
    return data


def encode_checked(value: Any) -> bytes:
    """``encode`` for a value of which every text and number came out of a decoder that had checked it, with ASCII keys.

    The same bytes without asking everything again, many times as fast. Raises R-too-large.
    """
    data = _CHECKED_ENCODER.encode(value)
    if len(data) > CANONICAL_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=CANONICAL_BYTES_MAX)
    return data


def decode(data: bytes) -> Any:
    """The value of canonical bytes; ``encode`` of it gives the same bytes again.

    Raises S-json, S-not-canonical, S-type, S-integer, S-text, S-depth, R-too-large and nothing else, for any bytes.
    """
    if len(data) > CANONICAL_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=CANONICAL_BYTES_MAX)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise refuse("S-json", reason="not UTF-8", offset=error.start) from None
    _check_depth(text)
    try:
        value = _DECODER.decode(text)
    except ValueError as error:
        raise refuse("S-json", offset=getattr(error, "pos", 0)) from None
    if encode(value) != data:
        raise refuse("S-not-canonical")
    return value


def check_profile(value: Any) -> None:
    """The rules of messages beyond ``encode``: every text in normal form C (S-text), every key ``[a-z][a-z0-9_]*``
    (S-type). ``value`` is what ``decode`` returned, so its depth is bounded."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if not unicodedata.is_normalized("NFC", item):
                raise refuse("S-text", reason="not in normal form C")
        elif isinstance(item, Mapping):
            if not all(_KEY.match(key) for key in item):
                raise refuse("S-type", reason="key outside [a-z][a-z0-9_]*")
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)


def _ordered(value: Any, depth_left: int) -> Any:
    """``value`` with its keys in canonical order, everything outside the profile refused on the way."""
    kind = type(value)
    if kind is str:
        if "\0" in value:
            raise refuse("S-text", reason="NUL")
        return value
    if kind is int:
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise refuse("S-integer", limit=INTEGER_MAX)
        return value
    if value is None or kind is bool:
        return value
    if isinstance(value, _CONTAINERS):
        if depth_left == 0:  # asked before the recursion, which thereby is never deeper than DEPTH_MAX
            raise refuse("S-depth", limit=DEPTH_MAX)
        if isinstance(value, _LISTS):
            return [_ordered(item, depth_left - 1) for item in value]
        return {key: _ordered(value[key], depth_left - 1) for key in _sorted_keys(value)}
    raise refuse("S-type", type=kind.__name__)


def _sorted_keys(value: Mapping[str, Any]) -> list[str]:
    for key in value:
        if type(key) is not str:
            raise refuse("S-type", reason="a key is no text", type=type(key).__name__)
        if "\0" in key:
            raise refuse("S-text", reason="NUL")
    if all(map(str.isascii, value)):
        return sorted(value)
    # Python sorts by code point, RFC 8785 by UTF-16 code unit: they differ where a key leaves the BMP.
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _check_depth(text: str) -> None:
    """Count brackets before the recursive parser sees them."""
    if text.count("[") + text.count("{") <= DEPTH_MAX:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("[", "{"):
            depth += 1
            if depth > DEPTH_MAX:
                raise refuse("S-depth", limit=DEPTH_MAX)
        elif mark in ("]", "}"):
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise refuse("S-json", reason="duplicate key")
    return value


def _integer(digits: str) -> int:
    # The length is asked first: int() of very many digits costs time and raises an error of its own.
    if len(digits) > _INTEGER_DIGITS_MAX:
        raise refuse("S-integer", limit=INTEGER_MAX)
    return int(digits)


def _no_float(_: str) -> NoReturn:
    raise refuse("S-type", type="float")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)


# ``_ordered`` has put the keys in order and bounded the depth; the escapes of ``json`` are those of RFC 8785.
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))

_CHECKED_ENCODER: Final = msgspec.json.Encoder(order="sorted")
