"""Texts that people read and machines decide by: cards, pairing records, agreements.

Such a text is the type line, prose, and as its last line the canonical JSON of one struct. The JSON decides; the prose
is this node's own rendering of it, and a text whose prose is another is refused, so nobody can read one thing and sign
another::

    text = compose("card", ["名称：…"], card)     # "gongguan card 1\\n名称：…\\n{…}\\n"
    block_of("card", text, Card, "S-readable")    # the struct; the caller renders it and compares

No value may hold marks that change what a reader sees: control characters, reversed writing, line breaks outside
paragraphs.
"""

from collections.abc import Iterable
from typing import Annotated, Final, TypeVar

import msgspec

from gongguan.protocol import canonical, note
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.limits import AGREEMENT_SECTION_CHARS_MAX, NAME_CHARS_MAX, NODE_ID_CHARS

# Control characters (the line break apart), separators of lines and paragraphs, marks that reverse the writing.
_MISLEADING: Final = r"\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"

Line = Annotated[str, msgspec.Meta(pattern=rf"^[^\n{_MISLEADING}]+\Z", min_length=1, max_length=NAME_CHARS_MAX)]
"""A name or title: one line."""
Paragraphs = Annotated[str, msgspec.Meta(pattern=rf"^[^{_MISLEADING}]*\Z", max_length=AGREEMENT_SECTION_CHARS_MAX)]
"""Free words of several lines, possibly none."""
NodeId = Annotated[str, msgspec.Meta(pattern=rf"^[a-z2-7]{{{NODE_ID_CHARS}}}\Z")]


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the last line holds. Optional fields are absent, never null."""


B = TypeVar("B", bound=Block)


def compose(note_type: str, prose: Iterable[str], block: Block) -> str:
    """The text. Whoever composes has checked the block, by ``checked``."""
    data = canonical.encode(msgspec.to_builtins(block)).decode()
    return "".join(f"{line}\n" for line in (f"gongguan {note_type} 1", *prose, data))


def block_of(note_type: str, text: str, kind: type[B], code: str) -> B:
    """The struct in the last line. Raises S-note-type for another type of text, ``code`` for any other fault."""
    note.check_type(text, note_type)
    last_line = text[:-1].rpartition("\n")[2] if text.endswith("\n") else ""
    try:
        value = canonical.decode(last_line.encode())
        canonical.check_profile(value)
    except (ProtocolError, UnicodeEncodeError):
        raise refuse(code, reason="last line") from None
    return _convert(value, kind, code)


def checked(block: B, code: str) -> B:
    """The block itself when every field has its form, also one built in memory; raises ``code``."""
    value = msgspec.to_builtins(block)
    try:
        canonical.check_profile(value)
    except ProtocolError:
        raise refuse(code, reason="text") from None
    return _convert(value, type(block), code)


def _convert(value: object, kind: type[B], code: str) -> B:
    try:
        return msgspec.convert(value, ready(kind))
    except msgspec.ValidationError as error:
        # The path in the message names a field, never its value.
        raise refuse(code, field=str(error).rpartition("at `$.")[2].rstrip("`") or "block") from None
