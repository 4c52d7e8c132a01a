"""Columns of a table on a terminal: which are never broken, how their titles are, and how much of an id is shown."""

import re
import textwrap
from collections.abc import Sequence
from typing import Final

import msgspec

from gongguan.sync.label import Label

SHORT_CELLS: Final = 16
"""A day with its time takes as much; where all that a column holds is no longer, none of it is broken."""
HEADING_CELLS: Final = 8
BETWEEN_CELLS: Final = 2
LONG_CELLS: Final = 10
"""What every longer column is left with at least."""
NOT_AT_THE_START: Final = "）、，。：；"
BY_BEGINNING: Final = frozenset(
    {"attachment", "conflict", "id", "inflow", "member_id", "peer", "person", "subject", "version"}
)
"""Columns of ids of which commands take the beginning; at full length they leave no room for what people read."""
BEGINNING: Final = 8
LONG_ID: Final = re.compile("[0-9a-z]{32}|[0-9a-f]{64}")


def unbroken(shown: Sequence[Sequence[str]], widths: Sequence[int], room: int) -> set[int]:
    """The columns that are never broken: where room is short, words are, and days, numbers and ids last of all."""
    found: set[int] = set()
    known = [at for at, width in enumerate(widths) if width <= SHORT_CELLS]
    left = room - LONG_CELLS * (len(widths) - len(known))
    for at in sorted(known, key=lambda at: (not all(line[at].isascii() for line in shown), widths[at])):
        left -= max(widths[at], HEADING_CELLS) + BETWEEN_CELLS
        if left >= 0:
            found.add(at)
    return found


def heading(title: str, width: int) -> str:
    """The title of a column of this width, in as many lines as it needs; words of English stay whole."""
    from rich.cells import cell_len  # noqa: PLC0415 - not for those who want JSON

    if title.isascii():
        return "\n".join(textwrap.wrap(title, width, break_long_words=False))
    lines = [""]
    for sign in title:
        if cell_len(lines[-1] + sign) > width and sign not in NOT_AT_THE_START:
            lines.append("")
        lines[-1] += sign
    return "\n".join(lines)


def beginnings(column: Label, rows: Sequence[msgspec.Struct]) -> dict[str, str]:
    """Id → as much of it as tells it from the others of its column, for those who are named beside it."""
    if column.name not in BY_BEGINNING or column.title("en") == "message id":
        return {}
    named = [row for row in rows if getattr(row, "name", "") is not None]
    found = {str(getattr(row, column.name)) for row in named}
    ids = {one for one in found if LONG_ID.fullmatch(one)}
    length = BEGINNING
    while len({one[:length] for one in ids}) < len(ids):
        length += 4
    return {one: one[:length] for one in ids}
