"""Where a committee's service is found, and who receives members there: each side's own word (A-28, A-39)."""

from typing import Annotated

import msgspec

from gongguan.protocol.messages.envelope import Body
from gongguan.protocol.messages.kind import Date, Kind, Name

ServiceTelephone = Annotated[
    str, msgspec.Meta(pattern=r"^(0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|400-?[0-9]{3}-?[0-9]{4}|1[02][0-9]{3,9})\Z")
]
"""A fixed line, a service number (12371), or a demonstration's 100…: a personal mobile number has no place here."""


class OfficePublished(Body, frozen=True, kw_only=True):
    """The public contact card, in force from ``valid_from``. It names nobody."""

    office: Name
    address: Name
    hours: Name
    telephone: ServiceTelephone
    valid_from: Date


class ReceiverNamed(Body, frozen=True, kw_only=True):
    """Who receives members and their papers from ``valid_from`` on, and who stands in: known to the partner only."""

    officer: Name
    deputy: Name
    telephone: ServiceTelephone
    valid_from: Date


KINDS = (
    Kind(
        name="office.published",
        body=OfficePublished,
        purpose="公布党员服务机构的地点、时间和咨询电话",
        unit="agreement",
        duty="contact",
        duties=("A-39",),
    ),
    Kind(
        name="office.receiver_named",
        body=ReceiverNamed,
        purpose="告知接收专人和替补人员",
        unit="agreement",
        duty="contact",
        duties=("A-28",),
    ),
)
