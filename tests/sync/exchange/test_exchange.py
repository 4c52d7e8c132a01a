"""Two nodes come to the same shared records through bundles alone."""

from typing import Any

import pytest

from gongguan.protocol import bundle, canonical, log, merkle
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.limits import SEGMENT_MESSAGES_MAX
from gongguan.protocol.messages.conflict import ConflictAnswered, ConflictProposed
from gongguan.protocol.messages.movement import RelocationReported
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.unsent import Unsent
from gongguan.sync.records import Epoch
from tests import pairs
from tests.pairs import Node, carry, settle
from tests.refusals import refusal


@pytest.fixture
def nodes() -> tuple[Node, Node, str]:
    return pairs.in_agreement()


def test_announcement_proposal_and_acceptance_put_one_version_in_force_on_both_sides() -> None:
    origin, destination = pairs.paired()
    version = pairs.agreed(origin, destination)
    assert origin.in_force() == destination.in_force() == version
    assert origin.shared() == destination.shared()


def test_a_member_goes_arrives_and_a_conflict_over_points_is_closed_by_both(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    member = {"version": version, "subject": pairs.subject(1)}
    departure = origin.write("departure.notified", pairs.departure(), **member)
    settle(origin, destination)
    destination.write("admission.given", pairs.admission(departure.id), cause=departure.id, **member)
    destination.write("certificate.life_entered", pairs.life("2026-03"), **member)
    one = origin.write("score.contributed", pairs.score("v-1", 1), **member)
    other = destination.write("score.contributed", pairs.score("v-1", 2), **member)
    settle(origin, destination)
    assert origin.shared() == destination.shared()
    score = origin.record("score/2026/volunteering/v-1")
    assert (score["status"], score["effective"]["points"]) == ("conflict", 1), "origin leads the scores"
    body = ConflictProposed(
        conflict=score["conflict"],
        record="score/2026/volunteering/v-1",
        candidates=tuple(sorted((one.id, other.id))),
        chosen=other.id,
    )
    proposed = destination.write("conflict.proposed", body, **member)
    settle(origin, destination)
    origin.write("conflict.answered", ConflictAnswered(proposal=proposed.id, answer="accept"), **member)
    settle(origin, destination)
    assert origin.shared() == destination.shared()
    score = destination.record("score/2026/volunteering/v-1")
    assert (score["status"], score["effective"]["points"]) == ("resolved", 2)
    assert origin.record(f"conflict/{body.conflict}")["state"] == "closed"
    assert origin.record("movement/state")["state"] == "admitted"


def test_a_bundle_that_comes_twice_or_late_changes_nothing(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    origin.write("notice.given", pairs.notice("一"), version=version)
    first = origin.compose()
    origin.write("notice.given", pairs.notice("二"), version=version)
    carry(origin, destination)
    before = destination.shared()
    assert destination.receive(first).new_messages == 0
    pairs.later(destination, 200)
    assert destination.receive(first).new_messages == 0
    assert destination.shared() == before


def test_what_was_signed_last_is_sent_as_the_store_has_it(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    memory = origin.memory.of(origin.pairing_id)

    def segments() -> list[tuple[int, int]]:
        """Of the next bundle, which says the same where nothing is remembered."""
        kept, found = memory.unsent, []
        for memory.unsent in (kept, Unsent()):
            found.append(bundle.unseal(origin.compose(), destination.identity.sealing).rest.segments)
        memory.unsent = kept
        assert found[0] == found[1]
        return [(part.start, len(part.messages)) for part in found[0]]

    origin.write("notice.given", pairs.notice("零"), version=version)
    size = len(memory.unsent.held[-1][1])
    settle(origin, destination)
    origin.write("notice.given", pairs.notice("一"), version=version)
    assert memory.unsent.held
    first = memory.unsent
    assert segments() == [(size, 1)]
    origin.write("notice.given", pairs.notice("二"), version=version)
    assert len(memory.unsent.held) == 2
    assert segments() == [(size, 1), (size + 1, 1)]
    memory.unsent = first  # of a head that is not the newest any more: it is not believed
    assert segments() == [(size, 1), (size + 1, 1)]
    settle(origin, destination)
    origin.write("notice.given", pairs.notice("三"), version=version)
    assert len(memory.unsent.held) == 1
    assert segments() == [(size + 2, 1)]


def shown(sender: Node, receiver: Node, epoch: str, first: dict[str, Any]) -> str:
    """What becomes of a bundle whose new epoch begins with this message, truly signed by the sender."""
    leaf = canonical.encode({"at": "2026-03-01T08:00:00Z", "id": "a1" * 16, "salt": "b2" * 16, "seen": [], **first})
    root = merkle.root([merkle.leaf_hash(leaf)])
    checkpoint = log.Checkpoint(log.origin(sender.pairing_id, sender.identity.node_id, epoch), 1, root)
    part = SegmentPart(epoch, 0, log.sign_checkpoint(checkpoint, sender.identity.log), (leaf,))
    return refusal(receiver.receive, pairs.bundle_of(sender, receiver, (part,)))


def test_an_epoch_that_begins_with_a_leaf_of_a_later_version_is_refused_by_code(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, _ = nodes
    body = {"card": "00" * 32, "parents": [], "reason": "first"}
    opened = {"kind": "epoch.opened", "version": 2, "body": body}
    assert shown(origin, destination, "c3" * 16, opened) == "P-epoch"


def test_receipts_for_epochs_that_are_over_are_not_sent_for_ever(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    for number in range(5):
        origin.crash()
        origin.write("notice.given", pairs.notice(f"第{number}次"), version=version)
        settle(origin, destination)
    carry(destination, origin)
    carry(origin, destination)
    opened = bundle.unseal(destination.compose(), origin.identity.sealing)
    assert opened.rest.receipts == ()


def test_a_body_that_could_not_be_read_back_is_refused_where_it_is_written(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    body = pairs.notice("")
    assert refusal(origin.write, "notice.given", body, version=version) == "S-message"
    settle(origin, destination)
    assert origin.shared() == destination.shared()


def test_a_receipt_says_nothing_about_what_was_written_after_it(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    origin.write("notice.given", pairs.notice("一"), version=version)
    carry(origin, destination)
    origin.write("notice.given", pairs.notice("二"), version=version)
    carry(destination, origin)
    rows = origin.database.read(lambda store: store.find(Epoch, own=True))
    (row,) = [row for row in rows if row.size > row.receipted]
    assert row.receipted == row.size - 1
    assert origin.is_due()


def test_a_clock_that_was_set_back_changes_no_order(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes
    subject = pairs.subject(0)
    origin.write("departure.notified", pairs.departure("990202"), version=version, subject=subject)
    for place in ("990303", "990404"):
        pairs.later(origin, -1)
        body = RelocationReported(place=place, on="2026-04-01")
        origin.write("relocation.reported", body, version=version, subject=subject)
    settle(origin, destination)
    for node in nodes[:2]:
        place = node.record("register/place")
        assert (place["effective"]["place"], place["status"]) == ("990404", "set")
    assert origin.shared() == destination.shared()


def test_what_is_longer_than_a_segment_travels_in_several(nodes: tuple[Node, Node, str]) -> None:
    origin, destination, version = nodes

    def work(exchange: Exchange) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        for number in range(SEGMENT_MESSAGES_MAX + 1):
            book.write("notice.given", pairs.notice(f"第{number}次"), version=version)

    origin.act(work)
    settle(origin, destination)
    assert len(origin.log()) == len(destination.log()) > SEGMENT_MESSAGES_MAX


def test_a_bundle_older_than_an_epoch_does_not_say_that_its_receipt_is_known() -> None:
    origin, destination, version = pairs.in_agreement()
    old = destination.compose()
    destination.write("notice.given", pairs.notice("迟到之前"), version=version)
    carry(destination, origin)
    origin.write("notice.given", pairs.notice("已看到"), version=version)
    origin.receive(old)
    carry(origin, destination)
    settle(origin, destination)
    assert origin.shared() == destination.shared()
