"""Contact officers: one named person per member and side."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_person
from gongguan.node.operations.said import Said
from gongguan.sync.contacts.officers import (
    OfficerAssign,
    OfficerHandOver,
    OfficerList,
    OfficersAssigned,
    OfficerShow,
    OfficersListed,
    OfficersShown,
    assign,
    hand_over,
    list_officers,
    show_officers,
)
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.charges import by_person_id

OPERATIONS: Final = (
    Operation(
        name="officer.assign",
        title="确定党员的联系责任人（可几名党员）",
        english="name the contact officer of members",
        request=OfficerAssign,
        answer=OfficersAssigned,
        roles=WORKERS,
        function=assign,
        duties=("B-09",),
        done=Said("从 {since} 起由{officer}联系 {members} 名党员。", "{officer} keeps contact with {members} members."),
    ),
    Operation(
        name="officer.hand_over",
        title="联系责任人离任，移交全部党员",
        english="hand all members of an officer over to another",
        request=OfficerHandOver,
        answer=OfficersAssigned,
        roles=WORKERS,
        function=hand_over,
        duties=("B-09",),
        done=Said("{members} 名党员从 {since} 起由{officer}联系。", "{members} members go to {officer} on {since}."),
    ),
    Operation(
        name="officer.list",
        title="查看双方的联系责任人",
        english="list the contact officers of both sides",
        request=OfficerList,
        answer=OfficersListed,
        roles=VIEWERS,
        function=list_officers,
        duties=("B-09",),
        reads=True,
        personal=True,
        purpose="contact",
        hint=Said(
            "确定一名：gongguan officer assign；移交：gongguan officer hand-over",
            "Name one: gongguan officer assign; hand over: gongguan officer hand-over",
        ),
    ),
    Operation(
        name="officer.show",
        title="查看一名党员历任的联系责任人",
        english="show the officers of a member one after the other",
        request=OfficerShow,
        answer=OfficersShown,
        roles=VIEWERS,
        function=show_officers,
        duties=("B-09",),
        reads=True,
        personal=True,
        purpose="contact",
        settle=by_person_id,
        about=about_person,
    ),
)
