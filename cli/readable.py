"""Texts of others as a person may see them: nothing hidden in them, the clock on the wall, paragraphs without data."""

import re
from datetime import datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))
HIDDEN: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
"""What steers a terminal, reverses writing or cannot be seen: a partner, or who names a file, may put it anywhere."""
PATHS: Final = frozenset({"file", "folder"})
"""Fields and facts that name a file or a folder."""
INSTANT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
"""How records and answers give an instant."""


def visible(text: str) -> str:
    """The text with every mark that a reader could not see, or that would change what else is read, by its number."""
    return HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def visible_in(field: str, text: str) -> str:
    """``visible``, and in one line what has only one: the name of a file with a break in it could pass for two."""
    shown = visible(text)
    return shown.replace("\n", r"\u000a") if field in PATHS else shown


def prose_of(document: str) -> str:
    """The paragraphs for people; the data that follows says the same, or the text is refused everywhere."""
    lines = document.splitlines()
    return "\n".join(lines[1 : next((at for at, line in enumerate(lines) if line.startswith("{")), len(lines))]).strip()


def in_china(text: str) -> str:
    """An instant of RFC 3339 in UTC as the clock on the wall shows it, to the minute; any other text as it is."""
    if not INSTANT.fullmatch(text):
        return text
    return datetime.fromisoformat(text).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
