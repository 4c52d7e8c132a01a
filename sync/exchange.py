"""The exchange of one node inside one transaction: write, receive, compose.

Flow in: ``receive(data)`` opens a bundle, verifies it (protocol/session.py), and hands segments and receipts to the
pairing's ``LogBook``. Flow out: ``compose`` puts what the partner has not receipted, and our receipts, into a bundle.
A receipt is signed in ``compose``, which must run in a transaction *after* the one that stored the messages has
committed. ``close`` ends a write transaction: it signs one head per pairing over all that was written in it::

    exchange = Exchange(store, identity, memory, now, rng)
    exchange.book(pairing_id).write("notice.given", body, version=v)
    heads = exchange.close()          # after the commit: memory.signed(heads)
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import msgspec

from gongguan.protocol import bundle, note, session
from gongguan.protocol.bundle import DigestQuestion, Header, Rest, SegmentPart, Status
from gongguan.protocol.causality import Head
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import BUNDLE_BYTES_MAX
from gongguan.protocol.messages import announced
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.session import (
    ForkFound,
    HeadShown,
    Identity,
    ReceiptRead,
    SegmentAhead,
    SegmentTaken,
    StatusRead,
)
from gongguan.sync.logbook import LogBook, PairingMemory
from gongguan.sync.react import REACT
from gongguan.sync.records import Epoch, ForkEvidence, LogMessage, Pairing, Segment
from gongguan.sync.store import Store

FILL_BYTES = BUNDLE_BYTES_MAX * 3 // 4
"""Segments are added to a bundle while their messages stay below this: room is left for everything else."""


@dataclass
class Memory:
    """What this process remembers between transactions. Losing it costs an epoch, never a message."""

    pairings: dict[str, PairingMemory] = field(default_factory=dict)

    def of(self, pairing_id: str) -> PairingMemory:
        """The memory of one pairing."""
        return self.pairings.setdefault(pairing_id, PairingMemory())

    def signed(self, heads: Mapping[str, Head]) -> None:
        """The transaction that signed these heads has committed."""
        for pairing_id, head in heads.items():
            memory = self.of(pairing_id)
            memory.head = head
            memory.after_unknown_commit = False

    def roll_back(self, pairing_ids: Iterable[str]) -> None:
        """A transaction was given up before it signed anything: only what it had learnt of these pairings goes."""
        for pairing_id in pairing_ids:
            before = self.of(pairing_id)
            self.pairings[pairing_id] = PairingMemory(
                head=before.head, peer=before.peer, after_unknown_commit=before.after_unknown_commit
            )

    def forget_heads(self, *, unknown_commit: bool = False) -> None:
        """A transaction failed, perhaps after its commit: whatever it signed is not to be continued (Rule E)."""
        for pairing_id, before in list(self.pairings.items()):
            self.pairings[pairing_id] = PairingMemory(after_unknown_commit=unknown_commit, peer=before.peer)


class Received(NamedTuple):
    """What a bundle brought. ``ahead``: part of it begins beyond what we hold, the partner has to send from before."""

    pairing_id: str
    bundle: str
    answers: str | None
    new_messages: int
    new_receipts: int
    ahead: bool
    questions: tuple[DigestQuestion, ...]
    told: tuple[DigestQuestion, ...]


class Composed(NamedTuple):
    """A bundle to send. ``more``: what is due did not all fit. ``segments``: how many it carries."""

    data: bytes
    bundle: str
    segments: int
    more: bool


class Exchange:
    """All pairings of this node in one transaction."""

    def __init__(
        self, store: Store, identity: Identity, memory: Memory, now: datetime, rng: Callable[[int], bytes]
    ) -> None:
        self.store = store
        self.identity = identity
        self.memory = memory
        self.now = now
        self.rng = rng
        self._books: dict[str, LogBook] = {}

    def book(self, pairing_id: str) -> LogBook:
        """Both logs of a pairing. Raises ``P-pairing-unknown``."""
        if pairing_id not in self._books:
            pairing = self.store.get(Pairing, pairing_id)
            if pairing is None:
                raise refuse("P-pairing-unknown", pairing=pairing_id)
            memory = self.memory.of(pairing_id)
            self._books[pairing_id] = LogBook(self.store, pairing, self.identity, memory, self.now, self.rng, REACT)
        return self._books[pairing_id]

    def books(self) -> list[LogBook]:
        """The books that this transaction has opened."""
        return list(self._books.values())

    def announce(self, pairing_id: str) -> bool:
        """Tell the partner which kinds this software applies, if that is news. Called when a pairing becomes active."""
        book = self.book(pairing_id)
        key = f"versions/{book.own_party}"
        records = book.pairing_unit().records
        if key in records and records[key]["entries"][-1]["value"]["kinds"] == list(announced()):
            return False
        book.write("exchange.versions", VersionsAnnounced(kinds=announced()))
        return True

    def announce_to(self, peer: str) -> None:
        """``announce`` in every active pairing with this node; nothing when there is none yet."""
        for pairing in self.store.find(Pairing, peer=peer, state="active"):
            self.announce(pairing.pairing_id)

    def receive(self, data: bytes) -> Received:
        """Take a bundle: all of it or nothing. Raises the refusal of the whole; the caller then rolls back."""
        header, _ = bundle.read_header(data)
        book = self.book(header.pairing)
        if book.pairing.state != "active":
            raise refuse("P-pairing-not-active", state=book.pairing.state)
        opened = bundle.unseal(data, self.identity.sealing)
        _, events = session.receive(book.session_state(), opened)
        status: Status | None = None
        receipts = 0
        ahead = False
        for event in events:
            match event:
                case StatusRead(status):
                    pass
                case SegmentTaken():
                    if book.pairing.state == "active":  # else a fork was found: nothing is applied after it
                        book.take(event)
                case ReceiptRead():
                    receipts += book.take_receipt(event)
                case SegmentAhead():
                    ahead = True
                case HeadShown():
                    fork = book.fork_of(event)
                    if fork is not None:
                        self._freeze(book, fork)
                case ForkFound():
                    self._freeze(book, event)
        if status is None:
            raise refuse("S-bundle", part="status")
        book.check_claims()
        book.settle()
        book.partner_shows(status.heads)
        answers = status.answers if isinstance(status.answers, str) else None
        rest = opened.rest
        return Received(
            header.pairing, header.bundle, answers, book.new_messages, receipts, ahead, rest.questions, rest.answers
        )

    def _freeze(self, book: LogBook, fork: ForkFound) -> None:
        """Keep the proof and stop taking anything from this partner; both officers have to talk."""
        self.store.put(
            ForkEvidence(
                pairing_id=book.pairing.pairing_id,
                epoch=fork.epoch,
                size=fork.size,
                first=fork.first,
                second=fork.second,
            )
        )
        book.pairing = msgspec.structs.replace(book.pairing, state="frozen")
        self.store.put(book.pairing)

    def compose(
        self,
        pairing_id: str,
        *,
        answers: str | None = None,
        questions: tuple[DigestQuestion, ...] = (),
        told: tuple[DigestQuestion, ...] = (),
    ) -> Composed:
        """The next bundle for a partner: unreceipted segments, oldest first, and our receipts. Reads only."""
        book = self.book(pairing_id)
        parts, more = self._segments(book)
        receipts = tuple(
            book.receipt_for(row)
            for row in sorted(book.epochs.values(), key=lambda row: row.ordinal)
            if not row.own and row.receipted < row.size
        )
        rest = bundle.encode_rest(Rest(tuple(parts), receipts, questions, told))
        bundle_id = self.rng(16).hex()
        recipient = book.peer_keys().sealing[0]
        header = Header(
            sender=self.identity.node_id,
            recipient=book.pairing.peer,
            pairing=pairing_id,
            sealing_key=recipient.key_id,
            bundle=bundle_id,
        )
        text = bundle.status_text(self._status(book, header, rest, answers))
        status_note = note.sign(text, [self.identity.signer()])
        return Composed(bundle.seal(header, status_note, rest, recipient), bundle_id, len(parts), more)

    def _status(self, book: LogBook, header: Header, rest: bytes, answers: str | None) -> Status:
        own = [row for row in book.epochs.values() if row.own]
        open_heads = {head[0] for head in book.heads(own=True)}
        return Status(
            pairing=header.pairing,
            sender=header.sender,
            recipient=header.recipient,
            bundle=header.bundle,
            rest=bundle.rest_digest(bundle.Payload(b"", rest)),
            heads=tuple(
                (row.epoch, row.size, row.receipted)
                for row in sorted(own, key=lambda row: row.ordinal)
                if row.epoch in open_heads or row.receipted < row.size
            ),
            held=book.heads(own=False),
            answers=answers or msgspec.UNSET,
        )

    def _segments(self, book: LogBook) -> tuple[list[SegmentPart], bool]:
        parts: list[SegmentPart] = []
        room = FILL_BYTES
        for row in sorted(book.epochs.values(), key=lambda row: row.ordinal):
            if not row.own or row.receipted >= row.size:
                continue
            for segment in self.store.find(Segment, ordinal=row.ordinal, size__gt=row.receipted, order=("size",)):
                part = self._part(row, segment)
                room -= sum(map(len, part.messages))
                if room < 0 and parts:
                    return parts, True
                parts.append(part)
        return parts, False

    def _part(self, row: Epoch, segment: Segment) -> SegmentPart:
        found = self.store.find(
            LogMessage, ordinal=row.ordinal, index__ge=segment.start, index__lt=segment.size, order=("index",)
        )
        return SegmentPart(row.epoch, segment.start, segment.head, tuple(item.data for item in found))

    def pairings(self, *, state: str = "active") -> list[Pairing]:
        """The pairings in this state."""
        return self.store.find(Pairing, state=state)

    def is_due(self, pairing_id: str) -> bool:
        """Whether the partner has not receipted all that we wrote."""
        return any(row.own and row.receipted < row.size for row in self.book(pairing_id).epochs.values())

    def has_receipts_to_show(self, pairing_id: str) -> bool:
        """Whether the partner has not yet shown that it holds our receipt for all that it wrote."""
        return any(not row.own and row.receipted < row.size for row in self.book(pairing_id).epochs.values())

    def close(self) -> dict[str, Head]:
        """Sign what was written, write everything back. The own heads to remember once the commit has returned."""
        heads: dict[str, Head] = {}
        for pairing_id, book in self._books.items():
            head = book.close()
            if head is not None:
                heads[pairing_id] = head
        return heads
