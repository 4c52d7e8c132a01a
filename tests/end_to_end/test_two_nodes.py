"""Two nodes as two committees would run them: set up, started, paired and used by the command line only.

Then one of them is killed, at every point where something could be lost or done twice.
"""

import contextlib
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gongguan.node import config
from gongguan.node.app import Node
from gongguan.node.keys import keyfiles
from gongguan.protocol.limits import POISON_ATTEMPTS_MAX
from gongguan.protocol.messages.exchange import VersionsAnnounced
from gongguan.sync.exchange.exchange import Exchange
from gongguan.sync.records import Epoch, LogMessage, Pairing
from tests.end_to_end.programs import PATIENCE_S, Program, Two, copies_of, two_programs

pytestmark = pytest.mark.slow


class Logs(NamedTuple):
    """Both logs as one node holds them: the bytes of all messages in order, and how many lack a receipt."""

    own: list[bytes]
    partner: list[bytes]
    without_receipt: int


@pytest.fixture(scope="module")
def paired(tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Two nodes that were paired by their officers and stopped again."""
    two = two_programs(tmp_path_factory.mktemp("paired"))
    for one in two:
        one.init()
    with running(two):
        for one in two:
            one.staff()
        invitation = two.origin.run("peer", "invite")["file"]
        accepted = two.destination.run("peer", "accept", str(two.origin.folder.parent / invitation))
        assert accepted["state"] == "card_received"
        for here, there in (two, two[::-1]):
            wait_until_listed(here, "card_received", "confirmed_there")
            digits = there.run("peer", "card")["fingerprint"]
            peer = here.run("peer", "list")["peers"][0]["peer"]
            here.run("peer", "confirm", peer, "--fingerprint", digits)
        for one in two:
            wait_until_listed(one, "active")
            wait_until_receipted(one)
    return two


@pytest.fixture
def two(paired: Two, tmp_path: Path) -> Iterator[Two]:
    """Copies of the paired nodes, on the same ports."""
    with copies_of(paired, tmp_path) as found:
        yield found


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
    wait(lambda: [item["state"] for item in one.run("peer", "list")["peers"]][:1] in [[state] for state in states])


def wait_until_receipted(one: Program) -> None:
    wait(lambda: not one.run("peer", "list")["peers"][0]["waiting"])


def wait(condition: Callable[[], bool]) -> None:
    """Ask until it holds."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, condition
        time.sleep(0.1)


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


def test_pairing_alone_is_an_exchange_with_receipts_on_both_sides(two: Two) -> None:
    assert_both_hold_the_same(two)
    assert len(logs_of(two.origin).own) >= 2


@pytest.mark.parametrize(
    ("who", "point"),
    [
        ("origin", "before-send"),
        ("origin", "after-send"),
        ("origin", "before-commit:2"),
        ("origin", "after-commit:2"),
        ("origin", "before-fence"),
        ("destination", "before-commit:2"),
        ("destination", "after-commit:2"),
        ("destination", "after-receive"),
    ],
)
def test_a_node_that_is_killed_loses_nothing_and_does_nothing_twice(two: Two, who: str, point: str) -> None:
    message_id = write_message(two.origin)
    victim, other = (two.origin, two.destination) if who == "origin" else two[::-1]
    other.start()
    victim.start_to_crash(point)
    assert victim.ended() == -signal.SIGKILL
    victim.start()
    wait_until_receipted(two.origin)
    wait_until_receipted(two.destination)
    assert [one.stop() for one in two] == [0, 0]
    assert_both_hold_the_same(two)
    assert sum(message_id.encode() in data for data in logs_of(two.destination).partner) == 1


def test_a_message_that_kills_the_process_three_times_is_held_and_later_ones_go_on(two: Two) -> None:
    bad, later = write_message(two.origin), write_message(two.origin)
    two.origin.start()
    point = f"while-applying:{bad[:12]}"
    for _ in range(POISON_ATTEMPTS_MAX):
        two.destination.start_to_crash(point)
        assert two.destination.ended() == -signal.SIGKILL
    two.destination.start(crash_at=point)
    wait_until_receipted(two.origin)
    wait_until_receipted(two.destination)
    for one, side in ((two.origin, "there"), (two.destination, "here")):
        held = one.run("quarantine", "list")["messages"]
        assert [(item["message"], item["side"], item["code"]) for item in held] == [(bad, side, "I-poison")]
    assert [one.stop() for one in two] == [0, 0]
    assert_both_hold_the_same(two)
    assert any(later.encode() in data for data in logs_of(two.destination).partner)


def test_a_second_process_on_one_folder_is_refused_in_words(two: Two) -> None:
    two.origin.start()
    refusal = two.origin.run("serve", refused=True)
    assert refusal["code"] == "I-folder-in-use"
    assert two.origin.stop() == 0


def test_a_port_that_is_taken_is_named(two: Two) -> None:
    two.origin.start()
    settings = two.destination.folder / config.FILE
    settings.write_text(settings.read_text().replace(str(two.destination.port), str(two.origin.port)))
    refusal = two.destination.run("serve", refused=True)
    assert (refusal["code"], refusal["facts"]["port"]) == ("I-port-in-use", two.origin.port)
    assert two.origin.stop() == 0


def test_an_older_database_under_a_newer_fence_is_noticed(two: Two, paired: Two) -> None:
    write_message(two.origin)
    with running(two):
        wait_until_receipted(two.origin)
    shutil.copy(paired.origin.folder / config.DATABASE, two.origin.folder / config.DATABASE)
    with opened(two.origin) as node:
        assert any(item.recovering for item in node.sequencer.read(lambda store: store.find(Pairing)))
    two.origin.start()
    status = two.origin.run("node", "status")
    assert (status["recovering"], status["partners"]) == (True, 1)
    assert two.origin.stop() == 0


def test_officers_whose_nodes_reach_each_other_find_no_files_but_the_invitation(paired: Two) -> None:
    left = {path.name for one in paired for path in one.folder.parent.iterdir() if path.is_file()}
    assert left == {"结对邀请.json"}


def test_two_nodes_without_a_network_pair_and_exchange_by_files_alone(tmp_path: Path) -> None:
    two = two_programs(tmp_path)
    for one in two:
        one.init(callable_=False)

    def hand_over(giver: Program, answer: Any, receiver: Program, *command: str) -> Any:
        return receiver.run(*command, str(giver.folder.parent / answer["file"]))

    with running(two):
        for one in two:
            one.staff()
        origin, destination = two
        invited = origin.run("peer", "invite")
        (open_,) = origin.run("peer", "list")["invitations"]
        assert (open_["officer"], open_["expires_at"]) == ("张干事", invited["expires_at"])
        back = hand_over(origin, invited, destination, "peer", "accept")
        hand_over(destination, back, origin, "peer", "accept")
        assert origin.run("peer", "list")["invitations"] == []
        for here, there in (two, two[::-1]):
            peer = here.run("peer", "list")["peers"][0]["peer"]
            signed = here.run("peer", "confirm", peer, "--fingerprint", there.run("peer", "card")["fingerprint"])
            hand_over(here, signed, there, "peer", "accept")
        for one in two:
            wait_until_listed(one, "active")
        for here, there in (two, two[::-1], two):
            hand_over(here, here.run("bundle", "export"), there, "bundle", "import")
        text = origin.run("bundle", "export", "--text")
        seen = hand_over(origin, text, destination, "bundle", "inspect")
        assert seen["messages"] == 0
        assert hand_over(origin, text, destination, "bundle", "import")["new_messages"] == 0
    assert_both_hold_the_same(two)
