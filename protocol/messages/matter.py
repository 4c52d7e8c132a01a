"""Matters and elections that the origin's members have to hear of, and whom the destination reached (A-20, A-21).

An election is told of and relayed, no more: there is no field in which a vote, a candidate or a result could stand.
"""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.kind import Date, EventId, Kind, Name, Text

BRANCHES_MAX = 100
"""Branches below one general branch: their names stay far below MESSAGE_BYTES_MAX."""


class MatterAnnounced(Body, frozen=True, kw_only=True):
    """What members have to be told, and by when: all that the author sent to the partner, or those of some branches.

    ``on``: the day of the election or event, or by which a matter has to be passed on.
    """

    matter: EventId
    category: Literal["important_matter", "election", "activity"]
    title: Name
    text: Text
    on: Date
    branches: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1, max_length=BRANCHES_MAX)] | msgspec.UnsetType = (
        msgspec.UNSET
    )


class MatterPassedOn(Body, frozen=True, kw_only=True):
    """Whether the destination reached one member. ``reply``: whether they will come, where the matter asks for it."""

    matter: EventId
    outcome: Literal["informed", "not_reached"]
    on: Date
    reply: Literal["will_attend", "cannot_attend"] | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="matter.announced",
        body=MatterAnnounced,
        purpose="请转告党员的重要事项或选举通知",
        unit="agreement",
        duty="organisational_life",
        duties=("A-20", "A-21"),
        answers=("matter.passed_on",),
    ),
    Kind(
        name="matter.passed_on",
        body=MatterPassedOn,
        purpose="事项转告结果",
        sender="destination",
        duty="organisational_life",
        duties=("A-20", "A-21"),
    ),
)
