"""Contacts with a member (四联二访): that one was made, who keeps contact, how a request for help stands.

Only the kind and the date of a contact cross, never what was said; of a request for help only its category and status.
The two visits (home, hardship) are no contact that may be told: they would tell of a family's need.
"""

from typing import Literal

from gongguan.protocol.messages.envelope import Body, Hex32
from gongguan.protocol.messages.kind import Date, Kind, Name, Phone

ContactTold = Literal["quarterly", "relocation", "political_birthday", "festival"]

HelpCategory = Literal["employment", "medical", "schooling", "housing", "legal_aid", "social_security", "other"]
HelpStatus = Literal["open", "in_progress", "solved", "not_solved", "withdrawn"]


class ContactMade(Body, frozen=True, kw_only=True):
    """One of the four contacts was made on that day. Both sides telling of one contact are two witnesses of it."""

    contact: ContactTold
    on: Date


class ContactWithdrawn(Body, frozen=True, kw_only=True):
    """The author takes back that it told of a contact."""

    contact: Hex32
    reason: Literal["entered_in_error", "wrong_member", "wrong_value"]


class OfficerNamed(Body, frozen=True, kw_only=True):
    """Who keeps contact with the member at the author's side from that day on, with the telephone of the office."""

    officer: Name
    phone: Phone
    since: Date


class HelpStatusTold(Body, frozen=True, kw_only=True):
    """How a request for help stands at the side that handles it. Details stay there."""

    case: Hex32
    category: HelpCategory
    status: HelpStatus
    on: Date


KINDS = (
    Kind(
        name="contact.made",
        body=ContactMade,
        purpose="已联系流动党员（类别和日期）",
        duty="contact",
        duties=("A-18", "B-12", "B-13", "B-14", "B-15"),
    ),
    Kind(
        name="contact.withdrawn",
        body=ContactWithdrawn,
        purpose="撤回联系记载",
        duty="contact",
        cites=("contact",),
        duties=("A-18",),
    ),
    Kind(
        name="officer.named",
        body=OfficerNamed,
        purpose="告知本方联系责任人",
        duty="contact",
        duties=("B-09",),
    ),
    Kind(
        name="help.status_told",
        body=HelpStatusTold,
        purpose="困难诉求办理状态",
        duty="contact",
        duties=("A-36", "A-46", "B-17", "B-18"),
    ),
)
