"""Education that reaches members away from home: pushes, material, and whom nothing reached."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.education.coverage import CoverageShow, CoverageShown, show_coverage
from gongguan.sync.education.learning import (
    LearningDeliver,
    LearningLine,
    LearningList,
    LearningListed,
    LearningMark,
    LearningPush,
    LearningShow,
    LearningShown,
    deliver,
    list_learning,
    mark,
    push,
    show_learning,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="education.push",
        title="登记一次线上推送学习",
        english="record study pushed online",
        request=LearningPush,
        answer=LearningLine,
        roles=WORKERS,
        function=push,
        duties=("A-04", "B-21", "B-25"),
        done=Said("已登记（{item}），发给 {sent} 名。", "{item} is recorded; sent to {sent}."),
        hint=Said(
            "本人确认后登记：gongguan education mark；不记录阅读时间",
            "When members confirm: gongguan education mark; reading is not watched",
        ),
    ),
    Operation(
        name="education.deliver",
        title="登记一次送学上门",
        english="record material handed over",
        request=LearningDeliver,
        answer=LearningLine,
        roles=WORKERS,
        function=deliver,
        duties=("A-04", "B-23", "B-25"),
        done=Said(
            "已登记（{item}）：送达 {confirmed} 名，未送达 {not_reached} 名，未知 {unknown} 名。",
            "{item}: {confirmed} received it, {not_reached} not, {unknown} unknown.",
        ),
    ),
    Operation(
        name="education.mark",
        title="登记学习内容的送达情况",
        english="say how far an item came",
        request=LearningMark,
        answer=LearningLine,
        roles=WORKERS,
        function=mark,
        duties=("B-21", "B-23"),
        done=Said(
            "送达 {confirmed} 名，未送达 {not_reached} 名，未知 {unknown} 名。",
            "{confirmed} confirmed, {not_reached} not reached, {unknown} unknown.",
        ),
    ),
    Operation(
        name="education.list",
        title="查看一个季度的推送和送学",
        english="list pushes and material of a quarter",
        request=LearningList,
        answer=LearningListed,
        roles=VIEWERS,
        function=list_learning,
        duties=("B-21", "B-23"),
        reads=True,
    ),
    Operation(
        name="education.show",
        title="查看一次学习送达到谁",
        english="show whom an item reached",
        request=LearningShow,
        answer=LearningShown,
        roles=VIEWERS,
        function=show_learning,
        duties=("B-21", "B-23"),
        reads=True,
        personal=True,
    ),
    Operation(
        name="education.coverage",
        title="查看学习教育覆盖情况（已覆盖、未覆盖、未知）",
        english="show whom education reached: reached, not reached, unknown",
        request=CoverageShow,
        answer=CoverageShown,
        roles=VIEWERS,
        function=show_coverage,
        duties=("A-04", "B-25"),
        reads=True,
        personal=True,
        hint=Said(
            "“未知”不是“未覆盖”：先向本人了解；只看一种：--state unknown",
            "Unknown is not missed: ask the member first; one state only: --state unknown",
        ),
    ),
)
