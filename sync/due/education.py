"""Rows of what is due about education: delegated study, monthly pushes, material for the half-year."""

from collections.abc import Iterator
from datetime import date, timedelta

from gongguan.sync.due.agreements import is_whole_committee
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.education.delegations import concerns, delegations
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import LearningItem, Pairing


def studies(scope: Scope) -> Iterator[Due]:
    """What partners asked us to hold: to be answered, then to be held (B-24)."""
    for item in delegations(scope.store):
        state = item.state(scope.store, scope.day)
        if item.own or state in ("done", "declined"):
            continue
        if not is_whole_committee(scope) and not any(concerns(item, charge) for charge in scope.charges):
            continue
        verb = "hold" if item.answer else "answer"
        yield Due(due_on=item.value["due_on"], command=f"gongguan study {verb} {item.id}")


def delegating(scope: Scope) -> Iterator[Due]:
    """Partners with members of ours whom we asked for no study in this quarter (B-24)."""
    quarter = Quarter.of(scope.day)
    asked = {item.pairing_id for item in delegations(scope.store) if item.own and quarter.holds(item.value["due_on"])}
    there = {item.period.pairing_id for item in scope.charges if item.side == "origin" and item.period is not None}
    for pairing in scope.store.find(Pairing, state="active"):
        if pairing.pairing_id in there - asked:
            command = f"gongguan study delegate … --peer {pairing.peer[:8]}"
            yield Due(due_on=quarter.last.isoformat(), command=command)


def pushes(scope: Scope) -> Iterator[Due]:
    """Branches with members away that pushed nothing online this month (B-21)."""
    first = scope.day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    yield from _lacking(scope, "push", first, last, "gongguan education push … --body {}")


def materials(scope: Scope) -> Iterator[Due]:
    """Branches with members away that handed over no material this half-year (B-23)."""
    first = date(scope.day.year, 1 if scope.day.month <= 6 else 7, 1)
    last = date(scope.day.year, 6, 30) if first.month == 1 else date(scope.day.year, 12, 31)
    yield from _lacking(scope, "material", first, last, "gongguan education deliver … --body {}")


def _lacking(scope: Scope, form: str, first: date, last: date, command: str) -> Iterator[Due]:
    """Branches of the origin: those at the destination educate by their own organisational life."""
    away = {charge.body_code for charge in scope.away if charge.side == "origin"}
    items = scope.store.find(LearningItem, on__ge=first.isoformat())
    done = {item.body_code for item in items if item.form == form and item.on <= last.isoformat()}
    for code in sorted(filter(None, away - done)):
        yield Due(due_on=last.isoformat(), command=command.format(code))
