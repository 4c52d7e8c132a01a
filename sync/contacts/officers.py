"""Contact officers: one named person per member and side, handed over and never left empty (B-09).

The origin names one itself. At the destination the admission names the first. The partner learns the name and the
office's telephone; who leaves hands all members over before the account can be disabled::

    hand_over(act, OfficerHandOver(leaving="乌云", officer="李明", phone="10000000001", since="2026-04-01"))
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.protocol.messages.contact import OfficerNamed
from gongguan.sync.act import Act
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.values import Value
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import short_names
from gongguan.sync.records import ContactOfficer, OutflowEntry, Staff
from gongguan.sync.rows import ROWS_MAX
from gongguan.sync.shared.charges import Charge, Person, charge_of, charges_in_reach, charges_on, pick
from gongguan.sync.shared.entries import tell
from gongguan.sync.shared.provenance import EnteredLabel, Sources
from gongguan.sync.shared.views import (
    effective,
    of_subjects,
)
from gongguan.sync.store import Store

OfficerName = Annotated[str, labelled("联系责任人", "contact officer", min_length=1, max_length=120)]
OfficerPhone = Annotated[str, labelled("办公电话", "office telephone", pattern=r"^[0-9+ -]{5,20}$")]
Since = Annotated[str | None, labelled("从哪天起（不填为今天）", "from that day on (today if left out)")]


class OfficerAssign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``officer.assign``: the same officer for one member or several."""

    people: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=120)]],
        labelled("党员编号（可写几个）", "ids of members", argument=True, min_length=1, max_length=ROWS_MAX),
    ]
    officer: OfficerName
    phone: OfficerPhone
    since: Since = None


class OfficerHandOver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``officer.hand_over``: all members of one who leaves go to another."""

    leaving: Annotated[str, labelled("移交人", "who leaves", argument=True, min_length=1, max_length=120)]
    officer: OfficerName
    phone: OfficerPhone
    since: Since = None


class OfficerList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``officer.list``."""

    missing: Annotated[bool, labelled("只看没有联系责任人的", "only those without one")] = False


class OfficerShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``officer.show``."""

    person: Person


class OfficersAssigned(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``officer.assign`` and ``officer.hand_over``."""

    officer: Annotated[str, labelled("联系责任人", "contact officer")]
    since: Annotated[str, labelled("起始日期", "since")]
    members: Annotated[int, labelled("党员数", "members")]
    told: Annotated[int, labelled("告知对方的人数", "told to partners")]


class OfficerLine(msgspec.Struct, frozen=True, kw_only=True):
    """A member with the officers of both sides."""

    name: Annotated[str, labelled("姓名", "name")]
    branch: Annotated[str | None, labelled("党支部", "branch")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    officer: Annotated[str | None, labelled("本方联系责任人", "officer here")]
    phone: Annotated[str | None, labelled("办公电话", "telephone")]
    since: Annotated[str | None, labelled("起始日期", "since")]
    partner: Annotated[str | None, labelled("对方联系责任人", "officer there")]
    partner_phone: Annotated[str | None, labelled("对方电话", "telephone there")]
    source: EnteredLabel
    person: Annotated[str, labelled("编号", "id")]


class OfficersListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``officer.list``: those who are away now."""

    members: Annotated[int, labelled("党员数", "members")]
    without: Annotated[int, labelled("没有联系责任人", "without an officer")]
    lines: Annotated[list[OfficerLine], labelled("联系责任人", "officers")]


class OfficerSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Who kept contact from when to when."""

    officer: Annotated[str, labelled("联系责任人", "officer")]
    phone: Annotated[str, labelled("办公电话", "telephone")]
    since: Annotated[str, labelled("起", "from")]
    until: Annotated[str | None, labelled("止", "to")]


class OfficersShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``officer.show``, the present one first."""

    name: Annotated[str, labelled("姓名", "name")]
    officers: Annotated[list[OfficerSpan], labelled("历任联系责任人", "officers one after the other")]


class Officer(NamedTuple):
    """Who keeps contact now."""

    officer: str
    phone: str
    since: str


def assign(act: Act, request: OfficerAssign) -> OfficersAssigned:
    """Name the officer of these members; the one before ends. Raises D-person-…, D-officer-since, D-date…."""
    charges = charges_in_reach(act)
    named = [pick(charges, text) for text in request.people]
    return _all_to(act, named, request.officer, request.phone, request.since)


def hand_over(act: Act, request: OfficerHandOver) -> OfficersAssigned:
    """All members whom ``leaving`` keeps contact with, within reach, to another. Raises D-officer-nobody, D-date…."""
    if request.leaving == request.officer:
        raise refuse("D-officer-same")
    away = charges_on(act, today(act.now))
    officers = officers_of(act.store, away)
    charges = [charge for charge in away if (found := officers.get(charge.person)) and found.officer == request.leaving]
    if not charges:
        raise refuse("D-officer-nobody")
    return _all_to(act, charges, request.officer, request.phone, request.since)


def list_officers(act: Act, request: OfficerList) -> OfficersListed:
    """Everyone who is away now with the officers of both sides."""
    bodies = short_names(act.store)
    away = charges_on(act, today(act.now))
    known = _Known(
        officers_of(act.store, away),
        of_subjects(act.store, [charge.period for charge in away if charge.period], ("officer",)),
        Sources(act.store),
    )
    lines = [_line(known, charge, bodies.get(charge.body_code or "")) for charge in away]
    without = [line for line in lines if line.officer is None]
    return OfficersListed(members=len(lines), without=len(without), lines=without if request.missing else lines)


def show_officers(act: Act, request: OfficerShow) -> OfficersShown:
    """All officers of one member here, with their hand-overs."""
    charge = charge_of(act, request.person)
    rows = act.store.find(ContactOfficer, person=charge.person, order=("number",), descending=True)
    spans = [OfficerSpan(officer=row.officer, phone=row.phone, since=row.since, until=row.until) for row in rows]
    first = first_officers(act.store, [charge]).get(charge.person)
    if first is not None:
        until = rows[-1].since if rows else None
        spans.append(OfficerSpan(officer=first.officer, phone=first.phone, since=first.since, until=until))
    return OfficersShown(name=charge.name, officers=spans)


def officer_of(store: Store, charge: Charge) -> Officer | None:
    """Who keeps contact with a charge here: the one named last, else the one of the admission or of the roster."""
    return officers_of(store, [charge]).get(charge.person)


def officers_of(store: Store, charges: Iterable[Charge]) -> dict[str, Officer]:
    """Person → who keeps contact now, of those who have somebody: one question for all."""
    charges = list(charges)
    people = [charge.person for charge in charges]
    found = {
        row.person: Officer(row.officer, row.phone, row.since)
        for row in store.find(ContactOfficer, person__in=people, until=None)
    }
    return {**first_officers(store, [charge for charge in charges if charge.person not in found]), **found}


def first_officers(store: Store, charges: Iterable[Charge]) -> dict[str, Officer]:
    """Who was said to keep contact before anybody was named here: by the admission, or by the outflow roster."""
    charges = list(charges)
    found = {charge.person: Officer(*charge.officer) for charge in charges if charge.officer is not None}
    members = [charge.person for charge in charges if charge.side == "origin"]
    for person, left_on, details in store.pick(
        OutflowEntry, ("member_id", "left_on", "details"), member_id__in=members
    ):
        name = msgspec.json.decode(details, type=ready(_Named)).contact_officer
        if name:
            found[person] = Officer(name, "", left_on or "")
    return found


class _Named(msgspec.Struct, frozen=True):
    """The one of ``OutflowDetails`` that names somebody."""

    contact_officer: str | None = None


# --- inside ---------------------------------------------------------------------------------------------------


def _all_to(act: Act, charges: list[Charge], officer: str, phone: str, since: str | None) -> OfficersAssigned:
    day = check_happened(act.now, since or today(act.now).isoformat()).isoformat()
    account = act.store.get(Staff, officer)
    staff = account.name if account is not None and not account.disabled else None
    told = 0
    for charge in charges:
        _succeed(
            act.store,
            charge,
            ContactOfficer(person=charge.person, number=1, officer=officer, phone=phone, staff=staff, since=day),
        )
        told += _tell(act, charge, OfficerNamed(officer=officer, phone=phone, since=day))
    return OfficersAssigned(officer=officer, since=day, members=len(charges), told=told)


def _succeed(store: Store, charge: Charge, fresh: ContactOfficer) -> None:
    """End whoever was named before. Raises D-officer-since when that one began later."""
    before = store.find(ContactOfficer, person=charge.person, order=("number",))
    for row in before:
        if row.until is None and row.since > fresh.since:
            raise refuse("D-officer-since", since=row.since)
        if row.until is None:
            store.put(msgspec.structs.replace(row, until=fresh.since))
    store.put(msgspec.structs.replace(fresh, number=len(before) + 1))


def _tell(act: Act, charge: Charge, body: OfficerNamed) -> bool:
    return charge.period is not None and tell(act, charge.period, "officer.named", body) is not None


class _Known(NamedTuple):
    """What a list of officers is made of, read once."""

    officers: Mapping[str, Officer]
    records: Mapping[str, Mapping[str, Value]]
    sources: Sources


def _line(known: _Known, charge: Charge, branch: str | None) -> OfficerLine:
    here, there = known.officers.get(charge.person), _partners(known, charge)
    return OfficerLine(
        name=charge.name,
        branch=branch,
        side=charge.side,
        officer=here.officer if here else None,
        phone=here.phone if here else None,
        since=here.since if here else None,
        partner=there.officer if there else None,
        partner_phone=there.phone if there else None,
        source="entered" if there and known.sources.is_on_paper(_pairing_of(charge)) else None,
        person=charge.person,
    )


def _pairing_of(charge: Charge) -> str:
    return charge.period.pairing_id if charge.period else ""


def _partners(known: _Known, charge: Charge) -> Officer | None:
    """Who keeps contact at the other side: told since, or named by its admission."""
    if charge.period is None:
        return None
    records = known.records.get(charge.period.subject, {})
    named = effective(records.get(f"officer/{1 - known.sources.party(charge.period.pairing_id)}"))
    if named is not None:
        return Officer(named["officer"], named["phone"], named["since"])
    return admitting(effective(charge.now.get("movement/admission"))) if charge.side == "origin" else None


def admitting(admission: Mapping[str, Any] | None) -> Officer | None:
    """The officer whom the destination named when it took the member in."""
    if admission is None or admission.get("outcome") != "admitted":
        return None
    return Officer(admission["contact_officer"], admission["contact_phone"], admission["arrived_on"])
