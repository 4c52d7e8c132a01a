"""The key by which both sides compare ID numbers: under which name it is kept, and what it makes of a number."""

import hmac
from typing import Final

MATCH_KEY_SETTING: Final = "match_key/{agreement}"


def match_key_name(agreement: str) -> str:
    """Under which name the match key of an agreement is kept."""
    return MATCH_KEY_SETTING.format(agreement=agreement)


def match_of(key: bytes, id_number: str) -> str:
    """The keyed digest of an ID number by which two nodes find out that they mean one person."""
    return hmac.digest(key, id_number.encode(), "sha256").hex()
