"""Rows of what is due about contacts, visits and contact officers (四联二访)."""

from collections.abc import Callable, Iterator

from .charges import Charge
from .contact_lists import open_on
from .contact_officers import officer_of
from .due_scope import Due, Scope


def contacts_of(kind: str) -> Callable[[Scope], Iterator[Due]]:
    """Contacts of one kind whose time has come and that nobody made (A-18, B-12 to B-17)."""

    def find(scope: Scope) -> Iterator[Due]:
        for found in open_on(scope.store, scope.charges, scope.day, (kind,)):
            yield due_of(found.charge, found.need.due_on.isoformat(), f"gongguan contact record {{}} --kind {kind}")

    return find


def officers(scope: Scope) -> Iterator[Due]:
    """Members who are away and with whom nobody is named to keep contact (B-09)."""
    for charge in scope.charges:
        if charge.is_away(scope.day) and officer_of(scope.store, charge) is None:
            since = charge.stays[-1].first.isoformat()
            yield due_of(charge, since, "gongguan officer assign {}")


def due_of(charge: Charge, due_on: str, command: str) -> Due:
    """A due thing about a charge; ``{}`` in the command stands for the id."""
    return Due(
        due_on=due_on,
        command=command.format(charge.person),
        subject=charge.person if charge.side == "destination" else charge.subject,
        member_id=charge.person if charge.side == "origin" else None,
        who=charge.name,
    )
