"""The built-in mutator: byte flips, splices and edits that keep a file's own shape, from one number.

It knows no coverage; what it lacks in sight it makes up by edits that leave most of a text valid: digits, hex digits,
JSON values, lines, tokens of the other samples.
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import Final

INTERESTING: Final = (
    *(
        b"",
        b"\0",
        b"\xff",
        b"\n",
        b"\n\n",
        b" ",
        b'"',
        b"\\",
        b"{}",
        b"[]",
        b"null",
        b"true",
        b"-1",
        b"0",
        b"1.5",
        b"1e9",
    ),
    *(b"\\u0000", b"\\ud800", "é".encode(), "é".encode(), "\u202e".encode(), "共".encode(), "𠮷".encode()),
    *(b"9007199254740992", b"18446744073709551616", b"[" * 40, b'{"a":' * 40, b"A" * 5000, b"=", b"\xe2\x80\x94 "),
)
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+|[\[\]{},:]|\n|[A-Za-z0-9+/=_.-]+', re.DOTALL)
BYTES_MAX: Final = 1 << 17

Change = Callable[[random.Random, bytes, bytes], bytes]


def mutated(rng: random.Random, samples: Sequence[bytes]) -> bytes:
    """One of the samples after one to six changes, or now and then nothing but noise."""
    if rng.random() < 0.01:
        return rng.randbytes(rng.randrange(200))
    data = rng.choice(samples)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        data = rng.choice(CHANGES)(rng, data, rng.choice(samples))[:BYTES_MAX]
    return data


def _place(rng: random.Random, data: bytes) -> int:
    return rng.randrange(len(data) + 1)


def _flip(rng: random.Random, data: bytes, other: bytes) -> bytes:
    if not data:
        return data
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def _digit(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Another digit or letter at a place that has one: the shape stays, the value changes."""
    for _ in range(8):
        at = _place(rng, data)
        if data[at : at + 1].isalnum():
            return data[:at] + rng.choice(b"0123456789abcdefAZ".decode()).encode() + data[at + 1 :]
    return data


def _insert(rng: random.Random, data: bytes, other: bytes) -> bytes:
    at = _place(rng, data)
    return data[:at] + rng.choice(INTERESTING) + data[at:]


def _drop(rng: random.Random, data: bytes, other: bytes) -> bytes:
    at = _place(rng, data)
    return data[:at] + data[at + rng.choice((1, 2, 4, 33, 200)) :]


def _cut(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: _place(rng, data)]


def _splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: _place(rng, data)] + other[_place(rng, other) :]


def _repeat(rng: random.Random, data: bytes, other: bytes) -> bytes:
    at = _place(rng, data)
    part = data[at : at + rng.choice((1, 8, 64, 500))]
    return data[:at] + part * rng.choice((2, 2, 3, 20)) + data[at + len(part) :]


def _token(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """One token gives way to one of another sample, or to something that decoders stumble over."""
    found = list(_TOKEN.finditer(data))
    if not found:
        return data
    place = rng.choice(found)
    theirs = _TOKEN.findall(other)
    new = rng.choice(theirs) if theirs and rng.random() < 0.6 else rng.choice(INTERESTING)
    return data[: place.start()] + new + data[place.end() :]


def _lines(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Swap, drop or double a line."""
    rows = data.split(b"\n")
    at, to = rng.randrange(len(rows)), rng.randrange(len(rows))
    match rng.randrange(3):
        case 0:
            rows[at], rows[to] = rows[to], rows[at]
        case 1:
            rows.insert(to, rows[at])
        case _:
            del rows[at]
    return b"\n".join(rows)


CHANGES: Final[tuple[Change, ...]] = (
    _flip,
    _digit,
    _digit,
    _insert,
    _drop,
    _cut,
    _splice,
    _repeat,
    _token,
    _token,
    _token,
    _lines,
)
