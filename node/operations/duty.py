"""Duty lists: what a member has to do now, what an organisation owes with its dated tasks, and other lists."""

from typing import Annotated, Any, Final

import msgspec

from gongguan.node.files.spreadsheets import table_bytes
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.agreements.duty_lists import current
from gongguan.sync.due.duty_members import HandOver, hand_over
from gongguan.sync.due.duty_tasks import (
    DutiesImported,
    DutiesListed,
    DutyImport,
    DutyList,
    by_member_id,
    import_duties,
    list_duties,
)
from gongguan.sync.labels import labelled
from gongguan.sync.roles import OFFICERS, VIEWERS, WORKERS
from gongguan.sync.shared.charges import PERSON_ID
from gongguan.sync.vocabulary import label

HEADERS: Final = ("阶段", "责任", "现在应办", "政策原文")


class ListHandedOver(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``duty.hand_over``."""

    name: Annotated[str, labelled("姓名", "member")]
    state: Annotated[str, labelled("现在情况", "state", codes="duty_state")]
    on: Annotated[str, labelled("交给本人的日期", "handed over on")]
    by: Annotated[str, labelled("经手人", "by")]
    version: Annotated[str, labelled("清单版本", "version")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("责任清单", "list", suffix="责任清单.xlsx")]


class DutyExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``duty.export``."""


class ListExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``duty.export``."""

    version: Annotated[str, labelled("清单版本", "version")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("责任清单文件", "duty lists", suffix="责任清单.json")]


def give_list(act: Act, request: HandOver) -> ListHandedOver:
    """What was kept, with the list as a sheet for the member."""
    made = hand_over(act, request)
    rows = [(label("duty_stage", line.stage), line.text, "是" if now else "", line.source) for line, now in made.lines]
    title = f"流动党员责任清单（{made.name}，版本 {made.lists.version}，{made.kept.on}）"
    return ListHandedOver(
        name=made.name,
        state=made.state,
        on=made.kept.on,
        by=made.kept.by,
        version=made.kept.version,
        file_name=f"责任清单-{made.kept.person[:8]}.xlsx",
        file=table_bytes(title, HEADERS, rows),
    )


def write_list(act: Act, request: DutyExport) -> ListExported:
    """The lists that count here, as ``duty.import`` takes them."""
    lists = current(act.store)
    return ListExported(
        version=lists.version,
        file_name=f"责任清单-{lists.version}.json",
        file=msgspec.json.format(msgspec.json.encode(lists), indent=1),
    )


def about_member(request: Any) -> str | None:
    """What the audit keeps of whom a list is asked for: an id, never a name."""
    return f"person:{request.member}" if PERSON_ID.fullmatch(request.member) else None


OPERATIONS: Final = (
    Operation(
        name="duty.list",
        title="查看责任清单：一名党员现在应做的，或本方组织现在应办的",
        english="list the duties of a member now, or of our organisations with their tasks",
        request=DutyList,
        answer=DutiesListed,
        roles=VIEWERS,
        function=list_duties,
        duties=("B-02", "B-03", "B-05"),
        reads=True,
        personal=True,
        counted="total",
        settle=by_member_id,
        about=about_member,
        hint=Said(
            "交给本人并登记：gongguan duty hand-over 党员；写入协议：gongguan agreement draft --duty-list",
            "Hand it over: gongguan duty hand-over MEMBER; name it in the agreement: agreement draft --duty-list",
        ),
    ),
    Operation(
        name="duty.hand_over",
        title="把责任清单交给党员本人并登记",
        english="hand the duty list to a member and record it",
        request=HandOver,
        answer=ListHandedOver,
        roles=WORKERS,
        function=give_list,
        duties=("B-02",),
        personal=True,
        settle=by_member_id,
        about=about_member,
        done=Said("{name}的责任清单（版本 {version}）已登记交给本人。", "The list was handed to {name}."),
        hint=Said("打印表格交给本人", "Print the sheet for the member"),
    ),
    Operation(
        name="duty.export",
        title="取出现行责任清单（JSON 文件），改好后可换用",
        english="write out the duty lists that count, to be changed and imported",
        request=DutyExport,
        answer=ListExported,
        roles=VIEWERS,
        function=write_list,
        duties=("B-02",),
        reads=True,
        hint=Said(
            "改好并写新的版本号后换用：gongguan duty import 文件",
            "Change it, with a new version: gongguan duty import FILE",
        ),
    ),
    Operation(
        name="duty.import",
        title="换用另一份责任清单（JSON 文件）",
        english="let other duty lists count, from a JSON file",
        request=DutyImport,
        answer=DutiesImported,
        roles=OFFICERS,
        function=import_duties,
        duties=("B-02",),
        subtree=whole_committee,
        done=Said("现行责任清单：版本 {version}。", "Version {version} counts from now on."),
    ),
)
