"""Held messages: what one side could not process, tried again or withdrawn."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.oversight.quarantine import (
    HeldDone,
    HeldListed,
    HeldRetry,
    HeldShow,
    HeldShown,
    HeldWithdraw,
    list_held,
    retry,
    show_held,
    withdraw,
)
from gongguan.sync.persons.staff import Nothing
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS

OPERATIONS: Final = (
    Operation(
        name="quarantine.list",
        title="查看暂存的消息",
        english="list the messages that are held",
        request=Nothing,
        answer=HeldListed,
        roles=VIEWERS,
        function=list_held,
        reads=True,
        hint=Said("查看一条：gongguan quarantine show 编号开头", "See one: gongguan quarantine show ID"),
    ),
    Operation(
        name="quarantine.show",
        title="查看一条暂存的消息",
        english="show a message that is held",
        request=HeldShow,
        answer=HeldShown,
        roles=VIEWERS,
        function=show_held,
        reads=True,
        about=lambda request: f"message:{request.message}",
    ),
    Operation(
        name="quarantine.retry",
        title="重新处理本节点暂存的消息",
        english="process a message that this node holds once more",
        request=HeldRetry,
        answer=HeldDone,
        roles=SIGNERS | OFFICERS,
        function=retry,
        about=lambda request: f"message:{request.message}",
        done=Said("已重新处理，{count} 条消息现已生效。", "Processed again; {count} messages have effect now."),
    ),
    Operation(
        name="quarantine.withdraw",
        title="撤回对方暂存的本方消息",
        english="withdraw a message of ours that the partner holds",
        request=HeldWithdraw,
        answer=HeldDone,
        roles=SIGNERS | OFFICERS,
        function=withdraw,
        about=lambda request: f"message:{request.message}",
        done=Said("已撤回，{count} 条消息双方都不再生效。", "Withdrawn; {count} messages are void on both sides."),
        hint=Said("其中仍需告知对方的，请重新填报", "What the partner still has to know has to be entered anew"),
    ),
)
