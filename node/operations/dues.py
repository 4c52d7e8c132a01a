"""Party dues: months entered for many members, months covered, and who has to be asked."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_person
from gongguan.node.operations.said import Said
from gongguan.sync.dues.dues import DuesEnter, DuesEntered, DuesWithdraw, DuesWithdrawn, enter, withdraw
from gongguan.sync.dues.lists import (
    DuesLagging,
    DuesList,
    DuesListed,
    DuesRates,
    DuesShow,
    DuesShown,
    LaggingListed,
    RatesShown,
    list_dues,
    list_lagging,
    show_dues,
    show_rates,
)
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.charges import by_person_id

OPERATIONS: Final = (
    Operation(
        name="dues.enter",
        title="登记一个月的党费（可多名党员）",
        english="enter a month of dues for many members",
        request=DuesEnter,
        answer=DuesEntered,
        roles=WORKERS,
        function=enter,
        duties=("A-45", "B-36"),
        done=Said(
            "{month}：新登记 {entered} 名，先前已登记 {already} 名。",
            "{month}: {entered} entered, {already} were.",
        ),
        hint=Said(
            "金额只存本节点。没有写到的人是“未知”，不算未交；确认未交的用表登记并写原因：gongguan sheet make 党费",
            "Amounts stay here. Who was not named is unknown, not unpaid; for the unpaid: gongguan sheet make dues",
        ),
    ),
    Operation(
        name="dues.withdraw",
        title="撤回本方登记的一个月党费",
        english="take back a month entered here",
        request=DuesWithdraw,
        answer=DuesWithdrawn,
        roles=WORKERS,
        function=withdraw,
        duties=("A-45",),
        settle=by_person_id,
        about=about_person,
        done=Said("{name} {month} 的登记已撤回，原记载保留可查。", "{month} of {name} is taken back."),
    ),
    Operation(
        name="dues.list",
        title="查看党费缴至年月",
        english="list until when dues are paid",
        request=DuesList,
        answer=DuesListed,
        roles=VIEWERS,
        function=list_dues,
        duties=("A-45",),
        reads=True,
        personal=True,
        hint=Said("“未知”不是未交，请先了解", "Unknown is not unpaid: ask first"),
    ),
    Operation(
        name="dues.show",
        title="查看一名党员各月党费",
        english="show the months of a member",
        request=DuesShow,
        answer=DuesShown,
        roles=VIEWERS,
        function=show_dues,
        duties=("A-45",),
        reads=True,
        personal=True,
        settle=by_person_id,
        about=about_person,
    ),
    Operation(
        name="dues.lagging",
        title="查看连续六个月没有党费记载的党员",
        english="list members without a covered month for half a year",
        request=DuesLagging,
        answer=LaggingListed,
        roles=VIEWERS,
        function=list_lagging,
        duties=("A-45",),
        reads=True,
        personal=True,
        hint=Said(
            "本表只列情况，不提出也不启动任何处理；有未知月份的先向本人和对方了解",
            "The list proposes and starts nothing; where months are unknown ask the member and the partner first",
        ),
    ),
    Operation(
        name="dues.rates",
        title="查看党费标准",
        english="show the rates of dues",
        request=DuesRates,
        answer=RatesShown,
        roles=VIEWERS,
        function=show_rates,
        reads=True,
    ),
)
