"""Every operation of staff, declared once: a module per family, each with a tuple ``OPERATIONS``.

From a row come the route ``POST /staff/1/<name>``, its OpenAPI entry and the command ``gongguan <family> <tail>``. To
add a family, write its module and name it in ``FAMILIES``; only families that are asked for are imported, so that
``gongguan --help`` stays fast::

    every()["member.import"].title   ->  "导入党员名册"
"""

import functools
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Final

from gongguan.node.operations.said import Said

if TYPE_CHECKING:
    from gongguan.node.operations.operation import Operation

FAMILIES: Final[dict[str, Said]] = {
    "session": Said("登录与密码", "logins and passwords"),
    "staff": Said("工作人员", "staff accounts"),
    "body": Said("党组织", "the tree of bodies"),
    "member": Said("党员名册", "members and the outflow roster"),
    "sheet": Said("用表办理：取表、交表、撤销", "sheets: get, hand in, undo"),
    "roster": Said("名册和台账（导出 Excel）", "rosters and the register, as Excel files"),
    "person": Said("按姓名找人", "finding a member by name"),
    "calendar": Said("工作日安排", "holidays and days worked instead"),
    "node": Said("本节点状况", "how this node is doing"),
    "keys": Said("密钥：更换、口令、恢复单", "keys: changing them, pass-phrases, recovery sheet"),
    "peer": Said("结对节点", "partner nodes"),
    "letter": Said("公函往来（对方无节点）", "letters to partners without a node"),
    "bundle": Said("文件交换", "exchange by files"),
    "agreement": Said("共管协议", "agreements with partners"),
    "duty": Said("责任清单", "duty lists of members and organisations"),
    "office": Said("服务机构与接收专人", "service offices and receiving officers"),
    "meeting": Said("会商", "consultations"),
    "bulletin": Said("季度通报", "quarterly bulletins"),
    "matter": Said("重要事项与选举通知", "matters and elections to pass on"),
    "partnership": Said("支部结对共建", "partnerships of branches"),
    "joint": Said("双方共同签署的事项", "what both sides sign together"),
    "departure": Said("外出报告与通报", "departures: reports and notices"),
    "certificate": Said("活动证：发放、查验、年审", "activity certificates: issued, checked, shown"),
    "admission": Said("接收流动党员", "admissions of those who come"),
    "inflow": Said("未经通报的来人", "people without a notice"),
    "movement": Said("流动记录", "mobility periods"),
    "superior": Said("向上级党组织报告", "reports to the department above"),
    "officer": Said("联系责任人", "contact officers"),
    "contact": Said("四联二访", "contacts and visits"),
    "activity": Said("组织生活活动", "activities and attendance"),
    "study": Said("委托学习", "study held for the partner"),
    "education": Said("学习教育", "education and coverage"),
    "dues": Said("党费", "dues"),
    "care": Said("关爱帮扶", "help for members"),
    "report": Said("向支委会汇报", "reports to the branch committee"),
    "channel": Said("联系渠道", "channels to members"),
    "roundtable": Said("座谈和建议", "round-tables and suggestions"),
    "entry": Said("《活动证》记载", "entries of the activity certificate"),
    "feedback": Said("季度反馈", "quarterly feedback"),
    "score": Said("积分", "scores"),
    "conflict": Said("双方不一致的记载", "conflicts"),
    "probation": Said("预备党员考察和转正", "probation of members who are away"),
    "erasure": Said("到期删除", "erasure of members whose time is over"),
    "attachment": Said("附件", "attached files"),
    "quarantine": Said("暂存的消息", "messages that are held"),
    "notice": Said("通知", "notices"),
    "today": Said("现在应办的事", "what is due now"),
    "task": Said("待办事项", "open tasks"),
    "recovery": Said("从备份恢复的结果", "what came back after a restore"),
    "reconcile": Said("对账", "reconciliation"),
    "verify": Said("用日志核对本机", "check this node against the logs"),
    "proof": Said("消息证明", "proofs of messages"),
    "audit": Said("审计记录", "the audit of what staff did"),
}


@functools.cache
def family(name: str) -> "Mapping[str, Operation]":
    """The operations of one family by name, in the order in which people meet them."""
    rows: tuple[Operation, ...] = import_module(f"{__name__}.{name}").OPERATIONS
    return {operation.name: operation for operation in rows}


def named(name: str) -> "Operation | None":
    """The operation of this name, if there is one; of all families only its own is loaded."""
    start = name.partition(".")[0]
    return family(start).get(name) if start in FAMILIES else None


@functools.cache
def every() -> "Mapping[str, Operation]":
    """All operations by name."""
    return {name: operation for each in FAMILIES for name, operation in family(each).items()}
