"""Rows of what is due about organisational life: who came, and members of whom nothing or only absence is known.

The two are different tasks (A-17): of whom nothing is known one finds out, nobody is reproached; who was confirmed
absent is reminded. Either ends when the member is reached in a contact after the quarter.
"""

from collections.abc import Iterator
from datetime import date
from typing import Final

from gongguan.sync.due.contacts import due_about
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.education.attendance import contacted_since, known_at
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import ActivityInvitation, PlannedActivity

ENTRY_WORKING_DAYS: Final = 3
"""After an activity; an entry of the certificate that is later is shown as late (A-45)."""

LOOK_BACK_QUARTERS: Final = 2


def entries(scope: Scope) -> Iterator[Due]:
    """Activities of which it was not yet entered who came."""
    first = Quarter.of(scope.day)
    for _ in range(LOOK_BACK_QUARTERS):
        first = first.before()
    charges = {charge.person: charge for charge in scope.charges}
    held = scope.store.find(PlannedActivity, on__ge=first.first.isoformat(), on__lt=scope.day.isoformat())
    for planned in held:
        rows = scope.store.find(ActivityInvitation, event=planned.event)
        mine = [row for row in rows if row.person in charges]
        if (
            planned.body_code in scope.codes
            and mine
            and not any(known_at(scope.store, charges[row.person], row) for row in mine)
        ):
            due_on = scope.calendar.after(date.fromisoformat(planned.on), ENTRY_WORKING_DAYS)
            yield Due(due_on=due_on.isoformat(), command=f"gongguan activity attend {planned.event}")


def attendance_unknown(scope: Scope) -> Iterator[Due]:
    """Members away of whom nothing is known for the quarter before: one finds out."""
    return _in_state(scope, "unknown")


def attendance_absent(scope: Scope) -> Iterator[Due]:
    """Members away who were confirmed absent from all of which anything is known: they are reminded."""
    return _in_state(scope, "confirmed_absent")


def _in_state(scope: Scope, state: str) -> Iterator[Due]:
    ended = Quarter.of(scope.day).before().last.isoformat()
    asked = [item for item in scope.charges if scope.attendance_before.get(item.person) == state]
    reached = contacted_since(scope.store, ended) if asked else set()
    for charge in asked:
        if charge.person not in reached:
            yield due_about(charge, ended, "gongguan contact record {} --kind quarterly")
