"""How much of an id a column of a table shows."""

import re
from collections.abc import Sequence
from typing import Final

from gongguan.cli.operations import Record
from gongguan.sync.label import Label

BY_BEGINNING: Final = frozenset(
    {"attachment", "conflict", "id", "inflow", "member_id", "peer", "person", "subject", "version"}
)
"""Columns of ids of which commands take the beginning; at full length they leave no room for what people read."""
BEGINNING: Final = 8
LONG_ID: Final = re.compile("[0-9a-z]{32}|[0-9a-f]{64}")


def beginnings(column: Label, rows: Sequence[Record]) -> dict[str, str]:
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
