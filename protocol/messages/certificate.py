"""Entries of the Activity Certificate (《活动证》): made at once where it happened, never edited in place."""

from typing import Literal

import msgspec

from gongguan.protocol.messages.envelope import Body, Hex32
from gongguan.protocol.messages.kind import CodeName, Date, EventId, Kind, Month, Name


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


KINDS = (
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
