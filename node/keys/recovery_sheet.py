"""The recovery sheet: 32 bytes as groups of signs to copy from paper, each with one that checks it."""

import hashlib
from typing import Final

from gongguan.protocol.errors import refuse

SECRET_BYTES: Final = 32
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U, so that nothing is misread on paper."""
SHEET_GROUPS: Final = 13
_GROUP_SIGNS: Final = 4


def check_group(place: int, typed: str) -> None:
    """One group of a sheet, counted from 0, as a person typed it. Raises A-key-file-sheet with its number."""
    group = _plain(typed)
    if not _is_group(place, group):
        raise refuse("A-key-file-sheet", groups=[place + 1])


def sheet_text(secret: bytes) -> str:
    """32 bytes as 13 groups of five signs; the last sign of each checks the group and its place."""
    number = int.from_bytes(secret, "big") << (5 * SHEET_GROUPS * _GROUP_SIGNS - 8 * SECRET_BYTES)
    signs = [ALPHABET[number >> shift & 31] for shift in range(5 * (SHEET_GROUPS * _GROUP_SIGNS - 1), -1, -5)]
    groups = ["".join(signs[start : start + _GROUP_SIGNS]) for start in range(0, len(signs), _GROUP_SIGNS)]
    return " ".join(group + _check_sign(place, group) for place, group in enumerate(groups))


def read_sheet(typed: str) -> bytes:
    """The 32 bytes of a sheet as a person typed it. Raises A-key-file-sheet."""
    plain = _plain(typed)
    size = _GROUP_SIGNS + 1
    groups = [plain[start : start + size] for start in range(0, len(plain), size)]
    wrong = [place + 1 for place, group in enumerate(groups) if not _is_group(place, group)]
    if wrong or len(groups) != SHEET_GROUPS:
        raise refuse("A-key-file-sheet", groups=wrong[:SHEET_GROUPS], count=len(groups))
    number = 0
    for sign in "".join(group[:-1] for group in groups):
        number = number << 5 | ALPHABET.index(sign)
    spare = 5 * SHEET_GROUPS * _GROUP_SIGNS - 8 * SECRET_BYTES
    return (number >> spare).to_bytes(SECRET_BYTES, "big")


def _plain(typed: str) -> str:
    return "".join(typed.upper().replace("O", "0").replace("I", "1").replace("L", "1").replace("-", " ").split())


def _is_group(place: int, group: str) -> bool:
    size = _GROUP_SIGNS + 1
    return len(group) == size and set(group) <= set(ALPHABET) and group[-1] == _check_sign(place, group[:-1])


def _check_sign(place: int, group: str) -> str:
    return ALPHABET[hashlib.sha256(f"recovery {place} {group}".encode()).digest()[0] & 31]
