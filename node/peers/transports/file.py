"""Bundles as files: the same bytes as over HTTPS, or as text for mail gateways that let no other file through.

What a file is called is for people only. The text form is base64 between two lines; whatever stands around them, such
as a greeting or a signature, is left aside::

    text = armour(data)
    plain(text.encode()) == plain(data) == data

``plain`` tells a file that broke off on the way (``S-file-damaged``) from one that never was a bundle
(``T-not-a-bundle``). A pairing file is recognised by ``is_pairing``, so that one folder may hold everything. Whoever
pastes several mails into one file loses none: ``pieces`` cuts them apart.
"""

import base64
import binascii
import codecs
import re
import unicodedata
from typing import Final

from gongguan.protocol import bundle
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.keys import SealingKey
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX

BEGIN: Final = "-----BEGIN GONGGUAN BUNDLE-----"
END: Final = "-----END GONGGUAN BUNDLE-----"
LINE_CHARS: Final = 76
FILE_BYTES_MAX: Final = 2 * BUNDLE_SEALED_BYTES_MAX
"""The text form takes a third more, and mail programs add to it."""
PIECES_MAX: Final = 1000
"""Bundles as text in one file: more is nothing that a person pasted."""
NAME_CHARS_MAX: Final = 20
"""Of each title in a file name: both, date and number stay below the 255 bytes of every file system."""
SUFFIX, TEXT_SUFFIX = ".gongguan", ".gongguan.txt"

_NOT_ARMOUR = re.compile(rb"[^A-Za-z0-9+/=]")
_BETWEEN = re.compile(rb"(?:[\s>]|\xc2\xa0|\xe2\x80\x8b|\xe3\x80\x80|\xef\xbb\xbf)+")
"""What mail programs put between letters: they break lines anew, quote them by >, and a page of web mail that somebody
copies has blanks of other kinds (no-break, zero width, ideographic)."""
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|.\s\x00-\x1f]+')
_PAIRING = re.compile(rb'\A\s*\{\s*"cards"\s*:\s*\[\s*"gongguan card')
_MARK = re.compile(rb"-----(?:BEGIN|END) GONGGUAN BUNDLE-----")
_FIRST_LETTERS: Final = base64.b64encode(bundle.MAGIC)
_BESIDE: Final = 64
"""By so many bytes on either side a mark that stands alone in its line is told from one that prose mentions."""
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def armour(data: bytes) -> str:
    """The text form of a bundle."""
    text = base64.b64encode(data).decode()
    lines = [text[start : start + LINE_CHARS] for start in range(0, len(text), LINE_CHARS)]
    return "\n".join([BEGIN, *lines, END, ""])


def plain(data: bytes) -> bytes:
    """The bundle in a file of either form; other bytes come back as they are.

    Raises S-file-damaged, S-file-several, R-too-large.
    """
    if len(data) > FILE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=BUNDLE_SEALED_BYTES_MAX)
    if bundle.MAGIC.startswith(data[: len(bundle.MAGIC)]):
        # Also nothing at all, or the first letters: a copy that broke off at once.
        if len(data) <= len(bundle.MAGIC):
            raise refuse("S-file-damaged", bytes=len(data))
        return data
    data = _as_bytes(data)
    found = _armoured(data)
    if not any(found):
        if found or BEGIN.encode() in data:
            raise refuse("S-file-damaged", bytes=len(data))
        return data
    if len(found) > 1:
        raise refuse("S-file-several", count=len(found))
    try:
        return base64.b64decode(found[0] or b"", validate=True)
    except binascii.Error:
        raise refuse("S-file-damaged") from None


def pieces(data: bytes) -> list[bytes]:
    """The file, cut where it holds several bundles as text: each is a file of its own, damaged ones too."""
    if len(data) > FILE_BYTES_MAX or data.startswith(bundle.MAGIC):
        return [data]
    found = _armoured(_as_bytes(data))
    if len(found) < 2 or len(found) > PIECES_MAX or not any(found):
        return [data]
    # One that is not whole is as damaged as one that ends behind its first line.
    return [b"\n".join((BEGIN.encode(), letters, END.encode())) if letters else BEGIN.encode() for letters in found]


def _as_bytes(data: bytes) -> bytes:
    return data.decode("utf-16", "replace").encode() if data.startswith(_UTF16) else data


def _armoured(data: bytes) -> list[bytes | None]:
    """The letters of each bundle between its two lines; None for one that began, or ended, and is not whole.

    Looks at each byte a few times.
    """
    found: list[bytes | None] = []
    begun: re.Match[bytes] | None = None
    for mark in _MARK.finditer(data):
        if mark[0] == BEGIN.encode():
            found += _broken_off(data, begun)
            begun = mark
        elif begun is None:
            found += [None] if _stands_alone(data, mark) else []
        else:
            letters = _BETWEEN.sub(b"", data[begun.end() : mark.start()])
            whole = letters and _NOT_ARMOUR.search(letters) is None
            found += [letters] if whole else _broken_off(data, begun)
            begun = None
    return found + _broken_off(data, begun)


def _broken_off(data: bytes, begun: re.Match[bytes] | None) -> list[None]:
    """One that is not whole; nothing for words about the form, such as a greeting may have."""
    if begun is None:
        return []
    letters = _BETWEEN.sub(b"", data[begun.end() : begun.end() + _BESIDE])
    is_one = letters.startswith(_FIRST_LETTERS) or _stands_alone(data, begun)
    return [None] if is_one else []


def _stands_alone(data: bytes, mark: re.Match[bytes]) -> bool:
    before = data[max(mark.start() - _BESIDE, 0) : mark.start()].rpartition(b"\n")[2]
    behind = data[mark.end() : mark.end() + _BESIDE].partition(b"\n")[0]
    return not _BETWEEN.sub(b"", before) and not _BETWEEN.sub(b"", behind)


def may_be_ours(data: bytes) -> bool:
    """Whether a file is a bundle, whole or not, or one by which officers pair; of what is too large nobody can say."""
    try:
        return is_pairing(data) or plain(data).startswith(bundle.MAGIC)
    except ProtocolError:
        return True


def is_foreign(head: bytes) -> bool:
    """Whether a file that begins so is a picture, a document, an archive: no text, and no bundle."""
    return b"\0" in head and not head.startswith((bundle.MAGIC, *_UTF16))


def is_pairing(data: bytes) -> bool:
    """Whether a file is one of those that two officers exchange to pair."""
    return _PAIRING.match(data) is not None


def check_whole(data: bytes, keys: tuple[SealingKey, ...]) -> bundle.Opened:
    """A bundle to us, opened. Raises S-file-damaged where it is not whole, A-cannot-open for a key that we have not."""
    try:
        return bundle.unseal(data, keys)
    except ProtocolError as error:
        if error.code == "S-bundle" or (error.code == "A-cannot-open" and "sealing_key" not in error.facts):
            raise refuse("S-file-damaged", bytes=len(data), because=error.code) from error
        raise


def header_of(data: bytes) -> bundle.Header:
    """The clear header. Raises T-not-a-bundle, and S-file-damaged where the file breaks off inside of it."""
    try:
        return bundle.read_header(data)[0]
    except ProtocolError as error:
        if error.code in ("S-bundle", "S-not-canonical"):
            raise refuse("S-file-damaged", bytes=len(data), because=error.code) from error
        raise


def name_for(sender: str, recipient: str, day: str, number: int, *, text: bool) -> str:
    """A file name for people, fit for every file system: from whom, to whom, day, number."""
    names = [
        unicodedata.normalize("NFC", _NOT_IN_NAMES.sub("", title))[:NAME_CHARS_MAX] for title in (sender, recipient)
    ]
    return f"{names[0]}致{names[1]}-{day.replace('-', '')}-{number:02}{TEXT_SUFFIX if text else SUFFIX}"
