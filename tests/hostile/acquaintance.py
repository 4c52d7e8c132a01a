"""How the hostile partner gets to know a server elsewhere: by files, as two committees would.

The server's officer invites; ``answer`` is the origin of the kit, which says yes to everything. Its record is the same
each time, so that the pairing's id follows from the invitation alone.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from gongguan.protocol import card, note, pairing
from gongguan.protocol.card import Card
from gongguan.protocol.keys import SealingKey, SigningKey
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings
from gongguan.sync.store import Store
from tests.conformance.reading import KIT
from tests.fakes import MemoryDatabase

OFFICER = "作恶者"


class SideKeys(msgspec.Struct, frozen=True):
    """One node in ``keys.json``: hex."""

    node_id: str
    card: str
    log: str
    cosigning: str
    sealing: list[tuple[str, str]]


class Answer(NamedTuple):
    """The file that goes back, what its officer reads aloud, the id of the pairing, and the server's card."""

    file: bytes
    digits: str
    pairing: str
    server: Card


def identity(path: Path = KIT / "keys.json", side: str = "origin") -> Identity:
    """The keys of one node of the kit."""
    held = msgspec.json.decode(path.read_bytes(), type=dict[str, SideKeys])[side]
    log_key, cosigning = (SigningKey.from_seed(bytes.fromhex(seed)) for seed in (held.log, held.cosigning))
    sealing = tuple(SealingKey.from_seeds(suite, bytes.fromhex(seeds)) for suite, seeds in held.sealing)
    return Identity(held.node_id, held.card, log_key, cosigning, sealing)


def own_card() -> bytes:
    """The card of the origin of the kit."""
    return (KIT / "good" / "origin.card").read_bytes()


def answer(invitation: bytes, now: datetime) -> Answer:
    """To an invitation file. Raises what the reader of such files raises."""
    packet = pairing.decode_packet(invitation)
    server, _ = card.open_chain([text.encode() for text in packet.cards])
    digits = card.fingerprint(card.render(server))

    def agree(store: Store) -> tuple[bytes, str]:
        pairings.keep_own_card(store, own_card())
        handshake = pairings.take_packet(store, packet, now, OFFICER)
        record = note.text_hash(pairings.record_text(store, handshake))
        pairings.confirm(store, server.node_id, digits, OFFICER, identity().log, now)
        return pairing.encode_packet(pairings.packet(store, server.node_id)), record

    data, record = MemoryDatabase().write(agree)
    ours, _ = card.open_card(own_card())
    return Answer(data, card.fingerprint(card.render(ours)), record, server)
