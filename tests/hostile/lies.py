"""Bundles that lie: about who sends, what is inside, what was seen, received or signed before; each with its code."""

import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from gongguan.protocol import bundle, erasure, merkle, messages, receipt
from gongguan.protocol import log as logs
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.limits import (
    ATTACHMENT_PART_BYTES,
    ATTACHMENT_PARTS_PER_BUNDLE_MAX,
    BUNDLE_BYTES_MAX,
    BUNDLE_MESSAGES_MAX,
    SEEN_HEADS_MAX,
)
from gongguan.protocol.messages.exchange import VersionsAnnounced
from tests import pairs
from tests.hostile.peer import BadPeer


def other_sender(peer: BadPeer) -> bytes:
    return peer.pack(header={"sender": "a" * 32})


def other_pairing(peer: BadPeer) -> bytes:
    return peer.pack(header={"pairing": "ab" * 32})


def status_of_another_bundle(peer: BadPeer) -> bytes:
    return peer.pack(status={"bundle": "cd" * 16})


def rest_exchanged(peer: BadPeer) -> bytes:
    return peer.pack(rest_claimed=b"other")


def status_by_the_wrong_key(peer: BadPeer) -> bytes:
    identity = peer.identity
    peer.identity = identity._replace(log=identity.cosigning)
    data = peer.pack([])
    peer.identity = identity
    return data


def head_by_the_wrong_key(peer: BadPeer) -> bytes:
    identity = peer.identity
    peer.identity = identity._replace(log=identity.cosigning)
    part = peer.segment()
    peer.identity = identity
    return peer.pack([part])


def messages_exchanged(peer: BadPeer) -> bytes:
    part = peer.segment()
    return peer.pack([SegmentPart(part.epoch, part.start, part.head, (*part.messages[:-1], b"{}"))])


def fewer_messages_than_signed(peer: BadPeer) -> bytes:
    part = peer.segment()
    return peer.pack([SegmentPart(part.epoch, part.start, part.head, part.messages[:-1])])


def segment_of_another_epoch(peer: BadPeer) -> bytes:
    part = peer.segment()
    return peer.pack([SegmentPart("ef" * 16, part.start, part.head, part.messages)])


def epoch_without_its_first_message(peer: BadPeer) -> bytes:
    del peer.logs[peer.epoch][0]
    return peer.pack()


def epoch_with_a_first_message_of_another_version(peer: BadPeer) -> bytes:
    peer.epoch = peer.hex()
    peer.logs[peer.epoch] = []
    peer.say("epoch.opened", {"parents": "none"}, kind_version=2)
    return peer.pack()


def epoch_under_the_name_of_one_of_the_victims(peer: BadPeer) -> bytes:
    peer.open(epoch=next(iter(peer.heard)))
    return peer.pack()


def parent_that_was_never_sent(peer: BadPeer) -> bytes:
    unsent = peer.open()
    peer.open([(unsent, 1)])
    return peer.pack()


def parent_with_another_root(peer: BadPeer) -> bytes:
    old = next(iter(peer.logs))
    kept = peer.logs[old]
    peer.logs[old] = [*kept[:-1], b"other"]
    peer.open([(old, len(kept))])
    return peer.pack()


def seen_beyond_the_log(peer: BadPeer) -> bytes:
    ((epoch, size),) = peer.seen()
    peer.say("notice.given", pairs.notice(), seen=((epoch, size + 9),))
    return peer.pack()


def seen_an_epoch_that_nobody_has(peer: BadPeer) -> bytes:
    peer.say("notice.given", pairs.notice(), seen=(("ab" * 16, 1),))
    return peer.pack()


def seen_its_own_log(peer: BadPeer) -> bytes:
    peer.say("notice.given", pairs.notice(), seen=((peer.epoch, 1),))
    return peer.pack()


def seen_going_back(peer: BadPeer) -> bytes:
    peer.say("notice.given", pairs.notice(), seen=())
    return peer.pack()


def an_id_in_two_branches(peer: BadPeer) -> bytes:
    old = next(iter(peer.logs))
    seen = messages.decode(peer.logs[old][-1]).seen
    parents = [(old, len(peer.logs[old]))]
    first = peer.open(parents, seen=seen)
    peer.say("exchange.versions", VersionsAnnounced(kinds=("notice.given@1",)), seen=seen)
    second = peer.open(parents, seen=seen)
    peer.add(peer.logs[first][-1])
    return peer.pack([peer.segment(first), peer.segment(second)])


def receipt_too_high(peer: BadPeer) -> bytes:
    epoch = list(peer.heard)[-1]
    origin = logs.origin(peer.pairing_id, peer.victim.node_id, epoch)
    head = logs.sign_checkpoint(logs.Checkpoint(origin, 999, b"r" * 32), peer.identity.log)
    return peer.pack([], receipts=(receipt.cosign(head, peer.identity.cosigner(), 1),))


def receipt_with_another_root(peer: BadPeer) -> bytes:
    epoch = list(peer.heard)[-1]
    origin = logs.origin(peer.pairing_id, peer.victim.node_id, epoch)
    checkpoint = logs.Checkpoint(origin, peer.size_heard(epoch), b"r" * 32)
    head = logs.sign_checkpoint(checkpoint, peer.identity.log)
    return peer.pack([], receipts=(receipt.cosign(head, peer.identity.cosigner(), 1),))


def receipt_on_its_own_log(peer: BadPeer) -> bytes:
    head = peer.head(peer.epoch, peer.logs[peer.epoch])
    return peer.pack([], receipts=(receipt.cosign(head, peer.identity.cosigner(), 1),))


def receipt_unsigned(peer: BadPeer) -> bytes:
    return peer.pack([], receipts=(list(peer.heard.values())[-1],))


def more_messages_than_fit(peer: BadPeer) -> bytes:
    peer.add(*[b""] * BUNDLE_MESSAGES_MAX)
    return peer.pack()


def a_bomb(peer: BadPeer) -> bytes:
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
    return line + recipient.seal(line, zeros())


@cache
def zeros() -> bytes:
    engine = zlib.compressobj(9)
    content = b"".join([*(engine.compress(bytes(1 << 20)) for _ in range(1024)), engine.flush()])
    assert len(content) < BUNDLE_BYTES_MAX
    return content


def in_place_of_the_last(peer: BadPeer, left: bytes, **more: Any) -> bytes:
    """The newest epoch with these bytes where its last message stands."""
    (part,) = peer.segments()
    return peer.pack([msgspec.structs.replace(part, messages=(*part.messages[:-1], left))], more=more)


def left_of_the_last(peer: BadPeer) -> bytes:
    last = peer.logs[peer.epoch][-1]
    leaf = merkle.leaf_hash(last).hex()
    return erasure.leave(erasure.ErasedLeaf(id=peer.hex(), leaf=leaf, seen=peer.seen(), unit=peer.hex()))


def erased_before_it_was_shown(peer: BadPeer) -> bytes:
    return in_place_of_the_last(peer, left_of_the_last(peer))


def erased_under_a_receipt_of_its_own_making(peer: BadPeer) -> bytes:
    head = peer.head(peer.epoch, peer.logs[peer.epoch])
    return in_place_of_the_last(
        peer, left_of_the_last(peer), shown=(receipt.cosign(head, peer.identity.cosigner(), 1),)
    )


def erased_with_another_hash(peer: BadPeer) -> bytes:
    left = erasure.read(left_of_the_last(peer))
    return in_place_of_the_last(peer, erasure.leave(msgspec.structs.replace(left, leaf="00" * 32)))


def erased_out_of_form(peer: BadPeer) -> bytes:
    return in_place_of_the_last(peer, erasure.MAGIC + b'{"leaf":"00"}')


def more_parts_than_one_bundle_may_hold(peer: BadPeer) -> bytes:
    part = Part("ab" * 32, 0, b"x")
    return peer.pack(more={"parts": (part,) * (ATTACHMENT_PARTS_PER_BUNDLE_MAX + 1)})


def a_part_larger_than_any(peer: BadPeer) -> bytes:
    return peer.pack(more={"parts": (Part("ab" * 32, 0, bytes(ATTACHMENT_PART_BYTES + 1)),)})


def a_wish_for_a_part_that_no_file_has(peer: BadPeer) -> bytes:
    return peer.pack(more={"wishes": (Wish("ab" * 32, 1 << 32),)})


def nine_heads_side_by_side(peer: BadPeer) -> bytes:
    heads = peer.heads()
    for _ in range(SEEN_HEADS_MAX + 1):
        peer.open(heads)
    return peer.pack([peer.segment(epoch) for epoch in peer.logs])


def truncated(peer: BadPeer) -> bytes:
    return peer.pack()[:-7]


def only_a_header(peer: BadPeer) -> bytes:
    data = peer.pack()
    return data[: data.index(b"\n", len(bundle.MAGIC)) + 1]


def oversized(peer: BadPeer) -> bytes:
    return peer.pack() + bytes(5 << 20)


def something_else(peer: BadPeer) -> bytes:
    return b"<html>502 Bad Gateway</html>"


LIES: list[tuple[Callable[[BadPeer], bytes], str]] = [
    (other_sender, "P-not-this-pairing"),
    (other_pairing, "P-pairing-unknown"),
    (status_of_another_bundle, "P-status-header"),
    (rest_exchanged, "P-status-rest"),
    (status_by_the_wrong_key, "A-no-known-signer"),
    (head_by_the_wrong_key, "A-no-known-signer"),
    (messages_exchanged, "P-root"),
    (fewer_messages_than_signed, "P-segment-size"),
    (segment_of_another_epoch, "A-no-known-signer"),
    (epoch_without_its_first_message, "P-epoch"),
    (epoch_with_a_first_message_of_another_version, "P-epoch"),
    (epoch_under_the_name_of_one_of_the_victims, "P-epoch"),
    (parent_that_was_never_sent, "P-epoch-parent"),
    (parent_with_another_root, "P-epoch"),
    (seen_beyond_the_log, "P-causality"),
    (seen_an_epoch_that_nobody_has, "P-causality"),
    (seen_its_own_log, "P-causality"),
    (seen_going_back, "P-causality"),
    (an_id_in_two_branches, "P-id-twice"),
    (receipt_too_high, "P-receipt"),
    (receipt_with_another_root, "P-receipt"),
    (receipt_on_its_own_log, "P-receipt"),
    (receipt_unsigned, "P-receipt"),
    (more_messages_than_fit, "R-too-large"),
    (a_bomb, "R-too-large"),
    (erased_before_it_was_shown, "P-erased"),
    (erased_under_a_receipt_of_its_own_making, "P-erased"),
    (erased_with_another_hash, "P-root"),
    (erased_out_of_form, "S-erased"),
    (more_parts_than_one_bundle_may_hold, "S-bundle"),
    (a_part_larger_than_any, "S-bundle"),
    (a_wish_for_a_part_that_no_file_has, "S-bundle"),
    (nine_heads_side_by_side, "P-epoch-heads"),
    (truncated, "A-cannot-open"),
    (only_a_header, "A-cannot-open"),
    (oversized, "R-too-large"),
    (something_else, "T-not-a-bundle"),
]
