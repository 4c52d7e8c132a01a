"""Entries of the Activity Certificate: organisational life attended, dues paid, and taking back what was wrong.

An entry says what a person at this side confirmed; what nobody confirmed is not entered, and stays *unknown*. It is
made at once where it happened: one that comes later than the agreement allows is shown as late and never refused
(A-45). Nothing is edited in place: the author withdraws an entry and makes another::

    made = enter_life(act, EntryLife(subject=…, event="2026-11-theme", activity="theme_day", on="2026-11-05"))
    withdraw_entry(act, EntryWithdraw(entry=made.entry, reason="wrong_member"))
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.certificate import DuesEntered, EntryWithdrawn, LifeEntered
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.paper.answers import Entered, answered
from gongguan.sync.paper.word import Heard
from gongguan.sync.persons.bodies import subtree
from gongguan.sync.records import ActivityInvitation, DuesRecord, MobilityPeriod, PlannedActivity
from gongguan.sync.shared.entries import EntryMade, enter, entry_made, own_message, own_standing, records_now, write
from gongguan.sync.shared.partners import terms_of
from gongguan.sync.shared.periods import (
    check_reach,
    name_of,
    period_of,
    side_name,
)
from gongguan.sync.shared.provenance import SourceLabel, Sources
from gongguan.sync.shared.views import (
    effective,
    standing,
    unit_records,
)
from gongguan.sync.shared.written import WrittenDays
from gongguan.sync.working_days import working_days

ATTENDANTS_MAX = 1000

Activity = Literal["regular_meeting", "theme_day", "party_lecture", "study", "volunteering", "other"]
AbsenceReason = Literal["work", "illness", "family", "travel", "infirm", "none_given"]

Subject = Annotated[str, labelled("流动记录编号", "member's pseudonym", argument=True, pattern=r"^[0-9a-f]{32}$")]
Event = Annotated[
    str, labelled("活动编号（双方通用）", "event, as both sides call it", pattern=r"^[0-9A-Za-z._-]{1,64}$")
]
Day = Annotated[str, labelled("日期（年-月-日）", "date", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
ModeOrNone = Annotated[Literal["in_person", "online"] | None, labelled("方式", "mode", codes="activity_mode")]
Title = Annotated[Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None, labelled("活动名称", "title")]


class EntryLife(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``entry.life``."""

    subject: Subject
    event: Event
    activity: Annotated[Activity, labelled("活动类别", "kind of activity", codes="activity")]
    on: Day
    attendance: Annotated[
        Literal["confirmed", "confirmed_absent"], labelled("参加情况", "attendance", codes="attendance")
    ] = "confirmed"
    title: Title = None
    absence_reason: Annotated[
        AbsenceReason | None, labelled("未参加原因", "reason of absence", codes="absence_reason")
    ] = None
    mode: ModeOrNone = None


class EntryLifeAll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``entry.life_all``: those who attended one event. Who is not named stays unknown."""

    subjects: Annotated[
        list[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]],
        labelled("参加人员的流动记录编号", "who attended", argument=True, min_length=1, max_length=ATTENDANTS_MAX),
    ]
    event: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,64}$")] | None,
        labelled(
            "活动编号（不填：当天同类的安排，没有安排的按日期自动编）", "event (left out: what is planned that day)"
        ),
    ] = None
    activity: Annotated[Activity, labelled("活动类别", "kind of activity", codes="activity")]
    on: Day
    title: Title = None
    mode: ModeOrNone = None


class EntryDues(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``entry.dues``: one month was paid here. The amount stays at home."""

    subject: Subject
    month: Annotated[str, labelled("月份（年-月）", "month", pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
    paid_on: Annotated[str, labelled("交纳日期（年-月-日）", "paid on", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class EntryWithdraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``entry.withdraw``."""

    entry: Annotated[str, labelled("记载编号", "entry", argument=True, pattern=r"^[0-9a-f]{32}$")]
    reason: Annotated[
        Literal["entered_in_error", "wrong_member", "wrong_value"],
        labelled("撤回原因", "reason", codes="correction"),
    ]


class EntryList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``entry.list``."""

    subject: Subject


class EntriesMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``entry.life_all``."""

    event: Annotated[str, labelled("活动编号", "event")]
    entered: Annotated[int, labelled("新登记", "entered")]
    already: Annotated[int, labelled("先前已登记", "entered before")]
    conflicts: Annotated[int, labelled("双方不一致", "in conflict")]
    late: Annotated[bool, labelled("迟记", "late")]


class EntryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as it is listed, withdrawn ones too."""

    entry: Annotated[str, labelled("记载编号", "entry")]
    side: Annotated[str, labelled("登记方", "entered by", codes="side")]
    kind: Annotated[str, labelled("类别", "kind", codes="entry_kind")]
    what: Annotated[str, labelled("活动或月份", "event or month")]
    on: Annotated[str, labelled("日期", "date")]
    activity: Annotated[str | None, labelled("活动类别", "activity", codes="activity")]
    title: Annotated[str | None, labelled("活动名称", "title")]
    attendance: Annotated[str | None, labelled("参加情况", "attendance", codes="attendance")]
    absence_reason: Annotated[str | None, labelled("未参加原因", "reason", codes="absence_reason")]
    entered_on: Annotated[str | None, labelled("登记日期", "entered on")]
    late: Annotated[bool, labelled("迟记", "late")]
    status: Annotated[str, labelled("状态", "status", codes="fact_status")]
    counts: Annotated[bool, labelled("现按此计", "counts")]
    conflict: Annotated[str | None, labelled("冲突编号", "conflict")]
    source: SourceLabel


class EntriesListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``entry.list``, newest first. What is not listed is unknown, not missed."""

    name: Annotated[str | None, labelled("姓名", "name")]
    late_after_working_days: Annotated[int, labelled("超过几个工作日算迟记", "late after working days")]
    entries: Annotated[list[EntryLine], labelled("记载", "entries")]


def enter_life(act: Act, request: EntryLife) -> EntryMade:
    """Enter attendance or a confirmed absence. Raises D-entry-absence-reason, D-entry-already, D-date…, G-….

    ``heard``: a destination without a node told us so, and it is entered as its word.
    """
    if (request.attendance == "confirmed_absent") != (request.absence_reason is not None):
        raise refuse("D-entry-absence-reason")
    theirs = answered(act, "life", request.subject, request, msgspec.to_builtins(request))
    if theirs is not None:
        return _made_there(act, request.subject, f"life/{request.event}", theirs)
    on = check_happened(act.now, request.on)
    body = LifeEntered(
        event=request.event,
        activity=request.activity,
        on=request.on,
        attendance=request.attendance,
        title=request.title or msgspec.UNSET,
        absence_reason=request.absence_reason or msgspec.UNSET,
        mode=request.mode or msgspec.UNSET,
    )
    made = enter(act, check_reach(act, request.subject), "certificate.life_entered", body, f"life/{request.event}")
    return msgspec.structs.replace(made, late=_is_late(act, request.subject, on))


def enter_life_all(act: Act, request: EntryLifeAll) -> EntriesMade:
    """Enter one event for all who attended; those entered alike before are left, one entered otherwise refuses all."""
    on = check_happened(act.now, request.on)
    event = request.event or _planned_event(act, request)
    body = LifeEntered(
        event=event,
        activity=request.activity,
        on=request.on,
        attendance="confirmed",
        title=request.title or msgspec.UNSET,
        mode=request.mode or msgspec.UNSET,
    )
    key = f"life/{event}"
    subjects = list(dict.fromkeys(request.subjects))
    made: list[EntryMade] = []
    for subject in subjects:
        period = check_reach(act, subject)
        before = own_standing(act, period, key)
        if before is None:
            made.append(enter(act, period, "certificate.life_entered", body, key))
        elif (before["value"]["attendance"], before["value"]["on"]) != ("confirmed", request.on):
            raise refuse("D-entry-already", subject=subject)
    one_of_each = {period_of(act.store, subject).pairing_id: subject for subject in subjects}
    return EntriesMade(
        event=event,
        entered=len(made),
        already=len(subjects) - len(made),
        conflicts=sum(item.conflict is not None for item in made),
        late=any(_is_late(act, subject, on) for subject in one_of_each.values()),
    )


def enter_dues(act: Act, request: EntryDues) -> EntryMade:
    """Enter that a month was paid, here or (``heard``) at a destination without a node.

    Raises D-month-future, D-entry-already, D-date…, G-….
    """
    theirs = answered(act, "dues", request.subject, request)
    if theirs is not None:
        return _made_there(act, request.subject, f"dues/{request.month}", theirs)
    paid_on = check_happened(act.now, request.paid_on)
    if request.month > today(act.now).isoformat()[:7]:
        raise refuse("D-month-future", month=request.month)
    body = DuesEntered(month=request.month, paid_on=request.paid_on)
    made = enter(act, check_reach(act, request.subject), "certificate.dues_entered", body, f"dues/{request.month}")
    return msgspec.structs.replace(made, late=_is_late(act, request.subject, paid_on))


def _planned_event(act: Act, request: EntryLifeAll) -> str:
    """The activity of this kind that was planned for the day within reach; else a number made of day and kind, as the
    sheet of attendance makes it. Raises D-event-several."""
    codes = subtree(act.store, act.staff.body_code)
    found = act.store.find(PlannedActivity, body_code__in=codes, on=request.on, activity=request.activity)
    if len(found) > 1:
        raise refuse("D-event-several", events=sorted(planned.event for planned in found))
    return found[0].event if found else f"{request.on}-{request.activity}"


def withdraw_entry(act: Act, request: EntryWithdraw) -> EntryMade:
    """Take back an entry of ours. Raises D-entry-unknown, D-entry-withdrawn, A-subtree."""
    period, key = own_message(act, request.entry, ("life/", "dues/", "annual_check/"), "D-entry-unknown")
    body = EntryWithdrawn(entry=request.entry, reason=request.reason)
    write(act, period, "certificate.entry_withdrawn", body, in_force=False)
    _withdraw_here(act, period, key, request)
    return entry_made(act, period, key, request.entry)


def list_entries(act: Act, request: EntryList) -> EntriesListed:
    """Everything entered for a member by either side."""
    period = period_of(act.store, request.subject)
    records = unit_records(act.store, period.agreement, period.subject)
    limit = terms_of(act.store, period.pairing_id).intervals.certificate_entry_late_working_days
    calendar, origin, sources = working_days(act.store), origin_party(records), Sources(act.store)
    written = WrittenDays(act.store)
    lines = [
        _line(written, period, key, record, entry, lambda on, at: calendar.between(on, at) > limit, origin, sources)
        for key, record in records.items()
        if key.startswith(("life/", "dues/"))
        for entry in record["entries"]
    ]
    lines.sort(key=lambda line: (line.on, line.what, line.entry), reverse=True)
    return EntriesListed(name=name_of(act.store, period), late_after_working_days=limit, entries=lines)


# --- inside ---------------------------------------------------------------------------------------------------


def _withdraw_here(act: Act, period: MobilityPeriod, key: str, request: EntryWithdraw) -> None:
    """What this node keeps beside the entry says the same as the certificate."""
    kind, _, what = key.partition("/")
    person = period.member_id or period.subject
    if kind == "dues":
        for row in act.store.find(DuesRecord, person=person, month=what, message=request.entry):
            act.store.put(msgspec.structs.replace(row, withdrawn=request.reason))
        return
    came = act.store.get(ActivityInvitation, what, person) if kind == "life" else None
    if came is not None:
        act.store.put(msgspec.structs.replace(came, attendance=None, absence_reason=None))


def _made_there(act: Act, subject: str, key: str, theirs: Entered) -> EntryMade:
    """What became of an entry of theirs; one that was entered before is found by its key."""
    period = check_reach(act, subject)
    record = records_now(act, period)[key]
    entry = theirs.message or standing(record)[0]["id"]
    return entry_made(act, period, key, entry)


def _is_late(act: Act, subject: str, happened: date) -> bool:
    period = period_of(act.store, subject)
    limit = terms_of(act.store, period.pairing_id).intervals.certificate_entry_late_working_days
    return working_days(act.store).between(happened, today(act.now)) > limit


def _line(
    written: WrittenDays,
    period: MobilityPeriod,
    key: str,
    record: Value,
    entry: Value,
    is_late: Callable[[date, date], bool],
    origin: int,
    sources: Sources,
) -> EntryLine:
    value: dict[str, Any] = entry["value"]
    kind, what = key.split("/", 1)
    on = value["on"] if kind == "life" else value["paid_on"]
    entered_on = written.of(period, entry)
    source = sources.of(period.pairing_id, entry["party"])
    # When it was written over there, nobody knows of what we entered.
    late = entered_on is not None and source != "entered" and is_late(date.fromisoformat(on), entered_on)
    return EntryLine(
        entry=entry["id"],
        side=side_name(entry["party"], origin),
        kind=kind,
        what=what,
        on=on,
        activity=value.get("activity"),
        title=value.get("title"),
        attendance=value.get("attendance"),
        absence_reason=value.get("absence_reason"),
        entered_on=entered_on.isoformat() if entered_on else None,
        late=late,
        status="withdrawn" if "withdrawn" in entry else sources.status(period.pairing_id, record["status"]),
        counts="withdrawn" not in entry and _says(value) == _says(effective(record)),
        conflict=None if "withdrawn" in entry else record.get("conflict"),
        source=source,
    )


def _says(value: Mapping[str, Any] | None) -> tuple[object, ...] | None:
    """What two entries of one fact must say alike to be one: attendance and date, of dues nothing more."""
    return None if value is None else (value.get("attendance"), value.get("on"))
