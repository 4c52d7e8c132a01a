"""FOLD: what both nodes must agree on, a pure function of a unit's messages in their order (``docs/wire.md`` 8).

``FOLD[kind](records, placed)`` takes the shared records of one unit and one message at its place and gives back the
records that change. No clock, no randomness, no other unit: it runs on arrival, on refold and in ``verify``, on both
nodes, and must give the same bytes. There are four shapes of shared data, each a small function here:

fact        a set of entries under one natural key. Withdrawal by its author wins. Equal values from both sides are one
            fact with two witnesses; different values are a named conflict.
owned       the entries of the owner that none of its later ones knew: usually one.
register    the same over both sides' entries; more than one with different values is a named conflict.
decision    proposals and answers (protocol/decision.py).

Nothing is ever removed from a record: losing and withdrawn entries stay readable.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.protocol import canonical, decision, messages
from gongguan.protocol.causality import OrderKey, Past
from gongguan.protocol.decision import Answer, Proposal, View
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.joint import content_digest
from gongguan.sync.exchange.values import Changes, Records, Value


class Placed(NamedTuple):
    """A message where it stands. ``lead``: the side that leads its duty by the version cited; ``agreement``: its id."""

    message: Message
    party: int
    epoch: str
    position: int
    lamport: int
    past: Past
    agreement: str
    lead: str = "origin"
    outside: str = ""
    """Id of the partner's ending or suspension where neither knew of the other: without effect by itself."""

    def order_key(self) -> OrderKey:
        """Where it sorts in its unit."""
        return OrderKey(self.lamport, self.party, self.epoch, self.position)


def conflict_id(category: str, agreement: str, record_key: str, previous: str) -> str:
    """The name of a conflict, the same on both nodes. ``previous``: id of the resolution that it follows, or ""."""
    return hashlib.sha256(f"{category}\n{agreement}\n{record_key}\n{previous}".encode()).hexdigest()


def branch_key(name: str | None) -> str:
    """A branch's name as a part of a record's key, which holds no free text; no name is the committee itself."""
    return hashlib.sha256(name.encode()).hexdigest()[:16] if name else "committee"


# --- entries --------------------------------------------------------------------------------------------------


def _entry(placed: Placed, value: Value) -> Value:
    return {
        "id": placed.message.id,
        "party": placed.party,
        "epoch": placed.epoch,
        "position": placed.position,
        "value": value,
    }


def _fields(placed: Placed) -> Value:
    """The body as it was written, without the fields that are absent."""
    return _body_fields(placed.message.body)


def _body_fields(body: Any) -> Value:
    value: Value = msgspec.to_builtins(body)
    return value


def _with_party(body: Any, party: int) -> Value:
    """The fields by which a record is found, with the number of who says it."""
    return {**_body_fields(body), "party": party}


def _entries(records: Records, key: str) -> list[Value]:
    found = records.get(key)
    return found["entries"] if found is not None else []


def _knows(placed: Placed, entry: Value) -> bool:
    return placed.past.covers(entry["epoch"], entry["position"])


def _differ(entries: list[Value], compared: tuple[str, ...] | None) -> bool:
    """Whether there are different values among entries; only ``compared`` fields count (None: all)."""
    if len(entries) < 2:
        return False
    values = (entry["value"] for entry in entries)
    if compared is not None:
        values = ({name: value.get(name, "") for name in compared} for value in values)
    return len({canonical.encode(value) for value in values}) > 1


def origin_party(records: Records) -> int:
    """The party at which this member's affiliation stays: who first sent the notice of departure."""
    departure = records.get("movement/departure")
    return int(departure["entries"][0]["party"]) if departure else decision.FIRST_NAMED


def _provisional(entries: list[Value], lead: str, records: Records) -> Value:
    """What counts until both have decided: the leading side's entry, then the smallest id."""
    origin = origin_party(records)
    leading = origin if lead == "origin" else 1 - origin
    return min(entries, key=lambda entry: (entry["party"] != leading, entry["id"]))


# --- facts ----------------------------------------------------------------------------------------------------


class Fact(NamedTuple):
    """How a kind's entries become facts: natural key, conflict class, and the fields that must be equal."""

    category: str
    natural_key: Callable[[Value], str]
    compared: tuple[str, ...] | None
    taken: Callable[[Value], Value] = lambda value: value
    """What a body counts as, where that is not all that it says."""


def _fact(shape: Fact) -> Callable[[Records, Placed], Changes]:
    def fold(records: Records, placed: Placed) -> Changes:
        value = shape.taken(_fields(placed))
        key = f"{shape.category}/{shape.natural_key(value)}"
        before = records.get(key)
        entries = [*(before["entries"] if before else []), _entry(placed, value)]
        raw: Value = {"shape": "fact", "lead": placed.lead, "entries": entries}
        if before and "resolution" in before:
            raw["resolution"] = before["resolution"]
        return _evaluated(records, key, raw, placed.agreement)

    return fold


def _contenders(raw: Value) -> list[Value]:
    """The entries between which something is still open: not withdrawn, not settled by the last resolution."""
    live = [entry for entry in raw["entries"] if "withdrawn" not in entry]
    resolution = raw.get("resolution")
    if resolution is None:
        return live
    return [entry for entry in live if entry.get("settled") != resolution["id"] or entry["id"] == resolution["chosen"]]


def _evaluated(records: Records, key: str, raw: Value, agreement: str) -> Changes:
    """The fact with its status, and the conflict that it opens, keeps or closes."""
    category = key.split("/", 1)[0]
    resolution = raw.get("resolution")
    contenders = _contenders(raw)
    status = _status(raw, contenders, FACTS[category].compared)
    fact: Value = {**raw, "status": status}
    changes: Changes = {key: fact}
    if status == "conflict":
        previous = resolution["id"] if resolution else ""
        name = conflict_id(category, agreement, key, previous)
        chosen = _provisional(contenders, raw["lead"], records)
        fact["effective"] = chosen["value"]
        fact["conflict"] = name
        changes[f"conflict/{name}"] = _open_conflict(category, key, contenders, chosen, previous)
    elif status not in ("withdrawn", "none_counts"):
        fact["effective"] = min(contenders, key=lambda entry: str(entry["id"]))["value"]
    before = records.get(key, {}).get("conflict")
    if before and before != fact.get("conflict"):
        changes[f"conflict/{before}"] = {**records[f"conflict/{before}"], "state": "closed", "closed_as": status}
    return changes


def _status(raw: Value, contenders: list[Value], compared: tuple[str, ...] | None) -> str:
    resolution = raw.get("resolution")
    fresh = [entry for entry in contenders if not resolution or entry["id"] != resolution["chosen"]]
    if resolution and not resolution["chosen"]:
        return "conflict" if fresh else "none_counts"
    if not contenders:
        return "withdrawn"
    if _differ(contenders, compared):
        return "conflict"
    if resolution and not fresh:
        return "resolved"
    return "agreed" if len({entry["party"] for entry in contenders}) > 1 else "single"


def _open_conflict(category: str, key: str, contenders: list[Value], chosen: Value, previous: str) -> Value:
    return {
        "shape": "conflict",
        "category": category,
        "record": key,
        "state": "open",
        "candidates": [
            {"id": entry["id"], "party": entry["party"], "value": entry["value"]}
            for entry in sorted(contenders, key=lambda entry: str(entry["id"]))
        ],
        "provisional": chosen["id"],
        "previous": previous,
    }


def _withdrawal(cited: str) -> Callable[[Records, Placed], Changes]:
    """The author takes back its own entry. Somebody else's, or one that is no fact of this unit: no effect."""

    def fold(records: Records, placed: Placed) -> Changes:
        entry_id = getattr(placed.message.body, cited)
        for key in naming(records, entry_id):
            value = records[key]
            if value["shape"] != "fact":
                continue
            if any(entry["id"] == entry_id and entry["party"] == placed.party for entry in value["entries"]):
                return _evaluated(records, key, _without(value, entry_id, placed), placed.agreement)
        return {}

    return fold


def naming(records: Records, entry_id: str) -> list[str]:
    """The records in which this id stands. Where they are still encoded nothing else is decoded."""
    encoded = getattr(records, "raw", None)
    return sorted(records) if encoded is None else sorted(key for key in encoded if entry_id.encode() in encoded[key])


def _without(fact: Value, entry_id: str, placed: Placed) -> Value:
    mark = {"withdrawn": placed.message.id, "reason": placed.message.body.reason}
    entries = [
        {**entry, **mark} if entry["id"] == entry_id and "withdrawn" not in entry else entry
        for entry in fact["entries"]
    ]
    return _raw(fact, entries)


def _raw(fact: Value, entries: list[Value]) -> Value:
    kept: Value = {name: fact[name] for name in ("shape", "lead", "resolution") if name in fact}
    return {**kept, "entries": entries}


# --- owned fields and registers -------------------------------------------------------------------------------


def _maximal(before: Value | None, placed: Placed, value: Value) -> list[Value]:
    """All entries ever set, those that the new one knew marked as superseded by it."""
    entries: list[Value] = []
    for entry in before["entries"] if before else []:
        known = "superseded" not in entry and _knows(placed, entry)
        entries.append({**entry, "superseded": placed.message.id} if known else entry)
    return [*entries, _entry(placed, value)]


def _owned(key: str | Callable[[Value], str], **fixed: str) -> Callable[[Records, Placed], Changes]:
    def fold(records: Records, placed: Placed) -> Changes:
        value = {**_fields(placed), **fixed}
        return _set_owned(records, key if isinstance(key, str) else key(value), value, placed)

    return fold


def _set_owned(records: Records, name: str, value: Value, placed: Placed) -> Changes:
    entries = _maximal(records.get(name), placed, value)
    standing = [entry for entry in entries if "superseded" not in entry]
    several = _differ(standing, None)
    effective = min(standing, key=lambda entry: str(entry["id"]))["value"]
    status = "several" if several else "set"
    return {name: {"shape": "owned", "entries": entries, "effective": effective, "status": status}}


def _register(records: Records, placed: Placed, name: str, value: Value) -> Changes:
    """A value that either side may set. Sets that did not know of each other and differ are a named conflict."""
    key = f"register/{name}"
    before = records.get(key)
    raw: Value = {"shape": "register", "lead": placed.lead, "entries": _maximal(before, placed, value)}
    if before and "resolution" in before:
        raw["resolution"] = before["resolution"]
    return _evaluated_register(records, key, raw, placed.agreement)


def _evaluated_register(records: Records, key: str, raw: Value, agreement: str) -> Changes:
    resolution = raw.get("resolution")
    standing = [entry for entry in raw["entries"] if "superseded" not in entry]
    if resolution and any(entry["id"] == resolution["chosen"] for entry in standing):
        standing = [
            entry
            for entry in standing
            if entry.get("settled") != resolution["id"] or entry["id"] == resolution["chosen"]
        ]
    register: Value = {**raw, "status": "set"}
    changes: Changes = {key: register}
    chosen = _provisional(standing, raw["lead"], records)
    register["effective"] = chosen["value"]
    if _differ(standing, REGISTERS[key]):
        previous = resolution["id"] if resolution else ""
        name = conflict_id("register", agreement, key, previous)
        register.update(status="conflict", conflict=name)
        changes[f"conflict/{name}"] = _open_conflict("register", key, standing, chosen, previous)
    before = records.get(key, {}).get("conflict")
    if before and before != register.get("conflict"):
        changes[f"conflict/{before}"] = {**records[f"conflict/{before}"], "state": "closed", "closed_as": "set"}
    return changes


def _owned_by_author(key: Callable[[Value], str]) -> Callable[[Records, Placed], Changes]:
    """What each side says of itself: the partner's word on the same matter stands beside it, under its own key."""

    def fold(records: Records, placed: Placed) -> Changes:
        return _owned(key(_with_party(placed.message.body, placed.party)))(records, placed)

    return fold


# --- movement -------------------------------------------------------------------------------------------------


def _with_state(*folds: Callable[[Records, Placed], Changes]) -> Callable[[Records, Placed], Changes]:
    """Run folds one after the other and derive the state of the mobility period from the outcome."""

    def fold(records: Records, placed: Placed) -> Changes:
        changes: Changes = {}
        for step in folds:
            changes.update(step({**records, **changes}, placed))
        changes["movement/state"] = _movement_state({**records, **changes})
        return changes

    return fold


def _movement_state(records: Records) -> Value:
    """notified → admitted or refused → ended, from the standing entries alone (A-66)."""
    standing = {
        name: [entry for entry in records[f"movement/{name}"]["entries"] if "superseded" not in entry]
        for name in ("departure", "admission", "return")
        if f"movement/{name}" in records
    }
    departures = {entry["id"] for entry in standing.get("departure", [])}
    answers = [entry for entry in standing.get("admission", []) if entry["value"]["departure"] in departures]
    if standing.get("return"):
        state = "ended"
    elif answers:
        answer = min(answers, key=lambda entry: str(entry["id"]))
        state = str(answer["value"]["outcome"])
    else:
        state = "notified"
    return {"shape": "state", "state": state}


def _destination_place(records: Records, placed: Placed) -> Changes:
    body = placed.message.body
    return _register(records, placed, "place", {"place": body.destination_place, "on": body.left_on})


def _new_place(records: Records, placed: Placed) -> Changes:
    return _register(records, placed, "place", _fields(placed))


def _presence(records: Records, placed: Placed) -> Changes:
    return _register(records, placed, "presence", _fields(placed))


def _profile(records: Records, placed: Placed) -> Changes:
    """Each field that changed stands by itself, so that two changes of different fields do not replace each other."""
    changes: Changes = {}
    for name, value in _fields(placed).items():
        changes.update(_set_owned(records, f"profile/{name}", {"value": value}, placed))
    return changes


def _stated(records: Records, placed: Placed) -> Changes:
    body = placed.message.body
    value = {**_fields(placed), "candidates": list(body.candidates)}
    return _set_owned(records, f"stated/{body.conflict}", value, placed)


def _reopens(records: Records, placed: Placed) -> Changes:
    """A new notice of departure to the same destination begins again: an earlier return that it knew is over."""
    ended = records.get("movement/return")
    if ended is None:
        return {}
    entries = [
        {**entry, "superseded": placed.message.id} if "superseded" not in entry and _knows(placed, entry) else entry
        for entry in ended["entries"]
    ]
    return {"movement/return": {**ended, "entries": entries}}


# --- joint decisions ------------------------------------------------------------------------------------------


def decisions(records: Records, name: str) -> View:
    """The proposals and answers of a unit under ``decision/<name>``."""
    value = records.get(f"decision/{name}")
    return decision.from_value(value) if value else View()


def _decision_changes(name: str, view: View) -> Changes:
    return {f"decision/{name}": {"shape": "decision", **decision.to_value(view)}}


def _with_proposal(view: View, placed: Placed, key: str, predecessor: str, content: str) -> View:
    """A proposal stands where its author, by what it knew of acceptances that cancelled each other, had to put it."""
    place = view.within(placed.past).place_for(key, predecessor)
    proposal = Proposal(placed.message.id, placed.party, placed.epoch, placed.position, key, place, content)
    return view._replace(proposals=(*view.proposals, proposal))


def _conflict_proposed(records: Records, placed: Placed) -> Changes:
    body = placed.message.body
    view = decisions(records, "conflicts")
    chosen = body.chosen if isinstance(body.chosen, str) else ""
    content = canonical.encode(
        {"record": body.record, "candidates": sorted(body.candidates), "chosen": chosen}
    ).decode()
    proposal = Proposal(placed.message.id, placed.party, placed.epoch, placed.position, body.conflict, "", content)
    return _decision_changes("conflicts", view._replace(proposals=(*view.proposals, proposal)))


def _conflict_answered(records: Records, placed: Placed) -> Changes:
    body = placed.message.body
    view = decisions(records, "conflicts")
    view = view._replace(answers=(*view.answers, _answer(placed)))
    changes = _decision_changes("conflicts", view)
    proposal = view.proposal(body.proposal)
    if proposal and body.answer == "accept" and len(view.acceptances(proposal.key, "")) == 1:
        changes.update(_resolved(records, placed, proposal))
    return changes


def _answer(placed: Placed) -> Answer:
    body = placed.message.body
    accepted = body.answer == "accept"
    return Answer(placed.message.id, placed.party, placed.epoch, placed.position, body.proposal, accepted)


def _resolved(records: Records, placed: Placed, proposal: Proposal) -> Changes:
    """Both agreed: the listed candidates, and what the accepting side knew, are settled; the chosen one counts."""
    content = canonical.decode(proposal.content.encode())
    key = content["record"]
    conflict = records.get(f"conflict/{proposal.key}")
    before = records.get(key)
    # The officer who accepted looked at the conflict: a proposal that names another record than it is without effect.
    if conflict is None or before is None or conflict["record"] != key:
        return {}
    listed = set(content["candidates"])
    if content["chosen"] and all(entry["id"] != content["chosen"] for entry in before["entries"]):
        return {}
    if before["shape"] == "late":
        return _late_decided(records, placed, key, bool(content["chosen"]), proposal.key)
    entries = [
        {**entry, "settled": placed.message.id} if entry["id"] in listed or _knows(placed, entry) else entry
        for entry in before["entries"]
    ]
    raw = _raw(before, entries)
    raw["resolution"] = {
        "id": placed.message.id,
        "proposal": proposal.id,
        "candidates": content["candidates"],
        "chosen": content["chosen"],
    }
    evaluate = _evaluated if before["shape"] == "fact" else _evaluated_register
    return evaluate(records, key, raw, placed.agreement)


def _late(records: Records, placed: Placed) -> Changes:
    """Sent before the ending or suspension was known: kept without effect unless both decide otherwise."""
    key = f"late/{placed.message.id}"
    entry = _entry(placed, _fields(placed))
    name = conflict_id("late", placed.agreement, key, "")
    late = {
        "shape": "late",
        "state": "out",
        "kind": placed.message.kind,
        "ending": placed.outside,
        "lead": placed.lead,
        "entries": [entry],
        "conflict": name,
    }
    nothing = {"id": ""}
    return {key: late, f"conflict/{name}": _open_conflict("late", key, [entry], nothing, "")}


def _late_decided(records: Records, placed: Placed, key: str, accepted: bool, name: str) -> Changes:
    """Both decided on a late message: if it shall count, it takes effect here, at the place of the acceptance."""
    late = records[key]
    (entry,) = late["entries"]
    state = "accepted" if accepted else "refused"
    changes: Changes = {
        key: {**late, "state": state, "resolution": placed.message.id},
        f"conflict/{name}": {**records[f"conflict/{name}"], "state": "closed", "closed_as": state},
    }
    if accepted:
        body = msgspec.convert(entry["value"], KINDS[late["kind"]].body)
        message = msgspec.structs.replace(placed.message, id=entry["id"], kind=late["kind"], body=body)
        there = {"party": entry["party"], "epoch": entry["epoch"], "position": entry["position"]}
        again = placed._replace(message=message, lead=late["lead"], **there)
        changes.update(FOLD[late["kind"]]({**records, **changes}, again))
    return changes


def _agreement_proposed(records: Records, placed: Placed) -> Changes:
    body = placed.message.body
    content = hashlib.sha256(body.text.encode()).hexdigest()
    predecessor = body.predecessor if isinstance(body.predecessor, str) else ""
    view = _with_proposal(decisions(records, "agreements"), placed, "agreement", predecessor, content)
    signed = {"shape": "signature", "party": placed.party, "version": content, "line": body.signature}
    approval = {f"signature/{placed.message.id}": {**signed, "approval": _body_fields(body.approval)}}
    return {**_decision_changes("agreements", view), **_in_force(view), **approval}


def _agreement_answered(records: Records, placed: Placed) -> Changes:
    body = placed.message.body
    view = decisions(records, "agreements")
    view = view._replace(answers=(*view.answers, _answer(placed)))
    changes = {**_decision_changes("agreements", view), **_in_force(view)}
    proposal = view.proposal(body.proposal)
    if proposal and body.answer == "accept":
        changes[f"signature/{placed.message.id}"] = {
            "shape": "signature",
            "party": placed.party,
            "version": proposal.content,
            "line": body.signature,
            "approval": _body_fields(body.approval),
        }
    return changes


def _in_force(view: View) -> Changes:
    return {"agreement/current": {"shape": "state", "state": view.current("agreement")}}


def _joint_proposed(records: Records, placed: Placed) -> Changes:
    value = _fields(placed)
    key, predecessor = JOINT[placed.message.kind](value), str(value.get("replaces", ""))
    content = content_digest(value)
    view = _with_proposal(decisions(records, key), placed, key, predecessor, content)
    entries = [*_entries(records, key), {**_entry(placed, value), "content": content}]
    return {**_decision_changes(key, view), key: _joint(key, view, entries)}


def _joint_answered(records: Records, placed: Placed) -> Changes:
    key = placed.message.body.matter
    view = decisions(records, key)
    view = view._replace(answers=(*view.answers, _answer(placed)))
    return {**_decision_changes(key, view), key: _joint(key, view, _entries(records, key))}


def _joint(key: str, view: View, entries: list[Value]) -> Value:
    """Every content that was proposed, and the one that both sides have signed, if any."""
    current = view.current(key)
    joint: Value = {"shape": "joint", "entries": entries, "current": current}
    signed = next((entry["value"] for entry in entries if entry["content"] == current), None)
    return {**joint, "effective": signed} if signed is not None else joint


ENDINGS: Final = ("agreement/ended_0", "agreement/ended_1")


def _agreement_ended(records: Records, placed: Placed) -> Changes:
    """An ending is of the version that it cites: a version that both sign afterwards is in force."""
    key = ENDINGS[placed.party]
    value = {**_fields(placed), "version": str(placed.message.agreement)}
    entry = {**_entry(placed, value), "seen": [list(head) for head in placed.message.seen]}
    return {key: {"shape": "endings", "entries": [*_entries(records, key), entry]}}


SEARCHING: Final = frozenset({"certificate.entry_withdrawn", "contact.withdrawn", "score.reversed"})
"""Kinds that look for what they name in all records of their unit."""
STOPS: Final = frozenset({"agreement.ended", "agreement.suspended"})
"""Kinds by which one side alone stops work: what crosses them has no effect."""
SUSPENSIONS: Final = ("agreement/suspended_0", "agreement/suspended_1")
LIFTS: Final = "lifts"
"""The decisions by which suspensions are lifted: each is one decision, its key the suspension's message id."""


def _agreement_suspended(records: Records, placed: Placed) -> Changes:
    """A suspension is of the agreement, whatever version is in force: an amendment that crossed it lifts nothing."""
    key = SUSPENSIONS[placed.party]
    value = {**_fields(placed), "version": str(placed.message.agreement)}
    entry = {**_entry(placed, value), "seen": [list(head) for head in placed.message.seen]}
    return {key: {"shape": "suspensions", "entries": [*_entries(records, key), entry]}}


def _lift_proposed(records: Records, placed: Placed) -> Changes:
    view = decisions(records, LIFTS)
    cited = placed.message.body.suspension
    proposal = Proposal(placed.message.id, placed.party, placed.epoch, placed.position, cited, "", "")
    return _decision_changes(LIFTS, view._replace(proposals=(*view.proposals, proposal)))


def _lift_answered(records: Records, placed: Placed) -> Changes:
    view = decisions(records, LIFTS)
    return _decision_changes(LIFTS, view._replace(answers=(*view.answers, _answer(placed))))


def suspensions(records: Records) -> list[Value]:
    """Every suspension of either side by the pairing's records, lifted ones too."""
    return [entry for key in SUSPENSIONS for entry in _entries(records, key)]


def standing_suspensions(records: Records) -> list[Value]:
    """The suspensions that both sides have not lifted."""
    view = decisions(records, LIFTS)
    return [entry for entry in suspensions(records) if not view.acceptances(entry["id"], "")]


def is_ended(records: Records, version: str) -> bool:
    """Whether either side has ended this version, by the pairing's records."""
    return any(entry["value"]["version"] == version for key in ENDINGS for entry in _entries(records, key))


def _opinion(records: Records, placed: Placed) -> Changes:
    """A probation opinion, with its reasons as one text of codes."""
    reasons = " ".join(sorted(set(placed.message.body.reasons)))
    return _owned(ENTERED["probation.opinion_given"], reasons=reasons)(records, placed)


def erased_key(agreement: str, subject: str) -> str:
    """Under which name the pairing's unit has that a member is erased."""
    return f"erased/{agreement}/{subject}"


def _erased(records: Records, placed: Placed) -> Changes:
    """That a member is erased stays on record, by pseudonym; that its own unit has no records then is
    sync/exchange/erasure.py's doing."""
    key = erased_key(placed.message.body.agreement, placed.message.body.subject)
    return {key: {"shape": "erased", "entries": [*_entries(records, key), _entry(placed, _fields(placed))]}}


def _versions(records: Records, placed: Placed) -> Changes:
    """What each side's software applies, with the position of every announcement."""
    key = f"versions/{placed.party}"
    entry = _entry(placed, {"kinds": list(placed.message.body.kinds)})
    return {key: {"shape": "versions", "entries": [*_entries(records, key), entry]}}


def _by_itself(category: str) -> Callable[[Records, Placed], Changes]:
    """What stands for itself: nothing replaces it and nothing is compared with it."""

    def fold(records: Records, placed: Placed) -> Changes:
        return {f"{category}/{placed.message.id}": {"shape": "notice", **_entry(placed, _fields(placed))}}

    return fold


def _disputed_is_empty(value: Value) -> Value:
    """Who disputes a statement says nothing in its place."""
    return {**value, "content": []} if value["word"] == "disputed" else value


# --- the tables -----------------------------------------------------------------------------------------------

FACTS: Final[Mapping[str, Fact]] = {
    "score": Fact("score", lambda value: f"{value['year']}/{value['rule']}/{value['event']}", ("points",)),
    "life": Fact("life", lambda value: str(value["event"]), ("attendance", "on")),
    "dues": Fact("dues", lambda value: str(value["month"]), ()),
    "annual_check": Fact("annual_check", lambda value: str(value["year"]), ("outcome",)),
    "contact": Fact("contact", lambda value: f"{value['contact']}/{value['on']}", ()),
    "paper": Fact("paper", lambda value: str(value["statement"]), ("content",), _disputed_is_empty),
}

REGISTERS: Final[Mapping[str, tuple[str, ...]]] = {
    "register/place": ("place",),
    "register/presence": ("presence",),
}
"""Key of a register → the fields that must be equal."""

JOINT: Final[Mapping[str, Callable[[Value], str]]] = {
    "minutes.proposed": lambda value: f"minutes/{value['meeting']}",
    "partnership.proposed": lambda value: f"partnership/{value['partnership']}",
    "joint_activity.proposed": lambda value: f"joint_activity/{value['event']}",
}
"""Kind of proposal → what it is a joint decision on: the record's key."""

ENTERED: Final[Mapping[str, Callable[[Value], str]]] = {
    "departure.notified": lambda _: "movement/departure",
    "admission.given": lambda _: "movement/admission",
    "admission.refused": lambda _: "movement/admission",
    "relocation.reported": lambda _: "register/place",
    "return.notified": lambda _: "movement/return",
    "summary.given": lambda _: "movement/summary",
    "presence.reported": lambda _: "register/presence",
    "profile.updated": lambda value: f"profile/{min(value.keys() - {'party'})}",
    "inflow.answered": lambda value: f"inflow_answer/{value['inflow']}",
    "conflict.stated": lambda value: f"stated/{value['conflict']}",
    "conflict.part_answered": lambda value: f"part/{value['stated']}",
    "certificate.described": lambda _: "certificate/issued",
    "certificate.stated": lambda value: f"certificate_answer/{value['query']}",
    "certificate.annual_check_entered": lambda value: f"annual_check/{FACTS['annual_check'].natural_key(value)}",
    "certificate.life_entered": lambda value: f"life/{FACTS['life'].natural_key(value)}",
    "certificate.dues_entered": lambda value: f"dues/{FACTS['dues'].natural_key(value)}",
    "contact.made": lambda value: f"contact/{FACTS['contact'].natural_key(value)}",
    "officer.named": lambda value: f"officer/{value['party']}",
    "help.status_told": lambda value: f"help/{value['party']}/{value['case']}",
    "study.delegated": lambda value: f"study/{value['party']}/{value['event']}",
    "study.answered": lambda value: f"study_answer/{value['delegation']}",
    "study.held": lambda value: f"study_result/{value['delegation']}",
    "matter.passed_on": lambda value: f"passed_on/{value['matter']}",
    "office.published": lambda value: f"office/{value['party']}",
    "office.receiver_named": lambda value: f"receiver/{value['party']}",
    "meeting.called": lambda value: f"meeting/{value['party']}/{value['meeting']}",
    "bulletin.sent": lambda value: f"bulletin/{value['party']}/{branch_key(value.get('branch'))}/{value['quarter']}",
    "matter.announced": lambda value: f"matter/{value['party']}/{value['matter']}",
    "feedback.given": lambda value: f"feedback/{value['quarter']}",
    "probation.dated": lambda _: "probation/term",
    "probation.observed": lambda value: f"probation_observation/{value['quarter']}",
    "probation.opinion_requested": lambda value: f"probation_request/{value['ends_on']}",
    "probation.opinion_given": lambda value: f"probation_opinion/{value['request']}",
    "probation.decided": lambda value: f"probation_decision/{value['ends_on']}",
    "score.contributed": lambda value: f"score/{FACTS['score'].natural_key(value)}",
    "paper.stated": lambda value: f"paper/{FACTS['paper'].natural_key(value)}",
}
"""Kind → key, by body and party, of the record that keeps every entry that was ever made: what a verdict bounds."""


_OF_PAIRING: Final[Mapping[str, tuple[str, str]]] = {
    "exchange.versions": ("versions/0", "versions/1"),
    "agreement.ended": ENDINGS,
    "agreement.suspended": SUSPENSIONS,
}


def looked_at(message: Message, party: int) -> tuple[str, ...]:
    """Keys of the records that verdict and fold will ask for first, as far as the message tells: to be read ahead."""
    about = ("movement/departure",) if isinstance(message.subject, str) else ()
    if message.kind not in ENTERED or not messages.is_known(message):
        return about
    return (*about, ENTERED[message.kind](_with_party(message.body, party)))


def entered_by(message: Message, party: int, records: Records) -> list[tuple[str, int]]:
    """Positions of all entries of this party in the record to which the message would add one."""
    if message.kind in ENTERED:
        return _entries_of(records, ENTERED[message.kind](_with_party(message.body, party)), party)
    if message.kind == "conflict.proposed":
        proposals = decisions(records, "conflicts").proposals
        return [(item.epoch, item.position) for item in proposals if item.party == party]
    if message.kind in JOINT:
        proposals = decisions(records, JOINT[message.kind](_body_fields(message.body))).proposals
        return [(item.epoch, item.position) for item in proposals if item.party == party]
    if message.kind == "agreement.lift_proposed":
        lifts = decisions(records, LIFTS).proposals
        return [(item.epoch, item.position) for item in lifts if item.party == party]
    if message.kind in _OF_PAIRING:
        return _entries_of(records, _OF_PAIRING[message.kind][party], party)
    return []


def _entries_of(records: Records, key: str, party: int) -> list[tuple[str, int]]:
    return [(entry["epoch"], entry["position"]) for entry in _entries(records, key) if entry["party"] == party]


OWN_WORDS: Final = (
    "office.published",
    "office.receiver_named",
    "meeting.called",
    "bulletin.sent",
    "matter.announced",
)
"""What each side says for itself under an agreement."""

FOLD: Final[Mapping[str, Callable[[Records, Placed], Changes]]] = {
    "exchange.versions": _versions,
    "exchange.erased": _erased,
    "notice.given": _by_itself("notice"),
    "inflow.reported": _by_itself("inflow"),
    "inflow.answered": _owned(ENTERED["inflow.answered"]),
    "event.reported": _by_itself("event"),
    "departure.notified": _with_state(_owned("movement/departure"), _reopens, _destination_place),
    "admission.given": _with_state(_owned("movement/admission", outcome="admitted")),
    "admission.refused": _with_state(_owned("movement/admission", outcome="refused")),
    "relocation.reported": _new_place,
    "return.notified": _with_state(_owned("movement/return")),
    "summary.given": _owned("movement/summary"),
    "presence.reported": _presence,
    "profile.updated": _profile,
    "certificate.life_entered": _fact(FACTS["life"]),
    "certificate.dues_entered": _fact(FACTS["dues"]),
    "certificate.entry_withdrawn": _withdrawal("entry"),
    "certificate.annual_check_entered": _fact(FACTS["annual_check"]),
    "certificate.described": _owned(ENTERED["certificate.described"]),
    "certificate.queried": _by_itself("certificate_query"),
    "certificate.stated": _owned(ENTERED["certificate.stated"]),
    "contact.made": _fact(FACTS["contact"]),
    "contact.withdrawn": _withdrawal("contact"),
    "officer.named": _owned_by_author(ENTERED["officer.named"]),
    "help.status_told": _owned_by_author(ENTERED["help.status_told"]),
    "study.delegated": _owned_by_author(ENTERED["study.delegated"]),
    "study.answered": _owned(ENTERED["study.answered"]),
    "study.held": _owned(ENTERED["study.held"]),
    "feedback.given": _owned(lambda value: f"feedback/{value['quarter']}"),
    "probation.dated": _owned(ENTERED["probation.dated"]),
    "probation.observed": _owned(ENTERED["probation.observed"]),
    "probation.opinion_requested": _owned(ENTERED["probation.opinion_requested"]),
    "probation.opinion_given": _opinion,
    "probation.decided": _owned(ENTERED["probation.decided"]),
    "score.contributed": _fact(FACTS["score"]),
    "paper.stated": _fact(FACTS["paper"]),
    "score.reversed": _withdrawal("contribution"),
    "conflict.stated": _stated,
    "conflict.part_answered": _owned(ENTERED["conflict.part_answered"]),
    "conflict.proposed": _conflict_proposed,
    "conflict.answered": _conflict_answered,
    "agreement.proposed": _agreement_proposed,
    "agreement.answered": _agreement_answered,
    "agreement.ended": _agreement_ended,
    "agreement.suspended": _agreement_suspended,
    "agreement.lift_proposed": _lift_proposed,
    "agreement.lift_answered": _lift_answered,
    "matter.passed_on": _owned(ENTERED["matter.passed_on"]),
    "joint.answered": _joint_answered,
    **{kind: _owned_by_author(ENTERED[kind]) for kind in OWN_WORDS},
    **dict.fromkeys(JOINT, _joint_proposed),
}

INDEPENDENT: Final = frozenset({"notice.given", "inflow.reported", "event.reported", "certificate.queried"})
"""Kinds whose fold looks at no record, and whose record no other fold looks at: their order is no matter, so that one
of them that arrives late does not make its unit be folded anew."""


def fold(records: Records, placed: Placed) -> Changes:
    """The records that this message changes: by its kind's row, or as a late message."""
    return _late(records, placed) if placed.outside else FOLD[placed.message.kind](records, placed)
