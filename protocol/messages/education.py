"""Study that one side asks the other to hold for its members (委托组织学习), and what came of it (B-24).

A delegation is between the committees, so it names no member. Who took part is entered member by member under the
same event, as all organisational life is.
"""

from typing import Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hex32
from gongguan.protocol.messages.kind import Count, Date, EventId, Kind, Name

DeclineReason = Literal["no_date", "no_place", "no_teacher", "no_members_here", "other"]


class StudyDelegated(Body, frozen=True, kw_only=True):
    """The author asks the partner to hold this study for the author's members by that day."""

    event: EventId
    topic: Name
    due_on: Date


class StudyAnswered(Body, frozen=True, kw_only=True):
    """Whether the partner takes it on. ``reason`` (a code) goes with declining."""

    delegation: Hex32
    answer: Literal["accept", "decline"]
    reason: DeclineReason | msgspec.UnsetType = msgspec.UNSET


class StudyHeld(Body, frozen=True, kw_only=True):
    """It was held. ``attended``: members of the asking side who came, as far as the author confirmed them."""

    delegation: Hex32
    held_on: Date
    attended: Count | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="study.delegated",
        body=StudyDelegated,
        purpose="委托组织集体学习",
        unit="agreement",
        duty="organisational_life",
        duties=("A-04", "B-24", "B-25"),
        answers=("study.answered",),
    ),
    Kind(
        name="study.answered",
        body=StudyAnswered,
        purpose="答复委托学习",
        unit="agreement",
        duty="organisational_life",
        cites=("delegation",),
        duties=("B-24",),
    ),
    Kind(
        name="study.held",
        body=StudyHeld,
        purpose="反馈委托学习的结果",
        unit="agreement",
        duty="organisational_life",
        cites=("delegation",),
        duties=("A-04", "B-24", "B-25"),
    ),
)
