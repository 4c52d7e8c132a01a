"""One cell of a sheet: what a reader may hand in, and how its text is cleaned. Persons' cells are in ``identity``.

A parser takes a cell and gives ``Parsed(value, change)``: ``change`` says in Chinese what was altered, or is None when
the cell was taken as it stood. It raises a ``D-…`` refusal without facts: ``rosters`` adds the row and the column, and
the content of a cell never enters an error::

    parse_text("　三棵树嘎查 ")  ->  Parsed("三棵树嘎查", "去掉首尾空格")
"""

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from gongguan.protocol.errors import refuse

CELL_CHARS_MAX: Final = 200
"""Longest text of one cell: a full name of a body or an address stays below 100."""

EXACT_DIGITS_MAX: Final = 15
"""A spreadsheet number keeps 15 digits; what is longer has been rounded."""

Value_co = TypeVar("Value_co", covariant=True)


class MonthOnly(NamedTuple):
    """A date cell whose format shows no day: somebody typed 2024年3月 and the program stored the first of March."""

    year: int
    month: int


class Unreadable(Enum):
    """A cell that holds no value of its own."""

    FORMULA = "formula"  # never calculated; readers give 0 or nothing for it
    ERROR = "error"  # #N/A, #REF! and the like


Cell: TypeAlias = str | int | float | bool | date | datetime | MonthOnly | Unreadable | None


class Parsed(NamedTuple, Generic[Value_co]):
    """A value and, if the cell did not say exactly this, what was changed (Chinese, without personal data)."""

    value: Value_co
    change: str | None = None


Parser: TypeAlias = Callable[[Cell, bool], Parsed[object]]
"""``(cell, synthetic) -> Parsed``; raises a refusal. Never called with a blank cell."""

BLANK_MARKS: Final = frozenset({"/", "\\", "-", "--", "—", "——", "－", "无", "／"})
"""What offices write into a cell that does not apply."""

_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f]")
_SPACES = re.compile(r"[\s\u3000\u00a0]+")
PLAIN_SIGNS = re.compile(r"[0-9A-Za-z\u4e00-\u9fff（）·]*")
"""What nothing is to be done about: no sign here is invisible, a space, or written in two ways."""

_GUARDED = re.compile(r"^'(?=[=+\-@])")


def kind_of(cell: Cell) -> str:
    """The Chinese word for what the cell held; it goes into reports instead of the content."""
    if cell is None or cell == "":
        return "空白"
    if isinstance(cell, bool):
        return "是非值"
    if isinstance(cell, int | float):
        return "数字"
    if isinstance(cell, date | MonthOnly):
        return "日期"
    return "公式" if isinstance(cell, Unreadable) else "文字"


def is_blank(cell: Cell) -> bool:
    """Nothing in it that a person can see."""
    if cell is None or not isinstance(cell, str):
        return cell is None
    return not cell[:1].isalnum() and not _SPACES.sub("", _INVISIBLE.sub("", cell))


def text_of(cell: Cell) -> Parsed[str]:
    """The cell as text: invisible characters out, ends trimmed, NFC, runs of spaces made one plain space.

    Raises D-cell-formula, D-cell-error, D-cell-kind (dates, booleans), D-number-rounded, D-cell-characters and
    D-cell-too-long.
    """
    if isinstance(cell, Unreadable):
        raise refuse("D-cell-formula" if cell is Unreadable.FORMULA else "D-cell-error")
    if isinstance(cell, bool | date | MonthOnly):
        raise refuse("D-cell-kind")
    if isinstance(cell, int | float):
        return Parsed(_digits(cell), "数字按文字读入，请核对前面的零")
    return _cleaned(cell or "")


def parse_text(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """Free text of one cell (a place, a post, a remark)."""
    return text_of(cell)


def parse_place(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """A place in words, or a division's code, without the words in brackets that our own exports put behind it."""
    text, change = text_of(cell)
    return Parsed(re.sub(r"^([0-9]{6})[（(][^（）()]*[）)]$", r"\1", text), change)


def parse_code(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """A code or certificate number: no spaces at all, full-width letters and digits made plain."""
    text, change = text_of(cell)
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    return Parsed(plain, joined(change, None if plain == text else "去掉空格或改全角为半角"))


def joined(*changes: str | None) -> str | None:
    """Several notes as one."""
    return "；".join(change for change in changes if change) or None


def _digits(number: float) -> str:
    if not math.isfinite(number) or abs(number) >= 10**EXACT_DIGITS_MAX:
        raise refuse("D-number-rounded")
    return str(int(number)) if number == int(number) else repr(number)


def _cleaned(raw: str) -> Parsed[str]:
    if PLAIN_SIGNS.fullmatch(raw) and len(raw) <= CELL_CHARS_MAX:  # nearly every cell of a county's sheet
        return Parsed(raw, None)
    visible = _INVISIBLE.sub("", raw)
    unguarded = _GUARDED.sub("", visible)
    single = _SPACES.sub(" ", unguarded.strip())
    text = unicodedata.normalize("NFC", single)
    if len(text) > CELL_CHARS_MAX:
        raise refuse("D-cell-too-long")
    if "\ufffd" in text or any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise refuse("D-cell-characters")
    change = joined(
        "去掉不可见字符" if visible != raw else None,
        "去掉前面的撇号" if unguarded != visible else None,
        "去掉首尾空格" if unguarded.strip() != unguarded else None,
        "中间空格改为一个半角空格" if single != unguarded.strip() else None,
        "字符改为标准写法" if text != single else None,
    )
    return Parsed(text, change)
