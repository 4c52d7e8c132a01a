"""Which days are worked: the arrangement of a year is shown, written out as a sheet, and imported by an officer."""

from typing import Annotated, Final

import msgspec

from gongguan.node.files.templates import Template, template
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Said
from gongguan.node.operations.workbooks import NOTES_MAX, RowNote, Sheet, grids_in, read_sheet
from gongguan.sync.act import Act, NodePort, Rejected
from gongguan.sync.days import today
from gongguan.sync.label import FILE_BYTES_MAX
from gongguan.sync.labels import labelled
from gongguan.sync.roles import EVERYONE, OFFICERS
from gongguan.sync.sheets.arrangements import (
    ARRANGEMENT,
    ArrangedRow,
    ArrangementShow,
    ArrangementShown,
    list_arrangement,
    put_arrangement,
    rows_of,
)
from gongguan.sync.sheets.column_names import taught
from gongguan.sync.vocabulary import label

NOTES: Final = (
    "只写与平常的周不同的日子：放假的日子写“放假”，调休上班的周末写“上班”。",
    "随程序带的年份已经写好，请对照国务院办公厅的通知看一遍再交；别的年份照通知写。",
    "一张表可以只写一年；交了以后，这一年原来的安排就换成表上的。",
)


class ArrangementImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``calendar.import``."""

    file: Annotated[
        bytes, labelled("工作日安排表（.xlsx、.xls、.csv）", "sheet of days", argument=True, max_length=FILE_BYTES_MAX)
    ]


class ArrangementImported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``calendar.import``; with D-import-rows only ``problems`` and the result say something."""

    rows: Annotated[int, labelled("读到的日子", "days read")]
    years: Annotated[list[int], labelled("年份", "years")]
    changed: Annotated[int, labelled("变动", "changed")]
    problems: Annotated[list[RowNote], labelled("需要改正", "to correct")]
    result: Annotated[bytes | None, labelled("结果表", "result workbook", suffix="导入结果.xlsx")] = None


class ArrangementSheet(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``calendar.sheet``."""

    year: Annotated[int, labelled("年份", "year")]
    rows: Annotated[int, labelled("已写好的日子", "days filled in beforehand")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("工作日安排表", "sheet", suffix="工作日安排表.xlsx")]


def read_days(node: NodePort, request: ArrangementImport) -> Sheet[ArrangedRow]:
    """The checked sheet. Raises D-import-rows with the rows to correct."""
    layout = node.look(lambda store: taught(store, "calendar", ARRANGEMENT))
    sheet = read_sheet(layout, grids_in(request.file), node.synthetic)
    if sheet.found.errors:
        raise Rejected("D-import-rows", lambda: _refused(sheet), rows=len(sheet.found.errors))
    return sheet


def put_days(act: Act, sheet: Sheet[ArrangedRow]) -> ArrangementImported:
    """Raises D-arrangement-rows."""
    kept = put_arrangement(act, sheet.found.rows)
    return ArrangementImported(rows=sheet.found.rows_seen, years=kept.years, changed=kept.changed, problems=[])


def make_sheet(act: Act, request: ArrangementShow) -> ArrangementSheet:
    """The days of a year as a sheet to look through and hand in."""
    year = request.year or today(act.now).year
    rows = [(day, label("arrangement", arrangement), name) for day, arrangement, name in rows_of(act, year)]
    data = template(Template("calendar", ARRANGEMENT.title, ARRANGEMENT.columns, rows, NOTES))
    return ArrangementSheet(year=year, rows=len(rows), file_name=f"{ARRANGEMENT.title}{year}.xlsx", file=data)


def _refused(sheet: Sheet[ArrangedRow]) -> ArrangementImported:
    problems = sheet.problems()[:NOTES_MAX]
    return ArrangementImported(
        rows=sheet.found.rows_seen, years=[], changed=0, problems=problems, result=sheet.result()
    )


OPERATIONS: Final = (
    Operation(
        name="calendar.show",
        title="查看一年的工作日安排",
        english="show the days off and the days worked of a year",
        request=ArrangementShow,
        answer=ArrangementShown,
        roles=EVERYONE,
        function=list_arrangement,
        reads=True,
        hint=Said(
            "取表：gongguan calendar sheet 年份；看过再交：gongguan calendar import 文件",
            "Get the sheet: gongguan calendar sheet YEAR; look through it: gongguan calendar import FILE",
        ),
    ),
    Operation(
        name="calendar.sheet",
        title="取一年的工作日安排表（已知的年份已写好）",
        english="get the sheet of a year, filled in where the year is known",
        request=ArrangementShow,
        answer=ArrangementSheet,
        roles=OFFICERS,
        function=make_sheet,
        reads=True,
        done=Said("{year} 年的表已写好 {rows} 天。", "The sheet of {year} holds {rows} days."),
        hint=Said("看过再交：gongguan calendar import 文件", "Look through it: gongguan calendar import FILE"),
    ),
    Operation(
        name="calendar.import",
        title="导入工作日安排",
        english="import the days off and the days worked of a year",
        request=ArrangementImport,
        answer=ArrangementImported,
        roles=OFFICERS,
        function=put_days,
        subtree=whole_committee,
        prepare=read_days,
        done=Said("已导入，{changed} 天有变动；期限从现在起照此计算。", "Imported; {changed} days changed."),
        hint=Said("查看：gongguan calendar show 年份", "See it: gongguan calendar show YEAR"),
    ),
)
