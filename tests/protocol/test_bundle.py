"""Bundles: opened by whom they are for, whole, or refused by code; any bytes whatever end in a value or a code."""

import tracemalloc
import zlib
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import bundle, note
from gongguan.protocol.bundle import DigestQuestion, Header, Payload, Rest, SegmentPart, Status
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import FLOOR, HYBRID, SealingKey
from gongguan.protocol.limits import BUNDLE_BYTES_MAX, BUNDLE_SEALED_BYTES_MAX
from tests.protocol.committees import DESTINATION, ORIGIN
from tests.refusals import refusal

KEYS = tuple(
    SealingKey.from_seeds(suite, sha256(label).digest() * times)
    for suite, label, times in ((HYBRID, b"bundle hybrid", 3), (FLOOR, b"bundle floor", 1))
)
REST = Rest(
    segments=(SegmentPart("0a" * 16, 3, b"head", (b"one", b"two")),),
    receipts=(b"receipt",),
    questions=(DigestQuestion("0b" * 16, "0c" * 32, b"what"),),
)


def header(key: SealingKey = KEYS[0]) -> Header:
    return Header(
        sender=ORIGIN.node_id,
        recipient=DESTINATION.node_id,
        pairing="ab" * 32,
        sealing_key=key.key_id,
        bundle="cd" * 16,
    )


def status(**fields: object) -> Status:
    given: dict[str, object] = {
        "pairing": "ab" * 32,
        "sender": ORIGIN.node_id,
        "recipient": DESTINATION.node_id,
        "bundle": "cd" * 16,
        "rest": "ef" * 32,
        "heads": (("0a" * 16, 5, 3),),
        "held": (),
        **fields,
    }
    return msgspec.convert(given, Status)


def sealed(key: SealingKey = KEYS[0]) -> bytes:
    return bundle.seal(header(key), b"status", bundle.encode_rest(REST), key.public)


@pytest.mark.parametrize("key", KEYS)
def test_what_was_sealed_is_what_comes_out(key: SealingKey) -> None:
    opened = bundle.unseal(sealed(key), KEYS)
    assert (opened.header, opened.payload.status, opened.rest) == (header(key), b"status", REST)
    assert bundle.rest_digest(opened.payload) == sha256(bundle.encode_rest(REST)).hexdigest()


def test_a_header_cannot_be_moved_to_another_payload() -> None:
    data = sealed()
    other = data.replace(b"cd" * 16, b"ce" * 16, 1)
    assert refusal(bundle.unseal, other, KEYS) == "A-cannot-open"


def test_a_bundle_for_another_key_names_the_key() -> None:
    assert refusal(bundle.unseal, sealed(KEYS[0]), (KEYS[1],)) == "A-cannot-open"


@given(st.data())
def test_every_altered_byte_and_every_shorter_bundle_is_refused_by_code(data: st.DataObject) -> None:
    whole = sealed(KEYS[1])
    place = data.draw(st.integers(0, len(whole) - 1))
    altered = whole[:place] + bytes([whole[place] ^ data.draw(st.integers(1, 255))]) + whole[place + 1 :]
    assert refusal(bundle.unseal, altered, KEYS)
    assert refusal(bundle.unseal, whole[:place], KEYS)


def packed(plain: bytes) -> bytes:
    """Whatever bytes, compressed and sealed as a partner could."""
    line = bundle.MAGIC + msgspec.json.encode(header(), order="sorted") + b"\n"
    return line + KEYS[0].public.seal(line, plain)


@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_code(data: bytes) -> None:
    for attempt in (data, bundle.MAGIC + data, packed(data), packed(zlib.compress(data))):
        assert refusal(bundle.unseal, attempt, KEYS)


@given(
    st.recursive(st.none() | st.integers(-5, 5) | st.binary(max_size=8) | st.text(max_size=8), st.lists, max_leaves=9)
)
def test_any_well_formed_content_of_another_form_ends_in_a_code(value: object) -> None:
    for payload in (value, Payload(b"", msgspec.msgpack.encode(value))):
        try:
            opened = bundle.unseal(packed(zlib.compress(msgspec.msgpack.encode(payload))), KEYS)
        except ProtocolError:
            continue
        assert opened.rest == msgspec.convert(value, Rest)


def test_deep_nesting_is_a_code_and_not_a_recursion_error() -> None:
    for deep in (b"\x91" * 100_000, b"\x92\xc4\x00\xc6\x00\x01\x86\xa0" + b"\x91" * 100_000):
        assert refusal(bundle.unseal, packed(zlib.compress(deep)), KEYS) == "S-bundle"
    assert refusal(bundle.parse_status, "gongguan status 1\n" + "[" * 100_000 + "\n") == "S-bundle"


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    assert refusal(bundle.unseal, packed(zlib.compress(b"\0" * (BUNDLE_BYTES_MAX + 1))), KEYS) == "R-too-large"
    assert refusal(bundle.unseal, b"x" * (BUNDLE_SEALED_BYTES_MAX + 1), KEYS) == "R-too-large"
    assert refusal(bundle.unseal, packed(zlib.compress(b"x") + b"more"), KEYS) == "S-bundle"


def test_a_bomb_takes_no_more_memory_than_the_bound() -> None:
    packer = zlib.compressobj(9)
    nothing = b"\0" * BUNDLE_BYTES_MAX
    bomb = packed(b"".join([*(packer.compress(nothing) for _ in range(32)), packer.flush()]))
    tracemalloc.start()
    try:
        assert refusal(bundle.unseal, bomb, KEYS) == "R-too-large"
        assert tracemalloc.get_traced_memory()[1] < 4 * BUNDLE_BYTES_MAX
    finally:
        tracemalloc.stop()


def test_a_status_is_read_back_and_nothing_but_its_own_spelling() -> None:
    for one in (status(), status(answers="0d" * 16), status(held=(("0e" * 16, 2),))):
        assert bundle.parse_status(bundle.status_text(one)) == one
    text = bundle.status_text(status())
    assert refusal(bundle.parse_status, text.replace(":", ": ", 1)) in ("S-not-canonical", "S-bundle")
    assert refusal(bundle.parse_status, text + "more\n") == "S-bundle"
    assert refusal(bundle.parse_status, text.replace("status", "card", 1)) == "S-note-type"


@given(st.text(max_size=120), st.binary(max_size=120))
def test_any_text_as_a_status_ends_in_a_code(text: str, data: bytes) -> None:
    assert refusal(bundle.parse_status, text)
    assert refusal(bundle.parse_status, "gongguan status 1\n" + text + "\n")
    assert refusal(note.parse, data)
