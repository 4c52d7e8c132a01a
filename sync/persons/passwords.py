"""What a staff password must be, and how it is kept: as a scrypt line, never as itself.

scrypt (RFC 7914) with N = 2^15, r = 8, p = 1 takes 32 MiB and some 80 ms. The line names its own parameters, so that
they can be raised later without a migration::

    $scrypt$ln=15,r=8,p=1$<salt, base64>$<32 bytes, base64>
"""

import base64
import binascii
import hashlib
import hmac
import re
import unicodedata
from typing import Final

from gongguan.protocol.errors import refuse

PASSWORD_CHARS_MIN: Final = 10
PASSWORD_CHARS_MAX: Final = 128
PASSWORD_DIFFERENT_MIN: Final = 4
SALT_BYTES: Final = 16
COST: Final = 15  # log2 of N
COST_MAX: Final = 18  # 256 MiB: a line that asks for more is not ours
_BLOCK, _LANES, _HASH_BYTES = 8, 1, 32

_LINE = re.compile(r"\$scrypt\$ln=(\d{1,2}),r=8,p=1\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)", re.ASCII)


def check_rules(password: str, name: str) -> None:
    """Raises D-password for one that is short, long, of few different characters, or holds the person's name."""
    text = unicodedata.normalize("NFC", password)
    bad = (
        not PASSWORD_CHARS_MIN <= len(text) <= PASSWORD_CHARS_MAX
        or len(set(text)) < PASSWORD_DIFFERENT_MIN
        or name.casefold() in text.casefold()
    )
    if bad:
        raise refuse("D-password")


def password_line(password: str, salt: bytes) -> str:
    """What is stored. ``salt`` has ``SALT_BYTES`` random bytes."""
    return f"$scrypt$ln={COST},r={_BLOCK},p={_LANES}${_text(salt)}${_text(_scrypt(password, salt, COST))}"


def matches(line: str, password: str) -> bool:
    """Whether ``password`` belongs to ``line``, compared in constant time; False for a line that is none."""
    found = _LINE.fullmatch(line)
    if not found or not 1 <= int(found[1]) <= COST_MAX or len(password) > PASSWORD_CHARS_MAX:
        return False
    try:
        salt, kept = (base64.b64decode(part, validate=True) for part in found.groups()[1:])
    except binascii.Error:
        return False
    return hmac.compare_digest(kept, _scrypt(password, salt, int(found[1])))


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    # NFC, since the same word can be typed in two byte forms on two keyboards.
    secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    n = 1 << cost
    return hashlib.scrypt(secret, salt=salt, n=n, r=_BLOCK, p=_LANES, maxmem=n * _BLOCK * 128 * 2, dklen=_HASH_BYTES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
