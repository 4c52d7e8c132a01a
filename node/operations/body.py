"""The tree of bodies: imported from a sheet by an officer, seen by everyone."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import listed_under, whole_committee
from gongguan.node.operations.said import Said
from gongguan.node.operations.workbooks import NOTES_MAX, RemarkKind, RowNote, Sheet, grids_in, kinds_of, read_sheet
from gongguan.sync.act import Act, NodePort, Rejected
from gongguan.sync.label import FILE_BYTES_MAX
from gongguan.sync.labels import labelled
from gongguan.sync.organisations.floating_organisations import (
    BodyEstablish,
    BodyEstablished,
    BodyFloating,
    FloatingListed,
    establish,
    list_organisations,
)
from gongguan.sync.persons.bodies import BodyChange, BodyList, BodyTree, import_bodies, list_bodies
from gongguan.sync.persons.rosters import BODIES, BodyRow
from gongguan.sync.roles import EVERYONE, OFFICERS, VIEWERS
from gongguan.sync.sheets.column_names import taught


class BodyImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``body.import``."""

    file: Annotated[
        bytes,
        labelled("党组织信息表（.xlsx、.xls、.csv）", "sheet of bodies", argument=True, max_length=FILE_BYTES_MAX),
    ]


class BodiesImported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``body.import``; with D-import-rows only ``problems`` and the result say something."""

    rows: Annotated[int, labelled("读到的组织", "bodies read")]
    changed: Annotated[int, labelled("新增或修改", "added or changed")]
    changes: Annotated[list[BodyChange], labelled("变动", "changes")]
    problems: Annotated[list[RowNote], labelled("需要改正", "to correct")]
    remark_kinds: Annotated[list[RemarkKind], labelled("读入说明（逐条见结果表）", "remarks on reading")]
    remarks: Annotated[list[RowNote], labelled("逐条读入说明", "each remark", programs=True)]
    result: Annotated[bytes | None, labelled("结果表", "result workbook", suffix="导入结果.xlsx")] = None


def read_bodies(node: NodePort, request: BodyImport) -> tuple[Sheet[BodyRow], bytes | None]:
    """The checked sheet with its result workbook. Raises D-import-rows with the rows to correct."""
    layout = node.look(lambda store: taught(store, "bodies", BODIES))
    sheet = read_sheet(layout, grids_in(request.file), node.synthetic)
    if sheet.found.errors:
        raise Rejected("D-import-rows", lambda: _answer(sheet, [], sheet.result()), rows=len(sheet.found.errors))
    return sheet, sheet.result()


def put_bodies(act: Act, prepared: tuple[Sheet[BodyRow], bytes | None]) -> BodiesImported:
    """Raises the refusals of ``sync.bodies.import_bodies``."""
    sheet, result = prepared
    return _answer(sheet, import_bodies(act.store, sheet.found.rows), result)


def _answer(sheet: Sheet[BodyRow], changes: list[BodyChange], result: bytes | None) -> BodiesImported:
    remarks = sheet.remarks()
    return BodiesImported(
        rows=sheet.found.rows_seen,
        changed=len(changes),
        changes=changes[:NOTES_MAX],
        problems=sheet.problems()[:NOTES_MAX],
        remark_kinds=kinds_of(remarks),
        remarks=remarks[:NOTES_MAX],
        result=result,
    )


OPERATIONS: Final = (
    Operation(
        name="body.import",
        title="导入党组织",
        english="import the bodies from a sheet",
        request=BodyImport,
        answer=BodiesImported,
        roles=OFFICERS,
        function=put_bodies,
        subtree=whole_committee,
        prepare=read_bodies,
        done=Said(
            "已导入：{rows} 个组织，其中 {changed} 个有变动。", "{rows} bodies read, {changed} added or changed."
        ),
        hint=Said(
            "接着登记各支部工作人员（gongguan staff add），导入党员名册（gongguan member import）",
            "Next: add branch staff (gongguan staff add), import the members (gongguan member import)",
        ),
    ),
    Operation(
        name="body.establish",
        title="登记流动党员党组织：所在地、上级、批准文号",
        english="register a floating members' organisation with place, parent and approval",
        request=BodyEstablish,
        answer=BodyEstablished,
        roles=OFFICERS,
        function=establish,
        duties=("A-11",),
        subtree=whole_committee,
        about=lambda request: f"body:{request.code}",
        done=Said(
            "已登记{full_name}，正式党员 {full_members} 名（成立党支部要 3 名）。",
            "{full_name} is registered with {full_members} full members (a branch needs 3).",
        ),
        hint=Said(
            "登记工作人员：gongguan staff add；在下一期季度通报里告诉对方；接收时编入：gongguan admission give",
            "Add its staff: gongguan staff add; tell the partner in the next bulletin; place members: admission give",
        ),
    ),
    Operation(
        name="body.floating",
        title="查看流动党员党组织及其批准文号",
        english="list the floating members' organisations with their approvals",
        request=BodyFloating,
        answer=FloatingListed,
        roles=VIEWERS,
        function=list_organisations,
        duties=("A-11",),
        reads=True,
        hint=Said(
            "没有批准文号的，请补登记：gongguan body establish 代码",
            "Register those without an approval: gongguan body establish CODE",
        ),
    ),
    Operation(
        name="body.list",
        title="查看党组织",
        english="list the bodies",
        request=BodyList,
        answer=BodyTree,
        roles=EVERYONE,
        function=list_bodies,
        reads=True,
        subtree=listed_under,
    ),
)
