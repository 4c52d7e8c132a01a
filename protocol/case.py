"""Case files: all that both sides wrote about one member, provable to a third party with neither node.

A text file, the line ``gongguan case 1`` and then one canonical JSON object a line, in this order of ``part``: ``case``
(agreement id, pairing id, pseudonym), ``pairing`` (the record's note), ``card`` (each node's cards, the oldest first),
``agreement`` (each version with both signatures), ``head`` (checkpoints with their receipts), ``message`` (the bytes of
a message as text, its index, its inclusion proof under one of the heads, by number). Heads are shared: one for an
epoch, two where a receipt is still out for the last messages::

    gongguan case 1
    {"agreement":"…","pairing":"…","part":"case","subject":"…"}
    {"note":"gongguan pairing 1\\n…","part":"pairing"}
    …
    {"head":0,"inclusion":["…"],"index":7,"message":"{\\"agreement\\":…}","part":"message"}

It proves each message in it, and by ``exchange.outcome`` what was refused. It does not prove that nothing is left out:
for that, compare the files of both sides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, TypeVar

import msgspec

from gongguan.protocol import agreement, canonical, merkle, messages, note, pairing
from gongguan.protocol import card as cards
from gongguan.protocol.card import Card, CardKeys
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.limits import CARD_CHAIN_MAX, CASE_BYTES_MAX, PROOF_HASHES_MAX
from gongguan.protocol.log import Checkpoint, Origin, parse_origin
from gongguan.protocol.messages.envelope import Hash, Hex32, Message
from gongguan.protocol.messages.exchange import OutcomeReported
from gongguan.protocol.note import COSIGNATURE, PLAIN
from gongguan.protocol.terms import Terms

FIRST_LINE: Final = "gongguan case 1"
_ORDER: Final = ("case", "pairing", "card", "agreement", "head", "message")

Index = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Base64Hash = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9+/]{43}=\Z")]


class CasePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="part"):
    """One line of the file."""


class CaseHead(CasePart, frozen=True, kw_only=True, tag="case"):
    """What the file is about: a member's pseudonym under an agreement (id of version 1) of a pairing."""

    agreement: Hash
    pairing: Hash
    subject: Hex32


class PairingPart(CasePart, frozen=True, kw_only=True, tag="pairing"):
    """The pairing record, signed by both."""

    note: str


class CardPart(CasePart, frozen=True, kw_only=True, tag="card"):
    """A card."""

    note: str


class AgreementPart(CasePart, frozen=True, kw_only=True, tag="agreement"):
    """A version of the agreement with both signature lines."""

    note: str


class HeadPart(CasePart, frozen=True, kw_only=True, tag="head"):
    """A checkpoint by the author of a log, with the partner's receipt where there is one."""

    note: str


class MessagePart(CasePart, frozen=True, kw_only=True, tag="message"):
    """A message, verbatim, at ``index`` of the log under head number ``head`` of this file."""

    head: Index
    index: Index
    message: str
    inclusion: Annotated[tuple[Base64Hash, ...], msgspec.Meta(max_length=PROOF_HASHES_MAX)]


Part = CaseHead | PairingPart | CardPart | AgreementPart | HeadPart | MessagePart
P = TypeVar("P", bound=CasePart)


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One proven message: who wrote it, where it stands, the POSIX time by which the partner had it (None without a
    receipt), and the code by which the partner refused it (None if the file holds no refusal)."""

    author: str
    epoch: str
    index: int
    data: bytes
    value: Message
    received_at_s: int | None
    refused: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """What a case file shows. ``versions``: hash and terms of each agreement version, the first first."""

    head: CaseHead
    cards: tuple[Card, Card]
    versions: tuple[tuple[str, Terms], ...]
    messages: tuple[ShownMessage, ...]


@dataclass(frozen=True, slots=True)
class _Head:
    checkpoint: Checkpoint
    origin: Origin
    received_at_s: int | None


_PARTS: Final = msgspec.json.Decoder(Part)


def is_case(data: bytes) -> bool:
    """Whether these bytes say that they are a case file."""
    return data.startswith(FIRST_LINE.encode() + b"\n")


def export(parts: Iterable[CasePart]) -> bytes:
    """The file of these parts, which stand in the order of the format. Raises R-too-large."""
    lines = [FIRST_LINE.encode(), *(canonical.encode(msgspec.to_builtins(part)) for part in parts)]
    data = b"\n".join(lines) + b"\n"
    if len(data) > CASE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=CASE_BYTES_MAX)
    return data


def parse(data: bytes) -> list[CasePart]:
    """The parts in the order of the format; nothing of it is verified. Raises S-case, R-too-large."""
    if len(data) > CASE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=CASE_BYTES_MAX)
    first, *rows = data.split(b"\n")
    if first != FIRST_LINE.encode() or not rows or rows.pop():
        raise refuse("S-case", line=1)
    found = [_parse_line(row, number) for number, row in enumerate(rows, start=2)]
    places = [_ORDER.index(str(part.__struct_config__.tag)) for part in found]
    if places != sorted(places) or places.count(0) != 1 or places.count(1) != 1:
        raise refuse("S-case", reason="order of the parts")
    return found


def verify(data: bytes, trusted: Sequence[Card]) -> Case:
    """What the file shows, given a card of each of the two nodes that was compared as it must be.

    Raises P-case (parts that do not fit together), P-proof, A-no-known-signer, A-signer-missing, A-signature,
    A-card-chain and the other refusals of a card, S-case, S-…, G-…, R-too-large.
    """
    parts = parse(data)
    (head,) = _of(parts, CaseHead)
    chains = _chains([part.note.encode() for part in _of(parts, CardPart)], trusted)
    keys = [cards.keys_of(item) for chain in chains for item in chain]
    (record,) = _of(parts, PairingPart)
    _check_pairing(record.note.encode(), head, chains, keys)
    versions = [_version(part.note.encode(), keys) for part in _of(parts, AgreementPart)]
    _check_versions(versions, head, {chain[-1].node_id for chain in chains})
    heads = [_head(part.note.encode(), head, keys) for part in _of(parts, HeadPart)]
    shown = [_message(part, heads) for part in _of(parts, MessagePart)]
    _check_messages(shown, head)
    refused = _refusals(shown)
    told = tuple(replace(item, refused=refused.get((item.author, item.epoch, item.index))) for item in shown)
    return Case(head, (chains[0][-1], chains[1][-1]), tuple(versions), told)


def _parse_line(row: bytes, number: int) -> CasePart:
    try:
        part: CasePart = _PARTS.decode(row)
        again = canonical.encode(msgspec.to_builtins(part))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ProtocolError):
        raise refuse("S-case", line=number) from None
    if again != row:
        raise refuse("S-not-canonical", line=number)
    return part


def _of(parts: Sequence[CasePart], kind: type[P]) -> list[P]:
    return [part for part in parts if isinstance(part, kind)]


def _chains(notes: Sequence[bytes], trusted: Sequence[Card]) -> list[list[Card]]:
    """The cards of both nodes, in the order of the file. Each chain holds the card that is trusted."""
    if len(notes) > 2 * CARD_CHAIN_MAX:
        raise refuse("A-card-chain", cards=len(notes))
    chains: list[list[Card]] = []
    for data in notes:
        same_node = bool(chains) and cards.parse(note.parse(data).text).node_id == chains[-1][-1].node_id
        if same_node:
            chains[-1].append(cards.open_successor(chains[-1][-1], data)[0])
        else:
            chains.append([cards.open_card(data)[0]])
    nodes = {chain[0].node_id for chain in chains}
    if len(chains) != 2 or len(nodes) != 2:
        raise refuse("P-case", reason="not the cards of two nodes")
    cards.check_keys_apart(chains[0][-1], chains[1][-1])
    known = [item for chain in chains for item in chain]
    if {item.node_id for item in trusted} != nodes or any(item not in known for item in trusted):
        raise refuse("P-case", reason="another card")
    return chains


def _check_pairing(data: bytes, head: CaseHead, chains: list[list[Card]], keys: list[CardKeys]) -> None:
    text = _signed_by_both(data, keys)
    record = pairing.parse_record(text)
    hashes = {note.text_hash(cards.render(item)) for chain in chains for item in chain}
    if note.text_hash(text) != head.pairing or not {record.inviter.card, record.invited.card} <= hashes:
        raise refuse("P-case", reason="another pairing")


def _signed_by_both(data: bytes, keys: list[CardKeys]) -> str:
    """The text of a note that each node signed by a log key of one of its cards."""
    parsed = note.parse(data)
    signers = {item.signer() for item in keys}
    signed = {key.name for key, _ in note.verified_lines(parsed, signers)}
    missing = sorted({key.name for key in signers} - signed)
    if missing:
        raise refuse("A-signer-missing", node_ids=missing)
    return parsed.text


def _version(data: bytes, keys: list[CardKeys]) -> tuple[str, Terms]:
    text = _signed_by_both(data, keys)
    return note.text_hash(text), agreement.parse(text)


def _check_versions(versions: list[tuple[str, Terms]], head: CaseHead, nodes: set[str]) -> None:
    """The first is the agreement itself; each later one follows one before it; all are between these two nodes."""
    known: set[str] = set()
    for version, terms in versions:
        before = terms.predecessor if isinstance(terms.predecessor, str) else None
        fits = before in known if known else (before is None and version == head.agreement)
        if not fits or version in known or {party.node_id for party in terms.parties} != nodes:
            raise refuse("P-case", reason="versions of the agreement")
        known.add(version)
    if not known:
        raise refuse("P-case", reason="no agreement")


def _head(data: bytes, head: CaseHead, keys: list[CardKeys]) -> _Head:
    signed = note.parse(data)
    checkpoint = Checkpoint.parse(signed.text)
    origin = parse_origin(checkpoint.origin)
    if origin.pairing_id != head.pairing:
        raise refuse("P-case", reason="a log of another pairing")
    authors = [item.log_signer(checkpoint.origin) for item in keys if item.node_id == origin.node_id]
    partners = {item.cosigner() for item in keys if item.node_id != origin.node_id}
    lines = note.verified_lines(signed, [*dict.fromkeys(authors), *partners])
    signers = [key for key, _ in lines if key.signature_type == PLAIN]
    if not signers:
        raise refuse("A-no-known-signer", signatures=len(signed.lines))
    times_s = [note.cosigned_at_s(line.signature) for key, line in lines if key.signature_type == COSIGNATURE]
    if not times_s and authors[-1] not in signers:
        # As for a single message: what was stolen signs heads, but has no receipt for them.
        raise refuse("A-key-retired", node_id=origin.node_id)
    return _Head(checkpoint, origin, min(times_s, default=None))


def _message(part: MessagePart, heads: list[_Head]) -> ShownMessage:
    if part.head >= len(heads):
        raise refuse("P-case", reason="no such head", head=part.head)
    head = heads[part.head]
    data = part.message.encode()
    inclusion = [note.from_base64(item) or b"" for item in part.inclusion]
    merkle.verify_inclusion(merkle.leaf_hash(data), part.index, head.checkpoint.size, inclusion, head.checkpoint.root)
    value = messages.decode(data)
    return ShownMessage(head.origin.node_id, head.origin.epoch, part.index, data, value, head.received_at_s, None)


def _check_messages(shown: list[ShownMessage], head: CaseHead) -> None:
    places = {(item.author, item.epoch, item.index) for item in shown}
    if len(places) != len(shown):
        raise refuse("P-case", reason="one place twice")
    for item in shown:
        about = item.value.subject == head.subject
        if not about and not list(_outcomes([item])):
            raise refuse("P-case", reason="a message about another member", message=item.value.id)


def _outcomes(shown: Iterable[ShownMessage]) -> Iterator[tuple[str, OutcomeReported]]:
    """(author, body) of every report of an outcome."""
    for item in shown:
        body: Any = item.value.body
        if item.value.kind == "exchange.outcome" and isinstance(body, OutcomeReported):
            yield item.author, body


def _refusals(shown: list[ShownMessage]) -> dict[tuple[str, str, int], str]:
    """(author, epoch, index) → code, by the word of the other side alone. Each report is about a message in the file:
    else it would tell of another member."""
    nodes = {item.author for item in shown}
    places = {(item.author, item.epoch, item.index): item for item in shown}
    found: dict[tuple[str, str, int], str] = {}
    for reporter, body in _outcomes(shown):
        place = next(((node, body.epoch, body.index) for node in nodes - {reporter}), None)
        if place is None or place not in places or places[place].value.id != body.message:
            raise refuse("P-case", reason="an outcome of another message")
        if body.outcome == "refused":
            found[place] = body.code
    return found
