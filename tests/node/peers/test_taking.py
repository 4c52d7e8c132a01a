"""A large bundle leaves others their turn, whatever becomes of its rest; while nobody waits it is one transaction."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from gongguan.node.database.database import SqlDatabase, open_database
from gongguan.node.database.sequencer import Committed, Sequencer
from gongguan.node.peers.taking import LARGE_BYTES, taken
from gongguan.protocol.errors import ProtocolError
from gongguan.protocol.limits import OUTCOMES_PER_BUNDLE_MAX
from gongguan.sync.exchange.exchange import PART_MESSAGES, Exchange, Received, Unfinished
from gongguan.sync.records import ForkEvidence, LogMessage, Pairing
from gongguan.sync.store import Store
from tests import pairs
from tests.fakes import FakeClock
from tests.node.crashes import SEAL, kept_in
from tests.pairs import Node

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
