"""What a partner has us read again is counted and paid back in time: it takes a part of the writer and no more."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from gongguan.protocol.bundle import SegmentPart
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.messages.agreement import AgreementSuspended
from gongguan.protocol.messages.certificate import EntryWithdrawn
from gongguan.sync.exchange.effort import OWED_MAX, REREAD_PER_S, SIGNATURE_COSTS, Effort
from gongguan.sync.exchange.exchange import PART_MESSAGES
from gongguan.sync.records import Segment
from tests import pairs
from tests.pairs import START, Node, carry, in_agreement, settle
from tests.protocol.committees import STRANGER
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

    assert owed(origin) == 6 + 6 * SIGNATURE_COSTS, "the opening of an epoch and five entries, each under its head"


def test_a_signature_that_is_shown_again_and_again_is_owed_each_time() -> None:
    origin, destination, version = in_agreement()
    origin.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)
    row = pairs.own_row(origin)
    assert row.receipt is not None
    (first,) = origin.database.read(lambda store: store.find(Segment, ordinal=row.ordinal, limit=1))
    old_head = SegmentPart(row.epoch, first.size - 1, first.head, (b"x",))
    before = owed(destination)

    destination.receive(pairs.bundle_of(origin, destination, (old_head,) * 300))
    assert owed(destination) - before == 300 * SIGNATURE_COSTS
    destination.receive(pairs.bundle_of(origin, destination, shown=(row.receipt,) * 200))
    assert owed(destination) - before == 500 * SIGNATURE_COSTS


def test_files_in_the_wrong_order_are_not_owed_head_by_head() -> None:
    origin, destination, _ = in_agreement()
    parts = pairs.signed_on(origin, *((b"%d" % number,) for number in range(50)))
    before = owed(destination)

    assert destination.receive(pairs.bundle_of(origin, destination, parts[10:])).ahead
    assert owed(destination) - before == SIGNATURE_COSTS
    # What fills the gap may come behind.
    found = destination.receive(pairs.bundle_of(origin, destination, (*parts[20:30], *parts[:20], *parts[20:])))
    assert (found.new_messages, found.ahead) == (50, True)


def test_a_bundle_with_a_wrong_end_is_owed_once_its_status_was_verified() -> None:
    origin, destination, _ = in_agreement()
    good = pairs.signed_on(origin, *((b"%d" % number,) for number in range(50)))
    wrong = msgspec.structs.replace(good[-1], messages=(b"another",))
    before = owed(destination)

    with pytest.raises(ProtocolError, match="P-root"):
        destination.receive(pairs.bundle_of(origin, destination, (*good[:-1], wrong)))
    assert owed(destination) - before == 50 + 50 * SIGNATURE_COSTS


def test_nobody_owes_for_what_others_send_in_the_name_of_a_partner() -> None:
    origin, destination, _ = in_agreement()
    parts = pairs.signed_on(origin, (b"one",))
    origin.identity = origin.identity._replace(log=STRANGER.log_key)

    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        destination.receive(pairs.bundle_of(origin, destination, parts * 50))
    assert owed(destination) == 0


def test_what_comes_with_a_bundle_is_verified_once_and_not_with_each_part() -> None:
    origin, destination, version = in_agreement()
    destination.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)
    origin.write("notice.given", pairs.notice(), version=version)
    settle(origin, destination)
    ours, theirs = pairs.own_row(origin).receipt, pairs.own_row(destination).receipt
    assert ours is not None and theirs is not None
    parts = pairs.signed_on(origin, *((b"x",) * PART_MESSAGES for _ in range(20)))
    before = owed(destination)

    data = pairs.bundle_of(origin, destination, parts, receipts=(theirs,) * 50, shown=(ours,) * 50)
    assert destination.receive(data).receipts == 50
    assert owed(destination) - before == 100 * SIGNATURE_COSTS


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
