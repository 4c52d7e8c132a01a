"""Quarterly feedback: given by the destination, watched by both sides."""

from typing import Annotated, Final

import msgspec

from gongguan.node.files.spreadsheets import table_bytes
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.cells import Cell
from gongguan.sync.labels import labelled, labels_of
from gongguan.sync.performance.feedback import (
    FeedbackAllMade,
    FeedbackGive,
    FeedbackGiveAll,
    FeedbackLine,
    FeedbackList,
    FeedbackListed,
    FeedbackMade,
    give,
    give_all,
    list_feedback,
)
from gongguan.sync.roles import VIEWERS, WORKERS


class FeedbackExported(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``feedback.export``."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    members: Annotated[int, labelled("人数", "members")]
    file_name: Annotated[str, labelled("文件名", "file name", programs=True)]
    file: Annotated[bytes, labelled("文件", "file", suffix="季度反馈.xlsx")]


def export_feedback(act: Act, request: FeedbackList) -> FeedbackExported:
    """The list of a quarter as a table; an empty count is unknown."""
    found = list_feedback(act, request)
    labels = [label for label in labels_of(FeedbackLine) if label.name != "subject"]
    rows: list[tuple[Cell, ...]] = []
    for number, line in enumerate(found.members, 1):
        values = [(label, getattr(line, label.name)) for label in labels]
        cells = [label.shown(value, "zh") if isinstance(value, str) else value for label, value in values]
        rows.append((number, *cells))
    title = f"{request.quarter} 流动党员现实表现反馈"
    return FeedbackExported(
        quarter=request.quarter,
        members=len(rows),
        file_name=f"季度反馈-{request.quarter}.xlsx",
        file=table_bytes(title, ["序号", *(label.zh for label in labels)], rows),
    )


OPERATIONS: Final = (
    Operation(
        name="feedback.give",
        title="反馈一名流动党员的现实表现",
        english="give feedback on a member",
        request=FeedbackGive,
        answer=FeedbackMade,
        roles=WORKERS,
        function=give,
        duties=("A-43", "A-65"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已反馈 {quarter}（{feedback}）。", "Feedback for {quarter} is given ({feedback})."),
        hint=Said("没有填也没有记载的次数是“未知”，不是 0", "A count neither given nor on record is unknown, not 0"),
    ),
    Operation(
        name="feedback.give_all",
        title="反馈本方管理的全部流动党员",
        english="give feedback on all members managed here",
        request=FeedbackGiveAll,
        answer=FeedbackAllMade,
        roles=WORKERS,
        function=give_all,
        duties=("A-43", "A-65"),
        done=Said(
            "已反馈 {given} 人，先前已反馈 {already} 人，其中次数未知 {without_counts} 人。",
            "{given} given, {already} were given before; {without_counts} without counts.",
        ),
        hint=Said(
            "反馈由流入地给出，0 人就是本节点没有要反馈的人；查看各人情况：gongguan feedback list --quarter …",
            "Feedback is given at the destination: 0 means nobody is to be reported on here. "
            "See them: gongguan feedback list --quarter …",
        ),
    ),
    Operation(
        name="feedback.list",
        title="查看季度反馈情况",
        english="list the feedback of a quarter",
        request=FeedbackList,
        answer=FeedbackListed,
        roles=VIEWERS,
        function=list_feedback,
        duties=("A-43",),
        reads=True,
        personal=True,
        hint=Said(
            "“未知”表示到期以后还没有收到过对方任何消息，不能算对方逾期；期限按周一至周五计算",
            "Unknown: nothing was heard from the partner since the due date, so nobody is late; Monday to Friday count",
        ),
    ),
    Operation(
        name="feedback.export",
        title="导出一个季度的反馈",
        english="export the feedback of a quarter",
        request=FeedbackList,
        answer=FeedbackExported,
        roles=WORKERS,
        function=export_feedback,
        duties=("A-43",),
        reads=True,
        personal=True,
        counted="members",
        done=Said("{quarter} 的反馈：{members} 人。空着的次数是未知，不是 0。", "{members} members in {quarter}."),
    ),
)
