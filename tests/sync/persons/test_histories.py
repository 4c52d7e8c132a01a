"""Any past day's roster comes out as it did on that day, and one member's moves are one history (A-03, A-12)."""

from datetime import date
from typing import Any

import msgspec

from gongguan.sync.act import stamp
from gongguan.sync.days import today
from gongguan.sync.persons.histories import members_on, put_with_history
from gongguan.sync.records import Member, OutflowEntry, RosterVersion
from tests.pairs import later
from tests.sync.offices import (
    SECOND,
    Office,
    admission,
    admitted,
    exchanged,
    floating,
    member_id,
    offices,
    ready,
    roster_row,
)
from tests.sync.worksheets.exported import rows
from tests.three import FAR_PLACE, met, peer_of, three_offices


def change(office: Office, kind: type[Any], number: int, **fields: Any) -> None:
    """A correction of the record, kept as an import keeps it."""
    (record,) = office.find(kind, member_id=member_id(number))
    now = office.node.now
    changed = msgspec.structs.replace(record, **fields)
    office.node.database.write(lambda store: put_with_history(store, [changed], today(now), stamp(now)))


def test_the_roster_of_every_past_day_is_the_one_that_was_exported_on_that_day() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    floating(origin, 2, roster=roster_row(2, certificate="H-2"))
    exported: dict[str, Any] = {}
    steps: list[tuple[type[Any], int, dict[str, Any]]] = [
        (Member, 1, {"name": "巴特尔·新"}),
        (OutflowEntry, 2, {"destination_place": "北岭省河口区"}),
        (Member, 2, {"branch_code": SECOND}),
        (Member, 1, {"details": '{"joined_on":"2015-07","phone":"10000000009"}'}),
        (OutflowEntry, 2, {"details": '{"own_phone":"10000000010","destination_unit":"河口电子厂"}'}),
    ]
    for kind, number, fields in steps:
        day = today(origin.node.now).isoformat()
        exported[day] = rows(origin, "outflow", on=day), rows(destination, "inflow", on=day)
        for side in (origin, destination):
            later(side.node, 3)
        change(origin, kind, number, **fields)
        origin.ask("干事", "movement.tell_profiles")
        exchanged(origin, destination)

    assert len(exported) == len(steps)
    for day, (outflow, inflow) in exported.items():
        assert rows(origin, "outflow", on=day) == outflow
        assert rows(destination, "inflow", on=day) == inflow
    names = [{row["姓名"] for row in outflow} for outflow, _ in exported.values()]
    assert names[0] != names[1], "else nothing would have been shown"


def test_no_version_of_a_record_is_overwritten_not_even_by_two_changes_on_one_day() -> None:
    origin, _ = offices(agreed=True)
    floating(origin, 1)
    before = today(origin.node.now)
    later(origin.node, 1)
    change(origin, Member, 1, name="甲")
    change(origin, Member, 1, name="乙")

    def name_on(day: date) -> str:
        found = origin.node.database.read(lambda store: members_on(store, [member_id(1)], day).get(member_id(1)))
        return found.name if found else ""

    assert (name_on(before), name_on(today(origin.node.now))) == ("巴特尔·乙", "乙")
    assert [item.number for item in origin.find(RosterVersion)] == [0, 1, 2]


def moved_on() -> tuple[Office, Office, Office, str]:
    """A member who was with the near destination and is with the far one."""
    origin, near, far = three_offices()
    first = origin.ask("干事", "departure.notify", member_id=ready(origin, 1), peer=peer_of(near)).subject
    met(origin, near, far)
    near.ask("干事", "admission.give", **admission(first))
    near.ask("支部", "movement.relocate", subject=first, place=FAR_PLACE, on="2026-02-27")
    met(origin, near, far)
    second = origin.ask("支部", "movement.retarget", subject=first, peer=peer_of(far)).subject
    met(origin, near, far)
    return origin, near, far, second


def test_a_member_who_moves_on_has_one_continuous_history_across_partners_at_the_origin_only() -> None:
    origin, near, far, _ = moved_on()

    journey = origin.ask("支部", "movement.journey", person="巴特尔")
    stays = [(line.peer, line.first, line.last, line.reason) for line in journey.stays]
    assert stays == [
        ("临江街道党工委", "2026-02-20", "2026-02-27", "moved_on"),
        ("远山镇党委", "2026-02-27", None, None),
    ]
    assert journey.stays[0].managing_body == "临江街道党工委第一党支部"
    assert near.refusal("支部", "movement.journey", person="巴特尔") == "D-not-origin"
    assert far.ask("干事", "movement.list").total == 1


def test_whoever_moves_often_is_listed_with_the_number_of_stays_and_partners() -> None:
    origin, *_ = moved_on()
    assert origin.ask("支部", "movement.movers").movers == []

    (line,) = origin.ask("支部", "movement.movers", at_least=2).movers
    assert (line.name, line.stays, line.peers) == ("巴特尔·乙", 2, 2)
    later(origin.node, 400)
    assert origin.ask("支部", "movement.movers", at_least=1).movers == []
    assert origin.ask("邻支部", "movement.movers", at_least=1).movers == []
