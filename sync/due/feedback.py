"""What is due of feedback: the quarter that has ended, on every member whom we manage and of whom we said nothing."""

from collections.abc import Iterator

from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.performance.feedback import is_expected, span_of
from gongguan.sync.quarters import Quarter
from gongguan.sync.shared.views import (
    of_subjects,
)


def feedbacks(scope: Scope) -> Iterator[Due]:
    """Feedback that this side owes for the last quarter (A-43)."""
    quarter = Quarter.of(scope.day).before().name
    due_on = span_of(quarter, scope.calendar).due_by.isoformat()
    managed = [period for period in scope.periods if period.side == "destination"]
    known = of_subjects(scope.store, managed, ("movement", "feedback"))
    for period in managed:
        records = known.get(period.subject, {})
        if is_expected(records, quarter) and f"feedback/{quarter}" not in records:
            yield Due(
                subject=period.subject,
                who=scope.name(period),
                due_on=due_on,
                command=f"gongguan feedback give {period.subject} --quarter {quarter}",
            )
