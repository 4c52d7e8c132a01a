"""Periods of mobility as staff see them: which there are, how they stand, whose they are and who reaches them.

A period is one stay of one member with one partner; where it stands is what both nodes hold of the movement.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.exchange.values import Value, unit_id
from gongguan.sync.persons.bodies import is_within, subtree, top_code
from gongguan.sync.records import Body as BodyRecord
from gongguan.sync.records import (
    Member,
    MobilityPeriod,
    SharedRecord,
)
from gongguan.sync.shared.views import ONE_BY_ONE_MAX, effective, of_subjects, partly, shared, value_of, worked_out
from gongguan.sync.store import Scope, Store

MOVEMENT: Final = ("movement", "profile")
"""Categories of what both nodes hold of where a member is, and of what the origin told anew since its notice."""


def movements_in(
    store: Store, periods: Sequence[MobilityPeriod], states: Collection[str]
) -> Mapping[str, Mapping[str, Value]]:
    """Records of movement of those of these members who are in one of these states, by subject."""
    held = of_subjects(store, periods, ("movement",))
    return {subject: records for subject, records in held.items() if state_in(records) in states}


class _State(msgspec.Struct, frozen=True):
    state: str


def state_in(movements: Mapping[str, Value]) -> str:
    """notified, admitted, refused or ended, by the records of movement of a member."""
    return worked_out(movements, _state)


def _state(movements: Mapping[str, Value]) -> str:
    held = partly(movements, "movement/state", _State)
    return held.state if held is not None else "notified"


def states_of(store: Store, periods: Iterable[MobilityPeriod]) -> dict[str, str]:
    """Subject → notified, admitted, refused or ended."""
    held = of_subjects(store, periods := list(periods), MOVEMENT)
    return {period.subject: state_in(held.get(period.subject, {})) for period in periods}


def period_of(store: Store, subject: str) -> MobilityPeriod:
    """The mobility period that goes by this pseudonym. Raises ``D-subject-unknown``."""
    period = store.get(MobilityPeriod, subject)
    if period is None:
        raise refuse("D-subject-unknown", subject=subject)
    return period


def body_of(store: Store, subject: str) -> str | None:
    """The body here that answers for a member: the affiliated branch, or at the destination the managing body.

    While none is known it is the whole committee, so that only its own officers reach the member. Raises
    ``D-subject-unknown``.
    """
    return _body_of(store, period_of(store, subject))


def _body_of(store: Store, period: MobilityPeriod) -> str | None:
    member = store.get(Member, period.member_id) if period.member_id else None
    code = member.branch_code if member else period.body_code
    # Whoever was in a body that is gone is for people of the whole committee, and never out of everybody's sight.
    return code if code is not None and store.get(BodyRecord, code) is not None else top_code(store)


def check_reach(act: Act, subject: str) -> MobilityPeriod:
    """The period of a member in the acting person's subtree. Raises ``A-subtree``, ``D-subject-unknown``."""
    code = body_of(act.store, subject)
    if code is None or not is_within(act.store, code, act.staff.body_code):
        raise refuse("A-subtree", body=code, reach=act.staff.body_code)
    return period_of(act.store, subject)


def every_period(store: Store) -> Sequence[MobilityPeriod]:
    """Every mobility period of this node, kept between lists."""
    return store.derived(_periods, of=[Scope(MobilityPeriod)])


def _periods(store: Store) -> Sequence[MobilityPeriod]:
    return tuple(store.find(MobilityPeriod))


def periods_in_reach(act: Act) -> list[MobilityPeriod]:
    """Every mobility period whose body lies in the acting person's subtree."""
    codes, top = subtree(act.store, act.staff.body_code), top_code(act.store)
    periods = every_period(act.store)
    if top in codes:  # whoever reaches the whole committee reaches whatever body it is
        return list(periods)
    members = {period.member_id for period in periods if period.member_id}
    branches = dict(act.store.pick(Member, ("member_id", "branch_code"), member_id__in=members))
    known = {code for (code,) in act.store.pick(BodyRecord, ("code",))}
    bodies = ((period, branches.get(period.member_id or "", period.body_code)) for period in periods)
    # As in ``_body_of``, of all of them at once.
    return [period for period, code in bodies if (code if code in known else top) in codes]


OPEN_STATES: Final = frozenset({"notified", "admitted"})
"""States of a mobility period that goes on."""


def period_state(store: Store, period: MobilityPeriod) -> str:
    """notified, admitted, refused or ended."""
    value = shared(store, period.agreement, period.subject, "movement/state")
    return str(value["state"]) if value else "notified"


def open_period(act: Act, subject: str) -> MobilityPeriod:
    """``check_reach`` of a member whose period goes on. Raises ``D-movement-state`` too."""
    period = check_reach(act, subject)
    state = period_state(act.store, period)
    if state not in OPEN_STATES:
        raise refuse("D-movement-state", state=state)
    return period


def notice_of(store: Store, period: MobilityPeriod) -> dict[str, Any] | None:
    """What counts of the notice of departure, without what changed since."""
    return effective(shared(store, period.agreement, period.subject, "movement/departure"))


def current_profile(store: Store, period: MobilityPeriod) -> dict[str, Any]:
    """What origin told of the member: the standing notice, and over it each field that changed since (A-07)."""
    notice = notice_of(store, period) or {}
    changes = store.find(SharedRecord, unit=unit_id(period.agreement, period.subject), category="profile")
    found = ((record.key.partition("/")[2], effective(value_of(record))) for record in changes)
    return {**notice, **{name: value["value"] for name, value in found if value is not None}}


def name_of(store: Store, period: MobilityPeriod) -> str | None:
    """The member's name if it is known here: from the own roster, or from the notice of departure."""
    member = store.get(Member, period.member_id) if period.member_id else None
    if member is not None:
        return member.name
    changed = effective(shared(store, period.agreement, period.subject, "profile/name"))
    if changed is not None:
        return str(changed["value"])
    notice = notice_of(store, period)
    return str(notice["name"]) if notice else None


def names_of(store: Store, periods: Iterable[MobilityPeriod]) -> dict[str, str | None]:
    """``name_of`` by subject; for many members their names are read together."""
    periods = list(periods)
    if len(periods) <= ONE_BY_ONE_MAX:
        return {period.subject: name_of(store, period) for period in periods}
    ids = {period.member_id for period in periods if period.member_id}
    own = dict(store.pick(Member, ("member_id", "name"), member_id__in=ids))
    held = of_subjects(store, [period for period in periods if period.member_id not in own], MOVEMENT)
    told = {subject: worked_out(records, told_name) for subject, records in held.items()}
    return {period.subject: own.get(period.member_id or "", told.get(period.subject)) for period in periods}


def told_name(movements: Mapping[str, Value]) -> str | None:
    """The name that the origin told: the newest, or that of its notice."""
    changed, notice = effective(movements.get("profile/name")), effective(movements.get("movement/departure"))
    return str(changed["value"]) if changed is not None else str(notice["name"]) if notice is not None else None


def side_name(party: int, origin: int) -> str:
    """``origin`` or ``destination``: on which side of this member's movement a party stands."""
    return "origin" if party == origin else "destination"
