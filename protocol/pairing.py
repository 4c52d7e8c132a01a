"""Pairing: how two committees come to know each other's cards, and what both sign about it.

``TRANSITIONS`` is the whole course of it. Each side compares the other's fingerprint by telephone and then signs the
*pairing record*; both can write that text once each has both cards and both officers' names, and its hash is the
``pairing_id``. What one side has is handed over as a *packet*, the same bytes in a file or over HTTP::

    state = advance("card_received", "confirmed_here")     # "confirmed_here"
    text = render_record(Record(…))         # "gongguan pairing 1\\n…"
    data = encode_packet(PairingPacket(…)); decode_packet(data)

A packet is not signed as a whole: the card signs itself, the officer stands in the record that is signed, and the token
only says which invitation it answers.
"""

from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol import canonical, note, readable
from gongguan.protocol.card import CardKeys
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import CARD_CHAIN_MAX, PAIRING_PACKET_BYTES_MAX
from gongguan.protocol.messages.agreement import SignatureText
from gongguan.protocol.messages.envelope import Hash, Hex32
from gongguan.protocol.note import SignatureLine
from gongguan.protocol.readable import Block, Line, NodeId

TRANSITIONS: Final[dict[tuple[str, str], str]] = {
    ("invited", "card_received"): "card_received",
    ("card_received", "confirmed_here"): "confirmed_here",
    ("card_received", "confirmed_there"): "confirmed_there",
    ("confirmed_here", "confirmed_there"): "active",
    ("confirmed_there", "confirmed_here"): "active",
    **{
        (state, event): event
        for state in ("invited", "card_received", "confirmed_here", "confirmed_there")
        for event in ("cancelled", "expired")
    },
}
"""(state, event) → state. ``active``, ``cancelled`` and ``expired`` are final."""

OPEN_STATES: Final = ("card_received", "confirmed_here", "confirmed_there")
"""States in which a handshake waits for somebody."""


class RecordParty(Block, frozen=True, kw_only=True):
    """One side of the record: its node, its card's hash, the officer who stands for it."""

    node_id: NodeId
    title: Line
    card: Hash
    officer: Line


class Record(Block, frozen=True, kw_only=True):
    """What both sides sign. The inviting side is the *first-named* party (0), the invited one the other (1).

    ``replaces``: id of the pairing that this one follows, where all keys or the trust in them were lost.
    """

    inviter: RecordParty
    invited: RecordParty
    compared_by: Literal["telephone"]
    replaces: Hash | msgspec.UnsetType = msgspec.UNSET


class PairingPacket(Block, frozen=True, kw_only=True):
    """What one side hands over: its cards from the genesis card on, its officer, and its signature line once given.

    ``invited_by``: node id of the side whose invitation ``token`` names. ``replaces``: as in the record.
    """

    gongguan_pairing: Literal[1]
    cards: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=CARD_CHAIN_MAX)]
    officer: Line
    token: Hex32
    invited_by: NodeId
    signature: SignatureText | msgspec.UnsetType = msgspec.UNSET
    replaces: Hash | msgspec.UnsetType = msgspec.UNSET


def advance(state: str, event: str) -> str:
    """The state after ``event``; raises D-pairing-state."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise refuse("D-pairing-state", state=state, event=event)
    return after


def render_record(record: Record) -> str:
    """The record's text; ``note.text_hash`` of it is the pairing id. Raises S-readable."""
    record = readable.checked(record, "S-readable")
    prose = [
        "结对记录",
        f"邀请方（甲方）：{record.inviter.title}　经办人：{record.inviter.officer}",
        f"　　节点编号：{record.inviter.node_id}",
        f"　　名片摘要：{record.inviter.card}",
        f"受邀方（乙方）：{record.invited.title}　经办人：{record.invited.officer}",
        f"　　节点编号：{record.invited.node_id}",
        f"　　名片摘要：{record.invited.card}",
        "双方经办人已通过电话逐组核对对方名片的核对码，电话号码不取自名片。",
    ]
    if isinstance(record.replaces, str):
        prose.append(f"本结对接替已终止的结对：{record.replaces}")
    return readable.compose("pairing", prose, record)


def parse_record(text: str) -> Record:
    """The record of a text that ``render_record`` could have written. Raises S-note-type, S-readable."""
    record = readable.block_of("pairing", text, Record, "S-readable")
    if render_record(record) != text:
        raise refuse("S-readable", reason="prose")
    return record


def check_line(text: str, line: str, signer: CardKeys) -> SignatureLine:
    """The signature line (as text) that ``signer`` put under the record's text.

    Raises A-signature, A-no-known-signer (a line of somebody else), S-note.
    """
    parsed = note.parse(f"{text}\n{line}\n".encode())
    lines = note.verified_lines(parsed, [signer.signer()])
    if len(parsed.lines) != 1 or parsed.text != text or not lines:
        raise refuse("A-no-known-signer", node_id=signer.node_id)
    return lines[0][1]


def encode_packet(packet: PairingPacket) -> bytes:
    """Canonical bytes; raises S-pairing-packet, R-too-large."""
    data = canonical.encode(msgspec.to_builtins(readable.checked(packet, "S-pairing-packet")))
    if len(data) > PAIRING_PACKET_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=PAIRING_PACKET_BYTES_MAX)
    return data


def decode_packet(data: bytes) -> PairingPacket:
    """The packet of these bytes; nothing of it is verified yet. Raises S-pairing-packet, R-too-large."""
    if len(data) > PAIRING_PACKET_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=PAIRING_PACKET_BYTES_MAX)
    try:
        value = canonical.decode(data)
        canonical.check_profile(value)
        return msgspec.convert(value, ready(PairingPacket))
    except (ProtocolError, msgspec.ValidationError):
        raise refuse("S-pairing-packet") from None
