"""Old backups put back, case by case: nothing is signed twice, what the partner has comes back, the rest is counted."""

from typing import Any

import pytest

from gongguan.protocol import agreement, fork, log, note
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.causality import Head
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.movement import InflowAnswered, InflowReported
from gongguan.sync.exchange import recovery, standing, verification
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.watch import CURRENT, Software
from gongguan.sync.records import Epoch, ForkEvidence, LogMessage, Pairing, Segment
from tests import pairs
from tests.pairs import Node
from tests.sync.offices import Office

ROUNDS_MAX = 12


def say(node: Node, title: str, version: str) -> str:
    return node.write("notice.given", pairs.notice(title), version=version).id


def book_of(exchange: Exchange) -> LogBook:
    return exchange.book(Node.pairing_id_in(exchange))


def ids_of(node: Node) -> set[str]:
    return {item.id for item in node.log()}


def row_of(node: Node, epoch: str) -> Epoch:
    (found,) = node.database.read(lambda store: store.find(Epoch, epoch=epoch))
    return found


def current_epoch(node: Node) -> str:
    head: Head | None = node.memory.of(node.pairing_id).head
    assert head is not None
    return head[0]


def pairing_of(node: Node) -> Pairing:
    return node.database.read(lambda store: store.find(Pairing))[0]


def round_of(giver: Node, taker: Node) -> None:
    """A request and its answer."""
    giver.receive(taker.compose(answers=taker.receive(giver.compose()).bundle))


def recovered(one: Node, other: Node) -> None:
    """Exchange until nothing is due and nobody recovers."""
    for _ in range(ROUNDS_MAX):
        round_of(one, other)
        if not one.is_due() and not other.is_due():
            break
    assert not one.is_due()
    assert not other.is_due()
    assert one.shared() == other.shared()
    assert ids_of(one) == ids_of(other)
    for node in (one, other):
        found = node.act(lambda exchange: verification.examine(book_of(exchange)))
        assert (found.broken, found.altered) == ((), ())


def accounts(node: Node) -> list[recovery.Account]:
    return node.database.read(recovery.accounts)


def lose(node: Node, snapshot: Any) -> None:
    """The machine is rolled back to a snapshot and starts."""
    node.database.restore(snapshot)
    node.crash()


def test_a_machine_rolled_back_while_a_message_is_in_the_couriers_bag_signs_nothing_twice() -> None:
    one, other, version = pairs.in_agreement()
    first = say(one, "第一次", version)
    pairs.settle(one, other)
    backup = one.database.snapshot()
    in_the_bag = say(one, "信使带走的", version)
    bag = one.compose()
    epoch = current_epoch(one)
    lose(one, backup)
    after = say(one, "恢复以后", version)
    assert current_epoch(one) != epoch
    other.receive(one.compose())
    other.receive(bag)
    recovered(one, other)
    assert {first, in_the_bag, after} <= ids_of(one)
    merging = say(one, "合并", version)
    pairs.settle(one, other)
    assert len(one.act(lambda exchange: book_of(exchange).heads(own=True))) == 1
    assert merging in ids_of(other)


def test_where_a_restored_side_signed_another_text_neither_counts_and_both_may_agree_anew() -> None:
    """The design's one way to two acceptances of what replaces one version; each side looks at the other's text."""
    one, other = pairs.paired()
    pairs.announced(one, other)
    theirs = other.write("agreement.proposed", pairs.proposal(other))
    pairs.settle(one, other)
    backup = one.database.snapshot()
    ours = one.write("agreement.proposed", pairs.proposal(one, 1))
    pairs.settle(one, other)
    text = pairs.agreement_text(1)
    other.write("agreement.answered", pairs.acceptance(other, ours.id, text), version=agreement.version(text))
    pairs.settle(one, other)
    assert one.in_force() == other.in_force() == agreement.version(text)
    lose(one, backup)
    text = pairs.agreement_text()
    one.write("agreement.answered", pairs.acceptance(one, theirs.id, text), version=agreement.version(text))
    recovered(one, other)
    assert one.in_force() == other.in_force() == ""
    for node in (one, other):
        listed = Office(node, "某党委").ask("只读", "agreement.list").agreements
        assert [item.state for item in listed] == ["crossed", "crossed"]
    anew = other.write("agreement.proposed", pairs.proposal(other, 2))
    pairs.settle(one, other)
    text = pairs.agreement_text(2)
    one.write("agreement.answered", pairs.acceptance(one, anew.id, text), version=agreement.version(text))
    recovered(one, other)
    assert one.in_force() == other.in_force() == agreement.version(text)
    say(one, "往下办", agreement.version(text))
    recovered(one, other)


def test_what_was_lost_with_the_fence_is_counted_for_the_officer() -> None:
    one, other, version = pairs.in_agreement()
    pairs.settle(one, other)
    backup = one.database.snapshot()
    for number in range(7):
        say(one, f"送到的{number}", version)
    pairs.settle(one, other)
    say(other, "对方的", version)
    pairs.settle(one, other)
    for number in range(3):
        say(one, f"没有送出的{number}", version)
    marks = [(row.own, row.epoch, row.size) for row in one.database.read(lambda store: store.find(Epoch))]
    lose(one, backup)
    one.act(lambda exchange: standing.begin_recovery(book_of(exchange), "fence", marks))
    (before,) = accounts(one)
    # The epoch that was opened after the backup begins with one message of its own.
    assert (before.expected, before.returned, before.awaited, before.lost) == (11, 0, 11, 0)
    with pytest.raises(ProtocolError) as error:
        say(one, "恢复中", version)
    assert error.value.code == "D-recovering"
    recovered(one, other)
    (after,) = accounts(one)
    assert (after.expected, after.returned, after.awaited, after.lost) == (11, 8, 0, 3)
    assert (after.expected_there, after.returned_there) == (2, 2)
    say(one, "恢复以后", version)
    pairs.settle(one, other)
    assert one.shared() == other.shared()


def test_what_comes_back_after_an_officer_gave_up_counts_where_it_was_lost_and_once() -> None:
    one, other, version = pairs.in_agreement()
    pairs.settle(one, other)
    backup = one.database.snapshot()
    for number in range(4):
        say(one, f"送到的{number}", version)
    pairs.settle(one, other)
    marks = [(row.own, row.epoch, row.size) for row in one.database.read(lambda store: store.find(Epoch))]
    lose(one, backup)
    one.act(lambda exchange: standing.begin_recovery(book_of(exchange), "fence", marks))
    one.act(lambda exchange: recovery.give_up(exchange, Node.pairing_id_in(exchange)))
    (given_up,) = accounts(one)
    assert (given_up.expected, given_up.returned, given_up.lost) == (5, 0, 5)
    recovered(one, other)
    first, later = accounts(one)
    assert (first.expected, first.returned, first.lost) == (5, 5, 0)
    assert (later.recovery.because, later.expected, later.returned) == ("shown", 0, 0)


def test_both_restored_to_different_times_come_to_hold_what_either_still_has() -> None:
    one, other, version = pairs.in_agreement()
    backups = [one.database.snapshot()]
    written = [say(one, "甲一", version), say(other, "乙一", version)]
    pairs.settle(one, other)
    written += [say(one, "甲二", version), say(other, "乙二", version)]
    pairs.settle(one, other)
    backups.append(other.database.snapshot())
    gone = say(other, "乙三", version)
    lose(one, backups[0])
    lose(other, backups[1])
    later = [say(one, "甲三", version), say(other, "乙四", version)]
    recovered(one, other)
    assert {*written, *later} <= ids_of(one)
    assert gone not in ids_of(one) | ids_of(other)


def test_a_lower_status_only_causes_a_resend_and_the_receipt_stays() -> None:
    one, other, version = pairs.in_agreement()
    backup = other.database.snapshot()
    message = say(one, "再送一次", version)
    pairs.settle(one, other)
    epoch = current_epoch(one)
    receipt = row_of(one, epoch).receipt
    lose(other, backup)
    assert not one.is_due()
    one.receive(other.compose())
    assert one.is_due()
    assert (row_of(one, epoch).receipt, row_of(one, epoch).receipted) == (receipt, row_of(one, epoch).size)
    recovered(one, other)
    assert message in ids_of(other)


def test_a_late_bundle_of_the_same_process_does_not_cause_a_resend() -> None:
    one, other, version = pairs.in_agreement()
    late = other.compose()
    say(one, "会商", version)
    pairs.settle(one, other)
    one.receive(late)
    assert not one.is_due()


def returning(giver: Node, taker: Node, *parts: SegmentPart) -> bytes:
    """A bundle by which the giver returns these segments."""

    def segments(exchange: Exchange) -> bytes:
        exchange._segments = lambda book, beyond: ([], list(parts), False)  # type: ignore[method-assign]
        return exchange.compose(Node.pairing_id_in(exchange)).data

    return giver.database.read(
        lambda store: segments(giver.exchange(store, giver.identity, giver.reading, giver.now, giver.random.randbytes))
    )


def part_of(node: Node, epoch: str) -> SegmentPart:
    row = row_of(node, epoch)

    def look(store: Any) -> SegmentPart:
        (segment,) = store.find(Segment, ordinal=row.ordinal, size=row.size)
        found = store.find(LogMessage, ordinal=row.ordinal, index__ge=segment.start, order=("index",))
        return SegmentPart(epoch, segment.start, segment.head, tuple(item.data for item in found))

    return node.database.read(look)


def test_what_we_did_not_sign_is_not_taken_as_returned() -> None:
    one, other, version = pairs.in_agreement()
    say(other, "对方的", version)
    foreign = part_of(other, current_epoch(other))
    with pytest.raises(ProtocolError) as error:
        one.receive(returning(other, one, foreign))
    assert error.value.code == "P-returned"
    ours = say(one, "本方的", version)
    genuine = part_of(one, current_epoch(one))
    forged = SegmentPart(genuine.epoch, genuine.start, genuine.head, (*genuine.messages[:-1], b"{}"))
    backup = one.database.snapshot()
    one.write("notice.given", pairs.notice("下一条"), version=version)
    longer = part_of(one, current_epoch(one))
    lose(one, backup)
    bent = SegmentPart(longer.epoch, longer.start, longer.head, tuple(data + b" " for data in longer.messages))
    with pytest.raises(ProtocolError) as error:
        one.receive(returning(other, one, bent))
    assert error.value.code == "P-returned"
    assert pairing_of(one).recovering is None
    # What we hold already changes nothing, whatever stands beside its head.
    one.receive(returning(other, one, forged))
    assert pairing_of(one).recovering is None
    assert ours in ids_of(one)


def test_two_live_copies_are_proved_by_their_own_signatures_and_stop_both_directions() -> None:
    one, other, version = pairs.in_agreement()
    say(one, "之前", version)
    pairs.settle(one, other)
    snapshot, head = one.database.snapshot(), one.memory.of(one.pairing_id).head
    say(one, "甲机", version)
    copied = part_of(one, current_epoch(one))
    one.database.restore(snapshot)
    one.memory.of(one.pairing_id).head = head
    say(one, "乙机", version)
    one.receive(returning(other, one, copied))
    assert pairing_of(one).state == "frozen"
    (proof,) = one.database.read(lambda store: store.find(ForkEvidence))
    origin = log.Checkpoint.parse(note.parse(proof.first).text).origin
    fork.prove(proof.first, proof.second, one.identity.log.public, origin)
    for work in (lambda: say(one, "不能再写", version), lambda: one.receive(other.compose())):
        with pytest.raises(ProtocolError) as error:
            work()
        assert error.value.code == "P-pairing-not-active"


def test_a_claim_to_have_seen_what_we_do_not_hold_is_refused_until_the_bytes_are_shown() -> None:
    one, other, version = pairs.in_agreement()
    pairs.settle(one, other)
    backup = one.database.snapshot()
    say(one, "丢失的", version)
    pairs.settle(one, other)
    say(other, "看到过它的", version)
    lose(one, backup)
    with pytest.raises(ProtocolError) as error:
        one.receive(other.compose())
    assert error.value.code == "P-causality"
    assert pairing_of(one).recovering is None
    recovered(one, other)


def test_a_recovery_outlives_a_restart_and_can_be_ended_by_an_officer() -> None:
    one, other, version = pairs.in_agreement()
    one.act(lambda exchange: standing.begin_recovery(book_of(exchange), "fence"))
    one.crash()
    with pytest.raises(ProtocolError) as error:
        say(one, "还在等", version)
    assert error.value.code == "D-recovering"
    one.act(lambda exchange: recovery.give_up(exchange, Node.pairing_id_in(exchange)))
    say(one, "不再等", version)
    pairs.settle(one, other)
    assert one.shared() == other.shared()


def test_old_answers_do_not_end_a_recovery() -> None:
    one, other, _ = pairs.in_agreement()
    pairs.settle(one, other)
    old = other.compose(answers=other.receive(one.compose()).bundle)
    one.act(lambda exchange: standing.begin_recovery(book_of(exchange), "fence"))
    assert one.receive(old).recovering
    round_of(one, other)
    assert pairing_of(one).recovering is None


def test_of_two_processes_over_one_database_each_merges_what_the_other_wrote() -> None:
    origin, destination, version = pairs.in_agreement()
    say(origin, "第一个进程", version)
    paused = origin.memory
    origin.crash()
    say(origin, "第二个进程", version)
    pairs.settle(origin, destination)
    say(destination, "对方", version)
    pairs.settle(origin, destination)
    successor, origin.memory = origin.memory, paused
    say(origin, "第一个进程醒来", version)
    origin.memory = successor
    pairs.settle(origin, destination)
    say(origin, "第二个进程继续", version)
    pairs.settle(origin, destination)
    assert origin.shared() == destination.shared()
    heads = origin.act(lambda exchange: book_of(exchange).heads(own=True))
    assert len(heads) == 1
    parents = [row.parents for row in origin.database.read(lambda store: store.find(Epoch)) if row.own]
    assert len(parents) == len({str(one) for one in parents})


def test_what_we_said_of_a_message_stays_said_when_software_that_does_not_know_it_takes_it_once_more() -> None:
    one, other, version = pairs.in_agreement()
    backup = one.database.snapshot()
    asked = other.write("inflow.reported", InflowReported(match="ab" * 32, found_on="2026-03-05"), version=version)
    pairs.settle(one, other)
    denied = InflowAnswered(inflow=asked.id, answer="denied", reason="no_such_member")
    answered = one.write("inflow.answered", denied, version=version)
    pairs.settle(one, other)
    lose(one, backup)
    one.software = Software(CURRENT.kinds - {"inflow.reported@1"})

    recovered(one, other)

    assert {item.id: item.effect for item in one.log() if item.id == asked.id} == {asked.id: "held"}
    assert [item.verdict for item in one.log() if item.id == answered.id] == ["accepted"]
    one.software = CURRENT
    one.act(lambda exchange: book_of(exchange).held.release(asked.id))
    recovered(one, other)
