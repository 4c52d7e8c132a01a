"""Receipts: who cosigned which head, and when."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import note, receipt
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import NOTE_SIGNATURES_MAX
from gongguan.protocol.note import COSIGNATURE, PLAIN, NoteKey, NoteSigner, SignatureLine
from tests.protocol.samples import COSIGNER, COSIGNER_KEY, LOG_KEY, SENDER_KEY, TIME_S, key, sample, verifier

MADE = sample()


def test_a_receipt_names_the_head_and_the_time_and_keeps_the_senders_line() -> None:
    assert receipt.verify_receipt(MADE.receipted, COSIGNER_KEY) == (MADE.checkpoint, TIME_S)
    assert note.verify(MADE.receipted, [SENDER_KEY]) == MADE.checkpoint.text()
    assert MADE.receipted.startswith(MADE.signed)


@given(st.integers(0, 2**53 - 1))
def test_the_time_comes_back(time_s: int) -> None:
    assert receipt.verify_receipt(receipt.cosign(MADE.signed, COSIGNER, time_s), COSIGNER_KEY)[1] == time_s


def test_of_two_receipts_the_first_time_counts() -> None:
    again = receipt.cosign(receipt.cosign(MADE.signed, COSIGNER, 20), COSIGNER, 10)
    assert receipt.verify_receipt(again, COSIGNER_KEY)[1] == 10


def test_the_time_is_under_the_signature() -> None:
    (line,) = note.parse(MADE.receipted).lines[1:]
    earlier = SignatureLine(line.name, line.key_id, (TIME_S - 1).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(ProtocolError, match="A-signature"):
        receipt.verify_receipt(note.assemble(MADE.checkpoint.text(), [earlier]), COSIGNER_KEY)


@pytest.mark.parametrize("signature", [b"x", bytes(8), bytes(71), bytes(73), b"\xff" * 72])
def test_a_signature_of_another_form_is_refused(signature: bytes) -> None:
    line = SignatureLine(COSIGNER.name, COSIGNER_KEY.key_id, signature)
    with pytest.raises(ProtocolError, match="A-signature"):
        receipt.verify_receipt(note.assemble(MADE.checkpoint.text(), [line]), COSIGNER_KEY)


def test_a_head_without_the_partners_line_is_no_receipt() -> None:
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        receipt.verify_receipt(MADE.signed, COSIGNER_KEY)
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        receipt.verify_receipt(MADE.receipted, verifier(NoteSigner(COSIGNER.name, COSIGNATURE, key(9))))


def test_the_senders_own_signature_is_no_receipt() -> None:
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        receipt.verify_receipt(MADE.signed, SENDER_KEY)
    with pytest.raises(ProtocolError, match="S-note"):
        receipt.cosign(MADE.signed, NoteSigner("log", PLAIN, LOG_KEY), TIME_S)
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        receipt.verify_receipt(MADE.receipted, NoteKey(COSIGNER.name, PLAIN, COSIGNER.key.public))


def test_only_a_checkpoint_is_cosigned() -> None:
    agreement = note.sign("gongguan agreement 1\n", [NoteSigner("log", PLAIN, LOG_KEY)])
    with pytest.raises(ProtocolError, match="S-checkpoint"):
        receipt.cosign(agreement, COSIGNER, TIME_S)


def test_times_and_signatures_have_bounds() -> None:
    for time_s in (-1, 2**53):
        with pytest.raises(ProtocolError, match="S-integer"):
            receipt.cosign(MADE.signed, COSIGNER, time_s)
    full = MADE.signed
    for _ in range(NOTE_SIGNATURES_MAX - 1):
        full = receipt.cosign(full, COSIGNER, TIME_S)
    with pytest.raises(ProtocolError, match="S-note"):
        receipt.cosign(full, COSIGNER, TIME_S)


@given(st.binary())
def test_any_bytes_give_a_receipt_or_a_typed_refusal(data: bytes) -> None:
    for candidate in (data, MADE.receipted[: len(data)] + data, MADE.checkpoint.text().encode() + b"\n" + data):
        with pytest.raises(ProtocolError):
            receipt.verify_receipt(candidate, COSIGNER_KEY)


def test_the_receipt_that_was_published_still_holds() -> None:
    data = (Path(__file__).parent.parent / "vectors/notes/receipt.note").read_bytes()
    assert data == MADE.receipted
    assert receipt.verify_receipt(data, COSIGNER_KEY) == (MADE.checkpoint, TIME_S)
