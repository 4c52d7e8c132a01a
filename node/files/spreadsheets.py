"""Tables and result workbooks out as .xlsx; no text in them can act as a formula::

data = result_bytes(grid, rosters.read(rosters.MEMBERS, grid, synthetic=False))
"""

import io
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from gongguan.sync.cells import Cell, MonthOnly, Unreadable
from gongguan.sync.sheets.sheets import RESULT_HEADERS, Grid, Import

if TYPE_CHECKING:  # loaded inside the functions: `gongguan --help` must not pay for them
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

_FAILED, _CHANGED, _FINE = "有错误", "有改动", "通过"
_UNREADABLE_ZH: Final = {Unreadable.FORMULA: "（公式没有结果）", Unreadable.ERROR: "（错误值）"}


def table_bytes(title: str, headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook of one sheet: merged title, header, rows."""

    def fill(workbook: "Workbook") -> None:
        sheet = workbook.add_worksheet(sheet_name(title))
        bold = workbook.add_format({"bold": True, "border": 1, "align": "center", "text_wrap": True})
        heading = workbook.add_format({"bold": True, "font_size": 16, "align": "center"})
        if len(headers) > 1:
            sheet.merge_range(0, 0, 0, len(headers) - 1, "", heading)
        sheet.write_string(0, 0, guarded(title), heading)
        for at, header in enumerate(headers):
            sheet.write_string(1, at, guarded(header), bold)
            sheet.set_column(at, at, max(10, 2 * len(header) + 2))
        write_rows(workbook, sheet, rows, first_row=2)
        sheet.freeze_panes(2, 0)
        sheet.set_landscape()
        sheet.repeat_rows(1)
        sheet.fit_to_pages(1, 0)

    return filled(fill)


def result_bytes(grid: Grid, imported: Import[object]) -> bytes:
    """The rows as they were sent, each with 结果 and 说明 beside it, and two sheets with the summary and all changes.

    Row numbers are those of the source.
    """

    def fill(workbook: "Workbook") -> None:
        sheet = workbook.add_worksheet("结果")
        write_rows(workbook, sheet, grid.rows, first_row=0)
        width = max((len(row) for row in grid.rows), default=0)
        red = workbook.add_format({"font_color": "#C00000", "text_wrap": True, "valign": "top"})
        plain = workbook.add_format({"text_wrap": True, "valign": "top"})
        for number, (verdict, sentences) in verdicts(imported).items():
            form = red if verdict == _FAILED else plain
            sheet.write_string(number - 1, width, verdict, form)
            sheet.write_string(number - 1, width + 1, guarded(sentences), form)
        sheet.set_column(width, width, 12)
        sheet.set_column(width + 1, width + 1, 70)
        write_rows(workbook, workbook.add_worksheet("汇总"), _summary(imported), first_row=0)
        changes: list[tuple[Cell, ...]] = [("行", "列", "原为", "改动或提醒"), *imported.changes]
        write_rows(workbook, workbook.add_worksheet("改动"), changes, first_row=0)

    return filled(fill)


def guarded(text: str) -> str:
    """Text that no program takes for a formula, even after a detour over .csv; a lone dash stays as it is."""
    return f"'{text}" if len(text) > 1 and text[0] in "=+-@\t\r" else text


def verdicts(imported: Import[object]) -> dict[int, tuple[str, str]]:
    """Row → what 结果 and 说明 say of it; the header's row holds their headers."""
    sentences: dict[int, list[str]] = defaultdict(list)
    for error in imported.errors:
        sentences[error.row].append(f"【{error.column}】{error.sentence_zh}" if error.column else error.sentence_zh)
    verdicts = {row: (_FAILED, "\n".join(texts)) for row, texts in sentences.items()}
    notes: dict[int, list[str]] = defaultdict(list)
    for change in imported.changes:
        notes[change.row].append(f"【{change.column}】{change.note}" if change.column else change.note)
    for row, texts in notes.items():
        verdicts.setdefault(row, (_CHANGED, "\n".join(texts)))
    for row, why in imported.skipped:
        verdicts[row] = ("跳过", why)
    for row in range(imported.header_row + 1, imported.header_row + imported.rows_seen + len(imported.skipped) + 1):
        verdicts.setdefault(row, (_FINE, ""))
    header = imported.header_row or 1
    if header not in sentences:
        verdicts[header] = RESULT_HEADERS
    return verdicts


def _summary(imported: Import[object]) -> list[tuple[Cell, ...]]:
    outcome = "有错误，整张表一行也没有导入" if imported.errors else "全部可以导入"
    return [
        ("工作表", imported.sheet),
        ("结论", outcome),
        ("读到的行数", imported.rows_seen),
        ("有错误的行数", len({error.row for error in imported.errors})),
        ("改动和提醒", len(imported.changes)),
        ("跳过的行", len(imported.skipped)),
        ("没有用到的列", "、".join(imported.unknown_columns)),
    ]


def write_rows(workbook: "Workbook", sheet: "Worksheet", rows: Iterable[Sequence[Cell]], first_row: int) -> None:
    """Cells as they are, guarded; ``first_row`` counts from 0."""
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for row, cells in enumerate(rows, first_row):
        for column, cell in enumerate(cells):
            if type(cell) is str:  # nearly every cell of a roster; nothing else has to be asked of it
                sheet.write_string(row, column, guarded(cell))
            elif cell is not None:
                _write_cell(sheet, row, column, cell, day)


def _write_cell(sheet: "Worksheet", row: int, column: int, cell: Cell, day: "Format") -> None:
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float) and math.isfinite(cell):
        sheet.write_number(row, column, cell)
    elif isinstance(cell, date) and not isinstance(cell, MonthOnly) and cell.year >= 1900:
        sheet.write_datetime(row, column, cell if isinstance(cell, datetime) else datetime(*cell.timetuple()[:3]), day)
    else:
        sheet.write_string(row, column, guarded(written(cell)))


def written(cell: Cell) -> str:
    """A cell as text."""
    if isinstance(cell, Unreadable):
        return _UNREADABLE_ZH[cell]
    if isinstance(cell, MonthOnly):
        return f"{cell.year:04}-{cell.month:02}"
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def sheet_name(title: str) -> str:
    """A title as a sheet may be called."""
    return re.sub(r"[\[\]:*?/\\']", "", title)[:31] or "表"


def filled(fill: Callable[["Workbook"], None]) -> bytes:
    """The bytes of a workbook that ``fill`` writes into."""
    from xlsxwriter import Workbook  # noqa: PLC0415

    buffer = io.BytesIO()
    workbook = Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    fill(workbook)
    workbook.close()
    return buffer.getvalue()
