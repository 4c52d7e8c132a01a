"""Attachments: files that a message names and that travel beside it, in parts, when the other side asks for them.

A message names a file by SHA-256, size and type (``Attachment``). Whoever lacks it puts a *wish* into its bundles: the
hash and which parts are missing. The other side answers with *parts* of 256 KiB. Parts come in any order and any number
of times; what counts is the whole, checked against the hash and by its content::

    named = describe(data)                      # refuses what is no PDF, JPEG or PNG
    part = cut(data, 3)
    left = missing(named.size, held=0b111)      # which parts are still lacking, as bits
"""

import hashlib
from collections.abc import Iterator
from typing import Annotated, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import ATTACHMENT_BYTES_MAX, ATTACHMENT_PART_BYTES
from gongguan.protocol.messages.envelope import Hash, Message
from gongguan.protocol.messages.kind import Attachment, Kind, MediaType

PARTS_MAX: Final = ATTACHMENT_BYTES_MAX // ATTACHMENT_PART_BYTES
ENDS: Final[dict[MediaType, tuple[bytes, bytes]]] = {
    "application/pdf": (b"%PDF-", b"%%EOF"),
    "image/jpeg": (b"\xff\xd8\xff", b"\xff\xd9"),
    "image/png": (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
}
"""Media type → how its bytes begin, and what must stand near their end (ISO 32000 7.5, ISO 10918 B.1, PNG 5.2)."""
TAIL_BYTES: Final = 1024
"""Programs write a little behind the end of a PDF; readers look for it in the last 1024 bytes."""


class Wish(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Please send these parts of a file that a message names: bit n of ``missing`` is part n."""

    sha256: Hash
    missing: Annotated[int, msgspec.Meta(ge=1, lt=1 << PARTS_MAX)]


class Part(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Part ``number`` of a file, counted from 0: 256 KiB, the last one what is left."""

    sha256: Hash
    number: Annotated[int, msgspec.Meta(ge=0, lt=PARTS_MAX)]
    data: Annotated[bytes, msgspec.Meta(min_length=1, max_length=ATTACHMENT_PART_BYTES)]


def type_of(data: bytes) -> MediaType | None:
    """What these bytes are by their content, whatever they are called; None for anything that may not be attached."""
    for media_type, (begin, end) in ENDS.items():
        if data.startswith(begin) and end in data[-TAIL_BYTES:]:
            return media_type
    return None


def describe(data: bytes) -> Attachment:
    """How a message names this file. Raises ``R-attachment-size`` above 8 MiB, ``S-attachment`` for other contents."""
    if len(data) > ATTACHMENT_BYTES_MAX:
        raise refuse("R-attachment-size", bytes=len(data), limit=ATTACHMENT_BYTES_MAX)
    media_type = type_of(data)
    if media_type is None:
        raise refuse("S-attachment")
    return Attachment(sha256=hashlib.sha256(data).hexdigest(), size=len(data), type=media_type)


def count(size: int) -> int:
    """How many parts a file of this many bytes has."""
    return -(-size // ATTACHMENT_PART_BYTES)


def part_size(size: int, number: int) -> int:
    """Bytes of one part of a file; 0 or less for a part that it has not."""
    return min(ATTACHMENT_PART_BYTES, size - number * ATTACHMENT_PART_BYTES)


def cut(data: bytes, number: int) -> bytes:
    """One part of a file."""
    return data[number * ATTACHMENT_PART_BYTES : (number + 1) * ATTACHMENT_PART_BYTES]


def missing(size: int, held: int) -> int:
    """The parts that are lacking where those of the bits ``held`` are there."""
    return ((1 << count(size)) - 1) & ~held


def numbers(bits: int) -> Iterator[int]:
    """The parts that these bits name, in order."""
    return (number for number in range(PARTS_MAX) if bits >> number & 1)


def named_in(kind: Kind, message: Message) -> tuple[Attachment, ...]:
    """The files that a message names, in the fields that its kind's row lists (``approval.scan``: a field's field)."""
    found: list[Attachment] = []
    for path in kind.attachments:
        value = message.body
        for name in path.split("."):
            value = getattr(value, name, None)
        if isinstance(value, Attachment):
            found.append(value)
    return tuple(found)
