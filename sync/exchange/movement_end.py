"""When a mobility period is over: by a return, or by a refusal that nothing followed.

``end_of`` reads the shared records, for people. ``is_over`` looks at the messages themselves and at who knew what, for
the verdict on an erasure: a message that one side holds has changed no record there, and both must judge alike.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from gongguan.protocol.causality import Past
from gongguan.sync.exchange.fold import Placed
from gongguan.sync.exchange.values import Records, Value

MOVES: Final = ("departure.notified", "admission.given", "admission.refused", "return.notified")
"""The kinds by which a period begins and ends."""
ENDS: Final = {"return.notified": "ended_on", "admission.refused": "on"}
"""Kind that ends a period → field with the day."""


class EndOfPeriod(NamedTuple):
    """The message that ended a period, and the day that it names (``YYYY-MM-DD``)."""

    message: str
    on: str


def end_of(records: Records) -> EndOfPeriod | None:
    """What ended the period, by all that is on record; None while it goes on."""
    returns = _standing(records, "movement/return")
    if returns:
        return _last(returns, "ended_on")
    departures = {entry["id"] for entry in _standing(records, "movement/departure")}
    answers = [entry for entry in _standing(records, "movement/admission") if entry["value"]["departure"] in departures]
    if not answers or any(entry["value"]["outcome"] != "refused" for entry in answers):
        return None
    return _last(answers, "on")


def _last(entries: list[Value], day: str) -> EndOfPeriod:
    last = max(entries, key=lambda entry: (str(entry["value"][day]), str(entry["id"])))
    return EndOfPeriod(str(last["id"]), str(last["value"][day]))


def _standing(records: Records, key: str) -> list[Value]:
    """Entries that nothing replaced."""
    return [entry for entry in records[key]["entries"] if "superseded" not in entry] if key in records else []


def is_over(moves: Iterable[Placed], message_id: str, on: str, past: Past) -> bool:
    """Whether an author with this past knew this message to have ended the period on this day.

    ``moves``: the member's messages of ``MOVES``. Nothing that knew of the end, or crossed a refusal, goes on with it.
    """
    known = [item for item in moves if past.covers(item.epoch, item.position)]
    ending = next((item for item in known if item.message.id == message_id), None)
    if ending is None or ending.message.kind not in ENDS:
        return False
    if getattr(ending.message.body, ENDS[ending.message.kind], None) != on:
        return False
    at = (ending.epoch, ending.position)
    began_again = [item for item in known if item.message.kind == "departure.notified" and item.past.covers(*at)]
    admitted = [
        item
        for item in known
        if item.message.kind == "admission.given" and not ending.past.covers(item.epoch, item.position)
    ]
    return not began_again and not (ending.message.kind == "admission.refused" and admitted)
