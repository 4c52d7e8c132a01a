"""Two committees with staff who ask for operations by name, with the role and subtree checks of the desk::

origin, destination = offices()                      # paired, no agreement
origin, destination = offices(agreed=True)
origin.ask("支部", "departure.report", member_id=ANNA, left_on="2026-02-20", …)
exchanged(origin, destination)
"""

from datetime import datetime
from typing import Any

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.identity import check_digit
from gongguan.sync.persons.bodies import found_committee
from gongguan.sync.records import Body, Member, MobilityPeriod, OutflowEntry, Staff
from gongguan.sync.shared.views import (
    unit_records,
)
from gongguan.sync.store import Store
from tests import pairs
from tests.desks import StaffDesk
from tests.staff_node import LocalPort

TOP, BRANCH, SECOND = "9901", "990101", "990102"
PLACE = "990202"
"""The division of the destination's card."""
PEOPLE = {
    "干事": ("organisation_officer", TOP),
    "书记": ("secretary", TOP),
    "支部": ("branch_clerk", BRANCH),
    "邻支部": ("branch_clerk", SECOND),
    "只读": ("reader", SECOND),
    "管理员": ("system_administrator", TOP),
}


class Office:
    """One side: ``ask`` performs an operation at the desk, ``refusal`` gives the code of its refusal."""

    def __init__(self, node: pairs.Node, title: str) -> None:
        self.node = node
        self.port = LocalPort(node_id=node.identity.node_id, database=node.database)

        def fill(store: Store) -> None:
            found_committee(store, TOP, title, title)
            for code, name in ((BRANCH, "第一党支部"), (SECOND, "第二党支部")):
                store.put(
                    Body(code=code, full_name=f"{title}{name}", short_name=name, category="branch", parent_code=TOP)
                )
            for name, (role, body) in PEOPLE.items():
                store.put(Staff(name=name, role=role, body_code=body, password=""))

        node.database.write(fill)
        self.desk = StaffDesk(node, self.port)

    def ask(self, who: str, name: str, /, **fields: object) -> Any:
        return self.desk.ask(who, name, fields)

    def refusal(self, who: str, name: str, /, **fields: object) -> str:
        try:
            self.ask(who, name, **fields)
        except ProtocolError as error:
            return error.code
        return ""

    def put(self, *records: Any) -> None:
        self.node.database.write(lambda store: store.put_all(records))

    def find(self, kind: Any, **where: Any) -> list[Any]:
        return self.node.database.read(lambda store: store.find(kind, **where))

    def records(self, subject: str) -> dict[str, Any]:
        """A member's shared records by key."""
        (period,) = self.find(MobilityPeriod, subject=subject)
        return self.node.database.read(lambda store: unit_records(store, period.agreement, subject))


def offices(*, agreed: bool = False) -> tuple[Office, Office]:
    """Origin and destination, paired and knowing each other's kinds, or with an agreement in force."""
    if agreed:
        first, second, _ = pairs.in_agreement()
    else:
        first, second = pairs.paired()
        pairs.announced(first, second)
    return Office(first, "白音苏木党委"), Office(second, "临江街道党工委")


def on(day: str, *sides: Office) -> None:
    """It is noon in China on this day."""
    for side in sides:
        side.node.now = datetime.fromisoformat(f"{day}T04:00:00Z")


def later(days: float, *sides: Office) -> None:
    """The clocks of these sides run."""
    for side in sides:
        pairs.later(side.node, days)


def one_noticed() -> tuple[Office, Office, str]:
    """Both under an agreement, and the subject of a member of whom the destination was told."""
    origin, destination = offices(agreed=True)
    return origin, destination, noticed(origin, destination)


def exchanged(origin: Office, destination: Office) -> None:
    """Neither owes the other anything any more."""
    pairs.settle(origin.node, destination.node)


def member_id(number: int) -> str:
    return f"{number:032x}"


def id_number(number: int) -> str:
    """An invented ID number: a man born in 1988."""
    digits = f"99010119880101{number:02}1"
    return digits + check_digit(digits)


def floating(office: Office, number: int, branch: str = BRANCH, roster: OutflowEntry | None = None) -> str:
    """A floating member of this committee, with a roster row or without; the member's id."""
    made = Member(
        member_id=member_id(number),
        branch_code=branch,
        id_digest=office.port.digest_id_number(id_number(number)),
        name=f"巴特尔·{'甲乙丙丁戊己庚辛'[number % 8]}",
        id_number=id_number(number),
        details='{"joined_on":"2015-07"}',
        category="full_member",
        floating=True,
    )
    office.put(made, *([roster] if roster else []))
    return made.member_id


def roster_row(number: int, place: str = "南岭省临江区", certificate: str | None = None) -> OutflowEntry:
    return OutflowEntry(
        member_id=member_id(number),
        left_on="2025-11",
        destination_place=place,
        certificate_number=certificate,
        details='{"own_phone":"10000000007","outflow_direction":"private_enterprise"}',
    )


def ready(office: Office, number: int, branch: str = BRANCH) -> str:
    """A member with everything that a notice needs."""
    member = floating(office, number, branch)
    office.ask(
        "干事",
        "departure.report",
        member_id=member,
        left_on="2026-02-20",
        destination_place=PLACE,
        reason="work",
        briefed_on="2026-02-18",
    )
    office.ask("干事", "certificate.issue", member_id=member, number=f"H-{number}", issued_on="2026-02-19")
    return member


def noticed(origin: Office, destination: Office, number: int = 1) -> str:
    """A member of whom the destination was told; the subject."""
    subject: str = origin.ask("干事", "departure.notify", member_id=ready(origin, number)).subject
    exchanged(origin, destination)
    return subject


def admitted(origin: Office, destination: Office, number: int = 1) -> str:
    """The same, taken in by the first branch; the subject."""
    subject = noticed(origin, destination, number)
    destination.ask("干事", "admission.give", **admission(subject))
    exchanged(origin, destination)
    return subject


def admission(subject: str, body: str = "第一党支部") -> dict[str, str]:
    return {
        "subject": subject,
        "managing_body": body,
        "arrived_on": "2026-02-25",
        "contact_officer": "李明",
        "contact_phone": "10000000001",
        "override_reason": "组织部门来电证实",
    }


def kinds_due(side: Office, who: str = "支部") -> set[tuple[str, str]]:
    """(kind, time limit) of all that is due for a person now."""
    return {(line.kind, line.due_on) for line in side.ask(who, "today.list").lines}
