"""When a member away from home has to be contacted or visited (四联二访): six kinds, each a row of ``SCHEDULE``.

Pure: a charge, what is known of it, and a range of days give *needs*; whether one is met follows from the contacts on
record. A need opens on a day and is due on a day; a contact between both meets it, or one that is linked to what it is
about. Where the source texts name no days the ones here are proposals::

    needs(charge, grounds, date(2026, 1, 1), date(2026, 3, 31))
        ->  [Need(kind="quarterly", opens_on=date(2026, 1, 1), due_on=date(2026, 3, 31)), …]
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from gongguan.sync.contacts.festivals import dates
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import Contact, Festival
from gongguan.sync.shared.charges import Charge
from gongguan.sync.working_days import WEEKDAYS, WorkingDays

BIRTHDAY_DAYS: Final = 7
"""A political birthday is kept within so many days before or after."""

FESTIVAL_DAYS_BEFORE: Final = 10
FESTIVAL_DAYS_AFTER: Final = 3

RELOCATION_WORKING_DAYS: Final = 10
HARDSHIP_WORKING_DAYS: Final = 5
LINKED_DAYS_MAX: Final = 40
"""Ten working days are never longer, whatever holidays are between."""


class Need(NamedTuple):
    """One contact or visit that is asked for. ``about``: the relocation, help case or festival that it follows."""

    person: str
    kind: str
    opens_on: date
    due_on: date
    about: str | None = None
    linked: bool = False

    def met_by(self, contact: "Contact | Made") -> bool:
        """Whether a contact is what was asked for: one in which the member was reached."""
        if contact.kind != self.kind or not contact.reached or contact.withdrawn is not None:
            return False
        if self.linked:
            return contact.about == self.about
        return self.opens_on.isoformat() <= contact.on <= self.due_on.isoformat()


class Made(NamedTuple):
    """What the schedule looks at of a contact: lists of many members read no more of it."""

    kind: str
    on: str
    reached: bool
    about: str | None
    withdrawn: str | None


class Event(NamedTuple):
    """Something that asks for a contact or visit of its own: a relocation, a hardship."""

    id: str
    on: date


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the schedule looks at besides the charge itself."""

    festivals: Sequence[Festival] = ()
    relocations: Sequence[Event] = ()
    hardships: Sequence[Event] = ()
    calendar: WorkingDays = WEEKDAYS


Finder = Callable[[Charge, Grounds, date, date], Iterator[Need]]


class Row(NamedTuple):
    """A kind of contact: on which sides it is asked for, and what gives its needs due within a range of days.

    ``stays_due``: a need that was missed can still be met afterwards, so it stays on the list. ``opens_before``: at
    most so many days after it opens a need is due.
    """

    sides: frozenset[str]
    find: Finder
    opens_before: int
    stays_due: bool = False


def needs(
    charge: Charge,
    grounds: Grounds,
    first: date,
    last: date,
    kinds: Iterable[str] = (),
    opened_by: date | None = None,
) -> list[Need]:
    """All needs of a charge that are due on a day of this range, in order; not those that open after ``opened_by``."""
    found: list[Need] = []
    for find, until in _plan(tuple(kinds), charge.side, last, opened_by):
        found += find(charge, grounds, first, until)
    if opened_by is not None:
        found = [need for need in found if need.opens_on <= opened_by]
    # Of one day in the order of the schedule, in which they were found.
    return sorted(found, key=lambda need: need.due_on) if len(found) > 1 else found


@lru_cache(maxsize=256)
def _plan(kinds: tuple[str, ...], side: str, last: date, opened_by: date | None) -> list[tuple[Finder, date]]:
    """What finds the needs of a side, and up to which day: the same for every charge of a list."""
    rows = [row for name, row in SCHEDULE.items() if (not kinds or name in kinds) and side in row.sides]
    if opened_by is None:
        return [(row.find, last) for row in rows]
    return [(row.find, min(last, opened_by + timedelta(days=row.opens_before))) for row in rows]


def anniversary(joined_on: str, year: int) -> tuple[date, date]:
    """First and last day of the anniversary of a joining date: one day, or a month where no more is known.

    29 February is kept on 28 February in years that have no 29th (B-14).
    """
    month = int(joined_on[5:7])
    if len(joined_on) == len("2015-07"):
        first = date(year, month, 1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    day = int(joined_on[8:10])
    try:
        found = date(year, month, day)
    except ValueError:
        found = date(year, 2, 28)
    return found, found


def _quarterly(charge: Charge, grounds: Grounds, first: date, last: date) -> Iterator[Need]:
    """At least one in each quarter in which the member was away on any day (A-18, B-12)."""
    for begins, ends in _quarters(first, last):
        if charge.was_away(begins, ends):
            yield Need(charge.person, "quarterly", begins, ends)


@lru_cache(maxsize=64)
def _quarters(first: date, last: date) -> list[tuple[date, date]]:
    """First and last day of the quarters that end in a range of days: the same for everybody."""
    found, quarter = [], Quarter.of(first)
    while quarter.last <= last:
        found.append((quarter.first, quarter.last))
        quarter = quarter.after()
    return found


def _relocation(charge: Charge, grounds: Grounds, first: date, last: date) -> Iterator[Need]:
    """One for every relocation, linked to it (B-13)."""
    yield from _linked(charge, "relocation", grounds, grounds.relocations, RELOCATION_WORKING_DAYS, first, last)


def _political_birthday(charge: Charge, grounds: Grounds, first: date, last: date) -> Iterator[Need]:
    """On the anniversary of joining, while the member is away on that day (B-14)."""
    if not charge.joined_on:
        return
    margin = timedelta(days=BIRTHDAY_DAYS)
    for year in range(max((first - margin).year, int(charge.joined_on[:4]) + 1), (last - margin).year + 1):
        begins, ends = anniversary(charge.joined_on, year)
        if first <= ends + margin <= last and charge.was_away(begins, ends):
            yield Need(charge.person, "political_birthday", begins - margin, ends + margin)


def _festival(charge: Charge, grounds: Grounds, first: date, last: date) -> Iterator[Need]:
    """Around every observed festival on which the member is away (B-15)."""
    for day, code in _festivals(tuple(grounds.festivals), first, last):
        if charge.is_away(day):
            opens_on, due_on = day - timedelta(days=FESTIVAL_DAYS_BEFORE), day + timedelta(days=FESTIVAL_DAYS_AFTER)
            yield Need(charge.person, "festival", opens_on, due_on, about=code)


@lru_cache(maxsize=64)
def _festivals(festivals: tuple[Festival, ...], first: date, last: date) -> list[tuple[date, str]]:
    """The festivals whose contacts are due in a range of days: the same for everybody who is away."""
    days = [item for year in range(first.year - 1, last.year + 2) for item in dates(festivals, year)]
    return [(day, row.code) for day, row in days if first <= day + timedelta(days=FESTIVAL_DAYS_AFTER) <= last]


def _home_visit(charge: Charge, grounds: Grounds, first: date, last: date) -> Iterator[Need]:
    """The branch visits the family once in a year in which the member was away (B-16)."""
    for year in range(first.year, last.year + 1):
        begins, ends = date(year, 1, 1), date(year, 12, 31)
        if first <= ends <= last and charge.was_away(begins, ends):
            yield Need(charge.person, "home_visit", begins, ends)


def _hardship_visit(charge: Charge, grounds: Grounds, first: date, last: date) -> Iterator[Need]:
    """One for every hardship that became known, linked to its case (B-17)."""
    yield from _linked(charge, "hardship_visit", grounds, grounds.hardships, HARDSHIP_WORKING_DAYS, first, last)


def _linked(
    charge: Charge, kind: str, grounds: Grounds, events: Sequence[Event], working_days: int, first: date, last: date
) -> Iterator[Need]:
    for event in events:
        due_on = grounds.calendar.after(event.on, working_days)
        if first <= due_on <= last:
            yield Need(charge.person, kind, event.on, due_on, about=event.id, linked=True)


BOTH: Final = frozenset({"origin", "destination"})

SCHEDULE: Final[Mapping[str, Row]] = {
    "quarterly": Row(BOTH, _quarterly, 92),
    "relocation": Row(BOTH, _relocation, LINKED_DAYS_MAX, stays_due=True),
    "political_birthday": Row(BOTH, _political_birthday, 31 + 2 * BIRTHDAY_DAYS),
    "festival": Row(BOTH, _festival, FESTIVAL_DAYS_BEFORE + FESTIVAL_DAYS_AFTER),
    "home_visit": Row(frozenset({"origin"}), _home_visit, 366),
    "hardship_visit": Row(BOTH, _hardship_visit, LINKED_DAYS_MAX, stays_due=True),
}
"""The four contacts and the two visits. The home visit is the origin's: that is where the family is."""
