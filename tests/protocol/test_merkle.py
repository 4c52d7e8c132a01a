"""The tree against published vectors, a second definition of it, and its own proofs."""

from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import merkle
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.merkle import CompactRange
from tests.protocol import published

LEAVES = [merkle.leaf_hash(str(number).encode()) for number in range(70)]


def by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha256(b"\1" + by_definition(leaves[:left]) + by_definition(leaves[left:])).digest()


def holds(verify: Any, *args: Any, **named: Any) -> bool:
    try:
        assert verify(*args, **named) is None
    except ProtocolError as refusal:
        assert refusal.code == "P-proof"
        return False
    return True


def proof_of(case: Any) -> list[bytes]:
    return [b64decode(item) for item in case["proof"] or []]


@pytest.mark.parametrize(("name", "case"), published.cases("merkle/testdata/inclusion"))
def test_published_inclusion_proofs(name: str, case: Any) -> None:
    passed = holds(
        merkle.verify_inclusion,
        b64decode(case["leafHash"]),
        case["leafIdx"],
        case["treeSize"],
        proof_of(case),
        b64decode(case["root"]),
    )
    assert passed is not case["wantErr"], name


@pytest.mark.parametrize(("name", "case"), published.cases("merkle/testdata/consistency"))
def test_published_consistency_proofs(name: str, case: Any) -> None:
    roots = b64decode(case["root1"]), b64decode(case["root2"])
    passed = holds(merkle.verify_consistency, case["size1"], case["size2"], proof_of(case), *roots)
    assert passed is not case["wantErr"], name


@pytest.mark.parametrize(("name", "case"), published.cases("merkle/testdata/subtreeinclusion"))
def test_published_subtree_inclusion_proofs(name: str, case: Any) -> None:
    passed = holds(
        merkle.verify_subtree_inclusion,
        b64decode(case["leafHash"]),
        case["leafIdx"],
        proof_of(case),
        b64decode(case["root"]),
        start=case["start"],
        end=case["end"],
    )
    assert passed is not case["wantErr"], name


@pytest.mark.parametrize(("name", "case"), published.cases("merkle/testdata/subtreeconsistency"))
def test_published_subtree_consistency_proofs(name: str, case: Any) -> None:
    passed = holds(
        merkle.verify_subtree_consistency,
        proof_of(case),
        b64decode(case["root1"]),
        b64decode(case["root2"]),
        start=case["start"],
        end=case["end"],
        size=case["size"],
    )
    assert passed is not case["wantErr"], name


@pytest.mark.parametrize("size", range(len(LEAVES)))
def test_root_and_every_proof_of_a_tree(size: int) -> None:
    leaves = LEAVES[:size]
    root = by_definition(leaves)
    assert merkle.root(leaves) == root
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        merkle.verify_inclusion(leaves[index], index, size, proof, root)
        assert not holds(merkle.verify_inclusion, leaves[index], index, size, [*proof, leaves[0]], root)
        assert not holds(merkle.verify_inclusion, leaves[index], index ^ 1, size, proof, root) or size == 1
    for old_size in range(1, size + 1):
        proof = merkle.consistency_proof(leaves, old_size)
        for behind in range(old_size + 1):
            front = CompactRange().extend(leaves[:behind])
            assert merkle.consistency_proof(leaves[behind:], old_size, front) == proof
        old_root = by_definition(leaves[:old_size])
        merkle.verify_consistency(old_size, size, proof, old_root, root)
        if old_size < size:
            assert not holds(merkle.verify_consistency, old_size, size, proof[:-1], old_root, root)
            assert not holds(merkle.verify_consistency, old_size, size, proof, root, old_root)


def test_a_proof_for_what_is_not_there_is_refused() -> None:
    assert not holds(merkle.inclusion_proof, LEAVES[:3], 3)
    assert not holds(merkle.inclusion_proof, LEAVES[:3], -1)
    assert not holds(merkle.consistency_proof, LEAVES[:3], 4)
    assert not holds(merkle.consistency_proof, LEAVES[:3], -1)
    assert not holds(merkle.consistency_proof, LEAVES[:3], 0)
    assert not holds(merkle.consistency_proof, LEAVES[2:3], 1, CompactRange().extend(LEAVES[:2]))
    assert not holds(merkle.verify_consistency, 0, 0, [], merkle.EMPTY_ROOT, merkle.EMPTY_ROOT)
    assert not holds(merkle.verify_consistency, 0, 1, [], merkle.EMPTY_ROOT, LEAVES[0])
    assert not holds(merkle.verify_inclusion, LEAVES[0], 0, 2, [LEAVES[1][:31]], merkle.root(LEAVES[:2]))


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_frontier_grows_by_any_portions_to_the_root_of_all_leaves(portions: list[int]) -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(sum(portions))]
    frontier, done = CompactRange(), 0
    for portion in portions:
        frontier = frontier.extend(leaves[done : done + portion])
        done += portion
        assert frontier.root() == by_definition(leaves[:done])
        assert CompactRange.from_bytes(frontier.to_bytes()) == frontier
    assert frontier.size == len(leaves)


def test_appending_leaf_by_leaf_gives_the_same_value_as_all_at_once() -> None:
    frontier = CompactRange()
    for leaf in LEAVES:
        frontier = frontier.append(leaf)
    assert frontier == CompactRange().extend(iter(LEAVES))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_frontier_or_a_typed_refusal(data: bytes) -> None:
    try:
        frontier = CompactRange.from_bytes(data)
    except ProtocolError as refusal:
        assert refusal.code == "S-frontier"
    else:
        assert frontier.to_bytes() == data
