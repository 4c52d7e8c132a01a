"""What the destination reports each quarter on a member: counts and codes, never narrative."""

from typing import Literal

import msgspec

from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.kind import Count, Kind, Quarter

Conduct = Literal["good", "normal", "needs_help", "not_known"]


class FeedbackGiven(Body, frozen=True, kw_only=True):
    """One quarter of one member. Absence of a count means unknown, never zero."""

    quarter: Quarter
    conduct: Conduct
    meetings_attended: Count | msgspec.UnsetType = msgspec.UNSET
    activities_attended: Count | msgspec.UnsetType = msgspec.UNSET
    volunteering: Count | msgspec.UnsetType = msgspec.UNSET
    contacts_made: Count | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="feedback.given",
        body=FeedbackGiven,
        purpose="流动党员现实表现季度反馈",
        sender="destination",
        duty="contact",
        duties=("A-43", "A-65"),
    ),
)
