"""The verdict on a message: accepted, or refused with a code. It never changes (``docs/wire.md`` 8).

A function of the bytes, the agreement version cited, and the author's past: no clock, no derived value, nothing
concurrent. The author computes it before it writes, the receiver before it applies; both get the same answer. What
needs state (a second entry for one event, a return before an admission) is an *effect* and belongs to
``sync/exchange/fold.py``.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple, get_args, get_type_hints

import msgspec

from gongguan.protocol import agreement, decision
from gongguan.protocol.causality import Past
from gongguan.protocol.dates import months_after
from gongguan.protocol.decision import View
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import HOLDINGS_MAX, HOLDINGS_OPEN_MAX, RECORD_ENTRIES_MAX
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.joint import content_digest
from gongguan.protocol.messages.kind import Date, Kind, Month, MonthOrDate
from gongguan.protocol.messages.movement import giver
from gongguan.sync.exchange import probation_rules
from gongguan.sync.exchange.fold import JOINT, LIFTS, Placed, decisions, entered_by
from gongguan.sync.exchange.knowledge import Ending, Knowledge, Known, Passed
from gongguan.sync.exchange.movement_end import is_over
from gongguan.sync.exchange.outcomes import ERASED_KIND
from gongguan.sync.exchange.values import Records, unit_id


class Location(NamedTuple):
    """Where an earlier message stands and what it is."""

    party: int
    epoch: str
    position: int
    kind: str
    unit: bytes | None
    accepted: bool = True


class Version(NamedTuple):
    """An agreement version that this node knows the text of."""

    agreement: str
    gate: agreement.Gate


class Grounds(NamedTuple):
    """All that a verdict may look at besides the message and its past."""

    pairing: str
    parties: tuple[str, str]
    """Node ids, the first-named first."""
    agreements: View
    endings: tuple[Ending, ...]
    suspensions: tuple[Ending, ...]
    knowledge: Knowledge
    version: Callable[[str], Version | None]
    locate: Callable[[str], Location | None]
    check_line: Callable[[str, str, str], None]
    """(epoch, text, signature line): raises A-… unless the log key of that epoch signed the text."""
    is_held: Callable[[Location, Past], bool]
    """Whether an author with this past knew that the partner holds the message there."""
    held_by: Callable[[int, Past], tuple[int, int]]
    """(party, past): how many messages this party holds by its own word inside this past, and how many it ever held."""
    erased: Callable[[str, str, Past], bool]
    """(agreement id, subject, past): whether an author with this past knew that the member is erased."""
    moves_of: Callable[[bytes], list[Placed]]
    """(unit): the messages by which a member's period begins and ends, at their places, held ones too."""


BOOTSTRAP: Final = frozenset({"epoch.opened@1", "exchange.versions@1", "exchange.outcome@1"})
"""What may be said before the partner has announced what it understands."""

AFTER_END: Final = frozenset(
    {
        "score.reversed",
        "certificate.entry_withdrawn",
        "contact.withdrawn",
        "conflict.proposed",
        "conflict.answered",
        "conflict.stated",
        "conflict.part_answered",
    }
)
"""What may still be said when an agreement has ended or is suspended, besides ``exchange.*`` and ``agreement.*``:
putting right."""


STOPS_AND_LIFTS: Final = frozenset(
    {"agreement.ended", "agreement.suspended", "agreement.lift_proposed", "agreement.lift_answered"}
)
"""What is said about the version in force without changing it."""

YEARS: Final = (1900, 2200)
"""Years in bodies: as ``kind.Year``, far from the ends of what a calendar computes with."""


def _calendar_fields(kind: Kind) -> tuple[str, ...]:
    hints = get_type_hints(kind.body, include_extras=True).items()
    forms = (Date, Month, MonthOrDate)
    return tuple(name for name, hint in hints if any(form in forms for form in (hint, *get_args(hint))))


CALENDAR: Final[Mapping[str, tuple[str, ...]]] = {kind.name: _calendar_fields(kind) for kind in KINDS.values()}
"""Kind → body fields that hold a date or a month."""


class Citation(NamedTuple):
    """What a cited message must be: of these kinds, by the same author or by the partner, in the same unit.

    ``held``: it must be one that the partner holds, in whatever unit it stands. ``elsewhere``: it stands in another
    unit, and what it must be there is looked at apart.
    """

    kinds: frozenset[str]
    by: str
    held: bool = False
    elsewhere: bool = False


STATED_ABOUT: Final = frozenset({"admission.given", "certificate.life_entered", "certificate.dues_entered"})
"""What origin may say of a destination's messages that it does not go together with another one's."""

CITATIONS: Final[Mapping[tuple[str, str], Citation]] = {
    ("admission.given", "departure"): Citation(frozenset({"departure.notified"}), "partner"),
    ("admission.refused", "departure"): Citation(frozenset({"departure.notified"}), "partner"),
    ("inflow.answered", "inflow"): Citation(frozenset({"inflow.reported"}), "partner"),
    ("summary.given", "returned"): Citation(frozenset({"return.notified"}), "partner"),
    ("conflict.stated", "candidates"): Citation(STATED_ABOUT, "partner"),
    ("conflict.part_answered", "stated"): Citation(frozenset({"conflict.stated"}), "partner"),
    ("certificate.entry_withdrawn", "entry"): Citation(
        frozenset({"certificate.life_entered", "certificate.dues_entered", "certificate.annual_check_entered"}),
        "author",
    ),
    ("contact.withdrawn", "contact"): Citation(frozenset({"contact.made"}), "author"),
    ("study.answered", "delegation"): Citation(frozenset({"study.delegated"}), "partner"),
    ("study.held", "delegation"): Citation(frozenset({"study.delegated"}), "partner"),
    ("probation.opinion_given", "request"): Citation(frozenset({"probation.opinion_requested"}), "partner"),
    ("probation.decided", "opinion"): Citation(frozenset({"probation.opinion_given"}), "partner"),
    ("score.reversed", "contribution"): Citation(frozenset({"score.contributed"}), "author"),
    ("conflict.proposed", "candidates"): Citation(
        frozenset(kind.name for kind in KINDS.values() if kind.unit.startswith("subject") and kind.gated),
        "either",
    ),
    ("conflict.answered", "proposal"): Citation(frozenset({"conflict.proposed"}), "partner"),
    ("agreement.lift_proposed", "suspension"): Citation(frozenset({"agreement.suspended"}), "either"),
    ("agreement.lift_answered", "proposal"): Citation(frozenset({"agreement.lift_proposed"}), "partner"),
    ("certificate.stated", "query"): Citation(frozenset({"certificate.queried"}), "partner"),
    ("joint.answered", "proposal"): Citation(frozenset(JOINT), "partner"),
    ("agreement.answered", "proposal"): Citation(frozenset({"agreement.proposed"}), "partner"),
    ("exchange.erased", "ending"): Citation(frozenset(), "either", elsewhere=True),
    ("exchange.withdrawn", "message"): Citation(frozenset(), "author", held=True),
}


def check(message: Message, party: int, past: Past, records: Records, unit: bytes | None, grounds: Grounds) -> None:
    """Return if the message is accepted; else raise the refusal. ``records`` are those of the message's unit."""
    known = grounds.knowledge.of(past, party)
    alike = (message.kind, message.version, message.agreement, isinstance(message.subject, str))
    passed = known.passed.get(alike)
    kind = passed.kind if passed is not None else _kind_of(message, known)
    _check_calendar(kind, message)
    if kind.name == "epoch.opened" and past.own.heads[0][1] > 0:
        raise refuse("P-epoch", position=past.own.heads[0][1])
    entered = entered_by(message, party, records)
    if len(entered) >= RECORD_ENTRIES_MAX and sum(past.covers(*item) for item in entered) >= RECORD_ENTRIES_MAX:
        raise refuse("P-record-full", kind=kind.name, limit=RECORD_ENTRIES_MAX)
    if kind.cites or isinstance(message.cause, str):
        _check_citations(kind, message, party, past, unit, grounds)
    if isinstance(message.subject, str):
        check_not_erased(message, past, grounds)
    if kind.name == "exchange.erased":
        _check_erasure(message, party, past, grounds)
    if kind.name == "exchange.outcome" and message.body.outcome == "held":
        _check_held(party, past, grounds)
    if not kind.gated:
        return
    if kind.duty == "agreement":
        _check_agreement_decision(message, party, past, records, grounds)
        return
    if passed is None:
        passed = known.passed[alike] = Passed(kind, _gate_in_force(message, known, grounds))
    role = _role(kind, message, party, past, records)
    passed.gate.permits(message, role)
    probation_rules.check(message, past, records)
    if message.kind in JOINT:
        _check_joint_proposal(message, party, past, records)
    elif message.kind == "joint.answered":
        _check_joint_answer(message, party, past, records)
    elif message.kind == "conflict.proposed":
        _check_conflict_proposal(message, party, past, records)
    elif message.kind == "conflict.answered":
        proposed = decisions(records, "conflicts").within(past)
        decision.check_answer(proposed, party, message.body.proposal, message.body.answer == "accept")


def _check_held(party: int, past: Past, grounds: Grounds) -> None:
    """Holding has bounds, by the word of whoever holds: what lies in its own log before. Raises P-held-full."""
    now, ever = grounds.held_by(party, past)
    if now >= HOLDINGS_OPEN_MAX or ever >= HOLDINGS_MAX:
        raise refuse("P-held-full", now=now, ever=ever)


def check_announced(message: Message, party: int, past: Past, grounds: Grounds) -> None:
    """The partner's newest announcement inside the author's past must list the kind. Raises P-kind-not-announced."""
    _check_understood(message, grounds.knowledge.of(past, party))


def _check_understood(message: Message, known: Known) -> None:
    name = f"{message.kind}@{message.version}"
    if name not in BOOTSTRAP and name not in known.understood:
        raise refuse("P-kind-not-announced", kind=message.kind, version=message.version)


def _kind_of(message: Message, known: Known) -> Kind:
    """What the message is, if the partner had announced that it applies this, and we know it."""
    _check_understood(message, known)
    kind = KINDS.get(message.kind)
    if kind is None or kind.version != message.version:
        raise refuse("P-kind-unknown", kind=message.kind, version=message.version)
    _check_form(kind, message)
    return kind


def _check_form(kind: Kind, message: Message) -> None:
    """Agreement and subject are there exactly where the kind's row says so."""
    has_subject = isinstance(message.subject, str)
    if (kind.unit == "subject" and not has_subject) or (kind.unit in ("agreement", "pairing", "none") and has_subject):
        raise refuse("S-subject", kind=kind.name)
    if not kind.gated and isinstance(message.agreement, str):
        raise refuse("S-agreement", kind=kind.name)


def _check_calendar(kind: Kind, message: Message) -> None:
    """Every date and time exists, in a year that arithmetic on dates can bear."""
    if not _exists(message.at):
        raise refuse("S-date", kind=kind.name)
    for field in CALENDAR[kind.name]:
        value = getattr(message.body, field)
        if isinstance(value, str) and not _exists(value):
            raise refuse("S-date", kind=kind.name)


@lru_cache(maxsize=1024)
def _exists(day: str) -> bool:
    """Whether there is this month, day or moment. Asked of many messages that say the same."""
    try:
        if len(day) > len("2026-03"):
            datetime.fromisoformat(day)
        return YEARS[0] <= int(day[:4]) <= YEARS[1]
    except ValueError:
        return False


def _check_citations(
    kind: Kind, message: Message, party: int, past: Past, unit: bytes | None, grounds: Grounds
) -> None:
    for field in kind.cites:
        value = getattr(message.body, field)
        for message_id in value if isinstance(value, tuple) else (value,):
            if isinstance(message_id, str):
                _check_citation(CITATIONS.get((kind.name, field)), message_id, party, past, unit, grounds)
    if isinstance(message.cause, str):
        _check_citation(None, message.cause, party, past, unit, grounds)


def _check_citation(
    rule: Citation | None, message_id: str, party: int, past: Past, unit: bytes | None, grounds: Grounds
) -> None:
    found = grounds.locate(message_id)
    if found is None or not past.covers(found.epoch, found.position):
        raise refuse("P-citation", message=message_id)
    if rule is None or rule.elsewhere:
        return
    if rule.held:
        if found.party != party:
            raise refuse("P-citation", message=message_id, kind=found.kind)
        if not grounds.is_held(found, past):
            raise refuse("P-not-held", message=message_id)
        return
    wrong_author = (rule.by == "author" and found.party != party) or (rule.by == "partner" and found.party == party)
    if not found.accepted or found.kind not in rule.kinds or wrong_author or found.unit != unit:
        raise refuse("P-citation", message=message_id, kind=found.kind)


def _gate_in_force(message: Message, known: Known, grounds: Grounds) -> agreement.Gate:
    """The gate of the version cited, which must be the one in force for an author who knew this."""
    if not isinstance(message.agreement, str):
        raise refuse("G-none-cited", kind=message.kind)
    current, version = known.version, grounds.version(message.agreement)
    # Asked before the version is looked up: whether its text came already is no matter of this author's past.
    if current and current != message.agreement:
        raise refuse("G-superseded", cited=message.agreement, current=current)
    if not current or version is None:
        raise refuse("G-not-in-force", cited=message.agreement)
    if message.kind not in AFTER_END:
        _check_running(message, known)
    return version.gate


def _check_running(message: Message, known: Known) -> None:
    """Nobody goes on under an agreement whose ending, or whose suspension that was not lifted, lies in its past."""
    if known.ended:
        raise refuse("G-ended", cited=message.agreement)
    if message.kind.startswith("exchange."):
        return
    if known.suspended:
        raise refuse("G-suspended", cited=message.agreement)


def _role(kind: Kind, message: Message, party: int, past: Past, records: Records) -> str | None:
    """The author's side for this member: origin is who first gave notice of the departure. None: no member."""
    if not isinstance(message.subject, str):
        return None
    departure = records.get("movement/departure")
    entries = departure["entries"] if departure else []
    known = [entry for entry in entries if past.covers(entry["epoch"], entry["position"])]
    if not known:
        if kind.name != "departure.notified":
            raise refuse("P-subject-unknown", kind=kind.name)
        # Else a partner could claim a member of ours as its own, "not having seen" our notice.
        if giver(message.subject) != party:
            raise refuse("P-subject-side")
        return "origin"
    return "origin" if known[0]["party"] == party else "destination"


def _check_conflict_proposal(message: Message, party: int, past: Past, records: Records) -> None:
    body = message.body
    if isinstance(body.chosen, str) and body.chosen not in body.candidates:
        raise refuse("P-conflict-choice", conflict=body.conflict)
    decision.check_proposal(decisions(records, "conflicts").within(past), party, body.conflict, "")


def _check_joint_proposal(message: Message, party: int, past: Past, records: Records) -> None:
    """A proposal follows what both have signed last, as far as its author knew."""
    value = msgspec.to_builtins(message.body)
    key, predecessor = JOINT[message.kind](value), str(value.get("replaces", ""))
    known = decisions(records, key).within(past)
    decision.check_proposal(known, party, key, known.place_for(key, predecessor))
    contents = known.contents(key)
    if contents[-1] != predecessor:
        raise refuse("P-decision-predecessor", key=key)
    if content_digest(value) in contents:
        raise refuse("P-decision-repeated", key=key)


def _check_joint_answer(message: Message, party: int, past: Past, records: Records) -> None:
    body = message.body
    known = decisions(records, body.matter).within(past)
    proposal = decision.check_answer(known, party, body.proposal, body.answer == "accept")
    if proposal.content != body.content:
        raise refuse("P-decision-content", proposal=body.proposal)


def check_not_erased(message: Message, past: Past, grounds: Grounds) -> None:
    """Nothing is said about a member of whom the author knew that both sides erase it. Raises P-subject-erased."""
    if not isinstance(message.subject, str) or not isinstance(message.agreement, str):
        return
    version = grounds.version(message.agreement)
    if version is not None and grounds.erased(version.agreement, message.subject, past):
        raise refuse("P-subject-erased")


def _check_erasure(message: Message, party: int, past: Past, grounds: Grounds) -> None:
    """By origin, of a member whose period is over, not before the minimum that the version in force names.

    The days are those of the messages: whether they have come by the clock looks each side at before it deletes.
    """
    body = message.body
    current = grounds.knowledge.of(past, party).version
    version = grounds.version(current) if current else None
    if version is None or version.agreement != body.agreement:
        raise refuse("G-not-in-force", cited=body.agreement)
    if giver(body.subject) != party:
        raise refuse("G-erasure-side")
    if grounds.erased(body.agreement, body.subject, past):
        raise refuse("P-subject-erased")
    may_from = months_after(body.ended_on, version.gate.terms.retention.minimum_months)
    if body.on < may_from:
        raise refuse("G-retention", earliest=may_from)
    ending = grounds.locate(body.ending)
    if ending is None or ending.unit != unit_id(body.agreement, body.subject):
        raise refuse("P-citation", message=body.ending)
    # After a restore the period itself may be erased here already: then it was looked at before.
    if ending.kind != ERASED_KIND and not is_over(grounds.moves_of(ending.unit), body.ending, body.ended_on, past):
        raise refuse("P-erasure-ending", message=body.ending)


def _check_agreement_decision(message: Message, party: int, past: Past, records: Records, grounds: Grounds) -> None:
    known = decisions(records, "agreements").within(past)
    current = known.current("agreement")
    body = message.body
    if message.kind in STOPS_AND_LIFTS:
        if not current or message.agreement != current:
            raise refuse("G-not-in-force", cited=str(message.agreement))
        _check_lift(message, party, decisions(records, LIFTS).within(past))
        return
    if message.kind == "agreement.proposed":
        predecessor = "" if body.predecessor is msgspec.UNSET else body.predecessor
        cited = "" if message.agreement is msgspec.UNSET else message.agreement
        if predecessor != current or cited != current:
            raise refuse("G-predecessor", named=predecessor or "none", current=current or "none")
        _check_text(body.text, predecessor, grounds)
        grounds.check_line(past.own.heads[0][0], body.text, body.signature)
        decision.check_proposal(known, party, "agreement", known.place_for("agreement", predecessor))
        return
    proposal = decision.check_answer(known, party, body.proposal, body.answer == "accept")
    if message.agreement != (current or proposal.content):
        raise refuse("G-not-in-force", cited=str(message.agreement))
    if body.answer == "accept":
        _check_acceptance(message, past, proposal.content, grounds)


def _check_lift(message: Message, party: int, known: View) -> None:
    body = message.body
    if message.kind == "agreement.lift_proposed":
        decision.check_proposal(known, party, body.suspension, "")
    elif message.kind == "agreement.lift_answered":
        decision.check_answer(known, party, body.proposal, body.answer == "accept")


def _check_text(text: str, predecessor: str, grounds: Grounds) -> None:
    terms = agreement.parse(text)
    agreement.check_signable(terms)
    named = tuple(item.node_id for item in terms.parties)
    if named != grounds.parties:
        raise refuse("G-parties")
    if (terms.predecessor if isinstance(terms.predecessor, str) else "") != predecessor:
        raise refuse("G-predecessor", named=predecessor or "none", current="other in the text")


def _check_acceptance(message: Message, past: Past, version: str, grounds: Grounds) -> None:
    body = message.body
    if not isinstance(body.signature, str) or body.approval is msgspec.UNSET:
        raise refuse("G-unsigned", proposal=body.proposal)
    known = grounds.version(version)
    if known is None:
        raise refuse("G-not-in-force", cited=version)
    grounds.check_line(past.own.heads[0][0], agreement.render(known.gate.terms), body.signature)
