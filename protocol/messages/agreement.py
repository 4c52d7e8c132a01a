"""Messages by which two committees agree, amend and end: the agreement's own joint decisions."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.limits import MESSAGE_BYTES_MAX
from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.kind import Attachment, Date, Kind, Name, Text

SignatureText = Annotated[str, msgspec.Meta(pattern=r"^— [^\s+]{1,200} [A-Za-z0-9+/=]{1,400}\Z")]
"""One signature line of a C2SP signed note."""


class Approval(Body, frozen=True, kw_only=True):
    """How a committee approved: document number (文号), date, approving leader, the stamped scan as an attachment.

    ``scan_sha256``: only the scan's digest, as earlier versions wrote it.
    """

    document_number: Name
    approved_on: Date
    approved_by: Name
    scan_sha256: Hash | msgspec.UnsetType = msgspec.UNSET
    scan: Attachment | msgspec.UnsetType = msgspec.UNSET


class AgreementProposed(Body, frozen=True, kw_only=True):
    """A version signed by its proposer. ``predecessor``: hash of the version that it replaces; absent for the first."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=MESSAGE_BYTES_MAX)]
    signature: SignatureText
    approval: Approval
    predecessor: Hash | msgspec.UnsetType = msgspec.UNSET


class AgreementAnswered(Body, frozen=True, kw_only=True):
    """The partner's answer to ``proposal`` (message id); accepting carries its own signature line and approval."""

    proposal: Hex32
    answer: Literal["accept", "decline"]
    signature: SignatureText | msgspec.UnsetType = msgspec.UNSET
    approval: Approval | msgspec.UnsetType = msgspec.UNSET
    reason: Text | msgspec.UnsetType = msgspec.UNSET


EndReason = Literal["expired", "decided"]


class AgreementEnded(Body, frozen=True, kw_only=True):
    """The author ends the agreement from this position on: its clock passed ``valid until``, or by decision."""

    reason: EndReason
    document_number: Name | msgspec.UnsetType = msgspec.UNSET


SuspensionReason = Literal["terms_disputed", "system_fault", "security", "reorganisation", "other"]


class AgreementSuspended(Body, frozen=True, kw_only=True):
    """The author stops all work under the agreement from this position on, until both sides lift the suspension."""

    reason: SuspensionReason
    document_number: Name | msgspec.UnsetType = msgspec.UNSET


class LiftProposed(Body, frozen=True, kw_only=True):
    """One ``suspension`` (message id) of either side shall be over. Each is lifted by itself."""

    suspension: Hex32
    document_number: Name | msgspec.UnsetType = msgspec.UNSET


class LiftAnswered(Body, frozen=True, kw_only=True):
    """The partner's answer to ``proposal`` (message id): accepting lifts the suspension from this position on."""

    proposal: Hex32
    answer: Literal["accept", "decline"]
    reason: Text | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="agreement.proposed",
        body=AgreementProposed,
        purpose="提出共管协议文本",
        unit="pairing",
        duty="agreement",
        duties=("A-01", "A-09", "A-34", "A-60", "A-61"),
        answers=("agreement.answered",),
        attachments=("approval.scan",),
    ),
    Kind(
        name="agreement.answered",
        body=AgreementAnswered,
        purpose="签署或不同意共管协议文本",
        unit="pairing",
        duty="agreement",
        duties=("A-09", "A-34", "A-61"),
        cites=("proposal",),
        attachments=("approval.scan",),
    ),
    Kind(
        name="agreement.ended",
        body=AgreementEnded,
        purpose="终止共管协议",
        unit="pairing",
        duty="agreement",
        duties=("A-61",),
    ),
    Kind(
        name="agreement.suspended",
        body=AgreementSuspended,
        purpose="中止执行共管协议",
        unit="pairing",
        duty="agreement",
        duties=("A-61",),
    ),
    Kind(
        name="agreement.lift_proposed",
        body=LiftProposed,
        purpose="提出恢复执行共管协议",
        unit="pairing",
        duty="agreement",
        duties=("A-61",),
        answers=("agreement.lift_answered",),
        cites=("suspension",),
    ),
    Kind(
        name="agreement.lift_answered",
        body=LiftAnswered,
        purpose="答复恢复执行共管协议",
        unit="pairing",
        duty="agreement",
        duties=("A-61",),
        cites=("proposal",),
    ),
)
