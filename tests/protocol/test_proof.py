"""Proof files: what they show to someone who has neither node, and that nothing else can be shown."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import canonical, log, merkle, note, proof
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import PROOF_BYTES_MAX
from gongguan.protocol.note import PLAIN, NoteKey, NoteSigner
from tests.protocol.samples import COSIGNER_KEY, LOG_KEY, SENDER_KEY, TIME_S, key, sample, verifier, vkey

MADE = sample()
KEYS = [SENDER_KEY, COSIGNER_KEY]
FILE = MADE.proof(3)


@pytest.mark.parametrize("size", [1, 2, 7, 8, 33])
def test_every_message_of_a_log_is_provable_with_the_receipt(size: int) -> None:
    made = sample(size)
    for index, message in enumerate(made.messages):
        shown = proof.verify(made.proof(index), iter(KEYS))
        assert (shown.message, shown.index, shown.checkpoint) == (message, index, made.checkpoint)
        assert shown.value == canonical.decode(message)
        assert shown.received_at_s == TIME_S


def test_without_the_receivers_key_nothing_is_said_of_the_receipt() -> None:
    assert proof.verify(FILE, [SENDER_KEY]).received_at_s is None
    inclusion = merkle.inclusion_proof(MADE.leaves, 3)
    unreceipted = proof.export(MADE.messages[3], 3, inclusion, MADE.signed)
    assert proof.verify(unreceipted, KEYS).received_at_s is None


def test_without_the_senders_key_nothing_is_proved() -> None:
    for keys in ([], [COSIGNER_KEY], [NoteKey(SENDER_KEY.name, PLAIN, key(9).public)]):
        with pytest.raises(ProtocolError, match="A-no-known-signer"):
            proof.verify(FILE, keys)


def test_a_known_key_under_another_name_is_not_the_senders() -> None:
    other = NoteSigner("gongguan/1/another", PLAIN, LOG_KEY)
    signed = note.sign(MADE.checkpoint.text(), [other])
    data = proof.export(MADE.messages[3], 3, merkle.inclusion_proof(MADE.leaves, 3), signed)
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        proof.verify(data, [verifier(other)])


def test_a_proof_that_does_not_hold_is_neither_made_nor_believed() -> None:
    inclusion = merkle.inclusion_proof(MADE.leaves, 3)
    for message, index, hashes in [
        (MADE.messages[2], 3, inclusion),
        (MADE.messages[3], 2, inclusion),
        (MADE.messages[3], 3, inclusion[:-1]),
        (MADE.messages[3], 7, inclusion),
    ]:
        with pytest.raises(ProtocolError, match="P-proof"):
            proof.export(message, index, hashes, MADE.receipted)
    for old, new in [
        (b"index 3", b"index 2"),
        (note.to_base64(MADE.messages[3]).encode(), note.to_base64(MADE.messages[2]).encode()),
    ]:
        with pytest.raises(ProtocolError, match="P-proof"):
            proof.verify(FILE.replace(old, new), KEYS)


def test_a_message_that_is_not_canonical_is_not_shown() -> None:
    raw = b'{"a": 1}'
    head = log.Checkpoint(MADE.checkpoint.origin, 1, merkle.leaf_hash(raw))
    data = proof.export(raw, 0, [], log.sign_checkpoint(head, LOG_KEY))
    with pytest.raises(ProtocolError, match="S-not-canonical"):
        proof.verify(data, KEYS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"tlog-proof@v1", b"tlog-proof@v2"),
        (b"extra ", b"extra  "),
        (b"extra ", b"EXTRA "),
        (b"index 3", b"index 03"),
        (b"index 3", b"index -3"),
        (b"index 3", b"index 3 "),
        (b"index 3", b"index 3\nAAAA"),
        (b"index 3", b"index 3\n"),
        (b"c2sp", b"\xff"),
    ],
)
def test_a_file_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(ProtocolError, match=r"S-(proof|note|checkpoint)"):
        proof.verify(FILE.replace(old, new, 1), KEYS)


def test_a_file_has_a_size() -> None:
    with pytest.raises(ProtocolError, match="R-too-large"):
        proof.verify(b"x" * (PROOF_BYTES_MAX + 1), KEYS)
    message = b'"' + b"a" * PROOF_BYTES_MAX + b'"'
    head = log.Checkpoint(MADE.checkpoint.origin, 1, merkle.leaf_hash(message))
    with pytest.raises(ProtocolError, match="R-too-large"):
        proof.export(message, 0, [], log.sign_checkpoint(head, LOG_KEY))


@given(st.integers(0, len(FILE) - 1), st.integers(1, 255))
def test_no_changed_byte_goes_unseen(position: int, change: int) -> None:
    changed = bytearray(FILE)
    changed[position] ^= change
    try:
        shown = proof.verify(bytes(changed), KEYS)
    except ProtocolError:
        return
    # What is left is a change that makes the receiver's line one of an unknown key: then nothing is said of it.
    assert shown.message == MADE.messages[3] and shown.received_at_s is None


@given(st.binary(), st.integers(0, len(FILE)))
def test_any_bytes_give_the_message_or_a_typed_refusal(data: bytes, kept: int) -> None:
    for candidate in (data, FILE[:kept] + data + FILE[kept + 1 :]):
        try:
            shown = proof.verify(candidate, KEYS)
        except ProtocolError:
            continue
        assert shown.message == MADE.messages[3]


def test_the_files_that_were_published_still_hold() -> None:
    top = Path(__file__).parent.parent / "vectors/notes"
    data = (top / "message.tlog-proof").read_bytes()
    assert data == FILE
    shown = proof.verify(data, KEYS)
    assert shown.value == {"kind": "notice.plain", "number": 3, "text": ""}
    assert (top / "keys.txt").read_text().split() == [vkey(item) for item in KEYS]
    for path in sorted((top / "bad").glob("*.tlog-proof")):
        expected = path.name.split(".")[0]
        with pytest.raises(ProtocolError) as refusal:
            proof.verify(path.read_bytes(), KEYS)
        assert refusal.value.code == expected, path.name
