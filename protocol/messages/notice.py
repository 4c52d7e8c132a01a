"""Information notices between the two committees, about a matter or about one member."""

from typing import Literal

from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.kind import Date, Kind, Name, Text

Topic = Literal[
    "admission", "organisational_life", "conduct", "conversion", "important_matter", "contact_card", "other"
]
"""The four topics of A-65, what O tells its members through D (A-20), public contacts (A-39), and the rest."""


class NoticeGiven(Body, frozen=True, kw_only=True):
    """One notice. It names no member in its text: a notice about a member carries the subject instead."""

    topic: Topic
    title: Name
    text: Text
    on: Date


KINDS = (
    Kind(
        name="notice.given",
        body=NoticeGiven,
        purpose="互通信息",
        unit="subject_or_agreement",
        duty="contact",
        duties=("A-08", "A-10", "A-13", "A-20", "A-33", "A-34", "A-65"),
    ),
)
