"""Messages about the exchange itself: epochs, kinds understood, outcomes, withdrawal of a held message."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.limits import EPOCH_PARENTS_MAX, ROTATION_CARDS_MAX, VERSIONS_KINDS_MAX
from gongguan.protocol.messages.envelope import Body, Hash, Hex32, Size
from gongguan.protocol.messages.kind import Date, Kind

Index = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class EpochOpened(Body, frozen=True, kw_only=True):
    """Leaf 0 of every epoch. ``parents``: [epoch, size, root] of the author's unmerged heads; ``card`` in force, whose
    log key signs the epoch. ``rotation``: after a change of that key, the author's cards since the pairing record."""

    parents: Annotated[tuple[tuple[Hex32, Size, Hash], ...], msgspec.Meta(max_length=EPOCH_PARENTS_MAX)]
    card: Hash
    rotation: Annotated[tuple[Hash, ...], msgspec.Meta(max_length=ROTATION_CARDS_MAX)] = ()
    reason: Literal["first", "start", "commit_unknown", "recovered", "rotation", "handover"]


class VersionsAnnounced(Body, frozen=True, kw_only=True):
    """The kinds that the author's software applies from here on, as ``kind@version``, sorted."""

    kinds: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_.]{0,63}@[1-9][0-9]{0,2}\Z")], ...],
        msgspec.Meta(max_length=VERSIONS_KINDS_MAX),
    ]


class OutcomeReported(Body, frozen=True, kw_only=True):
    """What became of the partner's message at [epoch, index], where it was not simply applied."""

    epoch: Hex32
    index: Index
    message: Hex32
    outcome: Literal["refused", "held", "released"]
    code: Annotated[str, msgspec.Meta(pattern=r"^[TAPGSRDI]-[a-z0-9-]{1,40}\Z")]


class HeldWithdrawn(Body, frozen=True, kw_only=True):
    """The author takes back a message of its own that the partner holds: void on both sides for ever."""

    message: Hex32


class MatchKeyGiven(Body, frozen=True, kw_only=True):
    """32 random bytes, for HMAC-SHA-256 over an ID number at the first match of a member. Never in a note."""

    match_key: Hash


class SubjectErased(Body, frozen=True, kw_only=True):
    """Origin has a member erased on both sides: all messages about ``subject`` under this agreement (its id).

    ``ending``: the message that ended the mobility period, or refused it, on ``ended_on``; ``on``: when it was decided,
    not before the minimum of the agreement's retention has passed.
    """

    agreement: Hash
    subject: Hex32
    basis: Literal["retention_expired", "purpose_fulfilled", "member_request", "entered_in_error"]
    ending: Hex32
    ended_on: Date
    on: Date


KINDS = (
    Kind(name="epoch.opened", body=EpochOpened, purpose="开启日志新时段", unit="none", gated=False),
    Kind(
        name="exchange.versions",
        body=VersionsAnnounced,
        purpose="告知本节点能处理的消息种类",
        unit="pairing",
        gated=False,
    ),
    Kind(name="exchange.outcome", body=OutcomeReported, purpose="告知对方消息的处理结果", unit="none", gated=False),
    Kind(
        name="exchange.withdrawn",
        body=HeldWithdrawn,
        purpose="撤回对方暂存的消息",
        unit="none",
        gated=False,
        cites=("message",),
    ),
    Kind(
        name="exchange.erased",
        body=SubjectErased,
        purpose="双方删除一名党员的全部消息",
        unit="pairing",
        gated=False,
        cites=("ending",),
    ),
    Kind(
        name="exchange.match_key",
        body=MatchKeyGiven,
        purpose="首次核对身份用的密钥",
        unit="none",
        duties=("A-29", "A-40"),
    ),
)
