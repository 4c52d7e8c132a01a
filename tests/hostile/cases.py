"""What a partner with real keys may send to a server, by fault, each with the code that must come of it.

``refused``: the code of the answer, "" where the bundle is taken. ``outcome``: the code that the victim then signs
about the last message. What is refused is tried on a copy of the partner's logs; what is taken stays in them.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.protocol import card, messages
from gongguan.protocol.bundle import DigestQuestion
from gongguan.protocol.keys import SigningKey
from gongguan.protocol.limits import BUNDLE_QUESTIONS_MAX, SEEN_HEADS_MAX
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.protocol.messages.notice import NoticeGiven
from tests import pairs
from tests.hostile import lies
from tests.hostile.peer import BadPeer

Make = Callable[[BadPeer], bytes]


class Case(NamedTuple):
    """See the module. ``query``: of the address that is called."""

    fault: str
    what: str
    make: Make
    refused: str = ""
    outcome: str = ""
    query: str = ""


def announcement() -> VersionsAnnounced:
    """A message that is in order at any time."""
    return VersionsAnnounced(kinds=("notice.given@1",))


def honest(peer: BadPeer) -> bytes:
    """One message more, and receipts for all that was heard."""
    peer.say("exchange.versions", announcement())
    return peer.pack([peer.segment(start=len(peer.logs[peer.epoch]) - 1)])


def newest(peer: BadPeer) -> bytes:
    """The last message alone, in a segment of its own."""
    return peer.pack([peer.segment(start=len(peer.logs[peer.epoch]) - 1)])


def _says(kind: str, body: Any, **named: Any) -> Make:
    def make(peer: BadPeer) -> bytes:
        peer.say(kind, body, **named)
        return newest(peer)

    return make


def _bytes(data: bytes) -> Make:
    """In place of a message."""

    def make(peer: BadPeer) -> bytes:
        peer.add(data)
        return newest(peer)

    return make


def _status(change: Callable[[str], str]) -> Make:
    return lambda peer: peer.pack([], rewrite=change)


def _speaks(lowest: int, highest: int) -> Make:
    return lambda peer: peer.pack([], status={"protocol": (lowest, highest)})


def _header(old: bytes, new: bytes) -> Make:
    return lambda peer: peer.pack([]).replace(old, new, 1)


def _reflection(peer: BadPeer) -> bytes:
    return peer.last_heard


def _weak_card(peer: BadPeer) -> bytes:
    return peer.pack([], more={"cards": (_successor(peer, peer.identity.log, log_key="01" + "00" * 31),)})


def _card_of_a_thief(peer: BadPeer) -> bytes:
    """Another log key that only vouches for itself."""
    fresh = SigningKey.from_seed(b"t" * 32)
    return peer.pack([], more={"cards": (_successor(peer, fresh, log_key=fresh.public.raw.hex()),)})


def _successor(peer: BadPeer, key: SigningKey, **changes: str) -> bytes:
    old, _ = card.open_card(peer.card)
    fresh = msgspec.structs.replace(old, serial=2, previous=peer.identity.card, **changes)
    return card.sign(fresh, key, peer.identity.cosigning)


def _lower_receipt(peer: BadPeer) -> bytes:
    """For less than was receipted before: the larger one stays."""
    return peer.pack([], receipts=())


def _held(size: int) -> Make:
    """A status that claims to hold so much of the victim's newest epoch."""
    return lambda peer: peer.pack([], receipts=(), status={"held": ((list(peer.heard)[-1], size),)})


def _questions(count: int, content: bytes) -> Make:
    def make(peer: BadPeer) -> bytes:
        asked = tuple(DigestQuestion(peer.hex(), "ab" * 32, content) for _ in range(count))
        return peer.pack([], questions=asked)

    return make


def _answers(peer: BadPeer) -> bytes:
    """To a question that nobody asked."""
    return peer.pack([], more={"answers": (DigestQuestion("ab" * 16, "ab" * 32, b"\x90"),)})


def _branches(peer: BadPeer) -> bytes:
    """One epoch after the other, all beside one another."""
    old = next(iter(peer.logs))
    seen = messages.decode(peer.logs[old][-1]).seen
    parents = [(old, len(peer.logs[old]))]
    parts = [peer.segment(peer.open(parents, seen=seen)) for _ in range(SEEN_HEADS_MAX + 1)]
    return peer.pack(parts)


def _fresh_epoch(peer: BadPeer) -> None:
    """What lies about an epoch that the victim knows would be another history, which is a case of its own."""
    peer.open()
    peer.say("exchange.versions", announcement())


def _lie(lie: Make, fault: str, prepare: Callable[[BadPeer], None] = lambda peer: None) -> Case:
    def make(peer: BadPeer) -> bytes:
        prepare(peer)
        return lie(peer)

    return Case(fault, lie.__name__.replace("_", " "), make, dict(lies.LIES)[lie])


_NUL: Final = NoticeGiven(topic="other", title="\x00", text="x", on="2026-03-01")

CASES: Final[tuple[Case, ...]] = (
    _lie(lies.status_by_the_wrong_key, "F32"),
    _lie(lies.head_by_the_wrong_key, "F32"),
    _lie(lies.messages_exchanged, "F32"),
    _lie(lies.rest_exchanged, "F32"),
    _lie(lies.other_pairing, "F33"),
    _lie(lies.other_sender, "F33"),
    _lie(lies.status_of_another_bundle, "F33"),
    _lie(lies.segment_of_another_epoch, "F33"),
    _lie(lies.epoch_under_the_name_of_one_of_the_victims, "F33"),
    _lie(lies.fewer_messages_than_signed, "F35"),
    _lie(lies.more_messages_than_fit, "F35"),
    _lie(lies.a_bomb, "F35"),
    _lie(lies.oversized, "F35"),
    _lie(lies.erased_before_it_was_shown, "F33"),
    _lie(lies.erased_with_another_hash, "F32"),
    _lie(lies.erased_under_a_receipt_of_its_own_making, "F38"),
    _lie(lies.erased_out_of_form, "F35"),
    _lie(lies.more_parts_than_one_bundle_may_hold, "F35"),
    _lie(lies.a_part_larger_than_any, "F35"),
    _lie(lies.a_wish_for_a_part_that_no_file_has, "F35"),
    _lie(lies.truncated, "F35"),
    _lie(lies.only_a_header, "F35"),
    _lie(lies.something_else, "F35"),
    Case("F35", "status with a key twice", _status(lambda text: text.replace("{", '{"answers":"",', 1)), "S-bundle"),
    Case("F35", "status with NaN", _status(lambda text: text.replace('"heads":[', '"heads":[NaN,', 1)), "S-bundle"),
    Case("F35", "status with a blank more", _status(lambda text: text.replace(":", ": ", 1)), "S-not-canonical"),
    Case("F35", "status of another protocol", _speaks(2, 3), "P-protocol"),
    Case("F35", "status of a protocol before the first", _speaks(0, 1), "S-bundle"),
    Case("F35", "status that speaks more", _speaks(1, 9)),
    Case("F35", "deep status", _status(lambda text: text.replace('"heads":[', '"heads":' + "[" * 9000, 1)), "S-bundle"),
    Case("F35", "header with a field more", _header(b'{"bundle"', b'{"a":1,"bundle"'), "S-bundle"),
    Case("F35", "header of invalid UTF-8", _header(b'{"bundle"', b'{"\xff":1,"bundle"'), "S-bundle"),
    Case("F35", "bytes that are no message", _bytes(b"\xff\x00"), "", "S-message"),
    Case("F35", "a message with a key twice", _bytes(b'{"id":"aa","id":"bb"}'), "", "S-message"),
    Case("F35", "a message of a thousand brackets", _bytes(b"[" * 1000), "", "S-message"),
    Case("F35", "a message with half a surrogate", _bytes(rb'{"id":"\ud800"}'), "", "S-message"),
    Case("F35", "a message with five thousand digits", _bytes(b'{"id":' + b"9" * 5000 + b"}"), "", "S-message"),
    Case("F35", "a text with NUL", _says("notice.given", _NUL), "", "S-text"),
    Case(
        "F36",
        "an agreement that is not of this pairing",
        _says("notice.given", pairs.notice(), version="ab" * 32),
        "",
        "G-not-in-force",
    ),
    Case("F36", "no agreement at all", _says("notice.given", pairs.notice()), "", "G-none-cited"),
    Case("F37", "a card with a weak key", _weak_card, "A-weak-key"),
    Case("F37", "a card that a thief made", _card_of_a_thief, "A-no-known-signer"),
    _lie(lies.an_id_in_two_branches, "F41"),
    _lie(lies.receipt_too_high, "F38"),
    _lie(lies.receipt_with_another_root, "F38"),
    _lie(lies.receipt_on_its_own_log, "F38"),
    _lie(lies.receipt_unsigned, "F38"),
    Case("F39", "receipts withheld", _lower_receipt),
    Case("F40", "claims to hold less than it has", _held(0)),
    Case("F40", "claims to hold more than was signed", _held(10**6)),
    _lie(lies.seen_beyond_the_log, "F40"),
    _lie(lies.seen_an_epoch_that_nobody_has, "F40"),
    _lie(lies.seen_its_own_log, "F40"),
    _lie(lies.seen_going_back, "F40"),
    _lie(lies.epoch_without_its_first_message, "F41", prepare=_fresh_epoch),
    _lie(lies.parent_that_was_never_sent, "F41"),
    _lie(lies.parent_with_another_root, "F41"),
    Case("F41", "more branches than a message can list", _branches, "P-epoch-heads"),
    Case("F42", "what the victim sent", _reflection, "P-not-this-pairing"),
    Case("F43", "a wait of minus one second", honest, "S-request", query="?wait=-1"),
    Case("F43", "a wait that is no number", honest, "S-request", query="?wait=for-ever"),
    Case("F43", "a wait of a million years", honest, "S-request", query="?wait=1e13"),
    Case("F44", "an unknown kind", _says("survey.sent", {"x": 1}), "", "P-kind-not-announced"),
    Case(
        "F44",
        "an epoch that begins in the middle",
        _says("epoch.opened", {"parents": [], "card": "ab" * 32, "reason": "start"}),
        "",
        "P-epoch",
    ),
    Case("F44", "a body that is none", _says("exchange.versions", {"kinds": 7}), "", "S-message"),
    Case("F45", "questions that are noise", _questions(1, b"\xc1"), "S-bundle"),
    Case("F45", "more questions than may be asked", _questions(BUNDLE_QUESTIONS_MAX + 1, b"\x90"), "S-bundle"),
    Case("F45", "an answer that nobody asked for", _answers),
)
"""All but F34, which ends the pairing: ``forked``."""


def forked(peer: BadPeer) -> bytes:
    """Another history of the newest epoch: taken as its own proof."""
    del peer.logs[peer.epoch][-1]
    peer.say("exchange.versions", VersionsAnnounced(kinds=()))
    return peer.pack()


FROZEN: Final = "P-pairing-not-active"
"""What everything gets after that."""
