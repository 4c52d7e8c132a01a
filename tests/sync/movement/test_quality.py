"""Where members are, how they are, whether what is written is right (B-04); were destinations told (A-05)?"""

from typing import Any

import msgspec

from gongguan.sync.records import Member
from tests.pairs import carry
from tests.sync.offices import PLACE, Office, admitted, exchanged, floating, member_id, offices, ready


def counts(office: Office) -> dict[str, tuple[int, int]]:
    shown = office.ask("干事", "movement.quality").indicators
    return {line.indicator: (line.known, line.of) for line in shown}


def lacking(office: Office) -> list[tuple[str, str]]:
    return [(line.indicator, line.lack) for line in office.ask("干事", "movement.quality").lacking]


def complete(office: Office, number: int, **fields: Any) -> None:
    (member,) = office.find(Member, member_id=member_id(number))
    details = '{"joined_on":"2015-07","phone":"10000000007"}'
    office.put(msgspec.structs.replace(member, details=details, **fields))


def test_each_indicator_is_a_count_with_the_list_behind_it() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    complete(origin, 1)
    assert counts(origin) == {"whereabouts": (1, 1), "status": (1, 1), "information": (1, 1)}
    floating(origin, 2)

    assert counts(origin) == {"whereabouts": (1, 2), "status": (2, 2), "information": (1, 2)}
    assert lacking(origin) == [("whereabouts", "不知道去向"), ("information", "缺活动证号、联系电话")]
    destination.ask("支部", "movement.presence", subject=subject, presence="lost", on="2026-02-28")
    exchanged(origin, destination)
    assert ("status", "失去联系") in lacking(origin)
    assert counts(destination)["status"] == (0, 1)


def test_a_member_placed_without_a_check_has_no_confirmed_information_at_the_destination() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)
    assert lacking(destination) == [("information", "身份未核实")]

    destination.ask("支部", "admission.verify", subject=subject, certificate_number="H-1")

    assert lacking(destination) == []


def test_a_known_destination_without_a_receipted_notice_is_listed_until_the_receipt_is_here() -> None:
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    (line,) = origin.ask("支部", "departure.unreceipted").lines
    assert (line.member_id, line.lack) == (member, "not_told")

    subject = origin.ask("支部", "departure.notify", member_id=member).subject
    carry(origin.node, destination.node)
    (line,) = origin.ask("支部", "departure.unreceipted").lines
    assert (line.subject, line.lack) == (subject, "waiting")
    exchanged(origin, destination)

    listed = origin.ask("支部", "departure.unreceipted")
    assert (listed.receipted, listed.lines) == (1, [])
    assert origin.ask("邻支部", "departure.unreceipted").receipted == 0


def test_who_goes_where_we_have_no_agreement_is_not_listed() -> None:
    origin, _ = offices()
    member = floating(origin, 1)
    left = {"left_on": "2026-02-20", "destination_place": PLACE, "reason": "work"}
    origin.ask("支部", "departure.report", member_id=member, **left)

    assert origin.ask("支部", "departure.unreceipted").lines == []
