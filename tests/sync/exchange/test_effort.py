"""What a partner has us read again is counted and paid back in time: it takes a part of the writer and no more."""

from datetime import timedelta
from typing import Any

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import AgreementSuspended
from gongguan.protocol.messages.certificate import EntryWithdrawn
from gongguan.sync.exchange.effort import OWED_MAX, REREAD_PER_S, Effort
from tests import pairs
from tests.pairs import START, Node, carry, in_agreement, settle
from tests.three import three_offices

MEMBER = pairs.subject(1)
ONE = "ab" * 32


def wait_of(effort: Effort, now: Any) -> int:
    """Seconds that the partner is told to wait; 0 when it may come."""
    try:
        effort.check(ONE, now)
    except ProtocolError as error:
        assert error.code == "R-busy"
        return int(str(error.facts["retry_after_s"]))
    return 0


def owed(node: Node) -> int:
    return int(node.memory.effort.owed(node.pairing_id, node.now))


def test_who_owes_too_much_comes_again_when_it_is_paid() -> None:
    effort = Effort()
    effort.add(ONE, OWED_MAX, START)
    assert wait_of(effort, START) == 0
    effort.add(ONE, 10 * REREAD_PER_S, START)

    assert wait_of(effort, START) == 11
    assert wait_of(effort, START + timedelta(seconds=9)) == 2
    assert wait_of(effort, START + timedelta(seconds=11)) == 0
    effort.check("cd" * 32, START)


def test_a_clock_that_went_back_pays_nothing_and_is_no_debt() -> None:
    effort = Effort()
    effort.add(ONE, OWED_MAX + REREAD_PER_S, START)
    back = START - timedelta(days=3650)

    assert wait_of(effort, back) == 2
    assert wait_of(effort, back + timedelta(seconds=2)) == 0


def departed(origin: Node, destination: Node, version: str) -> None:
    origin.write("departure.notified", pairs.departure(), version=version, subject=MEMBER)
    settle(origin, destination)


def test_news_that_sort_last_cost_nothing_and_what_crossed_a_suspension_is_owed() -> None:
    origin, destination, version = in_agreement()
    departed(origin, destination, version)
    for number in range(40):
        origin.write("score.contributed", pairs.score(f"s-{number}", 1), version=version, subject=MEMBER)
    destination.write("certificate.life_entered", pairs.life("one"), version=version, subject=MEMBER)
    assert (owed(origin), owed(destination)) == (0, 0)
    destination.write("agreement.suspended", AgreementSuspended(reason="other"), version=version)

    carry(destination, origin)

    assert owed(origin) >= 41


def test_what_is_refused_in_the_end_is_owed_as_a_whole() -> None:
    origin, destination, version = in_agreement()
    departed(origin, destination, version)
    for number in range(5):
        destination.write("certificate.life_entered", pairs.life(f"e-{number}"), version=version, subject=MEMBER)
    origin.bytes_max = 1

    with pytest.raises(ProtocolError, match="R-quota"):
        carry(destination, origin)

    assert owed(origin) == 6, "the opening of an epoch and five entries"


def test_a_withdrawal_owes_the_records_in_which_it_looks() -> None:
    origin, destination, version = in_agreement()
    departed(origin, destination, version)
    said = [
        destination.write("certificate.life_entered", pairs.life(f"e-{number}"), version=version, subject=MEMBER)
        for number in range(20)
    ]
    settle(origin, destination)
    before = owed(origin)
    body = EntryWithdrawn(entry=said[7].id, reason="entered_in_error")
    destination.write("certificate.entry_withdrawn", body, version=version, subject=MEMBER)
    settle(origin, destination)

    assert owed(origin) - before >= 20
    assert "withdrawn" in origin.record("life/e-7")["entries"][0]
    assert origin.shared() == destination.shared()


def test_whoever_owes_too_much_delays_nobody_else() -> None:
    hub, one, other = (office.node for office in three_offices())
    greedy, modest = hub.pairing_with(one), hub.pairing_with(other)
    hub.memory.effort.add(greedy, 2 * OWED_MAX, hub.now)
    held = len(hub.log())
    for partner in (one, other):
        partner.write("notice.given", pairs.notice(), version=partner.in_force())

    with pytest.raises(ProtocolError, match="R-busy"):
        hub.receive(one.compose(pairing_id=greedy))
    assert len(hub.log()) == held
    hub.receive(other.compose(pairing_id=modest))
    pairs.later(hub, 1)
    hub.receive(one.compose(pairing_id=greedy))
