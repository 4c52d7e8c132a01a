"""The card of a node: who it speaks for, its public keys, where it is reached.

A card is a signed note. Both signing keys sign it under the node id as the name, the cosigning key as
``<node id>/cosign`` (the name of its receipts too), both with type 0x01. The node id is derived from the genesis log
key and never changes; each later card names the one before and is also signed by the log key before::

    data = sign(card, log_key, cosigning_key)
    card, card_hash = open_card(data)                  # a genesis card proves its node id by itself
    newer, newer_hash = open_successor(card, data)     # a later one by the card before
    fingerprint(render(card))                          # "01234 56789 …", read aloud over the telephone
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol import fingerprint as fingerprint_digits
from gongguan.protocol import keys, note, readable
from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import PublicKey, SealingPublic, SigningKey
from gongguan.protocol.limits import CARD_CHAIN_MAX, CARD_ENDPOINTS_MAX, CARD_SEALING_KEYS_MAX
from gongguan.protocol.messages.envelope import Hash
from gongguan.protocol.messages.kind import Date, Division
from gongguan.protocol.note import COSIGNATURE, PLAIN, NoteKey, NoteSigner
from gongguan.protocol.readable import Block, Line, NodeId

_X25519_HEX: Final = 64
OPENED_MAX: Final = 256
"""Cards that are remembered as read: each start reads the same few again, and admitting their keys is not cheap."""

KIND_LABELS: Final = {
    "committee": "基层党委",
    "department": "党委组织部门",
    "floating_members_organisation": "流动党员党组织",
}

Version = Annotated[int, msgspec.Meta(ge=1, le=999)]


class SealingEntry(Block, frozen=True, kw_only=True):
    """A sealing key: its suite and public bytes in hex. A suite unknown here is left alone."""

    suite: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
    public: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{2}){32,2048}\Z")]


class Card(Block, frozen=True, kw_only=True):
    """A card. ``previous``: hash of the card before, absent on the first. Keys and hashes are hex.

    ``protocol``: lowest and highest version spoken. ``tls_sha256``: digest of an own TLS certificate (DER), absent
    where a certification authority vouches. ``endpoints`` is empty for a node that is reached by files alone; one that
    begins with ``relay+`` is a mailbox at a relay, into which whoever has the card may put bundles.
    """

    serial: Annotated[int, msgspec.Meta(ge=1, le=2**31)]
    previous: Hash | msgspec.UnsetType = msgspec.UNSET
    node_id: NodeId
    title: Line
    kind: Literal["committee", "department", "floating_members_organisation"]
    region: Division
    log_key: Hash
    cosigning_key: Hash
    sealing_keys: Annotated[tuple[SealingEntry, ...], msgspec.Meta(min_length=1, max_length=CARD_SEALING_KEYS_MAX)]
    endpoints: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^(relay\+)?https?://[!-~]{1,300}\Z")], ...],
        msgspec.Meta(max_length=CARD_ENDPOINTS_MAX),
    ]
    tls_sha256: Hash | msgspec.UnsetType = msgspec.UNSET
    protocol: tuple[Version, Version]
    valid_from: Date


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The keys of a card, admitted. ``sealing``: those of known suites, the preferred first."""

    node_id: str
    log: PublicKey
    cosigning: PublicKey
    sealing: tuple[SealingPublic, ...]

    def signer(self) -> NoteKey:
        """Verifies what the node signs by its log key in its own name: cards, pairing records, agreements, status."""
        return _note_key(self.node_id, PLAIN, self.log)

    def log_signer(self, origin: str) -> NoteKey:
        """Verifies checkpoints of the node's log ``origin``."""
        return NoteKey(origin, PLAIN, self.log)

    def cosigner(self) -> NoteKey:
        """Verifies the node's receipts."""
        return _note_key(cosigner_name(self.node_id), COSIGNATURE, self.cosigning)


@lru_cache(maxsize=256)
def _note_key(name: str, signature_type: int, key: PublicKey) -> NoteKey:
    """Asked for with every bundle, of the same few keys."""
    return NoteKey(name, signature_type, key)


def node_id(raw: bytes) -> str:
    """The id of the node whose genesis log key is ``raw`` (32 bytes): base32 of 20 bytes, lower case, no padding."""
    digest = sha256(b"gongguan node\n" + raw).digest()
    return base64.b32encode(digest[:20]).decode().lower()


def cosigner_name(node_id: str) -> str:
    """The name under which a node's cosigning key signs."""
    return f"{node_id}/cosign"


def render(card: Card) -> str:
    """The card's text; raises S-readable when a field has not its form."""
    card = readable.checked(card, "S-readable")
    prose = [
        f"名称：{card.title}",
        f"类别：{KIND_LABELS[card.kind]}　行政区划代码：{card.region}",
        f"节点编号：{card.node_id}　名片序号：{card.serial}　启用日期：{card.valid_from}",
        *(f"联络地址：{address}" for address in card.endpoints or ("无（用文件交换）",)),
        "本名片的核对码须通过电话逐组核对，电话号码不得取自本名片。",
    ]
    return readable.compose("card", prose, card)


@lru_cache(maxsize=OPENED_MAX)
def parse(text: str) -> Card:
    """The card of a text that ``render`` could have written. Raises S-note-type, S-readable."""
    card = readable.block_of("card", text, Card, "S-readable")
    if render(card) != text:
        raise refuse("S-readable", reason="prose")
    return card


def sign(card: Card, log_key: SigningKey, cosigning_key: SigningKey, previous: SigningKey | None = None) -> bytes:
    """The card as a note. ``previous``: the log key of the card before, where this card brings another."""
    signers = [
        NoteSigner(card.node_id, PLAIN, log_key),
        NoteSigner(cosigner_name(card.node_id), PLAIN, cosigning_key),
    ]
    if previous is not None:
        signers.append(NoteSigner(card.node_id, PLAIN, previous))
    return note.sign(render(card), signers)


def open_card(data: bytes) -> tuple[Card, str]:
    """The card and its hash, signed by both keys that it names.

    A genesis card (serial 1) proves its node id; for a later one ``open_successor`` or ``open_chain`` does. Raises
    A-weak-key, A-key-in-two-roles, A-node-id, A-card-chain, A-signer-missing, A-signature, A-no-known-signer, S-note,
    S-note-type, S-readable, R-too-large.
    """
    card = parse(note.parse(data).text)
    admitted = keys_of(card)
    own_name = NoteKey(cosigner_name(card.node_id), PLAIN, admitted.cosigning)
    text = note.verify_all(data, [admitted.signer(), own_name])
    genesis = card.serial == 1
    if genesis != (card.previous is msgspec.UNSET):
        raise refuse("A-card-chain", serial=card.serial)
    if genesis and node_id(admitted.log.raw) != card.node_id:
        raise refuse("A-node-id", node_id=card.node_id)
    return card, note.text_hash(text)


def open_successor(old: Card, data: bytes) -> tuple[Card, str]:
    """The card after ``old``, and its hash: a larger serial, naming ``old``, signed by its log key also.

    Raises A-card-older, A-card-chain, A-key-in-two-roles (a key changed its role), A-signer-missing, and what
    ``open_card`` raises.
    """
    new, new_hash = open_card(data)
    if new.node_id == old.node_id and new.serial <= old.serial:
        raise refuse("A-card-older", serial=new.serial, held=old.serial)
    if new.node_id != old.node_id or new.previous != note.text_hash(render(old)):
        raise refuse("A-card-chain", node_id=new.node_id, serial=new.serial)
    roles = dict(_keys_with_roles(old))
    if any(roles.get(key, role) != role for key, role in _keys_with_roles(new)):
        raise refuse("A-key-in-two-roles", node_id=new.node_id)
    note.verify_all(data, [keys_of(old).signer()])
    return new, new_hash


def open_chain(cards: Sequence[bytes]) -> tuple[Card, str]:
    """The last of a node's cards, which begin with its genesis card, and its hash.

    Raises A-card-chain for none, too many or no genesis card at the front; and what ``open_successor`` raises.
    """
    if not 0 < len(cards) <= CARD_CHAIN_MAX:
        raise refuse("A-card-chain", cards=len(cards))
    first, _ = open_card(cards[0])
    if first.serial != 1:
        raise refuse("A-card-chain", serial=first.serial)
    chain = _following(cards)
    return chain[-1], note.text_hash(render(chain[-1]))


def open_file(data: bytes) -> list[Card]:
    """The cards of a card file: one, or several of a node that follow one another, the oldest first.

    Whether the first is to be trusted is another matter. Raises what ``open_card`` and ``open_successor`` raise.
    """
    return _following(split(data))


def _following(notes: Sequence[bytes]) -> list[Card]:
    chain = [open_card(notes[0])[0]]
    for data in notes[1:]:
        card, _ = open_successor(chain[-1], data)
        check_not_retired(card, chain)
        chain.append(card)
    return chain


def check_not_retired(new: Card, earlier: Sequence[Card]) -> None:
    """None when no signing key that was replaced comes back with ``new``; ``earlier``: the cards before it, in order.

    Whoever stole a retired key must never find it in force again. Raises A-key-retired.
    """
    for kind in ("log_key", "cosigning_key"):
        before = [getattr(card, kind) for card in earlier]
        if before and getattr(new, kind) != before[-1] and getattr(new, kind) in before:
            raise refuse("A-key-retired", node_id=new.node_id, serial=new.serial)


def split(data: bytes) -> list[bytes]:
    """The notes of a card file: one card, or a node's cards one behind the other, the oldest first.

    No line within a card begins as a card does, so the border is where a first line stands. Nothing is verified yet.
    """
    first = b"gongguan card 1\n"
    head, *others = (b"\n" + data).split(b"\n" + first)
    if head or len(others) > CARD_CHAIN_MAX:
        return [data]
    return [first + item + b"\n" for item in others[:-1]] + [first + item for item in others[-1:]]


@lru_cache(maxsize=OPENED_MAX)
def keys_of(card: Card) -> CardKeys:
    """The admitted keys. Raises A-weak-key (also when no sealing suite is known here), A-key-in-two-roles."""
    named = [key for key, _ in _keys_with_roles(card)]
    if len(set(named)) != len(named):
        raise refuse("A-key-in-two-roles", node_id=card.node_id)
    known = sorted(
        (entry for entry in card.sealing_keys if entry.suite in keys.SUITES),
        key=lambda entry: list(keys.SUITES).index(entry.suite),
    )
    if not known:
        raise refuse("A-weak-key", reason="no known sealing suite", node_id=card.node_id)
    return CardKeys(
        card.node_id,
        keys.enrol(bytes.fromhex(card.log_key)),
        keys.enrol(bytes.fromhex(card.cosigning_key)),
        tuple(SealingPublic.enrol(entry.suite, bytes.fromhex(entry.public)) for entry in known),
    )


def check_keys_apart(card: Card, other: Card) -> None:
    """None when cards of two nodes have no key in common; raises A-key-in-two-roles."""
    shared = {key for key, _ in _keys_with_roles(card)} & {key for key, _ in _keys_with_roles(other)}
    if card.node_id != other.node_id and shared:
        raise refuse("A-key-in-two-roles", node_ids=sorted((card.node_id, other.node_id)))


def fingerprint(text: str) -> str:
    """Eight groups of five decimal digits: SHA-256 of the card's text, as a number, modulo 10^40."""
    return fingerprint_digits.shown(note.text_hash(text))


def compare_fingerprint(text: str, typed: str) -> None:
    """None when ``typed`` is the fingerprint of the card's text, with whatever spaces, hyphens or full-width digits.

    Raises D-fingerprint with the numbers (1 to 8) of the wrong groups, D-fingerprint-digits when it cannot be read.
    """
    fingerprint_digits.compare(note.text_hash(text), typed)


def _keys_with_roles(card: Card) -> Iterator[tuple[str, str]]:
    """Every public key of the card in hex, with its role. A hybrid key ends in an X25519 key, which counts by itself,
    so that no half of a hybrid serves as the floor."""
    yield card.log_key, "log"
    yield card.cosigning_key, "cosigning"
    for entry in card.sealing_keys:
        yield entry.public[-_X25519_HEX:], f"sealing {entry.suite}"
