"""Score contributions of both sides, under the rule pack of the agreement (B-32 to B-39). No deductions here."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.kind import CodeName, Date, EventId, Kind, Year

Points = Annotated[int, msgspec.Meta(ge=1, le=100)]


class ScoreContributed(Body, frozen=True, kw_only=True):
    """Points for one event under one rule. Both sides naming the same (year, rule, event) speak of one event."""

    year: Year
    rule: CodeName
    event: EventId
    points: Points
    on: Date
    evidence_sha256: Hash | msgspec.UnsetType = msgspec.UNSET


class ScoreReversed(Body, frozen=True, kw_only=True):
    """The author takes back one of its own contributions."""

    contribution: Hex32
    reason: Literal["entered_in_error", "wrong_member", "wrong_value", "not_confirmed"]


KINDS = (
    Kind(
        name="score.contributed",
        body=ScoreContributed,
        purpose="积分赋分",
        duty="scores",
        duties=("B-32", "B-33", "B-34", "B-35", "B-36", "B-37", "B-38", "B-39"),
    ),
    Kind(
        name="score.reversed",
        body=ScoreReversed,
        purpose="撤回赋分",
        duty="scores",
        cites=("contribution",),
        duties=("B-33",),
    ),
)
