"""Held messages as staff see them: what, why, what waits, tried again, withdrawn."""

import random

import pytest

from tests import pairs
from tests.sync.at_work import MEMBER, at_work
from tests.sync.exchange import failing
from tests.sync.offices import Office, exchanged
from tests.three import met, peer_of, three_offices


@pytest.fixture
def both() -> tuple[Office, Office, str]:
    """A score of the origin that the destination holds, and one that waits for it."""
    failing.POISONED.clear()
    origin, destination = at_work()
    destination.node.exchange = failing.FailingExchange
    version = origin.node.in_force()
    bad = failing.score(origin.node, version, "v-1", subject=MEMBER)
    failing.score(origin.node, version, "v-2", subject=MEMBER)
    failing.POISONED.add(bad.id)
    exchanged(origin, destination)
    return origin, destination, bad.id


def test_both_sides_list_it_with_the_reason_and_what_to_do(both: tuple[Office, Office, str]) -> None:
    origin, destination, bad = both
    for side, name in ((origin, "there"), (destination, "here")):
        (line,) = side.ask("干事", "quarantine.list").messages
        assert (line.message, line.side, line.code, line.subject) == (bad, name, "I-poison", MEMBER)
        assert "出错" in line.why
        shown = side.ask("干事", "quarantine.show", message=bad[:6])
        assert shown.kind == "score.contributed" and len(shown.waiting) == 1 and "升级" in shown.step


def test_trying_again_after_an_upgrade_applies_it_and_what_waited(both: tuple[Office, Office, str]) -> None:
    origin, destination, bad = both
    failing.POISONED.clear()
    done = destination.ask("干事", "quarantine.retry", message=bad[:8])
    assert (done.result, done.count) == ("released", 2)
    exchanged(origin, destination)
    assert origin.ask("干事", "quarantine.list").messages == destination.ask("干事", "quarantine.list").messages == []
    assert origin.node.shared() == destination.node.shared()


def test_withdrawing_says_how_many_are_void_and_clears_both_lists(both: tuple[Office, Office, str]) -> None:
    origin, destination, bad = both
    done = origin.ask("干事", "quarantine.withdraw", message=bad[:8])
    assert (done.result, done.count) == ("withdrawn", 2)
    exchanged(origin, destination)
    assert origin.ask("干事", "quarantine.list").messages == destination.ask("干事", "quarantine.list").messages == []
    assert origin.node.shared() == destination.node.shared()


def test_only_the_holder_tries_again_and_only_the_author_withdraws(both: tuple[Office, Office, str]) -> None:
    origin, destination, bad = both
    assert origin.refusal("干事", "quarantine.retry", message=bad) == "D-not-held"
    assert destination.refusal("干事", "quarantine.withdraw", message=bad) == "D-not-held"
    assert origin.refusal("干事", "quarantine.withdraw", message="0" * 32) == "D-not-held"


def test_what_is_held_about_a_member_is_seen_by_the_members_branch_and_the_whole_committee_only(
    both: tuple[Office, Office, str],
) -> None:
    for side in both[:2]:
        assert [line.message for line in side.ask("支部", "quarantine.list").messages] == [both[2]]
        assert side.ask("邻支部", "quarantine.list").messages == []
        assert side.refusal("邻支部", "quarantine.show", message=both[2][:6]) == "D-not-held"


def test_two_messages_of_two_partners_under_one_id_are_shown_and_tried_each_by_itself() -> None:
    failing.POISONED.clear()
    origin, near, far = three_offices()
    origin.node.exchange = failing.FailingExchange
    ids = set()
    for partner in (near, far):
        partner.node.random = random.Random(7)
        sent = partner.node.write("notice.given", pairs.notice(), version=partner.node.in_force())
        ids.add(sent.id)
        failing.POISONED.add(sent.id)
    (same,) = ids
    met(origin, near, far)
    lines = origin.ask("干事", "quarantine.list").messages
    assert [line.message for line in lines] == [same, same]
    assert origin.refusal("干事", "quarantine.show", message=same) == "D-not-held", "which of the two?"
    for partner in (near, far):
        shown = origin.ask("干事", "quarantine.show", message=same, peer=peer_of(partner)[:8])
        assert shown.kind == "notice.given"
        assert partner.ask("干事", "quarantine.show", message=same).line.side == "there"

    failing.POISONED.clear()
    assert origin.ask("干事", "quarantine.retry", message=same, peer=peer_of(near)).result == "released"
    assert len(origin.ask("干事", "quarantine.list").messages) == 1, "that of the other partner is held still"
    assert origin.ask("干事", "quarantine.retry", message=same).result == "released"
    met(origin, near, far)
    assert [office.ask("干事", "quarantine.list").messages for office in (origin, near, far)] == [[], [], []]
