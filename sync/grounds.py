"""What asks for contacts of their own: this node's festivals, relocations on record, hardships that became known."""

from collections.abc import Iterable
from datetime import date

from .charges import Charge
from .contact_schedule import Event, Grounds
from .festivals import calendar_of
from .records import HelpCase
from .shared import in_category, shared
from .store import Store


def grounds_of(store: Store, charges: Iterable[Charge]) -> dict[str, Grounds]:
    """The grounds of each charge, by person: one question per agreement, not one per member."""
    charges = list(charges)
    festivals = calendar_of(store)
    moves = _relocations(store, {period.agreement for charge in charges for period in charge.periods})
    hardships: dict[str, list[Event]] = {}
    for case in store.find(HelpCase):
        if case.hardship and case.status != "withdrawn":
            hardships.setdefault(case.person, []).append(Event(case.case_id, date.fromisoformat(case.opened_on)))
    return {
        charge.person: Grounds(
            festivals=festivals,
            relocations=[
                move for period in charge.periods for move in moves.get((period.agreement, period.subject), [])
            ],
            hardships=hardships.get(charge.person, []),
        )
        for charge in charges
    }


def _relocations(store: Store, agreements: Iterable[str]) -> dict[tuple[str, str], list[Event]]:
    """Relocations by (agreement, subject). The first place of a register is the notice's own, and no relocation."""
    found: dict[tuple[str, str], list[Event]] = {}
    for agreement in agreements:
        for subject, key, value in in_category(store, agreement, "register"):
            if key == "register/place":
                notice = shared(store, agreement, subject, "movement/departure")
                first = {entry["id"] for entry in notice["entries"]} if notice else set()
                moves = [entry for entry in value["entries"] if entry["id"] not in first]
                events = [Event(entry["id"], date.fromisoformat(entry["value"]["on"])) for entry in moves]
                found.setdefault((agreement, subject), []).extend(events)
    return found
