"""Held messages as staff see them: what, why, what waits, tried again, withdrawn."""

import pytest

from gongguan.sync.quarantine import (
    HeldRetry,
    HeldShow,
    HeldWithdraw,
    list_held,
    retry,
    show_held,
    withdraw,
)
from gongguan.sync.staff import Nothing
from tests.sync import test_held as held
from tests.sync.at_work import MEMBER, Committee, at_work, meet


@pytest.fixture
def both() -> tuple[Committee, Committee, str]:
    """A score of the origin that the destination holds, and one that waits for it."""
    held.POISONED.clear()
    origin, destination = at_work()
    destination.node.exchange = held.FailingExchange
    version = origin.node.in_force()
    bad = held.score(origin.node, version, "v-1", subject=MEMBER)
    held.score(origin.node, version, "v-2", subject=MEMBER)
    held.POISONED.add(bad.id)
    meet(origin, destination)
    return origin, destination, bad.id


def test_both_sides_list_it_with_the_reason_and_what_to_do(both: tuple[Committee, Committee, str]) -> None:
    origin, destination, bad = both
    for side, name in ((origin, "there"), (destination, "here")):
        (line,) = side.do(list_held, Nothing).messages
        assert (line.message, line.side, line.code, line.subject) == (bad, name, "I-poison", MEMBER)
        assert "出错" in line.why
        shown = side.do(show_held, HeldShow, message=bad[:6])
        assert shown.kind == "score.contributed" and len(shown.waiting) == 1 and "升级" in shown.step


def test_trying_again_after_an_upgrade_applies_it_and_what_waited(both: tuple[Committee, Committee, str]) -> None:
    origin, destination, bad = both
    held.POISONED.clear()
    done = destination.do(retry, HeldRetry, message=bad[:8])
    assert (done.result, done.count) == ("released", 2)
    meet(origin, destination)
    assert origin.do(list_held, Nothing).messages == destination.do(list_held, Nothing).messages == []
    assert origin.node.shared() == destination.node.shared()


def test_withdrawing_says_how_many_are_void_and_clears_both_lists(both: tuple[Committee, Committee, str]) -> None:
    origin, destination, bad = both
    done = origin.do(withdraw, HeldWithdraw, message=bad[:8])
    assert (done.result, done.count) == ("withdrawn", 2)
    meet(origin, destination)
    assert origin.do(list_held, Nothing).messages == destination.do(list_held, Nothing).messages == []
    assert origin.node.shared() == destination.node.shared()


def test_only_the_holder_tries_again_and_only_the_author_withdraws(both: tuple[Committee, Committee, str]) -> None:
    origin, destination, bad = both
    assert origin.refusal(retry, HeldRetry, message=bad) == "D-not-held"
    assert destination.refusal(withdraw, HeldWithdraw, message=bad) == "D-not-held"
    assert origin.refusal(withdraw, HeldWithdraw, message="0" * 32) == "D-not-held"


def test_what_is_held_about_a_member_is_seen_by_the_members_branch_and_the_whole_committee_only(
    both: tuple[Committee, Committee, str],
) -> None:
    for side in both[:2]:
        assert [line.message for line in side.do(list_held, Nothing, "支部").messages] == [both[2]]
        assert side.do(list_held, Nothing, "邻支部").messages == []
        assert side.refusal(show_held, HeldShow, "邻支部", message=both[2][:6]) == "D-not-held"
