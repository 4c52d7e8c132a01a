"""A large bundle leaves others their turn, whatever becomes of its rest; while nobody waits it is one transaction."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from gongguan.node.database.database import SqlDatabase, open_database
from gongguan.node.database.sequencer import Committed, Sequencer
from gongguan.node.peers.taking import LARGE_BYTES, taken
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import OUTCOMES_PER_BUNDLE_MAX
from gongguan.sync.exchange.effort import OWED_MAX
from gongguan.sync.exchange.exchange import PART_MESSAGES, Exchange, Received, Unfinished
from gongguan.sync.exchange.renewal import Renewal
from gongguan.sync.records import ForkEvidence, LogMessage, Pairing
from gongguan.sync.store import Store
from tests import pairs
from tests.fakes import FakeClock
from tests.hostile.lies import status_by_the_wrong_key
from tests.hostile.peer import BadPeer
from tests.node.crashes import SEAL, kept_in
from tests.nodes import PATIENCE_S
from tests.pairs import Node
from tests.sync.exchange.renewing import ON, renew, rotation

COUNT = 5 * PART_MESSAGES


class Side(NamedTuple):
    """A node with its writer's thread, and how many transactions have committed."""

    database: SqlDatabase
    sequencer: Sequencer
    commits: list[Committed]

    def taken(self, data: bytes) -> Received:
        """The bundle, as the server takes it, of which others wait for nothing longer than one part."""
        return asyncio.run(taken(self.sequencer, data, lambda store, received: received, turn_s=0))

    def notices(self) -> int:
        return self.sequencer.read(_count)


def _count(store: Store) -> int:
    return store.count(LogMessage, kind="notice.given")


def _some_more(node: Node, left: Unfinished) -> Received | Unfinished:
    return node.act(lambda exchange: exchange.receive_some(left, lambda: True))


def _write(node: Node, version: str, what: str) -> None:
    def write(exchange: Exchange) -> None:
        book = exchange.book(Node.pairing_id_in(exchange))
        for number in range(COUNT):
            book.write("notice.given", pairs.notice(f"第{number}{what}"), version=version)

    node.act(write)


@pytest.fixture
def backlog() -> Iterator[tuple[Node, Node]]:
    """The origin with so many notices that its partner lacks."""
    origin, destination, version = pairs.in_agreement()
    pairs.settle(origin, destination)

    _write(origin, version, "次")
    yield origin, destination


@pytest.fixture
def side(backlog: tuple[Node, Node], tmp_path: Path) -> Iterator[Side]:
    """The destination, over a database on disk."""
    _, destination = backlog
    file = kept_in(tmp_path / "node.sqlite3", destination.database.snapshot())
    commits: list[Committed] = []
    with closing(open_database(file, SEAL)) as database:
        yield Side(database, Sequencer(database, destination.identity, FakeClock(), commits.append), commits)


def test_whoever_waits_writes_between_two_parts_of_a_large_bundle(backlog: tuple[Node, Node], side: Side) -> None:
    data = backlog[0].compose()
    assert len(data) > LARGE_BYTES
    seen: list[Future[int]] = []
    busy, go_on = threading.Event(), threading.Event()

    def others(store: Store) -> None:
        busy.set()
        go_on.wait()

    blocking = side.sequencer.submit(others)
    busy.wait()

    async def both() -> Received:
        bundle = asyncio.ensure_future(taken(side.sequencer, data, lambda store, received: received, turn_s=0))
        await asyncio.sleep(0)
        seen.append(side.sequencer.submit(_count))
        go_on.set()
        return await bundle

    received = asyncio.run(both())
    blocking.result()
    assert 0 < seen[0].result() < COUNT
    assert side.notices() == COUNT
    assert received.new_messages > 0


def _forged(node: Node) -> bytes:
    """In the node's name, by somebody who knows all but its keys: a relay's operator, a courier."""
    return node.act(lambda exchange: status_by_the_wrong_key(BadPeer.taking_over(exchange)))


@contextmanager
def _busy(sequencer: Sequencer) -> Iterator[None]:
    """The writer's thread has other things to do all the while."""
    begun, go_on = threading.Event(), threading.Event()

    def work(store: Store) -> None:
        begun.set()
        go_on.wait()

    blocking = sequencer.submit(work)
    begun.wait()
    try:
        yield
    finally:
        go_on.set()
        blocking.result()


def test_where_one_bundle_was_false_the_writer_is_not_asked_to_open_another(
    backlog: tuple[Node, Node], side: Side
) -> None:
    forged = _forged(backlog[0])

    async def refused() -> None:
        async with asyncio.timeout(PATIENCE_S):
            with pytest.raises(ProtocolError, match="A-no-known-signer"):
                await taken(side.sequencer, forged, lambda store, received: received)

    asyncio.run(refused())
    with _busy(side.sequencer):
        for _ in range(3):
            asyncio.run(refused())
    # What the partner signed is taken afterwards, large or small, and that changes nothing for what it did not sign.
    side.taken(backlog[0].compose())
    assert side.notices() == COUNT
    with _busy(side.sequencer):
        asyncio.run(refused())


def test_a_partner_in_whose_name_false_bundles_came_is_heard_under_its_next_card_too(
    backlog: tuple[Node, Node], side: Side
) -> None:
    origin, _ = backlog
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        side.taken(_forged(origin))
    renew(origin, Renewal(ON, title="第二张"))
    renew(origin, rotation("third"))
    side.taken(origin.compose())
    assert side.notices() == COUNT
    name = origin.pairing_id
    origin.receive(side.sequencer.read(side.sequencer.using(lambda exchange: exchange.compose(name))).data)
    origin.write("notice.given", pairs.notice("还有一次"), version=origin.in_force())
    data = origin.compose()
    assert len(data) < LARGE_BYTES
    side.taken(data)
    assert side.notices() == COUNT + 1


def test_a_partner_that_owes_too_much_is_told_so_where_false_bundles_came_too(
    backlog: tuple[Node, Node], side: Side
) -> None:
    origin, _ = backlog
    with pytest.raises(ProtocolError, match="A-no-known-signer"):
        side.taken(_forged(origin))
    side.sequencer.owes(origin.pairing_id, 2 * OWED_MAX)
    with pytest.raises(ProtocolError, match="R-busy"):
        side.taken(origin.compose())


def test_a_bundle_for_which_nobody_has_to_wait_is_one_transaction(backlog: tuple[Node, Node], side: Side) -> None:
    side.taken(backlog[0].compose())
    assert side.notices() == COUNT
    assert len(side.commits) == 1


def test_of_a_bundle_that_was_taken_in_part_the_partner_sends_the_rest_again(backlog: tuple[Node, Node]) -> None:
    origin, destination = backlog
    data = origin.compose()
    left = destination.act(lambda exchange: exchange.receive_some(exchange.open(data), lambda: True))
    assert isinstance(left, Unfinished)
    # The process dies here: nobody goes on, and nobody answers.
    assert 0 < destination.database.read(_count) < COUNT
    pairs.settle(origin, destination)
    assert destination.database.read(_count) == COUNT
    assert origin.shared() == destination.shared()


def test_between_two_parts_the_partner_does_not_pass_for_one_that_lost_what_it_has_just_sent(
    backlog: tuple[Node, Node],
) -> None:
    origin, destination = backlog
    data = origin.compose()
    destination.act(lambda exchange: exchange.receive_some(exchange.open(data), lambda: True))
    name = destination.pairing_id
    composed = destination.database.read(lambda store: destination.reading_exchange(store).compose(name))
    assert composed.segments == 0


def test_taken_in_parts_or_at_once_a_bundle_leaves_the_same(backlog: tuple[Node, Node]) -> None:
    origin, destination = backlog
    data = origin.compose()
    before = destination.database.snapshot()
    destination.receive(data)
    at_once = destination.log(), destination.shared()
    destination.database.restore(before)
    left: Unfinished | Received = destination.act(lambda exchange: exchange.open(data))
    while isinstance(left, Unfinished):
        left = _some_more(destination, left)
    assert (destination.log(), destination.shared()) == at_once


def test_what_stood_before_a_part_that_is_refused_stays_and_is_not_receipted(backlog: tuple[Node, Node]) -> None:
    origin, destination = backlog
    data = origin.compose()
    left = destination.act(lambda exchange: exchange.receive_some(exchange.open(data), lambda: True))
    assert isinstance(left, Unfinished)
    # Bytes of another message under the signed head.
    first, *others = left.opened.rest.segments
    first = msgspec.structs.replace(first, messages=(*first.messages[:-1], first.messages[0]))
    rest = msgspec.structs.replace(left.opened.rest, segments=(first, *others))
    broken = left._replace(opened=msgspec.structs.replace(left.opened, rest=rest))
    with pytest.raises(ProtocolError, match="P-root"):
        destination.act(lambda exchange: exchange.receive_some(broken, lambda: False))
    assert 0 < destination.database.read(_count) < COUNT
    pairs.settle(origin, destination)
    assert destination.database.read(_count) == COUNT


def test_a_second_history_in_the_middle_of_a_bundle_freezes_the_pairing_though_others_wait(
    backlog: tuple[Node, Node],
) -> None:
    origin, destination = backlog
    memory = origin.memory.of(origin.pairing_id)
    before, head = origin.database.snapshot(), memory.head
    _write(origin, origin.in_force(), "次，甲机")
    destination.receive(origin.compose())
    # A copy of the node goes on from the same head.
    origin.database.restore(before)
    memory.head = head
    _write(origin, origin.in_force(), "次，乙机")
    data = origin.compose()
    left: Unfinished | Received = destination.act(lambda exchange: exchange.open(data))
    while isinstance(left, Unfinished):
        left = _some_more(destination, left)
    assert [row.state for row in destination.database.read(lambda store: store.find(Pairing))] == ["frozen"]
    assert destination.database.read(lambda store: store.count(ForkEvidence)) == 1


def test_refusals_are_reported_up_to_a_bound_for_the_whole_of_a_bundle(backlog: tuple[Node, Node]) -> None:
    origin, destination = backlog
    pairs.settle(origin, destination)
    parts = pairs.signed_on(origin, *((b"x",) * PART_MESSAGES for _ in range(4)))
    data = pairs.bundle_of(origin, destination, parts)
    left: Unfinished | Received = destination.act(lambda exchange: exchange.open(data))
    while isinstance(left, Unfinished):
        left = _some_more(destination, left)
    reported = [item for item in destination.log() if item.kind == "exchange.outcome"]
    assert len(reported) == OUTCOMES_PER_BUNDLE_MAX < 4 * PART_MESSAGES
