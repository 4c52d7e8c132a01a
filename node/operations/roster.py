"""Rosters as of any day, column for column as they are handed in: who went away, who came, and the register."""

from typing import Annotated, Final

import msgspec

from gongguan.node.files.spreadsheets import table_bytes
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.roles import WORKERS
from gongguan.sync.worksheets.roster_exports import INFLOW_ROSTER, OUTFLOW_ROSTER, REGISTER, Roster, rows_of
from gongguan.sync.worksheets.roster_lines import lines_on


class RosterExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of the three exports."""

    on: Annotated[
        Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("截至哪一天（默认今天）", "as of which day")
    ] = None


class RosterExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of the three exports."""

    title: Annotated[str, labelled("名册", "roster")]
    on: Annotated[str, labelled("截至", "as of")]
    members: Annotated[int, labelled("人数", "members")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("文件", "file", suffix="名册.xlsx")]


def export(act: Act, request: RosterExport, roster: Roster) -> RosterExported:
    """The roster of the acting person's subtree. Raises D-date, D-date-future."""
    on = check_happened(act.now, request.on) if request.on is not None else today(act.now)
    lines = lines_on(act, roster.side, on, whole=bool(roster.more))
    title = f"{roster.title}（截至 {on.isoformat()}）"
    return RosterExported(
        title=roster.title,
        on=on.isoformat(),
        members=len(lines),
        file_name=f"{roster.title}-{on.isoformat()}.xlsx",
        file=table_bytes(title, roster.headers(), rows_of(roster, lines, act)),
    )


def export_outflow(act: Act, request: RosterExport) -> RosterExported:
    """流出党员花名册."""
    return export(act, request, OUTFLOW_ROSTER)


def export_inflow(act: Act, request: RosterExport) -> RosterExported:
    """流入党员花名册."""
    return export(act, request, INFLOW_ROSTER)


def export_register(act: Act, request: RosterExport) -> RosterExported:
    """管理台账."""
    return export(act, request, REGISTER)


DONE: Final = Said(
    "{title}（截至 {on}）：{members} 人。空着的格子是不掌握，或双方约定不互传的内容。",
    "{members} members as of {on}. An empty cell is unknown, or not told between the two sides.",
)

OPERATIONS: Final = (
    Operation(
        name="roster.outflow",
        title="导出流出党员花名册",
        english="export the outflow roster",
        request=RosterExport,
        answer=RosterExported,
        roles=WORKERS,
        function=export_outflow,
        duties=("A-12",),
        reads=True,
        personal=True,
        counted="members",
        done=DONE,
    ),
    Operation(
        name="roster.inflow",
        title="导出流入党员花名册",
        english="export the inflow roster",
        request=RosterExport,
        answer=RosterExported,
        roles=WORKERS,
        function=export_inflow,
        duties=("A-42",),
        reads=True,
        personal=True,
        counted="members",
        done=DONE,
    ),
    Operation(
        name="roster.register",
        title="导出流入党员管理台账",
        english="export the management register",
        request=RosterExport,
        answer=RosterExported,
        roles=WORKERS,
        function=export_register,
        duties=("A-31",),
        reads=True,
        personal=True,
        counted="members",
        done=DONE,
    ),
)
