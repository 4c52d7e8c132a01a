"""What asks for contacts of their own: this node's festivals, relocations on record, hardships that became known."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from gongguan.sync.contacts.festivals import calendar_of
from gongguan.sync.contacts.schedule import Event, Grounds
from gongguan.sync.exchange.values import Value
from gongguan.sync.records import HelpCase
from gongguan.sync.shared.charges import Charge
from gongguan.sync.shared.views import (
    of_subjects,
    partly,
    worked_out,
)
from gongguan.sync.store import Store
from gongguan.sync.working_days import working_days

Registers = Mapping[str, Mapping[str, Value]]
"""Records of the category ``register`` by subject and key."""


def grounds_of(store: Store, charges: Iterable[Charge], registers: Registers | None = None) -> dict[str, Grounds]:
    """The grounds of each charge, by person: one question per agreement, not one per member.

    ``registers``: the records of that category by subject, where they were read already.
    """
    charges = list(charges)
    festivals, calendar = calendar_of(store), working_days(store)
    if registers is None:
        periods = [period for charge in charges for period in charge.periods]
        registers = of_subjects(store, periods, ("register",))
    moves = _relocations(charges, registers)
    hardships: dict[str, list[Event]] = {}
    for case in store.find(HelpCase):
        if case.hardship and case.status != "withdrawn":
            hardships.setdefault(case.person, []).append(Event(case.case_id, date.fromisoformat(case.opened_on)))
    plain = Grounds(festivals=festivals, calendar=calendar)
    return {
        charge.person: Grounds(
            festivals=festivals,
            relocations=[move for period in charge.periods for move in moves.get(period.subject, [])],
            hardships=hardships.get(charge.person, []),
            calendar=calendar,
        )
        if charge.person in hardships or any(moves.get(period.subject) for period in charge.periods)
        else plain
        for charge in charges
    }


def _relocations(charges: Iterable[Charge], registers: Registers) -> dict[str, list[Event]]:
    """Relocations by subject. The first place of a register is the notice's own, and no relocation."""
    found: dict[str, list[Event]] = {}
    for charge in charges:
        for subject, records in charge.records.items():
            place = registers.get(subject, {}).get("register/place")
            if place is None:
                continue
            said = worked_out(records, _noticed)
            moves = [entry for entry in place["entries"] if entry["id"] not in said]
            if moves:
                found[subject] = [Event(entry["id"], date.fromisoformat(entry["value"]["on"])) for entry in moves]
    return found


def _noticed(movements: Mapping[str, Value]) -> frozenset[str]:
    """Ids of the notices that a member's movement began with."""
    notice = partly(movements, "movement/departure", _Notice)
    return frozenset(entry.id for entry in notice.entries) if notice is not None else frozenset()


class _Entry(msgspec.Struct, frozen=True):
    id: str


class _Notice(msgspec.Struct, frozen=True):
    """A notice with what it said of places: those are no relocations."""

    entries: list[_Entry]
