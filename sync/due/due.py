"""What is due: one row per kind of work in ``DUES``, each a pure function over the store, a subtree and a day.

Nothing is kept: what is due follows from what is on record, so that nobody has to tick anything off. A row sees only
the members whose body lies in the acting person's subtree, and a missing message of a partner makes nobody late. To add
a kind of work, write its function and name it in ``DUES``::

    def admissions(scope: Scope) -> Iterator[Due]:
        for period in scope.periods:
            ...
            yield Due(subject=period.subject, who=scope.name(period), due_on="2026-03-12", command="gongguan …")

    DUES["admission"] = Row("答复外出通报", "answer a notice of departure", WORKERS, admissions)
"""

import heapq
from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Final, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.days import today
from gongguan.sync.due.agreements import (
    bulletins,
    calendars,
    consultations,
    frozen,
    joint_answers,
    matters,
    open_conflicts,
    proposed_agreements,
    silences,
    statements,
)
from gongguan.sync.due.attendance import attendance_absent, attendance_unknown, entries
from gongguan.sync.due.contacts import cases, contacts_of, officers, reports
from gongguan.sync.due.education import delegating, materials, pushes, studies
from gongguan.sync.due.erasure import approvals, expired
from gongguan.sync.due.feedback import feedbacks
from gongguan.sync.due.months import dues
from gongguan.sync.due.movement import by_task, certificates, destinations, inflows, notices, paper_stays
from gongguan.sync.due.probation import meetings, observations, opinions, requests
from gongguan.sync.due.reminders import arrivals_due
from gongguan.sync.due.scope import Due, Row, Scope
from gongguan.sync.due.superiors import unsent
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.records import Task
from gongguan.sync.roles import OFFICERS, SIGNERS, WORKERS


def admissions(scope: Scope) -> Iterator[Due]:
    """Notices of departure that wait for our answer, by the time limit of the agreement (A-27)."""
    open_tasks = scope.store.find(Task, state="open")
    received = {task.subject: task.opened_at for task in open_tasks if task.kind == "answer_departure"}
    for period in scope.periods:
        if period.side != "destination" or period.subject not in received or scope.state(period) != "notified":
            continue
        limit = scope.terms(period.pairing_id).intervals.admission_working_days
        due_on = scope.calendar.after(today(datetime.fromisoformat(received[period.subject])), limit)
        yield Due(
            subject=period.subject,
            who=scope.name(period),
            due_on=due_on.isoformat(),
            command=f"gongguan admission give {period.subject}",
        )


events = by_task("read_event", lambda intervals: intervals.major_event_working_days, "gongguan movement event-seen {}")
summaries = by_task(
    "give_summary", lambda intervals: intervals.return_check_working_days, "gongguan movement summarise {}"
)

refusals = by_task("handle_refusal", lambda intervals: intervals.admission_working_days, "gongguan movement show {}")

DUES: Final[Mapping[str, Row]] = {
    "notice": Row("通报已外出的党员", "give notice of a departure", WORKERS, notices),
    "agreement": Row("看对方提出的共管协议，签署或不同意", "read and sign the agreement", SIGNERS, proposed_agreements),
    "admission": Row("答复外出通报：接收或说明理由", "answer a notice of departure", WORKERS, admissions),
    "refusal": Row("处理对方不予接收：改正后再通报，或办理返回", "settle a refusal", WORKERS, refusals),
    "feedback": Row("反馈上季度现实表现", "give feedback on the quarter before", WORKERS, feedbacks),
    "arrival": Row("督促到流入地报到", "remind to report at the destination", WORKERS, arrivals_due),
    "inflow": Row("认领或否认未经通报的来人", "answer for somebody who came unannounced", OFFICERS | SIGNERS, inflows),
    "destination": Row("转接到新流入地", "notify the next destination", WORKERS, destinations),
    "paper_stay": Row("对方已有节点：按其来函来电结束原公函记录", "end a stay on paper", WORKERS, paper_stays),
    "event": Row("了解对方通报的重大情况", "take up a grave event", WORKERS, events),
    "superior": Row("向上级党组织报告", "report to the department above", OFFICERS | SIGNERS, unsent),
    "certificate": Row("查验返回党员的活动证", "compare the certificate brought back", WORKERS, certificates),
    "summary": Row("总结外出期间表现", "sum up a stay that is over", WORKERS, summaries),
    "matter": Row("把重要事项或选举通知告知党员", "pass a matter or an election notice on", WORKERS, matters),
    "bulletin": Row("发季度通报", "send the quarter's bulletin", WORKERS, bulletins),
    "joint": Row("查看并签署对方提出的共同事项", "read and sign what the partner proposed", SIGNERS, joint_answers),
    "conflict": Row("答复双方记载的不一致", "answer for a conflict", OFFICERS | SIGNERS, open_conflicts),
    "statement": Row("核对对方代录的本方答复", "check what was entered for us", OFFICERS, statements),
    "frozen": Row(
        "出现两份不同记录，往来已冻结：导出证据，打电话",
        "export the evidence of two histories",
        OFFICERS | SIGNERS,
        frozen,
    ),
    "silence": Row("对方久无消息，请电话联系", "ask a partner that is silent", OFFICERS | SIGNERS, silences),
    "consultation": Row("与对方会商", "consult with a partner", OFFICERS | SIGNERS, consultations),
    "attendance_entry": Row("登记活动参加情况", "enter who attended", WORKERS, entries),
    "attendance_unknown": Row("了解上季度参加情况（不掌握）", "find out about attendance", WORKERS, attendance_unknown),
    "attendance_absent": Row("提醒参加组织生活（上季度未参加）", "remind of attendance", WORKERS, attendance_absent),
    "study": Row("答复或举办对方委托的学习", "answer or hold a delegated study", WORKERS, studies),
    "study_delegate": Row("委托对方组织学习", "ask the partner for a study", WORKERS, delegating),
    "push": Row("推送学习内容", "push study online", WORKERS, pushes),
    "material": Row("送学上门", "hand over material", WORKERS, materials),
    "dues_month": Row("登记上月党费", "enter the dues of the month before", WORKERS, dues),
    "care": Row("办理诉求", "go on with a help case", WORKERS, cases),
    "branch_report": Row("向支委会汇报上季度情况", "report to the branch committee", WORKERS, reports),
    "officer": Row("确定联系责任人", "name a contact officer", WORKERS, officers),
    "quarterly": Row("季度定期联系", "quarterly contact", WORKERS, contacts_of("quarterly")),
    "relocation": Row("地点变更联系", "contact after a relocation", WORKERS, contacts_of("relocation")),
    "political_birthday": Row("政治生日联系", "political birthday", WORKERS, contacts_of("political_birthday")),
    "festival": Row("逢年过节联系", "contact for a festival", WORKERS, contacts_of("festival")),
    "home_visit": Row("支部上门家访", "home visit", WORKERS, contacts_of("home_visit")),
    "hardship_visit": Row("遇困遇难探访", "visit in hardship", WORKERS, contacts_of("hardship_visit")),
    "probation_request": Row("征求预备党员转正意见", "ask for an opinion on probation", WORKERS, requests),
    "probation_opinion": Row("答复预备党员转正意见", "give an opinion on probation", WORKERS, opinions),
    "probation_observation": Row("预备党员季度考察", "observe a probationer", WORKERS, observations),
    "probation_decision": Row("讨论和审批预备党员转正", "meet and decide on probation", WORKERS, meetings),
    "erasure_approval": Row("批准删除申请", "approve that a member is erased", SIGNERS, approvals),
    "calendar": Row("导入工作日安排", "import the days off and the days worked", OFFICERS, calendars),
    "erasure": Row("保存期已满，申请删除", "the time of keeping is over: ask for erasure", OFFICERS, expired),
}
"""Kind of work → row, in the order in which they are shown on one day."""


class TodayList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``today.list``."""

    kind: Annotated[
        Annotated[str, msgspec.Meta(max_length=40)] | None,
        labelled("只看一类（事项名、其中几个字或代码）", "one kind only (its code)"),
    ] = None
    limit: RowsShown = 200


class DueLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is due, as it is listed."""

    title: Annotated[str, labelled("事项", "matter (in Chinese)")]
    who: Annotated[str | None, labelled("姓名", "name")]
    due_on: Annotated[str, labelled("期限", "due on")]
    overdue: Annotated[bool, labelled("已过期限", "overdue")]
    command: Annotated[str, labelled("怎么办", "what to type")]
    kind: Annotated[str, labelled("类别代码", "kind", programs=True)]
    title_en: Annotated[str, labelled("事项（英文）", "matter", programs=True)]
    subject: Annotated[str | None, labelled("流动记录编号", "subject", programs=True)]
    member_id: Annotated[str | None, labelled("党员编号", "member id", programs=True)]


class TodayListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``today.list``: what is overdue first; the counts are of all, listed or not."""

    day: Annotated[str, labelled("日期", "day")]
    total: Annotated[int, labelled("应办", "due")]
    overdue: Annotated[int, labelled("其中已过期限", "overdue")]
    lines: Annotated[list[DueLine], labelled("应办事项", "what is due")]


class FoundDue(NamedTuple):
    """A due thing with its kind."""

    kind: str
    due: Due


def all_due(scope: Scope, kinds: Container[str] = DUES) -> list[FoundDue]:
    """Everything of these kinds that is due for the person, kind by kind."""
    rows = {name: row for name, row in DUES.items() if name in kinds and scope.staff.role in row.roles}
    return [FoundDue(name, due) for name, row in rows.items() for due in row.find(scope)]


_PLACES: Final = {name: place for place, name in enumerate(DUES)}


def _order(item: FoundDue) -> tuple[str, int, str]:
    """By the time limit, of one day as in ``DUES``, then by name."""
    return item.due.due_on, _PLACES[item.kind], item.due.who or ""


def kinds_meant(text: str | None) -> frozenset[str]:
    """The kinds that a code, a title or a part of titles names; all of them by None. Raises D-due-kind."""
    if text is None:
        return frozenset(DUES)
    exact = {kind for kind, row in DUES.items() if text in (kind, row.zh)}
    found = exact or {kind for kind, row in DUES.items() if text.strip() and text.strip() in row.zh}
    if not found:
        raise refuse("D-due-kind", allowed=[f"{row.zh}（{kind}）" for kind, row in DUES.items()])
    return frozenset(found)


def list_today(act: Act, request: TodayList) -> TodayListed:
    """What is due for the acting person now. Raises D-due-kind."""
    kinds = kinds_meant(request.kind)
    scope = Scope(act)
    found = all_due(scope, kinds)
    day = scope.day.isoformat()
    # A committee has thousands of things due, and shows the first of them: only those are put in order.
    first = heapq.nsmallest(request.limit, found, key=_order)
    return TodayListed(
        day=day,
        total=len(found),
        overdue=sum(item.due.due_on < day for item in found),
        lines=[_line(item, day) for item in first],
    )


def _line(item: FoundDue, day: str) -> DueLine:
    row = DUES[item.kind]
    return DueLine(
        title=row.zh,
        who=item.due.who,
        due_on=item.due.due_on,
        overdue=item.due.due_on < day,
        command=item.due.command,
        kind=item.kind,
        title_en=row.en,
        subject=item.due.subject,
        member_id=item.due.member_id,
    )
