"""Sheets for many members at once: an empty one to fill in, a filled one to hand in, and undoing what one did."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import msgspec

from gongguan.node.files.templates import Template, corrected, template
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.passed_on import ROSTERS, Counted, pass_on, read_roster
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.node.operations.workbooks import NOTES_MAX, RemarkKind, RowNote, Sheet, grids_in, kinds_of
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.act import Act, NodePort, Rejected
from gongguan.sync.label import FILE_BYTES_MAX
from gongguan.sync.labels import labelled
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.records import Batch
from gongguan.sync.roles import OFFICERS, VIEWERS, WORKERS
from gongguan.sync.sheets.column_names import taught, teach
from gongguan.sync.sheets.recognition import other_pages, recognise
from gongguan.sync.sheets.sheets import Layout, read
from gongguan.sync.worksheets.worksheet import (
    RowsRefused,
    SheetKind,
    SheetTaken,
    check_role,
    check_rows,
    take_rows,
    template_rows,
    undo_batch,
)
from gongguan.sync.worksheets.worksheets import SHEETS

LIST_ROWS_MAX: Final = 200


LAYOUTS: Final[Mapping[str, Layout[Any]]] = {
    **{code: roster.layout for code, roster in ROSTERS.items()},
    **{code: replace(kind.layout, answer=kind.answer) for code, kind in SHEETS.items()},
}
"""Every sheet that is recognised, by its code."""


class SheetLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of sheet."""

    code: Annotated[str, labelled("代码", "code")]
    title: Annotated[str, labelled("表名", "sheet (in Chinese)")]
    feeds: Annotated[str, labelled("相当于逐人办理", "the same for one member")]
    columns: Annotated[list[str], labelled("列", "columns")]


class SheetsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``sheet.list``."""

    sheets: Annotated[list[SheetLine], labelled("可以交的表", "sheets")]


class SheetMake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``sheet.make``."""

    kind: Annotated[
        str,
        labelled("表名或代码（见 gongguan sheet list）", "which sheet (see sheet list)", argument=True, max_length=40),
    ]
    set: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=200)]],
        labelled("先填好的列，如 日期=2026-11-18", "column=value for all rows", max_length=20),
    ] = []


class SheetMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``sheet.make``."""

    title: Annotated[str, labelled("表名", "sheet")]
    rows: Annotated[int, labelled("已写好的人", "rows filled in beforehand")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("空表", "empty sheet", suffix="空表.xlsx")]


class SheetTake(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``sheet.take``."""

    file: Annotated[
        bytes,
        labelled("填好的表（.xlsx、.xls、.csv）", "a filled sheet", argument=True, max_length=FILE_BYTES_MAX),
    ]


class SheetAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``sheet.take``; with D-import-rows only ``problems`` and the result say something."""

    title: Annotated[str, labelled("认出的表", "recognised as")]
    rows: Annotated[int, labelled("读到的行", "rows read")]
    made: Annotated[int, labelled("新登记", "entered")]
    already: Annotated[int, labelled("先前已登记", "entered before")]
    left_blank: Annotated[int, labelled("没有填的行", "rows left empty")]
    batch: Annotated[int | None, labelled("批次", "batch")]
    problems: Annotated[list[RowNote], labelled("需要改正", "to correct")]
    remark_kinds: Annotated[list[RemarkKind], labelled("读入说明", "remarks on reading")]
    remarks: Annotated[list[RowNote], labelled("逐行说明", "remarks", programs=True)]
    result: Annotated[bytes | None, labelled("结果表", "result workbook", suffix="结果.xlsx")] = None


class SheetMap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``sheet.map``: without ``set`` it only shows what was told before."""

    kind: Annotated[str, labelled("表名或代码", "which sheet", argument=True, max_length=40)]
    set: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=200)]],
        labelled(
            "别的系统的列名=本系统的列名；等号后面空着是忘记", "their header=our header; empty: forget", max_length=100
        ),
    ] = []


class NameLine(msgspec.Struct, frozen=True, kw_only=True):
    """One header that was told."""

    header: Annotated[str, labelled("别的系统的列名", "their header")]
    column: Annotated[str, labelled("本系统的列名", "our header")]


class NamesKept(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``sheet.map``."""

    title: Annotated[str, labelled("表名", "sheet")]
    columns: Annotated[list[str], labelled("本系统的列", "our columns")]
    names: Annotated[list[NameLine], labelled("记住的列名", "remembered names")]


class BatchLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet that was taken."""

    number: Annotated[int, labelled("批次", "batch")]
    title: Annotated[str, labelled("表名", "sheet")]
    at: Annotated[str, labelled("时间", "time (China time)")]
    staff: Annotated[str, labelled("经办人", "staff")]
    entries: Annotated[int, labelled("登记数", "entries")]
    undone_at: Annotated[str | None, labelled("撤销时间", "undone at")]
    undone_by: Annotated[str | None, labelled("撤销人", "undone by")]


class BatchesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``sheet.batches``, newest first."""

    batches: Annotated[list[BatchLine], labelled("批次", "batches")]


class SheetUndo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``sheet.undo``."""

    batch: Annotated[
        int,
        labelled("批次号（见 gongguan sheet batches）", "number of the batch (see sheet batches)", argument=True, ge=1),
    ]


class SheetUndone(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``sheet.undo``."""

    batch: Annotated[int, labelled("批次", "batch")]
    entries: Annotated[int, labelled("撤销的登记", "entries reversed")]
    title: Annotated[str, labelled("表", "sheet")]


@dataclass(frozen=True)
class Handed:
    """A filled sheet that was recognised: one of ours, read; or a roster with what its own import prepared."""

    code: str
    digest: str
    sheet: Sheet[Any] | None = None
    roster: Any = None


def list_sheets(act: Act, request: Nothing) -> SheetsListed:
    """The kinds that the person's role may hand in."""
    return SheetsListed(
        sheets=[
            SheetLine(
                code=kind.code,
                title=kind.layout.title,
                feeds=f"gongguan {kind.feeds.replace('.', ' ')}",
                columns=list(kind.layout.headers()),
            )
            for kind in SHEETS.values()
            if act.staff.role in kind.roles
        ]
    )


def make_sheet(act: Act, request: SheetMake) -> SheetMade:
    """An empty sheet with a row for everyone within reach. Raises D-sheet-unknown, D-sheet-value, D-sheet-column."""
    kind = _kind(request.kind, act.staff.role)
    check_role(act, kind)
    rows = template_rows(act, kind, _pairs(request.set))
    data = template(blank(kind)._replace(rows=rows))
    return SheetMade(title=kind.layout.title, rows=len(rows), file_name=f"{kind.layout.title}.xlsx", file=data)


def read_sheet(node: NodePort, request: SheetTake) -> Handed:
    """Recognise and read. Raises D-sheet-unknown, D-sheet-several, D-file-…"""
    grids = grids_in(request.file)
    layouts = node.look(lambda store: {code: taught(store, code, layout) for code, layout in LAYOUTS.items()})
    code, grid = recognise(grids, layouts)
    others = other_pages(code, layouts, grids, grid, SHEETS[code].answer if code in SHEETS else None)
    if others:
        raise refuse("D-sheet-several", sheet=[grid.sheet, *others])
    digest = hashlib.sha256(request.file).hexdigest()
    if code in ROSTERS:
        return Handed(code, digest, roster=read_roster(code, node, request.file, _of_roster))
    return Handed(code, digest, Sheet(grid, read(layouts[code], grid, node.synthetic)))


def take_sheet(act: Act, handed: Handed) -> SheetAnswer:
    """Enter all rows or none. Raises D-import-rows with every row to correct, A-role."""
    if handed.sheet is None:
        return _of_roster(pass_on(handed.code, act, handed.roster, _of_roster))
    kind, sheet = SHEETS[handed.code], handed.sheet
    check_role(act, kind)
    try:
        if sheet.found.errors:
            # What the records say against it is said at once too, not when the sheet is handed in again.
            check_rows(act, kind, sheet.found)
            raise _rejected(kind, sheet)
        taken = take_rows(act, kind, sheet.found.rows, handed.digest)
    except RowsRefused as refused:
        raise _rejected(kind, sheet.refused(refused.errors)) from None
    return _answer(kind, sheet, taken, None)


def map_columns(act: Act, request: SheetMap) -> NamesKept:
    """Remember what another system calls our columns. Raises D-sheet-unknown, D-sheet-value, D-sheet-column, …"""
    code = _code(request.kind)
    layout = LAYOUTS[code]
    known = teach(act, code, layout, _pairs(request.set))
    titles = {column.name: column.zh for column in layout.columns}
    return NamesKept(
        title=layout.title,
        columns=list(layout.headers()),
        names=[NameLine(header=name.header, column=titles.get(name.column, name.column)) for name in known],
    )


def list_batches(act: Act, request: Nothing) -> BatchesListed:
    """The newest sheets that were taken, those of the acting person; an officer of the committee sees all."""
    whose = {} if act.staff.role in OFFICERS else {"staff": act.staff.name}
    found = act.store.find(Batch, order=("number",), descending=True, limit=LIST_ROWS_MAX, **whose)
    return BatchesListed(batches=[_batch(batch) for batch in found])


def undo_sheet(act: Act, request: SheetUndo) -> SheetUndone:
    """Reverse every entry that the sheet made. Raises D-batch-…, A-subtree, and those of the reversals."""
    batch = undo_batch(act, SHEETS, request.batch)
    return SheetUndone(batch=batch.number, entries=batch.entries, title=SHEETS[batch.sheet].layout.title)


def _pairs(texts: list[str]) -> dict[str, str]:
    given = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            raise refuse("D-sheet-value")
        given[name.strip()] = value.strip()
    return given


def _code(text: str) -> str:
    """The sheet of this code, this title, or the only one with this in its title. Raises D-sheet-unknown."""
    titles = {code: layout.title for code, layout in LAYOUTS.items()}
    exact = [code for code, title in titles.items() if text in (code, title)]
    found = exact or [code for code, title in titles.items() if text and text in title]
    # A sheet that comes back with a letter is called by its whole name; what clerks fill in goes before it.
    found = [code for code in found if not code.startswith("reply_")] or found
    if len(found) != 1:
        raise refuse("D-sheet-unknown", allowed=list(titles.values()))
    return found[0]


def _kind(text: str, role: str) -> SheetKind[Any]:
    """The sheet to fill in. Raises D-sheet-unknown with those that the role fills in itself."""
    try:
        return SHEETS[_code(text)]
    except (KeyError, ProtocolError):
        own = [kind for kind in SHEETS.values() if role in kind.roles and not kind.code.startswith("reply_")]
        raise refuse("D-sheet-unknown", allowed=[kind.layout.title for kind in own]) from None


def _rejected(kind: SheetKind[Any], sheet: Sheet[Any]) -> Rejected:
    nothing = SheetTaken(batch=None, made=0, already=0, left_blank=0, notes=(), rows=frozenset())
    return Rejected(
        "D-import-rows",
        lambda: _answer(kind, sheet, nothing, _corrected(kind, sheet)),
        rows=len({error.row for error in sheet.found.errors}),
    )


def _corrected(kind: SheetKind[Any], sheet: Sheet[Any]) -> bytes:
    return corrected(blank(kind), kind.layout, sheet.grid, sheet.found)


def blank(kind: SheetKind[Any]) -> Template:
    """A kind of sheet without rows."""
    title, columns, notes = kind.layout.title, kind.layout.columns, kind.notes
    return Template(kind.code, title, columns, (), notes, locked=kind.locked, hidden=kind.hidden)


def _answer(kind: SheetKind[Any], sheet: Sheet[Any], taken: SheetTaken, result: bytes | None) -> SheetAnswer:
    # Of rows that said nothing only what was skipped is told, and of the header which columns were not used.
    told = {*taken.rows, sheet.found.header_row, *(row for row, why in sheet.found.skipped if why != "空行")}
    remarks = [
        *(RowNote(sheet=sheet.grid.sheet, row=row, column="", note=note) for row, note in taken.notes),
        *(note for note in sheet.remarks() if note.row in told),
    ]
    return SheetAnswer(
        title=kind.layout.title,
        rows=sheet.found.rows_seen,
        made=taken.made,
        already=taken.already,
        left_blank=taken.left_blank,
        batch=taken.batch,
        problems=sheet.problems()[:NOTES_MAX],
        remark_kinds=kinds_of(remarks),
        remarks=remarks[:NOTES_MAX],
        result=result,
    )


def _of_roster(counted: Counted) -> SheetAnswer:
    return SheetAnswer(
        title=counted.title,
        rows=counted.rows,
        made=counted.made,
        already=counted.already,
        left_blank=0,
        batch=None,
        problems=counted.problems,
        remark_kinds=counted.remark_kinds,
        remarks=counted.remarks,
        result=counted.result,
    )


def _batch(batch: Batch) -> BatchLine:
    return BatchLine(
        number=batch.number,
        title=SHEETS[batch.sheet].layout.title if batch.sheet in SHEETS else batch.sheet,
        at=batch.at,
        staff=batch.staff,
        entries=batch.entries,
        undone_at=batch.undone_at,
        undone_by=batch.undone_by,
    )


_TAKEN_IN: Final = Told(
    None,
    Said(
        "对方随后收到答复；请责任人与本人联系。编错的改好再交一次，或逐人 gongguan admission give",
        "The partner hears of it; whoever was put into the wrong body: hand in a corrected sheet",
    ),
)

_FOR_NOBODY: Final = Told(
    Said("已写好{title}，但一个人也没有：空表上没有人名。", "{title} is made, but it holds nobody."),
    Said(
        "您所在组织范围内现在没有要填这张表的人；可以交的表见 gongguan sheet list",
        "Nobody within your bodies is asked about on this sheet now; see gongguan sheet list",
    ),
)

_CORRECTED: Final = Told(
    Said(
        "批次 {batch} 的 {entries} 条反馈已另发更正：原先有反馈的恢复原样，没有的改为不掌握。",
        "The {entries} entries of batch {batch} are corrected: to what was fed back before, or to not known.",
    ),
    Said("改好后重新交表：gongguan sheet take 文件", "Hand in the corrected sheet: gongguan sheet take FILE"),
)

OPERATIONS: Final = (
    Operation(
        name="sheet.list",
        title="查看可以交的表",
        english="list the sheets that can be handed in",
        request=Nothing,
        answer=SheetsListed,
        roles=VIEWERS,
        function=list_sheets,
        reads=True,
        hint=Said("取一张空表：gongguan sheet make 表名", "Get an empty one: gongguan sheet make CODE"),
    ),
    Operation(
        name="sheet.make",
        title="取一张空表（范围内的人已写好）",
        english="get an empty sheet with everyone within reach",
        request=SheetMake,
        answer=SheetMade,
        roles=WORKERS,
        function=make_sheet,
        duties=("B-01",),
        reads=True,
        personal=True,
        counted="rows",
        done=Said("已写好{title}，{rows} 人。", "The sheet holds {rows} members."),
        hint=Said("填好后交表：gongguan sheet take 文件", "Fill it in and hand it in: gongguan sheet take FILE"),
        instead=(Instead({"rows": False}, _FOR_NOBODY),),
    ),
    Operation(
        name="sheet.take",
        title="交表：认出是哪种表并登记",
        english="hand in a filled sheet",
        request=SheetTake,
        answer=SheetAnswer,
        roles=WORKERS,
        function=take_sheet,
        duties=("B-01",),
        prepare=read_sheet,
        hint=Said(
            "有批次号的，交错了可以整批撤销：gongguan sheet undo 批次；各批见 gongguan sheet batches",
            "Where a batch is named, it can be undone: gongguan sheet undo BATCH; see gongguan sheet batches",
        ),
        instead=(
            Instead({"title": SHEETS["admissions"].layout.title, "made": True}, _TAKEN_IN),
            # What made nothing cannot be undone.
            Instead({"batch": False, "made": False}, Told(None, None)),
        ),
    ),
    Operation(
        name="sheet.map",
        title="教一次别的系统的列名，以后照认",
        english="tell once what another system calls our columns",
        request=SheetMap,
        answer=NamesKept,
        roles=OFFICERS,
        function=map_columns,
        hint=Said("现在交表：gongguan sheet take 文件", "Now hand the file in: gongguan sheet take FILE"),
    ),
    Operation(
        name="sheet.batches",
        title="查看交过的表",
        english="list the sheets that were taken",
        request=Nothing,
        answer=BatchesListed,
        roles=WORKERS,
        function=list_batches,
        reads=True,
        hint=Said("整批撤销：gongguan sheet undo 批次", "Undo one: gongguan sheet undo BATCH"),
    ),
    Operation(
        name="sheet.undo",
        title="整批撤销一张交错的表",
        english="reverse all that a sheet entered",
        request=SheetUndo,
        answer=SheetUndone,
        roles=WORKERS,
        function=undo_sheet,
        about=lambda request: f"batch:{request.batch}",
        done=Said(
            "批次 {batch} 的 {entries} 条登记已逐条撤回，原来的记载仍可查到。",
            "The {entries} entries of batch {batch} are withdrawn one by one; what was written stays readable.",
        ),
        hint=Said("改好后重新交表：gongguan sheet take 文件", "Hand in the corrected sheet: gongguan sheet take FILE"),
        instead=(Instead({"title": SHEETS["feedback"].layout.title}, _CORRECTED),),
    ),
)
