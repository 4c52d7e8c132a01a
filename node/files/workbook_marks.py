"""What calamine leaves out of an .xlsx: hidden rows, cells merged downwards, dates that show no day, formulas without a
result."""

import re
import zipfile
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.etree import ElementTree

from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Unreadable

ROWS_MAX: Final = 60_000
COLUMNS_MAX: Final = 256
MERGED_MAX: Final = 2_000
"""Groups of cells merged downwards on one sheet: more than a sheet of 5,000 rows can use."""

_MONTH_FORMATS: Final = frozenset({17, 27, 36, 50, 52, 57})
"""Built-in number formats with year and month only (ECMA-376 part 1, 18.8.30, with those of zh-CN)."""

_TEXT_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')


class Marks(NamedTuple):
    """Of one sheet; positions are (row, column) from 0."""

    hidden_rows: set[int]
    months: set[tuple[int, int]]
    unreadable: dict[tuple[int, int], Unreadable]
    merged: dict[tuple[int, int], int]
    """Cell merged with those below it → its last row."""


def marks_of(parts: zipfile.ZipFile) -> list[Marks]:
    """The marks of every sheet, in the order of the workbook.

    Raises D-file-date-system, D-file-too-large, D-file-unreadable, and what damaged archives and XML raise.
    """
    months = _month_styles(parts)
    return [_scan(parts, name, months) for name in _sheet_parts(parts)]


def _sheet_parts(parts: zipfile.ZipFile) -> Iterator[str]:
    targets = {
        element.get("Id"): element.get("Target", "") for element in _elements(parts, "xl/_rels/workbook.xml.rels")
    }
    sheets: list[str] = []
    for element in _elements(parts, "xl/workbook.xml"):
        if _tag(element) == "workbookPr" and element.get("date1904") in {"1", "true"}:
            raise refuse("D-file-date-system")
        if _tag(element) == "sheet":
            sheets.extend(value for name, value in element.items() if name.endswith("}id"))
    for relation in sheets:
        target = targets[relation]
        yield target[1:] if target.startswith("/") else f"xl/{target}"


def _month_styles(parts: zipfile.ZipFile) -> set[str]:
    if "xl/styles.xml" not in parts.namelist():
        return set()
    formats: set[int] = set(_MONTH_FORMATS)
    found: set[str] = set()
    for element in _elements(parts, "xl/styles.xml"):
        if _tag(element) == "numFmt" and _shows_month_only(element.get("formatCode", "")):
            formats.add(int(element.get("numFmtId", "-1")))
        if _tag(element) == "cellXfs":
            uses = [int(form.get("numFmtId", "0")) for form in element if _tag(form) == "xf"]
            found = {str(at) for at, form in enumerate(uses) if form in formats}
    return found


def _shows_month_only(format_code: str) -> bool:
    letters = set(_TEXT_IN_FORMAT.sub("", format_code).partition(";")[0].lower())
    return {"y", "m"} <= letters and not letters & set("dhs#0")


def _scan(parts: zipfile.ZipFile, name: str, month_styles: set[str]) -> Marks:
    marks = Marks(set(), set(), {}, {})
    if not name.startswith("xl/worksheets/"):
        return marks
    row = -1
    for element in _elements(parts, name):
        if _tag(element) == "mergeCell":
            _scan_merge(element.get("ref", ""), marks)
        if _tag(element) != "row":
            continue
        row = int(element.get("r", row + 2)) - 1
        if element.get("hidden") in {"1", "true"}:
            marks.hidden_rows.add(row + 1)
        _scan_cells(element, row, month_styles, marks)
        element.clear()
    return marks


def _scan_merge(reference: str, marks: Marks) -> None:
    first, _, last = reference.partition(":")
    (row, column), (last_row, _column) = _place(first, 0, 0), _place(last or first, 0, 0)
    if row < last_row:
        if len(marks.merged) >= MERGED_MAX or last_row >= ROWS_MAX:
            raise refuse("D-file-too-large", rows_max=ROWS_MAX, merged_max=MERGED_MAX)
        marks.merged[row, column] = last_row


def _scan_cells(element: ElementTree.Element, row: int, month_styles: set[str], marks: Marks) -> None:
    column = -1
    for cell in element:
        row, column = _place(cell.get("r"), row, column + 1)
        inside = {_tag(child): child.text or "" for child in cell}
        if inside and not (0 <= row < ROWS_MAX and 0 <= column < COLUMNS_MAX):
            raise refuse("D-file-too-large", rows_max=ROWS_MAX, columns_max=COLUMNS_MAX)
        if cell.get("t") == "e":
            marks.unreadable[row, column] = Unreadable.ERROR
        elif "f" in inside and cell.get("t") != "str" and inside.get("v", "") in {"", "0"}:
            # Programs that cannot calculate leave no value, or 0; no column of ours holds a computed zero.
            marks.unreadable[row, column] = Unreadable.FORMULA
        elif cell.get("s") in month_styles and "v" in inside and cell.get("t", "n") in {"n", "d"}:
            marks.months.add((row, column))


def _place(reference: str | None, row: int, column: int) -> tuple[int, int]:
    """Row and column from 0 of a cell; one without address stands beside the one before."""
    if reference is None:
        return row, column
    address = re.fullmatch(r"([A-Z]{1,7})([1-9][0-9]{0,9})", reference)
    if not address:
        raise refuse("D-file-unreadable")
    number = 0
    for letter in address[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return int(address[2]) - 1, number - 1


def _elements(parts: zipfile.ZipFile, name: str) -> Iterator[ElementTree.Element]:
    with parts.open(name) as file:
        head = file.read(2048)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise refuse("D-file-unreadable")  # no spreadsheet program writes one; entities can fill memory
    with parts.open(name) as file:
        for _, element in ElementTree.iterparse(file):
            yield element


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
