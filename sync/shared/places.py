"""Division codes with what is known of the place: no table of divisions is kept here, but whose region a place lies in.

::

    place_named("990202", places_of(store))   ->  "990202（临江区委组织部）"
"""

from collections.abc import Mapping

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import refuse
from gongguan.sync.exchange.pairings import OWN_CARD
from gongguan.sync.records import LINKED, PAPER, CardNote, Pairing, PaperPartner, Setting
from gongguan.sync.store import Store


def places_of(store: Store) -> dict[str, str]:
    """Region → title of the committee, of this one and of every partner."""
    used = [pairing.peer for pairing in store.find(Pairing) if pairing.state in (PAPER, LINKED)]
    found = {partner.region: partner.title for partner in store.find(PaperPartner, peer__in=used)}
    held = [store.get(CardNote, pairing.their_card) for pairing in store.find(Pairing, state="active")]
    own = store.get(Setting, OWN_CARD)
    held += [store.get(CardNote, own.value)] if own is not None else []
    read = [cards.parse(note.parse(item.note).text) for item in held if item is not None]
    return found | {card.region: card.title for card in read}


def place_named(place: str, places: Mapping[str, str]) -> str:
    """The code with the committee in whose region it lies, the smallest one; the code alone where none is known."""
    around = [region for region in places if lies_in(place, region)]
    smallest = max(around, key=lambda region: len(region.rstrip("0")), default=None)
    return f"{place}（{places[smallest]}）" if smallest is not None else place


def partners_around(store: Store, place: str) -> list[Pairing]:
    """The partners in whose region a place lies, with a node or without."""
    partners = [*store.find(Pairing, state="active"), *store.find(Pairing, state=PAPER)]
    return [pairing for pairing in partners if lies_in(place, region_of(store, pairing))]


def region_of(store: Store, pairing: Pairing) -> str:
    """The division on a partner's card, or of a partner without a node. Raises I-card-missing."""
    held = store.get(CardNote, pairing.their_card)
    paper = store.get(PaperPartner, pairing.peer) if held is None else None
    if paper is not None:
        return paper.region
    if held is None:
        raise refuse("I-card-missing", card=pairing.their_card)
    return cards.parse(note.parse(held.note).text).region


def lies_in(place: str, region: str) -> bool:
    """Whether a county-level division lies in a region: 990107 in 990107, in 990100 and in 990000."""
    while region.endswith("00"):
        region = region[:-2]
    return place.startswith(region)
