"""Two nodes as two committees run them, paired by the command line; their folders opened while neither runs."""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gongguan.node import config
from gongguan.node.app import Node
from gongguan.node.keys import keyfiles
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import Epoch, LogMessage
from tests.end_to_end.programs import PATIENCE_S, Program, Two


class Logs(NamedTuple):
    """Both logs as one node holds them: the bytes of all messages in order, and how many lack a receipt."""

    own: list[bytes]
    partner: list[bytes]
    without_receipt: int


@contextlib.contextmanager
def running(two: Two) -> Iterator[None]:
    """Both nodes run inside the block and end in an orderly way."""
    try:
        for one in two:
            one.start()
        yield
    finally:
        codes = [one.stop() for one in two]
    assert codes == [0, 0]


def wait_until_listed(one: Program, *states: str) -> None:
    wait(lambda: [item["state"] for item in one.asked("peer.list")["peers"]][:1] in [[state] for state in states])


def wait_until_receipted(one: Program) -> None:
    wait(lambda: not one.asked("peer.list")["peers"][0]["waiting"])


def wait(condition: Callable[[], bool]) -> None:
    """Ask until it holds."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, condition
        time.sleep(0.05)


@contextlib.contextmanager
def opened(one: Program) -> Iterator[Node]:
    """The stopped node's folder, opened by this process."""
    node = Node.open(one.folder, config.load(one.folder), keyfiles.open_with_service(one.folder))
    try:
        yield node
    finally:
        node.close()


def write_message(one: Program) -> str:
    """A message of the stopped node: it has to be delivered after the next start."""

    def write(exchange: Exchange) -> str:
        (found,) = exchange.pairings()
        book = exchange.book(found.pairing_id)
        kinds = book.pairing_unit().records[f"versions/{book.own_party}"]["entries"][-1]["value"]["kinds"]
        return book.write("exchange.versions", VersionsAnnounced(kinds=tuple(kinds))).id

    with opened(one) as node:
        return node.sequencer.write(node.sequencer.using(write))


def logs_of(one: Program) -> Logs:
    """What the stopped node holds."""

    def look(exchange: Exchange) -> Logs:
        sides: dict[bool, list[bytes]] = {True: [], False: []}
        rows = exchange.store.find(Epoch, order=("ordinal",))
        for row in rows:
            found = exchange.store.find(LogMessage, ordinal=row.ordinal, order=("index",))
            sides[row.own] += [item.data for item in found]
        return Logs(sides[True], sides[False], sum(row.size - row.receipted for row in rows if row.own))

    with opened(one) as node:
        return node.sequencer.read(node.sequencer.using(look))


def assert_both_hold_the_same(two: Two) -> None:
    origin, destination = logs_of(two.origin), logs_of(two.destination)
    assert origin.own == destination.partner
    assert destination.own == origin.partner
    assert (origin.without_receipt, destination.without_receipt) == (0, 0)
    for side in origin[:2]:
        assert len(set(side)) == len(side)
