"""Columns that our own sheets share, and how their cells are read: the person, a whole day, a month, an event.

::

    parse_day("2026年3月1日")   ->  Parsed("2026-03-01", "日期写法改为 年-月-日")
"""

import re
from typing import Final

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.cells import Cell, Parsed, parse_code
from gongguan.sync.identity import parse_name, parse_partial_date
from gongguan.sync.sheets.sheets import Column

PERSON_COLUMNS: Final = (
    Column("name", "姓名", parse_name, ("党员姓名",), required=True),
    Column("id", "编号", parse_code, ("流动记录编号", "党员编号")),
)
"""Name and id: every sheet of ours begins and ends with them."""


def parse_day(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """A whole day, ``YYYY-MM-DD``; raises D-day for anything else."""
    try:
        value, change = parse_partial_date(cell, synthetic)
    except ProtocolError as error:
        raise refuse("D-day" if error.code == "D-date" else error.code) from None
    if len(value) != len("2026-11-18"):
        raise refuse("D-day")
    return Parsed(value, change)


def parse_month(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """A month, ``YYYY-MM``; raises D-sheet-month for anything else."""
    try:
        given = cell.strip().removesuffix("份") if isinstance(cell, str) else cell
        value, change = parse_partial_date(given, synthetic)
    except ProtocolError as error:
        raise refuse("D-sheet-month" if error.code == "D-date" else error.code) from None
    if len(value) != len("2026-11"):
        raise refuse("D-sheet-month")
    return Parsed(value, "月份写法改为 年-月" if change else None)


def parse_event(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """The number that both sides give to an activity; raises D-sheet-event."""
    value, change = parse_code(cell, synthetic)
    if not re.fullmatch(r"[0-9A-Za-z._-]{1,64}", value):
        raise refuse("D-sheet-event")
    return Parsed(value, change)
