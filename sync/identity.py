"""Cells that identify a person: name, ID number, sex, phone, yes or no.

Rules: what is changed is said; what could mean two things is refused. A demonstration node (``synthetic``) takes only
ID numbers of the unassigned division 99xxxx and phones 100…, a real node refuses exactly those, so that invented and
real persons never meet in one database. ID numbers follow GB 11643-1999 (check digit by ISO 7064 MOD 11-2)::

    parse_name("王　芳")               ->  Parsed("王芳", "去掉姓名里的空格")
"""

import re
import unicodedata
from datetime import date
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.sync.cells import Cell, Parsed, joined, text_of
from gongguan.sync.day_cells import YEAR_MAX, YEAR_MIN
from gongguan.sync.vocabulary import one_of

MIDDLE_DOT: Final = "\u00b7"
_DOTS = re.compile(
    " *[.\u00b7\u02d9\u0387\u16eb\u2022\u2024\u2027\u2219\u22c5\u25cf\u25e6\u2e31\u2e33"
    "\u3002\u30fb\ufe52\uff0e\uff61\uff65] *"
)
_MARKS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_RADICALS = re.compile("[\u2e80-\u2fd5]")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff\u3007]")
_JOINERS = frozenset("\u200c\u200d\u180e\u202f -'’")


def parse_name(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """A person's name in NFC with U+00B7 as its only dot.

    Spaces go only where every part is one Han character (王　芳); any other space may belong to the name and
    stays, with a note. Raises D-name, D-name-private-character, and what ``text_of`` raises.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        raise refuse("D-name")
    text, change = text_of(cell)
    standard = unicodedata.normalize("NFC", _RADICALS.sub(_unified, _MARKS.sub("", text)))
    dotted = _DOTS.sub(MIDDLE_DOT, standard)
    name, space_note = _without_padding(dotted)
    if any(unicodedata.category(sign) == "Co" for sign in name):
        raise refuse("D-name-private-character")
    if not name or len(name) > NAME_CHARS_MAX or not all(map(_belongs_to_a_name, name)) or name.strip("·-'’ ") != name:
        raise refuse("D-name")
    return Parsed(
        name,
        joined(
            change if not space_note else None,
            "异体或部首字符改为标准字" if standard != text else None,
            "间隔号统一为“·”" if dotted != standard else None,
            space_note,
            "姓名只有一个字，请核对" if len(name) == 1 else None,
        ),
    )


PROVINCES: Final = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83}
)
"""First two digits in use: GB/T 2260, with 83 for residents from Taiwan."""

SYNTHETIC_DIVISION: Final = "99"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CLUTTER = re.compile(r"[\s'’‘`´\u02b9\u2032]+")
_X = str.maketrans({"x": "X", "×": "X", "\u0425": "X", "\u0445": "X"})


def parse_id_number(cell: Cell, synthetic: bool) -> Parsed[str]:
    """An 18-character ID number with a check digit that holds.

    Raises D-number-rounded for any numeric cell (18 digits do not survive in one), D-id-number-…; 15 digits are
    recognised and refused, since the missing century would be a guess.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        raise refuse("D-number-rounded")
    raw, _ = text_of(cell)
    bare = _CLUTTER.sub("", raw)
    number = unicodedata.normalize("NFKC", bare).translate(_X)
    if re.fullmatch(r"\d(\.\d+)?E\+?\d+", number, re.ASCII | re.IGNORECASE):
        raise refuse("D-number-rounded")
    if re.fullmatch(r"\d{15}", number, re.ASCII):
        raise refuse("D-id-number-old")
    if not re.fullmatch(r"\d{17}[\dX]", number, re.ASCII):
        raise refuse("D-id-number")
    _check_id_number(number, synthetic)
    written = cell if isinstance(cell, str) else ""
    return Parsed(
        number,
        joined(
            "去掉空格或撇号" if bare != written else None,
            "全角或小写改为标准写法" if number != bare else None,
        ),
    )


def check_digit(first_seventeen: str) -> str:
    """The eighteenth character (GB 11643-1999)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_seventeen, strict=True))
    return "10X98765432"[total % 11]


def birth_date(id_number: str) -> str:
    """``YYYY-MM-DD`` out of a checked ID number."""
    return f"{id_number[6:10]}-{id_number[10:12]}-{id_number[12:14]}"


def sex_of(id_number: str) -> str:
    """``male`` or ``female`` out of a checked ID number."""
    return "male" if int(id_number[16]) % 2 else "female"


parse_sex = one_of("sex")
"""男 or 女 as ``male`` or ``female``; raises D-code-unknown."""

_LANDLINE = re.compile(r"(0\d{2,3})-?(\d{7,8})(?:[-转](\d{1,6}))?", re.ASCII)


def parse_phone(cell: Cell, synthetic: bool) -> Parsed[str]:
    """A mobile number, 11 digits; raises D-phone, D-phone-synthetic, D-phone-real."""
    number, change = _phone_text(cell)
    if re.fullmatch(r"100\d{8}", number, re.ASCII):
        if not synthetic:
            raise refuse("D-phone-synthetic")
        return Parsed(number, change)
    if not re.fullmatch(r"1[3-9]\d{9}", number, re.ASCII):
        raise refuse("D-phone")
    if synthetic:
        raise refuse("D-phone-real")
    return Parsed(number, change)


def parse_landline(cell: Cell, synthetic: bool) -> Parsed[str]:
    """A fixed line as ``0475-8200000``, or a mobile number; a demonstration node takes 100… only."""
    number, change = _phone_text(cell)
    match = _LANDLINE.fullmatch(number)
    if not match:
        return parse_phone(cell, synthetic)
    if synthetic:
        raise refuse("D-phone-real")
    standard = "-".join(part for part in match.groups() if part)
    return Parsed(standard, joined(change, None if standard == number else "电话写法改为 区号-号码"))


_YES: Final = frozenset({"是", "√", "✓", "✔", "☑", "有", "对", "y", "yes", "true", "1", "已转出", "持有", "已持有"})
_NO: Final = frozenset(
    {"否", "×", "✗", "✘", "x", "无", "没有", "不是", "n", "no", "false", "0", "未转出", "未持有", "未办理"}
)

_PLAIN_ANSWERS: Final = frozenset({"是", "否", "已转出", "未转出"})


def parse_yes_no(cell: Cell, synthetic: bool = False) -> Parsed[bool]:
    """是, √, 有 … or 否, ×, 无 …; raises D-code-unknown."""
    if isinstance(cell, bool):
        return Parsed(cell, "是非值读作“是”" if cell else "是非值读作“否”")
    text, change = text_of(cell)
    word = unicodedata.normalize("NFKC", text).lower()
    if word not in _YES | _NO:
        raise refuse("D-code-unknown")
    shown = "是" if word in _YES else "否"
    if text in _PLAIN_ANSWERS:
        return Parsed(word in _YES, change)
    return Parsed(word in _YES, f"读作“{shown}”")


def _unified(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _without_padding(name: str) -> Parsed[str]:
    if " " not in name:
        return Parsed(name)
    parts = name.split(" ")
    if all(len(part) == 1 and _HAN.match(part) for part in parts):
        return Parsed("".join(parts), "去掉姓名里的空格")
    return Parsed(name, "姓名中的空格保留为一个半角空格，请核对")


def _belongs_to_a_name(sign: str) -> bool:
    # Han by range, not by category: the newest characters are unknown to this Python's Unicode tables.
    return sign == MIDDLE_DOT or sign in _JOINERS or unicodedata.category(sign)[0] in "LM" or bool(_HAN.match(sign))


def _check_id_number(number: str, synthetic: bool) -> None:
    invented = number.startswith(SYNTHETIC_DIVISION)
    if not invented and int(number[:2]) not in PROVINCES:
        raise refuse("D-id-number-division")
    try:
        born = date.fromisoformat(birth_date(number))
    except ValueError as error:
        raise refuse("D-id-number-birth-date") from error
    if not YEAR_MIN <= born.year <= YEAR_MAX:
        raise refuse("D-id-number-birth-date")
    if check_digit(number[:17]) != number[17]:
        raise refuse("D-id-number-check-digit")
    if invented and not synthetic:
        raise refuse("D-id-number-synthetic")
    if synthetic and not invented:
        raise refuse("D-id-number-real")


def _phone_text(cell: Cell) -> Parsed[str]:
    text, change = text_of(cell)
    plain = unicodedata.normalize("NFKC", text).replace("–", "-").replace("—", "-").replace("(", "").replace(")", "-")
    number = re.sub(r"^(\+?86-?)(?=1\d{10}$)", "", re.sub(r"[\s'’‘`]+", "", plain))
    if re.fullmatch(r"1\d{2}-\d{4}-\d{4}", number, re.ASCII):
        number = number.replace("-", "")
    if isinstance(cell, int | float):
        return Parsed(number, "数字按文字读入")
    return Parsed(number, joined(change, None if number == text else "电话去掉空格、国家号或其他符号"))
