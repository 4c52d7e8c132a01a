"""Two committees under an agreement with one member who left one for the other, and staff on both sides.

Requests are made as the desk makes them, so that what a person cannot type cannot be tested either::

    origin, destination = at_work()
    destination.do(enter_life, EntryLife, subject=MEMBER, event="2026-03-theme", activity="theme_day", on="2026-03-05")
    meet(origin, destination)
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from gongguan.node.operations import every
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.act import Act
from gongguan.sync.persons.bodies import found_committee
from gongguan.sync.records import AgreementVersion, Body, Member, MobilityPeriod, Staff
from gongguan.sync.shared.shared import unit_records
from gongguan.sync.store import Store
from tests import pairs
from tests.desks import StaffDesk
from tests.staff_node import LocalPort

MEMBER = pairs.subject(1)
OTHER = pairs.subject(2)
TOP, BRANCH, SECOND = "9901", "990101", "990102"
STAFF = {
    "干事": ("organisation_officer", TOP),
    "支部": ("branch_clerk", BRANCH),
    "邻支部": ("branch_clerk", SECOND),
}

NAMES = {operation.function: name for name, operation in every().items()}


class Committee:
    """One side at work: ``do`` performs a request as a person, in one transaction."""

    def __init__(self, node: pairs.Node, title: str) -> None:
        self.node = node
        self.port = LocalPort(node_id=node.identity.node_id)

        def fill(store: Store) -> None:
            found_committee(store, TOP, title, title)
            for code in (BRANCH, SECOND):
                store.put(Body(code=code, full_name=code, short_name=code, category="branch", parent_code=TOP))
            for name, (role, body) in STAFF.items():
                store.put(Staff(name=name, role=role, body_code=body, password=""))

        node.database.write(fill)
        self.desk = StaffDesk(node, self.port)

    def do(self, function: Callable[[Act, Any], Any], kind: type[Any], who: str = "干事", **fields: object) -> Any:
        assert every()[NAMES[function]].request is kind
        return self.desk.ask(who, NAMES[function], fields)

    def refusal(self, function: Callable[[Act, Any], Any], kind: type[Any], who: str = "干事", **fields: object) -> str:
        try:
            self.do(function, kind, who, **fields)
        except ProtocolError as error:
            return error.code
        return ""

    def records(self, subject: str = MEMBER) -> dict[str, Any]:
        """A member's shared records."""

        def work(store: Store) -> dict[str, Any]:
            (period,) = store.find(MobilityPeriod, subject=subject)
            return unit_records(store, period.agreement, subject)

        return self.node.database.read(work)


def at_work(day: str = "2026-03-10", members: tuple[str, ...] = (MEMBER,)) -> tuple[Committee, Committee]:
    """Both sides on that day at noon in China, with these members notified and admitted on 2 March."""
    first, second, version = pairs.in_agreement()
    origin, destination = Committee(first, "巴彦塔拉苏木党委"), Committee(second, "临江街道党工委")
    for number, subject in enumerate(members):
        _roster(origin, first, subject, number)
        departure = first.write("departure.notified", pairs.departure(), version=version, subject=subject)
        pairs.settle(first, second)
        second.write("admission.given", pairs.admission(departure.id), version=version, subject=subject)
        pairs.settle(first, second)
        _manage(destination, subject)
    for side in (origin, destination):
        at(side, day)
    return origin, destination


def at(side: Committee, day: str) -> None:
    """Set a side's clock to noon in China."""
    side.node.now = datetime.fromisoformat(f"{day}T04:00:00Z")


def meet(origin: Committee, destination: Committee) -> None:
    """Exchange until neither owes the other anything."""
    pairs.settle(origin.node, destination.node)


def _roster(origin: Committee, node: pairs.Node, subject: str, number: int) -> None:
    def fill(store: Store) -> None:
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
        store.put(member)
        agreement = node_agreement(store)
        store.put(
            MobilityPeriod(
                subject=subject,
                agreement=agreement,
                pairing_id=pairing,
                side="origin",
                member_id=member.member_id,
                body_code=BRANCH,
            )
        )

    pairing = node.pairing_id
    node.database.write(fill)


def node_agreement(store: Store) -> str:
    """The one agreement on a node."""
    return store.find(AgreementVersion)[0].agreement


def _manage(destination: Committee, subject: str) -> None:
    def fill(store: Store) -> None:
        (period,) = store.find(MobilityPeriod, subject=subject)
        store.put(msgspec.structs.replace(period, body_code=BRANCH))

    destination.node.database.write(fill)
