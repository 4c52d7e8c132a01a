"""The members in the charge of this committee: those who went away from it, and those who came to it, day by day.

A *charge* is one person on one side. At the origin that is a member of the own roster, known by the member id; moves
from one destination to the next are one history of stays. At the destination it is a pseudonym. Who was in charge on
which day follows from what both nodes hold and, where nobody was notified, from the outflow roster::

    charge = charge_of(act, "巴特尔")
    charge.stays        ->  (Stay(first=date(2026, 2, 1), last=None),)
    charge.was_away(date(2026, 1, 1), date(2026, 3, 31))    ->  True
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.sync.act import Act
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import subtree, top_code
from gongguan.sync.persons.people import Person as Named
from gongguan.sync.persons.people import matching
from gongguan.sync.records import Departure, Member, MobilityPeriod, OutflowEntry, SharedRecord
from gongguan.sync.shared.periods import (
    MOVEMENT,
    every_period,
    state_in,
)
from gongguan.sync.shared.views import (
    of_subjects,
    partly,
    worked_out,
)
from gongguan.sync.store import Scope, Store

Person = Annotated[str, labelled("党员编号", "member id", argument=True, max_length=120)]
"""How staff name a charge in a request."""

PERSON_ID: Final = re.compile("[0-9a-f]{32}")
"""A member id or a pseudonym."""

Movements = Mapping[str, Value]
"""The records ``movement/…`` of one mobility period, by key."""

LONG_AGO: Final = date(1900, 1, 1)


class Stay(NamedTuple):
    """One time away, in days of China, both inclusive; ``last`` None: it goes on."""

    first: date
    last: date | None = None

    def meets(self, first: date, last: date) -> bool:
        """Whether a day of the stay lies in this range."""
        return self.first <= last and (self.last is None or self.last >= first)


@dataclass(frozen=True, slots=True)
class Charge:
    """A member in our charge on one side, now or once. ``period``: the newest mobility period, if there is any."""

    person: str
    side: str
    name: str
    body_code: str | None
    stays: tuple[Stay, ...]
    periods: tuple[MobilityPeriod, ...]
    joined_on: str | None
    open: bool
    officer: tuple[str, str, str] | None = None
    """At the destination, whom the admission named to keep contact: name, telephone, since."""
    records: Mapping[str, Movements] = field(default_factory=dict, repr=False, compare=False)
    """What both nodes hold of movement in each period, by subject: read already, since the stays follow from it."""

    @property
    def now(self) -> Movements:
        """The records of the newest period while it is open."""
        return self.records.get(self.subject or "", {})

    @property
    def period(self) -> MobilityPeriod | None:
        """Under which the partner knows the member, if it does now."""
        return self.periods[-1] if self.periods and self.open else None

    @property
    def subject(self) -> str | None:
        """The pseudonym under which the partner knows the member now."""
        return self.period.subject if self.period else None

    def was_away(self, first: date, last: date) -> bool:
        """Whether the member was in our charge on any day of this range."""
        for stay in self.stays:  # noqa: SIM110 - a generator is twice as slow, and lists ask this 20,000 times
            if stay.first <= last and (stay.last is None or stay.last >= first):
                return True
        return False

    def is_away(self, day: date) -> bool:
        """Whether the member is in our charge on this day."""
        return self.was_away(day, day)


def charges_in_reach(act: Act, since: date | None = None) -> list[Charge]:
    """Everyone who is or was in the charge of the acting person's subtree, by name.

    ``since``: but not of a whole committee whoever was not away on that day or later, of whom a list would say nothing.
    """
    codes, top = subtree(act.store, act.staff.body_code), top_code(act.store)
    # While nobody took a member in there is no body here: that is for people of the whole committee.
    if top not in codes:
        return sorted(charges_of_bodies(act.store, codes), key=_by_name)
    found = every_charge(act.store)
    return [charge for charge in found if since is None or charge.open or charge.was_away(since, date.max)]


def _by_name(charge: Charge) -> tuple[str, str]:
    return charge.name, charge.person


def charges_on(act: Act, day: date) -> list[Charge]:
    """Those of the subtree who are away on this day."""
    return [charge for charge in charges_in_reach(act, day) if charge.is_away(day)]


def charge_of(act: Act, text: str) -> Charge:
    """The one whom staff mean: by id or pseudonym, else by name. Raises D-person-unknown, D-person-ambiguous."""
    found = _with_id(act, text) if PERSON_ID.fullmatch(text) else None
    return found or pick(charges_in_reach(act), text)


def _with_id(act: Act, text: str) -> Charge | None:
    """The charge of this id or pseudonym within reach, read without any other."""
    named = act.store.get(MobilityPeriod, text)
    if named is not None and named.member_id is None:
        members, periods = [], [named]
    else:
        member_id = named.member_id if named is not None else text
        members = _roll(act.store, member_id=member_id)
        periods = act.store.find(MobilityPeriod, member_id=member_id)
    codes, top = subtree(act.store, act.staff.body_code), top_code(act.store)
    for charge in _charges(act.store, [item for item in members if item.floating or periods], periods):
        if top in codes or charge.body_code in codes:
            return charge
    return None


def pick(charges: Sequence[Charge], text: str) -> Charge:
    """The charge that a text names, among these; those who are away now go before those who were once."""
    for charge in charges:
        if text and (charge.person == text or any(period.subject == text for period in charge.periods)):
            return charge
    named = [Named(charge.person, charge.name, charge.body_code, charge.period) for charge in charges]
    ids = {person.id for person in matching(named, text)} if text.strip() else set()
    found = [charge for charge in charges if charge.person in ids]
    found = [charge for charge in found if charge.open] or found
    if not found:
        raise refuse("D-person-unknown")
    if len(found) > 1:
        raise refuse("D-person-ambiguous", count=len(found))
    return found[0]


def by_person_id(act: Act, request: Any) -> Any:
    """The request with the id of whom it names, so that the audit says it too. Raises as ``charge_of`` does."""
    if PERSON_ID.fullmatch(request.person):
        return request
    return msgspec.structs.replace(request, person=charge_of(act, request.person).person)


def every_charge(store: Store) -> Sequence[Charge]:
    """All charges of this node, in whatever state, by name; kept between lists."""
    shared = [Scope(SharedRecord, (category,)) for category in MOVEMENT]
    own = [Scope(kind) for kind in (MobilityPeriod, Member, OutflowEntry, Departure)]
    return store.derived(_every, of=[*shared, *own])


def _every(store: Store) -> Sequence[Charge]:
    members = store.derived(_whole_roll, of=[Scope(Member), Scope(MobilityPeriod)])
    return tuple(sorted(_charges(store, members, every_period(store)), key=_by_name))


def _whole_roll(store: Store) -> "Sequence[_Roll]":
    """Everybody who floats or did once: their sealed fields are opened again only when a member's record changes."""
    members = _roll(store, floating=True)
    once = {period.member_id for period in every_period(store) if period.member_id}
    return [*members, *_roll(store, member_id__in=once - {member.member_id for member in members})]


def charges_of_bodies(store: Store, codes: frozenset[str]) -> Iterator[Charge]:
    """The charges of some bodies, without reading those of all others."""
    members = {member.member_id: member for member in _roll(store, branch_code__in=codes, floating=True)}
    at_home = store.pick(Member, ("member_id",), branch_code__in=codes, floating=False)
    periods = store.find(MobilityPeriod, member_id__in=[*members, *(member_id for (member_id,) in at_home)])
    gone = {period.member_id for period in periods} - members.keys()
    members |= {member.member_id: member for member in _roll(store, member_id__in=gone)}
    periods += store.find(MobilityPeriod, side="destination", body_code__in=codes)
    return _charges(store, list(members.values()), periods)


def stays_of(movements: Movements, side: str) -> tuple[Stay, ...]:
    """The stays of one mobility period. At the destination a stay begins with the arrival that was admitted."""
    return worked_out(movements, _stays_of, side)


def _stays_of(movements: Movements, side: str) -> tuple[Stay, ...]:
    departures = _entries(movements, "movement/departure")
    returns = _entries(movements, "movement/return")
    ended_by = {str(entry.superseded): entry for entry in returns if entry.superseded is not msgspec.UNSET}
    standing = [entry for entry in returns if entry.superseded is msgspec.UNSET]
    stays: list[Stay] = []
    cited: set[str] = set()
    begun: date | None = None
    for entry in departures:
        if entry.id in ended_by:
            stays += _stay(movements, side, begun, cited, ended_by[entry.id])
            cited = set()
        begun = _first_day(entry.value.left_on)
        cited.add(entry.id)
    stays += _stay(movements, side, begun, cited, standing[-1] if standing else None)
    return tuple(stays)


def joined(stays: Iterable[Stay]) -> tuple[Stay, ...]:
    """Stays in order, those that touch or overlap as one: a member who moves on was away without a break."""
    stays, found = list(stays), list[Stay]()
    if len(stays) < 2:
        return tuple(stays)
    for stay in sorted(stays, key=lambda item: item.first):
        before = found[-1] if found else None
        if before is None or (before.last is not None and before.last + timedelta(days=1) < stay.first):
            found.append(stay)
        elif before.last is not None:
            last = None if stay.last is None else max(before.last, stay.last)
            found[-1] = Stay(before.first, last)
    return tuple(found)


# --- inside ---------------------------------------------------------------------------------------------------


class _Roll(NamedTuple):
    """What a charge is told of its member's record."""

    member_id: str
    branch_code: str
    floating: bool
    name: str
    joined_on: str | None


class _Joined(msgspec.Struct, frozen=True):
    """The one of ``MemberDetails`` that is asked for of everybody: the others are not looked at."""

    joined_on: str | None = None


def _roll(store: Store, **where: Any) -> list[_Roll]:
    fields = ("member_id", "branch_code", "floating", "name", "details")
    return [
        _Roll(member_id, branch, floating, name, msgspec.json.decode(details, type=ready(_Joined)).joined_on)
        for member_id, branch, floating, name, details in store.pick(Member, fields, **where)
    ]


def _charges(store: Store, members: Sequence[_Roll], periods: Sequence[MobilityPeriod]) -> Iterator[Charge]:
    movements = of_subjects(store, periods, MOVEMENT)
    by_member: dict[str, list[MobilityPeriod]] = {}
    for period in periods:
        if period.member_id:
            by_member.setdefault(period.member_id, []).append(period)
        else:
            yield from _at_destination(period, movements.get(period.subject, {}))
    histories = {member.member_id: _history(by_member.get(member.member_id, []), movements) for member in members}
    told = _Told(
        store, [member.member_id for member in members if member.floating and not histories[member.member_id].goes_on]
    )
    for member in members:
        yield _at_origin(member, histories[member.member_id], told)


def _at_destination(period: MobilityPeriod, movements: Movements) -> Iterator[Charge]:
    stays = stays_of(movements, "destination")
    departure = movements.get("movement/departure", {}).get("effective")
    if not stays or departure is None:
        return
    yield Charge(
        person=period.subject,
        side="destination",
        name=str(_changed(movements, "name") or departure["name"]),
        body_code=period.body_code,
        stays=stays,
        periods=(period,),
        joined_on=_changed(movements, "joined_on") or departure.get("joined_on"),
        open=state_in(movements) == "admitted",
        officer=_admitted_with(movements),
        records={period.subject: movements},
    )


def _admitted_with(movements: Movements) -> tuple[str, str, str] | None:
    admission = movements.get("movement/admission", {}).get("effective")
    if admission is None or admission.get("outcome") != "admitted":
        return None
    return admission["contact_officer"], admission["contact_phone"], admission["arrived_on"]


def _changed(movements: Movements, field: str) -> Any:
    """A field that the origin told anew after its notice (sync/movement/profiles.py)."""
    return movements.get(f"profile/{field}", {}).get("effective", {}).get("value")


class _History(NamedTuple):
    """A member's periods in order, the newest last; the stays that they show; whether a period is open."""

    periods: tuple[MobilityPeriod, ...]
    stays: tuple[Stay, ...]
    open: bool
    records: Mapping[str, Movements]

    @property
    def goes_on(self) -> bool:
        """Whether one of the stays is not over."""
        return any(stay.last is None for stay in self.stays)


def _history(periods: list[MobilityPeriod], movements: Mapping[str, Movements]) -> _History:
    held = [(period, movements.get(period.subject, {})) for period in periods]
    if len(held) > 1:
        held.sort(key=lambda item: (state_in(item[1]) in ("notified", "admitted"), _last_departure(item[1])))
    stays = tuple(stay for _, found in held for stay in stays_of(found, "origin"))
    going_on = bool(held) and state_in(held[-1][1]) in ("notified", "admitted")
    return _History(tuple(period for period, _ in held), stays, going_on, {one.subject: found for one, found in held})


class _Told:
    """What reports and the outflow roster say of members who were never notified, or left again since."""

    def __init__(self, store: Store, people: list[str]) -> None:
        self._left: dict[str, str] = {}
        self._returned: dict[str, str] = {}
        for person, left_on, details in store.pick(
            OutflowEntry, ("member_id", "left_on", "details"), member_id__in=people
        ):
            self._left[person] = left_on or ""
            self._returned[person] = msgspec.json.decode(details, type=ready(_Returned)).returned_on or ""
        for person, left_on in store.pick(Departure, ("member_id", "left_on"), member_id__in=people):
            self._left[person] = max(left_on, self._left.get(person, ""))

    def stays(self, person: str, known: Sequence[Stay]) -> list[Stay]:
        """The stay that is known from nothing else; none where all that was told of is over."""
        told, back = self._left.get(person), self._returned.get(person)
        first = _first_day(told) if told else LONG_AGO
        ended = [stay.last for stay in known if stay.last is not None]
        if ended and first <= max(ended):
            return []
        last = _first_day(back) if back and _first_day(back) >= first else None
        return [Stay(first, last)]


class _Returned(msgspec.Struct, frozen=True):
    """The one of ``OutflowDetails`` that ends a stay."""

    returned_on: str | None = None


def _at_origin(member: _Roll, history: _History, told: _Told) -> Charge:
    further = told.stays(member.member_id, history.stays) if member.floating and not history.goes_on else []
    return Charge(
        person=member.member_id,
        side="origin",
        name=member.name,
        body_code=member.branch_code,
        stays=joined((*history.stays, *further)),
        periods=history.periods,
        joined_on=member.joined_on,
        open=history.open,
        records=history.records,
    )


def _stay(
    movements: Movements, side: str, begun: date | None, cited: set[str], ended: "_Entry | None"
) -> Iterator[Stay]:
    if begun is None:
        return
    if side == "destination":
        answers = [entry for entry in _entries(movements, "movement/admission") if entry.value.departure in cited]
        if not answers or answers[-1].value.outcome != "admitted":
            return
        begun = date.fromisoformat(answers[-1].value.arrived_on)
    last = date.fromisoformat(ended.value.ended_on) if ended else None
    if last is None or last >= begun:
        yield Stay(begun, last)


class _Days(msgspec.Struct, frozen=True):
    """What stays follow from, of a notice, an answer to it, or a return."""

    left_on: str = ""
    departure: str = ""
    outcome: str = ""
    arrived_on: str = ""
    ended_on: str = ""


class _Entry(msgspec.Struct, frozen=True):
    id: str
    value: _Days
    superseded: Any = msgspec.UNSET


class _Entries(msgspec.Struct, frozen=True):
    entries: list[_Entry]


def _entries(movements: Movements, key: str) -> list[_Entry]:
    held = partly(movements, key, _Entries)
    return held.entries if held is not None else []


def _last_departure(movements: Movements) -> str:
    return max((entry.value.left_on for entry in _entries(movements, "movement/departure")), default="")


def _first_day(text: str) -> date:
    """A month stands for its first day."""
    return date.fromisoformat(text if len(text) > len("2026-03") else f"{text}-01")
