"""KINDS: every kind of message, one file a family. What is not in this table cannot be said."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gongguan.protocol.messages import (
    agreement,
    bulletin,
    certificate,
    conflict,
    contact,
    education,
    envelope,
    exchange,
    feedback,
    joint,
    matter,
    movement,
    notice,
    office,
    paper,
    probation,
    score,
)
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.kind import Kind

FAMILIES: Final = (
    exchange,
    agreement,
    office,
    joint,
    notice,
    bulletin,
    matter,
    movement,
    contact,
    certificate,
    education,
    feedback,
    probation,
    score,
    conflict,
    paper,
)

KINDS: Final[Mapping[str, Kind]] = {kind.name: kind for family in FAMILIES for kind in family.KINDS}

_BODIES: Final[Mapping[tuple[str, int], msgspec.json.Decoder[Any]]] = {
    (kind.name, kind.version): msgspec.json.Decoder(kind.body) for kind in KINDS.values()
}


def encode(message: Message) -> bytes:
    """Canonical bytes of a message; raises ``S-…`` or ``R-too-large``."""
    return envelope.encode(message)


def decode(data: bytes) -> Message:
    """The message that these bytes are; its ``body`` is raw if kind or version is unknown here. Raises ``S-…``."""
    return envelope.decode(data, _BODIES)


def check_form(data: bytes) -> None:
    """Raise ``S-message`` unless a receiver could read these bytes, which ``encode`` wrote."""
    envelope.check_form(data, _BODIES)


def is_known(message: Message) -> bool:
    """Whether this node can apply the message's kind and version."""
    return (message.kind, message.version) in _BODIES


def announced() -> tuple[str, ...]:
    """What ``exchange.versions`` lists: every kind@version that this software applies."""
    return tuple(sorted(f"{kind.name}@{kind.version}" for kind in KINDS.values()))
