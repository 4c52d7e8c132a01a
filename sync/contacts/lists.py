"""What contacts are due, done and missed, exactly, for any quarter and on any day (A-18, B-12 to B-17).

A member counts in a quarter when away on any day of it, also one who left or came back in the middle. What was missed
is said to be missed only where this side's own record has no contact: it says nothing about the member::

    list_contacts(act, ContactList(quarter="2026Q1")).lines   ->  [NeedLine(name="巴特尔", state="due", …), …]
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Final, Literal, NamedTuple

import msgspec

from gongguan.sync.act import Act
from gongguan.sync.contacts.contacts import ContactKind, contacts_since
from gongguan.sync.contacts.festivals import calendar_of
from gongguan.sync.contacts.grounds import grounds_of
from gongguan.sync.contacts.officers import Officer, officer_of, officers_of
from gongguan.sync.contacts.schedule import (
    BIRTHDAY_DAYS,
    LINKED_DAYS_MAX,
    SCHEDULE,
    Grounds,
    Made,
    Need,
    anniversary,
    needs,
)
from gongguan.sync.days import today
from gongguan.sync.labels import RowsShown, labelled
from gongguan.sync.quarters import Quarter, QuarterName
from gongguan.sync.shared.charges import Charge, charges_in_reach
from gongguan.sync.store import Store

LOOK_BACK_DAYS: Final = 3 * 366
"""How far back what can still be made up for is looked for: a relocation or hardship without a contact."""
DECEMBER: Final = 12

State = Literal["made", "not_yet", "due", "overdue", "missed", "away_no_more"]


class ContactList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.list``."""

    quarter: QuarterName = ""
    kind: Annotated[ContactKind | None, labelled("只看一类", "one kind only", codes="contact_kind")] = None
    state: Annotated[State | None, labelled("只看一种状态", "one state only", codes="need_state")] = None
    limit: RowsShown = 200


class NeedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One contact or visit that was asked for, and what became of it."""

    name: Annotated[str, labelled("姓名", "name")]
    side: Annotated[str, labelled("本方是", "we are", codes="side")]
    kind: Annotated[str, labelled("联系类别", "kind", codes="contact_kind")]
    state: Annotated[str, labelled("状态", "state", codes="need_state")]
    due_on: Annotated[str, labelled("期限", "due by")]
    made_on: Annotated[str | None, labelled("联系日期", "made on")]
    tried: Annotated[int, labelled("未联系到的次数", "attempts without success")]
    officer: Annotated[str | None, labelled("联系责任人", "contact officer")]
    about: Annotated[str | None, labelled("节日，或变动、诉求的编号", "festival, or id of relocation or case")]
    person: Annotated[str, labelled("编号", "id")]


class NeedsListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``contact.list``; counts are of all, listed or not."""

    quarter: Annotated[str, labelled("季度", "quarter")]
    made: Annotated[int, labelled("已完成", "made")]
    due: Annotated[int, labelled("应办", "due")]
    overdue: Annotated[int, labelled("逾期", "overdue")]
    missed: Annotated[int, labelled("已过期未做", "missed")]
    lines: Annotated[list[NeedLine], labelled("联系", "contacts")]


class ContactBirthdays(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``contact.birthdays``."""

    month: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None,
        labelled("月份（如 2026-07；不填为下个月）", "month (the next one if left out)"),
    ] = None


class BirthdayLine(msgspec.Struct, frozen=True, kw_only=True):
    """A political birthday."""

    name: Annotated[str, labelled("姓名", "name")]
    on: Annotated[str, labelled("政治生日", "political birthday")]
    years: Annotated[int, labelled("党龄（年）", "years")]
    from_day: Annotated[str, labelled("可从", "from")]
    until_day: Annotated[str, labelled("联系到", "until")]
    officer: Annotated[str | None, labelled("联系责任人", "contact officer")]


class BirthdaysListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``contact.birthdays``. ``undated``: members whose joining date is not on record here."""

    month: Annotated[str, labelled("月份", "month")]
    undated: Annotated[int, labelled("没有入党时间的", "without a joining date")]
    birthdays: Annotated[list[BirthdayLine], labelled("政治生日", "political birthdays")]


class FoundNeed(NamedTuple):
    """A need with its charge and the contacts of its kind that were made or tried for it."""

    charge: Charge
    need: Need
    contacts: tuple[Made, ...]

    def state(self, day: date) -> State:
        """What is to be done about it on that day."""
        if any(self.need.met_by(contact) for contact in self.contacts):
            return "made"
        if day > self.need.due_on:
            return "overdue" if SCHEDULE[self.need.kind].stays_due else "missed"
        if not self.charge.is_away(day):
            return "away_no_more"
        return "due" if day >= self.need.opens_on else "not_yet"

    @property
    def tried(self) -> int:
        """How often it was tried in vain."""
        days = self.need.opens_on.isoformat(), self.need.due_on.isoformat()
        return sum(not contact.reached and days[0] <= contact.on <= days[1] for contact in self.contacts)


def list_contacts(act: Act, request: ContactList) -> NeedsListed:
    """Every contact that the quarter asks for, of everyone in reach. Raises D-quarter-future."""
    day = today(act.now)
    quarter = Quarter.begun(request.quarter, day)
    kinds = (request.kind,) if request.kind else ()
    charges = charges_in_reach(act, asked_since(quarter))
    found = needs_found(act.store, charges, quarter.first, quarter.last, kinds)
    states = [(item, item.state(day)) for item in found]
    wanted = [(item, state) for item, state in states if request.state in (None, state)]
    counts = {name: sum(state == name for _, state in states) for name in ("made", "due", "overdue", "missed")}
    officers = officers_of(act.store, {item.charge.person: item.charge for item, _ in wanted[: request.limit]}.values())
    lines = [_line(act, item, state, officers) for item, state in wanted[: request.limit]]
    return NeedsListed(quarter=quarter.name, lines=lines, **counts)


def asked_since(quarter: Quarter) -> date:
    """Whoever came back before this day is asked for nothing that is due in the quarter.

    What follows a relocation or a hardship is due days afterwards, and the home visit at the end of the year in which
    the member was away.
    """
    linked = quarter.first - timedelta(days=LINKED_DAYS_MAX)
    return min(linked, date(quarter.last.year, 1, 1)) if quarter.last.month == DECEMBER else linked


def list_birthdays(act: Act, request: ContactBirthdays) -> BirthdaysListed:
    """The political birthdays of one month, of those who are away on the day (B-14)."""
    following = (today(act.now).replace(day=1) + timedelta(days=31)).isoformat()[:7]
    month = request.month or following
    year, number = int(month[:4]), int(month[5:])
    lines, undated = [], 0
    for charge in charges_in_reach(act):
        if charge.joined_on is None:
            undated += charge.is_away(today(act.now))
            continue
        begins, ends = anniversary(charge.joined_on, year)
        years = year - int(charge.joined_on[:4])
        if begins.month == number and years > 0 and charge.was_away(begins, ends):
            officer = officer_of(act.store, charge)
            margin = timedelta(days=BIRTHDAY_DAYS)
            lines.append(
                BirthdayLine(
                    name=charge.name,
                    on=begins.isoformat() if begins == ends else month,
                    years=years,
                    from_day=(begins - margin).isoformat(),
                    until_day=(ends + margin).isoformat(),
                    officer=officer.officer if officer else None,
                )
            )
    lines.sort(key=lambda line: (line.from_day, line.name))
    return BirthdaysListed(month=month, undated=undated, birthdays=lines)


def needs_found(
    store: Store,
    charges: Iterable[Charge],
    first: date,
    last: date,
    kinds: tuple[str, ...] = (),
    grounds: Mapping[str, Grounds] | None = None,
    opened_by: date | None = None,
) -> list[FoundNeed]:
    """The needs of these charges that are due in a range of days, with their contacts, the earliest first.

    ``opened_by``: needs that open later are left out.
    """
    charges = list(charges)
    grounds = grounds_of(store, charges) if grounds is None else grounds
    asked = [
        (charge, need)
        for charge in charges
        for need in needs(charge, grounds[charge.person], first, last, kinds, opened_by)
    ]
    if not asked:
        return []
    begins = min(need.opens_on for _, need in asked).isoformat()
    contacts = contacts_since(store, {charge.person for charge, _ in asked}, begins)
    found = [
        FoundNeed(charge, need, tuple([item for item in contacts[charge.person] if item.kind == need.kind]))
        for charge, need in asked
    ]
    return sorted(found, key=lambda item: (item.need.due_on, item.charge.name))


def open_on(store: Store, charges: Iterable[Charge], day: date, grounds: Mapping[str, Grounds]) -> Iterator[FoundNeed]:
    """What is due or overdue on a day: windows that are open, and what can still be made up for."""
    charges = list(charges)
    end = date(day.year + 1, 1, 31)
    lasting = tuple(name for name, row in SCHEDULE.items() if row.stays_due)
    passing = tuple(name for name, row in SCHEDULE.items() if not row.stays_due)
    # Most members have neither moved nor come to hardship.
    asked = [item for item in charges if grounds[item.person].relocations or grounds[item.person].hardships]
    found = needs_found(store, asked, day - timedelta(days=LOOK_BACK_DAYS), end, lasting, grounds, day)
    # What can not be made up for is due only of whoever is away; most of a year's members have come back.
    found += needs_found(store, [item for item in charges if item.is_away(day)], day, end, passing, grounds, day)
    for item in found:
        if item.state(day) in ("due", "overdue"):
            yield item


def _line(act: Act, item: FoundNeed, state: State, officers: dict[str, Officer]) -> NeedLine:
    made = [contact for contact in item.contacts if item.need.met_by(contact)]
    officer = officers.get(item.charge.person)
    return NeedLine(
        name=item.charge.name,
        side=item.charge.side,
        kind=item.need.kind,
        state=state,
        due_on=item.need.due_on.isoformat(),
        made_on=made[0].on if made else None,
        tried=item.tried,
        officer=officer.officer if officer else None,
        about=_about(act, item.need),
        person=item.charge.person,
    )


def _about(act: Act, need: Need) -> str | None:
    """What a need follows, as people call it: a festival by its name, all else by its id."""
    if need.linked:
        return need.about
    return next((row.name for row in calendar_of(act.store) if row.code == need.about), None)
