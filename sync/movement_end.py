"""When a mobility period is over, by its shared records alone: by a return, or by a refusal that nothing followed."""

from typing import NamedTuple

from gongguan.protocol.causality import Past
from gongguan.sync.fold import Records, Value


class EndOfPeriod(NamedTuple):
    """The message that ended a period, and the day that it names (``YYYY-MM-DD``)."""

    message: str
    on: str


def end_of(records: Records, past: Past | None = None) -> EndOfPeriod | None:
    """What ended the period, by all that is on record, or by what an author with this past knew; None: it goes on."""
    returns = _standing(records, "movement/return", past)
    if returns:
        last = max(returns, key=lambda entry: (str(entry["value"]["ended_on"]), str(entry["id"])))
        return EndOfPeriod(str(last["id"]), str(last["value"]["ended_on"]))
    departures = {entry["id"] for entry in _standing(records, "movement/departure", past)}
    answers = [
        entry for entry in _standing(records, "movement/admission", past) if entry["value"]["departure"] in departures
    ]
    if not answers or any(entry["value"]["outcome"] != "refused" for entry in answers):
        return None
    last = max(answers, key=lambda entry: (str(entry["value"]["on"]), str(entry["id"])))
    return EndOfPeriod(str(last["id"]), str(last["value"]["on"]))


def is_over(records: Records, message: str, on: str, past: Past) -> bool:
    """Whether an author with this past knew this message to have ended the period on this day."""
    return end_of(records, past) == (message, on)


def _standing(records: Records, key: str, past: Past | None) -> list[Value]:
    """Entries that nothing replaced."""
    entries: list[Value] = records[key]["entries"] if key in records else []
    if past is None:
        return [entry for entry in entries if "superseded" not in entry]
    known = [entry for entry in entries if past.covers(entry["epoch"], entry["position"])]
    replaced = {entry["id"]: entry.get("superseded") for entry in known}
    # What replaced an entry counts only if it was known too; it stands in the same record or is a later departure.
    ids = _ids_known(records, past)
    return [entry for entry in known if replaced[entry["id"]] not in ids]


def _ids_known(records: Records, past: Past) -> set[str]:
    keys = ("movement/departure", "movement/admission", "movement/return")
    entries = (entry for key in keys if key in records for entry in records[key]["entries"])
    return {str(entry["id"]) for entry in entries if past.covers(entry["epoch"], entry["position"])}
