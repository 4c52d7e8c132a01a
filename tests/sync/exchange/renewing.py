"""A node's next card with other keys, put in force as an officer's act does it."""

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card
from gongguan.sync.exchange import pairings, renewal, succession
from gongguan.sync.exchange.renewal import Renewal
from tests.pairs import Node
from tests.protocol.committees import signing_key

ON = "2026-06-01"


def card_of(node: Node) -> Card:
    """The node's present card."""
    held = node.database.read(pairings.own_card)
    return cards.parse(note.parse(held.note).text)


def renew(node: Node, change: Renewal) -> bytes:
    """Put the node's next card in force, as an officer's act does; the card."""
    identity, data = renewal.renew(node.identity, card_of(node), change)
    node.act(lambda exchange: succession.adopt(exchange, identity, (data,)))
    return data


def rotation(label: str) -> Renewal:
    return Renewal(ON, log=signing_key(f"{label} log"), cosigning=signing_key(f"{label} cosigning"))
