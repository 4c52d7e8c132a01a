"""The Activity Certificate (《活动证》): issue, entries made at once where it happened, and checks of numbers."""

from typing import Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hash, Hex32
from gongguan.protocol.messages.kind import CodeName, Date, EventId, Kind, Month, Name, Year


class LifeEntered(Body, frozen=True, kw_only=True):
    """Organisational life or education that a person confirmed. Nothing is ever entered for "unknown".

    ``absence_reason`` (a code) goes with ``confirmed_absent`` and only with it. ``mode``: how it was held (B-28).
    """

    event: EventId
    activity: Literal["regular_meeting", "theme_day", "party_lecture", "study", "volunteering", "other"]
    on: Date
    attendance: Literal["confirmed", "confirmed_absent"]
    title: Name | msgspec.UnsetType = msgspec.UNSET
    absence_reason: CodeName | msgspec.UnsetType = msgspec.UNSET
    mode: Literal["in_person", "online"] | msgspec.UnsetType = msgspec.UNSET


class DuesEntered(Body, frozen=True, kw_only=True):
    """The dues of one month were paid here. The amount stays at home."""

    month: Month
    paid_on: Date


class EntryWithdrawn(Body, frozen=True, kw_only=True):
    """The author takes back one of its own entries: a correcting entry, the old one stays readable."""

    entry: Hex32
    reason: Literal["entered_in_error", "wrong_member", "wrong_value"]


class CertificateDescribed(Body, frozen=True, kw_only=True):
    """Origin's columns besides what the notice of departure says: when and why it was issued, and whether it holds."""

    number: Name
    issued_on: Date
    issued_by: Name
    state: Literal["in_use", "lost", "withdrawn"]
    valid_until: Date | msgspec.UnsetType = msgspec.UNSET
    reason: CodeName | msgspec.UnsetType = msgspec.UNSET


class AnnualCheckEntered(Body, frozen=True, kw_only=True):
    """The yearly check (年审), by the branch where the member took part in the appraisal. It holds no grade."""

    year: Year
    checked_on: Date
    outcome: Literal["passed", "to_follow_up"]
    branch: Name


class CertificateQueried(Body, frozen=True, kw_only=True):
    """A number that was presented on a day: is it yours? ``match``: keyed digest of the holder's ID number."""

    number: Name
    on: Date
    match: Hash | msgspec.UnsetType = msgspec.UNSET


class CertificateStated(Body, frozen=True, kw_only=True):
    """What the issuer's register says, for the day of the ``query``.

    ``forged``: the number is another member's; ``expired``: its day is over, or it was reported lost or withdrawn.
    ``holder``: whether the person was compared too, which takes a digest in the query.
    """

    query: Hex32
    status: Literal["valid", "forged", "unknown", "expired"]
    holder: Literal["matches", "not_compared"]


KINDS = (
    Kind(
        name="certificate.described",
        body=CertificateDescribed,
        purpose="《活动证》发放情况",
        sender="origin",
        duties=("A-15", "A-29"),
    ),
    Kind(
        name="certificate.queried",
        body=CertificateQueried,
        purpose="查验《活动证》证号",
        unit="agreement",
        duties=("A-15", "A-29"),
        answers=("certificate.stated",),
    ),
    Kind(
        name="certificate.stated",
        body=CertificateStated,
        purpose="答复《活动证》查验",
        unit="agreement",
        cites=("query",),
        duties=("A-15", "A-29"),
    ),
    Kind(
        name="certificate.annual_check_entered",
        body=AnnualCheckEntered,
        purpose="《活动证》年审记载",
        duty="organisational_life",
        duties=("A-45",),
    ),
    Kind(
        name="certificate.life_entered",
        body=LifeEntered,
        purpose="《活动证》组织生活记载",
        duty="organisational_life",
        duties=("A-44", "A-45", "B-24", "B-27", "B-28"),
    ),
    Kind(
        name="certificate.dues_entered",
        body=DuesEntered,
        purpose="《活动证》党费记载",
        duty="dues",
        duties=("A-45", "B-36"),
    ),
    Kind(
        name="certificate.entry_withdrawn",
        body=EntryWithdrawn,
        purpose="更正《活动证》记载",
        duty="organisational_life",
        cites=("entry",),
        duties=("A-45",),
    ),
)
