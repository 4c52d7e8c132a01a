"""The message: one JSON object in canonical bytes, the same for every kind (``docs/wire.md`` 4).

A message is written once as bytes and never changed: stored, hashed and sent as it is. Decoding is strict: unknown
fields, other types, other spellings of the same value are refused, since re-encoding must give the same bytes. A kind
that this node does not know decodes too, with its body unread: it is stored and waits for the upgrade.
"""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from gongguan.protocol import canonical
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import MESSAGE_BYTES_MAX, SEEN_HEADS_MAX

Hex32 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
"""16 random bytes: ids, salts, epochs, pseudonyms."""
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A SHA-256."""
Moment = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
Size = Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)]
Head = tuple[Hex32, Size]
"""[epoch, size]: so many messages of that epoch."""


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What a kind says. Optional fields are absent, never null."""


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One message as written by its author. ``body`` is the kind's own struct, or raw JSON of a kind unknown here."""

    id: Hex32
    salt: Hex32
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.]{0,63}\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, le=999)]
    seen: Annotated[tuple[Head, ...], msgspec.Meta(max_length=SEEN_HEADS_MAX)]
    at: Moment
    agreement: Hash | msgspec.UnsetType = msgspec.UNSET
    subject: Hex32 | msgspec.UnsetType = msgspec.UNSET
    cause: Hex32 | msgspec.UnsetType = msgspec.UNSET
    body: Any


class _Received(Message, frozen=True, kw_only=True, forbid_unknown_fields=True):
    body: msgspec.Raw


class _Unchecked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A message whose fields have their types and not yet their form."""

    id: str
    salt: str
    kind: str
    version: int
    seen: tuple[tuple[str, int], ...]
    at: str
    agreement: str | msgspec.UnsetType = msgspec.UNSET
    subject: str | msgspec.UnsetType = msgspec.UNSET
    cause: str | msgspec.UnsetType = msgspec.UNSET
    body: msgspec.Raw


BodyDecoders = Mapping[tuple[str, int], msgspec.json.Decoder[Any]]
"""By kind and version: those of the kinds that are known here."""

ALIKE_MAX: Final = 256
"""Envelopes that are remembered to be well formed, apart from ids: a bundle of a thousand messages has one or two."""

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(_Received)
_UNCHECKED: Final = msgspec.json.Decoder(_Unchecked)
_HEX_DIGITS: Final = "0123456789abcdef"
_SOME_ID: Final = "0" * 32


def encode(message: Message) -> bytes:
    """Canonical bytes. Raises ``R-too-large`` or ``S-…``: a message that could not be read back is never written."""
    try:
        data = _ENCODER.encode(message)
    except UnicodeEncodeError:
        raise refuse("S-text") from None
    if len(data) > MESSAGE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=MESSAGE_BYTES_MAX)
    _check_texts(data)
    return data


def check_form(data: bytes, bodies: BodyDecoders) -> None:
    """Raise ``S-message`` unless these canonical bytes of ours have the fields that a receiver demands."""
    _parts(data, bodies)


def decode(data: bytes, bodies: BodyDecoders) -> Message:
    """The message that these bytes are.

    Raises ``S-…`` for anything that is not the canonical form of a message, ``R-too-large`` above the bound.
    """
    if len(data) > MESSAGE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=MESSAGE_BYTES_MAX)
    message, is_known = _parts(data, bodies)
    if not is_known or _ENCODER.encode(message) != data:
        # Of a field that is there twice only the last value was looked at.
        _check_strictly(data)
        if is_known:
            raise refuse("S-not-canonical")
        canonical.check_profile(canonical.decode(data))
    _check_texts(data)
    return message


def _parts(data: bytes, bodies: BodyDecoders) -> tuple[Message, bool]:
    """The message, its body decoded if its kind is known, and whether it is."""
    try:
        found: _Unchecked | _Received = _UNCHECKED.decode(data)
        if not _is_well_formed(found):
            found = _DECODER.decode(data)
        decoder = bodies.get((found.kind, found.version))
        body = decoder.decode(found.body) if decoder is not None else found.body
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("S-message", reason=type(error).__name__) from None
    message = Message(
        id=found.id,
        salt=found.salt,
        kind=found.kind,
        version=found.version,
        seen=found.seen,
        at=found.at,
        agreement=found.agreement,
        subject=found.subject,
        cause=found.cause,
        body=body,
    )
    return message, decoder is not None


def _check_strictly(data: bytes) -> None:
    try:
        _DECODER.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("S-message", reason=type(error).__name__) from None


def _is_well_formed(found: _Unchecked | _Received) -> bool:
    """Whether every field has its form, without asking of each message what a whole bundle has in common: that was two
    thirds of what decoding cost. Who is told no has the strict decoder say why."""
    if len(found.id) != 32 or len(found.salt) != 32 or (found.id + found.salt).strip(_HEX_DIGITS):
        return False
    for name in (found.subject, found.cause):
        if isinstance(name, str) and (len(name) != 32 or name.strip(_HEX_DIGITS)):
            return False
    return _is_envelope(found.kind, found.version, found.seen, found.at, found.agreement)


@lru_cache(maxsize=ALIKE_MAX)
def _is_envelope(kind: str, version: int, seen: tuple[Head, ...], at: str, agreement: str | msgspec.UnsetType) -> bool:
    """Whether a message may have these, whatever its ids and its body are."""
    message = Message(
        id=_SOME_ID, salt=_SOME_ID, kind=kind, version=version, seen=seen, at=at, agreement=agreement, body=None
    )
    try:
        _DECODER.decode(_ENCODER.encode(message))
    except (msgspec.MsgspecError, UnicodeError):
        return False
    return True


def _check_texts(data: bytes) -> None:
    """NFC, no NUL, no lone surrogate."""
    if not data.isascii() and not unicodedata.is_normalized("NFC", data.decode("utf-8")):
        raise refuse("S-text")
    # One byte is looked for many times as fast as two.
    if b"\\" in data:
        if b"\\u0000" in data:
            raise refuse("S-text")
        if b"\\ud" in data:
            canonical.decode(data)
