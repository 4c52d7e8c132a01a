"""A member goes, arrives, moves on, comes back."""

from typing import Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.feedback import Conduct
from gongguan.protocol.messages.kind import CodeName, Count, Date, Division, Kind, MonthOrDate, Name, Phone, Year


def pseudonym(random_hex: str, party: int) -> str:
    """32 random hex digits as the pseudonym that a party (0 or 1) gives: its last bit says which of the two."""
    return random_hex[:-1] + f"{int(random_hex[-1], 16) & ~1 | party:x}"


def giver(subject: str) -> int:
    """The party that gave a pseudonym: the only one that can be this member's origin."""
    return int(subject[-1], 16) & 1


class DepartureNotified(Body, frozen=True, kw_only=True):
    """Origin tells the destination who comes: the least that it needs (domain.md 5.1). ``match``: keyed ID digest."""

    name: Name
    sex: Literal["male", "female"]
    birth_year: Year
    category: Literal["full_member", "probationary_member"]
    affiliated_branch: Name
    certificate_number: Name
    left_on: MonthOrDate
    destination_place: Division
    certificate_issued_on: Date | msgspec.UnsetType = msgspec.UNSET
    certificate_valid_until: Date | msgspec.UnsetType = msgspec.UNSET
    joined_on: MonthOrDate | msgspec.UnsetType = msgspec.UNSET
    probation_ends_on: Date | msgspec.UnsetType = msgspec.UNSET
    outflow_direction: CodeName | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType = msgspec.UNSET
    match: Hash | msgspec.UnsetType = msgspec.UNSET


class AdmissionGiven(Body, frozen=True, kw_only=True):
    """The destination takes the member in: exactly one managing body, one contact officer."""

    departure: Hex32
    managing_body: Name
    arrived_on: Date
    contact_officer: Name
    contact_phone: Phone


RefusalReason = Literal[
    "not_a_member",
    "identity_mismatch",
    "certificate_invalid",
    "never_arrived",
    "lives_elsewhere",
    "already_admitted_elsewhere",
]
"""The only grounds (A-72). "Full", "no transfer of affiliation" and the like are not among them."""


class AdmissionRefused(Body, frozen=True, kw_only=True):
    """The destination does not take the member in, for one of the listed reasons."""

    departure: Hex32
    reason: RefusalReason
    on: Date


class RelocationReported(Body, frozen=True, kw_only=True):
    """The member's place of work or living changed: county-level code, entered by a person."""

    place: Division
    on: Date


class ReturnNotified(Body, frozen=True, kw_only=True):
    """The mobility period ends: the member came back, or goes on to another place."""

    ended_on: Date
    reason: Literal["returned", "moved_on", "affiliation_transferred", "died"]


class ProfileUpdated(Body, frozen=True, kw_only=True):
    """Fields of the member's record that origin owns and that have changed; each stands by itself."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    category: Literal["full_member", "probationary_member"] | msgspec.UnsetType = msgspec.UNSET
    affiliated_branch: Name | msgspec.UnsetType = msgspec.UNSET
    certificate_number: Name | msgspec.UnsetType = msgspec.UNSET
    joined_on: MonthOrDate | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType = msgspec.UNSET


class InflowReported(Body, frozen=True, kw_only=True):
    """Somebody is here of whom no notice came and who says to be a member of yours. No name: the keyed digest of the
    ID number is enough to find the member, and tells nothing to a committee that has no such member."""

    match: Hash
    found_on: Date
    certificate_number: Name | msgspec.UnsetType = msgspec.UNSET


class InflowAnswered(Body, frozen=True, kw_only=True):
    """Whether ``inflow`` (message id) is a member of the author. ``member``: the pseudonym under which notice is given;
    ``reason``: why not."""

    inflow: Hex32
    answer: Literal["matched", "denied"]
    member: Hex32 | msgspec.UnsetType = msgspec.UNSET
    reason: Literal["no_such_member", "affiliation_elsewhere", "no_longer_a_member"] | msgspec.UnsetType = msgspec.UNSET


MajorEvent = Literal["death", "serious_illness", "accident", "disaster", "detention", "commendation", "other"]


class EventReported(Body, frozen=True, kw_only=True):
    """Something grave happened: what kind, when, and under which document it is told by telephone or letter."""

    category: MajorEvent
    on: Date
    reference: Name | msgspec.UnsetType = msgspec.UNSET
    contact: Name
    phone: Phone


class PresenceReported(Body, frozen=True, kw_only=True):
    """The member cannot be reached any more, or can be again. Entered by a person; nobody's position is read."""

    presence: Literal["in_contact", "lost"]
    on: Date


class SummaryGiven(Body, frozen=True, kw_only=True):
    """What destination can say of the whole stay, as answer to ``returned`` (message id). No count means unknown."""

    returned: Hex32
    conduct: Conduct
    meetings_attended: Count | msgspec.UnsetType = msgspec.UNSET
    activities_attended: Count | msgspec.UnsetType = msgspec.UNSET
    volunteering: Count | msgspec.UnsetType = msgspec.UNSET
    dues_months: Count | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="departure.notified",
        body=DepartureNotified,
        purpose="流动党员外出情况通报",
        sender="origin",
        duties=("A-05", "A-08", "A-13", "A-15"),
        answers=("admission.given", "admission.refused"),
    ),
    Kind(
        name="admission.given",
        body=AdmissionGiven,
        purpose="接收流动党员",
        sender="destination",
        cites=("departure",),
        duties=("A-27", "A-30", "B-09", "B-35"),
    ),
    Kind(
        name="admission.refused",
        body=AdmissionRefused,
        purpose="不予接收并说明理由",
        sender="destination",
        cites=("departure",),
        duties=("A-72",),
    ),
    Kind(
        name="relocation.reported",
        body=RelocationReported,
        purpose="工作生活地点变动通报",
        duties=("A-07", "A-48"),
    ),
    Kind(
        name="return.notified",
        body=ReturnNotified,
        purpose="流动结束通报",
        sender="origin",
        duties=("A-22", "A-23"),
        answers=("summary.given",),
    ),
    Kind(
        name="profile.updated",
        body=ProfileUpdated,
        purpose="流动党员资料变动",
        sender="origin",
        duties=("A-07",),
    ),
    Kind(
        name="inflow.reported",
        body=InflowReported,
        purpose="发现未经通报的流入党员",
        unit="agreement",
        duties=("A-33", "A-40"),
        answers=("inflow.answered",),
    ),
    Kind(
        name="inflow.answered",
        body=InflowAnswered,
        purpose="答复未经通报的流入党员是否本方党员",
        unit="agreement",
        duties=("A-33", "A-40"),
        cites=("inflow",),
    ),
    Kind(
        name="event.reported",
        body=EventReported,
        purpose="重大情况通报（只报类别和文号）",
        duties=("A-49",),
    ),
    Kind(
        name="presence.reported",
        body=PresenceReported,
        purpose="失去联系或恢复联系通报",
        duties=("A-05", "B-04"),
    ),
    Kind(
        name="summary.given",
        body=SummaryGiven,
        purpose="外出期间表现总结",
        sender="destination",
        duties=("A-23",),
        cites=("returned",),
    ),
)
