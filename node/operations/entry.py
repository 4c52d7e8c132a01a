"""Entries of the Activity Certificate: made by the branch where it happened, seen by both committees."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_subject, responsible_body
from gongguan.node.operations.said import Said
from gongguan.sync.performance.activities import (
    EntriesListed,
    EntriesMade,
    EntryDues,
    EntryLife,
    EntryLifeAll,
    EntryList,
    EntryWithdraw,
    enter_dues,
    enter_life,
    enter_life_all,
    list_entries,
    withdraw_entry,
)
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.entries import EntryMade

OPERATIONS: Final = (
    Operation(
        name="entry.life",
        title="登记组织生活",
        english="enter organisational life",
        request=EntryLife,
        answer=EntryMade,
        roles=WORKERS,
        function=enter_life,
        duties=("A-44", "A-45", "B-24", "B-27"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已记入《活动证》（{entry}）。", "Entered in the certificate ({entry})."),
        hint=Said(
            "不掌握的不要登记；如要赋分：gongguan score contribute",
            "Enter nothing that is not known; to score it: gongguan score contribute",
        ),
    ),
    Operation(
        name="entry.life_all",
        title="登记一次活动的全部参加人员",
        english="enter everyone who attended one event",
        request=EntryLifeAll,
        answer=EntriesMade,
        roles=WORKERS,
        function=enter_life_all,
        duties=("A-44", "A-45", "B-24", "B-27"),
        done=Said(
            "已登记 {entered} 人，先前已登记 {already} 人（活动编号 {event}）。",
            "Event {event}: {entered} entered, {already} already were.",
        ),
        hint=Said(
            "没有列入的一律是“未知”，不算缺席；确认未参加的逐人登记：gongguan entry life",
            "Who was not named is unknown, not absent; enter a confirmed absence one by one: gongguan entry life",
        ),
    ),
    Operation(
        name="entry.dues",
        title="登记交纳党费月份",
        english="enter a month of dues",
        request=EntryDues,
        answer=EntryMade,
        roles=WORKERS,
        function=enter_dues,
        duties=("A-45", "B-36"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已记入《活动证》（{entry}）。", "Entered in the certificate ({entry})."),
    ),
    Operation(
        name="entry.withdraw",
        title="撤回本方的记载",
        english="take back an entry of this side",
        request=EntryWithdraw,
        answer=EntryMade,
        roles=WORKERS,
        function=withdraw_entry,
        duties=("A-45",),
        about=lambda request: f"entry:{request.entry}",
        done=Said("已撤回（{entry}），原记载保留可查。", "{entry} is taken back; it stays readable."),
    ),
    Operation(
        name="entry.list",
        title="查看一人的《活动证》记载",
        english="list the entries of a member",
        request=EntryList,
        answer=EntriesListed,
        roles=VIEWERS,
        function=list_entries,
        duties=("A-44", "A-45"),
        reads=True,
        personal=True,
        subtree=responsible_body,
        about=about_subject,
        hint=Said(
            "没有列出的情况是“未知”，不得推定为没有参加或没有交纳；迟记按周一至周五计算",
            "What is not listed is unknown, neither absent nor unpaid; lateness counts Monday to Friday",
        ),
    ),
)
