"""What travels: ``header line ‖ sealed payload``, the same bytes over HTTP, a relay or a stick (``docs/wire.md`` 7).

The header is clear: who, to whom, which pairing, which sealing key. The payload is sealed with HPKE under the
recipient's key, with magic and header as ``info``, so a header cannot be moved to another payload. Inside: a *status
note*, signed, that names the SHA-256 of all the rest; then segments, receipts, questions and answers of
reconciliation, what the recipient itself had signed and seems to have lost, and files that messages name: asked for
and in parts. A bundle is taken whole or not at all.
"""

import hashlib
import zlib
from functools import cached_property
from typing import Annotated, Any, Final

import msgspec

from gongguan.protocol import note
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import SealingKey, SealingPublic
from gongguan.protocol.limits import (
    ATTACHMENT_PARTS_PER_BUNDLE_MAX,
    ATTACHMENT_WISHES_MAX,
    BUNDLE_BYTES_MAX,
    BUNDLE_QUESTIONS_MAX,
    BUNDLE_SEALED_BYTES_MAX,
    CARD_CHAIN_MAX,
    SEGMENT_MESSAGES_MAX,
)
from gongguan.protocol.messages.envelope import Hash, Hex32

MAGIC: Final = b"gongguan bundle 1\n"
HEADER_BYTES_MAX: Final = 1024
NodeId = Annotated[str, msgspec.Meta(pattern=r"^[a-z2-7]{32}\Z")]


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clear part: enough to route and to choose the key, nothing about any member."""

    sender: NodeId
    recipient: NodeId
    pairing: Hash
    sealing_key: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
    bundle: Hex32


class SegmentPart(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Messages ``start`` … of one epoch with the checkpoint that covers the last of them."""

    epoch: Hex32
    start: Annotated[int, msgspec.Meta(ge=0)]
    head: bytes
    messages: Annotated[tuple[bytes, ...], msgspec.Meta(min_length=1, max_length=SEGMENT_MESSAGES_MAX)]


class DigestQuestion(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Reconciliation: what the sender asks or answers about its shared records at a cut (see
    sync/exchange/reconcile.py).
    """

    session: Hex32
    agreement: Hash
    content: bytes


class Rest(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """All of the payload but the status note, whose ``rest`` is the SHA-256 of these bytes."""

    segments: Annotated[tuple[SegmentPart, ...], msgspec.Meta(max_length=10_000)] = ()
    receipts: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=1000)] = ()
    questions: Annotated[tuple[DigestQuestion, ...], msgspec.Meta(max_length=BUNDLE_QUESTIONS_MAX)] = ()
    answers: Annotated[tuple[DigestQuestion, ...], msgspec.Meta(max_length=64)] = ()
    returned: Annotated[tuple[SegmentPart, ...], msgspec.Meta(max_length=10_000)] = ()
    """Segments of the *recipient's* own logs, which its status did not show any more: it was restored from a backup."""
    wishes: Annotated[tuple[Wish, ...], msgspec.Meta(max_length=ATTACHMENT_WISHES_MAX)] = ()
    parts: Annotated[tuple[Part, ...], msgspec.Meta(max_length=ATTACHMENT_PARTS_PER_BUNDLE_MAX)] = ()
    cards: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=CARD_CHAIN_MAX)] = ()
    """The sender's cards that the recipient has not shown to hold, the oldest first: each proves itself."""
    shown: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=10_000)] = ()
    """The *recipient's* own receipts, where the segments hold erased messages that it had received once."""


class Payload(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, dict=True):
    """What is sealed."""

    status: bytes
    rest: bytes

    @cached_property
    def digest(self) -> str:
        """SHA-256 of ``rest``: asked for with each part of a bundle that is taken in several."""
        return hashlib.sha256(self.rest).hexdigest()


Size = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Version = Annotated[int, msgspec.Meta(ge=1, le=999)]


class Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The signed statement inside each bundle. Nothing in it but the segments' own heads has a lasting effect.

    ``heads``: own [epoch, size, receipted]. ``held``: the partner's [epoch, size, size of our receipt it showed].
    """

    pairing: Hash
    sender: NodeId
    recipient: NodeId
    bundle: Hex32
    rest: Hash
    heads: Annotated[tuple[tuple[Hex32, Size, Size], ...], msgspec.Meta(max_length=1000)]
    held: Annotated[tuple[tuple[Hex32, Size], ...], msgspec.Meta(max_length=1000)]
    protocol: tuple[Version, Version] = (1, 1)
    answers: Hex32 | msgspec.UnsetType = msgspec.UNSET
    complete: bool = False
    """All epochs are listed (the newest 500 a side), not only heads: after a restore heads may be unknown there."""
    card: Hash | msgspec.UnsetType = msgspec.UNSET
    """The newest card of the recipient that the sender holds; absent while that is the one of the pairing record."""


class Opened(msgspec.Struct, frozen=True):
    """A bundle after the seal and before any trust: the status note is not verified yet."""

    header: Header
    payload: Payload
    rest: Rest


_JSON: Final = msgspec.json.Encoder(order="sorted")
_HEADER: Final = msgspec.json.Decoder(Header)
_STATUS: Final = msgspec.json.Decoder(Status)
_PAYLOAD: Final = msgspec.msgpack.Decoder(Payload)
_REST: Final = msgspec.msgpack.Decoder(Rest)
_FIRST_FIELDS: Final = 5
"""So many fields every ``Rest`` has."""
_STATUS_TYPE: Final = "gongguan status 1\n"
SPOKEN: Final = (1, 1)
"""Lowest and highest version of the protocol that this software speaks."""
SMALL_BYTES_MAX: Final = 4096
SMALL_WINDOW_BITS: Final = 12
SMALL_MEMORY_LEVEL: Final = 5


def encode_rest(rest: Rest) -> bytes:
    """The bytes that the status note names by hash. Fields of a later software are left off where they are empty, so
    that a partner without them can read what does not need them."""
    fields = list(msgspec.structs.astuple(rest))
    while len(fields) > _FIRST_FIELDS and not fields[-1]:
        fields.pop()
    return msgspec.msgpack.encode(fields)


def status_text(status: Status) -> str:
    """The text of a status note."""
    return _STATUS_TYPE + _JSON.encode(status).decode() + "\n"


def parse_status(text: str) -> Status:
    """The status that a note's text says; raises ``S-note-type`` or ``S-bundle``."""
    note.check_type(text, "status")
    line = text[len(_STATUS_TYPE) :]
    try:
        status = _STATUS.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise refuse("S-bundle", part="status") from None
    if status_text(status) != text:
        raise refuse("S-not-canonical")
    return status


def seal(header: Header, status_note: bytes, rest: bytes, recipient: SealingPublic) -> bytes:
    """The bundle's bytes. Raises ``R-too-large`` when the content is above the bound."""
    plain = msgspec.msgpack.encode(Payload(status_note, rest))
    if len(plain) > BUNDLE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(plain), limit=BUNDLE_BYTES_MAX)
    line = _JSON.encode(header) + b"\n"
    return MAGIC + line + recipient.seal(MAGIC + line, _compressed(plain))


def _compressed(plain: bytes) -> bytes:
    """A small bundle looks back less far: making ready 256 KB of tables would take longer than compressing it."""
    if len(plain) > SMALL_BYTES_MAX:
        return zlib.compress(plain, 1)
    engine = zlib.compressobj(1, zlib.DEFLATED, SMALL_WINDOW_BITS, SMALL_MEMORY_LEVEL)
    return engine.compress(plain) + engine.flush()


def read_header(data: bytes) -> tuple[Header, int]:
    """The clear header and where the sealed part begins. Raises ``T-not-a-bundle``, ``S-bundle``, ``R-too-large``."""
    if len(data) > BUNDLE_SEALED_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=BUNDLE_SEALED_BYTES_MAX)
    if not data.startswith(MAGIC):
        raise refuse("T-not-a-bundle")
    end = data.find(b"\n", len(MAGIC), len(MAGIC) + HEADER_BYTES_MAX)
    if end < 0:
        raise refuse("S-bundle", part="header")
    line = data[len(MAGIC) : end]
    try:
        header = _HEADER.decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise refuse("S-bundle", part="header") from None
    if _JSON.encode(header) != line:
        raise refuse("S-not-canonical")
    return header, end + 1


def unseal(data: bytes, keys: tuple[SealingKey, ...], read: tuple[Header, int] | None = None) -> Opened:
    """Open and decode with whichever of ``keys`` the header names; ``read``: what ``read_header`` gave for it.

    Raises ``A-cannot-open``, ``S-bundle``, ``R-…``.
    """
    header, start = read or read_header(data)
    key = next((key for key in keys if key.key_id == header.sealing_key), None)
    if key is None:
        raise refuse("A-cannot-open", sealing_key=header.sealing_key)
    plain = _decompress(key.open(data[:start], data[start:]))
    payload: Payload = _decode(_PAYLOAD, plain, "payload")
    rest: Rest = _decode(_REST, payload.rest, "rest")
    return Opened(header, payload, rest)


def rest_digest(payload: Payload) -> str:
    """What the status note must name."""
    return payload.digest


def _decode(decoder: msgspec.msgpack.Decoder[Any], data: bytes, part: str) -> Any:
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise refuse("S-bundle", part=part) from None


def _decompress(data: bytes) -> bytes:
    """Never more than the bound in memory, whatever the bytes say (zip bombs)."""
    engine = zlib.decompressobj()
    try:
        plain = engine.decompress(data, BUNDLE_BYTES_MAX + 1)
    except zlib.error:
        raise refuse("S-bundle", part="compression") from None
    if len(plain) > BUNDLE_BYTES_MAX:
        raise refuse("R-too-large", limit=BUNDLE_BYTES_MAX)
    if not engine.eof or engine.unused_data:
        raise refuse("S-bundle", part="compression")
    return plain
