"""Members who left and have not arrived are reminded to report at the destination (A-16).

A reminder is logged with its channel and outcome; it stays here. Whether one is due follows from what is on record: the
notice is not answered, and the working days of the agreement are over since the member left::

    remind(act, RemindRecord(subject=…, channel="telephone", outcome="reached"))
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.movement.admissions import Subject
from gongguan.sync.records import MobilityPeriod, Reminder
from gongguan.sync.shared.partners import terms_of
from gongguan.sync.shared.periods import (
    check_reach,
    notice_of,
    period_state,
    periods_in_reach,
)
from gongguan.sync.working_days import last_day

ARRIVAL = "arrival"


class RemindRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.remind``."""

    subject: Subject
    channel: Annotated[
        Literal["telephone", "message", "visit", "family", "letter"],
        labelled("方式", "channel", codes="remind_channel"),
    ]
    outcome: Annotated[
        Literal["reached", "not_reached", "will_report", "has_reported"],
        labelled("结果", "outcome", codes="remind_outcome"),
    ]
    on: Annotated[Annotated[str, msgspec.Meta(pattern=DATE)] | None, labelled("日期", "on")] = None


class ReminderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder."""

    subject: Annotated[str, labelled("流动记录编号", "subject")]
    on: Annotated[str, labelled("日期", "on")]
    channel: Annotated[str, labelled("方式", "channel", codes="remind_channel")]
    outcome: Annotated[str, labelled("结果", "outcome", codes="remind_outcome")]
    by: Annotated[str, labelled("经办人", "by")]


class ReminderList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``movement.reminders``."""


class RemindersListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``movement.reminders``, newest first."""

    reminders: Annotated[list[ReminderLine], labelled("督促记录", "reminders")]


def remind(act: Act, request: RemindRecord) -> ReminderLine:
    """Keep that the member was reminded. Raises D-not-origin, D-movement-state once arrived, D-date…, A-subtree."""
    period = check_reach(act, request.subject)
    if period.side != "origin":
        raise refuse("D-not-origin")
    state = period_state(act.store, period)
    if state != "notified":
        raise refuse("D-movement-state", state=state)
    on = request.on or today(act.now).isoformat()
    check_happened(act.now, on)
    made = Reminder(
        reminder_id=act.random_hex(16),
        subject=period.subject,
        matter=ARRIVAL,
        on=on,
        channel=request.channel,
        outcome=request.outcome,
        by=act.staff.name,
    )
    act.store.add(made)
    return _line(made)


def list_reminders(act: Act, request: ReminderList) -> RemindersListed:
    """The reminders about members of the person's subtree."""
    found = [item for period in periods_in_reach(act) for item in act.store.find(Reminder, subject=period.subject)]
    found.sort(key=lambda item: (item.on, item.reminder_id), reverse=True)
    return RemindersListed(reminders=[_line(item) for item in found])


def arrivals_due(scope: Scope) -> Iterator[Due]:
    """Members of ours who have not arrived in time, and were not reminded since within the same time (A-16)."""
    for period in scope.periods:
        if period.side != "origin" or scope.state(period) != "notified":
            continue
        due_on = _due_on(scope, period)
        if due_on is not None and due_on <= scope.day:
            yield Due(
                subject=period.subject,
                member_id=period.member_id,
                who=scope.name(period),
                due_on=due_on.isoformat(),
                command=f"gongguan movement remind {period.subject}",
            )


def _due_on(scope: Scope, period: MobilityPeriod) -> date | None:
    store = scope.store
    notice = notice_of(store, period)
    if notice is None:
        return None
    limit = terms_of(store, period.pairing_id).intervals.arrival_overdue_working_days
    reminded = [date.fromisoformat(item.on) for item in store.find(Reminder, subject=period.subject)]
    return scope.calendar.after(max([last_day(str(notice["left_on"])), *reminded]), limit)


def _line(item: Reminder) -> ReminderLine:
    return ReminderLine(subject=item.subject, on=item.on, channel=item.channel, outcome=item.outcome, by=item.by)
