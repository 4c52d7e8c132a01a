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
)
