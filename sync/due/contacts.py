"""Rows of what is due about contacts, visits and contact officers (四联二访)."""

from collections.abc import Callable, Iterator

from gongguan.sync.contacts.branch_reports import unreported
from gongguan.sync.contacts.care import OPEN, due_on
from gongguan.sync.contacts.officers import officers_of
from gongguan.sync.due.scope import Due, Scope
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import HelpCase
from gongguan.sync.shared.charges import Charge


def contacts_of(kind: str) -> Callable[[Scope], Iterator[Due]]:
    """Contacts of one kind whose time has come and that nobody made (A-18, B-12 to B-17)."""

    def find(scope: Scope) -> Iterator[Due]:
        for found in scope.open_contacts:
            if found.need.kind != kind:
                continue
            yield due_about(found.charge, found.need.due_on.isoformat(), f"gongguan contact record {{}} --kind {kind}")

    return find


def officers(scope: Scope) -> Iterator[Due]:
    """Members who are away and with whom nobody is named to keep contact (B-09)."""
    known = officers_of(scope.store, scope.away)
    for charge in scope.away:
        if charge.person not in known:
            since = charge.stays[-1].first.isoformat()
            yield due_about(charge, since, "gongguan officer assign {}")


def cases(scope: Scope) -> Iterator[Due]:
    """Help cases that somebody has to go on with, before they age in silence (A-36)."""
    charges = {charge.person: charge for charge in scope.charges}
    for case in scope.store.find(HelpCase, status__in=OPEN):
        if case.person in charges:
            yield due_about(
                charges[case.person], due_on(case, scope.calendar).isoformat(), f"gongguan care update {case.case_id}"
            )


def reports(scope: Scope) -> Iterator[Due]:
    """Branches that have not yet reported the quarter before to their committee (B-11)."""
    for code, day in unreported(scope.store, list(scope.charges), scope.day):
        quarter = Quarter.of(scope.day).before().name
        yield Due(due_on=day.isoformat(), command=f"gongguan report show --quarter {quarter} --body {code}")


def due_about(charge: Charge, due_on: str, command: str) -> Due:
    """A due thing about a charge; ``{}`` in the command stands for the id."""
    return Due(
        due_on=due_on,
        command=command.format(charge.person),
        subject=charge.person if charge.side == "destination" else charge.subject,
        member_id=charge.person if charge.side == "origin" else None,
        who=charge.name,
    )
