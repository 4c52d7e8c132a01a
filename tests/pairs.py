"""Two committees in memory: real keys, cards, pairing and agreement, with databases that forget nothing they committed.

A transaction follows the shell's rule: an ``Exchange`` for each, ``close``, commit, then ``memory.signed``. Nothing is
random but by seed::

    origin, destination = paired()
    version = agreed(origin, destination)
    origin.write("notice.given", notice(), version=version)
    settle(origin, destination)
    assert origin.shared() == destination.shared()
"""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from gongguan.protocol import agreement, bundle, log, merkle, note
from gongguan.protocol import card as cards
from gongguan.protocol.agreement_defaults import default_terms
from gongguan.protocol.bundle import Header, Rest, SegmentPart, Status
from gongguan.protocol.keys import FLOOR, HYBRID, SealingKey
from gongguan.protocol.messages.agreement import AgreementAnswered, AgreementProposed, Approval
from gongguan.protocol.messages.certificate import LifeEntered
from gongguan.protocol.messages.envelope import Body, Message
from gongguan.protocol.messages.movement import AdmissionGiven, DepartureNotified, pseudonym
from gongguan.protocol.messages.notice import NoticeGiven
from gongguan.protocol.messages.score import ScoreContributed
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.session import Identity
from gongguan.protocol.terms import AgreementParty, Officer
from gongguan.sync.exchange import pairings
from gongguan.sync.exchange.exchange import Exchange, Memory, Received
from gongguan.sync.exchange.watch import CURRENT, Watch, count_attempt
from gongguan.sync.records import Epoch, LogMessage, Pairing, SharedRecord
from tests.fakes import MemoryDatabase, Snapshot
from tests.protocol.committees import DESTINATION, ORIGIN, OTHERS, STRANGER, Committee

T = TypeVar("T")
START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
OFFICERS = ("乌云", "李明")
SHA = "5a" * 32
COMMITTEES = (ORIGIN, DESTINATION, STRANGER, *OTHERS)
LABELS = dict(
    zip(
        (item.node_id for item in COMMITTEES),
        ("origin", "destination", "stranger", "third", "fourth", "fifth"),
        strict=True,
    )
)
BY_ID = {item.node_id: item for item in COMMITTEES}


def identity_of(committee: Committee, label: str = "") -> Identity:
    """The private half of a committee of ``tests/protocol/committees.py``, or of one made with that label."""
    label = label or LABELS[committee.node_id]
    floor, hybrid = sha256(f"{label} floor".encode()).digest(), sha256(f"{label} hybrid".encode()).digest()
    sealing = (SealingKey.from_seeds(HYBRID, hybrid * 3), SealingKey.from_seeds(FLOOR, floor))
    return Identity(committee.node_id, committee.card_hash, committee.log_key, committee.cosigning_key, sealing)


class Poison(Exception):
    """What a handler of a test raises that cannot bear a message."""


class Node:
    """One committee's process and disk. ``memory`` is lost by ``crash``, the database is not."""

    exchange: type[Exchange] = Exchange

    def __init__(self, committee: Committee, seed: int = 0, label: str = "") -> None:
        self.committee = committee
        self.identity = identity_of(committee, label)
        self.database = MemoryDatabase()
        self.memory, self.reading = Memory(), Memory()
        self.now = START
        self.random = random.Random(f"{committee.node_id} {seed}")
        self.software = CURRENT
        self.watch = Watch()
        self.bytes_max: int | None = None

    @property
    def pairing_id(self) -> str:
        return self.database.read(lambda store: store.find(Pairing))[0].pairing_id

    def pairing_with(self, other: "Node") -> str:
        """The pairing with that partner."""
        peer = other.identity.node_id
        return self.database.read(lambda store: store.find(Pairing, peer=peer))[0].pairing_id

    def _exchange(self, store: Any, memory: Memory) -> Exchange:
        now, rng, bound = self.now, self.random.randbytes, self.bytes_max
        return self.exchange(store, self.identity, memory, now, rng, bound, software=self.software, watch=self.watch)

    def reading_exchange(self, store: Any) -> Exchange:
        """An exchange that only looks."""
        return self._exchange(store, self.reading)

    def act(self, work: Callable[[Exchange], T]) -> T:
        """One write transaction as the shell runs it. A refusal leaves everything as it was."""
        opened: list[Exchange] = []
        signed = False

        def transaction(store: Any) -> tuple[T, Any]:
            nonlocal signed
            self.watch.leave()
            opened.append(self._exchange(store, self.memory))
            result = work(opened[0])
            signed = True
            return result, opened[0].close()

        try:
            result, heads = self.database.write(transaction)
        except BaseException:
            if signed:
                self.memory.forget_heads(unknown_commit=True)
            else:
                self.memory.roll_back([book.pairing.pairing_id for exchange in opened for book in exchange.books()])
            raise
        self.memory.signed(heads)
        self.identity = opened[-1].identity
        return result

    def write(self, kind: str, body: Body, **named: Any) -> Message:
        """Write a message in a transaction of its own."""
        return self.act(lambda exchange: exchange.book(self.pairing_id_in(exchange)).write(kind, body, **named))

    @staticmethod
    def pairing_id_in(exchange: Exchange) -> str:
        return exchange.store.find(Pairing)[0].pairing_id

    def compose(self, answers: str | None = None, pairing_id: str | None = None) -> bytes:
        """The next bundle for the partner, or for the one of that pairing, as it is composed where all is written."""

        def work(store: Any) -> bytes:
            exchange = self._exchange(store, self.memory)
            return exchange.compose(pairing_id or self.pairing_id_in(exchange), answers=answers).data

        return self.database.read(work)

    def receive(self, data: bytes) -> Received:
        """Take a bundle, once more after each message that failed, as the shell does."""
        while True:
            try:
                return self.act(lambda exchange: exchange.receive(data))
            except Poison:
                suspect = self.watch.suspect
                assert suspect is not None
                self.database.write(lambda store, suspect=suspect: count_attempt(store, suspect))  # type: ignore[misc]

    def is_due(self, pairing_id: str | None = None) -> bool:
        """Whether the partner, or the one of that pairing, has not receipted all that we wrote."""

        def work(store: Any) -> bool:
            exchange = self._exchange(store, self.reading)
            return exchange.is_due(pairing_id or self.pairing_id_in(exchange))

        return self.database.read(work)

    def crash(self) -> None:
        """The process is gone; what was committed stays."""
        self.memory, self.reading = Memory(), Memory()

    def shared(self) -> dict[tuple[bytes, str], bytes]:
        """Every shared record: (unit, key) → canonical value."""
        found = self.database.read(lambda store: store.find(SharedRecord))
        return {(record.unit, record.key): record.value for record in found}

    def record(self, key: str) -> Any:
        """The value of the one shared record with this key."""
        (value,) = [value for (_, name), value in self.shared().items() if name == key]
        return msgspec.json.decode(value)

    def log(self) -> list[LogMessage]:
        """Every stored message of both logs."""
        return self.database.read(lambda store: store.find(LogMessage))

    def in_force(self) -> str:
        """The agreement version in force, or ""."""
        return self.act(lambda exchange: exchange.book(self.pairing_id_in(exchange)).current_version())


def pair_up(inviting: Node, invited: Node, token: str = "ab" * 16, replaces: str | None = None) -> None:
    """Cards, digits compared, records signed: the pairing is active on both. Both have their own card already."""
    one, other = inviting.database.write, invited.database.write
    one(lambda store: pairings.invite(store, OFFICERS[0], START, token, replaces))
    packet = one(lambda store: pairings.invitation_packet(store, token))
    other(lambda store: pairings.take_packet(store, packet, START, OFFICERS[1]))
    answer = other(lambda store: pairings.packet(store, inviting.identity.node_id))
    one(lambda store: pairings.take_packet(store, answer, START))
    for node, peer, officer in ((inviting, invited, OFFICERS[0]), (invited, inviting, OFFICERS[1])):
        digits = cards.fingerprint(peer.committee.card_text)
        key, peer_id = node.committee.log_key, peer.identity.node_id
        node.database.write(
            lambda store, peer_id=peer_id, digits=digits, officer=officer, key=key: pairings.confirm(  # type: ignore[misc]
                store, peer_id, digits, officer, key, START
            )
        )
    for giver, taker, peer_id in (
        (one, other, invited.identity.node_id),
        (other, one, inviting.identity.node_id),
    ):
        signed = giver(lambda store, peer_id=peer_id: pairings.packet(store, peer_id))  # type: ignore[misc]
        taker(lambda store, signed=signed: pairings.take_packet(store, signed, START))  # type: ignore[misc]


def with_own_card(committee: Committee, seed: int = 0) -> Node:
    """A node that nobody is paired with."""
    node = Node(committee, seed)
    node.database.write(lambda store: pairings.keep_own_card(store, committee.note))
    return node


@cache
def _paired_snapshots() -> tuple[Snapshot, Snapshot]:
    origin, destination = with_own_card(ORIGIN), with_own_card(DESTINATION)
    pair_up(origin, destination)
    return origin.database.snapshot(), destination.database.snapshot()


def paired(seed: int = 0) -> tuple[Node, Node]:
    """Two nodes right after their pairing became active; nothing is in their logs."""
    nodes = Node(ORIGIN, seed), Node(DESTINATION, seed)
    for node, snapshot in zip(nodes, _paired_snapshots(), strict=True):
        node.database.restore(snapshot)
    return nodes


def carry(giver: Node, taker: Node) -> Received:
    """One bundle from one to the other, without the answer."""
    return taker.receive(giver.compose(pairing_id=giver.pairing_with(taker)))


def bundle_of(giver: Node, taker: Node, segments: tuple[SegmentPart, ...] = (), **parts: Any) -> bytes:
    """A bundle by the giver that carries whatever segments and other parts a test made by hand."""
    rest = bundle.encode_rest(Rest(segments, **parts))
    recipient = taker.identity.sealing[0].public
    header = Header(
        sender=giver.identity.node_id,
        recipient=taker.identity.node_id,
        pairing=giver.pairing_id,
        sealing_key=recipient.key_id,
        bundle=giver.random.randbytes(16).hex(),
    )
    status = Status(
        pairing=header.pairing,
        sender=header.sender,
        recipient=header.recipient,
        bundle=header.bundle,
        rest=bundle.rest_digest(bundle.Payload(b"", rest)),
        heads=(),
        held=(),
    )
    return bundle.seal(header, note.sign(bundle.status_text(status), [giver.identity.signer()]), rest, recipient)


def own_row(node: Node) -> Epoch:
    """The newest epoch of this node."""
    rows = node.database.read(lambda store: store.find(Epoch, own=True, order=("ordinal",)))
    return rows[-1]


def signed_on(node: Node, *segments: tuple[bytes, ...]) -> tuple[SegmentPart, ...]:
    """Segments behind all that this node wrote, over whatever bytes, and rightly signed: it never stored them."""
    row = own_row(node)
    origin, frontier = log.origin(node.pairing_id, node.identity.node_id, row.epoch), merkle.frontier_of(row.frontier)
    parts = []
    for messages in segments:
        start, frontier = frontier.size, frontier.extend(map(merkle.leaf_hash, messages))
        checkpoint = log.Checkpoint(origin, frontier.size, frontier.root())
        parts.append(SegmentPart(row.epoch, start, log.sign_checkpoint(checkpoint, node.identity.log), messages))
    return tuple(parts)


def settle(one: Node, other: Node, rounds_max: int = 20) -> int:
    """Exchange bundles until neither owes the other anything; how many rounds it took."""
    for number in range(rounds_max):
        if not one.is_due(one.pairing_with(other)) and not other.is_due(other.pairing_with(one)):
            return number
        carry(one, other)
        carry(other, one)
    raise AssertionError("the two do not come to rest")


@cache
def agreement_text(number: int = 0, predecessor: str | None = None, invited: Committee = DESTINATION) -> str:
    """A text that the origin and this partner may sign; ``number`` tells versions apart."""
    parties = (_party(ORIGIN, OFFICERS[0]), _party(invited, OFFICERS[1]))
    terms = default_terms(parties, "2026-01-01", f"{2027 + number}-12-31")
    return agreement.render(msgspec.structs.replace(terms, predecessor=predecessor or msgspec.UNSET))


def _party(committee: Committee, officer: str) -> AgreementParty:
    title = committee.card.title
    return AgreementParty(node_id=committee.node_id, title=title, receiving_officers=(Officer(name=officer),))


def line_of(node: Node, text: str) -> str:
    return str(note.signature_line(text, NoteSigner(node.identity.node_id, PLAIN, node.identity.log)))


APPROVAL = Approval(document_number="示例〔2026〕1号", approved_on="2026-02-28", approved_by="王建国")


def proposal(node: Node, number: int = 0, predecessor: str | None = None) -> AgreementProposed:
    """This node's signed proposal of a version."""
    return signed_proposal(node, agreement_text(number, predecessor), predecessor)


def signed_proposal(node: Node, text: str, predecessor: str | None = None) -> AgreementProposed:
    """This node's signed proposal of a text."""
    return AgreementProposed(
        text=text, signature=line_of(node, text), approval=APPROVAL, predecessor=predecessor or msgspec.UNSET
    )


def acceptance(node: Node, proposal_id: str, text: str) -> AgreementAnswered:
    """This node's signed acceptance."""
    return AgreementAnswered(proposal=proposal_id, answer="accept", signature=line_of(node, text), approval=APPROVAL)


def announced(origin: Node, destination: Node) -> None:
    """Both say which kinds they understand, and both hear it."""
    for node in (origin, destination):
        node.act(lambda exchange: exchange.announce(Node.pairing_id_in(exchange)))
    settle(origin, destination)


def agreed(origin: Node, destination: Node) -> str:
    """Announce, propose, accept; the version in force on both sides."""
    announced(origin, destination)
    proposed = origin.write("agreement.proposed", proposal(origin))
    settle(origin, destination)
    text = agreement_text()
    version = agreement.version(text)
    destination.write("agreement.answered", acceptance(destination, proposed.id, text), version=version)
    settle(origin, destination)
    return version


@cache
def _agreed_snapshots() -> tuple[Snapshot, Snapshot, str]:
    origin, destination = paired(seed=-1)
    version = agreed(origin, destination)
    return origin.database.snapshot(), destination.database.snapshot(), version


def in_agreement(seed: int = 0) -> tuple[Node, Node, str]:
    """Two nodes under an agreement in force, both just started."""
    first, second, version = _agreed_snapshots()
    nodes = Node(ORIGIN, seed), Node(DESTINATION, seed)
    nodes[0].database.restore(first)
    nodes[1].database.restore(second)
    return (*nodes, version)


# --- bodies that vary where tests need it ---------------------------------------------------------------------


def subject(number: int, party: int = 0) -> str:
    """The pseudonym of a member, as this party gives it."""
    return pseudonym(sha256(f"member {number}".encode()).hexdigest()[:32], party)


def departure(place: str = "990202", name: str = "巴特尔") -> DepartureNotified:
    return DepartureNotified(
        name=name,
        sex="male",
        birth_year=1988,
        category="full_member",
        affiliated_branch="巴彦塔拉嘎查党支部",
        certificate_number="H-2026-0001",
        left_on="2026-02",
        destination_place=place,
    )


def admission(departure_id: str, body: str = "临江社区第一党支部") -> AdmissionGiven:
    return AdmissionGiven(
        departure=departure_id,
        managing_body=body,
        arrived_on="2026-03-02",
        contact_officer="李明",
        contact_phone="100-0000-0001",
    )


def life(event: str, attendance: str = "confirmed") -> LifeEntered:
    reason: Any = "ill" if attendance == "confirmed_absent" else msgspec.UNSET
    given: Any = attendance
    return LifeEntered(
        event=event, activity="regular_meeting", on="2026-03-05", attendance=given, absence_reason=reason
    )


def score(event: str, points: int, rule: str = "volunteering") -> ScoreContributed:
    return ScoreContributed(year=2026, rule=rule, event=event, points=points, on="2026-03-06")


def notice(title: str = "会商通知") -> NoticeGiven:
    return NoticeGiven(topic="other", title=title, text="请派人参加三月的会商。", on="2026-03-01")


def later(node: Node, days: float) -> None:
    """Let this node's clock run."""
    node.now += timedelta(days=days)
