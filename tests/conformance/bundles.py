"""The bundles of the conformance kit: to the destination, which was just paired with the origin and has empty logs.

A seal is random, so a file that is there already and opens to the same header and payload is kept as it is; what is
spoilt after sealing is made from that.
"""

import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.protocol import bundle, card, messages, note
from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import (
    AgreementAnswered,
    AgreementEnded,
    AgreementProposed,
    AgreementSuspended,
)
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.messages.notice import NoticeGiven
from tests import pairs
from tests.conformance.samples import stored
from tests.hostile import lies
from tests.hostile.peer import BadPeer
from tests.protocol.committees import DESTINATION, ORIGIN

Kept = Callable[[str, bytes], bytes]
KINDS: Final = ("notice.given@1",)


class BundleSample(NamedTuple):
    """As ``Sample``, with what the node is given before."""

    name: str
    what: str
    data: bytes
    code: str = ""
    after: tuple[str, ...] = ()
    verdict: str | None = None


@cache
def _sender() -> BadPeer:
    origin, _ = pairs.paired()
    return origin.act(BadPeer.taking_over)


def peer() -> BadPeer:
    """The origin with one epoch of two messages; the same bytes each time."""
    kept = _sender()
    found = BadPeer(kept.identity, kept.pairing_id, card.keys_of(DESTINATION.card))
    found.open()
    found.say("exchange.versions", VersionsAnnounced(kinds=KINDS))
    return found


def keeping(folder: Path) -> Kept:
    """A rule for sealed files: the one in the folder, where it says the same."""
    keys = pairs.identity_of(DESTINATION).sealing

    def opened(data: bytes) -> tuple[bundle.Header, bytes] | None:
        """Also of one whose content is not what a bundle may hold."""
        try:
            header, start = bundle.read_header(data)
            key = next((key for key in keys if key.key_id == header.sealing_key), None)
            return (header, zlib.decompress(key.open(data[:start], data[start:]))) if key is not None else None
        except (ProtocolError, zlib.error):
            return None

    def kept(name: str, data: bytes) -> bytes:
        path = folder / name
        old = path.read_bytes() if path.exists() else b""
        return old if old and opened(data) and opened(old) == opened(data) else data

    return kept


LIES: Final = (
    (lies.other_sender, "from a node that is not of this pairing"),
    (lies.other_pairing, "of a pairing that nobody has"),
    (lies.status_of_another_bundle, "its status note is of another bundle"),
    (lies.rest_exchanged, "its status note names other content"),
    (lies.status_by_the_wrong_key, "its status note is signed by the cosigning key"),
    (lies.head_by_the_wrong_key, "a head signed by the cosigning key"),
    (lies.messages_exchanged, "a message that is not under the signed head"),
    (lies.fewer_messages_than_signed, "fewer messages than the head counts"),
    (lies.segment_of_another_epoch, "the segment of one epoch under the name of another"),
    (lies.epoch_without_its_first_message, "an epoch that does not begin with epoch.opened"),
    (lies.parent_that_was_never_sent, "an epoch after one that was never sent"),
    (lies.seen_an_epoch_that_nobody_has, "a message that has seen an epoch which nobody has"),
    (lies.seen_its_own_log, "a message that has seen its own log"),
    (lies.erased_before_it_was_shown, "an erased message that was never received"),
    (lies.erased_under_a_receipt_of_its_own_making, "the same, under a receipt that its author made"),
    (lies.erased_with_another_hash, "an erased message with a hash that is not under the signed head"),
    (lies.erased_out_of_form, "what stands for an erased message, written in another way"),
    (lies.more_parts_than_one_bundle_may_hold, "more parts of files than one bundle may hold"),
    (lies.a_part_larger_than_any, "a part of a file that is larger than any may be"),
    (lies.a_wish_for_a_part_that_no_file_has, "a wish for a part that no file has"),
    (lies.nine_heads_side_by_side, "more unmerged heads than a message can say to have seen"),
)
"""Each with its code in ``tests/hostile/lies.py``."""


def bundles(kept: Kept) -> Iterator[BundleSample]:
    """All cases; ``kept``: see ``keeping``."""
    codes = dict(lies.LIES)
    honest = kept("good/bundle.gongguan", peer().pack())
    first = "good/bundle.gongguan"
    yield BundleSample(first, "an epoch with two messages", honest)
    yield BundleSample("good/bundle-again.gongguan", "the same once more: nothing changes", honest, "", (first,))
    for lie, what in LIES:
        name = f"bad/bundle-{lie.__name__.replace('_', '-')}.gongguan"
        yield BundleSample(name, what, kept(name, lie(peer())), codes[lie])
    header = len(bundle.MAGIC) + 9
    for name, what, data, code in (
        ("cut-short", "ends too early", honest[:-7], "A-cannot-open"),
        ("header-altered", "another letter in the header", _flipped(honest, header), "S-bundle"),
        ("seal-altered", "one bit of the sealed part", _flipped(honest, len(honest) - 99), "A-cannot-open"),
        ("web-page", "what a proxy says", b"<html>502 Bad Gateway</html>", "T-not-a-bundle"),
        ("header-alone", "nothing behind the header", honest[: bundle.read_header(honest)[1]], "A-cannot-open"),
    ):
        yield BundleSample(f"bad/bundle-{name}.gongguan", what, data, code)
    for name, what, spoken, code in (
        ("bad/bundle-another-protocol.gongguan", "a range of versions without the first", (2, 3), "P-protocol"),
        ("good/bundle-more-protocols.gongguan", "a range of versions with the first", (1, 9), ""),
    ):
        yield BundleSample(name, what, kept(name, peer().pack(status={"protocol": spoken})), code)
    yield from _histories(kept, first)
    yield from _agreed(kept)


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _histories(kept: Kept, first: str) -> Iterator[BundleSample]:
    """What depends on what came before: growth, gaps, and a second history."""
    grown = peer()
    grown.say("exchange.versions", VersionsAnnounced(kinds=KINDS))
    grown.say("exchange.versions", VersionsAnnounced(kinds=KINDS))
    more = kept("good/bundle-more.gongguan", grown.pack([grown.segment(start=2)]))
    yield BundleSample("good/bundle-more.gongguan", "two messages more of the same epoch", more, "", (first,))
    early = "two messages more, before the first two: kept for later or asked for again, and no error"
    yield BundleSample("good/bundle-early.gongguan", early, more)
    forked = peer()
    (epoch,) = forked.logs
    forked.logs[epoch] = [*forked.logs[epoch][:1], b"{}"]
    part = forked.segment()
    fork = kept("good/bundle-fork.gongguan", forked.pack([SegmentPart(epoch, 0, part.head, part.messages)]))
    what = "another history, signed: taken as the proof of it; the pairing is frozen"
    yield BundleSample("good/bundle-fork.gongguan", what, fork, "", (first,))
    name = "bad/bundle-after-the-fork.gongguan"
    after = (first, "good/bundle-fork.gongguan")
    yield BundleSample(name, "anything after the proof of two histories", more, "P-pairing-not-active", after)
    told = [*grown.logs[epoch][:2], b"{}"]
    shorter = SegmentPart(epoch, 2, grown.head(epoch, told), (b"{}",))
    name = "good/bundle-fork-between.gongguan"
    between = kept(name, grown.pack([shorter]))
    what = "another history that ends where the first one has no head: proved by the path between them, frozen"
    yield BundleSample(name, what, between, "", (first, "good/bundle-more.gongguan"))
    frozen = (first, "good/bundle-more.gongguan", name)
    name = "bad/bundle-after-the-fork-between.gongguan"
    yield BundleSample(name, "anything after that", more, "P-pairing-not-active", frozen)
    both = (first, "good/bundle-more.gongguan")
    told = [*grown.logs[epoch][:2], b"{}", b"{}", b"{}"]
    for name, start, what, code in (
        ("good/bundle-fork-beyond.gongguan", 2, "another history, longer than the first one, from where they part", ""),
        (
            "bad/bundle-fork-beyond.gongguan",
            3,
            "the same from behind there: refused, since nobody can prove it",
            "P-root",
        ),
    ):
        longer = SegmentPart(epoch, start, grown.head(epoch, told), tuple(told[start:]))
        yield BundleSample(name, what, kept(name, grown.pack([longer])), code, both)
    name = "bad/bundle-id-in-two-branches.gongguan"
    twice = kept(name, lies.an_id_in_two_branches(peer()))
    yield BundleSample(name, "two epochs beside each other with one message in both", twice, "P-id-twice", (first,))


SPOKEN: Final = ("agreement.answered@1", "agreement.ended@1", "agreement.proposed@1", "agreement.suspended@1", *KINDS)
AGREED: Final = "good/bundle-agreement.gongguan"


def in_agreement() -> tuple[BadPeer, bytes, str]:
    """The origin once both have signed an agreement, the bundle that tells all of it, and the version in force.

    The destination's half of it, which it signed before it lost everything, is returned to it.
    """
    text = note.parse(stored("agreement-1.note")).text
    ours, theirs = (str(line) for line in note.parse(stored("agreement-1.note")).lines)
    version = note.text_hash(text)
    origin = BadPeer(_sender().identity, _sender().pairing_id, card.keys_of(DESTINATION.card), rng=Random(21))
    other = BadPeer(pairs.identity_of(DESTINATION), origin.pairing_id, card.keys_of(ORIGIN.card), rng=Random(22))
    told: list[SegmentPart] = []
    returned: list[SegmentPart] = []
    for speaker, listener, parts, kind, body, cited in (
        (origin, other, told, "exchange.versions", VersionsAnnounced(kinds=SPOKEN), None),
        (other, origin, returned, "exchange.versions", VersionsAnnounced(kinds=SPOKEN), None),
        (origin, other, told, "agreement.proposed", _proposal(text, ours), None),
        (other, origin, returned, "agreement.answered", {}, version),
    ):
        if not speaker.logs:
            speaker.open()
        start = sum(len(part.messages) for part in parts)
        proposed = messages.decode(origin.logs[origin.epoch][-1]).id
        said = AgreementAnswered(proposal=proposed, answer="accept", signature=theirs, approval=pairs.APPROVAL)
        speaker.say(kind, body or said, version=cited)
        parts.append(speaker.segment(start=start))
        listener.heard[speaker.epoch] = parts[-1].head
    held = ((other.epoch, len(other.logs[other.epoch])),)
    return origin, origin.pack(told, more={"returned": tuple(returned)}, status={"held": held}), version


def _proposal(text: str, line: str) -> AgreementProposed:
    return AgreementProposed(text=text, signature=line, approval=pairs.APPROVAL)


def _agreed(kept: Kept) -> Iterator[BundleSample]:
    """What an agreement in force, one that is suspended or ended, and its term make of a message."""
    what = "an agreement that both signed; the destination's own half, lost there, is returned to it"
    yield BundleSample(AGREED, what, kept(AGREED, in_agreement()[1]), verdict="accepted")
    stop = ("agreement.suspended", AgreementSuspended(reason="terms_disputed"))
    end = ("agreement.ended", AgreementEnded(reason="decided"))
    said, late = (("notice.given", pairs.notice()), ("notice.given", _notice_on("2031-01-01")))
    for name, what, spoken, verdict in (
        ("in-force", "a message under an agreement in force", (said,), "accepted"),
        ("outside-the-term", "a day after the term of the agreement", (late,), "G-outside-term"),
        ("suspended", "a message by whoever suspended the agreement before", (stop, said), "G-suspended"),
        ("suspended-and-ended", "whoever suspended an agreement may still end it", (stop, end), "accepted"),
        ("ended", "a message by whoever ended the agreement before", (end, said), "G-ended"),
    ):
        origin, _, version = in_agreement()
        before = len(origin.logs[origin.epoch])
        for kind, body in spoken:
            origin.say(kind, body, version=version)
        file = f"good/bundle-{name}.gongguan"
        data = kept(file, origin.pack([origin.segment(start=before)]))
        yield BundleSample(file, what, data, "", (AGREED,), verdict)
    for name, what, said_with, verdict in (
        ("no-such-day", "a day that no calendar has", [("notice.given", _notice_on("2026-02-30"), {})], "S-date"),
        ("not-announced", "a kind that the recipient never announced", [NEWS], "P-kind-not-announced"),
        ("other-version", "a version of the agreement that is not in force", [OTHERS], "G-superseded"),
        ("id-again", "another message under an id that was used", [ONCE, ONCE], "P-id-reused"),
    ):
        origin, _, version = in_agreement()
        before = len(origin.logs[origin.epoch])
        for news, content, named in said_with:
            origin.say(news, content, **{"version": version, **named})
        file = f"good/bundle-{name}.gongguan"
        data = kept(file, origin.pack([origin.segment(start=before)]))
        yield BundleSample(file, what, data, "", (AGREED,), verdict)


Spoken = tuple[str, NoticeGiven | dict[str, Any], dict[str, Any]]
NEWS: Final[Spoken] = ("survey.sent", {"anything": 1}, {})
OTHERS: Final[Spoken] = ("notice.given", pairs.notice(), {"version": "ef" * 32})
ONCE: Final[Spoken] = ("notice.given", pairs.notice(), {"message_id": "12" * 16})


def _notice_on(day: str) -> NoticeGiven:
    return msgspec.structs.replace(pairs.notice(), on=day)
