"""The terms of an agreement: the struct that its machine-readable block holds, and when terms contradict themselves.

*Origin* and *destination* are sides of one member's movement, not of the agreement: either party may be either, for
different members. The parties stand in the order of the pairing, 0 the first-named::

    Terms(kind="co_management", template="co_management_zh_1", parties=(…, …), …)

A rule pack is data: the points are what the two committees agreed, and the pack says when they are example values.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import Annotated, Literal

import msgspec

from gongguan.protocol import canonical
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import AGREEMENT_KINDS_MAX, AGREEMENT_RULES_MAX
from gongguan.protocol.messages.envelope import Hash
from gongguan.protocol.messages.kind import CodeName, Date, Party, Phone
from gongguan.protocol.readable import Block, Line, NodeId, Paragraphs

Side = Literal["origin", "destination"]
"""The side where the member's affiliation stays, or where the member lives."""

_Days = Annotated[int, msgspec.Meta(ge=0, le=366)]
_Months = Annotated[int, msgspec.Meta(ge=1, le=1200)]
_Points = Annotated[int, msgspec.Meta(ge=0, le=100)]
_Cap = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Officer(Block, frozen=True, kw_only=True):
    """Who receives floating members at a party (A-28)."""

    name: Line
    phone: Phone | msgspec.UnsetType = msgspec.UNSET


class AgreementParty(Block, frozen=True, kw_only=True):
    """One of the two committees."""

    node_id: NodeId
    title: Line
    receiving_officers: Annotated[tuple[Officer, ...], msgspec.Meta(max_length=8)]


class Lead(Block, frozen=True, kw_only=True):
    """Which side leads a group of duties: the other one assists, and its value is not the provisional one."""

    duty: CodeName
    side: Side


class AllowedKind(Block, frozen=True, kw_only=True):
    """A kind of message that may be sent, and by which side."""

    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.]{0,63}\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, le=999)]
    sender: Party


class Owner(Block, frozen=True, kw_only=True):
    """Which side's word changes a field; the other may only dispute it."""

    field: CodeName
    side: Side


class Rule(Block, frozen=True, kw_only=True):
    """One scoring rule. ``year_cap``: the most points that it brings one member in one scoring year, 0 for none."""

    rule: CodeName
    title: Line
    category: Literal["base", "activity", "deduction"]
    awarded_by: Party
    points_min: _Points
    points_max: _Points
    year_cap: _Cap
    enabled: bool


class RulePack(Block, frozen=True, kw_only=True):
    """The scoring rules and the caps of their two categories in one scoring year, in points."""

    name: CodeName
    title: Line
    example: bool
    base_year_cap: _Cap
    activity_year_cap: _Cap
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(max_length=AGREEMENT_RULES_MAX)]


class Intervals(Block, frozen=True, kw_only=True):
    """What "in time", "regularly" and "actively" mean between these two."""

    departure_notice_working_days: _Days
    admission_working_days: _Days
    arrival_overdue_working_days: _Days
    return_check_working_days: _Days
    relocation_working_days: _Days
    major_event_working_days: _Days
    certificate_entry_late_working_days: _Days
    appraisal_result_working_days: _Days
    feedback_interval_months: _Months
    bulletin_interval_months: _Months
    study_delegation_interval_months: _Months
    service_list_interval_months: _Months
    consultation_interval_months: _Months
    probation_opinion_requested_days: _Days
    probation_opinion_given_days: _Days
    deduction_response_working_days: _Days
    appeal_days: _Days


class Retention(Block, frozen=True, kw_only=True):
    """How long records are kept after a mobility period ended; before the minimum neither side erases."""

    months: _Months
    minimum_months: _Months


class Sections(Block, frozen=True, kw_only=True):
    """The three parts in words without which nothing is signed (A-60)."""

    responsibilities: Paragraphs
    goals_and_methods: Paragraphs
    safeguards: Paragraphs


class Terms(Block, frozen=True, kw_only=True):
    """All terms. ``predecessor``: hash of the version that this one replaces, absent for the first.

    ``valid_from`` and ``valid_until`` (both inclusive) bound business dates. ``arbiter``: node id of the department
    whose signed decision closes what the two cannot.
    """

    kind: Literal["co_management", "reporting", "consultation"]
    template: CodeName
    parties: tuple[AgreementParty, AgreementParty]
    predecessor: Hash | msgspec.UnsetType = msgspec.UNSET
    valid_from: Date
    valid_until: Date
    sections: Sections
    leads: Annotated[tuple[Lead, ...], msgspec.Meta(max_length=64)]
    kinds: Annotated[tuple[AllowedKind, ...], msgspec.Meta(max_length=AGREEMENT_KINDS_MAX)]
    owners: Annotated[tuple[Owner, ...], msgspec.Meta(max_length=64)]
    rule_pack: RulePack
    rule_pack_sha256: Hash
    intervals: Intervals
    retention: Retention
    suites: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1, max_length=8)]
    arbiter: NodeId | msgspec.UnsetType = msgspec.UNSET


def pack_sha256(pack: RulePack) -> str:
    """SHA-256 in hex of the pack's canonical JSON: what makes two packs of one name distinguishable."""
    return sha256(canonical.encode(msgspec.to_builtins(pack))).hexdigest()


def check_consistent(terms: Terms) -> None:
    """None when the terms do not contradict themselves; raises G-terms naming what does."""
    pack = terms.rule_pack
    faults = [
        *_repeated("leads", (lead.duty for lead in terms.leads)),
        *_repeated("kinds", ((allowed.kind, allowed.version) for allowed in terms.kinds)),
        *_repeated("owners", (owner.field for owner in terms.owners)),
        *_repeated("rules", (rule.rule for rule in pack.rules)),
        *_repeated("parties", (party.node_id for party in terms.parties)),
        *(f"rules.{rule.rule}" for rule in pack.rules if not _is_rule_sound(rule)),
    ]
    if not _is_period(terms.valid_from, terms.valid_until):
        faults.append("valid_until")
    if terms.retention.minimum_months > terms.retention.months:
        faults.append("retention")
    if terms.rule_pack_sha256 != pack_sha256(pack):
        faults.append("rule_pack_sha256")
    if terms.arbiter in [party.node_id for party in terms.parties]:
        faults.append("arbiter")
    if faults:
        raise refuse("G-terms", fields=faults)


def _is_rule_sound(rule: Rule) -> bool:
    """A rule in use that awards points awards at least one, and its cap leaves room for one award."""
    if rule.points_min > rule.points_max or (rule.year_cap and rule.year_cap < rule.points_min):
        return False
    return rule.points_min >= 1 or rule.category == "deduction" or not rule.enabled


def _is_period(first: str, last: str) -> bool:
    try:
        return date.fromisoformat(first) <= date.fromisoformat(last)
    except ValueError:  # a date of the right form that no calendar has
        return False


def _repeated(name: str, keys: Iterable[object]) -> Sequence[str]:
    found = list(keys)
    return [name] if len(set(found)) != len(found) else []
