"""Two heads that no history has both: proof for whoever has the key, of one size and of different ones."""

import pytest

from gongguan.protocol import fork, log, merkle
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.log import Checkpoint
from tests.protocol.samples import LOG_KEY, ORIGIN, key, sample

TREES = range(2, 20)


def leaves(size: int, differs_from: int | None = None) -> list[bytes]:
    """The leaves of a log, or of another history of it that differs from this position on."""
    told = [
        f"{number}" if differs_from is None or number < differs_from else f"other {number}" for number in range(size)
    ]
    return [merkle.leaf_hash(text.encode()) for text in told]


def head(leaf_hashes: list[bytes]) -> bytes:
    return log.sign_checkpoint(Checkpoint(ORIGIN, len(leaf_hashes), merkle.root(leaf_hashes)), LOG_KEY)


def test_two_roots_for_one_size_are_a_proof_and_nothing_else_is() -> None:
    one, other = sample().signed, sample(mark="otherwise").signed
    proof = fork.prove(one, other, LOG_KEY.public, ORIGIN)
    assert (proof.origin, proof.size, proof.notes) == (ORIGIN, 7, (one, other))
    for harmless in (one, sample(8).signed, sample(6, "otherwise").signed):
        with pytest.raises(ProtocolError, match="P-proof"):
            fork.prove(one, harmless, LOG_KEY.public, ORIGIN)
    forged = log.sign_checkpoint(sample(mark="otherwise").checkpoint, key(9))
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        fork.prove(one, forged, LOG_KEY.public, ORIGIN)


@pytest.mark.parametrize("size", TREES)
def test_a_smaller_head_of_another_history_is_proved_by_the_path_and_that_of_the_same_history_is_not(size: int) -> None:
    whole = leaves(size)
    for smaller in range(1, size):
        path = fork.path_between(whole, smaller)
        for differs_from in range(smaller):
            other = head(leaves(smaller, differs_from))
            proof = fork.prove(head(whole), other, LOG_KEY.public, ORIGIN, path)
            assert (proof.size, proof.notes[1]) == (smaller, other)
        with pytest.raises(ProtocolError, match="P-proof"):
            fork.prove(head(whole), head(whole[:smaller]), LOG_KEY.public, ORIGIN, path)


def test_a_path_that_does_not_lead_to_the_larger_head_proves_nothing() -> None:
    whole, other = leaves(9), head(leaves(5, 2))
    path = fork.path_between(whole, 5)
    bent = (path[0], *path[1:-1], bytes(32))
    made_up = (bytes(32), *path[1:])
    for wrong in (bent, made_up, path[:1], fork.path_between(whole, 6), path[:-1]):
        with pytest.raises(ProtocolError, match="P-proof"):
            fork.prove(head(whole), other, LOG_KEY.public, ORIGIN, wrong)
    for swapped in ((head(whole[:5]), other), (other, head(whole))):
        with pytest.raises(ProtocolError, match="P-proof"):
            fork.prove(*swapped, LOG_KEY.public, ORIGIN, path)


def test_the_file_holds_for_the_key_that_signed_and_for_no_other() -> None:
    whole, other = leaves(9), head(leaves(5, 2))
    proof = fork.prove(head(whole), other, LOG_KEY.public, ORIGIN, fork.path_between(whole, 5))
    assert fork.unpacked(fork.packed(proof.path)) == proof.path
    data = fork.export(proof)
    assert fork.is_one(data)
    assert fork.verify(data, [key(9).public, LOG_KEY.public]) == proof
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        fork.verify(data, [key(9).public])
    alike = fork.export(fork.prove(head(leaves(5)), other, LOG_KEY.public, ORIGIN))
    assert fork.verify(alike, [LOG_KEY.public]).path == ()


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: data.replace(b'"path"', b'"way"'),
        lambda data: data.replace(b'"path":["', b'"path":["AA==","'),
        lambda data: data.replace(b'"first":"', b'"first": "'),
        lambda data: b"gongguan case 1\n",
        lambda data: data[:40] + b"\xff" + data[40:],
        lambda data: data + b" " * fork.FORK_BYTES_MAX,
    ],
)
def test_a_file_that_is_not_in_its_form_is_refused_by_code(harm: object) -> None:
    assert callable(harm)
    whole = leaves(9)
    made = fork.prove(head(whole), head(leaves(5, 2)), LOG_KEY.public, ORIGIN, fork.path_between(whole, 5))
    with pytest.raises(ProtocolError) as caught:
        fork.verify(harm(fork.export(made)), [LOG_KEY.public])
    assert caught.value.code in ("P-proof", "R-too-large", "S-note")
