"""The periodic bulletin: once a quarter, four fixed topics, each answered (A-10, A-13, A-34, A-65)."""

from typing import Annotated, Literal

import msgspec

from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.kind import Kind, Name, Quarter, Text

TOPICS = ("admission", "organisational_life", "conduct", "conversion")
"""Admission to management, taking part in organisational life, conduct that matters, conversion of probationers."""


class Topic(Body, frozen=True, kw_only=True):
    """What there is to say of one topic; nothing is said as such, and ``text`` goes with ``reported`` only."""

    answer: Literal["reported", "nothing_to_report"]
    text: Text | msgspec.UnsetType = msgspec.UNSET


class BulletinSent(Body, frozen=True, kw_only=True):
    """The bulletin of one quarter, of the committee or of one ``branch``. It names no member.

    ``number`` counts the sender's bulletins under the agreement without gaps; a corrected one keeps its number.
    """

    quarter: Quarter
    number: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    admission: Topic
    organisational_life: Topic
    conduct: Topic
    conversion: Topic
    branch: Name | msgspec.UnsetType = msgspec.UNSET


KINDS = (
    Kind(
        name="bulletin.sent",
        body=BulletinSent,
        purpose="季度通报（四项）",
        unit="agreement",
        duty="contact",
        duties=("A-10", "A-13", "A-34", "A-65"),
    ),
)
