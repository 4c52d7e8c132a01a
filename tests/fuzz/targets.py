"""What is fuzzed: a decoder, a valid sample of what it decodes, and how samples are made to reach what lies deeper.

A target takes any bytes and ends in a value or a ``ProtocolError`` (I30). What is sealed is fuzzed behind the seal too:
``bundle`` mutates the file, ``payload`` and ``rest`` what an honest key would have opened.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from gongguan.node.peers.transports import file
from gongguan.protocol import (
    agreement,
    bundle,
    canonical,
    card,
    case,
    certificate_token,
    erasure,
    fork,
    log,
    merkle,
    messages,
    note,
    pairing,
    proof,
    readable,
    receipt,
)
from gongguan.protocol.attachment import Part, Wish
from gongguan.protocol.bundle import Opened
from gongguan.protocol.card import Card, CardKeys
from gongguan.protocol.certificate_token import Certificate
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.keys import SealingKey, SigningKey
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.terms import Terms
from gongguan.sync.exchange import reconcile
from gongguan.sync.oversight import proofs
from tests.audit.cases import export, story
from tests.conformance.reading import KIT, manifest
from tests.fixtures.sets import HERE, SETS, card_of, identity_of, sealing_keys, signers
from tests.fuzz.mutator import BYTES_MAX

SAMPLES: Final = HERE / SETS[0]


@dataclass(frozen=True)
class Target:
    """``decode`` gets whatever bytes; ``samples`` are valid ones. ``spoilt``: refused for one reason each, mostly by
    what stands behind a valid signature, where no mutation gets."""

    decode: Callable[[bytes], object]
    samples: Callable[[], list[bytes]]
    spoilt: Callable[[], list[bytes]] = list

    def seeds(self) -> list[bytes]:
        """What is mutated."""
        return [*self.samples(), *(data for data in self.spoilt() if len(data) <= BYTES_MAX)]


def _files(*patterns: str) -> Callable[[], list[bytes]]:
    return lambda: [path.read_bytes() for pattern in patterns for path in sorted(SAMPLES.glob(pattern))]


def _texts(*patterns: str) -> Callable[[], list[bytes]]:
    """The texts of notes, without their signatures, which a mutation would only break."""
    return lambda: [note.parse(data).text.encode() for data in _files(*patterns)()]


def _kit(*sorts: str) -> Callable[[], list[bytes]]:
    """The spoilt files of the conformance kit of these sorts."""
    return lambda: [(KIT / item.file).read_bytes() for item in manifest() if item.sort in sorts and item.expect]


@cache
def _cards() -> list[Card]:
    return [card_of(SAMPLES, side) for side in ("origin", "destination")]


@cache
def _keys() -> list[CardKeys]:
    """Admitting a key costs more than all else here."""
    return signers(SAMPLES)


@cache
def _opened() -> list[Opened]:
    found = []
    for data in _files("bundle-*.gongguan")():
        side = next(
            side for side in ("origin", "destination") if card_of(SAMPLES, side).node_id.encode() in _recipient(data)
        )
        found.append(bundle.unseal(data, sealing_keys(SAMPLES, side)))
    return found


@cache
def _sealing() -> tuple[SealingKey, ...]:
    return sealing_keys(SAMPLES, "origin") + sealing_keys(SAMPLES, "destination")


def _recipient(data: bytes) -> bytes:
    return bundle.read_header(data)[0].recipient.encode()


def _decode_bundle(data: bytes) -> object:
    found = file.plain(data)
    bundle.read_header(found)
    return bundle.unseal(found, _sealing())


def _decode_payload(data: bytes) -> object:
    """What an honest seal may hold: compressed (it begins with 0x78), or what comes out of that."""
    plain = bundle._decompress(data) if data[:1] == b"\x78" else data
    payload = bundle._decode(bundle._PAYLOAD, plain, "payload")
    return bundle._decode(bundle._REST, payload.rest, "rest")


def _payloads() -> list[bytes]:
    packed = [msgspec.msgpack.encode(item.payload) for item in _opened()]
    return [*packed, *map(zlib.compress, packed)]


def _decode_rest(data: bytes) -> object:
    rest: bundle.Rest = bundle._decode(bundle._REST, data, "rest")
    for part in rest.segments:
        for item in part.messages:
            messages.decode(item)
        log.Checkpoint.parse(note.parse(part.head).text)
    for one in (*rest.receipts, *rest.shown):
        receipt.verify_receipt(one, _keys()[0].cosigner())
    for one in rest.cards:
        card.open_card(one)
    return rest


def _rests() -> list[bytes]:
    """What bundles hold, and one that holds all that seldom travels: files and wishes, cards, a receipt shown again."""
    heads = [part.head for item in _opened() for part in item.rest.segments]
    shown = receipt.cosign(heads[0], identity_of(SAMPLES, "origin").cosigner(), 1_772_352_000)
    wish = Wish("ab" * 32, 0b101)
    seldom = bundle.Rest((), (), (), (), (), (wish,), (Part("ab" * 32, 1, b"%PDF-"),), tuple(_chain()), (shown,))
    return [*(item.payload.rest for item in _opened()), bundle.encode_rest(seldom)]


def _decode_note(data: bytes) -> object:
    parsed = note.parse(data)
    assert note.assemble(parsed.text, parsed.lines) == data
    keys = [*(held.signer() for held in _keys()), *(held.cosigner() for held in _keys())]
    note.verified_lines(parsed, keys)
    return log.Checkpoint.parse(parsed.text)


def _heads() -> list[bytes]:
    """Checkpoints, with receipts and without."""
    heads = [part.head for item in _opened() for part in item.rest.segments]
    return [*heads, *(data for item in _opened() for data in item.rest.receipts)]


def _decode_message(data: bytes) -> object:
    found = messages.decode(data)
    if messages.is_known(found):
        assert messages.encode(found) == data
    return found


def _messages() -> list[bytes]:
    held = {
        messages.decode(item).kind: item
        for opened in _opened()
        for part in opened.rest.segments
        for item in part.messages
    }
    for data in _files("*.gongguan-case")():
        shown = case.verify(data, _cards())
        held |= {item.value.kind: item.data for item in shown.messages}
    return list(held.values())


def _decode_card(data: bytes) -> object:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return card.open_card(data)
    if "\n\n" in text:
        return card.open_file(data)
    found = card.parse(text)
    assert card.render(found) == text
    return card.keys_of(found)


@cache
def _chain() -> list[bytes]:
    """A node's first card and two that follow it: the second with a new log key, the third with a new cosigning key."""
    identity, first = identity_of(SAMPLES, "origin"), card_of(SAMPLES, "origin")
    log_key, cosigning_key = (SigningKey.from_seed(bytes([number] * 32)) for number in (71, 72))
    found = [(SAMPLES / "origin.card").read_bytes()]
    second = _after(first, log_key=log_key.public.raw.hex())
    found.append(card.sign(second, log_key, identity.cosigning, previous=identity.log))
    third = _after(second, cosigning_key=cosigning_key.public.raw.hex())
    return [*found, card.sign(third, log_key, cosigning_key)]


def _after(old: Card, **changes: str) -> Card:
    previous = note.text_hash(card.render(old))
    return msgspec.structs.replace(old, serial=old.serial + 1, previous=previous, **changes)


def _card_files() -> list[bytes]:
    """Cards, their texts, and files with several cards of a node; the last of these ends too early."""
    chain = _chain()
    return [*_files("*.card")(), *_texts("*.card")(), b"".join(chain), b"".join(chain[:2])]


def _decode_token(data: bytes) -> object:
    found = certificate_token.opened(data.decode("utf-8", "replace"))
    key = _keys()[0].signer()
    if found.node_id == key.name:
        found.verify(key)
    return found


def _tokens() -> list[bytes]:
    identity = identity_of(SAMPLES, "origin")
    signer = NoteSigner(identity.node_id, PLAIN, identity.log)
    held = Certificate("990521-2026-0007", "2026-03-01", "2027-03-01", "巴特尔")
    return [certificate_token.seal(one, signer).encode() for one in (held, held._replace(valid_until=None))]


def _decode_agreement(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    found = agreement.parse(text)
    assert agreement.render(found) == text
    agreement.check_signable(found)
    return agreement.gate(found)


def _misagreed() -> list[bytes]:
    """Texts in which block and words agree, and the terms do not."""
    (text, *_) = (data.decode() for data in _texts("agreement-1.note")())
    terms = agreement.parse(text)
    change, pack = msgspec.structs.replace, terms.rule_pack
    (rule, *rules), (kind, *kinds) = pack.rules, terms.kinds
    party = change(terms.parties[0], receiving_officers=())
    wrong = (
        change(terms, valid_until="2020-01-01"),
        change(terms, kind="reporting"),
        change(terms, valid_from="2026-02-30"),
        change(terms, retention=change(terms.retention, minimum_months=999)),
        change(terms, arbiter=terms.parties[0].node_id),
        change(terms, parties=(party, terms.parties[1])),
        change(terms, rule_pack=change(pack, rules=(change(rule, points_min=9, points_max=1), *rules))),
        change(terms, kinds=(change(kind, kind="survey.sent"), *kinds)),
        *(change(terms, kinds=(change(kind, sender=sender), *kinds)) for sender in ("origin", "destination")),
        change(terms, kinds=(kind, *terms.kinds)),
    )
    return [_rendered(one) for one in wrong]


def _rendered(terms: Terms) -> bytes:
    """The text; where terms do not go together, one with other words, at which no reader arrives."""
    try:
        return agreement.render(terms).encode()
    except ProtocolError:
        return readable.compose("agreement", ["—"], terms).encode()


def _chains_of_cards() -> list[bytes]:
    """Pairing files whose cards do not follow one another."""
    (data, *_) = _files("answer.gongguan-pairing")()
    packet, chain = pairing.decode_packet(data), [one.decode() for one in _chain()]
    cards = ((chain[1],), (chain[0], chain[2]), (chain[0], chain[0]), tuple(chain[:1]))
    return [pairing.encode_packet(msgspec.structs.replace(packet, cards=one)) for one in cards]


def _decode_proof(data: bytes) -> object:
    origin, destination = _cards()
    return proof.verify(data, proofs.keys_for(data, destination, origin))


def _decode_fork(data: bytes) -> object:
    first, second, path = fork.read(data)
    assert fork.export(fork.ForkProof("", 0, (first, second), path)) == data
    return fork.verify(data, [FORK_KEY.public, card.keys_of(_cards()[0]).log])


FORK_KEY: Final = SigningKey.from_seed(b"f" * 32)
FORKED_LOG: Final = log.origin("ab" * 32, "a" * 32, "0e" * 16)


def _forks() -> list[bytes]:
    """Of one size, and of two."""
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(9)]
    other = [*leaves[:2], merkle.leaf_hash(b"another"), *leaves[3:]]

    def head(size: int, of: list[bytes]) -> bytes:
        return log.sign_checkpoint(log.Checkpoint(FORKED_LOG, size, merkle.root(of[:size])), FORK_KEY)

    pairs = ((head(5, leaves), head(5, other), ()), (head(9, leaves), head(5, other), fork.path_between(leaves, 5)))
    return [fork.export(fork.prove(first, second, FORK_KEY.public, FORKED_LOG, path)) for first, second, path in pairs]


def _decode_case(data: bytes) -> object:
    return case.verify(data, _cards())


def _cases() -> list[bytes]:
    """A member's case, and one in which a message was refused."""
    told = story()
    return [*_files("*.gongguan-case")(), export(told.destination, told.subject, told.agreement).data]


def _decode_packet(data: bytes) -> object:
    file.is_pairing(data)
    packet = pairing.decode_packet(data)
    assert pairing.encode_packet(packet) == data
    return card.open_chain([text.encode() for text in packet.cards])


def _decode_status(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    found = bundle.parse_status(text)
    assert bundle.status_text(found) == text
    return found


def _statuses() -> list[bytes]:
    return [note.parse(item.payload.status).text.encode() for item in _opened()]


def _decode_pairing_record(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    found = pairing.parse_record(text)
    assert pairing.render_record(found) == text
    return found


def _decode_statement(data: bytes) -> object:
    return reconcile.parse_statement(data.decode("utf-8", "replace"))


def _decode_canonical(data: bytes) -> object:
    value = canonical.decode(data)
    assert canonical.encode(value) == data
    canonical.check_profile(value)
    return value


ERASED: Final = erasure.ErasedLeaf(id="ab" * 16, leaf="cd" * 32, seen=(("ef" * 16, 7),), unit="01" * 16)

TARGETS: Final[dict[str, Target]] = {
    "bundle": Target(_decode_bundle, _files("bundle-*"), _kit("bundle")),
    "payload": Target(_decode_payload, _payloads),
    "rest": Target(_decode_rest, _rests),
    "status": Target(_decode_status, _statuses),
    "note": Target(_decode_note, lambda: [*_files("*.note", "*.card")(), *_heads()], _kit("checkpoint", "receipt")),
    "message": Target(_decode_message, _messages, _kit("message")),
    "card": Target(_decode_card, _card_files, _kit("card")),
    "agreement": Target(_decode_agreement, _texts("agreement-*.note"), _misagreed),
    "proof": Target(_decode_proof, _files("*.tlog-proof"), _kit("proof")),
    "fork": Target(_decode_fork, _forks, _kit("fork")),
    "case": Target(_decode_case, _cases, _kit("case")),
    "pairing": Target(_decode_packet, _files("*.gongguan-pairing"), _chains_of_cards),
    "record": Target(_decode_pairing_record, _texts("pairing.note")),
    "statement": Target(_decode_statement, _texts("statement.note")),
    "erased": Target(
        erasure.read, lambda: [erasure.leave(ERASED), erasure.leave(msgspec.structs.replace(ERASED, seen=()))]
    ),
    "token": Target(_decode_token, _tokens, _kit("certificate token")),
    "canonical": Target(_decode_canonical, lambda: [*_messages(), *_files("*.gongguan-pairing")()], _kit("canonical")),
}
"""Name → target; ``python -m tests.fuzz NAME`` runs one."""

CRASHES: Final = Path(__file__).parent / "crashes"
