"""What is due of erasures: requests that wait for a second person, and members whose time is over."""

from collections.abc import Iterator

from gongguan.protocol.dates import months_after
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.exchange.movement_end import end_of
from gongguan.sync.records import ErasureRequest
from gongguan.sync.shared.views import (
    worked_out,
)


def approvals(scope: Scope) -> Iterator[Due]:
    """Requests of others that wait for this person."""
    periods = {period.subject: period for period in scope.periods}
    for item in scope.store.find(ErasureRequest, state="open"):
        if item.about in periods and item.requested_by != scope.staff.name:
            yield Due(
                due_on=item.requested_at[:10],
                command=f"gongguan erasure approve {item.request_id[:8]}",
                subject=item.about,
                who=scope.name(periods[item.about]),
            )


def expired(scope: Scope) -> Iterator[Due]:
    """Members whose records have been kept as long as the agreement says."""
    asked = {item.about for item in scope.store.find(ErasureRequest, state="open")}
    periods = {period.subject: period for period in scope.periods if period.side == "origin"}
    over = {subject for subject, period in periods.items() if scope.state(period) in ("ended", "refused")}
    for subject in sorted(over - asked):
        period = periods[subject]
        ended = worked_out(scope.movements[subject], end_of)
        if ended is None:
            continue
        due_on = months_after(ended.on, scope.terms(period.pairing_id).retention.months)
        if due_on <= scope.day.isoformat():
            yield Due(
                due_on=due_on,
                command=f"gongguan erasure request {subject}",
                subject=subject,
                who=scope.name(period),
            )
