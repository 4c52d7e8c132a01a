"""Reconciliation while messages are held: their units are left out by name, all else is equal and signed by both."""

import sys
from types import FrameType

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.exchange import reconcile
from gongguan.sync.exchange.logbook import LogBook
from gongguan.sync.exchange.reconcile import Session
from tests.pairs import Node, carry, settle
from tests.sync.exchange import failing
from tests.sync.exchange.comparing import answered, compared, in_exchange, in_snapshot, proceeded


def signed(asking: Node, answering: Node, session: Session) -> reconcile.EqualityBlock:
    """The statement of equality, once both have signed it."""
    offered: Session = in_exchange(asking, lambda book: reconcile.with_statement(book, session))
    question = reconcile.ask(offered)
    assert question is not None
    done = proceeded(asking, offered, answered(answering, question, {}))
    kept = in_exchange(asking, lambda book: reconcile.keep_statement(book, done.statement, done.own_line, done.line))
    assert kept.kind == "equality"
    return reconcile.parse_statement(done.statement)


def with_one_held() -> tuple[Node, Node, str]:
    """Both at rest; the origin's score for one member is held, another member's is applied."""
    failing.POISONED.clear()
    origin, destination, version = failing.at_work()
    bad = failing.score(origin, version, "v-1")
    failing.score(origin, version, "v-2", subject=failing.OTHER)
    failing.POISONED.add(bad.id)
    settle(origin, destination)
    return origin, destination, bad.id


@pytest.mark.parametrize("full", [True, False])
def test_a_unit_with_a_held_message_is_left_out_by_name_on_both_sides(full: bool) -> None:
    origin, destination, _ = with_one_held()
    for asking, answering in ((origin, destination), (destination, origin)):
        session = compared(asking, answering, full=full)
        assert reconcile.is_equal(session)
        (name,) = session.left_out
        assert name.endswith(f"/{failing.SUBJECT}")
        assert session.here.records < len(asking.shared())
        if full:
            assert signed(asking, answering, session).left_out == (name,)


@pytest.mark.parametrize("end", ["release", "withdraw"])
def test_what_is_released_or_withdrawn_counts_again(end: str) -> None:
    origin, destination, bad = with_one_held()
    failing.POISONED.clear()
    if end == "release":
        failing.release(destination, bad)
    else:
        failing.withdraw(origin, bad)
    settle(origin, destination)
    session = compared(origin, destination)
    assert reconcile.is_equal(session) and session.left_out == ()
    assert session.here.records == len(origin.shared())
    assert signed(origin, destination, session).left_out == ()


def test_a_comparison_begun_before_the_release_sees_both_sides_as_they_were() -> None:
    origin, destination, bad = with_one_held()
    session: Session = in_snapshot(origin, lambda book: reconcile.begin(book, "0b" * 16))
    failing.POISONED.clear()
    failing.release(destination, bad)
    question = reconcile.ask(session)
    assert question is not None
    assert reconcile.is_equal(proceeded(origin, session, answered(destination, question, {})))


def test_a_partner_that_has_not_heard_that_its_message_is_held_is_asked_to_wait() -> None:
    failing.POISONED.clear()
    origin, destination, version = failing.at_work()
    bad = failing.score(origin, version, "v-1")
    failing.POISONED.add(bad.id)
    carry(origin, destination)
    with pytest.raises(ProtocolError) as caught:
        compared(origin, destination)
    assert caught.value.code == "P-cut-ahead"


def test_a_statement_that_leaves_out_too_little_is_not_signed() -> None:
    origin, destination, _ = with_one_held()
    session = compared(origin, destination)
    with pytest.raises(ProtocolError) as caught:
        signed(origin, destination, session._replace(left_out=()))
    assert caught.value.code in ("P-statement", "P-digest")


def test_a_cut_costs_its_messages_and_its_holdings_and_not_each_by_each() -> None:
    assert calls_at_a_cut(160) < 3 * calls_at_a_cut(80)


def calls_at_a_cut(count: int) -> int:
    """How many calls it takes to see a unit of so many messages at an earlier cut, after as many holdings."""
    failing.POISONED.clear()
    origin, destination, version = failing.at_work()
    for number in range(count):
        failing.score(origin, version, f"v-{number}")
    settle(origin, destination)
    failing.holding(destination, count, own=True, released=True)
    cut = in_snapshot(destination, reconcile.cut_now)
    failing.score(origin, version, "later")
    settle(origin, destination)
    calls = 0

    def counting(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    def look(book: LogBook) -> None:
        sys.setprofile(counting)
        try:
            reconcile.state_at(book, cut)
        finally:
            sys.setprofile(None)

    in_snapshot(destination, look)
    return calls
