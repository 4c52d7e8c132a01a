"""A probationary member away from home: origin keeps the clock and decides, the destination observes and is asked.

Sources: the Party constitution on probation (one year, extended once by six months to one year), the detailed rules on
admitting members (the branch meeting is held when probation is over, the committee decides within three months).
"""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hex32
from gongguan.protocol.messages.kind import Attachment, Date, Kind, Name, Quarter

EXTENSION_MONTHS = (6, 12)
"""Probation is extended by at least so many months, and at most."""
APPROVAL_MONTHS = 3
"""Within so many months of the branch's resolution the committee decides."""

Regularity = Literal["regular", "irregular", "none", "not_known"]
Reason = Literal[
    "fulfils_duties",
    "takes_part_actively",
    "has_made_progress",
    "needs_longer_observation",
    "irregular_attendance",
    "dues_unpaid",
    "duties_not_fulfilled",
    "discipline_under_review",
    "not_in_contact",
    "stay_too_short",
]
"""What an opinion rests on. What a person said, believes or asked for is not among it."""

NoOpinion = Literal["no_organisation_there", "no_answer_in_time", "period_ended", "never_admitted_there"]
"""Why no opinion of the destination could be had."""


class ProbationDated(Body, frozen=True, kw_only=True):
    """Probation as origin has it on record: from the branch meeting that admitted the member to its last day."""

    began_on: Date
    ends_on: Date


class ProbationObserved(Body, frozen=True, kw_only=True):
    """What the destination saw in one quarter: codes, never narrative. Unknown is said, not guessed."""

    quarter: Quarter
    conduct: Literal["good", "normal", "needs_help", "not_known"]
    organisational_life: Regularity
    study: Regularity
    tasks: Regularity


class OpinionRequested(Body, frozen=True, kw_only=True):
    """Origin asks for the written opinion: on which expiry, when the branch meets, by when the answer is needed."""

    ends_on: Date
    meeting_on: Date
    answer_by: Date


class OpinionGiven(Body, frozen=True, kw_only=True):
    """The destination's written opinion, with the signed and sealed document."""

    request: Hex32
    opinion: Literal["on_time", "extend", "not"]
    reasons: Annotated[tuple[Reason, ...], msgspec.Meta(min_length=1, max_length=5)]
    on: Date
    signed_by: Name
    document: Attachment


class ProbationDecided(Body, frozen=True, kw_only=True):
    """What origin's branch resolved and its committee approved on one expiry.

    Either ``opinion`` (message id) or ``no_opinion`` is there. ``late_reason``: where the committee took more than
    three months.
    """

    ends_on: Date
    decision: Literal["on_time", "extended", "cancelled"]
    meeting_on: Date
    resolution_number: Name
    approved_on: Date
    approval_number: Name
    months: Annotated[int, msgspec.Meta(ge=EXTENSION_MONTHS[0], le=EXTENSION_MONTHS[1])] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    opinion: Hex32 | msgspec.UnsetType = msgspec.UNSET
    no_opinion: NoOpinion | msgspec.UnsetType = msgspec.UNSET
    late_reason: Literal["under_investigation", "committee_changed", "other"] | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="probation.dated",
        body=ProbationDated,
        purpose="预备期起止日期",
        sender="origin",
        duties=("A-26", "A-47"),
    ),
    Kind(
        name="probation.observed",
        body=ProbationObserved,
        purpose="预备党员外出期间季度考察",
        sender="destination",
        duties=("A-24", "A-47"),
    ),
    Kind(
        name="probation.opinion_requested",
        body=OpinionRequested,
        purpose="征求预备党员转正意见",
        sender="origin",
        duties=("A-25",),
        answers=("probation.opinion_given",),
    ),
    Kind(
        name="probation.opinion_given",
        body=OpinionGiven,
        purpose="预备党员转正书面意见",
        sender="destination",
        duties=("A-50",),
        cites=("request",),
        attachments=("document",),
    ),
    Kind(
        name="probation.decided",
        body=ProbationDecided,
        purpose="预备党员转正决定",
        sender="origin",
        duties=("A-26",),
        cites=("opinion",),
    ),
)
