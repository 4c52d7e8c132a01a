"""Reports to the department above: what it has to hear of, made into a sheet, sent, received, decided."""

from typing import Annotated, Final

import msgspec

from gongguan.node.files.spreadsheets import table_bytes
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.organisations.superiors import (
    ReportKept,
    SuperiorAnswered,
    SuperiorList,
    SuperiorReport,
    SuperiorSent,
    UpwardLine,
    UpwardListed,
    answered,
    list_items,
    report,
    sent,
)
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS
from gongguan.sync.vocabulary import label

TITLE: Final = "向上级党组织报告流动党员事项"
HEADERS: Final = ("序号", "事项", "姓名", "内容", "对方党组织", "日期", "报送期限", "上级收文号", "处理决定")
DUTIES: Final = ("A-48", "A-49", "A-72")


class ReportMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``superior.report``."""

    report: Annotated[int, labelled("报告号", "report")]
    items: Annotated[int, labelled("事项数", "items")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("报告", "report", suffix="报告.xlsx")]


def make_report(act: Act, request: SuperiorReport) -> ReportMade:
    """The report as a sheet to print, sign and send."""
    made, lines = report(act, request)
    title = f"{TITLE}（第 {made.number} 号，{made.made_on}）"
    rows = [_row(number, line) for number, line in enumerate(lines, 1)]
    data = table_bytes(title, HEADERS, rows)
    return ReportMade(report=made.number, items=len(lines), file_name=f"上报-{made.number}.xlsx", file=data)


def _row(number: int, line: UpwardLine) -> tuple[str | None, ...]:
    matter = label("upward_matter", line.matter)
    return (
        str(number),
        matter,
        line.name,
        line.content,
        line.peer,
        line.on,
        line.due_on,
        line.receipt,
        line.decision,
    )


OPERATIONS: Final = (
    Operation(
        name="superior.list",
        title="查看应向上级报告的事项",
        english="list what the department above has to hear of",
        request=SuperiorList,
        answer=UpwardListed,
        roles=VIEWERS,
        function=list_items,
        duties=DUTIES,
        reads=True,
        personal=True,
        hint=Said(
            "出报告：gongguan superior report；报送后登记：gongguan superior sent 报告号",
            "Make the report: gongguan superior report; once sent: gongguan superior sent NUMBER",
        ),
    ),
    Operation(
        name="superior.report",
        title="把还没有报送的事项做成一份报告",
        english="make a report of all that was not sent yet",
        request=SuperiorReport,
        answer=ReportMade,
        roles=OFFICERS | SIGNERS,
        function=make_report,
        duties=DUTIES,
        personal=True,
        counted="items",
        subtree=whole_committee,
        done=Said("第 {report} 号报告，{items} 项。", "Report {report} with {items} items."),
        hint=Said(
            "打印、签字、报送以后登记：gongguan superior sent 报告号 --on 日期 --channel 方式",
            "Print, sign and send it, then: gongguan superior sent NUMBER --on DAY --channel HOW",
        ),
    ),
    Operation(
        name="superior.sent",
        title="登记报告已报送",
        english="record that a report was sent",
        request=SuperiorSent,
        answer=ReportKept,
        roles=OFFICERS | SIGNERS,
        function=sent,
        duties=DUTIES,
        subtree=whole_committee,
        about=lambda request: f"report:{request.report}",
        done=Said("第 {report} 号报告已登记报送。", "Report {report} is recorded as sent."),
        hint=Said(
            "收到收文号或处理决定后：gongguan superior answered 报告号 --on 日期 --receipt 收文号",
            "Once it was received: gongguan superior answered NUMBER --on DAY --receipt REFERENCE",
        ),
    ),
    Operation(
        name="superior.answered",
        title="登记上级的收文号和处理决定",
        english="record by which number it was received, and what was decided",
        request=SuperiorAnswered,
        answer=ReportKept,
        roles=OFFICERS | SIGNERS,
        function=answered,
        duties=DUTIES,
        subtree=whole_committee,
        about=lambda request: f"report:{request.report}",
        done=Said("第 {report} 号报告的 {items} 项已有收文号。", "The {items} items of report {report} are received."),
    ),
)
