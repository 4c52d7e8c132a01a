"""Bundles as files: the same bytes as over HTTPS, or as text for mail gateways that let no other file through.

What a file is called is for people only. The text form is base64 between two lines; whatever stands around them, such
as a greeting or a signature, is left aside::

    text = armour(data)
    plain(text.encode()) == plain(data) == data

``plain`` tells a file that broke off on the way (``S-file-damaged``) from one that never was a bundle
(``T-not-a-bundle``). A pairing file is recognised by ``is_pairing``, so that one folder may hold everything.
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
NAME_CHARS_MAX: Final = 20
"""Of each title in a file name: both, date and number stay below the 255 bytes of every file system."""
SUFFIX, TEXT_SUFFIX = ".gongguan", ".gongguan.txt"

_NOT_ARMOUR = re.compile(rb"[^A-Za-z0-9+/=]")
_BETWEEN = re.compile(rb"(?:[\s>]|\xc2\xa0|\xe2\x80\x8b|\xe3\x80\x80|\xef\xbb\xbf)+")
"""What mail programs put between letters: they break lines anew, quote them by >, and a page of web mail that somebody
copies has blanks of other kinds (no-break, zero width, ideographic)."""
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|.\s\x00-\x1f]+')
_PAIRING = re.compile(rb'\A\s*\{\s*"cards"\s*:\s*\[\s*"gongguan card')
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def armour(data: bytes) -> str:
    """The text form of a bundle."""
    text = base64.b64encode(data).decode()
    lines = [text[start : start + LINE_CHARS] for start in range(0, len(text), LINE_CHARS)]
    return "\n".join([BEGIN, *lines, END, ""])


def plain(data: bytes) -> bytes:
    """The bundle in a file of either form. Raises S-file-damaged, R-too-large; other bytes come back as they are."""
    if len(data) > FILE_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=BUNDLE_SEALED_BYTES_MAX)
    if bundle.MAGIC.startswith(data[: len(bundle.MAGIC)]):
        # Also nothing at all, or the first letters: a copy that broke off at once.
        if len(data) <= len(bundle.MAGIC):
            raise refuse("S-file-damaged", bytes=len(data))
        return data
    if data.startswith(_UTF16):
        data = data.decode("utf-16", "replace").encode()
    found = _armoured(data)
    if found is None:
        if BEGIN.encode() in data:
            raise refuse("S-file-damaged", bytes=len(data))
        return data
    try:
        return base64.b64decode(found, validate=True)
    except binascii.Error:
        raise refuse("S-file-damaged") from None


def _armoured(data: bytes) -> bytes | None:
    """The letters between the two lines, the first time that they can be base64. Looks at each byte a few times."""
    at, begin, end = 0, BEGIN.encode(), END.encode()
    while (stop := data.find(end, at)) >= 0:
        start = data.rfind(begin, at, stop)
        found = _BETWEEN.sub(b"", data[start + len(begin) : stop]) if start >= 0 else b"."
        if _NOT_ARMOUR.search(found) is None:
            return found
        at = stop + len(end)
    return None


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
