"""Workbooks that are filled in and handed back: our sheets with drop-downs, an instruction page, and our code.

Every column is text, so that no program rounds an ID number or turns a month into a day. A workbook that came back
with mistakes is written again the same way, with 结果 and 说明 beside each row, to be corrected and handed in again::

    data = template(Template("attendance", "组织生活参加情况表", columns, rows, notes))
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gongguan.node.files.spreadsheets import filled, guarded, sheet_name, verdicts, written
from gongguan.sync.cells import Cell
from gongguan.sync.sheets.recognition import MARK, VERSION
from gongguan.sync.sheets.sheets import Column, Grid, Import, Layout, aligned
from gongguan.sync.vocabulary import choices

if TYPE_CHECKING:  # loaded where it is used: `gongguan --help` must not pay for it
    from xlsxwriter import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

SPARE_ROWS: Final = 200
"""Empty rows with drop-downs below those that are filled in beforehand."""

TEXT_FORMAT: Final = 49
"""The built-in number format "text" (ECMA-376 part 1, 18.8.30), which every program knows."""

HEADER_ROW: Final = 2
"""Counted from 1: the title stands above."""


class Template(NamedTuple):
    """A sheet to be filled in. ``marks``: row number as a person sees it → (result, sentences) beside the row."""

    code: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str]
    marks: Mapping[int, tuple[str, str]] = {}
    needed: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()


def template(made: Template) -> bytes:
    """The workbook: the sheet itself, the instructions, and two hidden pages with the lists and the code."""

    def fill(workbook: "Workbook") -> None:
        sheet = workbook.add_worksheet(sheet_name(made.title))
        _explain(workbook, made)
        places = _write_lists(workbook, made.columns)
        _write_sheet(workbook, sheet, made)
        last = HEADER_ROW + len(made.rows) + (0 if made.locked else SPARE_ROWS)
        for at, column in enumerate(made.columns):
            if column.list_name:
                sheet.data_validation(
                    *(HEADER_ROW, at, last, at),
                    {
                        "validate": "list",
                        "source": places[column.list_name],
                        "error_title": column.zh,
                        "error_message": "请从列表里选",
                    },
                )
        code = workbook.add_worksheet("gongguan")
        code.write_row(0, 0, [MARK, made.code, VERSION])
        code.hide()

    return filled(fill)


def corrected(made: Template, layout: Layout[Any], sheet: Grid, imported: Import[object]) -> bytes:
    """The sheet that was handed in, with what is wrong beside each row, fit to be handed in again."""
    header, rows = aligned(layout, sheet)
    shift = HEADER_ROW - header
    marks = {number + shift: mark for number, mark in verdicts(imported).items() if number >= header}
    return template(made._replace(rows=rows, marks=marks))


def _write_sheet(workbook: "Workbook", sheet: "Worksheet", made: Template) -> None:
    heading = workbook.add_format({"bold": True, "font_size": 16, "align": "center"})
    bold = workbook.add_format({"bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#F2F2F2"})
    text = workbook.add_format({"num_format": TEXT_FORMAT})
    pale = workbook.add_format({"num_format": TEXT_FORMAT, "font_color": "#808080"})
    red = workbook.add_format({"font_color": "#C00000", "text_wrap": True, "valign": "top"})
    width = len(made.columns)
    sheet.merge_range(0, 0, 0, width - 1, "", heading)
    sheet.write_string(0, 0, made.title, heading)
    for at, column in enumerate(made.columns):
        sheet.write_string(HEADER_ROW - 1, at, column.zh, bold)
        sheet.set_column(at, at, 34 if column.name == "id" else max(12, 2 * len(column.zh) + 2), text)
    for row, cells in enumerate(made.rows, HEADER_ROW):
        for at, cell in enumerate(cells):
            if cell is not None:
                sheet.write_string(row, at, guarded(written(cell)), pale if made.columns[at].name == "id" else text)
    for number, (verdict, sentences) in made.marks.items():
        sheet.write_string(number - 1, width, verdict, red)
        sheet.write_string(number - 1, width + 1, guarded(sentences), red)
    if made.marks:
        sheet.set_column(width, width, 12)
        sheet.set_column(width + 1, width + 1, 70)
    sheet.freeze_panes(HEADER_ROW, 1)
    if made.locked:
        _lock(workbook, sheet, made)


def _lock(workbook: "Workbook", sheet: "Worksheet", made: Template) -> None:
    """Only what is asked for can be typed in; no password: what was altered is seen when it comes back."""
    free = workbook.add_format({"num_format": TEXT_FORMAT, "locked": False, "bg_color": "#FFFBE6", "border": 1})
    for at, column in enumerate(made.columns):
        if column.name in made.hidden:
            sheet.set_column(at, at, 4, None, {"hidden": True})
        if column.name in made.locked:
            continue
        for row, cells in enumerate(made.rows, HEADER_ROW):
            cell = cells[at]
            sheet.write_string(row, at, guarded(written(cell)), free) if cell is not None else sheet.write_blank(
                row, at, None, free
            )
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _for_staff(made: Template) -> tuple[str, ...]:
    return (
        "全表都是文本格式：号码和日期照写，例如 2026-11-18、2026-11。列的次序可以调换，列名不要改。",
        "可以删去不用的行，也可以加行" + ("：加的行写姓名，同名的再写编号。" if _names_people(made) else "。"),
        "填好后交表：gongguan 交表 文件名。有一行不对，整张表都不登记，会得到一份注明每行原因的表，改好再交。",
    )


_FOR_PARTNERS: Final = (
    "只填浅黄色的格子，其他格子已锁定，请不要改动、加行或调换；暂时不清楚的整行留空，以后再填。",
    "全表都是文本格式：号码和日期照写，例如 2026-11-18。填好后请把本表发回，“填报单位经办人”一列写贵方填表人的姓名。",
)


def _explain(workbook: "Workbook", made: Template) -> None:
    page = workbook.add_worksheet("填写说明")
    bold = workbook.add_format({"bold": True})
    wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
    lines = (*made.notes, *(_FOR_PARTNERS if made.locked else _for_staff(made)))
    for at, line in enumerate(lines):
        page.write_string(at, 0, f"{at + 1}. {line}")
    first = len(lines) + 1
    for at, word in enumerate(("列", "要不要填", "可以填")):
        page.write_string(first, at, word, bold)
    for row, column in enumerate(made.columns, first + 1):
        needed = column.required or column.name in made.needed
        page.write_string(row, 0, column.zh)
        page.write_string(row, 1, "要填" if needed else "")
        page.write_string(row, 2, "、".join(choices(column.list_name)) if column.list_name else "", wrapped)
    page.set_column(0, 0, 16)
    page.set_column(1, 1, 10)
    page.set_column(2, 2, 80)


def _names_people(made: Template) -> bool:
    return any(column.zh == "姓名" for column in made.columns)


def _write_lists(workbook: "Workbook", columns: Sequence[Column]) -> dict[str, str]:
    """A hidden page with one column per list: longer lists than a cell's own list may hold (255 characters)."""
    page = workbook.add_worksheet("选项")
    page.hide()
    places: dict[str, str] = {}
    for column in columns:
        if column.list_name and column.list_name not in places:
            at = len(places)
            letter = chr(ord("A") + at)
            words = choices(column.list_name)
            page.write_column(0, at, [guarded(word) for word in words])
            places[column.list_name] = f"=选项!${letter}$1:${letter}${len(words)}"
    return places
