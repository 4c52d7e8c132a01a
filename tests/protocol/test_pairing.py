"""The course of a pairing, its record, and the packets that carry it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongguan.protocol import canonical, note, pairing
from gongguan.protocol import card as cards
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.note import PLAIN, NoteSigner
from gongguan.protocol.pairing import TRANSITIONS, PairingPacket, Record, RecordParty
from tests.protocol.committees import DESTINATION, ORIGIN, STRANGER, Committee
from tests.refusals import refusal

FINAL = {"active", "cancelled", "expired"}


def party(committee: Committee, officer: str) -> RecordParty:
    card = committee.card
    return RecordParty(node_id=card.node_id, title=card.title, card=committee.card_hash, officer=officer)


RECORD = Record(inviter=party(ORIGIN, "乌云"), invited=party(DESTINATION, "李明"), compared_by="telephone")
TEXT = pairing.render_record(RECORD)
PACKET = PairingPacket(
    gongguan_pairing=1,
    cards=(ORIGIN.note.decode(),),
    officer="乌云",
    token="ab" * 16,
    invited_by=ORIGIN.node_id,
    signature=str(note.signature_line(TEXT, NoteSigner(ORIGIN.node_id, PLAIN, ORIGIN.log_key))),
)


def test_every_state_leads_to_an_end_and_no_end_leads_anywhere() -> None:
    states = {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values())
    assert FINAL.isdisjoint(state for state, _ in TRANSITIONS)
    for state in states - FINAL:
        assert pairing.advance(state, "cancelled") == "cancelled"
        assert pairing.advance(state, "expired") == "expired"
    assert set(pairing.OPEN_STATES) == states - FINAL - {"invited"}


def test_a_pairing_is_active_only_when_both_have_confirmed_in_either_order() -> None:
    into_active = {key for key, after in TRANSITIONS.items() if after == "active"}
    assert into_active == {("confirmed_here", "confirmed_there"), ("confirmed_there", "confirmed_here")}


@pytest.mark.parametrize(("state", "event"), [("invited", "confirmed_here"), ("active", "cancelled"), ("x", "y")])
def test_what_the_table_does_not_name_is_refused(state: str, event: str) -> None:
    assert refusal(pairing.advance, state, event) == "D-pairing-state"


def test_the_record_names_both_sides_the_inviter_first() -> None:
    assert TEXT.startswith("gongguan pairing 1\n结对记录\n邀请方（甲方）：巴彦塔拉苏木党委　经办人：乌云\n")
    assert TEXT.index(ORIGIN.card_hash) < TEXT.index(DESTINATION.card_hash)
    assert pairing.parse_record(TEXT) == RECORD


def test_a_record_whose_words_differ_from_its_data_is_refused() -> None:
    assert refusal(pairing.parse_record, TEXT.replace("经办人：李明", "经办人：张三")) == "S-readable"
    assert refusal(pairing.parse_record, ORIGIN.card_text) == "S-note-type"


def test_an_officers_name_cannot_write_further_lines_into_the_record() -> None:
    forged = msgspec.structs.replace(RECORD, inviter=party(ORIGIN, "乌云\n受邀方（乙方）：别人"))
    assert refusal(pairing.render_record, forged) == "S-readable"


def test_a_line_counts_only_for_the_text_and_the_key_that_made_it() -> None:
    line = str(PACKET.signature)
    origin, stranger = cards.keys_of(ORIGIN.card), cards.keys_of(STRANGER.card)
    assert str(pairing.check_line(TEXT, line, origin)) == line
    assert refusal(pairing.check_line, TEXT, line, stranger) == "A-no-known-signer"
    other = pairing.render_record(msgspec.structs.replace(RECORD, inviter=party(ORIGIN, "别人")))
    assert refusal(pairing.check_line, other, line, origin) == "A-signature"
    assert refusal(pairing.check_line, TEXT, f"{line}\n{line}", origin) == "A-no-known-signer"


def test_a_packet_reads_back_as_it_was_written() -> None:
    assert pairing.decode_packet(pairing.encode_packet(PACKET)) == PACKET
    unsigned = msgspec.structs.replace(PACKET, signature=msgspec.UNSET)
    assert pairing.decode_packet(pairing.encode_packet(unsigned)) == unsigned


@pytest.mark.parametrize(
    "change",
    [
        {"gongguan_pairing": 2},
        {"cards": []},
        {"token": "short"},
        {"invited_by": "x"},
        {"further": 1},
        {"signature": "not a line"},
        {"officer": "乌\u202e云"},
    ],
)
def test_a_packet_of_another_form_is_refused(change: dict[str, Any]) -> None:
    data = canonical.encode({**msgspec.to_builtins(PACKET), **change})
    assert refusal(pairing.decode_packet, data) == "S-pairing-packet"


def test_a_packet_without_its_magic_field_is_refused() -> None:
    fields = msgspec.to_builtins(PACKET)
    del fields["gongguan_pairing"]
    assert refusal(pairing.decode_packet, canonical.encode(fields)) == "S-pairing-packet"


def test_a_packet_that_is_too_large_is_refused_unread() -> None:
    assert refusal(pairing.decode_packet, b"{" * (600 << 10)) == "R-too-large"


@given(st.binary(max_size=200), st.integers(0, 4000))
def test_any_bytes_are_a_packet_or_a_typed_refusal(inserted: bytes, at: int) -> None:
    data = pairing.encode_packet(PACKET)
    for damaged in (inserted, data[:at] + inserted + data[at:]):
        try:
            packet = pairing.decode_packet(damaged)
        except ProtocolError as error:
            assert error.code in ("S-pairing-packet", "R-too-large")
        else:
            assert pairing.encode_packet(packet) == damaged
