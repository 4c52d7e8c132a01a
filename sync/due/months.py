"""The row of what is due about Party dues: months of which nothing is known yet."""

from collections.abc import Iterator

from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.months import Month
from gongguan.sync.records import Body, DuesRecord
from gongguan.sync.shared.views import (
    entered,
)


def dues(scope: Scope) -> Iterator[Due]:
    """Branches with members away of whose dues in the month before nothing is known: one row each, by month's end."""
    month = Month.of(scope.day).before()
    known = {row.person for row in scope.store.find(DuesRecord, month=month.name, withdrawn=None)}
    asked = [item for item in scope.charges if item.person not in known and item.was_away(month.first, month.last)]
    held = entered(scope.store, (period for charge in asked for period in charge.periods), f"dues/{month.name}")
    lacking = {item.body_code for item in asked if not any(period.subject in held for period in item.periods)}
    due_on = Month.of(scope.day).last.isoformat()
    for body in scope.store.find(Body, code__in=lacking - {None}):
        yield Due(due_on=due_on, command=f"gongguan dues enter {month.name} …", who=body.short_name)
