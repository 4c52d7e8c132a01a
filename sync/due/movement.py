"""Rows of what is due about movement: notices, returns, summaries, new destinations, grave events."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from gongguan.protocol.terms import Intervals
from gongguan.sync.days import today
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.exchange.task_names import message_of
from gongguan.sync.movement.gaps import Partners
from gongguan.sync.persons.bodies import top_code
from gongguan.sync.records import CertificateCheck, Departure, Member, MobilityPeriod, Task
from gongguan.sync.shared.periods import (
    OPEN_STATES,
    period_state,
)
from gongguan.sync.shared.places import lies_in
from gongguan.sync.shared.views import (
    effective,
)
from gongguan.sync.working_days import last_day

NOTICE_WORKING_DAYS = 10
"""While no agreement says otherwise (duties.md 2.9)."""


def notices(scope: Scope) -> Iterator[Due]:
    """Reports of members who left, without a notice to any destination (A-08)."""
    answered_for = OPEN_STATES | {"refused"}
    open_ones = {period.member_id for period in scope.periods if scope.state(period) in answered_for}
    mine = scope.store.pick(Member, ("member_id",), branch_code__in=scope.codes, floating=True)
    asked = [member_id for (member_id,) in mine if member_id not in open_ones]
    left_on: dict[str, str] = {}
    for report in scope.store.find(Departure, member_id__in=asked):
        left_on[report.member_id] = max(report.left_on, left_on.get(report.member_id, ""))
    for member in scope.store.find(Member, member_id__in=list(left_on)):
        yield Due(
            member_id=member.member_id,
            who=member.name,
            due_on=scope.calendar.after(last_day(left_on[member.member_id]), NOTICE_WORKING_DAYS).isoformat(),
            command=f"gongguan departure notify {member.member_id}",
        )


def certificates(scope: Scope) -> Iterator[Due]:
    """Members who came back and whose certificate nobody compared (A-22)."""
    checked = {subject for (subject,) in scope.store.pick(CertificateCheck, ("subject",))}
    for period in scope.periods:
        if period.side != "origin" or scope.state(period) != "ended":
            continue
        ended = effective(scope.movements[period.subject].get("movement/return"))
        if ended is None or ended["reason"] != "returned" or period.subject in checked:
            continue
        limit = scope.terms(period.pairing_id).intervals.return_check_working_days
        due_on = scope.after(str(ended["ended_on"]), limit)
        yield _due(scope, period, due_on, "gongguan movement check {}")


def destinations(scope: Scope) -> Iterator[Due]:
    """Members of ours who live outside the region of the committee that manages them (A-48)."""
    partners = Partners(scope.store, scope.day)
    for period in scope.periods:
        if period.side != "origin" or scope.state(period) != "admitted":
            continue
        place = effective(scope.registers.get(period.subject, {}).get("register/place"))
        if place is None or lies_in(str(place["place"]), partners.of(period).region):
            continue
        limit = scope.terms(period.pairing_id).intervals.relocation_working_days
        yield _due(
            scope, period, scope.calendar.after(last_day(str(place["on"])), limit), "gongguan movement retarget {}"
        )


def paper_stays(scope: Scope) -> Iterator[Due]:
    """Stays that began by letter and have to end so, since the partner has a node that tells of them anew."""
    for period in scope.left_on_paper:
        if period_state(scope.store, period) in OPEN_STATES:
            yield _due(scope, period, scope.day, "gongguan movement return {} --heard telephone")


def by_task(kind: str, limit: Callable[[Intervals], int], command: str) -> Callable[[Scope], Iterator[Due]]:
    """Open tasks of a kind about members in reach, by a time limit of the agreement."""

    def find(scope: Scope) -> Iterator[Due]:
        opened = {task.subject: task.opened_at for task in scope.store.find(Task, state="open") if task.kind == kind}
        for period in scope.periods:
            if period.subject in opened:
                days = limit(scope.terms(period.pairing_id).intervals)
                due_on = scope.calendar.after(today(datetime.fromisoformat(opened[period.subject])), days)
                yield _due(scope, period, due_on, command)

    return find


def inflows(scope: Scope) -> Iterator[Due]:
    """Partners ask whether somebody is ours, and nobody has answered (A-33)."""
    if top_code(scope.store) not in scope.codes:
        return
    for task in scope.store.find(Task, state="open"):
        if task.kind == "answer_inflow":
            due_on = scope.calendar.after(today(datetime.fromisoformat(task.opened_at)), NOTICE_WORKING_DAYS)
            yield Due(due_on=due_on.isoformat(), command=f"gongguan inflow match {message_of(task)}")


def _due(scope: Scope, period: MobilityPeriod, due_on: date, command: str) -> Due:
    return Due(
        subject=period.subject,
        member_id=period.member_id,
        who=scope.name(period),
        due_on=due_on.isoformat(),
        command=command.format(period.subject),
    )
