"""Erased messages: what stands in a log where a message was, and when a member may be erased.

The bytes of a message are gone; its leaf hash stays, so that all heads and all proofs of other messages still hold. In
place of the bytes stands, and travels, an *erased leaf*: the leaf hash, the message's id (so that it cannot be said
again), what its author had seen (so that the order of everything else stays what it was), and the unit that it was in::

    data = leave(ErasedLeaf(id=…, leaf=…, seen=…, unit=…))
    is_erased(data), leaf_hash(data)          # True, the hash of the bytes that were there

Nothing in it can be checked against a signature but the hash. So it is taken only where it proves nothing new: of the
recipient's own log, or below a head that the recipient itself had receipted (protocol/session.py).
"""

from typing import Annotated, Final

import msgspec

from gongguan.protocol import merkle
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import SEEN_HEADS_MAX
from gongguan.protocol.messages.envelope import Hash, Head, Hex32

MAGIC: Final = b"gongguan erased 1\n"
"""No message begins like this: messages are JSON."""


class ErasedLeaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left of a message. ``unit``: the first 16 bytes of SHA-256(agreement id, line feed, pseudonym)."""

    id: Hex32
    leaf: Hash
    seen: Annotated[tuple[Head, ...], msgspec.Meta(max_length=SEEN_HEADS_MAX)]
    unit: Hex32


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(ErasedLeaf)


def leave(leaf: ErasedLeaf) -> bytes:
    """The bytes that stand where the message was."""
    return MAGIC + _ENCODER.encode(leaf)


def is_erased(data: bytes) -> bool:
    """Whether these bytes stand for an erased message."""
    return data.startswith(MAGIC)


def read(data: bytes) -> ErasedLeaf:
    """What is left of the message. Raises ``S-erased`` for bytes that ``leave`` does not write."""
    try:
        leaf = _DECODER.decode(data[len(MAGIC) :])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise refuse("S-erased") from None
    if leave(leaf) != data:
        raise refuse("S-erased")
    return leaf


def leaf_hash(data: bytes) -> bytes:
    """The leaf hash of a message, or of the one that an erased leaf stands for. Raises ``S-erased``."""
    return bytes.fromhex(read(data).leaf) if data.startswith(MAGIC) else merkle.leaf_hash(data)
