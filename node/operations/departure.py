"""Departures: reports of members before they leave, and notices to the committee where they go."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_member, branch_of_member
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.sync.movement.departures import (
    DepartureList,
    DepartureNotify,
    DepartureNotifyAll,
    DepartureReport,
    DepartureReported,
    DepartureSent,
    DeparturesListed,
    DeparturesSent,
    list_departures,
    notify_all,
    notify_departure,
    report_departure,
)
from gongguan.sync.movement.quality import UnreceiptedList, UnreceiptedListed, list_unreceipted
from gongguan.sync.roles import VIEWERS, WORKERS

_REPORTED: Final = Said(
    "发放活动证（gongguan certificate issue），再通报流入地（gongguan departure notify）",
    "Issue the certificate (gongguan certificate issue), then notify (gongguan departure notify)",
)
_AGAIN: Final = Said(
    "先前已登记{name}的这次外出，没有重复登记。{remark}",
    "This departure of {name} was recorded before; nothing was added.",
)

OPERATIONS: Final = (
    Operation(
        name="departure.report",
        title="登记外出报告",
        english="record a member's report before leaving",
        request=DepartureReport,
        answer=DepartureReported,
        roles=WORKERS,
        function=report_departure,
        duties=("A-13", "A-14"),
        subtree=branch_of_member,
        about=about_member,
        done=Said(
            "已登记{name}的外出报告。{remark}", "The report of {name} is recorded; briefed before leaving: {briefed}."
        ),
        hint=_REPORTED,
        instead=(Instead({"already": True}, Told(_AGAIN, _REPORTED)),),
    ),
    Operation(
        name="departure.list",
        title="查看外出报告",
        english="list departure reports",
        request=DepartureList,
        answer=DeparturesListed,
        roles=VIEWERS,
        function=list_departures,
        duties=("A-12", "A-14"),
        reads=True,
        personal=True,
    ),
    Operation(
        name="departure.notify",
        title="向流入地通报一名外出党员",
        english="notify the destination of one member",
        request=DepartureNotify,
        answer=DepartureSent,
        roles=WORKERS,
        function=notify_departure,
        duties=("A-05", "A-08", "A-13", "A-15"),
        personal=True,
        subtree=branch_of_member,
        about=about_member,
        done=Said("已通报{peer}，流动记录编号 {subject}。", "{peer} is notified; the subject is {subject}."),
        hint=Said(
            "现在请对方核实身份并编入党组织（gongguan admission give）；答复后可用 gongguan movement show 查看",
            "Now the partner admits the member (gongguan admission give); see gongguan movement show",
        ),
    ),
    Operation(
        name="departure.notify_all",
        title="向流入地通报所有具备条件的外出党员",
        english="notify the destination of all members that have what is needed",
        request=DepartureNotifyAll,
        answer=DeparturesSent,
        roles=WORKERS,
        function=notify_all,
        duties=("A-05", "A-08", "A-13", "A-15"),
        personal=True,
        done=Said(
            "已向{peer}通报 {sent_count} 人，先前已通报 {already_count} 人，{lacking_count} 人未通报。",
            "{peer} is notified of {sent_count} members ({already_count} were before); {lacking_count} were not sent.",
        ),
        hint=Said(
            "按“原因”逐人补齐后可再次通报；现在请对方逐人接收（gongguan admission list）",
            "Complete what is missing and repeat; now the partner admits them (gongguan admission list)",
        ),
    ),
    Operation(
        name="departure.unreceipted",
        title="查看没有已签收通报的外出党员",
        english="list members without a receipted notice",
        request=UnreceiptedList,
        answer=UnreceiptedListed,
        roles=VIEWERS,
        function=list_unreceipted,
        duties=("A-05",),
        reads=True,
        personal=True,
    ),
)
