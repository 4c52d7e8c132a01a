"""Proof of one message for a third party: the message, its place in its author's log, that head, the receipt on it.

The file is a C2SP tlog-proof (protocol/proof.py). With the cards of both nodes anybody can check it without a node and
without our software. It proves that the author wrote the message and that the partner received it, no more.
"""

from typing import NamedTuple

from gongguan.protocol import log, merkle, note, proof
from gongguan.protocol.card import Card, keys_of
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.note import NoteKey
from gongguan.sync.logbook import DUPLICATE, LogBook
from gongguan.sync.records import CardNote, Epoch, LogMessage


class Exported(NamedTuple):
    """A proof with what is needed to check it: the cards (notes) of author and partner."""

    data: bytes
    author_card: bytes
    partner_card: bytes
    received: bool
    verdict: str


def export(book: LogBook, message_id: str) -> Exported:
    """The proof of a message of either side. ``received`` is False while the partner's receipt is still out.

    Raises ``D-message-unknown``; ``I-log-incomplete`` when leaves are missing here.
    """
    epoch, message = _locate(book, message_id)
    head = _head_over(book, epoch, message.index)
    size = Checkpoint.parse(note.parse(head).text).size
    leaves = [row.leaf_hash for row in book.store.find(LogMessage, ordinal=epoch.ordinal, index__lt=size)]
    if len(leaves) != size:
        raise refuse("I-log-incomplete", epoch=epoch.epoch, size=size)
    inclusion = merkle.inclusion_proof(leaves, message.index)
    ours, theirs = _card(book, book.pairing.card_here), _card(book, book.pairing.card_there)
    return Exported(
        data=proof.export(message.data, message.index, inclusion, head),
        author_card=ours if epoch.own else theirs,
        partner_card=theirs if epoch.own else ours,
        received=not epoch.own or message.index < epoch.receipted,
        verdict=message.verdict,
    )


def _locate(book: LogBook, message_id: str) -> tuple[Epoch, LogMessage]:
    ordinals = {row.ordinal: row for row in book.epochs.values()}
    for author in (book.identity.node_id, book.pairing.peer):
        for found in book.store.find(LogMessage, author=author, id=message_id):
            if found.ordinal in ordinals and found.effect != DUPLICATE:
                return ordinals[found.ordinal], found
    raise unknown(message_id)


def unknown(message_id: str) -> ProtocolError:
    """The refusal for a message that stands in no log here."""
    return refuse("D-message-unknown", message=message_id)


def _head_over(book: LogBook, epoch: Epoch, position: int) -> bytes:
    """The head with the most signatures that covers the position: with the partner's receipt where there is one."""
    if not epoch.own:
        return book.receipt_for(epoch)
    if epoch.receipt is not None and position < epoch.receipted:
        return epoch.receipt
    return epoch.head


def _card(book: LogBook, card_hash: str) -> bytes:
    found = book.store.get(CardNote, card_hash)
    if found is None:
        raise refuse("I-card-missing", card=card_hash)
    return found.note


def keys_for(data: bytes, author: Card, partner: Card) -> tuple[NoteKey, ...]:
    """The keys that check a proof: the author's for the log that the proof names, the partner's for receipts.

    Raises ``S-proof`` when the file names no log of the author's.
    """
    try:
        origin = data.decode().split("\n\n", 1)[1].split("\n", 1)[0]
        named = log.parse_origin(origin)
    except (UnicodeDecodeError, IndexError, ProtocolError):
        raise refuse("S-proof") from None
    if named.node_id != author.node_id:
        raise refuse("P-proof", reason="another author")
    return keys_of(author).log_signer(origin), keys_of(partner).cosigner()
