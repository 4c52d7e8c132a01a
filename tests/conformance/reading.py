"""Reads the conformance kit as an outsider would: the manifest, the keys, a decoder for each sort of file.

Nothing here knows how a file was made. A sort is a function of the bytes, of those given before, and of the two nodes'
cards and keys; it ends in a value or in a refusal by code::

    for case in manifest():
        assert outcome(case) == case.expect
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from gongguan.protocol import (
    agreement,
    canonical,
    card,
    case,
    certificate_token,
    erasure,
    fork,
    log,
    messages,
    note,
    pairing,
    proof,
    receipt,
)
from gongguan.protocol.card import Card
from gongguan.protocol.causality import Lineage
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.oversight import proofs
from gongguan.sync.records import Epoch
from tests import pairs

KIT: Final = Path(__file__).parents[2] / "docs" / "conformance"
MANIFEST: Final = "manifest.json"
SCHEMA: Final = "schema.json"


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the manifest. ``expect``: the code of the refusal, "" where the file is taken.

    ``after``: files that the same node was given before, in this order. ``verdict``: of a bundle that is taken, what is
    derived of the last message in it: ``accepted`` or a code; None where the case is not about that.
    """

    file: str
    sort: str = msgspec.field(name="as")
    what: str
    expect: str
    after: tuple[str, ...] = ()
    verdict: str | None = None


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of causality: how much of an epoch lies behind these heads?"""

    heads: tuple[tuple[str, int], ...]
    behind: dict[str, int]


class Causality(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Epochs with their parents, in the order of their coming; questions; which heads no other covers."""

    epochs: dict[str, tuple[tuple[str, int], ...]]
    questions: tuple[Question, ...]
    heads: tuple[tuple[str, int], ...]
    unmerged: tuple[tuple[str, int], ...]


def manifest(folder: Path = KIT) -> list[Case]:
    """All cases, in the order of the manifest."""
    return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=list[Case])


def outcome(case: Case, folder: Path = KIT) -> str:
    """What becomes of the file of this case."""
    return outcome_of(case.sort, (folder / case.file).read_bytes(), [(folder / one).read_bytes() for one in case.after])


def outcome_of(sort: str, data: bytes, before: Sequence[bytes] = ()) -> str:
    """The code of the refusal, or ""."""
    try:
        SORTS[sort](data, before)
    except ProtocolError as error:
        return error.code
    return ""


def verdict(case: Case, folder: Path = KIT) -> str:
    """What the destination derives of the last message in a bundle of the origin, which has one epoch."""
    node = _destination([(folder / one).read_bytes() for one in (*case.after, case.file)])
    own = {row.ordinal for row in node.database.read(lambda store: store.find(Epoch, own=True))}
    return max((item for item in node.log() if item.ordinal not in own), key=lambda item: item.index).verdict


def _cards() -> list[Card]:
    return [card.open_card((KIT / "good" / f"{side}.card").read_bytes())[0] for side in ("origin", "destination")]


def _by_both(data: bytes) -> str:
    return note.verify_all(data, [card.keys_of(one).signer() for one in _cards()])


def _bundle(data: bytes, before: Sequence[bytes]) -> None:
    _destination([*before, data])


def _destination(given: Sequence[bytes]) -> pairs.Node:
    """The destination, just paired with the origin and with empty logs, once it got these bundles."""
    _, node = pairs.paired()
    for one in given:
        node.receive(one)
    return node


def _checkpoint(data: bytes, before: Sequence[bytes]) -> None:
    origin, _ = _cards()
    named = log.Checkpoint.parse(note.parse(data).text).origin
    log.open_checkpoint(data, card.keys_of(origin).log, named)


def _receipt(data: bytes, before: Sequence[bytes]) -> None:
    receipt.verify_receipt(data, card.keys_of(_cards()[1]).cosigner())


def _token(data: bytes, before: Sequence[bytes]) -> None:
    certificate_token.opened(data.decode("utf-8", "replace")).verify(card.keys_of(_cards()[0]).signer())


def _proof(data: bytes, before: Sequence[bytes]) -> None:
    origin, destination = _cards()
    proof.verify(data, proofs.keys_for(data, destination, origin))


def _packet(data: bytes, before: Sequence[bytes]) -> None:
    card.open_chain([text.encode() for text in pairing.decode_packet(data).cards])


def _causality(data: bytes, before: Sequence[bytes]) -> None:
    told = msgspec.json.decode(data, type=Causality)
    lineage = Lineage(told.epochs)
    for question in told.questions:
        closure = lineage.closure(question.heads)
        assert {epoch: closure.size(epoch) for epoch in told.epochs} == question.behind
    assert lineage.unmerged(told.heads) == told.unmerged


SORTS: Final[dict[str, Callable[[bytes, Sequence[bytes]], object]]] = {
    "canonical": lambda data, _: canonical.check_profile(canonical.decode(data)),
    "message": lambda data, _: messages.decode(data),
    "card": lambda data, _: card.open_file(data),
    "pairing packet": _packet,
    "pairing record": lambda data, _: pairing.parse_record(_by_both(data)),
    "agreement": lambda data, _: agreement.parse(_by_both(data)),
    "checkpoint": _checkpoint,
    "receipt": _receipt,
    "bundle": _bundle,
    "proof": _proof,
    "case": lambda data, _: case.verify(data, _cards()),
    "fork": lambda data, _: fork.verify(data, [card.keys_of(_cards()[0]).log]),
    "certificate token": _token,
    "erased leaf": lambda data, _: erasure.read(data),
    "causality": _causality,
}
"""What a file is given to; README.md of the kit says the same in words."""
