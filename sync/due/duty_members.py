"""A member's duty list (B-02): what the member has to do now, and that the list was handed over.

It follows from where the member stands: at home, reported, left, notified, refused, admitted, returned. That the list
was handed over is kept here with day, person and version; nothing of it crosses, since no kind of message says it::

    member_state(act, whom_of(act, "巴特尔"))     ->  "admitted"
"""

from typing import Annotated, Final, NamedTuple, cast

import msgspec

from gongguan.protocol.errors import DomainError, refuse
from gongguan.sync.act import Act
from gongguan.sync.agreements.duty_lists import DutyLists, MemberDuty, MemberState, current, hash_of
from gongguan.sync.days import check_happened, today
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.persons.bodies import subtree
from gongguan.sync.persons.people import Person as Named
from gongguan.sync.persons.people import matching
from gongguan.sync.records import CertificateCheck, Departure, DutyHandOver, Member
from gongguan.sync.shared.charges import PERSON_ID, Charge, charge_of, charges_in_reach
from gongguan.sync.shared.periods import (
    state_in,
)
from gongguan.sync.shared.views import (
    effective,
)

HAND_OVERS_MAX: Final = 50
"""Kept of one member: the newest go on counting."""


class Whom(NamedTuple):
    """A member who is named here; ``charge`` None: one who was never away."""

    id: str
    name: str
    charge: Charge | None


class HandOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``duty.hand_over``: the member has the list and said so."""

    member: Annotated[str, labelled("党员（姓名或编号）", "member", argument=True, min_length=1, max_length=120)]
    on: Annotated[
        Annotated[str, msgspec.Meta(pattern=DATE)] | None,
        labelled("交给本人的日期（默认今天）", "on (today)"),
    ] = None


class HandedOver(NamedTuple):
    """What was kept, for whom, and the lines with whether each is to be done now."""

    kept: DutyHandOver
    name: str
    state: MemberState
    lists: DutyLists
    lines: list[tuple[MemberDuty, bool]]


def whom_of(act: Act, text: str) -> Whom:
    """The member whom a text names within reach, away or not. Raises D-person-unknown, D-person-ambiguous."""
    known = _with_id(act, text) if PERSON_ID.fullmatch(text) else None
    if known is not None:
        return Whom(known.person, known.name, known)
    charges = charges_in_reach(act)
    away = {charge.person: charge for charge in charges}
    home = [person for person in _at_home(act) if person.id not in away]
    named = [Named(charge.person, charge.name, charge.body_code, charge.period) for charge in charges]
    found = matching([*named, *home], text) if text.strip() else []
    if all(person.id in away for person in found):
        # Of one who came more than once the stay that goes on is meant.
        found = [person for person in found if away[person.id].open] or found
    if not found:
        raise refuse("D-person-unknown")
    if len(found) > 1:
        raise refuse("D-person-ambiguous", count=len(found))
    return Whom(found[0].id, found[0].name, away.get(found[0].id))


def member_state(act: Act, whom: Whom) -> MemberState:
    """Where the member stands. One who came back is at home again once the certificate was compared."""
    charge = whom.charge
    if charge is None or not charge.periods:
        if charge is not None and charge.is_away(today(act.now)):
            return "left"
        return "reported" if act.store.find(Departure, member_id=whom.id, limit=1) else "at_home"
    newest = charge.periods[-1].subject
    movements = charge.records[newest]
    state = cast(MemberState, state_in(movements))
    if state != "ended":
        return state
    if charge.side == "origin" and charge.is_away(today(act.now)):
        return "left"
    ended = effective(movements.get("movement/return"))
    if ended is None or ended["reason"] != "returned":
        return "ended"
    checked = charge.side == "origin" and act.store.get(CertificateCheck, newest) is not None
    return "at_home" if checked else "returned"


def lines_of(act: Act, whom: Whom) -> list[tuple[MemberDuty, bool]]:
    """Every line of the member's list, and whether it is to be done now."""
    state = member_state(act, whom)
    return [(line, state in line.states) for line in current(act.store).member]


def last_hand_over(act: Act, person: str) -> DutyHandOver | None:
    """When the member was last given a list, by whom and which."""
    return max(act.store.find(DutyHandOver, person=person), key=lambda row: (row.on, row.number), default=None)


def hand_over(act: Act, request: HandOver) -> HandedOver:
    """Keep that the list was handed over. Raises D-person-…, D-date, D-date-future."""
    whom = whom_of(act, request.member)
    on = request.on or today(act.now).isoformat()
    check_happened(act.now, on)
    lists = current(act.store)
    rows = sorted(act.store.find(DutyHandOver, person=whom.id), key=lambda row: row.number)
    if len(rows) >= HAND_OVERS_MAX:
        act.store.remove(DutyHandOver, whom.id, rows[0].number)
    made = DutyHandOver(
        person=whom.id,
        number=rows[-1].number + 1 if rows else 1,
        on=on,
        by=act.staff.name,
        version=lists.version,
        sha256=hash_of(lists),
    )
    act.store.add(made)
    return HandedOver(made, whom.name, member_state(act, whom), lists, lines_of(act, whom))


def _with_id(act: Act, text: str) -> Charge | None:
    """The charge of this id or pseudonym, if it is one."""
    try:
        return charge_of(act, text)
    except DomainError:
        return None


def _at_home(act: Act) -> list[Named]:
    """Members of the subtree who do not float; whoever was away once is named among the charges too."""
    codes = subtree(act.store, act.staff.body_code)
    rows = act.store.pick(Member, ("member_id", "name", "branch_code"), branch_code__in=codes, floating=False)
    return [Named(member_id, name, code, None) for member_id, name, code in rows]
