"""Mobility periods: what both sides hold about a member, and how a period goes on and ends."""

from typing import Final, Protocol

from gongguan.sync.gaps import GapList, GapsListed, list_gaps
from gongguan.sync.movement import (
    Moved,
    MovementList,
    MovementRelocate,
    MovementShow,
    MovementShown,
    MovementsListed,
    list_movements,
    relocate,
    show_movement,
)
from gongguan.sync.profiles import ProfileShow, ProfileShown, ProfilesTold, show_profile, tell_all
from gongguan.sync.reminders import (
    ReminderLine,
    ReminderList,
    RemindersListed,
    RemindRecord,
    list_reminders,
    remind,
)
from gongguan.sync.returns import (
    AccountTake,
    AccountTaken,
    CertificateChecked,
    CertificateCheckMake,
    ClosingShow,
    ClosingShown,
    MovementReturn,
    Returned,
    SummaryGive,
    SummarySent,
    check_certificate,
    end_movement,
    give_summary,
    show_closing,
    take_account,
)
from gongguan.sync.roles import VIEWERS, WORKERS
from gongguan.sync.shared import body_of
from gongguan.sync.staff import Nothing
from gongguan.sync.store import Store
from gongguan.sync.whereabouts import (
    EventReport,
    EventSeen,
    EventSeenAnswer,
    EventSent,
    MovementRetarget,
    PresenceReport,
    PresenceSent,
    Retargeted,
    event_seen,
    report_event,
    report_presence,
    retarget,
)

from .operation import Operation, Said


class AboutSubject(Protocol):
    """A request about one mobility period."""

    @property
    def subject(self) -> str:
        """Its pseudonym."""


def responsible_body(store: Store, request: AboutSubject) -> str | None:
    """The body here that answers for the member."""
    return body_of(store, request.subject)


def about_subject(request: AboutSubject) -> str:
    """What the audit keeps."""
    return f"subject:{request.subject}"


OPERATIONS: Final = (
    Operation(
        name="movement.list",
        title="查看流动记录",
        english="list mobility periods",
        request=MovementList,
        answer=MovementsListed,
        roles=VIEWERS,
        function=list_movements,
        duties=("A-05", "A-12"),
        reads=True,
        personal=True,
        hint=Said("查看一人的双方记载：gongguan movement show 编号", "See one: gongguan movement show ID"),
    ),
    Operation(
        name="movement.show",
        title="查看双方对一名党员的全部记载",
        english="show all that both sides hold about a member",
        request=MovementShow,
        answer=MovementShown,
        roles=VIEWERS,
        function=show_movement,
        duties=("A-07", "A-66"),
        reads=True,
        personal=True,
        subtree=responsible_body,
        about=about_subject,
    ),
    Operation(
        name="movement.relocate",
        title="通报工作生活地点变动",
        english="report that a member works or lives elsewhere",
        request=MovementRelocate,
        answer=Moved,
        roles=WORKERS,
        function=relocate,
        duties=("A-07", "A-48"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已通报：自 {on} 起在 {place}。", "Reported: in {place} since {on}."),
        hint=Said(
            "对方不用答复；对方同时写了别的地点的，会列为不一致，由双方商定",
            "No answer is needed; if the partner wrote another place meanwhile, both sides settle it",
        ),
    ),
    Operation(
        name="movement.return",
        title="通报流动结束",
        english="report that a mobility period is over",
        request=MovementReturn,
        answer=Returned,
        roles=WORKERS,
        function=end_movement,
        duties=("A-22",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已通报流动于 {ended_on} 结束。", "The period is over as of {ended_on}."),
        hint=Said(
            "请查验活动证；对方补记的组织生活、党费仍会送达",
            "Check the certificate; entries that the partner still makes will arrive",
        ),
    ),
    Operation(
        name="movement.profile",
        title="查看党员资料及其来源",
        english="show the shared fields of a member with source and time",
        request=ProfileShow,
        answer=ProfileShown,
        roles=VIEWERS,
        function=show_profile,
        duties=("A-07",),
        reads=True,
        personal=True,
        about=lambda request: f"person:{request.person}" if request.person.isascii() else None,
    ),
    Operation(
        name="movement.tell_profiles",
        title="把资料变动告知流入地",
        english="tell destinations what has changed in members' records",
        request=Nothing,
        answer=ProfilesTold,
        roles=WORKERS,
        function=tell_all,
        duties=("A-07",),
        done=Said("已告知 {told} 人的资料变动。", "{told} members' changes were told."),
    ),
    Operation(
        name="movement.check",
        title="查验返回党员的活动证",
        english="compare the certificate brought back with what is on record",
        request=CertificateCheckMake,
        answer=CertificateChecked,
        roles=WORKERS,
        function=check_certificate,
        duties=("A-22",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已查验。", "Checked."),
        hint=Said(
            "对不上的逐条核实后办理结束：gongguan movement return",
            "Settle what does not match, then: gongguan movement return",
        ),
    ),
    Operation(
        name="movement.summarise",
        title="总结外出期间表现",
        english="tell the origin how the whole stay was",
        request=SummaryGive,
        answer=SummarySent,
        roles=WORKERS,
        function=give_summary,
        duties=("A-23",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已告知流出地。", "The origin is told."),
    ),
    Operation(
        name="movement.account",
        title="登记返回党员本人汇报",
        english="keep the member's own account of the time away",
        request=AccountTake,
        answer=AccountTaken,
        roles=WORKERS,
        function=take_account,
        duties=("A-23",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已登记，只存本节点。", "Kept on this node only."),
    ),
    Operation(
        name="movement.closing",
        title="查看流动结束的各项材料",
        english="show what closes a period: check, summary, own account",
        request=ClosingShow,
        answer=ClosingShown,
        roles=VIEWERS,
        function=show_closing,
        duties=("A-22", "A-23"),
        reads=True,
        personal=True,
        subtree=responsible_body,
        about=about_subject,
    ),
    Operation(
        name="movement.retarget",
        title="把流动党员转接到另一个流入地",
        english="end a period and notify the next destination",
        request=MovementRetarget,
        answer=Retargeted,
        roles=WORKERS,
        function=retarget,
        duties=("A-48",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已结束原流动记录，并通报{peer}。", "The period has ended; {peer} is notified."),
        hint=Said(
            "请新流入地核实身份并编入：gongguan admission give",
            "The new destination now admits: gongguan admission give",
        ),
    ),
    Operation(
        name="movement.presence",
        title="通报失去联系或恢复联系",
        english="report that a member is out of contact, or back",
        request=PresenceReport,
        answer=PresenceSent,
        roles=WORKERS,
        function=report_presence,
        duties=("A-05", "B-04"),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已通报。", "Reported."),
    ),
    Operation(
        name="movement.event",
        title="通报重大情况（只报类别和文号）",
        english="report a grave event by category and reference",
        request=EventReport,
        answer=EventSent,
        roles=WORKERS,
        function=report_event,
        duties=("A-49",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已通报，详情请电话或函告。", "Reported; tell the rest by telephone or letter."),
    ),
    Operation(
        name="movement.event_seen",
        title="办结对方通报的重大情况",
        english="say that a grave event was taken up",
        request=EventSeen,
        answer=EventSeenAnswer,
        roles=WORKERS,
        function=event_seen,
        duties=("A-49",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已办结。", "Done."),
    ),
    Operation(
        name="movement.gaps",
        title="查看没有真正有人管理的党员",
        english="list members whom nobody manages effectively",
        request=GapList,
        answer=GapsListed,
        roles=VIEWERS,
        function=list_gaps,
        duties=("A-02",),
        reads=True,
        personal=True,
    ),
    Operation(
        name="movement.remind",
        title="登记督促报到",
        english="log a reminder to report at the destination",
        request=RemindRecord,
        answer=ReminderLine,
        roles=WORKERS,
        function=remind,
        duties=("A-16",),
        subtree=responsible_body,
        about=about_subject,
        done=Said("已登记。", "Logged."),
    ),
    Operation(
        name="movement.reminders",
        title="查看督促记录",
        english="list reminders",
        request=ReminderList,
        answer=RemindersListed,
        roles=VIEWERS,
        function=list_reminders,
        duties=("A-16",),
        reads=True,
        personal=True,
    ),
)
