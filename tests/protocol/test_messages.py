"""Messages: one spelling, strict types, and any bytes end in a value or a code."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import messages
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.errors.codes import CODES
from gongguan.protocol.limits import MESSAGE_BYTES_MAX
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.sync.exchange.fold import FOLD
from gongguan.sync.exchange.verdict import CITATIONS
from tests.refusals import refusal

NOTICE = Message(
    id="1a" * 16,
    salt="2b" * 16,
    kind="notice.given",
    version=1,
    seen=(("3c" * 16, 4),),
    at="2026-03-01T08:00:00Z",
    agreement="4d" * 32,
    body=NoticeGiven(topic="other", title="会商", text="请派人参加。", on="2026-03-01"),
)
BYTES = messages.encode(NOTICE)


def code(data: bytes) -> str:
    return refusal(messages.decode, data)


def changed(**fields: Any) -> bytes:
    value = {**json.loads(BYTES), **fields}
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_a_message_is_read_back_as_it_was_written() -> None:
    assert messages.decode(BYTES) == NOTICE
    assert changed() == BYTES


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_code(data: bytes) -> None:
    assert code(data)


@given(st.data())
def test_an_altered_byte_gives_another_message_in_its_one_spelling_or_a_code(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(BYTES) - 1))
    altered = BYTES[:place] + data.draw(st.binary(max_size=3)) + BYTES[place + 1 :]
    try:
        message = messages.decode(altered)
    except ProtocolError:
        return
    if messages.is_known(message):
        assert messages.encode(message) == altered


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["notice.given", "epoch.opened", "not.yet_known", "exchange.outcome"]))
def test_any_body_ends_in_a_value_or_a_code(body: Any, kind: str) -> None:
    for version in (1, 2):
        data = json.dumps({**json.loads(BYTES), "kind": kind, "version": version, "body": body}).encode()
        for attempt in (data, changed(kind=kind, version=version, body=body) if _encodable(body) else data):
            try:
                found = messages.decode(attempt)
            except ProtocolError as error:
                assert error.code in CODES
            else:
                assert found.kind == kind


def _encodable(body: Any) -> bool:
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def test_a_kind_of_later_software_is_kept_unread() -> None:
    later = messages.decode(changed(kind="census.counted", body={"count": 3}))
    assert isinstance(later.body, msgspec.Raw)
    assert not messages.is_known(later)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (BYTES.replace(b'"seen":', b'"seen": '), "S-not-canonical"),
        (BYTES.replace(b'"version":1', b'"version":1,"version":1'), "S-not-canonical"),
        (BYTES.replace("会商".encode(), b"\\u4f1a\\u5546"), "S-not-canonical"),
        (BYTES.replace("会商".encode(), b"\\u0000"), "S-text"),
        (BYTES.replace("会商".encode(), b"\\ud800"), None),
        (BYTES.replace("会商".encode(), b"\xed\xa0\x80"), None),
        (BYTES.replace("会商".encode(), b"e\xcc\x81"), "S-text"),
        (BYTES.replace(b'"version":1', b'"version":1.0'), None),
        (BYTES.replace(b'"version":1', b'"version":-1'), "S-message"),
        (BYTES.replace(b'"version":1', b'"version":-1,"version":1'), "S-message"),
        (BYTES + b" ", None),
        (b"[" * 100_000, None),
        (changed(body={"a": 1}), "S-message"),
        (changed(more=1), "S-message"),
        (changed(kind="not.yet_known", body=[[]] * 2 + [1.5]), None),
        (b"x" * (MESSAGE_BYTES_MAX + 1), "R-too-large"),
    ],
)
def test_every_other_spelling_is_refused(data: bytes, expected: str | None) -> None:
    found = code(data)
    assert found == expected if expected else found[0] in "SR"


def test_what_cannot_be_said_in_canonical_form_is_never_written() -> None:
    for title in ("e\u0301", "\0"):
        body = NoticeGiven(topic="other", title=title, text="x", on="2026-03-01")
        with pytest.raises(ProtocolError):
            messages.encode(msgspec.structs.replace(NOTICE, body=body))
    body = NoticeGiven(topic="other", title="x", text="好" * MESSAGE_BYTES_MAX, on="2026-03-01")
    with pytest.raises(ProtocolError):
        messages.encode(msgspec.structs.replace(NOTICE, body=body))


def test_a_lone_surrogate_is_refused_by_code_when_written() -> None:
    body = NoticeGiven(topic="other", title="\ud800", text="x", on="2026-03-01")
    with pytest.raises(ProtocolError):
        messages.encode(msgspec.structs.replace(NOTICE, body=body))


def test_every_kind_is_folded_or_belongs_to_no_unit_and_cites_by_rule() -> None:
    assert set(FOLD) == {kind.name for kind in KINDS.values() if kind.unit != "none"}
    cited = {(kind.name, field) for kind in KINDS.values() for field in kind.cites}
    assert set(CITATIONS) <= cited
    assert cited - set(CITATIONS) == {("conflict.proposed", "chosen")}, "chosen is one of the candidates"
    for kind in KINDS.values():
        assert set(kind.cites) <= set(kind.body.__struct_fields__)
        assert set(kind.answers) <= set(KINDS)
