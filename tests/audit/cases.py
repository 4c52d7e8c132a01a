"""A member's case with everything in it: two versions of the agreement, both sides' messages, a refusal, and messages
that the partner has not receipted yet."""

from functools import cache
from typing import NamedTuple

from gongguan.protocol import agreement
from gongguan.protocol.note import text_hash
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.oversight import proofs
from gongguan.sync.oversight.proofs import ExportedCase
from gongguan.sync.records import LogMessage, MobilityPeriod
from tests import pairs
from tests.acts import UncheckedBook, UncheckedExchange
from tests.pairs import Node


class CaseStory(NamedTuple):
    """Both nodes, the member's pseudonym, and the agreement id."""

    origin: Node
    destination: Node
    subject: str
    agreement: str


def export(node: Node, subject: str, agreement_id: str) -> ExportedCase:
    """The member's case as this node exports it."""
    pairing_id = node.pairing_id
    period = MobilityPeriod(
        subject=subject, agreement=agreement_id, pairing_id=pairing_id, side="origin", member_id=None, body_code=None
    )
    return node.act(lambda exchange: proofs.export_case(exchange.book(pairing_id), period))


def proofs_of(node: Node) -> list[proofs.Exported]:
    """The proof of every message that this node can prove."""
    ids = sorted({item.id for item in node.log() if item.effect != "duplicate" and item.kind != "unreadable"})

    def work(exchange: Exchange) -> list[proofs.Exported]:
        book = exchange.book(pairs.Node.pairing_id_in(exchange))
        return [proofs.export(book, message_id) for message_id in ids]

    return node.act(work)


@cache
def story() -> CaseStory:
    origin, destination, version = pairs.in_agreement(seed=3)
    member = pairs.subject(1)
    left = origin.write("departure.notified", pairs.departure(), version=version, subject=member)
    pairs.settle(origin, destination)
    destination.write("admission.given", pairs.admission(left.id), version=version, subject=member, cause=left.id)
    destination.write("score.contributed", pairs.score("01" * 16, 2), version=version, subject=member)
    pairs.settle(origin, destination)
    amended = amend(origin, destination, version)
    destination.write("certificate.life_entered", pairs.life("04" * 16), version=amended, subject=member)
    other = origin.write("departure.notified", pairs.departure(), version=amended, subject=pairs.subject(2))
    assert other.subject != member
    pairs.settle(origin, destination)
    destination.exchange = UncheckedExchange
    write_unchecked(destination, amended, member)
    pairs.settle(origin, destination)
    destination.write("score.contributed", pairs.score("02" * 16, 1), version=amended, subject=member)
    return CaseStory(origin, destination, member, version)


def amend(origin: Node, destination: Node, version: str) -> str:
    """A second version, signed by both."""
    proposed = origin.write("agreement.proposed", pairs.proposal(origin, 1, version), version=version)
    pairs.settle(origin, destination)
    text = pairs.agreement_text(1, version)
    accepted = pairs.acceptance(destination, proposed.id, text)
    destination.write("agreement.answered", accepted, version=version)
    pairs.settle(origin, destination)
    assert agreement.version(text) == text_hash(text)
    return agreement.version(text)


def write_unchecked(node: Node, version: str, member: str) -> None:
    """A message that the partner refuses: points beyond the scale, while this node's own verdict is left out."""

    def work(exchange: Exchange) -> None:
        book = exchange.book(pairs.Node.pairing_id_in(exchange))
        assert isinstance(book, UncheckedBook)
        book.rogue = True
        book.write("score.contributed", pairs.score("03" * 16, 99), version=version, subject=member)

    node.act(work)


def refused(node: Node) -> list[LogMessage]:
    """What this node's logs hold with a refusal."""
    return [item for item in node.log() if item.verdict != "accepted"]
