"""The Merkle tree of a log: RFC 6962 section 2.1 with SHA-256.

A leaf is hashed with the prefix 0x00, a node with 0x01; every hash is 32 bytes. Roots and proofs are functions of the
list of leaf hashes; a growing log keeps only a ``CompactRange``, the roots of its full subtrees (at most 63 hashes)::

    frontier = CompactRange().extend(leaf_hash(message) for message in segment)
    verify_inclusion(leaf_hash(segment[2]), 2, frontier.size, proof, frontier.root())

Verifiers return None or raise P-proof. The algorithms are those of RFC 9162 sections 2.1.3 and 2.1.4, in the form for
subtrees (draft-ietf-plants-merkle-tree-certs section 4), of which a whole tree is the case ``start = 0``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import PROOF_HASHES_MAX

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

_SIZE_BYTES: Final = 8


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 ‖ data)."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The frontier of a tree: ``size`` leaves, ``hashes`` = roots of its full subtrees, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.hashes) != self.size.bit_count() or set(map(len, self.hashes)) - {HASH_BYTES}:
            raise refuse("S-frontier", size=self.size, hashes=len(self.hashes))

    def append(self, leaf: bytes) -> "CompactRange":
        """The frontier with one more leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> "CompactRange":
        """The frontier with more leaf hashes, hashed level by level (about one microsecond a leaf)."""
        row = list(leaves)
        size = self.size + len(row)
        held = list(self.hashes)  # its last entry is the smallest subtree
        frontier: list[bytes] = []
        level = 0
        while row:
            if self.size >> level & 1:
                row.insert(0, held.pop())
            if len(row) & 1:
                frontier.append(row.pop())
            row = [sha256(b"\1" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
            level += 1
        return CompactRange(size, (*held, *reversed(frontier)))

    def root(self) -> bytes:
        """The root of the tree; that of the empty tree is SHA-256 of nothing."""
        return _root_of(self.hashes)

    def to_bytes(self) -> bytes:
        """Size as 8 bytes big-endian, then the hashes."""
        return self.size.to_bytes(_SIZE_BYTES, "big") + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "CompactRange":
        """The frontier that ``to_bytes`` wrote. Raises S-frontier for any other bytes."""
        size = int.from_bytes(data[:_SIZE_BYTES], "big")
        if len(data) != _SIZE_BYTES + size.bit_count() * HASH_BYTES:
            raise refuse("S-frontier", bytes=len(data))
        return cls(size, tuple(data[at : at + HASH_BYTES] for at in range(_SIZE_BYTES, len(data), HASH_BYTES)))


NOTHING: Final = CompactRange()
"""The frontier of the empty tree."""


@lru_cache(maxsize=128)
def _root_of(hashes: tuple[bytes, ...]) -> bytes:
    """Asked for when a head is signed or verified, and again when others are told how far the log has come."""
    if not hashes:
        return EMPTY_ROOT
    top = hashes[-1]
    for subtree in reversed(hashes[:-1]):
        top = node_hash(subtree, top)
    return top


@lru_cache(maxsize=1024)
def frontier_of(data: bytes) -> CompactRange:
    """``CompactRange.from_bytes``, remembered: each transaction asks for those of all epochs."""
    return CompactRange.from_bytes(data)


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    return CompactRange().extend(leaf_hashes).root()


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from the leaf to below the root. Raises P-proof when there is no such leaf."""
    return inclusion_proofs(leaf_hashes, [index])[0]


def inclusion_proofs(leaf_hashes: Sequence[bytes], indexes: Sequence[int]) -> list[list[bytes]]:
    """``inclusion_proof`` of many leaves of one tree, which is hashed once for all of them."""
    for index in indexes:
        if not 0 <= index < len(leaf_hashes):
            raise refuse("P-proof", reason="no such leaf", index=index, size=len(leaf_hashes))
    proofs: list[list[bytes]] = [[] for _ in indexes]
    row, level = list(leaf_hashes), 0
    while len(row) > 1:
        for proof, index in zip(proofs, indexes, strict=True):
            sibling = index >> level ^ 1
            if sibling < len(row):
                proof.append(row[sibling])
        odd = row[len(row) & ~1 :]  # a last node without a sibling moves up as it is
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=False)] + odd
        level += 1
    return proofs


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int, behind: CompactRange = NOTHING) -> list[bytes]:
    """The proof that the first ``old_size`` leaves are a prefix (RFC 6962 section 2.1.2), empty for an equal size.

    ``behind``: what stands before these leaves, not beyond the old size: of that the frontier is enough.
    Raises P-proof when the tree is smaller, or for 0, of which nothing can be proved.
    """
    start, end = 0, behind.size + len(leaf_hashes)
    if not max(1, behind.size) <= old_size <= end:
        raise refuse("P-proof", reason="no such size", old_size=old_size, size=end)
    proof = []
    while old_size != end:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if old_size <= middle:
            proof.append(_subtree(behind, leaf_hashes, middle, end))
            end = middle
        else:
            proof.append(_subtree(behind, leaf_hashes, start, middle))
            start = middle
    if start:  # at 0 it is the whole old tree, whose root the verifier holds already
        proof.append(_subtree(behind, leaf_hashes, start, end))
    return proof[::-1]


def _subtree(behind: CompactRange, leaf_hashes: Sequence[bytes], start: int, end: int) -> bytes:
    """The root over these positions, which begin where a subtree of ``behind`` does, or after it."""
    if start >= behind.size:
        return root(leaf_hashes[start - behind.size : end - behind.size])
    inside, at = [], 0
    for level, subtree in zip(_levels(behind.size), behind.hashes, strict=True):
        if start <= at < end:
            inside.append(subtree)
        at += 1 << level
    held = CompactRange(min(behind.size, end) - start, tuple(inside))
    return held.extend(leaf_hashes[: max(0, end - behind.size)]).root()


def _levels(size: int) -> list[int]:
    """The levels of the full subtrees of a tree of this size, the largest first."""
    return [level for level in reversed(range(size.bit_length())) if size >> level & 1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """None when the leaf hash stands at ``index`` in the tree of ``size`` leaves with ``root``; else P-proof."""
    verify_subtree_inclusion(leaf, index, proof, root, start=0, end=size)


def verify_subtree_inclusion(
    leaf: bytes, index: int, proof: Sequence[bytes], root: bytes, *, start: int, end: int
) -> None:
    """None when the leaf hash stands at ``index`` in the subtree [start, end) with ``root``; else P-proof."""
    if not (_is_subtree(start, end) and start <= index < end and len(leaf) == HASH_BYTES):
        raise refuse("P-proof", reason="no such leaf", index=index, start=start, end=end)
    _check_hashes(proof)
    node, last, top = index - start, end - start - 1, leaf
    for sibling in proof:
        if last == 0:
            raise refuse("P-proof", reason="too long", index=index)
        if node & 1 or node == last:
            top = node_hash(sibling, top)
            shift = _zeros_below(node)
            node, last = node >> shift, last >> shift
        else:
            top = node_hash(top, sibling)
        node, last = node >> 1, last >> 1
    if last or top != root:
        raise refuse("P-proof", reason="another root", index=index, start=start, end=end)


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """None when the tree of ``old_size`` leaves is a prefix of that of ``new_size``; else P-proof.

    An ``old_size`` of 0 is refused: every tree grows from the empty one, so a "proof" of it would say nothing.
    """
    if old_size == 0:
        raise refuse("P-proof", reason="nothing to be consistent with", new_size=new_size)
    verify_subtree_consistency(proof, old_root, new_root, start=0, end=old_size, size=new_size)


def verify_subtree_consistency(
    proof: Sequence[bytes], subtree_root: bytes, root: bytes, *, start: int, end: int, size: int
) -> None:
    """None when the subtree [start, end) with ``subtree_root`` is part of the tree of ``size`` leaves; else P-proof.

    Of an empty subtree nothing is claimed: its root is that of the empty tree and its proof is empty.
    """
    if not _is_subtree(start, end) or end > size:
        raise refuse("P-proof", reason="no such subtree", start=start, end=end, size=size)
    _check_hashes(proof)
    if start == end:
        if proof or subtree_root != EMPTY_ROOT:
            raise refuse("P-proof", reason="an empty subtree", start=start)
        return
    first, last, final = start, end - 1, size - 1
    while first != last and (last & 1 or last == final):
        first, last, final = first >> 1, last >> 1, final >> 1
    path = list(proof)
    if first != last and not path:
        raise refuse("P-proof", reason="too short", start=start, end=end)
    old_top = new_top = subtree_root if first == last else path.pop(0)
    for sibling in path:
        if final == 0:
            raise refuse("P-proof", reason="too long", start=start, end=end)
        if last & 1 or last == final:
            if first < last:
                old_top = node_hash(sibling, old_top)
            new_top = node_hash(sibling, new_top)
            shift = _zeros_below(last)
            first, last, final = first >> shift, last >> shift, final >> shift
        else:
            new_top = node_hash(new_top, sibling)
        first, last, final = first >> 1, last >> 1, final >> 1
    if final or old_top != subtree_root or new_top != root:
        raise refuse("P-proof", reason="another root", start=start, end=end, size=size)


def _is_subtree(start: int, end: int) -> bool:
    """[start, end) is a node of some tree: ``start`` is a multiple of the smallest power of two that holds it."""
    width = end - start
    return 0 <= start <= end and (width == 0 or start % (1 << (width - 1).bit_length()) == 0)


def _zeros_below(number: int) -> int:
    """Zero bits below the lowest one bit of a number above 0."""
    return (number & -number).bit_length() - 1


def _check_hashes(proof: Sequence[bytes]) -> None:
    if len(proof) > PROOF_HASHES_MAX or any(len(item) != HASH_BYTES for item in proof):
        raise refuse("P-proof", reason="not a list of hashes", hashes=len(proof))
