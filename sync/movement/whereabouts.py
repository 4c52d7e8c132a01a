"""While the member is away: another place, another destination, no contact any more, something grave.

A new place is one entry; where it lies outside the partner's region the origin re-targets the period: the old one ends
as *moved on* and the new destination gets a notice, in one act, so that the member is never with two and never with
none. Of a grave event only its category and a reference cross; the story is told by telephone or letter::

    retarget(act, MovementRetarget(subject=…, peer="k3f…"))
    report_presence(act, PresenceReport(subject=…, presence="lost", on="2026-08-01"))
    report_event(act, EventReport(subject=…, category="accident", on="2026-09-01", …))
"""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import NAME_CHARS_MAX
from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.movement import EventReported, MajorEvent, PresenceReported, ReturnNotified
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.values import Records
from gongguan.sync.identity import parse_landline, parse_name
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.movement.admissions import Subject
from gongguan.sync.movement.departures import DepartureNotify, notify_departure
from gongguan.sync.paper.word import Heard, enter_statement, word_of
from gongguan.sync.records import Departure, MobilityPeriod, Task
from gongguan.sync.shared.entries import records_now, write
from gongguan.sync.shared.partners import Peer, partner
from gongguan.sync.shared.periods import (
    check_reach,
    open_period,
)
from gongguan.sync.shared.views import (
    effective,
)


class MovementRetarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.retarget``."""

    subject: Subject
    peer: Peer


class Retargeted(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.retarget``. ``ended``: the period that is over; ``subject``: the one that begins."""

    ended: Annotated[str, labelled("结束的流动记录", "period that ended")]
    subject: Annotated[str, labelled("新流动记录编号", "new subject")]
    peer: Annotated[str, labelled("通报给", "partner")]
    place: Annotated[str, labelled("地点（区划代码）", "place")]


class PresenceReport(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.presence``."""

    subject: Subject
    presence: Annotated[Literal["in_contact", "lost"], labelled("联系状态", "presence", codes="presence")]
    on: Annotated[str, labelled("日期", "since", pattern=DATE)]


class PresenceSent(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.presence``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    presence: Annotated[str, labelled("联系状态", "presence", codes="presence")]
    on: Annotated[str, labelled("日期", "since")]


class EventReport(Heard, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.event``. There is no field for a story: it is told by telephone, or by letter."""

    subject: Subject
    category: Annotated[MajorEvent, labelled("类别", "category", codes="major_event")]
    on: Annotated[str, labelled("发生日期", "on", pattern=DATE)]
    contact: Annotated[str, labelled("联系人", "whom to call", min_length=1, max_length=NAME_CHARS_MAX)]
    phone: Annotated[str, labelled("联系电话", "office phone", min_length=5, max_length=20)]
    reference: Annotated[
        Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)] | None, labelled("函件文号", "number of the letter")
    ] = None


class EventSent(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.event``."""

    event: Annotated[str, labelled("消息编号", "message")]
    subject: Annotated[str, labelled("流动记录编号", "subject")]
    category: Annotated[str, labelled("类别", "category", codes="major_event")]
    on: Annotated[str, labelled("发生日期", "on")]


class EventSeen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.event_seen``."""

    subject: Subject


class EventSeenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.event_seen``."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    closed: Annotated[int, labelled("办结", "closed")]


def retarget(act: Act, request: MovementRetarget) -> Retargeted:
    """End a period and notify the destination to which the member moved on, in one act.

    The place and its date are those that either side reported. Raises D-not-origin, D-movement-state, D-place-same (it
    is that partner already), D-place-conflict (two places are named), and what ``departure.notify`` does.
    """
    period = open_period(act, request.subject)
    if period.side != "origin" or period.member_id is None:
        raise refuse("D-not-origin")
    if partner(act.store, request.peer).pairing_id == period.pairing_id:
        raise refuse("D-place-same")
    place = _place(records_now(act, period))
    act.store.add(
        Departure(
            departure_id=act.random_hex(16),
            member_id=period.member_id,
            reported_on=today(act.now).isoformat(),
            left_on=place["on"],
            destination_place=place["place"],
            reason="job_change",
        )
    )
    write(act, period, "return.notified", ReturnNotified(ended_on=place["on"], reason="moved_on"))
    # The old period ends in this very act, which the tables do not show yet.
    sent = notify_departure(act, DepartureNotify(member_id=period.member_id, peer=request.peer, beside=True))
    return Retargeted(ended=period.subject, subject=sent.subject, peer=sent.peer, place=place["place"])


def report_presence(act: Act, request: PresenceReport) -> PresenceSent:
    """Say that the member cannot be reached, or can be again. Raises D-movement-state, D-date…, A-subtree, G-…."""
    period = open_period(act, request.subject)
    check_happened(act.now, request.on)
    _say(act, period, "presence.reported", PresenceReported(presence=request.presence, on=request.on), request)
    return PresenceSent(subject=period.subject, presence=request.presence, on=request.on)


def report_event(act: Act, request: EventReport) -> EventSent:
    """Tell the other side that something grave happened. Raises D-movement-state, D-date…, D-name, D-phone…, G-…."""
    period = open_period(act, request.subject)
    check_happened(act.now, request.on)
    body = EventReported(
        category=request.category,
        on=request.on,
        reference=request.reference or msgspec.UNSET,
        contact=parse_name(request.contact).value,
        phone=parse_landline(request.phone, act.node.synthetic).value,
    )
    message = _say(act, period, "event.reported", body, request)
    return EventSent(event=message, subject=period.subject, category=request.category, on=request.on)


def _say(act: Act, period: MobilityPeriod, kind: str, body: Body, request: Heard) -> str:
    """Our word to the partner; or, where it was heard of one without a node, its word to us."""
    word = word_of(act, request)
    return write(act, period, kind, body) if word is None else enter_statement(act, period, kind, body, word)


def event_seen(act: Act, request: EventSeen) -> EventSeenAnswer:
    """Close what the partner's reports of grave events left to do about this member. Raises A-subtree."""
    period = check_reach(act, request.subject)
    tasks = [task for task in act.store.find(Task, subject=period.subject, state="open") if task.kind == "read_event"]
    for task in tasks:
        act.store.put(msgspec.structs.replace(task, state="closed", closed_at=act.stamp(), note=act.staff.name))
    return EventSeenAnswer(subject=period.subject, closed=len(tasks))


def _place(records: Records) -> dict[str, str]:
    register = records.get("register/place")
    if register is not None and register["status"] == "conflict":
        raise refuse("D-place-conflict")
    found = effective(register)
    if found is None:
        raise refuse("D-place-missing")
    return {"place": str(found["place"]), "on": str(found["on"])}
