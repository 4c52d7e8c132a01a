"""Signed notes: plain text with signature lines (c2sp.org/signed-note), for everything that a person may check later.

The text ends in a newline and holds no control characters but newlines; an empty line parts it from the signature
lines ``— name base64(key id ‖ signature)``. A key is known by its name and by the 4-byte key id, which also fixes the
signature type, so a line of an unknown type is merely a line of an unknown key and is ignored::

    data = sign("gongguan agreement 1\\n…\\n", [origin_signer, destination_signer])
    text = verify_all(data, [origin_key, destination_key])
    check_type(text, "agreement")

``SIGNATURE_TYPES`` says per type how a line is verified. Every text of ours names its type in its first line, and only
a checkpoint begins otherwise, so a signature for one purpose never serves another.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.protocol.keys import SIGNATURE_BYTES, PublicKey, SigningKey
from gongguan.protocol.limits import INTEGER_MAX, NOTE_BYTES_MAX, NOTE_NAME_BYTES_MAX, NOTE_SIGNATURES_MAX

PLAIN: Final = 0x01
"""Signature type: Ed25519 over the text."""

COSIGNATURE: Final = 0x04
"""Signature type: time as 8 bytes big-endian ‖ Ed25519 over a header with that time and the text."""

TYPES: Final = ("card", "pairing", "agreement", "status", "statement", "proof", "certificate")
"""Texts that a node signs besides checkpoints; their first line is ``gongguan <type> 1``."""

_KEY_ID_BYTES: Final = 4
_TIME_BYTES: Final = 8
_LINE_START: Final = "— "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NOT_IN_NAME: Final = re.compile(r"[\x00-\x1f\s+]")


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key as notes know it: by name, signature type (one byte) and key."""

    name: str
    signature_type: int
    public: PublicKey

    def __post_init__(self) -> None:
        check_name(self.name)
        if not 0 <= self.signature_type <= 0xFF:
            raise refuse("S-note", reason="signature type", signature_type=self.signature_type)

    @property
    def key_id(self) -> bytes:
        """4 bytes of SHA-256(name ‖ newline ‖ type ‖ public key)."""
        return _key_id(self.name, bytes([self.signature_type]) + self.public.raw)


@lru_cache(maxsize=256)
def _key_id(name: str, typed: bytes) -> bytes:
    """Asked for with every line that is signed or verified, of the same few keys."""
    return sha256(name.encode() + b"\n" + typed).digest()[:_KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private key with the name and the type under which it signs notes."""

    name: str
    signature_type: int
    key: SigningKey

    @property
    def key_id(self) -> bytes:
        """That of the ``NoteKey`` which verifies it."""
        return _key_id(self.name, bytes([self.signature_type]) + self.key.public.raw)


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line: name, key id (4 bytes), signature bytes as the type defines them."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{_LINE_START}{self.name} {to_base64(self.key_id + self.signature)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. Nothing of it is verified yet."""

    text: str
    lines: tuple[SignatureLine, ...]


def sign(text: str, signers: Iterable[NoteSigner]) -> bytes:
    """The note with one line per signer (type 0x01). Raises S-note when the text is none that may be signed."""
    return _joined(text, [signature_line(text, signer) for signer in signers])


def signature_line(text: str, signer: NoteSigner) -> SignatureLine:
    """The line of one signer (type 0x01), to travel apart from the text. Raises S-note."""
    check_text(text)
    if signer.signature_type != PLAIN:
        raise refuse("S-note", reason="this type signs checkpoints only", signature_type=signer.signature_type)
    return SignatureLine(signer.name, signer.key_id, signer.key.sign(text.encode()))


def assemble(text: str, lines: Sequence[SignatureLine]) -> bytes:
    """The note of a text and its lines. Raises S-note, R-too-large."""
    check_text(text)
    return _joined(text, lines)


def _joined(text: str, lines: Sequence[SignatureLine]) -> bytes:
    """``assemble`` for a text that was checked."""
    if not 0 < len(lines) <= NOTE_SIGNATURES_MAX:
        raise refuse("S-note", reason="number of signatures", signatures=len(lines), limit=NOTE_SIGNATURES_MAX)
    data = (text + "\n" + "".join([f"{line}\n" for line in lines])).encode()
    if len(data) > NOTE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=NOTE_BYTES_MAX)
    return data


@lru_cache(maxsize=64)
def parse(data: bytes) -> Note:
    """The text and the lines, strictly: ``assemble`` of them gives the same bytes. Raises S-note, R-too-large."""
    if len(data) > NOTE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=NOTE_BYTES_MAX)
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise refuse("S-note", reason="not UTF-8") from None
    text, blank_line, signatures = whole.rpartition("\n\n")
    if not blank_line or not signatures.endswith("\n"):
        raise refuse("S-note", reason="no signature lines")
    check_text(text + "\n")
    rows = signatures[:-1].split("\n")
    if len(rows) > NOTE_SIGNATURES_MAX:
        raise refuse("S-note", reason="number of signatures", signatures=len(rows), limit=NOTE_SIGNATURES_MAX)
    return Note(text + "\n", tuple(map(_parse_line, rows)))


def text_of(data: bytes) -> str:
    """The text of a note that was parsed before it was stored, or made here."""
    return data[: data.rindex(b"\n\n") + 1].decode()


def verify(data: bytes, keys: Iterable[NoteKey]) -> str:
    """The text, signed by at least one of ``keys``; lines of other keys are ignored.

    Raises A-no-known-signer, A-signature (a line of a known key does not verify), S-note, R-too-large.
    """
    note = parse(data)
    if not verified_lines(note, keys):
        raise refuse("A-no-known-signer", signatures=len(note.lines))
    return note.text


def verify_all(data: bytes, keys: Iterable[NoteKey]) -> str:
    """The text, signed by every one of ``keys``, of which there is at least one.

    Raises A-signer-missing, and what ``verify`` raises.
    """
    note = parse(data)
    wanted = list(keys)
    signed = verified_lines(note, wanted)
    if not signed:
        raise refuse("A-no-known-signer", signatures=len(note.lines))
    missing = [key.key_id.hex() for key in wanted if all(key != signer for signer, _ in signed)]
    if missing:
        raise refuse("A-signer-missing", key_ids=missing)
    return note.text


def verified_lines(note: Note, keys: Iterable[NoteKey]) -> list[tuple[NoteKey, SignatureLine]]:
    """The lines of known keys, each verified, in the order of the note. Raises A-signature if one does not verify,
    A-key-in-two-roles if two of ``keys`` cannot be told apart by name and key id."""
    known: dict[tuple[str, bytes], NoteKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise refuse("A-key-in-two-roles", key_id=key.key_id.hex())
    signed = []
    for line in note.lines:
        signer = known.get((line.name, line.key_id))
        if signer is None or signer.signature_type not in SIGNATURE_TYPES:
            continue
        SIGNATURE_TYPES[signer.signature_type](signer.public, note.text, line.signature)
        signed.append((signer, line))
    return signed


def text_hash(text: str) -> str:
    """The hash of a note: SHA-256 in hex of its text with the last newline, without the lines, so that both sides
    know it before either signs."""
    return sha256(text.encode()).hexdigest()


def check_type(text: str, expected: str) -> None:
    """None when the first line is ``gongguan <expected> 1``; raises S-note-type."""
    if expected not in TYPES or text.partition("\n")[0] != f"gongguan {expected} 1":
        raise refuse("S-note-type", expected=expected)


def check_text(text: str) -> None:
    """None when the text may be signed: ends in a newline, no other control characters, no lone surrogates; else
    raises S-note."""
    if not text.endswith("\n"):
        raise refuse("S-note", reason="no newline at the end")
    if _CONTROL.search(text):
        raise refuse("S-note", reason="control characters")
    if not text.isascii() and not _is_unicode(text):
        raise refuse("S-note", reason="lone surrogate")


@lru_cache(maxsize=256)
def check_name(name: str) -> None:
    """None when the key name has no space, plus or control character and no more than 255 bytes; else raises S-note."""
    if (
        not name
        or _NOT_IN_NAME.search(name)
        or not (name.isascii() or _is_unicode(name))
        or len(name.encode()) > NOTE_NAME_BYTES_MAX
    ):
        raise refuse("S-note", reason="key name")


def _is_unicode(text: str) -> bool:
    """Whether there is no lone surrogate in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return binascii.b2a_base64(data, newline=False).decode()


def from_base64(text: str) -> bytes | None:
    """The bytes of strict base64, or None: one value has one text, so unused bits are zero."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None
    return data if binascii.b2a_base64(data, newline=False).decode() == text else None


def cosigned_message(text: str, time_s: int) -> bytes:
    """What a cosignature of a checkpoint signs (c2sp.org/tlog-cosignature): header, POSIX time, the text."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def cosigned_at_s(signature: bytes) -> int:
    """The POSIX time inside the signature of a cosignature line; raises A-signature when it has not that form."""
    time_s = int.from_bytes(signature[:_TIME_BYTES], "big")
    if len(signature) != _TIME_BYTES + SIGNATURE_BYTES or time_s > INTEGER_MAX:
        raise refuse("A-signature", reason="not a cosignature")
    return time_s


def cosignature(text: str, key: SigningKey, time_s: int) -> bytes:
    """The signature of a cosignature line: time ‖ Ed25519."""
    return time_s.to_bytes(_TIME_BYTES, "big") + key.sign(cosigned_message(text, time_s))


def _verify_plain(public: PublicKey, text: str, signature: bytes) -> None:
    public.verify(text.encode(), signature)


def _verify_cosignature(public: PublicKey, text: str, signature: bytes) -> None:
    public.verify(cosigned_message(text, cosigned_at_s(signature)), signature[_TIME_BYTES:])


SIGNATURE_TYPES: Final[dict[int, Callable[[PublicKey, str, bytes], None]]] = {
    PLAIN: _verify_plain,
    COSIGNATURE: _verify_cosignature,
}
"""Signature type → (public key, text, signature) → None, or raises A-signature. Other algorithms are further rows."""


def _parse_line(row: str) -> SignatureLine:
    name, _, encoded = row[len(_LINE_START) :].partition(" ")
    content = from_base64(encoded) if row.startswith(_LINE_START) else None
    if content is None or len(content) <= _KEY_ID_BYTES:
        raise refuse("S-note", reason="signature line")
    check_name(name)
    return SignatureLine(name, content[:_KEY_ID_BYTES], content[_KEY_ID_BYTES:])
