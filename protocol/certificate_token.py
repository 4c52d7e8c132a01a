"""The signed token of an Activity Certificate: what a QR code on the paper holds, checked offline (A-15).

The token is a signed note of type ``certificate`` in a form that a QR code of at most version 10 can hold: base32 in
capital letters, which such codes store densely. Whoever holds the issuing node's card verifies it::

    gongguan certificate 1
    990521-2026-0007
    2026-03-01 2027-03-01
    巴特尔

    payload = seal(Certificate("990521-2026-0007", "2026-03-01", "2027-03-01", "巴特尔"), signer)    # "GG1:AEBA…"
    opened(payload).verify(keys.signer())

It says that the node issued this number to this name. It cannot say what happened since: that takes a question.
"""

import base64
import binascii
import re
from typing import Final, NamedTuple

from gongguan.protocol import note
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.keys import SIGNATURE_BYTES
from gongguan.protocol.limits import CERTIFICATE_TOKEN_CHARS_MAX, NAME_CHARS_MAX
from gongguan.protocol.note import NoteKey, NoteSigner, SignatureLine

PREFIX: Final = "GG1:"
_NODE_BYTES: Final = 20
_TYPE_LINE: Final = "gongguan certificate 1"
_NONE: Final = "-"
_DAY: Final = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_DAYS: Final = re.compile(rf"({_DAY}) ({_DAY}|-)", re.ASCII)


class Certificate(NamedTuple):
    """What a token says. ``valid_until`` None: no day is set."""

    number: str
    issued_on: str
    valid_until: str | None
    name: str


class Token(NamedTuple):
    """A token as it was read; nothing of it is verified yet."""

    node_id: str
    certificate: Certificate
    signature: bytes

    def note(self, key: NoteKey) -> bytes:
        """The signed note that other tools verify, its line under this key."""
        line = SignatureLine(self.node_id, key.key_id, self.signature)
        return note.assemble(text_of(self.certificate), [line])

    def verify(self, key: NoteKey) -> None:
        """None when this key of the issuing node signed it; raises A-signature, A-no-known-signer."""
        if key.name != self.node_id:
            raise refuse("A-no-known-signer", signatures=1)
        note.verify(self.note(key), [key])


def text_of(certificate: Certificate) -> str:
    """The text that is signed. Raises S-certificate-token where a part could be read as another."""
    number, issued_on, valid_until, name = certificate
    days = f"{issued_on} {valid_until or _NONE}"
    lines = (number, name)
    if not _DAYS.fullmatch(days) or any(not 0 < len(line.strip()) <= NAME_CHARS_MAX or "\n" in line for line in lines):
        raise refuse("S-certificate-token")
    text = f"{_TYPE_LINE}\n{number}\n{days}\n{name}\n"
    note.check_text(text)
    return text


def seal(certificate: Certificate, signer: NoteSigner) -> str:
    """The payload of the QR code. Raises S-certificate-token, R-token-too-long."""
    text = text_of(certificate)
    line = note.signature_line(text, signer)
    raw = base64.b32decode(signer.name.upper()) + line.signature + text.removeprefix(f"{_TYPE_LINE}\n").encode()
    payload = PREFIX + base64.b32encode(raw).decode().rstrip("=")
    if len(payload) > CERTIFICATE_TOKEN_CHARS_MAX:
        raise refuse("R-token-too-long", chars=len(payload), limit=CERTIFICATE_TOKEN_CHARS_MAX)
    return payload


def opened(payload: str) -> Token:
    """The token of a scanned or typed payload; spaces and small letters do not matter. Raises S-certificate-token."""
    letters = "".join(payload.split()).upper()
    encoded = letters.removeprefix(PREFIX)
    if len(letters) > CERTIFICATE_TOKEN_CHARS_MAX or not letters.startswith(PREFIX):
        raise refuse("S-certificate-token")
    try:
        raw = base64.b32decode(encoded + "=" * (-len(encoded) % 8))
        number, days, name, rest = raw[_NODE_BYTES + SIGNATURE_BYTES :].decode().split("\n")
    except (binascii.Error, ValueError):
        raise refuse("S-certificate-token") from None
    found = _DAYS.fullmatch(days)
    if found is None or rest or base64.b32encode(raw).decode().rstrip("=") != encoded:
        raise refuse("S-certificate-token")
    certificate = Certificate(number, found[1], None if found[2] == _NONE else found[2], name)
    try:
        text_of(certificate)
    except ProtocolError:
        raise refuse("S-certificate-token") from None
    node_id = base64.b32encode(raw[:_NODE_BYTES]).decode().lower()
    return Token(node_id, certificate, raw[_NODE_BYTES : _NODE_BYTES + SIGNATURE_BYTES])
