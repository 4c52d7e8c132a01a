"""What asks for contacts of their own: this node's festivals, relocations on record, hardships that became known."""

from collections.abc import Iterable
from datetime import date

from .charges import Charge
from .contact_schedule import Event, Grounds
from .festivals import calendar_of
from .records import HelpCase
from .shared import under_key
from .store import Store
from .working_days import working_days


def grounds_of(store: Store, charges: Iterable[Charge]) -> dict[str, Grounds]:
    """The grounds of each charge, by person: one question per agreement, not one per member."""
    charges = list(charges)
    festivals, calendar = calendar_of(store), working_days(store)
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
            calendar=calendar,
        )
        for charge in charges
    }


def _relocations(store: Store, agreements: Iterable[str]) -> dict[tuple[str, str], list[Event]]:
    """Relocations by (agreement, subject). The first place of a register is the notice's own, and no relocation."""
    found: dict[tuple[str, str], list[Event]] = {}
    for agreement in agreements:
        notices = {
            subject: {entry["id"] for entry in value["entries"]}
            for subject, value in under_key(store, agreement, "movement/departure")
        }
        for subject, value in under_key(store, agreement, "register/place"):
            moves = [entry for entry in value["entries"] if entry["id"] not in notices.get(subject, ())]
            if moves:
                events = [Event(entry["id"], date.fromisoformat(entry["value"]["on"])) for entry in moves]
                found[agreement, subject] = events
    return found
