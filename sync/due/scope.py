"""What a row of ``sync/due/due.py`` sees and gives: the scope of one person on one day, and a thing that is due.

Families of work import this and are named in ``DUES``; so they do not import each other.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import msgspec

from gongguan.protocol.terms import Terms
from gongguan.sync.act import Act
from gongguan.sync.contacts.grounds import grounds_of
from gongguan.sync.contacts.lists import FoundNeed, open_on
from gongguan.sync.days import today
from gongguan.sync.education.attendance import histories, quarter_state
from gongguan.sync.exchange.values import Value
from gongguan.sync.persons.bodies import subtree, top_code
from gongguan.sync.probation.probation import Standing, probationers
from gongguan.sync.quarters import Quarter
from gongguan.sync.records import LINKED, MobilityPeriod, Pairing, Staff
from gongguan.sync.shared.charges import Charge, Movements, charges_in_reach
from gongguan.sync.shared.partners import terms_of
from gongguan.sync.shared.periods import (
    name_of,
    periods_in_reach,
    state_in,
)
from gongguan.sync.shared.views import (
    of_subjects,
)
from gongguan.sync.store import Store
from gongguan.sync.working_days import WorkingDays, last_day, working_days


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do. ``subject`` or ``member_id``: whom it is about; ``who``: the name; ``command``: what to type."""

    due_on: str
    command: str
    subject: str | None = None
    member_id: str | None = None
    who: str | None = None


class Scope:
    """What the rows see: the store, the day in China, the person, and the periods and bodies within the reach."""

    def __init__(self, act: Act) -> None:
        self.act = act
        self.store: Store = act.store
        self.staff: Staff = act.staff
        self.day: date = today(act.now)
        self._terms: dict[str, Terms] = {}
        self._after: dict[tuple[str, int], date] = {}

    @cached_property
    def codes(self) -> frozenset[str]:
        """The bodies of the person's subtree."""
        return subtree(self.store, self.staff.body_code)

    @cached_property
    def whole(self) -> bool:
        """Whether the acting person answers for all of the committee."""
        return top_code(self.store) in self.codes

    @cached_property
    def calendar(self) -> WorkingDays:
        """Which days are worked, as far as this node knows."""
        return working_days(self.store)

    @cached_property
    def periods(self) -> tuple[MobilityPeriod, ...]:
        """Every mobility period within the person's reach, ended ones too, but ``left_on_paper``."""
        found = tuple(periods_in_reach(self.act))
        left = {period.subject for period in self.left_on_paper}
        return tuple([period for period in found if period.subject not in left]) if left else found

    @cached_property
    def left_on_paper(self) -> tuple[MobilityPeriod, ...]:
        """Stays here of members whose committee has a node since: nothing more is written about them but their end."""
        linked = [pairing.pairing_id for pairing in self.store.find(Pairing, state=LINKED)]
        found = self.store.find(MobilityPeriod, pairing_id__in=linked, side="destination") if linked else ()
        reached = {period.subject for period in periods_in_reach(self.act)} if found else set()
        return tuple([period for period in found if period.subject in reached])

    @cached_property
    def charges(self) -> tuple[Charge, ...]:
        """Every member who is or was in the charge of the person's subtree (sync/shared/charges.py), but
        ``left_on_paper``.
        """
        found = tuple(charges_in_reach(self.act))
        left = {period.subject for period in self.left_on_paper}
        return tuple([charge for charge in found if charge.subject not in left]) if left else found

    @cached_property
    def away(self) -> tuple[Charge, ...]:
        """Those of them who are away today."""
        return tuple([charge for charge in self.charges if charge.is_away(self.day)])

    @cached_property
    def registers(self) -> Mapping[str, Mapping[str, Value]]:
        """The shared registers of every charge's periods, by subject: where they live, whether they can be reached."""
        return of_subjects(self.store, [period for charge in self.charges for period in charge.periods], ("register",))

    @cached_property
    def attendance_before(self) -> dict[str, str]:
        """Person → confirmed, confirmed_absent or unknown: organisational life in the quarter before."""
        quarter = Quarter.of(self.day).before()
        away = [charge for charge in self.away if charge.is_away(quarter.last)]
        return {person: quarter_state(known, quarter) for person, known in histories(self.store, away, quarter).items()}

    @cached_property
    def open_contacts(self) -> tuple[FoundNeed, ...]:
        """Contacts and visits whose time has come and that nobody made, of all kinds."""
        grounds = grounds_of(self.store, self.charges, self.registers)
        return tuple(open_on(self.store, self.charges, self.day, grounds))

    @cached_property
    def probationers(self) -> tuple[Standing, ...]:
        """How it stands with every probationary member within the person's reach."""
        return tuple(probationers(self.store, self.periods))

    @cached_property
    def movements(self) -> dict[str, Movements]:
        """Subject → the records of movement of every period within the reach; those of charges were read already."""
        found = {subject: records for charge in self.charges for subject, records in charge.records.items()}
        further = [period for period in self.periods if period.subject not in found]
        return {**found, **of_subjects(self.store, further, ("movement", "profile"))}

    @cached_property
    def states(self) -> dict[str, str]:
        """Subject → notified, admitted, refused or ended, of every period within the reach: nearly every row asks."""
        told = self.movements
        return {period.subject: state_in(told.get(period.subject, {})) for period in self.periods}

    @cached_property
    def names(self) -> dict[str, str]:
        """Subject → name, of those in charge."""
        return {period.subject: charge.name for charge in self.charges for period in charge.periods}

    def terms(self, pairing_id: str) -> Terms:
        """The terms in force with a partner, read once for all its members. Raises ``G-not-in-force``."""
        if pairing_id not in self._terms:
            self._terms[pairing_id] = terms_of(self.store, pairing_id)
        return self._terms[pairing_id]

    def after(self, day: str, working_days: int) -> date:
        """So many working days after a day or month: many members have the same."""
        key = (day, working_days)
        if key not in self._after:
            self._after[key] = self.calendar.after(last_day(day), working_days)
        return self._after[key]

    def state(self, period: MobilityPeriod) -> str:
        """notified, admitted, refused or ended."""
        return self.states[period.subject]

    def name(self, period: MobilityPeriod) -> str | None:
        """The member's name if it is known here."""
        return self.names.get(period.subject) or name_of(self.store, period)


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of work: its title, for whom it is, and what of it is due."""

    zh: str
    en: str
    roles: frozenset[str]
    find: Callable[[Scope], Iterator[Due]]
