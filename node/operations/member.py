"""Members and the outflow roster: imported from two sheets by an officer, seen within the own subtree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_member, branch_of_member, listed_under, whole_committee
from gongguan.node.operations.said import Said
from gongguan.node.operations.workbooks import (
    NOTES_MAX,
    RemarkKind,
    RowNote,
    Sheet,
    grids_in,
    kinds_of,
    left_of,
    read_sheet,
)
from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act, NodePort, Rejected
from gongguan.sync.labels import labelled
from gongguan.sync.movement.profiles import tell
from gongguan.sync.persons.members import (
    MemberList,
    MemberShow,
    MemberShown,
    MembersListed,
    RosterCounts,
    Rosters,
    check_rosters,
    list_members,
    put_rosters,
    show_member,
)
from gongguan.sync.persons.reading import MemberReads, ReadsListed, list_reads
from gongguan.sync.persons.rosters import MEMBERS, OUTFLOW, MemberRow, OutflowRow
from gongguan.sync.records import Member
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS
from gongguan.sync.sheets.column_names import taught
from gongguan.sync.sheets.sheets import Grid, Layout, choose, read


class MemberImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``member.import``: one file with one sheet or both, or a file for each."""

    file: Annotated[
        bytes | None,
        labelled(
            "党员基本信息表，或两张表在一起的工作簿", "members' sheet, or a workbook with both sheets", argument=True
        ),
    ] = None
    outflow: Annotated[bytes | None, labelled("流出党员花名册", "outflow roster")] = None


class MembersImported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``member.import``; with D-import-rows only ``problems`` and the results say something."""

    members_added: Annotated[int, labelled("新增党员", "members added")]
    members_updated: Annotated[int, labelled("更新党员", "members updated")]
    counts: Annotated[RosterCounts, labelled("变动", "changes")]
    problem_count: Annotated[int, labelled("需要改正的行", "rows to correct")]
    problems: Annotated[list[RowNote], labelled("需要改正", "to correct")]
    remark_kinds: Annotated[list[RemarkKind], labelled("读入说明（逐条见结果表）", "remarks on reading")]
    remarks: Annotated[list[RowNote], labelled("逐条读入说明", "each remark", programs=True)]
    members_result: Annotated[bytes | None, labelled("党员表结果", "members' result", suffix="导入结果.xlsx")] = None
    outflow_result: Annotated[
        bytes | None, labelled("花名册结果", "outflow result", suffix="流出花名册导入结果.xlsx")
    ] = None


@dataclass(frozen=True)
class Handed:
    """The sheets that were handed in, read, with the result workbooks of a successful import."""

    members: Sheet[MemberRow] | None
    outflow: Sheet[OutflowRow] | None
    members_result: bytes | None = None
    outflow_result: bytes | None = None

    def sheets(self) -> list[Sheet[Any]]:
        """Those that are there."""
        return [sheet for sheet in (self.members, self.outflow) if sheet is not None]

    def problem_count(self) -> int:
        """How many refusals there are in all."""
        return sum(len(sheet.found.errors) for sheet in self.sheets())


def read_members(node: NodePort, request: MemberImport) -> Handed:
    """Both sheets, checked by themselves. Raises D-import-no-sheet, D-file-…, and D-import-rows with the rows."""
    if request.file is None and request.outflow is None:
        raise refuse("D-import-no-sheet")
    layouts = node.look(lambda store: (taught(store, "members", MEMBERS), taught(store, "outflow", OUTFLOW)))
    members, outflow = _sheets_in(layouts, grids_in(request.file), node.synthetic) if request.file else (None, None)
    if request.outflow is not None:
        outflow = read_sheet(layouts[1], grids_in(request.outflow), node.synthetic)
    handed = Handed(members, outflow)
    if handed.problem_count():
        raise _rejected(handed)
    return Handed(members, outflow, members.result() if members else None, outflow.result() if outflow else None)


def put_members(act: Act, handed: Handed) -> MembersImported:
    """Check both sheets against tree and records, then put all. Raises D-import-rows with the rows to correct."""
    rosters = Rosters(
        handed.members.found.rows if handed.members else None, handed.outflow.found.rows if handed.outflow else None
    )
    errors = check_rosters(act, rosters)
    if errors.members or errors.outflow:
        raise _rejected(
            Handed(
                handed.members.refused(errors.members) if handed.members else None,
                handed.outflow.refused(errors.outflow) if handed.outflow else None,
            )
        )
    counts = put_rosters(act, rosters)
    if counts.members_updated or counts.outflow_updated:
        tell(act, act.store.find(Member, floating=True))
    return _answer(handed, counts, handed.members_result, handed.outflow_result)


def _sheets_in(
    layouts: tuple[Layout[MemberRow], Layout[OutflowRow]], grids: Sequence[Grid], synthetic: bool
) -> tuple[Sheet[MemberRow] | None, Sheet[OutflowRow] | None]:
    roster, away = layouts
    members = choose(roster, grids)
    if _strange(away, members) < _strange(roster, members):
        return None, read_sheet(away, grids, synthetic)
    rest = [grid for grid in grids if grid is not members and _strange(away, grid) < _strange(roster, grid)]
    outflow = choose(away, rest) if rest else None
    left = left_of(grids, members, *([outflow] if outflow else []))
    return (
        Sheet(members, read(roster, members, synthetic), left),
        Sheet(outflow, read(away, outflow, synthetic)) if outflow else None,
    )


def _strange(layout: Layout[Any], grid: Grid) -> int:
    """How many columns of the sheet mean nothing under ``layout``: tells the two rosters apart."""
    found = read(layout, Grid(grid.sheet, grid.rows[:40]), synthetic=False)
    return len(found.unknown_columns)


def _rejected(handed: Handed) -> Rejected:
    def detail() -> MembersImported:
        members = handed.members.result() if handed.members else None
        outflow = handed.outflow.result() if handed.outflow else None
        return _answer(handed, RosterCounts(), members, outflow)

    return Rejected("D-import-rows", detail, rows=handed.problem_count())


def _answer(
    handed: Handed, counts: RosterCounts, members_result: bytes | None, outflow_result: bytes | None
) -> MembersImported:
    remarks = [note for sheet in handed.sheets() for note in sheet.remarks()]
    return MembersImported(
        members_added=counts.members_added,
        members_updated=counts.members_updated,
        counts=counts,
        problem_count=handed.problem_count(),
        problems=[note for sheet in handed.sheets() for note in sheet.problems()][:NOTES_MAX],
        remark_kinds=kinds_of(remarks),
        remarks=remarks[:NOTES_MAX],
        members_result=members_result,
        outflow_result=outflow_result,
    )


OPERATIONS: Final = (
    Operation(
        name="member.import",
        title="导入党员名册和流出花名册",
        english="import the members and the outflow roster",
        request=MemberImport,
        answer=MembersImported,
        roles=OFFICERS,
        function=put_members,
        duties=("A-07", "A-12"),
        subtree=whole_committee,
        prepare=read_members,
        done=Said(
            "已导入：新增党员 {members_added} 人，更新 {members_updated} 人。",
            "Imported: {members_added} members added, {members_updated} updated.",
        ),
        hint=Said(
            "核对读入说明；查看流动党员：gongguan member list --floating",
            "Check the remarks; see the floating members: gongguan member list --floating",
        ),
    ),
    Operation(
        name="member.list",
        title="查看党员",
        english="list members",
        request=MemberList,
        answer=MembersListed,
        roles=VIEWERS,
        function=list_members,
        duties=("A-05", "A-12"),
        reads=True,
        personal=True,
        subtree=listed_under,
        hint=Said("查看一人的全部信息：gongguan member show 编号", "See one member: gongguan member show ID"),
    ),
    Operation(
        name="member.show",
        title="查看一名党员",
        english="show one member",
        request=MemberShow,
        answer=MemberShown,
        roles=VIEWERS,
        function=show_member,
        duties=("A-07",),
        reads=True,
        personal=True,
        subtree=branch_of_member,
        about=about_member,
    ),
    Operation(
        name="member.reads",
        title="查看谁看过一名党员的记录",
        english="who has read a member's record",
        request=MemberReads,
        answer=ReadsListed,
        roles=OFFICERS | SIGNERS,
        function=list_reads,
        reads=True,
        subtree=branch_of_member,
        about=about_member,
        hint=Said(
            "名单和表格按次记入审计记录，写明条数，不分人列出",
            "Lists and sheets are one entry of the audit each, with the number of members shown",
        ),
    ),
)
