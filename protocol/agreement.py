"""Agreements: one text that people read, one block that machines decide by, one gate for every message.

The text is rendered from the terms by a named template (``agreement_templates.py``); what is not exactly the rendering
of its own block is refused. Its hash is the *version* that messages cite. The gate is the same for the sender when it
makes a message and for the receiver before it applies one, and looks at nothing but the message, the author's side and
the terms: no clock, no state::

    text = render(terms); version(text)
    terms = parse(text); check_signable(terms)
    gate(terms).permits(message, "origin")     # None, or raises G-…
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from gongguan.protocol import note, readable
from gongguan.protocol.agreement_templates import TEMPLATES
from gongguan.protocol.duties import FIXED
from gongguan.protocol.errors import refuse
from gongguan.protocol.limits import AGREEMENT_BYTES_MAX
from gongguan.protocol.messages import KINDS
from gongguan.protocol.messages.envelope import Message
from gongguan.protocol.messages.score import ScoreContributed
from gongguan.protocol.terms import Rule, Side, Terms, check_consistent

BUSINESS_DATES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "notice.given": (("on", "date"),),
    "certificate.queried": (("on", "date"),),
    "certificate.annual_check_entered": (("checked_on", "date"),),
    "meeting.called": (("on", "date"),),
    "minutes.proposed": (("held_on", "date"),),
    "partnership.proposed": (("valid_from", "date"), ("valid_until", "date")),
    "joint_activity.proposed": (("on", "date"),),
    "bulletin.sent": (("quarter", "quarter"),),
    "matter.announced": (("on", "date"),),
    "matter.passed_on": (("on", "date"),),
    "admission.refused": (("on", "date"),),
    "relocation.reported": (("on", "date"),),
    "return.notified": (("ended_on", "date"),),
    "inflow.reported": (("found_on", "date"),),
    "event.reported": (("on", "date"),),
    "presence.reported": (("on", "date"),),
    "certificate.life_entered": (("on", "date"),),
    "certificate.dues_entered": (("month", "month"), ("paid_on", "date")),
    "contact.made": (("on", "date"),),
    "help.status_told": (("on", "date"),),
    "study.delegated": (("due_on", "date"),),
    "study.held": (("held_on", "date"),),
    "feedback.given": (("quarter", "quarter"),),
    "probation.observed": (("quarter", "quarter"),),
    "probation.opinion_given": (("on", "date"),),
    "score.contributed": (("year", "year"), ("on", "date")),
}
"""Kind → (body field, form) of the dates that must lie within the term; a month, quarter or year must touch it.

Dates of a member's history (joined, left, arrived, end of probation) are none: an agreement takes in those who left
long before it was signed."""

NO_BUSINESS_DATE: Final = frozenset(
    {
        "paper.stated",
        "agreement.proposed",
        "agreement.answered",
        "agreement.ended",
        "agreement.suspended",
        "agreement.lift_proposed",
        "agreement.lift_answered",
        "exchange.match_key",
        "certificate.described",
        "certificate.stated",
        "office.published",
        "office.receiver_named",
        "joint.answered",
        "departure.notified",
        "admission.given",
        "profile.updated",
        "inflow.answered",
        "summary.given",
        "certificate.entry_withdrawn",
        "contact.withdrawn",
        "officer.named",
        "study.answered",
        "probation.dated",
        "probation.opinion_requested",
        "probation.decided",
        "score.reversed",
        "conflict.proposed",
        "conflict.answered",
        "conflict.stated",
        "conflict.part_answered",
    }
)
"""Kinds whose bodies hold no such date. Every kind stands here or in BUSINESS_DATES."""

INDISPENSABLE: Final = (
    "agreement.proposed",
    "agreement.answered",
    "agreement.ended",
    "conflict.proposed",
    "conflict.answered",
)
"""Without these an agreement could neither be amended nor ended, nor a difference closed."""

PARSED_MAX: Final = 32
"""Texts whose terms are remembered: at most 2 MiB of text."""

_SECTIONS: Final = ("responsibilities", "goals_and_methods", "safeguards")


def render(terms: Terms) -> str:
    """The text to be signed. Raises S-readable, G-terms, G-template, G-kind-unknown, R-too-large."""
    terms = readable.checked(terms, "S-readable")
    check_consistent(terms)
    template = TEMPLATES.get(terms.template)
    if template is None or terms.kind not in template.kinds:
        raise refuse("G-template", template=terms.template, kind=terms.kind)
    text = readable.compose("agreement", template.prose(terms), terms)
    size = len(msgspec.json.encode(text))
    if size > AGREEMENT_BYTES_MAX:
        raise refuse("R-too-large", bytes=size, limit=AGREEMENT_BYTES_MAX)
    return text


@lru_cache(maxsize=PARSED_MAX)
def parse(text: str) -> Terms:
    """The terms of a text that ``render`` could have written. Raises S-note-type, S-readable, G-prose, and what
    ``render`` raises. The newest few are remembered: every start of a node reads its versions again."""
    terms = readable.block_of("agreement", text, Terms, "S-readable")
    if render(terms) != text:
        raise refuse("G-prose", template=terms.template)
    return terms


def version(text: str) -> str:
    """The hash that messages cite."""
    return note.text_hash(text)


def check_signable(terms: Terms) -> None:
    """None when nothing is missing that a signature needs; raises G-incomplete with all that is missing."""
    missing = [f"sections.{name}" for name in _SECTIONS if not getattr(terms.sections, name).strip()]
    missing += [
        f"parties.{number}.receiving_officers"
        for number, party in enumerate(terms.parties)
        if not party.receiving_officers
    ]
    listed = {allowed.kind for allowed in terms.kinds}
    missing += [f"kinds.{name}" for name in INDISPENSABLE if name not in listed]
    led = {lead.duty for lead in terms.leads}
    needed = {KINDS[name].duty for name in listed if name in KINDS and KINDS[name].unit != "none"}
    missing += [f"leads.{duty}" for duty in sorted(needed - led)]
    if missing:
        raise refuse("G-incomplete", missing=missing)
    given = [f"leads.{lead.duty}" for lead in terms.leads if lead.duty in FIXED]
    if given:
        raise refuse("G-terms", fields=given)
    _check_senders(terms)


def gate(terms: Terms) -> "Gate":
    """The gate of these terms: build once per version, keep."""
    return Gate(terms)


def permits(terms: Terms, message: Message, role: str | None) -> None:
    """``gate(terms).permits(message, role)`` for a single question."""
    gate(terms).permits(message, role)


def lead_side(terms: Terms, duty: str) -> Side:
    """``gate(terms).lead_side(duty)`` for a single question."""
    return gate(terms).lead_side(duty)


class Gate:
    """The terms in the form in which a message is looked up. It has no state of its own."""

    __slots__ = ("_leads", "_rules", "_senders", "_spans", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._senders: dict[tuple[str, int], str] = {(item.kind, item.version): item.sender for item in terms.kinds}
        self._senders.update({(kind.name, kind.version): "either" for kind in KINDS.values() if not kind.gated})
        self._rules = {rule.rule: rule for rule in terms.rule_pack.rules}
        self._leads: dict[str, Side] = {lead.duty: lead.side for lead in terms.leads}
        self._spans: dict[str, tuple[Any, Any]] = {
            form: (shorten(terms.valid_from), shorten(terms.valid_until)) for form, shorten in _FORMS.items()
        }

    def permits(self, message: Message, role: str | None) -> None:
        """None when the agreement allows the message to its author.

        ``role``: the author's side for the member concerned, ``origin`` or ``destination``, or None for a message about
        no member. Raises G-kind-not-allowed, G-direction, G-outside-term, G-rule-….
        """
        kind, body = message.kind, message.body
        sender = self._senders.get((kind, message.version))
        if sender is None:
            raise refuse("G-kind-not-allowed", kind=kind, version=message.version)
        if sender not in ("either", role):
            raise refuse("G-direction", kind=kind, sender=sender)
        for field, form in BUSINESS_DATES.get(kind, ()):
            first, last = self._spans[form]
            if not first <= getattr(body, field) <= last:
                raise refuse("G-outside-term", kind=kind, field=field)
        if kind == "score.contributed":
            self._check_score(body, role)

    def lead_side(self, duty: str) -> Side:
        """The side that leads this group of duties; raises G-no-lead."""
        side = self._leads.get(duty)
        if side is None:
            raise refuse("G-no-lead", duty=duty)
        return side

    def rule(self, name: str) -> Rule:
        """A scoring rule of the agreement; raises G-rule-unknown."""
        rule = self._rules.get(name)
        if rule is None:
            raise refuse("G-rule-unknown", rule=name)
        return rule

    def _check_score(self, body: ScoreContributed, role: str | None) -> None:
        rule = self.rule(body.rule)
        if rule.category == "deduction":
            raise refuse("G-rule-deduction", rule=rule.rule)
        if not rule.enabled:
            raise refuse("G-rule-disabled", rule=rule.rule)
        if rule.awarded_by not in ("either", role):
            raise refuse("G-rule-side", rule=rule.rule, awarded_by=rule.awarded_by)
        if not rule.points_min <= body.points <= rule.points_max:
            raise refuse("G-rule-points", rule=rule.rule, least=rule.points_min, most=rule.points_max)


def _check_senders(terms: Terms) -> None:
    """An agreement may narrow who sends a kind, never widen it: the destination has no vote to give away."""
    for allowed in terms.kinds:
        kind = KINDS.get(allowed.kind)
        if kind is None or allowed.version > kind.version:
            raise refuse("G-kind-unknown", name=f"{allowed.kind}@{allowed.version}")
        if kind.sender not in ("either", allowed.sender):
            raise refuse("G-terms", fields=[f"kinds.{allowed.kind}"])


def _quarter(day: str) -> str:
    return f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}"


_FORMS: Final[Mapping[str, Callable[[str], Any]]] = {
    "date": lambda day: day,
    "month": lambda day: day[:7],
    "quarter": _quarter,
    "year": lambda day: int(day[:4]),
}
"""Form of a date → what a day YYYY-MM-DD is in that form. Texts of one form compare as the periods do."""
