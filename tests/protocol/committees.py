"""Committees with real keys and cards, for tests that need somebody to speak."""

from hashlib import sha256
from typing import NamedTuple

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.card import Card, SealingEntry
from gongguan.protocol.keys import FLOOR, HYBRID, SealingKey, SigningKey


class Committee(NamedTuple):
    """A committee's private keys and its genesis card."""

    card: Card
    note: bytes
    log_key: SigningKey
    cosigning_key: SigningKey

    @property
    def node_id(self) -> str:
        return self.card.node_id

    @property
    def card_text(self) -> str:
        return cards.render(self.card)

    @property
    def card_hash(self) -> str:
        return note.text_hash(self.card_text)


def signing_key(label: str) -> SigningKey:
    """A key that is the same in every run."""
    return SigningKey.from_seed(sha256(label.encode()).digest())


def sealing_entry(suite: str, label: str) -> SealingEntry:
    seeds = sha256(label.encode()).digest() * (3 if suite == HYBRID else 1)
    return SealingEntry(suite=suite, public=SealingKey.from_seeds(suite, seeds).public_bytes.hex())


def committee(label: str, title: str, region: str = "990101") -> Committee:
    """A committee of that title, all its keys derived from ``label``."""
    log_key, cosigning_key = signing_key(f"{label} log"), signing_key(f"{label} cosigning")
    card = Card(
        serial=1,
        node_id=cards.node_id(log_key.public.raw),
        title=title,
        kind="committee",
        region=region,
        log_key=log_key.public.raw.hex(),
        cosigning_key=cosigning_key.public.raw.hex(),
        sealing_keys=(sealing_entry(FLOOR, f"{label} floor"), sealing_entry(HYBRID, f"{label} hybrid")),
        endpoints=("https://127.0.0.1:8443",),
        protocol=(1, 1),
        valid_from="2026-01-01",
    )
    return Committee(card, cards.sign(card, log_key, cosigning_key), log_key, cosigning_key)


ORIGIN = committee("origin", "巴彦塔拉苏木党委")
DESTINATION = committee("destination", "临江街道党工委", "990202")
STRANGER = committee("stranger", "远山镇党委", "990303")
OTHERS = (
    committee("third", "青湖镇党委", "990404"),
    committee("fourth", "新港街道党工委", "990505"),
    committee("fifth", "南坪乡党委", "990606"),
)
"""More destinations of the same origin."""
