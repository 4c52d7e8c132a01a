"""Proof files: one message, provable to a third party with neither node (c2sp.org/tlog-proof, version 1).

The file is text: the message in base64 (the format's ``extra`` line), its index, the inclusion proof, and the sender's
checkpoint with the receiver's cosignature, if there is one::

    c2sp.org/tlog-proof@v1
    extra eyJhdCI6…
    index 73894
    gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=

    gongguan/1/…
    109482
    sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=

    — gongguan/1/… hI2DJw…

It proves that the sender committed to the message and, when cosigned, that the receiver had it; not that it took
effect.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gongguan.protocol import canonical, merkle, note
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import PROOF_BYTES_MAX, PROOF_HASHES_MAX
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.note import COSIGNATURE, PLAIN, NoteKey

_FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof file shows: the message as bytes and as value, its place, the head, and the POSIX time at which
    a known receiver had it on disk (None without such a cosignature)."""

    message: bytes
    value: Any
    index: int
    checkpoint: Checkpoint
    received_at_s: int | None


@dataclass(frozen=True, slots=True)
class _Parts:
    message: bytes
    index: int
    inclusion: list[bytes]
    checkpoint_note: bytes


def export(message: bytes, index: int, inclusion: Sequence[bytes], checkpoint_note: bytes) -> bytes:
    """The proof file for the message at ``index`` under the head of ``checkpoint_note``.

    Raises P-proof when it would not hold, S-note, S-checkpoint, R-too-large.
    """
    checkpoint = Checkpoint.parse(note.parse(checkpoint_note).text)
    merkle.verify_inclusion(merkle.leaf_hash(message), index, checkpoint.size, inclusion, checkpoint.root)
    rows = [_FIRST_LINE, f"extra {note.to_base64(message)}", f"index {index}", *map(note.to_base64, inclusion)]
    data = "".join(f"{row}\n" for row in rows).encode() + b"\n" + checkpoint_note
    if len(data) > PROOF_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=PROOF_BYTES_MAX)
    return data


def verify(data: bytes, keys: Iterable[NoteKey]) -> Proven:
    """What the file proves, given the sender's log keys (name = origin, type 0x01; the one in force first) and, to
    learn of the receipt, the receiver's cosigning keys (type 0x04).

    A head under a key that was replaced counts with a receipt only: whoever stole such a key can sign heads, but has
    no receipt for them. Raises A-no-known-signer (no line of a log key), A-key-retired, A-signature, P-proof, S-proof,
    S-note, S-checkpoint, R-too-large, and what ``canonical.decode`` raises.
    """
    keys = list(keys)
    parts = _parse(data)
    signed = note.parse(parts.checkpoint_note)
    checkpoint = Checkpoint.parse(signed.text)
    lines = note.verified_lines(signed, keys)
    signers = [key for key, _ in lines if key.signature_type == PLAIN and key.name == checkpoint.origin]
    if not signers:
        raise refuse("A-no-known-signer", signatures=len(signed.lines))
    leaf = merkle.leaf_hash(parts.message)
    merkle.verify_inclusion(leaf, parts.index, checkpoint.size, parts.inclusion, checkpoint.root)
    times_s = [note.cosigned_at_s(line.signature) for key, line in lines if key.signature_type == COSIGNATURE]
    if not times_s and next(key for key in keys if key.signature_type == PLAIN) not in signers:
        raise refuse("A-key-retired", index=parts.index)
    value = canonical.decode(parts.message)
    return Proven(parts.message, value, parts.index, checkpoint, min(times_s, default=None))


def _parse(data: bytes) -> _Parts:
    if len(data) > PROOF_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=PROOF_BYTES_MAX)
    head, blank_line, checkpoint_note = data.partition(b"\n\n")
    try:
        rows = head.decode().split("\n")
    except UnicodeDecodeError:
        raise refuse("S-proof", reason="not UTF-8") from None
    if not blank_line or len(rows) < 3 or len(rows) > 3 + PROOF_HASHES_MAX:
        raise refuse("S-proof", lines=len(rows))
    index = _INDEX.match(rows[2])
    message = note.from_base64(rows[1].removeprefix("extra ")) if rows[1].startswith("extra ") else None
    inclusion = [note.from_base64(row) for row in rows[3:]]
    if rows[0] != _FIRST_LINE or not index or message is None:
        raise refuse("S-proof", reason="header")
    hashes = [item for item in inclusion if item is not None and len(item) == merkle.HASH_BYTES]
    if len(hashes) != len(inclusion):
        raise refuse("S-proof", reason="hashes")
    return _Parts(message, int(index[1]), hashes, checkpoint_note)
