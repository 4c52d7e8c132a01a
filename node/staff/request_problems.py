"""What is wrong with a request, in words: which field, and what is expected there. No value of it is repeated.

::

    facts_of(operation, "Expected `str` matching regex '^[0-9]{6}$' - at `$.place`")
    # {"field": "区划代码 / division", "expected": "六位数字 / six digits"}
"""

import re
from typing import Any, Final

from gongguan.node.operations.operation import Operation
from gongguan.sync.label import Label
from gongguan.sync.labels import DATE, labels_of
from gongguan.sync.lists import LISTS

FORMS: Final[tuple[tuple[str, str], ...]] = (
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}", "日期，写成 2026-11-18 / a day like 2026-11-18"),
    (DATE[:-1], "日期，写成 2026-11-18 / a day like 2026-11-18"),
    (r"^[0-9]{4}-(0[1-9]|1[0-2])", "月份，写成 2026-11 / a month like 2026-11"),
    (r"^20[0-9]{2}-(0[1-9]|1[0-2])", "月份，写成 2026-11 / a month like 2026-11"),
    ("^20[0-9]{2}Q[1-4]", "季度，写成 2026Q4 / a quarter like 2026Q4"),
    ("^(20[0-9]{2}Q[1-4])?", "季度，写成 2026Q4 / a quarter like 2026Q4"),
    ("^[0-9]{6}", "六位数字 / six digits"),
    ("^[0-9]{1,7}(", "金额（元），如 12 或 12.50 / an amount in yuan like 12.50"),
    ("^[0-9+ -]{5,20}", "电话号码，5 到 20 位 / a telephone number"),
    ("^[0-9A-Za-z._-]{1,64}", "字母、数字、点或横线，最多 64 个 / letters, digits, dots, dashes, at most 64"),
    ("^[0-9a-f]{0,", "编号或开头几位（数字和 a 到 f） / an id or how it begins (digits and a to f)"),
    ("^[0-9a-f]{1,", "编号或开头几位（数字和 a 到 f） / an id or how it begins (digits and a to f)"),
    ("^[0-9a-f]{4,", "编号或开头至少四位（数字和 a 到 f） / an id or its first four digits or more"),
    ("^[0-9a-f]{32}", "32 位编号（数字和 a 到 f），从清单里复制 / an id of 32 digits, copied from the list"),
    ("^[0-9a-f]{64}", "64 位摘要（数字和 a 到 f），从清单里复制 / a digest of 64 digits, copied from the list"),
    ("^([0-9a-f]{32}|", "32 位或 64 位编号，从清单里复制 / an id of 32 or 64 digits, copied from the list"),
    ("^[a-z][a-z0-9_]", "小写字母开头，小写字母、数字或下划线 / lower case letters, digits, underscores"),
)
"""How a pattern begins → what is expected, in both languages. Of patterns that begin alike the longer comes first."""
KINDS: Final = {
    "str": "文字 / a text",
    "int": "整数 / a whole number",
    "bool": "是或否 / yes or no",
    "array": "一个或几个 / a list",
    "object": "一组字段 / an object",
    "bytes": "文件 / a file",
}
_PLACE: Final = re.compile(r"`\$\.([a-z_]+)")
_NAMED: Final = re.compile(r"(?:required|unknown) field `([^`]+)`")
_PATTERN: Final = re.compile(r"matching regex '(.*)'")
_LENGTH: Final = re.compile(r"of length (>=|<=) ([0-9]+)")
_BOUND: Final = re.compile(r"(?:int|float)` (>=|<=|>|<) ([0-9]+)")
_KIND: Final = re.compile(r"Expected `([a-z]+)")
_QUOTED: Final = re.compile(r"'[^']*'")
PROBLEM_CHARS_MAX: Final = 200


def facts_of(operation: Operation, text: str) -> dict[str, Any]:
    """What a refusal says of a request that did not fit; ``text`` is what the decoder said."""
    labels = {label.name: label for label in labels_of(operation.request)}
    place = _PLACE.search(text) or _NAMED.search(text)
    label = labels.get(place[1]) if place else None
    found: dict[str, Any] = {"field": f"{label.zh} / {label.en}"} if label else {}
    if "enum value" in text and label is not None and label.choices:
        return found | {"allowed": [_choice(label, code) for code in label.choices]}
    expected = _expected(text)
    if expected is not None:
        return found | {"expected": expected}
    return found | {"problem": _QUOTED.sub("…", text)[:PROBLEM_CHARS_MAX]}


def _choice(label: Label, code: str) -> str:
    known = LISTS.get(label.codes or "", {}).get(code)
    return f"{known[0]}（{code}）" if known else code


def _expected(text: str) -> str | None:
    if "missing required field" in text:
        return "必须填 / it has to be given"
    if "unknown field" in text:
        return "没有这个字段 / there is no such field"
    if (pattern := _PATTERN.search(text)) is not None:
        return next((said for begin, said in FORMS if pattern[1].startswith(begin)), None)
    if (length := _LENGTH.search(text)) is not None:
        least = length[1] == ">="
        return f"{'至少' if least else '最多'} {length[2]} 个 / at {'least' if least else 'most'} {length[2]}"
    if (bound := _BOUND.search(text)) is not None:
        least = bound[1].startswith(">")
        return f"{'不小于' if least else '不大于'} {bound[2]} / {bound[1]} {bound[2]}"
    kind = _KIND.search(text)
    return KINDS.get(kind[1]) if kind else None
