"""Proof of a fork: two heads of one log, both signed by its owner, that no history has both.

Of one size they have different roots. Of different sizes the larger one does not grow out of the smaller: a *path*
shows it, first the root that the larger head's tree has at the smaller size, then the proof that it has
(RFC 6962 section 2.1.2). Whoever has the owner's key needs nothing else::

    proof = prove(first, second, key, origin, path)
    data = export(proof); read(data)          # the file by which an officer shows it to others
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from gongguan.protocol import canonical, merkle, note
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.keys import PublicKey
from gongguan.protocol.limits import PROOF_HASHES_MAX
from gongguan.protocol.log import Checkpoint, open_checkpoint
from gongguan.protocol.merkle import HASH_BYTES, NOTHING, CompactRange

FIRST_LINE: Final = b"gongguan fork 1\n"
FORK_BYTES_MAX: Final = 16 << 10
"""Two heads of some hundred bytes and at most 65 hashes."""


@dataclass(frozen=True, slots=True)
class ForkProof:
    """``size``: the smaller one, at which the histories differ. ``notes``: the larger head, or either, first."""

    origin: str
    size: int
    notes: tuple[bytes, bytes]
    path: tuple[bytes, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: str
    path: tuple[str, ...]
    second: str


def prove(first: bytes, second: bytes, key: PublicKey, origin: str, path: Sequence[bytes] = ()) -> ForkProof:
    """The proof that the owner of ``key`` signed two histories of the log ``origin``.

    Raises P-proof when the heads do not contradict each other, and what ``open_checkpoint`` raises.
    """
    one, other = open_checkpoint(first, key, origin), open_checkpoint(second, key, origin)
    if not path:
        if one.size != other.size or one.root == other.root:
            raise refuse("P-proof", reason="the heads do not contradict each other", sizes=(one.size, other.size))
    else:
        root, *proof = path
        merkle.verify_consistency(other.size, one.size, proof, root, one.root)
        if other.size >= one.size or root == other.root:
            raise refuse("P-proof", reason="the larger head grows out of the smaller", sizes=(one.size, other.size))
    return ForkProof(origin, other.size, (first, second), tuple(path))


def path_between(leaf_hashes: Sequence[bytes], size: int, behind: CompactRange = NOTHING) -> tuple[bytes, ...]:
    """The path for a head over these leaves, with what stands ``behind`` them, and one that has another root at
    ``size``."""
    proof = merkle.consistency_proof(leaf_hashes, size, behind)
    return (behind.extend(leaf_hashes[: size - behind.size]).root(), *proof)


def packed(path: Iterable[bytes]) -> bytes:
    """A path as it is stored."""
    return b"".join(path)


def unpacked(data: bytes) -> tuple[bytes, ...]:
    """The path that ``packed`` stored."""
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def export(proof: ForkProof) -> bytes:
    """The file."""
    first, second = (data.decode() for data in proof.notes)
    value = {"first": first, "path": [note.to_base64(item) for item in proof.path], "second": second}
    return FIRST_LINE + canonical.encode(value) + b"\n"


def is_one(data: bytes) -> bool:
    """Whether this is such a file, true or not."""
    return data.startswith(FIRST_LINE)


def read(data: bytes) -> tuple[bytes, bytes, tuple[bytes, ...]]:
    """Both heads and the path of a file, nothing of it verified. Raises P-proof, R-too-large."""
    if len(data) > FORK_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=FORK_BYTES_MAX)
    line = data.removeprefix(FIRST_LINE)
    if not is_one(data) or not line.endswith(b"\n"):
        raise refuse("P-proof", reason="form")
    try:
        given = msgspec.convert(canonical.decode(line[:-1]), ready(_File))
    except (ProtocolError, msgspec.ValidationError) as error:
        raise refuse("P-proof", reason="form") from error
    path = tuple(note.from_base64(item) or b"" for item in given.path)
    if len(path) > PROOF_HASHES_MAX + 1 or any(len(item) != HASH_BYTES for item in path):
        raise refuse("P-proof", reason="path")
    return given.first.encode(), given.second.encode(), path


def verify(data: bytes, keys: Iterable[PublicKey]) -> ForkProof:
    """What a file proves, if one of these log keys of its owner signed both. Raises P-proof, A-no-known-signer."""
    first, second, path = read(data)
    origin = Checkpoint.parse(note.parse(first).text).origin
    unknown = refuse("A-no-known-signer")
    for key in keys:
        try:
            return prove(first, second, key, origin, path)
        except ProtocolError as error:
            if error.code != "A-no-known-signer":
                raise
            unknown = error
    raise unknown
