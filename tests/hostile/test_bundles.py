"""Bundles that lie: about who sends, what is inside, what was seen, received or signed before. Each has its code."""

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import pytest

from gongguan.protocol import bundle, erasure, fork, merkle, messages, receipt
from gongguan.protocol import log as logs
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import (
    ATTACHMENT_PART_BYTES,
    ATTACHMENT_PARTS_PER_BUNDLE_MAX,
    BUNDLE_BYTES_MAX,
    BUNDLE_MESSAGES_MAX,
    EPOCHS_PER_DAY_MAX,
    SEEN_HEADS_MAX,
)
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.second_histories import BLOCK
from gongguan.sync.records import ForkEvidence, Pairing
from tests import pairs
from tests.hostile.peer import BadPeer
from tests.hostile.test_messages import Facing
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


def _other_sender(peer: BadPeer) -> bytes:
    return peer.pack(header={"sender": "a" * 32})


def _other_pairing(peer: BadPeer) -> bytes:
    return peer.pack(header={"pairing": "ab" * 32})


def _status_of_another_bundle(peer: BadPeer) -> bytes:
    return peer.pack(status={"bundle": "cd" * 16})


def _rest_exchanged(peer: BadPeer) -> bytes:
    return peer.pack(rest_claimed=b"other")


def _status_by_the_wrong_key(peer: BadPeer) -> bytes:
    identity = peer.identity
    peer.identity = identity._replace(log=identity.cosigning)
    data = peer.pack([])
    peer.identity = identity
    return data


def _head_by_the_wrong_key(peer: BadPeer) -> bytes:
    identity = peer.identity
    peer.identity = identity._replace(log=identity.cosigning)
    part = peer.segment()
    peer.identity = identity
    return peer.pack([part])


def _messages_exchanged(peer: BadPeer) -> bytes:
    part = peer.segment()
    return peer.pack([SegmentPart(part.epoch, part.start, part.head, (*part.messages[:-1], b"{}"))])


def _fewer_messages_than_signed(peer: BadPeer) -> bytes:
    part = peer.segment()
    return peer.pack([SegmentPart(part.epoch, part.start, part.head, part.messages[:-1])])


def _segment_of_another_epoch(peer: BadPeer) -> bytes:
    part = peer.segment()
    return peer.pack([SegmentPart("ef" * 16, part.start, part.head, part.messages)])


def _epoch_without_its_first_message(peer: BadPeer) -> bytes:
    del peer.logs[peer.epoch][0]
    return peer.pack()


def _epoch_with_a_first_message_of_another_version(peer: BadPeer) -> bytes:
    peer.epoch = peer.hex()
    peer.logs[peer.epoch] = []
    peer.say("epoch.opened", {"parents": "none"}, kind_version=2)
    return peer.pack()


def _epoch_under_the_name_of_one_of_the_victims(peer: BadPeer) -> bytes:
    peer.open(epoch=next(iter(peer.heard)))
    return peer.pack()


def _parent_that_was_never_sent(peer: BadPeer) -> bytes:
    unsent = peer.open()
    peer.open([(unsent, 1)])
    return peer.pack()


def _parent_with_another_root(peer: BadPeer) -> bytes:
    old = next(iter(peer.logs))
    kept = peer.logs[old]
    peer.logs[old] = [*kept[:-1], b"other"]
    peer.open([(old, len(kept))])
    return peer.pack()


def _seen_beyond_the_log(peer: BadPeer) -> bytes:
    ((epoch, size),) = peer.seen()
    peer.say("notice.given", pairs.notice(), seen=((epoch, size + 9),))
    return peer.pack()


def _seen_an_epoch_that_nobody_has(peer: BadPeer) -> bytes:
    peer.say("notice.given", pairs.notice(), seen=(("ab" * 16, 1),))
    return peer.pack()


def _seen_its_own_log(peer: BadPeer) -> bytes:
    peer.say("notice.given", pairs.notice(), seen=((peer.epoch, 1),))
    return peer.pack()


def _seen_going_back(peer: BadPeer) -> bytes:
    peer.say("notice.given", pairs.notice(), seen=())
    return peer.pack()


def _an_id_in_two_branches(peer: BadPeer) -> bytes:
    old = next(iter(peer.logs))
    seen = messages.decode(peer.logs[old][-1]).seen
    parents = [(old, len(peer.logs[old]))]
    first = peer.open(parents, seen=seen)
    peer.say("exchange.versions", VersionsAnnounced(kinds=("notice.given@1",)), seen=seen)
    second = peer.open(parents, seen=seen)
    peer.add(peer.logs[first][-1])
    return peer.pack([peer.segment(first), peer.segment(second)])


def _receipt_too_high(peer: BadPeer) -> bytes:
    epoch = list(peer.heard)[-1]
    origin = logs.origin(peer.pairing_id, peer.victim.node_id, epoch)
    head = logs.sign_checkpoint(logs.Checkpoint(origin, 999, b"r" * 32), peer.identity.log)
    return peer.pack([], receipts=(receipt.cosign(head, peer.identity.cosigner(), 1),))


def _receipt_with_another_root(peer: BadPeer) -> bytes:
    epoch = list(peer.heard)[-1]
    origin = logs.origin(peer.pairing_id, peer.victim.node_id, epoch)
    checkpoint = logs.Checkpoint(origin, peer.size_heard(epoch), b"r" * 32)
    head = logs.sign_checkpoint(checkpoint, peer.identity.log)
    return peer.pack([], receipts=(receipt.cosign(head, peer.identity.cosigner(), 1),))


def _receipt_on_its_own_log(peer: BadPeer) -> bytes:
    head = peer.head(peer.epoch, peer.logs[peer.epoch])
    return peer.pack([], receipts=(receipt.cosign(head, peer.identity.cosigner(), 1),))


def _receipt_unsigned(peer: BadPeer) -> bytes:
    return peer.pack([], receipts=(list(peer.heard.values())[-1],))


def _more_messages_than_fit(peer: BadPeer) -> bytes:
    peer.add(*[b""] * BUNDLE_MESSAGES_MAX)
    return peer.pack()


def _a_bomb(peer: BadPeer) -> bytes:
    """Zeros that swell to a gigabyte."""
    recipient = peer.victim.sealing[0]
    header = bundle.Header(
        sender=peer.identity.node_id,
        recipient=peer.victim.node_id,
        pairing=peer.pairing_id,
        sealing_key=recipient.key_id,
        bundle=peer.hex(),
    )
    line = bundle.MAGIC + msgspec.json.encode(header, order="sorted") + b"\n"
    return line + recipient.seal(line, _zeros())


@cache
def _zeros() -> bytes:
    engine = zlib.compressobj(9)
    content = b"".join([*(engine.compress(bytes(1 << 20)) for _ in range(1024)), engine.flush()])
    assert len(content) < BUNDLE_BYTES_MAX
    return content


def _in_place_of_the_last(peer: BadPeer, left: bytes, **more: Any) -> bytes:
    """The newest epoch with these bytes where its last message stands."""
    (part,) = peer.segments()
    return peer.pack([msgspec.structs.replace(part, messages=(*part.messages[:-1], left))], more=more)


def _left_of_the_last(peer: BadPeer) -> bytes:
    last = peer.logs[peer.epoch][-1]
    leaf = merkle.leaf_hash(last).hex()
    return erasure.leave(erasure.ErasedLeaf(id=peer.hex(), leaf=leaf, seen=peer.seen(), unit=peer.hex()))


def _erased_before_it_was_shown(peer: BadPeer) -> bytes:
    return _in_place_of_the_last(peer, _left_of_the_last(peer))


def _erased_under_a_receipt_of_its_own_making(peer: BadPeer) -> bytes:
    head = peer.head(peer.epoch, peer.logs[peer.epoch])
    return _in_place_of_the_last(
        peer, _left_of_the_last(peer), shown=(receipt.cosign(head, peer.identity.cosigner(), 1),)
    )


def _erased_with_another_hash(peer: BadPeer) -> bytes:
    left = erasure.read(_left_of_the_last(peer))
    return _in_place_of_the_last(peer, erasure.leave(msgspec.structs.replace(left, leaf="00" * 32)))


def _erased_out_of_form(peer: BadPeer) -> bytes:
    return _in_place_of_the_last(peer, erasure.MAGIC + b'{"leaf":"00"}')


def _more_parts_than_one_bundle_may_hold(peer: BadPeer) -> bytes:
    part = Part("ab" * 32, 0, b"x")
    return peer.pack(more={"parts": (part,) * (ATTACHMENT_PARTS_PER_BUNDLE_MAX + 1)})


def _a_part_larger_than_any(peer: BadPeer) -> bytes:
    return peer.pack(more={"parts": (Part("ab" * 32, 0, bytes(ATTACHMENT_PART_BYTES + 1)),)})


def _a_wish_for_a_part_that_no_file_has(peer: BadPeer) -> bytes:
    return peer.pack(more={"wishes": (Wish("ab" * 32, 1 << 32),)})


def _truncated(peer: BadPeer) -> bytes:
    return peer.pack()[:-7]


def _only_a_header(peer: BadPeer) -> bytes:
    data = peer.pack()
    return data[: data.index(b"\n", len(bundle.MAGIC)) + 1]


def _oversized(peer: BadPeer) -> bytes:
    return peer.pack() + bytes(5 << 20)


def _something_else(peer: BadPeer) -> bytes:
    return b"<html>502 Bad Gateway</html>"


LIES: list[tuple[Callable[[BadPeer], bytes], str]] = [
    (_other_sender, "P-not-this-pairing"),
    (_other_pairing, "P-pairing-unknown"),
    (_status_of_another_bundle, "P-status-header"),
    (_rest_exchanged, "P-status-rest"),
    (_status_by_the_wrong_key, "A-no-known-signer"),
    (_head_by_the_wrong_key, "A-no-known-signer"),
    (_messages_exchanged, "P-root"),
    (_fewer_messages_than_signed, "P-segment-size"),
    (_segment_of_another_epoch, "A-no-known-signer"),
    (_epoch_without_its_first_message, "P-epoch"),
    (_epoch_with_a_first_message_of_another_version, "P-epoch"),
    (_epoch_under_the_name_of_one_of_the_victims, "P-epoch"),
    (_parent_that_was_never_sent, "P-epoch-parent"),
    (_parent_with_another_root, "P-epoch"),
    (_seen_beyond_the_log, "P-causality"),
    (_seen_an_epoch_that_nobody_has, "P-causality"),
    (_seen_its_own_log, "P-causality"),
    (_seen_going_back, "P-causality"),
    (_an_id_in_two_branches, "P-id-twice"),
    (_receipt_too_high, "P-receipt"),
    (_receipt_with_another_root, "P-receipt"),
    (_receipt_on_its_own_log, "P-receipt"),
    (_receipt_unsigned, "P-receipt"),
    (_more_messages_than_fit, "R-too-large"),
    (_a_bomb, "R-too-large"),
    (_erased_before_it_was_shown, "P-erased"),
    (_erased_under_a_receipt_of_its_own_making, "P-erased"),
    (_erased_with_another_hash, "P-root"),
    (_erased_out_of_form, "S-erased"),
    (_more_parts_than_one_bundle_may_hold, "S-bundle"),
    (_a_part_larger_than_any, "S-bundle"),
    (_a_wish_for_a_part_that_no_file_has, "S-bundle"),
    (_truncated, "A-cannot-open"),
    (_only_a_header, "A-cannot-open"),
    (_oversized, "R-too-large"),
    (_something_else, "T-not-a-bundle"),
]


@pytest.mark.parametrize(("lie", "code"), LIES, ids=[lie.__name__.strip("_").replace("_", " ") for lie, _ in LIES])
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
    assert cost(whole[: BLOCK + 300]) == 300
    assert cost(whole[: BLOCK - 1]) == BLOCK - 1
    with pytest.raises(ProtocolError, match="R-busy"):
        facing.victim.act(lambda exchange: [take(exchange, whole[: BLOCK - 1]) for _ in range(2)])
    assert cost([*whole[: BLOCK + 299], b"another"]) == 300 + 602
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
