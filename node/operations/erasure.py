"""Erasing a member on both sides: asked for by one person, approved by another, listed for ever."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body
from gongguan.node.operations.said import Said
from gongguan.sync.oversight.erasure_requests import (
    ErasureAsk,
    ErasureAsked,
    ErasureDecide,
    ErasureDone,
    ErasureList,
    ErasuresListed,
    ErasureWithdrawn,
    approve,
    list_erasures,
    request,
    withdraw,
)
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS

OPERATIONS: Final = (
    Operation(
        name="erasure.request",
        title="申请删除一名流动结束党员的资料（双方）",
        english="ask for a member whose period is over to be erased on both sides",
        request=ErasureAsk,
        answer=ErasureAsked,
        roles=OFFICERS,
        function=request,
        subtree=responsible_body,
        about=about_subject,
        done=Said("已申请，待另一人批准。", "Asked for; another person has to approve."),
        hint=Said(
            "书记批准：gongguan erasure approve 申请编号", "A secretary approves: gongguan erasure approve REQUEST"
        ),
    ),
    Operation(
        name="erasure.approve",
        title="批准删除，双方随即删除",
        english="approve an erasure; both sides erase",
        request=ErasureDecide,
        answer=ErasureDone,
        roles=SIGNERS,
        function=approve,
        about=lambda decided: f"erasure:{decided.request}",
        done=Said(
            "已删除消息 {messages} 条、附件 {files} 份；对方收到后同样删除。",
            "{messages} messages and {files} files are erased; the partner does the same.",
        ),
        hint=Said(
            "删除以前做的备份里还有这些资料，到期销毁旧备份", "Older backups still hold the data: destroy them in time"
        ),
    ),
    Operation(
        name="erasure.withdraw",
        title="撤回或不批准删除申请",
        english="withdraw or decline a request",
        request=ErasureDecide,
        answer=ErasureWithdrawn,
        roles=OFFICERS | SIGNERS,
        function=withdraw,
        about=lambda decided: f"erasure:{decided.request}",
        done=Said("申请已撤回。", "The request is withdrawn."),
    ),
    Operation(
        name="erasure.list",
        title="查看删除申请和已删除的记录",
        english="list requests and what was erased",
        request=ErasureList,
        answer=ErasuresListed,
        roles=VIEWERS,
        function=list_erasures,
        reads=True,
        hint=Said(
            "党员本人查问时：gongguan erasure list --member-id 党员编号",
            "When a member asks: gongguan erasure list --member-id MEMBER",
        ),
    ),
)
