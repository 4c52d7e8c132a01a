"""Never do both nodes say "the other side manages", and every gap is listed on both (A-02)."""

import random

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.movement.gaps import manager_of
from gongguan.sync.records import Body, MobilityPeriod
from gongguan.sync.shared.views import (
    unit_records,
)
from tests.pairs import carry, settle
from tests.sync.offices import (
    BRANCH,
    PLACE,
    Office,
    admission,
    admitted,
    exchanged,
    floating,
    later,
    offices,
    one_noticed,
    ready,
)
from tests.three import FAR_PLACE, met, peer_of, three_offices


def gaps(office: Office) -> list[tuple[str, str]]:
    return [(line.gap, line.managed_by) for line in office.ask("干事", "movement.gaps").gaps]


def test_in_ordinary_times_there_is_no_gap() -> None:
    origin, destination = offices(agreed=True)
    subject = admitted(origin, destination)

    assert gaps(origin) == gaps(destination) == []
    assert [line.managed_by for line in origin.ask("干事", "movement.list").movements] == ["destination"]
    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-02-28", reason="returned")
    exchanged(origin, destination)
    assert gaps(origin) == gaps(destination) == []


def test_a_notice_without_an_answer_past_its_time_is_listed_on_both_with_its_age() -> None:
    origin, destination, _ = one_noticed()
    later(13, origin, destination)
    assert gaps(origin) == gaps(destination) == []
    later(4, origin, destination)

    assert gaps(origin) == gaps(destination) == [("unanswered", "origin")]
    (line,) = destination.ask("干事", "movement.gaps").gaps
    assert (line.since, line.days) == ("2026-03-01", 13)


def test_a_refusal_is_a_gap_on_both_until_the_origin_acts() -> None:
    origin, destination, subject = one_noticed()
    destination.ask("干事", "admission.refuse", subject=subject, reason="lives_elsewhere")
    exchanged(origin, destination)
    assert gaps(origin) == gaps(destination) == [("refused", "origin")]

    origin.ask("干事", "movement.return", subject=subject, ended_on="2026-03-01", reason="returned")
    exchanged(origin, destination)

    assert gaps(origin) == gaps(destination) == []


def test_a_member_who_moved_out_of_the_region_is_a_gap_on_both_until_retargeted() -> None:
    origin, near, far = three_offices()
    subject = origin.ask("干事", "departure.notify", member_id=ready(origin, 1), peer=peer_of(near)).subject
    met(origin, near, far)
    near.ask("干事", "admission.give", **admission(subject))
    near.ask("支部", "movement.relocate", subject=subject, place=FAR_PLACE, on="2026-02-27")
    met(origin, near, far)
    assert gaps(origin) == gaps(near) == [("moved_out", "destination")]
    assert [line.kind for line in origin.ask("支部", "today.list", kind="destination").lines] == ["destination"]

    origin.ask("支部", "movement.retarget", subject=subject, peer=peer_of(far))
    met(origin, near, far)

    assert gaps(origin) == gaps(near) == gaps(far) == []
    assert origin.ask("支部", "today.list", kind="destination").lines == []


def test_members_under_a_suspended_or_ended_agreement_are_listed_on_both() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    version = origin.node.in_force()
    origin.ask("书记", "agreement.suspend", version=version, reason="other")
    exchanged(origin, destination)
    assert gaps(origin) == gaps(destination) == [("suspended", "destination")]

    destination.ask("书记", "agreement.end", version=version)
    exchanged(origin, destination)

    assert {gap for gap, _ in gaps(origin)} <= {"suspended", "agreement_over"}
    assert gaps(origin) == gaps(destination) != []


def test_an_admission_that_crossed_a_suspension_is_managed_by_the_origin_and_listed_on_both() -> None:
    origin, destination, subject = one_noticed()
    destination.ask("干事", "admission.give", **admission(subject))
    origin.ask("书记", "agreement.suspend", version=origin.node.in_force(), reason="other")
    exchanged(origin, destination)

    assert sorted(gaps(origin)) == sorted(gaps(destination)) == [("late_admission", "origin"), ("suspended", "origin")]


def test_whoever_left_and_was_told_of_to_nobody_is_listed_at_the_origin() -> None:
    origin, destination = offices(agreed=True)
    member = floating(origin, 1)
    origin.ask(
        "支部", "departure.report", member_id=member, left_on="2026-02-20", destination_place=PLACE, reason="work"
    )

    (line,) = origin.ask("支部", "movement.gaps").gaps
    assert (line.gap, line.since, line.member_id) == ("unnotified", "2026-02-20", member)
    assert origin.ask("邻支部", "movement.gaps").total == 0
    later(20, origin, destination)
    assert [line.overdue for line in origin.ask("支部", "today.list", kind="notice").lines] == [True]


def test_a_member_whose_branch_was_dissolved_is_listed_where_the_branch_was() -> None:
    origin, destination = offices(agreed=True)
    admitted(origin, destination)
    destination.node.database.write(lambda store: store.remove(Body, BRANCH))

    assert gaps(destination) == [("no_body", "destination")]


def says(office: Office) -> str | None:
    """Who manages the one member, as this node has it; None while it knows of nobody."""
    for period in office.find(MobilityPeriod):
        records = office.node.database.read(
            lambda store, period=period: unit_records(store, period.agreement, period.subject)  # type: ignore[misc]
        )
        return manager_of(records)
    return None


ACTS = (*("notify", "admit", "out", "back", "meet") * 3, "refuse", "return", "relocate")


@pytest.mark.parametrize("seed", range(8))
def test_never_do_both_nodes_say_that_the_other_side_manages(seed: int) -> None:
    chance = random.Random(seed)
    origin, destination = offices(agreed=True)
    member = ready(origin, 1)
    subject = ""
    seen: set[tuple[str | None, str | None]] = set()
    for _ in range(60):
        act = chance.choice(ACTS)
        try:
            if act == "notify":
                subject = origin.ask("干事", "departure.notify", member_id=member).subject
            elif act == "admit":
                destination.ask("干事", "admission.give", **admission(subject or "0" * 32))
            elif act == "refuse":
                destination.ask("干事", "admission.refuse", subject=subject or "0" * 32, reason="lives_elsewhere")
            elif act == "return":
                ended = {"ended_on": "2026-02-20", "reason": "moved_on"}
                origin.ask("干事", "movement.return", subject=subject or "0" * 32, **ended)
            elif act == "relocate":
                side = chance.choice((origin, destination))
                side.ask("干事", "movement.relocate", subject=subject or "0" * 32, place="990203", on="2026-02-25")
        except ProtocolError as error:
            assert error.code.startswith("D-")
        if act == "out":
            carry(origin.node, destination.node)
        elif act == "back":
            carry(destination.node, origin.node)
        elif act == "meet":
            settle(origin.node, destination.node)
        ours, theirs = says(origin), says(destination)
        assert (ours, theirs) != ("destination", "origin")
        seen.add((ours, theirs))
    settle(origin.node, destination.node)
    assert says(origin) == says(destination)
    assert ("destination", "destination") in seen
