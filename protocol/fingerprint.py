"""Digits that two people compare aloud: a SHA-256 as eight groups of five decimal digits.

Cards and TLS certificates are compared alike. Whoever reads them may use spaces, hyphens or full-width digits::

    shown("9f86…")                       ->  "04521 77310 …"
    compare("9f86…", "04521-77310-…")    # None, or D-fingerprint with the numbers of the wrong groups
"""

import unicodedata
from typing import Final

from gongguan.protocol.errors import refuse

GROUPS: Final = 8
_GROUP_DIGITS: Final = 5
DIGITS: Final = GROUPS * _GROUP_DIGITS


def shown(sha256_hex: str) -> str:
    """The digest as a number, modulo 10^40, in groups."""
    return " ".join(_groups_of(sha256_hex))


def compare(sha256_hex: str, typed: str) -> None:
    """None when ``typed`` are the digits of this digest.

    Raises D-fingerprint with the numbers (1 to 8) of the wrong groups, D-fingerprint-digits when it cannot be read.
    """
    plain = "".join(mark if mark.isdecimal() else " " for mark in unicodedata.normalize("NFKC", typed))
    groups = plain.split()
    if len(groups) != GROUPS:
        digits = "".join(groups)
        if len(digits) != DIGITS:
            raise refuse("D-fingerprint-digits", digits=len(digits))
        groups = _in_groups(digits)
    right = _groups_of(sha256_hex)
    wrong = [number for number, (a, b) in enumerate(zip(right, groups, strict=True), start=1) if a != b]
    if wrong:
        raise refuse("D-fingerprint", groups=wrong)


def _groups_of(sha256_hex: str) -> list[str]:
    number = int(sha256_hex, 16) % 10**DIGITS
    return _in_groups(f"{number:0{DIGITS}d}")


def _in_groups(digits: str) -> list[str]:
    return [digits[start : start + _GROUP_DIGITS] for start in range(0, DIGITS, _GROUP_DIGITS)]
