"""Columns that our own sheets share, and how their cells are read: the person, an event."""

import re
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Cell, Parsed, parse_code
from gongguan.sync.identity import parse_name
from gongguan.sync.sheets.sheets import Column

PERSON_COLUMNS: Final = (
    Column("name", "姓名", parse_name, ("党员姓名",), required=True),
    Column("id", "编号", parse_code, ("流动记录编号", "党员编号")),
)
"""Name and id: every sheet of ours begins and ends with them."""


def parse_event(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """The number that both sides give to an activity; raises D-sheet-event."""
    value, change = parse_code(cell, synthetic)
    if not re.fullmatch(r"[0-9A-Za-z._-]{1,64}", value):
        raise refuse("D-sheet-event")
    return Parsed(value, change)
