"""Matters and elections that members away from home have to hear of, and who was reached."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.liaison.matters import (
    MatterAnnounce,
    MatterInform,
    MatterInformed,
    MatterList,
    MatterShow,
    MatterShown,
    MattersListed,
    MatterTold,
    announce_matter,
    inform,
    list_matters,
    show_matter,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="matter.announce",
        title="通报重要事项或通知选举，请流入地转告",
        english="announce a matter or an election and ask destinations to pass it on",
        request=MatterAnnounce,
        answer=MatterTold,
        roles=WORKERS,
        function=announce_matter,
        duties=("A-20", "A-21"),
        done=Said(
            "已存：涉及 {members} 名流动党员，已请 {relayed_count} 个单位转告。",
            "Kept: {members} members concerned, {relayed_count} partners asked.",
        ),
        hint=Said(
            "本方告知了谁：gongguan matter inform 编号 姓名；查看每人情况：gongguan matter show 编号",
            "Whom you told yourself: gongguan matter inform ID NAME; see everybody: gongguan matter show ID",
        ),
    ),
    Operation(
        name="matter.inform",
        title="登记已告知或未联系上的党员",
        english="record who was informed or could not be reached",
        request=MatterInform,
        answer=MatterInformed,
        roles=WORKERS,
        function=inform,
        duties=("A-20", "A-21"),
        about=lambda request: f"matter:{request.matter}",
        done=Said("已登记 {recorded} 人。", "{recorded} recorded."),
    ),
    Operation(
        name="matter.list",
        title="查看重要事项和选举通知",
        english="list matters and elections",
        request=MatterList,
        answer=MattersListed,
        roles=VIEWERS,
        function=list_matters,
        duties=("A-20", "A-21"),
        reads=True,
    ),
    Operation(
        name="matter.show",
        title="查看每名党员是否已告知",
        english="show whether each member was informed",
        request=MatterShow,
        answer=MatterShown,
        roles=VIEWERS,
        function=show_matter,
        duties=("A-20", "A-21"),
        reads=True,
        personal=True,
        about=lambda request: f"matter:{request.matter}",
        hint=Said("没有人确认过的是“不掌握”", "What nobody confirmed is unknown"),
    ),
)
