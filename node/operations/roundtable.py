"""Round-tables with members who are away, and what was suggested there."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.contacts.roundtables import (
    RoundTableAnswer,
    RoundTableHold,
    RoundTableLine,
    RoundTableList,
    RoundTablesListed,
    RoundTableSuggest,
    SuggestionLine,
    answer,
    hold,
    list_round_tables,
    suggest,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="roundtable.hold",
        title="登记一次座谈",
        english="record a round-table",
        request=RoundTableHold,
        answer=RoundTableLine,
        roles=WORKERS,
        function=hold,
        duties=("B-19",),
        done=Said("已登记座谈（{event}）。", "The round-table is recorded ({event})."),
        hint=Said("登记建议：gongguan roundtable suggest", "Record a suggestion: gongguan roundtable suggest"),
    ),
    Operation(
        name="roundtable.suggest",
        title="登记一条建议（不记名）",
        english="record a suggestion, without a name",
        request=RoundTableSuggest,
        answer=SuggestionLine,
        roles=WORKERS,
        function=suggest,
        duties=("B-19",),
        done=Said("已登记（{suggestion}）；建议不与任何人的积分相连。", "Kept ({suggestion}); it touches no score."),
    ),
    Operation(
        name="roundtable.answer",
        title="答复一条建议",
        english="answer a suggestion",
        request=RoundTableAnswer,
        answer=SuggestionLine,
        roles=WORKERS,
        function=answer,
        duties=("B-19",),
        done=Said("已答复（{suggestion}）。", "It is answered ({suggestion})."),
    ),
    Operation(
        name="roundtable.list",
        title="查看座谈和建议",
        english="list round-tables and suggestions",
        request=RoundTableList,
        answer=RoundTablesListed,
        roles=VIEWERS,
        function=list_round_tables,
        duties=("B-19",),
        reads=True,
    ),
)
