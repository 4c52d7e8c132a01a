"""The session: what a bundle shows is taken as it was signed, once, or not at all."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import bundle, log, merkle, note, receipt, session
from gongguan.protocol import card as cards
from gongguan.protocol import fork as fork_proofs
from gongguan.protocol.bundle import Header, Opened, Payload, Rest, SegmentPart, Status
from gongguan.protocol.card import cosigner_name
from gongguan.protocol.keys import SigningKey
from gongguan.protocol.merkle import CompactRange
from gongguan.protocol.note import COSIGNATURE, PLAIN, NoteSigner
from gongguan.protocol.session import (
    ForkFound,
    HistoryShown,
    ReceiptRead,
    SegmentAhead,
    SegmentTaken,
    SessionState,
    StatusRead,
)
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER, Committee
from tests.refusals import refusal

PAIRING = "ab" * 32
EPOCH = "0e" * 16
MESSAGES = tuple(f"message {number}".encode() for number in range(8))
START = SessionState(PAIRING, DESTINATION.node_id, cards.keys_of(ORIGIN.card), {})


def head(messages: tuple[bytes, ...], author: Committee = ORIGIN, epoch: str = EPOCH) -> bytes:
    """The author's signed head over these messages."""
    root = merkle.root([merkle.leaf_hash(item) for item in messages])
    name = log.origin(PAIRING, author.node_id, epoch)
    return log.sign_checkpoint(log.Checkpoint(name, len(messages), root), author.log_key)


def part(start: int, stop: int, messages: tuple[bytes, ...] = MESSAGES) -> SegmentPart:
    """Messages ``start`` … ``stop`` under the head that covers them."""
    return SegmentPart(EPOCH, start, head(messages[:stop]), messages[start:stop])


def opened(
    *segments: SegmentPart, receipts: tuple[bytes, ...] = (), key: SigningKey = ORIGIN.log_key, **named: Any
) -> Opened:
    """A bundle as it comes out of the seal; ``named`` changes the status note."""
    rest = bundle.encode_rest(Rest(tuple(segments), receipts))
    header = Header(
        sender=ORIGIN.node_id, recipient=DESTINATION.node_id, pairing=PAIRING, sealing_key="0" * 16, bundle="cd" * 16
    )
    status = Status(
        pairing=PAIRING,
        sender=ORIGIN.node_id,
        recipient=DESTINATION.node_id,
        bundle="cd" * 16,
        rest=sha256(rest).hexdigest(),
        heads=(),
        held=(),
    )
    text = bundle.status_text(msgspec.structs.replace(status, **named))
    signed = note.sign(text, [NoteSigner(ORIGIN.node_id, PLAIN, key)])
    return Opened(header, Payload(signed, rest), Rest(tuple(segments), receipts))


def taken(state: SessionState, *segments: SegmentPart) -> tuple[SessionState, list[Any]]:
    after, events = session.receive(state, opened(*segments))
    assert isinstance(events[0], StatusRead)
    return after, events[1:]


def code(state: SessionState, one: Opened) -> str:
    return refusal(session.receive, state, one)


def test_segments_extend_the_log_to_the_signed_root() -> None:
    state, events = taken(START, part(0, 3), part(3, 8))
    assert [(event.start, event.size, event.messages) for event in events] == [
        (0, 3, MESSAGES[:3]),
        (3, 8, MESSAGES[3:]),
    ]
    assert state.partner[EPOCH].root() == merkle.root([merkle.leaf_hash(item) for item in MESSAGES])


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(1, 8)), max_size=12))
def test_whatever_the_order_and_repetition_each_position_is_taken_once(spans: list[tuple[int, int]]) -> None:
    state, got = START, list[bytes]()
    for start, stop in [*((low, high) for low, high in spans if low < high), (0, 8)]:
        state, events = taken(state, part(start, stop))
        for event in events:
            if isinstance(event, SegmentTaken):
                assert event.start == len(got)
                got.extend(event.messages)
            else:
                assert isinstance(event, SegmentAhead) or type(event).__name__ == "HeadShown"
                assert start > len(got) or stop <= len(got)
    assert tuple(got) == MESSAGES


def test_a_segment_that_begins_beyond_what_is_held_is_left_out() -> None:
    _, events = taken(START, part(3, 5))
    assert events == [SegmentAhead(EPOCH, 3)]


@pytest.mark.parametrize("spoken", [(1, 1), (1, 9)])
def test_a_partner_that_speaks_more_is_understood(spoken: tuple[int, int]) -> None:
    _, events = session.receive(START, opened(part(0, 3), protocol=spoken))
    assert isinstance(events[1], SegmentTaken)


@pytest.mark.parametrize("spoken", [(2, 3), (9, 1)])
def test_a_partner_that_speaks_no_protocol_of_ours_is_refused_in_words(spoken: tuple[int, int]) -> None:
    assert code(START, opened(part(0, 3), protocol=spoken)) == "P-protocol"


def test_bytes_that_were_not_signed_are_refused() -> None:
    forged = SegmentPart(EPOCH, 0, head(MESSAGES[:3]), (*MESSAGES[:2], b"another"))
    assert code(START, opened(forged)) == "P-root"
    state, _ = taken(START, part(0, 3))
    branch = (*MESSAGES[:2], b"another", b"and more")
    assert code(state, opened(part(3, 4, branch))) == "P-root"


def test_a_larger_head_over_other_messages_than_held_comes_out_with_their_leaves_and_nothing_behind_it() -> None:
    state, _ = taken(START, part(0, 3))
    branch = (*MESSAGES[:2], b"another", b"and more")
    after, events = taken(state, part(1, 4, branch), part(3, 5))
    leaves = tuple(map(merkle.leaf_hash, branch[1:]))
    assert events == [HistoryShown(EPOCH, 1, head(branch), leaves)]
    assert after == state


def test_a_head_that_does_not_cover_its_messages_is_refused() -> None:
    assert code(START, opened(SegmentPart(EPOCH, 0, head(MESSAGES[:3]), MESSAGES[:2]))) == "P-segment-size"


def test_a_head_of_somebody_else_is_refused() -> None:
    assert code(START, opened(SegmentPart(EPOCH, 0, head(MESSAGES[:2], STRANGER), MESSAGES[:2])))[0] in "AS"
    assert code(START, opened(SegmentPart(EPOCH, 0, head(MESSAGES[:2], epoch="0f" * 16), MESSAGES[:2])))[0] in "AS"


def test_two_roots_of_one_size_are_the_proof_of_a_fork() -> None:
    state, _ = taken(START, part(0, 3))
    branch = (*MESSAGES[:2], b"another")
    _, events = taken(state, part(0, 3, branch))
    (fork,) = events
    assert isinstance(fork, ForkFound)
    origin = log.origin(PAIRING, ORIGIN.node_id, EPOCH)
    assert fork_proofs.prove(fork.first, fork.second, ORIGIN.log_key.public, origin).size == 3


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"rest": "00" * 32}, "P-status-rest"),
        ({"pairing": "00" * 32}, "P-status-header"),
        ({"recipient": ORIGIN.node_id}, "P-status-header"),
        ({"bundle": "00" * 16}, "P-status-header"),
        ({"key": STRANGER.log_key}, "A-no-known-signer"),
    ],
)
def test_a_status_note_speaks_for_this_bundle_or_the_bundle_is_refused(named: dict[str, Any], expected: str) -> None:
    assert code(START, opened(part(0, 3), **named)) == expected


def test_our_own_bundle_reflected_to_us_is_refused() -> None:
    assert code(START._replace(own_id=ORIGIN.node_id), opened()) == "P-not-this-pairing"
    assert code(START._replace(pairing="00" * 32), opened()) == "P-not-this-pairing"


def cosigned(author: Committee, by: Committee, pairing: str = PAIRING) -> bytes:
    root = merkle.root([merkle.leaf_hash(item) for item in MESSAGES])
    name = log.origin(pairing, author.node_id, EPOCH)
    signed = log.sign_checkpoint(log.Checkpoint(name, len(MESSAGES), root), author.log_key)
    return receipt.cosign(signed, NoteSigner(cosigner_name(by.node_id), COSIGNATURE, by.cosigning_key), 1_795_593_600)


def test_a_receipt_is_the_partners_cosignature_on_our_head() -> None:
    _, events = session.receive(START, opened(receipts=(cosigned(DESTINATION, ORIGIN),)))
    read = events[1]
    assert isinstance(read, ReceiptRead)
    assert (read.epoch, read.checkpoint.size, read.time_s) == (EPOCH, 8, 1_795_593_600)


@pytest.mark.parametrize(
    "data",
    [
        cosigned(DESTINATION, STRANGER),
        cosigned(ORIGIN, ORIGIN),
        cosigned(DESTINATION, ORIGIN, "00" * 32),
        head(MESSAGES, DESTINATION),
        b"nothing",
    ],
)
def test_a_receipt_by_another_or_for_another_log_is_refused(data: bytes) -> None:
    assert code(START, opened(receipts=(data,))) == "P-receipt"


def test_a_refused_bundle_changes_nothing() -> None:
    state, _ = taken(START, part(0, 3))
    before = dict(state.partner)
    code(state, opened(part(3, 5), receipts=(b"nothing",)))
    assert dict(state.partner) == before
    assert state.partner[EPOCH] == CompactRange().extend(merkle.leaf_hash(item) for item in MESSAGES[:3])
