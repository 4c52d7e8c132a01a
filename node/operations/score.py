"""Scores: contributed by both sides, shown as one merged ledger. Nothing here takes points away."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body
from gongguan.node.operations.said import Said
from gongguan.sync.performance.ledger import (
    RulesShown,
    ScoreContribute,
    ScoreMade,
    ScoreReverse,
    ScoreRules,
    ScoreShow,
    ScoreShown,
    contribute,
    reverse,
    show,
    show_rules,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="score.contribute",
        title="赋分",
        english="score an event",
        request=ScoreContribute,
        answer=ScoreMade,
        roles=WORKERS,
        function=contribute,
        duties=("B-32", "B-33", "B-34", "B-35", "B-36", "B-37", "B-38", "B-39"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已赋分（{contribution}），这件事现计 {counts} 分。", "Scored ({contribution}): counts {counts}."),
        hint=Said(
            "双方用同一个活动编号，同一件事只计一次；查看：gongguan score show",
            "Both sides name an event alike and it counts once; see gongguan score show",
        ),
    ),
    Operation(
        name="score.reverse",
        title="撤回本方的赋分",
        english="take back a contribution of this side",
        request=ScoreReverse,
        answer=ScoreMade,
        roles=WORKERS,
        function=reverse,
        duties=("B-33",),
        about=lambda request: f"contribution:{request.contribution}",
        done=Said("已撤回（{contribution}）。", "{contribution} is taken back."),
    ),
    Operation(
        name="score.show",
        title="查看一人的积分",
        english="show a member's ledger",
        request=ScoreShow,
        answer=ScoreShown,
        roles=VIEWERS,
        function=show,
        duties=("B-32", "B-33"),
        reads=True,
        personal=True,
        subtree=responsible_body,
        about=about_subject,
        hint=Said(
            "“未知”的月份和季度不影响积分；积分只作参考，不自动产生任何处理结果",
            "Unknown months and quarters cost nothing; scores have no automatic consequence",
        ),
    ),
    Operation(
        name="score.rules",
        title="查看积分规则",
        english="show the scoring rules in force",
        request=ScoreRules,
        answer=RulesShown,
        roles=VIEWERS,
        function=show_rules,
        duties=("B-32",),
        reads=True,
    ),
)
