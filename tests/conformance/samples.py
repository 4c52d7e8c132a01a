"""The cases of the conformance kit but those of bundles: what is good, and how it is spoilt.

Good files are those of ``tests/fixtures/1``, which never change, or are made from the same keys. Each spoilt one breaks
one rule, so that one code can be expected. Everything is invented; the keys open nothing else.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.protocol import card, certificate_token, erasure, fork, log, merkle, note, receipt
from gongguan.protocol.card import Card
from gongguan.protocol.certificate_token import Certificate
from gongguan.protocol.erasure import ErasedLeaf
from gongguan.protocol.keys import SigningKey
from gongguan.protocol.note import PLAIN, NoteSigner
from tests.conformance.reading import Causality, Question
from tests.fixtures.sets import HERE, SETS
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER, signing_key

SAMPLES: Final = HERE / SETS[0]
PAIRING: Final = "ab" * 32
EPOCH: Final = "cd" * 16
PROSE: Final = {"pairing record": "S-readable", "agreement": "G-prose"}
TIME_S: Final = 1_772_352_000


class Sample(NamedTuple):
    """``name`` without folder: a good one goes to ``good/``, one with a code to ``bad/``."""

    name: str
    sort: str
    what: str
    data: bytes
    code: str = ""


def stored(name: str) -> bytes:
    """A fixture."""
    return (SAMPLES / name).read_bytes()


def samples() -> Iterator[Sample]:
    """All of them."""
    for make in (canonical_json, message, cards, texts, heads, proofs, forks, tokens, erased, causality):
        yield from make()


def canonical_json() -> Iterator[Sample]:
    """RFC 8785 without floats, in our profile."""
    good = '{"a":[1,-9007199254740991,true,null],"b":"共管 é"}'.encode()
    yield Sample("value.json", "canonical", "canonical JSON: integers, no floats, keys in order", good)
    for name, what, data, code in (
        ("duplicate-key", "the same key twice", b'{"a":1,"a":2}', "S-json"),
        ("keys-unsorted", "keys out of order", b'{"b":1,"a":2}', "S-not-canonical"),
        ("blank", "a blank after a comma", b'{"a":1, "b":2}', "S-not-canonical"),
        ("byte-order-mark", "begins with U+FEFF", b'\xef\xbb\xbf{"a":1}', "S-json"),
        ("nan", "NaN is no JSON", b'{"a":NaN}', "S-type"),
        ("float", "a number with a fraction", b'{"a":1.5}', "S-type"),
        ("exponent", "an integer written with an exponent", b'{"a":1e3}', "S-type"),
        ("minus-zero", "minus zero", b'{"a":-0}', "S-not-canonical"),
        ("too-large-integer", "2^53", b'{"a":9007199254740992}', "S-integer"),
        ("huge-integer", "five thousand digits", b'{"a":' + b"9" * 5000 + b"}", "S-integer"),
        ("invalid-utf-8", "a byte that no UTF-8 has", b'{"a":"\xff"}', "S-json"),
        ("lone-surrogate", "half of a pair, as an escape", rb'{"a":"\ud800"}', "S-text"),
        ("nul", "U+0000, which some databases refuse", rb'{"a":"\u0000"}', "S-text"),
        ("decomposed", "text that is not in normal form C", '{"a":"e\u0301"}'.encode(), "S-text"),
        ("key-form", "a key outside [a-z][a-z0-9_]*", b'{"A":1}', "S-type"),
        ("deep", "seventeen arrays in one another", b"[" * 17 + b"]" * 17, "S-depth"),
        ("very-deep", "twenty thousand arrays in one another", b"[" * 20_000, "S-depth"),
        ("cut-short", "ends too early", good[:-9], "S-json"),
    ):
        yield Sample(f"canonical-{name}.json", "canonical", what, data, code)


def message() -> Iterator[Sample]:
    """One message, as it is signed."""
    parts = [json.loads(line) for line in stored("member.gongguan-case").decode().splitlines()[1:]]
    found = next(part["message"] for part in parts if part["part"] == "message" and "score.contr" in part["message"])
    value = json.loads(found)
    yield Sample("message.json", "message", "score.contributed, as its author signed it", found.encode())
    parked = {**value, "kind": "survey.sent", "body": {"anything": 1}}
    yield Sample("message-of-an-unknown-kind.json", "message", "kept and not applied", plain(parked))
    for name, what, changed, code in (
        ("no-salt", "without its salt", {key: item for key, item in value.items() if key != "salt"}, "S-message"),
        ("field-unknown", "with a field that no message has", {**value, "score": 5}, "S-message"),
        ("points-text", "points as a text", {**value, "body": {**value["body"], "points": "2"}}, "S-message"),
        ("id-capitals", "an id in capitals", {**value, "id": value["id"].upper()}, "S-message"),
    ):
        yield Sample(f"message-{name}.json", "message", what, plain(changed), code)
    for name, what, word, code in (
        ("nul", "U+0000 in a text of an unknown kind", '"\\u0000"', "S-text"),
        ("lone-surrogate", "half of a pair, as an escape, in a text of an unknown kind", '"\\ud800"', "S-message"),
        ("decomposed", "a text of an unknown kind that is not in normal form C", '"e\u0301"', "S-text"),
    ):
        spoilt = plain({**parked, "body": {"anything": "@"}}).replace(b'"@"', word.encode(), 1)
        yield Sample(f"message-{name}.json", "message", what, spoilt, code)
    yield Sample("message-spelling.json", "message", "a blank more", found.encode() + b" ", "S-not-canonical")
    yield Sample("message-too-large.json", "message", "65 KiB", b" " * (65 << 10), "R-too-large")


def plain(value: Any) -> bytes:
    """Canonical for what has only ASCII keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def following(old: Card, **changes: Any) -> Card:
    """The next card of a node."""
    previous = note.text_hash(card.render(old))
    return msgspec.structs.replace(old, serial=old.serial + 1, previous=previous, **changes)


def cards() -> Iterator[Sample]:
    """One card, and cards that follow one another."""
    fresh, cosigning = signing_key("kit log 2"), signing_key("kit cosigning 2")
    first = ORIGIN.card
    second = following(first, log_key=fresh.public.raw.hex())
    third = following(second, cosigning_key=cosigning.public.raw.hex())
    back = following(second, log_key=first.log_key)
    chain = [
        stored("origin.card"),
        card.sign(second, fresh, ORIGIN.cosigning_key, ORIGIN.log_key),
        card.sign(third, fresh, cosigning),
    ]
    yield Sample("origin.card", "card", "the first card of the origin", stored("origin.card"))
    yield Sample("destination.card", "card", "the first card of the destination", stored("destination.card"))
    yield Sample("rotated.card", "card", "three cards: a new log key, then a new cosigning key", b"".join(chain))
    log_key, cosigning_key = ORIGIN.log_key, ORIGIN.cosigning_key
    retitled = stored("origin.card").replace("巴彦塔拉".encode(), "巴彦花".encode())
    zero = msgspec.structs.replace(first, log_key="01" + "00" * 31)
    same = msgspec.structs.replace(first, cosigning_key=first.log_key)
    other = msgspec.structs.replace(first, node_id=DESTINATION.node_id)
    orphan = msgspec.structs.replace(first, serial=2)
    for name, what, data, code in (
        (
            "no-predecessor",
            "a second card that names none before",
            card.sign(orphan, log_key, cosigning_key),
            "A-card-chain",
        ),
        ("altered", "another title under the old signatures", retitled, "A-signature"),
        ("weak-key", "a log key of small order", card.sign(zero, log_key, cosigning_key), "A-weak-key"),
        ("one-key-twice", "one key in two roles", card.sign(same, log_key, log_key), "A-key-in-two-roles"),
        ("foreign-id", "a node id that is not of its key", card.sign(other, log_key, cosigning_key), "A-node-id"),
        ("not-by-the-key-before", "a new key says so itself", _two(second, fresh, fresh), "A-no-known-signer"),
        ("same-serial", "the same card again", chain[0] + chain[0], "A-card-older"),
        ("gap", "the third card after the first", chain[0] + chain[2], "A-card-chain"),
        (
            "retired-key",
            "a log key that was replaced comes back",
            b"".join(chain[:2]) + card.sign(back, log_key, cosigning_key, fresh),
            "A-key-retired",
        ),
    ):
        yield Sample(f"card-{name}.card", "card", what, data, code)


def _two(second: Card, key: SigningKey, previous: SigningKey) -> bytes:
    return ORIGIN.note + card.sign(second, key, ORIGIN.cosigning_key, previous)


def texts() -> Iterator[Sample]:
    """What both sign: the record of a pairing and an agreement. And the file that opens a pairing."""
    packet = stored("answer.gongguan-pairing")
    yield Sample("pairing.json", "pairing packet", "the answer to an invitation", packet)
    yield Sample("packet-cut.json", "pairing packet", "ends too early", packet[:-20], "S-pairing-packet")
    for sort, file in (("pairing record", "pairing.note"), ("agreement", "agreement-1.note")):
        data, name = stored(file), sort.replace(" ", "-")
        text, lines = note.parse(data).text, note.parse(data).lines
        yield Sample(f"{name}.note", sort, "signed by both nodes", data)
        one = note.assemble(text, lines[:1])
        stranger = note.sign(text, [NoteSigner(STRANGER.node_id, PLAIN, STRANGER.log_key)])
        yield Sample(f"{name}-one-signature.note", sort, "signed by one node", one, "A-signer-missing")
        yield Sample(f"{name}-strangers.note", sort, "signed by a stranger alone", stranger, "A-no-known-signer")
        yield Sample(f"{name}-altered.note", sort, "one word of the prose altered", _retold(data), "A-signature")
        prose = _signed_by_both(text.replace("巴彦塔拉", "巴彦花", 1))
        yield Sample(f"{name}-prose.note", sort, "signed, but prose and block differ", prose, PROSE[sort])


def _retold(data: bytes) -> bytes:
    return data.replace("巴彦塔拉".encode(), "巴彦花".encode(), 1)


def _signed_by_both(text: str) -> bytes:
    return note.sign(text, [NoteSigner(one.node_id, PLAIN, one.log_key) for one in (ORIGIN, DESTINATION)])


def heads() -> Iterator[Sample]:
    """Checkpoints of the origin's log and the destination's receipts for them."""
    checkpoint = log.Checkpoint(log.origin(PAIRING, ORIGIN.node_id, EPOCH), 7, bytes(range(32)))
    data = log.sign_checkpoint(checkpoint, ORIGIN.log_key)
    cosigner = NoteSigner(card.cosigner_name(DESTINATION.node_id), note.COSIGNATURE, DESTINATION.cosigning_key)
    taken = receipt.cosign(data, cosigner, TIME_S)
    yield Sample("checkpoint.note", "checkpoint", "the head of an epoch with seven messages", data)
    yield Sample("receipt.note", "receipt", "the partner's receipt for that head", taken)
    grown = data.replace(b"\n7\n", b"\n8\n")
    stranger = log.sign_checkpoint(checkpoint, STRANGER.log_key)
    padded = data.replace(b"\n7\n", b"\n07\n")
    yield Sample("checkpoint-grown.note", "checkpoint", "a larger size under the old signature", grown, "A-signature")
    yield Sample("checkpoint-strangers.note", "checkpoint", "signed by another key", stranger, "A-no-known-signer")
    yield Sample("checkpoint-zeros.note", "checkpoint", "its size written with a zero in front", padded, "S-checkpoint")
    yield Sample("checkpoint-no-line.note", "checkpoint", "no signature", data.split(b"\n\n")[0] + b"\n", "S-note")
    grown = taken.replace(b"\n7\n", b"\n8\n")
    yield Sample("receipt-grown.note", "receipt", "for more than was signed", grown, "A-signature")
    yield Sample("receipt-head-alone.note", "receipt", "the head without the partner's line", data, "A-no-known-signer")


def proofs() -> Iterator[Sample]:
    """One message under a head; a member's whole case."""
    data, whole = stored("message.tlog-proof"), stored("member.gongguan-case")
    rows = data.split(b"\n")
    yield Sample("message.tlog-proof", "proof", "a message of the destination under its head", data)
    moved = data.replace(b"\nindex 1\n", b"\nindex 2\n")
    dropped = b"\n".join([*rows[:3], *rows[4:]])
    other = base64.b64encode(base64.b64decode(rows[1][6:]).replace(b"admission", b"admissiox", 1))
    for name, what, spoilt, code in (
        ("moved", "another index", moved, "P-proof"),
        ("shortened", "a hash of the path left out", dropped, "P-proof"),
        ("altered", "another message", data.replace(rows[1], b"extra " + other), "P-proof"),
        ("cut", "ends too early", data[:-60], "S-note"),
    ):
        yield Sample(f"proof-{name}.tlog-proof", "proof", what, spoilt, code)
    lines = whole.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if b'"part":"head"' in line]
    told = [number for number, line in enumerate(lines) if b'"part":"message"' in line]
    yield Sample("member.gongguan-case", "case", "agreement, cards, heads and messages of one member", whole)
    moved = _swapped(lines, told[0], told[1])
    yield Sample("member-in-another-order.gongguan-case", "case", "the same; each message proves its own place", moved)
    for name, what, spoilt, code in (
        ("without-a-head", "a head left out", _without(lines, heads[-1]), "P-case"),
        ("retitled", "a title altered in the pairing record", _retold(whole), "A-signature"),
        ("cut", "ends too early", whole[:-30], "S-case"),
    ):
        yield Sample(f"case-{name}.gongguan-case", "case", what, spoilt, code)
    yield from _misfits(whole)


def _misfits(whole: bytes) -> Iterator[Sample]:
    """Cases whose parts are each in order and signed, and do not fit together."""
    first, *parts = whole.splitlines()
    told = [json.loads(line) for line in parts]
    head = next(part for part in told if part["part"] == "head")
    named = note.parse(head["note"].encode())
    foreign = log.Checkpoint(log.origin(PAIRING, ORIGIN.node_id, EPOCH), 7, bytes(range(32)))
    one_line = _one_line(next(part for part in told if part["part"] == "agreement"))
    messages = [part for part in told if part["part"] == "message"]
    versions = [part for part in told if part["part"] == "agreement"]
    stranger = note.sign(named.text, [NoteSigner(log.Checkpoint.parse(named.text).origin, PLAIN, STRANGER.log_key)])
    for name, what, changed, code in (
        ("twice", "a message twice", [*told, messages[0]], "P-case"),
        ("foreign-pairing", "a head of another pairing", _with(told, head, _note(head, foreign)), "P-case"),
        ("strangers-head", "a head by a stranger", _with(told, head, _text(head, stranger)), "A-no-known-signer"),
        ("no-such-head", "a message under a head that is not there", [*told, {**messages[0], "head": 99}], "P-case"),
        ("no-agreement", "no version of the agreement", [part for part in told if part not in versions], "P-case"),
        ("version-twice", "a version twice", _twice(told, versions[0]), "P-case"),
        ("one-signature", "a version signed by one", _with(told, versions[0], one_line), "A-signer-missing"),
        ("another-subject", "about another member", _with(told, told[0], {**told[0], "subject": "ab" * 16}), "P-case"),
        ("another-pairing", "of another pairing", _with(told, told[0], {**told[0], "pairing": PAIRING}), "P-case"),
        ("no-cards", "without cards", [part for part in told if part["part"] != "card"], "P-case"),
    ):
        data = b"\n".join([first, *map(plain, changed)]) + b"\n"
        yield Sample(f"case-{name}.gongguan-case", "case", what, data, code)
    blank = whole.replace(b'{"agreement"', b'{ "agreement"', 1)
    yield Sample("case-blank.gongguan-case", "case", "a blank more in one line", blank, "S-not-canonical")


def _with(told: list[Any], old: Any, new: Any) -> list[Any]:
    return [new if part is old else part for part in told]


def _twice(told: list[Any], one: Any) -> list[Any]:
    return [again for part in told for again in ((part, part) if part is one else (part,))]


def _text(part: Any, data: bytes) -> Any:
    return {**part, "note": data.decode()}


def _note(part: Any, checkpoint: log.Checkpoint) -> Any:
    return _text(part, log.sign_checkpoint(checkpoint, ORIGIN.log_key))


def _one_line(part: Any) -> Any:
    parsed = note.parse(part["note"].encode())
    return _text(part, note.assemble(parsed.text, parsed.lines[:1]))


def _without(lines: list[bytes], number: int) -> bytes:
    return b"".join([*lines[:number], *lines[number + 1 :]])


def _swapped(lines: list[bytes], one: int, other: int) -> bytes:
    lines = list(lines)
    lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def forks() -> Iterator[Sample]:
    """Two histories of one log of the origin."""
    leaves, others = ([merkle.leaf_hash(f"{side} {n}".encode()) for n in range(9)] for side in ("one", "other"))
    origin, key = log.origin(PAIRING, ORIGIN.node_id, EPOCH), ORIGIN.log_key.public

    def head(tree: list[bytes], size: int, line: str = origin, signer: SigningKey = ORIGIN.log_key) -> bytes:
        return log.sign_checkpoint(log.Checkpoint(line, size, merkle.root(tree[:size])), signer)

    def file(first: bytes, second: bytes, path: tuple[bytes, ...] = ()) -> bytes:
        return fork.export(fork.ForkProof(origin, 0, (first, second), path))

    larger, path = head(leaves, 9), fork.path_between(leaves, 5)
    fork.prove(larger, head(others, 5), key, origin, path)
    yield Sample("same-size.gongguan-fork", "fork", "one size, two roots", file(head(leaves, 5), head(others, 5)))
    yield Sample(
        "smaller.gongguan-fork", "fork", "a smaller head with another root", file(larger, head(others, 5), path)
    )
    elsewhere = log.origin(PAIRING, ORIGIN.node_id, "ef" * 16)
    for name, what, spoilt, code in (
        ("grown", "the larger head grows out of the smaller", file(larger, head(leaves, 5), path), "P-proof"),
        ("same-head", "one head twice", file(larger, larger), "P-proof"),
        ("no-path", "two sizes and no path", file(larger, head(others, 5)), "P-proof"),
        ("path-cut", "a hash of the path left out", file(larger, head(others, 5), path[:-1]), "P-proof"),
        ("smaller-first", "the smaller head first", file(head(others, 5), larger, path), "P-proof"),
        ("strangers", "by another key", file(larger, head(others, 9, signer=STRANGER.log_key)), "A-no-known-signer"),
        ("two-logs", "heads of two epochs", file(larger, head(others, 9, elsewhere)), "A-no-known-signer"),
        ("blank", "a blank more", file(larger, head(others, 9)).replace(b',"path"', b', "path"'), "P-proof"),
    ):
        yield Sample(f"fork-{name}.gongguan-fork", "fork", what, spoilt, code)


def tokens() -> Iterator[Sample]:
    """The code on a certificate."""
    held = Certificate("990521-2026-0007", "2026-03-01", "2027-03-01", "巴特尔")
    sealed = certificate_token.seal(held, NoteSigner(ORIGIN.node_id, PLAIN, ORIGIN.log_key))
    theirs = certificate_token.seal(held, NoteSigner(STRANGER.node_id, PLAIN, STRANGER.log_key))
    letter = sealed[:60] + ("A" if sealed[60] != "A" else "B") + sealed[61:]
    yield Sample("certificate.txt", "certificate token", "a number, two days and a name", sealed.encode())
    yield Sample("token-letter.txt", "certificate token", "one letter altered", letter.encode(), "A-signature")
    yield Sample("token-cut.txt", "certificate token", "ends too early", sealed[:-40].encode(), "S-certificate-token")
    yield Sample("token-strangers.txt", "certificate token", "by another node", theirs.encode(), "A-no-known-signer")


def erased() -> Iterator[Sample]:
    """What stands where a message was."""
    data = erasure.leave(ErasedLeaf(id="ab" * 16, leaf="cd" * 32, seen=(("ef" * 16, 7),), unit="01" * 16))
    yield Sample("erased.txt", "erased leaf", "the leaf hash of a message that is gone", data)
    yield Sample("erased-blank.txt", "erased leaf", "a blank more", data + b" ", "S-erased")
    yield Sample("erased-leaf.txt", "erased leaf", "half a hash", data.replace(b"cd" * 32, b"cd" * 16), "S-erased")


def causality() -> Iterator[Sample]:
    """Who knew what: logs with restores and branches."""
    epochs: dict[str, tuple[tuple[str, int], ...]] = {
        "e1": (),
        "e2": (("e1", 5),),
        "e3": (("e1", 3),),
        "e4": (("e2", 2), ("e3", 4)),
        "e5": (("e4", 1),),
    }
    questions = (
        Question((("e2", 3),), {"e1": 5, "e2": 3, "e3": 0, "e4": 0, "e5": 0}),
        Question((("e3", 1),), {"e1": 3, "e2": 0, "e3": 1, "e4": 0, "e5": 0}),
        Question((("e4", 6),), {"e1": 5, "e2": 2, "e3": 4, "e4": 6, "e5": 0}),
        Question((("e5", 1), ("e2", 9)), {"e1": 5, "e2": 9, "e3": 4, "e4": 1, "e5": 1}),
    )
    told = Causality(epochs, questions, (("e1", 5), ("e2", 9), ("e5", 1)), (("e2", 9), ("e5", 1)))
    data = msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"
    yield Sample("causality.json", "causality", "branches that a restore left, and their merging", data)
