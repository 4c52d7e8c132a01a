"""Closing a named conflict: proposed by one side, accepted by the other, over the same list of candidates."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.kind import Kind, Text

RecordKey = Annotated[str, msgspec.Meta(pattern=r"^[a-z_]+/[0-9A-Za-z._/-]{1,160}\Z")]


class ConflictProposed(Body, frozen=True, kw_only=True):
    """How the author would close it. ``chosen`` is one of ``candidates`` (message ids), or absent: none shall count."""

    conflict: Hash
    record: RecordKey
    candidates: Annotated[tuple[Hex32, ...], msgspec.Meta(min_length=1, max_length=64)]
    chosen: Hex32 | msgspec.UnsetType = msgspec.UNSET
    reason: Text | msgspec.UnsetType = msgspec.UNSET


class ConflictAnswered(Body, frozen=True, kw_only=True):
    """The partner's answer to ``proposal`` (message id)."""

    proposal: Hex32
    answer: Literal["accept", "decline"]
    reason: Text | msgspec.UnsetType = msgspec.UNSET


class ConflictStated(Body, frozen=True, kw_only=True):
    """Origin tells a destination that its ``candidates`` do not go together with what another destination said.

    The other one is named by its class only. ``settled``: they go together again, or the other entry is gone.
    """

    conflict: Hash
    matter: Literal["admission", "attendance", "dues", "appraisal"]
    record: RecordKey
    candidates: Annotated[tuple[Hex32, ...], msgspec.Meta(min_length=1, max_length=64)]
    other: Literal["another_destination"]
    state: Literal["open", "settled"]


class PartAnswered(Body, frozen=True, kw_only=True):
    """The destination's word on its own part of what was ``stated`` (message id)."""

    stated: Hex32
    answer: Literal["signed", "disputed"]
    reason: Literal["not_the_same_person", "was_here", "entry_corrected"] | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="conflict.proposed",
        body=ConflictProposed,
        purpose="提出冲突处理办法",
        unit="subject_or_agreement",
        duty="reconciliation",
        duties=("A-66", "B-33"),
        answers=("conflict.answered",),
        cites=("candidates", "chosen"),
    ),
    Kind(
        name="conflict.answered",
        body=ConflictAnswered,
        purpose="答复冲突处理办法",
        unit="subject_or_agreement",
        duty="reconciliation",
        duties=("A-66", "B-33"),
        cites=("proposal",),
    ),
    Kind(
        name="conflict.stated",
        body=ConflictStated,
        purpose="告知与另一流入地记载的冲突",
        sender="origin",
        duty="reconciliation",
        duties=("A-66", "B-33"),
        answers=("conflict.part_answered",),
        cites=("candidates",),
    ),
    Kind(
        name="conflict.part_answered",
        body=PartAnswered,
        purpose="对冲突中本方部分的确认或异议",
        sender="destination",
        duty="reconciliation",
        duties=("A-66", "B-33"),
        cites=("stated",),
    ),
)
