"""The row of what is due about Party dues: months of which nothing is known yet."""

from collections.abc import Iterator

from .due_scope import Due, Scope
from .months import Month
from .records import Body, DuesRecord
from .shared import effective, shared


def dues(scope: Scope) -> Iterator[Due]:
    """Branches with members away of whose dues in the month before nothing is known: one row each, by month's end."""
    month = Month.of(scope.day).before()
    known = {row.person for row in scope.store.find(DuesRecord, month=month.name, withdrawn=None)}
    lacking = set()
    for charge in scope.charges:
        if charge.body_code in lacking or charge.person in known or not charge.was_away(month.first, month.last):
            continue
        held = (shared(scope.store, item.agreement, item.subject, f"dues/{month.name}") for item in charge.periods)
        if not any(effective(record) for record in held):
            lacking.add(charge.body_code)
    due_on = Month.of(scope.day).last.isoformat()
    for body in scope.store.find(Body, code__in=lacking - {None}):
        yield Due(due_on=due_on, command=f"gongguan dues enter {month.name} …", who=body.short_name)
