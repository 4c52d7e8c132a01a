"""What a kind of message is: one row of the table ``KINDS``."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.limits import ATTACHMENT_BYTES_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX
from gongguan.protocol.messages.envelope import Body, Hash

Party = Literal["origin", "destination", "either"]
"""Who may write it: the side where the member's affiliation stays, the side where the member lives, or both."""

UnitOf = Literal["none", "pairing", "agreement", "subject", "subject_or_agreement"]
"""What it is folded into. ``pairing``: what both agreed and understand; ``none``: nothing, it is the exchange's own."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARS_MAX)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARS_MAX)]
CodeName = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
Date = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\Z")]
MonthOrDate = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?\Z")]
Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])\Z")]
Quarter = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}Q[1-4]\Z")]
Year = Annotated[int, msgspec.Meta(ge=1900, le=2200)]
Count = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Division = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]
"""County-level division code (GB/T 2260): the finest place that crosses between nodes."""
EventId = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,64}\Z")]
"""What both sides call one event: the number on the invitation, the dues month, the task."""
Phone = Annotated[str, msgspec.Meta(pattern=r"^[0-9+ -]{5,20}\Z")]

MediaType = Literal["application/pdf", "image/jpeg", "image/png"]


class Attachment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file as a message names it. No file name: people write into names what shall not leave the node."""

    sha256: Hash
    size: Annotated[int, msgspec.Meta(ge=1, le=ATTACHMENT_BYTES_MAX)]
    type: MediaType


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``KINDS``.

    ``duty`` is the group of duties by which the agreement says who leads; ``duties`` the ids that the message serves
    (a field with no duty is not in a schema); ``answers`` the kinds that close it; ``cites`` the body fields that hold
    ids of earlier messages: each must lie in the author's past. ``attachments``: the body fields that name a file
    (``approval.scan``: a field of a field).
    """

    name: str
    body: type[Body]
    purpose: str
    sender: Party = "either"
    unit: UnitOf = "subject"
    duty: str = "movement"
    duties: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    gated: bool = True
    """Whether an agreement in force must be cited. False for ``exchange.*``, ``epoch.*`` only."""
    version: int = 1
