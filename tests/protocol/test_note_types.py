"""The log key signs seven kinds of text; a signature for one never serves another, whoever hands the text over."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final

import msgspec
import pytest

from gongguan.protocol import agreement, bundle, certificate_token, log, note, pairing
from gongguan.protocol import card as cards
from gongguan.protocol.bundle import Status
from gongguan.protocol.causality import Head
from gongguan.protocol.certificate_token import Certificate
from gongguan.protocol.digest import Summary
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.log import Checkpoint
from gongguan.protocol.merkle import EMPTY_ROOT
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.pairing import Record, RecordParty
from gongguan.protocol.receipt import cosign
from gongguan.sync.exchange import reconcile
from gongguan.sync.exchange.reconcile import Cut
from tests import pairs
from tests.protocol.committees import DESTINATION, ORIGIN, Committee

LINE: Final = log.origin("ab" * 32, ORIGIN.node_id, "01" * 16)
HEADS: Final[tuple[Head, ...]] = (("01" * 16, 1),)


def party(committee: Committee) -> RecordParty:
    return RecordParty(node_id=committee.node_id, title=committee.card.title, card=committee.card_hash, officer="乌云")


def texts() -> dict[str, str]:
    """A text of each type, as a node renders it."""
    status = Status(
        pairing="ab" * 32,
        sender=ORIGIN.node_id,
        recipient=DESTINATION.node_id,
        bundle="01" * 16,
        rest=sha256(b"").hexdigest(),
        heads=(),
        held=(),
    )
    record = Record(inviter=party(ORIGIN), invited=party(DESTINATION), compared_by="telephone")
    return {
        "card": ORIGIN.card_text,
        "pairing": pairing.render_record(record),
        "agreement": pairs.agreement_text(),
        "status": bundle.status_text(status),
        "statement": reconcile.statement_text("ab" * 32, Cut(HEADS, HEADS), Summary(b"\0" * 32, 0)),
        "certificate": certificate_token.text_of(Certificate("990521-2026-0007", "2026-03-01", None, "巴特尔")),
        "checkpoint": Checkpoint(LINE, 0, EMPTY_ROOT).text(),
    }


def signed(text: str, name: str) -> bytes:
    """The text under the origin's log key, with the name that its reader asks for, and its cosigning key besides."""
    cosigner = NoteSigner(cards.cosigner_name(ORIGIN.node_id), PLAIN, ORIGIN.cosigning_key)
    return note.sign(text, [NoteSigner(name, PLAIN, ORIGIN.log_key), cosigner])


READERS: Final[dict[str, Callable[[bytes], Any]]] = {
    "card": cards.open_card,
    "pairing": lambda data: pairing.parse_record(note.parse(data).text),
    "agreement": lambda data: agreement.parse(note.parse(data).text),
    "status": lambda data: bundle.parse_status(note.parse(data).text),
    "statement": lambda data: reconcile.parse_statement(note.parse(data).text),
    "certificate": lambda data: note.check_type(note.parse(data).text, "certificate"),
    "checkpoint": lambda data: log.open_checkpoint(data, ORIGIN.log_key.public, LINE),
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("written", READERS)
def test_a_signature_over_one_kind_of_text_never_serves_another(written: str, reader: str) -> None:
    name = LINE if reader == "checkpoint" else ORIGIN.node_id
    data = signed(texts()[written], name)
    if written == reader:
        READERS[reader](data)
        return
    with pytest.raises(ProtocolError) as caught:
        READERS[reader](data)
    assert caught.value.code in ("S-note-type", "S-checkpoint")


def test_every_type_that_a_node_signs_is_tried() -> None:
    assert {*note.TYPES} - {"proof"} | {"checkpoint"} == set(READERS)


@pytest.mark.parametrize("smuggled", ["card", "agreement", "status", "statement", "checkpoint"])
def test_no_field_that_a_partner_fills_gets_another_text_signed(smuggled: str) -> None:
    """Titles, names and reasons are one line each, so they cannot begin a text of their own."""
    text = texts()[smuggled]
    for title in (text, f"苏木党委\n{text}", f"\n{text}"):
        with pytest.raises(ProtocolError) as caught:
            pairing.render_record(
                Record(
                    inviter=msgspec.structs.replace(party(ORIGIN), title=title),
                    invited=party(DESTINATION),
                    compared_by="telephone",
                )
            )
        assert caught.value.code == "S-readable"
        with pytest.raises(ProtocolError):
            cards.render(msgspec.structs.replace(ORIGIN.card, title=title))


@pytest.mark.parametrize("kind", ["card", "pairing", "agreement", "status", "checkpoint"])
def test_a_partner_that_asks_for_a_countersignature_gets_none_under_another_text(kind: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        reconcile.parse_statement(texts()[kind])
    assert caught.value.code == "S-note-type"


@pytest.mark.parametrize("kind", ["card", "pairing", "agreement", "status", "statement"])
def test_a_receipt_is_given_under_a_checkpoint_only(kind: str) -> None:
    cosigner = NoteSigner(cards.cosigner_name(DESTINATION.node_id), note.COSIGNATURE, DESTINATION.cosigning_key)
    with pytest.raises(ProtocolError) as caught:
        cosign(signed(texts()[kind], ORIGIN.node_id), cosigner, 1)
    assert caught.value.code == "S-checkpoint"
