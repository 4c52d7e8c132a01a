"""Rows of what is due to the department above."""

from collections.abc import Iterator

from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.organisations.superiors import lines_of


def unsent(scope: Scope) -> Iterator[Due]:
    """Items that were not sent yet, for those who speak for the committee."""
    if scope.whole:
        for line in lines_of(scope.act, scope.periods, scope.calendar):
            if line.state in ("open", "made"):
                command = "superior report" if line.report is None else f"superior sent {line.report}"
                yield Due(subject=line.subject, who=line.name, due_on=line.due_on, command=f"gongguan {command}")
