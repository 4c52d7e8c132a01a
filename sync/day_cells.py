"""Cells that hold a day or a month, as people write them; the command line reads what is typed in the same way.

::

    parse_partial_date("2024年3月")    ->  Parsed("2024-03", "日期写法改为 年-月-日")
    parse_day("2026年3月1日")          ->  Parsed("2026-03-01", "日期写法改为 年-月-日")
"""

import math
import re
import unicodedata
from datetime import date, timedelta

from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.cells import Cell, MonthOnly, Parsed, text_of

YEAR_MIN, YEAR_MAX = 1900, 2100
_SERIAL_MIN, _SERIAL_MAX = 3654, 73415  # 1910-01-01 and 2100-12-31: below lie years and months typed as numbers
_SERIAL_ZERO = date(1899, 12, 30)
_SEPARATED = re.compile(
    r"(\d{4}) *(?:[-./、—]|年) *(\d{1,2}) *(?:(?:[-./、—]|月) *(?:(\d{1,2}) *[日号]?)?)?(?: 0?0:00(?::00)?)?", re.ASCII
)
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})?", re.ASCII)


def parse_partial_date(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """``YYYY-MM-DD``, or ``YYYY-MM`` where no day was written: a month is never completed to a day.

    Reads 2024.3, 2024年3月1日, 20240301, 202403, date cells and serial numbers (days since 1899-12-30). Raises
    D-date, and D-date-ambiguous for the number 2024.1, which is also how a spreadsheet keeps 2024.10.
    """
    if isinstance(cell, MonthOnly):
        return Parsed(_partial(cell.year, cell.month, None), "日期写法改为 年-月")
    if isinstance(cell, date):
        return Parsed(_partial(cell.year, cell.month, cell.day))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _date_of_number(cell)
    raw, _ = text_of(cell)
    text = unicodedata.normalize("NFKC", raw).lstrip("'‘’`")
    match = _SEPARATED.fullmatch(text) or _COMPACT.fullmatch(text)
    if match:
        year, month, day = match.groups()
        value = _partial(int(year), int(month), int(day) if day else None)
        return Parsed(value, None if value == cell else "日期写法改为 年-月-日")
    if re.fullmatch(r"\d{5}", text, re.ASCII):
        return _date_of_number(int(text))
    raise refuse("D-date")


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


def _partial(year: int, month: int, day: int | None) -> str:
    if not YEAR_MIN <= year <= YEAR_MAX:
        raise refuse("D-date")
    try:
        date(year, month, day or 1)
    except ValueError as error:
        raise refuse("D-date") from error
    return f"{year:04}-{month:02}" if day is None else f"{year:04}-{month:02}-{day:02}"


def _date_of_number(number: float) -> Parsed[str]:
    if not math.isfinite(number) or abs(number) >= 10**9:
        raise refuse("D-date")
    match = _COMPACT.fullmatch(str(int(number))) if number == int(number) else None
    if match:
        year, month, day = match.groups()
        return Parsed(_partial(int(year), int(month), int(day) if day else None), "数字读作日期")
    if _SERIAL_MIN <= number <= _SERIAL_MAX:
        # A fraction is a time of day; it does not change the date.
        value = (_SERIAL_ZERO + timedelta(days=int(number))).isoformat()
        return Parsed(value, "日期序号换算为日期")
    return _month_of_decimal(number)


def _month_of_decimal(number: float) -> Parsed[str]:
    year, _, decimals = repr(float(number)).partition(".")
    if not YEAR_MIN <= number < YEAR_MAX or decimals == "0" or len(decimals) > 2:
        raise refuse("D-date")
    if decimals == "1":
        raise refuse("D-date-ambiguous")
    return Parsed(_partial(int(year), int(decimals), None), "数字读作年月")
