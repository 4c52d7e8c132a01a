"""What we sign, read by a C2SP implementation that we did not write."""

import pytest

from gongguan.protocol import merkle, note
from gongguan.protocol.note import PLAIN, NoteSigner
from tests.protocol.samples import COSIGNER_KEY, LOG_KEY, ORIGIN, SENDER_KEY, TIME_S, key, sample, verifier, vkey

aics = pytest.importorskip(
    "aics_tlog", reason="needs aics-tlog: pip install --ignore-requires-python -r tests/requirements-oracle.txt"
)

MADE = sample(13)


def test_it_reads_our_keys() -> None:
    for ours in (SENDER_KEY, COSIGNER_KEY):
        theirs = aics.parse_vkey(vkey(ours))
        assert (theirs.name, theirs.key_id, theirs.public_key) == (ours.name, ours.key_id, ours.public.raw)


def test_it_verifies_our_checkpoint_and_the_receipt_as_a_cosignature() -> None:
    result = aics.verify_checkpoint(
        aics.parse_note(MADE.receipted),
        aics.parse_vkey(vkey(SENDER_KEY)),
        [aics.parse_vkey(vkey(COSIGNER_KEY))],
        quorum=1,
        expected_origin=ORIGIN,
    )
    assert result.ok, result
    assert (result.origin, result.size, result.root) == (ORIGIN, 13, MADE.checkpoint.root)
    assert (result.log_ok, result.cosignature_count) == (True, 1)
    line = note.parse(MADE.receipted).lines[1]
    assert aics.cosign.cosignature_timestamp(line.signature) == TIME_S


def test_it_refuses_what_we_refuse() -> None:
    altered = aics.parse_note(MADE.receipted.replace(b"\n13\n", b"\n14\n"))
    sender, cosigner = aics.parse_vkey(vkey(SENDER_KEY)), aics.parse_vkey(vkey(COSIGNER_KEY))
    assert not aics.verify_checkpoint(altered, sender, [cosigner], quorum=1).ok
    unreceipted = aics.parse_note(MADE.signed)
    assert not aics.verify_checkpoint(unreceipted, sender, [cosigner], quorum=1).ok


def test_it_verifies_our_proof_files() -> None:
    """It has no reader of tlog-proof files: the file is cut by the format's own rules, the parts are given to it."""
    for index in range(13):
        head, _, checkpoint_note = MADE.proof(index).decode().partition("\n\n")
        first, extra, index_row, *hashes = head.split("\n")
        assert (first, index_row) == ("c2sp.org/tlog-proof@v1", f"index {index}")
        message = aics.note.b64_decode(extra.removeprefix("extra "))
        checkpoint, _ = aics.checkpoint.checkpoint_from_note(checkpoint_note)
        proof = [aics.note.b64_decode(row) for row in hashes]
        assert aics.verify_leaf_inclusion(message, index, checkpoint.size, proof, checkpoint.root)


def test_it_has_the_same_trees_and_proofs() -> None:
    tree = aics.MerkleTree(MADE.messages)
    for size in range(14):
        assert tree.root(size) == merkle.root(MADE.leaves[:size])
    for index in range(13):
        assert tree.inclusion_proof(index) == merkle.inclusion_proof(MADE.leaves, index)
    for old_size in range(1, 14):
        assert tree.consistency_proof(old_size) == merkle.consistency_proof(MADE.leaves, old_size)


def test_it_verifies_a_text_with_two_signers() -> None:
    signers = [NoteSigner("云南/origin", PLAIN, LOG_KEY), NoteSigner("广东/destination", PLAIN, key(3))]
    parsed = aics.parse_note(note.sign("gongguan agreement 1\n\n双方\n", signers))
    for signer in signers:
        assert aics.verify_note(parsed, [aics.parse_vkey(vkey(verifier(signer)))])
    assert not aics.verify_note(parsed, [aics.parse_vkey(vkey(SENDER_KEY))])
