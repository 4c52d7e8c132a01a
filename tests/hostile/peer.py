"""A partner with real keys and no manners: it signs, counts and sends whatever a test wants.

It shares nothing with our sending side but the encoders: no verdict, no causality, no limits. What a partner's officers
confirmed by telephone was a key, and whoever holds that key can do all this::

    peer = BadPeer.taking_over(destination)         # a node of tests/pairs.py, or one that ran on sockets
    peer.open()
    peer.say("score.contributed", body, version=version, subject=member)
    victim.receive(peer.pack())
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import msgspec

from gongguan.protocol import bundle, log, merkle, note, receipt
from gongguan.protocol.bundle import DigestQuestion, Header, Rest, SegmentPart, Status
from gongguan.protocol.card import CardKeys
from gongguan.protocol.causality import Head
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.exchange import EpochOpened
from gongguan.protocol.session import Identity
from gongguan.sync.exchange import pairings
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import LogMessage

AT = "2026-03-01T08:00:00Z"
_JSON = msgspec.json.Encoder(order="sorted")


@dataclass
class BadPeer:
    """See the module. ``logs``: epoch → messages; ``heard``: epoch → newest checkpoint note of the victim's."""

    identity: Identity
    pairing_id: str
    victim: CardKeys
    logs: dict[str, list[bytes]] = field(default_factory=dict)
    heard: dict[str, bytes] = field(default_factory=dict)
    epoch: str = ""
    rng: Random = field(default_factory=lambda: Random(7))
    last_bundle: str = ""
    last_heard: bytes = b""
    card: bytes = b""
    """Our own card as a note, where we know it."""

    @classmethod
    def taking_over(cls, exchange: Exchange) -> "BadPeer":
        """The keys and logs of a node, as whoever steals them finds them."""
        (pairing,) = exchange.pairings()
        book = exchange.book(pairing.pairing_id)
        peer = cls(exchange.identity, pairing.pairing_id, book.peer_keys(), card=pairings.own_card(exchange.store).note)
        for row in sorted(book.epochs.values(), key=lambda row: row.ordinal):
            if row.own:
                found = exchange.store.find(LogMessage, ordinal=row.ordinal, order=("index",))
                peer.logs[row.epoch] = [item.data for item in found]
            else:
                peer.heard[row.epoch] = row.head
        return peer

    # --- saying things --------------------------------------------------------------------------------------------

    def hex(self, count: int = 16) -> str:
        """So many random bytes."""
        return self.rng.randbytes(count).hex()

    def seen(self) -> tuple[Head, ...]:
        """The newest head heard of the victim's newest epoch."""
        if not self.heard:
            return ()
        epoch = list(self.heard)[-1]
        return ((epoch, self.size_heard(epoch)),)

    def size_heard(self, epoch: str) -> int:
        return log.Checkpoint.parse(note.parse(self.heard[epoch]).text).size

    def heads(self) -> tuple[Head, ...]:
        """Of our own newest epoch."""
        if not self.logs:
            return ()
        epoch = list(self.logs)[-1]
        return ((epoch, len(self.logs[epoch])),)

    def root(self, epoch: str, size: int) -> str:
        return merkle.root(map(merkle.leaf_hash, self.logs[epoch][:size])).hex()

    def open(self, parents: Iterable[Head] | None = None, *, epoch: str | None = None, **named: Any) -> str:
        """Begin an epoch; its parents are all that we have, unless told otherwise."""
        heads = self.heads() if parents is None else tuple(parents)
        listed = tuple((name, size, self.root(name, size)) for name, size in heads)
        self.epoch = epoch or self.hex()
        self.logs[self.epoch] = []
        body = EpochOpened(parents=listed, card=self.identity.card, reason="start" if listed else "first")
        self.say("epoch.opened", body, **named)
        return self.epoch

    def say(
        self,
        kind: str,
        body: Body | dict[str, Any],
        *,
        version: str | None = None,
        subject: str | None = None,
        seen: tuple[Head, ...] | None = None,
        message_id: str | None = None,
        kind_version: int = 1,
        cause: str | None = None,
    ) -> str:
        """Append a message whatever it says; its id."""
        message = Message(
            id=message_id or self.hex(),
            salt=self.hex(),
            kind=kind,
            version=kind_version,
            seen=self.seen() if seen is None else seen,
            at=AT,
            agreement=version or msgspec.UNSET,
            subject=subject or msgspec.UNSET,
            cause=cause or msgspec.UNSET,
            body=body,
        )
        self.add(_JSON.encode(message))
        return message.id

    def add(self, *messages: bytes) -> None:
        """Append bytes, message or not."""
        self.logs[self.epoch].extend(messages)

    # --- sending them ---------------------------------------------------------------------------------------------

    def head(self, epoch: str, messages: list[bytes]) -> bytes:
        """A signed checkpoint over any messages."""
        frontier = CompactRange().extend(map(merkle.leaf_hash, messages))
        origin = log.origin(self.pairing_id, self.identity.node_id, epoch)
        return log.sign_checkpoint(log.Checkpoint(origin, frontier.size, frontier.root()), self.identity.log)

    def segment(self, epoch: str | None = None, start: int = 0, size: int | None = None) -> SegmentPart:
        """A part of a log of ours with a head of its own."""
        epoch = epoch or self.epoch
        messages = self.logs[epoch][:size]
        return SegmentPart(epoch, start, self.head(epoch, messages), tuple(messages[start:]))

    def segments(self, epoch: str | None = None, step: int = 1000) -> list[SegmentPart]:
        """A whole epoch in parts that nobody can object to."""
        epoch = epoch or self.epoch
        length = len(self.logs[epoch])
        return [self.segment(epoch, start, min(start + step, length)) for start in range(0, length, step)]

    def receipts(self) -> tuple[bytes, ...]:
        """For everything heard."""
        return tuple(receipt.cosign(head, self.identity.cosigner(), 1_772_352_000) for head in self.heard.values())

    def pack(
        self,
        segments: Iterable[SegmentPart] | None = None,
        *,
        receipts: tuple[bytes, ...] | None = None,
        questions: tuple[DigestQuestion, ...] = (),
        header: dict[str, Any] | None = None,
        status: dict[str, Any] | None = None,
        rest_claimed: bytes | None = None,
        more: dict[str, Any] | None = None,
        rewrite: Callable[[str], str] = str,
    ) -> bytes:
        """A sealed bundle: the whole newest epoch, unless told otherwise. ``header``, ``status``: fields to lie in;
        ``more``: what else it carries; ``rewrite`` makes another text of the status before it is signed."""
        parts = tuple(self.segments() if segments is None else segments)
        given = self.receipts() if receipts is None else receipts
        rest = bundle.encode_rest(Rest(parts, given, questions, **(more or {})))
        recipient = self.victim.sealing[0]
        self.last_bundle = self.hex()
        fields: dict[str, Any] = {
            "sender": self.identity.node_id,
            "recipient": self.victim.node_id,
            "pairing": self.pairing_id,
            "bundle": self.last_bundle,
        }
        top = Header(**{**fields, "sealing_key": recipient.key_id, **(header or {})})
        said: dict[str, Any] = {
            **fields,
            "rest": bundle.rest_digest(bundle.Payload(b"", rest_claimed if rest_claimed is not None else rest)),
            "heads": tuple((epoch, len(messages), 0) for epoch, messages in self.logs.items() if messages),
            "held": (),
        }
        text = rewrite(bundle.status_text(Status(**{**said, **(status or {})})))
        return bundle.seal(top, note.sign(text, [self.identity.signer()]), rest, recipient)

    def hear(self, data: bytes) -> bundle.Opened:
        """Open what the victim sent, and remember its heads."""
        opened = bundle.unseal(data, self.identity.sealing)
        for part in opened.rest.segments:
            self.heard[part.epoch] = part.head
        self.last_heard = data
        return opened

    def again(self) -> "BadPeer":
        """The same keys and logs, so that one lie does not stand in the way of the next."""
        logs = {epoch: list(messages) for epoch, messages in self.logs.items()}
        return replace(self, logs=logs, heard=dict(self.heard), rng=Random(self.rng.random()))
