"""Consultations with partners: called, minuted, and when the next is due."""

from typing import Final

from gongguan.node.operations.joint import PROPOSED, PROPOSED_NEXT
from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import whole_committee
from gongguan.node.operations.said import Said
from gongguan.sync.agreements.joint import JointDone
from gongguan.sync.liaison.meetings import (
    MeetingCall,
    MeetingCalledAnswer,
    MeetingList,
    MeetingMinutes,
    MeetingsListed,
    call_meeting,
    list_meetings,
    minute_meeting,
)
from gongguan.sync.roles import OFFICERS, SIGNERS, VIEWERS

OPERATIONS: Final = (
    Operation(
        name="meeting.call",
        title="召集会商",
        english="call a consultation",
        request=MeetingCall,
        answer=MeetingCalledAnswer,
        roles=OFFICERS | SIGNERS,
        function=call_meeting,
        duties=("A-54", "A-62"),
        subtree=whole_committee,
        done=Said("已请{peer}于 {on} 会商。", "{peer} is invited for {on}."),
        hint=Said(
            "会后提出纪要：gongguan meeting minutes --held-on 日期 --resolutions 决议",
            "Afterwards propose the minutes: gongguan meeting minutes --held-on DATE --resolutions TEXT",
        ),
    ),
    Operation(
        name="meeting.minutes",
        title="提出会商纪要，由对方会签",
        english="propose the minutes for the partner's signature",
        request=MeetingMinutes,
        answer=JointDone,
        roles=SIGNERS,
        function=minute_meeting,
        duties=("A-54", "A-62"),
        subtree=whole_committee,
        done=PROPOSED,
        hint=PROPOSED_NEXT,
    ),
    Operation(
        name="meeting.list",
        title="查看会商情况和下次期限",
        english="list consultations and when the next is due",
        request=MeetingList,
        answer=MeetingsListed,
        roles=VIEWERS,
        function=list_meetings,
        duties=("A-54", "A-62"),
        reads=True,
    ),
)
