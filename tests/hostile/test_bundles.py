"""Bundles that lie: about who sends, what is inside, what was seen, received or signed before. Each has its code."""

from collections.abc import Callable
from typing import Any

import pytest

from gongguan.protocol import fork, merkle, receipt
from gongguan.protocol import log as logs
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import (
    EPOCHS_PER_DAY_MAX,
    SEEN_HEADS_MAX,
)
from gongguan.sync.exchange.effort import SIGNATURE_COSTS
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.second_histories import BLOCK
from gongguan.sync.records import ForkEvidence, Pairing
from tests import pairs
from tests.hostile.facing import Facing
from tests.hostile.lies import LIES
from tests.hostile.peer import BadPeer
from tests.pairs import Node


@pytest.fixture
def facing() -> Facing:
    facing = Facing()
    facing.peer.say("notice.given", pairs.notice(), version=facing.version)
    return facing


def refused(facing: Facing, data: bytes) -> str:
    """The code of the refusal; nothing may have changed, and an honest bundle is taken afterwards."""
    before = facing.victim.log()
    with pytest.raises(ProtocolError) as caught:
        facing.victim.receive(data)
    assert facing.victim.log() == before
    return caught.value.code


@pytest.mark.parametrize(("lie", "code"), LIES, ids=[lie.__name__.replace("_", " ") for lie, _ in LIES])
def test_a_bundle_that_lies_is_refused_whole(facing: Facing, lie: Callable[[BadPeer], bytes], code: str) -> None:
    honest = facing.peer.pack()
    assert refused(facing, lie(facing.peer)) == code
    assert facing.victim.receive(honest).new_messages == 2


def test_what_the_victim_sent_comes_back_to_it_in_vain(facing: Facing) -> None:
    assert refused(facing, facing.victim.compose()) == "A-cannot-open"


def test_a_bundle_replayed_a_hundred_times_is_taken_once(facing: Facing) -> None:
    data = facing.peer.pack()
    assert [facing.victim.receive(data).new_messages for _ in range(100)] == [2] + [0] * 99


def test_nobody_has_seen_what_was_not_receipted_so_a_guess_overrules_nothing(facing: Facing) -> None:
    facing.write("score.contributed", pairs.score("v-1", 1))
    ((epoch, size),) = facing.peer.seen()
    facing.say("score.contributed", pairs.score("v-1", 2), seen=((epoch, size + 1),))
    assert refused(facing, facing.peer.pack()) == "P-causality"
    facing.hear()
    assert facing.deliver() == 3


def test_two_histories_freeze_the_pairing_and_leave_a_proof(facing: Facing) -> None:
    facing.deliver()
    _show_another_history(facing, 2)


def test_two_histories_are_found_below_the_newest_head_too(facing: Facing) -> None:
    facing.deliver()
    facing.peer.say("notice.given", pairs.notice("三"), version=facing.version)
    facing.victim.receive(facing.peer.pack([facing.peer.segment(start=2)]))
    _show_another_history(facing, 2)


def test_nothing_is_applied_after_the_proof_of_a_fork(facing: Facing) -> None:
    facing.deliver()
    facing.peer.say("notice.given", pairs.notice("三"), version=facing.version)
    facing.victim.receive(facing.peer.pack([facing.peer.segment(start=2)]))
    fresh = facing.peer.open()
    later = facing.peer.segment(fresh)
    kept = next(epoch for epoch in facing.peer.logs if len(facing.peer.logs[epoch]) == 3)
    other = [facing.peer.logs[kept][0], b"another"]
    fork = SegmentPart(kept, 0, facing.peer.head(kept, other), tuple(other))
    assert facing.victim.receive(facing.peer.pack([fork, later])).new_messages == 0
    (pairing,) = facing.victim.database.read(lambda store: store.find(Pairing))
    assert pairing.state == "frozen"


@pytest.mark.parametrize("how", ["to a node that holds the whole", "in one bundle", "over a restart"])
def test_a_second_history_that_ends_where_no_head_was_shown_is_found_and_proved(facing: Facing, how: str) -> None:
    """The first history has heads at 2 and 6 only; the second one ends at 4, and says another third message."""
    peer = facing.peer
    facing.deliver()
    for title in ("三", "四", "五", "六"):
        peer.say("notice.given", pairs.notice(title), version=facing.version)
    first = peer.segment(start=2)
    told = [*peer.logs[peer.epoch][:2], b"another third", b"another fourth"]
    fork_part = SegmentPart(peer.epoch, 2, peer.head(peer.epoch, told), tuple(told[2:]))
    if how == "in one bundle":
        assert facing.victim.receive(peer.pack([first, fork_part])).new_messages == 0
    else:
        assert facing.victim.receive(peer.pack([first])).new_messages == 4
        if how == "over a restart":
            facing.victim.crash()
        assert facing.victim.receive(peer.pack([fork_part])).new_messages == 0
    assert _proved(facing).size == 4


@pytest.mark.parametrize("how", ["to a node that holds the first", "in one bundle", "over a restart"])
@pytest.mark.parametrize("start", [0, 1, 2, 3])
def test_a_larger_second_history_is_proved_by_the_leaves_that_it_brings(facing: Facing, how: str, start: int) -> None:
    """They part behind the third message: from there on, or from before, the second one has to be shown."""
    peer = facing.peer
    facing.deliver()
    for title in ("三", "四"):
        peer.say("notice.given", pairs.notice(title), version=facing.version)
    first = peer.segment(start=2)
    told = [*peer.logs[peer.epoch][:3], b"another fourth", b"another fifth", b"another sixth"]
    other = SegmentPart(peer.epoch, start, peer.head(peer.epoch, told), tuple(told[start:]))
    if how == "in one bundle":
        assert facing.victim.receive(peer.pack([first, other])).new_messages == 0
    else:
        assert facing.victim.receive(peer.pack([first])).new_messages == 2
        if how == "over a restart":
            facing.victim.crash()
        assert facing.victim.receive(peer.pack([other])).new_messages == 0
    assert _proved(facing).size == 4


def test_a_larger_second_history_that_brings_too_few_leaves_is_refused(facing: Facing) -> None:
    """Of the other third message nothing is known: who signed the head cannot be shown to have signed two histories."""
    peer = facing.peer
    facing.deliver()
    for title in ("三", "四"):
        peer.say("notice.given", pairs.notice(title), version=facing.version)
    facing.deliver()
    told = [*peer.logs[peer.epoch][:2], b"another third", b"another fourth", b"another fifth"]
    for start in (3, 4):
        other = SegmentPart(peer.epoch, start, peer.head(peer.epoch, told), tuple(told[start:]))
        assert refused(facing, peer.pack([other])) == "P-root"
    forged = SegmentPart(peer.epoch, 2, peer.head(peer.epoch, told), (b"one", b"two", b"three"))
    assert refused(facing, peer.pack([forged])) == "P-root"
    assert facing.victim.database.read(lambda store: store.find(ForkEvidence)) == []


def test_a_head_deep_in_a_long_log_is_looked_at_with_few_leaves_once_its_blocks_were_hashed(facing: Facing) -> None:
    """What that costs in one transaction has a bound; who asks for more is told to come again."""
    peer = facing.peer
    peer.add(*(b"%d" % number for number in range(BLOCK + 900)))
    facing.deliver()
    whole = peer.logs[peer.epoch]

    class Hasty(LogBook):
        leaves_max = BLOCK + 400

    def take(exchange: Any, told: list[bytes]) -> Any:
        start = len(told) - 1
        book = exchange.book(Node.pairing_id_in(exchange))
        book.__class__ = Hasty
        return exchange.receive(peer.pack([SegmentPart(peer.epoch, start, peer.head(peer.epoch, told), (told[-1],))]))

    def cost(told: list[bytes]) -> int:
        before = facing.victim.memory.effort.owed(facing.victim.pairing_id, facing.victim.now)
        facing.victim.act(lambda exchange: take(exchange, told))
        return int(facing.victim.memory.effort.owed(facing.victim.pairing_id, facing.victim.now) - before)

    with pytest.raises(ProtocolError, match="R-busy"):
        cost(whole[: BLOCK + 500])
    # Besides leaves its own head, and two receipts that are known.
    signatures = 3 * SIGNATURE_COSTS
    assert cost(whole[: BLOCK + 300]) == 300 + signatures
    assert cost(whole[: BLOCK - 1]) == BLOCK - 1 + signatures
    with pytest.raises(ProtocolError, match="R-busy"):
        facing.victim.act(lambda exchange: [take(exchange, whole[: BLOCK - 1]) for _ in range(2)])
    assert cost([*whole[: BLOCK + 299], b"another"]) == 300 + 602 + signatures
    assert _proved(facing).size == BLOCK + 300


def test_blocks_of_a_bundle_that_was_given_up_prove_nothing(facing: Facing) -> None:
    """They are remembered, and another bundle was taken since: what is held does not add up, and is hashed anew."""
    peer = facing.peer
    facing.deliver()
    given_up = [*peer.logs[peer.epoch], *(b"%d" % number for number in range(BLOCK))]
    taken = [*given_up[:-100], *(b"other %d" % number for number in range(200))]

    def shown(exchange: Any, told: list[bytes], size: int) -> None:
        exchange.receive(_whole(peer, told))
        exchange.receive(
            peer.pack([SegmentPart(peer.epoch, size, peer.head(peer.epoch, told[: size + 1]), (told[size],))])
        )
        raise KeyError

    with pytest.raises(KeyError):
        facing.victim.act(lambda exchange: shown(exchange, given_up, BLOCK))
    facing.victim.receive(_whole(peer, taken))
    head = SegmentPart(peer.epoch, BLOCK, peer.head(peer.epoch, taken[: BLOCK + 1]), (taken[BLOCK],))
    assert refused(facing, peer.pack([head])) == "I-log-incomplete"
    assert facing.victim.receive(peer.pack([head])).new_messages == 0
    assert facing.victim.database.read(lambda store: store.find(ForkEvidence)) == []


def _whole(peer: BadPeer, told: list[bytes]) -> bytes:
    peer.logs[peer.epoch] = told
    return peer.pack()


def _proved(facing: Facing) -> fork.ForkProof:
    """What the evidence proves to anybody who has the partner's key; the pairing is frozen."""
    (evidence,) = facing.victim.database.read(lambda store: store.find(ForkEvidence))
    (pairing,) = facing.victim.database.read(lambda store: store.find(Pairing))
    assert pairing.state == "frozen"
    peer = facing.peer
    origin = logs.origin(peer.pairing_id, peer.identity.node_id, evidence.epoch)
    path = fork.unpacked(evidence.path)
    proof = fork.prove(evidence.first, evidence.second, peer.identity.log.public, origin, path)
    assert evidence.size == proof.size
    return proof


def test_a_true_head_that_was_left_out_before_is_no_second_history(facing: Facing) -> None:
    peer = facing.peer
    facing.deliver()
    for title in ("三", "四", "五"):
        peer.say("notice.given", pairs.notice(title), version=facing.version)
    whole = peer.logs[peer.epoch]
    facing.victim.receive(peer.pack([peer.segment(start=2)]))
    between = SegmentPart(peer.epoch, 2, peer.head(peer.epoch, whole[:4]), tuple(whole[2:4]))
    assert facing.victim.receive(peer.pack([between])).new_messages == 0
    assert facing.victim.database.read(lambda store: store.find(ForkEvidence)) == []
    assert facing.deliver() == 0


def _show_another_history(facing: Facing, size: int) -> None:
    first = facing.peer.logs[facing.peer.epoch][: size - 1]
    facing.peer.logs[facing.peer.epoch] = list(first)
    facing.peer.say("notice.given", pairs.notice("另一份"), version=facing.version)
    assert facing.deliver() == 0
    (evidence,) = facing.victim.database.read(lambda store: store.find(ForkEvidence))
    origin = logs.origin(facing.peer.pairing_id, facing.peer.identity.node_id, evidence.epoch)
    key = facing.peer.identity.log.public
    assert fork.prove(evidence.first, evidence.second, key, origin).size == size
    (pairing,) = facing.victim.database.read(lambda store: store.find(Pairing))
    assert pairing.state == "frozen"
    assert refused(facing, facing.peer.pack()) == "P-pairing-not-active"


def test_a_log_has_no_more_branches_than_a_message_can_list(facing: Facing) -> None:
    start = next(iter(facing.peer.logs))
    size = len(facing.peer.logs[start])
    facing.deliver()
    for _ in range(SEEN_HEADS_MAX - 1):
        facing.peer.open([(start, size)])
        facing.deliver()
    written = facing.victim.write("notice.given", pairs.notice(), version=facing.version)
    assert len(written.seen) == SEEN_HEADS_MAX
    facing.peer.open([(start, size)])
    assert refused(facing, facing.peer.pack()) == "P-epoch-heads"


def test_an_epoch_continues_only_where_a_head_was_signed(facing: Facing) -> None:
    facing.peer.say("notice.given", pairs.notice("二"), version=facing.version)
    facing.deliver()
    facing.peer.open([(facing.peer.epoch, 2)])
    assert refused(facing, facing.peer.pack()) == "P-epoch"


def test_epochs_come_so_many_a_day(facing: Facing) -> None:
    facing.deliver()
    for _ in range(EPOCHS_PER_DAY_MAX // 10):
        parts = [facing.peer.segment(facing.peer.open()) for _ in range(10)]
        try:
            facing.victim.receive(facing.peer.pack(parts))
        except ProtocolError as error:
            assert error.code == "R-epochs"
            break
    else:
        raise AssertionError("as many as it liked")
    pairs.later(facing.victim, 1)
    assert facing.victim.receive(facing.peer.pack(parts)).new_messages == 10


def test_a_partner_that_lost_our_receipt_gets_it_again(facing: Facing) -> None:
    facing.deliver()
    size = len(facing.peer.logs[facing.peer.epoch])
    shown = ((facing.peer.epoch, size, size),)
    facing.victim.receive(facing.peer.pack([], status={"heads": shown}))
    assert not facing.peer.hear(facing.victim.compose()).rest.receipts
    facing.victim.receive(facing.peer.pack([], status={"heads": ((facing.peer.epoch, size, 0),)}))
    (given,) = facing.peer.hear(facing.victim.compose()).rest.receipts
    checkpoint, _ = receipt.verify_receipt(given, facing.peer.victim.cosigner())
    assert checkpoint.root == merkle.root(map(merkle.leaf_hash, facing.peer.logs[facing.peer.epoch]))


def test_no_bytes_make_anything_but_a_refusal_by_code(facing: Facing) -> None:
    data = facing.peer.pack()
    for position in range(0, len(data), max(1, len(data) // 200)):
        changed = bytearray(data)
        changed[position] ^= 1 << position % 8
        assert refused(facing, bytes(changed))[1] == "-"
    assert facing.victim.receive(data).new_messages == 2
