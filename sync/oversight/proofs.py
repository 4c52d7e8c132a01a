"""Proof of one message, or of all that both sides wrote about one member, for a third party.

A message's file is a C2SP tlog-proof (protocol/proof.py): the message, its place in its author's log, that head, the
receipt on it. A member's file is a case (protocol/case.py): the same for every message, with the pairing record, the
agreement and the cards. With the cards of both nodes, all of them where keys were changed, anybody can check either
without a node and without our software. They prove that the author wrote the message and that the partner received it,
no more.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from gongguan.protocol import case, fork, log, merkle, messages, note, proof
from gongguan.protocol.card import Card, keys_of
from gongguan.protocol.case import AgreementPart, CardPart, CaseHead, CasePart, HeadPart, MessagePart, PairingPart
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.log import Checkpoint, parse_origin
from gongguan.protocol.note import NoteKey
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.outcomes import ACCEPTED, DUPLICATE, ERASED
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.records import AgreementVersion, CardNote, Epoch, ForkEvidence, LogMessage, MobilityPeriod
from gongguan.sync.shared.views import (
    unit_records,
)


class Exported(NamedTuple):
    """A proof with what is needed to check it: the card files of author and partner, each with all cards held."""

    data: bytes
    author_card: bytes
    partner_card: bytes
    received: bool
    verdict: str


def export(book: LogBook, message_id: str) -> Exported:
    """The proof of a message of either side. ``received`` is False while the partner's receipt is still out.

    Raises ``D-message-unknown``, ``D-message-erased``; ``I-log-incomplete`` when leaves are missing here.
    """
    epoch, message = _locate(book, message_id)
    if message.effect == ERASED:
        raise refuse("D-message-erased", message=message_id)
    head = _head_over(book, epoch, message.index)
    inclusion = merkle.inclusion_proof(_leaves_under(book, epoch, head), message.index)
    ours, theirs = (b"".join(_cards(book, node)) for node in (book.identity.node_id, book.pairing.peer))
    return Exported(
        data=proof.export(message.data, message.index, inclusion, head),
        author_card=ours if epoch.own else theirs,
        partner_card=theirs if epoch.own else ours,
        received=not epoch.own or message.index < epoch.receipted,
        verdict=message.verdict,
    )


class ExportedCase(NamedTuple):
    """A case file, both card files (the first-named party's first), and how many messages it holds."""

    data: bytes
    cards: tuple[bytes, bytes]
    messages: int
    refused: int


def export_case(book: LogBook, period: MobilityPeriod) -> ExportedCase:
    """Everything that both sides wrote about one member under an agreement, as one file.

    Raises ``D-case-empty`` when nothing was written, ``I-log-incomplete``, ``R-too-large``.
    """
    rows = book.store.find(LogMessage, unit=unit_id(period.agreement, period.subject), effect__ne=ERASED)
    refused = {_place(book, row): row for row in rows if row.verdict != ACCEPTED}
    rows = [*rows, *(_outcomes_of(book, refused) if refused else ())]
    if not rows:
        raise refuse("D-case-empty", subject=period.subject)
    about = CaseHead(agreement=period.agreement, pairing=book.pairing.pairing_id, subject=period.subject)
    ours, theirs = (_cards(book, node) for node in (book.identity.node_id, book.pairing.peer))
    first, other = (ours, theirs) if book.own_party == 0 else (theirs, ours)
    parts: Iterator[CasePart] = chain(
        (about, PairingPart(note=book.pairing.note.decode())),
        (CardPart(note=item.decode()) for item in (*first, *other)),
        (AgreementPart(note=item.decode()) for item in _versions(book, period.agreement)),
        _proven(book, rows),
    )
    return ExportedCase(case.export(parts), (b"".join(first), b"".join(other)), len(rows), len(refused))


class ExportedFork(NamedTuple):
    """The proof that one node signed two histories. ``own``: it is ours, of which two copies are alive."""

    data: bytes
    author_card: bytes
    partner_card: bytes
    own: bool
    size: int


def export_fork(book: LogBook) -> ExportedFork:
    """What froze this pairing, for whoever has to be shown it. Raises ``D-no-fork``."""
    found = book.store.find(ForkEvidence, pairing_id=book.pairing.pairing_id, order=("size",), limit=1)
    if not found:
        raise refuse("D-no-fork")
    (held,) = found
    origin = Checkpoint.parse(note.parse(held.first).text).origin
    # Not by the epoch: of one that both histories began nothing was taken.
    own = parse_origin(origin).node_id == book.identity.node_id
    ours, theirs = (b"".join(_cards(book, node)) for node in (book.identity.node_id, book.pairing.peer))
    made = fork.ForkProof(origin, held.size, (held.first, held.second), fork.unpacked(held.path))
    author, partner = (ours, theirs) if own else (theirs, ours)
    return ExportedFork(fork.export(made), author, partner, own, held.size)


def _place(book: LogBook, row: LogMessage) -> tuple[str, int]:
    return next(epoch.epoch for epoch in book.epochs.values() if epoch.ordinal == row.ordinal), row.index


def _outcomes_of(book: LogBook, refused: dict[tuple[str, int], LogMessage]) -> Iterator[LogMessage]:
    """The reports by which these messages were refused."""
    ordinals = {row.ordinal for row in book.epochs.values()}
    for found in book.store.find(LogMessage, kind="exchange.outcome", verdict=ACCEPTED):
        if found.ordinal not in ordinals:
            continue
        body = messages.decode(found.data).body
        told = refused.get((body.epoch, body.index))
        if told is not None and told.id == body.message and told.author != found.author:
            yield found


def _proven(book: LogBook, rows: list[LogMessage]) -> Iterator[CasePart]:
    """The heads that cover these messages, then the messages with their proofs, epoch by epoch."""
    heads: list[bytes] = []
    proven: list[MessagePart] = []
    for epoch in sorted(book.epochs.values(), key=lambda row: row.ordinal):
        here = sorted((row for row in rows if row.ordinal == epoch.ordinal), key=lambda row: row.index)
        over = [_head_over(book, epoch, row.index) for row in here]
        for head in dict.fromkeys(over):
            under = [row for row, one in zip(here, over, strict=True) if one == head]
            paths = merkle.inclusion_proofs(_leaves_under(book, epoch, head), [row.index for row in under])
            proven += [
                MessagePart(
                    head=len(heads),
                    index=row.index,
                    message=row.data.decode(),
                    inclusion=tuple(map(note.to_base64, path)),
                )
                for row, path in zip(under, paths, strict=True)
            ]
            heads.append(head)
    yield from (HeadPart(note=head.decode()) for head in heads)
    yield from proven


def _versions(book: LogBook, agreement: str) -> list[bytes]:
    """Every version of the agreement that both signed, as a note with both lines, each after the one it replaces."""
    lines: dict[str, dict[int, str]] = {}
    for key, value in unit_records(book.store, book.pairing.pairing_id, "pairing").items():
        if key.startswith("signature/"):
            lines.setdefault(value["version"], {})[value["party"]] = value["line"]
    texts = {row.version: row.text for row in book.store.find(AgreementVersion, agreement=agreement)}
    signed = [version for version in texts if len(lines.get(version, ())) == 2]
    before = book.grounds().agreements.proposals
    order = {item.content: number for number, item in enumerate(before)}
    return [
        f"{texts[version]}\n{lines[version][0]}\n{lines[version][1]}\n".encode()
        for version in sorted(signed, key=lambda version: order[version])
    ]


def _cards(book: LogBook, node_id: str) -> list[bytes]:
    """All cards of a node that we hold, the oldest first."""
    return [row.note for row in book.store.find(CardNote, node_id=node_id, order=("serial",))]


def _leaves_under(book: LogBook, epoch: Epoch, head: bytes) -> list[bytes]:
    size = Checkpoint.parse(note.parse(head).text).size
    rows = book.store.find(LogMessage, ordinal=epoch.ordinal, index__lt=size, order=("index",))
    if len(rows) != size:
        raise refuse("I-log-incomplete", epoch=epoch.epoch, size=size)
    return [row.leaf_hash for row in rows]


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
    if book.keys_in(epoch).log == book.identity.log.public:
        return epoch.head
    # Signed by a key that was replaced, and not receipted: the key in force says too that this is ours.
    head = note.parse(epoch.head)
    own = log.sign_checkpoint(Checkpoint.parse(head.text), book.identity.log)
    return note.assemble(head.text, [*head.lines, *note.parse(own).lines])


def keys_for(data: bytes, author: Card, partner: Card, earlier: Sequence[Card] = ()) -> tuple[NoteKey, ...]:
    """The keys that check a proof: the author's for the log that the proof names, the partner's for receipts.

    ``earlier``: cards of either before the present one, whose keys signed what is older.
    Raises ``S-proof`` when the file names no log of the author's.
    """
    try:
        origin = data.decode().split("\n\n", 1)[1].split("\n", 1)[0]
        named = log.parse_origin(origin)
    except (UnicodeDecodeError, IndexError, ProtocolError):
        raise refuse("S-proof") from None
    if named.node_id != author.node_id:
        raise refuse("P-proof", reason="another author")
    logs = [keys_of(card).log_signer(origin) for card in (author, *earlier) if card.node_id == author.node_id]
    receipts = [keys_of(card).cosigner() for card in (partner, *earlier) if card.node_id == partner.node_id]
    return (*dict.fromkeys(logs), *dict.fromkeys(receipts))
