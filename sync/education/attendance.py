"""Attendance of activities: of a whole activity in one operation, and what is known of each member over time.

Three states and no others: confirmed, confirmed absent with a reason, unknown. Who has no row stays unknown; an
invitation or a reply changes nothing of that. What both sides hold is the entry of the certificate; of members whom no
partner knows yet the record stays here::

    attend(act, ActivityAttend(event="2026-07-01-ab12", present=["巴特尔"], rows=[AttendanceRow(person="丙", …)]))
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.education.invitations import EventText, NameText, activity_of
from gongguan.sync.exchange.values import unit_id
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.performance.activities import AbsenceReason, Activity, EntryLife, enter_life
from gongguan.sync.persons.bodies import short_names, subtree
from gongguan.sync.quarters import Quarter, QuarterName
from gongguan.sync.records import ActivityInvitation, Body, Contact, MobilityPeriod, PlannedActivity, SharedRecord
from gongguan.sync.rows import ROWS_MAX, each_row
from gongguan.sync.shared.charges import Charge, Person, charge_of, charges_in_reach, pick
from gongguan.sync.shared.entries import own_standing
from gongguan.sync.shared.provenance import EnteredLabel, Sources
from gongguan.sync.shared.views import (
    ONE_BY_ONE_MAX,
    Row,
    lying,
    rows_under,
)
from gongguan.sync.store import Scope, Store

Attendance = Literal["confirmed", "confirmed_absent"]


class AttendanceRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One member at the activity. Nothing can be entered for "unknown"."""

    person: Person
    attendance: Annotated[Attendance, labelled("参加情况", "attendance", codes="attendance")] = "confirmed"
    absence_reason: Annotated[
        AbsenceReason | None, labelled("未参加原因", "reason of absence", codes="absence_reason")
    ] = None


class ActivityAttend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.attend``: who came, who was confirmed absent for one reason, and in ``rows`` one by one."""

    event: EventText
    present: Annotated[list[NameText], labelled("参加的人", "who came", max_length=ROWS_MAX)] = []
    absent: Annotated[list[NameText], labelled("经确认未参加的人", "who was absent", max_length=ROWS_MAX)] = []
    absence_reason: Annotated[
        AbsenceReason | None, labelled("这几名未参加的原因", "why those were absent", codes="absence_reason")
    ] = None
    rows: Annotated[list[AttendanceRow], labelled("逐人登记", "one by one", max_length=ROWS_MAX)] = []


class ActivityList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.list``."""

    quarter: QuarterName = ""
    limit: RowsShown = 200


class ActivityShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.show``."""

    event: EventText


class ActivityHistory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``activity.history``."""

    person: Person


class AttendanceKept(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``activity.attend``. ``unknown``: invited, and nothing confirmed yet."""

    event: Annotated[str, labelled("活动编号", "event")]
    confirmed: Annotated[int, labelled("已参加", "came")]
    confirmed_absent: Annotated[int, labelled("经确认未参加", "confirmed absent")]
    unknown: Annotated[int, labelled("未知", "unknown")]
    told: Annotated[int, labelled("记入《活动证》", "entered in certificates")]
    conflicts: Annotated[int, labelled("双方不一致", "in conflict")]


class ActivityLine(msgspec.Struct, frozen=True, kw_only=True):
    """One activity with its counts."""

    on: Annotated[str, labelled("日期", "date")]
    title: Annotated[str, labelled("活动名称", "title")]
    activity: Annotated[str, labelled("类别", "kind", codes="activity")]
    mode: Annotated[str, labelled("方式", "mode", codes="activity_mode")]
    theme: Annotated[str | None, labelled("内容", "for", codes="activity_theme")]
    venue: Annotated[str | None, labelled("场所", "venue")]
    branch: Annotated[str, labelled("党支部", "branch")]
    invited: Annotated[int, labelled("已邀请", "invited")]
    confirmed: Annotated[int, labelled("已参加", "came")]
    confirmed_absent: Annotated[int, labelled("经确认未参加", "confirmed absent")]
    unknown: Annotated[int, labelled("未知", "unknown")]
    event: Annotated[str, labelled("活动编号", "event")]


class ActivitiesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``activity.list``."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    total: Annotated[int, labelled("共计", "total")]
    activities: Annotated[list[ActivityLine], labelled("活动", "activities")]


class AttendantLine(msgspec.Struct, frozen=True, kw_only=True):
    """One member at one activity."""

    name: Annotated[str, labelled("姓名", "name")]
    invited_on: Annotated[str | None, labelled("邀请日期", "invited on")]
    reply: Annotated[str | None, labelled("答复", "reply", codes="invitation_reply")]
    attendance: Annotated[str, labelled("参加情况", "attendance", codes="attendance")]
    absence_reason: Annotated[str | None, labelled("未参加原因", "reason", codes="absence_reason")]
    source: EnteredLabel


class ActivityShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``activity.show``."""

    activity: Annotated[ActivityLine, labelled("活动", "activity")]
    people: Annotated[list[AttendantLine], labelled("党员", "members")]


class HistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One activity in a member's history."""

    on: Annotated[str, labelled("日期", "date")]
    title: Annotated[str | None, labelled("活动名称", "title")]
    activity: Annotated[str | None, labelled("类别", "kind", codes="activity")]
    mode: Annotated[str | None, labelled("方式", "mode", codes="activity_mode")]
    attendance: Annotated[str, labelled("参加情况", "attendance", codes="attendance")]
    source: EnteredLabel
    event: Annotated[str, labelled("活动编号", "event")]


class HistoryShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``activity.history``: all periods of the member as one, newest first."""

    name: Annotated[str, labelled("姓名", "name")]
    periods: Annotated[int, labelled("流动次数", "periods")]
    lines: Annotated[list[HistoryLine], labelled("参加情况", "history")]


class AttendanceKnown(NamedTuple):
    """What is known of a member at one activity, by whichever side. ``source``: the mark of what was entered alone."""

    event: str
    on: str
    attendance: str
    activity: str | None = None
    title: str | None = None
    mode: str | None = None
    absence_reason: str | None = None
    source: str | None = None


def attend(act: Act, request: ActivityAttend) -> AttendanceKept:
    """Enter who came and who was confirmed absent. All or nothing: raises D-rows, D-activity-…, D-date-future."""
    planned = activity_of(act, request.event)
    check_happened(act.now, planned.on)
    reason = request.absence_reason
    absent = (
        AttendanceRow(person=text, attendance="confirmed_absent", absence_reason=reason) for text in request.absent
    )
    rows = [*(AttendanceRow(person=text) for text in request.present), *absent, *request.rows]
    if not rows:
        raise refuse("D-activity-nobody")
    charges = charges_in_reach(act)
    conflicts = each_row(rows, lambda row: _enter(act, planned, pick(charges, row.person), row))
    line = _line(act.store, planned, "", {charge.person: charge for charge in charges})
    return AttendanceKept(
        event=planned.event,
        confirmed=line.confirmed,
        confirmed_absent=line.confirmed_absent,
        unknown=line.unknown,
        told=sum(item is not None for item in conflicts),
        conflicts=sum(bool(item) for item in conflicts),
    )


def list_activities(act: Act, request: ActivityList) -> ActivitiesListed:
    """The first activities of a quarter, of the person's subtree, and how many there are."""
    quarter = Quarter.asked(request.quarter, today(act.now))
    codes = subtree(act.store, act.staff.body_code)
    names = short_names(act.store)
    first, after = quarter.first.isoformat(), quarter.after().first.isoformat()
    rows = act.store.find(
        PlannedActivity, body_code__in=codes, on__ge=first, on__lt=after, order=("on",), limit=request.limit
    )
    total = act.store.count(PlannedActivity, body_code__in=codes, on__ge=first, on__lt=after)
    charges = {charge.person: charge for charge in charges_in_reach(act)} if rows else {}
    lines = [_line(act.store, row, names.get(row.body_code, row.body_code), charges) for row in rows]
    return ActivitiesListed(quarter=quarter.name, total=total, activities=lines)


def show_activity(act: Act, request: ActivityShow) -> ActivityShown:
    """Everyone invited, or who came, with what is known of them. Raises D-activity-unknown."""
    planned = activity_of(act, request.event)
    charges = {charge.person: charge for charge in charges_in_reach(act)}
    body = act.store.get(Body, planned.body_code)
    people = []
    for row in act.store.find(ActivityInvitation, event=planned.event):
        known = known_at(act.store, charges.get(row.person), row)
        people.append(
            AttendantLine(
                name=charges[row.person].name if row.person in charges else "",
                invited_on=row.invited_on or None,
                reply=row.reply,
                attendance=known.attendance if known else "unknown",
                absence_reason=known.absence_reason if known else None,
                source=known.source if known else None,
            )
        )
    people.sort(key=lambda line: line.name)
    return ActivityShown(activity=_line(act.store, planned, body.short_name if body else "", charges), people=people)


def show_history(act: Act, request: ActivityHistory) -> HistoryShown:
    """What a member took part in, over all periods with all partners as one history (B-28)."""
    charge = charge_of(act, request.person)
    lines = [
        HistoryLine(
            on=known.on,
            title=known.title,
            activity=known.activity,
            mode=known.mode,
            attendance=known.attendance,
            source=known.source,
            event=known.event,
        )
        for known in history(act.store, charge)
    ]
    return HistoryShown(name=charge.name, periods=len(charge.periods), lines=lines)


def history(store: Store, charge: Charge) -> list[AttendanceKnown]:
    """All that is known of a member's attendance, each event once, newest first."""
    return histories(store, [charge])[charge.person]


def histories(
    store: Store, charges: Iterable[Charge], quarter: Quarter | None = None
) -> dict[str, list[AttendanceKnown]]:
    """Person → all that is known of attendance, newest first: read together for many members.

    ``quarter``: nothing of other quarters is looked for, since a year of a whole committee is much to read.
    """
    charges = list(charges)
    found: dict[str, dict[str, AttendanceKnown]] = {charge.person: {} for charge in charges}
    for row in store.find(ActivityInvitation, person__in=list(found), attendance__ne=None):
        planned = store.get(PlannedActivity, row.event)
        if planned is not None and row.attendance is not None and (quarter is None or quarter.holds(planned.on)):
            found[row.person][row.event] = _from_plan(planned, row.attendance, row.absence_reason)
    held = _told_of(store, [period for charge in charges for period in charge.periods])
    months, sources = set(quarter.months) if quarter else None, Sources(store)
    for charge in charges:
        for period in charge.periods:
            for told in held.get(period.subject, ()):
                if months is None or told.known.on[:7] in months:
                    source = sources.of_parties(period.pairing_id, set(told.parties))
                    found[charge.person][told.known.event] = told.said(source)
    return {
        person: sorted(known.values(), key=lambda item: (item.on, item.event), reverse=True)
        for person, known in found.items()
    }


def known_at(store: Store, charge: Charge | None, row: ActivityInvitation) -> AttendanceKnown | None:
    """What is known of a member at one activity: what both sides hold goes before what is only kept here."""
    for period in charge.periods if charge else ():
        record = store.get(SharedRecord, unit_id(period.agreement, period.subject), f"life/{row.event}")
        told = _told(row.event, record.value) if record else None
        if told is not None:
            return told.said(Sources(store).of_parties(period.pairing_id, set(told.parties)))
    planned = store.get(PlannedActivity, row.event)
    if planned is None or row.attendance is None:
        return None
    return _from_plan(planned, row.attendance, row.absence_reason)


def quarter_state(known: list[AttendanceKnown], quarter: Quarter) -> str:
    """confirmed, confirmed_absent or unknown: of a quarter in which nothing is known nothing is said (A-17)."""
    states = {item.attendance for item in known if quarter.holds(item.on)}
    if "confirmed" in states:
        return "confirmed"
    # Of an activity of which the two sides say different things nobody knows yet whether the member came.
    return "confirmed_absent" if states and "conflict" not in states else "unknown"


def contacted_since(store: Store, day: str) -> set[str]:
    """Whom somebody reached since a day: then what was to be asked was asked."""
    return {person for (person,) in store.pick(Contact, ("person",), on__gt=day, withdrawn=None, reached=True)}


# --- inside ---------------------------------------------------------------------------------------------------


def _enter(act: Act, planned: PlannedActivity, charge: Charge, row: AttendanceRow) -> bool | None:
    """Keep one row; whether the partner says otherwise, or None where no partner is told."""
    if (row.attendance == "confirmed_absent") != (row.absence_reason is not None):
        raise refuse("D-entry-absence-reason")
    before = act.store.get(ActivityInvitation, planned.event, charge.person)
    kept = before or ActivityInvitation(event=planned.event, person=charge.person, invited_on="")
    act.store.put(msgspec.structs.replace(kept, attendance=row.attendance, absence_reason=row.absence_reason))
    if charge.period is None:
        return None
    standing = own_standing(act, charge.period, f"life/{planned.event}")
    if standing is not None and standing["value"]["attendance"] == row.attendance:
        return None
    made = enter_life(
        act,
        EntryLife(
            subject=charge.period.subject,
            event=planned.event,
            activity=msgspec.convert(planned.activity, Activity),
            on=planned.on,
            attendance=row.attendance,
            title=planned.title,
            absence_reason=row.absence_reason,
            mode="online" if planned.mode == "online" else "in_person",
        ),
    )
    return made.conflict is not None


def _line(store: Store, planned: PlannedActivity, branch: str, charges: dict[str, Charge]) -> ActivityLine:
    rows = store.find(ActivityInvitation, event=planned.event)
    found = [known_at(store, charges.get(row.person), row) for row in rows]
    states = [known.attendance if known else "unknown" for known in found]
    return ActivityLine(
        on=planned.on,
        title=planned.title,
        activity=planned.activity,
        mode=planned.mode,
        theme=planned.theme,
        venue=planned.venue,
        branch=branch,
        invited=sum(bool(row.invited_on) for row in rows),
        confirmed=states.count("confirmed"),
        confirmed_absent=states.count("confirmed_absent"),
        unknown=states.count("unknown") + states.count("conflict"),
        event=planned.event,
    )


def _from_plan(planned: PlannedActivity, attendance: str, reason: str | None) -> AttendanceKnown:
    return AttendanceKnown(planned.event, planned.on, attendance, planned.activity, planned.title, planned.mode, reason)


class _Said(msgspec.Struct, frozen=True):
    """What a standing entry says of an attendance, as far as it is listed."""

    on: str
    attendance: str
    activity: str | None = None
    title: str | None = None
    mode: str | None = None
    absence_reason: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    party: int
    withdrawn: Any = msgspec.UNSET


class _Life(msgspec.Struct, frozen=True):
    """The record of one member at one activity; there are twenty thousand of them, and the rest is not looked at."""

    status: str
    entries: list[_Entry]
    effective: _Said | None = None


_LIFE: Final = msgspec.json.Decoder(_Life)


class _Told(NamedTuple):
    """What both nodes hold of a member at one activity, and which parties stand by it."""

    known: AttendanceKnown
    parties: tuple[int, ...]

    def said(self, source: str | None) -> AttendanceKnown:
        """With the mark of whose word it is."""
        return self.known._replace(source=source) if source else self.known


def _told_of(store: Store, periods: Sequence[MobilityPeriod]) -> Mapping[str, Sequence[_Told]]:
    """By subject; of many members what their agreements hold is opened once for as long as it stays the same."""
    if len(periods) <= ONE_BY_ONE_MAX:
        rows = [row for period in periods for row in rows_under(store, period.agreement, period.subject, "life")]
        return _by_subject(rows)
    found: dict[str, Sequence[_Told]] = {}
    for agreement in sorted({period.agreement for period in periods}):
        found.update(store.derived(_lives, agreement, of=[Scope(SharedRecord, ("life", agreement))]))
    return found


def _lives(store: Store, agreement: str) -> Mapping[str, Sequence[_Told]]:
    return _by_subject(lying(store, agreement, "life"))


def _by_subject(rows: Iterable[Row]) -> Mapping[str, Sequence[_Told]]:
    found: dict[str, list[_Told]] = {}
    for subject, key, value in rows:
        told = _told(key.removeprefix("life/"), value)
        if told is not None:
            found.setdefault(subject, []).append(told)
    return found


def _told(event: str, record: bytes) -> _Told | None:
    life = _LIFE.decode(record)
    said = life.effective
    if said is None:
        return None
    state = "conflict" if life.status == "conflict" else said.attendance
    parties = {entry.party for entry in life.entries if entry.withdrawn is msgspec.UNSET}
    # A year of a committee says the same few words twenty thousand times.
    more = (said.activity, said.title, said.mode, said.absence_reason)
    activity, title, mode, reason = (sys.intern(word) if word is not None else None for word in more)
    known = AttendanceKnown(sys.intern(event), sys.intern(said.on), sys.intern(state), activity, title, mode, reason)
    return _Told(known, tuple(sorted(parties)))
