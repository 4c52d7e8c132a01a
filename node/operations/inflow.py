"""People who came without a notice of departure: taken down here, claimed or denied by their origin."""

from typing import Final

from gongguan.sync.inflows import (
    InflowAsk,
    InflowDeny,
    InflowLine,
    InflowList,
    InflowMatch,
    InflowsListed,
    InflowTake,
    ask_origin,
    deny_inflow,
    list_inflows,
    match_inflow,
    take_inflow,
)
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS, WORKERS

from .body import whole_committee
from .operation import Operation, Said

OPERATIONS: Final = (
    Operation(
        name="inflow.take",
        title="登记未经通报的来人",
        english="take down somebody of whom no notice came",
        request=InflowTake,
        answer=InflowLine,
        roles=WORKERS,
        function=take_inflow,
        duties=("A-33", "A-40"),
        personal=True,
        done=Said("已登记，编号 {inflow}。", "Taken down as {inflow}."),
        hint=Said(
            "流出地认领以前不能编入；还没有问的，再问：gongguan inflow ask 编号 --peer 结对方",
            "Nobody is admitted before the origin has answered; to ask: gongguan inflow ask ID --peer PEER",
        ),
    ),
    Operation(
        name="inflow.ask",
        title="请流出地认领",
        english="ask a partner whether it is their member",
        request=InflowAsk,
        answer=InflowLine,
        roles=WORKERS,
        function=ask_origin,
        duties=("A-33", "A-40"),
        personal=True,
        done=Said("已请{peer}核对。", "{peer} is asked."),
    ),
    Operation(
        name="inflow.list",
        title="查看未经通报的来人",
        english="list people without a notice, here and asked about",
        request=InflowList,
        answer=InflowsListed,
        roles=VIEWERS,
        function=list_inflows,
        duties=("A-33", "A-40"),
        reads=True,
        personal=True,
        subtree=whole_committee,
        hint=Said(
            "流出地认领：gongguan inflow match 编号；不是本方党员：gongguan inflow deny 编号",
            "The origin claims: gongguan inflow match ID; or denies: gongguan inflow deny ID",
        ),
    ),
    Operation(
        name="inflow.match",
        title="认领并补发通报",
        english="claim a member and give the notice that was missing",
        request=InflowMatch,
        answer=InflowLine,
        roles=OFFICERS | SIGNERS,
        function=match_inflow,
        duties=("A-33", "A-40"),
        personal=True,
        about=lambda request: f"inflow:{request.inflow}",
        done=Said("已认领并通报，流动记录编号 {subject}。", "Claimed and notified; the subject is {subject}."),
    ),
    Operation(
        name="inflow.deny",
        title="答复不是本方党员",
        english="say that it is no member of ours",
        request=InflowDeny,
        answer=InflowLine,
        roles=OFFICERS | SIGNERS,
        function=deny_inflow,
        duties=("A-33", "A-40"),
        about=lambda request: f"inflow:{request.inflow}",
        done=Said("已答复。", "The partner is told."),
    ),
)
