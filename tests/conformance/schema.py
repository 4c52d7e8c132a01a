"""What each kind of message, each signed text and each part of a bundle may hold, as JSON Schema, for the kit."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gongguan.protocol import bundle, pairing, terms
from gongguan.protocol.card import Card
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Message

OTHERS: Final[Mapping[str, type]] = {
    "message": Message,
    "card": Card,
    "pairing record": pairing.Record,
    "pairing packet": pairing.PairingPacket,
    "agreement": terms.Terms,
    "header": bundle.Header,
    "status": bundle.Status,
    "rest": bundle.Rest,
}
"""Beside the bodies of messages: what wire.md 1 to 4 and 7 name, each under its name there."""
AT: Final = "#/$defs/{name}"


def schema() -> bytes:
    """The file: ``bodies`` by ``kind@version`` and the others, each pointing into ``$defs``."""
    kinds = {f"{kind.name}@{kind.version}": kind.body for kind in KINDS.values()}
    every = [*kinds.values(), *OTHERS.values()]
    found, parts = msgspec.json.schema_components(every, ref_template=AT)
    pointing: list[Any] = list(found)
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "bodies": dict(zip(kinds, pointing, strict=False)),
        **dict(zip(OTHERS, pointing[len(kinds) :], strict=True)),
        "$defs": {name: _plain(part) for name, part in parts.items()},
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def _plain(part: Any) -> Any:
    """Without words about our code, and the end of a text written as others write it."""
    if isinstance(part, dict):
        return {
            key: re.sub(r"\\Z", "$", value) if key == "pattern" else _plain(value)
            for key, value in part.items()
            if key not in ("title", "description") or not isinstance(value, str)
        }
    return [_plain(item) for item in part] if isinstance(part, list) else part
