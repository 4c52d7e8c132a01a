"""What is due of probation: the origin asks, meets and approves; the destination observes and answers."""

from collections.abc import Iterator

from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.probation.probation import Standing, approval_due, decided, drafted_on, needs_request
from gongguan.sync.quarters import Quarter
from gongguan.sync.shared.views import (
    effective,
)

OBSERVED_WORKING_DAYS = 10
"""After a quarter has ended; as for feedback, since no source names a day."""


def _running(scope: Scope, side: str) -> Iterator[Standing]:
    return (standing for standing in scope.probationers if standing.period.side == side and standing.is_running)


def _due(scope: Scope, standing: Standing, due_on: str, command: str) -> Due:
    period = standing.period
    return Due(due_on=due_on, command=f"{command} {period.subject}", subject=period.subject, who=scope.name(period))


def requests(scope: Scope) -> Iterator[Due]:
    """Drafts that a person has to send: from 60 days before the expiry on (A-25)."""
    for standing in _running(scope, "origin"):
        asked_on = drafted_on(scope.store, standing)
        if needs_request(standing) and asked_on <= scope.day:
            yield _due(scope, standing, asked_on.isoformat(), "gongguan probation request")


def meetings(scope: Scope) -> Iterator[Due]:
    """Probation is over and the branch has not met, or the committee has not decided within three months (A-26)."""
    for standing in _running(scope, "origin"):
        if standing.clock.ends_on > scope.day.isoformat() or decided(standing) is not None:
            continue
        approve_by = approval_due(standing.case) if standing.case else None
        command = "gongguan probation decide" if approve_by else "gongguan probation meeting"
        yield _due(scope, standing, approve_by or standing.clock.ends_on, command)


def opinions(scope: Scope) -> Iterator[Due]:
    """Requests that wait for our written opinion (A-50)."""
    for standing in _running(scope, "destination"):
        if standing.request is not None and standing.opinion is None:
            yield _due(scope, standing, str(standing.request["answer_by"]), "gongguan probation opinion")


def observations(scope: Scope) -> Iterator[Due]:
    """The quarter before, of every probationer who was managed here in it (A-24, A-47)."""
    quarter = Quarter.of(scope.day).before()
    due_on = scope.calendar.after(quarter.last, OBSERVED_WORKING_DAYS).isoformat()
    for standing in _running(scope, "destination"):
        admission = effective(standing.records.get("movement/admission")) or {}
        arrived_on = str(admission.get("arrived_on", "9999"))
        if arrived_on <= quarter.last.isoformat() and f"probation_observation/{quarter.name}" not in standing.records:
            yield _due(scope, standing, due_on, f"gongguan probation observe --quarter {quarter.name}")
