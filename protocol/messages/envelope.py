"""The message: one JSON object in canonical bytes, the same for every kind (``docs/wire.md`` 4).

A message is written once as bytes and never changed: stored, hashed and sent as it is. Decoding is strict: unknown
fields, other types, other spellings of the same value are refused, since re-encoding must give the same bytes. A kind
that this node does not know decodes too, with its body unread: it is stored and waits for the upgrade.
"""

import re
import unicodedata
from collections.abc import Callable
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


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(_Received)
_NOT_PLAIN: Final = re.compile(rb"[\x80-\xff]|\\u")


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


def check_form(data: bytes, body_decoder: Callable[[str, int], msgspec.json.Decoder[Any] | None]) -> None:
    """Raise ``S-message`` unless these canonical bytes of ours have the fields that a receiver demands."""
    _parts(data, body_decoder)


def decode(data: bytes, body_decoder: Callable[[str, int], msgspec.json.Decoder[Any] | None]) -> Message:
    """The message that these bytes are. ``body_decoder(kind, version)`` gives the decoder of a known kind, else None.

    Raises ``S-…`` for anything that is not the canonical form of a message, ``R-too-large`` above the bound.
    """
    if len(data) > MESSAGE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=MESSAGE_BYTES_MAX)
    received, body = _parts(data, body_decoder)
    decoder = body_decoder(received.kind, received.version)
    message = Message(
        id=received.id,
        salt=received.salt,
        kind=received.kind,
        version=received.version,
        seen=received.seen,
        at=received.at,
        agreement=received.agreement,
        subject=received.subject,
        cause=received.cause,
        body=body,
    )
    if decoder is None:
        canonical.check_profile(canonical.decode(data))
    elif _ENCODER.encode(message) != data:
        raise refuse("S-not-canonical")
    _check_texts(data)
    return message


def _parts(data: bytes, body_decoder: Callable[[str, int], msgspec.json.Decoder[Any] | None]) -> tuple[_Received, Any]:
    """The envelope, and the body of a known kind or its raw bytes."""
    try:
        received = _DECODER.decode(data)
        decoder = body_decoder(received.kind, received.version)
        return received, decoder.decode(received.body) if decoder is not None else received.body
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("S-message", reason=type(error).__name__) from None


def _check_texts(data: bytes) -> None:
    """NFC, no NUL, no lone surrogate. Pure ASCII without escapes, the usual message, costs one search."""
    if _NOT_PLAIN.search(data) is None:
        return
    text = data.decode("utf-8")
    if "\\u0000" in text or not unicodedata.is_normalized("NFC", text):
        raise refuse("S-text")
    if "\\ud" in text:
        canonical.decode(data)
