"""Activities of a branch and whom it invites: everyone away or here, unless somebody is left out by name (A-32, A-44).

Invitations and replies stand before the event. That somebody was invited or meant to come is no attendance::

    planned = plan(act, ActivityPlan(title="七一主题党日", activity="theme_day", on="2026-07-01"))
    reply(act, ActivityReply(event=planned.event, people=["巴特尔"], reply="will_come"))
"""

from datetime import date
from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.contacts.branch_reports import BodyText
from gongguan.sync.days import check_day, today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.performance.activities import Activity
from gongguan.sync.persons.bodies import body_in_reach, subtree
from gongguan.sync.records import ActivityInvitation, PlannedActivity
from gongguan.sync.rows import ROWS_MAX
from gongguan.sync.shared.charges import Charge, charges_in_reach, charges_on, pick

Mode = Literal["in_person", "online"]
Theme = Literal["living_environment", "legal_publicity", "grassroots_governance", "hometown_liaison", "other"]
"""What volunteering is for (B-20), or liaison with the home place (B-26)."""

EventText = Annotated[str, labelled("活动编号", "event", argument=True, pattern=r"^[0-9A-Za-z._-]{1,64}$")]
NameText = Annotated[str, msgspec.Meta(max_length=120)]
People = Annotated[
    list[NameText],
    labelled("党员编号（可写几个）", "ids of members", max_length=ROWS_MAX),
]


class ActivityPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.plan``. ``event``: the number of a joint activity, where both sides agreed on one."""

    title: Annotated[str, labelled("活动名称", "title", argument=True, min_length=1, max_length=120)]
    activity: Annotated[Activity, labelled("活动类别", "kind of activity", codes="activity")]
    on: Annotated[str, labelled("日期", "date", pattern=DATE)]
    mode: Annotated[Mode, labelled("方式", "mode", codes="activity_mode")] = "in_person"
    theme: Annotated[Theme | None, labelled("志愿服务内容", "what it is for", codes="activity_theme")] = None
    venue: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None, labelled("活动场所", "venue")
    ] = None
    event: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,64}$")] | None,
        labelled("活动编号（双方共同活动用双方商定的编号）", "event: of a joint activity the number of both sides"),
    ] = None
    body: BodyText = ""
    without: Annotated[list[NameText], labelled("不邀请的人", "who is not invited", max_length=ROWS_MAX)] = []


class ActivityInvite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.invite``: more members for an activity."""

    event: EventText
    people: People


class ActivityReply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.reply``."""

    event: EventText
    people: People
    reply: Annotated[Literal["will_come", "cannot_come"], labelled("答复", "reply", codes="invitation_reply")]


class ActivityPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``activity.plan``, ``activity.invite`` and ``activity.reply``: all invitations as they stand."""

    event: Annotated[str, labelled("活动编号", "event")]
    title: Annotated[str, labelled("活动名称", "title")]
    on: Annotated[str, labelled("日期", "date")]
    invited: Annotated[int, labelled("已邀请", "invited")]
    will_come: Annotated[int, labelled("能参加", "will come")]
    cannot_come: Annotated[int, labelled("不能参加", "cannot come")]
    no_reply: Annotated[int, labelled("没有答复", "no reply")]


def plan(act: Act, request: ActivityPlan) -> ActivityPlanned:
    """Plan an activity and invite every member of the body who is in charge on that day.

    Raises D-activity-past, D-activity-known, D-activity-theme, D-date, D-body-…, D-person-….
    """
    on = check_day(request.on)
    _check_to_come(act, on)
    if request.theme is not None and request.activity != "volunteering":
        raise refuse("D-activity-theme")
    body = body_in_reach(act, request.body)
    event = request.event or f"{request.on}-{act.random_hex(4)}"
    if act.store.get(PlannedActivity, event) is not None:
        raise refuse("D-activity-known", event=event)
    codes = subtree(act.store, body.code)
    charges = [charge for charge in charges_on(act, on) if (charge.body_code or body.code) in codes]
    left_out = {pick(charges, text).person for text in request.without}
    planned = PlannedActivity(
        event=event,
        body_code=body.code,
        activity=request.activity,
        title=request.title,
        on=request.on,
        mode=request.mode,
        theme=request.theme,
        planned_on=today(act.now).isoformat(),
        venue=request.venue,
    )
    act.store.put(planned)
    _invite(act, planned, [charge for charge in charges if charge.person not in left_out])
    return _state(act, planned)


def invite(act: Act, request: ActivityInvite) -> ActivityPlanned:
    """Invite more members. Raises D-activity-unknown, D-activity-past, D-person-…."""
    planned = activity_of(act, request.event)
    _check_to_come(act, date.fromisoformat(planned.on))
    charges = charges_in_reach(act)
    _invite(act, planned, [pick(charges, text) for text in request.people])
    return _state(act, planned)


def reply(act: Act, request: ActivityReply) -> ActivityPlanned:
    """Keep what members answered. Raises D-activity-unknown, D-activity-past, D-activity-uninvited, D-person-…."""
    planned = activity_of(act, request.event)
    _check_to_come(act, date.fromisoformat(planned.on))
    charges = charges_in_reach(act)
    for text in request.people:
        row = act.store.get(ActivityInvitation, planned.event, pick(charges, text).person)
        if row is None:
            raise refuse("D-activity-uninvited")
        day = today(act.now).isoformat()
        act.store.put(msgspec.structs.replace(row, reply=request.reply, replied_on=day))
    return _state(act, planned)


def activity_of(act: Act, event: str) -> PlannedActivity:
    """The planned activity of a body in reach. Raises D-activity-unknown."""
    planned = act.store.get(PlannedActivity, event)
    if planned is None or planned.body_code not in subtree(act.store, act.staff.body_code):
        raise refuse("D-activity-unknown", event=event)
    return planned


# --- inside ---------------------------------------------------------------------------------------------------


def _check_to_come(act: Act, on: date) -> None:
    """An invitation given afterwards would be none."""
    if on < today(act.now):
        raise refuse("D-activity-past")


def _invite(act: Act, planned: PlannedActivity, charges: list[Charge]) -> None:
    day = today(act.now).isoformat()
    for charge in charges:
        if act.store.get(ActivityInvitation, planned.event, charge.person) is None:
            act.store.put(ActivityInvitation(event=planned.event, person=charge.person, invited_on=day))


def _state(act: Act, planned: PlannedActivity) -> ActivityPlanned:
    rows = act.store.find(ActivityInvitation, event=planned.event, invited_on__ne="")
    replies = [row.reply for row in rows]
    return ActivityPlanned(
        event=planned.event,
        title=planned.title,
        on=planned.on,
        invited=len(rows),
        will_come=replies.count("will_come"),
        cannot_come=replies.count("cannot_come"),
        no_reply=replies.count(None),
    )
