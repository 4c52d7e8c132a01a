"""What one side entered for the other while that one had no node, offered to it for its word now that it has one."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hex32
from gongguan.protocol.messages.kind import CodeName, Date, Kind, Name

FIELDS_MAX = 24

Said = tuple[CodeName, Name]
"""A field of the statement and what it said, as text."""


class PaperStated(Body, frozen=True, kw_only=True):
    """One statement that came by letter, sheet or telephone. ``statement``: id by which both call it.

    ``word``: ``entered`` by who wrote it down; ``confirmed`` by the side whose statement it was, with the same content:
    one fact with two witnesses; ``disputed``, with none: a conflict by name.
    """

    statement: Hex32
    word: Literal["entered", "confirmed", "disputed"]
    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.]{0,63}\Z")]
    said_on: Date
    how: Literal["sheet", "letter", "telephone"]
    content: Annotated[tuple[Said, ...], msgspec.Meta(max_length=FIELDS_MAX)]


KINDS = (
    Kind(
        name="paper.stated",
        body=PaperStated,
        purpose="核对纸面往来期间代录的答复",
        duty="contact",
        duties=("A-15",),
    ),
)
