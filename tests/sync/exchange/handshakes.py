"""Two committees before they are partners: packets go from one officer's hands into the other's."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from gongguan.protocol import card as cards
from gongguan.protocol import pairing
from gongguan.protocol.pairing import PairingPacket
from gongguan.sync.exchange import pairings
from gongguan.sync.records import Handshake, Pairing
from gongguan.sync.store import Store
from tests.fakes import MemoryDatabase
from tests.protocol.committees import Committee

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
TOKEN = "ab" * 16
T = TypeVar("T")


class Node:
    """One committee's database, and its officer's hands."""

    def __init__(self, committee: Committee, officer: str) -> None:
        self.committee, self.officer, self.log_key = committee, officer, committee.log_key
        self.now = START
        self.database = MemoryDatabase()
        self.do(lambda store: pairings.keep_own_card(store, committee.note))

    @property
    def id(self) -> str:
        return self.committee.node_id

    def do(self, work: Callable[[Store], T]) -> T:
        return self.database.write(work)

    def invite(self, token: str = TOKEN) -> PairingPacket:
        self.do(lambda store: pairings.invite(store, self.officer, self.now, token))
        return self.do(lambda store: pairings.invitation_packet(store, token))

    def take(self, packet: PairingPacket, *, accepting: bool = False) -> Handshake:
        carried = pairing.decode_packet(pairing.encode_packet(packet))
        officer = self.officer if accepting else None
        return self.do(lambda store: pairings.take_packet(store, carried, self.now, officer))

    def packet(self, peer: "Node") -> PairingPacket:
        return self.do(lambda store: pairings.packet(store, peer.id))

    def confirm(self, peer: "Node", digits: str | None = None) -> Handshake:
        typed = digits or cards.fingerprint(peer.committee.card_text)
        return self.do(lambda store: pairings.confirm(store, peer.id, typed, self.officer, self.log_key, self.now))

    def pairing(self) -> Pairing:
        return self.do(lambda store: store.find(Pairing))[0]


def met(origin: Node, destination: Node) -> None:
    """Both hold the other's card; nobody has confirmed."""
    destination.take(origin.invite(), accepting=True)
    origin.take(destination.packet(origin))
