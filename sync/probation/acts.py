"""What staff do about probation: tell its dates, observe, ask for the opinion, give it, note the meeting, decide.

Each act is a message of the side that may say it; what the law does not allow is refused by
``sync/exchange/probation_rules.py`` before anything is written, with the same answer on both nodes::

    give_opinion(act, OpinionGive(subject=…, opinion="on_time", reasons=["fulfils_duties"], document=pdf, …))
"""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import ATTACHMENT_BYTES_MAX, NAME_CHARS_MAX
from gongguan.protocol.messages.probation import (
    EXTENSION_MONTHS,
    NoOpinion,
    OpinionGiven,
    OpinionRequested,
    ProbationDated,
    ProbationDecided,
    ProbationObserved,
    Reason,
    Regularity,
)
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange import attachments
from gongguan.sync.exchange.probation_rules import clock_of
from gongguan.sync.labels import labelled
from gongguan.sync.paper.word import Heard, enter_statement, word_of
from gongguan.sync.performance.activities import Day, Subject
from gongguan.sync.persons.histories import put_with_history
from gongguan.sync.persons.members import details_of
from gongguan.sync.probation.probation import Standing, approval_due, draft, standing_in, with_case
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import Member, MobilityPeriod
from gongguan.sync.shared.entries import write
from gongguan.sync.shared.periods import (
    check_reach,
)

Numbered = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]


class ProbationSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.set``."""

    subject: Subject
    began_on: Annotated[str, labelled("接收为预备党员日期", "admitted on", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    ends_on: Annotated[str, labelled("预备期满日期", "probation ends on", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class ProbationObserve(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.observe``."""

    subject: Subject
    quarter: Annotated[str, labelled("季度（如 2026Q3）", "quarter", pattern=r"^20[0-9]{2}Q[1-4]$")]
    conduct: Annotated[
        Literal["good", "normal", "needs_help", "not_known"], labelled("现实表现", "conduct", codes="conduct")
    ]
    organisational_life: Annotated[Regularity, labelled("参加组织生活", "organisational life", codes="regularity")] = (
        "not_known"
    )
    study: Annotated[Regularity, labelled("参加学习教育", "study", codes="regularity")] = "not_known"
    tasks: Annotated[Regularity, labelled("完成党组织分配的任务", "tasks", codes="regularity")] = "not_known"


class ProbationRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.request``: the draft is sent, with other days where they are given."""

    subject: Subject
    meeting_on: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None,
        labelled("党员大会日期（不填为期满之日）", "branch meeting (the day of expiry if left out)"),
    ] = None
    answer_by: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None,
        labelled("请对方答复的期限", "answer by"),
    ] = None


class OpinionGive(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.opinion``."""

    subject: Subject
    opinion: Annotated[Literal["on_time", "extend", "not"], labelled("意见", "opinion", codes="probation_opinion")]
    reasons: Annotated[
        list[Reason],
        labelled("理由（可多选）", "reasons", codes="probation_reason", min_length=1, max_length=5),
    ]
    on: Day
    signed_by: Annotated[str, labelled("签署人", "signed by", min_length=1, max_length=NAME_CHARS_MAX)]
    document: Annotated[
        bytes,
        labelled("盖章的书面意见（PDF 或图片）", "the stamped document", max_length=ATTACHMENT_BYTES_MAX),
    ]


class ProbationMeeting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.meeting``."""

    subject: Subject
    held_on: Day
    resolution_number: Annotated[
        str, labelled("支部决议编号", "resolution number", min_length=1, max_length=NAME_CHARS_MAX)
    ]


class ProbationDecide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``probation.decide``. Meeting and resolution are those of ``probation.meeting`` where left out."""

    subject: Subject
    decision: Annotated[
        Literal["on_time", "extended", "cancelled"], labelled("决定", "decision", codes="probation_decision")
    ]
    approved_on: Annotated[str, labelled("党委审批日期", "approved on", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    approval_number: Annotated[str, labelled("审批文号", "approval number", min_length=1, max_length=NAME_CHARS_MAX)]
    meeting_on: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None,
        labelled("党员大会日期", "branch meeting held on"),
    ] = None
    resolution_number: Annotated[Numbered | None, labelled("支部决议编号", "resolution number")] = None
    months: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=99)] | None, labelled("延长月数（6至12）", "months of extension")
    ] = None
    no_opinion: Annotated[
        NoOpinion | None, labelled("得不到流入地意见的原因", "why no opinion could be had", codes="no_opinion")
    ] = None
    late_reason: Annotated[
        Literal["under_investigation", "committee_changed", "other"] | None,
        labelled("超过三个月审批的原因", "why later than three months", codes="late_reason"),
    ] = None


class ProbationMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of what writes a message."""

    message: Annotated[str, labelled("消息编号", "message")]
    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    ends_on: Annotated[str, labelled("预备期满", "probation ends on")]


class MeetingNoted(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``probation.meeting``."""

    subject: Annotated[str, labelled("流动记录编号", "mobility period")]
    approval_by: Annotated[str, labelled("党委审批期限", "the committee decides by")]


def set_dates(act: Act, request: ProbationSet) -> ProbationMade:
    """Tell the destination when probation began and ends. Raises D-not-origin, D-date, P-probation-…, G-…."""
    period = check_reach(act, request.subject)
    if period.side != "origin":
        raise refuse("D-not-origin", subject=period.subject)
    check_happened(act.now, request.began_on)
    body = ProbationDated(began_on=request.began_on, ends_on=request.ends_on)
    return _made(act, period, write(act, period, "probation.dated", body))


def observe(act: Act, request: ProbationObserve) -> ProbationMade:
    """What the destination saw in a quarter. Raises D-not-destination, P-probation-term, D-quarter-future."""
    period = check_reach(act, request.subject)
    word = word_of(act, request)
    standing_in(act, period, "destination" if word is None else "origin")
    Quarter.begun(request.quarter, today(act.now))
    body = ProbationObserved(
        quarter=request.quarter,
        conduct=request.conduct,
        organisational_life=request.organisational_life,
        study=request.study,
        tasks=request.tasks,
    )
    if word is not None:
        return _made(act, period, enter_statement(act, period, "probation.observed", body, word))
    return _made(act, period, write(act, period, "probation.observed", body))


def ask_opinion(act: Act, request: ProbationRequest) -> ProbationMade:
    """Send the draft. Raises D-not-origin, P-probation-…, G-…."""
    period = check_reach(act, request.subject)
    standing = standing_in(act, period, "origin")
    made = standing.case or draft(act.store, standing, act.now)
    body = OpinionRequested(
        ends_on=made.ends_on,
        meeting_on=request.meeting_on or made.meeting_on,
        answer_by=request.answer_by or made.answer_by,
    )
    message = write(act, period, "probation.opinion_requested", body)
    with_case(act, standing, meeting_on=body.meeting_on, answer_by=body.answer_by, sent_at=act.stamp())
    return _made(act, period, message)


def give_opinion(act: Act, request: OpinionGive) -> ProbationMade:
    """The destination's written opinion with its document; ``heard``: as one without a node sent it, entered by us.

    Raises D-not-destination, D-probation-not-asked while nobody asked, S-attachment, R-attachment-size, D-date-….
    """
    period = check_reach(act, request.subject)
    word = word_of(act, request)
    standing = standing_in(act, period, "destination" if word is None else "origin")
    if not standing.request_id:
        raise refuse("D-probation-not-asked", subject=period.subject)
    check_happened(act.now, request.on)
    body = OpinionGiven(
        request=standing.request_id,
        opinion=request.opinion,
        reasons=tuple(dict.fromkeys(request.reasons)),
        on=request.on,
        signed_by=request.signed_by,
        document=attachments.keep(act.store, period.pairing_id, request.document),
    )
    if word is not None:
        return _made(act, period, enter_statement(act, period, "probation.opinion_given", body, word))
    return _made(act, period, write(act, period, "probation.opinion_given", body))


def note_meeting(act: Act, request: ProbationMeeting) -> MeetingNoted:
    """The branch has met: from now on the committee has three months. Raises P-probation-early, D-date-…."""
    period = check_reach(act, request.subject)
    standing = standing_in(act, period, "origin")
    check_happened(act.now, request.held_on)
    if request.held_on < standing.clock.ends_on:
        raise refuse("P-probation-early", earliest=standing.clock.ends_on)
    case = with_case(act, standing, resolved_on=request.held_on, resolution_number=request.resolution_number)
    return MeetingNoted(subject=period.subject, approval_by=approval_due(case) or "")


def decide(act: Act, request: ProbationDecide) -> ProbationMade:
    """The decision, by the branch's resolution and the committee's approval; it goes to the destination.

    Raises D-not-origin, D-probation-meeting where no meeting is known, P-probation-…, S-message for months outside
    six to twelve.
    """
    period = check_reach(act, request.subject)
    standing = standing_in(act, period, "origin")
    meeting_on, number = _meeting(standing, request)
    check_happened(act.now, request.approved_on)
    unset = msgspec.UNSET
    body = ProbationDecided(
        ends_on=standing.clock.ends_on,
        decision=request.decision,
        meeting_on=meeting_on,
        resolution_number=number,
        approved_on=request.approved_on,
        approval_number=request.approval_number,
        months=_months(request) or unset,
        opinion=unset if request.no_opinion else standing.opinion_id or unset,
        no_opinion=request.no_opinion or unset,
        late_reason=request.late_reason or unset,
    )
    made = _made(act, period, write(act, period, "probation.decided", body))
    if request.decision == "on_time":
        _become_full(act, period, standing.clock.ends_on)
    return made


def _become_full(act: Act, period: MobilityPeriod, on: str) -> None:
    """The roster says what was decided: a full member from the day on which probation was over (A-12, A-26)."""
    member = act.store.get(Member, period.member_id) if period.member_id else None
    if member is not None and member.category == "probationary_member":
        details = msgspec.structs.replace(details_of(member), full_member_on=on)
        changed = msgspec.structs.replace(member, category="full_member", details=msgspec.json.encode(details).decode())
        put_with_history(act.store, [changed], today(act.now), act.stamp())


def _months(request: ProbationDecide) -> int | None:
    if request.months is not None and not EXTENSION_MONTHS[0] <= request.months <= EXTENSION_MONTHS[1]:
        raise refuse("P-probation-months", months=request.months)
    return request.months


def _meeting(standing: Standing, request: ProbationDecide) -> tuple[str, str]:
    case = standing.case
    meeting_on = request.meeting_on or (case.resolved_on if case else None)
    number = request.resolution_number or (case.resolution_number if case else None)
    if meeting_on is None or number is None:
        raise refuse("D-probation-meeting", subject=standing.period.subject)
    return meeting_on, number


def _made(act: Act, period: MobilityPeriod, message: str) -> ProbationMade:
    unit = act.exchange.book(period.pairing_id).unit(period.agreement, period.subject)
    clock = clock_of(unit.records)
    return ProbationMade(message=message, subject=period.subject, ends_on=clock.ends_on if clock else "")
