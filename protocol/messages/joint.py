"""What the two sides settle together besides the agreement: minutes, partnerships of branches, joint activities.

Each is proposed by one side and answered by the other (``protocol/decision.py``). ``replaces``: the digest of the
content in force that a new one takes the place of, absent for the first. The digest of a content, which the acceptance
names, is the SHA-256 of the canonical body without ``replaces``, so both sides show the same.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from gongguan.protocol import canonical
from gongguan.protocol.limits import TEXT_CHARS_MAX
from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.kind import Count, Date, EventId, Kind, Name, Text

Item = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX // 4)]
"""One point of an agenda or one resolution: twenty of each stay far below MESSAGE_BYTES_MAX."""
ITEMS_MAX = 20
Matter = Annotated[str, msgspec.Meta(pattern=r"^(minutes|partnership|joint_activity)/[0-9A-Za-z._-]{1,64}\Z")]
"""What is settled: key of the shared record."""


class MeetingCalled(Body, frozen=True, kw_only=True):
    """One side's invitation to a consultation: when, and about what. Calling it anew replaces it."""

    meeting: EventId
    on: Date
    agenda: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]


class MinutesProposed(Body, frozen=True, kw_only=True):
    """What was dealt with and resolved. ``attended``: how many came, of the first-named side and of the other."""

    meeting: EventId
    held_on: Date
    agenda: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=ITEMS_MAX)]
    resolutions: Annotated[tuple[Item, ...], msgspec.Meta(max_length=ITEMS_MAX)]
    attended: tuple[Count, Count]
    replaces: Hash | msgspec.UnsetType = msgspec.UNSET


class PartnershipProposed(Body, frozen=True, kw_only=True):
    """Two branches, of the first-named side and of the other, work together for a time within the agreement's."""

    partnership: EventId
    branches: tuple[Name, Name]
    purpose: Text
    valid_from: Date
    valid_until: Date
    replaces: Hash | msgspec.UnsetType = msgspec.UNSET


class JointActivityProposed(Body, frozen=True, kw_only=True):
    """One activity of both sides. ``event`` is what both enter attendance under, so that it counts once a member."""

    event: EventId
    activity: Literal["regular_meeting", "theme_day", "party_lecture", "study", "volunteering", "liaison", "other"]
    title: Name
    on: Date
    place: Name
    partnership: EventId | msgspec.UnsetType = msgspec.UNSET
    replaces: Hash | msgspec.UnsetType = msgspec.UNSET


class JointAnswered(Body, frozen=True, kw_only=True):
    """The partner's answer. ``content``: the digest of what was read and is signed."""

    matter: Matter
    proposal: Hex32
    content: Hash
    answer: Literal["accept", "decline"]
    reason: Text | msgspec.UnsetType = msgspec.UNSET


def content_digest(value: Mapping[str, Any]) -> str:
    """The digest of a proposed body, as a JSON value: what both sides show and the acceptance names."""
    return hashlib.sha256(
        canonical.encode({name: item for name, item in value.items() if name != "replaces"})
    ).hexdigest()


KINDS = (
    Kind(
        name="meeting.called",
        body=MeetingCalled,
        purpose="召集会商",
        unit="agreement",
        duty="contact",
        duties=("A-54", "A-62"),
    ),
    Kind(
        name="minutes.proposed",
        body=MinutesProposed,
        purpose="提出会商纪要",
        unit="agreement",
        duty="contact",
        duties=("A-54", "A-62"),
        answers=("joint.answered",),
    ),
    Kind(
        name="partnership.proposed",
        body=PartnershipProposed,
        purpose="提出支部结对共建",
        unit="agreement",
        duty="contact",
        duties=("A-63",),
        answers=("joint.answered",),
    ),
    Kind(
        name="joint_activity.proposed",
        body=JointActivityProposed,
        purpose="提出共建活动",
        unit="agreement",
        duty="organisational_life",
        duties=("A-64", "B-26"),
        answers=("joint.answered",),
    ),
    Kind(
        name="joint.answered",
        body=JointAnswered,
        purpose="同意或不同意会商纪要、结对共建、共建活动",
        unit="agreement",
        duty="contact",
        duties=("A-54", "A-62", "A-63", "A-64"),
        cites=("proposal",),
    ),
)
