"""The code on a certificate: fits a small QR code, is checked by the issuer's card alone, and one letter spoils it."""

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from gongguan.node.files import qr
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.certificate_token import Certificate, opened, seal
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.note import PLAIN, NoteSigner
from tests.protocol.committees import DESTINATION, ORIGIN

VERSION_MAX = 10
"""57 by 57 modules: still read by cheap scanners from a square of three centimetres."""
HELD = Certificate("990521-2026-0007", "2026-03-01", "2027-03-01", "巴特尔")
KEYS = {committee.node_id: cards.keys_of(committee.card).signer() for committee in (ORIGIN, DESTINATION)}


def payload(certificate: Certificate = HELD) -> str:
    return seal(certificate, NoteSigner(ORIGIN.node_id, PLAIN, ORIGIN.log_key))


def code(text: str) -> str:
    """Of what is opened and verified with the issuer's card."""
    try:
        token = opened(text)
        token.verify(KEYS.get(token.node_id, KEYS[DESTINATION.node_id]))
    except ProtocolError as error:
        return error.code
    return ""


def test_what_was_sealed_is_read_back_and_verified_with_the_card_alone() -> None:
    for certificate in (HELD, HELD._replace(valid_until=None)):
        token = opened(payload(certificate))
        assert (token.node_id, token.certificate) == (ORIGIN.node_id, certificate)
        token.verify(KEYS[ORIGIN.node_id])


def test_the_code_fits_a_qr_code_of_version_ten_even_with_a_long_name() -> None:
    long = payload(HELD._replace(name="阿依古丽·买买提吐尔逊江·阿卜杜热合曼"))
    for text in (payload(), long):
        assert int(segno.make_qr(text, error="l").version) <= VERSION_MAX
    assert qr.svg(long).startswith(b"<svg")
    with pytest.raises(ProtocolError) as refused:
        payload(HELD._replace(name="名" * 80))
    assert refused.value.code == "R-token-too-long"


def test_it_is_a_signed_note_that_other_tools_verify() -> None:
    key = KEYS[ORIGIN.node_id]
    text = note.verify(opened(payload()).note(key), [key])
    assert text == "gongguan certificate 1\n990521-2026-0007\n2026-03-01 2027-03-01\n巴特尔\n"


def test_blanks_and_small_letters_of_a_scanner_do_not_matter() -> None:
    text = payload()
    assert opened(f" {text[:40].lower()}\n{text[40:]} ") == opened(text)


def test_no_letter_can_be_exchanged() -> None:
    text = payload()
    for place in range(len("GG1:"), len(text)):
        other = "B" if text[place] == "A" else "A"
        assert code(text[:place] + other + text[place + 1 :]) in (
            "A-signature",
            "A-no-known-signer",
            "S-certificate-token",
        )


def test_the_signature_of_another_node_does_not_serve() -> None:
    forged = seal(HELD, NoteSigner(ORIGIN.node_id, PLAIN, DESTINATION.log_key))
    assert code(forged) == "A-signature"
    assert code(seal(HELD, NoteSigner(DESTINATION.node_id, PLAIN, DESTINATION.log_key))) == ""
    with pytest.raises(ProtocolError) as refused:
        opened(payload()).verify(KEYS[DESTINATION.node_id])
    assert refused.value.code == "A-no-known-signer"


@pytest.mark.parametrize(
    "certificate",
    [
        HELD._replace(number="a\n2026-03-01 -"),
        HELD._replace(number=""),
        HELD._replace(name=" "),
        HELD._replace(issued_on="2026-3-1"),
        HELD._replace(name="巴\x00"),
    ],
)
def test_nothing_is_signed_that_could_be_read_as_something_else(certificate: Certificate) -> None:
    with pytest.raises(ProtocolError) as refused:
        payload(certificate)
    assert refused.value.code in ("S-certificate-token", "S-note")


@given(
    st.one_of(st.text(max_size=400), st.text("GG1:ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", max_size=400).map("GG1:".__add__))
)
def test_any_text_ends_in_a_code(text: str) -> None:
    assert code(text)
