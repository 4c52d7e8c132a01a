"""How cards follow one another: ours are shown to each partner, a partner's newer ones are taken.

Cards travel in the bundles themselves (``Rest.cards``), each signed by the log key before it, until the partner's
status shows that it holds the newest. A pairing keeps the two cards of its record for ever; ``Pairing.their_card`` is
the partner's newest, whose keys are in force. A key that a newer card replaced is *retired*: epochs that it signed stay
valid, but only a bundle whose status is signed by the key in force brings anything, so whoever stole a retired key can
add nothing. ``adopt`` puts our own newer card, and perhaps other keys, in force::

    take_cards(book, opened.rest.cards)           # before anything of that bundle is believed
    adopt(exchange, identity, notes)              # in one transaction: cards kept, an epoch opened in each pairing
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.bundle import Status
from gongguan.protocol.card import Card, CardKeys
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import PublicKey
from gongguan.protocol.limits import CARD_CHAIN_MAX, ROTATION_CARDS_MAX
from gongguan.protocol.messages.exchange import EpochOpened
from gongguan.protocol.note import NoteKey
from gongguan.protocol.session import Identity, SegmentTaken
from gongguan.sync.act import stamp
from gongguan.sync.exchange import pairings, standing
from gongguan.sync.records import CardNote, Epoch, Recovery, Setting
from gongguan.sync.store import Store

if TYPE_CHECKING:
    from gongguan.sync.exchange.exchange import Exchange
    from gongguan.sync.exchange.logbook import LogBook


SEALING_DAYS_MAX: Final = 365
"""After so many days a new sealing key is due: whoever gets the old one later reads a year of bundles and no more."""


LATE_RETURNS_DAYS: Final = 400
"""How long after a recovery that was given up what a retired key signed still comes back: files may be that late."""


OLDER_THAN_KEYS: Final = "keys"
"""Why a recovery began: the database knew only keys that the key file had replaced."""


class HeldCard(NamedTuple):
    """A card of a node with its hash."""

    hash: str
    card: Card


def history(store: Store, node_id: str) -> list[HeldCard]:
    """All cards of a node that are held here, the oldest first."""
    return [HeldCard(row.hash, _card(row)) for row in store.find(CardNote, node_id=node_id, order=("serial",))]


def take_cards(book: "LogBook", notes: tuple[bytes, ...]) -> None:
    """Take the partner's newer cards; those that are held already change nothing.

    They prove themselves, so this comes before the status is verified. Raises A-card-older for a card from before the
    newest one that is not held, A-card-chain for one that does not follow it, A-key-retired, A-key-in-two-roles,
    A-weak-key, and what opening a card raises; the whole bundle is refused then.
    """
    for data in notes:
        card_hash = note.text_hash(note.parse(data).text)
        if book.store.get(CardNote, card_hash) is None:
            _take_card(book, data)


def keys_with(book: "LogBook", notes: tuple[bytes, ...]) -> CardKeys:
    """The keys in force once the partner's cards are taken; nothing is written. Raises what opening a card does."""
    newest: Card | None = None
    for data in notes:
        if book.store.get(CardNote, note.text_hash(note.parse(data).text)) is None:
            newest, _ = cards.open_successor(newest or _card_of(book.store, book.pairing.their_card), data)
    return book.peer_keys() if newest is None else cards.keys_of(newest)


def _take_card(book: "LogBook", data: bytes) -> None:
    earlier = [held.card for held in history(book.store, book.pairing.peer)]
    if len(earlier) >= CARD_CHAIN_MAX:
        raise refuse("A-card-chain", cards=len(earlier), limit=CARD_CHAIN_MAX)
    card, card_hash = cards.open_successor(_card_of(book.store, book.pairing.their_card), data)
    cards.check_not_retired(card, earlier)
    pairings.check_other_cards(book.store, card)
    book.store.put(CardNote(hash=card_hash, node_id=card.node_id, serial=card.serial, note=data))
    book.pairing = msgspec.structs.replace(book.pairing, newest_there=card_hash)
    book.store.put(book.pairing)


def cards_to_show(book: "LogBook", *, every: bool = False) -> tuple[bytes, ...]:
    """Our cards that the partner has not shown to hold, the oldest first; ``every``: all since the pairing record."""
    known = book.pairing.card_here if every else book.pairing.our_card_there
    if known == book.identity.card:
        return ()
    after = book.store.get(CardNote, known)
    if after is None:
        raise refuse("I-card-missing", card=known)
    rows = book.store.find(CardNote, node_id=book.identity.node_id, serial__gt=after.serial, order=("serial",))
    return tuple(row.note for row in rows)


def note_shown(book: "LogBook", status: Status) -> None:
    """Remember which card of ours the partner holds, by its verified status."""
    shown = status.card if isinstance(status.card, str) else book.pairing.card_here
    if shown != book.pairing.our_card_there:
        book.pairing = msgspec.structs.replace(book.pairing, shown_here=shown)
        book.store.put(book.pairing)


def own_cards(book: "LogBook") -> frozenset[str]:
    """The hashes of our cards; the one of the pairing record alone where no other came since."""
    if book.identity.card == book.pairing.card_here:
        return frozenset((book.identity.card,))
    return frozenset(found for (found,) in book.store.pick(CardNote, ("hash",), node_id=book.identity.node_id))


def own_cosigners(book: "LogBook") -> tuple[NoteKey, ...]:
    """Every key with which we ever signed receipts."""
    return tuple(book.keys_of(card_hash).cosigner() for card_hash in sorted(own_cards(book)))


def adopt(exchange: "Exchange", identity: Identity, notes: tuple[bytes, ...]) -> list[str]:
    """Put our newer cards, and the keys of the newest, in force; the pairings in which an epoch was opened for it.

    With another log key every active pairing gets an epoch under it at once: what the key before signed ends there.
    Cards that are held already change nothing. Raises A-card-older, A-card-chain, A-key-retired and what opening a
    card raises.
    """
    for data in notes:
        if exchange.store.get(CardNote, note.text_hash(note.parse(data).text)) is None:
            cards.check_not_retired(_parsed(data), [held.card for held in history(exchange.store, identity.node_id)])
            pairings.keep_own_card(exchange.store, data)
    rotated = identity.log.public != exchange.identity.log.public
    if rotated:
        for book in exchange.books():
            book.end_own_epoch()  # what this transaction wrote before is signed by the key under which it was written
    exchange.take_identity(identity)
    return begin_epochs(exchange) if rotated else []


def begin_epochs(exchange: "Exchange") -> list[str]:
    """Let an epoch under our keys begin in every active pairing that may be written in; which those are."""
    begun = [pairing.pairing_id for pairing in exchange.pairings() if not pairing.recovering]
    for pairing_id in begun:
        exchange.book(pairing_id).begin_epoch()
    return begun


def recover(exchange: "Exchange") -> None:
    """This database is from before a rotation of its own key file: fetch back what it lacks before anything is written.

    Called at the start, once the newer cards stand in it. Nothing in pairings that are recovering already.
    """
    for pairing in exchange.pairings():
        standing.begin_recovery(exchange.book(pairing.pairing_id), OLDER_THAN_KEYS)


def is_behind(store: Store, identity: Identity) -> bool:
    """Whether this database does not know the card of our own keys: another one was put under a running process."""
    return store.get(CardNote, identity.card) is None and store.get(Setting, pairings.OWN_CARD) is not None


def catch_up(exchange: "Exchange", newer_than: Callable[[int], tuple[bytes, ...]]) -> None:
    """Bring the cards of the key file into a database that is behind it, as a start does, and fetch back what it lacks.

    ``newer_than``: the cards of the key file beyond a serial, the oldest first. Raises I-own-card.
    """
    before = _card(pairings.own_card(exchange.store))
    for data in newer_than(before.serial):
        pairings.keep_own_card(exchange.store, data)
    if is_behind(exchange.store, exchange.identity):
        raise refuse("I-own-card", card=exchange.identity.card)
    if cards.keys_of(before).log != exchange.identity.log.public:
        recover(exchange)


def sealing_since(store: Store) -> date:
    """Since when our present sealing keys are on our card. Raises I-own-card."""
    chain = [held.card for held in history(store, pairings.own_card(store).node_id)]
    since = chain[-1]
    for card in reversed(chain):
        if card.sealing_keys != since.sealing_keys:
            break
        since = card
    return date.fromisoformat(since.valid_from)


def rotation_of(book: "LogBook") -> tuple[str, ...]:
    """What leaf 0 says of a rotation: our cards since the pairing record, without the present one, the newest last."""
    known = [held.hash for held in history(book.store, book.identity.node_id)]
    first = known.index(book.pairing.card_here)
    return tuple(known[first:-1][-ROTATION_CARDS_MAX:])


def check_leaf(book: "LogBook", segment: SegmentTaken, body: EpochOpened) -> None:
    """Leaf 0 names a card of its author with the very key that signs the epoch, and no unknown one. Raises P-epoch."""
    author = book.identity.node_id if segment.own else book.pairing.peer
    for card_hash in (body.card, *body.rotation):
        held = book.store.get(CardNote, card_hash)
        if held is None or held.node_id != author:
            raise refuse("P-epoch", epoch=segment.epoch, card=card_hash)
    if book.keys_of(body.card).log != segment.log_key:
        raise refuse("P-epoch", epoch=segment.epoch, reason="another key than that of its card")


def retired_keys(book: "LogBook", *, own: bool) -> tuple[PublicKey, ...]:
    """The log keys before the one in force, since the pairing record, the newest first."""
    first, newest = (
        (book.pairing.card_here, book.identity.card) if own else (book.pairing.card_there, book.pairing.their_card)
    )
    if first == newest:
        return ()
    node_id = book.identity.node_id if own else book.pairing.peer
    known = [hash_ for hash_, _ in book.store.pick(CardNote, ("hash", "serial"), node_id=node_id, order=("serial",))]
    keys = [book.keys_of(item).log for item in known[known.index(first) :]]
    return tuple(key for key in dict.fromkeys(reversed(keys)) if key != keys[-1])


def may_come_back(book: "LogBook", segment: SegmentTaken) -> bool:
    """Whether our own bytes that a partner returns may be ours: all under our key in force.

    Under a retired key, which that partner may have stolen, only where we know ourselves that we lost something: while
    recovering, and, where an officer ended that before the partner had shown all, for ``LATE_RETURNS_DAYS`` more. Then
    nobody can tell, and what is ours must come back.
    """
    if segment.log_key == book.identity.log.public or book.pairing.recovering:
        return True
    until = stamp(book.now - timedelta(days=LATE_RETURNS_DAYS))
    return any(
        item.given_up and (item.ended_at or until) >= until
        for item in book.store.find(Recovery, pairing_id=book.pairing.pairing_id)
    )


def log_keys_apart(book: "LogBook", rows: list[Epoch], present: CardKeys) -> dict[str, PublicKey]:
    """epoch → log key, for those of ``rows`` that are not under the key in force."""
    keys = {row.epoch: book.keys_in(row).log for row in rows}
    return {epoch: key for epoch, key in keys.items() if key != present.log}


def _card_of(store: Store, card_hash: str) -> Card:
    held = store.get(CardNote, card_hash)
    if held is None:
        raise refuse("I-card-missing", card=card_hash)
    return _card(held)


def _card(held: CardNote) -> Card:
    return _parsed(held.note)


def _parsed(data: bytes) -> Card:
    return cards.parse(note.parse(data).text)
