"""Two committees under an agreement with members who left one for the other and were taken in there::

origin, destination = at_work()
destination.ask("支部", "entry.life", subject=MEMBER, event="2026-03-theme", activity="theme_day", on="2026-03-05")
exchanged(origin, destination)
"""

import msgspec

from gongguan.sync.records import AgreementVersion, Member, MobilityPeriod
from tests import pairs
from tests.sync.offices import BRANCH, Office, offices, on

MEMBER = pairs.subject(1)
OTHER = pairs.subject(2)


def at_work(day: str = "2026-03-10", members: tuple[str, ...] = (MEMBER,)) -> tuple[Office, Office]:
    """Both sides on that day at noon in China, with these members notified and admitted on 2 March."""
    origin, destination = offices(agreed=True)
    version = origin.node.in_force()
    for number, subject in enumerate(members):
        _roster(origin, subject, number)
        departure = origin.node.write("departure.notified", pairs.departure(), version=version, subject=subject)
        pairs.settle(origin.node, destination.node)
        admission = pairs.admission(departure.id)
        destination.node.write("admission.given", admission, version=version, subject=subject)
        pairs.settle(origin.node, destination.node)
        (period,) = destination.find(MobilityPeriod, subject=subject)
        destination.put(msgspec.structs.replace(period, body_code=BRANCH))
    on(day, origin, destination)
    return origin, destination


def _roster(origin: Office, subject: str, number: int) -> None:
    member = Member(
        member_id=f"{number:032x}",
        branch_code=BRANCH,
        id_digest=f"{number:064x}",
        name="巴特尔",
        id_number="",
        details="{}",
        category="full_member",
        floating=True,
    )
    period = MobilityPeriod(
        subject=subject,
        agreement=origin.find(AgreementVersion)[0].agreement,
        pairing_id=origin.node.pairing_id,
        side="origin",
        member_id=member.member_id,
        body_code=BRANCH,
    )
    origin.put(member, period)
