"""Contacts and visits (四联二访): entered by those who made them, kept here, told to the partner by kind and date only.

What was said stays in the note of this node. An attempt that did not reach the member is kept and meets no need; a
wrong record is withdrawn and stays readable::

    record(act, ContactRecord(person="巴特尔", kind="quarterly", on="2026-03-05", channel="phone"))
"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Final, Literal, cast

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.contact import ContactMade, ContactTold, ContactWithdrawn, HelpCategory
from gongguan.sync.act import Act
from gongguan.sync.contacts.care import keep_case, open_for
from gongguan.sync.contacts.grounds import grounds_of
from gongguan.sync.contacts.note_retention import cutoff
from gongguan.sync.contacts.officers import officer_of
from gongguan.sync.contacts.schedule import SCHEDULE, Grounds, Made, Need, needs
from gongguan.sync.days import check_happened, today
from gongguan.sync.exchange.fold import origin_party
from gongguan.sync.exchange.values import Records
from gongguan.sync.labels import DATE, labelled
from gongguan.sync.records import Contact, MobilityPeriod
from gongguan.sync.rows import ROWS_MAX, each_row
from gongguan.sync.shared.charges import Charge, Person, charge_of, charges_in_reach, pick
from gongguan.sync.shared.entries import own_standing, tell
from gongguan.sync.shared.periods import (
    side_name,
)
from gongguan.sync.shared.provenance import Sources
from gongguan.sync.shared.views import (
    effective,
    standing,
    unit_records,
)
from gongguan.sync.store import Store

NOTE_CHARS_MAX: Final = 1000
YEARS_BACK: Final = 3
"""How far back a relocation or hardship may lie that a contact follows."""

ContactKind = Literal["quarterly", "relocation", "political_birthday", "festival", "home_visit", "hardship_visit"]
Medium = Literal["in_person", "phone", "wechat", "qq", "app", "letter", "other"]

TOLD_BY_ITSELF: Final = frozenset({"quarterly", "relocation"})
"""Which contacts the partner is told of without being asked: those by which both sides see that nobody is lost."""

Note = Annotated[
    Annotated[str, msgspec.Meta(max_length=NOTE_CHARS_MAX)] | None,
    labelled("情况简记（只存本节点，不发给对方）", "short note (stays on this node)"),
]


class ContactRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One contact. ``about``: the relocation or help case; without it the oldest one that waits is taken."""

    person: Person
    kind: Annotated[ContactKind, labelled("联系类别", "kind of contact", codes="contact_kind")]
    on: Annotated[str, labelled("联系日期", "date", pattern=DATE)]
    channel: Annotated[Medium, labelled("联系方式", "channel", codes="contact_channel")]
    reached: Annotated[bool, labelled("联系到本人", "the member was reached")] = True
    note: Note = None
    about: Annotated[
        Annotated[str, msgspec.Meta(max_length=64)] | None, labelled("关联的变动或诉求编号", "relocation or help case")
    ] = None
    tell: Annotated[bool | None, labelled("告知对方（只告知类别和日期）", "tell the partner kind and date")] = None
    need: Annotated[
        HelpCategory | None, labelled("发现的诉求（立为一件）", "need found: opens a help case", codes="help_category")
    ] = None
    hardship: Annotated[bool, labelled("遇到困难，需要探访", "hardship: a visit is due")] = False


class ContactRecord(ContactRow, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.record``."""


class ContactRecordAll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.record_all``: a sheet, or a collective political birthday."""

    rows: Annotated[list[ContactRow], labelled("联系记录", "contacts", min_length=1, max_length=ROWS_MAX)]


class ContactWithdraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.withdraw``."""

    contact: Annotated[str, labelled("联系编号", "contact", argument=True, pattern=r"^[0-9a-f]{32}$")]
    reason: Annotated[
        Literal["entered_in_error", "wrong_member", "wrong_value"], labelled("撤回原因", "reason", codes="correction")
    ]


class ContactShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.show``."""

    person: Person


class ContactMadeHere(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a record. ``told``: the partner learns kind and date. ``met``: it is what was asked for."""

    contact: Annotated[str, labelled("联系编号", "contact")]
    name: Annotated[str, labelled("姓名", "name")]
    met: Annotated[bool, labelled("完成应做的联系", "meets what was due")]
    told: Annotated[bool, labelled("告知对方", "told to the partner")]
    case: Annotated[str | None, labelled("诉求编号", "help case")] = None
    already: Annotated[bool, labelled("先前已登记", "recorded before")] = False


class ContactsMade(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``contact.record_all``."""

    recorded: Annotated[int, labelled("已登记", "recorded")]
    reached: Annotated[int, labelled("联系到本人", "reached")]
    told: Annotated[int, labelled("告知对方", "told")]
    already: Annotated[int, labelled("先前已登记", "recorded before")] = 0


class ContactLine(msgspec.Struct, frozen=True, kw_only=True):
    """One contact of a member."""

    contact: Annotated[str, labelled("联系编号", "contact")]
    kind: Annotated[str, labelled("类别", "kind", codes="contact_kind")]
    on: Annotated[str, labelled("日期", "date")]
    channel: Annotated[str, labelled("方式", "channel", codes="contact_channel")]
    reached: Annotated[bool, labelled("联系到本人", "reached")]
    officer: Annotated[str, labelled("联系人", "officer")]
    note: Annotated[str | None, labelled("情况简记", "note")]
    told: Annotated[bool, labelled("已告知对方", "told")]
    withdrawn: Annotated[str | None, labelled("撤回原因", "withdrawn", codes="correction")]


class ToldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A contact of which the two sides told each other."""

    kind: Annotated[str, labelled("类别", "kind", codes="contact_kind")]
    on: Annotated[str, labelled("日期", "date")]
    witnesses: Annotated[str, labelled("记载方", "told by", codes="side")]


class ContactsShown(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``contact.show``, newest first."""

    name: Annotated[str, labelled("姓名", "name")]
    officer: Annotated[str | None, labelled("联系责任人", "contact officer")]
    contacts: Annotated[list[ContactLine], labelled("本方的联系", "contacts of this side")]
    told: Annotated[list[ToldLine], labelled("双方互告的联系", "contacts told between both")]


def record(act: Act, request: ContactRow) -> ContactMadeHere:
    """Keep one contact. Raises D-person-…, D-contact-side, D-contact-about, D-date…."""
    charges = charges_in_reach(act)
    charge = pick(charges, request.person)
    return record_for(act, charge, grounds_of(act.store, [charge])[charge.person], request)


def record_all(act: Act, request: ContactRecordAll) -> ContactsMade:
    """Keep many contacts, or none. Raises D-rows with what to correct."""
    charges = charges_in_reach(act)
    grounds = grounds_of(act.store, charges)

    def one(row: ContactRow) -> ContactMadeHere:
        charge = pick(charges, row.person)
        return record_for(act, charge, grounds[charge.person], row)

    made = each_row(request.rows, one)
    new = [(row, item) for row, item in zip(request.rows, made, strict=True) if not item.already]
    return ContactsMade(
        recorded=len(new),
        reached=sum(row.reached for row, _ in new),
        told=sum(item.told for _, item in new),
        already=len(made) - len(new),
    )


def record_for(act: Act, charge: Charge, grounds: Grounds, row: ContactRow) -> ContactMadeHere:
    """Keep one contact with a charge that is known already. Raises D-contact-side, D-contact-about, D-date…."""
    on = check_happened(act.now, row.on)
    if charge.side not in SCHEDULE[row.kind].sides:
        raise refuse("D-contact-side", kind=row.kind)
    same = _recorded_before(act.store, charge, row)
    if same is not None:
        return ContactMadeHere(
            contact=same.contact_id, name=charge.name, met=False, told=same.message is not None, already=True
        )
    asked = _asked(act, charge, grounds, row)
    about = next((need.about for need in asked if need.linked), None)
    officer = officer_of(act.store, charge)
    contact = Contact(
        contact_id=act.random_hex(16),
        person=charge.person,
        kind=row.kind,
        on=on.isoformat(),
        channel=row.channel,
        reached=row.reached,
        officer=officer.officer if officer else act.staff.name,
        about=about,
        note=row.note if on.isoformat() >= cutoff(today(act.now)) else None,
        entered_by=act.staff.name,
        message=_tell(act, charge, row),
    )
    act.store.put(contact)
    case = open_for(act, charge, row.need, row.hardship, row.note, on) if row.need else None
    if case is not None:
        keep_case(act, charge, case)
    return ContactMadeHere(
        contact=contact.contact_id,
        name=charge.name,
        met=any(need.met_by(contact) for need in asked),
        told=contact.message is not None,
        case=case.case_id if case else None,
    )


def withdraw(act: Act, request: ContactWithdraw) -> ContactMadeHere:
    """Take back a record of ours, and what the partner was told. Raises D-contact-unknown, D-entry-withdrawn."""
    found = act.store.get(Contact, request.contact)
    if found is None:
        raise refuse("D-contact-unknown")
    charge = charge_of(act, found.person)
    if found.withdrawn is not None:
        raise refuse("D-entry-withdrawn", entry=found.contact_id)
    act.store.put(msgspec.structs.replace(found, withdrawn=request.reason))
    told = False
    period = _told_in(act, charge, found)
    if found.message is not None and period is not None:
        body = ContactWithdrawn(contact=found.message, reason=request.reason)
        told = tell(act, period, "contact.withdrawn", body, in_force=False) is not None
    return ContactMadeHere(contact=found.contact_id, name=charge.name, met=False, told=told)


def show(act: Act, request: ContactShow) -> ContactsShown:
    """All contacts of one member at this side, and those of which both sides told each other."""
    charge = charge_of(act, request.person)
    officer = officer_of(act.store, charge)
    rows = act.store.find(Contact, person=charge.person, order=("on",), descending=True)
    lines = [
        ContactLine(
            contact=row.contact_id,
            kind=row.kind,
            on=row.on,
            channel=row.channel,
            reached=row.reached,
            officer=row.officer,
            note=row.note,
            told=row.message is not None,
            withdrawn=row.withdrawn,
        )
        for row in rows
    ]
    sources = Sources(act.store)
    held = [(period, unit_records(act.store, period.agreement, period.subject)) for period in charge.periods]
    told = [line for period, records in held for line in _told(records, period, sources)]
    told.sort(key=lambda line: line.on, reverse=True)
    return ContactsShown(name=charge.name, officer=officer.officer if officer else None, contacts=lines, told=told)


def contacts_since(store: Store, people: Iterable[str], first: str) -> dict[str, list[Made]]:
    """Contacts of these people from a day on, in order, withdrawn ones left out."""
    found: dict[str, list[Made]] = {person: [] for person in people}
    for person, *fields in store.pick(
        Contact, ("person", *Made._fields), order=("on", "contact_id"), on__ge=first, withdrawn=None
    ):
        if person in found:
            found[person].append(Made._make(fields))
    return found


# --- inside ---------------------------------------------------------------------------------------------------


def _recorded_before(store: Store, charge: Charge, row: ContactRow) -> Contact | None:
    """The contact that says the same as the row already; what opens a help case, or says more, is another."""
    if row.need is not None or row.hardship:
        return None
    known = store.find(Contact, person=charge.person, kind=row.kind, on=row.on, withdrawn=None)
    same = [item for item in known if (item.channel, item.reached) == (row.channel, row.reached)]
    same = [item for item in same if row.note in (None, item.note) and row.about in (None, item.about)]
    same = [item for item in same if not row.tell or item.message is not None]
    return next(iter(same), None)


def _asked(act: Act, charge: Charge, grounds: Grounds, row: ContactRow) -> list[Need]:
    """The needs of this kind that a contact on that day may meet; of linked ones that which is named, or waits longest.

    Raises D-contact-about.
    """
    year = today(act.now).year
    found = needs(charge, grounds, date(year - YEARS_BACK, 1, 1), date(year + 1, 12, 31), (row.kind,))
    if not SCHEDULE[row.kind].stays_due:
        return found
    if row.about is not None:
        named = [need for need in found if need.about == row.about]
        if not named:
            raise refuse("D-contact-about")
        return named
    before = act.store.find(Contact, person=charge.person, withdrawn=None)
    return [need for need in found if not any(need.met_by(contact) for contact in before)][:1]


def _told_in(act: Act, charge: Charge, contact: Contact) -> MobilityPeriod | None:
    """The period in which the partner was told of a contact: what is taken back goes to whom it was told."""
    for period in charge.periods:
        standing = own_standing(act, period, f"contact/{contact.kind}/{contact.on}")
        if standing is not None and standing["id"] == contact.message:
            return period
    return None


def _told(records: Records, period: MobilityPeriod, sources: Sources) -> Iterator[ToldLine]:
    """The facts on which both nodes agree; one that both told has two witnesses."""
    origin = origin_party(records)
    for key, record in records.items():
        if not key.startswith("contact/") or effective(record) is None:
            continue
        _, kind, on = key.split("/")
        sides = {side_name(entry["party"], origin) for entry in standing(record)}
        yield ToldLine(kind=kind, on=on, witnesses=sources.witnesses(period.pairing_id, period.side, sides))


def _tell(act: Act, charge: Charge, row: ContactRow) -> str | None:
    """The message by which the partner was told, if there is one to tell and the agreement has the kind."""
    wanted = row.kind in TOLD_BY_ITSELF if row.tell is None else row.tell
    if not wanted or not row.reached or charge.period is None:
        return None
    if row.kind in ("home_visit", "hardship_visit"):
        raise refuse("D-contact-visit")
    if own_standing(act, charge.period, f"contact/{row.kind}/{row.on}") is not None:
        return None
    return tell(act, charge.period, "contact.made", ContactMade(contact=cast(ContactTold, row.kind), on=row.on))
