"""Everyone away on one day, with what was on record about them on that day: what rosters are printed from.

Who is away follows from both sides' records (``sync/shared/charges.py``). What has a date of its own (the notice, the
admission, the place, the officer, the certificate) is taken as it stood on the day; the other columns of the own
roster are taken from the version that stood on that day (``sync/persons/histories.py``)::

    lines_on(act, "destination", date(2026, 3, 31))[0].admission["managing_body"]   ->  "云港社区党支部"
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from gongguan.sync.act import Act
from gongguan.sync.contacts.officers import Officer, admitting
from gongguan.sync.exchange.values import Value
from gongguan.sync.persons.bodies import top_code
from gongguan.sync.persons.histories import entries_on, members_on
from gongguan.sync.persons.members import MemberDetails, OutflowDetails, details_of, outflow_details_of
from gongguan.sync.records import (
    Body,
    Certificate,
    ContactOfficer,
    Departure,
    Member,
    MobilityPeriod,
    OutflowEntry,
    Pairing,
)
from gongguan.sync.shared.charges import Charge, Stay, charges_on, stays_of
from gongguan.sync.shared.partners import partner_titles
from gongguan.sync.shared.places import place_named, places_of
from gongguan.sync.shared.provenance import Sources
from gongguan.sync.shared.views import (
    of_subjects,
    unit_records,
)
from gongguan.sync.shared.written import written_on
from gongguan.sync.store import Store


@dataclass(frozen=True, slots=True)
class RosterLine:
    """One member away on ``day``. The member's own record is there at the origin only; ``departure``, ``admission`` and
    ``place`` are bodies of messages, empty where nothing was said by that day."""

    day: date
    charge: Charge
    stay: Stay
    records: Mapping[str, Value]
    departure: Mapping[str, Any]
    admission: Mapping[str, Any]
    place: Mapping[str, Any]
    committee: str
    body: Body | None
    above: Body | None
    partner: str
    officer: Officer | None
    partners_officer: Officer | None
    entered: bool
    member: Member | None = None
    details: MemberDetails = field(default_factory=MemberDetails)
    told: OutflowDetails = field(default_factory=OutflowDetails)
    entry: OutflowEntry | None = None
    report: Departure | None = None
    certificate: str | None = None
    places: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Regions of this committee and its partners, as of ``places_of``."""

    @property
    def lives_in(self) -> str | None:
        """The place that was told last, with whose region it lies in."""
        place = self.place.get("place")
        return place_named(str(place), self.places) if place else None

    @property
    def state(self) -> str | None:
        """Where the movement stood on the day; None where the other side was not notified."""
        if self.admission:
            return "admitted" if self.admission["outcome"] == "admitted" else "refused"
        return "notified" if self.departure else None


def lines_on(act: Act, side: str, day: date, *, whole: bool) -> list[RosterLine]:
    """The members of the acting person's subtree who are away on ``day``, by body and name.

    ``whole``: with all records that both sides hold of them, not only those of where they are and who keeps contact.
    """
    charges = [charge for charge in charges_on(act, day) if charge.side == side]
    lines = list(_lines(act, charges, day, whole=whole))
    return sorted(lines, key=lambda line: (line.charge.body_code or "", line.charge.name, line.charge.person))


class _Read:
    """What is on record here about the members of a roster, read together."""

    def __init__(self, store: Store, charges: list[Charge], day: date) -> None:
        own = [charge.person for charge in charges if charge.side == "origin"]
        until = day.isoformat()
        self.members, self.entries = members_on(store, own, day), entries_on(store, own, day)
        self.reports: dict[str, Departure] = {}
        for report in store.find(Departure, member_id__in=own, order=("left_on",)):
            if report.left_on <= until:
                self.reports[report.member_id] = report
        issued = store.pick(Certificate, ("member_id", "issued_on", "number"), member_id__in=own)
        self.numbers = {member_id: number for member_id, on, number in issued if on <= until}
        self.officers: dict[str, Officer] = {}
        people = [charge.person for charge in charges]
        for row in store.find(ContactOfficer, person__in=people, order=("person", "number")):
            if row.since <= until and (row.until is None or row.until > until):
                self.officers[row.person] = Officer(row.officer, row.phone, row.since)
        self.parties = {pairing.pairing_id: pairing.party for pairing in store.find(Pairing)}


def _lines(act: Act, charges: list[Charge], day: date, *, whole: bool) -> Iterator[RosterLine]:
    store = act.store
    read = _Read(store, charges, day)
    periods = [period for charge in charges for period in charge.periods]
    further = {} if whole else of_subjects(store, periods, ("register", "officer"))
    bodies = {body.code: body for body in store.find(Body)}
    top = bodies.get(top_code(store) or "")
    titles, sources, places = partner_titles(store), Sources(store), places_of(store)
    for now in charges:
        period = _period_on(now, day)
        records = _records_of(store, now, period, further, whole=whole)
        own = _at_origin(read, now) if now.side == "origin" else {}
        departure = _said(records.get("movement/departure"), day, "left_on")
        departure = {**departure, **_changed_by(store, period, records, day)} if departure else departure
        charge = _as_then(now, own.get("member"), departure)
        body = bodies.get(charge.body_code or "")
        common: dict[str, Any] = {
            "day": day,
            "charge": charge,
            "stay": next(stay for stay in charge.stays if stay.meets(day, day)),
            "records": records,
            "departure": departure,
            "admission": _said(records.get("movement/admission"), day, "arrived_on", "on"),
            "place": _said(records.get("register/place"), day, "on"),
            "committee": top.full_name if top else "",
            "body": body,
            "above": bodies.get(body.parent_code or "") if body else None,
            "partner": titles.get(period.pairing_id, "") if period else "",
            "officer": read.officers.get(charge.person) or _admitted_by(charge, records, day),
            "partners_officer": _partners_on(read, charge, period, records, day),
            "entered": _is_entered(sources, period, records),
            "places": places,
        }
        yield RosterLine(**common, **own)


def _as_then(charge: Charge, member: Member | None, departure: Mapping[str, Any]) -> Charge:
    """Name and branch as they were on the day."""
    if member is not None:
        return replace(charge, name=member.name, body_code=member.branch_code)
    return replace(charge, name=str(departure["name"])) if charge.side == "destination" and departure else charge


def _changed_by(store: Store, period: MobilityPeriod | None, records: Mapping[str, Value], day: date) -> dict[str, Any]:
    """Fields that the origin had told anew by that day (A-07)."""
    changed: dict[str, Any] = {}
    if period is None:
        return changed
    told = [(key, entry) for key, value in records.items() if key.startswith("profile/") for entry in value["entries"]]
    for key, entry in told:
        written = written_on(store, period, entry)
        if written is not None and written <= day:
            changed[key.partition("/")[2]] = entry["value"]["value"]
    return changed


def _at_origin(read: _Read, charge: Charge) -> dict[str, Any]:
    member, entry = read.members.get(charge.person), read.entries.get(charge.person)
    return {
        "member": member,
        "details": details_of(member) if member else MemberDetails(),
        "told": outflow_details_of(entry) if entry else OutflowDetails(),
        "entry": entry,
        "report": read.reports.get(charge.person),
        "certificate": read.numbers.get(charge.person) or (entry.certificate_number if entry else None),
    }


def _period_on(charge: Charge, day: date) -> MobilityPeriod | None:
    """The mobility period that the day lies in."""
    for period in reversed(charge.periods):
        if any(stay.meets(day, day) for stay in stays_of(charge.records[period.subject], charge.side)):
            return period
    return None


def _records_of(
    store: Store,
    charge: Charge,
    period: MobilityPeriod | None,
    further: Mapping[str, Mapping[str, Value]],
    *,
    whole: bool,
) -> Mapping[str, Value]:
    if period is None:
        return {}
    if whole:
        return unit_records(store, period.agreement, period.subject)
    return {**charge.records[period.subject], **further.get(period.subject, {})}


def _said(value: Value | None, day: date, *dates: str) -> Mapping[str, Any]:
    """The newest entry whose own date is not after the day."""
    until = day.isoformat()
    said: list[Mapping[str, Any]] = [
        entry["value"]
        for entry in (value["entries"] if value else ())
        if next((str(entry["value"][name]) for name in dates if name in entry["value"]), "") <= until
    ]
    return said[-1] if said else {}


def _admitted_by(charge: Charge, records: Mapping[str, Value], day: date) -> Officer | None:
    """Here, whom the admission named, while nobody else was."""
    return _admitting(records, day) if charge.side == "destination" else None


def _admitting(records: Mapping[str, Value], day: date) -> Officer | None:
    return admitting(_said(records.get("movement/admission"), day, "arrived_on", "on"))


def _partners_on(
    read: _Read, charge: Charge, period: MobilityPeriod | None, records: Mapping[str, Value], day: date
) -> Officer | None:
    if period is None:
        return None
    place_named = _said(records.get(f"officer/{1 - read.parties[period.pairing_id]}"), day, "since")
    if place_named:
        return Officer(place_named["officer"], place_named["phone"], place_named["since"])
    return _admitting(records, day) if charge.side == "origin" else None


def _is_entered(sources: Sources, period: MobilityPeriod | None, records: Mapping[str, Value]) -> bool:
    """Whether anything that the other side said of the member was entered here."""
    if period is None or not sources.is_on_paper(period.pairing_id):
        return False
    entries = [entry for value in records.values() for entry in value.get("entries", ())]
    return any(sources.of(period.pairing_id, entry["party"]) == "entered" for entry in entries)
