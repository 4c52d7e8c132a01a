"""Probation by the shared records alone: when it ends, and what may be said about it by whom has seen what.

The clock is origin's: the day that it told, moved by an extension that it decided. Verdicts look only at what lies in
the author's past, so both nodes give the same; ``clock_of`` without a past is for views::

    clock = clock_of(records)          # Clock(ends_on="2026-07-01", extended=False, state="running")
    check(message, past, records)      # raises P-probation-…
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from gongguan.protocol.causality import Past
from gongguan.protocol.dates import months_after
from gongguan.protocol.errors import refuse
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.probation import APPROVAL_MONTHS
from gongguan.sync.exchange.values import Records, Value

TERM: Final = "probation/term"
REQUEST: Final = "probation_request/"
OPINION: Final = "probation_opinion/"
DECISION: Final = "probation_decision/"
STATES: Final = {"on_time": "converted", "extended": "running", "cancelled": "cancelled"}


class Clock(NamedTuple):
    """When probation ends. ``began_on``: None where origin told only the end, with the notice of departure."""

    ends_on: str
    extended: bool
    state: str
    began_on: str | None = None


def clock_of(records: Records, past: Past | None = None) -> Clock | None:
    """The clock by all that is on record, or by what lies in this past; None where no end was told."""
    told = _newest(records, TERM, past) or _newest(records, "movement/departure", past)
    ends_on = str(told["ends_on"] if "ends_on" in told else told.get("probation_ends_on", "")) if told else ""
    if not told or not ends_on:
        return None
    clock = Clock(ends_on, False, "running", told.get("began_on"))
    for _ in range(2):
        decided = _newest(records, f"{DECISION}{clock.ends_on}", past)
        if decided is None:
            break
        state = STATES[decided["decision"]]
        if state != "running":
            return clock._replace(state=state)
        clock = clock._replace(ends_on=months_after(clock.ends_on, int(decided["months"])), extended=True)
    return clock


def _newest(records: Records, key: str, past: Past | None) -> Value | None:
    """The value of a record's entry that no other one replaced, as far as its author knew."""
    entries = _known(records, key, past)
    standing = [entry for entry in entries if entry.get("superseded") not in {item["id"] for item in entries}]
    if not standing:
        return None
    found: Value = min(standing, key=lambda entry: str(entry["id"]))["value"]
    return found


def _known(records: Records, key: str, past: Past | None) -> list[Value]:
    entries: list[Value] = records[key]["entries"] if key in records else []
    return [entry for entry in entries if past is None or past.covers(entry["epoch"], entry["position"])]


def check(message: Message, past: Past, records: Records) -> None:
    """Raise unless a message about probation keeps to the bounds, by what its author knew."""
    rule = RULES.get(message.kind)
    if rule is not None:
        rule(message, past, records)


def _check_term(message: Message, past: Past, records: Records) -> None:
    """Told anew to put it right, but not once an expiry was decided on."""
    if message.body.ends_on <= message.body.began_on:
        raise refuse("P-probation-term", ends_on=message.body.ends_on)
    clock = clock_of(records, past)
    if clock is not None and (clock.extended or clock.state != "running"):
        raise refuse("P-probation-decided")


def _check_request(message: Message, past: Past, records: Records) -> None:
    body = message.body
    _check_running(body.ends_on, past, records)
    if body.meeting_on < body.ends_on:
        raise refuse("P-probation-early", earliest=body.ends_on)
    if body.answer_by > body.meeting_on:
        raise refuse("P-probation-answer-by", latest=body.meeting_on)


def _check_opinion(message: Message, past: Past, records: Records) -> None:
    requests = (key for key in records if key.startswith(REQUEST))
    asked = [entry for key in requests for entry in _known(records, key, past) if entry["id"] == message.body.request]
    if not asked:
        raise refuse("P-citation", message=message.body.request)
    _check_running(str(asked[0]["value"]["ends_on"]), past, records)


def _check_decision(message: Message, past: Past, records: Records) -> None:
    body = message.body
    _check_due(body.ends_on, past, records)
    if body.meeting_on < body.ends_on:
        raise refuse("P-probation-early", earliest=body.ends_on)
    if (body.decision == "extended") is not isinstance(body.months, int):
        raise refuse("P-probation-months")
    latest = months_after(body.meeting_on, APPROVAL_MONTHS)
    if body.approved_on < body.meeting_on:
        raise refuse("P-probation-approval", earliest=body.meeting_on)
    if body.approved_on > latest and not isinstance(body.late_reason, str):
        raise refuse("P-probation-late", latest=latest)
    others = [key for key in records if key.startswith(DECISION) and key != f"{DECISION}{body.ends_on}"]
    if body.decision == "extended" and any(
        entry["value"]["decision"] == "extended" for key in others for entry in _known(records, key, past)
    ):
        raise refuse("P-probation-extended")
    _check_opinion_had(message, past, records)


def _check_opinion_had(message: Message, past: Past, records: Records) -> None:
    """The destination's signed word on this very expiry, or a reason why none could be had."""
    body = message.body
    if isinstance(body.opinion, str) is isinstance(body.no_opinion, str):
        raise refuse("P-probation-opinion")
    asked = {str(entry["id"]) for entry in _known(records, f"{REQUEST}{body.ends_on}", past)}
    if isinstance(body.opinion, str):
        given = [entry for request in asked for entry in _known(records, f"{OPINION}{request}", past)]
        if body.opinion not in {str(entry["id"]) for entry in given}:
            raise refuse("P-probation-opinion")
    elif body.no_opinion == "no_answer_in_time" and not asked:
        raise refuse("P-probation-not-asked")


def _check_running(ends_on: str, past: Past, records: Records) -> None:
    clock = clock_of(records, past)
    if clock is None or clock.ends_on != ends_on:
        raise refuse("P-probation-term", ends_on=ends_on, known=clock.ends_on if clock else "")
    if clock.state != "running":
        raise refuse("P-probation-decided")


def _check_due(ends_on: str, past: Past, records: Records) -> None:
    """A decision is on the expiry that the clock shows; one that was decided on may be put right."""
    if _known(records, f"{DECISION}{ends_on}", past):
        return
    _check_running(ends_on, past, records)


RULES: Final[Mapping[str, Callable[[Message, Past, Records], None]]] = {
    "probation.dated": _check_term,
    "probation.opinion_requested": _check_request,
    "probation.opinion_given": _check_opinion,
    "probation.decided": _check_decision,
}
"""Kind → what its author must keep to."""
