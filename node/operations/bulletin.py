"""Quarterly bulletins: sent, received, and which are missing."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.liaison.bulletins import (
    BulletinDone,
    BulletinList,
    BulletinSend,
    BulletinsListed,
    list_bulletins,
    send_bulletin,
)
from gongguan.sync.roles import VIEWERS, WORKERS

OPERATIONS: Final = (
    Operation(
        name="bulletin.send",
        title="发季度通报（四项情况都要写明）",
        english="send the quarter's bulletin, all four topics answered",
        request=BulletinSend,
        answer=BulletinDone,
        roles=WORKERS,
        function=send_bulletin,
        duties=("A-10", "A-13", "A-34", "A-65"),
        done=Said("{quarter} 通报（第 {number} 期）将送达{peer}。", "Bulletin {number} for {quarter} goes to {peer}."),
        hint=Said("查看收发和缺漏：gongguan bulletin list", "See all, and what is missing: gongguan bulletin list"),
    ),
    Operation(
        name="bulletin.list",
        title="查看季度通报和缺的季度",
        english="list bulletins and missing quarters",
        request=BulletinList,
        answer=BulletinsListed,
        roles=VIEWERS,
        function=list_bulletins,
        duties=("A-10", "A-13", "A-65"),
        reads=True,
        hint=Said(
            "对方到期后没有消息的是“未知”，不算逾期", "A partner not heard of since the time limit is unknown, not late"
        ),
    ),
)
