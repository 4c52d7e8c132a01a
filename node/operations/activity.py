"""Activities: planned, invited to by default, attended in three states."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.reach import about_person
from gongguan.node.operations.said import Said
from gongguan.sync.education.attendance import (
    ActivitiesListed,
    ActivityAttend,
    ActivityHistory,
    ActivityList,
    ActivityShow,
    ActivityShown,
    AttendanceKept,
    HistoryShown,
    attend,
    list_activities,
    show_activity,
    show_history,
)
from gongguan.sync.education.invitations import (
    ActivityInvite,
    ActivityPlan,
    ActivityPlanned,
    ActivityReply,
    invite,
    plan,
    reply,
)
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared.charges import by_person_id

OPERATIONS: Final = (
    Operation(
        name="activity.plan",
        title="安排一次活动，默认邀请全部流动党员",
        english="plan an activity; floating members are invited by default",
        request=ActivityPlan,
        answer=ActivityPlanned,
        roles=WORKERS,
        function=plan,
        duties=("A-32", "A-44", "B-20", "B-26", "B-27", "B-28"),
        done=Said("已安排（{event}），邀请 {invited} 名流动党员。", "{event} is planned; {invited} are invited."),
        hint=Said(
            "登记答复：gongguan activity reply；活动后登记参加情况：gongguan activity attend",
            "Replies: gongguan activity reply; afterwards who came: gongguan activity attend",
        ),
    ),
    Operation(
        name="activity.invite",
        title="再邀请几名党员",
        english="invite more members",
        request=ActivityInvite,
        answer=ActivityPlanned,
        roles=WORKERS,
        function=invite,
        duties=("A-44",),
        done=Said("已邀请 {invited} 名。", "{invited} are invited."),
    ),
    Operation(
        name="activity.reply",
        title="登记党员对邀请的答复",
        english="record replies to an invitation",
        request=ActivityReply,
        answer=ActivityPlanned,
        roles=WORKERS,
        function=reply,
        duties=("A-44",),
        done=Said(
            "能参加 {will_come} 名，没有答复 {no_reply} 名。", "{will_come} will come, {no_reply} did not reply."
        ),
    ),
    Operation(
        name="activity.attend",
        title="登记一次活动的参加情况",
        english="enter who attended an activity",
        request=ActivityAttend,
        answer=AttendanceKept,
        roles=WORKERS,
        function=attend,
        duties=("A-44", "A-45", "B-24", "B-27", "B-28"),
        done=Said(
            "已参加 {confirmed} 名，经确认未参加 {confirmed_absent} 名，未知 {unknown} 名。",
            "{confirmed} came, {confirmed_absent} confirmed absent, {unknown} unknown.",
        ),
        hint=Said("没有写到的人是“未知”，不算缺席", "Who was not named is unknown, not absent"),
    ),
    Operation(
        name="activity.list",
        title="查看一个季度的活动",
        english="list the activities of a quarter",
        request=ActivityList,
        answer=ActivitiesListed,
        roles=VIEWERS,
        function=list_activities,
        duties=("A-32", "A-44"),
        reads=True,
    ),
    Operation(
        name="activity.show",
        title="查看一次活动的邀请和参加情况",
        english="show who was invited and who came",
        request=ActivityShow,
        answer=ActivityShown,
        roles=VIEWERS,
        function=show_activity,
        duties=("A-44",),
        reads=True,
        personal=True,
    ),
    Operation(
        name="activity.history",
        title="查看一名党员历次参加情况",
        english="show what a member took part in, over all periods",
        request=ActivityHistory,
        answer=HistoryShown,
        roles=VIEWERS,
        function=show_history,
        duties=("A-17", "B-28"),
        reads=True,
        personal=True,
        settle=by_person_id,
        about=about_person,
    ),
)
