"""Bundles as files: the same bytes as over HTTPS, or as text for mail gateways that let no other file through.

What a file is called is for people only. The text form is base64 between two lines; whatever stands around them, such
as a greeting or a signature, is left aside::

    text = armour(data)
    plain(text.encode()) == plain(data) == data
"""

import base64
import binascii
import re
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import BUNDLE_SEALED_BYTES_MAX

BEGIN: Final = "-----BEGIN GONGGUAN BUNDLE-----"
END: Final = "-----END GONGGUAN BUNDLE-----"
LINE_CHARS: Final = 76

_ARMOURED = re.compile(rf"{BEGIN}\s*([A-Za-z0-9+/=\s>]*?){END}".encode())


def armour(data: bytes) -> str:
    """The text form of a bundle."""
    text = base64.b64encode(data).decode()
    lines = [text[start : start + LINE_CHARS] for start in range(0, len(text), LINE_CHARS)]
    return "\n".join([BEGIN, *lines, END, ""])


def plain(data: bytes) -> bytes:
    """The bundle in a file of either form. Raises T-not-a-bundle for a text without one, R-too-large."""
    if len(data) > 2 * BUNDLE_SEALED_BYTES_MAX:
        raise refuse("R-too-large", bytes=len(data), limit=BUNDLE_SEALED_BYTES_MAX)
    found = _ARMOURED.search(data)
    if found is None:
        return data
    # Mail programs quote lines by > and break them anew.
    bare = re.sub(rb"[\s>]+", b"", found[1])
    try:
        return base64.b64decode(bare, validate=True)
    except binascii.Error:
        raise refuse("T-not-a-bundle") from None
