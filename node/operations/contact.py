"""Contacts and visits with floating members: what is due, what was made, what was said stays here."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_person, whole_committee
from gongguan.node.operations.said import Instead, Said, Told
from gongguan.sync.contacts.contacts import (
    ContactMadeHere,
    ContactRecord,
    ContactRecordAll,
    ContactShow,
    ContactsMade,
    ContactsShown,
    ContactWithdraw,
    record,
    record_all,
    show,
    withdraw,
)
from gongguan.sync.contacts.festivals import FestivalList, FestivalSet, FestivalsListed, list_festivals, set_festival
from gongguan.sync.contacts.lists import (
    BirthdaysListed,
    ContactBirthdays,
    ContactList,
    NeedsListed,
    list_birthdays,
    list_contacts,
)
from gongguan.sync.roles import OFFICERS, VIEWERS, WORKERS
from gongguan.sync.shared.charges import by_person_id

FOUR_AND_TWO: Final = ("A-18", "A-19", "A-46", "A-67", "B-12", "B-13", "B-14", "B-15", "B-16", "B-17")


_AGAIN: Final = Told(
    Said(
        "先前已登记与{name}的这次联系（{contact}），没有重复登记。",
        "This contact with {name} was recorded before ({contact}); nothing was added.",
    ),
    Said(
        "登错了要改的，先撤回：gongguan contact withdraw 联系编号",
        "To correct it, withdraw it first: gongguan contact withdraw ID",
    ),
)

OPERATIONS: Final = (
    Operation(
        name="contact.record",
        title="登记一次联系或走访",
        english="record a contact or visit",
        request=ContactRecord,
        answer=ContactMadeHere,
        roles=WORKERS,
        function=record,
        duties=FOUR_AND_TWO,
        settle=by_person_id,
        about=about_person,
        done=Said("已登记与{name}的联系（{contact}）。", "The contact with {name} is recorded ({contact})."),
        hint=Said(
            "简记只存本节点；家里有困难的：gongguan care open",
            "The note stays on this node; where help is needed: gongguan care open",
        ),
        instead=(Instead({"already": True}, _AGAIN),),
    ),
    Operation(
        name="contact.record_all",
        title="登记多名党员的联系",
        english="record contacts of many members",
        request=ContactRecordAll,
        answer=ContactsMade,
        roles=WORKERS,
        function=record_all,
        duties=FOUR_AND_TWO,
        done=Said(
            "已登记 {recorded} 次联系，联系到本人 {reached} 次；先前已登记 {already} 次。",
            "{recorded} contacts recorded, {reached} reached; {already} were recorded before.",
        ),
        hint=Said("还差谁：gongguan contact list --state due", "Who is left: gongguan contact list --state due"),
    ),
    Operation(
        name="contact.withdraw",
        title="撤回一次联系记录",
        english="take back a record of a contact",
        request=ContactWithdraw,
        answer=ContactMadeHere,
        roles=WORKERS,
        function=withdraw,
        duties=("A-18",),
        about=lambda request: f"contact:{request.contact}",
        done=Said("已撤回（{contact}），原记录保留可查。", "{contact} is taken back; it stays readable."),
    ),
    Operation(
        name="contact.list",
        title="查看一个季度应联系和已联系的情况",
        english="list what contacts a quarter asks for",
        request=ContactList,
        answer=NeedsListed,
        roles=VIEWERS,
        function=list_contacts,
        duties=FOUR_AND_TWO,
        reads=True,
        personal=True,
        purpose="contact",
        hint=Said(
            "登记：gongguan contact record；只看未做的：gongguan contact list --state due",
            "Record one: gongguan contact record; only what is open: gongguan contact list --state due",
        ),
    ),
    Operation(
        name="contact.birthdays",
        title="查看一个月的政治生日",
        english="list the political birthdays of a month",
        request=ContactBirthdays,
        answer=BirthdaysListed,
        roles=VIEWERS,
        function=list_birthdays,
        duties=("B-14",),
        reads=True,
        personal=True,
        purpose="contact",
    ),
    Operation(
        name="contact.festivals",
        title="查看要联系的节日",
        english="list the festivals of this node",
        request=FestivalList,
        answer=FestivalsListed,
        roles=VIEWERS,
        function=list_festivals,
        duties=("B-15",),
        reads=True,
    ),
    Operation(
        name="contact.festival_set",
        title="增加或修改一个节日",
        english="add or change a festival",
        request=FestivalSet,
        answer=FestivalsListed,
        roles=OFFICERS,
        function=set_festival,
        duties=("B-15",),
        subtree=whole_committee,
    ),
    Operation(
        name="contact.show",
        title="查看一名党员的联系记录",
        english="show the contacts of a member",
        request=ContactShow,
        answer=ContactsShown,
        roles=WORKERS,
        function=show,
        duties=("A-19", "B-10"),
        reads=True,
        personal=True,
        purpose="contact",
        settle=by_person_id,
        about=about_person,
    ),
)
