"""Under which name the key by which both sides compare ID numbers is kept; apart, since many commands only name it."""

from typing import Final

MATCH_KEY_SETTING: Final = "match_key/{agreement}"


def match_key_name(agreement: str) -> str:
    """Under which name the match key of an agreement is kept."""
    return MATCH_KEY_SETTING.format(agreement=agreement)
