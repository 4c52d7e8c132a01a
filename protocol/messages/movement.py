"""A member goes, arrives, moves on, comes back."""

from typing import Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.kind import CodeName, Date, Division, Kind, MonthOrDate, Name, Phone, Year


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
        duties=("A-22",),
    ),
)
