"""A year of one member's life away from home, as steps of the two committees; and the wires over which they speak.

A step is a day, a sentence, and what staff do on that day. A family adds its steps to ``STEPS`` (in order of days) and
what must be seen afterwards to its own test in ``test_year.py``; ``year.member``, ``year.subject`` and the two offices
are all that it needs::

    Step("2026-04-10", "the destination notes the meeting of April", lambda year: year.destination.ask(…))
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from gongguan.sync.exchange.exchange import Received
from gongguan.sync.records import Member
from tests.pairs import Node
from tests.sync.offices import PLACE, Office, floating, id_number, member_id, offices

MEETINGS_MAX: Final = 30


class Year:
    """Both committees, the wire between them, and the one member: number 1 of the origin's first branch."""

    def __init__(self, wire: "Wire") -> None:
        self.origin, self.destination = offices(agreed=True)
        self.wire = wire
        self.member = floating(self.origin, 1)
        self.subject = ""

    def live(self) -> "Year":
        """All steps in their order; after each the two meet over the wire until neither owes the other anything."""
        for step in STEPS:
            for side in (self.origin, self.destination):
                side.node.now = datetime.fromisoformat(f"{step.day}T04:00:00Z")
            step.act(self)
            self.meet()
        return self

    def meet(self) -> None:
        """The two exchange until both have all; a wire that never lets anything through ends the test."""
        for _ in range(MEETINGS_MAX):
            if not self.origin.node.is_due() and not self.destination.node.is_due():
                return
            self.wire(self.origin.node, self.destination.node)
        raise AssertionError("the two do not come to rest")

    def history(self, side: Office) -> list[tuple[str, str, str, str, str]]:
        """All that both sides hold about the member, as this side shows it, without ids."""
        rows = side.ask("干事", "movement.show", subject=self.subject).rows
        return sorted((row.section, row.what, row.side, row.value, row.status) for row in rows)


class Step(NamedTuple):
    """What happens on one day."""

    day: str
    sentence: str
    act: Callable[[Year], Any]


# --- the wires --------------------------------------------------------------------------------------------------------

Wire = Callable[[Node, Node], None]
"""Carries what is due between the two, in its own way."""


def faithful(one: Node, other: Node) -> None:
    """Each bundle arrives once, at once."""
    other.receive(one.compose())
    one.receive(other.compose())


def losing() -> Wire:
    """The first time that each bundle is sent it is lost, in both directions."""
    lost: set[str] = set()

    def carry(one: Node, other: Node) -> None:
        for giver, taker in ((one, other), (other, one)):
            sent, name = giver.compose(), giver.identity.node_id
            if name in lost:
                taker.receive(sent)
            lost.symmetric_difference_update({name})

    return carry


def doubling(one: Node, other: Node) -> None:
    """Each bundle arrives twice, the second time after the answer to the first."""
    for giver, taker in ((one, other), (other, one)):
        sent = giver.compose()
        taker.receive(sent)
        giver.receive(taker.compose())
        assert _new(taker.receive(sent)) == 0


def delaying() -> Wire:
    """Each bundle arrives after the one that was sent next."""
    held: dict[str, bytes] = {}

    def carry(one: Node, other: Node) -> None:
        for giver, taker in ((one, other), (other, one)):
            sent, before = giver.compose(), held.get(giver.identity.node_id)
            if before is None:
                held[giver.identity.node_id] = sent
                continue
            taker.receive(sent)
            taker.receive(before)
            del held[giver.identity.node_id]

    return carry


def _new(received: Received) -> int:
    return received.new_messages


WIRES: Final[dict[str, Callable[[], Wire]]] = {
    "each message lost once": losing,
    "each message doubled": lambda: doubling,
    "each message late": delaying,
}


# --- movement ---------------------------------------------------------------------------------------------------------


def _leaves(year: Year) -> None:
    year.origin.ask(
        "支部",
        "departure.report",
        member_id=year.member,
        left_on="2026-03-02",
        destination_place=PLACE,
        reason="work",
        briefed_on="2026-03-01",
    )
    year.origin.ask("支部", "certificate.issue", member_id=year.member, number="H-2026-1", issued_on="2026-03-01")
    year.subject = year.origin.ask("支部", "departure.notify", member_id=year.member).subject


def _arrives(year: Year) -> None:
    year.destination.ask("干事", "admission.verify", subject=year.subject, id_number=id_number(1))
    year.destination.ask(
        "干事",
        "admission.give",
        subject=year.subject,
        managing_body="第一党支部",
        arrived_on="2026-03-04",
        contact_officer="李明",
        contact_phone="10000000001",
    )


def _takes_part(year: Year) -> None:
    for month in ("03", "06", "09"):
        if year.destination.node.now.month == int(month):
            event = {"event": f"2026-{month}-theme", "activity": "theme_day", "on": f"2026-{month}-20"}
            year.destination.ask("支部", "entry.life", subject=year.subject, **event)
            paid = {"month": f"2026-{month}", "paid_on": f"2026-{month}-20"}
            year.destination.ask("支部", "entry.dues", subject=year.subject, **paid)


def _changes_telephone(year: Year) -> None:
    (member,) = year.origin.find(Member, member_id=member_id(1))
    year.origin.put(msgspec.structs.replace(member, details='{"joined_on":"2015-07","phone":"10000000008"}'))
    year.origin.ask("支部", "movement.tell_profiles")


def _moves(year: Year) -> None:
    year.destination.ask("支部", "movement.relocate", subject=year.subject, place="990203", on="2026-06-28")


def _suspend(year: Year) -> None:
    version = year.origin.node.in_force()
    year.origin.ask("书记", "agreement.suspend", version=version, reason="system_fault")


def _propose_lifting(year: Year) -> None:
    (line,) = year.origin.ask("书记", "agreement.suspensions").suspensions
    year.origin.ask("书记", "agreement.lift", suspension=line.id)


def _lift(year: Year) -> None:
    (line,) = year.destination.ask("书记", "agreement.suspensions").suspensions
    year.destination.ask("书记", "agreement.accept_lifting", suspension=line.id)


def _is_lost(year: Year) -> None:
    year.destination.ask("支部", "movement.presence", subject=year.subject, presence="lost", on="2026-08-01")


def _is_found(year: Year) -> None:
    year.origin.ask("支部", "movement.presence", subject=year.subject, presence="in_contact", on="2026-08-09")


def _is_commended(year: Year) -> None:
    year.destination.ask(
        "支部",
        "movement.event",
        subject=year.subject,
        category="commendation",
        on="2026-10-01",
        contact="李明",
        phone="10000000001",
        reference="临函〔2026〕9号",
    )


def _returns(year: Year) -> None:
    dues = ["2026-03", "2026-06", "2026-09"]
    life = [f"{month}-20" for month in dues]
    year.origin.ask("支部", "movement.check", subject=year.subject, paper_life=life, paper_dues=dues)
    year.origin.ask("支部", "movement.return", subject=year.subject, ended_on="2026-11-30", reason="returned")
    year.origin.ask("支部", "movement.account", subject=year.subject, text="在外一年，组织上一直有人联系。")


def _is_summed_up(year: Year) -> None:
    year.destination.ask("支部", "movement.summarise", subject=year.subject, conduct="good")


# --- contacts, help, study ------------------------------------------------------------------------------------------


def _is_contacted(year: Year) -> None:
    """Both officers reach the member on one day; each side keeps its own words."""
    named = {"people": [year.member], "officer": "乌云", "phone": "10000000009"}
    if not year.origin.ask("干事", "officer.show", person=year.member).officers:
        year.origin.ask("支部", "officer.assign", **named)
    day = year.origin.node.now.date().isoformat()
    made = {"person": year.subject, "kind": "quarterly", "on": day, "channel": "phone"}
    year.origin.ask("支部", "contact.record", **made, note="父母身体好")
    year.destination.ask("支部", "contact.record", **made, note="住处离厂近")


def _is_visited_after_moving(year: Year) -> None:
    made = {"person": year.subject, "kind": "relocation", "on": "2026-07-06", "channel": "in_person"}
    year.destination.ask("支部", "contact.record", **made, need="housing", note="房租太高")


def _is_helped(year: Year) -> None:
    (case,) = year.destination.ask("支部", "care.list").cases
    year.destination.ask("支部", "care.update", case=case.case, status="solved", word="搬进了人才公寓")


def _asks_for_study(year: Year) -> None:
    year.origin.ask("干事", "study.delegate", topic="条例解读", due_on="2026-05-15", event="2026-05-study")


def _accepts_study(year: Year) -> None:
    (study,) = year.destination.ask("干事", "study.list").studies
    year.destination.ask("支部", "study.answer", delegation=study.delegation, answer="accept")


def _holds_study(year: Year) -> None:
    (study,) = year.destination.ask("干事", "study.list").studies
    year.destination.ask("支部", "study.hold", delegation=study.delegation, held_on="2026-05-08")


STEPS: Final = (
    Step("2026-03-02", "the branch briefs the member, gives the certificate and notifies the destination", _leaves),
    Step("2026-03-05", "the destination checks the ID card and places the member in a branch", _arrives),
    Step("2026-03-18", "both contact officers reach the member", _is_contacted),
    Step("2026-03-21", "the destination notes an activity and dues", _takes_part),
    Step("2026-04-07", "the origin asks for a study", _asks_for_study),
    Step("2026-04-09", "the destination takes it on", _accepts_study),
    Step("2026-05-08", "the study is held", _holds_study),
    Step("2026-05-10", "the member's telephone changes at home and the destination learns of it", _changes_telephone),
    Step("2026-06-15", "both contact officers reach the member", _is_contacted),
    Step("2026-06-21", "the destination notes an activity and dues", _takes_part),
    Step("2026-06-29", "the member moves within the region", _moves),
    Step("2026-07-06", "the destination visits the member at the new place and finds a need", _is_visited_after_moving),
    Step("2026-07-20", "the need is met", _is_helped),
    Step("2026-07-10", "the origin suspends the agreement for a fault of its systems", _suspend),
    Step("2026-07-12", "the origin proposes to go on", _propose_lifting),
    Step("2026-07-13", "the destination agrees", _lift),
    Step("2026-08-03", "the destination cannot reach the member", _is_lost),
    Step("2026-08-10", "the origin has reached the member", _is_found),
    Step("2026-09-21", "the destination notes an activity and dues", _takes_part),
    Step("2026-10-03", "the member is commended", _is_commended),
    Step("2026-12-01", "the member is back: certificate compared, period closed, own account kept", _returns),
    Step("2026-12-03", "the destination sums up the stay", _is_summed_up),
)
